import type { Study } from './data/study.ts';
import { type EnvironmentPlan, type EnvironmentProblem, planEnvironments } from './environment-plan.ts';
import { type KnownRow, learnRows, tiesOf } from './exchangeable/linear-condition.ts';
import { type EffectArm, effectMoments, neededFor, type ParentsOf } from './exchangeable/linear-effect.ts';
import { type FittedMechanism, fitMechanisms, mechanismsOf, refitMechanisms } from './exchangeable/linear-mechanisms.ts';
import { type MixedEnvironments, readMixedEnvironments } from './exchangeable/mixed-environments.ts';
import type { Cell } from './exchangeable/terms.ts';
import { derivationOfReal, diagnosticsOfReal, mechanismReports } from './exchangeable-real-words.ts';
import type { Graph } from './graph/graph.ts';
import { parents, siblings } from './graph/kin.ts';
import type { Name, Value } from './graph/variable.ts';
import type { Answer, EnvironmentReport, Point, ProcessSpread } from './interpret/answer.ts';
import { Random } from './math/random.ts';
import { studentQuantile } from './math/special.ts';
import type { MeasureOptions } from './measure.ts';
import { writeName } from './query/lex.ts';
import type { Question } from './query/terms.ts';
import { failure, type Result, success } from './run/issue.ts';

/** One mean of the question, with what it knows of each row. */
interface Mean {
  readonly weight: number;
  readonly target: Cell;
  readonly seen: readonly KnownRow[];
  /** The environment that it names; `null`: each of them. */
  readonly label?: Value | null;
}

/** A mean in one environment (undefined: a new one), ready to be computed. */
interface Place {
  readonly mean: Mean;
  readonly environment: number | undefined;
}

type Found = NonNullable<EnvironmentPlan['found']>;

/**
 * Means of a real variable from studies with environments, where mechanisms are linear with coefficients of each environment, or finite:
 * E[Y | do(X=x)] in a new environment or a named one, given further rows of it. Refused: what {@link planEnvironments} refuses;
 * probabilities of real variables; finite variables with real causes; rows that are seen only in part, where the missing part matters.
 */
