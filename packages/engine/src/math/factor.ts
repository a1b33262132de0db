/**
 * A dense non-negative table over named axes. `values` is row-major in the order of `axes` (last axis fastest).
 * NaN means *undefined* (a conditional on a cell of probability zero): it spreads through sums and products, but 0 x NaN = 0.
 */
export interface Factor {
  readonly axes: readonly string[];
  readonly sizes: readonly number[];
  readonly values: Float64Array;
}
