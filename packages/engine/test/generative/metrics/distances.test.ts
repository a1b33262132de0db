import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { energyDistance, slicedWasserstein, wasserstein } from '../../../src/generative/metrics/energy.ts';
import { frechetDistance, frechetOfGaussians, frechetReport, type Gaussian } from '../../../src/generative/metrics/frechet.ts';
import { mmdTest } from '../../../src/generative/metrics/mmd.ts';
import type { Features } from '../../../src/generative/metrics/pictures.ts';
import { classifierTest } from '../../../src/generative/metrics/two-sample.ts';
import { matrix, symmetricEigen } from '../../../src/math/linear.ts';
import { Random } from '../../../src/math/random.ts';

const normals = (rows: number, width: number, random: Random, shift = 0, scale = 1): Features => ({
  rows,
  width,
  values: Float64Array.from({ length: rows * width }, () => shift + scale * random.normal()),
});
const numbers = (...values: number[]): Features => ({ rows: values.length, width: 1, values: Float64Array.from(values) });
const diagonal = (mean: number[], deviations: number[]): Gaussian => ({
  width: mean.length,
  mean: Float64Array.from(mean),
  covariance: Float64Array.from({ length: mean.length ** 2 }, (_, i) =>
    i % (mean.length + 1) === 0 ? (deviations[i / (mean.length + 1)] as number) ** 2 : 0,
  ),
});
/** An orthogonal matrix, rows orthonormal. */
const rotation = (size: number, random: Random): Float64Array => {
  const draws = Float64Array.from({ length: size * size }, () => random.normal());
  return symmetricEigen(
    matrix(
      size,
      size,
      draws.map((value, i) => value + (draws[(i % size) * size + Math.floor(i / size)] as number)),
    ),
  ).vectors.values;
};
const turned = ({ width, mean, covariance }: Gaussian, q: Float64Array): Gaussian => {
  const at = (m: Float64Array, i: number, j: number): number => m[i * width + j] as number;
  return {
    width,
    mean: Float64Array.from({ length: width }, (_, i) => mean.reduce((sum, value, k) => sum + at(q, i, k) * value, 0)),
    covariance: Float64Array.from({ length: width * width }, (_, cell) => {
      const [i, j] = [Math.floor(cell / width), cell % width];
      let sum = 0;
      for (let k = 0; k < width; k++) for (let l = 0; l < width; l++) sum += at(q, i, k) * at(covariance, k, l) * at(q, j, l);
      return sum;
    }),
  };
};

describe('Frechet distance of features', () => {
  it('normal laws with one set of axes: squared differences of means and deviations, in any coordinates', () => {
    const random = new Random(2);
    for (const width of [1, 2, 5, 12]) {
      const draw = (): number[] => Array.from({ length: width }, () => random.normal());
      const [m1, m2] = [draw(), draw()];
      const [s1, s2] = [draw().map(Math.abs), draw().map(Math.abs)];
      const expected = m1.reduce(
        (sum, value, i) => sum + (value - (m2[i] as number)) ** 2 + ((s1[i] as number) - (s2[i] as number)) ** 2,
        0,
      );
      const [a, b] = [diagonal(m1, s1), diagonal(m2, s2)];
      const q = rotation(width, random);
      expect(Math.abs(frechetOfGaussians(a, b) - expected)).toBeLessThan(1e-9);
      expect(Math.abs(frechetOfGaussians(turned(a, q), turned(b, q)) - expected)).toBeLessThan(1e-9);
    }
  });

  it('two by two covariances: tr (S1 S2)^1/2 = (tr S1 S2 + 2 (det S1 S2)^1/2)^1/2', () => {
    const two = (a: number, b: number, c: number): Gaussian => ({
      width: 2,
      mean: new Float64Array(2),
      covariance: Float64Array.of(a, b, b, c),
    });
    const [x, y] = [two(2, 0.7, 1), two(0.5, -0.3, 3)];
    const trace = 2 * 0.5 + 2 * 0.7 * -0.3 + 1 * 3;
    const root = Math.sqrt(trace + 2 * Math.sqrt((2 - 0.49) * (1.5 - 0.09)));
    expect(frechetOfGaussians(x, y)).toBeCloseTo(2 + 1 + 0.5 + 3 - 2 * root, 12);
    expect(frechetOfGaussians(x, x)).toBeCloseTo(0, 10);
  });

  it('is biased upward by about a constant over n, which the extrapolation takes off', () => {
    const random = new Random(7);
    const same = frechetReport(normals(2400, 6, random), normals(1200, 6, random), random);
    expect(same.rows).toBe(1200);
    expect(same.distance).toBeGreaterThan(0);
    expect(same.floor).toBeGreaterThan(0);
    expect(Math.abs(same.extrapolated)).toBeLessThan(same.distance);
    const shifted = frechetReport(normals(2400, 6, random), normals(1200, 6, random, 0.5), random);
    expect(shifted.distance).toBeGreaterThan(20 * shifted.floor);
    expect(Math.abs(shifted.extrapolated - 6 * 0.25)).toBeLessThan(0.2);
    expect(frechetDistance(numbers(0, 1), numbers(2, 3))).toBeCloseTo(4, 12);
  });
});

