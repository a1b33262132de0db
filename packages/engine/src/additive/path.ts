import { type Graph, numberOf } from '../graph/graph.ts';
import { ancestors } from '../graph/kin.ts';
import type { Name } from '../graph/variable.ts';

export interface PathStep {
  /** The edge that leads here: ` -> ` or ` <- `; the first step has none. */
  readonly step: ' -> ' | ' <- ' | '';
  readonly to: Name;
}

/**
 * A shortest walk from `from` to one of `goals` that is open given `given`, in a graph without arcs: why two sets are not separated.
 * Undefined: they are.
 */
export function openPath(graph: Graph, from: Name, goals: readonly Name[], given: readonly Name[]): readonly PathStep[] | undefined {
  const { names, parents, children } = graph.index;
  const fixed = new Set(given);
  const above = ancestors(graph, given);
  const before = new Map<number, number | undefined>();
  const start = 2 * numberOf(graph, from);
  before.set(start, undefined);
  const queue = [start];
  for (const state of queue) {
    const node = state >> 1;
    const head = (state & 1) === 1;
    const name = names[node] as Name;
    if (goals.includes(name) && !fixed.has(name)) return walk(state, before, names);
    const next: number[] = [];
    if (!fixed.has(name)) for (const child of children[node] as readonly number[]) next.push(2 * child + 1);
    if (head ? above.has(name) : !fixed.has(name)) for (const parent of parents[node] as readonly number[]) next.push(2 * parent);
    for (const one of next) {
      if (before.has(one)) continue;
      before.set(one, state);
      queue.push(one);
    }
  }
  return undefined;
}

function walk(end: number, before: ReadonlyMap<number, number | undefined>, names: readonly Name[]): PathStep[] {
  const steps: PathStep[] = [];
  for (let state: number | undefined = end; state !== undefined; state = before.get(state)) {
    const first = before.get(state) === undefined;
    steps.unshift({ step: first ? '' : (state & 1) === 1 ? ' -> ' : ' <- ', to: names[state >> 1] as Name });
  }
  return steps;
}
