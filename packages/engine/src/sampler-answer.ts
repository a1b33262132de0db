import type { Study } from './data/study.ts';
import type { TrainingData } from './generative/batch.ts';
import { drawFromNetwork, inputsFrom } from './generative/draw.ts';
import type { FitReport } from './generative/fit-network.ts';
import { spreadOverFreeInputs } from './generative/invariance.ts';
import type { PlannedFactor } from './generative/network.ts';
import type { ConditionalModel } from './generative/terms.ts';
import type { Graph } from './graph/graph.ts';
import type { Name, Value } from './graph/variable.ts';
import type { IdentifiedQuestion } from './identification.ts';
import type { Answer, Diagnostic, Point, SamplerReport } from './interpret/answer.ts';
import { Random } from './math/random.ts';
import { studentQuantile } from './math/special.ts';
import { printQuery } from './query/print.ts';
import { type Result, success } from './run/issue.ts';
import { Interrupted, type RunOptions } from './run/progress.ts';
import { allFactorFigures } from './sampler-checks.ts';
import {
  deviationOf,
  type Figures,
  figuresOf,
  monteCarloErrors,
  quantiles,
  resampledRows,
  type Statistic,
  statisticOf,
} from './sampler-figures.ts';
import { planQuery, type Sampleable, type SamplePlan, trainingRows } from './sampling.ts';

/** Draws from fitted models, as a host offers it. */
export interface Sampler {
  /**
   * Learns the factors of a plan. `known`: models of factors by key, fitted on the same rows with the same seed for another part of the
   * question; those that are fitted are added. `resampled`: not the rows themselves, so nothing of it is worth keeping. `networks`: the plans
   * of all parts of the question, this one among them, so that what cannot be learnt is refused before any is.
   */
  fit(
    sample: SamplePlan,
    data: ReadonlyMap<Name, TrainingData>,
    options: RunOptions & {
      readonly seed: number;
      readonly known: Map<string, ConditionalModel>;
      readonly resampled: boolean;
      readonly networks: readonly SamplePlan[];
    },
  ): Promise<Result<FitReport>>;
  /** Default 20,000. */
  readonly draws?: number;
  /** How often everything is fitted again to resampled rows (default 4, at least 2; 0: no uncertainty of the data is given). */
  readonly refits?: number;
}

interface Part {
  readonly weight: number;
  readonly sample: SamplePlan;
  readonly statistic: Statistic;
}

type Change = (data: TrainingData, study: Name) => TrainingData;

/**
 * An identified question from draws: every part has its network, all networks are fitted to the rows, and again to resampled rows (the
 * Bayesian bootstrap, Rubin 1981: weights are gamma variates around the counts) with the same seeds, so that what differs is the
 * data. The Monte-Carlo error (20 batches of draws) and the error of refitting are told apart; the interval holds both, with Student's
 * quantile of the refits. What cannot be sampled comes back as refused. Throws {@link Interrupted} on an aborted signal.
 */
