import type { Study } from '../data/study.ts';
import type { AdditiveReport, Diagnostic } from '../interpret/answer.ts';
import type { RunOptions } from '../run/progress.ts';
import { allocationAdvice } from './allocate.ts';
import { number, percent } from './figures.ts';
import type { AdditiveFit } from './fit.ts';
import { type Setting, setOf, settingOf } from './gather.ts';
import { holdOuts } from './hold-out.ts';
import { interactionTest } from './interaction.ts';
import type { AdditiveOptions } from './model.ts';
import { orderTest } from './order.ts';
import { overIdentifiedTest, writeRegime } from './over-identified.ts';
import { judgeHoldOut } from './scale.ts';
import { interactionBound } from './sensitivity.ts';
import { supportOf } from './support.ts';
import type { TargetPoint } from './targets.ts';
import type { AdditivePlan } from './terms.ts';
import { testingFit } from './testing.ts';

export interface DiagnoseOptions extends RunOptions, Pick<AdditiveOptions, 'method' | 'restrict' | 'learner'> {
  /** The largest interaction of a pair of actions that is thought possible, in units of the outcome (of its logarithm, where that is a sum). */
  readonly interaction?: number;
  /** Of the same fit; absent: made here. */
  readonly examined?: AdditiveExamination;
}

export interface AdditiveDiagnosis {
  readonly diagnostics: readonly Diagnostic[];
  /** Per combination; false: some study has no records near a point, so that the figure is an extrapolation. */
  readonly supported: readonly boolean[];
  /** One sentence where the studies contradict the assumption so much that no figure should be given. */
  readonly refusal?: string;
  readonly sensitivity?: NonNullable<AdditiveReport['sensitivity']>;
  readonly allocation?: NonNullable<AdditiveReport['allocation']>;
}

/** What the studies say of the assumption, whatever is asked. */
export interface AdditiveExamination {
  readonly diagnostics: readonly Diagnostic[];
  readonly refusal?: string;
}

/**
 * Interaction, order, over-identification, and combinations held out (raw and log). Reads the records again; one examination serves all
 * questions that share a fit.
 */
export async function examineAdditive(
  fit: AdditiveFit,
  plans: readonly AdditivePlan[],
  studies: readonly Study[],
  options: RunOptions = {},
): Promise<AdditiveExamination> {
  const setting = await settingFor(fit, plans, studies);
  const [plan] = plans;
  if (setting === undefined || plan === undefined) return { diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const testing = await testingFit(setting, fit.model, options);
  const held = await holdOuts(setting, plan, testing, options);
  // Where numbers are doses of a design, cells tell more than polynomials.
  const cellwise = setting.keys.length === 1 && held.some(({ cells }) => cells) && setting.predictors.some(({ kind }) => kind === 'real');
  if (testing !== undefined) {
    const interaction = cellwise ? undefined : interactionTest(testing, plan);
    for (const test of [interaction, orderTest(testing, plan), overIdentifiedTest(testing, plan)]) if (test) diagnostics.push(test);
  } else if (held.length === 0 && plan.assumption.blocks.length > 1)
    diagnostics.push({
      name: 'interaction',
      level: 'warn',
      says: 'Nothing here tests additivity: the records are too few, and none of a combination that the others predict.',
    });
  const verdicts = held.map((one) => judgeHoldOut(plan.assumption, one));
  const refusal = verdicts.find((verdict) => verdict.refusal !== undefined)?.refusal;
  return {
    diagnostics: [...diagnostics, ...verdicts.flatMap((verdict) => verdict.diagnostics)],
    ...(refusal === undefined ? {} : { refusal }),
  };
}

async function settingFor(fit: AdditiveFit, plans: readonly AdditivePlan[], studies: readonly Study[]): Promise<Setting | undefined> {
  if (fit.model !== undefined) return fit.model.setting;
  const read = await settingOf(plans, studies);
  return read.ok ? read.value : undefined;
}

/**
 * What the studies say of the assumption ({@link examineAdditive}) and of the queried points: support, the bound for interactions, and the
 * best split of records. Reads the records again.
 */
export async function diagnoseAdditive(
  fit: AdditiveFit,
  plans: readonly AdditivePlan[],
  studies: readonly Study[],
  combinations: readonly (readonly TargetPoint[])[],
  options: DiagnoseOptions = {},
): Promise<AdditiveDiagnosis> {
  const { model } = fit;
  const setting = await settingFor(fit, plans, studies);
  if (setting === undefined) return { diagnostics: [], supported: combinations.map(() => true) };
  const { diagnostics: found, refusal } = options.examined ?? (await examineAdditive(fit, plans, studies, options));
  const diagnostics: Diagnostic[] = [...found];
  const separate = model === undefined || model.design.parameters === model.design.features * setting.keys.length;
  const shared = model !== undefined && options.method !== 'direct' && options.restrict !== false;
  const { supported, diagnostic } = await supportOf(setting, model, combinations, shared, options);
  diagnostics.push(diagnostic);
  const sensitivity = options.interaction === undefined ? undefined : sensitivityOf(fit, combinations, options.interaction, !separate);
  if (sensitivity) diagnostics.push(sensitivity.diagnostic);
  const advice = model && allocationAdvice(model, combinations);
  if (advice)
    diagnostics.push({
      name: 'allocation',
      level: 'ok',
      figure: advice.standardError,
      says: `With as many records (${number(advice.records)}) the best split would have been ${advice.shares
        .map((share, r) => `${percent(share)} ${writeRegime(setOf(setting, r))}`)
        .join(', ')}: standard error ${number(advice.standardError)} instead of ${number(advice.now)}.`,
    });
  return {
    diagnostics,
    supported,
    ...(refusal === undefined ? {} : { refusal }),
    ...(sensitivity?.report && { sensitivity: sensitivity.report }),
    ...(advice && { allocation: { shares: advice.shares, standardError: advice.standardError } }),
  };
}

function sensitivityOf(
  fit: AdditiveFit,
  combinations: readonly (readonly TargetPoint[])[],
  size: number,
  shared: boolean,
): { readonly diagnostic: Diagnostic; readonly report?: NonNullable<AdditiveReport['sensitivity']> } | undefined {
  const [first] = combinations;
  if (first === undefined) return undefined;
  const most = Math.max(...combinations.map((combination) => interactionBound(combination, size, shared)));
  const says =
    most === 0
      ? 'Interactions of two actions do not bias this answer.'
      : `If two actions interact by at most ${number(size)}, ${combinations.length === 1 ? 'the value' : 'a value'} may be off by ${number(most)}, beside sampling error.`;
  const diagnostic: Diagnostic = { name: 'sensitivity', level: 'ok', figure: most, says };
  if (combinations.length > 1) return { diagnostic };
  const [{ value, interval = [value, value] } = { value: Number.NaN }] = fit.predict([first]);
  if (Number.isNaN(value)) return { diagnostic };
  return { diagnostic, report: { size, interval: [interval[0] - most, interval[1] + most] } };
}
