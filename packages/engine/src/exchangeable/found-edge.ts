import type { AskedTest } from './tester.ts';

export interface FoundEdge {
  readonly from: number;
  readonly to: number;
  /** That there is an edge. */
  readonly test: AskedTest;
  /** That its other end cannot come last, after Holm's correction. */
  readonly reversal: number;
  /** The reversal is refuted at `sinkLevel`. */
  readonly oriented: boolean;
  /** 3: no test of two records sees this edge; `test` is of agreement of pairs, `reversal` of three positions. */
  readonly positions?: 3;
}
