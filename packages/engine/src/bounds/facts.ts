import type { Child } from './canonical.ts';
import type { Block, Literal, Term } from './programme.ts';

/** The child has the value (a level index) where its parents have the values of `context` (row-major over its parents). */
export interface Fact {
  readonly child: Child;
  readonly context: number;
  readonly value: number;
}

/** The row-major number of the parents' values. */
export const contextOf = (child: Child, values: readonly number[]): number =>
  values.reduce((place, value, i) => place * (child.sizes[i] as number) + value, 0);

/**
 * The event that all facts about the children of one block hold, as exclusive conjunctions of its digits: one for canonical
 * children, one per fitting combination of states where equations read explicit exogenous variables; none: impossible.
 */
export function conjunctionsOf(block: Block, facts: readonly Fact[]): (readonly Literal[])[] {
  const fixed = new Map<number, number>();
  const tests: { readonly states: readonly number[]; readonly fits: (values: ReadonlyMap<number, number>) => boolean }[] = [];
  for (const { child, context, value } of facts) {
    if (child.digits !== undefined) {
      const digit = child.digits[context] as number;
      if ((fixed.get(digit) ?? value) !== value) return [];
      fixed.set(digit, value);
    } else if (child.equation !== undefined) {
      const { states, values } = child.equation;
      const fits = (at: ReadonlyMap<number, number>): boolean => {
        const place = states.reduce((sum, digit) => sum * sizeOf(block, digit) + (at.get(digit) as number), context);
        return values[place] === value;
      };
      tests.push({ states, fits });
    }
  }
  const literals = [...fixed].map(([digit, value]): Literal => ({ digit, value }));
  if (tests.length === 0) return [literals];
  const states = [...new Set(tests.flatMap((test) => test.states))];
  const known = new Map<number, number>();
  const found: (readonly Literal[])[] = [];
  const search = (depth: number): void => {
    const due = tests.filter((test) => Math.max(-1, ...test.states.map((digit) => states.indexOf(digit))) === depth - 1);
    if (!due.every((test) => test.fits(known))) return;
    const digit = states[depth];
    if (digit === undefined) {
      found.push([...states.map((one): Literal => ({ digit: one, value: known.get(one) as number })), ...literals]);
      return;
    }
    for (let value = 0; value < sizeOf(block, digit); value++) {
      known.set(digit, value);
      search(depth + 1);
    }
    known.delete(digit);
  };
  search(0);
  return found;
}

const sizeOf = (block: Block, digit: number): number => (block.digits[digit] as Block['digits'][number]).levels.length;

/** Terms with equal conjunctions added up, literals in order of their digits; terms that vanish are left out. */
export function gather(terms: readonly Term[]): Term[] {
  const [only, another] = terms;
  if (only !== undefined && another === undefined && only.coefficient !== 0)
    return [{ coefficient: only.coefficient, literals: [...only.literals].sort((a, b) => a.digit - b.digit) }];
  const sums = new Map<string, { coefficient: number; literals: readonly Literal[] }>();
  for (const { coefficient, literals } of terms) {
    const sorted = [...literals].sort((a, b) => a.digit - b.digit);
    const key = sorted.map(({ digit, value }) => `${digit}=${value}`).join();
    const known = sums.get(key);
    if (known === undefined) sums.set(key, { coefficient, literals: sorted });
    else known.coefficient += coefficient;
  }
  return [...sums.values()].filter(({ coefficient }) => coefficient !== 0);
}