describe('energy and Wasserstein distances', () => {
  it('points: |a - b| for one point each', () => {
    expect(energyDistance(numbers(1), numbers(4))).toBeCloseTo(6, 14);
    expect(wasserstein(Float64Array.of(1), Float64Array.of(4))).toBe(3);
    expect(energyDistance({ rows: 1, width: 2, values: Float64Array.of(0, 0) }, { rows: 1, width: 2, values: Float64Array.of(3, 4) })).toBe(
      10,
    );
  });

  it('numbers: sorting gives what the definition gives; equal sizes: W1 is the mean distance of sorted pairs', () => {
    const some = fc.array(
      fc.integer({ min: -20, max: 20 }).map((k) => k / 4),
      { minLength: 1, maxLength: 9 },
    );
    fc.assert(
      fc.property(some, some, (x, y) => {
        const mean = (a: number[], b: number[]): number =>
          a.flatMap((u) => b.map((v) => Math.abs(u - v))).reduce((s, d) => s + d, 0) / (a.length * b.length);
        expect(energyDistance(numbers(...x), numbers(...y))).toBeCloseTo(2 * mean(x, y) - mean(x, x) - mean(y, y), 10);
        const n = Math.min(x.length, y.length);
        const [u, v] = [x.slice(0, n).sort((a, b) => a - b), y.slice(0, n).sort((a, b) => a - b)];
        expect(wasserstein(Float64Array.from(x.slice(0, n)), Float64Array.from(y.slice(0, n)))).toBeCloseTo(
          u.reduce((sum, value, i) => sum + Math.abs(value - (v[i] as number)) / n, 0),
          10,
        );
      }),
      { seed: 1 },
    );
  });

  it('known laws: normals a distance apart, and exponentials', () => {
    const random = new Random(3);
    const n = 20_000;
    // E|N(m, 2)| = 2 exp(-m^2 / 4) / sqrt(pi) + m erf(m / 2); m = 1: 1.399176, m = 0: 1.128379.
    const [a, b] = [normals(n, 1, random), normals(n, 1, random, 1)];
    expect(Math.abs(energyDistance(a, b) - 2 * (1.3991757 - 1.1283792))).toBeLessThan(0.02);
    expect(Math.abs(wasserstein(a.values, b.values) - 1)).toBeLessThan(0.04);
    // Exponentials of means 1 and 2: the integral of (exp(-x/2) - exp(-x))^2 is 1 - 4/3 + 1/2.
    const exponentials = (mean: number): Features => numbers(...Array.from({ length: n }, () => mean * random.exponential()));
    expect(Math.abs(energyDistance(exponentials(1), exponentials(2)) - 2 * (1 - 4 / 3 + 1 / 2))).toBeLessThan(0.02);
    // Projections of a shift by s in d dimensions: s E|u_1|; d = 2: 2 / pi.
    const [c, d] = [normals(3000, 2, random), normals(3000, 2, random)];
    for (let row = 0; row < 3000; row++) d.values[2 * row] = (d.values[2 * row] as number) + 3;
    expect(Math.abs(slicedWasserstein(c, d, new Random(1), 400) - (3 * 2) / Math.PI)).toBeLessThan(0.1);
  });
});