export async function answerBySampler(
  problem: Sampleable & { readonly studies: readonly Study[] },
  parts: IdentifiedQuestion['parts'],
  account: Answer,
  sampler: Sampler,
  options: RunOptions & { readonly seed?: number; readonly level?: number; readonly uncertainty?: string } = {},
): Promise<Answer> {
  const { seed = 0, level = 0.95, signal, pause, onProgress } = options;
  const run: RunOptions = { ...(signal && { signal }), ...(pause && { pause }), ...(onProgress && { onProgress }) };
  const refuse = (why: string): Answer => ({ ...account, status: 'refused', why });
  const { graph } = problem;
  const planned = graph === undefined ? 'Sampling needs a graph.' : planParts(problem, graph, parts);
  if (typeof planned === 'string') return refuse(planned);
  if (sampler.refits === 1) return refuse('One refit has nothing to be compared with: fit again at least twice, or not at all (0).');
  const rows: ReadonlyMap<Name, TrainingData>[] = [];
  for (const { sample } of planned) rows.push(await trainingRows(problem.studies, sample.plan, run));
  const draws = Math.max(400, sampler.draws ?? 20_000);
  const networks = planned.map(({ sample }) => sample);
  const pass = async (change: Change, resampled: boolean): Promise<Result<Pass>> => {
    const known = new Map<string, ConditionalModel>();
    let total: Figures | undefined;
    const fits: FitReport[] = [];
    const unseen = new Map<string, number>();
    for (const [i, { sample, statistic, weight }] of planned.entries()) {
      const data = new Map([...(rows[i] as (typeof rows)[0])].map(([study, own]) => [study, change(own, study)]));
      const fitted = await sampler.fit(sample, data, { ...run, seed, known, resampled, networks });
      if (!fitted.ok) return fitted;
      fits.push(fitted.value);
      const inputs = inputsFrom(sample);
      if (!inputs.ok) return inputs;
      const drawn = await drawFromNetwork(fitted.value.network, inputs.value, draws, new Random(seed, 'draws', i), {
        ...run,
        onUnsupported: (factor, count) => {
          const law = lawOf(factor);
          unseen.set(law, (unseen.get(law) ?? 0) + count / draws);
        },
      });
      if (!drawn.ok) return drawn;
      total = combined(total, figuresOf(statistic, drawn.value), weight);
    }
    return success({ figures: total as Figures, fits, unseen });
  };
  const first = await pass((data) => data, false);
  if (!first.ok) return refuse([first.issues[0]?.message, first.issues[0]?.hint].filter(Boolean).join(' '));
  const exact = problem.studies.every(({ size }) => !Number.isFinite(size));
  const wanted = exact || options.uncertainty === 'none' ? 0 : (sampler.refits ?? 4);
  const again: Float64Array[] = [];
  for (let refit = 0; refit < wanted; refit++) {
    onProgress?.({ task: 'refits', done: refit, total: wanted });
    if (signal?.aborted === true) throw new Interrupted();
    const made = await pass((data, study) => resampledRows(data, new Random(seed, 'refit', refit, study)), true);
    if (!made.ok) return refuse(made.issues[0]?.message ?? '');
    again.push(made.value.figures.values);
  }
  const { figures, fits, unseen } = first.value;
  const checked = await allFactorFigures(
    fits.map((fit, i) => ({ fit, data: rows[i] as (typeof rows)[0] })),
    new Random(seed, 'checks'),
  );
  const spread = await freeSpread(planned, fits, new Random(seed, 'free'), run);
  const errors = errorsOf(figures, again, level);
  const told = fieldsOf(planned, figures.values, errors);
  const { refitError } = errors;
  const report: SamplerReport = {
    draws,
    refits: wanted,
    ...(figures.values.length === 1 && {
      monteCarloError: errors.monteCarlo[0] as number,
      ...(refitError && { refitError: refitError[0] as number }),
    }),
    factors: checked,
    ...(told.summaries && { summaries: told.summaries }),
  };
  const method =
    `${wanted === 0 ? '' : `${wanted} refits to resampled rows (Bayesian bootstrap) and `}Monte-Carlo error of ${draws} draws` +
    `${wanted === 0 ? '; the uncertainty of the data is not in it' : `, Student's quantile with ${wanted - 1} degrees of freedom`}`;
  return {
    ...account,
    ...told.fields,
    status: 'identified',
    uncertainty: { ...told.interval, level, method },
    sampler: report,
    assumes: [
      ...account.assumes,
      `the models that were fitted describe their factors (${checked.map(({ id, kind }) => `${id}: ${kind}`).join(', ')})`,
    ],
    diagnostics: [...account.diagnostics, ...diagnosticsOf(report, errors), ...unseenConditions(unseen), ...spread],
  };
}

interface Pass {
  readonly figures: Figures;
  readonly fits: readonly FitReport[];
  /** By factor, the share of draws that stand at conditions of which its rows show nothing (of every part of the question, added up). */
  readonly unseen: ReadonlyMap<string, number>;
}

