import { type Basis, type BasisChoice, type Predictor, polynomialBasis, polynomialSize } from './basis.ts';

/** Largest number of features that a candidate may have where nobody asked for it. */
const most = 90;

/** The bases among which cross-validation chooses; one where there is no choice. */
export function candidates(
  predictors: readonly Predictor[],
  { basis = 'auto', degree }: { readonly basis?: BasisChoice; readonly degree?: number },
): Basis[] {
  const finite = predictors.filter(({ kind }) => kind === 'finite').length;
  if (basis === 'linear') return [polynomialBasis(predictors, 1)];
  if (degree !== undefined && basis === 'polynomial') return [polynomialBasis(predictors, degree)];
  const fits = (order: number): boolean => polynomialSize(predictors, order) <= most;
  if (finite === predictors.length)
    return fits(finite) ? [polynomialBasis(predictors, finite)] : ladder(predictors, 1, finite).filter(small);
  const from = basis === 'polynomial' ? 2 : 1;
  const made = ladder(predictors, from, Math.max(4, finite + 1)).filter(small);
  return made.length > 0 ? made : [polynomialBasis(predictors, 1)];
}

const ladder = (predictors: readonly Predictor[], from: number, to: number): Basis[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
    .filter((order) => polynomialSize(predictors, order) <= most)
    .map((order) => polynomialBasis(predictors, order));

const small = ({ features }: Basis): boolean => features.length <= most;
