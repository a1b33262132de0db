import type { LinearProgramme } from './highs.ts';
import type { Part, Partition } from './parts.ts';
import type { Polynomial } from './polynomial.ts';
import { measurable, type PartRow } from './sides.ts';

/** A number of the partition is kept in [lower, upper]. */
export interface Cut {
  readonly number: number;
  readonly lower: number;
  readonly upper: number;
}

/** One factor of a product: the states of a part, of a coarser view of it, or of a side of an independence. */
interface Slot {
  readonly part: number;
  readonly states: number;
  /** State of each class of the part. */
  readonly of: Int32Array;
}

/** A joint distribution of the states of several slots, row-major in columns from `start`. */
interface Joint {
  readonly slots: readonly Slot[];
  readonly start: number;
  readonly count: number;
  /** The slots are one part and a side of it: which of its independences. */
  readonly independence?: number;
}

/**
 * A linear relaxation of a product of polytopes. Columns: the masses of the classes of every part, and for every set of parts that
 * occurs in a product a joint distribution of their states, in which each part, given the states of the others, obeys its own
 * rows (the reformulation-linearisation technique of Sherali and Adams, all products of one row with all states of the others).
 * An independence P(a, b) = P(a) P(b) becomes a joint distribution of a part with an independent copy of its side a.
 */
export interface Relaxation {
  readonly parts: readonly number[];
  readonly columns: number;
  /** Column groups of mass 1: first column, count. */
  readonly masses: readonly (readonly [number, number])[];
  readonly joints: readonly Joint[];
  /** First column of each part in `parts`. */
  readonly starts: ReadonlyMap<number, number>;
}

export interface RelaxedRows {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
  readonly indices: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
}

/** The columns for the products of `polynomials`; undefined: a product needs more than `limit` columns even with coarse views. */
export function relaxationOf(partition: Partition, polynomials: readonly Polynomial[], limit = 20_000): Relaxation | undefined {
  const supports = maximal(
    polynomials.flatMap((polynomial) =>
      polynomial.map(({ factors }) => [...new Set(factors.map((id) => partition.partOf[id] as number))].sort((x, y) => x - y)),
    ),
  );
  const used = [...new Set(supports.flat())].sort((x, y) => x - y);
  const starts = new Map<number, number>();
  const masses: [number, number][] = [];
  let columns = 0;
  const reserve = (count: number): number => {
    masses.push([columns, count]);
    columns += count;
    return columns - count;
  };
  for (const p of used) starts.set(p, reserve((partition.parts[p] as Part).classes));
  const joints: Joint[] = [];
  for (const support of supports) {
    if (support.length < 2) continue;
    const slots = fitting(partition, support, polynomials, limit);
    if (slots === undefined) return undefined;
    const count = slots.reduce((product, { states }) => product * states, 1);
    joints.push({ slots, start: reserve(count), count });
  }
  for (const p of used)
    for (const [e, { a }] of (partition.parts[p] as Part).independences.entries()) {
      const slots = [{ part: p, states: a.states, of: a.of }, whole(partition, p)];
      const count = a.states * (partition.parts[p] as Part).classes;
      if (count > limit) return undefined;
      joints.push({ slots, start: reserve(count), count, independence: e });
    }
  return { parts: used, columns, masses, joints, starts };
}

/** Its rows without a box; deterministic, so that a checker can build them again. */
export function rowsOf(partition: Partition, relaxation: Relaxation): RelaxedRows {
  const { rows, add } = collector();
  for (const p of relaxation.parts) {
    const start = relaxation.starts.get(p) as number;
    const { classes } = partition.parts[p] as Part;
    add(
      1,
      1,
      Array.from({ length: classes }, (_, r) => start + r),
      new Array<number>(classes).fill(1),
    );
  }
  for (const joint of relaxation.joints) {
    for (const [s, slot] of joint.slots.entries()) {
      const stride = strideOf(joint, s);
      const start = relaxation.starts.get(slot.part) as number;
      const margins = Array.from({ length: slot.states }, () => ({ columns: [] as number[], values: [] as number[] }));
      const put = (state: number, column: number, value: number): void => {
        margins[state]?.columns.push(column);
        margins[state]?.values.push(value);
      };
      for (const [r, state] of slot.of.entries()) put(state, start + r, -1);
      for (let at = 0; at < joint.count; at++) put(Math.floor(at / stride) % slot.states, joint.start + at, 1);
      for (const { columns, values } of margins) add(0, 0, columns, values);
    }
    if (joint.independence !== undefined) independenceRows(partition, relaxation, joint, add);
  }
  multiplied(partition, relaxation, ({ rows: own }) => own, add);
  return rows;
}

