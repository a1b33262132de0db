/** A dense matrix, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

export const matrix = (rows: number, columns: number, values: ArrayLike<number> = new Float64Array(rows * columns)): Matrix => {
  if (values.length !== rows * columns) throw new Error(`A ${rows} x ${columns} matrix given ${values.length} entries.`);
  return { rows, columns, values: Float64Array.from(values) };
};

/**
 * The orthogonal triangular form of vectors by Householder reflections with column pivoting (Golub and Van Loan, section 5.4.2):
 * `rank` is the number of pivots above the cut-off. Reflection k is `I - 2 v v'` with v stored in row k of `reflections`.
 */
export interface Orthogonal {
  readonly length: number;
  readonly rank: number;
  /** Which vector became pivot k. */
  readonly pivots: Int32Array;
  /** |diagonal| of R down to and including the first one below the cut-off: the gap shows how clear the rank is. */
  readonly diagonal: readonly number[];
  readonly reflections: Float64Array;
  /** Upper triangular R of the pivot columns, `rank` x `rank`, row-major. */
  readonly triangle: Float64Array;
}

/**
 * Factorises `count` vectors of `length` entries (vector j at `j * length`). A vector counts as dependent when what is left of
 * it is at most `cutOff` times the longest vector.
 */
export function orthogonalise(vectors: Float64Array, count: number, length: number, cutOff: number = 1e-10): Orthogonal {
  const work = vectors.slice(0, count * length);
  const most = Math.min(count, length);
  const order = Int32Array.from({ length: count }, (_, j) => j);
  const norms = new Float64Array(count);
  const fresh = new Float64Array(count);
  for (let j = 0; j < count; j++) {
    norms[j] = squaredNorm(work, j * length, length);
    fresh[j] = norms[j] as number;
  }
  const reflections = new Float64Array(most * length);
  const diagonal: number[] = [];
  let rank = 0;
  let first = 0;
  for (; rank < most; rank++) {
    let best = rank;
    for (let j = rank + 1; j < count; j++) if ((norms[order[j] as number] as number) > (norms[order[best] as number] as number)) best = j;
    [order[rank], order[best]] = [order[best] as number, order[rank] as number];
    const at = (order[rank] as number) * length;
    const norm = Math.sqrt(squaredNorm(work, at + rank, length - rank));
    diagonal.push(norm);
    if (rank === 0) first = norm;
    if (!(norm > cutOff * first) || norm === 0) break;
    const head = work[at + rank] as number;
    const target = head > 0 ? -norm : norm;
    const v = reflections.subarray(rank * length, (rank + 1) * length);
    for (let i = rank; i < length; i++) v[i] = work[at + i] as number;
    v[rank] = head - target;
    const size = Math.sqrt(squaredNorm(v, rank, length - rank));
    for (let i = rank; i < length; i++) v[i] = (v[i] as number) / size;
    for (let j = rank; j < count; j++) {
      const column = order[j] as number;
      const from = column * length;
      let dot = 0;
      for (let i = rank; i < length; i++) dot += (v[i] as number) * (work[from + i] as number);
      dot *= 2;
      for (let i = rank; i < length; i++) work[from + i] = (work[from + i] as number) - dot * (v[i] as number);
      const lost = work[from + rank] as number;
      const left = (norms[column] as number) - lost * lost;
      // Downdating loses digits; start again from the entries once most of the norm is gone.
      if (left < 1e-6 * (fresh[column] as number)) {
        norms[column] = squaredNorm(work, from + rank + 1, length - rank - 1);
        fresh[column] = norms[column] as number;
      } else norms[column] = left;
    }
  }
  const triangle = new Float64Array(rank * rank);
  for (let j = 0; j < rank; j++) for (let i = 0; i <= j; i++) triangle[i * rank + j] = work[(order[j] as number) * length + i] as number;
  return { length, rank, pivots: order, diagonal, reflections, triangle };
}

