import { leastSquares, matrix } from '../../src/math/linear.ts';

export type Rows = readonly (readonly number[])[];

/** Ordinary least squares by orthogonal reflections, on the records themselves. */
export const ols = (x: Rows, y: readonly number[]): number[] =>
  Array.from(leastSquares(matrix(x.length, x[0]?.length ?? 0, x.flat()), y).solution);

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** Inverse of X'WX by solving for unit vectors. */
function inverse(square: Rows): number[][] {
  const size = square.length;
  return square.map((_, k) =>
    ols(
      square,
      Array.from({ length: size }, (__, i) => (i === k ? 1 : 0)),
    ),
  );
}

/** Covariance of weighted least squares with HC3 errors, written out: A^-1 (sum w^2 e^2 / (1 - h)^2 x x') A^-1. */
export function hc3(x: Rows, y: readonly number[], weights: readonly number[]): { coefficients: number[]; covariance: number[][] } {
  const size = (x[0] as readonly number[]).length;
  const weighted = x.map((row, i) => row.map((value) => value * Math.sqrt(weights[i] as number)));
  const coefficients = ols(
    weighted,
    y.map((value, i) => value * Math.sqrt(weights[i] as number)),
  );
  const cells = Array.from({ length: size }, (_, i) => i);
  const bread = inverse(
    cells.map((i) => cells.map((j) => weighted.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), 0))),
  );
  const scores = x.map((row, i) => {
    const w = weights[i] as number;
    const h =
      w *
      dot(
        row,
        bread.map((line) => dot(line, row)),
      );
    return (w * ((y[i] as number) - dot(row, coefficients))) / (1 - h);
  });
  const meat = cells.map((i) =>
    cells.map((j) => x.reduce((sum, row, k) => sum + (scores[k] as number) ** 2 * (row[i] as number) * (row[j] as number), 0)),
  );
  const times = (a: Rows, b: Rows): number[][] =>
    a.map((row) => cells.map((j) => row.reduce((sum, value, k) => sum + value * ((b[k] as readonly number[])[j] as number), 0)));
  return { coefficients, covariance: times(times(bread, meat), bread) };
}

export const quadraticForm = (v: readonly number[], square: Rows): number =>
  dot(
    v,
    square.map((row) => dot(row, v)),
  );
export { dot };
