import type { Point } from '../interpret/answer.ts';

/**
 * Decimal places that the uncertainty supports: two significant digits of the standard error (or of a quarter of the
 * interval), never fewer than none. Undefined where there is no uncertainty.
 */
export function supportedPlaces(standardError: number | undefined, interval: readonly [number, number] | undefined): number | undefined {
  const spread = [standardError, interval === undefined ? undefined : (interval[1] - interval[0]) / 4].find(
    (one) => one !== undefined && Number.isFinite(one) && one > 0,
  );
  if (spread === undefined) return undefined;
  return Math.min(15, Math.max(0, 1 - Math.floor(Math.log10(spread))));
}

/** A number for a person: to `places` decimals, or to six significant digits without trailing zeros. */
export function shortNumber(value: number, places?: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (places === undefined) {
    const text = String(Number(value.toPrecision(6)));
    return text === '-0' ? '0' : text;
  }
  const text = value.toFixed(places);
  return /^-0\.?0*$/u.test(text) ? text.slice(1) : text;
}

/** The places that a whole table is printed with: those of its most certain number. */
export function placesOf(points: readonly Point[]): number | undefined {
  const places = points.map((point) => supportedPlaces(point.standardError, point.interval)).filter((one) => one !== undefined);
  return places.length === 0 ? undefined : Math.max(...places);
}

/** The names that a distribution leaves open, in order of appearance. */
export const axesOf = (points: readonly Point[]): string[] => [...new Set(points.flatMap((point) => Object.keys(point.at)))];
