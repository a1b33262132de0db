/**
 * The p-quantile of values in ascending order, by linear interpolation of order statistics: Hyndman and Fan (1996) type 7, the
 * default of R and NumPy. NaN for no values.
 */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = Math.min(1, Math.max(0, p)) * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low === high ? low : low + (at - below) * (high - low);
}

/** Quantiles of values in any order; the input is left as it was. NaN values are an error of the caller and give NaN. */
export function quantiles(values: ArrayLike<number>, ps: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  if (Number.isNaN(sorted.at(-1) ?? 0)) return ps.map(() => Number.NaN);
  return ps.map((p) => quantileOfSorted(sorted, p));
}

export const quantile = (values: ArrayLike<number>, p: number): number => quantiles(values, [p])[0] as number;
