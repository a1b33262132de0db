import type { Study } from './data/study.ts';
import { type Bounds, drawsAlike, intervalOfMean, joined, type OwnValues, ownValuesOf } from './environment-draws.ts';
import { type EnvironmentPlan, type EnvironmentProblem, planEnvironments } from './environment-plan.ts';
import {
  aboutDisagreement,
  aboutFewness,
  aboutKinds,
  aboutPooling,
  aboutUnseen,
  mechanismSays,
  withoutPower,
} from './environment-words.ts';
import { diagnoseEnvironments, type EnvironmentDiagnosis } from './exchangeable/diagnose.ts';
import { type Environments, readEnvironments, sizesOf } from './exchangeable/environments.ts';
import { probabilitySteps } from './exchangeable/exact.ts';
import { type FittedProcess, fitSteps } from './exchangeable/fitted.ts';
import { type FrequencyData, frequencySteps, positionsJoined } from './exchangeable/frequencies.ts';
import { posteriorModel } from './exchangeable/posterior.ts';
import { type EffectDraws, spreadOfDraws } from './exchangeable/spread-of-effects.ts';
import type { ExchangeableModel } from './exchangeable/terms.ts';
import type { Variation } from './exchangeable/variation.ts';
import { hasPositions, type Part, type PointQuestion, pointsAsked } from './exchangeable-question.ts';
import { answerRealEnvironments } from './exchangeable-real.ts';
import type { Value } from './graph/variable.ts';
import type { Answer, Diagnostic, EnvironmentReport, Point, ProcessSpread } from './interpret/answer.ts';
import { Random } from './math/random.ts';
import type { MeasureOptions } from './measure.ts';
import type { Question } from './query/terms.ts';
import type { Result } from './run/issue.ts';
import { failure, success } from './run/issue.ts';
import { didYouMean } from './run/nearest.ts';
import { Interrupted } from './run/progress.ts';
import { inSteps } from './run/steps.ts';

export interface EnvironmentOptions {
  /** `fitted` (default): mechanisms by empirical Bayes; `frequencies`: of tuples of records of one environment, nothing fitted. */
  readonly factors?: 'fitted' | 'frequencies';
}

type Options = MeasureOptions & EnvironmentOptions;

/** What was read and fitted for one set of mechanisms; questions about the same share it. */
interface Fit {
  readonly environments: Environments;
  readonly diagnosis: EnvironmentDiagnosis;
  readonly process: FittedProcess;
  /** Refitted to environments drawn with replacement, so far. */
  readonly refits: ExchangeableModel[];
}
export type EnvironmentFits = Map<string, Promise<Result<Fit>>>;

/** Positions up to which frequencies stand beside fitted mechanisms. */
const joinedAtMost = 3;

/**
 * The numbers of a question about exchangeable rows, from studies with environments. `pooled`: the answer that takes all rows to be
 * independent, if there is one. Refused: see {@link planEnvironments}, and what the records cannot bear.
 */
