import { Interrupted, type RunOptions } from '../run/progress.ts';
import { inSteps, type Steps } from '../run/steps.ts';
import { blanketsOf } from './blankets.ts';
import type { Environments } from './environments.ts';
import type { MixedEnvironments } from './mixed-environments.ts';
import { askSinks, betterSink, leastRefutedOrder, mostOrdered, type SinkCandidate } from './sink-order.ts';
import type { AskedTest, Tester } from './tester.ts';
import { testerFor } from './tester-for.ts';

export type { SinkCandidate } from './sink-order.ts';

export interface DiscoveryOptions {
  /** Level of a test that draws an edge; .005. */
  readonly edgeLevel?: number;
  /** Level, after Holm's correction, of the tests that show a variable to be no sink; .05. */
  readonly sinkLevel?: number;
  /** With more variables than this, tests condition on direct neighbours instead of all others; 6. */
  readonly conditionAll?: number;
  /** Tests of another kind; default: {@link testerFor}. */
  readonly tester?: Tester;
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
 * The causal graph of exchangeable data with independent mechanisms and no hidden cause, of finite, real or mixed variables. Sinks are
 * taken one at a time (the variable whose smallest p over the cluster-robust tests X_{v;m} _||_ X_{k;n} | others_m is largest), then an
 * edge j -> i is drawn if the two depend within a record given all others before i. Beyond `conditionAll` variables a test conditions on
 * direct neighbours, and the order is the one that the tests of all its sinks together refute least. Throws {@link Interrupted} when the
 * signal is aborted.
 */
export const discover = (environments: Environments | MixedEnvironments, options: DiscoveryOptions & RunOptions = {}): Promise<Discovery> =>
  inSteps(discoverySteps(environments, options), options);

/** {@link discover}, step by step. */
export function* discoverySteps(environments: Environments | MixedEnvironments, options: DiscoveryOptions = {}): Steps<Discovery> {
  const { edgeLevel = 0.005, sinkLevel = 0.05, conditionAll = 6 } = options;
  const count = environments.names.length;
  const tester = options.tester ?? testerFor(environments);
  const blankets = count > conditionAll ? yield* blanketsOf(count, tester, edgeLevel) : undefined;
  /** What a test of v conditions on, among these. */
  const near = (v: number, among: readonly number[]): number[] =>
    among.filter((k) => k !== v && (blankets === undefined || blankets[v]?.includes(k)));
  const ask = askSinks(tester, near);
  const planned = blankets !== undefined && count <= mostOrdered ? yield* leastRefutedOrder(blankets, ask) : undefined;
  const rounds: SinkRound[] = [];
  let left = environments.names.map((_, v) => v);
  while (left.length > 1) {
    const among = left;
    const candidates = among.map((v) => ask(v, among));
    const last = planned?.[left.length - 1];
    const best =
      candidates.find(({ variable }) => variable === last) ?? candidates.reduce((one, other) => (betterSink(other, one) ? other : one));
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
