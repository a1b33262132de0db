import type { RunOptions } from '../run/progress.ts';
import { type Basis, namesIn, type Predictor, polynomialBasis, polynomialSize, unionOf } from './basis.ts';
import { gatherSums, pickSums, type RegimeSums, type Setting } from './gather.ts';
import type { AdditiveModel } from './model.ts';
import { crossValidate } from './select.ts';
import { pooledModel } from './two-step.ts';
import { meatOf } from './variance.ts';

/** Every regime fitted apart, without anything that additivity says, so that what it says can be tested. */
export interface TestingFit {
  readonly model: AdditiveModel;
  /** Per feature. */
  readonly actionsOf: readonly (readonly string[])[];
  /** Splines predict better than the polynomials here: a test may blame additivity for a bend. */
  readonly rough: boolean;
  /** What else a test may have seen, as the end of a sentence; empty where the basis is never wrong. */
  readonly doubt: string;
}

const most = 90;
const highest = 4;

/**
 * Polynomials of degree 2 to 4, and levels with their products, as cross-validation and the number of records say; those of the fit where
 * they serve. Undefined: too few records for any.
 */
export async function testingFit(
  setting: Setting,
  fitted: Pick<AdditiveModel, 'basis' | 'regimes'> | undefined,
  options: RunOptions,
): Promise<TestingFit | undefined> {
  const made = serves(setting, fitted) ? { basis: fitted.basis, regimes: fitted.regimes } : await chosen(setting, options);
  if (made === undefined) return undefined;
  const { basis, regimes } = made;
  const model = pooledModel(
    setting,
    basis,
    regimes,
    regimes.map(() => 0),
    'direct',
    false,
  );
  const { features, design, solution, weights, variances } = model;
  const meats = await meatOf(setting, features, design, solution, regimes, weights, variances, options);
  return {
    model: { ...model, meats },
    actionsOf: features.map((feature) => namesIn(feature, setting.actions)),
    rough: fitted?.basis.roughness !== undefined,
    doubt: setting.predictors.every(({ kind }) => kind === 'finite')
      ? ''
      : ` It may also be that the means are more bent than ${basis.name} can be.`,
  };
}

/** Coefficients that the records of the smallest regime can bear. */
const bearable = ({ rows, studies }: Setting): number =>
  rows.reduce(
    (least, own, r) => (studies[r]?.every(({ size }) => !Number.isFinite(size)) ? least : Math.min(least, own / 2)),
    Number.POSITIVE_INFINITY,
  );

function serves(
  setting: Setting,
  fitted: Pick<AdditiveModel, 'basis' | 'regimes'> | undefined,
): fitted is Pick<AdditiveModel, 'basis' | 'regimes'> {
  if (fitted === undefined || fitted.basis.roughness !== undefined || fitted.basis.features.length > bearable(setting)) return false;
  return setting.predictors.length < 2 || fitted.basis.features.some((feature) => namesIn(feature, setting.actions).length > 1);
}

async function chosen(
  setting: Setting,
  options: RunOptions,
): Promise<{ readonly basis: Basis; readonly regimes: readonly RegimeSums[] } | undefined> {
  const bases = candidatesOf(setting.predictors, Math.min(most, bearable(setting)));
  const { features, places } = unionOf(bases);
  if (bases.length === 0) return undefined;
  const gathered = await gatherSums(setting, features, () => (bases.length > 1 ? 5 : 1), options);
  if (!gathered.ok) return undefined;
  const scores = bases.length > 1 ? crossValidate(gathered.value, bases, places).map(({ score }) => score) : [0];
  const best = scores.indexOf(Math.min(...scores));
  const at = Math.max(0, best);
  return {
    basis: bases[at] as Basis,
    regimes: gathered.value.map((regime) => ({ ...regime, ...pickSums(regime, places[at] as Int32Array), groups: [] })),
  };
}

function candidatesOf(predictors: readonly Predictor[], room: number): Basis[] {
  const finite = predictors.filter(({ kind }) => kind === 'finite').length;
  const top = finite === predictors.length ? finite : Math.max(highest, finite);
  const orders = Array.from({ length: Math.max(0, top - 1) }, (_, i) => i + 2).filter((order) => polynomialSize(predictors, order) <= room);
  // Of levels alone the largest is never wrong.
  return (finite === predictors.length ? orders.slice(-1) : orders).map((order) => polynomialBasis(predictors, order));
}
