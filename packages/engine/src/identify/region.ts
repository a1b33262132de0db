import type { Index } from '../graph/graph.ts';

/** A set of node numbers, ascending; every walk below stays inside `inside` (a mark per node). */
export type Nodes = readonly number[];

export const marksOf = (index: Index, nodes: Iterable<number>): Uint8Array => {
  const marks = new Uint8Array(index.names.length);
  for (const node of nodes) marks[node] = 1;
  return marks;
};

/** The seeds and their ancestors in the induced subgraph. */
export function ancestorsIn(index: Index, seeds: Nodes, inside: Uint8Array): number[] {
  return reach(index.parents, seeds, inside);
}

/** The nodes that arcs connect with `seed` in the induced subgraph. */
export function districtIn(index: Index, seed: number, inside: Uint8Array): number[] {
  return reach(index.siblings, [seed], inside);
}

/** The partition of `nodes` by arcs among them. */
export function districtsIn(index: Index, nodes: Nodes): number[][] {
  const left = marksOf(index, nodes);
  const found: number[][] = [];
  for (const node of nodes) {
    if (left[node] === 0) continue;
    const district = districtIn(index, node, left);
    for (const member of district) left[member] = 0;
    found.push(district);
  }
  return found;
}

/**
 * The Markov pillow of `node` in the subgraph on `inside`: its district among itself and its predecessors, with the parents of
 * that district (also those outside `inside`, which are parameters there), without the node. Given its pillow the node is
 * independent of its other predecessors. Richardson, Evans, Robins and Shpitser 2023, section 2.
 */
export function pillowIn(index: Index, node: number, inside: Uint8Array): number[] {
  const district = new Set<number>([node]);
  const pillow = new Set<number>();
  for (const member of district) {
    if (member !== node) pillow.add(member);
    for (const parent of index.parents[member] as Nodes) pillow.add(parent);
    for (const sibling of index.siblings[member] as Nodes) if (sibling < node && inside[sibling] === 1) district.add(sibling);
  }
  pillow.delete(node);
  return [...pillow].sort((a, b) => a - b);
}

function reach(edges: readonly Nodes[], seeds: Nodes, inside: Uint8Array): number[] {
  const seen = new Set<number>();
  for (const seed of seeds) if (inside[seed] === 1) seen.add(seed);
  for (const node of seen) for (const next of edges[node] as Nodes) if (inside[next] === 1) seen.add(next);
  return [...seen].sort((a, b) => a - b);
}
