import { log } from '../math/elementary.ts';
import { Sum } from '../math/sum.ts';
import type { Cell, Programme } from './programme.ts';

/**
 * The largest log-likelihood that the sampled records of a block could have if every study were free to go its own way: each
 * study's records at its own empirical network (Tian's product of conditionals, which a cell's target is). In nats, without
 * constants; no optimisation. Where a study alone does not fit the graph it is not attained (an upper bound). `cells`: those of
 * the programme, or as many from other tables.
 */
export function empiricalLogLikelihood({ strata }: Programme, block: number, cells: readonly Cell[]): number {
  const result = new Sum();
  for (const { stratum, count, target, form } of cells) {
    const of = strata[stratum];
    if (of?.block !== block || of.exact || !(count > 0) || form.length === 0) continue;
    result.add(count * log(target));
  }
  return result.value;
}

/** Sampled records behind a block: the sum of its strata's counts. */
export function recordsOf({ strata, cells }: Programme, block: number): number {
  const result = new Sum();
  for (const { stratum, count } of cells) if (strata[stratum]?.block === block && strata[stratum]?.exact === false) result.add(count);
  return result.value;
}

/** Some cell is linear in its block with empirical numbers of other blocks as coefficients, which change with the tables. */
export const hasPluggedNumbers = ({ cells }: Programme): boolean =>
  cells.some(({ form }) => form.some(({ coefficient }) => !Number.isInteger(coefficient)));
