import { agreementOf } from './additive/agreement.ts';
import { poolRanges } from './additive/basis.ts';
import {
  type AdditiveDiagnosis,
  type AdditiveExamination,
  type DiagnoseOptions,
  diagnoseAdditive,
  examineAdditive,
} from './additive/diagnose.ts';
import { type AdditiveFit, fitAdditive } from './additive/fit.ts';
import type { AdditiveOptions } from './additive/model.ts';
import type { Prediction } from './additive/predict.ts';
import type { TargetPoint } from './additive/targets.ts';
import type { AdditivePlan } from './additive/terms.ts';
import type { AdditiveFound } from './additive-account.ts';
import type { Study } from './data/study.ts';
import type { Domain, Name } from './graph/variable.ts';
import type { AdditiveReport, Answer, Diagnostic, FunctionPoint, MeanFunction, Setting } from './interpret/answer.ts';
import type { MeasureOptions } from './measure.ts';
import type { Issue, Result } from './run/issue.ts';
import { Interrupted } from './run/progress.ts';

export interface FunctionOptions {
  /** False: no additivity is tested. */
  readonly verify?: boolean;
  /** Values of open variables at which a function is evaluated; the grid is their product. Others: a grid of about 11 values (two open: 7, three: 5). */
  readonly at?: Readonly<Record<Name, readonly Setting[]>>;
  /** Evaluate at these points instead of on a grid. */
  readonly points?: readonly Readonly<Record<Name, Setting>>[];
  readonly additive?: Pick<AdditiveOptions, 'basis' | 'degree' | 'method' | 'restrict' | 'learner'> & Pick<DiagnoseOptions, 'interaction'>;
}

type Point = ReadonlyMap<Name, Setting>;

/** Points of one answer. */
const limit = 20_000;

/** Fits by what they were made from: questions about the same means share one. */
export interface Fits {
  readonly fits: Map<string, Promise<Result<AdditiveFit>>>;
  readonly examined: Map<AdditiveFit, Promise<AdditiveExamination>>;
}
export const noFits = (): Fits => ({ fits: new Map(), examined: new Map() });

