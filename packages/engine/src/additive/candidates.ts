import type { MomentQuery } from '../data/moments.ts';
import { type Basis, type BasisChoice, type Predictor, polynomialBasis, polynomialSize } from './basis.ts';
import { splineBasis } from './splines.ts';

/** Largest number of features that a candidate may have where nobody asked for it. */
const most = 90;

/**
 * The bases among which cross-validation chooses; one where there is no choice. Where all variables are finite and their combinations few,
 * there is none: one mean per combination is never wrong.
 */
export function candidates(
  predictors: readonly Predictor[],
  scales: MomentQuery['scales'],
  { basis = 'auto', degree }: { readonly basis?: BasisChoice; readonly degree?: number },
): Basis[] {
  const finite = predictors.filter(({ kind }) => kind === 'finite').length;
  if (basis === 'linear') return [polynomialBasis(predictors, 1)];
  if (basis === 'polynomial' && degree !== undefined) return [polynomialBasis(predictors, degree)];
  if (finite === predictors.length && basis !== 'polynomial') {
    if (polynomialSize(predictors, finite) <= most) return [polynomialBasis(predictors, finite)];
    return orFirst(ladder(predictors, 1, finite - 1), predictors);
  }
  if (basis === 'splines') return splines(predictors, scales, Number.POSITIVE_INFINITY);
  if (basis === 'polynomial') return orFirst(ladder(predictors, 2, Math.max(4, finite)), predictors);
  return orFirst([...ladder(predictors, 1, Math.max(4, finite)), ...splines(predictors, scales, most)], predictors);
}

/** Splines with products; with surfaces, too, where few variables are real. */
function splines(predictors: readonly Predictor[], scales: MomentQuery['scales'], largest: number): Basis[] {
  const reals = predictors.filter(({ kind }) => kind === 'real').length;
  const made = [splineBasis(predictors, scales, false), ...(reals === 2 || reals === 3 ? [splineBasis(predictors, scales, true)] : [])];
  return made.filter(({ features }, i) => features.length <= largest && (i === 0 || features.length <= 2 * most));
}

const ladder = (predictors: readonly Predictor[], from: number, to: number): Basis[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
    .filter((order) => polynomialSize(predictors, order) <= most)
    .map((order) => polynomialBasis(predictors, order));

const orFirst = (bases: readonly Basis[], predictors: readonly Predictor[]): Basis[] =>
  bases.length > 0 ? [...bases] : [polynomialBasis(predictors, 1)];
