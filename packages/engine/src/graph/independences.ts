import type { Graph } from './graph.ts';
import { observed } from './kin.ts';
import { minimalSeparator } from './separators.ts';
import type { Name } from './variable.ts';

/** `a` is independent of `b` given the set. */
export interface Independence {
  readonly a: Name;
  readonly b: Name;
  readonly given: readonly Name[];
}

export interface Independences {
  readonly found: readonly Independence[];
  /** Pairs without an edge between them that no observed set separates: the graph constrains them in another way, or not at all. */
  readonly inseparable: readonly (readonly [Name, Name])[];
  /** False if the limit was hit before every pair was looked at. */
  readonly complete: boolean;
}

/**
 * What the graph says that data can contradict: for each pair of observed variables without an edge one conditional
 * independence, given a minimal separator made of observed variables. `a` comes before `b` in topological order; smaller
 * conditions first. At most `limit` independences (default 10,000); O(pairs x (nodes + edges)).
 */
export function impliedIndependences(graph: Graph, options: { readonly limit?: number } = {}): Independences {
  const limit = options.limit ?? 10_000;
  const { numbers, children, siblings } = graph.index;
  const nodes = observed(graph)
    .map((name) => numbers.get(name) as number)
    .sort((p, q) => p - q);
  const found: Independence[] = [];
  const inseparable: [Name, Name][] = [];
  let complete = true;
  for (const [i, first] of nodes.entries()) {
    const joined = new Set([...(children[first] as readonly number[]), ...(siblings[first] as readonly number[])]);
    const a = graph.index.names[first] as Name;
    for (const second of nodes.slice(i + 1)) {
      if (joined.has(second)) continue;
      if (found.length >= limit) {
        complete = false;
        break;
      }
      const b = graph.index.names[second] as Name;
      const given = minimalSeparator(graph, [a], [b]);
      if (given === undefined) inseparable.push([a, b]);
      else found.push({ a, b, given });
    }
  }
  return { found: found.sort((p, q) => p.given.length - q.given.length), inseparable, complete };
}
