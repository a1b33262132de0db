import { exp, log } from '../math/elementary.ts';
import { combined, formOf, targetValue, valuesOf } from './contract.ts';
import { BlockLikelihood } from './fit.ts';
import type { Joined } from './join.ts';
import type { Form, ModelPoint, Programme } from './programme.ts';

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
 * Minimises (side 1) or maximises (side -1) the target over {LL >= LL* - drop}, beginning at a model whose LL is LL*. The
 * optimum where the target is linear in one block and the others have no samples; elsewhere the target is replaced by its gradient
 * again and again, and what is found is attained but may be a local optimum.
 */
export function profileEnd(programme: Programme, joined: Joined, side: 1 | -1, drop: number, start: ModelPoint): ProfileEnd {
  let best: ProfileEnd = { value: targetValue(programme.target, start), model: start, drop: 0 };
  const records = programme.cells.reduce((sum, { stratum, count }) => sum + (programme.strata[stratum]?.exact === true ? 0 : count), 0);
  const most = 1e7 * Math.max(records, 1);
  let price = Math.sqrt(Math.max(records, 1));
  let model = start;
  for (let round = 0; round < mostRounds; round++) {
    const likelihood = new BlockLikelihood(joined.programme, 0, { extras: [slopeAt(programme, joined, model)] });
    const largest = likelihood.fit().logLikelihood;
    const at = (factor: number): ProfileEnd => {
      const fit = likelihood.fit({ prices: [side * factor] });
      const reached = joined.split(fit.point());
      return { value: targetValue(programme.target, reached), model: reached, drop: Math.max(0, largest - fit.logLikelihood) };
    };
    const end = search(at, drop, price, most);
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
  const goal = drop * (1 - 5e-5);
  const least = 1e-12 * drop;
  let low: { readonly price: number; readonly drop: number } | undefined;
  let high: { readonly price: number; readonly drop: number } | undefined;
  let best: { found: ProfileEnd; price: number } | undefined;
  let price = start;
  for (let step = 0; step < mostSteps; step++) {
    const found = at(price);
    const near = { price, drop: Math.max(found.drop, least) };
    if (found.drop <= drop * (1 + 1e-9)) {
      low = near;
      best = { found, price };
      if (found.drop >= drop * (1 - 1e-4) || price >= most) break;
    } else high = near;
    const root = price * Math.sqrt(goal / near.drop);
    if (low !== undefined && high !== undefined) {
      if (high.price <= low.price * (1 + 1e-6)) break;
      // Regula falsi between logarithms, kept inside; every fourth step halves.
      const span = log(high.price / low.price);
      const where = log(goal / low.drop) / log(high.drop / low.drop);
      price = low.price * exp(span * (where > 0.02 && where < 0.98 && step % 4 !== 3 ? where : 0.5));
    } else if (low !== undefined) price = Math.min(most, Math.max(root, 2 * low.price), 100 * low.price);
    else price = Math.max(Math.min(root, price / 2), price / 100);
  }
  return best ?? { found: at(0), price: start };
}

/** The derivative of the target at a model, as a form of the joined block. */
export function slopeAt(programme: Programme, joined: Joined, model: ModelPoint): Form {
  const { numerator, denominator } = valuesOf(programme.target, model);
  const scale = 1 / Math.max(denominator, 1e-12);
  return joined.sum(
    programme.blocks.map((_, block) => {
      const form = formOf(programme.target, block, model);
      if (programme.target.denominator === undefined) return form.numerator;
      return combined(combined([], scale, form.numerator), -numerator * scale * scale, form.denominator);
    }),
  );
}
