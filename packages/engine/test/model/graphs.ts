import { createGraph, type Edge, type Graph } from '../../src/graph/graph.ts';
import type { Random } from '../../src/math/random.ts';
import type { DiscreteModel, RandomModelOptions } from '../../src/model/scm.ts';
import { randomModel } from '../../src/model/scm.ts';

/** `X -> Y; X <-> Y; Z`, one edge or node per statement. */
export function graphOf(text: string, latent: readonly string[] = []): Graph {
  const arrows: Edge[] = [];
  const arcs: Edge[] = [];
  const names = new Set<string>();
  for (const statement of text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.length > 0)) {
    const [a, kind, b] = statement.split(/\s+/u);
    names.add(a as string);
    if (b === undefined) continue;
    names.add(b);
    (kind === '->' ? arrows : arcs).push([a as string, b]);
  }
  const made = createGraph({ variables: [...names].map((name) => ({ name, latent: latent.includes(name) })), arrows, arcs });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  return made.value;
}

/** A random mixed graph over V0.. in topological order. */
export function randomGraph(random: Random, nodes: number, arrowShare: number, arcShare: number): Graph {
  const names = Array.from({ length: nodes }, (_, i) => `V${i}`);
  const arrows: Edge[] = [];
  const arcs: Edge[] = [];
  for (let i = 0; i < nodes; i++)
    for (let j = i + 1; j < nodes; j++) {
      if (random.next() < arrowShare) arrows.push([names[i] as string, names[j] as string]);
      if (random.next() < arcShare) arcs.push([names[i] as string, names[j] as string]);
    }
  const made = createGraph({ variables: names.map((name) => ({ name })), arrows, arcs });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  return made.value;
}

export function modelOf(graph: Graph, options: RandomModelOptions): DiscreteModel {
  const model = randomModel(graph, options);
  if ('tooLarge' in model) throw new Error('too large');
  return model;
}
