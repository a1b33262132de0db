import type { AdditiveModel } from './model.ts';
import { functionalOf, pointReader, type TargetPoint } from './targets.ts';
import { covarianceParts, influence } from './variance.ts';

/** How records are best split over regimes. */
export interface Allocation {
  /** By regime; they sum to 1. */
  readonly shares: readonly number[];
  /** Of the answer, with these shares. */
  readonly standardError: number;
}

/**
 * The split of `records` over regimes whose means enter an answer with `weights`, where one record of regime r tells its mean with standard
 * deviation `deviations[r]`: the sum of (w_r sigma_r)^2 / n_r is least for n_r proportional to |w_r| sigma_r (Neyman 1934).
 */
export function bestSplit(weights: readonly number[], deviations: readonly number[], records: number): Allocation {
  const sizes = weights.map((weight, r) => Math.abs(weight) * (deviations[r] as number));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return { shares: sizes.map((size) => (total > 0 ? size / total : 1 / sizes.length)), standardError: total / Math.sqrt(records) };
}

/** The standard error that a given split has in the setting of {@link bestSplit}. */
export function splitError(weights: readonly number[], deviations: readonly number[], shares: readonly number[], records: number): number {
  const variance = weights.reduce((sum, weight, r) => {
    const size = (weight * (deviations[r] as number)) ** 2;
    return size === 0 ? sum : sum + size / ((shares[r] as number) * records);
  }, 0);
  return Math.sqrt(variance);
}

export interface AllocationAdvice extends Allocation {
  /** Records at hand, without exact regimes. */
  readonly records: number;
  /** Of the answer now (root mean square over several). */
  readonly now: number;
}

/**
 * The best split for answers at hand, from what each regime adds to their sampling variance (sum over the answers) and from how many records:
 * |w_r| sigma_r and the design at the points in one. Undefined without standard errors, or with fewer than two sampled regimes.
 */
export function allocationAdvice(model: AdditiveModel, combinations: readonly (readonly TargetPoint[])[]): AllocationAdvice | undefined {
  const { design, solution, weights, penalties, meats, regimes, scale } = model;
  if (meats === undefined) return undefined;
  const fitted = { ...model, inside: model.basis.bounded === true, read: pointReader(model.setting, model.features) };
  const variances = regimes.map(() => 0);
  let answers = 0;
  for (const combination of combinations) {
    const functional = functionalOf(fitted, combination);
    if ('issue' in functional) continue;
    const one = influence(design, solution, weights, functional.c);
    const parts = covarianceParts(meats, weights, penalties, one, one);
    if (parts.some(Number.isNaN)) continue;
    answers += 1;
    for (const [r, part] of parts.entries()) variances[r] = (variances[r] as number) + Math.max(0, part);
  }
  const sampled = regimes.filter(({ exact }) => !exact);
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  if (sampled.length < 2 || answers === 0 || !(total > 0)) return undefined;
  const records = sampled.reduce((sum, { weight }) => sum + weight, 0);
  const best = bestSplit(
    regimes.map(() => 1),
    regimes.map(({ weight }, r) => scale * Math.sqrt(((variances[r] as number) * weight) / answers)),
    records,
  );
  return { ...best, records, now: scale * Math.sqrt(total / answers) };
}
