import { describe, expect, it } from 'vitest';
import { ancestors, observed } from '../../src/graph/kin.ts';
import { project, projectLatent } from '../../src/graph/projection.ts';
import { separated } from '../../src/graph/separation.ts';
import { arcsToLatents } from '../../src/graph/surgery.ts';
import { ancestorsByPasses } from './oracle.ts';
import { dice, edgeSet, graphOf, must, randomGraph } from './support.ts';

describe('project', () => {
  it('turns a hidden common cause into arcs and a hidden mediator into an arrow', () => {
    const graph = must({
      variables: [
        { name: 'U', latent: true },
        { name: 'H', latent: true },
      ],
      arrows: [
        ['U', 'X'],
        ['U', 'Y'],
        ['U', 'Z'],
        ['X', 'H'],
        ['H', 'Y'],
      ],
    });
    const projected = projectLatent(graph);
    expect([...projected.variables.keys()]).toEqual(['X', 'Y', 'Z']);
    expect(edgeSet(projected.arrows, true)).toEqual(new Set(['X Y']));
    expect(edgeSet(projected.arcs, false)).toEqual(new Set(['X Y', 'X Z', 'Y Z']));
  });

  it('passes nothing through a hidden collider, and a hidden node with one child vanishes', () => {
    const graph = graphOf('X -> L, Y -> L, Y <-> L, E -> X');
    const projected = project(graph, ['X', 'Y']);
    expect([projected.arrows, projected.arcs]).toEqual([[], []]);
  });

  it('carries an arc of a hidden node to its children', () => {
    expect(edgeSet(project(graphOf('S <-> L, L -> A, L -> B'), ['S', 'A', 'B']).arcs, false)).toEqual(new Set(['A S', 'B S', 'A B']));
  });

  it('returns the same graph when nothing is hidden', () => {
    const graph = graphOf('X -> Y, X <-> Y');
    expect(projectLatent(graph)).toBe(graph);
  });

  it('keeps separations and ancestry among the kept nodes (2,000 random graphs, every pair, random conditions)', () => {
    for (let seed = 1; seed <= 2000; seed++) {
      const random = dice(seed * 31);
      const graph = randomGraph(seed, 3 + random.below(8), 0.1 + random.next() * 0.4, random.next() * 0.25, 0.1 + random.next() * 0.5);
      const kept = observed(graph);
      const projected = projectLatent(graph);
      expect([...projected.variables.keys()]).toEqual(kept);
      for (const a of kept) {
        const above = new Set([...ancestorsByPasses(graph, [a])].filter((name) => kept.includes(name)));
        expect(new Set(ancestors(projected, [a]))).toEqual(above);
        for (const b of kept) {
          if (a >= b) continue;
          const given = random.some(kept, random.next()).filter((name) => name !== a && name !== b);
          expect(separated(projected, [a], [b], given), `seed ${seed}: ${a} ${b} | ${given}`).toBe(separated(graph, [a], [b], given));
        }
      }
    }
  });

  it('does not depend on the order in which variables are hidden', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = dice(seed);
      const graph = randomGraph(seed, 9, 0.3, 0.15, 0.4);
      const kept = observed(graph);
      let step = graph;
      for (const name of random.next() < 0.5 ? [...graph.variables.keys()] : [...graph.variables.keys()].reverse()) {
        if (!kept.includes(name))
          step = project(
            step,
            [...step.variables.keys()].filter((other) => other !== name),
          );
      }
      const once = project(graph, kept);
      expect(edgeSet(step.arrows, true)).toEqual(edgeSet(once.arrows, true));
      expect(edgeSet(step.arcs, false)).toEqual(edgeSet(once.arcs, false));
    }
  });

  it('undoes arcsToLatents', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const graph = randomGraph(seed, 7, 0.3, 0.3);
      const back = projectLatent(arcsToLatents(graph));
      expect(edgeSet(back.arrows, true)).toEqual(edgeSet(graph.arrows, true));
      expect(edgeSet(back.arcs, false)).toEqual(edgeSet(graph.arcs, false));
    }
  });

  it('hides about 1,000 of 2,000 nodes', () => {
    const graph = randomGraph(5, 2000, 0.001, 0.0003, 0.5);
    const projected = projectLatent(graph);
    expect(projected.variables.size).toBeGreaterThan(900);
    expect([...projected.variables.values()].some((variable) => variable.latent === true)).toBe(false);
  });
});
