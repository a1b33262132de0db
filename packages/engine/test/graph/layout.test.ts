import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printTikz } from '../../src/graph/formats/tikz.ts';
import { layoutOf } from '../../src/graph/layout.ts';
import { withVariables } from '../../src/graph/surgery.ts';
import { anyGraph } from './arbitrary.ts';
import { dice, graphOf, randomGraph } from './support.ts';

const size = { width: 60, height: 36 };

describe('layoutOf', () => {
  it('puts arrows downwards or to the right and nodes apart', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const graph = randomGraph(seed, 12, 0.2, 0.1);
      for (const direction of ['down', 'right'] as const) {
        const places = layoutOf(graph, { direction });
        const axis = direction === 'down' ? 'y' : 'x';
        for (const [a, b] of graph.arrows) expect(places.get(b)?.[axis]).toBeGreaterThan(places.get(a)?.[axis] as number);
        const all = [...places.values()];
        for (const [i, p] of all.entries())
          for (const q of all.slice(i + 1)) expect(Math.abs(p.x - q.x) >= size.width || Math.abs(p.y - q.y) >= size.height).toBe(true);
      }
    }
  });

  it('gives the same places every time', () => {
    const graph = randomGraph(3, 15, 0.2, 0.1);
    const first = layoutOf(graph);
    layoutOf(randomGraph(4, 20, 0.2, 0));
    expect(layoutOf(graph)).toEqual(first);
  });

  it('keeps declared places and puts the others beside them, whatever the unit', () => {
    for (const unit of [1, 0.01, 500]) {
      for (let seed = 1; seed <= 25; seed++) {
        const random = dice(seed);
        const bare = randomGraph(seed, 9, 0.25, 0.1);
        const fixed = random
          .some([...bare.variables.keys()], 0.5)
          .map((name, i) => ({ name, position: { x: i * unit, y: random.next() * unit } }));
        const places = layoutOf(withVariables(bare, fixed));
        for (const { name, position } of fixed) expect(places.get(name)).toEqual(position);
        const all = [...places.values()];
        expect(new Set(all.map(({ x, y }) => `${x} ${y}`)).size).toBe(all.length);
        for (const { x, y } of all) expect(Number.isFinite(x + y)).toBe(true);
      }
    }
  });

  it('takes any graph', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const places = layoutOf(graph);
        expect([...places.keys()].sort()).toEqual([...graph.variables.keys()].sort());
        expect(printTikz(graph).split('\\node').length).toBe(graph.variables.size + 1);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('places every one of 300 nodes', () => {
    const graph = randomGraph(1, 300, 0.007, 0);
    expect([...layoutOf(graph).keys()].sort()).toEqual([...graph.variables.keys()].sort());
  });
});

describe('printTikz', () => {
  it('escapes TeX and bends arcs', () => {
    const text = printTikz(graphOf('a_1 -> 50%, a_1 <-> 50%'));
    expect(text).toContain('{a\\_1}');
    expect(text).toContain('{50\\%}');
    expect(text).toMatch(/\\draw\[<->, dashed\] \(n1\) to\[bend left=50\] \(n2\);/);
  });
});
