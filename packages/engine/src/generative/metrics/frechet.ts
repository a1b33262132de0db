import { matrix, symmetricEigen } from '../../math/linear.ts';
import type { Random } from '../../math/random.ts';
import { type Features, pickFeatures } from './pictures.ts';

export interface Gaussian {
  readonly width: number;
  readonly mean: Float64Array;
  /** width x width, with n - 1 below the line. */
  readonly covariance: Float64Array;
}

export function gaussianOf({ rows, width, values }: Features): Gaussian {
  const mean = new Float64Array(width);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < width; i++) mean[i] = (mean[i] as number) + (values[row * width + i] as number) / rows;
  const covariance = new Float64Array(width * width);
  const centred = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) centred[i] = (values[row * width + i] as number) - (mean[i] as number);
    for (let i = 0; i < width; i++) {
      const value = centred[i] as number;
      for (let j = 0; j <= i; j++) covariance[i * width + j] = (covariance[i * width + j] as number) + value * (centred[j] as number);
    }
  }
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      const entry = (covariance[i * width + j] as number) / Math.max(1, rows - 1);
      covariance[i * width + j] = entry;
      covariance[j * width + i] = entry;
    }
  return { width, mean, covariance };
}

/**
 * The squared Frechet (2-Wasserstein) distance of two normal laws (Dowson and Landau 1982): |m1 - m2|^2 + tr(S1 + S2 - 2 (S1^1/2 S2 S1^1/2)^1/2),
 * roots by symmetric eigendecomposition.
 */
export function frechetOfGaussians(a: Gaussian, b: Gaussian): number {
  const n = a.width;
  if (b.width !== n) throw new Error(`Features of width ${n} and ${b.width}.`);
  const { values, vectors } = symmetricEigen(matrix(n, n, a.covariance));
  const root = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const weight = Math.sqrt(Math.max(0, values[k] as number));
    for (let i = 0; i < n; i++) {
      const scaled = weight * (vectors.values[k * n + i] as number);
      for (let j = 0; j < n; j++) root[i * n + j] = (root[i * n + j] as number) + scaled * (vectors.values[k * n + j] as number);
    }
  }
  const inner = multiply(multiply(root, b.covariance, n), root, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      const middle = ((inner[i * n + j] as number) + (inner[j * n + i] as number)) / 2;
      inner[i * n + j] = middle;
      inner[j * n + i] = middle;
    }
  const mixed = symmetricEigen(matrix(n, n, inner)).values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  let distance = -2 * mixed;
  for (let i = 0; i < n; i++) {
    distance += ((a.mean[i] as number) - (b.mean[i] as number)) ** 2;
    distance += (a.covariance[i * n + i] as number) + (b.covariance[i * n + i] as number);
  }
  return Math.max(0, distance);
}

function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) {
      const weight = a[i * n + k] as number;
      for (let j = 0; j < n; j++) out[i * n + j] = (out[i * n + j] as number) + weight * (b[k * n + j] as number);
    }
  return out;
}

export const frechetDistance = (a: Features, b: Features): number => frechetOfGaussians(gaussianOf(a), gaussianOf(b));

export interface FrechetReport {
  /** Rows on each side; the distance is biased upward by about a constant over n, so compare only at the same n. */
  readonly rows: number;
  readonly distance: number;
  /** Between two disjoint halves of real rows, of this many each: what a perfect sampler scores. */
  readonly floor: number;
  /** The intercept of the distance in 1/n (Chong and Forsyth 2020), at n, n/2 and n/4; may be slightly negative. */
  readonly extrapolated: number;
}

/**
 * The feature Frechet distance of a sample from real rows, with its floor. Never called FID, which is tied to the features of one network.
 * Of 2 n real rows and n others, all n others, n real rows and n further real rows for the floor are used.
 */
export function frechetReport(real: Features, other: Features, random: Random): FrechetReport {
  const rows = Math.min(Math.floor(real.rows / 2), other.rows);
  const realOrder = random.split('real').shuffle(Array.from({ length: real.rows }, (_, i) => i));
  const otherOrder = random.split('other').shuffle(Array.from({ length: other.rows }, (_, i) => i));
  const at = (n: number, from: number): number =>
    frechetDistance(pickFeatures(real, realOrder.slice(from, from + n)), pickFeatures(other, otherOrder.slice(from, from + n)));
  const distance = at(rows, 0);
  const points: [number, number][] = [[1 / rows, distance]];
  for (const parts of [2, 4]) {
    const n = Math.floor(rows / parts);
    let sum = 0;
    for (let part = 0; part < parts; part++) sum += at(n, part * n) / parts;
    points.push([1 / n, sum]);
  }
  const floor = frechetDistance(pickFeatures(real, realOrder.slice(0, rows)), pickFeatures(real, realOrder.slice(rows, 2 * rows)));
  return { rows, distance, floor, extrapolated: intercept(points) };
}

/** Of the least-squares line. */
function intercept(points: readonly (readonly [number, number])[]): number {
  const n = points.length;
  const x = points.reduce((sum, [at]) => sum + at, 0) / n;
  const y = points.reduce((sum, [, value]) => sum + value, 0) / n;
  let [square, cross] = [0, 0];
  for (const [at, value] of points) {
    square += (at - x) ** 2;
    cross += (at - x) * (value - y);
  }
  return y - (cross / square) * x;
}