/** Which of {@link rowsOf} the rows of part `p` by itself are; -1: one that says nothing. */
export function ownRows(partition: Partition, { parts, joints }: Relaxation, p: number): number[] {
  let next = parts.length;
  for (const { slots, independence } of joints) {
    for (const { states } of slots) next += states;
    const pair = independence === undefined ? undefined : partition.parts[(slots[0] as Slot).part]?.independences[independence];
    if (pair !== undefined) next += pair.a.states * pair.b.states + (pair.a.states * (pair.a.states - 1)) / 2;
  }
  const placed = (other: number): number[] =>
    (partition.parts[other] as Part).rows.map(({ coefficients, lower, upper }) => {
      if (lower <= 0 && upper >= 0 && coefficients.every((value) => value === 0)) return -1;
      next += 1;
      return next - 1;
    });
  for (const other of parts.slice(0, parts.indexOf(p))) placed(other);
  return placed(p);
}

/** The rows that a box adds, to stand behind {@link rowsOf}. */
export function boxRows(partition: Partition, relaxation: Relaxation, cuts: readonly Cut[]): RelaxedRows {
  const { rows, add } = collector();
  const own = ({ indicators }: Part): PartRow[] =>
    cuts.flatMap(({ number, lower, upper }) => {
      const coefficients = indicators.get(number);
      return coefficients === undefined ? [] : [{ coefficients, lower, upper }];
    });
  multiplied(partition, relaxation, own, add);
  return rows;
}

export function joined(a: RelaxedRows, b: RelaxedRows): RelaxedRows {
  return {
    lower: [...a.lower, ...b.lower],
    upper: [...a.upper, ...b.upper],
    indices: [...a.indices, ...b.indices],
    values: [...a.values, ...b.values],
  };
}

/** Rows are known to this. */
export const roundedTo = 1e-12;

/** Columns in increasing order. */
type Add = (lower: number, upper: number, columns: ArrayLike<number>, values: ArrayLike<number>) => void;

function collector(): { rows: RelaxedRows; add: Add } {
  const rows = { lower: [] as number[], upper: [] as number[], indices: [] as number[][], values: [] as number[][] };
  const add: Add = (lower, upper, columns, values) => {
    const [kept, entries]: [number[], number[]] = [[], []];
    for (let k = 0; k < columns.length; k++) {
      if (values[k] === 0) continue;
      kept.push(columns[k] as number);
      entries.push(values[k] as number);
    }
    if (kept.length === 0 && lower <= 0 && upper >= 0) return;
    rows.lower.push(lower);
    rows.upper.push(upper);
    rows.indices.push(kept);
    rows.values.push(entries);
  };
  return { rows, add };
}

const strideOf = ({ slots }: Joint, s: number): number => slots.slice(s + 1).reduce((product, { states }) => product * states, 1);

/** Rows of the parts, on the parts themselves and given every state of what a joint distribution holds beside them. */
function multiplied(partition: Partition, relaxation: Relaxation, rowsOfPart: (part: Part) => readonly PartRow[], add: Add): void {
  for (const p of relaxation.parts) {
    const start = relaxation.starts.get(p) as number;
    for (const { lower, upper, coefficients } of rowsOfPart(partition.parts[p] as Part))
      add(
        lower,
        upper,
        Array.from(coefficients, (_, r) => start + r),
        coefficients,
      );
  }
  for (const joint of relaxation.joints)
    for (const [s, slot] of joint.slots.entries()) {
      const stride = strideOf(joint, s);
      const own = rowsOfPart(partition.parts[slot.part] as Part).flatMap((row) => {
        const coefficients = measurable(row.coefficients, slot.of, slot.states);
        return coefficients === undefined ? [] : [{ ...row, coefficients }];
      });
      const less = own.map(({ coefficients, lower, upper }) => ({
        low: lower > Number.NEGATIVE_INFINITY ? coefficients.map((value) => value - lower) : undefined,
        high: upper < Number.POSITIVE_INFINITY ? coefficients.map((value) => value - upper) : undefined,
        equal: lower === upper,
      }));
      for (let rest = 0; rest < joint.count; rest++) {
        if (Math.floor(rest / stride) % slot.states !== 0) continue;
        const columns = Array.from({ length: slot.states }, (_, state) => joint.start + rest + state * stride);
        for (const { low, high, equal } of less) {
          if (low !== undefined) add(0, equal ? 0 : Number.POSITIVE_INFINITY, columns, low);
          if (high !== undefined && !equal) add(Number.NEGATIVE_INFINITY, 0, columns, high);
        }
      }
    }
}