/** The parts with their networks, or why there is none. */
function planParts(problem: Sampleable, graph: Graph, parts: IdentifiedQuestion['parts']): readonly Part[] | string {
  const planned: Part[] = [];
  for (const { weight, query } of parts) {
    const made = planQuery(problem, graph, query, printQuery(query, 'do'));
    if (!made.ok) return made.issues[0]?.message ?? '';
    if ('refusal' in made.value) return made.value.refusal.why;
    const statistic = statisticOf(query, made.value);
    if (typeof statistic === 'string') return statistic;
    const inputs = inputsFrom(made.value);
    if (!inputs.ok) return `${inputs.issues[0]?.message ?? ''} State the values in the question.`;
    planned.push({ weight, sample: made.value, statistic });
  }
  const [first] = planned;
  if (
    planned.length > 1 &&
    planned.some(({ statistic }) => statistic.kind === 'summary' || shapeOf(statistic) !== shapeOf(first?.statistic))
  )
    return 'The parts of this combination are not of one kind.';
  return planned;
}

const shapeOf = (statistic: Statistic | undefined): string =>
  statistic?.kind === 'cells' && statistic.open.length > 0 ? JSON.stringify(statistic.open) : 'number';

function combined(total: Figures | undefined, own: Figures, weight: number): Figures {
  const plus = (a: Float64Array | undefined, b: Float64Array): Float64Array => b.map((value, i) => (a?.[i] ?? 0) + weight * value);
  return { values: plus(total?.values, own.values), batches: own.batches.map((batch, j) => plus(total?.batches[j], batch)) };
}

interface Errors {
  readonly monteCarlo: Float64Array;
  readonly refitError?: Float64Array;
  readonly standard: Float64Array;
  readonly reach: number;
}

function errorsOf(figures: Figures, again: readonly Float64Array[], level: number): Errors {
  const monteCarlo = monteCarloErrors(figures);
  if (again.length < 2) return { monteCarlo, standard: monteCarlo, reach: studentQuantile((1 + level) / 2, 19) };
  const refitError = figures.values.map((_, i) => deviationOf(again.map((values) => values[i] as number)));
  const standard = refitError.map((error, i) => Math.hypot(error, monteCarlo[i] as number));
  return { monteCarlo, refitError, standard, reach: studentQuantile((1 + level) / 2, again.length - 1) };
}

interface Told {
  readonly fields: Pick<Answer, 'kind' | 'value' | 'distribution'>;
  readonly interval: { readonly interval?: readonly [number, number]; readonly standardError?: number };
  readonly summaries?: NonNullable<SamplerReport['summaries']>;
}

function fieldsOf(parts: readonly Part[], values: Float64Array, { standard, monteCarlo, reach }: Errors): Told {
  const { statistic } = parts[0] as Part;
  const share = statistic.kind === 'cells' && parts.length === 1 && parts[0]?.weight === 1;
  const around = (i: number): readonly [number, number] => {
    const [low, high] = [(values[i] as number) - reach * (standard[i] as number), (values[i] as number) + reach * (standard[i] as number)];
    return share ? [Math.max(0, low), Math.min(1, high)] : [low, high];
  };
  if (statistic.kind === 'summary') {
    const width = 2 + quantiles.length;
    const summaries = statistic.columns.map((name, column) => ({
      name,
      figures: Array.from({ length: width }, (_, k) => {
        const i = column * width + k;
        const at = quantiles[k - 2];
        const of = k === 0 ? ('mean' as const) : k === 1 ? ('deviation' as const) : ('quantile' as const);
        const figure = { value: values[i] as number, standardError: standard[i] as number, monteCarloError: monteCarlo[i] as number };
        return { of, ...(at !== undefined && { at }), ...figure };
      }),
    }));
    return { fields: { kind: 'sampler' }, interval: {}, summaries };
  }
  if (statistic.kind === 'mean' || statistic.open.length === 0)
    return {
      fields: { kind: 'point', value: values[0] as number },
      interval: { interval: around(0), standardError: standard[0] as number },
    };
  const distribution = Array.from(values, (value, i): Point => {
    const at: Record<Name, Value> = {};
    let rest = i;
    for (const { column, levels } of statistic.open.toReversed()) {
      at[column] = levels[rest % levels.length] as Value;
      rest = Math.floor(rest / levels.length);
    }
    const ordered = Object.fromEntries(statistic.open.map(({ column }) => [column, at[column] as Value]));
    return { at: ordered, value, interval: around(i), standardError: standard[i] as number };
  });
  return { fields: { kind: 'distribution', distribution }, interval: {} };
}

