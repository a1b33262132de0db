import { quantile } from '../math/quantile.ts';
import { Random } from '../math/random.ts';
import { studentQuantile } from '../math/special.ts';
import type { Issue } from '../run/issue.ts';
import type { AdditiveModel } from './model.ts';
import { factorNormal } from './normal.ts';
import { type Functional, functionalOf, pointReader, type TargetPoint } from './targets.ts';
import { covarianceParts, type Influence, influence } from './variance.ts';

/** Value and standard error are NaN with an issue where the records do not determine the combination; the error is NaN where nothing tells it. */
export interface Prediction {
  readonly value: number;
  readonly standardError: number;
  /** By Student's t, with the degrees of freedom of the records that matter (Satterthwaite 1946). */
  readonly interval?: readonly [number, number];
  readonly issue?: Issue;
}

export interface BandOptions {
  readonly level?: number;
  readonly draws?: number;
  readonly seed?: number;
}

/** Intervals that hold for all combinations at once with the probability `level`: value -+ critical x standard error. */
export interface Band {
  readonly level: number;
  readonly critical: number;
  readonly intervals: readonly (readonly [number, number])[];
}

type Combinations = readonly (readonly TargetPoint[])[];

export interface Predictor {
  readonly predict: (combinations: Combinations) => Prediction[];
  readonly covariance: (combinations: Combinations) => Float64Array;
  readonly band: (combinations: Combinations, options?: BandOptions) => Band;
}

/** Values of combinations under other parameters of the same model; undefined where not estimable. */
type Replay = (thetas: readonly Float64Array[], combinations: Combinations) => (Float64Array | undefined)[];

/** Predictions with sandwich errors, or without errors where the model has none. */
export function sandwichPredictor(
  model: AdditiveModel,
  { level = 0.95, seed = 0 }: { readonly level?: number; readonly seed?: number },
): Predictor & { readonly values: Replay } {
  const { design, solution, weights, penalties, meats, center, scale, regimes } = model;
  const fitted = { ...model, inside: model.basis.bounded === true, read: pointReader(model.setting, model.features) };
  const answerOf = ({ c, total }: Functional): number => scale * dot(c, solution.theta) + center * total;
  const own = meats?.map(({ leverage }, r) => {
    const { weight, exact } = regimes[r] as AdditiveModel['regimes'][number];
    return exact ? Number.POSITIVE_INFINITY : weight - leverage;
  });
  const errorOf = (functional: Functional): { readonly error: number; readonly degrees: number } => {
    if (meats === undefined) return { error: Number.NaN, degrees: Number.NaN };
    const one = influence(design, solution, weights, functional.c);
    const parts = covarianceParts(meats, weights, penalties, one, one).map((part) => Math.max(0, part));
    const variance = parts.reduce((sum, part) => sum + part, 0);
    const spread = parts.reduce((sum, part, r) => sum + (part === 0 ? 0 : part ** 2 / Math.max(1, own?.[r] as number)), 0);
    return { error: scale * Math.sqrt(variance), degrees: spread > 0 ? variance ** 2 / spread : Number.POSITIVE_INFINITY };
  };
  const predict = (combinations: Combinations): Prediction[] =>
    combinations.map((combination) => {
      const functional = functionalOf(fitted, combination);
      if ('issue' in functional) return { value: Number.NaN, standardError: Number.NaN, issue: functional.issue };
      const value = answerOf(functional);
      const { error, degrees } = errorOf(functional);
      if (Number.isNaN(error)) return { value, standardError: error };
      const wide = studentQuantile((1 + level) / 2, degrees) * error;
      return { value, standardError: error, interval: [value - wide, value + wide] };
    });
  const covariance = (combinations: Combinations): Float64Array => {
    const found = combinations.map((combination): Influence | undefined => {
      const functional = functionalOf(fitted, combination);
      return 'issue' in functional || meats === undefined ? undefined : influence(design, solution, weights, functional.c);
    });
    const size = found.length;
    const out = new Float64Array(size * size).fill(Number.NaN);
    for (const [i, left] of found.entries())
      for (const [j, right] of found.entries()) {
        if (j > i || left === undefined || right === undefined || meats === undefined) continue;
        const value = scale * scale * covarianceParts(meats, weights, penalties, left, right).reduce((sum, part) => sum + part, 0);
        out[i * size + j] = value;
        out[j * size + i] = value;
      }
    return out;
  };
  const band = (combinations: Combinations, options: BandOptions = {}): Band => {
    const wanted = options.level ?? level;
    const functionals = combinations.map((combination) => functionalOf(fitted, combination));
    const known = functionals.flatMap((functional, i) => ('issue' in functional ? [] : [i]));
    const some = known.map((i) => functionals[i] as Functional);
    const errors = some.map(errorOf);
    const degrees = errors.reduce((least, { degrees: own }) => Math.min(least, own), Number.POSITIVE_INFINITY);
    const critical = criticalValue(covariance(known.map((i) => combinations[i] as readonly TargetPoint[])), known.length, degrees, wanted, {
      draws: options.draws ?? 4000,
      seed: options.seed ?? seed,
    });
    const intervals = functionals.map((): readonly [number, number] => [Number.NaN, Number.NaN]);
    some.forEach((functional, k) => {
      const wide = critical * (errors[k]?.error as number);
      intervals[known[k] as number] = [answerOf(functional) - wide, answerOf(functional) + wide];
    });
    return { level: wanted, critical, intervals };
  };
  const values: Replay = (thetas, combinations) =>
    combinations.map((combination) => {
      const functional = functionalOf(fitted, combination);
      return 'issue' in functional
        ? undefined
        : Float64Array.from(thetas, (theta) => scale * dot(functional.c, theta) + center * functional.total);
    });
  return { predict, covariance, band, values };
}

/** The `level` quantile of the largest |t| of Student variables with this covariance (up to scale), by seeded draws. */
export function criticalValue(
  covariance: Float64Array,
  size: number,
  degrees: number,
  level: number,
  { draws, seed }: { readonly draws: number; readonly seed: number },
): number {
  if (size === 0 || covariance.some(Number.isNaN)) return Number.NaN;
  const { rank, rows } = factorNormal(covariance, size);
  const random = new Random(seed, 'band');
  const largest = new Float64Array(draws);
  const t = new Float64Array(size);
  for (let draw = 0; draw < draws; draw++) {
    t.fill(0);
    for (let k = 0; k < rank; k++) {
      const z = random.normal();
      for (let i = 0, at = k * size; i < size; i++, at++) t[i] = (t[i] as number) + z * (rows[at] as number);
    }
    let most = 0;
    for (const value of t) most = Math.max(most, Math.abs(value));
    largest[draw] = degrees < 1e6 ? most / Math.sqrt((2 * random.gamma(degrees / 2)) / degrees) : most;
  }
  return quantile(largest, level);
}

export function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
  return total;
}
