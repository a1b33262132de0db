import { type Arithmetic, fieldArithmetic, realArithmetic } from './arithmetic.ts';
import { createDraws } from './draws.ts';
import { enumerateManyWorlds } from './many-worlds.ts';
import { readGraph, writeGraph } from './mixed-graph.ts';
import { enumerateOneWorld } from './one-world.ts';
import { singleWorld } from './question.ts';
import { type Enumeration, gradient, quotientGradient } from './sensitivity.ts';
import { type OracleCase, type Setup, setUp } from './setup.ts';
import { createFieldSpan, residuals } from './span.ts';
import { thin } from './thinning.ts';

export interface Verdict {
  /** Every answer that the question asks for lies, to first order, in the span of the data at a random model. */
  readonly identifiable: boolean;
  /** The condition has probability zero in every model, for some assignment of the open values. */
  readonly undefined: boolean;
  /** The answer is 0 in every model and for every assignment, or 1. */
  readonly constant?: 0 | 1;
  /** Largest share of a query gradient outside the row space, in doubles; absent where it was not asked for. */
  readonly residual?: number;
  readonly rank: number;
  readonly rows: number;
  readonly columns: number;
  /** The smaller case and the hidden levels that refuted it; only from {@link strongestVerdict}. */
  readonly refutedBy?: { readonly graph: string; readonly hiddenLevels: number };
}

export interface VerdictOptions {
  /** Levels of every hidden variable; default 2. */
  readonly hiddenLevels?: number;
  readonly seed?: number;
  /** Also compute the residual in doubles; default false. */
  readonly real?: boolean;
  /** Response functions even where tables would do. */
  readonly manyWorlds?: boolean;
}

/**
 * Gradient-rank verdict by brute force. All probabilities are polynomials in the parameters of a structural model with one
 * hidden variable per arc; the question is decided at one random parameter point: the gradient of the answer lies in the
 * span of the gradients of all data cells, or it does not. The span is computed over a finite field, so there is no
 * tolerance: "outside" proves non-identifiability for generic models (up to a chance near 1e-5 of an unlucky point), and
 * "inside" is evidence within the model class.
 */
export function rankVerdict(oracleCase: OracleCase, options: VerdictOptions = {}): Verdict {
  const seed = options.seed ?? 1;
  const setup = setUp(oracleCase, options.hiddenLevels ?? 2, true);
  const exact = measure(setup, fieldArithmetic(seed), options);
  const columns = exact.targets[0]?.length ?? exact.rows[0]?.length ?? 0;
  const span = createFieldSpan(columns);
  for (const row of exact.rows) if (span.rank() < columns) span.add(row);
  const identifiable = exact.targets.every((target) => span.contains(target));
  const rank = span.rank();
  const verdict = {
    identifiable,
    undefined: exact.undefined,
    rank,
    rows: exact.rows.length,
    columns,
    ...(exact.constant === undefined ? {} : { constant: exact.constant }),
  };
  if (!options.real) return verdict;
  const real = measure(setup, realArithmetic(seed), options);
  return { ...verdict, residual: Math.max(0, ...residuals(real.rows, real.targets, rank)) };
}

export interface Search {
  /** Largest number of levels of a hidden variable on the whole graph; default 5. */
  readonly upTo?: number;
  /** Edge subgraphs tried after that, with three hidden levels; default 48. */
  readonly subgraphs?: number;
  /** Levels are not raised beyond so many parameters; default 1500. */
  readonly columnsAtMost?: number;
  /** Nor beyond so many states to enumerate, and larger subgraphs are left out; default 200,000. */
  readonly statesAtMost?: number;
}

/**
 * Looks harder for a refutation: hidden variables of 2, 3, 4, 5 levels, then random edge subgraphs. With two levels alone about
 * a fifth of the non-identifiable line-7 questions look identifiable, because the class is too small. Four levels missed 5
 * refutations in 4,500 random cases, twelve subgraphs more still 3 in 6,000; hence the defaults. Refutations are proofs; a yes
 * is evidence.
 */