export async function answerEnvironments(
  question: Question,
  problem: EnvironmentProblem & { readonly studies: readonly Study[] },
  options: Options,
  fits: EnvironmentFits = new Map(),
  pooled: () => Promise<Answer | undefined> = async () => undefined,
): Promise<Answer> {
  const plan = planEnvironments(question, problem);
  const { answer, found } = plan;
  if (found === undefined) return answer;
  const studies = problem.studies.filter(({ name }) => found.studies.includes(name));
  const read = studies.map(({ name, size, fingerprint }) => ({ name, rows: Number.isFinite(size) ? size : null, fingerprint }));
  const { estimand, identifiable, ...bare } = answer;
  const no = (why: string, status: Answer['status'] = 'refused'): Answer =>
    ({
      ...bare,
      ...(status === 'unknown' ? { estimand, identifiable } : {}),
      status,
      kind: 'none',
      why,
      refused: [{ rule: 'exchangeable', why }],
      studies: read,
    }) as Answer;
  if (found.real.length > 0) return answerRealEnvironments(question, problem, options, plan);
  const fitted = await fitOnce(found, studies, options, fits);
  if (!fitted.ok) return no(said(fitted));
  const { environments, diagnosis, process } = fitted.value;
  const whole = wholeOf(fitted.value, found.parts, studies);
  if (typeof whole === 'string') return no(whole);
  const labels = environments.labels;
  const parts = found.parts.map((one) => ({ ...one, part: whole(one.part) }));
  const each = parts.find(({ part }) => part.environment?.label === null)?.part.environment;
  const numbered = pointsAsked(parts, found.shape.levels, each === undefined ? labels : labelsOf(labels, studies, each.column));
  if (typeof numbered === 'string') return no(numbered);
  const named = [...new Set(numbered.flatMap(({ parts }) => parts.flatMap(({ label }) => label ?? [])))];
  const { factors = 'fitted' } = options;
  if (factors === 'frequencies' && named.length > 0)
    return no(
      'Frequencies of tuples cannot take all rows of an environment as conditions: leave --factors frequencies out for answers about one environment.',
    );
  const result = await numbersOf(numbered, fitted.value, options);
  if (!result.ok) return no(said(result), result.issues[0]?.code === 'too-large' ? 'unknown' : 'refused');
  const { values, other, draws, otherDraws, own } = result.value;
  const sizes = sizesOf(environments);
  const count = labels.length;
  const level = options.level ?? 0.95;
  const single = numbered.length === 1 && Object.keys(numbered[0]?.at ?? {}).length === 0;
  const enough = draws.length >= 20;
  const about = numbered.map((point, k) => aboutPoint(point, own[k], process, options, numbered.length > 8 ? 500 : 2000));
  const intervals = values.map((_, k): Bounds | undefined => {
    const { bounds, alike } = about[k] ?? {};
    return enough ? (bounds ?? intervalOfMean(draws.map((row) => row[k] as number), count, level, factors === 'fitted' ? alike : undefined)) : undefined; // biome-ignore format: one choice
  });
  const spreads = about.map(({ spread, bounds }) => (enough && bounds !== undefined ? undefined : spread));
  const rows = single && !hasPositions(question) && named.length === 0 ? await pooled() : undefined;
  const report: EnvironmentReport = {
    environments: count,
    records: sizes.reduce((sum, one) => sum + one, 0),
    sizes: [Math.min(...sizes), Math.max(...sizes)],
    factors,
    asked: named.length > 12 ? [] : named.map((label) => ({ label, records: sizes[labels.indexOf(label)] as number })),
    mechanisms: process.mechanisms.map((one) => ({
      variable: one.variable,
      parents: one.parents,
      kind: one.kind,
      says: mechanismSays(one),
    })),
    ...(single && spreads[0] !== undefined ? { spread: spreads[0] } : {}),
    ...(single && other?.[0] !== undefined
      ? { beside: { factors: factors === 'fitted' ? 'frequencies' : 'fitted', value: other[0] } }
      : {}),
    ...(rows?.value === undefined ? {} : { pooled: rows.value }),
  };
  const undefinedEverywhere = values.every(Number.isNaN);
  const diagnostics: Diagnostic[] = [
    ...answer.diagnostics,
    ...withoutPower(diagnosis.diagnostics, diagnosis.constant, process.mechanisms),
    ...aboutUnseen(process, numbered),
    ...aboutFewness(count, sizes),
    ...aboutKinds(report, named.length > 0),
    ...aboutDisagreement(report, values[0], draws, otherDraws),
    ...aboutPooling(report, values[0], process.mechanisms),
    ...(options.signal?.aborted === true
      ? [{ name: 'interrupted', level: 'warn' as const, says: 'Interrupted: the interval rests on fewer draws, or is left out.' }]
      : []),
  ];
  const first = intervals[0];
  const method =
    named.length > 0
      ? `what the rows of the environment leave open, with how environments differ refitted to ${count} environments drawn with replacement, it among them (${draws.length} draws; never over rows)`
      : `bootstrap over ${count} environments (${draws.length} draws; never over rows), percentiles widened for so few; the kind of each mechanism is kept`;
  return {
    ...answer,
    status: undefinedEverywhere ? 'undefined' : 'identified',
    kind: single ? 'point' : 'distribution',
    ...(single
      ? undefinedEverywhere
        ? {}
        : { value: values[0] as number }
      : {
          distribution: numbered.map(({ at }, k): Point => {
            const [interval, spread] = [intervals[k], spreads[k]];
            const value = values[k] as number;
            return { at, value: Number.isNaN(value) ? null : value, ...(interval ?? {}), ...(spread === undefined ? {} : { spread }) };
          }),
        }),
    ...(first === undefined ? {} : { uncertainty: { level, ...(single ? first : {}), method } }),
    environments: report,
    diagnostics,
    studies: read,
  };
}

const said = (result: { readonly issues: readonly { readonly message: string; readonly hint?: string }[] }): string => {
  const [issue] = result.issues;
  return `${issue?.message ?? ''}${issue?.hint === undefined ? '' : ` ${issue.hint}`}`;
};

type Found = NonNullable<EnvironmentPlan['found']>;

function fitOnce(found: Found, studies: readonly Study[], options: Options, fits: EnvironmentFits): Promise<Result<Fit>> {
  const key = JSON.stringify([found.studies, found.shape.mechanisms.map(({ variable, parents }) => [variable, parents])]);
  const known = fits.get(key);
  if (known !== undefined) return known;
  const made = fitNow(found, studies, options);
  fits.set(key, made);
  return made;
}

