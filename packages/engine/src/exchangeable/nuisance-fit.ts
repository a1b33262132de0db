import { factorise, substitute } from '../math/cholesky.ts';
import type { Cells } from './nuisance-cells.ts';

/** Records that a cell's own mean must have against the smooth fit to count as much as it. */
const cellPrior = 10;
/** Weight of the penalty on each coefficient, in environments. */
const ridge = 0.1;

/** Predicts targets from cells, the environments of each fold by a fit to those of all others. */
export interface Nuisance {
  /** `target` less its prediction, per record; 0 in records that are not `used`. */
  residual(target: Float64Array): Float64Array;
}

/**
 * Ridge regression on the basis, with the weight of a tenth of an environment against each coefficient; where cells hold many records also the mean
 * that the fit leaves in each cell, shrunk towards 0. Cross-fitted: `foldOf` gives each record's fold (environments whole), `weights` its
 * weight, 0 where it is not used.
 */
export function nuisanceOf(cells: Cells, foldOf: Int32Array, folds: number, weights: Float64Array, environments: number): Nuisance {
  const { count, of, terms, design, finite } = cells;
  const weightOf = new Float64Array(folds * count);
  let all = 0;
  for (const [r, weight] of weights.entries()) {
    const at = (foldOf[r] as number) * count + (of[r] as number);
    weightOf[at] = (weightOf[at] as number) + weight;
    all += weight;
  }
  const total = new Float64Array(count);
  for (let at = 0; at < weightOf.length; at++) total[at % count] = (total[at % count] as number) + (weightOf[at] as number);
  const scales = scalesOf(design, terms, total, all);
  const grams = Array.from({ length: folds }, (_, f) => gramOf(design, terms, count, weightOf, f * count));
  const whole = new Float64Array(terms * terms);
  for (const gram of grams) for (let i = 0; i < gram.length; i++) whole[i] = (whole[i] as number) + (gram[i] as number);
  const penalty = (ridge * all) / environments;
  const factors = grams.map((gram) => {
    const left = whole.map((entry, i) => entry - (gram[i] as number));
    for (let t = 1; t < terms; t++) left[t * terms + t] = (left[t * terms + t] as number) + penalty * (scales[t] as number);
    left[0] = (left[0] as number) + 1e-9 * all;
    factorise(left, terms);
    return left;
  });
  return {
    residual(target) {
      const sums = new Float64Array(folds * count);
      for (const [r, weight] of weights.entries()) {
        if (weight === 0) continue;
        const at = (foldOf[r] as number) * count + (of[r] as number);
        sums[at] = (sums[at] as number) + weight * (target[r] as number);
      }
      const moments = Array.from({ length: folds }, (_, f) => {
        const moment = new Float64Array(terms);
        for (let c = 0; c < count; c++) {
          const sum = sums[f * count + c] as number;
          if (sum !== 0) for (let t = 0; t < terms; t++) moment[t] = (moment[t] as number) + sum * (design[c * terms + t] as number);
        }
        return moment;
      });
      const allMoments = new Float64Array(terms);
      for (const moment of moments) for (let t = 0; t < terms; t++) allMoments[t] = (allMoments[t] as number) + (moment[t] as number);
      const allSums = new Float64Array(count);
      for (let at = 0; at < sums.length; at++) allSums[at % count] = (allSums[at % count] as number) + (sums[at] as number);
      const predicted = new Float64Array(folds * count);
      const solution = new Float64Array(terms);
      for (let f = 0; f < folds; f++) {
        const right = allMoments.map((entry, t) => entry - (moments[f]?.[t] as number));
        substitute(factors[f] as Float64Array, terms, right, solution);
        for (let c = 0; c < count; c++) {
          if (weightOf[f * count + c] === 0) continue;
          let value = 0;
          for (let t = 0; t < terms; t++) value += (solution[t] as number) * (design[c * terms + t] as number);
          if (finite) {
            const others = (total[c] as number) - (weightOf[f * count + c] as number);
            const sum = (allSums[c] as number) - (sums[f * count + c] as number);
            value += (sum - others * value) / (others + cellPrior);
          }
          predicted[f * count + c] = value;
        }
      }
      return target.map((value, r) =>
        weights[r] === 0 ? 0 : value - (predicted[(foldOf[r] as number) * count + (of[r] as number)] as number),
      );
    },
  };
}

/** Variance of each term. */
function scalesOf(design: Float64Array, terms: number, total: Float64Array, all: number): Float64Array {
  const scales = new Float64Array(terms);
  for (let t = 0; t < terms; t++) {
    let [sum, squares] = [0, 0];
    for (const [c, weight] of total.entries()) {
      const value = design[c * terms + t] as number;
      sum += weight * value;
      squares += weight * value * value;
    }
    scales[t] = Math.max(1e-9, squares / all - (sum / all) ** 2);
  }
  return scales;
}

/** Lower triangle of the sum over cells of weight x x'. */
function gramOf(design: Float64Array, terms: number, count: number, weightOf: Float64Array, from: number): Float64Array {
  const gram = new Float64Array(terms * terms);
  for (let c = 0; c < count; c++) {
    const weight = weightOf[from + c] as number;
    if (weight === 0) continue;
    for (let i = 0; i < terms; i++) {
      const x = weight * (design[c * terms + i] as number);
      if (x === 0) continue;
      for (let j = 0; j <= i; j++) gram[i * terms + j] = (gram[i * terms + j] as number) + x * (design[c * terms + j] as number);
    }
  }
  return gram;
}
