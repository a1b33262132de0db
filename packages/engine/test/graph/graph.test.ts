import { describe, expect, it } from 'vitest';
import { districtOf, districts } from '../../src/graph/districts.ts';
import { createGraph } from '../../src/graph/graph.ts';
import { ancestors, children, descendants, inOrder, parents, siblings, topologicalOrder } from '../../src/graph/kin.ts';
import {
  addArcs,
  addArrows,
  cutInto,
  cutOutOf,
  induced,
  removeArcs,
  removeArrows,
  withLatent,
  without,
  withVariables,
} from '../../src/graph/surgery.ts';
import { ancestorsByPasses } from './oracle.ts';
import { dice, edgeSet, graphOf, must, randomGraph } from './support.ts';

describe('createGraph', () => {
  it('shows the cycle, not only that there is one', () => {
    const made = createGraph({
      variables: [],
      arrows: [
        ['R', 'A'],
        ['A', 'B'],
        ['B', 'C'],
        ['C', 'A'],
        ['C', 'D'],
      ],
      arcs: [],
    });
    expect(made.ok).toBe(false);
    if (made.ok) return;
    expect(made.issues[0]?.code).toBe('cycle');
    const shown = (made.issues[0]?.message.match(/cycle: (.*)\./)?.[1] ?? '').split(' -> ');
    expect(shown.length).toBe(4);
    expect(shown[0]).toBe(shown[3]);
    expect(new Set(shown)).toEqual(new Set(['A', 'B', 'C']));
    const arrows = new Set(['R A', 'A B', 'B C', 'C A', 'C D']);
    for (let i = 0; i < 3; i++) expect(arrows).toContain(`${shown[i]} ${shown[i + 1]}`);
  });

  it('shows a true cycle of every random cyclic graph', () => {
    let cyclic = 0;
    for (let seed = 1; seed <= 500; seed++) {
      const random = dice(seed);
      const names = ['a', 'b', 'c', 'd', 'e', 'f'];
      const arrows = names.flatMap((a) => names.filter((b) => a !== b && random.next() < 0.2).map((b) => [a, b] as const));
      const made = createGraph({ variables: [], arrows, arcs: [] });
      if (made.ok) {
        const at = made.value.index.numbers;
        for (const [a, b] of arrows) expect(at.get(a) as number).toBeLessThan(at.get(b) as number);
        continue;
      }
      cyclic++;
      const shown = (made.issues[0]?.message.match(/cycle: (.*)\./)?.[1] ?? '').split(' -> ');
      expect(shown[0]).toBe(shown.at(-1));
      for (let i = 0; i + 1 < shown.length; i++) expect(edgeSet(arrows, true)).toContain(`${shown[i]} ${shown[i + 1]}`);
    }
    expect(cyclic).toBeGreaterThan(100);
  });

  it('refuses self-loops and double declarations, merges repeated edges either way round', () => {
    const bad = createGraph({ variables: [{ name: 'A' }, { name: 'A' }], arrows: [['B', 'B']], arcs: [] });
    expect(bad.ok ? [] : bad.issues.map((issue) => issue.code)).toEqual(['duplicate-variable', 'self-loop']);
    const good = must({
      arrows: [
        ['A', 'B'],
        ['A', 'B'],
      ],
      arcs: [
        ['A', 'B'],
        ['B', 'A'],
      ],
    });
    expect([good.arrows.length, good.arcs.length]).toEqual([1, 1]);
  });
});

