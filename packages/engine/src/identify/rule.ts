import type { Catalogue } from '../data/catalogue.ts';
import type { Because, Estimand } from '../estimand/estimand.ts';
import type { Graph } from '../graph/graph.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Query } from '../query/terms.ts';

/** A pair of node sets that proves P(y | do(x)) cannot be had from one regime (Shpitser and Pearl 2006, theorem 4). */
export interface Hedge {
  readonly F: readonly Name[];
  readonly Fprime: readonly Name[];
  /** The do-set of the regime that it defeats; empty: observation. */
  readonly regime: readonly Name[];
}

/** One line of the derivation, in the order it was made. */
export interface ProofLine extends Because {
  readonly depth: number;
  readonly says: string;
}

/** An axis of the estimand that the question left open: one answer per value. */
export interface OpenAxis {
  readonly symbol: Name;
  readonly variable: Name;
  readonly part: 'of' | 'given' | 'set';
}

export interface Identified {
  readonly verdict: 'identified';
  readonly rule: string;
  readonly estimand: Estimand;
  readonly open: readonly OpenAxis[];
  /** Axes that are left over and whose value must not matter (napkin's outer variable). */
  readonly free: readonly Name[];
  readonly proof: readonly ProofLine[];
  readonly assumes: readonly string[];
  /** The estimand is 0 or 1 for every model, or a condition has probability zero in every model. */
  readonly undefined?: boolean;
}

export interface Refusal {
  readonly verdict: 'not-identified' | 'unknown' | 'refused';
  readonly rule: string;
  /** One sentence for a person. */
  readonly why: string;
  readonly proof: readonly ProofLine[];
  /** One per regime, all with the same Fprime. */
  readonly hedges?: readonly Hedge[];
  /** A counterfactual factor that no regime can give: the same variable at two values. */
  readonly inconsistent?: readonly string[];
}

export interface RuleOptions {
  /** Condition on Markov pillows (default) or on all predecessors. */
  readonly pillows?: boolean;
  readonly levels?: ReadonlyMap<Name, readonly Value[]>;
}

export interface Rule {
  readonly name: string;
  readonly cites: string;
  identify(query: Query, graph: Graph, catalogue: Catalogue, options?: RuleOptions): Identified | Refusal;
}
