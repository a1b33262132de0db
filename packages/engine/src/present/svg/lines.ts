import { log } from '../../math/elementary.ts';
import { withCommas } from '../layout.ts';
import { shortNumber } from '../round.ts';
import { n, textAt } from './function-panel.ts';
import { escapeXml, textWidth } from './label.ts';

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** Half the length of the bar through the point. */
  readonly spread?: number;
}

export interface LineSeries {
  /** The same name has the same colour and mark in all panels. */
  readonly name: string;
  readonly points: readonly LinePoint[];
  /** Figures from elsewhere: crosses. */
  readonly compare?: readonly LinePoint[];
}

export interface LineAxis {
  readonly label: string;
  readonly log?: boolean;
  /** Default: what is drawn, on a log axis widened to whole tens. */
  readonly ends?: readonly [number, number];
}

export interface LinePanel {
  readonly title: string;
  readonly x: LineAxis;
  readonly y: LineAxis;
  readonly series: readonly LineSeries[];
}

export interface LinesSvgOptions {
  /** Read out by screen readers. */
  readonly title: string;
  readonly description?: string;
  /** What the crosses are, for the legend. */
  readonly compared?: string;
  /** What the bars are, for the legend. */
  readonly bars?: string;
  readonly fontSize?: number;
}

/** Told apart without colour too: dashes and marks. Colours of Okabe and Ito. */
const looks: readonly (readonly [colour: string, dash: string, mark: 'disc' | 'ring' | 'square' | 'diamond' | 'triangle'])[] = [
  ['#0072b2', '', 'disc'],
  ['#0072b2', '5 4', 'ring'],
  ['#d55e00', '', 'square'],
  ['#d55e00', '5 4', 'diamond'],
  ['#009e73', '2 3', 'triangle'],
  ['#cc79a7', '8 3 2 3', 'square'],
];
const style = '.doable-lines{color:#1f2933}@media (prefers-color-scheme:dark){.doable-lines{color:#e4e7eb}}';
const margin = 20;
const [width, height] = [370, 280];

interface Scale {
  readonly ends: readonly [number, number];
  readonly ticks: readonly number[];
  place(value: number): number;
}