/** The cost of a multilinear function of the numbers; its constant term is `constant`. */
export function costOf(partition: Partition, relaxation: Relaxation, polynomial: Polynomial): { cost: Float64Array; constant: number } {
  const cost = new Float64Array(relaxation.columns);
  let constant = 0;
  for (const { coefficient, factors } of polynomial) {
    if (factors.length === 0) {
      constant += coefficient;
      continue;
    }
    if (factors.length === 1) {
      const id = factors[0] as number;
      const start = relaxation.starts.get(partition.partOf[id] as number) as number;
      const indicator = indicatorOf(partition, id);
      for (const [r, value] of indicator.entries()) cost[start + r] = (cost[start + r] as number) + coefficient * value;
      continue;
    }
    const joint = relaxation.joints.find(
      ({ slots, independence }) =>
        independence === undefined && factors.every((id) => slots.some((slot) => slot.part === partition.partOf[id])),
    ) as Joint;
    const views = joint.slots.map((slot) => {
      const id = factors.find((factor) => partition.partOf[factor] === slot.part);
      if (id === undefined) return new Float64Array(slot.states).fill(1);
      return measurable(indicatorOf(partition, id), slot.of, slot.states) as Float64Array;
    });
    for (let at = 0; at < joint.count; at++) {
      let product = coefficient;
      for (let s = joint.slots.length - 1, rest = at; s >= 0 && product !== 0; s--) {
        const { states } = joint.slots[s] as Slot;
        product *= views[s]?.[rest % states] as number;
        rest = Math.floor(rest / states);
      }
      if (product !== 0) cost[joint.start + at] = (cost[joint.start + at] as number) + product;
    }
  }
  return { cost, constant };
}

/** `soft`: two more columns for every row, by which it may be missed; see {@link softened}. */
export function programmeOfRows(rows: RelaxedRows, cost: Float64Array, soft = false): LinearProgramme {
  const { lower, upper, indices, values } = rows;
  const own = cost.length;
  const count = soft ? own + 2 * lower.length : own;
  const starts = new Int32Array(count + 1);
  for (const row of indices) for (const column of row) starts[column + 1] = (starts[column + 1] as number) + 1;
  for (let j = 0; j < count; j++) starts[j + 1] = (starts[j] as number) + (j < own ? (starts[j + 1] as number) : 1);
  const next = starts.slice(0, count);
  const rowOf = new Int32Array(starts[count] as number);
  const entries = new Float64Array(starts[count] as number);
  for (const [i, row] of indices.entries()) {
    for (const [k, column] of row.entries()) {
      const at = next[column] as number;
      rowOf[at] = i;
      entries[at] = values[i]?.[k] as number;
      next[column] = at + 1;
    }
    if (!soft) continue;
    for (const [side, value] of [1, -1].entries()) {
      const at = next[own + 2 * i + side] as number;
      rowOf[at] = i;
      entries[at] = value;
    }
  }
  const whole = soft ? softened(rows, cost) : cost;
  return { rows: lower.length, rowLower: lower, rowUpper: upper, count, cost: whole, starts, indices: rowOf, values: entries };
}

/** A cost for the columns of a soft programme: a missed row costs much, so that every multiplier of a row is at most so large. */
export function softened({ lower }: RelaxedRows, cost: Float64Array): Float64Array {
  const largest = cost.reduce((most, c) => Math.max(most, Math.abs(c)), 1);
  const wide = new Float64Array(cost.length + 2 * lower.length).fill(1e3 * largest);
  wide.set(cost);
  return wide;
}

/**
 * What any multipliers prove of the minimum of `cost` over the rows: multipliers . rows + what the cheapest column of every group
 * of mass 1 costs beyond them. Rounding is allowed for, and the minimum is never below the result even where every row is off by
 * `accuracy`: data that contradict one another by less prove nothing.
 */
