import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawPairs, type Environments } from '../../src/exchangeable/environments.ts';
import { equivalenceClass, extensionOf, type PartialGraph } from '../../src/exchangeable/partial-graph.ts';
import { independentGraph, independentGraphSteps, pcSteps } from '../../src/exchangeable/pc.ts';
import type { Parents } from '../../src/exchangeable/plug-in.ts';
import { drawEnvironments, xorModel } from '../../src/exchangeable/processes.ts';
import { createGraph, type Graph } from '../../src/graph/graph.ts';
import { separated } from '../../src/graph/separation.ts';
import { Random } from '../../src/math/random.ts';
import { Interrupted } from '../../src/run/progress.ts';
import { atOnce } from '../../src/run/steps.ts';

const name = (v: number): string => `V${v}`;
function graphOf(parents: Parents): Graph {
  const graph = createGraph({
    variables: parents.map((_, v) => ({ name: name(v) })),
    arrows: parents.flatMap((own, to) => own.map((from) => [name(from), name(to)] as const)),
    arcs: [],
  });
  if (!graph.ok) throw new Error('no graph');
  return graph.value;
}
const oracle = (parents: Parents): ((a: number, b: number, given: readonly number[]) => number) => {
  const graph = graphOf(parents);
  return (a, b, given) => (separated(graph, [name(a)], [name(b)], given.map(name)) ? 1 : 0);
};
const shape = ({ arrows, lines }: PartialGraph): unknown => ({ arrows, lines });
const skeleton = (parents: Parents): string[] =>
  parents.flatMap((own, v) => own.map((k) => [Math.min(k, v), Math.max(k, v)].join())).sort();
/** Triples a -> c <- b without an edge between a and b. */
const colliders = (parents: Parents): string[] =>
  parents
    .flatMap((own, c) =>
      own.flatMap((a) => own.filter((b) => a < b && !parents[a]?.includes(b) && !parents[b]?.includes(a)).map((b) => [a, c, b].join())),
    )
    .sort();

/** Over a shuffled order, so that numbers say nothing of the direction. */
const dag = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer(), fc.double({ min: 0.1, max: 0.8, noNaN: true }))
  .map(([count, seed, density]): Parents => {
    const random = new Random(seed, 'dag');
    const order = random.shuffle(Array.from({ length: count }, (_, v) => v));
    const parents: number[][] = order.map(() => []);
    for (const [i, v] of order.entries()) parents[v] = order.slice(0, i).filter(() => random.next() < density);
    return parents.map((own) => own.sort((a, b) => a - b));
  });

/** Every directed acyclic graph over four variables. */
function fours(): Parents[] {
  const pairs = [0, 1, 2, 3].flatMap((a) => [0, 1, 2, 3].filter((b) => a < b).map((b) => [a, b] as const));
  const found: Parents[] = [];
  for (let code = 0; code < 3 ** 6; code++) {
    const parents: number[][] = [[], [], [], []];
    for (const [k, [a, b]] of pairs.entries()) {
      const way = Math.floor(code / 3 ** k) % 3;
      if (way === 1) parents[b]?.push(a);
      if (way === 2) parents[a]?.push(b);
    }
    const left = new Set([0, 1, 2, 3]);
    for (let moved = true; moved; ) {
      moved = false;
      for (const v of left)
        if (parents[v]?.every((k) => !left.has(k))) {
          left.delete(v);
          moved = true;
        }
    }
    if (left.size === 0) found.push(parents.map((own) => own.sort((a, b) => a - b)));
  }
  return found;
}

