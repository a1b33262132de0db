import { exp, log, log1p } from '../math/elementary.ts';
import { chiSquareSurvival, erfc } from '../math/special.ts';
import type { Steps } from '../run/steps.ts';
import type { MixedColumn, MixedEnvironments } from './mixed-environments.ts';
import { type PcGraph, type PcOptions, pcSteps } from './pc.ts';

/**
 * The PC graph of real and finite variables by tests of partial correlation, records taken to be independent and alike: Fisher's z of two
 * variables of one column each (a real one, or one of two levels), else Wilks' lambda with Bartlett's correction for all indicators of both.
 * It sees what is linear. With all records of environments its tests reject too often where mechanisms vary; it is here to be compared with.
 */
export function linearGraphSteps(environments: MixedEnvironments, options: PcOptions = {}): Steps<PcGraph> {
  const { columns, counts } = environments;
  const { covariance, size, places, records } = momentsOf(columns, counts, environments.starts.at(-1) as number);
  const independent = (a: number, b: number, given: readonly number[]): number => {
    const [left, right, base] = [places[a] ?? [], places[b] ?? [], given.flatMap((v) => places[v] ?? [])];
    const logDet = (which: readonly number[]): number => logDeterminant(covariance, size, which);
    // -log of Wilks' lambda: 0 where neither helps to predict the other.
    const gain = logDet([...left, ...base]) + logDet([...right, ...base]) - logDet([...left, ...right, ...base]) - logDet(base);
    const free = records - base.length;
    if (!Number.isFinite(gain) || free <= left.length + right.length + 2) return 1;
    if (left.length === 1 && right.length === 1) {
      const r = Math.min(1 - 1e-15, Math.sqrt(Math.max(0, 1 - exp(-gain))));
      return erfc((((log1p(r) - log1p(-r)) / 2) * Math.sqrt(free - 3)) / Math.SQRT2);
    }
    return chiSquareSurvival((free - 1 - (left.length + right.length + 1) / 2) * gain, left.length * right.length);
  };
  return pcSteps(columns.length, independent, options);
}

interface ColumnMoments {
  /** Of numbers with mean 0 and deviation 1. */
  readonly covariance: Float64Array;
  readonly size: number;
  /** Rows of the covariance that belong to each variable: one of a real variable, levels less one of a finite one. */
  readonly places: readonly (readonly number[])[];
  readonly records: number;
}

function momentsOf(columns: readonly MixedColumn[], counts: Float64Array | undefined, rows: number): ColumnMoments {
  const places: number[][] = [];
  const numbers: Float64Array[] = [];
  const weight = (r: number): number => (counts ? (counts[r] as number) : 1);
  let records = 0;
  for (let r = 0; r < rows; r++) records += weight(r);
  for (const column of columns) {
    const own =
      column.kind === 'real'
        ? [column.values]
        : column.levels.slice(1).map((_, level) => Float64Array.from(column.values, (code) => (code === level + 1 ? 1 : 0)));
    places.push(own.map((_, i) => numbers.length + i));
    for (const values of own) numbers.push(standard(values, weight, records));
  }
  const size = numbers.length;
  const covariance = new Float64Array(size * size);
  for (const [i, x] of numbers.entries())
    for (const [j, y] of numbers.entries()) {
      if (j > i) continue;
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += weight(r) * (x[r] as number) * (y[r] as number);
      covariance[i * size + j] = sum / records;
      covariance[j * size + i] = sum / records;
    }
  return { covariance, size, places, records };
}

function standard(values: Float64Array, weight: (r: number) => number, records: number): Float64Array {
  let [sum, squares] = [0, 0];
  for (const [r, x] of values.entries()) sum += weight(r) * x;
  const mean = sum / records;
  for (const [r, x] of values.entries()) squares += weight(r) * (x - mean) ** 2;
  const deviation = Math.sqrt(squares / records);
  return values.map((x) => (deviation > 0 ? (x - mean) / deviation : 0));
}

/** Of these rows and columns; minus infinity where one is a function of the others. */
function logDeterminant(matrix: Float64Array, size: number, which: readonly number[]): number {
  const own = which.map((i) => Float64Array.from(which, (j) => matrix[i * size + j] as number));
  let sum = 0;
  for (const [k, pivotRow] of own.entries()) {
    const pivot = pivotRow[k] as number;
    if (!(pivot > 1e-12)) return Number.NEGATIVE_INFINITY;
    sum += log(pivot);
    for (const row of own.slice(k + 1)) {
      const share = (row[k] as number) / pivot;
      for (let j = k; j < row.length; j++) row[j] = (row[j] as number) - share * (pivotRow[j] as number);
    }
  }
  return sum;
}
