import type { BlockFit, BlockLikelihood } from './fit.ts';
import type { Cell, Programme } from './programme.ts';

/** A block whose sampled tables no model reproduces, and the nearest that one does. */
export interface Projection {
  readonly likelihood: BlockLikelihood;
  readonly fit: BlockFit;
}

/**
 * The programme with the targets of these blocks at their maximum-likelihood values: unique, and attained by the fitted model. A
 * cell without records has no target any more (its probability is not unique; what its stratum leaves for it is said by the others).
 */
export function projectProgramme(programme: Programme, projections: readonly Projection[]): Programme {
  const cells: Cell[] = [...programme.cells];
  for (const { likelihood, fit } of projections)
    for (const [position, i] of likelihood.cells.entries()) {
      const { ratios: _, ...cell } = cells[i] as Cell;
      if (programme.strata[cell.stratum]?.exact === true) continue;
      cells[i] = { ...cell, target: cell.count > 0 ? (fit.fitted[position] as number) : Number.NaN };
    }
  return { ...programme, cells };
}
