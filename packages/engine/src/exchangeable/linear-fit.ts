import { log } from '../math/elementary.ts';
import { matrix, symmetricEigen } from '../math/linear.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { apply, criterionAt, type LinearStatistics, times, type Weighed, weigh } from './linear-criterion.ts';
import { minimise } from './linear-search.ts';

/** Which coefficients vary between environments: none, the level alone, each on its own, or all together with any covariance. */
export type LinearKind = 'fixed' | 'shift' | 'diagonal' | 'full';

export const linearKinds: readonly LinearKind[] = ['fixed', 'shift', 'diagonal', 'full'];

/**
 * A mechanism y = b_e'x + noise with b_e ~ N(mean, spread) drawn anew in each environment and noise ~ N(0, noise), fitted to records of
 * environments. Coefficients are those of the features.
 */
export interface LinearFit {
  readonly kind: LinearKind;
  readonly size: number;
  readonly mean: Float64Array;
  /** Of the estimated mean, row-major. */
  readonly meanCovariance: Float64Array;
  /** Covariance of coefficients between environments, row-major; it may be singular. */
  readonly spread: Float64Array;
  readonly noise: number;
  /** L with spread = noise L L'. */
  readonly factor: Float64Array;
  /** Log of the full likelihood at these numbers. */
  readonly logLikelihood: number;
  /** Log of the restricted likelihood (REML). */
  readonly logRestricted: number;
  /** Numbers fitted: means, spreads, noise. */
  readonly parameters: number;
  /** Directions of the coefficients in which no spread was found although the kind has room for it. */
  readonly flat: number;
  readonly notes: readonly string[];
}

export interface LinearFitOptions {
  readonly kind?: LinearKind;
  /** How often each environment counts (a bootstrap, or folds); absent: once. */
  readonly counts?: ArrayLike<number>;
  /** Default restricted likelihood (REML); false: full. */
  readonly restricted?: boolean;
  /** Where the search begins: the factor of another fit. */
  readonly from?: Float64Array;
}

/** Lower-triangular entries that a kind leaves free. */
function freeEntries(kind: LinearKind, size: number): [number, number][] {
  if (kind === 'fixed') return [];
  if (kind === 'shift') return [[0, 0]];
  return Array.from({ length: size }, (_, i) => Array.from({ length: i + 1 }, (__, j): [number, number] => [i, j]))
    .flat()
    .filter(([i, j]) => kind === 'full' || i === j);
}

const most = 1e4;

/**
 * The mean and spread of coefficients over environments of largest restricted likelihood, in closed form but for the spread, which is
 * searched over its Cholesky factor (a spread of zero is inside the search, not at its edge). Any number of records costs the same.
 * Issues: `too-few-records`, `dependent-parents`, `constant`.
 */
