import { type Asked, type AskOptions, ask } from './ask.ts';
import { prepare } from './bounds/prepare.ts';
import { type BlockAgreement, openBounds } from './bounds/rule.ts';
import { levelsOf } from './by-value.ts';
import type { Regime } from './data/regime.ts';
import { impliedIndependences } from './graph/independences.ts';
import { project } from './graph/projection.ts';
import { cutInto } from './graph/surgery.ts';
import type { Domain, Name, Value } from './graph/variable.ts';
import { stateValues } from './identification.ts';
import type { Answer, Diagnostic } from './interpret/answer.ts';
import { holm, type IndependenceTest, testIndependence } from './interpret/independence.ts';
import { compileQuestion } from './query/bind.ts';
import { type Result, success } from './run/issue.ts';
import { Interrupted } from './run/progress.ts';

/** A study as it was understood. */
export interface StudyTable {
  readonly name: Name;
  readonly regime: Regime;
  /** Null: exact probabilities. */
  readonly rows: number | null;
  readonly effectiveSize: number | null;
  readonly fingerprint: string;
  readonly variables: readonly {
    readonly name: Name;
    readonly domain: Domain;
    readonly levels?: readonly { readonly value: Value; readonly share: number; readonly records: number | null }[];
  }[];
}

export interface QuestionOverlap {
  readonly question: string;
  readonly status: Answer['status'];
  /** Not identified, but models bound it: `ask` gives the bounds. */
  readonly bounded?: true;
  readonly diagnostics: readonly Diagnostic[];
}

export interface CheckReport {
  readonly schema: 'doable/check@1';
  readonly ok: boolean;
  readonly notes: readonly string[];
  readonly tables: readonly StudyTable[];
  readonly overlap: readonly QuestionOverlap[];
  readonly independences: readonly (IndependenceTest & { readonly study: Name })[];
  /** For each c-component on which the studies could disagree: whether they do. Absent: not looked at. */
  readonly agreement?: readonly BlockAgreement[];
  /** Family-wise error rate of the independence tests. */
  readonly level: number;
}

/**
 * The tables as understood, the overlap that the problem's questions need, and what the graph says that the data can
 * contradict: every implied independence in every study, in the graph of its regime projected onto what it measured, with
 * Holm's correction over all of them. `ok` is false if one is violated or a question lacks the records it needs.
 */
export async function check(
  problem: Asked & { readonly ask?: readonly string[]; readonly notes?: readonly string[] },
  options: AskOptions & { readonly familyLevel?: number } = {},
): Promise<Result<CheckReport>> {
  const asked = await ask(problem, problem.ask ?? [], { ...options, uncertainty: 'none', verify: false, bounds: 'none' });
  if (!asked.ok) return asked;
  const overlap: QuestionOverlap[] = [];
  for (const { question, status, diagnostics } of asked.value.answers)
    overlap.push({
      question,
      status,
      ...(status === 'not-identified' && (await hasBounds(problem, question, options)) ? { bounded: true } : {}),
      diagnostics: diagnostics.filter(({ name }) => name === 'overlap' || name === 'condition' || name === 'thin cells'),
    });
  const tables: StudyTable[] = [];
  for (const study of problem.studies) {
    const variables: StudyTable['variables'][number][] = [];
    for (const name of study.measured) {
      const domain = study.domains.get(name) ?? { kind: 'real' };
      variables.push({ name, domain, ...(domain.kind === 'finite' ? { levels: await sharesOf(study, name) } : {}) });
      await options.pause?.();
    }
    const size = (value: number): number | null => (Number.isFinite(value) ? value : null);
    tables.push({
      name: study.name,
      regime: study.regime,
      rows: size(study.size),
      effectiveSize: size(study.effectiveSize),
      fingerprint: study.fingerprint,
      variables,
    });
  }
  const level = options.familyLevel ?? 0.05;
  const independences = holm(await testAll(problem, options), level);
  const agreement = await agreementIn(problem, options);
  const ok =
    agreement.every(({ conflict }) => !conflict) &&
    independences.every((test) => test.verdict !== 'violated') &&
    overlap.every(({ diagnostics }) => diagnostics.every((one) => one.level !== 'fail'));
  return success({ schema: 'doable/check@1', ok, notes: problem.notes ?? [], tables, overlap, independences, level, agreement });
}

/** There is a programme whose range bounds it, at the first of the values that it leaves open. */
async function hasBounds(problem: Asked, text: string, options: AskOptions): Promise<boolean> {
  const { graph } = problem;
  if (graph === undefined) return false;
  const question = compileQuestion(text, { graph, domains: problem.domains });
  if (!question.ok) return false;
  const [first] = stateValues(question.value, levelsOf(problem)) ?? [];
  return (await prepare({ ...problem, graph }, first?.question ?? question.value, options)).ok;
}

async function agreementIn(problem: Asked, options: AskOptions): Promise<readonly BlockAgreement[]> {
  const { graph } = problem;
  if (graph === undefined || problem.studies.length === 0) return [];
  const bounds = await openBounds({ ...problem, graph }, options);
  const found = bounds.ok ? await bounds.value.agreements() : bounds;
  return found.ok ? found.value : [];
}

async function sharesOf(study: Asked['studies'][number], name: Name): Promise<{ value: Value; share: number; records: number | null }[]> {
  const counts = await study.counts([name]);
  const shares = new Float64Array(counts.levels[0]?.length ?? 0);
  counts.codes.forEach((code, cell) => {
    shares[code] = counts.weight[cell] as number;
  });
  return (counts.levels[0] ?? []).map((value, i) => ({
    value,
    share: (shares[i] as number) / counts.total,
    records: counts.exact ? null : (shares[i] as number),
  }));
}

async function testAll(problem: Asked, options: AskOptions): Promise<(IndependenceTest & { study: Name })[]> {
  const { graph } = problem;
  if (graph === undefined) return [];
  const tests: (IndependenceTest & { study: Name })[] = [];
  for (const study of problem.studies) {
    const measured = study.measured.filter((name) => graph.variables.has(name) && graph.variables.get(name)?.latent !== true);
    const fixed = new Set(Object.keys(study.regime.fixed ?? {}));
    const regime = project(
      cutInto(
        graph,
        study.regime.set.filter((name) => graph.variables.has(name)),
      ),
      measured,
    );
    const { found } = impliedIndependences(regime, { limit: 2000 });
    for (const [i, { a, b, given }] of found.entries()) {
      if (options.signal?.aborted === true) throw new Interrupted();
      options.onProgress?.({ task: `independences in ${study.name}`, done: i, total: found.length });
      if ([a, b].some((name) => fixed.has(name))) continue;
      // Variables that were set jointly need not be independent by design.
      if (study.regime.set.includes(a) && study.regime.set.includes(b)) continue;
      tests.push({
        study: study.name,
        ...(await testIndependence(
          study,
          a,
          b,
          given.filter((name) => !fixed.has(name)),
        )),
      });
      await options.pause?.();
    }
  }
  return tests;
}
