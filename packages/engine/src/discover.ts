import type { Study } from './data/study.ts';
import { type BorneOut, borneOut } from './discover-borne-out.ts';
import type { DiscoveredEdge, DiscoveryDocument, DiscoveryRound, MissingEdge } from './discover-document.ts';
import { clustered, type FoundArrow, type FoundGraph, paper } from './discover-find.ts';
import { graphTextOf, patternTextOf } from './discover-graph.ts';
import { independentOpinion, paperOpinion, scoreOpinion } from './discover-others.ts';
import { variablesToDiscover } from './discover-read.ts';
import { type Resamples, resampleSteps } from './discover-resample.ts';
import { type Environments, sizesOf } from './exchangeable/environments.ts';
import { isMixed, type MixedEnvironments } from './exchangeable/mixed-environments.ts';
import type { Graph } from './graph/graph.ts';
import type { Name, Value } from './graph/variable.ts';
import type { Diagnostic } from './interpret/answer.ts';
import { Random } from './math/random.ts';
import { failure, type Issue, type Result, success } from './run/issue.ts';
import { Interrupted, type RunOptions } from './run/progress.ts';
import { inSteps } from './run/steps.ts';
import { version } from './version.ts';

export interface DiscoverOptions extends RunOptions {
  readonly seed?: number;
  /** 1 less the level of the tests of a direction; those of an edge have a tenth of it. .95. */
  readonly level?: number;
  /** Resamples of environments; 100. 0: none. */
  readonly bootstrap?: number;
  /** `clustered` (default): all pairs of records, environments as the units; `paper`: two records of each environment (Guo et al.). */
  readonly algorithm?: 'clustered' | 'paper';
  /** `pooled` is refused, and says why. */
  readonly test?: 'clustered' | 'pooled';
  /** Only these columns. */
  readonly variables?: readonly Name[];
  /** Second opinions: by held-out environments, by the paper's algorithm, as independent records; default true. */
  readonly opinions?: boolean;
  /** A clock in milliseconds, for `elapsedMs`. */
  readonly now?: () => number;
}

/** What discovery reads of a problem: of a graph only which variables it names. */
export interface Discoverable {
  readonly graph?: Graph;
  readonly studies: readonly Study[];
}

/** A discovery, and what it rests on. */
export interface Discovered {
  readonly document: DiscoveryDocument;
  /** Mixed where a variable is real. */
  readonly environments: Environments | MixedEnvironments;
  readonly found: FoundGraph;
  readonly resamples?: Resamples;
}

/** Variables up to which graphs are compared by held-out environments, and cells of the tables of all families (some 15 seconds). */
const mostScored = 5;
const mostScoredCells = 100_000;

/**
 * The causal graph of variables in several environments (exchangeable records, independent mechanisms, no hidden common cause), with how
 * sure each edge and each direction is, what other methods say, and whether the environments bear the assumptions out. Issues:
 * `pooled-pairs`, those of {@link variablesToDiscover}. Told to end after the first graph, it gives what it has, marked partial; before,
 * it throws {@link Interrupted}.
 */
export async function discoverGraph(problem: Discoverable, options: DiscoverOptions = {}): Promise<Result<DiscoveryDocument>> {
  const found = await discovered(problem, options);
  return found.ok ? success(found.value.document, found.warnings) : found;
}

