import type { Domain, Name, Value } from '../graph/variable.ts';
import { sumProduct } from '../math/eliminate.ts';
import { align, divide, type Factor, isTooLarge, restrict, sumOut, type TooLarge } from '../math/factor.ts';
import type { Plan, TableRequest } from './plan.ts';
import { type LeafTables, type Recipe, requiredOf, type Source } from './tables.ts';

/** A table that is counted from `size` records per cell of every source and, for a real outcome, their mean per cell. */
export function fillTables(
  tables: LeafTables,
  sizes: readonly Float64Array[] = tables.sources.map((source) => source.size),
  means: readonly (Float64Array | undefined)[] = tables.sources.map((source) => source.mean),
): Factor[] {
  return tables.recipes.map((recipe) => {
    const { request } = recipe;
    const counted = new Float64Array(recipe.cells);
    const summed = request.moment === undefined ? undefined : new Float64Array(recipe.cells);
    const totals = new Float64Array(recipe.conditions);
    for (const route of recipe.routes) {
      const size = sizes[route.source] as Float64Array;
      const mean = means[route.source];
      for (let i = 0; i < size.length; i++) {
        const given = route.given[i] as number;
        if (given < 0) continue;
        totals[given] = (totals[given] as number) + (size[i] as number);
        const cell = route.cell[i] as number;
        if (cell < 0) continue;
        counted[cell] = (counted[cell] as number) + (size[i] as number);
        if (summed && mean) summed[cell] = (summed[cell] as number) + (size[i] as number) * (mean[i] as number);
      }
    }
    if (tables.smoothing > 0) smooth(recipe, counted, summed, totals, tables.smoothing, overallMean(recipe, sizes, means));
    return tableOf(recipe, counted, summed, totals);
  });
}

function tableOf(recipe: Recipe, counted: Float64Array, summed: Float64Array | undefined, totals: Float64Array): Factor {
  const { axes, sizes, moment } = recipe.request;
  const share = (values: Float64Array): Float64Array =>
    values.map((value, cell) => {
      const all = totals[recipe.conditionOf[cell] as number] as number;
      return all === 0 ? Number.NaN : value / all;
    });
  if (summed === undefined || moment === undefined) return { axes, sizes, values: share(counted) };
  const [zeroth, first] = [share(counted), share(summed)];
  const at = axes.indexOf(moment);
  const inner = sizes.slice(at + 1).reduce((product, size) => product * size, 1);
  const values = new Float64Array(2 * recipe.cells);
  for (let cell = 0; cell < recipe.cells; cell++) {
    const to = Math.floor(cell / inner) * 2 * inner + (cell % inner);
    values[to] = zeroth[cell] as number;
    values[to + inner] = first[cell] as number;
  }
  return { axes, sizes, values };
}

function overallMean(recipe: Recipe, sizes: readonly Float64Array[], means: readonly (Float64Array | undefined)[]): number {
  let [all, sum] = [0, 0];
  for (const { source } of recipe.routes) {
    const mean = means[source];
    (sizes[source] as Float64Array).forEach((size, cell) => {
      all += size;
      sum += size * (mean?.[cell] ?? 0);
    });
  }
  return all === 0 ? 0 : sum / all;
}

/** Pseudo-records: one lot per cell; the outcome of a pseudo-record is the mean over all records behind the table. */
function smooth(
  recipe: Recipe,
  counted: Float64Array,
  summed: Float64Array | undefined,
  totals: Float64Array,
  by: number,
  overall: number,
): void {
  for (let cell = 0; cell < counted.length; cell++) {
    counted[cell] = (counted[cell] as number) + by;
    if (summed) summed[cell] = (summed[cell] as number) + by * overall;
  }
  for (let given = 0; given < totals.length; given++) totals[given] = (totals[given] as number) + by * recipe.outcomes;
}

/** Values of `at` and of the regime that every record of the table must have. */
/**
 * Weights for the free axes of a plan: how many records of the study that measures most of them have each value. With them the
 * average over free values leans on the values about which there is data. Undefined where no study measures any.
 */
export function freeWeightsOf(plan: Plan, tables: LeafTables, domains: ReadonlyMap<Name, Domain>): Factor | undefined {
  const free = plan.axes.slice(plan.open);
  let best: { readonly source: Source; readonly axes: typeof free } | undefined;
  for (const source of tables.sources) {
    const axes = free.filter((axis) => source.counts.axes.includes(axis.variable));
    if (axes.length > (best?.axes.length ?? 0)) best = { source, axes };
  }
  if (best === undefined) return undefined;
  const { source, axes } = best;
  const sizes = axes.map((axis) => axis.levels.length);
  const values = new Float64Array(sizes.reduce((product, size) => product * size, 1));
  const width = source.counts.axes.length;
  const columns = axes.map((axis) => {
    const column = source.counts.axes.indexOf(axis.variable);
    const domain = domains.get(axis.variable);
    const levels = domain?.kind === 'finite' ? domain.levels : [];
    return { column, index: (source.counts.levels[column] as readonly Value[]).map((level) => levels.indexOf(level)) };
  });
  source.size.forEach((size, record) => {
    let cell = 0;
    columns.forEach(({ column, index }, i) => {
      cell = cell * (sizes[i] as number) + (index[source.counts.codes[record * width + column] as number] as number);
    });
    values[cell] = (values[cell] as number) + size;
  });
  return { axes: axes.map((axis) => axis.symbol), sizes, values };
}

/** The table of a request from a joint distribution P(all variables \ set | do(set)), whose axes include those of the leaf. */
export function tableFromJoint(
  request: TableRequest,
  joint: Factor,
  levelsOf: (name: Name) => readonly Value[],
  limit?: number,
): Factor | TooLarge {
  const { leaf, axes } = request;
  let body = joint;
  const required = requiredOf(request);
  const later: Name[] = [];
  for (const [name, value] of Object.entries(required)) {
    if (leaf.of.includes(name)) later.push(name);
    else body = restrict(body, name, levelsOf(name).indexOf(value));
  }
  const kept = sumProduct([body], [...later, ...axes], new Map(), limit === undefined ? {} : { limit });
  if (isTooLarge(kept)) return kept;
  let table = divide(kept, sumOut(kept, leaf.of));
  for (const name of later) table = restrict(table, name, levelsOf(name).indexOf(required[name] as Value));
  return align(table, axes);
}