describe('maximum mean discrepancy', () => {
  it('is the average of kernels over pairs, written out', () => {
    const random = new Random(4);
    const [a, b] = [normals(7, 3, random), normals(5, 3, random, 0.4)];
    const row = (f: Features, i: number): number[] => [...f.values.subarray(i * 3, i * 3 + 3)];
    const rbf = (x: number[], y: number[]): number => Math.exp(-x.reduce((s, v, k) => s + (v - (y[k] as number)) ** 2, 0) / (2 * 1.3 ** 2));
    const cubic = (x: number[], y: number[]): number => (x.reduce((s, v, k) => s + v * (y[k] as number), 0) / 3 + 1) ** 3;
    for (const [kernel, k] of [
      [{ kind: 'rbf', scale: 1.3 }, rbf],
      [{ kind: 'cubic' }, cubic],
    ] as const) {
      const mean = (f: Features, g: Features): number => {
        let [sum, count] = [0, 0];
        for (let i = 0; i < f.rows; i++)
          for (let j = 0; j < g.rows; j++)
            if (f !== g || i !== j) {
              sum += k(row(f, i), row(g, j));
              count += 1;
            }
        return sum / count;
      };
      const found = mmdTest(a, b, { kernel, random: new Random(1), permutations: 5 });
      expect(found.squared).toBeCloseTo(mean(a, a) + mean(b, b) - 2 * mean(a, b), 12);
    }
  });

  it('known laws: the squared RBF discrepancy of N(0,1) and N(m,1)', () => {
    const random = new Random(9);
    const [a, b] = [normals(1000, 1, random), normals(1000, 1, random, 1)];
    // E k(X, Y) = s / sqrt(s^2 + 2) exp(-m^2 / (2 (s^2 + 2))) with s = 1.
    const expected = (2 / Math.sqrt(3)) * (1 - Math.exp(-1 / 6));
    const found = mmdTest(a, b, { kernel: { kind: 'rbf', scale: 1 }, random, permutations: 20 });
    expect(Math.abs(found.squared - expected)).toBeLessThan(0.03);
    expect(found.p).toBe(1 / 21);
  });

  it('p-values are uniform where the laws are one, for both kernels', () => {
    for (const kernel of [{ kind: 'rbf' }, { kind: 'cubic' }] as const) {
      const random = new Random(21);
      const tests = 400;
      const ps = Array.from(
        { length: tests },
        () => mmdTest(normals(10, 2, random), normals(14, 2, random), { kernel, random, permutations: 39 }).p,
      );
      // Kolmogorov's distance on the grid of fortieths, at level 0.001.
      const gap = Math.max(
        ...Array.from({ length: 39 }, (_, i) => Math.abs(ps.filter((p) => p <= (i + 1.5) / 40).length / tests - (i + 1) / 40)),
      );
      expect(gap).toBeLessThan(1.95 / Math.sqrt(tests));
    }
  });
});

describe('classifier two-sample test', () => {
  it('no skill where the laws are one: p below 0.05 in about one of twenty', () => {
    const random = new Random(5);
    const ps = Array.from({ length: 200 }, (_, i) => classifierTest(normals(60, 3, random), normals(60, 3, random), random.split(i)).p);
    const share = ps.filter((p) => p < 0.05).length / 200;
    expect(share).toBeLessThan(0.1);
    expect(ps.filter((p) => p < 0.5).length / 200).toBeGreaterThan(0.3);
  });

  it('a shift is told with the accuracy of the best classifier; a difference in spread needs the squares', () => {
    const random = new Random(6);
    // Phi(1) = 0.8413 for normals two deviations apart.
    const shifted = classifierTest(normals(4000, 1, random), normals(4000, 1, random, 2), random);
    expect(shifted.interval[0]).toBeLessThan(0.8413);
    expect(shifted.interval[1]).toBeGreaterThan(0.8413);
    expect(shifted.p).toBeLessThan(1e-12);
    const [narrow, wide] = [normals(2000, 1, random), normals(2000, 1, random, 0, 3)];
    expect(classifierTest(narrow, wide, random).accuracy).toBeLessThan(0.55);
    expect(classifierTest(narrow, wide, random, { squares: true }).accuracy).toBeGreaterThan(0.7);
  });
});
