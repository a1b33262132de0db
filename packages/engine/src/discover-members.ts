import { patternTextOf } from './discover-graph.ts';
import { pooledGraphSteps } from './discover-others.ts';
import type { Environments } from './exchangeable/environments.ts';
import type { MixedEnvironments } from './exchangeable/mixed-environments.ts';
import { equivalenceClass, extensionOf, type PartialGraph } from './exchangeable/partial-graph.ts';
import { Random } from './math/random.ts';
import type { RunOptions } from './run/progress.ts';
import { inSteps } from './run/steps.ts';

type Arrow = readonly [number, number];

/** Lines that are directed both ways. */
const mostLines = 8;

/** The graph of PC over the records as if independent, and all directed graphs that it cannot tell apart. */
export async function independentMembers(
  environments: Environments | MixedEnvironments,
  options: RunOptions,
): Promise<{ readonly text: string; readonly graphs: readonly (readonly Arrow[])[] }> {
  const { names } = environments;
  const found = await inSteps(pooledGraphSteps(environments), options);
  const name = (v: number): string => names[v] as string;
  const edges = [
    ...found.arrows.map(([a, b]) => ({ from: name(a), to: name(b), decided: true })),
    ...found.lines.map(([a, b]) => ({ from: name(a), to: name(b), decided: false })),
  ];
  return { text: patternTextOf(names, edges), graphs: membersOf(found) };
}

/** Directed graphs of the class; one consistent with its edges where tests disagreed or its lines are many. */
export function membersOf(graph: PartialGraph): readonly (readonly Arrow[])[] {
  const { count, arrows, lines } = graph;
  const members: Arrow[][] = [];
  if (lines.length <= mostLines)
    for (let mask = 0; mask < 2 ** lines.length; mask++) {
      const directed = [...arrows, ...lines.map(([a, b], k): Arrow => ((mask >> k) & 1 ? [b, a] : [a, b]))];
      if (acyclic(count, directed) && sameClass(graph, directed)) members.push(directed);
    }
  if (members.length > 0) return members;
  const { parents } = extensionOf(graph, new Random(1, 'extension'));
  return [parents.flatMap((own, to) => own.map((from): Arrow => [from, to]))];
}

const parentsOf = (count: number, arrows: readonly Arrow[]): number[][] =>
  Array.from({ length: count }, (_, v) => arrows.filter(([, to]) => to === v).map(([from]) => from));

function sameClass(graph: PartialGraph, directed: readonly Arrow[]): boolean {
  const own = equivalenceClass(parentsOf(graph.count, directed));
  const has = (list: readonly Arrow[], [a, b]: Arrow): boolean => list.some(([p, q]) => p === a && q === b);
  return own.arrows.length === graph.arrows.length && own.arrows.every((arrow) => has(graph.arrows, arrow));
}

function acyclic(count: number, arrows: readonly Arrow[]): boolean {
  let left = Array.from({ length: count }, (_, v) => v);
  for (;;) {
    const sources = left.filter((v) => !arrows.some(([from, to]) => to === v && left.includes(from)));
    if (sources.length === 0) return left.length === 0;
    left = left.filter((v) => !sources.includes(v));
  }
}