/** Q' applied to a vector: the first `rank` entries are its coordinates in the span, the rest is what lies outside. */
export function rotate(span: Orthogonal, vector: ArrayLike<number>): Float64Array {
  const { length, rank, reflections } = span;
  const turned = Float64Array.from(vector);
  for (let k = 0; k < rank; k++) {
    let dot = 0;
    for (let i = k; i < length; i++) dot += (reflections[k * length + i] as number) * (turned[i] as number);
    dot *= 2;
    for (let i = k; i < length; i++) turned[i] = (turned[i] as number) - dot * (reflections[k * length + i] as number);
  }
  return turned;
}

/** The length of the part of the vector outside the span, divided by the length of the vector (0 for the zero vector). */
export function relativeResidual(span: Orthogonal, vector: ArrayLike<number>): number {
  const turned = rotate(span, vector);
  const all = squaredNorm(turned, 0, turned.length);
  return all === 0 ? 0 : Math.sqrt(squaredNorm(turned, span.rank, turned.length - span.rank) / all);
}

export interface LeastSquares {
  /** One minimiser; coefficients of dependent columns are 0. */
  readonly solution: Float64Array;
  readonly rank: number;
  /** Length of target - design x solution. */
  readonly residual: number;
}

/** Minimises |design x - target|. */
export function leastSquares(design: Matrix, target: ArrayLike<number>, cutOff: number = 1e-10): LeastSquares {
  const { rows, columns } = design;
  const vectors = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) vectors[j * rows + i] = design.values[i * columns + j] as number;
  const span = orthogonalise(vectors, columns, rows, cutOff);
  const { rank, triangle } = span;
  const turned = rotate(span, target);
  const solution = new Float64Array(columns);
  for (let i = rank - 1; i >= 0; i--) {
    let value = turned[i] as number;
    for (let j = i + 1; j < rank; j++) value -= (triangle[i * rank + j] as number) * (solution[span.pivots[j] as number] as number);
    solution[span.pivots[i] as number] = value / (triangle[i * rank + i] as number);
  }
  return { solution, rank, residual: Math.sqrt(squaredNorm(turned, rank, rows - rank)) };
}

export interface Eigen {
  /** Descending. */
  readonly values: Float64Array;
  /** Eigenvector k is row k. */
  readonly vectors: Matrix;
}

/** Eigenvalues and orthonormal eigenvectors of a symmetric matrix by Jacobi rotations: slow beyond a few hundred rows, accurate always. */
export function symmetricEigen(symmetric: Matrix): Eigen {
  const n = symmetric.rows;
  const a = symmetric.values.slice();
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) off += (a[i * n + j] as number) ** 2;
    if (off === 0 || Math.sqrt(off) < 1e-17 * Math.sqrt(squaredNorm(a, 0, a.length))) break;
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) jacobi(a, q, n, i, j);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (a[j * n + j] as number) - (a[i * n + i] as number));
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(q.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => a[i * n + i] as number), vectors: { rows: n, columns: n, values: vectors } };
}

function jacobi(a: Float64Array, q: Float64Array, n: number, i: number, j: number): void {
  const off = a[i * n + j] as number;
  if (off === 0) return;
  const theta = ((a[j * n + j] as number) - (a[i * n + i] as number)) / (2 * off);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const x = a[k * n + i] as number;
    const y = a[k * n + j] as number;
    a[k * n + i] = c * x - s * y;
    a[k * n + j] = s * x + c * y;
  }
  for (let k = 0; k < n; k++) {
    const x = a[i * n + k] as number;
    const y = a[j * n + k] as number;
    a[i * n + k] = c * x - s * y;
    a[j * n + k] = s * x + c * y;
    const u = q[i * n + k] as number;
    const v = q[j * n + k] as number;
    q[i * n + k] = c * u - s * v;
    q[j * n + k] = s * u + c * v;
  }
}

function squaredNorm(values: Float64Array, from: number, length: number): number {
  let total = 0;
  for (let i = from; i < from + length; i++) total += (values[i] as number) * (values[i] as number);
  return total;
}
