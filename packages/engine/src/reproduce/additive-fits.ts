import type { Feature } from '../data/features.ts';
import type { Moments } from '../data/moments.ts';
import { factorise, substitute } from '../math/cholesky.ts';

/** Powers of the actions, one row for each product; the constant first, then by order. */
export type Monomials = readonly (readonly number[])[];

export function monomials(actions: number, degree: number): Monomials {
  const rows: number[][] = [];
  for (let order = 0; order <= degree; order++) {
    const extend = (powers: readonly number[], left: number): void => {
      if (powers.length === actions) {
        if (left === 0) rows.push([...powers]);
        return;
      }
      for (let power = left; power >= 0; power--) extend([...powers, power], left - power);
    };
    extend([], order);
  }
  return rows;
}

/** What moments are asked for: the products, then the outcome. */
export const featuresOf = (products: Monomials): Feature[] => [
  ...products.map((powers) => powers.flatMap((power, k) => (power === 0 ? [] : [{ of: `A${k + 1}`, power }]))),
  [{ of: 'Y', power: 1 }],
];

/** Mean of (y - features b)^2; `moments` holds the features, then y. */
export function meanSquare(moments: Moments, b: Float64Array): number {
  const { size, products, weight } = moments;
  const with1 = Float64Array.from({ length: size }, (_, i) => (i < size - 1 ? -(b[i] as number) : 1));
  return Math.max(0, quadratic(products, size, size, with1)) / weight;
}

/** Mean of (features (b - c))^2. */
export function meanSquareBetween({ size, products, weight }: Moments, b: Float64Array, c: Float64Array): number {
  const difference = b.map((one, i) => one - (c[i] as number));
  return Math.max(0, quadratic(products, size, size - 1, difference)) / weight;
}

function quadratic(products: Float64Array, size: number, length: number, vector: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < length; i++) {
    let row = 0;
    for (let j = 0; j < length; j++) row += (products[i * size + j] as number) * (vector[j] as number);
    sum += (vector[i] as number) * row;
  }
  return sum;
}

/** Least squares of y on the features (the first is constant), each divided by its standard deviation, with a penalty on squared coefficients. */
export function ridge({ size, products, weight }: Moments, penalty: number): Float64Array {
  const count = size - 1;
  const inner = count - 1;
  const means = Float64Array.from({ length: size }, (_, i) => (products[i] as number) / weight);
  const central = (i: number, j: number): number =>
    (products[i * size + j] as number) - weight * (means[i] as number) * (means[j] as number);
  const deviations = Float64Array.from({ length: inner }, (_, i) => Math.sqrt(central(i + 1, i + 1) / weight) || 1);
  const matrix = new Float64Array(inner * inner);
  const right = new Float64Array(inner);
  for (let i = 0; i < inner; i++) {
    const own = deviations[i] as number;
    for (let j = 0; j < inner; j++) matrix[i * inner + j] = central(i + 1, j + 1) / own / (deviations[j] as number);
    matrix[i * inner + i] = (matrix[i * inner + i] as number) + penalty;
    right[i] = central(i + 1, count) / own;
  }
  const solution = new Float64Array(inner);
  factorise(matrix, inner);
  substitute(matrix, inner, right, solution);
  const b = new Float64Array(count);
  let constant = means[count] as number;
  for (let i = 0; i < inner; i++) {
    b[i + 1] = (solution[i] as number) / (deviations[i] as number);
    constant -= (b[i + 1] as number) * (means[i + 1] as number);
  }
  b[0] = constant;
  return b;
}

const penalties = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];

/** Ridge regression, its penalty chosen among 1e-8, ..., 1e-1 by cross-validation over the groups of the moments; without groups, none. */
export function crossValidated(moments: Moments): Float64Array {
  const { groups } = moments;
  if (groups === undefined) return ridge(moments, 0);
  const loss = penalties.map((penalty) =>
    groups.reduce((sum, out) => sum + out.weight * meanSquare(out, ridge(without(moments, out), penalty)), 0),
  );
  return ridge(moments, penalties[loss.indexOf(Math.min(...loss))] as number);
}

const without = (all: Moments, { records, weight, products }: Moments): Moments => ({
  records: all.records - records,
  weight: all.weight - weight,
  size: all.size,
  products: all.products.map((value, i) => value - (products[i] as number)),
});

/** sum_j m_j - (K - 1) m_0: regimes are the watched one, then those that set A1, ..., AK. */
export function direct(fits: readonly Float64Array[]): Float64Array {
  const [watched, ...single] = fits as [Float64Array, ...Float64Array[]];
  return watched.map((value, i) => single.reduce((sum, fit) => sum + (fit[i] as number), 0) - (single.length - 1) * value);
}

/**
 * One weighted least-squares fit of all regimes under the order of the actions: m_T = constant + sum over j in T of h_j(a_j) + sum over the
 * others of r_j(a_1, ..., a_j), so that the answer is constant + sum_j h_j(a_j). Weights are one over the regimes' residual variances.
 */
export function restricted(products: Monomials, regimes: readonly Moments[], weights: readonly number[]): Float64Array {
  const actions = products[0]?.length as number;
  const last = products.map((powers) => powers.findLastIndex((power) => power > 0));
  const alone = products.map((powers) => powers.filter((power) => power > 0).length === 1);
  /** Unknowns: the feature that each multiplies, and in which regimes (0: watched, k: A_k set). */
  const unknowns: { readonly feature: number; readonly set: number | undefined; readonly watched: number | undefined }[] = [
    { feature: 0, set: undefined, watched: undefined },
  ];
  for (let k = 1; k <= actions; k++) {
    unknowns.push({ feature: 0, set: k, watched: undefined });
    products.forEach((_, feature) => {
      if (alone[feature] === true && last[feature] === k - 1) unknowns.push({ feature, set: k, watched: undefined });
      if (feature > 0 && (last[feature] as number) < k) unknowns.push({ feature, set: undefined, watched: k });
    });
  }
  const count = unknowns.length;
  const matrix = new Float64Array(count * count);
  const right = new Float64Array(count);
  for (const [regime, { size, products: sums }] of regimes.entries()) {
    const weight = weights[regime] as number;
    const active = unknowns.flatMap(({ set, watched }, i) =>
      (set === undefined || set === regime) && (watched === undefined || watched !== regime) ? [i] : [],
    );
    for (const i of active) {
      const row = (unknowns[i]?.feature as number) * size;
      for (const j of active)
        matrix[i * count + j] = (matrix[i * count + j] as number) + weight * (sums[row + (unknowns[j]?.feature as number)] as number);
      right[i] = (right[i] as number) + weight * (sums[row + size - 1] as number);
    }
  }
  const scale = Float64Array.from({ length: count }, (_, i) => Math.sqrt(matrix[i * count + i] as number) || 1);
  for (let i = 0; i < count; i++) {
    right[i] = (right[i] as number) / (scale[i] as number);
    for (let j = 0; j < count; j++) matrix[i * count + j] = (matrix[i * count + j] as number) / (scale[i] as number) / (scale[j] as number);
  }
  const solution = new Float64Array(count);
  factorise(matrix, count);
  substitute(matrix, count, right, solution);
  const b = new Float64Array(products.length);
  unknowns.forEach(({ feature, watched }, i) => {
    if (watched === undefined) b[feature] = (b[feature] as number) + (solution[i] as number) / (scale[i] as number);
  });
  return b;
}
