import { quantileOfSorted } from '../math/quantile.ts';
import { Random } from '../math/random.ts';
import { normalQuantile } from '../math/special.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { fillTables } from './fill.ts';
import { deltaErrors } from './influence.ts';
import { type FreeWeights, settle, weightsOver } from './number.ts';
import type { Plan } from './plan.ts';
import type { LeafTables } from './tables.ts';

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
    intervals.push(undefinedHere ? undefined : [quantileOfSorted(column, (1 - level) / 2), quantileOfSorted(column, (1 + level) / 2)]);
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

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
