import type { FunctionPoint } from '../interpret/answer.ts';
import type { Scale } from './function.ts';
import { columnsOf, pad, type TextOptions, type Tone } from './layout.ts';
import { shortNumber } from './round.ts';

/** Curves in characters. `bars` of the options decides between line drawing and plain ASCII, as in the pictures of bounds. */
const glyphs = {
  unicode: { zero: '┊', band: '┄', interval: '━', value: '●', shade: '░', dark: '▒', wall: '│', corner: '└', floor: '─', tick: '┴' },
  ascii: { zero: ':', band: '-', interval: '=', value: '*', shade: '.', dark: ':', wall: '|', corner: '+', floor: '-', tick: '+' },
} as const;
const glyphsOf = ({ bars }: TextOptions): (typeof glyphs)['unicode' | 'ascii'] => (bars === true ? glyphs.unicode : glyphs.ascii);

/** One point on a line of its own: band, interval, value; what lies outside the scale is cut. */
export function pointPicture(
  { value, interval, band }: FunctionPoint,
  { ends: [low, high] }: Scale,
  width: number,
  options: TextOptions,
): string {
  const { zero, band: bandGlyph, interval: intervalGlyph, value: valueGlyph } = glyphsOf(options);
  const cells = Array.from({ length: width }, () => ' ');
  const at = (figure: number): number => Math.round(((figure - low) / (high - low)) * (width - 1));
  const fill = ([from, to]: readonly [number, number], glyph: string): void => {
    for (let cell = Math.max(0, at(from)); cell <= Math.min(width - 1, at(to)); cell++) cells[cell] = glyph;
  };
  if (low < 0 && high > 0) cells[at(0)] = zero;
  if (band !== undefined) fill(band, bandGlyph);
  if (interval !== undefined) fill(interval, intervalGlyph);
  if (value !== null) fill([value, value], valueGlyph);
  return cells.join('').trimEnd();
}

/** The two ends of a scale above such pictures. */
export function scaleHead({ ends }: Scale, width: number): string {
  const [low, high] = ends.map((end) => shortNumber(end)) as [string, string];
  return low + pad(high, width - columnsOf(low), 'left');
}

/** What the marks mean. */
export function pictureLegend(points: readonly FunctionPoint[], percent: string, options: TextOptions, lying = true): string {
  const { band, interval, value, shade, dark } = glyphsOf(options);
  const has = (one: 'interval' | 'band'): boolean => points.some((point) => point[one] !== undefined);
  return [
    `${value} estimate`,
    ...(has('interval') ? [`${lying ? interval : dark} ${percent} % interval at each point`] : []),
    ...(has('band') ? [`${lying ? band : shade} ${percent} % band for all points at once`] : []),
  ].join(', ');
}

interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** A curve over a real variable: `height` lines above an axis, straight between the points; nothing is drawn where there is no value. */
export function curveLines(
  points: readonly (FunctionPoint & { readonly x: number })[],
  x: Scale,
  y: Scale,
  { height, options }: { readonly height: number; readonly options: TextOptions },
): string[] {
  const { zero, shade, dark, value: dot, wall, corner, floor, tick } = glyphsOf(options);
  const paint = options.paint ?? ((_, text) => text);
  const labels = y.ticks.map((one) => shortNumber(one));
  const margin = Math.max(...labels.map(columnsOf));
  const width = Math.min(72, Math.max(40, options.width ?? 80) - margin - 5);
  const rowOf = (figure: number): number => Math.round(((y.ends[1] - figure) / (y.ends[1] - y.ends[0])) * (height - 1));
  const columnOf = (figure: number): number => Math.round(((figure - x.ends[0]) / (x.ends[1] - x.ends[0])) * (width - 1));
  const cells: Cell[][] = Array.from({ length: height }, () => Array.from({ length: width }, () => ({ text: ' ', tone: 'plain' })));
  const put = (row: number, column: number, text: string, tone: Tone): void => {
    const line = cells[row];
    if (line?.[column] !== undefined) line[column] = { text, tone };
  };
  if (y.ends[0] < 0 && y.ends[1] > 0) for (let column = 0; column < width; column++) put(rowOf(0), column, zero === ':' ? '-' : '╌', 'dim');
  for (let column = 0; column < width; column++) {
    const here = x.ends[0] + (column / (width - 1)) * (x.ends[1] - x.ends[0]);
    const next = points.findIndex((point) => point.x >= here - 1e-9 * Math.abs(x.ends[1] - x.ends[0]));
    const [left, right] = [points[Math.max(0, next - 1)], points[next]];
    if (left === undefined || right === undefined || left.value === null || right.value === null || here < left.x - 1e-9) continue;
    const share = right.x > left.x ? (here - left.x) / (right.x - left.x) : 0;
    const mix = (a: number, b: number): number => a + share * (b - a);
    for (const [part, glyph] of [
      ['band', shade],
      ['interval', dark],
    ] as const) {
      const [a, b] = [left[part], right[part]];
      if (a === undefined || b === undefined) continue;
      const [top, bottom] = [rowOf(mix(a[1], b[1])), rowOf(mix(a[0], b[0]))];
      for (let row = Math.max(0, top); row <= Math.min(height - 1, bottom); row++) put(row, column, glyph, 'dim');
    }
    put(rowOf(mix(left.value, right.value)), column, dot, 'number');
  }
  const named = new Map(y.ticks.map((one, i) => [rowOf(one), labels[i] as string]));
  const lines = cells.map((row, i) => {
    const runs: Cell[] = [];
    for (const cell of row) {
      const last = runs.at(-1);
      if (last !== undefined && last.tone === cell.tone) runs[runs.length - 1] = { text: last.text + cell.text, tone: cell.tone };
      else runs.push(cell);
    }
    const drawn = runs.map(({ text, tone }) => (tone === 'plain' ? text : paint(tone, text))).join('');
    return `  ${paint('dim', `${pad(named.get(i) ?? '', margin, 'left')} ${wall}`)}${drawn}`.trimEnd();
  });
  const ground = Array.from({ length: width }, () => floor as string);
  const below = Array.from({ length: width + margin + 3 }, () => ' ');
  let free = 0;
  for (const one of x.ticks) {
    const column = columnOf(one);
    ground[column] = tick;
    const text = shortNumber(one);
    const start = Math.max(0, column + margin + 1 - Math.floor((text.length - 1) / 2));
    if (start < free || start + text.length > below.length) continue;
    for (const [i, character] of [...text].entries()) below[start + i] = character;
    free = start + text.length + 2;
  }
  return [
    ...lines,
    `  ${paint('dim', `${' '.repeat(margin)} ${corner}${ground.join('')}`)}`,
    `  ${paint('dim', ` ${below.join('').trimEnd()}`)}`,
  ];
}
