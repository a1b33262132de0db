import { type Asked, type AskOptions, ask } from './ask.ts';
import { type Discovered, type DiscoverOptions, discovered } from './discover.ts';
import type { DiscoveryDocument } from './discover-document.ts';
import { graphOfArrows, graphTextOf } from './discover-graph.ts';
import { independentMembers } from './discover-members.ts';
import { findCycle, type Graph } from './graph/graph.ts';
import type { Name } from './graph/variable.ts';
import type { Answer, AnswersDocument, Diagnostic, LearnedGraph, Point } from './interpret/answer.ts';
import { type Result, success } from './run/issue.ts';
import { Interrupted } from './run/progress.ts';

type Arrow = readonly [number, number];

/** A graph under which questions are asked; `share` of the resamples of environments have it. */
interface Candidate {
  readonly arrows: readonly Arrow[];
  readonly share: number;
}

/** Resampled graphs that are asked, the most frequent first. */
const mostGraphs = 24;
/** Edges of undecided direction that are turned both ways in all combinations. */
const mostTurned = 4;

export interface LearnedAnswers {
  readonly answers: AnswersDocument;
  readonly discovery: DiscoveryDocument;
}

/**
 * Discovers the graph from environments, then answers under it; and under the graphs that resamples of environments give, and under those
 * with undecided edges turned round, so that every answer says how much hangs on the graph. Beside it what an analysis of independent
 * records would say, over all graphs that it cannot tell apart. Issues: those of `discoverGraph` and `ask`.
 */
export async function askLearned(
  problem: Asked,
  questions: readonly string[],
  options: AskOptions & { readonly discover?: DiscoverOptions } = {},
): Promise<Result<LearnedAnswers>> {
  const started = options.now?.() ?? 0;
  const { discover = {}, ...asking } = options;
  const found = await discovered(problem, { ...discover, ...runOf(asking), opinions: false });
  if (!found.ok) return found;
  const { document: discovery, environments } = found.value;
  const { names } = environments;
  const best = found.value.found.arrows.map(({ from, to }): Arrow => [from, to]);
  const given = problem.assume ?? [];
  const exchanging: Asked = { ...problem, assume: given.includes('exchangeable') ? given : [...given, 'exchangeable'] };
  const first = await ask(withGraph(exchanging, graphOfArrows(names, best)), questions, asking);
  if (!first.ok) return first;
  const quick: AskOptions = { ...asking, uncertainty: 'none', verify: false, bounds: 'none' };
  let partial = first.value.partial === true || discovery.partial === true;
  const under = async (arrows: readonly Arrow[], asked: Asked): Promise<readonly Answer[]> => {
    if (partial) return [];
    const answered = await ask(withGraph(asked, graphOfArrows(names, arrows)), questions, quick);
    partial ||= options.signal?.aborted === true;
    return answered.ok ? answered.value.answers : [];
  };
  const plain: Asked = { ...problem, assume: given.filter((text) => text !== 'exchangeable') };
  const candidates = candidatesOf(found.value, best);
  const others: { readonly candidate: Candidate; readonly answers: readonly Answer[] }[] = [];
  for (const [done, candidate] of candidates.entries()) {
    options.onProgress?.({ task: 'other graphs', done, total: candidates.length });
    const own = await under(candidate.arrows, exchanging);
    // Where mechanisms across environments give no number, independent records may.
    const again = own.every(({ status }) => status === 'identified') ? own : await under(candidate.arrows, plain);
    others.push({ candidate, answers: own.map((one, i) => (one.status === 'identified' ? one : (again[i] ?? one))) });
  }
  const members = await membersOf(found.value, options);
  const independent: (readonly Answer[])[] = [];
  for (const arrows of members.graphs) independent.push(await under(arrows, plain));
  const learned = first.value.answers.map((answer, i): Answer => {
    const graphs = others.flatMap(({ candidate, answers }) => {
      const one = answers[i];
      return one === undefined ? [] : [{ graph: graphTextOf(names, candidate.arrows), share: candidate.share, ...numbersOf(one) }];
    });
    const baseline = independent.flatMap((answers) => (answers[i] === undefined ? [] : [numbersOf(answers[i])]));
    const report = reportOf(answer, discovery, graphs, { graph: members.text, answers: baseline });
    return {
      ...answer,
      learned: report,
      assumes: [...answer.assumes, ...assumed],
      diagnostics: [...saidOf(report, discovery), ...discoveryWarnings(discovery), ...answer.diagnostics],
    };
  });
  const elapsedMs = (options.now?.() ?? 0) - started;
  return success({ answers: { ...first.value, ...(partial ? { partial } : {}), elapsedMs, answers: learned }, discovery }, [
    ...(found.warnings ?? []),
    ...(first.warnings ?? []),
  ]);
}

