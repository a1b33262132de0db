import type { LinearProgramme } from './highs.ts';
import type { Partition } from './parts.ts';
import type { Polynomial } from './polynomial.ts';
import type { Joint, Relaxation, Slot } from './relax.ts';
import type { RelaxedRows } from './relax-rows.ts';
import { measurable } from './sides.ts';

/** Rows are known to this. */
export const roundedTo = 1e-12;

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
