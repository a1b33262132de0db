import type { Graph } from '../graph.ts';
import { type LayoutOptions, layoutOf } from '../layout.ts';
import type { Name } from '../variable.ts';

/** Screen units per centimetre. */
const unit = 40;

/**
 * A `tikzpicture` of the graph (needs the TikZ library arrows.meta): arrows solid, arcs dashed with two heads and bent,
 * latent nodes dashed. Names are set as text, with TeX's special characters escaped.
 */
export function printTikz(graph: Graph, options: LayoutOptions = {}): string {
  const places = layoutOf(graph, options);
  const key = new Map([...graph.variables.keys()].map((name, i) => [name, `n${i + 1}`]));
  const scale = [...graph.variables.values()].some((variable) => variable.position !== undefined) ? fit(places) : 1 / unit;
  const number = (value: number): string => String(Math.round(value * scale * 100) / 100 + 0);
  const joined = new Set(graph.arrows.flatMap(([a, b]) => [JSON.stringify([a, b]), JSON.stringify([b, a])]));
  const lines = [
    '% \\usetikzlibrary{arrows.meta}',
    '\\begin{tikzpicture}[>={Stealth}, every node/.style={draw, rounded corners, inner sep=4pt}, latent/.style={dashed}]',
    ...[...graph.variables.values()].map(({ name, latent }) => {
      const { x, y } = places.get(name) as { x: number; y: number };
      return `  \\node${latent === true ? '[latent]' : ''} (${key.get(name)}) at (${number(x)},${number(-y)}) {${escapeTex(name)}};`;
    }),
    ...graph.arrows.map(([a, b]) => `  \\draw[->] (${key.get(a)}) -- (${key.get(b)});`),
    ...graph.arcs.map(([a, b]) => {
      const bend = joined.has(JSON.stringify([a, b])) ? 'bend left=50' : 'bend left=35';
      return `  \\draw[<->, dashed] (${key.get(a)}) to[${bend}] (${key.get(b)});`;
    }),
    '\\end{tikzpicture}',
  ];
  return `${lines.join('\n')}\n`;
}

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': "''",
};

function escapeTex(name: Name): string {
  return name
    .replace(/[\\~^<>|"{}$&#%_]/g, (char) => special[char] ?? `\\${char}`)
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '');
}

/** Declared positions may be in any unit: the picture becomes about 3 cm per step of the widest side. */
function fit(places: ReadonlyMap<Name, { readonly x: number; readonly y: number }>): number {
  const side = (axis: 'x' | 'y'): number => {
    const values = [...places.values()].map((place) => place[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  const span = places.size === 0 ? 0 : Math.max(side('x'), side('y'));
  return span > 0 ? Math.min(16, 3 * Math.sqrt(places.size)) / span : 1 / unit;
}
