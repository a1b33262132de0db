import { exp, log } from '../math/elementary.ts';
import type { Random } from '../math/random.ts';
import { dirichletLikelihood, fitDirichlet } from './dirichlet-fit.ts';
import type { FamilyCounts } from './family-counts.ts';
import { fitMixture } from './mixture-fit.ts';
import { logSum } from './summation.ts';

/** A mixture of Dirichlet tables: environments of a few kinds, each of which varies too, so that rows may move together. */
export interface DirichletMixture {
  readonly weights: readonly number[];
  /** Per component and configuration: Dirichlet weights. */
  readonly rows: readonly (readonly (readonly number[])[])[];
}

/** What stands beside each count of environments. */
const pseudo = 0.5;
/** Total weight of each row at the start. */
const firstTotal = 8;

/** By EM, from a finite mixture of tables or, quicker, from `near`. */
export function fitDirichletMixture(
  counts: FamilyCounts,
  times: Float64Array,
  components: number,
  random: Random,
  near?: DirichletMixture,
): DirichletMixture {
  const { tables, configurations, levels } = counts;
  const rowsOf = Array.from({ length: configurations }, (_, c) => tables.map((table) => table.subarray(c * levels, (c + 1) * levels)));
  const whole = times.reduce((sum, one) => sum + one, 0);
  let found = near ?? started(counts, times, components, random);
  let likelihood = Number.NEGATIVE_INFINITY;
  for (let round = 0; round < (near === undefined ? 25 : 4); round++) {
    const shares = found.weights.map(() => new Float64Array(tables.length));
    let now = 0;
    for (const [t, table] of tables.entries()) {
      const often = times[t] as number;
      if (often === 0) continue;
      const scores = componentScores(found, table);
      const total = logSum(scores);
      now += often * total;
      for (const [k, score] of scores.entries()) (shares[k] as Float64Array)[t] = often * exp(score - total);
    }
    if (now - likelihood < 0.01) break;
    likelihood = now;
    found = {
      weights: shares.map((own) => (own.reduce((sum, one) => sum + one, 0) + pseudo) / (whole + pseudo * components)),
      rows: shares.map((own) => rowsOf.map((rows) => fitDirichlet(rows, own, levels, true))),
    };
  }
  return found;
}

function started(counts: FamilyCounts, times: Float64Array, components: number, random: Random): DirichletMixture {
  const { configurations, levels } = counts;
  const { weights, tables } = fitMixture(counts, times, components, random);
  return {
    weights,
    rows: tables.map((table) =>
      Array.from({ length: configurations }, (_, c) =>
        Array.from(table.subarray(c * levels, (c + 1) * levels), (share) => firstTotal * share),
      ),
    ),
  };
}

/** Log of the weight of each component times the probability of records with these counts, in any one order. */
export function componentScores({ weights, rows }: DirichletMixture, table: ArrayLike<number>): number[] {
  return weights.map((weight, k) => {
    let [sum, at] = [log(weight), 0];
    for (const row of rows[k] as readonly (readonly number[])[]) {
      const from = at;
      at += row.length;
      sum += dirichletLikelihood(
        row,
        row.map((_, v) => table[from + v] as number),
      );
    }
    return sum;
  });
}
