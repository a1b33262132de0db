import type { Undecided } from './discover-document.ts';
import { type Discovery, type DiscoveryOptions, discoverySteps } from './exchangeable/discover.ts';
import { drawPairs, type Environments } from './exchangeable/environments.ts';
import { finiteOf, isMixed, type MixedEnvironments } from './exchangeable/mixed-environments.ts';
import { decidePair, type PairTest, peelSinks } from './exchangeable/paper.ts';
import type { AskedTest } from './exchangeable/tester.ts';
import type { Random } from './math/random.ts';
import type { Steps } from './run/steps.ts';

/** An edge as an algorithm found it; variables by number. */
export interface FoundArrow {
  readonly from: number;
  readonly to: number;
  readonly existence: number;
  readonly given: readonly number[];
  readonly reversal?: number;
  readonly undecided?: Undecided;
  readonly positions?: 3;
}

/** What one run of an algorithm found. */
export interface FoundGraph {
  readonly arrows: readonly FoundArrow[];
  readonly missing: readonly Pick<AskedTest, 'a' | 'b' | 'given' | 'p'>[];
  readonly order: readonly number[];
  /** Of the clustered algorithm. */
  readonly discovery?: Discovery;
  /** Of the paper's, two variables: what its tests say without the fallback to the largest p. */
  readonly conservative?: string;
  /** Of the paper's: variables that passed as the last at once; no edge is drawn between them. */
  readonly together?: readonly (readonly number[])[];
  /** Of the paper's: layers in which no variable passed. */
  readonly forced?: readonly (readonly number[])[];
}

export type Find = (environments: Environments | MixedEnvironments, random: Random) => Steps<FoundGraph>;

/** All pairs of records, environments as the units (exchangeable/discover.ts). */
export const clustered = (options: DiscoveryOptions): Find =>
  function* (environments) {
    const discovery = yield* discoverySteps(environments, options);
    const { edges, rounds, absent, order } = discovery;
    const refuted = (to: number): boolean => rounds.some((round) => round.chosen === to && round.refuted);
    return {
      arrows: edges.map(({ from, to, test, reversal, oriented, positions }) => ({
        ...(positions === undefined ? {} : { positions }),
        from,
        to,
        existence: test.p,
        given: test.given,
        reversal,
        ...(oriented ? (refuted(to) ? { undecided: 'no-sink' as const } : {}) : { undecided: 'not-refuted' as const }),
      })),
      missing: absent,
      order,
      discovery,
    };
  };

/** Two records of each environment, drawn at random (exchangeable/paper.ts), of finite variables. */
export const paper = (level: number): Find =>
  // biome-ignore lint/correctness/useYield: its tests are few, and it is one of several ways to find a graph
  function* (records, random) {
    const environments = isMixed(records) ? finiteOf(records) : records;
    if (environments === undefined) throw new Error('Pairs of records are tested by tables, and a variable is real.');
    const pairs = drawPairs(environments, random.split('pairs'));
    return environments.names.length === 2 ? pairFound(environments, pairs, level) : peeled(environments, pairs, level);
  };

function pairFound(environments: Environments, pairs: ReturnType<typeof drawPairs>, level: number): FoundGraph {
  const { verdict, conservative, tests } = decidePair(environments, pairs, level);
  const [x, y] = environments.names;
  const words = { forward: `${x} -> ${y}`, backward: `${y} -> ${x}`, none: 'no edge' };
  const found = { conservative: conservative === undefined ? 'no graph fits' : words[conservative] };
  const existence = tests.none.p;
  if (verdict === 'none') return { arrows: [], missing: [{ a: 0, b: 1, given: [], p: existence }], order: [0, 1], ...found };
  const [from, to, reversal] = verdict === 'forward' ? [0, 1, tests.backward.p] : [1, 0, tests.forward.p];
  return {
    arrows: [{ from, to, existence, given: [], reversal, ...(conservative === verdict ? {} : { undecided: 'two-positions' as const }) }],
    missing: [],
    order: [from, to],
    ...found,
  };
}

function peeled(environments: Environments, pairs: ReturnType<typeof drawPairs>, level: number): FoundGraph {
  const { layers, forced, edges, tests } = peelSinks(environments, pairs, level);
  const within = new Map<string, PairTest>();
  for (const test of tests) if (test.position === 1) within.set(`${test.target} ${test.other}`, test);
  const layerOf = (v: number): number => layers.findIndex((layer) => layer.includes(v));
  return {
    arrows: edges.map(([from, to]) => {
      const test = within.get(`${from} ${to}`) as PairTest;
      return {
        from,
        to,
        existence: test.p,
        given: test.given,
        ...(forced.includes(layerOf(to)) ? { undecided: 'no-sink' as const } : {}),
      };
    }),
    missing: [...within.values()]
      .filter(({ target, other }) => !edges.some(([from, to]) => from === target && to === other))
      .map(({ target, other, given, p }) => ({ a: target, b: other, given, p })),
    order: [...layers].reverse().flat(),
    together: layers.filter(({ length }) => length > 1),
    forced: forced.map((layer) => layers[layer] as readonly number[]),
  };
}