/** Lines with points on shared axes, one panel beside the other, as a standalone SVG. Pure text, no ids. */
export function linesSvg(panels: readonly LinePanel[], options: LinesSvgOptions): string {
  const { fontSize = 14, title, description, compared, bars } = options;
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const top = margin + fontSize * 2;
  const body: string[] = [];
  let left = margin;
  for (const panel of panels) {
    const y = scaleOf(
      panel.y,
      panel.series.flatMap(({ points, compare = [] }) => [...points, ...compare].map((point) => point.y)),
    );
    left += fontSize * 1.9 + Math.max(...y.ticks.map((tick) => textWidth(tickText(tick, panel.y.log), fontSize * 0.86))) + 10;
    body.push(panelOf(panel, y, names, { left, top, fontSize }));
    left += width + fontSize * 1.6;
  }
  const whole = Math.ceil(left - fontSize * 0.6 + margin);
  const legend = legendOf(names, { compared, bars }, { left: margin, top: top + height + fontSize * 4.6, right: whole - margin, fontSize });
  const tall = Math.ceil(legend.bottom + margin * 0.7);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="doable-lines" role="img" width="${whole}" height="${tall}" viewBox="0 0 ${whole} ${tall}" font-family="system-ui, 'Segoe UI', 'Helvetica Neue', Arial, 'Noto Sans', sans-serif" font-size="${fontSize}" fill="none" stroke="currentColor" stroke-width="1.5">`,
    `<title>${escapeXml(title)}</title>`,
    ...(description === undefined ? [] : [`<desc>${escapeXml(description)}</desc>`]),
    `<style>${style}</style>`,
    ...body,
    ...legend.body,
    '</svg>\n',
  ].join('\n');
}

function panelOf(
  panel: LinePanel,
  y: Scale,
  names: readonly string[],
  { left, top, fontSize }: { readonly left: number; readonly top: number; readonly fontSize: number },
): string {
  const x = scaleOf(
    panel.x,
    panel.series.flatMap(({ points }) => points.map((point) => point.x)),
  );
  const [right, bottom] = [left + width, top + height];
  // A little air, so that marks at the ends are whole.
  const at = (value: number): number => left + 10 + x.place(value) * (width - 20);
  const up = (value: number): number => bottom - Math.min(1, Math.max(0, y.place(value))) * height;
  const small = `font-size="${n(fontSize * 0.86)}" fill-opacity="0.78"`;
  const parts = [textAt(left, top - fontSize * 0.8, panel.title, 'font-weight="600"')];
  for (const tick of y.ticks) {
    parts.push(`<path d="M${n(left)} ${n(up(tick))}H${n(right)}" stroke-width="1" stroke-opacity="0.13"/>`);
    parts.push(textAt(left - 8, up(tick) + fontSize * 0.31, tickText(tick, panel.y.log), `text-anchor="end" ${small}`));
  }
  parts.push(`<path d="M${n(left)} ${n(top)}V${n(bottom)}H${n(right)}" stroke-width="1" stroke-opacity="0.45"/>`);
  let free = Number.NEGATIVE_INFINITY;
  for (const tick of x.ticks) {
    const text = withCommas(tick);
    const half = textWidth(text, fontSize * 0.86) / 2;
    parts.push(`<path d="M${n(at(tick))} ${n(bottom)}v4" stroke-width="1" stroke-opacity="0.45"/>`);
    if (at(tick) - half < free) continue;
    parts.push(textAt(at(tick), bottom + fontSize * 1.35, text, `text-anchor="middle" ${small}`));
    free = at(tick) + half + fontSize * 0.5;
  }
  parts.push(textAt(left + width / 2, bottom + fontSize * 2.9, panel.x.label, `text-anchor="middle" font-size="${n(fontSize * 0.93)}"`));
  const [side, middle] = [
    left - fontSize * 0.75 - 8 - Math.max(...y.ticks.map((tick) => textWidth(tickText(tick, panel.y.log), fontSize * 0.86))),
    top + height / 2,
  ];
  parts.push(
    textAt(
      side,
      middle,
      panel.y.label,
      `text-anchor="middle" font-size="${n(fontSize * 0.93)}" transform="rotate(-90 ${n(side)} ${n(middle)})"`,
    ),
  );
  for (const { name, points, compare = [] } of panel.series) {
    const [colour, dash, mark] = lookOf(names.indexOf(name));
    const shown = points.filter(({ y: value }) => Number.isFinite(value) && (panel.y.log !== true || value > 0));
    const path = shown.map((point) => `${n(at(point.x))} ${n(up(point.y))}`).join('L');
    parts.push(`<g stroke="${colour}"><title>${escapeXml(name)}</title>`);
    if (shown.length > 1) parts.push(`<path d="M${path}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`} stroke-width="2"/>`);
    for (const { x: place, y: value, spread = 0 } of shown) {
      const low = panel.y.log === true ? Math.max(value - spread, y.ends[0]) : value - spread;
      if (spread > 0)
        parts.push(`<path d="M${n(at(place))} ${n(up(low))}V${n(up(value + spread))}" stroke-width="1" stroke-opacity="0.7"/>`);
      parts.push(markOf(mark, at(place), up(value), fontSize * 0.29, colour));
    }
    for (const { x: place, y: value } of compare) parts.push(crossOf(at(place), up(value), fontSize * 0.32));
    parts.push('</g>');
  }
  return `<g>${parts.join('')}</g>`;
}

const lookOf = (index: number): (typeof looks)[number] => looks[index % looks.length] as (typeof looks)[number];

const crossOf = (x: number, y: number, r: number): string =>
  `<path d="M${n(x - r)} ${n(y - r)}L${n(x + r)} ${n(y + r)}M${n(x - r)} ${n(y + r)}L${n(x + r)} ${n(y - r)}" stroke-width="1.2"/>`;