export function strongestVerdict(oracleCase: OracleCase, search: Search = {}, options: VerdictOptions = {}): Verdict {
  const small = (tried: OracleCase, levels: number): boolean => {
    const { parameters, states } = modelSize(setUp(tried, levels, true), options.manyWorlds);
    return parameters <= (search.columnsAtMost ?? 1500) && states <= (search.statesAtMost ?? 200_000);
  };
  let verdict = rankVerdict(oracleCase, { ...options, hiddenLevels: 2 });
  let hiddenLevels = 2;
  for (let levels = 3; levels <= (search.upTo ?? 5) && verdict.identifiable && small(oracleCase, levels); levels++) {
    verdict = rankVerdict(oracleCase, { ...options, hiddenLevels: levels });
    hiddenLevels = levels;
  }
  if (!verdict.identifiable) return { ...verdict, refutedBy: { graph: oracleCase.graph, hiddenLevels } };
  if (verdict.undefined) return verdict;
  const graph = readGraph(oracleCase.graph);
  const draw = createDraws(options.seed ?? 1);
  for (let i = 0; i < (search.subgraphs ?? 48); i++) {
    const thinned = { ...oracleCase, graph: writeGraph(thin(graph, draw, i % 3 === 0)) };
    const levels = [3, 2].find((n) => small(thinned, n));
    if (levels === undefined) continue;
    const tried = rankVerdict(thinned, { ...options, hiddenLevels: levels, real: false });
    if (!tried.identifiable && !tried.undefined) return { ...tried, refutedBy: { graph: thinned.graph, hiddenLevels: levels } };
  }
  return verdict;
}

/** Free parameters of the model that {@link enumerate} would use, and states that it would visit. */
export function modelSize({ nodes, question }: Setup, manyWorlds = false): { parameters: number; states: number } {
  const tables = !manyWorlds && singleWorld(question) !== undefined;
  const size = (parents: readonly number[]): number => parents.reduce((product, p) => product * (nodes[p]?.levels as number), 1);
  const isRoot = (p: number): boolean => nodes[p]?.hidden === true && nodes[p]?.parents.length === 0;
  let [parameters, states] = [0, 1];
  for (const { levels, parents } of nodes) {
    const options = tables ? levels : levels ** size(parents.filter((p) => !isRoot(p)));
    parameters += size(tables ? parents : parents.filter(isRoot)) * (options - 1);
    states *= options;
  }
  return { parameters, states };
}

export function enumerate(setup: Setup, arithmetic: Arithmetic, manyWorlds = false): Enumeration {
  const world = manyWorlds ? undefined : singleWorld(setup.question);
  return world === undefined ? enumerateManyWorlds(setup, arithmetic) : enumerateOneWorld(setup, world, arithmetic);
}

function measure(setup: Setup, arithmetic: Arithmetic, options: VerdictOptions) {
  const { parameters, data, answers } = enumerate(setup, arithmetic, options.manyWorlds);
  const rows = data.map(({ cell }) => gradient(cell, parameters, arithmetic));
  const defined = answers.filter(({ denominator }) => denominator.value !== 0);
  const targets = defined.map(({ numerator, denominator }) =>
    quotientGradient(
      gradient(numerator, parameters, arithmetic),
      numerator.value,
      gradient(denominator, parameters, arithmetic),
      denominator.value,
      arithmetic,
    ),
  );
  const ratios = new Set<0 | 1 | undefined>(
    answers.map(({ numerator, denominator }) => {
      if (denominator.value === 0) return undefined;
      return numerator.value === 0 ? 0 : numerator.value === denominator.value ? 1 : undefined;
    }),
  );
  const constant = ratios.size === 1 ? [...ratios][0] : undefined;
  return { rows, targets, undefined: defined.length < answers.length, constant };
}
