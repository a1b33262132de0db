import type { Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import { orthogonalise, relativeResidual } from '../math/linear.ts';
import { Random } from '../math/random.ts';
import { offerJacobian, parametersOf, type RankOffer } from './jacobian.ts';
import { arcLatent, type DiscreteModel, type Mechanism, mechanismFrom, numberedLevels } from './mechanism.ts';
import { targetGradients } from './target-gradient.ts';
import { openSymbols, resolveWorlds, type WorldEvent } from './worlds.ts';

export type { RankOffer } from './jacobian.ts';

export interface RankOptions {
  readonly seed: number;
  /**
   * Levels of hidden causes. Default: 2, then 3 and 4 where fewer show nothing: a binary hidden cause can be pinned down by its
   * proxies, so that a target looks identified that is not.
   */
  readonly latentLevels?: number;
  /** Levels by variable; else those the graph declares; else `0`, `1`. */
  readonly levels?: ReadonlyMap<Name, readonly Value[]>;
  /** Joint states of variables and latents beyond which the test declines (default 2^20). */
  readonly limit?: number;
}

export interface GradientRank {
  /**
   * `not-identified`: a local proof: models near by agree on all that is offered and differ in the target. `no-evidence-against`:
   * identified locally and within this class of models, which is evidence, not proof. `too-large`: not tried.
   */
  readonly verdict: 'not-identified' | 'no-evidence-against' | 'too-large';
  /** Length of the part of the target's gradient outside the span of the offers' gradients, relative to its whole length; the largest over target cells. */
  readonly residual: number;
  readonly rank: number;
  readonly parameters: number;
  /** Cells of all offered distributions. */
  readonly cells: number;
  /** Levels of hidden causes at which the verdict was reached. */
  readonly latentLevels: number;
}

/** Measured on 3,600 random targets: identified at most 2e-10, others at least 8e-5. */
const threshold = 1e-6;
const cutOff = 1e-11;
/** Hidden causes of four levels are tried up to this many joint states. */
const smallStates = 2 ** 16;

/**
 * Is P(of | given) determined by the offered distributions? Decided without any identification algorithm: at a random model of
 * the graph, does the gradient of the target lie in the span of the gradients of all offered cells? Events are in any worlds
 * (`do` is a world shared by all of them); values left out mean every value. A `not-identified` must hold at two random models.
 *
 * Class of models: one hidden cause per arc; free conditional tables; variables that the target needs in several worlds at once
 * have free weights on all response functions (up to 256, else on 40 random ones).
 */
export function gradientRank(
  graph: Graph,
  target: { readonly of: readonly WorldEvent[]; readonly given?: readonly WorldEvent[] },
  offers: readonly RankOffer[],
  options: RankOptions,
): GradientRank {
  const twice = (latentLevels: number, limit = options.limit): GradientRank => {
    const tried = { ...options, latentLevels, ...(limit === undefined ? {} : { limit }) };
    const first = rankAt(graph, target, offers, tried, 0);
    if (first.verdict !== 'not-identified') return first;
    const second = rankAt(graph, target, offers, tried, 1);
    return second.residual < first.residual ? second : first;
  };
  if (options.latentLevels !== undefined) return twice(options.latentLevels);
  const binary = twice(2);
  if (
    binary.verdict !== 'no-evidence-against' ||
    (graph.arcs.length === 0 && ![...graph.variables.values()].some((variable) => variable.latent === true))
  )
    return binary;
  const ternary = twice(3);
  if (ternary.verdict !== 'no-evidence-against') return ternary.verdict === 'not-identified' ? ternary : binary;
  const quaternary = twice(4, Math.min(options.limit ?? smallStates, smallStates));
  return quaternary.verdict === 'not-identified' ? quaternary : binary;
}

function rankAt(
  graph: Graph,
  target: { readonly of: readonly WorldEvent[]; readonly given?: readonly WorldEvent[] },
  offers: readonly RankOffer[],
  options: RankOptions & { readonly latentLevels: number },
  attempt: number,
): GradientRank {
  const given = target.given ?? [];
  const open = openSymbols(target.of, given);
  const frame = frameOf(graph, options);
  const declined: GradientRank = {
    verdict: 'too-large',
    residual: Number.NaN,
    rank: 0,
    parameters: 0,
    cells: 0,
    latentLevels: options.latentLevels,
  };
  const states = [...frame.levels.values()].reduce((total, levels) => total * levels.length, 1);
  if (states > (options.limit ?? 2 ** 20)) return declined;
  const worlds = resolveWorlds(
    {
      inputs: (variable) => frame.inputs.get(variable) ?? [],
      levelIndex: (variable, value) => (frame.levels.get(variable) as readonly Value[]).indexOf(value),
    },
    [...target.of, ...given],
    open,
  );
  const byResponse = new Set([...worlds.copies].filter(([, copies]) => copies.length > 1).map(([name]) => name));
  const model = interiorPoint(frame, byResponse, new Random(options.seed, 'gradient-rank', attempt));
  const parameters = parametersOf(model, byResponse);

  const blocks = offers.map((offer) => offerJacobian(model, offer, parameters));
  const cells = blocks.reduce((sum, block) => sum + block.cells, 0);
  const vectors = new Float64Array(cells * parameters.count);
  let to = 0;
  for (const block of blocks)
    for (let row = 0; row < block.cells; row++, to += parameters.count)
      parameters.reduce(block.rows, row * parameters.tableCells, vectors, to);
  const span = orthogonalise(vectors, cells, parameters.count, cutOff);

  const gradients = targetGradients(model, target.of, given, open, byResponse, parameters);
  if (gradients === undefined) return declined;
  const lengths = gradients.map((gradient) => Math.hypot(...gradient));
  const longest = Math.max(...lengths);
  const residual = gradients.reduce(
    (most, gradient, i) => ((lengths[i] as number) > 1e-9 * longest ? Math.max(most, relativeResidual(span, gradient)) : most),
    0,
  );
  return {
    verdict: residual > threshold ? 'not-identified' : 'no-evidence-against',
    residual,
    rank: span.rank,
    parameters: parameters.count,
    cells,
    latentLevels: options.latentLevels,
  };
}

interface Frame {
  readonly levels: ReadonlyMap<Name, readonly Value[]>;
  /** In an order in which inputs come first. */
  readonly inputs: ReadonlyMap<Name, readonly Name[]>;
  readonly observed: readonly Name[];
}

function frameOf(graph: Graph, options: RankOptions): Frame {
  const latentLevels = options.latentLevels ?? 2;
  const levels = new Map<Name, readonly Value[]>();
  const inputs = new Map<Name, Name[]>();
  const causes = new Map<Name, Name[]>();
  for (const [a, b] of graph.arcs) {
    const name = arcLatent(a, b);
    levels.set(name, numberedLevels(latentLevels));
    inputs.set(name, []);
    for (const end of [a, b]) causes.set(end, [...(causes.get(end) ?? []), name]);
  }
  graph.index.names.forEach((name, number) => {
    const variable = graph.variables.get(name);
    const declared = variable?.domain?.kind === 'finite' ? variable.domain.levels : undefined;
    levels.set(name, options.levels?.get(name) ?? declared ?? numberedLevels(variable?.latent ? latentLevels : 2));
    const parents = (graph.index.parents[number] as readonly number[]).map((parent) => graph.index.names[parent] as Name);
    inputs.set(name, [...parents, ...(causes.get(name) ?? [])]);
  });
  return { levels, inputs, observed: graph.index.names.filter((name) => graph.variables.get(name)?.latent !== true) };
}

/** A random model with every probability well inside (0, 1). */
function interiorPoint(frame: Frame, byResponse: ReadonlySet<Name>, random: Random): DiscreteModel {
  const mechanisms = new Map<Name, Mechanism>();
  for (const [name, inputs] of frame.inputs) {
    const own = random.split(name);
    const size = (frame.levels.get(name) as readonly Value[]).length;
    const sizes = inputs.map((input) => (frame.levels.get(input) as readonly Value[]).length);
    const rows = sizes.reduce((cells, next) => cells * next, 1);
    if (byResponse.has(name)) {
      const outputs = responseFunctions(size, rows, own);
      mechanisms.set(name, mechanismFrom(name, size, inputs, sizes, { outputs, weights: interior(own, outputs.length / rows) }));
      continue;
    }
    const values = new Float64Array(rows * size);
    for (let row = 0; row < rows; row++) values.set(interior(own, size), row * size);
    mechanisms.set(name, { variable: name, inputs, table: { axes: [...inputs, name], sizes: [...sizes, size], values } });
  }
  return { mechanisms, levels: frame.levels, observed: frame.observed };
}

function interior(random: Random, count: number): Float64Array {
  const shares = Float64Array.from({ length: count }, () => 0.15 + random.next());
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
}

/** All functions from the input cells to the levels where there are at most 256, else the constants and 40 random ones. */
function responseFunctions(size: number, rows: number, random: Random): Uint16Array {
  const all = size ** rows;
  if (all <= 256) {
    const outputs = new Uint16Array(all * rows);
    for (let k = 0; k < all; k++)
      for (let row = 0, left = k; row < rows; row++, left = Math.floor(left / size)) outputs[k * rows + row] = left % size;
    return outputs;
  }
  const outputs = new Uint16Array((size + 40) * rows);
  for (let level = 0; level < size; level++) outputs.fill(level, level * rows, (level + 1) * rows);
  for (let at = size * rows; at < outputs.length; at++) outputs[at] = random.integer(size);
  return outputs;
}
