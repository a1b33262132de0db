import { matrix, symmetricEigen } from '../math/linear.ts';
import type { Random } from '../math/random.ts';
import { fillNormal } from '../tensor/noise.ts';

/** The directions in which rows vary most: row = mean + sum of scores x deviation x direction. */
export interface Components {
  readonly size: number;
  readonly mean: Float64Array;
  /** count x size, orthonormal rows, by falling variance. */
  readonly directions: Float64Array;
  /** Per direction; scores are divided by it. */
  readonly deviations: Float64Array;
  /** Share of the variance of the rows that lies along the directions. */
  readonly share: number;
}

/** Rows that directions are learnt from, and directions beyond those asked for that the iteration carries along. */
const [mostRows, spare] = [3000, 8];

/**
 * The first `count` principal components of `rows` rows of `size` numbers, by subspace iteration (Halko, Martinsson and Tropp 2011,
 * algorithm 4.4) on at most 3,000 of them, evenly spaced. Fewer than `count` where rows vary in fewer directions.
 * `rounds`: of the iteration; the directions that matter most settle in the first.
 */
export function principalComponents(
  values: ArrayLike<number>,
  rows: number,
  size: number,
  count: number,
  random: Random,
  rounds: number = 6,
): Components {
  const used = Math.min(rows, mostRows);
  const mean = new Float64Array(size);
  for (let r = 0; r < used; r++) {
    const from = Math.floor((r * rows) / used) * size;
    for (let i = 0; i < size; i++) mean[i] = (mean[i] as number) + (values[from + i] as number) / used;
  }
  const centred = new Float32Array(used * size);
  let total = 0;
  for (let r = 0; r < used; r++) {
    const from = Math.floor((r * rows) / used) * size;
    for (let i = 0; i < size; i++) {
      const value = (values[from + i] as number) - (mean[i] as number);
      centred[r * size + i] = value;
      total += value * value;
    }
  }
  const wide = Math.min(size, used, count + spare);
  const basis = new Float64Array(wide * size);
  fillNormal(random, basis);
  orthonormalise(basis, wide, size);
  for (let round = 0; round < rounds; round++) {
    basis.set(scatterTimes(centred, used, size, basis, wide));
    orthonormalise(basis, wide, size);
  }
  const image = scatterTimes(centred, used, size, basis, wide);
  const inner = matrix(wide, wide);
  for (let j = 0; j < wide; j++)
    for (let k = 0; k < wide; k++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (basis[j * size + i] as number) * (image[k * size + i] as number);
      inner.values[j * wide + k] = (inner.values[j * wide + k] as number) + sum / 2;
      inner.values[k * wide + j] = (inner.values[k * wide + j] as number) + sum / 2;
    }
  const { values: spread, vectors } = symmetricEigen(inner);
  const kept = Array.from({ length: Math.min(count, wide) }, (_, k) => k).filter(
    (k) => (spread[k] as number) > 1e-9 * (spread[0] as number),
  );
  const directions = new Float64Array(kept.length * size);
  let along = 0;
  for (const k of kept) {
    along += spread[k] as number;
    for (let j = 0; j < wide; j++) {
      const weight = vectors.values[k * wide + j] as number;
      for (let i = 0; i < size; i++)
        directions[k * size + i] = (directions[k * size + i] as number) + weight * (basis[j * size + i] as number);
    }
  }
  const deviations = Float64Array.from(kept, (k) => Math.sqrt((spread[k] as number) / used));
  return { size, mean, directions, deviations, share: total > 0 ? along / total : 1 };
}

/** basis (wide x size) times the scatter matrix of the centred rows. */
function scatterTimes(centred: Float32Array, rows: number, size: number, basis: Float64Array, wide: number): Float64Array {
  const out = new Float64Array(wide * size);
  for (let r = 0; r < rows; r++) {
    const row = centred.subarray(r * size, (r + 1) * size);
    for (let k = 0; k < wide; k++) {
      const at = k * size;
      let dot = 0;
      for (let i = 0; i < size; i++) dot += (row[i] as number) * (basis[at + i] as number);
      for (let i = 0; i < size; i++) out[at + i] = (out[at + i] as number) + dot * (row[i] as number);
    }
  }
  return out;
}

/** Gram and Schmidt, twice; a row that lies in the span of those before it becomes 0. */
function orthonormalise(rows: Float64Array, count: number, size: number): void {
  for (let k = 0; k < count; k++) {
    const own = rows.subarray(k * size, (k + 1) * size);
    const before = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < k; j++) {
        let dot = 0;
        for (let i = 0; i < size; i++) dot += (own[i] as number) * (rows[j * size + i] as number);
        for (let i = 0; i < size; i++) own[i] = (own[i] as number) - dot * (rows[j * size + i] as number);
      }
    const norm = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    const scale = norm > 1e-12 * before ? 1 / norm : 0;
    for (let i = 0; i < size; i++) own[i] = (own[i] as number) * scale;
  }
}

/** rows x count. */
export function scoresOf({ size, mean, directions, deviations }: Components, values: ArrayLike<number>, rows: number): Float64Array {
  const count = deviations.length;
  const scores = new Float64Array(rows * count);
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < count; k++) {
      let dot = 0;
      for (let i = 0; i < size; i++) dot += ((values[r * size + i] as number) - (mean[i] as number)) * (directions[k * size + i] as number);
      scores[r * count + k] = dot / (deviations[k] as number);
    }
  return scores;
}

/** The inverse of {@link scoresOf} within the span; entries outside `range` are cut off at its ends. */
export function fromScores(
  { size, mean, directions, deviations }: Components,
  scoreAt: (row: number, component: number) => number,
  rows: number,
  [low, high]: readonly [number, number],
): Float32Array {
  const out = new Float32Array(rows * size);
  const own = new Float64Array(size);
  for (let r = 0; r < rows; r++) {
    own.set(mean);
    for (let k = 0; k < deviations.length; k++) {
      const score = scoreAt(r, k) * (deviations[k] as number);
      for (let i = 0; i < size; i++) own[i] = (own[i] as number) + score * (directions[k * size + i] as number);
    }
    for (let i = 0; i < size; i++) out[r * size + i] = Math.min(high, Math.max(low, own[i] as number));
  }
  return out;
}
