import { exactProbability } from './exchangeable/exact.ts';
import type { FamilyCounts } from './exchangeable/family-counts.ts';
import type { FittedMechanism, FittedProcess } from './exchangeable/fitted.ts';
import type { ExchangeableModel, Mechanism } from './exchangeable/terms.ts';
import type { PointQuestion } from './exchangeable-question.ts';
import type { Diagnostic, EnvironmentReport } from './interpret/answer.ts';
import { writeName } from './query/lex.ts';

const figure = (value: number): string => String(Number(value.toPrecision(3)));

/** How one mechanism varies, in words. */
export function mechanismSays({ variable, parents, kind }: Pick<FittedMechanism, 'variable' | 'parents' | 'kind'>): string {
  const of = `${writeName(variable)}${parents.length === 0 ? '' : ` given ${parents.map((name) => writeName(name)).join(', ')}`}`;
  if (kind === 'mixture 1') return `${of}: the same in every environment`;
  if (kind === 'xor') return `${of}: one noise for all causes, with a rate of its own in each environment (Beta)`;
  if (kind === 'dirichlet')
    return parents.length === 0
      ? `${of}: rates of its own in each environment (Dirichlet)`
      : `${of}: rates of its own in each environment, one set for each value of the causes, independent of each other (Dirichlet)`;
  if (kind.startsWith('dirichlets'))
    return `${of}: environments are of ${kind.slice(11)} kinds, and within each kind rates of its own in each environment (mixture of Dirichlets)`;
  return `${of}: environments are of ${kind.slice(8)} kinds, each with a table of its own`;
}

/** A handful of environments, or environments of single records. */
export function aboutFewness(count: number, sizes: ArrayLike<number>): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  if (count < 10)
    diagnostics.push({
      name: 'few environments',
      level: 'warn',
      figure: count,
      says: `How environments differ was learned from ${count} of them, as a mean from ${count} records would be: take the interval as an order of magnitude, and what is said of a new environment as a guess.`,
    });
  const alone = Array.from(sizes).filter((size) => size < 2).length;
  if (alone > 0)
    diagnostics.push({
      name: 'single records',
      level: alone * 2 > sizes.length ? 'warn' : 'ok',
      figure: alone,
      says: `${alone} of ${sizes.length} environments have one record: they tell of rates, not of how environments differ.`,
    });
  return diagnostics;
}

/** Where nothing was seen to vary but little could have been, the fit leaves room for it, and that is said instead. */
export function withoutPower(
  diagnostics: readonly Diagnostic[],
  constant: boolean,
  mechanisms: readonly FittedMechanism[],
): readonly Diagnostic[] {
  const open = mechanisms.filter(({ kind }) => kind !== 'mixture 1').map(({ variable }) => writeName(variable));
  if (!constant || open.length === 0) return diagnostics;
  return diagnostics.map((one) =>
    one.name === 'variation'
      ? {
          ...one,
          says: `No mechanism was shown to vary between environments, but they are too few or too small to show that they are alike: the fit leaves room for differences in ${open.join(', ')}, and what is said of single environments rests on that more than on records.`,
        }
      : one,
  );
}

/** Rows of mechanisms that no record shows and on which the answer hangs: how far it moves with other guesses. */
export function aboutUnseen({ model, families }: FittedProcess, points: readonly PointQuestion[]): Diagnostic[] {
  const value = (mechanisms: readonly Mechanism[]): number[] =>
    points.slice(0, 8).map(({ parts }) =>
      parts.reduce((sum, { weight, query }) => {
        const found = exactProbability({ ...model, mechanisms }, query);
        return sum + weight * (found.ok ? (found.value.value ?? 0) : 0);
      }, 0),
    );
  const found: Diagnostic[] = [];
  for (const [i, { variable, parents }] of model.mechanisms.entries()) {
    const { tables, configurations, levels } = families[i] as FamilyCounts;
    const seen = Array.from({ length: configurations }, (_, c) =>
      tables.some((table) => table.subarray(c * levels, (c + 1) * levels).some((count) => count > 0)),
    );
    for (const [c, known] of seen.entries()) {
      if (known || found.length > 3) continue;
      const guesses = Array.from({ length: levels }, (_, level) => {
        const rows = Array.from({ length: configurations }, (__, r) =>
          Array.from({ length: levels }, (___, k) => (r === c ? (k === level ? 1 : 0) : 1 / levels)),
        );
        const guess: Mechanism = { kind: 'mixture', variable, parents, weights: [1], rows: [rows] };
        return value(model.mechanisms.map((one, k) => (k === i ? guess : one)));
      });
      const moves = Math.max(...(guesses[0] ?? []).map((_, p) => spanOf(guesses.map((row) => row[p] as number))));
      if (moves < 0.01) continue;
      found.push({
        name: 'unseen rows',
        level: 'fail',
        figure: moves,
        says: `No record has ${configurationText(model, parents, c)}: P(${writeName(variable)} | ${parents.map((name) => writeName(name)).join(', ')}) there is a guess (all levels alike), and other guesses would move the answer by up to ${figure(moves)}.`,
      });
    }
  }
  return found;
}

const spanOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

function configurationText({ levels }: ExchangeableModel, parents: readonly string[], configuration: number): string {
  let rest = configuration;
  const parts: string[] = [];
  for (const name of [...parents].reverse()) {
    const own = levels.get(name) ?? [];
    parts.unshift(`${writeName(name)}=${own[rest % own.length]}`);
    rest = Math.floor(rest / own.length);
  }
  return parts.join(', ');
}

/** A mixture knows only a few kinds of environments: what it says of a single one is too sure. */
export function aboutKinds({ mechanisms, factors }: EnvironmentReport, asked: boolean): Diagnostic[] {
  const few = mechanisms.filter(({ kind }) => kind.startsWith('mixture') && kind !== 'mixture 1');
  if (!asked || factors !== 'fitted' || few.length === 0) return [];
  const kinds = Math.max(...few.map(({ kind }) => Number(kind.slice(8))));
  return [
    {
      name: 'kinds of environments',
      level: 'warn',
      figure: kinds,
      says: `${few.map(({ variable }) => writeName(variable)).join(', ')}: the fit knows ${kinds} kinds of environments and no others, so what it says of a single environment is surer than the records are; environments between kinds are drawn to one of them.`,
    },
  ];
}

/** The answer by the other way to get the factors, and whether the two agree. */
export function aboutDisagreement(
  { beside, environments }: EnvironmentReport,
  value: number | undefined,
  draws: readonly (readonly number[])[],
  otherDraws: readonly (readonly number[])[],
): Diagnostic[] {
  if (beside === undefined || value === undefined || Number.isNaN(value)) return [];
  const gaps = otherDraws.flatMap((other, k) => {
    const gap = (draws[k]?.[0] as number) - (other?.[0] as number);
    return Number.isNaN(gap) ? [] : [gap];
  });
  const mean = gaps.reduce((sum, one) => sum + one, 0) / gaps.length;
  const error = Math.sqrt(gaps.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (gaps.length - 1));
  const apart = Math.abs(value - beside.value);
  const same = apart < 1e-9;
  const errors = gaps.length >= 20 && error > 1e-9 && !same ? apart / error : undefined;
  const how =
    beside.factors === 'frequencies'
      ? 'Frequencies of tuples of records of one environment, which fit nothing,'
      : 'Mechanisms fitted by empirical Bayes';
  const far = errors !== undefined && errors > 3;
  return [
    {
      name: beside.factors,
      level: far ? 'warn' : 'ok',
      figure: beside.value,
      says: `${how} give ${figure(beside.value)}, ${same ? 'the same' : `${figure(apart)} away`}${errors === undefined ? '' : ` (${errors.toPrecision(2)} standard errors of the difference over ${environments} environments)`}${far ? ': the kinds of mechanisms that were fitted may be wrong' : ''}.`,
    },
  ];
}

/** What all rows together would have said. */
export function aboutPooling(
  { pooled, environments }: EnvironmentReport,
  value: number | undefined,
  mechanisms: readonly FittedMechanism[],
): Diagnostic[] {
  if (pooled === undefined || value === undefined || Number.isNaN(value)) return [];
  const still = mechanisms.every(({ kind }) => kind === 'mixture 1');
  return [
    {
      name: 'pooled rows',
      level: 'ok',
      figure: pooled,
      says: `All rows taken as independent give ${figure(pooled)}: there each environment counts by its number of rows; here ${still ? 'nothing was found to vary, so rows count alike too' : `each of the ${environments} environments counts as one draw, which is what a new environment is`}.`,
    },
  ];
}