/**
 * Its environments are alike, and would have shown it otherwise: no excess of agreement, known to within a standard error of 0.015. That
 * nothing was seen where little could be is no ground for saying that environments do not differ.
 */
const staysTheSame = ({ p, error }: Variation, { variation }: EnvironmentDiagnosis): boolean =>
  p * variation.length >= 0.05 && error < 0.015;

async function fitNow({ shape }: Found, studies: readonly Study[], options: Options): Promise<Result<Fit>> {
  const names = shape.mechanisms.map(({ variable }) => variable);
  const read = await readEnvironments(studies, names, options);
  if (!read.ok) return read;
  const environments = read.value;
  const parents = shape.mechanisms.map((one) => one.parents.map((name) => names.indexOf(name)));
  const diagnosis = diagnoseEnvironments(environments, parents);
  const random = new Random(options.seed ?? 0, 'environments');
  const same = names.map((_, i) => diagnosis.variation.some((one) => one.variable === i && staysTheSame(one, diagnosis)));
  const process = await inSteps(
    fitSteps(environments, shape, random, (i) => same[i] === true),
    options,
  );
  if (process === undefined) throw new Interrupted();
  return success({ environments, diagnosis, process, refits: [] });
}

/** Which environment a label of a question is, or what is wrong with one of them. */
function wholeOf({ environments: { labels } }: Fit, parts: Found['parts'], studies: readonly Study[]): ((part: Part) => Part) | string {
  const wholes = new Map<string, Value>();
  for (const { part } of parts) {
    const { label, column } = part.environment ?? {};
    if (label === undefined || label === null || column === undefined) continue;
    const own = labelsOf(labels, studies, column);
    const hits = own.filter((one) => one === label || one.endsWith(`: ${label}`));
    if (hits.length === 0)
      return `No record is of ${column}=${label}. ${didYouMean(label, own) ?? 'Ask without it for a new environment.'}`;
    if (hits.length > 1) return `Several studies have an environment ${column}=${label} (${hits.join(', ')}): keep one study.`;
    wholes.set(`${column}=${label}`, hits[0] as Value);
  }
  return ({ environment, ...part }) => {
    const label = environment?.label;
    const known = label === null || label === undefined ? undefined : wholes.get(`${environment?.column}=${label}`);
    return environment === undefined || known === undefined
      ? { ...part, ...(environment && { environment }) }
      : { ...part, environment: { ...environment, label: known } };
  };
}

/** Labels of the environments that one column tells apart: those of several studies have the name of theirs before them. */
function labelsOf(labels: readonly string[], studies: readonly Study[], column: string): readonly string[] {
  if (studies.length === 1) return labels;
  const own = studies.filter(({ regime }) => regime.environment === column);
  return labels.filter((label) => own.some(({ name }) => label.startsWith(`${name}: `)));
}

interface Numbers {
  readonly values: readonly number[];
  /** The other way to get the factors. */
  readonly other?: readonly number[];
  readonly draws: readonly (readonly number[])[];
  readonly otherDraws: readonly (readonly number[])[];
  /** Per point: values of an environment itself, under each refit. */
  readonly own: readonly OwnDraws[];
}

interface OwnDraws {
  readonly of: OwnValues | undefined;
  readonly draws: readonly EffectDraws[];
}

async function numbersOf(points: readonly PointQuestion[], fit: Fit, options: Options): Promise<Result<Numbers>> {
  const { process, environments, refits } = fit;
  const { factors = 'fitted', uncertainty = 'auto', onProgress } = options;
  const fitted = (model: ExchangeableModel) => fittedValues(points, model, process, options);
  const counted = (data: FrequencyData) => frequencyValues(points, data, options);
  const byFit = await fitted(process.model);
  const few =
    points.length === 1 &&
    points.every(({ parts }) => parts.every(({ label, query }) => label === undefined && joins(process.shape, query) <= joinedAtMost));
  const byCount = factors === 'frequencies' || few ? await counted(process) : undefined;
  const main = factors === 'fitted' ? byFit : (byCount as Result<number[]>);
  if (!main.ok) return main;
  const second = factors === 'fitted' ? byCount : byFit;
  const other = second?.ok === true && second.value.every((value) => !Number.isNaN(value)) ? second.value : undefined;
  const draws: number[][] = [];
  const otherDraws: number[][] = [];
  const count = environments.labels.length;
  const wanted = uncertainty === 'none' ? 0 : Math.min(options.draws ?? 1000, affordable(process, points.length));
  const random = new Random(options.seed ?? 0, 'environments').split('bootstrap');
  const own = points.map((point) => ({ of: ownValuesOf(point, process), draws: [] as EffectDraws[] }));
  const each = Math.max(2, Math.ceil((points.length > 8 ? 1000 : 4000) / Math.max(1, wanted)));
  for (let draw = 0; draw < wanted; draw++) {
    if (options.signal?.aborted === true) break;
    if (draw % 16 === 0) {
      onProgress?.({ task: 'bootstrap over environments', done: draw, total: wanted });
      await options.pause?.();
    }
    const stream = random.split(draw);
    const which = Int32Array.from({ length: count }, () => stream.integer(count));
    const refit = (): ExchangeableModel => {
      refits[draw] ??= process.refit(which, stream);
      return refits[draw] as ExchangeableModel;
    };
    const needsFit = factors === 'fitted' || (other !== undefined && draw < 200);
    const one = needsFit ? await fitted(refit()) : undefined;
    const two = factors === 'frequencies' || (other !== undefined && draw < 200) ? await counted(process.resampled(which)) : undefined;
    const [first, last] = factors === 'fitted' ? [one, two] : [two, one];
    if (first?.ok !== true || first.value.some(Number.isNaN)) continue;
    draws.push(first.value);
    if (factors === 'fitted')
      for (const point of own)
        if (point.of?.environments.every((e) => which.includes(e)) === true)
          point.draws.push(point.of.draw(refit(), stream.split('own'), each));
    if (last?.ok === true) otherDraws[draws.length - 1] = last.value;
  }
  return success({ values: main.value, ...(other === undefined ? {} : { other }), draws, otherDraws, own });
}

