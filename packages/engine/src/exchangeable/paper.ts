import type { Environments, Pairs } from './environments.ts';
import { type CodedColumn, type GTest, gTest } from './g-test.ts';

/** A test of the two-position algorithm: `target` at position 1 against `other` at position 2 (or 1), given `given` at position 1. */
export interface PairTest extends GTest {
  readonly target: number;
  readonly other: number;
  readonly position: 1 | 2;
  readonly given: readonly number[];
}

export type PairVerdict = 'forward' | 'backward' | 'none';

export interface PairDecision {
  /** With the fallback: what fits best where the three tests do not agree on one graph. */
  readonly verdict: PairVerdict;
  /** Without it; undefined: the tests fit no graph. */
  readonly conservative: PairVerdict | undefined;
  /** X1 _||_ Y2 | X2, which X -> Y implies; Y1 _||_ X2 | Y2, which Y -> X implies; X1 _||_ Y1. */
  readonly tests: { readonly forward: PairTest; readonly backward: PairTest; readonly none: PairTest };
}

type Tester = (target: number, other: number, position: 1 | 2, given: readonly number[]) => PairTest;

function testerOf({ levels }: Environments, pairs: Pairs): Tester {
  const column = (v: number, position: 1 | 2): CodedColumn => ({
    codes: (position === 1 ? pairs.first : pairs.second)[v] as Int32Array,
    levels: levels[v]?.length as number,
  });
  return (target, other, position, given) => ({
    ...gTest(
      column(target, 1),
      column(other, position),
      given.map((v) => column(v, 1)),
    ),
    target,
    other,
    position,
    given,
  });
}

/**
 * The bivariate rule of causal de Finetti (Guo and others 2023) for X (column 0) and Y (column 1) on two records per environment: a graph
 * is taken if the test that it implies passes at `level` and the two others do not (the empty graph: if all three pass), otherwise the one
 * whose test has the largest p.
 */
export function decidePair(environments: Environments, pairs: Pairs, level = 0.05): PairDecision {
  const test = testerOf(environments, pairs);
  // X1 _||_ Y2 | X2 with the positions renamed.
  const tests = { forward: test(1, 0, 2, [0]), backward: test(0, 1, 2, [1]), none: test(0, 1, 1, []) };
  const passes = (one: PairTest): boolean => one.p >= level;
  const [forward, backward, none] = [passes(tests.forward), passes(tests.backward), passes(tests.none)];
  const conservative =
    !none && forward !== backward ? (forward ? 'forward' : 'backward') : forward && backward && none ? 'none' : undefined;
  return { verdict: conservative ?? largest(tests), conservative, tests };
}

function largest({ forward, backward, none }: PairDecision['tests']): PairVerdict {
  if (forward.p > backward.p && forward.p > none.p) return 'forward';
  return backward.p > none.p ? 'backward' : 'none';
}

export interface PeeledGraph {
  /** Layers of variables, sinks first. */
  readonly layers: readonly (readonly number[])[];
  /** Layers in which no variable passed, so that the one that failed least was taken. */
  readonly forced: readonly number[];
  readonly edges: readonly (readonly [number, number])[];
  readonly tests: readonly PairTest[];
}

/**
 * The multivariate algorithm of causal de Finetti on two records per environment: layers of sinks are peeled off (v joins a layer if for
 * every other variable k that is left X_{v;1} _||_ X_{k;2} given all others at position 1), then edges are sought from layer to layer at
 * position 1. Where no variable passes, the one with the largest smallest p forms the layer; co-parents are conditioned on as described,
 * and no layer loses a variable (both unlike the published code).
 */
export function peelSinks(environments: Environments, pairs: Pairs, level = 0.05): PeeledGraph {
  const test = testerOf(environments, pairs);
  const tests: PairTest[] = [];
  const run = (...question: Parameters<Tester>): number => {
    const done = test(...question);
    tests.push(done);
    return done.p;
  };
  const layers: number[][] = [];
  const forced: number[] = [];
  let left = environments.names.map((_, v) => v);
  while (left.length > 0) {
    const smallest = left.map((v) => {
      const others = left.filter((k) => k !== v);
      return others.reduce((least, k) => Math.min(least, run(v, k, 2, others)), 1);
    });
    let layer = left.filter((_, i) => (smallest[i] as number) >= level);
    if (layer.length === 0) {
      forced.push(layers.length);
      layer = [left[smallest.indexOf(Math.max(...smallest))] as number];
    }
    layers.push(layer);
    left = left.filter((v) => !layer.includes(v));
  }
  return { layers, forced, edges: edgesBetween(layers, level, run), tests };
}

function edgesBetween(
  layers: readonly (readonly number[])[],
  level: number,
  run: (...question: Parameters<Tester>) => number,
): (readonly [number, number])[] {
  const edges: (readonly [number, number])[] = [];
  const isEdge = (from: number, to: number): boolean => edges.some(([a, b]) => a === from && b === to);
  const layerOf = (v: number): number => layers.findIndex((layer) => layer.includes(v));
  for (let distance = 1; distance < layers.length; distance++)
    for (let source = layers.length - 1; source - distance >= 0; source--) {
      const sink = source - distance;
      const above = layers.slice(source + 1).flat();
      for (const j of layers[source] as readonly number[])
        for (const i of layers[sink] as readonly number[]) {
          const given = new Set(above);
          if (distance > 1) {
            const children = edges.filter(([from]) => from === j).map(([, to]) => to);
            for (const k of layers[source] as readonly number[]) if (k !== j && children.some((child) => isEdge(k, child))) given.add(k);
            for (const [from, to] of edges) if (to === i && layerOf(from) > sink && layerOf(from) < source) given.add(from);
          }
          if (run(j, i, 1, [...given]) <= level) edges.push([j, i]);
        }
    }
  return edges;
}
