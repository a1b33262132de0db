import type { Builder } from '../estimand/builder.ts';
import type { Because, Estimand } from '../estimand/estimand.ts';
import type { Hedge, OpenAxis, ProofLine } from './rule.ts';

/** What became of a counterfactual probability. */
export interface Failure {
  readonly ok: false;
  readonly why: string;
  readonly hedges: readonly Hedge[];
  readonly inconsistent: readonly string[];
  readonly needsValues?: boolean;
  readonly proof: readonly ProofLine[];
}
export interface Success {
  readonly ok: true;
  readonly estimand: Estimand;
  readonly proof: readonly ProofLine[];
  readonly assumes: readonly string[];
  readonly open: readonly OpenAxis[];
  readonly undefined?: boolean;
}
export type Outcome = Success | Failure;

export const needsValues: Failure = {
  ok: false,
  why: 'Two worlds share a variable whose value the question leaves open: state the values.',
  hedges: [],
  inconsistent: [],
  needsValues: true,
  proof: [],
};

export function settled(builder: Builder, value: 0 | 1, says: string): Success {
  const because: Because = { theorem: 'the event is settled without data', source: 'composition and effectiveness, Galles and Pearl 1998' };
  return { ok: true, estimand: builder.constant(value, because), proof: [{ ...because, depth: 0, says }], assumes: [], open: [] };
}
