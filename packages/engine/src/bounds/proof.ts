import type { Certificate, LinearProof, Multipliers } from './certificate.ts';
import { conjunctionKey } from './contract.ts';
import type { Field } from './field.ts';
import type { Weighted } from './least.ts';
import type { LocalTable, Network } from './programme.ts';

type Problem = Pick<Certificate, 'blocks' | 'strata' | 'cells' | 'restrictions' | 'target'>;
type Numbers<T> = (table: LocalTable) => readonly T[];

/** Below this a denominator counts as one that can vanish, and a slack as rounding. */
export const rounding = 1e-12;

/** A bound that cannot be evaluated: the proof names what is not there, or breaks a rule of signs. */
export class BadProof extends Error {
  override readonly name = 'BadProof';
}

/** The target of a cell: from its counts where they are given. Null: unknown. */
export function targetOfCell<T>(field: Field<T>, { target, ratios }: Certificate['cells'][number]): T | null {
  if (target === null) return null;
  if (ratios === undefined) return field.of(target);
  return ratios.reduce((product, [above, below]) => field.times(product, field.ratio(above, below)), field.one);
}

/**
 * Weak duality in plain arithmetic: y b + least over all allowed states of (terms - y A) is never above the expectation of the
 * terms, whatever the multipliers y, as long as those of '<=' rows are not positive and those of '>=' rows not negative.
 */
export function weakBound<T>(
  field: Field<T>,
  { blocks, strata, cells, restrictions }: Problem,
  block: number,
  terms: readonly Weighted<T>[],
  multipliers: Multipliers,
  sign: 1 | -1 = 1,
): T {
  const own = blocks[block];
  if (own === undefined) throw new BadProof(`there is no block ${block}`);
  const sum: T[] = [];
  const all = [...terms];
  const use = (form: Problem['cells'][number]['form'], y: T, target: T): void => {
    sum.push(field.times(y, target));
    for (const { coefficient, literals } of form)
      all.push({ coefficient: field.negative(field.times(y, field.of(coefficient))), literals });
  };
  for (const [i, multiplier] of multipliers.cells) {
    const cell = cells[i];
    if (cell === undefined || strata[cell.stratum]?.block !== block) throw new BadProof(`cell ${i} is no cell of block ${block}`);
    const target = targetOfCell(field, cell);
    if (target === null) throw new BadProof(`nothing is known of ${cell.says}`);
    use(cell.form, field.of(sign * multiplier), target);
  }
  for (const [i, multiplier] of multipliers.restrictions) {
    const restriction = restrictions[i];
    if (restriction === undefined || restriction.block !== block) throw new BadProof(`restriction ${i} is none of block ${block}`);
    const { relation, form, target } = restriction;
    if ((relation === '<=' && sign * multiplier > 0) || (relation === '>=' && sign * multiplier < 0))
      throw new BadProof(`the multiplier of ${restriction.says} has the wrong sign`);
    use(form, field.of(sign * multiplier), field.of(target));
  }
  const least = field.least(
    own.digits.map(({ levels }) => levels.length),
    all,
    own.forbidden,
  );
  if (least === undefined) throw new BadProof('the least value over all states needs too much work');
  if (least === 'impossible') throw new BadProof('no state of the block is allowed');
  return field.sum([...sum, least]);
}

/** What a linear proof shows of one side: the target is never below (above) it. `outer` is read for a quotient only. */
export function linearBound<T>(field: Field<T>, problem: Problem, proof: LinearProof, side: 'lower' | 'upper', outer: T): T {
  const { target } = problem;
  if (target === undefined) throw new BadProof('there is no target');
  const { low, high } = pinned(field, problem, proof);
  const sign = side === 'lower' ? 1 : -1;
  const forms = (networks: readonly Network[], end: 1 | -1, times: T): Weighted<T>[] => {
    const positive = networks.filter(({ weight }) => weight >= 0);
    const negative = networks.filter(({ weight }) => weight < 0);
    return [
      ...openForm(field, positive, proof.block, end === 1 ? low : high, times),
      ...openForm(field, negative, proof.block, end === 1 ? high : low, times),
    ];
  };
  const times = sign === 1 ? field.one : field.negative(field.one);
  const numerator = forms(target.numerator, sign, times);
  const oriented = (value: T): T => (sign === 1 ? value : field.negative(value));
  if (target.denominator === undefined) return oriented(weakBound(field, problem, proof.block, numerator, proof.multipliers, sign));
  if (proof.denominator === undefined) throw new BadProof('nothing is said of the denominator');
  // The least of N - lambda D, for a maximum of -N - lambda D with lambda = -outer.
  const lambda = oriented(outer);
  const denominator = forms(target.denominator, field.less(lambda, field.zero) ? 1 : -1, field.negative(lambda));
  const slack = weakBound(field, problem, proof.block, [...numerator, ...denominator], proof.multipliers, sign);
  if (!field.less(slack, field.zero)) return outer;
  const floor = weakBound(field, problem, proof.block, forms(target.denominator, 1, field.one), proof.denominator);
  if (field.near(floor) > rounding) return oriented(field.sum([lambda, field.over(slack, floor)]));
  if (field.near(slack) < -rounding)
    throw new BadProof(`the multipliers miss by ${-field.near(slack)}, and the condition may have probability 0`);
  return outer;
}

