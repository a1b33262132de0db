import type { Value } from '../graph/variable.ts';

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/u;

/** Text that reads as missing in every file, unless a variable declares it as one of its levels. */
export const missingTexts: readonly string[] = ['', 'NA', 'NaN'];

/** The number a text spells in decimal notation, or NaN. Integers beyond 2^53 are identifiers, not numbers. */
export function numberOf(text: string): number {
  if (!decimal.test(text)) return Number.NaN;
  const value = Number(text);
  if (!Number.isFinite(value) || (Math.abs(value) > Number.MAX_SAFE_INTEGER && /^[+-]?\d+$/u.test(text))) return Number.NaN;
  return value;
}

/** Canonical text of a number: `1.0`, `1e0` and `+1` are `1`; `-0` is `0`. Other text: as it is. */
export function canonical(text: string): Value {
  const value = numberOf(text);
  return Number.isNaN(value) ? text : String(value === 0 ? 0 : value);
}

/** Natural order: numbers by value where all are numbers, else by code point. */
export function naturalOrder(levels: Iterable<Value>): Value[] {
  const list = [...levels];
  if (list.every((level) => !Number.isNaN(numberOf(level)))) return list.sort((a, b) => Number(a) - Number(b));
  return list.sort(byCodePoint);
}

function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; ) {
    const [p, q] = [a.codePointAt(i) as number, b.codePointAt(i) as number];
    if (p !== q) return p - q;
    i += p > 0xffff ? 2 : 1;
  }
  return a.length - b.length;
}

/** Finds the code of a cell's text among levels: as written, else by its canonical number; -1 if it is none of them. */
export function levelReader(levels: readonly Value[]): (text: string) => number {
  const codes = new Map(levels.map((level, code) => [level, code]));
  return (text) => codes.get(text) ?? codes.get(canonical(text)) ?? -1;
}

/** Names of the intervals that `cuts` (ascending) make: `<30`, `[30,45)`, `>=45`. */
export function intervalNames(cuts: readonly number[]): Value[] {
  const inner = cuts.slice(1).map((to, i) => `[${cuts[i]},${to})`);
  return [`<${cuts[0]}`, ...inner, `>=${cuts[cuts.length - 1]}`];
}

/** Which interval a number falls in (an interval holds its lower end). */
export function intervalOf(value: number, cuts: readonly number[]): number {
  let interval = 0;
  while (interval < cuts.length && value >= (cuts[interval] as number)) interval++;
  return interval;
}
