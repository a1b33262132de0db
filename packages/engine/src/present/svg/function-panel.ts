import type { FunctionPoint } from '../../interpret/answer.ts';
import { exp } from '../../math/elementary.ts';
import type { Scale } from '../function.ts';
import { shortNumber } from '../round.ts';
import { escapeXml, textWidth } from './label.ts';

export const ink = '#2563eb';

/** A point with its place along the axis: a number, or a count of levels. */
export type PlacedPoint = FunctionPoint & { readonly x: number };

export interface Panel {
  readonly title?: string;
  readonly points: readonly PlacedPoint[];
}

/** What all panels of a figure share. */
export interface PanelStyle {
  readonly x: Scale;
  /** Names of levels, where the axis counts levels; then dots are drawn instead of a curve. */
  readonly levels?: readonly string[];
  /** Dots at numbers, without a line between them: the points are no grid. */
  readonly loose?: boolean;
  readonly y: Scale;
  /** The second axis has exp() of the first. */
  readonly exponentiate: boolean;
  readonly width: number;
  readonly height: number;
  readonly fontSize: number;
}

/** Left, top: of the plot area. `labels`: whether the y axis is labelled on the left, on the right. */
export interface PanelPlace {
  readonly left: number;
  readonly top: number;
  readonly labels: readonly [boolean, boolean];
}

export const n = (value: number): string => String(Math.round(value * 10) / 10 + 0);

export const textAt = (x: number, y: number, text: string, more = ''): string =>
  `<text x="${n(x)}" y="${n(y)}" fill="currentColor" stroke="none"${more === '' ? '' : ` ${more}`}>${escapeXml(text)}</text>`;

export const exponentiated = (tick: number): string => shortNumber(Number(exp(tick).toPrecision(3)));

/** Axes, grid, bands, curve or dots of one panel. */
export function panelSvg({ title, points }: Panel, style: PanelStyle, { left, top, labels }: PanelPlace): string {
  const { x: xScale, y: yScale, width, height, fontSize, levels } = style;
  const [right, bottom] = [left + width, top + height];
  const x = (value: number): number => left + ((value - xScale.ends[0]) / (xScale.ends[1] - xScale.ends[0])) * width;
  const y = (value: number): number =>
    Math.min(bottom, Math.max(top, bottom - ((value - yScale.ends[0]) / (yScale.ends[1] - yScale.ends[0])) * height));
  const small = `font-size="${n(fontSize * 0.86)}" fill-opacity="0.78"`;
  const parts: string[] = [];
  if (title !== undefined) parts.push(textAt(left, top - fontSize * 0.7, title, `font-size="${n(fontSize * 0.93)}" font-weight="600"`));
  parts.push(...greys(points, x, { left, right, top, height }));
  for (const tick of yScale.ticks) {
    const zero = tick === 0 && yScale.ends[0] < 0;
    parts.push(`<path d="M${n(left)} ${n(y(tick))}H${n(right)}" stroke-width="1" stroke-opacity="${zero ? 0.5 : 0.13}"/>`);
    if (labels[0]) parts.push(textAt(left - 8, y(tick) + fontSize * 0.31, shortNumber(tick), `text-anchor="end" ${small}`));
    if (labels[1] && style.exponentiate) parts.push(textAt(right + 8, y(tick) + fontSize * 0.31, exponentiated(tick), small));
  }
  parts.push(`<path d="M${n(left)} ${n(bottom)}H${n(right)}" stroke-width="1" stroke-opacity="0.45"/>`);
  let free = Number.NEGATIVE_INFINITY;
  for (const tick of xScale.ticks) {
    const text = levels === undefined ? shortNumber(tick) : fitted(levels[tick] ?? '', width / levels.length - 6, fontSize * 0.86);
    const half = textWidth(text, fontSize * 0.86) / 2;
    if (levels === undefined) parts.push(`<path d="M${n(x(tick))} ${n(bottom)}v4" stroke-width="1" stroke-opacity="0.45"/>`);
    if (x(tick) - half < free) continue;
    parts.push(textAt(x(tick), bottom + fontSize * 1.35, text, `text-anchor="middle" ${small}`));
    free = x(tick) + half + fontSize * 0.5;
  }
  parts.push(...(levels === undefined && style.loose !== true ? curve(points, x, y) : dots(points, x, y, fontSize)));
  return `<g>${parts.join('')}</g>`;
}