/** Numbers of the tables of other blocks, from below and from above. */
function pinned<T>(
  field: Field<T>,
  problem: Problem,
  { pins, block: open }: LinearProof,
): { readonly low: Numbers<T>; readonly high: Numbers<T> } {
  const known = new Map<string, readonly [T, T]>();
  const keyOf = (block: number, literals: Parameters<typeof conjunctionKey>[0]): string => `${block}: ${conjunctionKey(literals)}`;
  for (const { block, literals, lower, upper } of pins) {
    const event = (sign: 1 | -1): Weighted<T>[] => [{ coefficient: field.of(sign), literals }];
    const from = weakBound(field, problem, block, event(1), lower);
    const to = field.negative(weakBound(field, problem, block, event(-1), upper, -1));
    known.set(keyOf(block, literals), [field.less(from, field.zero) ? field.zero : from, field.less(field.one, to) ? field.one : to]);
  }
  const end =
    (which: 0 | 1): Numbers<T> =>
    (table) =>
      table.cells.map((literals) => {
        if (literals === null) return field.zero;
        if (literals.length === 0) return field.one;
        const range = table.block === open ? undefined : known.get(keyOf(table.block, literals));
        return range?.[which] ?? (which === 0 ? field.zero : field.one);
      });
  return { low: end(0), high: end(1) };
}

/** A sum of networks, times a number, as a form of one block. */
function openForm<T>(field: Field<T>, networks: readonly Network[], block: number, numbers: Numbers<T>, times: T): Weighted<T>[] {
  const terms: Weighted<T>[] = [];
  for (const { weight, tables } of networks) {
    const own = tables.filter((table) => table.block === block);
    if (own.length > 1) throw new BadProof('a block stands twice in one network');
    const factor = field.times(times, field.of(weight));
    const others = tables
      .filter((table) => table.block !== block)
      .map((table) => ({ axes: table.axes, sizes: table.sizes, values: numbers(table) }));
    const result = contracted(field, others, own[0]);
    for (const [i, literals] of (own[0]?.cells ?? [[]]).entries())
      if (literals !== null) terms.push({ coefficient: field.times(factor, result[i] ?? field.zero), literals });
  }
  return terms;
}

interface Table<T> {
  readonly axes: readonly string[];
  readonly sizes: readonly number[];
  readonly values: readonly T[];
}

/** The product of the tables summed over all axes but those of `keep`, row-major over the axes of `keep`. */
function contracted<T>(field: Field<T>, tables: readonly Table<T>[], keep: LocalTable | undefined): readonly T[] {
  const axes = keep?.axes ?? [];
  const sizes = new Map(tables.flatMap((table) => table.axes.map((axis, i): [string, number] => [axis, table.sizes[i] as number])));
  for (const [i, axis] of axes.entries()) sizes.set(axis, keep?.sizes[i] as number);
  let left = [...tables];
  const inner = (): string[] => [...new Set(left.flatMap((table) => table.axes))].filter((axis) => !axes.includes(axis));
  for (let open = inner(); open.length > 0; open = inner()) {
    const scopes = open.map((axis) => ({
      axis,
      scope: [...new Set(left.flatMap((table) => (table.axes.includes(axis) ? table.axes : [])))],
    }));
    const cost = (scope: readonly string[]): number => scope.reduce((cells, axis) => cells * (sizes.get(axis) as number), 1);
    const { axis, scope } = scopes.reduce((a, b) => (cost(b.scope) < cost(a.scope) ? b : a));
    const used = left.filter((table) => table.axes.includes(axis));
    left = left.filter((table) => !table.axes.includes(axis));
    const rest = scope.filter((other) => other !== axis);
    left.push(multiplied(field, used, rest, [axis], sizes));
  }
  return multiplied(field, left, axes, [], sizes).values;
}

function multiplied<T>(
  field: Field<T>,
  tables: readonly Table<T>[],
  axes: readonly string[],
  over: readonly string[],
  sizes: ReadonlyMap<string, number>,
): Table<T> {
  const all = [...axes, ...over];
  const shape = all.map((axis) => sizes.get(axis) as number);
  const inner = over.reduce((cells, axis) => cells * (sizes.get(axis) as number), 1);
  const count = shape.reduce((cells, size) => cells * size, 1);
  const values: T[] = [];
  let parts: T[] = [];
  const at = new Map<string, number>();
  for (let cell = 0; cell < count; cell++) {
    let rest = cell;
    for (let i = all.length - 1; i >= 0; i--) {
      at.set(all[i] as string, rest % (shape[i] as number));
      rest = Math.floor(rest / (shape[i] as number));
    }
    let product = field.one;
    for (const table of tables) {
      const place = table.axes.reduce((sum, axis, i) => sum * (table.sizes[i] as number) + (at.get(axis) as number), 0);
      product = field.times(product, table.values[place] as T);
    }
    parts.push(product);
    if (parts.length < inner) continue;
    values.push(parts.length === 1 ? (parts[0] as T) : field.sum(parts));
    parts = [];
  }
  return { axes, sizes: axes.map((axis) => sizes.get(axis) as number), values };
}
