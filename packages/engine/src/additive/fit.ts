import type { Study } from '../data/study.ts';
import type { Name } from '../graph/variable.ts';
import { type Issue, type Result, success } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';
import { type Basis, unionOf } from './basis.ts';
import { bootstrapThetas, drawsPredictor, groupsFor, mostSpent, spentOf } from './bootstrap.ts';
import { candidates } from './candidates.ts';
import type { Design } from './design.ts';
import { gatherSums, pickSums, type RegimeSums, type Setting, setOf, settingOf } from './gather.ts';
import { fitLearner } from './learner.ts';
import type { AdditiveModel, AdditiveOptions, Learner } from './model.ts';
import { type Band, type BandOptions, type Prediction, sandwichPredictor } from './predict.ts';
import { type CrossValidation, crossValidate } from './select.ts';
import type { TargetPoint } from './targets.ts';
import type { AdditivePlan } from './terms.ts';
import { pooledModel } from './two-step.ts';
import { meatOf } from './variance.ts';

/** What a fit found in one regime. */
export interface RegimeFit {
  readonly set: readonly Name[];
  readonly studies: readonly Name[];
  readonly records: number;
  /** Coefficients that the regime's own records determine (with a penalty: effective ones); NaN for a learner. */
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
  /** What diagnostics build on; a learner has none. */
  readonly model?: AdditiveModel;
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
  const read = await settingOf(plans, studies);
  if (!read.ok) return read;
  return options.learner ? fitWithLearner(read.value, options.learner, options) : fitWithBasis(read.value, options);
}

async function fitWithLearner(setting: Setting, learner: Learner, options: AdditiveOptions & RunOptions): Promise<Result<AdditiveFit>> {
  const { errors, ...rest } = options;
  const made = await fitLearner(setting, learner, { ...rest, errors: errors !== 'none' });
  if (!made.ok) return made;
  const { predictor, regimes } = made.value;
  return success({
    basis: learner.name,
    method: separately,
    errors: errors === 'none' ? 'none' : 'bootstrap',
    records: regimes.reduce((total, { records }) => total + records, 0),
    regimes: regimes.map(({ records, predictionError }, r) => ({
      set: setOf(setting, r),
      studies: (setting.studies[r] as readonly Study[]).map(({ name }) => name),
      records,
      rank: Number.NaN,
      residualVariance: predictionError,
      predictionError,
      smoothing: 0,
    })),
    selection: [],
    warnings: [],
    ...predictor,
  });
}

async function fitWithBasis(setting: Setting, options: AdditiveOptions & RunOptions): Promise<Result<AdditiveFit>> {
  const { method = 'pooled', errors = 'sandwich', restrict = true } = options;
  const bases = candidates(setting.predictors, setting.scales, options);
  const chosen = bases.length > 1 || bases[0]?.roughness !== undefined;
  const { features: all, places } = unionOf(bases);
  const groups = (rows: number): number => (errors === 'bootstrap' ? groupsFor(rows, all.length) : chosen ? 5 : 1);
  const gathered = await gatherSums(setting, all, groups, options);
  if (!gathered.ok) return gathered;
  const selection = chosen ? crossValidate(gathered.value, bases, places) : [];
  const best = bestOf(selection, gathered.value);
  const basis = bases[best] as Basis;
  const place = places[best] as Int32Array;
  const smoothing = selection[best]?.smoothing ?? gathered.value.map(() => 0);
  const regimes = gathered.value.map((regime) => ({
    ...regime,
    ...pickSums(regime, place),
    groups: errors === 'bootstrap' ? regime.groups.map((group) => pickSums(group, place)) : [],
  }));
  const model = pooledModel(setting, basis, regimes, smoothing, method, restrict);
  const { variances, ranks, features, design, solution, weights, scale } = model;
  const warnings: Issue[] = [];
  let kind = errors;
  if (kind === 'bootstrap' && !canDraw(regimes)) {
    kind = 'sandwich';
    warnings.push({
      code: 'no-bootstrap',
      message: 'The studies count equal records in too many rows for a bootstrap; the errors are those of the sandwich.',
    });
  }
  const spent = kind === 'bootstrap' ? spentOf(model).findIndex((share) => share > mostSpent) : -1;
  if (spent >= 0) {
    kind = 'sandwich';
    const { parts, weight } = regimes[spent] as RegimeSums;
    warnings.push({
      code: 'no-bootstrap',
      message: `${parts.map(({ study }) => study.name).join(', ')}: ${Number(weight.toPrecision(3))} records are too few for a bootstrap of this fit; the errors are those of the sandwich.`,
    });
  }
  const meats = kind === 'sandwich' ? await meatOf(setting, features, design, solution, regimes, weights, variances, options) : undefined;
  const alone = meats?.reduce((total, meat) => total + meat.alone, 0) ?? 0;
  if (alone > 0 && variances.every(Number.isNaN))
    warnings.push({
      code: 'alone',
      message:
        'The records are no more than the coefficients that they determine: nothing is left over to tell a standard error. Add records, or use a simpler basis.',
    });
  else if (alone > 0)
    warnings.push({
      code: 'alone',
      message: `${alone === 1 ? 'One record determines a coefficient alone' : `${alone} records determine coefficients alone`}; residual variance of the others stands for theirs in the standard errors.`,
    });
  const full: AdditiveModel = { ...model, ...(meats && { meats }) };
  const centre = sandwichPredictor(full, options);
  const thetas = kind === 'bootstrap' ? await bootstrapThetas(full, options) : undefined;
  return success({
    basis: basis.name,
    method: describe(method, restrict, setting, design),
    errors: kind,
    records: regimes.reduce((total, { records }) => total + records, 0),
    regimes: regimes.map(({ set, parts, records }, r) => ({
      set,
      studies: parts.map(({ study }) => study.name),
      records,
      rank: ranks[r] as number,
      residualVariance: (variances[r] as number) * scale * scale,
      predictionError: (selection[best]?.errors[r] ?? Number.NaN) * scale * scale,
      smoothing: smoothing[r] as number,
    })),
    selection,
    warnings,
    model: full,
    ...(thetas ? drawsPredictor(centre.predict, (combinations) => centre.values(thetas, combinations), options.level ?? 0.95) : centre),
  });
}

/** The least score; of equal ones (up to rounding) the first, which is the simplest. */
function bestOf(selection: readonly CrossValidation[], regimes: readonly RegimeSums[]): number {
  const rounding = 1e-9 * regimes.reduce((total, { weight }) => total + weight, 0);
  return selection.reduce((least, { score }, b) => (score < (selection[least] as CrossValidation).score - rounding ? b : least), 0);
}

const canDraw = (regimes: readonly RegimeSums[]): boolean =>
  regimes.every(
    ({ parts, rows, groups }) => parts.every(({ weights }) => weights !== 'repeats') || (parts.length === 1 && groups.length === rows),
  );

const separately = 'each regime fitted on its own';

function describe(method: 'direct' | 'pooled', restrict: boolean, setting: Setting, design: Design): string {
  if (method === 'direct') return separately;
  const separate = design.parameters === design.features * setting.keys.length;
  if (!restrict || separate) return 'all regimes in one fit';
  const structured = setting.plans[0]?.structured;
  const by = structured === 'graph' ? ', arguments as the graph says' : structured === 'order' ? ', arguments as the order says' : '';
  return `all regimes in one fit, shared functions${by}`;
}
