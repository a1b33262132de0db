import type { Answer, FunctionPoint, MeanFunction, Setting } from '../interpret/answer.ts';
import { exp } from '../math/elementary.ts';
import { parseQuestion } from '../query/parse.ts';
import type { Ends } from './interval.ts';
import { listed } from './layout.ts';
import { shortNumber, supportedPlaces } from './round.ts';

/** What the formats share of an answer that is a function. */

export type FunctionAxis = MeanFunction['axes'][number];

export const settingText = (value: Setting | undefined): string =>
  value === undefined ? '' : typeof value === 'number' ? shortNumber(value) : value;

/** A grid along which numbers run. */
export const isReal = ({ values }: FunctionAxis): boolean => values?.every((value) => typeof value === 'number') === true;

export const withUnit = (name: string, unit: string | undefined): string => (unit === undefined ? name : `${name} (${unit})`);

const partWord = (part: 'set' | 'given'): string => (part === 'set' ? 'set' : 'watched');

/** What the figures are: `mean of sales (1,000 a week)`. */
export function figureName(answer: Pick<Answer, 'terms' | 'question'>, { outcome, log, unit, baseline }: MeanFunction): string {
  const mean = `mean of ${log === true ? `log ${outcome}` : withUnit(outcome, unit)}`;
  const difference = baseline !== undefined || weightsOf(answer).length > 1;
  return difference ? `difference in the ${mean}` : mean;
}

/** `sales by tv (set), at web = 5 (set)`, without a full stop. */
export function functionSentence(answer: Pick<Answer, 'terms' | 'question'>, f: MeanFunction): string {
  const name = figureName(answer, f);
  const axes = f.axes.map((axis) => `${axis.name} (${axis.unit === undefined ? '' : `${axis.unit}, `}${partWord(axis.part)})`);
  const held = f.held.map(({ name: variable, part, value }) => `${variable} = ${settingText(value)} (${partWord(part)})`);
  const from =
    f.baseline === undefined
      ? ''
      : `, from ${listed(Object.entries(f.baseline).map(([variable, value]) => `${variable} = ${settingText(value)}`))}`;
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)} by ${listed(axes)}${held.length === 0 ? '' : `, at ${listed(held)}`}${from}`;
}

function weightsOf({ terms, question }: Pick<Answer, 'terms' | 'question'>): readonly number[] {
  const parsed = [terms, question].map((text) => parseQuestion(text)).find(({ ok }) => ok);
  return parsed?.ok === true ? parsed.value.parts.map(({ weight }) => weight) : [];
}

/** What exp() of a figure on the log scale is; undefined: nothing that has a name. */
export function logReading(
  answer: Pick<Answer, 'terms' | 'question' | 'additive'>,
): 'geometric mean' | 'ratio of geometric means' | undefined {
  if (answer.additive?.log !== true) return undefined;
  const weights = weightsOf(answer);
  if (weights.length === 1 && weights[0] === 1) return 'geometric mean';
  return weights.length === 2 && weights.includes(1) && weights.includes(-1) ? 'ratio of geometric means' : undefined;
}

export const expEnds = ([low, high]: Ends): Ends => [exp(low), exp(high)];

/** The places that figures are printed with: those of the most certain one. */
export function functionPlaces(points: readonly Pick<FunctionPoint, 'standardError' | 'interval'>[]): number | undefined {
  const places = points.flatMap(({ standardError, interval }) => supportedPlaces(standardError, interval) ?? []);
  return places.length === 0 ? undefined : Math.max(...places);
}

/** A row of a table of the function, in figures. Log scale: `geometric` has exp() of the same. */
export interface FunctionRow {
  readonly at: readonly string[];
  readonly value: string;
  readonly interval: string;
  readonly geometric?: string;
  readonly geometricInterval?: string;
  readonly support: string;
}

export const noValue = 'no value';
/** What stands beside a figure that is an extrapolation. */
export const outside = 'extrapolated';

export function functionRows(answer: Answer, f: MeanFunction, points: readonly FunctionPoint[] = f.points): FunctionRow[] {
  const places = functionPlaces(f.points);
  const geometric = logReading(answer) !== undefined;
  const exponentiated = geometric
    ? functionPlaces(f.points.flatMap(({ interval }) => (interval === undefined ? [] : [{ interval: expEnds(interval) }])))
    : undefined;
  const ends = ([low, high]: Ends, to: number | undefined): string => `${shortNumber(low, to)} to ${shortNumber(high, to)}`;
  return points.map(({ at, value, interval, supported }) => ({
    at: f.axes.map(({ name }) => settingText(at[name])),
    value: value === null ? noValue : shortNumber(value, places),
    interval: interval === undefined ? '' : ends(interval, places),
    ...(geometric && {
      geometric: value === null ? '' : shortNumber(exp(value), exponentiated),
      geometricInterval: interval === undefined ? '' : ends(expEnds(interval), exponentiated),
    }),
    support: supported === false ? outside : '',
  }));
}

export interface Scale {
  readonly ends: Ends;
  readonly ticks: readonly number[];
}

/** Round ticks (steps of 1, 2, 2.5 or 5), about `about` of them; with `whole`, the ends are ticks. */
export function scaleOf(low: number, high: number, about: number, whole = true): Scale {
  const span = high > low ? high - low : Math.max(Math.abs(low), 1e-9);
  const [from, to] = high > low ? [low, high] : [low - span / 2, low + span / 2];
  const rough = (to - from) / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10) * power;
  const first = whole ? Math.floor(from / step + 1e-9) : Math.ceil(from / step - 1e-9);
  const last = whole ? Math.ceil(to / step - 1e-9) : Math.floor(to / step + 1e-9);
  const ticks = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return { ends: whole ? [ticks[0] as number, ticks.at(-1) as number] : [from, to], ticks };
}

/**
 * From the least to the largest of what is drawn. Intervals count where there are records, and bands as long as they do not make the rest
 * small: an extrapolation may be wide beyond all measure, and is then cut.
 */
export function drawnRange(points: readonly FunctionPoint[]): Ends {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return [0, 1];
  const near = [...values, ...points.flatMap(({ interval, supported }) => (supported === false ? [] : (interval ?? [])))];
  const [low, high] = [Math.min(...near), Math.max(...near)];
  const wide = points.flatMap(({ band, interval }) => band ?? interval ?? []);
  const all: Ends = [Math.min(low, ...wide), Math.max(high, ...wide)];
  const span = high - low;
  return [Math.max(all[0], low - 0.6 * span), Math.min(all[1], high + 0.6 * span)];
}
