import type { Graph } from '../../graph/graph.ts';
import type { Name } from '../../graph/variable.ts';
import { cornerRadius, head } from './curve.ts';
import { type DrawingOptions, type DrawnEdge, type DrawnNode, drawingOf } from './drawing.ts';
import { escapeXml } from './label.ts';

export interface GraphSvgOptions extends DrawingOptions {
  /** What the picture shows, read out by screen readers; default “Causal graph”. */
  readonly title?: string;
  /** Shown on the graph: F with a wide halo, its part F' with a heavy border besides; a legend names both. */
  readonly hedge?: { readonly F: readonly Name[]; readonly Fprime: readonly Name[] };
  /** Arrows whose direction is undecided: drawn as dashed lines without a head. */
  readonly undecided?: readonly (readonly [Name, Name])[];
  /** `own` (default): dark ink, light on a dark system; `inherit`: the colour of the surrounding page. */
  readonly ink?: 'own' | 'inherit';
}

const style = '.doable-graph{color:#1f2933}@media (prefers-color-scheme:dark){.doable-graph{color:#e4e7eb}}';
const halo = '#d97706';
const core = '#dc2626';

/**
 * The graph as a standalone SVG: arrows solid, arcs dashed and curved with two heads, latent variables dashed. An exposure
 * has a heavy border, an outcome a double one, an adjusted variable square corners, a selection both. Pure text, no ids.
 */
export function graphSvg(graph: Graph, options: GraphSvgOptions = {}): string {
  const fontSize = options.fontSize ?? 15;
  const drawing = drawingOf(graph, options);
  const F = new Set(options.hedge?.F ?? []);
  const inner = new Set(options.hedge?.Fprime ?? []);
  const legend = options.hedge === undefined ? [] : [`F = {${[...F].join(', ')}}`, `F′ = {${[...inner].join(', ')}}`];
  const longest = Math.max(0, ...legend.map((line) => line.length));
  const width = Math.max(drawing.width, Math.ceil(longest * fontSize * 0.55) + 60);
  const height = drawing.height + legend.length * Math.round(fontSize * 1.5);
  const body = [
    ...drawing.nodes.filter((node) => F.has(node.variable.name)).map(haloOf),
    ...drawing.edges.map((edge) => edgeOf(edge, F, isUndecided(edge, options.undecided ?? []))),
    ...drawing.nodes.map((node) => nodeOf(node, fontSize, inner.has(node.variable.name))),
    ...legend.map((line, i) => legendOf(line, i, drawing.height + Math.round(i * fontSize * 1.5), fontSize)),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="doable-graph" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans', sans-serif" font-size="${fontSize}" fill="none" stroke="currentColor" stroke-width="1.5">`,
    `<title>${escapeXml(options.title ?? 'Causal graph')}</title>`,
    `<desc>${escapeXml(described(graph, options.undecided ?? []))}</desc>`,
    ...(options.ink === 'inherit' ? [] : [`<style>${style}</style>`]),
    ...body,
    '</svg>\n',
  ].join('\n');
}