export async function answerRealEnvironments(
  question: Question,
  problem: EnvironmentProblem & { readonly studies: readonly Study[] },
  options: MeasureOptions,
  plan: EnvironmentPlan = planEnvironments(question, problem),
): Promise<Answer> {
  const { answer, found } = plan;
  if (found === undefined) return answer;
  const studies = problem.studies.filter(({ name }) => found.studies.includes(name));
  const read = studies.map(({ name, size, fingerprint }) => ({ name, rows: Number.isFinite(size) ? size : null, fingerprint }));
  const no = ({ issues }: { readonly issues: readonly { readonly message: string; readonly hint?: string }[] }): Answer => {
    const { estimand: _, identifiable: __, ...bare } = answer;
    const why = issues.map(({ message, hint }) => (hint === undefined ? message : `${message} ${hint}`)).join(' ');
    return { ...bare, status: 'refused', kind: 'none', why, refused: [{ rule: 'exchangeable', why }], studies: read };
  };
  const parentsOf = parentsIn(found);
  const targets = targetsOf(found);
  if (!targets.ok) return no(targets);
  const needed = new Set<Name>();
  for (const { position, variable, known } of targets.value)
    if (position > 0) for (const name of neededFor(parentsOf, [variable], known)) needed.add(name);
  const inQuestion = found.shape.mechanisms
    .map(({ variable }) => variable)
    .filter(
      (name) =>
        [...needed].some((one) => one === name || parentsOf(one).includes(name)) || targets.value.some(({ variable }) => variable === name),
    );
  const beside = besideThem(inQuestion, needed, problem.graph, studies);
  const names = [...new Set([...inQuestion, ...[...beside.values()].flat()])];
  const records = await readMixedEnvironments(studies, names, options);
  if (!records.ok) return no(records);
  const environments = records.value;
  const means = meansOf(found, environments);
  if (!means.ok) return no(means);
  const random = new Random(options.seed ?? 0, 'environments');
  const drawn = new Map(inQuestion.filter((name) => needed.has(name)).map((name) => [name, parentsOf(name)]));
  const fitted = fitMechanisms(environments, drawn, random.split('kinds'));
  if (!fitted.ok) return no(fitted);
  const compared = [
    ...fitted.value,
    ...[...beside].flatMap((one) => {
      const other = fitMechanisms(environments, new Map([one]), random.split('kinds'));
      return other.ok ? other.value : [];
    }),
  ];
  const points = pointsOf(means.value, environments);
  if (!points.ok) return no(points);
  const values: PointValue[] = [];
  for (const places of points.value) {
    const value = valueAt(places, fitted.value, parentsOf);
    if (!value.ok) return no(value);
    values.push(value.value);
  }
  const boot = await bootstrap(points.value, fitted.value, parentsOf, environments.labels.length, random, options);
  const { level = 0.95 } = options;
  const count = environments.labels.length;
  const quantile = studentQuantile((1 + level) / 2, Math.max(1, count - 1));
  const around = (value: number, error: number): readonly [number, number] => [value - quantile * error, value + quantile * error];
  const pointAt = (i: number): Pick<Point, 'standardError' | 'interval' | 'spread'> => {
    const { mean, variance } = values[i] as PointValue;
    const error = boot?.errors[i];
    return {
      ...(error === undefined ? {} : { standardError: error, interval: around(mean, error) }),
      ...(variance === undefined ? {} : { spread: spreadOf(mean, variance, error ?? 0, around, level) }),
    };
  };
  const method =
    boot &&
    `bootstrap over ${count} environments (${boot.draws} draws; never over rows), normal errors with Student's t for so few; how coefficients vary is kept`;
  const each = means.value.some(({ label }) => label === null);
  const first = pointAt(0);
  const report: EnvironmentReport = {
    environments: count,
    ...sizesIn(environments),
    factors: 'fitted',
    asked: each ? [] : askedIn(points.value, environments),
    mechanisms: mechanismReports(fitted.value),
    ...(!each && first.spread !== undefined ? { spread: first.spread } : {}),
  };
  const diagnostics = [...answer.diagnostics, ...diagnosticsOfReal(compared, environments), ...interruption(options)];
  const { interval, standardError } = first;
  return {
    ...answer,
    ...(each
      ? {
          kind: 'distribution' as const,
          distribution: points.value.map(
            (places, i): Point => ({
              at: labelOf(places, found, environments),
              value: (values[i] as PointValue).mean,
              ...pointAt(i),
            }),
          ),
          ...(method === undefined ? {} : { uncertainty: { level, method } }),
        }
      : {
          kind: 'point' as const,
          value: (values[0] as PointValue).mean,
          ...(method === undefined || interval === undefined || standardError === undefined
            ? {}
            : { uncertainty: { level, interval, standardError, method } }),
        }),
    assumes: [
      ...answer.assumes,
      ...fitted.value.flatMap(({ kind, variable }) => (kind === 'linear' ? [`linear(${writeName(variable)})`] : [])),
    ],
    environments: report,
    derivation: [...(answer.derivation ?? []), ...derivationOfReal(fitted.value)],
    diagnostics,
    studies: read,
  };
}

/** Mechanisms that the question does not take although their variables stand in it: they should be independent of those that it takes. */
function besideThem(
  names: readonly Name[],
  needed: ReadonlySet<Name>,
  graph: Graph | undefined,
  studies: readonly Study[],
): ReadonlyMap<Name, readonly Name[]> {
  const beside = new Map<Name, readonly Name[]>();
  if (graph === undefined) return beside;
  for (const name of names) {
    const above = [...parents(graph, [name])];
    const seen = above.every((one) => studies.every(({ measured }) => measured.includes(one)));
    if (!needed.has(name) && seen && siblings(graph, [name]).size === 0) beside.set(name, above);
  }
  return beside;
}

const parentsIn = ({ shape }: Found): ParentsOf => {
  const parents = new Map(shape.mechanisms.map((one) => [one.variable, one.parents]));
  return (name) => parents.get(name) ?? [];
};

/** The cell whose mean each part takes, with the names that are known in its row; issue `not-a-mean`. */
function targetsOf({
  parts,
}: Found): Result<{ readonly variable: Name; readonly position: number; readonly known: ReadonlyMap<Name, number> }[]> {
  const targets: { variable: Name; position: number; known: Map<Name, number> }[] = [];
  for (const { take, part } of parts) {
    const [target, other] = part.of;
    if (take !== 'mean' || target === undefined || other !== undefined)
      return failure({
        code: 'not-a-mean',
        message: `A real variable matters for this question, and then only means are answered from environments (each mechanism is taken to be linear, of its noise only the variance is known).`,
        hint: `Ask for E[Y | do(...)], or cut the real variables into levels ("cut" under "variables").`,
      });
    const known = [...part.query.given, ...part.query.set].filter(({ position }) => position === target.position);
    targets.push({ ...target, known: new Map(known.map(({ variable, value }) => [variable, value])) });
  }
  return success(targets);
}