/** Of the graph, besides what is assumed of the question. */
const assumed = ['the graph as learned: mechanisms vary independently between environments, no hidden common cause'];

const runOf = ({ signal, onProgress, pause, now }: AskOptions): Pick<DiscoverOptions, 'signal' | 'onProgress' | 'pause' | 'now'> => ({
  ...(signal && { signal }),
  ...(onProgress && { onProgress }),
  ...(pause && { pause }),
  ...(now && { now }),
});

/** The studies offer only what the graph has. */
function withGraph(problem: Asked, graph: Graph): Asked {
  const offers = problem.catalogue.offers.map((offer) => ({
    ...offer,
    ...(offer.measured === undefined ? {} : { measured: offer.measured.filter((name) => graph.variables.has(name)) }),
  }));
  return { ...problem, graph, catalogue: { ...problem.catalogue, offers } };
}

/** Graphs of resamples, and those with undecided edges turned, without the best. */
function candidatesOf({ document, environments, resamples }: Discovered, best: readonly Arrow[]): Candidate[] {
  const { names } = environments;
  const seen = new Set([keyOf(best)]);
  const candidates: Candidate[] = [];
  const add = (arrows: readonly Arrow[], share: number): void => {
    const key = keyOf(arrows);
    if (seen.has(key) || cyclic(names, arrows)) return;
    seen.add(key);
    candidates.push({ arrows, share });
  };
  for (const [place, arrows] of (resamples?.graphs ?? []).slice(0, mostGraphs).entries())
    add(arrows, resamples?.summary.graphs[place]?.share ?? 0);
  const turnable = best.filter((_, place) => document.edges[place]?.decided === false).slice(0, mostTurned);
  for (let mask = 1; mask < 2 ** turnable.length; mask++)
    add(
      best.map((arrow): Arrow => (turnable.some((one, k) => one === arrow && (mask >> k) & 1) ? [arrow[1], arrow[0]] : arrow)),
      0,
    );
  return candidates;
}

const keyOf = (arrows: readonly Arrow[]): string =>
  arrows
    .map(([from, to]) => `${from}>${to}`)
    .sort()
    .join();

const cyclic = (names: readonly Name[], arrows: readonly Arrow[]): boolean =>
  findCycle(
    names,
    arrows.map(([from, to]) => [names[from] as Name, names[to] as Name] as const),
  ) !== undefined;

async function membersOf(
  { environments }: Discovered,
  options: AskOptions,
): Promise<{ readonly text: string; readonly graphs: readonly (readonly Arrow[])[] }> {
  try {
    return await independentMembers(environments, runOf(options));
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return { text: '', graphs: [] };
  }
}

const numbersOf = ({ status, value, distribution }: Answer): Pick<Answer, 'status' | 'value' | 'distribution'> => ({
  status,
  ...(value === undefined ? {} : { value }),
  ...(distribution === undefined ? {} : { distribution }),
});

