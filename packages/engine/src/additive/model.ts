import type { Feature } from '../data/moments.ts';
import type { Basis, BasisChoice } from './basis.ts';
import type { Design } from './design.ts';
import type { RegimeSums, Setting } from './gather.ts';
import type { Penalty, Solution } from './pooled.ts';
import type { RegimeMeat } from './variance.ts';

export interface AdditiveOptions {
  /** `auto` (default): the candidate that predicts best within regimes. */
  readonly basis?: BasisChoice;
  /** Of polynomials: total degree. Absent: 2 to 4 by cross-validation. */
  readonly degree?: number;
  /** `pooled` (default): one fit of all regimes; `direct`: one per regime, combined by the weights of the plan. */
  readonly method?: 'direct' | 'pooled';
  /** Of the pooled fit: whether functions depend on their arguments only (default), or on all actions. */
  readonly restrict?: boolean;
  readonly errors?: 'sandwich' | 'bootstrap' | 'none';
  /** Of the bootstrap. Default 1000. */
  readonly draws?: number;
  /** Of intervals. Default 0.95. */
  readonly level?: number;
  readonly seed?: number;
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
  /** Absent without standard errors. */
  readonly meats?: readonly RegimeMeat[];
  readonly center: number;
  readonly scale: number;
}
