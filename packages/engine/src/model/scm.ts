import type { Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import { defaultCellLimit, type Factor, type TooLarge } from '../math/factor.ts';
import { Random } from '../math/random.ts';
import { drawMechanism, drawRoot } from './draw.ts';

/**
 * How one variable (or latent) gets its value: `table` is P(variable | inputs), axes `[...inputs, variable]`. The response
 * form, where it is known, says what the variable would be for *every* value of the inputs at once, which is what
 * counterfactuals across worlds need: function k has probability `weights[k]` and gives level `outputs[k * cells + c]` at
 * input cell c (row-major over `inputs`).
 */
export interface Mechanism {
  readonly variable: Name;
  readonly inputs: readonly Name[];
  readonly table: Factor;
  readonly response?: ResponseFunctions;
}

export interface ResponseFunctions {
  readonly weights: Float64Array;
  readonly outputs: Uint16Array;
}

/** A fully known structural model over finite variables; every exogenous variable is a mechanism without inputs. */
export interface DiscreteModel {
  /** In an order in which inputs come first; latents included. */
  readonly mechanisms: ReadonlyMap<Name, Mechanism>;
  /** The levels of every variable and latent. */
  readonly levels: ReadonlyMap<Name, readonly Value[]>;
  /** Variables that a study could measure, in the order in which the graph declares them. */
  readonly observed: readonly Name[];
}

export interface RandomModelOptions {
  readonly seed: number;
  /** Levels by variable; else the levels that the graph declares; else `0`, `1`. */
  readonly levels?: ReadonlyMap<Name, readonly Value[]>;
  /** Levels of the hidden cause behind each arc, and of declared latents without levels of their own (default 2). */
  readonly latentLevels?: number;
  /** Largest conditional table, in cells (default 2^24). */
  readonly limit?: number;
}

/** The name of the hidden cause behind an arc. */
export const arcLatent = (a: Name, b: Name): Name => (a < b ? `${a} <-> ${b}` : `${b} <-> ${a}`);

export const numberedLevels = (count: number): Value[] => Array.from({ length: count }, (_, i) => String(i));

/** Number of levels of a variable or latent of the model. */
export const cardinality = (model: DiscreteModel, name: Name): number => levelsOf(model, name).length;

export function levelsOf(model: DiscreteModel, name: Name): readonly Value[] {
  const levels = model.levels.get(name);
  if (levels === undefined) throw new Error(`The model has no variable ${name}.`);
  return levels;
}

/** The index of a level; throws for a level that the variable does not have (bind questions first). */
export function levelIndex(model: DiscreteModel, name: Name, value: Value): number {
  const index = levelsOf(model, name).indexOf(value);
  if (index < 0) throw new Error(`${name} has no level ${value}.`);
  return index;
}

export function mechanismOf(model: DiscreteModel, name: Name): Mechanism {
  const mechanism = model.mechanisms.get(name);
  if (mechanism === undefined) throw new Error(`The model has no variable ${name}.`);
  return mechanism;
}

/**
 * A random structural model that fits the graph: one independent hidden cause per arc, a mechanism per variable (declared
 * latents too) over its parents and hidden causes, in response-function form. All probabilities are positive, and every input
 * of every variable matters (see {@link drawMechanism}), so that one model answers all three rungs exactly and exposes a wrong
 * formula. The same seed gives the same model; a variable's mechanism depends only on the seed, its name and its inputs.
 */
export function randomModel(graph: Graph, options: RandomModelOptions): DiscreteModel | TooLarge {
  const random = new Random(options.seed, 'model');
  const latentLevels = options.latentLevels ?? 2;
  const levels = new Map<Name, readonly Value[]>();
  const mechanisms = new Map<Name, Mechanism>();
  const causes = new Map<Name, Name[]>([...graph.variables.keys()].map((name) => [name, []]));
  for (const [a, b] of graph.arcs) {
    const name = arcLatent(a, b);
    levels.set(name, numberedLevels(latentLevels));
    mechanisms.set(name, drawRoot(random.split(name), name, latentLevels));
    causes.get(a)?.push(name);
    causes.get(b)?.push(name);
  }
  for (const variable of graph.variables.values()) {
    const declared = variable.domain?.kind === 'finite' ? variable.domain.levels : undefined;
    levels.set(variable.name, options.levels?.get(variable.name) ?? declared ?? numberedLevels(variable.latent ? latentLevels : 2));
  }
  const { index } = graph;
  for (const [number, name] of index.names.entries()) {
    const parents = (index.parents[number] as readonly number[]).map((parent) => index.names[parent] as Name);
    const inputs = [...parents, ...(causes.get(name) as Name[])];
    const sizes = inputs.map((input) => (levels.get(input) as readonly Value[]).length);
    const size = (levels.get(name) as readonly Value[]).length;
    const cells = sizes.reduce((product, next) => product * next, size);
    if (cells > (options.limit ?? defaultCellLimit)) return { tooLarge: cells, axes: [...inputs, name] };
    const own = random.split(name);
    mechanisms.set(name, inputs.length === 0 ? drawRoot(own, name, size) : drawMechanism(own, name, size, inputs, sizes));
  }
  const observed = [...graph.variables.values()].filter((variable) => !variable.latent).map((variable) => variable.name);
  return { mechanisms, levels, observed };
}
