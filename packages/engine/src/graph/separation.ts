import { type Graph, numberOf } from './graph.ts';
import type { Name } from './variable.ts';

/** Edges into `cutInto` (arrows and arcs) and arrows out of `cutOutOf` count as removed. */
export interface Cuts {
  readonly cutInto?: readonly Name[];
  readonly cutOutOf?: readonly Name[];
}

/**
 * True if `given` m-separates `a` from `b`: no path between them is open, where a path is open if its colliders are ancestors
 * of `given` and its other inner nodes are outside `given`. O(nodes + edges), no graph is built.
 *
 * Members of `given` in `a` or `b` are left out of those (a constant is independent of everything); a node in both `a` and
 * `b` is connected with itself. Richardson 2003, "Markov properties for acyclic directed mixed graphs", reachability form.
 */
export function separated(graph: Graph, a: readonly Name[], b: readonly Name[], given: readonly Name[], cuts: Cuts = {}): boolean {
  const { parents, children, siblings } = graph.index;
  const size = parents.length;
  const mark = (names: readonly Name[] = []): Uint8Array => {
    const marks = new Uint8Array(size);
    for (const name of names) marks[numberOf(graph, name)] = 1;
    return marks;
  };
  const [target, fixed, into, outOf] = [mark(b), mark(given), mark(cuts.cutInto), mark(cuts.cutOutOf)];
  const conditioned = closure(fixed, parents, into, outOf);

  // States: 2 * node + 1 when the last edge points at the node (head), 2 * node when it does not (tail).
  const seen = new Uint8Array(2 * size);
  const stack: number[] = [];
  const visit = (state: number): void => {
    if (seen[state] === 1) return;
    seen[state] = 1;
    stack.push(state);
  };
  for (const name of a) {
    const node = numberOf(graph, name);
    if (fixed[node] === 0) visit(2 * node);
  }
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const node = state >> 1;
    const open = fixed[node] === 0;
    if (open && target[node] === 1) return false;
    const head = (state & 1) === 1;
    if (open && outOf[node] === 0) {
      for (const child of children[node] as readonly number[]) if (into[child] === 0) visit(2 * child + 1);
    }
    if (head ? conditioned[node] === 0 : !open) continue;
    if (into[node] === 1) continue;
    for (const parent of parents[node] as readonly number[]) if (outOf[parent] === 0) visit(2 * parent);
    for (const sibling of siblings[node] as readonly number[]) if (into[sibling] === 0) visit(2 * sibling + 1);
  }
  return true;
}

/** Marks the ancestors of the marked nodes, themselves included. */
function closure(of: Uint8Array, parents: readonly (readonly number[])[], into: Uint8Array, outOf: Uint8Array): Uint8Array {
  const marks = Uint8Array.from(of);
  for (let node = marks.length - 1; node >= 0; node--) {
    if (marks[node] === 0 || into[node] === 1) continue;
    for (const parent of parents[node] as readonly number[]) if (outOf[parent] === 0) marks[parent] = 1;
  }
  return marks;
}