/** {@link discoverGraph} with the records and graphs behind it. */
export async function discovered(problem: Discoverable, options: DiscoverOptions = {}): Promise<Result<Discovered>> {
  const started = options.now?.() ?? 0;
  const { seed = 0, level = 0.95, bootstrap = 100, algorithm = 'clustered', opinions = true } = options;
  if (options.test === 'pooled') return failure(pooledPairs);
  const read = await variablesToDiscover(problem, options);
  if (!read.ok) return read;
  const { environments } = read.value;
  if (algorithm === 'paper' && isMixed(environments)) return failure(paperOfReal(environments));
  const direction = round(1 - level);
  const levels = { edge: round(direction / 10), direction };
  const find = algorithm === 'paper' ? paper(direction) : clustered({ edgeLevel: levels.edge, sinkLevel: direction });
  const random = new Random(seed, 'discover');
  const found = await inSteps(find(environments, random.split('pairs')), options);
  const arrows = found.arrows.map(({ from, to }) => [from, to] as const);
  const { names } = environments;
  const parents = names.map((_, v) => arrows.filter(([, to]) => to === v).map(([from]) => from));
  const diagnosis = borneOut(environments, parents, found.discovery, new Random(seed, 'discover-mechanisms'));
  const others = opinions ? await opinionsOf(environments, arrows, { seed, direction, algorithm, random }, options) : { stopped: false };
  const resamples =
    bootstrap > 0 && !others.stopped ? await inSteps(resampleSteps(environments, arrows, bootstrap, seed, find), options) : undefined;
  const partial = others.stopped || (resamples !== undefined && resamples.summary.resamples < bootstrap);
  const edges = found.arrows.map((arrow) => edgeOf(arrow, environments, diagnosis, resamples));
  const { stopped: _, ...second } = others;
  const document: DiscoveryDocument = {
    schema: 'doable/discovery@1',
    seed,
    version,
    elapsedMs: (options.now?.() ?? 0) - started,
    ...(partial ? { partial } : {}),
    algorithm,
    levels,
    variables: names.map((name, v) => ({ name, ...levelsOf(environments, v) })),
    leftOut: read.value.leftOut,
    environments: sizesIn(environments),
    graph: graphTextOf(names, arrows),
    pattern: patternTextOf(names, edges),
    edges,
    missing: found.missing.map((one) => missingOf(one, environments, resamples)),
    order: found.order.map((v) => names[v] as Name),
    rounds: roundsOf(found, environments),
    ...(resamples === undefined ? {} : { bootstrap: resamples.summary }),
    ...second,
    diagnostics: [...diagnosis.diagnostics, ...read.value.diagnostics],
    ok: !diagnosis.constant && diagnosis.diagnostics.every((one: Diagnostic) => one.level !== 'fail'),
    studies: problem.studies.map(({ name, size, fingerprint }) => ({ name, rows: Number.isFinite(size) ? size : null, fingerprint })),
  };
  return success({ document, environments, found, ...(resamples === undefined ? {} : { resamples }) }, read.warnings);
}

/** 1 - .95 as a person writes it. */
const round = (value: number): number => Number(value.toPrecision(6));

const pooledPairs = {
  code: 'pooled-pairs',
  message:
    'Tests that pool all pairs of records as if they were independent are not offered: at level 0.05 they reject a true independence in 22 % of data sets with 5 records an environment, 54 % with 10 and 78 % with 20 (measured, 300 environments).',
  hint: 'The clustered test uses all pairs too, with environments as the independent units; it rejects in 4 to 6 %.',
};

const paperOfReal = ({ names, columns }: MixedEnvironments): Issue => ({
  code: 'paper-needs-levels',
  message: `The paper's algorithm tests tables of pairs, and ${names.filter((_, v) => columns[v]?.kind === 'real').join(', ')} ${columns.filter(({ kind }) => kind === 'real').length > 1 ? 'are' : 'is'} real.`,
  hint: 'Cut them into levels ("cut" under "variables"), or leave --algorithm out.',
});

const levelsOf = (environments: Environments | MixedEnvironments, v: number): { readonly levels?: readonly Value[] } => {
  if (!isMixed(environments)) return { levels: environments.levels[v] ?? [] };
  const column = environments.columns[v];
  return column?.kind === 'finite' ? { levels: column.levels } : {};
};

interface OpinionSettings {
  readonly seed: number;
  readonly direction: number;
  readonly algorithm: 'clustered' | 'paper';
  readonly random: Random;
}

type Opinions = Pick<DiscoveryDocument, 'score' | 'paper' | 'independent' | 'unavailable'>;

