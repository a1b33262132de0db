import { log } from '../math/elementary.ts';

/**
 * What records of environments tell of a linear mechanism, as sums over each environment's records (features x of length `size`,
 * outcome y): all that a Gaussian likelihood depends on.
 */
export interface LinearStatistics {
  /** Number of features. */
  readonly size: number;
  /** Per environment. */
  readonly records: Float64Array;
  /** Sums of x x', row-major. */
  readonly products: readonly Float64Array[];
  /** Sums of x y. */
  readonly cross: readonly Float64Array[];
  /** Sums of y y. */
  readonly squares: Float64Array;
}

/** One environment, seen through coefficients that spread by the noise variance times D = L L'. */
export interface Weighed {
  /** X'(I + X D X')^-1 X. */
  readonly information: Float64Array;
  /** X'(I + X D X')^-1 y. */
  readonly score: Float64Array;
  /** y'(I + X D X')^-1 y. */
  readonly square: number;
  /** log |I + X D X'|. */
  readonly volume: number;
  /** L (I + L'X'X L)^-1 L': posterior covariance of the coefficients, in noise variances. */
  readonly left: Float64Array;
}

/** With Woodbury's identity, in `size` cubed steps whatever the number of records. */
export function weigh(size: number, factor: Float64Array, products: Float64Array, cross: Float64Array, squares: number): Weighed {
  const through = times(size, products, factor);
  const inner = transposedTimes(size, factor, through);
  for (let i = 0; i < size; i++) inner[i * size + i] = (inner[i * size + i] as number) + 1;
  const volume = cholesky(size, inner);
  // R = C^-1 L' with inner = C C': left = R'R.
  const root = new Float64Array(size * size);
  for (let column = 0; column < size; column++)
    for (let i = 0; i < size; i++) {
      let value = factor[column * size + i] as number;
      for (let k = 0; k < i; k++) value -= (inner[i * size + k] as number) * (root[k * size + column] as number);
      root[i * size + column] = value / (inner[i * size + i] as number);
    }
  const left = transposedTimes(size, root, root);
  const rootProducts = times(size, root, products);
  const rootCross = apply(size, root, cross);
  const information = transposedTimes(size, rootProducts, rootProducts);
  for (let i = 0; i < information.length; i++) information[i] = (products[i] as number) - (information[i] as number);
  const score = new Float64Array(size);
  let square = squares;
  for (let i = 0; i < size; i++) {
    let value = cross[i] as number;
    for (let k = 0; k < size; k++) value -= (rootProducts[k * size + i] as number) * (rootCross[k] as number);
    score[i] = value;
    square -= (rootCross[i] as number) ** 2;
  }
  return { information, score, square, volume, left };
}

export interface Criterion {
  /** -2 log of the restricted (or full) likelihood at its best mean and noise, up to a constant. */
  readonly value: number;
  readonly mean: Float64Array;
  /** Of the mean, in noise variances. */
  readonly covariance: Float64Array;
  readonly noise: number;
  /** Derivative of the value in D, symmetric. */
  readonly slope: Float64Array;
}

/**
 * The restricted likelihood of D (REML: Patterson and Thompson 1971; Bates et al. 2015, section 3.4), with the mean and the noise
 * variance profiled out. `times`: how often each environment counts. `restricted` false: the full likelihood.
 */
export function criterionAt(
  { size, records, products, cross, squares }: LinearStatistics,
  factor: Float64Array,
  counts: ArrayLike<number>,
  restricted: boolean,
): Criterion {
  const information = new Float64Array(size * size);
  const score = new Float64Array(size);
  let [square, volume, total, least] = [0, 0, 0, 0];
  const seen: (Weighed | undefined)[] = [];
  for (let e = 0; e < records.length; e++) {
    const count = counts[e] as number;
    if (count === 0 || records[e] === 0) {
      seen.push(undefined);
      continue;
    }
    const one = weigh(size, factor, products[e] as Float64Array, cross[e] as Float64Array, squares[e] as number);
    seen.push(one);
    add(information, one.information, count);
    add(score, one.score, count);
    square += count * one.square;
    volume += count * one.volume;
    total += count * (records[e] as number);
    least += 1e-12 * count * (squares[e] as number);
  }
  const covariance = information.slice();
  const spread = invert(size, covariance);
  const mean = apply(size, covariance, score);
  let rest = square;
  for (let i = 0; i < size; i++) rest -= (score[i] as number) * (mean[i] as number);
  const degrees = restricted ? total - size : total;
  const noise = Math.max(rest, least) / degrees;
  const slope = information.slice();
  for (let e = 0; e < seen.length; e++) {
    const one = seen[e];
    if (one === undefined) continue;
    const count = counts[e] as number;
    const residual = one.score.slice();
    const fitted = apply(size, one.information, mean);
    for (let i = 0; i < size; i++) residual[i] = (residual[i] as number) - (fitted[i] as number);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        slope[i * size + j] = (slope[i * size + j] as number) - (count * (residual[i] as number) * (residual[j] as number)) / noise;
    if (restricted) add(slope, times(size, one.information, times(size, covariance, one.information)), -count);
  }
  return { value: volume + degrees * log(noise) + (restricted ? spread : 0), mean, covariance, noise, slope };
}

/** In its place; returns the log of the determinant. The upper triangle is left as it was. */
function cholesky(size: number, a: Float64Array): number {
  let volume = 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let entry = a[i * size + j] as number;
      for (let k = 0; k < j; k++) entry -= (a[i * size + k] as number) * (a[j * size + k] as number);
      if (j < i) a[i * size + j] = entry / (a[j * size + j] as number);
      else {
        const pivot = Math.max(entry, 1e-300);
        volume += log(pivot);
        a[i * size + i] = Math.sqrt(pivot);
      }
    }
  return volume;
}

/** The inverse of a positive definite matrix in its place; returns the log of its determinant. */
function invert(size: number, a: Float64Array): number {
  const factor = a.slice();
  const volume = cholesky(size, factor);
  for (let column = 0; column < size; column++) {
    const x = new Float64Array(size);
    for (let i = column; i < size; i++) {
      let value = i === column ? 1 : 0;
      for (let k = column; k < i; k++) value -= (factor[i * size + k] as number) * (x[k] as number);
      x[i] = value / (factor[i * size + i] as number);
    }
    for (let i = size - 1; i >= 0; i--) {
      let value = x[i] as number;
      for (let k = i + 1; k < size; k++) value -= (factor[k * size + i] as number) * (x[k] as number);
      x[i] = value / (factor[i * size + i] as number);
    }
    for (let i = 0; i < size; i++) a[i * size + column] = x[i] as number;
  }
  return volume;
}

export function apply(size: number, a: Float64Array, x: ArrayLike<number>): Float64Array {
  const out = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (a[i * size + j] as number) * (x[j] as number);
    out[i] = sum;
  }
  return out;
}

export function times(size: number, a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const value = a[i * size + k] as number;
      if (value !== 0)
        for (let j = 0; j < size; j++) out[i * size + j] = (out[i * size + j] as number) + value * (b[k * size + j] as number);
    }
  return out;
}

/** a'b. */
export function transposedTimes(size: number, a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(size * size);
  for (let k = 0; k < size; k++)
    for (let i = 0; i < size; i++) {
      const value = a[k * size + i] as number;
      if (value !== 0)
        for (let j = 0; j < size; j++) out[i * size + j] = (out[i * size + j] as number) + value * (b[k * size + j] as number);
    }
  return out;
}

function add(to: Float64Array, what: Float64Array, count: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + count * (what[i] as number);
}
