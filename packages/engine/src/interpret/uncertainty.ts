import { log } from '../math/elementary.ts';
import { Random } from '../math/random.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { deltaErrors } from './influence.ts';
import { type FreeWeights, settle, weightsOver } from './number.ts';
import type { Plan } from './plan.ts';
import { fillTables, type LeafTables } from './tables.ts';

export interface Uncertainty {
  readonly level: number;
  readonly method: string;
  /** One per open cell of the plan; undefined where the value is. */
  readonly intervals: readonly (readonly [number, number] | undefined)[];
  readonly standardErrors: readonly (number | undefined)[];
  /** All draws, draw-major over the open cells; absent for the delta method. */
  readonly draws?: Float64Array;
}

export interface UncertaintyOptions extends RunOptions {
  readonly seed?: number;
  /** Default 0.95. */
  readonly level?: number;
  /** Default 1000. */
  readonly draws?: number;
  /** `auto`: the bootstrap, unless cells x draws is beyond 5e7, then the delta method. */
  readonly method?: 'auto' | 'bootstrap' | 'delta';
  readonly freeWeights?: FreeWeights;
}

const mostWork = 5e7;
/** Backward passes for standard errors; beyond this many open cells the spread of the draws is reported. */
const mostPasses = 512;

/**
 * Sampling uncertainty of every value of a plan: a percentile interval from the Bayesian bootstrap over cells, and a standard
 * error by the delta method. A draw gives each record of each study an independent Exp(1) weight (Rubin 1981); per cell that is a
 * Gamma(n_c) weight, and for a real outcome a cell mean that moves, independently of the weight, around the observed one with
 * variance s_c^2 / n_c (normal approximation). Chosen over resampled counts because a cell that was seen never vanishes, so
 * that no draw is undefined where the estimate is not. Studies of exact probabilities do not vary; `none` says why there is
 * no uncertainty to report. The same seed gives the same digits. Throws {@link Interrupted}.
 */
export async function uncertaintyOf(
  plan: Plan,
  tables: LeafTables,
  options: UncertaintyOptions = {},
): Promise<Uncertainty | { readonly none: string }> {
  if (tables.sources.every((source) => source.exact)) return { none: 'The studies are exact probabilities.' };
  if (!tables.joint) return { none: 'A study is too large for one joint table, so that what its parts share is not known.' };
  const { level = 0.95, draws = 1000, method = 'auto', freeWeights } = options;
  const weights = weightsOver(plan, freeWeights);
  const values = settle(plan, plan.run(fillTables(tables)), weights).values;
  const cells = tables.sources.reduce((sum, source) => sum + (source.exact ? 0 : source.size.length), 0);
  const errors = values.length <= mostPasses ? deltaErrors(plan, tables, freeWeights) : undefined;
  const delta = errors !== undefined && !('tooLarge' in errors) ? errors : undefined;
  const byDelta = delta !== undefined && (method === 'delta' || (method === 'auto' && cells * draws > mostWork));
  if (byDelta) {
    const z = normalQuantile((1 + level) / 2);
    const at = (i: number): number | undefined => (Number.isNaN(delta[i]) ? undefined : (delta[i] as number));
    return {
      level,
      method: 'delta method',
      standardErrors: Array.from(values, (_, i) => at(i)),
      intervals: Array.from(values, (value, i) => {
        const error = at(i);
        return error === undefined ? undefined : [value - z * error, value + z * error];
      }),
    };
  }
  const drawn = await bootstrap(plan, tables, weights, values.length, draws, options);
  const intervals: ([number, number] | undefined)[] = [];
  const standardErrors: (number | undefined)[] = [];
  for (let cell = 0; cell < values.length; cell++) {
    const column = new Float64Array(draws);
    for (let draw = 0; draw < draws; draw++) column[draw] = drawn[draw * values.length + cell] as number;
    column.sort();
    const undefinedHere = Number.isNaN(values[cell]) || Number.isNaN(column[draws - 1]);
    intervals.push(undefinedHere ? undefined : [quantileOf(column, (1 - level) / 2), quantileOf(column, (1 + level) / 2)]);
    standardErrors.push(undefinedHere ? undefined : (delta?.[cell] ?? deviationOf(column)));
  }
  return { level, method: `Bayesian bootstrap over cells, ${draws} draws`, intervals, standardErrors, draws: drawn };
}

async function bootstrap(
  plan: Plan,
  tables: LeafTables,
  weights: Float64Array,
  outputs: number,
  draws: number,
  options: UncertaintyOptions,
): Promise<Float64Array> {
  const random = new Random(options.seed ?? 0, 'bootstrap');
  const drawn = new Float64Array(draws * outputs);
  const deviations = tables.sources.map(({ variance, size }) => variance?.map((value, i) => Math.sqrt(value / (size[i] as number))));
  for (let draw = 0; draw < draws; draw++) {
    if (draw % 32 === 0) {
      if (options.signal?.aborted) throw new Interrupted();
      options.onProgress?.({ task: 'bootstrap', done: draw, total: draws });
      await options.pause?.();
    }
    const stream = random.split(draw);
    const means: (Float64Array | undefined)[] = [];
    const sizes = tables.sources.map((source, number) => {
      const deviation = deviations[number];
      means.push(
        source.exact || deviation === undefined
          ? source.mean
          : source.mean?.map((mean, i) => mean + (deviation[i] as number) * stream.normal()),
      );
      return source.exact ? source.size : source.size.map((size) => stream.gamma(size));
    });
    drawn.set(settle(plan, plan.run(fillTables(tables, sizes, means)), weights).values, draw * outputs);
  }
  options.onProgress?.({ task: 'bootstrap', done: draws, total: draws });
  return drawn;
}

/** Of sorted values, linear between neighbours (Hyndman and Fan 1996, type 7). */
export function quantileOf(sorted: Float64Array, probability: number): number {
  const at = probability * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  return low + (at - below) * (high - low);
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

/** Inverse of the standard normal distribution function, relative error below 1.2e-9 (Acklam's rational approximation). */
export function normalQuantile(p: number): number {
  const poly = (c: readonly number[], x: number): number => c.reduce((sum, next) => sum * x + next, 0);
  const c = [-7.784894002430293e-3, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
  const d = [7.784695709041462e-3, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * log(p));
    return poly(c, q) / poly(d, q);
  }
  if (p > 1 - 0.02425) return -normalQuantile(1 - p);
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
  const q = p - 0.5;
  return (poly(a, q * q) * q) / poly(b, q * q);
}
