import type { Study } from '../data/study.ts';
import type { Name } from '../graph/variable.ts';
import { type Issue, type Result, success } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';
import { type Basis, namesIn, unionOf } from './basis.ts';
import { candidates } from './candidates.ts';
import { type Design, pooledDesign, separateDesign } from './design.ts';
import { gatherSums, pickSums, type RegimeSums, type Setting, settingOf, squaredError } from './gather.ts';
import type { AdditiveModel, AdditiveOptions } from './model.ts';
import { factorNormal } from './normal.ts';
import { coefficientsOf, type Penalty, solvePooled } from './pooled.ts';
import { type Band, type BandOptions, type Prediction, sandwichPredictor } from './predict.ts';
import { type CrossValidation, crossValidate, ridge } from './select.ts';
import type { TargetPoint } from './targets.ts';
import type { AdditivePlan } from './terms.ts';
import { meatOf } from './variance.ts';

/** What a fit found in one regime. */
export interface RegimeFit {
  readonly set: readonly Name[];
  readonly studies: readonly Name[];
  readonly records: number;
  /** Coefficients that the regime's own records determine. */
  readonly rank: number;
  /** Of the outcome given actions, in squared units of the outcome, from the regime's own fit; NaN where nothing is left over. */
  readonly residualVariance: number;
  /** Mean squared error of cross-validation in the same units; NaN where the regime is too small. */
  readonly predictionError: number;
  /** Of the basis chosen; 0 without penalty. */
  readonly smoothing: number;
}

export interface AdditiveFit {
  /** In words. */
  readonly basis: string;
  readonly method: string;
  readonly errors: 'sandwich' | 'bootstrap' | 'none';
  readonly records: number;
  readonly regimes: readonly RegimeFit[];
  /** Candidates in the order in which they were tried; one where there was no choice. */
  readonly selection: readonly CrossValidation[];
  readonly warnings: readonly Issue[];
  readonly model: AdditiveModel;
  /** Each entry is one linear combination of means at points, so that contrasts have their own errors. */
  predict(combinations: readonly (readonly TargetPoint[])[]): readonly Prediction[];
  /** The covariance matrix of the combinations, row-major; NaN where one is not estimable. */
  covariance(combinations: readonly (readonly TargetPoint[])[]): Float64Array;
  /** Intervals that hold for all combinations at once. */
  band(combinations: readonly (readonly TargetPoint[])[], options?: BandOptions): Band;
}

