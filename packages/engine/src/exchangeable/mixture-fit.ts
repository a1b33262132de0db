import { exp, log } from '../math/elementary.ts';
import type { Random } from '../math/random.ts';
import type { FamilyCounts } from './family-counts.ts';

export interface Mixture {
  readonly weights: readonly number[];
  /** Per component: configurations x levels. */
  readonly tables: readonly Float64Array[];
}

/** What stands beside each count, so that nothing is impossible. */
const pseudo = 0.5;

/** A finite mixture of whole tables by EM, from components drawn about the pooled rates; the best of two starts. */
export function fitMixture(counts: FamilyCounts, times: Float64Array, components: number, random: Random): Mixture {
  const starts = components === 1 ? 1 : 2;
  let best: { readonly mixture: Mixture; readonly likelihood: number } | undefined;
  for (let start = 0; start < starts; start++) {
    const found = emFrom(counts, times, firstTables(counts, times, components, random.split(start)));
    if (best === undefined || found.likelihood > best.likelihood) best = found;
  }
  return (best as { readonly mixture: Mixture }).mixture;
}

function firstTables(
  { tables, configurations, levels }: FamilyCounts,
  times: Float64Array,
  components: number,
  random: Random,
): Float64Array[] {
  return Array.from({ length: components }, () => {
    // Weighed at random, towards a few environments.
    const shares = times.map((one) => (components === 1 ? one : one * random.exponential() ** 2));
    return ratesOf(tables, shares, configurations, levels);
  });
}

function ratesOf(tables: readonly Float64Array[], shares: Float64Array, configurations: number, levels: number): Float64Array {
  const rates = new Float64Array(configurations * levels).fill(pseudo);
  for (const [t, table] of tables.entries()) {
    const share = shares[t] as number;
    if (share > 0) for (let at = 0; at < table.length; at++) rates[at] = (rates[at] as number) + share * (table[at] as number);
  }
  for (let c = 0; c < configurations; c++) {
    const row = rates.subarray(c * levels, (c + 1) * levels);
    const sum = row.reduce((whole, one) => whole + one, 0);
    for (let k = 0; k < levels; k++) row[k] = (row[k] as number) / sum;
  }
  return rates;
}

function emFrom(
  { tables, configurations, levels }: FamilyCounts,
  times: Float64Array,
  first: readonly Float64Array[],
): { readonly mixture: Mixture; readonly likelihood: number } {
  let components = [...first];
  let weights = first.map(() => 1 / first.length);
  let likelihood = Number.NEGATIVE_INFINITY;
  const whole = times.reduce((sum, one) => sum + one, 0);
  for (let round = 0; round < 80; round++) {
    const shares = components.map(() => new Float64Array(tables.length));
    const logs = components.map((table, k) => ({ of: table.map(log), weight: log(weights[k] as number) }));
    let now = 0;
    for (const [t, table] of tables.entries()) {
      const often = times[t] as number;
      if (often === 0) continue;
      const scores = logs.map(({ of, weight }) => weight + dot(table, of));
      const top = Math.max(...scores);
      const sum = scores.reduce((total, score) => total + exp(score - top), 0);
      now += often * (top + log(sum));
      for (const [k, score] of scores.entries()) (shares[k] as Float64Array)[t] = (often * exp(score - top)) / sum;
    }
    weights = shares.map((own) => (own.reduce((sum, one) => sum + one, 0) + pseudo) / (whole + pseudo * components.length));
    components = shares.map((own) => ratesOf(tables, own, configurations, levels));
    const gained = now - likelihood;
    likelihood = now;
    if (components.length === 1 || gained < 1e-3) break;
  }
  return { mixture: { weights, tables: components }, likelihood };
}

function dot(counts: Float64Array, logs: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < counts.length; at++) if ((counts[at] as number) > 0) sum += (counts[at] as number) * (logs[at] as number);
  return sum;
}

/** Log probability of records with these counts, in any one order. */
export function mixtureLikelihood({ weights, tables }: Mixture, counts: Float64Array): number {
  const scores = tables.map((table, k) => {
    let score = log(weights[k] as number);
    for (let at = 0; at < counts.length; at++) if ((counts[at] as number) > 0) score += (counts[at] as number) * log(table[at] as number);
    return score;
  });
  const top = Math.max(...scores);
  return top + log(scores.reduce((sum, score) => sum + exp(score - top), 0));
}