async function opinionsOf(
  environments: Environments | MixedEnvironments,
  arrows: readonly (readonly [number, number])[],
  { seed, direction, algorithm, random }: OpinionSettings,
  options: RunOptions,
): Promise<Opinions & { readonly stopped: boolean }> {
  const second: { -readonly [K in 'score' | 'paper' | 'independent']?: NonNullable<Opinions[K]> } = {};
  const unavailable: NonNullable<Opinions['unavailable']>[number][] = [];
  const all = (): Opinions => ({ ...second, ...(unavailable.length === 0 ? {} : { unavailable }) });
  try {
    second.independent = await inSteps(independentOpinion(environments, arrows), options);
    if (isMixed(environments)) {
      const why = 'needs finite variables ("cut" makes real ones such)';
      unavailable.push({ what: 'score', why }, { what: 'paper', why });
      return { ...all(), stopped: false };
    }
    if (algorithm !== 'paper') second.paper = await inSteps(paperOpinion(environments, arrows, direction, random.split('paper')), options);
    const tooLarge = tooLargeToScore(environments);
    if (tooLarge === undefined) {
      const score = await inSteps(scoreOpinion(environments, arrows, seed), options);
      if (score !== undefined) second.score = score;
    } else unavailable.push({ what: 'score', why: tooLarge });
    return { ...all(), stopped: false };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return { ...all(), stopped: true };
  }
}

/** Why graphs are not compared by held-out environments; undefined: they are. */
function tooLargeToScore({ names, levels, labels }: Environments): string | undefined {
  const { length } = names;
  if (length > mostScored) return `fits every set of causes, for up to ${mostScored} variables; these are ${length}`;
  const rows = levels.reduce((product, own) => product * (own.length + 1), 1);
  const perEnvironment = levels.reduce((sum, own) => sum + (own.length * rows) / (own.length + 1), 0);
  return perEnvironment * labels.length <= mostScoredCells
    ? undefined
    : `fits every set of causes, which takes too long with ${labels.length} environments of ${length} variables; give fewer by --variables`;
}

/** Directions rest on mechanisms that vary independently; where those of both ends vary together, there is none. */
function edgeOf(
  { from, to, existence, given, reversal, undecided, positions }: FoundArrow,
  { names }: Pick<Environments, 'names'>,
  { together }: BorneOut,
  resamples: Resamples | undefined,
): DiscoveredEdge {
  const entangled = together.some(([a, b]) => (a === from && b === to) || (a === to && b === from));
  const why = undecided ?? (entangled ? 'mechanisms-together' : undefined);
  const name = (v: number): Name => names[v] as Name;
  return {
    from: name(from),
    to: name(to),
    decided: why === undefined,
    ...(why === undefined ? {} : { undecided: why }),
    ...(positions === undefined ? {} : { positions }),
    existence,
    given: given.map(name),
    ...(reversal === undefined ? {} : { reversal }),
    ...(resamples === undefined
      ? {}
      : {
          share: shareOf(resamples, ([a, b]) => a === from && b === to),
          reversedShare: shareOf(resamples, ([a, b]) => a === to && b === from),
        }),
  };
}

const shareOf = ({ arrows }: Resamples, is: (arrow: readonly [number, number]) => boolean): number =>
  arrows.length === 0 ? 0 : arrows.filter((own) => own.some(is)).length / arrows.length;

function missingOf(
  { a, b, given, p }: FoundGraph['missing'][number],
  { names }: Pick<Environments, 'names'>,
  resamples: Resamples | undefined,
): MissingEdge {
  const name = (v: number): Name => names[v] as Name;
  return {
    between: [name(a), name(b)],
    given: given.map(name),
    p,
    ...(resamples === undefined ? {} : { share: shareOf(resamples, ([from, to]) => (from === a && to === b) || (from === b && to === a)) }),
  };
}

function roundsOf({ discovery }: FoundGraph, { names }: Pick<Environments, 'names'>): DiscoveryRound[] {
  const name = (v: number): Name => names[v] as Name;
  return (discovery?.rounds ?? []).map(({ chosen, candidates, refuted }) => ({
    left: candidates.map(({ variable }) => name(variable)),
    chosen: name(chosen),
    refuted,
    candidates: candidates.map(({ variable, p }) => ({ name: name(variable), p })),
  }));
}

function sizesIn(environments: Environments | MixedEnvironments): DiscoveryDocument['environments'] {
  const sizes = [...sizesOf(environments)].sort((a, b) => a - b);
  const { length } = sizes;
  return {
    count: length,
    records: sizes.reduce((sum, size) => sum + size, 0),
    smallest: sizes[0] as number,
    median: ((sizes[Math.floor((length - 1) / 2)] as number) + (sizes[Math.ceil((length - 1) / 2)] as number)) / 2,
    largest: sizes[length - 1] as number,
    withTwo: sizes.filter((size) => size >= 2).length,
  };
}
