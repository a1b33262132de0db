/**
 * A symmetric positive semidefinite matrix, scaled to unit diagonal and factorised with pivoting (Higham 2002, section 10.3): what is
 * left of a pivot below the tolerance counts as dependent on those before it, its unknown stays 0.
 */
export interface NormalFactor {
  readonly size: number;
  readonly rank: number;
  /** The independent unknowns first, in the order of their pivots. */
  readonly order: Int32Array;
  /** Square root of the diagonal of the matrix; 1 where that is 0. */
  readonly scale: Float64Array;
  /** Row k: the k-th row of the triangular factor, by unknown (not by pivot); `rank` x `size`. */
  readonly rows: Float64Array;
}

const dependent = 1e-10;

export function factorNormal(a: Float64Array, size: number, tolerance: number = dependent): NormalFactor {
  const scale = Float64Array.from({ length: size }, (_, i) => Math.sqrt(Math.max(0, a[i * size + i] as number)) || 1);
  const left = Float64Array.from({ length: size }, (_, i) => ((a[i * size + i] as number) > 0 ? 1 : 0));
  const order = Int32Array.from({ length: size }, (_, i) => i);
  const rows = new Float64Array(size * size);
  let rank = 0;
  for (; rank < size; rank++) {
    let best = rank;
    for (let k = rank + 1; k < size; k++) if ((left[order[k] as number] as number) > (left[order[best] as number] as number)) best = k;
    const pivot = order[best] as number;
    const row = rows.subarray(rank * size, (rank + 1) * size);
    const own = scale[pivot] as number;
    for (let i = 0; i < size; i++) row[i] = (a[pivot * size + i] as number) / (own * (scale[i] as number));
    for (let m = 0; m < rank; m++) {
      const factor = rows[m * size + pivot] as number;
      if (factor === 0) continue;
      const before = rows.subarray(m * size, (m + 1) * size);
      for (let i = 0; i < size; i++) row[i] = (row[i] as number) - factor * (before[i] as number);
    }
    const square = row[pivot] as number;
    if (!(square > tolerance)) {
      row.fill(0);
      // The running diagonal had lost its digits: try the others before giving up.
      if ((left[pivot] as number) > tolerance) {
        left[pivot] = 0;
        rank--;
        continue;
      }
      break;
    }
    [order[rank], order[best]] = [pivot, order[rank] as number];
    const root = Math.sqrt(square);
    for (let i = 0; i < size; i++) row[i] = (row[i] as number) / root;
    for (let m = 0; m < rank; m++) row[order[m] as number] = 0;
    row[pivot] = root;
    for (let k = rank + 1; k < size; k++) {
      const i = order[k] as number;
      left[i] = (left[i] as number) - (row[i] as number) ** 2;
    }
  }
  return { size, rank, order, scale, rows: rows.slice(0, rank * size) };
}

/** Coordinates of a functional in the span of the matrix (its own square sum is the value of c A^- c), or undefined outside the span. */
export function coordinatesOf(factor: NormalFactor, functional: ArrayLike<number>, tolerance: number = 1e-5): Float64Array | undefined {
  const { size, rank, order, scale, rows } = factor;
  const z = new Float64Array(rank);
  let top = 0;
  for (let i = 0; i < size; i++) top = Math.max(top, Math.abs((functional[i] as number) / (scale[i] as number)));
  for (let k = 0; k < rank; k++) {
    const own = order[k] as number;
    let entry = (functional[own] as number) / (scale[own] as number);
    for (let m = 0; m < k; m++) entry -= (rows[m * size + own] as number) * (z[m] as number);
    z[k] = entry / (rows[k * size + own] as number);
  }
  for (let k = rank; k < size; k++) {
    const own = order[k] as number;
    const entry = (functional[own] as number) / (scale[own] as number);
    let predicted = 0;
    let bound = top;
    for (let m = 0; m < rank; m++) {
      const term = (rows[m * size + own] as number) * (z[m] as number);
      predicted += term;
      bound = Math.max(bound, Math.abs(term));
    }
    if (Math.abs(entry - predicted) > tolerance * bound) return undefined;
  }
  return z;
}

/** Solves A x = right with 0 for dependent unknowns; `right` lies in the span. */
export function solveNormal(factor: NormalFactor, right: ArrayLike<number>): Float64Array {
  const { size, rank, order, scale, rows } = factor;
  const x = new Float64Array(size);
  const z = new Float64Array(rank);
  for (let k = 0; k < rank; k++) {
    const own = order[k] as number;
    let entry = (right[own] as number) / (scale[own] as number);
    for (let m = 0; m < k; m++) entry -= (rows[m * size + own] as number) * (z[m] as number);
    z[k] = entry / (rows[k * size + own] as number);
  }
  for (let k = rank - 1; k >= 0; k--) {
    let entry = z[k] as number;
    for (let m = k + 1; m < rank; m++) {
      const other = order[m] as number;
      entry -= (rows[k * size + other] as number) * (x[other] as number);
    }
    const own = order[k] as number;
    x[own] = entry / (rows[k * size + own] as number);
  }
  for (let i = 0; i < size; i++) x[i] = (x[i] as number) / (scale[i] as number);
  return x;
}