/** The numbers of an additive mean: the studies are read here. */
export async function answerAdditively(
  account: Answer,
  found: AdditiveFound,
  { studies, domains }: { readonly studies: readonly Study[]; readonly domains: ReadonlyMap<Name, Domain> },
  options: MeasureOptions & FunctionOptions,
  fits: Fits = noFits(),
): Promise<Answer> {
  const plans = found.parts.map((part) => part.found.plan);
  const names = new Set(plans.flatMap(({ regimes }) => regimes.flatMap((regime) => regime.studies)));
  const used = studies.filter(({ name }) => names.has(name));
  const read = used.map(({ name, size, fingerprint }) => ({ name, rows: Number.isFinite(size) ? size : null, fingerprint }));
  const refuse = ({ message, hint }: Issue): Answer => ({
    ...account,
    status: 'refused',
    why: hint === undefined ? message : `${message} ${hint}`,
    studies: read,
  });
  const places = await placesOf(found, used, domains, options);
  if ('code' in places) return refuse(places);
  const fitted = await fitOnce(plans, used, options, fits);
  if (!fitted.ok) return refuse(fitted.issues[0] as Issue);
  const fit = fitted.value;
  const combinations = places.points.map((point) => combinationAt(found, point));
  const diagnostics: Diagnostic[] = [
    ...account.diagnostics,
    ...fit.warnings.map(({ code, message }): Diagnostic => ({ name: code, level: 'warn', says: message })),
  ];
  const predictions = fit.predict(combinations);
  const method = methodOf(fit);
  const known = predictions.flatMap(({ issue }, i) => (issue === undefined ? [i] : []));
  if (known.length === 0) return refuse(predictions[0]?.issue ?? { code: 'no-point', message: 'There is no point to evaluate.' });
  const checked =
    options.verify === false
      ? undefined
      : await checksOf(
          found,
          fit,
          used,
          known.map((i) => combinations[i] as TargetPoint[]),
          options,
          fits,
        );
  const range = beyondRange(found, predictions, domains.get(found.assumption.outcome));
  if (range) diagnostics.push(range);
  // The split is told with the regimes.
  diagnostics.push(...(checked?.diagnostics ?? []).filter(({ name }) => name !== 'allocation'));
  const additive: AdditiveReport = {
    ...reportOf(found, fit),
    ...(checked?.allocation === undefined ? {} : { allocation: checked.allocation }),
    ...(checked?.sensitivity === undefined ? {} : { sensitivity: checked.sensitivity }),
  };
  if (checked?.refusal !== undefined) return { ...account, status: 'refused', why: checked.refusal, additive, diagnostics, studies: read };
  if (found.open.length === 0) {
    const { value, standardError, interval } = predictions[0] as Prediction;
    return {
      ...account,
      kind: 'point',
      value,
      ...(interval === undefined ? {} : { uncertainty: { level: options.level ?? 0.95, interval, standardError, method } }),
      additive,
      diagnostics,
      studies: read,
    };
  }
  const band =
    fit.errors === 'none'
      ? undefined
      : fit.band(combinations, { ...(options.level === undefined ? {} : { level: options.level }), seed: options.seed ?? 0 });
  const points = predictions.map(({ value, standardError, interval, issue }, i): FunctionPoint => {
    const at = Object.fromEntries(places.points[i] as Point);
    if (issue !== undefined) return { at, value: null };
    const whole = band?.intervals[i];
    return {
      at,
      value,
      ...(Number.isNaN(standardError) ? {} : { standardError }),
      ...(interval === undefined ? {} : { interval }),
      ...(whole === undefined || Number.isNaN(whole[0]) ? {} : { band: whole }),
      ...(checked?.supported[known.indexOf(i)] === undefined ? {} : { supported: checked.supported[known.indexOf(i)] as boolean }),
    };
  });
  const gaps = predictions.filter(({ issue }) => issue !== undefined);
  if (gaps.length > 0)
    diagnostics.push({
      name: 'no-value',
      level: 'warn',
      figure: gaps.length,
      says: `${gaps.length} of ${points.length} points have no value: ${gaps[0]?.issue?.message ?? ''}`,
    });
  return {
    ...account,
    kind: 'function',
    function: functionOf(found, places, points, domains, options.level ?? 0.95),
    ...(band === undefined ? {} : { uncertainty: { level: band.level, method } }),
    additive,
    diagnostics,
    studies: read,
  };
}

/** A mean that lies beyond all levels of the outcome: effects cannot add up there. */
function beyondRange(
  { assumption, parts }: AdditiveFound,
  predictions: readonly Prediction[],
  domain: Domain | undefined,
): Diagnostic | undefined {
  if (domain?.kind !== 'finite' || assumption.log || parts.length !== 1 || parts[0]?.weight !== 1) return undefined;
  const levels = domain.levels.map(Number);
  const [least, most] = [Math.min(...levels), Math.max(...levels)];
  const room = 1e-6 * (most - least);
  const out = predictions.filter(({ value }) => value < least - room || value > most + room);
  const [first] = out;
  if (first === undefined) return undefined;
  const surely = out.some(({ interval }) => interval !== undefined && (interval[0] > most + room || interval[1] < least - room));
  const figure = Number(first.value.toPrecision(3));
  const what = predictions.length === 1 ? `${figure} lies` : `${out.length} of ${predictions.length} means, such as ${figure}, lie`;
  return {
    name: 'range',
    level: surely ? 'fail' : 'warn',
    figure: out.length,
    says: `${what} beyond what ${assumption.outcome} can be (${least} to ${most})${surely ? ', by more than chance: effects do not add up there' : '; chance alone may have done it'}.`,
  };
}

