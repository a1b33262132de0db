import type { Name, Value } from '../graph/variable.ts';
import { resolveWorlds, type Token } from '../model/worlds.ts';
import type { Term } from '../query/terms.ts';
import { failure, type Result, success } from '../run/issue.ts';
import type { Child } from './canonical.ts';
import { contextOf } from './facts.ts';
import type { Block, Literal, LocalTable, Network } from './programme.ts';
import type { Structure } from './specification.ts';

/** The part of a structure that questions need. */
export type Answerable = Pick<Structure, 'levels' | 'children' | 'blocks' | 'hidden' | 'limit'>;

/** The probability of the events, times `weight`; undefined: they cannot happen together. */
export function networkOf(structure: Answerable, events: readonly Term[], weight: number): Result<Network | undefined> {
  const { levels, children, blocks } = structure;
  const childOf = (name: Name): Child => children.get(name) as Child;
  const levelIndex = (name: Name, value: Value): number => (levels.get(name) as readonly Value[]).indexOf(value);
  const worlds = resolveWorlds({ inputs: (name) => childOf(name).parents, levelIndex }, events, []);
  const evidence = new Map<string, number>();
  for (const [i, event] of events.entries()) {
    const token = worlds.tokens[i] as Token;
    const index = levelIndex(event.variable, event.value as Value);
    if (typeof token === 'number' ? token !== index : (evidence.get(token) ?? index) !== index) return success(undefined);
    if (typeof token === 'string') evidence.set(token, index);
  }
  const sizes = new Map<string, number>();
  const blockOf = new Map<string, number>();
  for (const [name, copies] of worlds.copies)
    for (const { axis } of copies) {
      sizes.set(axis, childOf(name).levels.length);
      blockOf.set(axis, childOf(name).block);
    }
  const members = new Map<number, Reader[]>();
  const settle = (token: Token): Token => (typeof token === 'string' ? (evidence.get(token) ?? token) : token);
  for (const [name, copies] of worlds.copies) {
    const child = childOf(name);
    const own = members.get(child.block) ?? [];
    members.set(child.block, own);
    for (const { inputs, axis } of copies) own.push({ child, inputs: inputs.map(settle), output: settle(axis) });
  }
  const tables: LocalTable[] = [];
  const readElsewhere = new Set<string>();
  for (const own of members.values())
    for (const { child, inputs } of own)
      for (const token of inputs) if (typeof token === 'string' && blockOf.get(token) !== child.block) readElsewhere.add(token);
  for (const [number, copies] of [...members].sort(([a], [b]) => a - b)) {
    const table = tableOf(structure, number, blocks[number] as Block, copies, sizes, readElsewhere);
    if (!table.ok) return table;
    if (table.value.cells.every((cell) => cell === null)) return success(undefined);
    tables.push(table.value);
  }
  return success({ weight, tables });
}

interface Reader {
  readonly child: Child;
  readonly inputs: readonly Token[];
  readonly output: Token;
}

/**
 * The table of one block. Values that no other block reads and that equations decide are worked out, not summed over; the
 * states of explicit exogenous variables are axes of the table.
 */
function tableOf(
  { limit }: Answerable,
  number: number,
  block: Block,
  copies: readonly Reader[],
  sizeOf: ReadonlyMap<string, number>,
  readElsewhere: ReadonlySet<string>,
): Result<LocalTable> {
  const decided = new Set(
    copies.flatMap(({ child, output }) =>
      typeof output === 'string' && child.equation !== undefined && !readElsewhere.has(output) ? [output] : [],
    ),
  );
  const axes: string[] = [];
  const sizes: number[] = [];
  const axisOf = (axis: string, size: number): void => {
    if (axes.includes(axis)) return;
    axes.push(axis);
    sizes.push(size);
  };
  for (const { inputs, output } of copies)
    for (const token of [...inputs, output])
      if (typeof token === 'string' && !decided.has(token)) axisOf(token, sizeOf.get(token) as number);
  const states = new Map<number, string>();
  for (const digit of new Set(copies.flatMap(({ child }) => child.equation?.states ?? []))) {
    states.set(digit, `\u0001state ${number} ${digit}`);
    axisOf(states.get(digit) as string, (block.digits[digit] as Block['digits'][number]).levels.length);
  }
  const count = sizes.reduce((product, size) => product * size, 1);
  if (count > limit)
    return failure({
      code: 'too-large',
      message: `The worlds of the question need a table of ${count.toLocaleString('en-US')} cells for ${block.name} (limit ${limit.toLocaleString('en-US')}).`,
      hint: 'What makes it smaller: merge levels, or ask with fewer worlds or conditions.',
    });
  const cells: (readonly Literal[] | null)[] = [];
  const at = new Map<string, number>();
  const read = (token: Token): number => (typeof token === 'number' ? token : (at.get(token) as number));
  for (let cell = 0; cell < count; cell++) {
    let rest = cell;
    for (let i = axes.length - 1; i >= 0; i--) {
      at.set(axes[i] as string, rest % (sizes[i] as number));
      rest = Math.floor(rest / (sizes[i] as number));
    }
    const literals = new Map<number, number>();
    for (const [digit, axis] of states) literals.set(digit, at.get(axis) as number);
    const possible = copies.every(({ child, inputs, output }) => {
      const context = contextOf(child, inputs.map(read));
      if (child.equation !== undefined) {
        const place = child.equation.states.reduce(
          (sum, digit) => sum * (block.digits[digit]?.levels.length ?? 1) + (literals.get(digit) as number),
          context,
        );
        const result = child.equation.values[place] as number;
        if (typeof output === 'string' && decided.has(output)) at.set(output, result);
        return read(output) === result;
      }
      const digit = (child.digits as readonly number[])[context] as number;
      const value = read(output);
      if ((literals.get(digit) ?? value) !== value) return false;
      literals.set(digit, value);
      return true;
    });
    cells.push(possible ? [...literals].map(([digit, value]) => ({ digit, value })).sort((a, b) => a.digit - b.digit) : null);
  }
  return success({ block: number, axes, sizes, cells });
}
