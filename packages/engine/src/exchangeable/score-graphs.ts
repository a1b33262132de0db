import { log } from '../math/elementary.ts';
import { Random } from '../math/random.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { inSteps, type Steps } from '../run/steps.ts';
import type { Environments } from './environments.ts';
import { type FamilyKind, scoreFamilies, weighFamilies } from './fit-mechanism.ts';
import type { Parents } from './plug-in.ts';

export interface ScoreOptions {
  readonly seed?: number;
  readonly kinds?: readonly FamilyKind[];
  /** `bic` (default), or the log probability of environments held out in turn, less half the logarithm of their number for each edge. */
  readonly by?: 'bic' | 'held out';
  /** Parents of a variable, at most; 3. */
  readonly mostParents?: number;
  /** Undirected pairs that may be joined; absent: all. */
  readonly skeleton?: readonly (readonly [number, number])[];
}

export interface ScoredGraph {
  readonly parents: Parents;
  /** Sum over its mechanisms, in nats; larger is better. */
  readonly score: number;
  readonly kinds: readonly FamilyKind[];
}

/** Subsets are searched one by one. */
export const mostScored = 8;

/**
 * The graph whose mechanisms make the environments most likely, allowance made for what was fitted: every variable with every set of
 * parents and the family that suits it best, then the best order by dynamic programming over subsets (Silander and Myllymaki 2006). Sees what tests of two records cannot, if one of the
 * families is right. At most {@link mostScored} variables; undefined beyond.
 */
export const scoreGraphs = (environments: Environments, options: ScoreOptions & RunOptions = {}): Promise<ScoredGraph | undefined> =>
  inSteps(scoreSteps(environments, options), options);

/** {@link scoreGraphs}, step by step. */
export function* scoreSteps(environments: Environments, options: ScoreOptions = {}): Steps<ScoredGraph | undefined> {
  const { seed = 1, mostParents = 3, skeleton, by = 'bic' } = options;
  const count = environments.names.length;
  if (count > mostScored) return undefined;
  const penalty = by === 'bic' ? 0 : log(environments.labels.length) / 2;
  const joined = (a: number, b: number): boolean =>
    skeleton === undefined || skeleton.some(([p, q]) => (p === a && q === b) || (p === b && q === a));
  interface Choice {
    readonly parents: readonly number[];
    readonly score: number;
    readonly kind: FamilyKind;
  }
  // best[v][mask]: the best parents of v within the mask.
  const best: (Choice | undefined)[][] = [];
  for (let v = 0; v < count; v++) {
    const own: (Choice | undefined)[] = [];
    for (let mask = 0; mask < 2 ** count; mask++) {
      if ((mask >> v) & 1) {
        own.push(undefined);
        continue;
      }
      const members = Array.from({ length: count }, (_, k) => k).filter((k) => (mask >> k) & 1);
      let chosen: Choice | undefined;
      if (members.length <= mostParents && members.every((k) => joined(v, k))) {
        const random = new Random(seed, 'score');
        const [top] =
          by === 'bic'
            ? weighFamilies(environments, v, members, random, options.kinds)
            : scoreFamilies(environments, v, members, random, options);
        if (top !== undefined) chosen = { parents: members, score: top.total - penalty * members.length, kind: top.kind };
      }
      for (const k of members) {
        const smaller = own[mask & ~(1 << k)];
        if (smaller !== undefined && (chosen === undefined || smaller.score > chosen.score)) chosen = smaller;
      }
      own.push(chosen);
    }
    best.push(own);
    if (yield { task: 'scores', done: v + 1, total: count }) throw new Interrupted();
  }
  // total[mask]: the best graph over the variables of the mask, and the sink that it ends with.
  const total = new Float64Array(2 ** count);
  const last = new Int32Array(2 ** count);
  for (let mask = 1; mask < 2 ** count; mask++) {
    total[mask] = Number.NEGATIVE_INFINITY;
    for (let v = 0; v < count; v++) {
      if (!((mask >> v) & 1)) continue;
      const rest = mask & ~(1 << v);
      const score = (total[rest] as number) + (best[v]?.[rest]?.score as number);
      if (score > (total[mask] as number)) {
        total[mask] = score;
        last[mask] = v;
      }
    }
  }
  const parents: (readonly number[])[] = environments.names.map(() => []);
  const kinds: FamilyKind[] = environments.names.map(() => 'mixture 1');
  for (let mask = 2 ** count - 1; mask > 0; ) {
    const v = last[mask] as number;
    mask &= ~(1 << v);
    const choice = best[v]?.[mask];
    if (choice === undefined) continue;
    parents[v] = choice.parents;
    kinds[v] = choice.kind;
  }
  return { parents, score: total[2 ** count - 1] as number, kinds };
}