/** Stopped while it is checked, a figure is shown without the checks. */
async function checksOf(
  { parts }: AdditiveFound,
  fit: AdditiveFit,
  studies: readonly Study[],
  combinations: readonly (readonly TargetPoint[])[],
  options: MeasureOptions & FunctionOptions,
  { examined }: Fits,
): Promise<AdditiveDiagnosis> {
  const plans = parts.map(({ found }) => found.plan);
  try {
    const examination = await once(examined, fit, async () => {
      const agreement = fit.model && (await agreementOf(fit.model, options));
      const found = await examineAdditive(fit, plans, studies, options);
      return agreement === undefined ? found : { ...found, diagnostics: [agreement, ...found.diagnostics] };
    });
    return await diagnoseAdditive(fit, plans, studies, combinations, { ...options.additive, ...options, examined: examination });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    const says = 'Stopped before the assumption was checked against the studies; the number itself is complete.';
    return { diagnostics: [{ name: 'interrupted', level: 'warn', says }], supported: [] };
  }
}

/** What a fit depends on of a plan: not its target. */
const shapeOf = ({ assumption, covariates, columns, regimes }: AdditivePlan): string =>
  JSON.stringify([assumption.text, covariates, columns, regimes]);

function fitOnce(
  plans: readonly AdditivePlan[],
  studies: readonly Study[],
  options: MeasureOptions & FunctionOptions,
  { fits }: Fits,
): Promise<Result<AdditiveFit>> {
  const shapes = new Map(plans.map((plan) => [shapeOf(plan), plan]));
  const key = [...shapes.keys()].sort().join('\n');
  return once(fits, key, () => fitAdditive([...shapes.values()], studies, { ...errorsOf(options), ...options.additive, ...options }));
}

/** What was interrupted is begun again by the next who asks. */
async function once<K, T>(known: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make();
  known.set(key, made);
  try {
    return await made;
  } catch (error) {
    known.delete(key);
    throw error;
  }
}

function errorsOf({ uncertainty, draws, level, seed }: MeasureOptions): AdditiveOptions {
  const errors = uncertainty === 'none' ? 'none' : uncertainty === 'bootstrap' ? 'bootstrap' : 'sandwich';
  return {
    errors,
    ...(draws === undefined || errors !== 'bootstrap' ? {} : { draws }),
    ...(level === undefined ? {} : { level }),
    ...(seed === undefined ? {} : { seed }),
  };
}

const methodOf = ({ errors }: AdditiveFit): string =>
  errors === 'bootstrap' ? 'bootstrap within regimes' : errors === 'sandwich' ? 'sandwich (HC3) over the regimes, Student t' : 'none';

/** What the question states, part by part, with the open values filled in. */
function combinationAt({ parts }: AdditiveFound, point: Point): TargetPoint[] {
  return parts.map(({ weight, found, target }) => ({
    weight,
    plan: found.plan,
    at: new Map([...target.values].map(([name, value]) => [name, value === undefined ? (point.get(name) as Setting) : (value as Setting)])),
  }));
}

interface Places {
  readonly points: readonly Point[];
  /** By open variable; absent for free points. */
  readonly grid?: ReadonlyMap<Name, readonly Setting[]>;
}

async function placesOf(
  { open }: AdditiveFound,
  studies: readonly Study[],
  domains: ReadonlyMap<Name, Domain>,
  { at = {}, points }: FunctionOptions,
): Promise<Places | Issue> {
  const names = open.map(({ variable }) => variable);
  if (names.length === 0) return { points: [new Map()] };
  if (points !== undefined) {
    const given = Object.keys(points[0] ?? {});
    if (given.length !== names.length || names.some((name) => !given.includes(name)))
      return { code: 'at', message: `The question leaves ${names.join(', ')} open, and the points give ${given.join(', ')}.` };
    return { points: points.map((point) => new Map(names.map((name) => [name, point[name] as Setting]))) };
  }
  const count = [11, 11, 7, 5, 4][Math.min(4, names.length)] as number;
  const grid = new Map<Name, readonly Setting[]>();
  for (const name of names) {
    const domain = domains.get(name);
    const asked = at[name];
    if (asked !== undefined) grid.set(name, asked);
    else if (domain?.kind === 'finite') grid.set(name, domain.levels);
    else {
      const ranges = await Promise.all(studies.map((study) => study.ranges([name])));
      const { least, most, mean, sd } = poolRanges(ranges.flatMap((range) => range.get(name) ?? []));
      grid.set(name, roundValues(Math.max(least, mean - 2 * sd), Math.min(most, mean + 2 * sd), count));
    }
  }
  const size = [...grid.values()].reduce((product, values) => product * values.length, 1);
  if (size > limit)
    return { code: 'at', message: `The grid has ${size} points; at most ${limit} are evaluated.`, hint: 'Give fewer values.' };
  let all: (readonly [Name, Setting])[][] = [[]];
  for (const [name, values] of grid) all = all.flatMap((some) => values.map((value) => [...some, [name, value] as const]));
  return { points: all.map((entries) => new Map(entries)), grid };
}

