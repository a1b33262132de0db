import type { Graph } from '../../src/graph/graph.ts';
import type { Name } from '../../src/graph/variable.ts';

/** Ancestors by repeated passes over the arrow list. */
export function ancestorsByPasses(graph: Graph, of: Iterable<Name>): Set<Name> {
  const found = new Set(of);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [from, to] of graph.arrows) if (found.has(to)) found.add(from);
  }
  return found;
}

/**
 * m-separation by moralisation (Richardson 2003): restrict to An(A, B, Z); join nodes that a path links on which every inner
 * node is a collider; drop Z; A and B are separated if nothing connects them. Shares no code with the engine.
 */
export function separatedByMoralisation(graph: Graph, a: readonly Name[], b: readonly Name[], given: readonly Name[]): boolean {
  const inside = ancestorsByPasses(graph, [...a, ...b, ...given]);
  const arrows = graph.arrows.filter(([x, y]) => inside.has(x) && inside.has(y));
  const arcs = graph.arcs.filter(([x, y]) => inside.has(x) && inside.has(y));
  // A path of colliders is: an end pointing into (or an arc into) a district, arcs inside it, out at another end; or one edge.
  const district = new Map<Name, Name>([...inside].map((name) => [name, name]));
  const root = (name: Name): Name => (district.get(name) === name ? name : root(district.get(name) as Name));
  for (const [x, y] of arcs) district.set(root(x), root(y));
  const cliques = new Map<Name, Set<Name>>();
  for (const name of inside) cliques.set(root(name), new Set([...(cliques.get(root(name)) ?? []), name]));
  for (const [x, y] of arrows) cliques.get(root(y))?.add(x);
  const fixed = new Set(given);
  const reached = new Set(a.filter((name) => !fixed.has(name)));
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const clique of cliques.values()) {
      if ([...clique].some((name) => reached.has(name))) for (const name of clique) if (!fixed.has(name)) reached.add(name);
    }
  }
  return !b.some((name) => reached.has(name));
}
