import type { Name, Value } from '../graph/variable.ts';
import type { LinearDesign } from './linear-design.ts';

/** V = b'features + noise with b ~ N(mean, covariance) in each environment, noise variance `noise`. */
export interface LinearMechanism {
  readonly kind: 'linear';
  readonly variable: Name;
  readonly parents: readonly Name[];
  readonly design: LinearDesign;
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
  readonly noise: number;
}

/** A finite variable of finite parents: rows of probabilities, Dirichlet with these weights, one for each joint value of the parents (the last fastest). */
export interface RowMechanism {
  readonly kind: 'rows';
  readonly variable: Name;
  readonly parents: readonly Name[];
  readonly levels: readonly Value[];
  /** Number of levels of each parent. */
  readonly sizes: readonly number[];
  readonly rows: readonly (readonly number[])[];
}

/** Mechanisms of one environment, independent of each other: what is known of them. */
export type MixedMechanism = LinearMechanism | RowMechanism;

/** In topological order. */
export type MixedMechanisms = ReadonlyMap<Name, MixedMechanism>;

/** A number of a real variable, or the index of a level of a finite one. */
export type Known = ReadonlyMap<Name, number>;