/** Round numbers between the two, as near to `count` as steps of 1, 2, 2.5 and 5 allow. */
export function roundValues(least: number, most: number, count: number): number[] {
  if (!(most > least)) return [least];
  const power = 10 ** Math.floor(Math.log10((most - least) / (count - 1)));
  const digits = Math.min(100, Math.max(0, 1 - Math.floor(Math.log10(power) + 0.5)));
  let found: number[] = [];
  for (const factor of [10, 5, 2.5, 2, 1]) {
    const step = factor * power;
    const [first, last] = [Math.ceil(least / step - 1e-9), Math.floor(most / step + 1e-9)];
    const size = last - first + 1;
    if (size > 1 && Math.abs(size - count) < Math.abs(found.length - count))
      found = Array.from({ length: size }, (_, i) => Number(((first + i) * step).toFixed(digits)) + 0);
  }
  return found.length > 1 ? found : [least, most];
}

function functionOf(
  { open, assumption, parts }: AdditiveFound,
  { grid }: Places,
  points: readonly FunctionPoint[],
  domains: ReadonlyMap<Name, Domain>,
  level: number,
): MeanFunction {
  const [first] = parts;
  const own = domains.get(assumption.outcome);
  const held = [...(first?.target.values ?? [])].flatMap(([name, value]) =>
    value === undefined || parts.length > 1
      ? []
      : [{ name, part: first?.target.set.includes(name) === true ? ('set' as const) : ('given' as const), value: value as Setting }],
  );
  return {
    outcome: assumption.outcome,
    ...(own?.kind === 'real' && own.unit !== undefined ? { unit: own.unit } : {}),
    ...(assumption.log ? { log: true as const } : {}),
    axes: open.map(({ variable, part }) => {
      const domain = domains.get(variable);
      const values = grid?.get(variable);
      return {
        name: variable,
        part: part === 'set' ? 'set' : 'given',
        ...(values === undefined ? {} : { values }),
        ...(domain?.kind === 'real' && domain.unit !== undefined ? { unit: domain.unit } : {}),
      };
    }),
    held,
    points,
    level,
  };
}

function reportOf({ assumption, parts }: AdditiveFound, fit: AdditiveFit): AdditiveReport {
  const weights = new Map<string, number>();
  const key = (set: readonly Name[]): string => JSON.stringify([...set].sort());
  for (const { weight, found } of parts)
    for (const [r, { set }] of found.plan.regimes.entries())
      weights.set(key(set), (weights.get(key(set)) ?? 0) + weight * (found.plan.weights[r] as number));
  return {
    outcome: assumption.outcome,
    ...(assumption.log ? { log: true as const } : {}),
    blocks: assumption.blocks,
    regimes: fit.regimes.map(({ set, studies, records, residualVariance }) => ({
      set,
      studies,
      weight: weights.get(key(set)) ?? 0,
      records,
      ...(residualVariance >= 0 ? { residualDeviation: Math.sqrt(residualVariance) } : {}),
    })),
    basis: fit.basis,
    method: fit.method,
    errors: methodOf(fit),
  };
}
