import { log } from '../math/elementary.ts';
import type { Basis } from './basis.ts';
import { addSums, pickSums, type RegimeSums, type Sums, squaredError } from './gather.ts';
import { factorNormal, solveNormal } from './normal.ts';

/** How well a basis predicts records of a regime that it was not fitted to. */
export interface CrossValidation {
  readonly basis: string;
  /** Per regime: mean squared error over five folds, in squared units of the scaled outcome; NaN where the regime is too small to be split. */
  readonly errors: readonly number[];
  /** Per regime: the smoothing parameter with the least error; 0 without penalty. */
  readonly smoothing: readonly number[];
  /** Sum over regimes of records x log error: less is better. */
  readonly score: number;
}

/** Errors below this share of the outcome's size are rounding: bases that reach it predict equally well. */
const exactly = 1e-13;
const folds = 5;
/** Fewest rows of a regime that are split. */
const fewest = 10;
const smoothings = [-5, -4, -3, -2, -1, 0, 1, 2, 3].map((power) => 10 ** power);

/** Cross-validates bases within regimes from grouped sums alone: fold k are the groups whose number is k modulo 5. */
export function crossValidate(regimes: readonly RegimeSums[], bases: readonly Basis[], places: readonly Int32Array[]): CrossValidation[] {
  const split = regimes.map(({ groups, cross, rows }) =>
    rows < fewest || groups.length < folds
      ? undefined
      : Array.from({ length: folds }, (_, k) =>
          addSums(
            groups.filter((__, g) => g % folds === k),
            cross.length,
          ),
        ),
  );
  return bases.map((basis, b) => {
    const found = regimes.map((regime, r) => bestSmoothing(regime, split[r], places[b] as Int32Array, basis.roughness));
    return {
      basis: basis.name,
      errors: found.map(({ error }) => error),
      smoothing: found.map(({ smoothing }) => smoothing),
      score: found.reduce((total, { error }, r) => {
        const { weight, outcome } = regimes[r] as RegimeSums;
        return Number.isNaN(error) ? total : total + weight * log(Math.max(error, (exactly * outcome) / weight) || 1);
      }, 0),
    };
  });
}

function bestSmoothing(
  whole: Sums,
  parts: readonly Sums[] | undefined,
  places: Int32Array,
  roughness: Float64Array | undefined,
): { readonly error: number; readonly smoothing: number } {
  if (parts === undefined) return { error: Number.NaN, smoothing: roughness ? 1e-2 : 0 };
  const held = parts.map((part) => pickSums(part, places));
  const all = pickSums(whole, places);
  const kept = held.map((part) => addSums([all, part], places.length, [1, -1]));
  let best = { error: Number.POSITIVE_INFINITY, smoothing: 0 };
  for (const smoothing of roughness ? smoothings : [0]) {
    const error = held.reduce((total, part, k) => total + squaredError(part, ridge(kept[k] as Sums, roughness, smoothing)), 0) / all.weight;
    if (error < best.error) best = { error, smoothing };
  }
  return best;
}

/** Penalised least squares of one regime; the penalty is `smoothing` x records x roughness. */
export function ridge({ square, cross, weight }: Sums, roughness: Float64Array | undefined, smoothing: number): Float64Array {
  const size = cross.length;
  const normal = roughness ? square.map((entry, i) => entry + smoothing * weight * (roughness[i] as number)) : square;
  return solveNormal(factorNormal(normal, size), cross);
}
