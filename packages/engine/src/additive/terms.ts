import type { Name } from '../graph/variable.ts';
import type { Refusal } from '../identify/rule.ts';

/** `Y = sum over blocks b of f_b(A_b, C_b) + U`, with hidden C_b: Kekić, Garrido Mejia and Schölkopf 2025, assumption 3 and definition 2. */
export interface AdditiveAssumption {
  /** As the person wrote it. */
  readonly text: string;
  readonly outcome: Name;
  /** It is the natural logarithm of the outcome that is a sum. */
  readonly log: boolean;
  readonly blocks: readonly (readonly Name[])[];
  /** The blocks are written in causal order (`A1 < A2`): no later one causes an earlier one. */
  readonly ordered: boolean;
}

/** One way in which studies treated the actions. */
export interface AdditiveRegime {
  /** Actions that it sets, in the order of the assumption; the others were watched. */
  readonly set: readonly Name[];
  readonly studies: readonly Name[];
  /** By column: first the constant (1), then {@link AdditivePlan.columns}. */
  readonly vector: readonly number[];
}

/**
 * An unknown function of the actions: the mean of f_b over its hidden causes where the actions `set` are set, minus the same mean where all
 * are watched. It is part of the mean of every regime that does to the hidden causes of the block what setting `set` does.
 */
export interface AdditiveColumn {
  readonly block: number;
  readonly set: readonly Name[];
  /** The actions that the mean of f_b may depend on there, those of the block included. A block that is wholly set: usually the block alone. */
  readonly arguments: readonly Name[];
}

/** What the rule found for one target; plain data. */
export interface AdditivePlan {
  readonly assumption: AdditiveAssumption;
  readonly actions: readonly Name[];
  /** Measured, never set, given in the question; every function of the plan may depend on them. */
  readonly covariates: readonly Name[];
  /** Besides the constant, which stands for the mean where all actions are watched. */
  readonly columns: readonly AdditiveColumn[];
  /** Smaller sets first. */
  readonly regimes: readonly AdditiveRegime[];
  /** The actions that the question sets. */
  readonly target: readonly Name[];
  readonly vector: readonly number[];
  /** By regime, exact where doubles allow: sum of weights x vectors of the regimes = vector of the target. Of all weightings the one with the least sum of squares. */
  readonly weights: readonly number[];
  /** The same with few regimes, so that it reads well: that of the estimand. */
  readonly fewest: readonly number[];
  /** Regimes minus the rank of their vectors: how often the answer is determined more than once. */
  readonly spare: number;
  /** Per block: the actions that r_b = E[f_b | all actions watched] may depend on, those of the block included. */
  readonly arguments: readonly (readonly Name[])[];
  /** Where `arguments` come from. */
  readonly structured: 'graph' | 'order' | 'none';
  /** Further sentences on what the graph says of the assumption. */
  readonly notes: readonly string[];
}

/** A no that says what would help. */
export interface AdditiveRefusal extends Refusal {
  /** Minimal collections of further regimes (each by its do-set; empty: watching) with any of which the target is identified. */
  readonly wouldHelp?: readonly (readonly (readonly Name[])[])[];
  /** Variables of the graph that would help if the question gave their value. */
  readonly wouldHelpToGive?: readonly Name[];
}

export const isPlan = (found: AdditivePlan | AdditiveRefusal): found is AdditivePlan => !('verdict' in found);
