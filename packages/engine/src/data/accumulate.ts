import type { Name, Value } from '../graph/variable.ts';
import type { Counts } from './counts.ts';

/** Records (or cells) to be tallied: one code array per axis, all of the same length. */
export interface Records {
  readonly axes: readonly Name[];
  readonly levels: readonly (readonly Value[])[];
  readonly codes: readonly Int32Array[];
  readonly length: number;
  /** Absent: every record weighs 1. */
  readonly weight?: Float64Array;
  /** Number of records behind each entry, where that is not its weight: every entry is one record, or as given. */
  readonly rows?: 'each' | Float64Array;
  readonly exact?: boolean;
  readonly outcome?: { readonly name: Name; readonly shift: number; readonly sum: Float64Array; readonly squares: Float64Array };
}

/**
 * Adds up records that fall into the same cell. Records of weight 0 are left out; cells come sorted by code. Additions are
 * made in the order of the records, so the same records give the same digits.
 */
export function tally(records: Records): Counts {
  const { group, cells } = groups(records);
  const weight = new Float64Array(cells);
  const rows = records.rows === undefined ? undefined : new Float64Array(cells);
  const sum = records.outcome && new Float64Array(cells);
  const squares = records.outcome && new Float64Array(cells);
  const first = new Int32Array(cells).fill(-1);
  for (let i = 0; i < records.length; i++) {
    const cell = group[i] as number;
    const own = records.weight ? (records.weight[i] as number) : 1;
    if (own <= 0) continue;
    if (first[cell] === -1) first[cell] = i;
    weight[cell] = (weight[cell] as number) + own;
    if (rows) rows[cell] = (rows[cell] as number) + (records.rows === 'each' ? 1 : ((records.rows as Float64Array)[i] as number));
    if (records.outcome && sum && squares) {
      sum[cell] = (sum[cell] as number) + (records.outcome.sum[i] as number);
      squares[cell] = (squares[cell] as number) + (records.outcome.squares[i] as number);
    }
  }
  const kept: number[] = [];
  let total = 0;
  for (let cell = 0; cell < cells; cell++) {
    if ((weight[cell] as number) <= 0) continue;
    kept.push(cell);
    total += weight[cell] as number;
  }
  const width = records.axes.length;
  const codes = new Int32Array(kept.length * width);
  kept.forEach((cell, k) => {
    for (let axis = 0; axis < width; axis++) codes[k * width + axis] = (records.codes[axis] as Int32Array)[first[cell] as number] as number;
  });
  const pick = (from: Float64Array): Float64Array =>
    kept.length === cells ? from : Float64Array.from(kept, (cell) => from[cell] as number);
  return {
    axes: records.axes,
    levels: records.levels,
    codes,
    weight: pick(weight),
    ...(rows && { rows: pick(rows) }),
    total,
    exact: records.exact ?? false,
    ...(records.outcome &&
      sum &&
      squares && { outcome: { name: records.outcome.name, shift: records.outcome.shift, sum: pick(sum), squares: pick(squares) } }),
  };
}

/** Numbers the cells in the order of their codes. Keys stay below 2^53: they are renumbered whenever the next axis could pass it. */
function groups(records: Records): { group: Int32Array; cells: number } {
  const { length } = records;
  let keys = new Float64Array(length);
  let range = 1;
  records.codes.forEach((codes, axis) => {
    const size = Math.max(1, (records.levels[axis] as readonly Value[]).length);
    if (range > Number.MAX_SAFE_INTEGER / size) {
      const ranked = rank(keys, range);
      keys = Float64Array.from(ranked.group);
      range = Math.max(1, ranked.cells);
    }
    for (let i = 0; i < length; i++) keys[i] = (keys[i] as number) * size + (codes[i] as number);
    range *= size;
  });
  return rank(keys, range);
}

function rank(keys: Float64Array, range: number): { group: Int32Array; cells: number } {
  const group = new Int32Array(keys.length);
  if (range <= Math.max(65536, 4 * keys.length)) {
    const number = new Int32Array(range);
    for (const key of keys) number[key] = 1;
    let cells = 0;
    for (let key = 0; key < range; key++) if (number[key] === 1) number[key] = cells++;
    for (let i = 0; i < keys.length; i++) group[i] = number[keys[i] as number] as number;
    return { group, cells };
  }
  const order = new Map<number, number>();
  for (const key of keys) order.set(key, 0);
  const distinct = Float64Array.from(order.keys()).sort();
  distinct.forEach((key, cell) => {
    order.set(key, cell);
  });
  for (let i = 0; i < keys.length; i++) group[i] = order.get(keys[i] as number) as number;
  return { group, cells: distinct.length };
}

