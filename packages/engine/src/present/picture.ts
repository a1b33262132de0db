import type { Axis, Ends } from './interval.ts';
import { columnsOf, type TextOptions, type Tone } from './layout.ts';
import { shortNumber } from './round.ts';

/** What is drawn of one interval. */
export interface Marks {
  /** Values that models attain; absent: nothing is known to be attained. */
  readonly inner?: Ends;
  /** Nothing lies outside; absent: more may lie outside `inner`. */
  readonly outer?: Ends;
  /** Confidence region around the bounds. */
  readonly region?: Ends;
  readonly emcc?: Ends;
}

interface Glyphs {
  readonly wall: string;
  readonly tick: string;
  readonly zero: string;
  readonly region: string;
  readonly between: string;
  readonly attained: string;
  readonly from: string;
  readonly to: string;
  readonly point: string;
  readonly emcc: string;
}

const unicode: Glyphs = {
  wall: '│',
  tick: '·',
  zero: '┊',
  region: '┄',
  between: '╍',
  attained: '━',
  from: '┣',
  to: '┫',
  point: '◆',
  emcc: '○',
};
const ascii: Glyphs = {
  wall: '|',
  tick: '.',
  zero: ':',
  region: '-',
  between: '~',
  attained: '=',
  from: '[',
  to: ']',
  point: '*',
  emcc: 'o',
};

interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** One character per cell of the axis, later marks over earlier ones. */
function cellsOf(marks: Marks, { ends, ticks }: Axis, width: number, glyphs: Glyphs): Cell[] {
  const cells: Cell[] = Array.from({ length: width }, () => ({ text: ' ', tone: 'plain' }));
  const at = (value: number): number =>
    Math.min(width - 1, Math.max(0, Math.round(((value - ends[0]) / (ends[1] - ends[0])) * (width - 1))));
  const put = (cell: number, text: string, tone: Tone): void => {
    cells[cell] = { text, tone };
  };
  const fill = ([low, high]: Ends, text: string, tone: Tone): void => {
    for (let cell = at(low); cell <= at(high); cell++) put(cell, text, tone);
  };
  for (const tick of ticks) if (tick > ends[0] && tick < ends[1]) put(at(tick), tick === 0 ? glyphs.zero : glyphs.tick, 'dim');
  const { inner, outer, region, emcc } = marks;
  if (region !== undefined) fill(region, glyphs.region, 'dim');
  if (outer !== undefined) fill(outer, glyphs.between, 'warn');
  if (inner !== undefined) fill(inner, glyphs.attained, 'number');
  const edge = outer ?? inner;
  if (edge !== undefined) {
    const [from, to] = [at(edge[0]), at(edge[1])];
    if (outer !== undefined) {
      put(from, glyphs.from, 'number');
      put(to, glyphs.to, 'number');
    }
    if (from === to) put(from, glyphs.point, 'number');
  }
  if (emcc !== undefined) for (const end of emcc) put(at(end), glyphs.emcc, 'good');
  return cells;
}

const painted = (cells: readonly Cell[], paint: NonNullable<TextOptions['paint']>): string => {
  const runs: Cell[] = [];
  for (const { text, tone } of cells) {
    const last = runs.at(-1);
    if (last !== undefined && last.tone === tone) runs[runs.length - 1] = { text: last.text + text, tone };
    else runs.push({ text, tone });
  }
  return runs.map(({ text, tone }) => (tone === 'plain' ? text : paint(tone, text))).join('');
};

/** `bars` of the options decides between line drawing and plain ASCII. */
const glyphsOf = ({ bars }: TextOptions): Glyphs => (bars === true ? unicode : ascii);

/** Marks alone, `width` columns wide, unpainted: for a table. */
export const pictureCell = (marks: Marks, axis: Axis, width: number, options: TextOptions): string => {
  const glyphs = glyphsOf(options);
  return (
    glyphs.wall +
    cellsOf(marks, axis, width - 2, glyphs)
      .map(({ text }) => text)
      .join('') +
    glyphs.wall
  );
};

/** An axis with its two end labels and the interval on it; a second, dim line says what the marks mean, where it is not plain. */
export function pictureLines(marks: Marks, axis: Axis, options: TextOptions, level: string): string[] {
  const paint = options.paint ?? ((_, text) => text);
  const glyphs = glyphsOf(options);
  const [low, high] = axis.ends.map((end) => shortNumber(end)) as [string, string];
  const room = Math.min(72, Math.max(40, options.width ?? 80)) - 6 - columnsOf(low) - columnsOf(high);
  const cells = cellsOf(marks, axis, Math.max(16, room), glyphs);
  const wall = paint('dim', glyphs.wall);
  const { inner, outer, region, emcc } = marks;
  const gap = outer !== undefined && (inner === undefined || inner[0] > outer[0] || inner[1] < outer[1]);
  const seen = (glyph: string): boolean => cells.some(({ text }) => text === glyph);
  const legend = [
    ...(gap && inner !== undefined && seen(glyphs.attained) && seen(glyphs.between) ? [`${glyphs.attained} attained`] : []),
    ...(gap && seen(glyphs.between) ? [`${glyphs.between} not ruled out`] : []),
    ...(region !== undefined && seen(glyphs.region) ? [`${glyphs.region} ${level} % region of the bounds`] : []),
    ...(emcc !== undefined ? [`${glyphs.emcc} ends that EMCC reached`] : []),
  ];
  return [
    `  ${paint('dim', low)} ${wall}${painted(cells, paint)}${wall} ${paint('dim', high)}`,
    ...(legend.length === 0 ? [] : [`  ${' '.repeat(columnsOf(low) + 2)}${paint('dim', legend.join('   '))}`]),
  ];
}
