import { log } from '../math/elementary.ts';
import { Interrupted } from '../run/progress.ts';
import type { Steps } from '../run/steps.ts';
import type { ClusteredTest } from './clustered.ts';
import type { AskedTest, Tester } from './tester.ts';

/** One variable asked whether it can be the last of those that are left. */
export interface SinkCandidate {
  readonly variable: number;
  /** The p of `together`; absent that, the smallest p of `tests`, as it is and after Holm's correction. 1 where there is none. */
  readonly smallest: number;
  readonly p: number;
  /** Its mechanism's parameters against each other variable's. */
  readonly tests: readonly AskedTest[];
  /** Against the others' together, where environments are enough: what several variables show of a mechanism none may show alone. */
  readonly together?: ClusteredTest;
}

/** Asks `variable` among others; what was asked before is remembered. */
export type AskSink = (variable: number, among: readonly number[]) => SinkCandidate;

/** Orders are searched through all subsets of at most so many variables. */
export const mostOrdered = 20;

/**
 * Sink tests of v against each of `near(v, among)`, given all of these. `near`: the variables that can matter to v, among those left.
 */
export function askSinks(tester: Tester, near: (variable: number, among: readonly number[]) => readonly number[]): AskSink {
  const known = new Map<string, SinkCandidate>();
  return (variable, among) => {
    const given = near(variable, among);
    const key = `${variable}:${given.join()}`;
    let candidate = known.get(key);
    if (candidate === undefined) {
      const tests = given.map((k) => tester.across(variable, k, given));
      const together = given.length < 2 ? undefined : tester.acrossGroup?.(variable, given, given);
      const smallest = together?.p ?? tests.reduce((least, { p }) => Math.min(least, p), 1);
      const p = together === undefined ? Math.min(1, smallest * Math.max(1, tests.length)) : smallest;
      candidate = { variable, smallest, p, tests, ...(together === undefined ? {} : { together }) };
      known.set(key, candidate);
    }
    return candidate;
  };
}

/** By the smallest p; where both are lost below the least number, by the statistic for its degrees of freedom. */
export function betterSink(one: SinkCandidate, other: SinkCandidate): boolean {
  if (one.smallest !== other.smallest) return one.smallest > other.smallest;
  return one.smallest === 0 && excess(one) < excess(other);
}

const excess = ({ tests, together }: SinkCandidate): number =>
  (together === undefined ? tests : [together]).reduce(
    (most, { statistic, degrees }) => Math.max(most, degrees === 0 ? 0 : statistic - degrees),
    0,
  );

/** What one candidate can say against an order, in nats: a neighbour overlooked must not outweigh all else. */
const loudest = 20;

/** What speaks against a candidate, in nats. */
const against = ({ p }: SinkCandidate): number => (p > 0 ? Math.min(loudest, -log(p)) : loudest);

/**
 * The order of variables, sources first, against which the sink tests say least in sum, by dynamic programming over subsets: what v costs
 * as the last of a subset depends only on those of `neighbours[v]` that are in it. At most {@link mostOrdered} variables.
 */
export function* leastRefutedOrder(neighbours: readonly (readonly number[])[], ask: AskSink): Steps<number[]> {
  const count = neighbours.length;
  const costs: Float64Array[] = [];
  for (const [v, own] of neighbours.entries()) {
    const some = (subset: number): number[] => own.filter((_, i) => (subset >> i) & 1);
    costs.push(Float64Array.from({ length: 2 ** own.length }, (_, subset) => against(ask(v, some(subset)))));
    if (yield { task: 'sinks', done: v + 1, total: count }) throw new Interrupted();
  }
  const total = new Float64Array(2 ** count);
  const last = new Int8Array(2 ** count);
  for (let mask = 1; mask < 2 ** count; mask++) {
    let [best, sink] = [Number.POSITIVE_INFINITY, -1];
    for (let v = 0; v < count; v++) {
      if (!((mask >> v) & 1)) continue;
      const own = neighbours[v] as readonly number[];
      let subset = 0;
      for (let i = 0; i < own.length; i++) subset |= ((mask >> (own[i] as number)) & 1) << i;
      const cost = (total[mask & ~(1 << v)] as number) + (costs[v]?.[subset] as number);
      if (cost < best) [best, sink] = [cost, v];
    }
    total[mask] = best;
    last[mask] = sink;
  }
  const order: number[] = [];
  for (let mask = 2 ** count - 1; mask > 0; mask &= ~(1 << (order[0] as number))) order.unshift(last[mask] as number);
  return order;
}
