import { type Basis, namesIn } from './basis.ts';
import { type Entries, pooledDesign, separateDesign } from './design.ts';
import { type RegimeSums, type Setting, squaredError } from './gather.ts';
import type { AdditiveModel } from './model.ts';
import { factorNormal, solveNormal } from './normal.ts';
import { coefficientsOf, type Penalty, solvePooled } from './pooled.ts';

/**
 * The fit in two steps: regimes on their own give residual variances, whose inverses weight the regimes in the pooled fit. Where no regime
 * has records to spare, the pooled fit itself gives one common variance.
 */
export function pooledModel(
  setting: Setting,
  basis: Basis,
  regimes: readonly RegimeSums[],
  smoothing: readonly number[],
  method: 'direct' | 'pooled',
  restrict: boolean,
): AdditiveModel {
  const { features } = basis;
  const penalties = regimes.map(({ weight }, r): Penalty => basis.roughness?.map((entry) => entry * (smoothing[r] as number) * weight));
  const own = regimes.map((regime, r) => ownFit(regime, penalties[r]));
  const design =
    method === 'direct'
      ? separateDesign(setting, features.length)
      : pooledDesign(
          setting,
          features.map((feature) => namesIn(feature, setting.actions)),
          restrict,
        );
  let weights = steadyVariances(own, regimes, 1).map((variance) => 1 / variance);
  let solution = solvePooled(design, regimes, weights, penalties);
  const variances = own.map(({ squares, degrees }) => (degrees > 0 ? squares / degrees : Number.NaN));
  if (variances.some(Number.isNaN)) {
    const spent = solution.components.reduce((total, { factor }) => total + factor.rank, 0);
    const left = regimes.reduce((total, { weight }) => total + weight, 0) - spent;
    const squares = regimes.reduce(
      (total, regime, r) => total + squaredError(regime, coefficientsOf(design.regimes[r] as Entries, features.length, solution.theta)),
      0,
    );
    const common = left > 0.5 ? squares / left : Number.NaN;
    for (const [r, variance] of variances.entries()) if (Number.isNaN(variance)) variances[r] = common;
    if (common > 0) {
      weights = steadyVariances(own, regimes, common).map((variance) => 1 / variance);
      solution = solvePooled(design, regimes, weights, penalties);
    }
  }
  const { center, scale } = setting.scales.get(setting.outcome) ?? { center: 0, scale: 1 };
  return {
    setting,
    basis,
    features,
    design,
    regimes,
    weights,
    penalties,
    solution,
    variances,
    ranks: own.map(({ rank }) => rank),
    center,
    scale,
  };
}

interface OwnFit {
  /** Effective number of coefficients. */
  readonly rank: number;
  readonly squares: number;
  readonly degrees: number;
}

/** The regime fitted on its own: sum of squared residuals and what is left of its degrees of freedom. */
function ownFit(regime: RegimeSums, penalty: Penalty): OwnFit {
  const { square, cross, weight } = regime;
  const size = cross.length;
  const factor = factorNormal(penalty ? square.map((entry, i) => entry + (penalty[i] as number)) : square, size);
  const squares = squaredError(regime, solveNormal(factor, cross));
  let rank = penalty ? 0 : factor.rank;
  for (let i = 0; penalty && i < size; i++) rank += solveNormal(factor, square.subarray(i * size, (i + 1) * size))[i] as number;
  const degrees = weight - rank;
  return { rank, squares, degrees: degrees > 0.5 ? degrees : 0 };
}

/** Residual variances by regime, drawn towards the common one by four records, so that a handful of records gets no wild weight. */
function steadyVariances(own: readonly OwnFit[], regimes: readonly RegimeSums[], otherwise: number): number[] {
  const degrees = own.reduce((total, fit) => total + fit.degrees, 0);
  const common = degrees > 0 ? own.reduce((total, fit) => total + (fit.degrees > 0 ? fit.squares : 0), 0) / degrees : otherwise;
  const outcome = regimes.reduce((total, regime) => total + regime.outcome, 0) / regimes.reduce((total, { weight }) => total + weight, 0);
  const least = 1e-12 * outcome || 1;
  return own.map((fit) => Math.max(least, ((fit.degrees > 0 ? fit.squares : 0) + 4 * common) / (fit.degrees + 4)));
}