/** Fits the means of all regimes; issues where studies, variables or records do not allow it. */
export async function fitAdditive(
  plans: readonly AdditivePlan[],
  studies: readonly Study[],
  options: AdditiveOptions & RunOptions = {},
): Promise<Result<AdditiveFit>> {
  const { method = 'pooled', errors = 'sandwich', restrict = true } = options;
  const read = await settingOf(plans, studies);
  if (!read.ok) return read;
  const setting = read.value;
  const bases = candidates(setting.predictors, options);
  const { features: all, places } = unionOf(bases);
  const gathered = await gatherSums(setting, all, () => (bases.length > 1 || bases[0]?.roughness ? 5 : 1), options);
  if (!gathered.ok) return gathered;
  const selection = bases.length > 1 || bases[0]?.roughness ? crossValidate(gathered.value, bases, places) : [];
  const best = selection.reduce((least, { score }, b) => (score < (selection[least] as CrossValidation).score ? b : least), 0);
  const basis = bases[best] as Basis;
  const { features } = basis;
  const smoothing = selection[best]?.smoothing ?? gathered.value.map(() => 0);
  const regimes = gathered.value.map((regime) => ({ ...regime, ...pickSums(regime, places[best] as Int32Array) }));
  const penalties = regimes.map(({ weight }, r): Penalty => basis.roughness?.map((entry) => entry * (smoothing[r] as number) * weight));
  const own = regimes.map((regime, r) => ownFit(regime, basis, smoothing[r] as number));
  const design =
    method === 'direct'
      ? separateDesign(setting, features.length)
      : pooledDesign(
          setting,
          features.map((feature) => namesIn(feature, setting.actions)),
          restrict,
        );
  const first = steadyVariances(own, regimes);
  let weights = first.map((variance) => 1 / variance);
  let solution = solvePooled(design, regimes, weights, penalties);
  const variances = own.map(({ squares, degrees }) => (degrees > 0 ? squares / degrees : Number.NaN));
  if (variances.some(Number.isNaN)) {
    // Second step: regimes that fit themselves perfectly learn their residual variance from the pooled fit.
    const left =
      regimes.reduce((total, { weight }) => total + weight, 0) - solution.components.reduce((total, { factor }) => total + factor.rank, 0);
    const squares = regimes.reduce(
      (total, regime, r) =>
        total + squaredError(regime, coefficientsOf(design.regimes[r] as Design['regimes'][number], features.length, solution.theta)),
      0,
    );
    const common = left > 0.5 ? squares / left : Number.NaN;
    variances.forEach((variance, r) => {
      if (Number.isNaN(variance)) variances[r] = common;
    });
    if (common > 0) {
      weights = steadyVariances(own, regimes, common).map((variance) => 1 / variance);
      solution = solvePooled(design, regimes, weights, penalties);
    }
  }
  const meats = errors === 'none' ? undefined : await meatOf(setting, features, design, solution, regimes, weights, variances, options);
  const { center, scale } = setting.scales.get(setting.outcome) ?? { center: 0, scale: 1 };
  const model: AdditiveModel = {
    setting,
    basis,
    features,
    design,
    regimes,
    weights,
    penalties,
    solution,
    ...(meats && { meats }),
    center,
    scale,
  };
  return success({
    basis: basis.name,
    method: describe(method, restrict, setting, design),
    errors: 'sandwich',
    records: regimes.reduce((total, { records }) => total + records, 0),
    regimes: regimes.map(({ set, parts, records }, r) => ({
      set,
      studies: parts.map(({ study }) => study.name),
      records,
      rank: own[r]?.rank as number,
      residualVariance: (variances[r] as number) * scale * scale,
      predictionError: (selection[best]?.errors[r] ?? Number.NaN) * scale * scale,
      smoothing: smoothing[r] as number,
    })),
    selection,
    warnings: [],
    model,
    ...sandwichPredictor(model, options),
  });
}

interface OwnFit {
  readonly rank: number;
  readonly squares: number;
  readonly degrees: number;
}

/** The regime fitted on its own: sum of squared residuals and what is left of its degrees of freedom. */
function ownFit(regime: RegimeSums, { roughness }: Basis, smoothing: number): OwnFit {
  const { rank } = factorNormal(regime.square, regime.cross.length);
  const squares = squaredError(regime, ridge(regime, roughness, smoothing));
  const degrees = regime.weight - rank;
  return { rank, squares, degrees: degrees > 0.5 ? degrees : 0 };
}

/** Residual variances by regime, drawn towards the common one by four records, so that a handful of records gets no wild weight. */
function steadyVariances(own: readonly OwnFit[], regimes: readonly RegimeSums[], otherwise = 1): number[] {
  const degrees = own.reduce((total, fit) => total + fit.degrees, 0);
  const common = degrees > 0 ? own.reduce((total, fit) => total + (fit.degrees > 0 ? fit.squares : 0), 0) / degrees : otherwise;
  const outcome = regimes.reduce((total, regime) => total + regime.outcome, 0) / regimes.reduce((total, { weight }) => total + weight, 0);
  const least = 1e-12 * outcome || 1;
  return own.map((fit) => Math.max(least, ((fit.degrees > 0 ? fit.squares : 0) + 4 * common) / (fit.degrees + 4)));
}

function describe(method: 'direct' | 'pooled', restrict: boolean, setting: Setting, design: Design): string {
  if (method === 'direct') return 'each regime fitted on its own';
  const separate = design.parameters === design.features * setting.keys.length;
  if (!restrict || separate) return 'all regimes in one fit';
  const structured = setting.plans[0]?.structured;
  const by = structured === 'graph' ? ', arguments as the graph says' : structured === 'order' ? ', arguments as the order says' : '';
  return `all regimes in one fit, shared functions${by}`;
}
