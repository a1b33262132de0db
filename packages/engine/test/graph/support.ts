import { createGraph, type Edge, type Graph } from '../../src/graph/graph.ts';
import type { Name, Variable } from '../../src/graph/variable.ts';

/** Mulberry32: test data that is the same in every run. */
export function dice(seed: number): {
  next(): number;
  below(n: number): number;
  pick<T>(items: readonly T[]): T;
  some<T>(items: readonly T[], share: number): T[];
} {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    pick: (items) => items[below(items.length)] as (typeof items)[number],
    some: (items, share) => items.filter(() => next() < share),
  };
}

export function must(parts: { variables?: readonly Variable[]; arrows?: readonly Edge[]; arcs?: readonly Edge[] }): Graph {
  const made = createGraph({ variables: parts.variables ?? [], arrows: parts.arrows ?? [], arcs: parts.arcs ?? [] });
  if (!made.ok) throw new Error(made.issues.map((issue) => issue.message).join('\n'));
  return made.value;
}

/** `"A -> B, A <-> C"`: the tests' own tiny reader, so that they do not lean on the parsers under test. */
export function graphOf(text: string): Graph {
  const arrows: Edge[] = [];
  const arcs: Edge[] = [];
  const variables = new Map<Name, Variable>();
  for (const part of text.split(',')) {
    const [a = '', edge, b = ''] = part.trim().split(/\s+/);
    for (const name of edge === undefined ? [a] : [a, b]) variables.set(name, { name });
    if (edge === '->') arrows.push([a, b]);
    if (edge === '<->') arcs.push([a, b]);
  }
  return must({ variables: [...variables.values()], arrows, arcs });
}

/** Declared in an order that has nothing to do with the arrows. */
export function randomGraph(seed: number, nodes: number, arrowShare: number, arcShare: number, latentShare = 0): Graph {
  const random = dice(seed);
  const names = Array.from({ length: nodes }, (_, i) => `V${i}`);
  const shuffled = [...names];
  for (let i = nodes - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [shuffled[i], shuffled[j]] = [shuffled[j] as Name, shuffled[i] as Name];
  }
  const arrows: Edge[] = [];
  const arcs: Edge[] = [];
  for (let i = 0; i < nodes; i++) {
    for (let j = i + 1; j < nodes; j++) {
      if (random.next() < arrowShare) arrows.push([shuffled[i] as Name, shuffled[j] as Name]);
      if (random.next() < arcShare) arcs.push([shuffled[i] as Name, shuffled[j] as Name]);
    }
  }
  const variables = names.map((name): Variable => (random.next() < latentShare ? { name, latent: true } : { name }));
  return must({ variables, arrows, arcs });
}

export function edgeSet(edges: readonly Edge[], directed: boolean): Set<string> {
  return new Set(edges.map(([a, b]) => (directed || a < b ? `${a} ${b}` : `${b} ${a}`)));
}
