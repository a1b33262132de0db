import { describe, expect, it } from 'vitest';
import { separated } from '../../src/graph/separation.ts';
import { cutInto, cutOutOf } from '../../src/graph/surgery.ts';
import { separatedByMoralisation } from './oracle.ts';
import { dice, graphOf, randomGraph } from './support.ts';

describe('separated', () => {
  it('knows the four textbook paths', () => {
    expect(separated(graphOf('X -> M, M -> Y'), ['X'], ['Y'], [])).toBe(false);
    expect(separated(graphOf('X -> M, M -> Y'), ['X'], ['Y'], ['M'])).toBe(true);
    expect(separated(graphOf('M -> X, M -> Y'), ['X'], ['Y'], ['M'])).toBe(true);
    const collider = graphOf('X -> M, Y -> M, M -> D');
    expect(separated(collider, ['X'], ['Y'], [])).toBe(true);
    expect(separated(collider, ['X'], ['Y'], ['M'])).toBe(false);
    expect(separated(collider, ['X'], ['Y'], ['D'])).toBe(false);
  });

  it('opens the M-graph by its collider and treats arcs as arrowheads at both ends', () => {
    const m = graphOf('X <-> Z, Z <-> Y');
    expect(separated(m, ['X'], ['Y'], [])).toBe(true);
    expect(separated(m, ['X'], ['Y'], ['Z'])).toBe(false);
  });

  it('leaves out members of the condition and connects a node with itself', () => {
    const chain = graphOf('X -> M, M -> Y');
    expect(separated(chain, ['X'], ['X'], [])).toBe(false);
    expect(separated(chain, ['X'], ['X'], ['X'])).toBe(true);
    expect(separated(chain, ['X', 'M'], ['Y'], ['M'])).toBe(true);
    expect(separated(chain, [], ['Y'], [])).toBe(true);
  });

  it('sees the cut graph of rule 2 of the do-calculus', () => {
    const door = graphOf('Z -> X, Z -> Y, X -> Y');
    expect(separated(door, ['X'], ['Y'], ['Z'], { cutOutOf: ['X'] })).toBe(true);
    expect(separated(door, ['X'], ['Y'], [], { cutOutOf: ['X'] })).toBe(false);
    expect(separated(door, ['X'], ['Z'], [], { cutInto: ['X'] })).toBe(true);
  });

  it('agrees with moralisation on 6,000 random questions, cut and uncut', () => {
    const tally = { open: 0, shut: 0 };
    for (let seed = 1; seed <= 6000; seed++) {
      const random = dice(seed * 7919);
      const graph = randomGraph(seed, 2 + random.below(9), random.next() * 0.5, random.next() * 0.4);
      const names = [...graph.variables.keys()];
      const a = [random.pick(names)];
      const b = [random.pick(names)];
      if (random.next() < 0.3) a.push(random.pick(names));
      const given = random.some(names, random.next() * 0.6).filter((name) => ![...a, ...b].includes(name));
      const into = random.next() < 0.5 ? random.some(names, 0.3) : [];
      const outOf = random.next() < 0.5 ? random.some(names, 0.3) : [];
      const truth = separatedByMoralisation(cutOutOf(cutInto(graph, into), outOf), a, b, given);
      expect(separated(graph, a, b, given, { cutInto: into, cutOutOf: outOf }), `seed ${seed}`).toBe(truth);
      tally[truth ? 'shut' : 'open']++;
    }
    expect(Math.min(tally.open, tally.shut)).toBeGreaterThan(1500);
  });

  it('is symmetric', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = dice(seed);
      const graph = randomGraph(seed, 8, 0.25, 0.2);
      const names = [...graph.variables.keys()];
      const [a, b] = [[random.pick(names)], [random.pick(names)]];
      const given = random.some(names, 0.3);
      expect(separated(graph, a, b, given)).toBe(separated(graph, b, a, given));
    }
  });
});
