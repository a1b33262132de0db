import { expect, it } from 'vitest';
import { columnOf } from '../../src/generative/batch.ts';
import { componentsFitter } from '../../src/generative/models/components.ts';
import { fromScores, principalComponents, scoresOf } from '../../src/generative/principal-components.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, Fitter } from '../../src/generative/terms.ts';
import { matrix, symmetricEigen } from '../../src/math/linear.ts';
import { Random } from '../../src/math/random.ts';
import { success } from '../../src/run/issue.ts';

/** Rows of 12 numbers that vary mostly in three directions. */
function rowsOf(rows: number, noise: number): Float32Array {
  const random = new Random(5, 'rows');
  const directions = Array.from({ length: 3 }, () => Array.from({ length: 12 }, () => random.normal()));
  const out = new Float32Array(rows * 12);
  for (let r = 0; r < rows; r++) {
    const scores = [3 * random.normal(), 2 * random.normal(), random.normal()];
    for (let i = 0; i < 12; i++)
      out[r * 12 + i] = 1 + scores.reduce((sum, score, k) => sum + score * (directions[k]?.[i] as number), 0) + noise * random.normal();
  }
  return out;
}

it('are the leading eigenvectors of the covariance', () => {
  const [rows, size] = [400, 12];
  const values = rowsOf(rows, 0.3);
  const found = principalComponents(values, rows, size, 4, new Random(1));
  const mean = Array.from(
    { length: size },
    (_, i) => Array.from({ length: rows }, (_, r) => values[r * size + i] as number).reduce((a, b) => a + b) / rows,
  );
  const covariance = matrix(size, size);
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        covariance.values[i * size + j] =
          (covariance.values[i * size + j] as number) +
          (((values[r * size + i] as number) - (mean[i] as number)) * ((values[r * size + j] as number) - (mean[j] as number))) / rows;
  const { values: spread, vectors } = symmetricEigen(covariance);
  const total = spread.reduce((sum, value) => sum + value, 0);
  expect(found.share).toBeCloseTo(spread.slice(0, 4).reduce((sum, value) => sum + value, 0) / total, 6);
  for (let k = 0; k < 4; k++) {
    expect((found.deviations[k] as number) ** 2 / (spread[k] as number)).toBeCloseTo(1, 5);
    let dot = 0;
    for (let i = 0; i < size; i++) dot += (found.directions[k * size + i] as number) * (vectors.values[k * size + i] as number);
    expect(Math.abs(dot)).toBeGreaterThan(0.9999);
  }
});

it('rows come back from their scores where they vary in no more directions; entries beyond the range are cut off', () => {
  const values = rowsOf(200, 0);
  const found = principalComponents(values, 200, 12, 8, new Random(2));
  expect(found.deviations).toHaveLength(3);
  const scores = scoresOf(found, values, 200);
  const back = fromScores(found, (row, k) => scores[row * 3 + k] as number, 200, [-100, 100]);
  for (const [i, value] of back.entries()) expect(Math.abs(value - (values[i] as number))).toBeLessThan(1e-4);
  expect(Math.max(...fromScores(found, (row, k) => scores[row * 3 + k] as number, 200, [-1, 2]))).toBe(2);
  for (let k = 0; k < 3; k++) {
    const own = Array.from({ length: 200 }, (_, r) => scores[r * 3 + k] as number);
    expect(own.reduce((sum, value) => sum + value * value, 0) / 200).toBeCloseTo(1, 4);
  }
});

it('a model behind them sees real columns to draw, vectors among its conditions, and other columns as they are', async () => {
  const values = rowsOf(300, 0);
  const picture = { kind: 'tensor' as const, shape: [3, 2, 2], values };
  const label = { kind: 'finite' as const, values: Int32Array.from({ length: 300 }, (_, r) => r % 2) };
  const data: Batch = {
    rows: 300,
    columns: new Map<string, ColumnValues>([
      ['X', picture],
      ['Y', picture],
      ['L', label],
    ]),
  };
  const type = { kind: 'tensor' as const, shape: [3, 2, 2], range: [-50, 50] as const };
  const task = {
    of: ['Y'],
    given: ['X', 'L'],
    types: new Map<string, ColumnType>([
      ['X', type],
      ['Y', type],
      ['L', { kind: 'finite' as const, levels: ['0', '1'] }],
    ]),
  };
  /** Draws the components of Y as those of X: the identity. */
  const copies: Fitter = {
    kind: 'flow',
    fit: async (small, rows) => {
      expect(small.of).toEqual(['Y component 1', 'Y component 2', 'Y component 3']);
      expect(small.given).toEqual(['X', 'L']);
      expect(small.types.get('X')).toEqual({ kind: 'tensor', shape: [3], range: [-1, 1] });
      expect(columnOf(rows, 'L')).toBe(label);
      const model: ConditionalModel = {
        kind: 'flow',
        task: small,
        sample: async (given) => {
          const seen = columnOf(given, 'X').values;
          const column = (k: number) => ({
            kind: 'real' as const,
            values: Float64Array.from({ length: given.rows }, (_, r) => seen[r * 3 + k] as number),
          });
          return { rows: given.rows, columns: new Map(small.of.map((name, k) => [name, column(k)])) };
        },
      };
      return success(model);
    },
  };
  const shares: number[] = [];
  const fitted = await componentsFitter(copies, { components: 8, onComponents: (_, count, share) => shares.push(count, share) }).fit(
    task,
    data,
    { seed: 0 },
  );
  if (!fitted.ok) throw new Error(JSON.stringify(fitted.issues));
  expect(shares[0]).toBe(3);
  expect(shares[1]).toBeCloseTo(1, 6);
  const drawn = columnOf(await fitted.value.sample(data, new Random(3)), 'Y');
  // X and Y have the same rows, and components up to sign.
  const random = (name: string) => principalComponents(values, 300, 12, 8, new Random(0, `components ${name}`).split('all'));
  const [x, y] = [random('X'), random('Y')];
  const signs = Array.from({ length: 3 }, (_, k) =>
    Math.sign(
      Array.from({ length: 12 }, (_, i) => (x.directions[k * 12 + i] as number) * (y.directions[k * 12 + i] as number)).reduce(
        (a, b) => a + b,
      ),
    ),
  );
  const scores = scoresOf(y, values, 300);
  const wanted = fromScores(y, (r, k) => (signs[k] as number) * (scores[r * 3 + k] as number), 300, [-50, 50]);
  for (const [i, value] of wanted.entries()) expect(Math.abs(value - (drawn.values[i] as number))).toBeLessThan(1e-3);
});
