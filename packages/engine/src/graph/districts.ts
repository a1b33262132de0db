import { type Graph, numberOf } from './graph.ts';
import { inOrder } from './kin.ts';
import type { Name } from './variable.ts';

/**
 * The districts (c-components): sets connected by arcs, of the whole graph or of its part `within`. A node without arcs is a
 * district of its own. Each district, and the list by first members, is in topological order.
 */
export function districts(graph: Graph, within?: Iterable<Name>): Name[][] {
  const { names, siblings } = graph.index;
  const inside = new Uint8Array(names.length).fill(within === undefined ? 1 : 0);
  for (const name of within ?? []) inside[numberOf(graph, name)] = 1;
  const found: Name[][] = [];
  for (let start = 0; start < names.length; start++) {
    if (inside[start] === 0) continue;
    inside[start] = 0;
    const members = [start];
    for (let i = 0; i < members.length; i++) {
      for (const next of siblings[members[i] as number] as readonly number[]) {
        if (inside[next] === 0) continue;
        inside[next] = 0;
        members.push(next);
      }
    }
    found.push(members.sort((p, q) => p - q).map((node) => names[node] as Name));
  }
  return found;
}

/** The district of `name` in the graph or in its part `within` (which must hold `name`), in topological order. */
export function districtOf(graph: Graph, name: Name, within?: ReadonlySet<Name>): Name[] {
  const { names, siblings } = graph.index;
  const members = new Set<Name>([name]);
  for (const member of members) {
    for (const next of siblings[numberOf(graph, member)] as readonly number[]) {
      const other = names[next] as Name;
      if (within === undefined || within.has(other)) members.add(other);
    }
  }
  return inOrder(graph, members);
}
