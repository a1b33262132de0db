import type { Factor, TooLarge } from '../math/factor.ts';
import { fillTables } from './fill.ts';
import { evaluate, type FreeWeights, sharesOf, weightsOver } from './number.ts';
import type { Plan } from './plan.ts';
import type { LeafTables } from './tables.ts';

/**
 * How one answer moves when one more record falls into a cell of a source: by `constant + slope * y`, y being its real outcome
 * (slope 0 where there is none). One entry per source; sources of exact probabilities have none.
 */
export interface Influence {
  readonly constant: Float64Array;
  readonly slope: Float64Array;
}

/**
 * The influence of every cell on the answer at open cell `cell` (row-major over the open axes), by reverse-mode differentiation
 * of the plug-in: exact derivatives, one backward pass. `tooLarge` where the backward pass would need too large a table.
 */
export function influences(
  plan: Plan,
  tables: LeafTables,
  factors: readonly Factor[],
  cell: number,
  freeWeights?: FreeWeights,
): readonly (Influence | undefined)[] | TooLarge {
  const weights = weightsOver(plan, freeWeights);
  const made = plan.gradient(factors, (result) => {
    const seeds = new Float64Array(result.values.length);
    seeds.set(sharesOf(result.values, cell * weights.length, weights), cell * weights.length);
    return seeds;
  });
  if ('tooLarge' in made) return made;
  const found = tables.sources.map((source) =>
    source.exact ? undefined : { constant: new Float64Array(source.size.length), slope: new Float64Array(source.size.length) },
  );
  for (const [number, recipe] of tables.recipes.entries()) {
    const change = made.changes[number] as Factor;
    const table = factors[number] as Factor;
    const { axes, sizes, moment } = recipe.request;
    const inner = moment === undefined ? 1 : sizes.slice(axes.indexOf(moment) + 1).reduce((product, size) => product * size, 1);
    const zeroth = (at: number): number => (moment === undefined ? at : Math.floor(at / inner) * 2 * inner + (at % inner));
    const totals = new Float64Array(recipe.conditions).fill(tables.smoothing * recipe.outcomes);
    for (const route of recipe.routes)
      (tables.sources[route.source] as LeafTables['sources'][number]).size.forEach((size, i) => {
        const given = route.given[i] as number;
        if (given >= 0) totals[given] = (totals[given] as number) + size;
      });
    /** What any record under a condition takes away from the shares of all values there. */
    const taken = new Float64Array(recipe.conditions);
    for (let at = 0; at < recipe.cells; at++) {
      const given = recipe.conditionOf[at] as number;
      for (const place of moment === undefined ? [at] : [zeroth(at), zeroth(at) + inner]) {
        const slope = change.values[place] as number;
        if (slope !== 0) taken[given] = (taken[given] as number) + slope * (table.values[place] as number);
      }
    }
    for (const route of recipe.routes) {
      const into = found[route.source];
      if (into === undefined) continue;
      for (let i = 0; i < route.given.length; i++) {
        const given = route.given[i] as number;
        if (given < 0) continue;
        const total = totals[given] as number;
        const at = route.cell[i] as number;
        const gained = at < 0 ? 0 : (change.values[zeroth(at)] as number);
        into.constant[i] = (into.constant[i] as number) + (gained - (taken[given] as number)) / total;
        if (at >= 0 && moment !== undefined)
          into.slope[i] = (into.slope[i] as number) + (change.values[zeroth(at) + inner] as number) / total;
      }
    }
  }
  return found;
}

/**
 * Variance of an answer by the delta method. A source of N records in cells of n_c, with influence a_c + b_c y of a record with
 * outcome y, contributes sum n_c [(a_c + b_c mean_c)^2 + b_c^2 variance_c] - (sum n_c (a_c + b_c mean_c))^2 / N; the last sum
 * is 0 unless leaves are smoothed. Two arms of one cell each and a contrast of means: this is Welch's variance.
 */
export function deltaVariance(tables: LeafTables, found: readonly (Influence | undefined)[]): number {
  let variance = 0;
  for (const [number, source] of tables.sources.entries()) {
    const influence = found[number];
    if (influence === undefined) continue;
    let [all, drift] = [0, 0];
    for (let i = 0; i < source.size.length; i++) {
      const size = source.size[i] as number;
      const slope = influence.slope[i] as number;
      const middle = (influence.constant[i] as number) + (slope === 0 ? 0 : slope * (source.mean?.[i] as number));
      all += size;
      drift += size * middle;
      variance += size * (middle * middle + (slope === 0 ? 0 : slope * slope * (source.variance?.[i] as number)));
    }
    if (all > 0) variance -= (drift * drift) / all;
  }
  return Math.max(0, variance);
}

/** Standard errors by the delta method, one per open cell (NaN where undefined), or `tooLarge`. */
export function deltaErrors(plan: Plan, tables: LeafTables, freeWeights?: FreeWeights): Float64Array | TooLarge {
  const factors = fillTables(tables);
  const { values } = evaluate(plan, factors, freeWeights);
  const errors = new Float64Array(values.length).fill(Number.NaN);
  for (let cell = 0; cell < values.length; cell++) {
    if (Number.isNaN(values[cell])) continue;
    const found = influences(plan, tables, factors, cell, freeWeights);
    if ('tooLarge' in found) return found;
    errors[cell] = Math.sqrt(deltaVariance(tables, found));
  }
  return errors;
}
