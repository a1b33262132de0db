import type { Name, Value } from '../graph/variable.ts';

/**
 * A sparse contingency table: `codes` is cells x axes (row-major level indices), `weight` the count, weight or probability of
 * each cell (> 0), `rows` the number of records behind it where `weight` is not itself a count. Cells are sorted by code.
 */
export interface Counts {
  readonly axes: readonly Name[];
  readonly levels: readonly (readonly Value[])[];
  readonly codes: Int32Array;
  readonly weight: Float64Array;
  readonly rows?: Float64Array;
  readonly total: number;
  /** True when the weights are exact probabilities: an infinite sample without sampling uncertainty. */
  readonly exact: boolean;
  /** Real-valued outcomes: per cell the weighted sum of (y - shift) and of (y - shift)^2. */
  readonly outcome?: { readonly name: Name; readonly shift: number; readonly sum: Float64Array; readonly squares: Float64Array };
}
