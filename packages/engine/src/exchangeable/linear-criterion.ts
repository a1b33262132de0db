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
  const work = workFor(size);
  const information = new Float64Array(size * size);
  const score = new Float64Array(size);
  weighInto(work, factor, products, cross, squares, information, 0, score, 0);
  return { information, score, square: work.square, volume: work.volume, left: transposedTimes(size, work.root, work.root) };
}

interface Work {
  readonly size: number;
  readonly through: Float64Array;
  readonly inner: Float64Array;
  readonly root: Float64Array;
  readonly rootProducts: Float64Array;
  readonly rootCross: Float64Array;
  square: number;
  volume: number;
}

const workFor = (size: number): Work => ({
  size,
  through: new Float64Array(size * size),
  inner: new Float64Array(size * size),
  root: new Float64Array(size * size),
  rootProducts: new Float64Array(size * size),
  rootCross: new Float64Array(size),
  square: 0,
  volume: 0,
});

/** {@link weigh} into places of larger arrays; L is lower triangular. */
function weighInto(
  work: Work,
  factor: Float64Array,
  products: Float64Array,
  cross: Float64Array,
  squares: number,
  information: Float64Array,
  informationAt: number,
  score: Float64Array,
  scoreAt: number,
): void {
  const { size, through, inner, root, rootProducts, rootCross } = work;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      let sum = 0;
      for (let k = j; k < size; k++) sum += (products[i * size + k] as number) * (factor[k * size + j] as number);
      through[i * size + j] = sum;
    }
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let k = i; k < size; k++) sum += (factor[k * size + i] as number) * (through[k * size + j] as number);
      inner[i * size + j] = sum;
    }
  work.volume = cholesky(size, inner);
  // root = C^-1 L' with inner = C C', so that left = root'root.
  for (let i = 0; i < size; i++) {
    const pivot = inner[i * size + i] as number;
    let sum = 0;
    for (let j = 0; j < size; j++) {
      let value = j >= i ? (factor[j * size + i] as number) : 0;
      for (let k = 0; k < i; k++) value -= (inner[i * size + k] as number) * (root[k * size + j] as number);
      value /= pivot;
      root[i * size + j] = value;
      sum += value * (cross[j] as number);
    }
    rootCross[i] = sum;
    for (let j = 0; j < size; j++) {
      let value = 0;
      for (let k = 0; k < size; k++) value += (root[i * size + k] as number) * (products[k * size + j] as number);
      rootProducts[i * size + j] = value;
    }
  }
  let square = squares;
  for (let i = 0; i < size; i++) {
    let own = cross[i] as number;
    for (let k = 0; k < size; k++) own -= (rootProducts[k * size + i] as number) * (rootCross[k] as number);
    score[scoreAt + i] = own;
    square -= (rootCross[i] as number) ** 2;
    for (let j = 0; j <= i; j++) {
      let value = products[i * size + j] as number;
      for (let k = 0; k < size; k++) value -= (rootProducts[k * size + i] as number) * (rootProducts[k * size + j] as number);
      information[informationAt + i * size + j] = value;
      information[informationAt + j * size + i] = value;
    }
  }
  work.square = square;
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
  const cells = size * size;
  const information = new Float64Array(cells);
  const score = new Float64Array(size);
  const each = new Float64Array(records.length * cells);
  const scores = new Float64Array(records.length * size);
  const work = workFor(size);
  let [square, volume, total, least] = [0, 0, 0, 0];
  for (let e = 0; e < records.length; e++) {
    const count = counts[e] as number;
    if (count === 0 || records[e] === 0) continue;
    const [own, from, start] = [products[e] as Float64Array, e * cells, e * size];
    weighInto(work, factor, own, cross[e] as Float64Array, squares[e] as number, each, from, scores, start);
    for (let i = 0; i < cells; i++) information[i] = (information[i] as number) + count * (each[from + i] as number);
    for (let i = 0; i < size; i++) score[i] = (score[i] as number) + count * (scores[start + i] as number);
    square += count * work.square;
    volume += count * work.volume;
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
  const residual = new Float64Array(size);
  const half = new Float64Array(cells);
  for (let e = 0; e < records.length; e++) {
    const count = counts[e] as number;
    if (count === 0 || records[e] === 0) continue;
    const from = e * cells;
    for (let i = 0; i < size; i++) {
      let value = scores[e * size + i] as number;
      for (let k = 0; k < size; k++) value -= (each[from + i * size + k] as number) * (mean[k] as number);
      residual[i] = value;
      if (restricted)
        for (let j = 0; j < size; j++) {
          let sum = 0;
          for (let k = 0; k < size; k++) sum += (covariance[i * size + k] as number) * (each[from + k * size + j] as number);
          half[i * size + j] = sum;
        }
    }
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++) {
        let value = ((residual[i] as number) * (residual[j] as number)) / noise;
        if (restricted) for (let k = 0; k < size; k++) value += (each[from + i * size + k] as number) * (half[k * size + j] as number);
        slope[i * size + j] = (slope[i * size + j] as number) - count * value;
        if (j < i) slope[j * size + i] = (slope[j * size + i] as number) - count * value;
      }
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
