import { failure, type Result, success } from '../run/issue.ts';
import { atOnce, type Steps } from '../run/steps.ts';
import { componentsOf, factorsOf, isOpen } from './components.ts';
import type { FamilyCounts } from './family-counts.ts';
import type { CellQuery, ExchangeableModel } from './terms.ts';
import { fillIn, type Layout, type Place, role, rowOf, unrollQuery } from './unrolled.ts';

/** Most ways to fill in the cells that are summed over. */
const mostFillings = 2 ** 18;

/** What the frequencies of tuples need. */
export interface FrequencyData {
  /** The graph and the levels; every mechanism of kind `mixture`, because nothing is assumed of how its rows go together. */
  readonly shape: ExchangeableModel;
  /** Per mechanism of the shape; parents in its order. */
  readonly families: readonly FamilyCounts[];
  /** Per mechanism and distinct table: how many environments have it. */
  readonly times: readonly Float64Array[];
}

export interface FrequencyAnswer {
  readonly value: number;
  /** Most positions that one mechanism joins. */
  readonly positions: number;
  /** Environments of at least as many records. */
  readonly environments: number;
}

/** Positions that the largest factor of a question joins. Issues: those of {@link unrollQuery}. */
export function positionsJoined(shape: ExchangeableModel, query: CellQuery): Result<number> {
  const unrolled = unrollQuery(shape, query);
  if (!unrolled.ok) return unrolled;
  const { layout, places } = unrolled.value;
  return success(factorPlaces(layout, places, relevantFactors(unrolled.value)).reduce((most, { own }) => Math.max(most, own.length), 0));
}

/**
 * P(target | given; do(set)) by Theorem 1 of "Do Finetti" (Guo and others 2024), each factor P(a variable | its parents), joint over the
 * positions where it was not set, as the frequency among ordered tuples of as many different records of one environment, every
 * environment of equal weight. Tuples are not enumerated: an environment with n_c records of cell c has the product of the falling
 * factorials n_c (n_c - 1) ... of them. Environments with fewer records than the largest factor has positions are left out. Issues:
 * those of {@link unrollQuery}, `too-small` (no environment is large enough), `unseen` (it rests on a combination that no tuple shows),
 * `never` (its condition has probability 0), `too-large`, `interrupted`.
 */
export function* frequencySteps({ shape, families, times }: FrequencyData, query: CellQuery): Steps<Result<FrequencyAnswer>> {
  const unrolled = unrollQuery(shape, query);
  if (!unrolled.ok) return unrolled;
  const { layout, places, contradicts } = unrolled.value;
  const factors = factorPlaces(layout, places, relevantFactors(unrolled.value));
  const positions = factors.reduce((most, { own }) => Math.max(most, own.length), 0);
  const tables = factors.map(({ i, own }) => createFactor(families[i] as FamilyCounts, times[i] as Float64Array, own.length, positions));
  const environments = tables[0]?.environments ?? (times[0] ?? new Float64Array()).reduce((sum, one) => sum + one, 0);
  if (environments === 0)
    return failure({
      code: 'too-small',
      message: `No environment has ${positions} records, and the question joins as many positions.`,
      hint: 'Ask about fewer positions, or use fitted mechanisms (--factors fitted).',
    });
  const said = { positions, environments };
  if (contradicts === 'given') return never;
  if (contradicts === 'target') return success({ value: 0, ...said });
  // Cells of the factors that are not known, position by position.
  const open = places.map((place, k) =>
    layout.names.flatMap((_, i) => (isOpen(place, i) && factors.some((factor) => reads(layout, factor, k, i)) ? [i] : [])),
  );
  const fillings = open.flat().reduce((product, i) => product * (layout.sizes[i] as number), 1);
  if (fillings > mostFillings)
    return failure({
      code: 'too-large',
      message: 'Too many cells are summed over for frequencies of tuples.',
      hint: 'Condition on more of them, or use fitted mechanisms (--factors fitted).',
    });
  const wanted = places.map(({ values }) => values.slice());
  const filled = places.map(({ values }) => values.slice());
  let [share, over, unseen] = [0, 0, false];
  const visit = (): void => {
    let product = 1;
    let unknown = false;
    for (const [f, { i, own }] of factors.entries()) {
      const found = (tables[f] as Factor).of(own.map((k) => cellsOf(layout, i, filled[k] as Int32Array)));
      if (Number.isNaN(found)) unknown = true;
      else product *= found;
    }
    if (product === 0) return;
    if (unknown) {
      unseen = true;
      return;
    }
    over += product;
    if (places.every(({ roles }, k) => roles.every((as, i) => as !== role.target || filled[k]?.[i] === wanted[k]?.[i]))) share += product;
  };
  const descend = (k: number): void => {
    if (k === places.length) visit();
    else fillIn(layout.sizes, open[k] as readonly number[], filled[k] as Int32Array, () => descend(k + 1));
  };
  if (yield { task: 'frequencies', done: 0 }) return failure({ code: 'interrupted', message: 'Interrupted.' });
  descend(0);
  if (unseen)
    return failure({
      code: 'unseen',
      message: `The answer rests on a combination of values that no ${positions === 1 ? 'record' : `${positions} records of one environment`} show.`,
      hint: 'Use fitted mechanisms (--factors fitted), or ask about fewer positions.',
    });
  return over === 0 ? never : success({ value: share / over, ...said });
}

