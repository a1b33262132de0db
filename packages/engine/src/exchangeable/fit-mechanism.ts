import { log } from '../math/elementary.ts';
import type { Random } from '../math/random.ts';
import { dirichletLikelihood, fitDirichlet } from './dirichlet-fit.ts';
import { componentScores, fitDirichletMixture } from './dirichlets-fit.ts';
import type { Environments } from './environments.ts';
import { type FamilyCounts, familyCounts, timesOf } from './family-counts.ts';
import { fitMixture, mixtureLikelihood } from './mixture-fit.ts';
import { logSum } from './summation.ts';
import type { Mechanism } from './terms.ts';

/**
 * A way in which a mechanism may vary: rows on their own, one noise for all rows, whole tables of so many kinds (1: not at all), rows on
 * their own in each of so many kinds of environments.
 */
export type FamilyKind = 'dirichlet' | 'xor' | `mixture ${number}` | `dirichlets ${number}`;

export const familyKinds: readonly FamilyKind[] = ['mixture 1', 'dirichlet', 'xor', 'mixture 2', 'mixture 4'];

/** Those that leave room between environments of one kind: for what is said of a single environment. */
export const answerKinds: readonly FamilyKind[] = ['mixture 1', 'dirichlet', 'xor', 'dirichlets 2', 'dirichlets 3'];

export interface Fitted {
  /** Numbers fitted. */
  readonly parameters: number;
  readonly mechanism: (variable: string, parents: readonly string[]) => Mechanism;
  /** Log probability of one environment's records. */
  readonly likelihood: (table: Float64Array) => number;
}

/** Noise counts [0, 1] of an XOR mechanism: the last configuration flips, unless there are no parents. */
function noiseOf({ configurations }: FamilyCounts, table: Float64Array): [number, number] {
  const noise: [number, number] = [0, 0];
  for (let c = 0; c < configurations; c++)
    for (const level of [0, 1] as const) {
      const flipped = configurations > 1 && c === configurations - 1;
      noise[flipped ? 1 - level : level] = (noise[flipped ? 1 - level : level] as number) + (table[2 * c + level] as number);
    }
  return noise;
}

/**
 * One kind of family to the environments that `times` counts, by empirical Bayes; undefined where the kind does not apply. `even`: as in
 * {@link fitDirichlet}; `near`: a mechanism of this kind to start from.
 */
export function fitFamily(
  kind: FamilyKind,
  counts: FamilyCounts,
  times: Float64Array,
  random: Random,
  { even = false, near }: { readonly even?: boolean; readonly near?: Mechanism } = {},
): Fitted | undefined {
  const { configurations, levels, tables } = counts;
  if (kind === 'xor') {
    if (levels !== 2 || (configurations & (configurations - 1)) !== 0) return undefined;
    const noise = tables.map((table) => noiseOf(counts, table));
    const [zero, one] = fitDirichlet(noise, times, 2, even) as [number, number];
    return {
      parameters: 2,
      mechanism: (variable, parents) => ({ kind: 'xor', variable, parents, beta: [one, zero] }),
      likelihood: (table) => dirichletLikelihood([zero, one], noiseOf(counts, table)),
    };
  }
  const row = (table: Float64Array, c: number): Float64Array => table.subarray(c * levels, (c + 1) * levels);
  if (kind === 'dirichlet') {
    const rows = Array.from({ length: configurations }, (_, c) =>
      fitDirichlet(
        tables.map((table) => row(table, c)),
        times,
        levels,
        even,
      ),
    );
    return {
      parameters: configurations * levels,
      mechanism: (variable, parents) => ({ kind: 'dirichlet', variable, parents, rows }),
      likelihood: (table) => rows.reduce((sum, weights, c) => sum + dirichletLikelihood(weights, row(table, c)), 0),
    };
  }
  if (kind.startsWith('dirichlets')) {
    const components = Number(kind.slice(11));
    const { weights, rows } = fitDirichletMixture(counts, times, components, random, near?.kind === 'dirichlets' ? near : undefined);
    return {
      parameters: components - 1 + components * configurations * levels,
      mechanism: (variable, parents) => ({ kind: 'dirichlets', variable, parents, weights, rows }),
      likelihood: (table) => logSum(componentScores({ weights, rows }, table)),
    };
  }
  const mixture = fitMixture(counts, times, Number(kind.slice(8)), random);
  const components = mixture.weights.length;
  return {
    parameters: components - 1 + components * configurations * (levels - 1),
    mechanism: (variable, parents) => ({
      kind: 'mixture',
      variable,
      parents,
      weights: mixture.weights,
      rows: mixture.tables.map((table) => Array.from({ length: configurations }, (_, c) => [...row(table, c)])),
    }),
    likelihood: (table) => mixtureLikelihood(mixture, table),
  };
}