function markOf(mark: (typeof looks)[number][2], x: number, y: number, r: number, colour: string): string {
  if (mark === 'disc') return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" fill="${colour}" stroke="none"/>`;
  if (mark === 'ring') return `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r * 1.15)}"/>`;
  const s = mark === 'square' ? r * 0.95 : r * 1.35;
  const corners = {
    square: [
      [-1, -1],
      [1, -1],
      [1, 1],
      [-1, 1],
    ],
    diamond: [
      [-1, 0],
      [0, -1],
      [1, 0],
      [0, 1],
    ],
    triangle: [
      [0, -1],
      [0.95, 0.75],
      [-0.95, 0.75],
    ],
  }[mark];
  const path = corners.map(([a, b]) => `${n(x + (a as number) * s)} ${n(y + (b as number) * s)}`).join('L');
  return `<path d="M${path}Z" fill="${mark === 'diamond' ? 'none' : colour}"${mark === 'diamond' ? '' : ' stroke="none"'}/>`;
}

function legendOf(
  names: readonly string[],
  { compared, bars }: { readonly compared: string | undefined; readonly bars: string | undefined },
  place: { readonly left: number; readonly top: number; readonly right: number; readonly fontSize: number },
): { readonly body: readonly string[]; readonly bottom: number } {
  const { left, right, fontSize } = place;
  const entries: (readonly [string, (x: number, y: number) => string])[] = names.map((name, i) => {
    const [colour, dash, mark] = lookOf(i);
    return [
      name,
      (x, y) =>
        `<g stroke="${colour}"><path d="M${n(x)} ${n(y)}h30"${dash === '' ? '' : ` stroke-dasharray="${dash}"`} stroke-width="2"/>${markOf(mark, x + 15, y, fontSize * 0.29, colour)}</g>`,
    ];
  });
  if (bars !== undefined) entries.push([bars, (x, y) => `<path d="M${n(x + 15)} ${n(y - 7)}v14" stroke-width="1" stroke-opacity="0.7"/>`]);
  if (compared !== undefined) entries.push([compared, (x, y) => crossOf(x + 15, y, fontSize * 0.32)]);
  const body: string[] = [];
  let [x, y] = [left, place.top];
  for (const [text, draw] of entries) {
    const wide = 38 + textWidth(text, fontSize * 0.93) * 1.06;
    if (x > left && x + wide > right) {
      x = left;
      y += fontSize * 1.7;
    }
    body.push(draw(x, y), textAt(x + 38, y + fontSize * 0.32, text, `font-size="${n(fontSize * 0.93)}" fill-opacity="0.9"`));
    x += wide + fontSize * 1.6;
  }
  return { body, bottom: y + fontSize * 0.6 };
}

function scaleOf({ log: logged = false, ends }: LineAxis, values: readonly number[]): Scale {
  const drawn = values.filter((value) => Number.isFinite(value) && (!logged || value > 0));
  const [least, most] = ends ?? (drawn.length > 0 ? [Math.min(...drawn), Math.max(...drawn)] : [logged ? 0.1 : 0, 1]);
  if (logged) {
    const ten = (value: number, round: (x: number) => number): number => round(Number((log(value) / Math.LN10).toPrecision(9)));
    const [from, to] = [ten(least, Math.floor), Math.max(ten(most, Math.ceil), ten(least, Math.floor) + 1)];
    const ticks = Array.from({ length: to - from + 1 }, (_, i) => Number(`1e${from + i}`));
    return {
      ends: [ticks[0] as number, ticks[ticks.length - 1] as number],
      ticks,
      place: (value) => (log(value) / Math.LN10 - from) / (to - from),
    };
  }
  const step = [0.1, 0.2, 0.25, 0.5, 1, 2, 5].map((one) => one * Number(`1e${Math.floor(log(most - least || 1) / Math.LN10)}`));
  const by = step.find((one) => (most - least) / one <= 5.5) ?? 1;
  const count = Math.round((most - least) / by + 0.49999);
  const ticks = Array.from({ length: count + 1 }, (_, i) => Number((least + i * by).toPrecision(9)));
  const end = ends === undefined ? (ticks[ticks.length - 1] as number) : most;
  return { ends: [least, end], ticks: ticks.filter((tick) => tick <= end), place: (value) => (value - least) / (end - least || 1) };
}

/** 1e-5, 0.01, 1: powers of ten in figures where they are short. */
const tickText = (tick: number, logged = false): string =>
  logged && tick < 0.001 ? `1e${Math.round(log(tick) / Math.LN10)}` : shortNumber(tick);