describe('the graph of independent records', () => {
  it('what all 543 graphs of four variables share with their equals, by enumeration', () => {
    const all = fours();
    expect(all.length).toBe(543);
    const classes = new Map<string, Parents[]>();
    for (const one of all) {
      const key = `${skeleton(one).join(' ')};${colliders(one).join(' ')}`;
      classes.set(key, [...(classes.get(key) ?? []), one]);
    }
    expect(classes.size).toBe(185);
    for (const members of classes.values())
      for (const one of members) {
        const isArrow = (a: number, b: number): boolean => members.every((parents) => parents[b]?.includes(a));
        const { arrows, lines } = equivalenceClass(one);
        const expected = one.flatMap((own, b) => own.filter((a) => isArrow(a, b)).map((a) => [a, b]));
        expect([...arrows].map(String).sort()).toEqual(expected.map(String).sort());
        expect(lines.length).toBe(skeleton(one).length - expected.length);
        const { parents, consistent } = extensionOf(equivalenceClass(one), new Random(3, skeleton(one).join()));
        expect(consistent).toBe(true);
        expect(members.map(String)).toContain(String(parents));
      }
  });

  it('with m-separation as its test, what the independences of a random graph determine', () => {
    fc.assert(
      fc.property(dag, (parents) => {
        const found = atOnce(pcSteps(parents.length, oracle(parents), { level: 0.5 }));
        expect(shape(found)).toEqual(shape(equivalenceClass(parents)));
        expect(found.conflicts).toEqual([]);
        for (const { a, b, given } of found.separations) expect(oracle(parents)(a, b, given)).toBe(1);
        const extended = extensionOf(found, new Random(4));
        expect(extended.consistent).toBe(true);
        expect([skeleton(extended.parents), colliders(extended.parents)]).toEqual([skeleton(parents), colliders(parents)]);
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it('random extensions reach every graph of a class', () => {
    const chain = equivalenceClass([[], [0], [1]]);
    const seen = new Set(Array.from({ length: 60 }, (_, i) => String(extensionOf(chain, new Random(5, i)).parents)));
    expect(seen.size).toBe(3);
  });

  it('tests that disagree: a line that two colliders direct both ways stays, and the extension says that it is none', () => {
    // 0 - 1 - 2 - 3 with both inner variables colliders; 1 - 2 would point both ways.
    const independent = (a: number, b: number): number => (b - a === 1 ? 0 : 1);
    const found = atOnce(pcSteps(4, independent));
    expect(shape(found)).toEqual({
      arrows: [
        [0, 1],
        [3, 2],
      ],
      lines: [[1, 2]],
    });
    expect(found.conflicts).toEqual([[1, 2]]);
    const { parents, consistent } = extensionOf(found, new Random(6));
    expect(consistent).toBe(false);
    expect(skeleton(parents)).toEqual(['0,1', '1,2', '2,3']);
  });
});

describe('records of environments', () => {
  const collider = xorModel([
    ['A', []],
    ['B', []],
    ['C', ['A', 'B']],
  ]);

  it('a collider is found and a single edge has no direction, however many environments there are', async () => {
    const pair = xorModel([
      ['X', []],
      ['Y', ['X']],
    ]);
    const two = await independentGraph(drawEnvironments(pair, 5000, 2, new Random(7)));
    expect(shape(two)).toEqual({ arrows: [], lines: [[0, 1]] });
    const three = drawEnvironments(collider, 4000, 2, new Random(8));
    const found = await independentGraph(three, { records: drawPairs(three, new Random(9)) });
    expect(shape(found)).toEqual({
      arrows: [
        [0, 2],
        [1, 2],
      ],
      lines: [],
    });
  });

  it('equal records may be counted', () => {
    const plain = drawEnvironments(collider, 200, 6, new Random(10));
    const repeated: Environments = {
      ...plain,
      starts: plain.starts.map((start) => 2 * start),
      columns: plain.columns.map((column) => Int32Array.from({ length: 2 * column.length }, (_, r) => column[r >> 1] as number)),
    };
    const counted: Environments = { ...plain, counts: new Float64Array(plain.columns[0]?.length ?? 0).fill(2) };
    const [one, other] = [repeated, counted].map((each) => atOnce(independentGraphSteps(each, { level: 1e-9 })));
    expect(one).toEqual(other);
    expect(one?.separations.length).toBeGreaterThan(0);
  });

  it('can be stopped', async () => {
    await expect(independentGraph(drawEnvironments(collider, 50, 2, new Random(11)), { signal: { aborted: true } })).rejects.toThrow(
      Interrupted,
    );
  });
});