/** The question's means, with values as the records have them. Issues: `unknown-level`, `not-real`. */
function meansOf({ parts, shape }: Found, { names, columns }: MixedEnvironments): Result<Mean[]> {
  const means: Mean[] = [];
  for (const { weight, part } of parts) {
    const target = part.of[0] as Cell;
    const own = columns[names.indexOf(target.variable)];
    if (own?.kind !== 'real')
      return failure({
        code: 'not-real',
        message: `${target.variable} is finite, and a real variable is among its causes or conditions.`,
        hint: 'Cut the real variable into levels ("cut" under "variables").',
      });
    const rows = new Map<number, { readonly seen: Map<Name, number>; readonly set: Map<Name, number> }>();
    for (const side of ['given', 'set'] as const)
      for (const { variable, position, value } of part.query[side]) {
        const text = shape.levels.get(variable)?.[value] as Value;
        const column = columns[names.indexOf(variable)];
        const number = column?.kind === 'finite' ? column.levels.indexOf(text) : Number(text);
        if (column?.kind === 'finite' && number < 0)
          return failure({ code: 'unknown-level', message: `${variable} is never ${text} in the records of environments.` });
        const row = rows.get(position) ?? { seen: new Map(), set: new Map() };
        row[side === 'given' ? 'seen' : 'set'].set(variable, number);
        rows.set(position, row);
      }
    means.push({
      weight,
      target,
      seen: [...rows].map(([position, row]) => ({ position, ...row })),
      ...(part.environment === undefined ? {} : { label: part.environment.label }),
    });
  }
  return success(means);
}

/** One list of means for each number asked for. Issues: `unknown-environment`. */
function pointsOf(means: readonly Mean[], { labels }: MixedEnvironments): Result<Place[][]> {
  const fixed: (number | undefined)[] = [];
  for (const { label } of means) {
    if (label === undefined || label === null) {
      fixed.push(undefined);
      continue;
    }
    const hits = labels.flatMap((one, e) => (one === label || one.endsWith(`: ${label}`) ? [e] : []));
    if (hits.length !== 1)
      return failure({
        code: 'unknown-environment',
        message: hits.length === 0 ? `No record is of an environment ${label}.` : `Several studies have an environment ${label}.`,
        hint: hits.length === 0 ? 'Ask without it for a new environment.' : 'Ask with one study.',
      });
    fixed.push(hits[0]);
  }
  const places = means.some(({ label }) => label === null) ? [...labels.keys()] : [undefined];
  return success(places.map((e) => means.map((mean, i): Place => ({ mean, environment: mean.label === null ? e : fixed[i] }))));
}

interface PointValue {
  readonly mean: number;
  /** Between environments, or of what is unknown of the named one; absent: the parts are about rows of different knowledge. */
  readonly variance?: number;
}

/** Means of the same environment with the same further rows are taken together. */
function valueAt(places: readonly Place[], fitted: readonly FittedMechanism[], parentsOf: ParentsOf): Result<PointValue> {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const { mean, environment } = place;
    const others = otherRows(mean).map(({ position, seen, set }) => [position, [...seen], [...set]]);
    const key = JSON.stringify([environment ?? -1, others]);
    groups.set(key, [...(groups.get(key) ?? []), place]);
  }
  let [mean, variance] = [0, 0];
  for (const group of groups.values()) {
    const known = mechanismsOf(fitted, group[0]?.environment);
    const arms: EffectArm[] = [];
    const needed = new Set<Name>();
    for (const { mean: one } of group) {
      const row = one.seen.find(({ position }) => position === one.target.position);
      const inRow = new Map([...(row?.seen ?? []), ...(row?.set ?? [])]);
      const own = inRow.get(one.target.variable);
      if (own !== undefined) {
        mean += one.weight * own;
        continue;
      }
      const here = neededFor(parentsOf, [one.target.variable], inRow);
      const tied = row === undefined ? [] : [...tiesOf(parentsOf, row.seen, row.set).keys()].filter((name) => here.has(name));
      if (tied.length > 0)
        return failure({
          code: 'partly-seen',
          message: `What is seen in the row of ${one.target.variable} also tells of ${tied.join(', ')} there, which the question leaves open.`,
          hint: `Give the values of ${tied.filter((name) => name !== one.target.variable).join(', ') || 'its causes'} too, or leave the condition out.`,
        });
      for (const name of here) needed.add(name);
      arms.push({ weight: one.weight, target: one.target.variable, known: inRow });
    }
    const first = group[0] as Place;
    const learned = learnRows(known, parentsOf, otherRows(first.mean), needed);
    if (!learned.ok) return learned;
    const moments = effectMoments(learned.value.mechanisms, arms);
    if (!moments.ok) return moments;
    mean += moments.value.mean;
    variance += moments.value.variance;
  }
  const separate = new Set(places.map(({ environment }) => environment ?? -1));
  return success({ mean, ...(groups.size === 1 || (separate.size === groups.size && !separate.has(-1)) ? { variance } : {}) });
}

