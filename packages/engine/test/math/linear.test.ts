import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leastSquares, matrix, orthogonalise, relativeResidual, symmetricEigen } from '../../src/math/linear.ts';
import { quantile, quantiles } from '../../src/math/quantile.ts';
import { Random } from '../../src/math/random.ts';
import { meanAndVariance, sum } from '../../src/math/sum.ts';

const normals = (random: Random, count: number): Float64Array => Float64Array.from({ length: count }, () => random.normal());

describe('pivoted orthogonalisation', () => {
  test('rank of random products, members inside the span, outsiders outside', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 12 }),
        fc.nat(),
        (count, length, inner, seed) => {
          const random = new Random(seed, 'span');
          const base = normals(random, inner * length);
          const mix = normals(random, count * inner);
          const vectors = new Float64Array(count * length);
          for (let j = 0; j < count; j++)
            for (let k = 0; k < inner; k++)
              for (let i = 0; i < length; i++)
                vectors[j * length + i] =
                  (vectors[j * length + i] as number) + (mix[j * inner + k] as number) * (base[k * length + i] as number);
          const span = orthogonalise(vectors, count, length);
          expect(span.rank).toBe(Math.min(inner, count, length));
          for (let j = 0; j < count; j++) expect(relativeResidual(span, vectors.subarray(j * length, (j + 1) * length))).toBeLessThan(1e-9);
          const stranger = normals(random, length);
          const residual = relativeResidual(span, stranger);
          if (span.rank === length) expect(residual).toBeLessThan(1e-12);
          else if (length - span.rank > 2) expect(residual).toBeGreaterThan(1e-3);
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });
  test('the residual of a known angle', () => {
    const span = orthogonalise(Float64Array.of(1, 1, 0, 2, 2, 0), 2, 3);
    expect(span.rank).toBe(1);
    expect(relativeResidual(span, [1, 0, 0])).toBeCloseTo(Math.SQRT1_2, 15);
    expect(relativeResidual(span, [0, 0, 5])).toBe(1);
    expect(relativeResidual(span, [0, 0, 0])).toBe(0);
  });
});

describe('least squares', () => {
  test('Longley data (NIST StRD), certified coefficients', () => {
    const rows = [
      [60323, 83, 234289, 2356, 1590, 107608, 1947],
      [61122, 88.5, 259426, 2325, 1456, 108632, 1948],
      [60171, 88.2, 258054, 3682, 1616, 109773, 1949],
      [61187, 89.5, 284599, 3351, 1650, 110929, 1950],
      [63221, 96.2, 328975, 2099, 3099, 112075, 1951],
      [63639, 98.1, 346999, 1932, 3594, 113270, 1952],
      [64989, 99, 365385, 1870, 3547, 115094, 1953],
      [63761, 100, 363112, 3578, 3350, 116219, 1954],
      [66019, 101.2, 397469, 2904, 3048, 117388, 1955],
      [67857, 104.6, 419180, 2822, 2857, 118734, 1956],
      [68169, 108.4, 442769, 2936, 2798, 120445, 1957],
      [66513, 110.8, 444546, 4681, 2637, 121950, 1958],
      [68655, 112.6, 482704, 3813, 2552, 123366, 1959],
      [69564, 114.2, 502601, 3931, 2514, 125368, 1960],
      [69331, 115.7, 518173, 4806, 2572, 127852, 1961],
      [70551, 116.9, 554894, 4007, 2827, 130081, 1962],
    ];
    const certified = [
      -3482258.63459582, 15.0618722713733, -0.35819179292591e-1, -2.02022980381683, -1.03322686717359, -0.511041056535807e-1,
      1829.15146461355,
    ];
    const design = matrix(
      16,
      7,
      rows.flatMap((row) => [1, ...row.slice(1)]),
    );
    const fit = leastSquares(
      design,
      rows.map((row) => row[0] as number),
      1e-14,
    );
    expect(fit.rank).toBe(7);
    certified.forEach((value, i) => {
      expect(Math.abs((fit.solution[i] as number) / value - 1)).toBeLessThan(1e-7);
    });
    expect(fit.residual ** 2).toBeCloseTo(836424.055505915, 1);
  });
  test('normal equations hold, also with dependent columns', () => {
    const random = new Random(1, 'ls');
    for (let trial = 0; trial < 50; trial++) {
      const [n, k] = [12, 5];
      const values = normals(random, n * k);
      for (let i = 0; i < n; i++) values[i * k + 4] = (values[i * k] as number) - 2 * (values[i * k + 2] as number);
      const target = normals(random, n);
      const fit = leastSquares(matrix(n, k, values), target);
      expect(fit.rank).toBe(4);
      const left = target.map(
        (y, i) => y - sum(Array.from({ length: k }, (_, j) => (values[i * k + j] as number) * (fit.solution[j] as number))),
      );
      for (let j = 0; j < k; j++) expect(Math.abs(sum(left.map((e, i) => e * (values[i * k + j] as number))))).toBeLessThan(1e-10);
      expect(Math.sqrt(sum(left.map((e) => e * e)))).toBeCloseTo(fit.residual, 10);
    }
  });
});

test('symmetric eigenvalues: the second-difference matrix has 2 - 2 cos(k pi / (n + 1)); A v = lambda v', () => {
  const n = 9;
  const second = matrix(
    n,
    n,
    Array.from({ length: n * n }, (_, at) => [2, -1][Math.abs(Math.floor(at / n) - (at % n))] ?? 0),
  );
  const { values, vectors } = symmetricEigen(second);
  for (let k = 1; k <= n; k++) expect(values[n - k]).toBeCloseTo(2 - 2 * Math.cos((k * Math.PI) / (n + 1)), 13);
  for (let k = 0; k < n; k++)
    for (let i = 0; i < n; i++) {
      const image = sum(Array.from({ length: n }, (_, j) => (second.values[i * n + j] as number) * (vectors.values[k * n + j] as number)));
      expect(image).toBeCloseTo((values[k] as number) * (vectors.values[k * n + i] as number), 13);
    }
});

describe('sums and quantiles', () => {
  test('Neumaier keeps what plain addition loses', () => {
    expect(sum([1, 1e100, 1, -1e100])).toBe(2);
    expect(sum(Array.from({ length: 1e5 }, () => 0.1))).toBe(1e4);
    expect(sum([Infinity, 1])).toBe(Infinity);
    expect(sum([])).toBe(0);
    expect(meanAndVariance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toEqual({ mean: 1e9 + 10, variance: 30 });
  });
  test('type 7 of Hyndman and Fan', () => {
    expect(quantiles([4, 1, 3, 2], [0, 0.25, 0.5, 0.9, 1])).toEqual([1, 1.75, 2.5, 3.7, 4]);
    expect(quantile([], 0.5)).toBeNaN();
    expect(quantile([Infinity, Infinity, 1], 1)).toBe(Infinity);
  });
});