function reportOf(
  answer: Answer,
  discovery: DiscoveryDocument,
  graphs: LearnedGraph['graphs'],
  independent: LearnedGraph['independent'],
): LearnedGraph {
  const values = (all: readonly Pick<Answer, 'value'>[]): number[] =>
    all.flatMap(({ value }) => (value === undefined || Number.isNaN(value) ? [] : [value]));
  const range = rangeOf(values([answer, ...graphs]));
  const baseline = rangeOf(values(independent.answers));
  const change = range === undefined ? largestChange(answer, graphs) : undefined;
  return {
    graph: discovery.graph,
    pattern: discovery.pattern,
    resamples: discovery.bootstrap?.resamples ?? 0,
    same: discovery.bootstrap?.same ?? 0,
    graphs,
    ...(range === undefined ? {} : { range }),
    ...(change === undefined ? {} : { change }),
    independent: { ...independent, ...(baseline === undefined ? {} : { range: baseline }) },
  };
}

/** By how much the probabilities of a distribution differ from this answer's, at most. */
function largestChange(
  { distribution = [] }: Pick<Answer, 'distribution'>,
  others: readonly Pick<Answer, 'distribution'>[],
): number | undefined {
  const keyOf = ({ at }: Point): string => JSON.stringify(at);
  const own = new Map(distribution.map((point) => [keyOf(point), point.value]));
  const changes = others.flatMap((one) =>
    (one.distribution ?? []).flatMap((point) => {
      const value = own.get(keyOf(point));
      return typeof value === 'number' && typeof point.value === 'number' ? [Math.abs(point.value - value)] : [];
    }),
  );
  return changes.length === 0 ? undefined : Math.max(...changes);
}

const rangeOf = (values: readonly number[]): readonly [number, number] | undefined =>
  values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];

function saidOf(
  { pattern, resamples, same, graphs, range, change, independent }: LearnedGraph,
  { edges, environments }: DiscoveryDocument,
): Diagnostic[] {
  const undecided = edges.filter(({ decided }) => !decided).length;
  const stable =
    resamples === 0 ? '' : `; the same graph, directions included, in ${percent(same)} of ${resamples} resamples of environments`;
  const learned: Diagnostic = {
    name: 'learned graph',
    level: undecided > 0 || (resamples > 0 && same < 0.8) ? 'warn' : 'ok',
    figure: same,
    says: `${pattern}, learned from ${environments.count} environments${stable}${undecided === 0 ? '' : `. -- is an edge whose direction they do not decide; the answer takes the best guess`}.`,
  };
  const spread = range === undefined ? change : range[1] - range[0];
  const asked = graphs.filter(({ status }) => status === 'identified').length;
  const others: Diagnostic[] =
    graphs.length === 0
      ? []
      : [
          {
            name: 'other graphs',
            level: (spread ?? 0) > 1e-9 ? 'warn' : 'ok',
            ...(spread === undefined ? {} : { figure: spread }),
            says: `Over ${graphs.length === 1 ? 'the other graph' : `the ${graphs.length} other graphs`} that resamples or undecided directions give${asked < graphs.length ? ` (${asked} of them answer it)` : ''} ${
              range !== undefined
                ? `the answer ranges from ${figure(range[0])} to ${figure(range[1])}, this graph's included`
                : change !== undefined
                  ? `the numbers change by up to ${figure(change)}`
                  : 'the answer cannot be compared; --json has each'
            }.`,
          },
        ];
  const baseline: Diagnostic[] =
    independent.range === undefined
      ? []
      : [
          {
            name: 'as independent records',
            level: 'ok',
            says: `An analysis that forgets the environments (PC: ${independent.graph}) answers ${
              independent.range[1] - independent.range[0] < 1e-12
                ? figure(independent.range[0])
                : `from ${figure(independent.range[0])} to ${figure(independent.range[1])}, as it cannot tell ${independent.answers.length} graphs apart`
            }.`,
          },
        ];
  return [learned, ...others, ...baseline];
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
const figure = (value: number): string => String(Number(value.toPrecision(3)));

/** What the answer inherits. */
const discoveryWarnings = ({ diagnostics }: DiscoveryDocument): readonly Diagnostic[] => diagnostics.filter(({ level }) => level !== 'ok');