const otherRows = ({ seen, target }: Mean): KnownRow[] => seen.filter(({ position }) => position !== target.position);

interface Bootstrap {
  readonly draws: number;
  readonly errors: readonly number[];
}

/**
 * Standard errors from environments drawn with replacement, mechanisms fitted again, larger by the root of E / (E - 1) because a sample of
 * E environments varies less about itself than about the truth. Undefined: not asked for, or too few draws could be fitted.
 */
async function bootstrap(
  points: readonly (readonly Place[])[],
  fitted: readonly FittedMechanism[],
  parentsOf: ParentsOf,
  count: number,
  random: Random,
  { uncertainty, draws = 1000, signal, onProgress, pause }: MeasureOptions,
): Promise<Bootstrap | undefined> {
  if (uncertainty === 'none') return undefined;
  const wanted = Math.min(draws, affordable(fitted, count));
  const stream = random.split('bootstrap');
  const found: number[][] = [];
  for (let draw = 0; draw < wanted && signal?.aborted !== true; draw++) {
    if (draw % 8 === 0) {
      onProgress?.({ task: 'bootstrap over environments', done: draw, total: wanted });
      await pause?.();
    }
    const own = stream.split(draw);
    const counts = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const e = own.integer(count);
      counts[e] = (counts[e] as number) + 1;
    }
    const again = refitMechanisms(fitted, counts);
    if (!again.ok) continue;
    const values = points.map((places) => valueAt(places, again.value, parentsOf));
    if (values.every((one) => one.ok)) found.push(values.map((one) => (one.ok ? one.value.mean : Number.NaN)));
  }
  if (found.length < 20) return undefined;
  const errors = points.map((_, i) => {
    const mean = found.reduce((sum, row) => sum + (row[i] as number), 0) / found.length;
    const square = found.reduce((sum, row) => sum + ((row[i] as number) - mean) ** 2, 0) / (found.length - 1);
    return Math.sqrt((square * count) / (count - 1));
  });
  return { draws: found.length, errors };
}

/** Draws that take some seconds: a fit costs about forty passes over the environments, cubic in the coefficients. */
function affordable(fitted: readonly FittedMechanism[], count: number): number {
  const work = fitted.reduce((sum, one) => sum + (one.kind === 'linear' ? 40 * count * (8 + one.fit.size) ** 3 : 1e5), 1);
  return Math.max(200, Math.floor(8e9 / work));
}

function spreadOf(
  mean: number,
  variance: number,
  error: number,
  around: (value: number, error: number) => readonly [number, number],
  level: number,
): ProcessSpread {
  return { deviation: Math.sqrt(variance), interval: around(mean, Math.sqrt(variance + error ** 2)), level };
}

function sizesIn({ starts, counts, labels }: MixedEnvironments): Pick<EnvironmentReport, 'records' | 'sizes'> {
  const sizes = labels.map((_, e) => sizeOf({ starts, ...(counts && { counts }) }, e));
  return { records: sizes.reduce((sum, one) => sum + one, 0), sizes: [Math.min(...sizes), Math.max(...sizes)] };
}

function sizeOf({ starts, counts }: Pick<MixedEnvironments, 'starts' | 'counts'>, e: number): number {
  const [from, to] = [starts[e] as number, starts[e + 1] as number];
  return counts ? counts.subarray(from, to).reduce((sum, one) => sum + one, 0) : to - from;
}

function askedIn(points: readonly (readonly Place[])[], environments: MixedEnvironments): EnvironmentReport['asked'] {
  const asked = new Set(points.flat().flatMap(({ environment }) => environment ?? []));
  return [...asked].map((e) => ({ label: environments.labels[e] as string, records: sizeOf(environments, e) }));
}

function labelOf(places: readonly Place[], { parts }: Found, { labels }: MixedEnvironments): Readonly<Record<string, Value>> {
  const at = places.findIndex(({ mean }) => mean.label === null);
  const column = parts[at]?.part.environment?.column;
  return column === undefined ? {} : { [column]: labels[places[at]?.environment as number] as string };
}

const interruption = ({ signal }: MeasureOptions): Answer['diagnostics'] =>
  signal?.aborted === true
    ? [{ name: 'interrupted', level: 'warn', says: 'Interrupted: the interval rests on fewer draws, or is left out.' }]
    : [];
