import { type Graph, type Index, numberOf } from './graph.ts';
import type { Name } from './variable.ts';

/** Walks see the graph restricted to `within`, without the arrows into `cutInto` and without the arrows out of `cutOutOf`. */
export interface KinOptions {
  readonly within?: ReadonlySet<Name>;
  readonly cutInto?: Iterable<Name>;
  readonly cutOutOf?: Iterable<Name>;
}

/** `of` and everything with a directed path to it. In topological order, O(nodes and edges visited). */
export function ancestors(graph: Graph, of: Iterable<Name>, options: KinOptions = {}): ReadonlySet<Name> {
  return walk(graph, of, options, graph.index.parents, options.cutInto, options.cutOutOf);
}

/** `of` and everything that a directed path from it reaches. In topological order. */
export function descendants(graph: Graph, of: Iterable<Name>, options: KinOptions = {}): ReadonlySet<Name> {
  return walk(graph, of, options, graph.index.children, options.cutOutOf, options.cutInto);
}

/** The parents of the nodes `of`; a member of `of` is among them if it is a parent of another member. In topological order. */
export function parents(graph: Graph, of: Iterable<Name>): ReadonlySet<Name> {
  return step(graph, of, graph.index.parents);
}

/** The children of the nodes `of`; a member of `of` is among them if it is a child of another member. In topological order. */
export function children(graph: Graph, of: Iterable<Name>): ReadonlySet<Name> {
  return step(graph, of, graph.index.children);
}

/** The other ends of the arcs at the nodes `of`. In topological order. */
export function siblings(graph: Graph, of: Iterable<Name>): ReadonlySet<Name> {
  return step(graph, of, graph.index.siblings);
}

/** Every node, parents before children; ties by order of declaration. */
export function topologicalOrder(graph: Graph): readonly Name[] {
  return graph.index.names;
}

/** `names` in topological order, each once. */
export function inOrder(graph: Graph, names: Iterable<Name>): Name[] {
  return [
    ...named(
      graph.index,
      [...new Set(names)].map((name) => numberOf(graph, name)),
    ),
  ];
}

/** The variables that are not latent, in order of declaration. */
export function observed(graph: Graph): Name[] {
  return [...graph.variables.values()].filter((variable) => variable.latent !== true).map((variable) => variable.name);
}

function walk(
  graph: Graph,
  of: Iterable<Name>,
  { within }: KinOptions,
  edges: readonly (readonly number[])[],
  leave: Iterable<Name> | undefined,
  enter: Iterable<Name> | undefined,
): ReadonlySet<Name> {
  const { names } = graph.index;
  const closed = new Set<number>();
  const forbidden = new Set<number>();
  for (const name of leave ?? []) closed.add(numberOf(graph, name));
  for (const name of enter ?? []) forbidden.add(numberOf(graph, name));
  const seen = new Set<number>();
  const stack: number[] = [];
  for (const name of of) {
    const node = numberOf(graph, name);
    if (seen.has(node) || within?.has(name) === false) continue;
    seen.add(node);
    stack.push(node);
  }
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (closed.has(node)) continue;
    for (const next of edges[node] as readonly number[]) {
      if (seen.has(next) || forbidden.has(next) || within?.has(names[next] as Name) === false) continue;
      seen.add(next);
      stack.push(next);
    }
  }
  return named(graph.index, [...seen]);
}

function step(graph: Graph, of: Iterable<Name>, edges: readonly (readonly number[])[]): ReadonlySet<Name> {
  const found = new Set<number>();
  for (const name of of) for (const next of edges[numberOf(graph, name)] as readonly number[]) found.add(next);
  return named(graph.index, [...found]);
}

function named(index: Index, numbers: number[]): Set<Name> {
  return new Set(numbers.sort((a, b) => a - b).map((number) => index.names[number] as Name));
}
