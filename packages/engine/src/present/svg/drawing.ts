import type { Graph } from '../../graph/graph.ts';
import type { Box, Point } from '../../graph/layered.ts';
import { layoutOf, spreadOf } from '../../graph/layout.ts';
import type { Name, Variable } from '../../graph/variable.ts';
import { type Curve, pointAt, type Rectangle, route } from './curve.ts';
import { linesOf, textWidth } from './label.ts';

export interface DrawnNode extends Rectangle {
  readonly variable: Variable;
  readonly lines: readonly string[];
}

export interface DrawnEdge {
  readonly kind: 'arrow' | 'arc';
  readonly from: Name;
  readonly to: Name;
  readonly curve: Curve;
}

/** The geometry of a picture, in pixels, with the top left corner at the origin. A canvas and the SVG writer share it. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}

export interface DrawingOptions {
  readonly direction?: 'down' | 'right';
  readonly fontSize?: number;
}

const margin = 18;

/** Places, sizes and curves of a graph. Declared positions keep their arrangement; they are spread if nodes would overlap. */
export function drawingOf(graph: Graph, options: DrawingOptions = {}): Drawing {
  const fontSize = options.fontSize ?? 15;
  const text = new Map([...graph.variables.keys()].map((name) => [name, linesOf(name)]));
  const sizeOf = (name: Name): { width: number; height: number } => {
    const lines = text.get(name) as readonly string[];
    const width = Math.max(...lines.map((line) => textWidth(line, fontSize))) + 26;
    return { width: Math.max(44, Math.round(width)), height: Math.round(lines.length * fontSize * 1.25 + 18) };
  };
  const direction = options.direction ?? 'down';
  const places = layoutOf(graph, { direction, sizeOf, apart: 40, layersApart: direction === 'down' ? 46 : 56 });
  const boxes = [...graph.variables.keys()].map((name): Box => ({ name, ...sizeOf(name) }));
  const span = Math.max(0, ...(['x', 'y'] as const).map((axis) => spanOf([...places.values()].map((place) => place[axis]))));
  const widest = 1000 + 400 * boxes.length;
  const factor = span > widest ? widest / span : spreadOf(boxes, places, 24);
  const placed = new Map<Name, DrawnNode>();
  for (const box of boxes) {
    const { x, y } = places.get(box.name) as Point;
    const variable = graph.variables.get(box.name) as Variable;
    const lines = text.get(box.name) as readonly string[];
    placed.set(box.name, { variable, lines, x: x * factor, y: y * factor, width: box.width, height: box.height });
  }
  return framed([...placed.values()], edgesOf(graph, placed));
}

function edgesOf(graph: Graph, placed: ReadonlyMap<Name, DrawnNode>): DrawnEdge[] {
  const nodes = [...placed.values()];
  const small = graph.arrows.length + graph.arcs.length <= 200;
  const done: DrawnEdge[] = [];
  const arrows = new Set(graph.arrows.flatMap(([a, b]) => [JSON.stringify([a, b]), JSON.stringify([b, a])]));
  const middle = { x: mean(nodes.map((node) => node.x)), y: mean(nodes.map((node) => node.y)) };
  const draw = (kind: DrawnEdge['kind'], from: Name, to: Name): DrawnEdge => {
    const [a, b] = [placed.get(from) as DrawnNode, placed.get(to) as DrawnNode];
    const others = nodes.filter((node) => node !== a && node !== b);
    // Bulge outwards first: away from the middle of the picture.
    const cross = (b.x - a.x) * (middle.y - a.y) - (b.y - a.y) * (middle.x - a.x);
    const out = cross >= 0 ? 1 : -1;
    const way = { around: others, across: small && kind === 'arc' ? done.map((edge) => edge.curve) : [] };
    if (kind === 'arrow') {
      const bulges = [0, 0.15, -0.15, 0.3, -0.3, 0.5, -0.5, 0.75, -0.75].map((bulge) => bulge * out);
      return { kind, from, to, curve: route(a, b, { ...way, bulges, gap: 2 }) };
    }
    // Off the arrow of the same two nodes, and off the arcs that start from the same node.
    const beside = arrows.has(JSON.stringify([from, to])) ? 0.3 : 0.22;
    const fan = done.filter((edge) => edge.kind === 'arc' && [edge.from, edge.to].some((end) => end === from || end === to)).length;
    const near = Math.max(beside + 0.08 * Math.min(fan, 3), 42 / Math.max(1, Math.hypot(b.x - a.x, b.y - a.y)));
    const bulges = [near, -near, 1.6 * near, -1.6 * near, 0.7, -0.7, 0.95, -0.95].map((bulge) => bulge * out);
    return { kind, from, to, curve: route(a, b, { ...way, bulges, gap: 3 }) };
  };
  for (const [a, b] of graph.arrows) done.push(draw('arrow', a, b));
  for (const [a, b] of graph.arcs) done.push(draw('arc', a, b));
  return done;
}

/** Moves everything so that the picture begins at the origin, with a margin. */
function framed(nodes: readonly DrawnNode[], edges: readonly DrawnEdge[]): Drawing {
  const points = [
    ...nodes.flatMap((node) => [
      { x: node.x - node.width / 2, y: node.y - node.height / 2 },
      { x: node.x + node.width / 2, y: node.y + node.height / 2 },
    ]),
    ...edges.flatMap(({ curve }) => [0.15, 0.3, 0.5, 0.7, 0.85].map((t) => pointAt(curve, t))),
  ];
  const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (points.length === 0) return { width: 2 * margin, height: 2 * margin, nodes, edges };
  const [left, top] = [least(points.map((p) => p.x)) - margin, least(points.map((p) => p.y)) - margin];
  const shift = (p: Point): Point => ({ x: round(p.x - left), y: round(p.y - top) });
  return {
    width: Math.ceil(most(points.map((p) => p.x)) + margin - left),
    height: Math.ceil(most(points.map((p) => p.y)) + margin - top),
    nodes: nodes.map((node) => ({ ...node, ...shift(node) })),
    edges: edges.map((edge) => {
      const { from, control, to } = edge.curve;
      return { ...edge, curve: { from: shift(from), control: shift(control), to: shift(to) } };
    }),
  };
}

const spanOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
const round = (value: number): number => Math.round(value * 10) / 10;
