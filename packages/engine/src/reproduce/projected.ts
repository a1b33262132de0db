import { expectation } from '../bounds/contract.ts';
import { emccBounds } from '../bounds/emcc.ts';
import { BlockLikelihood } from '../bounds/fit.ts';
import type { Cell, ModelPoint, Programme } from '../bounds/programme.ts';
import { log } from '../math/elementary.ts';
import type { RunOptions } from '../run/progress.ts';

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

/** Restarts, and their certificate in nats, where a component has several exogenous variables and the likelihood many maxima. */
const localRuns = 12;
const localTolerance = 1e-7;

/**
 * The maximum-likelihood projection: cells with records get the probability that the most likely model gives them, cells without become
 * unknown. Components of one exogenous variable are fitted to the rounding error; of several by the best of 12 EM runs (another maximum
 * may be better). Undefined: no run of EM converged.
 */
export async function projected(programme: Programme, options: RunOptions & { readonly seed: number }): Promise<Projected | undefined> {
  const targets = programme.cells.map(() => Number.NaN);
  const blockOf = (cell: Cell): number => programme.strata[cell.stratum]?.block as number;
  const several = programme.blocks.some(({ groups = [] }) => groups.length > 1);
  let point: ModelPoint | undefined;
  if (several) {
    const found = await emccBounds(programme, { ...options, runs: localRuns, tolerance: localTolerance, iterations: 20_000 });
    if ('refused' in found) return undefined;
    const best = found.runs
      .filter(({ converged }) => converged)
      .reduce((at, run, i, all) => (run.logLikelihood > (all[at]?.logLikelihood as number) ? i : at), 0);
    point = found.points[best];
  }
  for (const [number, block] of programme.blocks.entries()) {
    if ((block.groups ?? []).length > 1) {
      programme.cells.forEach((cell, i) => {
        const at = point?.[number];
        if (blockOf(cell) === number && at !== undefined) targets[i] = expectation(cell.form, at);
      });
      continue;
    }
    const likelihood = new BlockLikelihood(programme, number);
    const { fitted } = likelihood.fit();
    likelihood.cells.forEach((cell, i) => {
      targets[cell] = fitted[i] as number;
    });
  }
  let [gap, table] = [0, 0];
  const cells = programme.cells.map(({ ratios: _ratios, ...cell }, i): Cell => {
    const target = targets[i] as number;
    if (!(cell.count > 0)) return { ...cell, target: Number.NaN };
    gap += cell.count * log(cell.target / target);
    table += cell.count * log(cell.target);
    return { ...cell, target };
  });
  return { programme: { ...programme, cells }, gap, table };
}
