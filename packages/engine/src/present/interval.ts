import type { Answer, Point } from '../interpret/answer.ts';
import { parseQuestion } from '../query/parse.ts';
import { shortNumber, supportedPlaces } from './round.ts';

export type Ends = readonly [number, number];

/** The solver's tolerance: ends closer than this are one number. */
const tolerance = 1e-9;

/** True where lower and upper bound meet. */
export const isPoint = ([low, high]: Ends): boolean => high - low <= tolerance * Math.max(1, Math.abs(low), Math.abs(high));

/**
 * Decimal places to print an interval with: a five-hundredth of its width still shows, unless sampling (`region`, a confidence
 * region around it) leaves its ends so uncertain that it does not matter.
 */
export function endsPlaces(ends: Ends, region?: Ends): number {
  const [low, high] = ends;
  const byWidth = isPoint(ends) ? 6 : Math.ceil(-Math.log10((high - low) / 500));
  const spread = region === undefined ? 0 : Math.max(low - region[0], region[1] - high);
  const bySpread = spread > tolerance ? (supportedPlaces(spread / 2, undefined) ?? 14) + 1 : 15;
  return Math.min(15, Math.max(0, Math.min(byWidth, bySpread)));
}

/**
 * Both ends to `places` decimals, rounded so that the printed interval contains the exact one (`inward`: lies inside it, for
 * values that are known to be attained).
 */
export function alignedEnds(ends: Ends, places: number, way: 'outward' | 'inward' = 'outward'): readonly [string, string] {
  const [down, up] = way === 'outward' ? (['down', 'up'] as const) : (['up', 'down'] as const);
  const texts = [directed(ends[0], places, down), directed(ends[1], places, up)] as const;
  const crossed = way === 'inward' && Number(texts[0]) > Number(texts[1]) && places < 15;
  return crossed ? alignedEnds(ends, places + 1, way) : texts;
}

/** The same for a sentence: a whole number stands without decimals, and zeros that both ends end with are cut. */
export function endsText(ends: Ends, places: number, way: 'outward' | 'inward' = 'outward'): readonly [string, string] {
  const texts = alignedEnds(ends, places, way);
  const fractions = texts.filter((text) => /\.\d*[1-9]/u.test(text));
  const zeros = Math.min(...fractions.map((text) => /0*$/u.exec(text)?.[0].length ?? 0));
  const cut = (text: string): string => (fractions.includes(text) ? text.slice(0, text.length - zeros) : text.replace(/\.0*$/u, ''));
  return [cut(texts[0]), cut(texts[1])];
}

/** What the solver's tolerance moves across a digit does not move the digit. */
function directed(value: number, places: number, way: 'down' | 'up'): string {
  const unit = 10 ** -places;
  const slack = Math.min(tolerance * Math.max(1, Math.abs(value)), unit / 1000);
  const near = Number(value.toFixed(places));
  if (way === 'down' && near > value + slack) return shortNumber(near - unit, places);
  if (way === 'up' && near < value - slack) return shortNumber(near + unit, places);
  return shortNumber(near, places);
}

/** The bounds of an answer or of one value of a distribution, if it has any. */
export const boundsOf = ({ lower, upper }: Pick<Answer | Point, 'lower' | 'upper'>): Ends | undefined =>
  lower === undefined || upper === undefined ? undefined : [lower, upper];

/** What a question could be at all: [0, 1] for a probability, [-1, 1] for a difference of two. `sure` is false where means of unknown size are in it. */
export interface Natural {
  readonly ends: Ends;
  readonly sure: boolean;
}

export function naturalOf({ terms, question }: Pick<Answer, 'terms' | 'question'>): Natural {
  const parsed = [terms, question].map((text) => parseQuestion(text)).find(({ ok }) => ok);
  const parts = parsed?.ok === true ? parsed.value.parts : [];
  if (parts.length === 0) return { ends: [0, 1], sure: false };
  const weights = parts.map(({ weight }) => weight);
  const ends: Ends = [weights.reduce((sum, w) => sum + Math.min(0, w), 0), weights.reduce((sum, w) => sum + Math.max(0, w), 0)];
  return { ends, sure: parts.every(({ query }) => query.kind === 'probability') };
}

/** True where the bounds say nothing that the question did not. */
export const isVacuous = ([low, high]: Ends, { ends, sure }: Natural): boolean =>
  sure && low <= ends[0] + tolerance && high >= ends[1] - tolerance;

export interface Axis {
  readonly ends: Ends;
  /** From end to end, both included where they are round numbers. */
  readonly ticks: readonly number[];
  readonly zoomed: boolean;
}

/** The natural axis where what is shown fills enough of it, else one with round ends close around it. */
export function axisOf(shown: readonly number[], natural: Natural): Axis {
  const values = shown.filter((value) => Number.isFinite(value));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [least, most] = natural.ends;
  const inside = values.length === 0 || (low >= least - tolerance && high <= most + tolerance);
  const width = high - low;
  if (inside && (values.length === 0 || width <= tolerance || width >= 0.05 * (most - least)))
    return { ends: natural.ends, ticks: ticksBetween(least, most), zoomed: false };
  const span = width > tolerance ? width : Math.max(Math.abs(low), 1e-6);
  const step = niceStep(span * 1.3);
  const from = Math.floor((low - 0.1 * span) / step + 1e-9) * step;
  const to = Math.ceil((high + 0.1 * span) / step - 1e-9) * step;
  const ends: Ends = inside ? [Math.max(least, clean(from, step)), Math.min(most, clean(to, step))] : [clean(from, step), clean(to, step)];
  return { ends, ticks: ticksBetween(ends[0], ends[1]), zoomed: true };
}

function ticksBetween(low: number, high: number): number[] {
  const step = niceStep(high - low);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => clean((first + i) * step, step));
}

/** A fifth or so of `span`, as 1, 2 or 5 times a power of ten. */
function niceStep(span: number): number {
  const rough = span / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10;
  return factor * power;
}

/** Without the dust of floating point. */
const clean = (value: number, step: number): number => Number(value.toFixed(Math.min(15, Math.max(0, 1 - Math.floor(Math.log10(step))))));
