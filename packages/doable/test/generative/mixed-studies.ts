import type { ColumnType, ColumnValues } from '../../../engine/src/generative/terms.ts';
import type { Random } from '../../../engine/src/math/random.ts';

const binary: ColumnType = { kind: 'finite', levels: ['0', '1'] };
const real: ColumnType = { kind: 'real' };

/** Least squares: coefficients, by elimination on the normal equations. */
export function leastSquares(
  rows: readonly (readonly number[])[],
  y: readonly number[],
  weights: readonly number[] = rows.map(() => 1),
): number[] {
  const p = (rows[0] as readonly number[]).length;
  const a = Array.from({ length: p }, () => new Array<number>(p + 1).fill(0));
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < p; j++) {
      const line = a[j] as number[];
      const scaled = (row[j] as number) * (weights[i] as number);
      for (let k = 0; k < p; k++) line[k] = (line[k] as number) + scaled * (row[k] as number);
      line[p] = (line[p] as number) + scaled * (y[i] as number);
    }
  }
  for (let j = 0; j < p; j++) {
    const pivot = a[j] as number[];
    for (let i = 0; i < p; i++) {
      if (i === j) continue;
      const line = a[i] as number[];
      const times = (line[j] as number) / (pivot[j] as number);
      for (let k = j; k <= p; k++) line[k] = (line[k] as number) - times * (pivot[k] as number);
    }
  }
  return a.map((line, j) => (line[p] as number) / (line[j] as number));
}
const finite = (values: ArrayLike<number>): ColumnValues => ({ kind: 'finite', values: Int32Array.from(values) });
const reals = (values: ArrayLike<number>): ColumnValues => ({ kind: 'real', values: Float64Array.from(values) });
export const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
export const rootMeanSquare = (values: readonly number[]): number => Math.sqrt(meanOf(values.map((value) => value * value)));
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** A law with hidden causes, whose effects are known, and a refit of its family of laws. */
export interface Study {
  readonly graph: string;
  readonly types: ReadonlyMap<string, ColumnType>;
  /** Two settings of X, whose difference of means is the effect. */
  readonly settings: readonly [string, string];
  data(rows: number, random: Random): Record<string, ColumnValues>;
  /** Draws of Y under do(X = x) from the process itself. */
  truth(x: number, rows: number, random: Random): number[];
  readonly effect: number;
  /** Learns the true family by maximum likelihood; draws of Y under do(X = x). */
  refit(data: Record<string, ColumnValues>): (x: number, rows: number, random: Random) => number[];
}

/**
 * X and U binary, Z and Y real. Y given X and Z is a mixture of two normal laws, of which U picks one. `pull`: by how much U moves the
 * probability of X; `low`, `shift`: the mean of Z at X = 0, and by how much X moves it.
 */
const frontDoorOf = ({ pull, low, shift }: { readonly pull: number; readonly low: number; readonly shift: number }): Study => ({
  graph: 'X -> Z -> Y; X <-> Y',
  types: new Map<string, ColumnType>([
    ['X', binary],
    ['Z', real],
    ['Y', real],
  ]),
  settings: ['0', '1'],
  // E(z - .2 z^2) is m - .2 (m^2 + 1) where z has mean m and variance 1.
  effect: shift - 0.2 * ((low + shift) ** 2 - low ** 2),
  data(rows, random) {
    const [x, z, y] = [new Int32Array(rows), new Float64Array(rows), new Float64Array(rows)];
    for (let i = 0; i < rows; i++) {
      const u = random.next() < 0.5 ? -1 : 1;
      x[i] = random.next() < 0.5 + pull * u ? 1 : 0;
      z[i] = low + shift * (x[i] as number) + random.normal();
      y[i] = (z[i] as number) - 0.2 * (z[i] as number) ** 2 + 1.2 * u + 0.5 * random.normal();
    }
    return { X: finite(x), Z: reals(z), Y: reals(y) };
  },
  truth(x, rows, random) {
    return Array.from({ length: rows }, () => {
      const z = low + shift * x + random.normal();
      return z - 0.2 * z ** 2 + (random.next() < 0.5 ? -1.2 : 1.2) + 0.5 * random.normal();
    });
  },
  refit(data) {
    const [x, z, y] = ['X', 'Z', 'Y'].map((name) => Array.from((data[name] as ColumnValues).values)) as [number[], number[], number[]];
    const line = leastSquares(
      x.map((value) => [1, value]),
      z,
    );
    const spread = rootMeanSquare(z.map((value, i) => value - dot(line, [1, x[i] as number])));
    const share = meanOf(x);
    let [shares, beta, deviation] = [[0.3, 0.7], [0, 1, 0, 1], 1];
    const rows = z.flatMap((value) => [-1, 1].map((u) => [1, value, value * value, u]));
    const twice = y.flatMap((value) => [value, value]);
    for (let round = 0; round < 25; round++) {
      const weights = y.flatMap((value, i) => {
        const odds = [-1, 1].map((u) => {
          const error = (value - dot(beta, rows[2 * i + (u === 1 ? 1 : 0)] as number[])) / deviation;
          const up = shares[x[i] as number] as number;
          return (u === 1 ? up : 1 - up) * Math.exp((-error * error) / 2);
        });
        const sum = (odds[0] as number) + (odds[1] as number) || 1;
        return odds.map((each) => each / sum);
      });
      beta = leastSquares(rows, twice, weights);
      deviation = Math.sqrt(
        rows.reduce((sum, row, i) => sum + (weights[i] as number) * ((twice[i] as number) - dot(beta, row)) ** 2, 0) / y.length,
      );
      shares = [0, 1].map((level) => {
        const own = x.flatMap((value, i) => (value === level ? [weights[2 * i + 1] as number] : []));
        return meanOf(own);
      });
    }
    return (at, count, random) =>
      Array.from({ length: count }, () => {
        const mediator = dot(line, [1, at]) + spread * random.normal();
        const other = random.next() < share ? 1 : 0;
        const u = random.next() < (shares[other] as number) ? 1 : -1;
        return dot(beta, [1, mediator, mediator * mediator, u]) + deviation * random.normal();
      });
  },
});
export const mixedFrontDoor = frontDoorOf({ pull: 0.3, low: 0.5, shift: 1 });
/** X and U agree in nine of ten rows, and the values of Z at the two levels of X are two standard deviations apart. */
export const weakFrontDoor = frontDoorOf({ pull: 0.4, low: -0.5, shift: 2 });

