import type { FunctionPoint, Setting } from '../../interpret/answer.ts';
import { functionPlaces, type Scale, settingText } from '../function.ts';
import { shortNumber } from '../round.ts';
import { n, textAt } from './function-panel.ts';
import { textWidth } from './label.ts';

type Colour = readonly [number, number, number];

/** Dark for little, light for much: told apart in print and by all eyes. */
const sequential: readonly Colour[] = [
  [59, 28, 90],
  [54, 82, 139],
  [32, 137, 140],
  [86, 189, 105],
  [246, 226, 70],
];
/** With a white middle at zero. */
const diverging: readonly Colour[] = [
  [33, 82, 163],
  [129, 168, 214],
  [245, 244, 240],
  [231, 152, 110],
  [172, 50, 40],
];

export interface Heat {
  /** Rows run upwards, columns to the right; the last runs fastest in `points`. */
  readonly rows: readonly Setting[];
  readonly columns: readonly Setting[];
  readonly points: readonly FunctionPoint[];
  readonly scale: Scale;
}

function colourOf(value: number, { ends: [low, high] }: Scale): Colour {
  const both = low < 0 && high > 0;
  const reach = Math.max(-low, high);
  const share = both ? (value / reach + 1) / 2 : (value - low) / (high - low);
  const stops = both ? diverging : sequential;
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const from = Math.min(stops.length - 2, Math.floor(place));
  return [0, 1, 2].map((channel) => {
    const [a, b] = [stops[from]?.[channel] ?? 0, stops[from + 1]?.[channel] ?? 0];
    return Math.round(a + (place - from) * (b - a));
  }) as unknown as Colour;
}

const written = (colour: Colour): string => `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
const isLight = ([red, green, blue]: Colour): boolean => 0.3 * red + 0.59 * green + 0.11 * blue > 140;

/** Coloured cells with their axes; figures inside where they fit; pale, or crossed, where the figure is an extrapolation. */
export function heatSvg(
  { rows, columns, points, scale }: Heat,
  { left, top, width, height, fontSize }: { left: number; top: number; width: number; height: number; fontSize: number },
): string {
  const [w, h] = [width / columns.length, height / rows.length];
  const small = fontSize * 0.8;
  const places = functionPlaces(points);
  const widest = Math.max(...points.map(({ value }) => (value === null ? 0 : textWidth(shortNumber(value, places), small))));
  const figures = widest < w - 4 && small < h - 2;
  const labelled = `font-size="${n(fontSize * 0.86)}" fill-opacity="0.78"`;
  const parts: string[] = [];
  points.forEach(({ value, supported }, i) => {
    const [row, column] = [Math.floor(i / columns.length), i % columns.length];
    const [x, y] = [left + column * w, top + height - (row + 1) * h];
    if (value === null) {
      parts.push(`<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" stroke-opacity="0.15" stroke-width="1"/>`);
      return;
    }
    const colour = colourOf(value, scale);
    parts.push(
      `<rect x="${n(x)}" y="${n(y)}" width="${n(w + 0.4)}" height="${n(h + 0.4)}" fill="${written(colour)}" stroke="none"${supported === false ? ' fill-opacity="0.4"' : ''}/>`,
    );
    if (supported === false && !figures)
      parts.push(
        `<path d="M${n(x + 3)} ${n(y + 3)}L${n(x + w - 3)} ${n(y + h - 3)}M${n(x + 3)} ${n(y + h - 3)}L${n(x + w - 3)} ${n(y + 3)}" stroke-opacity="0.35" stroke-width="1"/>`,
      );
    if (figures)
      parts.push(
        `<text x="${n(x + w / 2)}" y="${n(y + h / 2 + small * 0.35)}" text-anchor="middle" font-size="${n(small)}" fill="${supported === false ? 'currentColor' : isLight(colour) ? '#111827' : '#ffffff'}" stroke="none">${shortNumber(value, places)}</text>`,
      );
  });
  let free = Number.NEGATIVE_INFINITY;
  columns.forEach((value, j) => {
    const text = settingText(value);
    const half = textWidth(text, fontSize * 0.86) / 2;
    const x = left + (j + 0.5) * w;
    if (x - half < free) return;
    parts.push(textAt(x, top + height + fontSize * 1.3, text, `text-anchor="middle" ${labelled}`));
    free = x + half + fontSize * 0.5;
  });
  const every = Math.ceil((fontSize * 1.2) / h);
  rows.forEach((value, i) => {
    if (i % every === 0)
      parts.push(textAt(left - 8, top + height - (i + 0.5) * h + fontSize * 0.31, settingText(value), `text-anchor="end" ${labelled}`));
  });
  return `<g>${parts.join('')}</g>`;
}

/** The colours from the least to the largest figure, upright. */
export function heatLegend(
  scale: Scale,
  {
    left,
    top,
    height,
    fontSize,
    exponentiated,
  }: { left: number; top: number; height: number; fontSize: number; exponentiated?: (tick: number) => string },
): string {
  const steps = 40;
  const [low, high] = scale.ends;
  const bars = Array.from({ length: steps }, (_, i) => {
    const value = low + ((i + 0.5) / steps) * (high - low);
    const h = height / steps;
    return `<rect x="${n(left)}" y="${n(top + height - (i + 1) * h)}" width="14" height="${n(h + 0.6)}" fill="${written(colourOf(value, scale))}" stroke="none"/>`;
  });
  const ticks = scale.ticks.map((tick) => {
    const y = top + height - ((tick - low) / (high - low)) * height;
    const text = exponentiated === undefined ? shortNumber(tick) : `${shortNumber(tick)} (${exponentiated(tick)})`;
    return textAt(left + 21, y + fontSize * 0.31, text, `font-size="${n(fontSize * 0.86)}" fill-opacity="0.78"`);
  });
  return `<g>${bars.join('')}${ticks.join('')}</g>`;
}
