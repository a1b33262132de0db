/**
 * A dense non-negative table over named axes. `values` is row-major in the order of `axes` (last axis fastest).
 * NaN means *undefined* (a conditional on a cell of probability zero): it spreads through sums and products, but 0 x NaN = 0.
 * With these rules non-negative factors form a commutative semiring, so sums and products may be done in any order.
 */
export interface Factor {
  readonly axes: readonly string[];
  readonly sizes: readonly number[];
  readonly values: Float64Array;
}

/** A table of `tooLarge` cells over `axes` would be needed, more than the limit that was given. */
export interface TooLarge {
  readonly tooLarge: number;
  readonly axes: readonly string[];
}

export type AxisSizes = ReadonlyMap<string, number>;

/** 2^24 cells, 128 MB as doubles. */
export const defaultCellLimit = 2 ** 24;
