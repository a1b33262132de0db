import { createDraws, pick, shuffled } from './draws.ts';
import { needsLineSeven } from './line-seven.ts';
import { assemble, type MixedGraph, writeGraph } from './mixed-graph.ts';
import type { OracleCase } from './setup.ts';

export interface RandomCase extends OracleCase {
  readonly id: string;
  /** The query needs line 7 of ID, or has a hedge where line 7 would be tried. */
  readonly lineSeven: boolean;
  readonly shape: 'uniform' | 'planted' | 'filtered';
}

export interface RandomOptions {
  readonly fewest?: number;
  readonly most?: number;
  /** Share of questions with a condition; default 0. */
  readonly conditional?: number;
  /** Share of cases with one or two experiments, observation sometimes missing; default 0. */
  readonly experiments?: number;
  readonly arcsAtMost?: number;
}

/**
 * Random mixed graphs of 4 to 7 nodes, each with one interventional question. One third is drawn uniformly, one third has
 * the line-7 gadget W -> Z -> X, W <-> X, W <-> Y planted before a random treatment, and one third is uniform but kept only
 * where {@link needsLineSeven} holds. Same seed, same cases; a prefix of a longer run.
 */
export function randomCases(seed: number, count: number, options: RandomOptions = {}): RandomCase[] {
  const draw = createDraws(seed);
  return Array.from({ length: count }, (_, i) => {
    const shape = (['uniform', 'planted', 'filtered'] as const)[i % 3] as RandomCase['shape'];
    for (let attempt = 0; ; attempt++) {
      const drawn = one(draw, shape, options);
      if (shape !== 'filtered' || drawn.lineSeven || attempt === 200) return { ...drawn, id: `random-${seed}-${i}`, shape };
    }
  });
}

function one(draw: () => number, shape: RandomCase['shape'], options: RandomOptions): Omit<RandomCase, 'id' | 'shape'> {
  const [fewest, most] = [options.fewest ?? 4, options.most ?? 7];
  const size = fewest + Math.floor(draw() * (most - fewest + 1));
  const names = Array.from({ length: size }, (_, i) => `V${i + 1}`);
  const arrows = new Map<string, [string, string]>();
  const arcs = new Map<string, [string, string]>();
  const arrow = (a: number, b: number): void => {
    arrows.set(`${a} ${b}`, [names[a] as string, names[b] as string]);
  };
  const arc = (a: number, b: number): void => {
    if (arcs.size < (options.arcsAtMost ?? 5)) arcs.set(`${Math.min(a, b)} ${Math.max(a, b)}`, [names[a] as string, names[b] as string]);
  };
  let treatment = Math.floor(draw() * (size - 1));
  let outcome = treatment + 1 + Math.floor(draw() * (size - treatment - 1));
  if (shape === 'planted') {
    const [w, z, x, y] = shuffled(
      draw,
      names.map((_, i) => i),
    )
      .slice(0, 4)
      .sort((p, q) => p - q) as [number, number, number, number];
    arrow(w, z);
    arrow(z, x);
    arc(w, x);
    arc(w, y);
    arrow(x, y);
    [treatment, outcome] = [x, y];
  }
  const density = shape === 'planted' ? 0.1 + 0.25 * draw() : 0.25 + 0.35 * draw();
  for (let a = 0; a < size; a++) for (let b = a + 1; b < size; b++) if (draw() < density) arrow(a, b);
  const extra = shape === 'planted' ? Math.floor(draw() * 3) : 1 + Math.floor(draw() * (options.arcsAtMost ?? 5));
  for (let k = 0; k < extra; k++) {
    const [a, b] = shuffled(
      draw,
      names.map((_, i) => i),
    ) as [number, number];
    arc(a, b);
  }
  const graph = assemble(names, [...arrows.values()], [...arcs.values()]);
  const left = shuffled(
    draw,
    names.filter((_, i) => i !== treatment && i !== outcome),
  );
  const treatments = [names[treatment] as string];
  const outcomes = [names[outcome] as string];
  if (draw() < 0.2) treatments.push(left.pop() as string);
  if (draw() < 0.2) outcomes.push(left.pop() as string);
  const conditions: string[] = [];
  if (draw() < (options.conditional ?? 0) && left.length > 0) {
    conditions.push(left.pop() as string);
    if (draw() < 0.3 && left.length > 0) conditions.push(left.pop() as string);
  }
  const experiments = draw() < (options.experiments ?? 0) ? drawExperiments(draw, names, outcomes) : undefined;
  const condition = [`do(${treatments.join(', ')})`, ...conditions].join(', ');
  return {
    graph: writeGraph(graph),
    query: `P(${outcomes.join(', ')} | ${condition})`,
    ...(experiments === undefined ? {} : { experiments }),
    lineSeven: lineSevenOf(graph, [...outcomes, ...conditions], treatments),
  };
}

function drawExperiments(draw: () => number, names: readonly string[], outcomes: readonly string[]): string[][] {
  const candidates = shuffled(
    draw,
    names.filter((name) => !outcomes.includes(name)),
  );
  const sets: string[][] = draw() < 0.7 ? [[]] : [];
  sets.push([pick(draw, candidates)]);
  if (draw() < 0.6) sets.push(candidates.slice(0, draw() < 0.4 ? 2 : 1));
  return sets;
}

function lineSevenOf(graph: MixedGraph, outcomes: readonly string[], treatments: readonly string[]): boolean {
  const at = (list: readonly string[]): number[] => list.map((name) => graph.names.indexOf(name));
  return needsLineSeven(graph, at(outcomes), at(treatments));
}