export function fitLinear(statistics: LinearStatistics, options: LinearFitOptions = {}): Result<LinearFit> {
  const { size } = statistics;
  const { restricted = true, counts = new Float64Array(statistics.records.length).fill(1) } = options;
  const groups = statistics.records.reduce((sum, n, e) => sum + (n > 0 && (counts[e] as number) > 0 ? 1 : 0), 0);
  const total = statistics.records.reduce((sum, n, e) => sum + n * (counts[e] as number), 0);
  if (total <= size)
    return failure({ code: 'too-few-records', message: `There are ${total} records for ${size} coefficients; the noise cannot be told.` });
  if (!statistics.squares.some((square, e) => square > 0 && (counts[e] as number) > 0))
    return failure({ code: 'constant', message: 'The outcome is the same in all records.' });
  if (isDependent(statistics, counts))
    return failure({
      code: 'dependent-parents',
      message: 'The parents do not vary freely in the records (one is a function of the others), so that each has no slope of its own.',
    });
  const notes: string[] = [];
  let { kind = 'full' } = options;
  if (groups < 2 && kind !== 'fixed') {
    notes.push('There is one environment: what varies between environments cannot be told, and is taken not to vary.');
    kind = 'fixed';
  }
  const free = freeEntries(kind, size);
  const factorAt = (at: ArrayLike<number>): Float64Array => {
    const factor = new Float64Array(size * size);
    for (const [k, [i, j]] of free.entries()) factor[i * size + j] = Math.max(-most, Math.min(most, at[k] as number));
    return factor;
  };
  const objective = (at: Float64Array, gradient: Float64Array): number => {
    const factor = factorAt(at);
    const { value, slope } = criterionAt(statistics, factor, counts, restricted);
    const full = times(size, slope, factor);
    for (const [k, [i, j]] of free.entries()) gradient[k] = 2 * (full[i * size + j] as number);
    return value;
  };
  let best: { readonly at: Float64Array; readonly value: number } = {
    at: new Float64Array(free.length),
    value: objective(new Float64Array(free.length), new Float64Array(free.length)),
  };
  if (free.length > 0) {
    const starts = options.from ? [free.map(([i, j]) => (options.from as Float64Array)[i * size + j] as number)] : [];
    if (starts.length === 0 || starts[0]?.every((one) => Math.abs(one) < 1e-3))
      for (const one of [1, 0.1]) starts.push(free.map(([i, j]) => (i === j ? one : 0)));
    for (const start of starts) {
      const found = minimise(objective, start);
      // No spread, unless some is better: on a flat likelihood nothing is claimed to vary.
      if (found.value < best.value - 1e-7) best = found;
    }
  }
  let factor = factorAt(best.at);
  let fit = criterionAt(statistics, factor, counts, restricted);
  // Rounds what is as good as zero.
  const trimmed = factorAt(best.at.map((one) => (Math.abs(one) < 1e-3 ? 0 : one)));
  const other = criterionAt(statistics, trimmed, counts, restricted);
  if (other.value <= fit.value + 1e-6) [factor, fit] = [trimmed, other];
  const { noise } = fit;
  const relative = times(size, factor, transpose(size, factor));
  const eigen = symmetricEigen(matrix(size, size, relative)).values;
  const room = kind === 'fixed' ? 0 : kind === 'shift' ? 1 : size;
  const flat = room - eigen.filter((value) => value > 1e-6 * Math.max(eigen[0] as number, 1e-3)).length;
  if (flat > 0 && kind !== 'fixed')
    notes.push(
      flat === room
        ? 'No spread between environments is found: the estimate lies at the boundary, zero.'
        : `The spread between environments is singular: in ${flat} of ${room} directions the estimate lies at the boundary, zero.`,
    );
  if (best.at.some((one) => Math.abs(one) > most / 2))
    notes.push('Environments have too few records to tell noise within them from differences between them.');
  const meanCovariance = fit.covariance.map((one) => one * noise);
  const found = {
    kind,
    size,
    mean: fit.mean,
    meanCovariance,
    spread: relative.map((one) => one * noise),
    noise,
    factor,
    parameters: size + free.length + 1,
    flat,
    notes,
  };
  const likelihood = statistics.records.reduce(
    (sum, _, e) => sum + (counts[e] as number) * environmentLikelihood(statistics, e, found.mean, factor, noise),
    0,
  );
  const degrees = total - size;
  const reml = restricted ? fit : criterionAt(statistics, factor, counts, true);
  return success({ ...found, logLikelihood: likelihood, logRestricted: -(reml.value + degrees * (1 + log(2 * Math.PI))) / 2 });
}

/** Log density of one environment's records at known numbers (mean, spread = noise L L', noise). */
export function environmentLikelihood(
  { size, records, products, cross, squares }: LinearStatistics,
  environment: number,
  mean: Float64Array,
  factor: Float64Array,
  noise: number,
): number {
  const n = records[environment] as number;
  if (n === 0) return 0;
  const { information, score, square, volume } = weigh(
    size,
    factor,
    products[environment] as Float64Array,
    cross[environment] as Float64Array,
    squares[environment] as number,
  );
  const through = apply(size, information, mean);
  let rest = square;
  for (let i = 0; i < size; i++) rest += (mean[i] as number) * ((through[i] as number) - 2 * (score[i] as number));
  return -(n * log(2 * Math.PI * noise) + volume + Math.max(0, rest) / noise) / 2;
}

/** Log predictive density of an environment's records that the fit has not seen: the mean's own uncertainty adds to the spread. */
export function heldOutLikelihood(fit: LinearFit, statistics: LinearStatistics, environment: number): number {
  const { size, spread, meanCovariance, noise, mean } = fit;
  const wide = spread.map((one, i) => (one + (meanCovariance[i] as number)) / noise);
  return environmentLikelihood(statistics, environment, mean, semidefiniteFactor(size, wide), noise);
}

