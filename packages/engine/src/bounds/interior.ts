import { factorise, substitute } from '../math/cholesky.ts';
import { log } from '../math/elementary.ts';

/** Columns of a sparse matrix, one after the other: entries `starts[r]` to `starts[r + 1]` are column r. */
export interface SparseColumns {
  readonly rows: number;
  readonly count: number;
  readonly starts: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

/**
 * Maximise sum_j weights_j log (offset + A x)_j - cost.x over x >= 0, E x = equal, G x <= atMost, where the x of each simplex add
 * up to 1: mixture proportions by maximum likelihood. The rows of `columns` are those of A (one per weight), then E, then G.
 */
export interface Mixture {
  readonly columns: SparseColumns;
  /** Positive. */
  readonly weights: Float64Array;
  readonly equal: Float64Array;
  readonly atMost: Float64Array;
  /** Which simplex a column belongs to, from 0 without gaps; absent: all to one. */
  readonly simplex?: Int32Array;
  readonly offset?: Float64Array;
  readonly cost?: Float64Array;
}

export interface MixtureFit {
  readonly x: Float64Array;
  /** offset + A x, E x, G x. */
  readonly fitted: Float64Array;
  readonly value: number;
  /**
   * No x has a value above `value + gap`. With nu, w and y >= 0 the multipliers of the rows of A, E and G:
   * value* <= sum_j (weights_j (log(weights_j / nu_j) - 1) + nu_j offset_j) + w.equal + y.atMost + the sum over the simplexes
   * of max_r (A'nu - E'w - G'y - cost)_r.
   */
  readonly gap: number;
  readonly multipliers: Float64Array;
  /** Largest violation of E x = equal and G x <= atMost. */
  readonly residual: number;
  readonly iterations: number;
}

export interface MixtureOptions {
  /** Default 0: as far as double precision goes. */
  readonly gap?: number;
  /** Stop as soon as this holds of value and gap. */
  readonly until?: (value: number, gap: number) => boolean;
  readonly iterations?: number;
}

/**
 * Primal-dual interior point with Mehrotra's predictor and corrector. The conditions nu_j (A x)_j = weights_j stand beside
 * x_r z_r = 0, so that the system to solve has one unknown per row, however many columns there are (the dual form of Koenker and
 * Mizera 2014, section 4). It does not need the optimal set to have an interior, nor strict complementarity; either slows it down only at the end.
 */
export function fitMixture(problem: Mixture, options: MixtureOptions = {}): MixtureFit {
  const fit = follow(problem, options, false);
  const { length } = problem.equal;
  if (length + problem.atMost.length === 0 || (Math.abs(fit.gap) < 1e-9 && fit.residual < 1e-11)) return fit;
  // Restrictions that leave almost nothing: one length for both steps is slower and surer.
  const again = follow(problem, options, true);
  return again.residual + Math.abs(again.gap) < fit.residual + Math.abs(fit.gap) ? again : fit;
}

function follow(problem: Mixture, options: MixtureOptions, together: boolean): MixtureFit {
  const { columns, equal, atMost } = problem;
  const { count, starts, indices, values } = columns;
  const cells = problem.weights.length;
  const inequalities = atMost.length;
  const simplex = problem.simplex ?? new Int32Array(count);
  const members = new Float64Array(simplex.reduce((most, of) => Math.max(most, of + 1), 1));
  for (const of of simplex) members[of] = (members[of] as number) + 1;
  /** The last rows, one per simplex: sum x = 1. */
  const first = columns.rows;
  const size = first + members.length;
  const firstEqual = cells;
  const firstAtMost = cells + equal.length;
  const total = problem.weights.reduce((sum, weight) => sum + weight, 0) || 1;
  const weights = problem.weights.map((weight) => weight / total);
  const cost = problem.cost?.map((price) => price / total) ?? new Float64Array(count);
  const offset = problem.offset ?? new Float64Array(cells);
  /** Sign of a row in M = [A; -E; -G; -1]. */
  const sign = Float64Array.from({ length: size }, (_, i) => (i < cells ? 1 : -1));

  const x = Float64Array.from(simplex, (of) => 1 / (members[of] as number));
  const u = new Float64Array(size);
  const z = new Float64Array(count);
  const s = new Float64Array(inequalities);
  const fitted = new Float64Array(size);
  const multiply = (vector: Float64Array, out: Float64Array): void => {
    out.fill(0);
    for (let r = 0; r < count; r++) {
      const entry = vector[r] as number;
      const of = first + (simplex[r] as number);
      out[of] = (out[of] as number) + entry;
      for (let k = starts[r] as number; k < (starts[r + 1] as number); k++)
        out[indices[k] as number] = (out[indices[k] as number] as number) + (values[k] as number) * entry;
    }
  };
  const fit = (at: Float64Array, out: Float64Array): void => {
    multiply(at, out);
    for (let j = 0; j < cells; j++) out[j] = (out[j] as number) + (offset[j] as number);
  };
  /** (M'v)_r without the rows of the simplexes. */
  const price = (v: Float64Array, r: number): number => {
    let dot = 0;
    for (let k = starts[r] as number; k < (starts[r + 1] as number); k++) {
      const i = indices[k] as number;
      dot += (sign[i] as number) * (values[k] as number) * (v[i] as number);
    }
    return dot;
  };

  fit(x, fitted);
  for (let j = 0; j < cells; j++) u[j] = (weights[j] as number) / (fitted[j] as number);
  for (let k = 0; k < inequalities; k++) {
    s[k] = Math.max((atMost[k] as number) - (fitted[firstAtMost + k] as number), 0.1);
    u[firstAtMost + k] = 0.1;
  }
  u.fill(Number.NEGATIVE_INFINITY, first);
  for (let r = 0; r < count; r++) {
    const of = first + (simplex[r] as number);
    u[of] = Math.max(u[of] as number, price(u, r) - (cost[r] as number));
  }
  for (let of = first; of < size; of++) u[of] = (u[of] as number) + 0.1 * Math.max(1, Math.abs(u[of] as number));
  for (let r = 0; r < count; r++) z[r] = (u[first + (simplex[r] as number)] as number) - price(u, r) + (cost[r] as number);

  const best = { x: x.slice(), u: u.slice(), gap: Number.POSITIVE_INFINITY, residual: Number.POSITIVE_INFINITY, value: Number.NaN };
  const point = new Float64Array(count);
  const image = new Float64Array(size);
  const trial = new Float64Array(size);
  const prices = new Float64Array(count);
  const most = new Float64Array(members.length);
  /** The gap with the multipliers v at `point` (its image in `image`): a sum of terms that are not negative, so that nothing cancels. */
  const gapWith = (v: Float64Array): number => {
    most.fill(Number.NEGATIVE_INFINITY);
    for (let r = 0; r < count; r++) {
      const of = simplex[r] as number;
      prices[r] = price(v, r) - (cost[r] as number);
      most[of] = Math.max(most[of] as number, prices[r] as number);
    }
    let gap = 0;
    for (let r = 0; r < count; r++) gap += (point[r] as number) * ((most[simplex[r] as number] as number) - (prices[r] as number));
    for (let j = 0; j < cells; j++)
      gap += (weights[j] as number) * deviance(((v[j] as number) * (image[j] as number)) / (weights[j] as number) - 1);
    for (let k = 0; k < equal.length; k++)
      gap += (v[firstEqual + k] as number) * ((equal[k] as number) - (image[firstEqual + k] as number));
    for (let k = 0; k < inequalities; k++)
      gap += (v[firstAtMost + k] as number) * ((atMost[k] as number) - (image[firstAtMost + k] as number));
    return gap;
  };
  /** Measures the iterate; true if it is the best so far. */
  const measure = (): boolean => {
    for (let r = 0; r < count; r++) point[r] = (x[r] as number) / (fitted[first + (simplex[r] as number)] as number);
    fit(point, image);
    let residual = 0;
    for (let k = 0; k < equal.length; k++)
      residual = Math.max(residual, Math.abs((equal[k] as number) - (image[firstEqual + k] as number)));
    for (let k = 0; k < inequalities; k++) residual = Math.max(residual, (image[firstAtMost + k] as number) - (atMost[k] as number));
    let value = 0;
    for (let j = 0; j < cells; j++) value += (weights[j] as number) * log(image[j] as number);
    for (let r = 0; r < count; r++) value -= (cost[r] as number) * (point[r] as number);
    trial.set(u);
    let gap = gapWith(trial);
    for (let j = 0; j < cells; j++) trial[j] = (weights[j] as number) / (image[j] as number);
    const other = gapWith(trial);
    const own = other < gap;
    gap = Math.min(gap, other);
    // Neither gap nor residual alone says that an iterate is good; both are errors of the value.
    const error = Math.abs(gap) + residual;
    if (!(error < Math.abs(best.gap) + best.residual)) return false;
    const clear = error < 0.9 * (Math.abs(best.gap) + best.residual);
    best.x.set(point);
    best.u.set(own ? trial : u);
    best.gap = gap;
    best.residual = residual;
    best.value = value;
    return clear;
  };

  const normal = new Float64Array(size * size);
  const right = new Float64Array(size);
  const step = new Float64Array(size);
  const stepX = new Float64Array(count);
  const stepZ = new Float64Array(count);
  const stepS = new Float64Array(inequalities);
  const stepFitted = new Float64Array(size);
  const dual = new Float64Array(count);
  const ratio = new Float64Array(count);
  const shift = new Float64Array(count);
  const targetX = new Float64Array(count);
  const targetS = new Float64Array(inequalities);
  const targetQ = new Float64Array(cells);

  const solve = (): void => {
    for (let r = 0; r < count; r++) shift[r] = (ratio[r] as number) * ((targetX[r] as number) / (x[r] as number) + (dual[r] as number));
    multiply(shift, right);
    for (let j = 0; j < cells; j++) right[j] = (targetQ[j] as number) / (u[j] as number) - (right[j] as number);
    for (let k = 0; k < equal.length; k++) {
      const i = firstEqual + k;
      right[i] = (right[i] as number) - ((equal[k] as number) - (fitted[i] as number));
    }
    for (let k = 0; k < inequalities; k++) {
      const i = firstAtMost + k;
      const slack = (atMost[k] as number) - (fitted[i] as number) - (s[k] as number);
      right[i] = (right[i] as number) - slack + (targetS[k] as number) / (u[i] as number);
    }
    for (let of = first; of < size; of++) right[of] = (right[of] as number) - (1 - (fitted[of] as number));
    substitute(normal, size, right, step);
    for (let r = 0; r < count; r++) {
      const moved = price(step, r) - (step[first + (simplex[r] as number)] as number);
      stepZ[r] = -(dual[r] as number) - moved;
      stepX[r] = (shift[r] as number) + (ratio[r] as number) * moved;
    }
    multiply(stepX, stepFitted);
    for (let k = 0; k < inequalities; k++) {
      const i = firstAtMost + k;
      stepS[k] = ((targetS[k] as number) - (s[k] as number) * (step[i] as number)) / (u[i] as number);
    }
  };
  /** The longest steps that keep everything positive, at most 1: primal, dual. */
  const lengths = (): [number, number] => {
    let primal = 1;
    let other = 1;
    for (let r = 0; r < count; r++) {
      if ((stepX[r] as number) < 0) primal = Math.min(primal, -(x[r] as number) / (stepX[r] as number));
      if ((stepZ[r] as number) < 0) other = Math.min(other, -(z[r] as number) / (stepZ[r] as number));
    }
    for (let j = 0; j < cells; j++) {
      if ((stepFitted[j] as number) < 0) primal = Math.min(primal, -(fitted[j] as number) / (stepFitted[j] as number));
      if ((step[j] as number) < 0) other = Math.min(other, -(u[j] as number) / (step[j] as number));
    }
    for (let k = 0; k < inequalities; k++) {
      const i = firstAtMost + k;
      if ((stepS[k] as number) < 0) primal = Math.min(primal, -(s[k] as number) / (stepS[k] as number));
      if ((step[i] as number) < 0) other = Math.min(other, -(u[i] as number) / (step[i] as number));
    }
    return [primal, other];
  };
  const complementarity = (primal: number, other: number): number => {
    let product = 0;
    for (let r = 0; r < count; r++)
      product += ((x[r] as number) + primal * (stepX[r] as number)) * ((z[r] as number) + other * (stepZ[r] as number));
    for (let k = 0; k < inequalities; k++) {
      const i = firstAtMost + k;
      product += ((s[k] as number) + primal * (stepS[k] as number)) * ((u[i] as number) + other * (step[i] as number));
    }
    return product / (count + inequalities);
  };

  const longest = options.iterations ?? 120;
  const enough = (options.gap ?? 0) / total;
  let iterations = 0;
  let idle = 0;
  for (; iterations < longest; iterations++) {
    idle = measure() ? 0 : idle + 1;
    if (best.residual < 1e-9 && options.until?.(best.value * total, best.gap * total) === true) break;
    if (best.residual < 1e-14 && best.gap <= Math.max(enough, 2e-16)) break;
    if (idle >= 6 && best.gap < 1e-6) break;
    stepX.fill(0);
    stepZ.fill(0);
    stepS.fill(0);
    step.fill(0);
    const mu = complementarity(0, 0);
    for (let r = 0; r < count; r++) {
      dual[r] = price(u, r) - (u[first + (simplex[r] as number)] as number) - (cost[r] as number) + (z[r] as number);
      // The small term is a proximal one: it keeps the system solvable where rows are linearly dependent.
      ratio[r] = (x[r] as number) / ((z[r] as number) + 1e-9 * (x[r] as number));
    }
    assemble(columns, simplex, ratio, sign, normal, size);
    for (let j = 0; j < cells; j++) normal[j * size + j] = (normal[j * size + j] as number) + (fitted[j] as number) / (u[j] as number);
    for (let k = 0; k < inequalities; k++) {
      const i = firstAtMost + k;
      normal[i * size + i] = (normal[i * size + i] as number) + (s[k] as number) / (u[i] as number);
    }
    factorise(normal, size);
    for (let r = 0; r < count; r++) targetX[r] = -(x[r] as number) * (z[r] as number);
    for (let k = 0; k < inequalities; k++) targetS[k] = -(s[k] as number) * (u[firstAtMost + k] as number);
    for (let j = 0; j < cells; j++) targetQ[j] = (weights[j] as number) - (u[j] as number) * (fitted[j] as number);
    solve();
    const [ahead, beside] = lengths();
    const centre = mu * Math.min(1, (complementarity(ahead, beside) / mu) ** 3);
    for (let r = 0; r < count; r++)
      targetX[r] = (targetX[r] as number) + centre - ahead * beside * (stepX[r] as number) * (stepZ[r] as number);
    for (let k = 0; k < inequalities; k++)
      targetS[k] = (targetS[k] as number) + centre - ahead * beside * (stepS[k] as number) * (step[firstAtMost + k] as number);
    for (let j = 0; j < cells; j++) targetQ[j] = (targetQ[j] as number) - ahead * beside * (stepFitted[j] as number) * (step[j] as number);
    solve();
    const [free, freeDual] = lengths();
    const keep = 1 - Math.min(0.1, Math.max(1e-3, mu));
    const primal = Math.min(1, keep * (together ? Math.min(free, freeDual) : free));
    const other = Math.min(1, keep * (together ? Math.min(free, freeDual) : freeDual));
    if (!(primal > 1e-12 || other > 1e-12)) break;
    for (let r = 0; r < count; r++) {
      x[r] = (x[r] as number) + primal * (stepX[r] as number);
      z[r] = (z[r] as number) + other * (stepZ[r] as number);
    }
    for (let k = 0; k < inequalities; k++) s[k] = (s[k] as number) + primal * (stepS[k] as number);
    for (let i = 0; i < size; i++) u[i] = (u[i] as number) + other * (step[i] as number);
    fit(x, fitted);
  }
  fit(best.x, image);
  return {
    x: best.x,
    fitted: image.slice(0, first),
    value: objectiveAt(problem, best.x, image),
    gap: best.gap * total,
    multipliers: best.u.subarray(0, first).map((multiplier) => multiplier * total),
    residual: best.residual,
    iterations,
  };
}

function objectiveAt(problem: Mixture, x: Float64Array, fitted: Float64Array): number {
  let value = 0;
  problem.weights.forEach((weight, j) => {
    value += weight * log(fitted[j] as number);
  });
  problem.cost?.forEach((price, r) => {
    value -= price * (x[r] as number);
  });
  return value;
}

/** d - log(1 + d), accurate near 0. */
function deviance(d: number): number {
  if (Math.abs(d) > 0.01) return d - log(1 + d);
  let sum = 0;
  for (let k = 9; k >= 2; k--) sum = (k % 2 === 0 ? 1 : -1) / k + d * sum;
  return d * d * sum;
}

/** The lower triangle of M diag(ratio) M', with M = [columns by sign; a row of -1 for each simplex]. */
function assemble(
  columns: SparseColumns,
  simplex: Int32Array,
  ratio: Float64Array,
  sign: Float64Array,
  normal: Float64Array,
  size: number,
): void {
  const { count, starts, indices, values } = columns;
  normal.fill(0);
  for (let r = 0; r < count; r++) {
    const weight = ratio[r] as number;
    const end = starts[r + 1] as number;
    const of = columns.rows + (simplex[r] as number);
    normal[of * size + of] = (normal[of * size + of] as number) + weight;
    for (let k = starts[r] as number; k < end; k++) {
      const i = indices[k] as number;
      const scaled = weight * (values[k] as number) * (sign[i] as number);
      // Indices ascend within a column, so that earlier entries are to the left.
      for (let l = starts[r] as number; l <= k; l++) {
        const at = i * size + (indices[l] as number);
        normal[at] = (normal[at] as number) + scaled * (values[l] as number) * (sign[indices[l] as number] as number);
      }
      const at = of * size + i;
      normal[at] = (normal[at] as number) - scaled;
    }
  }
}