/** {@link frequencySteps} without a pause. */
export const frequencyAnswer = (data: FrequencyData, query: CellQuery): Result<FrequencyAnswer> => atOnce(frequencySteps(data, query));

const never = failure({ code: 'never', message: 'What the question conditions on was never seen.' });

const relevantFactors = (unrolled: Parameters<typeof componentsOf>[0]): ReadonlySet<number> =>
  new Set(componentsOf(unrolled).flatMap(({ factors, hasTarget }) => (hasTarget ? [...factors] : [])));

/** The mechanisms that matter. */
function factorPlaces(layout: Layout, places: readonly Place[], relevant: ReadonlySet<number>): PlacedFactor[] {
  return layout.names.flatMap((_, i) => {
    const own = places.flatMap((place, k) => (factorsOf(layout, place, i).some((factor) => relevant.has(factor)) ? [k] : []));
    return own.length === 0 ? [] : [{ i, own }];
  });
}

interface PlacedFactor {
  readonly i: number;
  /** Places (by number) where it draws. */
  readonly own: readonly number[];
}

/** Whether a factor reads cell i of place k: as its variable or as a parent. */
const reads = (layout: Layout, { i, own }: PlacedFactor, k: number, cell: number): boolean =>
  own.includes(k) && (i === cell || layout.parents[i]?.includes(cell) === true);

/** [configuration, level] of variable i at a position. */
const cellsOf = (layout: Layout, i: number, values: Int32Array): readonly [number, number] => [
  rowOf(layout, i, values),
  values[i] as number,
];

interface Factor {
  readonly environments: number;
  /** P(levels | configurations) of a tuple; NaN where no tuple shows the configurations. */
  of(cells: readonly (readonly [number, number])[]): number;
}

/** The frequencies of tuples of `length`, in environments of `least` records or more. */
function createFactor({ tables, levels, configurations }: FamilyCounts, times: Float64Array, length: number, least: number): Factor {
  const own = tables.flatMap((table, t) => {
    const size = table.reduce((sum, one) => sum + one, 0);
    const often = times[t] as number;
    if (often === 0 || size < least) return [];
    const parents = Float64Array.from({ length: configurations }, (_, c) =>
      table.subarray(c * levels, (c + 1) * levels).reduce((sum, one) => sum + one, 0),
    );
    return [{ table, parents, weight: often / falling(size, length) }];
  });
  const known = new Map<string, number>();
  const tuples = (of: (one: (typeof own)[number]) => Float64Array, keys: readonly number[]): number => {
    const many = new Map<number, number>();
    for (const key of keys) many.set(key, (many.get(key) ?? 0) + 1);
    let sum = 0;
    for (const one of own) {
      const counts = of(one);
      let product = one.weight;
      for (const [key, times] of many) product *= falling(counts[key] as number, times);
      sum += product;
    }
    return sum;
  };
  return {
    environments: tables.reduce((sum, table, t) => sum + (table.reduce((all, one) => all + one, 0) < least ? 0 : (times[t] as number)), 0),
    of(cells) {
      const keys = cells.map(([configuration, level]) => configuration * levels + level).sort((a, b) => a - b);
      const text = keys.join();
      let found = known.get(text);
      if (found === undefined) {
        const below = tuples(
          ({ parents }) => parents,
          keys.map((key) => Math.floor(key / levels)),
        );
        found = below === 0 ? Number.NaN : tuples(({ table }) => table, keys) / below;
        known.set(text, found);
      }
      return found;
    },
  };
}

/** n (n - 1) ... (n - k + 1). */
function falling(n: number, k: number): number {
  let product = 1;
  for (let j = 0; j < k; j++) product *= Math.max(0, n - j);
  return product;
}