/** Stretches whose figures are extrapolations, half way to the next point with records. */
function greys(
  points: readonly PlacedPoint[],
  x: (value: number) => number,
  { left, right, top, height }: { left: number; right: number; top: number; height: number },
): string[] {
  const found: string[] = [];
  for (let i = 0; i < points.length; i++) {
    if (points[i]?.supported !== false) continue;
    let last = i;
    while (points[last + 1]?.supported === false) last++;
    const side = (here: number, there: number, edge: number): number => {
      const [a, b] = [points[here], points[there]];
      return a === undefined || b === undefined ? edge : x((a.x + b.x) / 2);
    };
    const [from, to] = [side(i, i - 1, left), side(last, last + 1, right)];
    found.push(
      `<rect x="${n(from)}" y="${n(top)}" width="${n(Math.max(0, to - from))}" height="${n(height)}" fill="currentColor" fill-opacity="0.1" stroke="none"/>`,
    );
    i = last;
  }
  return found;
}

function curve(points: readonly PlacedPoint[], x: (value: number) => number, y: (value: number) => number): string[] {
  const parts: string[] = [];
  for (const run of runsOf(points)) {
    for (const [part, opacity] of [
      ['band', 0.14],
      ['interval', 0.26],
    ] as const) {
      const ends = run.flatMap((point) => (point[part] === undefined ? [] : [{ x: point.x, low: point[part][0], high: point[part][1] }]));
      if (ends.length < 2) continue;
      const path = [
        ...ends.map((one) => `${n(x(one.x))} ${n(y(one.high))}`),
        ...ends.toReversed().map((one) => `${n(x(one.x))} ${n(y(one.low))}`),
      ];
      parts.push(`<path d="M${path.join('L')}Z" fill="${ink}" fill-opacity="${opacity}" stroke="none"/>`);
    }
    // A piece between two points is dashed where one of them is an extrapolation.
    for (const dashed of [false, true]) {
      const pieces = run.slice(1).flatMap((point, i) => {
        const before = run[i] as PlacedPoint;
        if ((point.supported === false || before.supported === false) !== dashed) return [];
        return [`M${n(x(before.x))} ${n(y(before.value as number))}L${n(x(point.x))} ${n(y(point.value as number))}`];
      });
      if (pieces.length > 0)
        parts.push(
          `<path d="${pieces.join('')}" stroke="${ink}" stroke-width="2" stroke-linecap="round"${dashed ? ' stroke-dasharray="2 5"' : ''}/>`,
        );
    }
    if (run.length === 1 || points.length <= 15)
      parts.push(
        ...run.map((point) => `<circle cx="${n(x(point.x))}" cy="${n(y(point.value as number))}" r="2.6" fill="${ink}" stroke="none"/>`),
      );
  }
  return parts;
}

function dots(points: readonly PlacedPoint[], x: (value: number) => number, y: (value: number) => number, fontSize: number): string[] {
  return points.flatMap((point) => {
    if (point.value === null) return [];
    const at = n(x(point.x));
    const faint = point.supported === false ? 0.45 : 1;
    const bar = (ends: readonly [number, number] | undefined, width: number, opacity: number): string[] =>
      ends === undefined
        ? []
        : [
            `<path d="M${at} ${n(y(ends[0]))}V${n(y(ends[1]))}" stroke="${ink}" stroke-width="${width}" stroke-opacity="${opacity * faint}" stroke-linecap="round"/>`,
          ];
    const open = point.supported === false;
    return [
      ...bar(point.band, 1.5, 0.55),
      ...bar(point.interval, 5, 0.45),
      `<circle cx="${at}" cy="${n(y(point.value))}" r="${n(fontSize * 0.3)}" fill="${open ? 'none' : ink}" stroke="${open ? ink : 'none'}"/>`,
    ];
  });
}

/** Neighbouring points with values. */
function runsOf(points: readonly PlacedPoint[]): PlacedPoint[][] {
  const runs: PlacedPoint[][] = [[]];
  for (const point of points) {
    if (point.value === null) runs.push([]);
    else runs.at(-1)?.push(point);
  }
  return runs.filter((run) => run.length > 0);
}

/** Cut with an ellipsis where it is wider than there is room. */
export function fitted(text: string, width: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= width + 1) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, fontSize) > width) characters.pop();
  return `${characters.join('')}…`;
}