/** The graph in words, for people who do not see it. */
function described(graph: Graph, undecided: readonly (readonly [Name, Name])[]): string {
  const arrows = graph.arrows.filter(([from, to]) => !isUndecided({ kind: 'arrow', from, to }, undecided));
  const latent = [...graph.variables.values()].filter((variable) => variable.latent === true).map((variable) => variable.name);
  const parts = [
    `${graph.variables.size} variables: ${[...graph.variables.keys()].join(', ')}.`,
    arrows.length === 0 ? '' : `Arrows: ${arrows.map(([a, b]) => `${a} to ${b}`).join('; ')}.`,
    undecided.length === 0 ? '' : `Edges of undecided direction: ${undecided.map(([a, b]) => `${a} and ${b}`).join('; ')}.`,
    graph.arcs.length === 0 ? '' : `Hidden common causes: ${graph.arcs.map(([a, b]) => `${a} and ${b}`).join('; ')}.`,
    latent.length === 0 ? '' : `Latent: ${latent.join(', ')}.`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function nodeOf({ variable, lines, x, y, width, height }: DrawnNode, fontSize: number, heavy: boolean): string {
  const { name, latent, role } = variable;
  const square = role === 'adjusted' || role === 'selection';
  const box = (inset: number, attributes: string): string => {
    const radius = square ? 2 : Math.max(2, cornerRadius(height) - inset);
    return `<rect x="${n(x - width / 2 + inset)}" y="${n(y - height / 2 + inset)}" width="${n(width - 2 * inset)}" height="${n(height - 2 * inset)}" rx="${n(radius)}"${attributes}/>`;
  };
  const dash = latent === true ? ' stroke-dasharray="4 3"' : '';
  const weight = heavy ? ` stroke="${core}" stroke-width="3"` : role === 'exposure' ? ' stroke-width="3"' : '';
  const twice = role === 'outcome' || role === 'selection' ? box(4, ' stroke-width="1"') : '';
  const first = y - ((lines.length - 1) * fontSize * 1.25) / 2 + fontSize * 0.35;
  const spans = lines.map((line, i) => `<tspan x="${n(x)}" y="${n(first + i * fontSize * 1.25)}">${escapeXml(line)}</tspan>`).join('');
  const said = [name, latent === true ? 'latent' : '', role ?? ''].filter((part) => part !== '').join(', ');
  const text = `<text text-anchor="middle" fill="currentColor" stroke="none">${spans}</text>`;
  const fill = ' fill="currentColor" fill-opacity="0.05"';
  return `<g><title>${escapeXml(said)}</title>${box(0, fill + dash + weight)}${twice}${text}</g>`;
}

function haloOf({ x, y, width, height }: DrawnNode): string {
  const pad = 7;
  return `<rect x="${n(x - width / 2 - pad)}" y="${n(y - height / 2 - pad)}" width="${n(width + 2 * pad)}" height="${n(height + 2 * pad)}" rx="${n(cornerRadius(height) + pad)}" fill="${halo}" fill-opacity="0.28" stroke="none"/>`;
}

const isUndecided = ({ kind, from, to }: Pick<DrawnEdge, 'kind' | 'from' | 'to'>, undecided: readonly (readonly [Name, Name])[]): boolean =>
  kind === 'arrow' && undecided.some(([a, b]) => a === from && b === to);

function edgeOf({ kind, from, to, curve }: DrawnEdge, F: ReadonlySet<Name>, undecided: boolean): string {
  if (undecided) {
    const ends = [curve.from, curve.control, curve.to].map(({ x, y }) => `${n(x)} ${n(y)}`);
    return `<g><title>${escapeXml(`${from} — ${to}, direction undecided`)}</title><path d="M${ends[0]}Q${ends[1]} ${ends[2]}" stroke-dasharray="2 3"/></g>`;
  }
  const size = 9;
  const point = ({ x, y }: { x: number; y: number }): string => `${n(x)} ${n(y)}`;
  const shaft = (tip: { x: number; y: number }): { x: number; y: number } => {
    const [, left, right] = head(curve.control, tip, size - 1, size);
    return { x: (left.x + right.x) / 2, y: (left.y + right.y) / 2 };
  };
  const start = kind === 'arc' ? shaft(curve.from) : curve.from;
  const tips = kind === 'arc' ? [curve.from, curve.to] : [curve.to];
  const heads = tips.map(
    (tip) => `<path d="M${head(curve.control, tip, size, size).map(point).join('L')}Z" fill="currentColor" stroke="none"/>`,
  );
  const lit = kind === 'arc' && F.has(from) && F.has(to);
  const look = (kind === 'arc' ? ' stroke-dasharray="6 4"' : '') + (lit ? ' stroke-width="2.5"' : '');
  const said = kind === 'arc' ? `${from} ↔ ${to}` : `${from} → ${to}`;
  const colour = lit ? ` color="${halo}" stroke="${halo}"` : '';
  return `<g${colour}><title>${escapeXml(said)}</title><path d="M${point(start)}Q${point(curve.control)} ${point(shaft(curve.to))}"${look}/>${heads.join('')}</g>`;
}

function legendOf(line: string, i: number, top: number, fontSize: number): string {
  const mark =
    i === 0
      ? `<rect x="18" y="${n(top)}" width="22" height="${n(fontSize)}" rx="6" fill="${halo}" fill-opacity="0.28" stroke="none"/>`
      : `<rect x="18" y="${n(top)}" width="22" height="${n(fontSize)}" rx="6" stroke="${core}" stroke-width="3"/>`;
  return `<g>${mark}<text x="50" y="${n(top + fontSize * 0.85)}" fill="currentColor" stroke="none">${escapeXml(line)}</text></g>`;
}

const n = (value: number): string => String(Math.round(value * 10) / 10 + 0);
