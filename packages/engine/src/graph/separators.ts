import { type Augmented, augmented, component } from './augmented.ts';
import { type Graph, numberOf } from './graph.ts';
import type { Name } from './variable.ts';

export interface SeparatorOptions {
  /** What the separator may consist of; absent: every variable that is not latent. */
  readonly within?: Iterable<Name>;
  /** What it must contain. */
  readonly include?: readonly Name[];
}

/** `complete` is false if the limit was hit before all sets were found. */
export interface Separators {
  readonly sets: readonly (readonly Name[])[];
  readonly complete: boolean;
}

/**
 * One minimal m-separator of `a` and `b` (no part of it that still holds `include` separates them), in topological order, or
 * `undefined` if there is none. An empty list means that nothing needs to be conditioned on. Of the separator next to `a` and
 * the one next to `b` the smaller is returned. O(nodes + edges).
 * After van der Zander, Liskiewicz and Textor 2019, "Separators and adjustment sets in causal graphs", on the augmented graph.
 */
export function minimalSeparator(
  graph: Graph,
  a: readonly Name[],
  b: readonly Name[],
  options: SeparatorOptions = {},
): readonly Name[] | undefined {
  const include = options.include ?? [];
  if (a.length === 0 || b.length === 0) return named(graph, [], include);
  const there = problem(graph, a, b, options);
  if (there === undefined) return undefined;
  const [left, right] = [nextTo(there, there.start, there.goal), nextTo(there, there.goal, there.start)];
  return named(graph, left.size <= right.size ? left : right, include);
}

/**
 * All minimal m-separators, smaller ones first, at most `limit` of them (default 1,000). No sets: not separable; one empty
 * set: separated already. Every step makes a new one from a found one by moving a node to the side of `a` (Kloks and Kratsch
 * 1998, "Listing all minimal separators of a graph"): O(nodes) searches per separator, memory for those found.
 */
export function minimalSeparators(
  graph: Graph,
  a: readonly Name[],
  b: readonly Name[],
  options: SeparatorOptions & { readonly limit?: number } = {},
): Separators {
  const include = options.include ?? [];
  if (a.length === 0 || b.length === 0) return { sets: [named(graph, [], include)], complete: true };
  const there = problem(graph, a, b, options);
  if (there === undefined) return { sets: [], complete: true };
  const limit = options.limit ?? 1000;
  const goalNodes = new Set(there.nodesOf[there.goal]);
  const found = new Map<string, ReadonlySet<number>>();
  const queue: ReadonlySet<number>[] = [];
  let complete = true;
  const add = (set: ReadonlySet<number>): void => {
    const key = [...set].sort((p, q) => p - q).join();
    if (found.has(key)) return;
    if (found.size >= limit) {
      complete = false;
      return;
    }
    found.set(key, set);
    queue.push(set);
  };
  add(nextTo(there, there.start, there.goal));
  for (let i = 0; i < queue.length && complete; i++) {
    const separator = queue[i] as ReadonlySet<number>;
    const side = component(there, there.start, separator).nodes;
    for (const moved of separator) {
      if (goalNodes.has(moved)) continue;
      const wall = new Set(there.nodesOf[there.start]);
      for (const node of [...side, moved]) {
        for (const clique of there.cliquesOf.get(node) as readonly number[]) {
          for (const next of there.nodesOf[clique] as readonly number[]) wall.add(next);
        }
      }
      for (const node of side) wall.delete(node);
      wall.delete(moved);
      add(component(there, there.goal, new Set([...wall, ...side, moved])).touched);
    }
  }
  const sets = [...found.values()].map((set) => named(graph, set, include));
  return { sets: sets.sort((p, q) => p.length - q.length), complete };
}

function problem(graph: Graph, a: readonly Name[], b: readonly Name[], { within, include }: SeparatorOptions): Augmented | undefined {
  const ends = new Set([...a, ...b]);
  const must = include ?? [];
  if (a.some((name) => b.includes(name)) || must.some((name) => ends.has(name))) return undefined;
  const allowed = new Set<number>();
  for (const name of within ?? graph.variables.keys()) {
    if (within !== undefined || graph.variables.get(name)?.latent !== true) allowed.add(numberOf(graph, name));
  }
  return augmented(graph, a, b, new Set(must.map((name) => numberOf(graph, name))), (node) => allowed.has(node));
}

/** The minimal separator all of whose nodes touch the clique `near`. */
function nextTo(there: Augmented, near: number, far: number): ReadonlySet<number> {
  return component(there, far, new Set(there.nodesOf[near])).touched;
}

function named(graph: Graph, numbers: Iterable<number>, include: readonly Name[]): Name[] {
  const all = new Set([...numbers, ...include.map((name) => numberOf(graph, name))]);
  return [...all].sort((p, q) => p - q).map((number) => graph.index.names[number] as Name);
}
