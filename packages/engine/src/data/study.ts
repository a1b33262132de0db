import type { Domain, Name } from '../graph/variable.ts';
import type { RunOptions } from '../run/progress.ts';
import type { Counts } from './counts.ts';
import type { ColumnRange, Columns, MomentQuery, Moments } from './moments.ts';
import type { Regime } from './regime.ts';

/** One study as the engine sees it: sufficient statistics leave it, and records in batches where a fit needs a second look at them. */
export interface Study {
  readonly name: Name;
  readonly regime: Regime;
  /** Columns that are variables, those in `regime.set` included (also the ones set to a constant). */
  readonly measured: readonly Name[];
  readonly domains: ReadonlyMap<Name, Domain>;
  /** Number of records (sum of counts); `Infinity` for exact probabilities. */
  readonly size: number;
  /** Kish's effective sample size where weights are given, else `size`. */
  readonly effectiveSize: number;
  /** A digest of the data and of how it was read; of pictures in files, of the bytes of these. */
  readonly fingerprint: string;
  /** Variables whose pictures were not decoded: {@link Study.columns} does not have them. Absent: none. */
  readonly unread?: readonly Name[];
  /** The contingency table over finite variables `of` (a subset of `measured`, any order; empty: the total), with the moments of one real `outcome`. */
  counts(of: readonly Name[], outcome?: Name): Promise<Counts>;
  /**
   * The records in storage order, in batches of at most 65,536. A study of exact probabilities has its cells as records, with
   * their probabilities as weights.
   */
  columns(of: readonly Name[]): AsyncIterable<Columns>;
  /** Sums of products of features over all records. */
  moments(query: MomentQuery, options?: RunOptions): Promise<Moments>;
  /** Of real variables, and of finite ones whose levels are numbers. */
  ranges(of: readonly Name[]): Promise<ReadonlyMap<Name, ColumnRange>>;
}
