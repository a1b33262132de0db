import type { Catalogue } from './data/catalogue.ts';
import type { Graph } from './graph/graph.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import { identify, stateValues } from './identification.ts';
import type { Answer, Diagnostic, Point } from './interpret/answer.ts';
import { printQuestion } from './query/print.ts';
import type { Question } from './query/terms.ts';
import { Interrupted, type RunOptions } from './run/progress.ts';

interface Identifiable {
  readonly graph?: Graph;
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly catalogue: Catalogue;
}

/** The levels of every finite variable: those of the problem, else those that the graph declares. */
export function levelsOf(problem: Pick<Identifiable, 'graph' | 'domains'>): Map<Name, readonly Value[]> {
  const levels = new Map<Name, readonly Value[]>();
  for (const variable of problem.graph?.variables.values() ?? [])
    if (variable.domain?.kind === 'finite') levels.set(variable.name, variable.domain.levels);
  for (const [name, domain] of problem.domains) if (domain.kind === 'finite') levels.set(name, domain.levels);
  return levels;
}

/** A question that is refused as a whole may have an answer at some of the values that it leaves open. */
export async function answerByValue(
  problem: Identifiable,
  question: Question,
  whole: Answer,
  options: RunOptions,
  answerOne: (question: Question) => Promise<Answer>,
  /** For the values that are not identified. */
  boundOne?: (question: Question) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const levels = levelsOf(problem);
  const rows = stateValues(question, levels);
  if (rows === undefined) return undefined;
  const answered: { readonly at: Readonly<Record<string, Value>>; readonly answer: Answer }[] = [];
  for (const row of rows) {
    if (options.signal?.aborted === true) throw new Interrupted();
    const { verdict } = identify(row.question, problem.graph, problem.catalogue, { levels });
    const one =
      verdict === 'identified' ? await answerOne(row.question) : await boundOne?.({ ...row.question, text: printQuestion(row.question) });
    if (one !== undefined && (verdict === 'identified' || isBounded(one))) answered.push({ at: row.at, answer: one });
  }
  const [first] = answered;
  if (first === undefined) return undefined;
  const distribution = answered.map(
    ({ at, answer: one }): Point => ({
      at,
      value: one.value ?? null,
      ...(one.lower === undefined || one.upper === undefined ? {} : { lower: one.lower, upper: one.upper }),
      ...(one.tightness === undefined ? {} : { tightness: one.tightness }),
      ...(one.uncertainty?.interval === undefined ? {} : { interval: one.uncertainty.interval }),
      ...(one.uncertainty?.standardError === undefined ? {} : { standardError: one.uncertainty.standardError }),
    }),
  );
  const missing = rows.length - answered.length;
  const note: Diagnostic[] =
    missing > 0
      ? [
          {
            name: 'values',
            level: 'warn',
            figure: missing,
            says: `${missing} of ${rows.length} values of the question are not identified and are left out. ${whole.why ?? ''}`,
          },
        ]
      : [];
  const { value: _value, uncertainty, estimand, lower: _lower, upper: _upper, inner: _inner, outer: _outer, ...more } = first.answer;
  const { emcc: _emcc, nextStudies: _next, certificate: _certificate, ...rest } = more;
  const certificates = answered.flatMap(({ at, answer: { certificate } }) => (certificate === undefined ? [] : [{ at, certificate }]));
  const bounded = answered.find(({ answer: one }) => isBounded(one))?.answer;
  return {
    ...rest,
    ...(bounded?.agreement === undefined ? {} : { agreement: bounded.agreement }),
    ...(bounded?.projected === undefined ? {} : { projected: bounded.projected }),
    status: bounded?.status ?? answered.find(({ answer: { status } }) => status === 'identified')?.answer.status ?? rest.status,
    question: whole.question,
    terms: whole.terms,
    rung: whole.rung,
    ...(answered.every(({ answer: { kind, status } }) => kind === 'none' && status === 'identified')
      ? { kind: 'none' }
      : { kind: 'distribution', distribution }),
    ...(certificates.length === 0 ? {} : { certificates }),
    ...(uncertainty === undefined ? {} : { uncertainty: { level: uncertainty.level, method: uncertainty.method } }),
    ...(estimand === undefined ? {} : { estimand }),
    diagnostics: [
      ...note,
      { name: 'rows', level: 'ok', says: `Every row has its own estimand; the one shown is that of the first.` },
      ...unlike(answered.flatMap(({ answer: one }) => one.diagnostics)),
    ],
    assumes: [...new Set(answered.flatMap(({ answer: one }) => one.assumes))],
    studies: unlike(answered.flatMap(({ answer: one }) => one.studies)),
    leaves: unlike(answered.flatMap(({ answer: one }) => one.leaves ?? [])),
  };
}

const isBounded = ({ status }: Answer): boolean => status === 'bounded' || status === 'incompatible';

/** Each once, by content. */
const unlike = <T>(items: readonly T[]): T[] => [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