export interface EnvironmentCoefficients {
  readonly mean: Float64Array;
  /** Given the fitted numbers. */
  readonly covariance: Float64Array;
  /** Of the error of `mean` as a prediction, with that of the fitted mean (Henderson 1975). */
  readonly error: Float64Array;
}

/** The coefficients of one environment given its own records: shrunken from its own fit towards the mean of all. */
export function coefficientsOf(fit: LinearFit, statistics: LinearStatistics, environment: number): EnvironmentCoefficients {
  const { size, factor, noise, mean: center, meanCovariance } = fit;
  const one: Weighed = weigh(
    size,
    factor,
    statistics.products[environment] as Float64Array,
    statistics.cross[environment] as Float64Array,
    statistics.squares[environment] as number,
  );
  const relative = times(size, factor, transpose(size, factor));
  const fitted = apply(size, one.information, center);
  const moved = apply(
    size,
    relative,
    one.score.map((value, i) => value - (fitted[i] as number)),
  );
  const keep = times(size, relative, one.information).map((value) => -value);
  for (let i = 0; i < size; i++) keep[i * size + i] = (keep[i * size + i] as number) + 1;
  const covariance = one.left.map((value) => value * noise);
  const carried = times(size, times(size, keep, meanCovariance), transpose(size, keep));
  return {
    mean: center.map((value, i) => value + (moved[i] as number)),
    covariance,
    error: covariance.map((value, i) => value + (carried[i] as number)),
  };
}

/** Coefficients that are N(mean, covariance), after one record (features, outcome) with this noise. */
export function learnRecord(
  { mean, covariance }: { readonly mean: Float64Array; readonly covariance: Float64Array },
  features: Float64Array,
  outcome: number,
  noise: number,
): { readonly mean: Float64Array; readonly covariance: Float64Array } {
  const size = mean.length;
  const gain = apply(size, covariance, features);
  let [variance, expected] = [noise, 0];
  for (let i = 0; i < size; i++) {
    variance += (gain[i] as number) * (features[i] as number);
    expected += (mean[i] as number) * (features[i] as number);
  }
  const step = (outcome - expected) / variance;
  return {
    mean: mean.map((value, i) => value + (gain[i] as number) * step),
    covariance: covariance.map((value, k) => value - ((gain[Math.floor(k / size)] as number) * (gain[k % size] as number)) / variance),
  };
}

/** L with L L' = a, for a positive semidefinite a: pivots lost to rounding are zero. */
export function semidefiniteFactor(size: number, a: Float64Array): Float64Array {
  const factor = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    let pivot = a[j * size + j] as number;
    for (let k = 0; k < j; k++) pivot -= (factor[j * size + k] as number) ** 2;
    if (!(pivot > 1e-12 * (a[j * size + j] as number))) continue;
    const root = Math.sqrt(pivot);
    factor[j * size + j] = root;
    for (let i = j + 1; i < size; i++) {
      let entry = a[i * size + j] as number;
      for (let k = 0; k < j; k++) entry -= (factor[i * size + k] as number) * (factor[j * size + k] as number);
      factor[i * size + j] = entry / root;
    }
  }
  return factor;
}

function transpose(size: number, a: Float64Array): Float64Array {
  return a.map((_, k) => a[(k % size) * size + Math.floor(k / size)] as number);
}

/** Whether some feature is, over all records, a combination of the others (to about 9 digits). */
function isDependent({ size, products, records }: LinearStatistics, counts: ArrayLike<number>): boolean {
  const pooled = new Float64Array(size * size);
  for (let e = 0; e < records.length; e++)
    for (let i = 0; i < pooled.length; i++)
      pooled[i] = (pooled[i] as number) + (counts[e] as number) * ((products[e] as Float64Array)[i] as number);
  const roots = Array.from({ length: size }, (_, i) => Math.sqrt(pooled[i * size + i] as number));
  if (roots.includes(0)) return true;
  const scaled = pooled.map((value, k) => value / ((roots[Math.floor(k / size)] as number) * (roots[k % size] as number)));
  return (symmetricEigen(matrix(size, size, scaled)).values[size - 1] as number) < 1e-9;
}
