import { Interrupted, type RunOptions } from '../run/progress.ts';
import { inSteps, type Steps } from '../run/steps.ts';
import { blanketsOf } from './blankets.ts';
import { blindEdges } from './blind-edges.ts';
import type { Environments } from './environments.ts';
import type { FoundEdge } from './found-edge.ts';
import { finiteOf, isMixed, type MixedEnvironments } from './mixed-environments.ts';
import { askSinks, betterSink, leastRefutedOrder, mostOrdered, type SinkCandidate } from './sink-order.ts';
import type { AskedTest, Tester } from './tester.ts';
import { testerFor } from './tester-for.ts';

export type { FoundEdge } from './found-edge.ts';
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
  /** Up to so many finite variables, edges that tests of two records are blind to are looked for; 20. */
  readonly lookBlind?: number;
}

export interface SinkRound {
  readonly chosen: number;
  readonly candidates: readonly SinkCandidate[];
  /** No variable passes at `sinkLevel`: the mechanisms are not independent, or a cause is hidden. */
  readonly refuted: boolean;
}

/** Variables are columns of the environments by number. */
export interface Discovery {
  /** Sources first. */
  readonly order: readonly number[];
  readonly edges: readonly FoundEdge[];
  readonly rounds: readonly SinkRound[];
  /** Those that drew no edge; beyond `conditionAll` variables only of neighbours. */
  readonly absent: readonly AskedTest[];
}

/**
 * The causal graph of exchangeable data with independent mechanisms and no hidden cause, of finite, real or mixed variables. Sinks are
 * taken one at a time: the variable with the largest p of the cluster-robust test X_{v;m} _||_ others_n | others_m (all others together;
 * where environments are too few for that, the smallest p over its tests against one other each). Then an
 * edge j -> i is drawn if the two depend within a record given all others before i. Beyond `conditionAll` variables a test conditions on
 * direct neighbours, and the order is the one that the tests of all its sinks together refute least. Throws {@link Interrupted} when the
 * signal is aborted.
 */
export const discover = (environments: Environments | MixedEnvironments, options: DiscoveryOptions & RunOptions = {}): Promise<Discovery> =>
  inSteps(discoverySteps(environments, options), options);

/** {@link discover}, step by step. */
export function* discoverySteps(environments: Environments | MixedEnvironments, options: DiscoveryOptions = {}): Steps<Discovery> {
  const { edgeLevel = 0.005, sinkLevel = 0.05, conditionAll = 6, lookBlind = 20 } = options;
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
    for (const from of blankets === undefined ? before : given) {
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
  const finite = isMixed(environments) ? finiteOf(environments) : environments;
  if (finite === undefined || count > lookBlind) return { order, edges, rounds, absent };
  const blind = blindEdges(finite, parentsOf(count, edges), sinkLevel);
  return { order: sorted(order, [...edges, ...blind]), edges: [...edges, ...blind], rounds, absent };
}

const parentsOf = (count: number, edges: readonly FoundEdge[]): number[][] =>
  Array.from({ length: count }, (_, v) => edges.flatMap(({ from, to }) => (to === v ? [from] : [])));

/** Parents before children, else in the order given. */
function sorted(order: readonly number[], edges: readonly FoundEdge[]): number[] {
  const left = [...order];
  const out: number[] = [];
  while (left.length > 0) {
    const free = left.findIndex((v) => !edges.some(({ from, to }) => to === v && left.includes(from)));
    out.push(...left.splice(Math.max(0, free), 1));
  }
  return out;
}
