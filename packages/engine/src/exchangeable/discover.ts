import { Interrupted, type RunOptions } from '../run/progress.ts';
import { inSteps, type Steps } from '../run/steps.ts';
import { blanketsOf } from './blankets.ts';
import type { Environments } from './environments.ts';
import { type AskedTest, type Tester, testerOf } from './tester.ts';

export interface DiscoveryOptions {
  /** Level of a test that draws an edge; .005. */
  readonly edgeLevel?: number;
  /** Level, after Holm's correction, of the tests that show a variable to be no sink; .05. */
  readonly sinkLevel?: number;
  /** With more variables than this, tests condition on direct neighbours instead of all others; 6. */
  readonly conditionAll?: number;
}

/** One variable asked whether it can be the last of those that are left. */
export interface SinkCandidate {
  readonly variable: number;
  /** Smallest p of its tests, and the same after Holm's correction for their number; 1 where there is none. */
  readonly smallest: number;
  readonly p: number;
  /** Its mechanism's parameters against each other variable's. */
  readonly tests: readonly AskedTest[];
}

export interface SinkRound {
  readonly chosen: number;
  readonly candidates: readonly SinkCandidate[];
  /** No variable passes at `sinkLevel`: the mechanisms are not independent, or a cause is hidden. */
  readonly refuted: boolean;
}

export interface FoundEdge {
  readonly from: number;
  readonly to: number;
  /** That there is an edge. */
  readonly test: AskedTest;
  /** That its other end cannot come last, after Holm's correction. */
  readonly reversal: number;
  /** The reversal is refuted at `sinkLevel`. */
  readonly oriented: boolean;
}

/** Variables are columns of the environments by number. */
export interface Discovery {
  /** Sources first. */
  readonly order: readonly number[];
  readonly edges: readonly FoundEdge[];
  readonly rounds: readonly SinkRound[];
  /** Those that drew no edge. */
  readonly absent: readonly AskedTest[];
}

/**
 * The causal graph of exchangeable data with independent mechanisms and no hidden cause: sinks are taken one at a time (the variable
 * whose smallest p over the cluster-robust tests X_{v;m} _||_ X_{k;n} | others_m is largest), then an edge j -> i is drawn if the two
 * depend within a record given all others before i. Throws {@link Interrupted} when the signal is aborted.
 */
export const discover = (environments: Environments, options: DiscoveryOptions & RunOptions = {}): Promise<Discovery> =>
  inSteps(discoverySteps(environments, options), options);

/** {@link discover}, step by step. */
export function* discoverySteps(environments: Environments, options: DiscoveryOptions = {}): Steps<Discovery> {
  const { edgeLevel = 0.005, sinkLevel = 0.05, conditionAll = 6 } = options;
  const count = environments.names.length;
  const tester = testerOf(environments);
  const blankets = count > conditionAll ? yield* blanketsOf(count, tester, edgeLevel) : undefined;
  /** What a test of v conditions on, among these. */
  const near = (v: number, among: readonly number[]): number[] => {
    const others = among.filter((k) => k !== v);
    return blankets === undefined || others.length < conditionAll ? others : others.filter((k) => blankets[v]?.includes(k));
  };
  const rounds: SinkRound[] = [];
  let left = environments.names.map((_, v) => v);
  while (left.length > 1) {
    const among = left;
    const candidates = among.map((v) => candidateOf(v, among, near(v, among), tester));
    const best = candidates.reduce((one, other) => (better(other, one) ? other : one));
    rounds.push({ chosen: best.variable, candidates, refuted: best.p < sinkLevel });
    left = left.filter((v) => v !== best.variable);
    if (yield { task: 'order', done: rounds.length, total: count }) throw new Interrupted();
  }
  const order = [...left, ...rounds.map(({ chosen }) => chosen).reverse()];
  const edges: FoundEdge[] = [];
  const absent: AskedTest[] = [];
  for (const [place, to] of order.entries()) {
    const before = order.slice(0, place).sort((a, b) => a - b);
    const given = near(to, before);
    for (const from of before) {
      const test = tester.within(
        from,
        to,
        given.filter((k) => k !== from),
      );
      if (!(test.p < edgeLevel)) {
        absent.push(test);
        continue;
      }
      const reversal = rounds.find(({ chosen }) => chosen === to)?.candidates.find(({ variable }) => variable === from)?.p ?? 1;
      edges.push({ from, to, test, reversal, oriented: reversal < sinkLevel });
    }
    if (yield { task: 'edges', done: place + 1, total: count }) throw new Interrupted();
  }
  return { order, edges, rounds, absent };
}

function candidateOf(variable: number, left: readonly number[], given: readonly number[], tester: Tester): SinkCandidate {
  const tests = left.filter((k) => k !== variable).map((k) => tester.across(variable, k, given));
  const smallest = tests.reduce((least, { p }) => Math.min(least, p), 1);
  return { variable, smallest, p: Math.min(1, smallest * tests.length), tests };
}

/** By the smallest p; where both are lost below the least number, by the statistic for its degrees of freedom. */
function better(one: SinkCandidate, other: SinkCandidate): boolean {
  if (one.smallest !== other.smallest) return one.smallest > other.smallest;
  const excess = ({ tests }: SinkCandidate): number =>
    tests.reduce((most, { statistic, degrees }) => Math.max(most, degrees === 0 ? 0 : statistic - degrees), 0);
  return one.smallest === 0 && excess(one) < excess(other);
}
