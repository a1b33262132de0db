import { type Graph, numberOf } from './graph.ts';
import type { Name } from './variable.ts';

/**
 * The augmented (moral) graph of the ancestors of a and b, as cliques: one for every district with its parents. In it `a` and
 * `b` are m-separated by a set exactly if deleting the set disconnects them. Cliques that share a node which may not be
 * deleted are merged into one, so that what is left is a question about the deletable nodes alone.
 */
export interface Augmented {
  /** Deletable nodes by clique, and cliques by node (both ascending). */
  readonly nodesOf: readonly (readonly number[])[];
  readonly cliquesOf: ReadonlyMap<number, readonly number[]>;
  readonly start: number;
  readonly goal: number;
}

/** `undefined` if a and b hang together by nodes that may not be deleted. `deletable` and `gone` hold node numbers. */
export function augmented(
  graph: Graph,
  a: readonly Name[],
  b: readonly Name[],
  gone: ReadonlySet<number>,
  deletable: (node: number) => boolean,
): Augmented | undefined {
  const { parents, siblings } = graph.index;
  const [from, to] = [a.map((name) => numberOf(graph, name)), b.map((name) => numberOf(graph, name))];
  const inside = new Set<number>();
  const stack = [...from, ...to, ...gone];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (inside.has(node)) continue;
    inside.add(node);
    stack.push(...(parents[node] as readonly number[]));
  }

  const clique = new Map<number, number>();
  const raw: number[][] = [];
  for (const first of inside) {
    if (clique.has(first)) continue;
    const members = [first];
    clique.set(first, raw.length);
    for (let i = 0; i < members.length; i++) {
      for (const next of siblings[members[i] as number] as readonly number[]) {
        if (!inside.has(next) || clique.has(next)) continue;
        clique.set(next, raw.length);
        members.push(next);
      }
    }
    raw.push([...new Set([...members, ...members.flatMap((node) => parents[node] as readonly number[])])]);
  }

  const leader = raw.map((_, i) => i);
  const lead = (i: number): number => {
    let at = i;
    while (leader[at] !== at) {
      leader[at] = leader[leader[at] as number] as number;
      at = leader[at] as number;
    }
    return at;
  };
  const ends = new Set([...from, ...to]);
  const seenIn = new Map<number, number>();
  raw.forEach((nodes, i) => {
    for (const node of nodes) {
      if (gone.has(node) || (deletable(node) && !ends.has(node))) continue;
      const other = seenIn.get(node);
      if (other === undefined) seenIn.set(node, i);
      else leader[lead(i)] = lead(other);
    }
  });
  for (const side of [from, to]) {
    for (const node of side) leader[lead(seenIn.get(node) as number)] = lead(seenIn.get(side[0] as number) as number);
  }
  const start = lead(seenIn.get(from[0] as number) as number);
  const goal = lead(seenIn.get(to[0] as number) as number);
  if (start === goal) return undefined;

  const nodesOf: Set<number>[] = raw.map(() => new Set());
  raw.forEach((nodes, i) => {
    for (const node of nodes) if (!gone.has(node) && !seenIn.has(node)) nodesOf[lead(i)]?.add(node);
  });
  const cliquesOf = new Map<number, number[]>();
  nodesOf.forEach((nodes, i) => {
    for (const node of nodes) cliquesOf.set(node, [...(cliquesOf.get(node) ?? []), i]);
  });
  return { nodesOf: nodesOf.map((nodes) => [...nodes].sort((p, q) => p - q)), cliquesOf, start, goal };
}

/** The cliques and nodes that clique `from` reaches without passing `wall`, and the part of the wall that they touch. */
export function component(
  { nodesOf, cliquesOf }: Augmented,
  from: number,
  wall: ReadonlySet<number>,
): { readonly nodes: ReadonlySet<number>; readonly touched: ReadonlySet<number> } {
  const cliques = [from];
  const seen = new Set(cliques);
  const nodes = new Set<number>();
  const touched = new Set<number>();
  for (let i = 0; i < cliques.length; i++) {
    for (const node of nodesOf[cliques[i] as number] as readonly number[]) {
      if (wall.has(node)) {
        touched.add(node);
        continue;
      }
      if (nodes.has(node)) continue;
      nodes.add(node);
      for (const next of cliquesOf.get(node) as readonly number[]) {
        if (seen.has(next)) continue;
        seen.add(next);
        cliques.push(next);
      }
    }
  }
  return { nodes, touched };
}
