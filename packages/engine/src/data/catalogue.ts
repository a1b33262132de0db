import type { Name } from '../graph/variable.ts';
import type { Regime } from './regime.ts';

/** A distribution that is, or could be, at hand: P(measured \ set | do(set)). */
export interface Offer {
  readonly regime: Regime;
  /** Variables measured under this regime, those that were set included; absent: all variables of the graph that are not latent. */
  readonly measured?: readonly Name[];
  /** The studies behind it (several arms of one experiment can stand together). Empty for a hypothetical one. */
  readonly studies: readonly Name[];
  readonly size: number;
}

/** What identification may build on; it never sees a row. `everything`: observation and every experiment. */
export interface Catalogue {
  readonly offers: readonly Offer[];
  readonly everything?: boolean;
}
