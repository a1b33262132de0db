import { exp, log } from '../math/elementary.ts';
import { combined, formOf, valuesOf } from './contract.ts';
import { BlockLikelihood, type FitOptions } from './fit.ts';
import type { BlockPoint, Form, ModelPoint, Programme } from './programme.ts';

/** The extreme of a target over the models whose log-likelihood is at most so much below the largest. */
export interface ProfileEnd {
  readonly value: number;
  readonly model: ModelPoint;
  /** How far below, in nats: less than asked where the target has no room left. */
  readonly drop: number;
}

const mostRounds = 12;
const mostSteps = 40;

/**
 * Minimises (side 1) or maximises (side -1) the target over {LL >= LL* - drop}. With the target linear in one block and the others
 * without samples it is the optimum; otherwise the target is replaced by its gradient again and again, and what is found is
 * attained but may be a local optimum. `largest`: LL* of each block. `start`: a model near the end that is sought.
 */
export function profileEnd(programme: Programme, side: 1 | -1, drop: number, start: ModelPoint, options: FitOptions = {}): ProfileEnd {
  let best: ProfileEnd = { value: valueAt(programme, start), model: start, drop: 0 };
  let model = start;
  let price: number | undefined;
  for (let round = 0; round < mostRounds; round++) {
    const parts = programme.blocks.map(
      (_, block) => new BlockLikelihood(programme, block, { extras: [gradientOf(programme, block, model)] }),
    );
    const free = parts.map((part) => part.fit(options).logLikelihood);
    const at = (factor: number): ProfileEnd & { readonly points: BlockPoint[] } => {
      const fits = parts.map((part) => part.fit({ ...options, prices: [side * factor] }));
      const points = fits.map((fit) => fit.point());
      const lost = fits.reduce((sum, fit, block) => sum + Math.max(0, (free[block] as number) - fit.logLikelihood), 0);
      return { value: valueAt(programme, points), model: points, drop: lost, points };
    };
    const records = programme.cells.reduce((sum, { stratum, count }) => sum + (programme.strata[stratum]?.exact === true ? 0 : count), 0);
    const end = search(at, drop, price ?? Math.sqrt(Math.max(records, 1)), 1e7 * Math.max(records, 1));
    price = end.price;
    const gain = side * (best.value - end.found.value);
    if (gain > 0 || Number.isNaN(best.value)) best = end.found;
    model = end.found.model;
    if (!(gain > 1e-7)) break;
  }
  return best;
}

/** The price of the target at which the drop is what was asked, from below: drop(price) rises, like its square at first. */
function search(at: (price: number) => ProfileEnd, drop: number, start: number, most: number): { found: ProfileEnd; price: number } {
  let low: { price: number; drop: number } | undefined;
  let high: { price: number; drop: number } | undefined;
  let best: { found: ProfileEnd; price: number } | undefined;
  let price = start;
  for (let step = 0; step < mostSteps; step++) {
    const found = at(price);
    if (found.drop <= drop * (1 + 1e-9)) {
      low = { price, drop: found.drop };
      best = { found, price };
      if (found.drop >= drop * (1 - 1e-4) || price >= most) break;
    } else high = { price, drop: found.drop };
    if (low !== undefined && high !== undefined && high.price <= low.price * (1 + 1e-6)) break;
    const near = { price, drop: Math.max(found.drop, 1e-12 * drop) };
    let next = near.price * Math.sqrt(((1 - 5e-5) * drop) / near.drop);
    if (low !== undefined && high !== undefined) {
      // Regula falsi between the logarithms, kept inside.
      const slope = log(high.drop / Math.max(low.drop, 1e-12 * drop)) / log(high.price / low.price);
      next = low.price * (((1 - 5e-5) * drop) / Math.max(low.drop, 1e-12 * drop)) ** (1 / slope);
      const span = log(high.price / low.price);
      const where = log(next / low.price) / span;
      if (!(where > 0.02 && where < 0.98) || step % 4 === 3) next = low.price * exp(span / 2);
    } else if (low !== undefined) next = Math.min(most, Math.max(next, 2 * low.price), 100 * low.price);
    else next = Math.max(Math.min(next, price / 2), price / 100);
    price = next;
  }
  return best ?? { found: at(0), price: start };
}

const valueAt = (programme: Programme, model: ModelPoint): number => {
  const { numerator, denominator } = valuesOf(programme.target, model);
  return numerator / denominator;
};

/** The derivative of the target with respect to one block. */
function gradientOf(programme: Programme, block: number, model: ModelPoint): Form {
  const { numerator, denominator } = valuesOf(programme.target, model);
  const form = formOf(programme.target, block, model);
  if (programme.target.denominator === undefined) return form.numerator;
  const scale = 1 / Math.max(denominator, 1e-12);
  return combined(combined([], scale, form.numerator), (-scale * numerator) / Math.max(denominator, 1e-12), form.denominator);
}