/** Bootstrap draws that take about as long as a reader waits: each costs a refit, whose work grows with the distinct counts of environments. */
function affordable({ families }: FittedProcess, points: number): number {
  const work = families.reduce((sum, { tables, configurations, levels }) => sum + tables.length * configurations * levels, 10 * points);
  return Math.max(200, Math.floor(4e4 / work));
}

const joins = (shape: ExchangeableModel, query: PointQuestion['parts'][number]['query']): number => {
  const joined = positionsJoined(shape, query);
  return joined.ok ? joined.value : Number.POSITIVE_INFINITY;
};

/** NaN: its condition has probability zero. */
async function fittedValues(
  points: readonly PointQuestion[],
  model: ExchangeableModel,
  process: FittedProcess,
  options: Options,
): Promise<Result<number[]>> {
  const updated = new Map<Value, ExchangeableModel>();
  const modelOf = (label: Value | undefined): ExchangeableModel => {
    if (label === undefined) return model;
    const own = updated.get(label) ?? posteriorModel(model, process.tablesOf(process.environmentNumber(label)));
    updated.set(label, own);
    return own;
  };
  const values: number[] = [];
  for (const { parts } of points) {
    let sum = 0;
    for (const { weight, query, label } of parts) {
      const found = await inSteps(probabilitySteps(modelOf(label), query), quiet(options));
      if (!found.ok) return found;
      sum += weight * (found.value.value ?? Number.NaN);
    }
    values.push(sum);
  }
  return success(values);
}

async function frequencyValues(points: readonly PointQuestion[], data: FrequencyData, options: Options): Promise<Result<number[]>> {
  const values: number[] = [];
  for (const { parts } of points) {
    let sum = 0;
    for (const { weight, query } of parts) {
      const found = await inSteps(frequencySteps(data, query), quiet(options));
      if (!found.ok && found.issues[0]?.code !== 'never') return failure(...found.issues);
      sum += weight * (found.ok ? found.value.value : Number.NaN);
    }
    values.push(sum);
  }
  return success(values);
}

/** Sums inside a bootstrap draw tell of no progress of their own. */
const quiet = ({ signal, pause }: Options): Options => ({ ...(signal && { signal }), ...(pause && { pause }) });

/** What is known of one number beside its mean: bounds if it is about environments that are named, and how environments differ. */
function aboutPoint(
  point: PointQuestion,
  own: OwnDraws | undefined,
  process: FittedProcess,
  { seed = 0, level = 0.95 }: Options,
  draws: number,
): { readonly spread?: ProcessSpread; readonly bounds?: Bounds; readonly alike?: EffectDraws } {
  const random = new Random(seed, 'spread');
  const alike = drawsAlike(point, process, random.split('alike'));
  const rest = alike === undefined ? {} : { alike };
  const under = own?.of?.draw(process.model, random, draws);
  const fitted = under && spreadOfDraws(under, level);
  if (own?.of === undefined || fitted === undefined) return rest;
  const known = spreadOfDraws(joined(own.draws), level);
  const labels = new Set(point.parts.map(({ label }) => label));
  const spread = { deviation: fitted.deviation, interval: (known ?? fitted).interval, level };
  return {
    ...rest,
    ...(labels.size === 1 ? { spread } : {}),
    ...(own.of.named && known !== undefined ? { bounds: { interval: known.interval, standardError: known.deviation } } : {}),
  };
}
