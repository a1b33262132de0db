import { betaLower, chiSquareSurvival } from '../math/special.ts';
import type { AdditiveModel } from './model.ts';
import { factorNormal } from './normal.ts';
import { openComponents } from './pooled.ts';
import { dot } from './predict.ts';
import { influence } from './variance.ts';

/** A test that several quantities are all 0. */
export interface Wald {
  /** Of F distribution with `restrictions` and `degrees` degrees of freedom where they are 0. */
  readonly statistic: number;
  /** Those that the records determine, dependent ones left out. */
  readonly restrictions: number;
  /** Infinity: chi-squared. */
  readonly degrees: number;
  readonly p: number;
}

/** Of the scaled outcome: what is left of exact numbers by rounding. */
const rounding = 1e-7;

/**
 * Hotelling's T squared of values whose covariance matrix is the sum of `parts` (values x values, row-major), part g estimated with `own[g]`
 * degrees of freedom; approximate degrees of freedom of the sum after Zhang (2012), which are Satterthwaite's for one value. A value that
 * has no sampling error must be 0 but for rounding. `shaped`: the covariance is known up to one factor, that of the only part, so that F is
 * exact for normal errors. Undefined: too few records to tell.
 */
export function waldFrom(values: Float64Array, parts: readonly Float64Array[], own: ArrayLike<number>, shaped = false): Wald | undefined {
  const size = values.length;
  if (size === 0 || parts.some((part) => part.some(Number.isNaN))) return undefined;
  const total = new Float64Array(size * size);
  for (const part of parts) for (let i = 0; i < part.length; i++) total[i] = (total[i] as number) + (part[i] as number);
  const free = Array.from({ length: size }, (_, i) => i).filter((i) => !((total[i * size + i] as number) > 0));
  if (free.some((i) => Math.abs(values[i] as number) > rounding))
    return { statistic: Number.POSITIVE_INFINITY, restrictions: size, degrees: Number.POSITIVE_INFINITY, p: 0 };
  if (free.length === size) return { statistic: 0, restrictions: size, degrees: Number.POSITIVE_INFINITY, p: 1 };
  const { rank, order, scale, rows } = factorNormal(total, size, 1e-9);
  /** Multiplies by the inverse of the triangular factor, from the left. */
  const forward = (take: (unknown: number) => number): Float64Array => {
    const z = new Float64Array(rank);
    for (let k = 0; k < rank; k++) {
      const at = order[k] as number;
      let entry = take(at) / (scale[at] as number);
      for (let m = 0; m < k; m++) entry -= (rows[m * size + at] as number) * (z[m] as number);
      z[k] = entry / (rows[k * size + at] as number);
    }
    return z;
  };
  const z = forward((i) => values[i] as number);
  const square = dot(z, z);
  if (shaped) return tail(square / rank, rank, own[0] as number);
  let spread = 0;
  for (const [g, part] of parts.entries()) {
    const columns = new Map(Array.from(order.subarray(0, rank), (j) => [j, forward((i) => part[i * size + j] as number)]));
    const turned = Array.from({ length: rank }, (_, k) => forward((j) => columns.get(j)?.[k] as number));
    let [trace, squares] = [0, 0];
    for (const [k, row] of turned.entries()) {
      trace += row[k] as number;
      squares += dot(row, row);
    }
    if (trace > 0) spread += (squares + trace * trace) / Math.max(1, own[g] as number);
  }
  const degrees = spread > 0 ? (rank * (rank + 1)) / spread : Number.POSITIVE_INFINITY;
  const left = degrees - rank + 1;
  if (!(left >= 1)) return undefined;
  return degrees > 1e7 ? tail(square / rank, rank, Number.POSITIVE_INFINITY) : tail((square / rank) * (left / degrees), rank, left);
}

const tail = (statistic: number, restrictions: number, degrees: number): Wald => ({
  statistic,
  restrictions,
  degrees,
  p: Number.isFinite(degrees)
    ? betaLower(degrees / (degrees + restrictions * statistic), degrees / 2, restrictions / 2)
    : chiSquareSurvival(restrictions * statistic, restrictions),
});

/** Degrees of freedom of the residuals of each regime. */
export const degreesOf = ({ regimes, meats }: AdditiveModel): number[] =>
  regimes.map(({ weight, exact }, r) => (exact ? Number.POSITIVE_INFINITY : weight - (meats?.[r]?.leverage ?? 0)));

/** Tests that functionals of the parameters are all 0, with HC3 covariance; those that the records do not determine are left out. */
export function waldOf(model: AdditiveModel, functionals: readonly Float64Array[]): Wald | undefined {
  const { design, solution, weights, meats } = model;
  if (meats === undefined) return undefined;
  const known = functionals.filter((functional) => openComponents(solution, functional).length === 0);
  const found = known.map((functional) => influence(design, solution, weights, functional));
  const parts = meats.map(({ square }, r) =>
    covariance(
      found.map(({ regimes }) => regimes[r] as Float64Array),
      square,
    ),
  );
  return waldFrom(
    Float64Array.from(known, (functional) => dot(functional, solution.theta)),
    parts,
    degreesOf(model),
  );
}

/** U M U' for the rows of U. */
function covariance(rows: readonly Float64Array[], square: Float64Array): Float64Array {
  const size = rows.length;
  const out = new Float64Array(size * size);
  for (const [i, row] of rows.entries()) {
    const turned = new Float64Array(row.length);
    for (const [k, entry] of row.entries())
      if (entry !== 0)
        for (let j = 0; j < row.length; j++) turned[j] = (turned[j] as number) + entry * (square[k * row.length + j] as number);
    for (let j = 0; j <= i; j++) {
      const value = dot(turned, rows[j] as Float64Array);
      out[i * size + j] = value;
      out[j * size + i] = value;
    }
  }
  return out;
}

/** The p values that remain after Holm's correction for as many tests. */
export function holmOf(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => (ps[a] as number) - (ps[b] as number));
  const adjusted = ps.map(() => 1);
  let largest = 0;
  for (const [place, i] of order.entries()) {
    largest = Math.min(1, Math.max(largest, (ps.length - place) * (ps[i] as number)));
    adjusted[i] = largest;
  }
  return adjusted;
}
