import { type Environments, sizesOf } from './environments.ts';
import { selfNormalised } from './self-normalised.ts';
import type { Strata } from './strata.ts';

/** A test whose independent units are environments. */
export interface ClusteredTest {
  /** Chi-squared with `degrees` degrees of freedom where the null holds and environments are many. */
  readonly statistic: number;
  readonly degrees: number;
  /** 1 where nothing can be tested (0 degrees of freedom). */
  readonly p: number;
  /** Environments that say something. */
  readonly environments: number;
}

/** Strata seen in fewer environments than this are tested together. */
const fewEnvironments = 10;
/** Environments per degree of freedom, at least. */
const environmentsPerDegree = 5;

/**
 * Tests that A at one position is independent of B at another, given the strata (the variables C) at the first: A_m _||_ B_n | C_m for
 * m != n. Per environment and stratum the sum, over records m of the stratum, of the product of two residuals: of A_m, and of the mean of
 * B over the other records of the environment, both about their means in the stratum. The sums are squared and weighed with environments
 * as the independent units, so that all ordered pairs of records are used and none is counted as if it were independent of the others.
 * Levels beyond two: all but the last as indicators, on both sides. Null of a sink (Guo and others 2023, Theorem 4, at two positions).
 */
export const crossTest = (environments: Environments, a: number, b: number, strata: Strata): ClusteredTest =>
  productTest(environments, a, b, strata, true);

/** Tests that A and B of one record are independent given the strata: the same residual products at one position. */
export const withinTest = (environments: Environments, a: number, b: number, strata: Strata): ClusteredTest =>
  productTest(environments, a, b, strata, false);

function productTest(environments: Environments, a: number, b: number, strata: Strata, across: boolean): ClusteredTest {
  const { starts, columns, levels, counts, labels } = environments;
  const sizes = sizesOf(environments);
  const [as, bs] = [columns[a] as Int32Array, columns[b] as Int32Array];
  const [wide, tall] = [(levels[a]?.length ?? 0) - 1, (levels[b]?.length ?? 0) - 1];
  const cells = wide * tall;
  const nothing: ClusteredTest = { statistic: 0, degrees: 0, p: 1, environments: 0 };
  if (wide < 1 || tall < 1) return nothing;
  const { codes } = strata;

  // Means of both sides per stratum.
  const weight = new Float64Array(strata.count);
  const meanA = new Float64Array(strata.count * wide);
  const meanB = new Float64Array(strata.count * tall);
  const seenIn = new Int32Array(strata.count);
  const last = new Int32Array(strata.count).fill(-1);
  const totals = new Float64Array(tall);
  const least = across ? 2 : 1;
  const readTotals = (from: number, to: number): void => {
    totals.fill(0);
    for (let r = from; r < to; r++) {
      const level = bs[r] as number;
      if (level < tall) totals[level] = (totals[level] as number) + (counts ? (counts[r] as number) : 1);
    }
  };
  for (let e = 0; e < labels.length; e++) {
    const size = sizes[e] as number;
    if (size < least) continue;
    const [from, to] = [starts[e] as number, starts[e + 1] as number];
    if (across) readTotals(from, to);
    for (let r = from; r < to; r++) {
      const c = codes[r] as number;
      const w = counts ? (counts[r] as number) : 1;
      if (last[c] !== e) {
        last[c] = e;
        seenIn[c] = (seenIn[c] as number) + 1;
      }
      weight[c] = (weight[c] as number) + w;
      const [i, j] = [as[r] as number, bs[r] as number];
      if (i < wide) meanA[c * wide + i] = (meanA[c * wide + i] as number) + w;
      if (!across) {
        if (j < tall) meanB[c * tall + j] = (meanB[c * tall + j] as number) + w;
      } else
        for (let k = 0; k < tall; k++)
          meanB[c * tall + k] = (meanB[c * tall + k] as number) + (w * ((totals[k] as number) - (j === k ? 1 : 0))) / (size - 1);
    }
  }
  for (let c = 0; c < strata.count; c++) {
    for (let i = 0; i < wide; i++) meanA[c * wide + i] = (meanA[c * wide + i] as number) / (weight[c] as number);
    for (let k = 0; k < tall; k++) meanB[c * tall + k] = (meanB[c * tall + k] as number) / (weight[c] as number);
  }

  const component = componentsOf(seenIn, cells, labels.length);
  const dimension = cells * component.count;
  const sum = new Float64Array(dimension);
  const squares = new Float64Array(dimension * dimension);
  const u = new Float64Array(dimension);
  const touched = new Int32Array(component.count);
  const marked = new Int32Array(component.count).fill(-1);
  let contributing = 0;
  for (let e = 0; e < labels.length; e++) {
    const size = sizes[e] as number;
    if (size < least) continue;
    const [from, to] = [starts[e] as number, starts[e + 1] as number];
    if (across) readTotals(from, to);
    let places = 0;
    for (let r = from; r < to; r++) {
      const c = codes[r] as number;
      const place = component.of[c] as number;
      const w = counts ? (counts[r] as number) : 1;
      if (marked[place] !== e) {
        marked[place] = e;
        touched[places++] = place;
      }
      const [level, other] = [as[r] as number, bs[r] as number];
      for (let k = 0; k < tall; k++) {
        const is = other === k ? 1 : 0;
        const seen = across ? ((totals[k] as number) - is) / (size - 1) : is;
        const right = w * (seen - (meanB[c * tall + k] as number));
        for (let i = 0; i < wide; i++) {
          const at = place * cells + i * tall + k;
          u[at] = (u[at] as number) + ((level === i ? 1 : 0) - (meanA[c * wide + i] as number)) * right;
        }
      }
    }
    touched.subarray(0, places).sort();
    let moved = false;
    for (let p = 0; p < places; p++)
      for (let i = 0; i < cells; i++) {
        const row = (touched[p] as number) * cells + i;
        const value = u[row] as number;
        if (value === 0) continue;
        moved = true;
        sum[row] = (sum[row] as number) + value;
        for (let q = 0; q <= p; q++)
          for (let j = 0; j < cells; j++) {
            const column = (touched[q] as number) * cells + j;
            squares[row * dimension + column] = (squares[row * dimension + column] as number) + value * (u[column] as number);
          }
      }
    for (let p = 0; p < places; p++) u.fill(0, (touched[p] as number) * cells, ((touched[p] as number) + 1) * cells);
    if (moved) contributing += 1;
  }
  if (contributing === 0) return nothing;
  return { ...selfNormalised(sum, squares), environments: contributing };
}

/** Strata of their own where environments are many enough; the rest together in one component. */
function componentsOf(seenIn: Int32Array, cells: number, environments: number): { readonly of: Int32Array; readonly count: number } {
  const most = Math.max(1, Math.floor(environments / environmentsPerDegree / cells));
  const order = Array.from(seenIn.keys()).sort((c, d) => (seenIn[d] as number) - (seenIn[c] as number) || c - d);
  const of = new Int32Array(seenIn.length);
  const enough = order.filter((c) => (seenIn[c] as number) >= fewEnvironments);
  const alone = enough.length <= most && enough.length === order.length ? enough.length : Math.min(enough.length, most - 1);
  for (const [place, c] of order.entries()) of[c] = Math.min(place, alone);
  return { of, count: alone < order.length ? alone + 1 : alone };
}
