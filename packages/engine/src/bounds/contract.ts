import { sumProduct } from '../math/eliminate.ts';
import { type Factor, factorOf, isTooLarge } from '../math/factor.ts';
import { Sum } from '../math/sum.ts';
import type { BlockPoint, Form, Literal, LocalTable, ModelPoint, Network, Target, Term } from './programme.ts';

/** The numbers of a table, row-major: the probabilities of its conjunctions (0 where a cell cannot happen). */
export type TableNumbers = (table: LocalTable) => ArrayLike<number>;

/** P(all literals) in a point; a digit that the point does not list has its first value. Groups are independent. */
export function probabilityOf(literals: readonly Literal[], point: BlockPoint): number {
  let probability = 1;
  const listed = new Set(point.groups.flatMap((group) => group.digits));
  for (const { digit, value } of literals) if (!listed.has(digit) && value !== 0) return 0;
  for (const { digits, support } of point.groups) {
    const asked = literals.flatMap(({ digit, value }) => (digits.includes(digit) ? [{ at: digits.indexOf(digit), value }] : []));
    if (asked.length === 0) continue;
    const held = new Sum();
    for (const { weight, values } of support) if (asked.every(({ at, value }) => values[at] === value)) held.add(weight);
    probability *= held.value;
  }
  return probability;
}

/** The expectation of a form in a point of its block. */
export function expectation(form: Form, point: BlockPoint): number {
  const result = new Sum();
  for (const { coefficient, literals } of form) result.add(coefficient * probabilityOf(literals, point));
  return result.value;
}

/** The numbers of every table in a model. */
export const numbersAt =
  (model: ModelPoint): TableNumbers =>
  (table) =>
    table.cells.map((cell) => (cell === null ? 0 : probabilityOf(cell, model[table.block] ?? { groups: [] })));

/** A sum of networks as a number. */
export function networksValue(networks: readonly Network[], numbers: TableNumbers): number {
  const result = new Sum();
  for (const { weight, tables } of networks) {
    result.add(
      weight *
        (contracted(
          tables.map((table) => factorOf(table.axes, table.sizes, numbers(table))),
          [],
        ).values[0] as number),
    );
  }
  return result.value;
}

/**
 * A sum of networks as a linear function of one block, the others given by their numbers: what the sum is, and its gradient.
 * Networks without the block add constants. Terms with equal literals are one.
 */
export function networksForm(networks: readonly Network[], block: number, numbers: TableNumbers): Form {
  const terms: Term[] = [];
  for (const { weight, tables } of networks) {
    const own = tables.find((table) => table.block === block);
    const others = tables.filter((table) => table !== own).map((table) => factorOf(table.axes, table.sizes, numbers(table)));
    if (own === undefined) {
      terms.push({ coefficient: weight * (contracted(others, []).values[0] as number), literals: [] });
      continue;
    }
    const sizes = new Map(own.axes.map((axis, i) => [axis, own.sizes[i] as number]));
    const { values } = contracted(others, own.axes, sizes);
    for (const [i, literals] of own.cells.entries())
      if (literals !== null) terms.push({ coefficient: weight * (values[i] as number), literals });
  }
  return collected(terms);
}

export interface TargetValue {
  readonly numerator: number;
  /** 1 without a condition. */
  readonly denominator: number;
}

export function valuesOf(target: Target, model: ModelPoint): TargetValue {
  const numbers = numbersAt(model);
  return {
    numerator: networksValue(target.numerator, numbers),
    denominator: target.denominator === undefined ? 1 : networksValue(target.denominator, numbers),
  };
}

/** The target in a model; NaN where the condition has probability 0. */
export function targetValue(target: Target, model: ModelPoint): number {
  const { numerator, denominator } = valuesOf(target, model);
  return target.denominator === undefined ? numerator : denominator > 0 ? numerator / denominator : Number.NaN;
}

/** Numerator and denominator as linear functions of one block, the other blocks at a model (its entry for `block` is not read). */
export function formOf(
  target: Target,
  block: number,
  others: ModelPoint | TableNumbers,
): { readonly numerator: Form; readonly denominator: Form } {
  const numbers = typeof others === 'function' ? others : numbersAt(others);
  return {
    numerator: networksForm(target.numerator, block, numbers),
    denominator: target.denominator === undefined ? [{ coefficient: 1, literals: [] }] : networksForm(target.denominator, block, numbers),
  };
}

/** Which blocks stand in the target, ascending. */
export function blocksOf(target: Target): number[] {
  const networks = [...target.numerator, ...(target.denominator ?? [])];
  return [...new Set(networks.flatMap(({ tables }) => tables.map(({ block }) => block)))].sort((a, b) => a - b);
}

/** `a + by b`, terms with equal literals joined, zeros dropped. */
export const combined = (a: Form, by: number, b: Form): Form =>
  collected([...a, ...b.map(({ coefficient, literals }) => ({ coefficient: by * coefficient, literals }))]);

/** One name for a conjunction, whatever the order of its literals. */
export const conjunctionKey = (literals: readonly Literal[]): string =>
  literals
    .map(({ digit, value }) => `${digit}=${value}`)
    .sort()
    .join(' ');

/** Terms with equal literals joined, in order of first appearance; zeros dropped. */
export function collected(terms: readonly Term[]): Form {
  const found = new Map<string, { literals: readonly Literal[]; coefficient: Sum }>();
  for (const { coefficient, literals } of terms) {
    const key = conjunctionKey(literals);
    const entry = found.get(key) ?? { literals, coefficient: new Sum() };
    entry.coefficient.add(coefficient);
    found.set(key, entry);
  }
  return [...found.values()]
    .map(({ literals, coefficient }) => ({ coefficient: coefficient.value, literals }))
    .filter(({ coefficient }) => coefficient !== 0);
}

function contracted(factors: readonly Factor[], keep: readonly string[], sizes = new Map<string, number>()): Factor {
  const result = sumProduct(factors, keep, sizes);
  if (isTooLarge(result)) throw new Error(`A network of the target needs a table of ${result.tooLarge} cells.`);
  return result;
}
