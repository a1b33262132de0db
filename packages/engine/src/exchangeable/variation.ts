import { chiSquareSurvival } from '../math/special.ts';
import { type Environments, sizesOf } from './environments.ts';
import { selfNormalised } from './self-normalised.ts';
import { strataOf } from './strata.ts';

/** Whether a mechanism varies from environment to environment. */
export interface Variation {
  readonly variable: number;
  readonly parents: readonly number[];
  /** Standardised excess of agreement between records of one environment; 0 on average where nothing varies. */
  readonly z: number;
  readonly p: number;
  /** Variance of P(variable | parents) across environments as a share of the variance of a single record: 0 to 1, sampling error aside. */
  readonly share: number;
  /** Of `share`, where nothing varies; infinite where no two records can be compared. */
  readonly error: number;
}

/**
 * Tests that P(variable | parents) is the same in all environments: agreement of pairs of records of one environment and of equal parents
 * about the pooled rates, against its variance for independent records (Tarone 1979, the C(alpha) test, extended to levels and strata). The
 * tail is that of a chi-squared variable of the same skewness.
 */
export function variationOf(environments: Environments, variable: number, parents: readonly number[]): Variation {
  const { columns, levels, starts, labels, counts } = environments;
  const { codes, count } = strataOf(environments, parents);
  const width = levels[variable]?.length as number;
  const column = columns[variable] as Int32Array;
  const weightOf = (r: number): number => (counts ? (counts[r] as number) : 1);
  const rates = new Float64Array(count * width);
  const weight = new Float64Array(count);
  for (let r = 0; r < column.length; r++) {
    const c = codes[r] as number;
    const at = c * width + (column[r] as number);
    rates[at] = (rates[at] as number) + weightOf(r);
    weight[c] = (weight[c] as number) + weightOf(r);
  }
  for (let at = 0; at < rates.length; at++) rates[at] = (rates[at] as number) / (weight[Math.floor(at / width)] as number);
  // Trace of the covariance of one record's indicators, and of its square, per stratum.
  const trace = new Float64Array(count);
  const square = new Float64Array(count);
  for (let c = 0; c < count; c++) {
    const own = rates.subarray(c * width, (c + 1) * width);
    const power = (k: number): number => own.reduce((sum, rate) => sum + rate ** k, 0);
    trace[c] = 1 - power(2);
    square[c] = power(2) - 2 * power(3) + power(2) ** 2;
  }
  const tally = new Float64Array(count * width);
  const size = new Float64Array(count);
  let [excess, variance, pairs, cubes, squares] = [0, 0, 0, 0, 0];
  for (let e = 0; e < labels.length; e++) {
    const touched = new Set<number>();
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      const c = codes[r] as number;
      const at = c * width + (column[r] as number);
      tally[at] = (tally[at] as number) + weightOf(r);
      size[c] = (size[c] as number) + weightOf(r);
      touched.add(c);
    }
    for (const c of touched) {
      const n = size[c] as number;
      let agreement = 0;
      for (let level = 0; level < width; level++) {
        const [seen, rate] = [tally[c * width + level] as number, rates[c * width + level] as number];
        agreement += (seen - n * rate) ** 2 - seen * (1 - 2 * rate) - n * rate * rate;
      }
      const ordered = n * (n - 1);
      // The pooled rate takes its own share of every residual.
      excess += agreement + (ordered / (weight[c] as number)) * (trace[c] as number);
      variance += 2 * ordered * (square[c] as number);
      pairs += ordered * (trace[c] as number);
      squares += ordered * (square[c] as number);
      cubes += ordered ** 1.5 * (square[c] as number) ** 1.5;
      tally.fill(0, c * width, (c + 1) * width);
      size[c] = 0;
    }
  }
  if (!(variance > 0)) return { variable, parents, z: 0, p: 1, share: 0, error: Number.POSITIVE_INFINITY };
  const z = excess / Math.sqrt(variance);
  const degrees = Math.max(1, squares ** 3 / cubes ** 2);
  return {
    variable,
    parents,
    z,
    p: chiSquareSurvival(degrees + z * Math.sqrt(2 * degrees), degrees),
    share: excess / pairs,
    error: Math.sqrt(variance) / pairs,
  };
}

/**
 * Tests that whether two records of an environment agree in A says nothing of whether they agree in B: true where A and B are unconnected,
 * and seen even where every test of single records is blind because the mechanisms vary symmetrically (P(noise) about 1/2).
 */
export function pairDependence(environments: Environments, a: number, b: number): { readonly z: number; readonly p: number } {
  const { columns, levels, starts, labels, counts } = environments;
  const [wide, tall] = [levels[a]?.length as number, levels[b]?.length as number];
  const [as, bs] = [columns[a] as Int32Array, columns[b] as Int32Array];
  const sizes = sizesOf(environments);
  const shares = (column: Int32Array, width: number): Float64Array => {
    const seen = new Float64Array(width);
    let total = 0;
    for (let r = 0; r < column.length; r++) {
      const w = counts ? (counts[r] as number) : 1;
      seen[column[r] as number] = (seen[column[r] as number] as number) + w;
      total += w;
    }
    return seen.map((one) => one / total);
  };
  /** Inner product of two records' centred indicators. */
  const kernel = (share: Float64Array): ((i: number, j: number) => number) => {
    const norm = share.reduce((sum, one) => sum + one * one, 0);
    return (i, j) => (i === j ? 1 : 0) - (share[i] as number) - (share[j] as number) + norm;
  };
  const [inA, inB] = [kernel(shares(as, wide)), kernel(shares(bs, tall))];
  const cells = wide * tall;
  const tally = new Float64Array(cells);
  /** Per environment: mean over its pairs of both kernels' product, and of each. */
  const found: (readonly [number, number, number])[] = [];
  for (let e = 0; e < labels.length; e++) {
    const size = sizes[e] as number;
    if (size < 2) continue;
    tally.fill(0);
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      const at = (as[r] as number) * tall + (bs[r] as number);
      tally[at] = (tally[at] as number) + (counts ? (counts[r] as number) : 1);
    }
    let [product, first, second] = [0, 0, 0];
    for (let s = 0; s < cells; s++)
      for (let t = 0; t < cells; t++) {
        const pairs = (tally[s] as number) * ((tally[t] as number) - (s === t ? 1 : 0));
        if (pairs === 0) continue;
        const [left, right] = [inA(Math.floor(s / tall), Math.floor(t / tall)), inB(s % tall, t % tall)];
        product += pairs * left * right;
        first += pairs * left;
        second += pairs * right;
      }
    const all = size * (size - 1);
    found.push([product / all, first / all, second / all]);
  }
  const mean = (k: 1 | 2): number => found.reduce((sum, one) => sum + one[k], 0) / found.length;
  const [meanA, meanB] = [mean(1), mean(2)];
  let [sum, squares] = [0, 0];
  for (const [product, first, second] of found) {
    const u = product - first * meanB - second * meanA + meanA * meanB;
    sum += u;
    squares += u * u;
  }
  const { p } = selfNormalised(Float64Array.of(sum), Float64Array.of(squares));
  return { z: squares > 0 ? sum / Math.sqrt(squares) : 0, p };
}