describe('kin', () => {
  it('agrees with passes over the arrow list, whole, cut and within a part', () => {
    for (let seed = 1; seed <= 1500; seed++) {
      const random = dice(seed);
      const graph = randomGraph(seed, 2 + random.below(9), 0.3, 0.2);
      const names = [...graph.variables.keys()];
      const of = random.some(names, 0.3);
      const [into, outOf, part] = [random.some(names, 0.2), random.some(names, 0.2), random.some(names, 0.7)];
      const cut = cutOutOf(cutInto(graph, into), outOf);
      expect(new Set(ancestors(graph, of, { cutInto: into, cutOutOf: outOf }))).toEqual(ancestorsByPasses(cut, of));
      const inPart = of.filter((name) => part.includes(name));
      expect(new Set(ancestors(graph, of, { within: new Set(part) }))).toEqual(ancestorsByPasses(induced(graph, part), inPart));
      for (const name of names) {
        expect(descendants(graph, of, { cutInto: into, cutOutOf: outOf }).has(name)).toBe(
          of.some((from) => ancestorsByPasses(cut, [name]).has(from)),
        );
        expect(parents(graph, of).has(name)).toBe(graph.arrows.some(([a, b]) => a === name && of.includes(b)));
        expect(children(graph, of).has(name)).toBe(graph.arrows.some(([a, b]) => b === name && of.includes(a)));
        expect(siblings(graph, of).has(name)).toBe(
          graph.arcs.some(([a, b]) => (a === name && of.includes(b)) || (b === name && of.includes(a))),
        );
      }
      expect([...ancestors(graph, names)]).toEqual(topologicalOrder(graph));
      expect(inOrder(graph, names)).toEqual(topologicalOrder(graph));
    }
  });
});

describe('districts', () => {
  it('are the components of the arcs', () => {
    const graph = graphOf('W -> Z, Z -> X, X -> Y, W <-> X, W <-> Y');
    expect(districts(graph)).toEqual([['W', 'X', 'Y'], ['Z']]);
    expect(districts(graph, ['X', 'Y', 'Z'])).toEqual([['Z'], ['X'], ['Y']]);
    expect(districtOf(graph, 'Y')).toEqual(['W', 'X', 'Y']);
  });

  it('partition the nodes and agree with merging along arcs', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = dice(seed);
      const graph = randomGraph(seed, 8, 0.2, 0.15);
      const part = random.some([...graph.variables.keys()], 0.8);
      const group = new Map(part.map((name) => [name, name]));
      for (let round = 0; round < part.length; round++) {
        for (const [a, b] of graph.arcs) {
          const [p, q] = [group.get(a), group.get(b)];
          if (p === undefined || q === undefined) continue;
          const [least = ''] = [p, q].sort();
          group.set(a, least);
          group.set(b, least);
        }
      }
      const found = districts(graph, part);
      expect(found.flat().sort()).toEqual([...part].sort());
      for (const district of found) {
        expect(new Set(district.map((name) => group.get(name))).size).toBe(1);
        expect(districtOf(graph, district[0] as string, new Set(part))).toEqual(district);
      }
      expect(found.length).toBe(new Set(group.values()).size);
    }
  });
});

describe('surgery', () => {
  const graph = graphOf('Z -> X, X -> M, M -> Y, X <-> Y, Z <-> Y');
  it('returns new graphs and leaves the old one alone', () => {
    const before = JSON.stringify([graph.arrows, graph.arcs]);
    expect(edgeSet(induced(graph, ['X', 'Y', 'M']).arrows, true)).toEqual(new Set(['X M', 'M Y']));
    expect(edgeSet(without(graph, ['X']).arcs, false)).toEqual(new Set(['Y Z']));
    expect(edgeSet(cutInto(graph, ['Y']).arcs, false)).toEqual(new Set());
    expect(edgeSet(cutOutOf(graph, ['X']).arrows, true)).toEqual(new Set(['Z X', 'M Y']));
    expect(edgeSet(removeArrows(graph, [['Z', 'X']]).arrows, true)).toEqual(new Set(['X M', 'M Y']));
    expect(edgeSet(removeArcs(graph, [['Y', 'X']]).arcs, false)).toEqual(new Set(['Y Z']));
    expect(withLatent(graph, ['Z']).variables.get('Z')).toEqual({ name: 'Z', latent: true });
    expect(withLatent(withLatent(graph, ['Z']), ['Z'], false).variables.get('Z')).toEqual({ name: 'Z' });
    expect([...withVariables(graph, [{ name: 'Q' }, { name: 'X', role: 'exposure' }]).variables.keys()]).toEqual(['Z', 'X', 'M', 'Y', 'Q']);
    expect(JSON.stringify([graph.arrows, graph.arcs])).toBe(before);
  });

  it('refuses an arrow that would close a cycle', () => {
    const closed = addArrows(graph, [['Y', 'Z']]);
    expect(closed.ok ? '' : closed.issues[0]?.message).toMatch(/Y -> Z|Z -> X/);
    expect(addArcs(graph, [['Z', 'Q']]).ok).toBe(true);
  });
});
