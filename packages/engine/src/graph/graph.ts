import { failure, type Issue, type Result, success } from '../run/issue.ts';
import type { Name, Variable } from './variable.ts';

export type Edge = readonly [Name, Name];

export interface GraphParts {
  readonly variables: readonly Variable[];
  readonly arrows: readonly Edge[];
  readonly arcs: readonly Edge[];
}

/**
 * The graph over node numbers. Numbers follow a topological order (ties: order of declaration), so every parent has a
 * smaller number than its children. Neighbour lists ascend.
 */
export interface Index {
  readonly names: readonly Name[];
  readonly numbers: ReadonlyMap<Name, number>;
  readonly parents: readonly (readonly number[])[];
  readonly children: readonly (readonly number[])[];
  readonly siblings: readonly (readonly number[])[];
}

/**
 * An immutable acyclic directed mixed graph: arrows `X -> Y`, arcs `X <-> Y` (a hidden common cause of just these two),
 * and variables of which some are latent. Make one with {@link createGraph}; every transformation returns a new graph.
 */
export interface Graph {
  /** In order of declaration. */
  readonly variables: ReadonlyMap<Name, Variable>;
  readonly arrows: readonly Edge[];
  readonly arcs: readonly Edge[];
  readonly index: Index;
}

/**
 * Builds a graph. Variables that only occur in edges are added; repeated edges merge.
 * Issues: `self-loop`, `cycle` (the message shows the cycle), `duplicate-variable`.
 */
export function createGraph(parts: GraphParts): Result<Graph> {
  const issues: Issue[] = [];
  const variables = new Map<Name, Variable>();
  for (const variable of parts.variables) {
    if (variables.has(variable.name)) issues.push({ code: 'duplicate-variable', message: `Variable ${variable.name} is declared twice.` });
    variables.set(variable.name, variable);
  }
  for (const [a, b] of [...parts.arrows, ...parts.arcs]) {
    for (const name of [a, b]) if (!variables.has(name)) variables.set(name, { name });
    if (a === b) issues.push({ code: 'self-loop', message: `${a} cannot point to itself.`, hint: `Remove the edge from ${a} to ${a}.` });
  }
  if (issues.length > 0) return failure(...issues);
  const arrows = unique(parts.arrows, ([a, b]) => JSON.stringify([a, b]));
  const arcs = unique(parts.arcs, ([a, b]) => JSON.stringify(a < b ? [a, b] : [b, a]));
  const order = topologicalOrder([...variables.keys()], arrows);
  if ('cycle' in order) {
    return failure({
      code: 'cycle',
      message: `The graph has a cycle: ${[...order.cycle, order.cycle[0]].join(' -> ')}.`,
      hint: 'Remove or turn around one of these arrows; for feedback, use one variable per time point.',
    });
  }
  return success({ variables, arrows, arcs, index: indexOf(order.names, arrows, arcs) });
}

/**
 * The graph of parts known to be sound: endpoints declared, no edge twice, no self-loop, no cycle. For transformations of a
 * graph that exists; what a person wrote goes through {@link createGraph}. Throws where a cycle shows that the caller is at fault.
 */
export function assemble(variables: ReadonlyMap<Name, Variable>, arrows: readonly Edge[], arcs: readonly Edge[]): Graph {
  const order = topologicalOrder([...variables.keys()], arrows);
  if ('cycle' in order) throw new Error(`A transformation made a cycle: ${order.cycle.join(' -> ')}.`);
  return { variables, arrows, arcs, index: indexOf(order.names, arrows, arcs) };
}

/** A directed cycle among the arrows, its first node not repeated; `undefined` if there is none. */
export function findCycle(names: readonly Name[], arrows: readonly Edge[]): readonly Name[] | undefined {
  const order = topologicalOrder(names, arrows);
  return 'cycle' in order ? order.cycle : undefined;
}

/** The number of a node that must exist. Throws for an unknown name: the caller should have checked what a person typed. */
export function numberOf(graph: Graph, name: Name): number {
  const number = graph.index.numbers.get(name);
  if (number === undefined) throw new Error(`The graph has no variable ${name}.`);
  return number;
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  const seen = new Map<string, T>();
  for (const item of items) if (!seen.has(key(item))) seen.set(key(item), item);
  return [...seen.values()];
}

function indexOf(names: readonly Name[], arrows: readonly Edge[], arcs: readonly Edge[]): Index {
  const numbers = new Map(names.map((name, number) => [name, number]));
  const table = (): number[][] => names.map(() => []);
  const [parents, children, siblings] = [table(), table(), table()];
  const at = (name: Name): number => numbers.get(name) as number;
  for (const [a, b] of arrows) {
    (parents[at(b)] as number[]).push(at(a));
    (children[at(a)] as number[]).push(at(b));
  }
  for (const [a, b] of arcs) {
    (siblings[at(a)] as number[]).push(at(b));
    (siblings[at(b)] as number[]).push(at(a));
  }
  for (const list of [...parents, ...children, ...siblings]) list.sort((p, q) => p - q);
  return { names, numbers, parents, children, siblings };
}

/** Kahn's algorithm with the earliest declared ready node first, or one directed cycle. */
function topologicalOrder(names: readonly Name[], arrows: readonly Edge[]): { names: Name[] } | { cycle: Name[] } {
  const declared = new Map(names.map((name, i) => [name, i]));
  const children: number[][] = names.map(() => []);
  const waiting = new Int32Array(names.length);
  for (const [a, b] of arrows) {
    const to = declared.get(b) as number;
    (children[declared.get(a) as number] as number[]).push(to);
    waiting[to] = (waiting[to] as number) + 1;
  }
  const ready: number[] = [];
  const push = (node: number): void => {
    ready.push(node);
    for (let i = ready.length - 1; i > 0; ) {
      const up = (i - 1) >> 1;
      if ((ready[up] as number) <= (ready[i] as number)) break;
      [ready[up], ready[i]] = [ready[i] as number, ready[up] as number];
      i = up;
    }
  };
  const pop = (): number => {
    const top = ready[0] as number;
    const last = ready.pop() as number;
    if (ready.length > 0) {
      ready[0] = last;
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2])
          if (child < ready.length && (ready[child] as number) < (ready[least] as number)) least = child;
        if (least === i) break;
        [ready[least], ready[i]] = [ready[i] as number, ready[least] as number];
        i = least;
      }
    }
    return top;
  };
  names.forEach((_, node) => {
    if (waiting[node] === 0) push(node);
  });
  const order: Name[] = [];
  while (ready.length > 0) {
    const node = pop();
    order.push(names[node] as Name);
    for (const child of children[node] as number[]) {
      waiting[child] = (waiting[child] as number) - 1;
      if (waiting[child] === 0) push(child);
    }
  }
  if (order.length === names.length) return { names: order };
  // Every node left has a parent that is left: walking up must meet a node twice.
  const parentLeft = new Map<number, number>();
  names.forEach((_, node) => {
    if ((waiting[node] as number) > 0) for (const child of children[node] as number[]) parentLeft.set(child, node);
  });
  const walk: number[] = [];
  let node = [...parentLeft.keys()].find((n) => (waiting[n] as number) > 0) as number;
  while (!walk.includes(node)) {
    walk.push(node);
    node = parentLeft.get(node) as number;
  }
  return {
    cycle: walk
      .slice(walk.indexOf(node))
      .reverse()
      .map((n) => names[n] as Name),
  };
}
