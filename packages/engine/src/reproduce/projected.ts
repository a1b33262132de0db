import { BlockLikelihood } from '../bounds/fit.ts';
import type { Cell, Programme } from '../bounds/programme.ts';
import { log } from '../math/elementary.ts';

/** A programme whose cells stand at the maximum of the likelihood. */
export interface Projected {
  readonly programme: Programme;
  /** What the fit loses against the tables, in nats, and the log-likelihood of the tables. */
  readonly gap: number;
  readonly table: number;
}

/** What one study says, of the programme of several. */
export function ofStudy(programme: Programme, study: string): Programme {
  const numbers = new Map<number, number>();
  const strata = programme.strata.filter((stratum, i) => stratum.study === study && numbers.set(i, numbers.size));
  const cells = programme.cells.flatMap((cell): Cell[] => {
    const stratum = numbers.get(cell.stratum);
    return stratum === undefined ? [] : [{ ...cell, stratum }];
  });
  return { ...programme, strata, cells };
}

/** Log-likelihood of the tables themselves, in nats: no model has a larger one. */
export const tableLikelihood = ({ cells }: Programme): number =>
  cells.reduce((sum, { count, target }) => (count > 0 ? sum + count * log(target) : sum), 0);

/**
 * The maximum-likelihood projection, for components of one exogenous variable each: cells with records get the probability that the
 * most likely model gives them (to the rounding error), cells without become unknown.
 */
export function projected(programme: Programme): Projected {
  const targets = programme.cells.map(() => Number.NaN);
  for (const block of programme.blocks.keys()) {
    const likelihood = new BlockLikelihood(programme, block);
    const { fitted } = likelihood.fit();
    likelihood.cells.forEach((cell, i) => {
      targets[cell] = fitted[i] as number;
    });
  }
  let gap = 0;
  const cells = programme.cells.map(({ ratios: _ratios, ...cell }, i): Cell => {
    const target = targets[i] as number;
    if (!(cell.count > 0)) return { ...cell, target: Number.NaN };
    gap += cell.count * log(cell.target / target);
    return { ...cell, target };
  });
  return { programme: { ...programme, cells }, gap, table: tableLikelihood(programme) };
}
