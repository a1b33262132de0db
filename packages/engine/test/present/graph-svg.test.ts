import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDagitty } from '../../src/graph/formats/dagitty.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { drawingOf } from '../../src/present/svg/drawing.ts';
import { graphSvg } from '../../src/present/svg/graph.ts';
import { anyGraph } from '../graph/arbitrary.ts';
import { randomGraph } from '../graph/support.ts';
import { elements } from './xml.ts';

function graph(text: string): Graph {
  const made = parseDagitty(text);
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.value;
}

describe('graphSvg', () => {
  it('draws every node and edge once, named for screen readers', () => {
    const svg = graphSvg(graph('U [latent]; X [exposure]; Y [outcome]; U -> X -> Y; X <-> Y'), { title: 'Smoking & tar' });
    expect(svg).toContain('<title>Smoking &amp; tar</title>');
    expect(svg).toContain('<desc>3 variables: U, X, Y. Arrows: U to X; X to Y. Hidden common causes: X and Y. Latent: U.</desc>');
    for (const said of ['U, latent', 'X, exposure', 'Y, outcome', 'U → X', 'X → Y', 'X ↔ Y'])
      expect(svg.split(`<title>${said}</title>`).length, said).toBe(2);
    expect(svg.match(/stroke-dasharray="4 3"/g)?.length).toBe(1);
    expect(svg.match(/stroke-dasharray="6 4"/g)?.length).toBe(1);
    expect(elements(svg).filter((name) => name === 'text').length).toBe(3);
    expect(svg).not.toMatch(/\bid=|<script|url\(/);
  });

  it('shows a hedge with a legend', () => {
    const svg = graphSvg(graph('X -> Y; X <-> Y'), { hedge: { F: ['X', 'Y'], Fprime: ['Y'] } });
    expect(svg).toContain('F = {X, Y}');
    expect(svg).toContain('F′ = {Y}');
    expect(svg.match(/fill-opacity="0.28"/g)?.length).toBe(3);
    expect(svg.match(/stroke-width="3"/g)?.length).toBe(2);
  });

  it('is well formed, finite and the same each time for any graph', () => {
    fc.assert(
      fc.property(anyGraph, (one) => {
        const svg = graphSvg(one);
        elements(svg);
        expect(svg).not.toMatch(/NaN|Infinity|undefined/);
        expect(graphSvg(one)).toBe(svg);
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  it('takes its colour from the page when asked', () => {
    expect(graphSvg(graph('X'), { ink: 'inherit' })).not.toContain('<style>');
    expect(graphSvg(graph('X'))).toContain('prefers-color-scheme');
  });
});

describe('drawingOf', () => {
  it('keeps nodes apart and inside the picture, also for positions in small units', () => {
    const tiny = graph('dag { A [pos="0,0"]; B [pos="0.1,0"]; C [pos="0.05,0.1"]; A -> B -> C; A <-> C }');
    for (const one of [tiny, ...Array.from({ length: 20 }, (_, seed) => randomGraph(seed + 1, 10, 0.2, 0.1))]) {
      const { nodes, width, height } = drawingOf(one);
      for (const [i, p] of nodes.entries()) {
        expect(p.x - p.width / 2).toBeGreaterThanOrEqual(0);
        expect(p.x + p.width / 2).toBeLessThanOrEqual(width);
        expect(p.y - p.height / 2).toBeGreaterThanOrEqual(0);
        expect(p.y + p.height / 2).toBeLessThanOrEqual(height);
        for (const q of nodes.slice(i + 1))
          expect(Math.abs(p.x - q.x) >= (p.width + q.width) / 2 || Math.abs(p.y - q.y) >= (p.height + q.height) / 2).toBe(true);
      }
    }
    const [a, b, c] = drawingOf(tiny).nodes;
    expect(a?.y).toBe(b?.y);
    expect((c?.x as number) - (a?.x as number)).toBeCloseTo(((b?.x as number) - (a?.x as number)) / 2, 0);
  });

  it('ends edges at the borders of their nodes and never leads the front-door arc through the mediator', () => {
    const { nodes, edges } = drawingOf(graph('X -> M -> Y; X <-> Y'));
    const at = new Map(nodes.map((node) => [node.variable.name, node]));
    for (const { from, to, curve } of edges) {
      for (const [name, end] of [
        [from, curve.from],
        [to, curve.to],
      ] as const) {
        const node = at.get(name);
        if (node === undefined) throw new Error(name);
        const [dx, dy] = [Math.abs(end.x - node.x) - node.width / 2, Math.abs(end.y - node.y) - node.height / 2];
        expect(Math.max(dx, dy)).toBeGreaterThan(-8);
        expect(Math.max(dx, dy)).toBeLessThan(5);
      }
    }
    const [arc, m] = [edges.find((edge) => edge.kind === 'arc')?.curve, at.get('M')];
    if (arc === undefined || m === undefined) throw new Error('missing');
    for (let t = 0; t <= 1; t += 0.02) {
      const x = (1 - t) ** 2 * arc.from.x + 2 * t * (1 - t) * arc.control.x + t * t * arc.to.x;
      const y = (1 - t) ** 2 * arc.from.y + 2 * t * (1 - t) * arc.control.y + t * t * arc.to.y;
      expect(Math.abs(x - m.x) > m.width / 2 || Math.abs(y - m.y) > m.height / 2).toBe(true);
    }
  });
});