export function safeBound(
  { lower, upper, indices, values }: RelaxedRows,
  { masses }: Relaxation,
  cost: Float64Array,
  multipliers: ArrayLike<number>,
  accuracy = roundedTo,
): number {
  const reduced = Float64Array.from(cost);
  const size = Float64Array.from(cost, Math.abs);
  let bound = 0;
  let magnitude = 0;
  let total = 0;
  for (let i = 0; i < lower.length; i++) {
    const y = multipliers[i] ?? 0;
    const limit = (y > 0 ? lower[i] : upper[i]) as number;
    if (y === 0 || !Number.isFinite(limit)) continue;
    bound += y * limit;
    magnitude += Math.abs(y * limit);
    total += Math.abs(y);
    const [row, entries] = [indices[i] as readonly number[], values[i] as readonly number[]];
    for (let k = 0; k < row.length; k++) {
      const column = row[k] as number;
      const product = y * (entries[k] as number);
      reduced[column] = (reduced[column] as number) - product;
      size[column] = (size[column] as number) + Math.abs(product);
    }
  }
  for (const [start, count] of masses) {
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (let j = start; j < start + count; j++) {
      least = Math.min(least, reduced[j] as number);
      most = Math.max(most, size[j] as number);
    }
    bound += least;
    magnitude += Math.abs(least) + most;
  }
  return bound - magnitude * lower.length * 2 ** -52 - total * accuracy;
}

export function indicatorOf(partition: Partition, id: number): Float64Array {
  const indicator = partition.parts[partition.partOf[id] as number]?.indicators.get(id);
  if (indicator === undefined) throw new Error(`Number ${id} is in no part.`);
  return indicator;
}

const whole = ({ parts }: Partition, p: number): Slot => {
  const { classes } = parts[p] as Part;
  return { part: p, states: classes, of: Int32Array.from({ length: classes }, (_, r) => r) };
};

/** Views of the parts small enough for their product; the largest ones become coarse first: states by the numbers asked of them. */
function fitting(partition: Partition, support: readonly number[], polynomials: readonly Polynomial[], limit: number): Slot[] | undefined {
  const slots = support.map((p) => whole(partition, p));
  const size = (): number => slots.reduce((product, { states }) => product * states, 1);
  const order = [...slots.keys()].sort((x, y) => (slots[y] as Slot).states - (slots[x] as Slot).states);
  for (const s of order) {
    if (size() <= limit) break;
    slots[s] = coarse(partition, support[s] as number, polynomials);
  }
  return size() <= limit ? slots : undefined;
}

function coarse(partition: Partition, p: number, polynomials: readonly Polynomial[]): Slot {
  const asked = new Set(polynomials.flatMap((polynomial) => polynomial.flatMap(({ factors }) => factors)));
  const { classes, indicators } = partition.parts[p] as Part;
  const own = [...indicators].filter(([id]) => asked.has(id)).map(([, indicator]) => indicator);
  const known = new Map<string, number>();
  const of = Int32Array.from({ length: classes }, (_, r) => {
    const key = own.map((indicator) => indicator[r]).join();
    const state = known.get(key) ?? known.size;
    known.set(key, state);
    return state;
  });
  return { part: p, states: known.size, of };
}

/** Sets that no other contains, each once. */
function maximal(sets: readonly (readonly number[])[]): number[][] {
  const unique = [...new Map(sets.map((set) => [set.join(), [...set]])).values()].filter((set) => set.length > 0);
  return unique.filter((set) => !unique.some((other) => other.length > set.length && set.every((x) => other.includes(x))));
}

/** Given a state of the copy of side a, side b is distributed as before; and copy and original may be swapped. */
function independenceRows(partition: Partition, relaxation: Relaxation, { slots, start, independence }: Joint, add: Add): void {
  const { part: p } = slots[0] as Slot;
  const { classes, independences } = partition.parts[p] as Part;
  const { a, b } = independences[independence as number] as Part['independences'][number];
  const first = relaxation.starts.get(p) as number;
  for (let i = 0; i < a.states; i++) {
    for (let j = 0; j < b.states; j++) {
      const [copy, own]: [number[], number[]] = [[], []];
      for (let r = 0; r < classes; r++) {
        if (b.of[r] !== j) continue;
        copy.push(start + i * classes + r);
        if (a.of[r] === i) own.push(first + r);
      }
      add(0, 0, [...own, ...copy], [...own.map(() => -1), ...copy.map(() => 1)]);
    }
    for (let other = 0; other < i; other++) {
      const [low, high]: [number[], number[]] = [[], []];
      for (let r = 0; r < classes; r++) {
        if (a.of[r] === i) low.push(start + other * classes + r);
        if (a.of[r] === other) high.push(start + i * classes + r);
      }
      add(0, 0, [...low, ...high], [...low.map(() => -1), ...high.map(() => 1)]);
    }
  }
}
