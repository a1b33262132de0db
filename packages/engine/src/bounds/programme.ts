import type { Name, Value } from '../graph/variable.ts';

/**
 * The bounds problem as plain data, in one vocabulary for every solver. A model is a distribution over the *digits* of its
 * blocks: digit (V, w) is what V would be if its parents had the values w (a response function, stored digit by digit). What a
 * study shows and what a question asks are then sums of conjunctions of digits.
 */
export interface Programme {
  readonly blocks: readonly Block[];
  readonly strata: readonly Stratum[];
  readonly cells: readonly Cell[];
  readonly restrictions: readonly Restriction[];
  readonly target: Target;
}

/** One unknown of a block: the value of `variable` in one context of its endogenous parents, or the state of an exogenous variable. */
export interface Digit {
  readonly variable: Name;
  readonly parents: readonly Name[];
  /** Values of `parents`, in their order. */
  readonly context: readonly Value[];
  readonly levels: readonly Value[];
}

/** Within a block: the digit has the value (an index into its levels). */
export interface Literal {
  readonly digit: number;
  readonly value: number;
}

/** `coefficient` if all literals hold, else 0; no literals: a constant. A digit occurs at most once. */
export interface Term {
  readonly coefficient: number;
  readonly literals: readonly Literal[];
}

/** A linear function of the distribution of one block: the expectation of the sum of its terms. */
export type Form = readonly Term[];

/**
 * A c-component: an arbitrary joint distribution over its digits (one exogenous variable, canonical), unless `groups` splits the
 * digits into independent exogenous variables. Blocks are independent of one another.
 */
export interface Block {
  readonly name: string;
  /** Several c-components, described as one because something ties them together: their names. */
  readonly components?: readonly string[];
  /** Endogenous variables, in topological order. */
  readonly children: readonly Name[];
  readonly digits: readonly Digit[];
  /** Conjunctions that no unit satisfies (monotonicity). */
  readonly forbidden: readonly (readonly Literal[])[];
  /** A partition of the digits into independent groups (explicit equations with several exogenous variables). Absent: one group. */
  readonly groups?: readonly (readonly number[])[];
  /**
   * Several exogenous variables were merged into one: sets of digits that are nevertheless independent. With them the block may
   * still be a relaxation (`complete` false): bounds over it are then outer bounds.
   */
  readonly independences: readonly { readonly a: readonly number[]; readonly b: readonly number[] }[];
  readonly complete: boolean;
}

/** Cells of one stratum are exhaustive and exclusive: their forms add up to 1 in every model. */
export interface Stratum {
  readonly block: number;
  readonly study: Name;
  /** `do(T=drug), Z=1`: regime and context of external parents; empty for plain observation. */
  readonly says: string;
  /** Exact probabilities: no sampling variation. */
  readonly exact: boolean;
}

/** What a study says of one block: the probability of one configuration of the block's variables. */
export interface Cell {
  readonly stratum: number;
  readonly form: Form;
  /** `P(T=drug, S=dead | do(Z=1))`. */
  readonly says: string;
  /** Records in it (scaled to the effective sample size; for exact probabilities the probability). */
  readonly count: number;
  /** Its empirical probability (Tian's product of conditionals), or at the maximum-likelihood projection; NaN: nothing is known. */
  readonly target: number;
  /** `target` as a product of quotients of whole numbers, where the study counts records. */
  readonly ratios?: readonly (readonly [number, number])[];
}

/** An assumed linear (in)equality on one block. */
export interface Restriction {
  readonly block: number;
  readonly form: Form;
  readonly relation: '<=' | '>=' | '=';
  readonly target: number;
  readonly says: string;
}

/**
 * One factor of a {@link Network}: for every configuration of `axes` (row-major) the conjunction of digits that makes it happen;
 * null: it cannot happen. Its number in a model is the probability of the conjunction.
 */
export interface LocalTable {
  readonly block: number;
  readonly axes: readonly string[];
  readonly sizes: readonly number[];
  readonly cells: readonly (readonly Literal[] | null)[];
}

/** weight times the sum over all axes of the product of the tables: the probability of events in several worlds. Blocks occur at most once. */
export interface Network {
  readonly weight: number;
  readonly tables: readonly LocalTable[];
}

/** The question: sum of `numerator`, divided by the sum of `denominator` (absent: 1). */
export interface Target {
  readonly numerator: readonly Network[];
  readonly denominator?: readonly Network[];
}

/** A distribution over the digits of a block: independent groups, each with finite support. Digits not listed do not matter. */
export interface BlockPoint {
  readonly groups: readonly {
    readonly digits: readonly number[];
    readonly support: readonly { readonly weight: number; readonly values: readonly number[] }[];
  }[];
}

/** A fully specified model, one point per block: what every inner bound rests on. */
export type ModelPoint = readonly BlockPoint[];
