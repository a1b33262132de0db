import type { Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import { defaultCellLimit, type TooLarge } from '../math/factor.ts';
import { Random } from '../math/random.ts';
import { drawMechanism, drawRoot } from './draw.ts';
import { arcLatent, type DiscreteModel, type Mechanism, numberedLevels } from './mechanism.ts';

export {
  arcLatent,
  cardinality,
  type DiscreteModel,
  levelIndex,
  levelsOf,
  type Mechanism,
  numberedLevels,
  type ResponseFunctions,
} from './mechanism.ts';

export interface RandomModelOptions {
  readonly seed: number;
  /** Levels by variable; else the levels that the graph declares; else `0`, `1`. */
  readonly levels?: ReadonlyMap<Name, readonly Value[]>;
  /** Levels of the hidden cause behind each arc, and of declared latents without levels of their own (default 2). */
  readonly latentLevels?: number;
  /** Largest conditional table, in cells (default 2^24). */
  readonly limit?: number;
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
