import type { Name, Value } from '../graph/variable.ts';

/** A variable at a position (1-based): `X@2`. */
export interface Cell {
  readonly variable: Name;
  readonly position: number;
}

/** A cell and its value, an index of the variable's levels. */
export interface ValuedCell extends Cell {
  readonly value: number;
}

/** P(target | given; do(set)). A cell may stand in `set` and also in `target` or `given`: it then has the value that it was set to. */
export interface CellQuery {
  readonly target: readonly ValuedCell[];
  readonly given: readonly ValuedCell[];
  readonly set: readonly ValuedCell[];
}

/**
 * How one variable gets its value from its parents at every position, with the distribution (de Finetti measure) of what all positions of
 * one environment share. Mechanisms are independent of each other.
 *
 * - `dirichlet`: one row of probabilities for each parent configuration (the last parent fastest), rows independent, each Dirichlet with
 *   the given weights by level.
 * - `xor`: all variables binary; V = noise XOR the product of the parents (a product of none is 0), noise ~ Bernoulli(psi),
 *   psi ~ Beta(a, b): a weighs noise 1, b noise 0.
 * - `mixture`: component k has probability `weights[k]` (they sum to 1) and the table `rows[k]`, by parent configuration and level.
 * - `dirichlets`: component k has probability `weights[k]`; given it, rows are as of kind `dirichlet` with the weights `rows[k]`.
 */
export type Mechanism =
  | {
      readonly kind: 'dirichlet';
      readonly variable: Name;
      readonly parents: readonly Name[];
      readonly rows: readonly (readonly number[])[];
    }
  | { readonly kind: 'xor'; readonly variable: Name; readonly parents: readonly Name[]; readonly beta: readonly [number, number] }
  | {
      readonly kind: 'mixture';
      readonly variable: Name;
      readonly parents: readonly Name[];
      readonly weights: readonly number[];
      readonly rows: readonly (readonly (readonly number[])[])[];
    }
  | {
      readonly kind: 'dirichlets';
      readonly variable: Name;
      readonly parents: readonly Name[];
      readonly weights: readonly number[];
      readonly rows: readonly (readonly (readonly number[])[])[];
    };

/** Exchangeable data of independent causal mechanisms (Guo et al. 2024, "Do Finetti", Definition 2). */
export interface ExchangeableModel {
  readonly levels: ReadonlyMap<Name, readonly Value[]>;
  /** In topological order. */
  readonly mechanisms: readonly Mechanism[];
}