function diagnosticsOf(report: SamplerReport, { monteCarlo, refitError }: Errors): Diagnostic[] {
  const found: Diagnostic[] = [];
  const worst = Math.max(...monteCarlo);
  const data = refitError === undefined ? undefined : Math.max(...refitError);
  found.push({
    name: 'sampler',
    level: 'ok',
    figure: worst,
    says: `Estimated from ${report.draws} draws of fitted models: Monte-Carlo error up to ${worst.toPrecision(2)}${data === undefined ? '' : `, and up to ${data.toPrecision(2)} from fitting other rows`}.`,
  });
  for (const { id, twoSample, heldOutLoss, of, given, generatedRows } of report.factors) {
    if (twoSample !== undefined && twoSample < 0.01)
      found.push({
        name: 'two-sample',
        level: 'warn',
        figure: twoSample,
        says: `Draws of ${id} (${of.join(', ')}${given.length === 0 ? '' : ` given ${given.join(', ')}`}) can be told from the rows (MMD, p = ${twoSample.toPrecision(2)}): the model misses something there.`,
      });
    if (heldOutLoss !== undefined && twoSample !== undefined && twoSample >= 0.01)
      found.push({
        name: 'two-sample',
        level: 'ok',
        figure: twoSample,
        says: `${id}: loss ${heldOutLoss.toPrecision(3)} on rows held out; its draws cannot be told from the rows (MMD, p = ${twoSample.toPrecision(2)}).`,
      });
    if (generatedRows !== undefined && generatedRows > 0)
      found.push({
        name: 'generated set',
        level: 'ok',
        figure: generatedRows,
        says: `${id} was learnt from ${generatedRows} generated rows; their number bounds how exact it can be.`,
      });
  }
  return found;
}

const lawOf = ({ of, given }: PlannedFactor): string => `P(${of.join(', ')}${given.length === 0 ? '' : ` | ${given.join(', ')}`})`;

const unseenConditions = (unseen: ReadonlyMap<string, number>): Diagnostic[] =>
  [...unseen].map(([law, share]) => ({
    name: 'support',
    level: 'warn',
    figure: share,
    says: `${law} was drawn at conditions of which its rows show nothing, in ${Math.min(100, 100 * share).toPrecision(2)} % of the draws: there the model can only guess.`,
  }));

/** What is drawn must not depend on free inputs: the spread, where there are any. */
async function freeSpread(parts: readonly Part[], fits: readonly FitReport[], random: Random, run: RunOptions): Promise<Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const [i, fit] of fits.entries()) {
    const unsupported = fit.factors.reduce((sum, factor) => sum + (factor.unsupported ?? 0), 0);
    if (unsupported > 0)
      found.push({
        name: 'design support',
        level: 'warn',
        figure: unsupported,
        says: `${unsupported} generated rows stand at conditions that no row of the data shows.`,
      });
    if (fit.network.free.length === 0) continue;
    const inputs = inputsFrom((parts[i] as Part).sample);
    if (!inputs.ok) continue;
    const { signal, pause } = run;
    const spreads = await spreadOverFreeInputs(fit.network, inputs.value, random.split(i), {
      ...(signal && { signal }),
      ...(pause && { pause }),
    });
    if (!spreads.ok) continue;
    for (const { inputs: names, output, spread, floor, values } of spreads.value)
      found.push({
        name: 'free inputs',
        level: spread > 3 * floor ? 'warn' : 'ok',
        figure: spread,
        says: `${output} must not depend on ${names.join(', ')}: over ${values} values of it the draws differ by ${spread.toPrecision(2)} (chance alone: ${floor.toPrecision(2)}).`,
      });
  }
  return found;
}
