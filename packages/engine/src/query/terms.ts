import type { Name, Value } from '../graph/variable.ts';

/** `X = 1` inside a world; no value: every value of X; a term: the value X would naturally have in another world (`M = M[X=0]`). */
export interface Setting {
  readonly variable: Name;
  readonly position?: number;
  readonly value?: Value | Term;
}

/** `Y[X=1]@2 = 1`: variable, world, position, value (no value: every value of Y). An empty world is the factual one. */
export interface Term {
  readonly variable: Name;
  readonly world: readonly Setting[];
  readonly position?: number;
  readonly value?: Value;
}

/** P(of | given) or E[of | given]; do() has already been moved into the worlds of all terms. */
export interface Query {
  readonly take: 'probability' | 'mean';
  readonly of: readonly Term[];
  readonly given: readonly Term[];
}

/** A linear combination of queries; a single query has weight 1. */
export interface Question {
  /** As the person wrote it. */
  readonly text: string;
  readonly parts: readonly { readonly weight: number; readonly query: Query }[];
}
