import type { Feature } from '../data/moments.ts';
import type { Basis, BasisChoice } from './basis.ts';
import type { Design } from './design.ts';
import type { RegimeSums, Setting } from './gather.ts';
import type { Penalty, Solution } from './pooled.ts';
import type { RegimeMeat } from './variance.ts';

/** A regression of the user's. `x`: records x variables, row-major: actions, then covariates; finite variables as the numbers that their levels spell, else as codes. */
export interface Learner {
  readonly name: string;
  fit(x: Float64Array, y: Float64Array, weights: Float64Array | undefined): Trained | Promise<Trained>;
}
export interface Trained {
  /** One value per row of `x`. */
  predict(x: Float64Array): Float64Array;
}

export interface AdditiveOptions {
  /** `auto` (default): the candidate that predicts best within regimes. */
  readonly basis?: BasisChoice;
  /** Of polynomials: total degree. Absent: 2 to 4 by cross-validation. */
  readonly degree?: number;
  /** `pooled` (default): one fit of all regimes; `direct`: one per regime, combined by the weights of the plan. */
  readonly method?: 'direct' | 'pooled';
  /** Of the pooled fit: whether functions depend on their arguments only (default), or on all actions. */
  readonly restrict?: boolean;
  /** `sandwich` (default): HC3, by a second pass over the records. `bootstrap`: within regimes; the only one that a learner has. */
  readonly errors?: 'sandwich' | 'bootstrap' | 'none';
  /** Of the bootstrap. Default 1000, with a learner 50. */
  readonly draws?: number;
  /** Of intervals. Default 0.95. */
  readonly level?: number;
  readonly seed?: number;
  /** Stands in for the basis; regimes are fitted each on its own. */
  readonly learner?: Learner;
}

/** Everything that diagnostics build on; `y` is the outcome minus `center`, divided by `scale`. */
export interface AdditiveModel {
  readonly setting: Setting;
  readonly basis: Basis;
  readonly features: readonly Feature[];
  readonly design: Design;
  /** Sums over each regime's records, of the features of the basis. */
  readonly regimes: readonly RegimeSums[];
  readonly weights: readonly number[];
  readonly penalties: readonly Penalty[];
  readonly solution: Solution;
  /** Residual variances of y by regime; NaN where nothing is left over to tell. */
  readonly variances: readonly number[];
  /** Coefficients that each regime determines on its own (with a penalty: effective ones). */
  readonly ranks: readonly number[];
  /** Absent without standard errors. */
  readonly meats?: readonly RegimeMeat[];
  readonly center: number;
  readonly scale: number;
}
