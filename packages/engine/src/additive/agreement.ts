import type { Study } from '../data/study.ts';
import type { Diagnostic } from '../interpret/answer.ts';
import type { RunOptions } from '../run/progress.ts';
import { polynomialBasis, polynomialSize } from './basis.ts';
import { list, number, probability } from './figures.ts';
import { gatherSums, type RegimeSums, type Setting, setOf } from './gather.ts';
import type { AdditiveModel } from './model.ts';
import { writeRegime } from './over-identified.ts';
import { addFunctional, coefficientsOf, openComponents } from './pooled.ts';
import { pooledModel } from './two-step.ts';
import { meatOf } from './variance.ts';
import { holmOf, waldOf } from './wald.ts';

const level = 0.01;

/**
 * Studies of one regime measure one mean: their own fits are compared by a Wald test (HC3) of what both determine, with Holm's correction for
 * several regimes. Undefined: no regime has several studies that can be compared. Reads the records of those regimes again.
 */
export async function agreementOf(model: AdditiveModel, options: RunOptions = {}): Promise<Diagnostic | undefined> {
  const { setting } = model;
  const found: { readonly r: number; readonly p: number; readonly gap?: number; readonly names: readonly string[] }[] = [];
  for (const [r, studies] of setting.studies.entries()) {
    const sampled = studies.filter(({ size }) => Number.isFinite(size));
    if (sampled.length < 2) continue;
    const compared = await compare(apart(setting, r, sampled), model, options);
    if (compared) found.push({ r, ...compared, names: sampled.map(({ name }) => name) });
  }
  if (found.length === 0) return undefined;
  const corrected = holmOf(found.map(({ p }) => p));
  const least = Math.min(...corrected);
  const worst = found[corrected.indexOf(least)] as (typeof found)[number];
  const regime = writeRegime(setOf(setting, worst.r));
  const which = `${list(worst.names)} (${regime})`;
  return least < level
    ? {
        name: 'agreement',
        level: 'warn',
        figure: least,
        says: `${which} should show one mean of ${outcomeOf(setting)}, and do not (${probability(least)})${worst.gap === undefined ? '' : `: they lie up to ${number(worst.gap)} apart on average`}. They are pooled all the same. Are they of one population, and did each do what it says?`,
      }
    : { name: 'agreement', level: 'ok', figure: least, says: `Studies of one regime agree: ${which}, ${probability(least)}.` };
}

const outcomeOf = ({ outcome, log }: Setting): string => (log ? `log ${outcome}` : outcome);

/** The setting in which each study is a regime of its own. */
const apart = (setting: Setting, r: number, studies: readonly Study[]): Setting => ({
  ...setting,
  keys: studies.map(() => setting.keys[r] as string),
  studies: studies.map((study) => [study]),
  rows: studies.map(({ size }) => size),
  ranges: studies.map(() => setting.ranges[r] as Setting['ranges'][number]),
});

async function compare(
  setting: Setting,
  { basis }: AdditiveModel,
  options: RunOptions,
): Promise<{ readonly p: number; readonly gap?: number } | undefined> {
  const room = Math.min(...setting.rows) / 2;
  const fitting = [3, 2, 1].find((degree) => polynomialSize(setting.predictors, degree) <= Math.min(90, room));
  const own = basis.roughness === undefined && basis.features.length <= room;
  if (!own && fitting === undefined) return undefined;
  const used = own ? basis : polynomialBasis(setting.predictors, fitting as number);
  const gathered = await gatherSums(setting, used.features, () => 1, options);
  if (!gathered.ok) return undefined;
  const regimes = gathered.value;
  const nothing = regimes.map(() => 0);
  const model = pooledModel(setting, used, regimes, nothing, 'direct', false);
  const { features, design, solution, weights, variances, scale } = model;
  const meats = await meatOf(setting, features, design, solution, regimes, weights, variances, options);
  const functionals = features.flatMap((_, feature) =>
    regimes.slice(1).map((__, i) => {
      const functional = new Float64Array(design.parameters);
      const unit = new Float64Array(features.length);
      unit[feature] = 1;
      for (const [k, sign] of [[0, -1] as const, [i + 1, 1] as const])
        addFunctional(design.regimes[k] as AdditiveModel['design']['regimes'][number], unit, sign, functional);
      return functional;
    }),
  );
  const wald = waldOf({ ...model, meats }, functionals);
  if (wald === undefined) return undefined;
  if (functionals.some((functional) => openComponents(solution, functional).length > 0)) return { p: wald.p };
  const means = regimes.map((_, k) => fittedMean(model, regimes, k));
  return { p: wald.p, gap: scale * (Math.max(...means) - Math.min(...means)) };
}

/** What the fit of study k says on average over the records of all of them. */
function fittedMean({ design, solution, features }: AdditiveModel, regimes: readonly RegimeSums[], k: number): number {
  const coefficients = coefficientsOf(design.regimes[k] as AdditiveModel['design']['regimes'][number], features.length, solution.theta);
  const weight = regimes.reduce((total, regime) => total + regime.weight, 0);
  return coefficients.reduce(
    (total, value, f) => total + (value * regimes.reduce((sum, { square }) => sum + (square[f] as number), 0)) / weight,
    0,
  );
}