/** W1, X and Y real, W2 binary; U1 behind W1 and X, U2 behind W1 and Y. X and Y given W1 and W2 are linear and normal. */
export const mixedNapkin: Study = {
  graph: 'W1 -> W2 -> X -> Y; W1 <-> X; W1 <-> Y',
  types: new Map<string, ColumnType>([
    ['W1', real],
    ['W2', binary],
    ['X', real],
    ['Y', real],
  ]),
  settings: ['-0.5', '1.5'],
  effect: 1.4,
  data(rows, random) {
    const [w1, w2, x, y] = [new Float64Array(rows), new Int32Array(rows), new Float64Array(rows), new Float64Array(rows)];
    for (let i = 0; i < rows; i++) {
      const [u1, u2] = [random.normal(), random.normal()];
      w1[i] = u1 + u2 + 0.5 * random.normal();
      w2[i] = random.next() < 1 / (1 + Math.exp(-(w1[i] as number))) ? 1 : 0;
      x[i] = (w2[i] as number) + 0.7 * u1 + 0.6 * random.normal();
      y[i] = 0.7 * (x[i] as number) - 1.2 * u2 + 0.6 * random.normal();
    }
    return { W1: reals(w1), W2: finite(w2), X: reals(x), Y: reals(y) };
  },
  truth: (x, rows, random) => Array.from({ length: rows }, () => 0.7 * x - 1.2 * random.normal() + 0.6 * random.normal()),
  refit(data) {
    const [w1, w2, x, y] = ['W1', 'W2', 'X', 'Y'].map((name) => Array.from((data[name] as ColumnValues).values)) as [
      number[],
      number[],
      number[],
      number[],
    ];
    const mean = meanOf(w1);
    const square = meanOf(w1.map((value) => (value - mean) ** 2));
    const left = w1.map((value, i) => [1, value, w2[i] as number]);
    const a = leastSquares(left, x);
    const noiseX = meanOf(x.map((value, i) => (value - dot(a, left[i] as number[])) ** 2));
    const right = x.map((value, i) => [1, value, w1[i] as number, w2[i] as number]);
    const b = leastSquares(right, y);
    const noiseY = meanOf(y.map((value, i) => (value - dot(b, right[i] as number[])) ** 2));
    const share = meanOf(w2);
    const [a1 = 0, b2 = 0] = [a[1], b[2]];
    const varianceX = a1 * a1 * square + noiseX;
    const deviation = Math.sqrt(noiseY + b2 * b2 * (square - (a1 * square) ** 2 / varianceX));
    return (at, count, random) =>
      Array.from({ length: count }, () => {
        const own = random.next() < share ? 1 : 0;
        const seen = mean + ((a1 * square) / varianceX) * (at - dot(a, [1, mean, own]));
        return dot(b, [1, at, seen, own]) + deviation * random.normal();
      });
  },
};
