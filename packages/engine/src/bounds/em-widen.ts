import type { TargetValue } from './contract.ts';
import type { Question, Weights } from './em-query.ts';
import type { Space } from './em-space.ts';

/** Rounds over all slots; each only improves the value. */
const rounds = 50;

/**
 * The least (`sign` -1) or greatest (1) value of the question found by moving mass within classes of states that no study tells
 * apart: the likelihood of the result is that of `weights`. Exact where the question is a linear or linear-fractional function of
 * one slot; else one slot after the other, which every model on the way attains. undefined: no denominator is positive.
 */
export function widen(
  question: Question,
  space: Space,
  weights: Weights,
  sign: 1 | -1,
): { readonly value: number; readonly weights: Weights } | undefined {
  const now = weights.map((slots) => slots.map((own) => own.slice()));
  const start = question.at(now);
  let value = start.denominator > 0 ? (sign * start.numerator) / start.denominator : Number.NEGATIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = value;
    for (const [u, unit] of space.units.entries()) {
      for (const [s, slot] of unit.slots.entries()) {
        const own = now[u]?.[s] as Float64Array;
        const { numerator, denominator } = question.slopes(now, u, s);
        for (;;) {
          const kept = own.slice();
          push(own, slot.classOf, slot.classes, numerator, denominator, sign, Number.isFinite(value) ? value : 0);
          const at = question.at(now);
          const reached = at.denominator > 0 ? (sign * at.numerator) / at.denominator : Number.NEGATIVE_INFINITY;
          if (!(reached > value)) {
            own.set(kept);
            break;
          }
          value = reached;
        }
      }
    }
    if (!(value - before > 1e-13)) break;
  }
  return Number.isFinite(value) ? { value: sign * value, weights: now } : undefined;
}

/**
 * Components are independent, so that the fit of one run in one component goes with the fits of other runs in the others: starting
 * from `weights`, each component in turn takes the fit among `runs` that moves the value furthest. Every model on the way is as
 * likely as its components are.
 */
export function combine(question: Question, weights: Weights, runs: readonly Weights[], sign: 1 | -1): Weights {
  if (weights.length < 2) return weights;
  const now = [...weights];
  let value = sign * question.valueAt(now);
  for (let round = 0; round < rounds; round++) {
    const before = value;
    for (const u of weights.keys()) {
      const own = now[u] as readonly Float64Array[];
      const at = question.at(now);
      const slopes = own.length === 1 ? question.slopes(now, u, 0) : undefined;
      for (const run of runs) {
        const other = run[u] as readonly Float64Array[];
        const tried = now.with(u, other);
        const near = slopes === undefined ? undefined : moved(at, slopes, own[0] as Float64Array, other[0] as Float64Array);
        if (near !== undefined && !(sign * near > value)) continue;
        const reached = sign * question.valueAt(tried);
        if (!(reached > value)) continue;
        value = reached;
        now[u] = other;
      }
    }
    if (!(value - before > 1e-13)) break;
  }
  return now;
}

/** The fraction when one slot goes from one distribution to another; NaN where its denominator is not positive. */
function moved(at: TargetValue, slopes: ReturnType<Question['slopes']>, from: Float64Array, to: Float64Array): number {
  let { numerator, denominator } = at;
  for (let atom = 0; atom < from.length; atom++) {
    const step = (to[atom] as number) - (from[atom] as number);
    numerator += step * (slopes.numerator[atom] as number);
    denominator += step * (slopes.denominator[atom] as number);
  }
  return denominator > 0 ? numerator / denominator : Number.NaN;
}

/** One step of Dinkelbach: every class goes to its atom of the largest sign * numerator - value * denominator; ties stay where they are. */
function push(
  own: Float64Array,
  classOf: Int32Array,
  classes: number,
  numerator: Float64Array,
  denominator: Float64Array,
  sign: 1 | -1,
  value: number,
): void {
  const best = new Float64Array(classes).fill(Number.NEGATIVE_INFINITY);
  const mass = new Float64Array(classes);
  const gain = (atom: number): number => sign * (numerator[atom] as number) - value * (denominator[atom] as number);
  for (let atom = 0; atom < own.length; atom++) {
    const c = classOf[atom] as number;
    best[c] = Math.max(best[c] as number, gain(atom));
    mass[c] = (mass[c] as number) + (own[atom] as number);
  }
  const left = new Float64Array(classes);
  const first = new Int32Array(classes).fill(-1);
  for (let atom = 0; atom < own.length; atom++) {
    const c = classOf[atom] as number;
    if (gain(atom) === best[c]) {
      left[c] = (left[c] as number) + (own[atom] as number);
      if ((first[c] as number) < 0) first[c] = atom;
    } else own[atom] = 0;
  }
  for (let c = 0; c < classes; c++) {
    const atom = first[c] as number;
    if (atom >= 0) own[atom] = (own[atom] as number) + Math.max(0, (mass[c] as number) - (left[c] as number));
  }
}
