import { describe, expect, it } from 'vitest';
import { impliedIndependences } from '../../src/graph/independences.ts';
import { observed } from '../../src/graph/kin.ts';
import { separated } from '../../src/graph/separation.ts';
import { minimalSeparator, minimalSeparators } from '../../src/graph/separators.ts';
import type { Name } from '../../src/graph/variable.ts';
import { separatedByMoralisation } from './oracle.ts';
import { dice, graphOf, randomGraph } from './support.ts';

function subsets(items: readonly Name[]): Name[][] {
  const all: Name[][] = [[]];
  for (const item of items) for (const set of [...all]) all.push([...set, item]);
  return all;
}

describe('minimal separators', () => {
  it('tells "nothing needed" from "impossible"', () => {
    expect(minimalSeparator(graphOf('X -> Z, Y -> Z'), ['X'], ['Y'])).toEqual([]);
    expect(minimalSeparators(graphOf('X -> Z, Y -> Z'), ['X'], ['Y'])).toEqual({ sets: [[]], complete: true });
    expect(minimalSeparator(graphOf('X -> Y'), ['X'], ['Y'])).toBeUndefined();
    expect(minimalSeparators(graphOf('X -> Y'), ['X'], ['Y'])).toEqual({ sets: [], complete: true });
  });

  it('are exactly the minimal sets that enumeration finds (4,000 random graphs, latents, restrictions, obligations)', () => {
    let several = 0;
    for (let seed = 1; seed <= 4000; seed++) {
      const random = dice(seed * 101);
      const graph = randomGraph(seed, 6 + random.below(5), 0.1 + random.next() * 0.3, random.next() * 0.1, random.next() < 0.3 ? 0.25 : 0);
      const names = [...graph.variables.keys()];
      const [x, y] = [random.pick(names), random.pick(names)];
      if (x === y || graph.index.children[graph.index.numbers.get(x) as number]?.includes(graph.index.numbers.get(y) as number)) continue;
      const a = [x];
      const b = [y];
      const extra = random.pick(names);
      if (random.next() < 0.2 && extra !== x && extra !== y) a.push(extra);
      const free = names.filter((name) => !a.includes(name) && !b.includes(name));
      const include = random.next() < 0.3 ? random.some(free, 0.2) : [];
      const within = random.next() < 0.3 ? random.some(free, 0.7) : undefined;
      const pool = (within ?? observed(graph)).filter((name) => free.includes(name) && !include.includes(name));
      const separating = subsets(pool)
        .map((set) => [...set, ...include])
        .filter((set) => separatedByMoralisation(graph, a, b, set));
      const minimal = separating.filter(
        (set) => !separating.some((other) => other.length < set.length && other.every((name) => set.includes(name))),
      );
      const options = within === undefined ? { include } : { include, within };
      const found = minimalSeparators(graph, a, b, options);
      const plain = (sets: readonly (readonly Name[])[]): string[] => sets.map((set) => [...set].sort().join()).sort();
      expect(found.complete).toBe(true);
      expect(plain(found.sets), `seed ${seed}`).toEqual(plain(minimal));
      if (minimal.length > 1) several++;
      const one = minimalSeparator(graph, a, b, options);
      if (minimal.length === 0) expect(one).toBeUndefined();
      else expect(plain(minimal)).toContain(plain([one ?? ['none']])[0]);
    }
    expect(several).toBeGreaterThan(100);
  });

  it('stops at the limit and says so', () => {
    const rungs = Array.from({ length: 8 }, (_, i) => `X -> A${i}, A${i} -> B${i}, B${i} -> Y`).join(', ');
    const all = minimalSeparators(graphOf(rungs), ['X'], ['Y']);
    expect([all.sets.length, all.complete]).toEqual([256, true]);
    const some = minimalSeparators(graphOf(rungs), ['X'], ['Y'], { limit: 20 });
    expect([some.sets.length, some.complete]).toEqual([20, false]);
    for (const set of some.sets) expect(separated(graphOf(rungs), ['X'], ['Y'], set)).toBe(true);
    expect(minimalSeparators(graphOf(rungs), ['X'], ['Y'], { limit: 256 }).complete).toBe(true);
  });
});

describe('implied independences', () => {
  it('of the napkin', () => {
    const napkin = graphOf('W -> Z, Z -> X, X -> Y, W <-> X, W <-> Y');
    expect(impliedIndependences(napkin)).toEqual({
      found: [],
      inseparable: [
        ['W', 'X'],
        ['W', 'Y'],
        ['Z', 'Y'],
      ].slice(2),
      complete: true,
    });
  });

  it('cover every pair: an edge, a separator that holds and is minimal, or no separator at all', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = dice(seed);
      const graph = randomGraph(seed, 3 + random.below(5), 0.3, random.next() * 0.2, random.next() < 0.5 ? 0.2 : 0);
      const implied = impliedIndependences(graph);
      const seen = observed(graph);
      for (const { a, b, given } of implied.found) {
        expect(separatedByMoralisation(graph, [a], [b], given)).toBe(true);
        for (const drop of given) {
          const less = given.filter((name) => name !== drop);
          expect(separatedByMoralisation(graph, [a], [b], less)).toBe(false);
        }
      }
      for (const [a, b] of implied.inseparable) {
        const pool = seen.filter((name) => name !== a && name !== b);
        expect(subsets(pool).some((set) => separatedByMoralisation(graph, [a], [b], set))).toBe(false);
      }
      const joined = (a: Name, b: Name): boolean =>
        [...graph.arrows, ...graph.arcs].some(([p, q]) => (p === a && q === b) || (p === b && q === a));
      const pairs = seen.flatMap((a, i) => seen.slice(i + 1).filter((b) => !joined(a, b)));
      expect(implied.found.length + implied.inseparable.length).toBe(pairs.length);
    }
  });

  it('reports its limit', () => {
    const alone = graphOf(Array.from({ length: 10 }, (_, i) => `N${i}`).join(', '));
    expect(impliedIndependences(alone).found.length).toBe(45);
    expect(impliedIndependences(alone, { limit: 7 })).toMatchObject({ complete: false, inseparable: [] });
  });
});
