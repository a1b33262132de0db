import { pick } from './draws.ts';
import { assemble, type MixedGraph } from './mixed-graph.ts';

/**
 * A random edge subgraph. A model of the subgraph is a model of the graph, so a refutation carries over. `forest` keeps one
 * arrow out of every node, the shape of a hedge; otherwise every arrow stays with chance 0.7. Arcs stay with chance 0.85.
 */
export function thin(graph: MixedGraph, draw: () => number, forest: boolean): MixedGraph {
  const name = (node: number): string => graph.names[node] as string;
  const arrows = graph.parents.flatMap((list, child) => list.map((parent): [string, string] => [name(parent), name(child)]));
  const one = (from: string): [string, string][] => {
    const leaving = arrows.filter(([source]) => source === from);
    return leaving.length === 0 ? [] : [pick(draw, leaving)];
  };
  const kept = forest ? graph.names.flatMap(one) : arrows.filter(() => draw() < 0.7);
  const arcs = graph.arcs.map(([a, b]): [string, string] => [name(a), name(b)]).filter(() => draw() < 0.85);
  return assemble(graph.names, kept, arcs, new Set(graph.names.filter((_, node) => graph.latent[node])));
}