/** The table of `of` (a subset of the axes, in any order): everything else summed out. The total stays the same number. */
export function marginal(counts: Counts, of: readonly Name[]): Counts {
  const places = of.map((name) => counts.axes.indexOf(name));
  if (places.includes(-1)) throw new RangeError(`marginal over ${of.join(', ')} of a table over ${counts.axes.join(', ')}`);
  if (of.length === counts.axes.length && places.every((place, i) => place === i)) return counts;
  const width = counts.axes.length;
  const length = counts.weight.length;
  const levels = places.map((place) => counts.levels[place] as readonly Value[]);
  const range = levels.reduce((product, list) => product * Math.max(1, list.length), 1);
  if (range <= Math.max(4096, 2 * length)) return denseMarginal(counts, of, places, levels, range);
  const { weight, rows, outcome, exact } = counts;
  const codes = places.map((place) => {
    const column = new Int32Array(length);
    for (let cell = 0; cell < length; cell++) column[cell] = counts.codes[cell * width + place] as number;
    return column;
  });
  const summed = tally({ axes: of, levels, codes, length, weight, ...(rows && { rows }), exact, ...(outcome && { outcome }) });
  return { ...summed, total: counts.total };
}

/** {@link marginal} by one pass into dense arrays; adds in the same order as `tally`. */
function denseMarginal(counts: Counts, of: readonly Name[], places: readonly number[], levels: Counts['levels'], range: number): Counts {
  const { codes, weight, rows, outcome } = counts;
  const width = counts.axes.length;
  const keys = new Int32Array(weight.length);
  places.forEach((place, axis) => {
    const size = Math.max(1, (levels[axis] as readonly Value[]).length);
    for (let cell = 0, at = place; cell < keys.length; cell++, at += width)
      keys[cell] = (keys[cell] as number) * size + (codes[at] as number);
  });
  const dense = (values: Float64Array): Float64Array => {
    const sums = new Float64Array(range);
    for (let cell = 0; cell < keys.length; cell++)
      sums[keys[cell] as number] = (sums[keys[cell] as number] as number) + (values[cell] as number);
    return sums;
  };
  const weights = dense(weight);
  const kept: number[] = [];
  for (let key = 0; key < range; key++) if ((weights[key] as number) > 0) kept.push(key);
  const pick = (sums: Float64Array): Float64Array => Float64Array.from(kept, (key) => sums[key] as number);
  const table = new Int32Array(kept.length * of.length);
  kept.forEach((key, cell) => {
    let rest = key;
    for (let axis = of.length - 1; axis >= 0; axis--) {
      const size = Math.max(1, (levels[axis] as readonly Value[]).length);
      table[cell * of.length + axis] = rest % size;
      rest = Math.floor(rest / size);
    }
  });
  return {
    axes: of,
    levels,
    codes: table,
    weight: pick(weights),
    ...(rows && { rows: pick(dense(rows)) }),
    total: counts.total,
    exact: counts.exact,
    ...(outcome && {
      outcome: { name: outcome.name, shift: outcome.shift, sum: pick(dense(outcome.sum)), squares: pick(dense(outcome.squares)) },
    }),
  };
}

/** The table without records: the neutral element of {@link mergeCounts} for tables of this kind. */
export function emptyCounts(like: Pick<Counts, 'axes' | 'levels' | 'exact' | 'rows' | 'outcome'>): Counts {
  const none = new Float64Array(0);
  return {
    axes: like.axes,
    levels: like.levels,
    codes: new Int32Array(0),
    weight: none,
    ...(like.rows && { rows: none }),
    total: 0,
    exact: like.exact,
    ...(like.outcome && { outcome: { name: like.outcome.name, shift: like.outcome.shift, sum: none, squares: none } }),
  };
}

/**
 * Adds two tables over the same axes, levels and outcome shift (parts of one study: shards, files, partitions). Associative
 * and commutative (exactly so for whole-number weights, to rounding otherwise), with {@link emptyCounts} as zero.
 */
export function mergeCounts(a: Counts, b: Counts): Counts {
  const shape = (counts: Counts): string =>
    JSON.stringify([counts.axes, counts.levels, counts.exact, counts.rows !== undefined, counts.outcome?.name, counts.outcome?.shift]);
  if (shape(a) !== shape(b)) throw new RangeError('mergeCounts of tables of different shape');
  const join = (x: Float64Array, y: Float64Array): Float64Array => {
    const both = new Float64Array(x.length + y.length);
    both.set(x);
    both.set(y, x.length);
    return both;
  };
  const width = a.axes.length;
  const length = a.weight.length + b.weight.length;
  const codes = a.axes.map((_, axis) => {
    const column = new Int32Array(length);
    for (let cell = 0; cell < length; cell++) {
      const [from, at] = cell < a.weight.length ? [a, cell] : [b, cell - a.weight.length];
      column[cell] = from.codes[at * width + axis] as number;
    }
    return column;
  });
  return tally({
    axes: a.axes,
    levels: a.levels,
    codes,
    length,
    weight: join(a.weight, b.weight),
    ...(a.rows && b.rows && { rows: join(a.rows, b.rows) }),
    exact: a.exact,
    ...(a.outcome &&
      b.outcome && {
        outcome: {
          name: a.outcome.name,
          shift: a.outcome.shift,
          sum: join(a.outcome.sum, b.outcome.sum),
          squares: join(a.outcome.squares, b.outcome.squares),
        },
      }),
  });
}

/** Kish's effective sample size (sum w)^2 / sum w^2 of records with these weights (Kish 1965, section 11.2). */
export function effectiveSize(weights: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}
