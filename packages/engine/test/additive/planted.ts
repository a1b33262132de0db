import type { Edge } from '../../src/graph/graph.ts';
import type { Name } from '../../src/graph/variable.ts';
import { dice } from '../graph/support.ts';

/** Everything that happens before the outcome: a graph without arcs, hidden causes and noise of the parts named. */
export interface PlantedGraph {
  /** Causes first; the outcome is not among them. */
  readonly nodes: readonly Name[];
  readonly arrows: readonly Edge[];
  readonly levels: ReadonlyMap<Name, number>;
}

/** A part of the sum: any function of `of`. */
export interface PlantedPart {
  readonly of: readonly Name[];
}

export interface Planted {
  /** E[part | given = values; do(set)] for every joint value of `given` (row-major, the first name slowest), every part. */
  parts(set: readonly Name[], given: readonly Name[]): Float64Array[];
  /** Their sum. */
  mean(set: readonly Name[], given: readonly Name[]): Float64Array;
}

/** A structural model with random tables (every probability between .1 and .9) and random parts, evaluated by going through all states. */
export function planted(graph: PlantedGraph, parts: readonly PlantedPart[], seed: number): Planted {
  const random = dice(seed);
  const size = (name: Name): number => graph.levels.get(name) ?? 2;
  const parentsOf = new Map(graph.nodes.map((name) => [name, graph.arrows.filter(([, to]) => to === name).map(([from]) => from)]));
  const cellOf = (names: readonly Name[], state: ReadonlyMap<Name, number>): number =>
    names.reduce((cell, name) => cell * size(name) + (state.get(name) as number), 0);
  const cells = (names: readonly Name[]): number => names.reduce((product, name) => product * size(name), 1);
  const tables = new Map(
    graph.nodes.map((name) => {
      const rows = Array.from({ length: cells(parentsOf.get(name) as Name[]) }, () => {
        const weights = Array.from({ length: size(name) }, () => 0.2 + random.next());
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        return weights.map((weight) => weight / total);
      });
      return [name, rows] as const;
    }),
  );
  const functions = parts.map(({ of }) => Array.from({ length: cells(of) }, () => 4 * random.next() - 2));

  function through(set: readonly Name[], visit: (state: ReadonlyMap<Name, number>, probability: number) => void): void {
    const state = new Map<Name, number>();
    const from = (i: number, probability: number): void => {
      const name = graph.nodes[i];
      if (name === undefined) {
        visit(state, probability);
        return;
      }
      for (let value = 0; value < size(name); value++) {
        state.set(name, value);
        const chance = set.includes(name)
          ? 1 / size(name)
          : (((tables.get(name) as number[][])[cellOf(parentsOf.get(name) as Name[], state)] as number[])[value] as number);
        from(i + 1, probability * chance);
      }
    };
    from(0, 1);
  }

  const means: Planted['parts'] = (set, given) => {
    const weight = new Float64Array(cells(given));
    const sums = parts.map(() => new Float64Array(cells(given)));
    through(set, (state, probability) => {
      const at = cellOf(given, state);
      weight[at] = (weight[at] as number) + probability;
      for (const [i, sum] of sums.entries())
        sum[at] = (sum[at] as number) + probability * ((functions[i] as number[])[cellOf((parts[i] as PlantedPart).of, state)] as number);
    });
    return sums.map((sum) => sum.map((value, at) => value / (weight[at] as number)));
  };
  return {
    parts: means,
    mean: (set, given) => {
      const all = means(set, given);
      return (all[0] as Float64Array).map((_, at) => all.reduce((sum, one) => sum + (one[at] as number), 0));
    },
  };
}

/** Coordinates of vectors in their own span (Gram-Schmidt with the largest rest first), so that spans of some of them are small problems. */
export function coordinates(vectors: readonly Float64Array[]): readonly Float64Array[] {
  const rest = vectors.map((vector) => Float64Array.from(vector));
  const norm = (vector: Float64Array): number => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  const scale = Math.max(...rest.map(norm));
  const found = vectors.map((): number[] => []);
  for (;;) {
    const norms = rest.map(norm);
    const largest = norms.indexOf(Math.max(...norms));
    if ((norms[largest] as number) < 1e-9 * scale) break;
    const axis = (rest[largest] as Float64Array).map((x) => x / (norms[largest] as number));
    for (const [i, vector] of rest.entries()) {
      const along = vector.reduce((sum, x, j) => sum + x * (axis[j] as number), 0);
      found[i]?.push(along);
      rest[i] = vector.map((x, j) => x - along * (axis[j] as number));
    }
  }
  return found.map((one) => Float64Array.from(one));
}

/** Distance of the target from the span of the vectors, relative to its length. */
export function distance(vectors: readonly Float64Array[], target: Float64Array): number {
  const basis: Float64Array[] = [];
  const clear = (vector: Float64Array): Float64Array => {
    let left = vector;
    for (let twice = 0; twice < 2; twice++)
      for (const axis of basis) {
        const along = left.reduce((sum, x, j) => sum + x * (axis[j] as number), 0);
        left = left.map((x, j) => x - along * (axis[j] as number));
      }
    return left;
  };
  const norm = (vector: Float64Array): number => Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  for (const vector of vectors) {
    const left = clear(vector);
    const size = norm(left);
    if (size > 1e-9 * norm(vector)) basis.push(left.map((x) => x / size));
  }
  return norm(clear(target)) / norm(target);
}

export const subsetsOf = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: 2 ** items.length }, (_, marks) => items.filter((__, i) => ((marks >> i) & 1) === 1));
