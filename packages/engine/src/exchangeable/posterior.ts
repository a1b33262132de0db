import type { Name } from '../graph/variable.ts';
import { exp, log } from '../math/elementary.ts';
import { componentScores } from './dirichlets-fit.ts';
import { logSum } from './summation.ts';
import type { ExchangeableModel, Mechanism } from './terms.ts';

/** How often records show each value of a variable in each configuration of its parents: configurations x levels, the last parent fastest. */
export type Tables = ReadonlyMap<Name, ArrayLike<number>>;

/**
 * The model of further positions of an environment of which fully seen positions are known, by their counts: conditioning on them gives
 * the same answers as this model without them (mechanisms are independent, and their draws at seen positions are all that is known of
 * them). Dirichlet weights grow by the counts; the noise of an xor mechanism likewise; components of a mixture are weighed by the
 * likelihood of the counts, and Dirichlet rows of components grow too. A variable without a table stays as it was.
 */
export function posteriorModel(model: ExchangeableModel, tables: Tables): ExchangeableModel {
  return {
    levels: model.levels,
    mechanisms: model.mechanisms.map((mechanism) => {
      const table = tables.get(mechanism.variable);
      return table === undefined ? mechanism : updated(mechanism, table);
    }),
  };
}

function updated(mechanism: Mechanism, table: ArrayLike<number>): Mechanism {
  if (mechanism.kind === 'dirichlet') return { ...mechanism, rows: grow(mechanism.rows, table) };
  if (mechanism.kind === 'xor') {
    const [zero, one] = noiseCounts(mechanism.parents.length, table);
    return { ...mechanism, beta: [mechanism.beta[0] + one, mechanism.beta[1] + zero] };
  }
  if (mechanism.kind === 'dirichlets') {
    const grown = mechanism.rows.map((rows) => grow(rows, table));
    const scores = componentScores(mechanism, table);
    const total = logSum(scores);
    return total === Number.NEGATIVE_INFINITY
      ? mechanism
      : { ...mechanism, weights: scores.map((score) => exp(score - total)), rows: grown };
  }
  const scores = mechanism.rows.map((rows, k) => {
    let score = log(mechanism.weights[k] as number);
    let at = 0;
    for (const row of rows)
      for (const share of row) {
        const count = table[at++] as number;
        if (count > 0) score += count * log(share);
      }
    return score;
  });
  const total = logSum(scores);
  // Records that no component can give: nothing is learned from them.
  return total === Number.NEGATIVE_INFINITY ? mechanism : { ...mechanism, weights: scores.map((score) => exp(score - total)) };
}

const grow = (rows: readonly (readonly number[])[], table: ArrayLike<number>): number[][] =>
  rows.map((row, r) => row.map((weight, k) => weight + (table[r * row.length + k] as number)));

/** Noise counts [0, 1] of an xor mechanism: only the last configuration flips, and that of no parents does not. */
function noiseCounts(parents: number, table: ArrayLike<number>): readonly [number, number] {
  const configurations = 2 ** parents;
  let [zero, one] = [0, 0];
  for (let c = 0; c < configurations; c++) {
    const [same, other] = [table[2 * c] as number, table[2 * c + 1] as number];
    const flipped = parents > 0 && c === configurations - 1;
    zero += flipped ? other : same;
    one += flipped ? same : other;
  }
  return [zero, one];
}
