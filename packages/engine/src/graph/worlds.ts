import { assemble, type Edge, type Graph, numberOf } from './graph.ts';
import type { Assignment, Name, Variable } from './variable.ts';

/** Several worlds in one graph: `nodes[i]` gives the name of each variable's copy in world i. */
export interface Worlds {
  readonly graph: Graph;
  readonly nodes: readonly ReadonlyMap<Name, Name>[];
}

/**
 * The parallel-worlds graph (Avin, Shpitser and Pearl 2005): a copy of the model for every assignment in `worlds` (empty: the
 * factual world), in which the assigned variables lose their causes, while latent noise is shared: one latent parent of all
 * copies of a variable, one of all copies of the two ends of an arc, and latent variables without causes are not copied.
 * A copy is called `Y[X=1]`, after its world. Nodes that are equal in two worlds are not merged: m-separation here implies
 * independence, but not the other way round.
 */
export function parallelWorlds(graph: Graph, worlds: readonly Assignment[]): Worlds {
  for (const world of worlds) for (const name of Object.keys(world)) numberOf(graph, name);
  const variables = new Map<Name, Variable>();
  const arrows: Edge[] = [];
  const declare = (wanted: Name, variable: Omit<Variable, 'name'>): Name => {
    let name = wanted;
    while (variables.has(name)) name += "'";
    variables.set(name, { ...variable, name });
    return name;
  };
  const { numbers, parents, siblings } = graph.index;
  const shared = new Set(
    [...graph.variables.values()]
      .filter(({ name, latent }) => {
        const node = numbers.get(name) as number;
        const free = parents[node]?.length === 0 && siblings[node]?.length === 0;
        return latent === true && free && !worlds.some((world) => Object.hasOwn(world, name));
      })
      .map((variable) => variable.name),
  );
  const once = new Map<Name, Name>();
  const nodes = worlds.map((world) => {
    const label = Object.entries(world).map(([name, value]) => `${name}=${value}`);
    const copies = new Map<Name, Name>();
    for (const variable of graph.variables.values()) {
      const { name } = variable;
      const copy = shared.has(name) ? once.get(name) : undefined;
      copies.set(name, copy ?? declare(label.length === 0 || shared.has(name) ? name : `${name}[${label.join(', ')}]`, variable));
      if (shared.has(name)) once.set(name, copies.get(name) as Name);
    }
    return copies;
  });
  const noiseOf = (label: string, ends: readonly Name[]): void => {
    const touched = worlds.flatMap((world, i) => ends.filter((end) => !Object.hasOwn(world, end)).map((end) => nodes[i]?.get(end) as Name));
    if (touched.length < 2) return;
    const noise = declare(label, { latent: true });
    for (const copy of touched) arrows.push([noise, copy]);
  };
  for (const [i, world] of worlds.entries()) {
    for (const [from, to] of graph.arrows)
      if (!Object.hasOwn(world, to)) arrows.push([nodes[i]?.get(from) as Name, nodes[i]?.get(to) as Name]);
  }
  for (const name of graph.variables.keys()) if (!shared.has(name)) noiseOf(`U(${name})`, [name]);
  for (const [a, b] of graph.arcs) noiseOf(`U(${a}, ${b})`, [a, b]);
  return { graph: assemble(variables, arrows, []), nodes };
}
