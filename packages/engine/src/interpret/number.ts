import type { Name, Value } from '../graph/variable.ts';
import { align, type Factor } from '../math/factor.ts';
import type { Plan, TableRequest } from './plan.ts';

/** The values of an estimand, one per combination of its open axes. */
export interface Evaluation {
  readonly axes: readonly Name[];
  readonly levels: readonly (readonly Value[])[];
  /** Row-major over `axes`; NaN where undefined. */
  readonly values: Float64Array;
  /** Per value the largest minus the smallest over the free axes, whose value must not matter; absent where there are none. */
  readonly spread?: Float64Array;
}

/** Weights over some of the free axes of a plan, e.g. how many records stand behind each of their values. */
export type FreeWeights = Factor;

/**
 * Exact plug-in evaluation. Where axes are free (napkin's outer variable), each of their values gives an estimate of the same
 * number; the result is their average weighted by `freeWeights` (default: equal), over the values where it is defined.
 */
export function evaluate(plan: Plan, tables: readonly Factor[], freeWeights?: FreeWeights): Evaluation {
  const result = plan.run(tables);
  return settle(plan, result, weightsOver(plan, freeWeights));
}

/** The free weights laid out over the free axes of the plan, row-major. */
export function weightsOver(plan: Plan, freeWeights?: FreeWeights): Float64Array {
  const free = plan.axes.slice(plan.open);
  const cells = free.reduce((product, axis) => product * axis.levels.length, 1);
  if (freeWeights === undefined) return new Float64Array(cells).fill(1);
  const sizes = new Map(free.map((axis) => [axis.symbol, axis.levels.length]));
  return align(
    freeWeights,
    free.map((axis) => axis.symbol),
    sizes,
  ).values;
}

/** Averages a result of the plan over its free axes. */
export function settle(plan: Plan, result: Factor, weights: Float64Array): Evaluation {
  const open = plan.axes.slice(0, plan.open);
  const values = new Float64Array(result.values.length / weights.length);
  const spread = new Float64Array(values.length);
  for (let cell = 0; cell < values.length; cell++) {
    const average = averageOf(result.values, cell * weights.length, weights);
    values[cell] = average.value;
    spread[cell] = average.spread;
  }
  return {
    axes: open.map((axis) => axis.symbol),
    levels: open.map((axis) => axis.levels),
    values,
    ...(weights.length > 1 ? { spread } : {}),
  };
}

/** The share of each free slice in the average at one open cell (0 where undefined); what the value is differentiated through. */
export function sharesOf(result: Float64Array, from: number, weights: Float64Array): Float64Array {
  const defined = weights.map((weight, i) => (Number.isNaN(result[from + i]) ? 0 : weight));
  let total = 0;
  for (const weight of defined) total += weight;
  // All slices that are defined have weight 0: they count equally.
  if (total === 0) {
    const equal = weights.map((_, i) => (Number.isNaN(result[from + i]) ? 0 : 1));
    const count = equal.reduce((sum, one) => sum + one, 0);
    return equal.map((one) => (count === 0 ? 0 : one / count));
  }
  return defined.map((weight) => weight / total);
}

function averageOf(result: Float64Array, from: number, weights: Float64Array): { value: number; spread: number } {
  if (weights.length === 1) return { value: result[from] as number, spread: 0 };
  const shares = sharesOf(result, from, weights);
  let value = 0;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < shares.length; i++) {
    const slice = result[from + i] as number;
    if (Number.isNaN(slice)) continue;
    value += (shares[i] as number) * slice;
    least = Math.min(least, slice);
    most = Math.max(most, slice);
  }
  return most === Number.NEGATIVE_INFINITY ? { value: Number.NaN, spread: 0 } : { value, spread: most - least };
}

/** A condition without records: the leaf needs its distribution there, and no study has a record of it. */
export interface EmptyCell {
  readonly request: TableRequest;
  readonly at: Readonly<Record<Name, Value>>;
}

/**
 * Which conditions without records make values undefined: those that do so alone, with every other gap filled in.
 * Looks at no more than `most` gaps; `complete` is false when there are more. No cells and `complete`: the question itself
 * conditions on an event of probability zero.
 */
export function emptyCells(
  plan: Plan,
  tables: readonly Factor[],
  levelsOf: (name: Name) => readonly Value[],
  most = 256,
): { readonly cells: readonly EmptyCell[]; readonly complete: boolean } {
  const gaps: { readonly request: number; readonly cells: number[]; readonly at: Record<Name, Value> }[] = [];
  let complete = true;
  const filled = tables.map((table, number) => {
    const request = plan.requests[number] as TableRequest;
    const values = Float64Array.from(table.values);
    const known = new Map<string, (typeof gaps)[number]>();
    for (let cell = 0; cell < values.length; cell++) {
      if (!Number.isNaN(values[cell])) continue;
      const at: Record<Name, Value> = { ...request.at };
      let rest = cell;
      let moment = 0;
      for (let i = table.axes.length - 1; i >= 0; i--) {
        const axis = table.axes[i] as Name;
        const size = table.sizes[i] as number;
        if (axis === request.moment) moment = rest % size;
        else at[axis] = levelsOf(axis)[rest % size] as Value;
        rest = Math.floor(rest / size);
      }
      for (const name of request.leaf.of) delete at[name];
      values[cell] = moment === 1 ? 0 : 1;
      const key = JSON.stringify(Object.entries(at));
      const gap = known.get(key);
      if (gap !== undefined) gap.cells.push(cell);
      else if (gaps.length < most) {
        const made = { request: number, cells: [cell], at };
        known.set(key, made);
        gaps.push(made);
      } else complete = false;
    }
    return { ...table, values };
  });
  const before = plan.run(filled).values;
  const cells: EmptyCell[] = [];
  for (const gap of gaps) {
    const one = filled[gap.request] as Factor;
    const values = Float64Array.from(one.values);
    for (const cell of gap.cells) values[cell] = Number.NaN;
    const after = plan.run(filled.with(gap.request, { ...one, values })).values;
    if (after.some((value, i) => Number.isNaN(value) && !Number.isNaN(before[i])))
      cells.push({ request: plan.requests[gap.request] as TableRequest, at: gap.at });
  }
  return { cells, complete };
}