export interface FamilyScore {
  readonly kind: FamilyKind;
  /** Per environment: log probability of its records where it was held out. */
  readonly held: Float64Array;
  readonly total: number;
}

/** Each kind of family fitted to the other folds of environments and scored on the one left out; best first. */
export function scoreFamilies(
  environments: Environments,
  variable: number,
  parents: readonly number[],
  random: Random,
  {
    kinds = familyKinds,
    folds = 4,
    even = false,
  }: { readonly kinds?: readonly FamilyKind[]; readonly folds?: number; readonly even?: boolean } = {},
): FamilyScore[] {
  const counts = familyCounts(environments, variable, parents);
  const order = random.split('folds').shuffle([...counts.tableOf.keys()]);
  const groups = Array.from({ length: folds }, (_, f) => order.filter((_, i) => i % folds === f));
  const scores: FamilyScore[] = [];
  for (const kind of kinds) {
    const held = new Float64Array(counts.tableOf.length);
    let fits = true;
    for (const [f, group] of groups.entries()) {
      const times = timesOf(counts, groups.filter((_, other) => other !== f).flat());
      const fitted = fitFamily(kind, counts, times, random.split(kind).split(f), { even });
      if (fitted === undefined) {
        fits = false;
        break;
      }
      const known = new Map<number, number>();
      for (const e of group) {
        const place = counts.tableOf[e] as number;
        let score = known.get(place);
        if (score === undefined) {
          score = fitted.likelihood(counts.tables[place] as Float64Array);
          known.set(place, score);
        }
        held[e] = score;
      }
    }
    if (fits) scores.push({ kind, held, total: held.reduce((sum, one) => sum + one, 0) });
  }
  return scores.sort((one, other) => other.total - one.total);
}

/**
 * Each kind of family by BIC: its log likelihood at the fitted numbers less half the logarithm of the number of environments for each of
 * them. Faster than {@link scoreFamilies}, and sharper where environments are few; best first.
 */
export function weighFamilies(
  environments: Environments,
  variable: number,
  parents: readonly number[],
  random: Random,
  kinds: readonly FamilyKind[] = familyKinds,
): { readonly kind: FamilyKind; readonly total: number }[] {
  const counts = familyCounts(environments, variable, parents);
  const times = timesOf(counts);
  const penalty = log(counts.tableOf.length) / 2;
  return kinds
    .flatMap((kind) => {
      const fitted = fitFamily(kind, counts, times, random.split(kind));
      if (fitted === undefined) return [];
      const likelihood = counts.tables.reduce((sum, table, t) => sum + (times[t] as number) * fitted.likelihood(table), 0);
      return [{ kind, total: likelihood - penalty * fitted.parameters }];
    })
    .sort((one, other) => other.total - one.total);
}

export interface MechanismFit {
  readonly mechanism: Mechanism;
  readonly kind: FamilyKind;
  /** Held-out scores of all kinds, best first. */
  readonly scores: readonly FamilyScore[];
}

/** The de Finetti measure of one mechanism by empirical Bayes, of the kind that predicts held-out environments best. */
export function fitMechanism(
  environments: Environments,
  variable: number,
  parents: readonly number[],
  random: Random,
  options: { readonly kinds?: readonly FamilyKind[]; readonly folds?: number } = {},
): MechanismFit {
  const scores = scoreFamilies(environments, variable, parents, random, options);
  const { kind } = scores[0] as FamilyScore;
  const counts = familyCounts(environments, variable, parents);
  const { mechanism } = fitFamily(kind, counts, timesOf(counts), random.split(kind)) as Fitted;
  const name = (v: number): string => environments.names[v] as string;
  return { mechanism: mechanism(name(variable), parents.map(name)), kind, scores };
}
