import type { Regime } from '../data/regime.ts';
import type { Name, Value } from '../graph/variable.ts';

/** The theorem (and the line of the algorithm) that allows a step, and the sets it was applied to. */
export interface Because {
  readonly theorem: string;
  readonly source: string;
  readonly line?: string;
  readonly sets?: Readonly<Record<string, readonly Name[]>>;
}

/**
 * Every step denotes a function over named *axes* (one per free symbol). A symbol is a variable's own name, or a primed copy
 * (`M'`) where two worlds hold the same variable; {@link variableOf} gives the variable. Sums remove axes, products join
 * them, so nothing can be captured. Trees share sub-expressions by identity; every interpretation memoises on identity.
 */
export type Estimand =
  /** P(of | given; do(regime.set)) as the named studies measured it. Axes: of, given, and the members of regime.set without a fixed value. */
  | {
      readonly step: 'measured';
      readonly of: readonly Name[];
      readonly given: readonly Name[];
      readonly regime: Regime;
      readonly studies: readonly Name[];
      readonly because: Because;
    }
  | { readonly step: 'product'; readonly factors: readonly Estimand[]; readonly because: Because }
  | { readonly step: 'sum'; readonly over: readonly Name[]; readonly body: Estimand; readonly because: Because }
  /** From a distribution `body`: P(of | given) = (body summed over its random axes outside of, given) / (the same summed over `of` too). Other axes stay as parameters. */
  | {
      readonly step: 'condition';
      readonly of: readonly Name[];
      readonly given: readonly Name[];
      readonly body: Estimand;
      readonly because: Because;
    }
  /** numerator / denominator, cell by cell (0/0 is undefined); axes are joined. */
  | { readonly step: 'quotient'; readonly numerator: Estimand; readonly denominator: Estimand; readonly because: Because }
  /** Each axis in `at` renamed to another symbol, or fixed at a value. Two axes renamed to one symbol become its diagonal. */
  | { readonly step: 'place'; readonly at: Readonly<Record<Name, Place>>; readonly body: Estimand }
  /** Expectation of the numeric variable on axis `of`, which must be a random axis of body. */
  | { readonly step: 'mean'; readonly of: Name; readonly body: Estimand }
  | { readonly step: 'constant'; readonly value: number; readonly because: Because }
  | { readonly step: 'combine'; readonly terms: readonly { readonly weight: number; readonly of: Estimand }[] };

export type Place = { readonly symbol: Name } | { readonly value: Value };
export type Step = Estimand['step'];

/** The variable behind a symbol: `M''` is a copy of `M`. */
export const variableOf = (symbol: Name): Name => symbol.replace(/'+$/u, '');
