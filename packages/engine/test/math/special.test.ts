import { describe, expect, test } from 'vitest';
import { Random } from '../../src/math/random.ts';
import {
  betaLower,
  betaQuantile,
  chiSquareSurvival,
  erf,
  erfc,
  gammaLower,
  gammaUpper,
  logBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentQuantile,
} from '../../src/math/special.ts';

const near = (value: number, truth: number, relative: number = 1e-12): void => {
  expect(Math.abs(value - truth) / Math.max(Math.abs(truth), 1e-300), `${value} against ${truth}`).toBeLessThan(relative);
};

/** Integral over (from, to) by the tanh-sinh rule; the integrand gets the distance to each end, so that end points stay exact. */
function integrate(f: (fromLeft: number, fromRight: number) => number, length: number): number {
  const step = 1 / 64;
  let sum = 0;
  for (let k = -400; k <= 400; k++) {
    const t = k * step;
    const u = (Math.PI / 2) * Math.sinh(t);
    const left = length / (1 + Math.exp(-2 * u));
    const right = length / (1 + Math.exp(2 * u));
    if (left === 0 || right === 0) continue;
    const weight = ((length * Math.PI) / 4) * (Math.cosh(t) / Math.cosh(u) ** 2);
    const value = f(left, right) * weight;
    if (Number.isFinite(value)) sum += value;
  }
  return sum * step;
}

describe('published values', () => {
  test('logGamma', () => {
    near(logGamma(0.5), 0.5723649429247001);
    near(logGamma(0.25), 1.2880225246980774);
    near(logGamma(1 / 3), 0.985420646927767);
    near(logGamma(10), 12.801827480081469);
    near(logGamma(100), 359.1342053695754);
    near(logGamma(1.5), -0.12078223763524522);
    near(logGamma(-0.5), 1.2655121234846454);
    expect([logGamma(1), logGamma(2), logGamma(0), logGamma(-3)]).toEqual([0, 0, Infinity, Infinity]);
  });
  test('error function and normal distribution', () => {
    near(erf(0.5), 0.5204998778130465);
    near(erf(1), 0.8427007929497149);
    near(erf(2), 0.9953222650189527);
    near(erfc(3), 2.209049699858544e-5);
    near(erfc(5), 1.5374597944280349e-12);
    near(normalCdf(1.96), 0.9750021048517795);
    near(normalQuantile(0.975), 1.959963984540054);
    near(normalQuantile(0.9), 1.2815515655446004);
    near(normalQuantile(1e-10), -6.361340902404056);
  });
  test('Student and chi-square tables', () => {
    near(studentQuantile(0.975, 1), Math.tan(0.475 * Math.PI));
    near(studentQuantile(0.975, 2), 4.302652729749464);
    near(studentQuantile(0.975, 10), 2.228138851986275);
    near(studentQuantile(0.975, 4), 2.7764451051977943);
    near(studentQuantile(0.975, 30), 2.0422724563012373);
    near(chiSquareSurvival(3.841458820694124, 1), 0.05);
    near(chiSquareSurvival(18.307038053275146, 10), 0.05);
  });
});

describe('closed forms', () => {
  const random = new Random(6, 'special');
  const draws = Array.from({ length: 400 }, () => random.next());
  test('recurrence and duplication of Gamma over nine decades', () => {
    for (const u of draws) {
      const x = 10 ** (9 * u - 3);
      expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x))).toBeLessThan(1e-13 * Math.max(1, Math.abs(logGamma(x + 1))));
      const doubled = logGamma(x) + logGamma(x + 0.5) + (2 * x - 1) * Math.LN2 - 0.5 * Math.log(Math.PI);
      expect(Math.abs(logGamma(2 * x) - doubled)).toBeLessThan(1e-13 * Math.max(1, Math.abs(doubled)));
    }
    let factorial = 0;
    for (let n = 1; n < 150; n++) {
      factorial += Math.log(n);
      expect(Math.abs(logGamma(n + 1) - factorial)).toBeLessThan(1e-13 * Math.max(1, factorial));
    }
  });
  test('chi-square with even degrees is a Poisson sum', () => {
    for (const u of draws) {
      const x = 120 * u;
      const pairs = 1 + Math.floor(40 * u * u);
      let term = Math.exp(-x / 2);
      let sum = 0;
      for (let k = 0; k < pairs; k++) {
        sum += term;
        term *= x / 2 / (k + 1);
      }
      near(chiSquareSurvival(x, 2 * pairs), sum, 1e-12);
    }
  });
  test('Student with one and two degrees', () => {
    for (const u of draws) {
      const t = Math.tan(Math.PI * (u - 0.5));
      expect(Math.abs(studentCdf(t, 1) - u)).toBeLessThan(2e-14);
      expect(Math.abs(studentCdf(t, 2) - (0.5 + t / (2 * Math.sqrt(2 + t * t))))).toBeLessThan(2e-14);
    }
    near(studentCdf(-1e10, 2), 0.5 / 1e20, 1e-12);
    near(studentCdf(-3, 1e9), normalCdf(-3), 1e-6);
    near(studentCdf(-3, Infinity), normalCdf(-3));
  });
  test('incomplete beta: powers, arcsine, binomial tails, symmetry', () => {
    for (const u of draws) {
      const b = 0.01 + 40 * u * u;
      near(betaLower(u, b, 1), u ** b, 1e-12);
      expect(Math.abs(betaLower(u, 1, b) - -Math.expm1(b * Math.log1p(-u)))).toBeLessThan(1e-13);
      expect(Math.abs(betaLower(u, 0.5, 0.5) - (2 / Math.PI) * Math.asin(Math.sqrt(u)))).toBeLessThan(1e-13);
      expect(Math.abs(betaLower(u, b, 3.3) + betaLower(1 - u, 3.3, b) - 1)).toBeLessThan(1e-13);
      const [n, k] = [30, 1 + Math.floor(29 * u)];
      let tail = 0;
      for (let j = k; j <= n; j++)
        tail += Math.exp(logGamma(n + 1) - logGamma(j + 1) - logGamma(n - j + 1) + j * Math.log(0.3) + (n - j) * Math.log(0.7));
      near(betaLower(0.3, k, n - k + 1), tail, 1e-11);
    }
  });
  test('logBeta of one large and one small argument', () => {
    near(logBeta(1, 1e8), -Math.log(1e8));
    near(logBeta(2, 1e8), -Math.log(1e8) - Math.log(1e8 + 1));
    near(logBeta(0.5, 0.5), Math.log(Math.PI));
  });
});

describe('numerical integration as second method', () => {
  test.each([
    [0.3, 0.2],
    [2.7, 1.1],
    [2.7, 6.5],
    [14.2, 9],
    [60.5, 75],
    [300.25, 280],
  ])('incomplete gamma a = %d, x = %d', (a, x) => {
    const lower = integrate((t) => Math.exp((a - 1) * Math.log(t) - t - logGamma(a)), x);
    near(gammaLower(a, x), lower, 2e-12);
    expect(Math.abs(gammaLower(a, x) + gammaUpper(a, x) - 1)).toBeLessThan(1e-14);
  });
  test.each([
    [0.4, 0.7, 0.3],
    [3.2, 8.1, 0.2],
    [0.2, 12.5, 0.01],
    [120.5, 80.25, 0.63],
    [2.5, 0.3, 0.99],
  ])('incomplete beta a = %d, b = %d, x = %d', (a, b, x) => {
    const lower = integrate((t, rest) => Math.exp((a - 1) * Math.log(t) + (b - 1) * Math.log(1 - x + rest) - logBeta(a, b)), x);
    near(betaLower(x, a, b), lower, 2e-12);
  });
});

describe('quantiles invert their distribution functions', () => {
  test('normal, Student, beta', () => {
    const random = new Random(8, 'quantiles');
    for (let i = 0; i < 300; i++) {
      const p = i % 3 === 0 ? 10 ** (-12 * random.next()) : random.next();
      near(normalCdf(normalQuantile(p)), p, 1e-12);
      const degrees = 10 ** (3 * random.next() - 0.5);
      near(studentCdf(studentQuantile(p, degrees), degrees), p, 2e-12);
      const [a, b] = [10 ** (3 * random.next() - 1), 10 ** (2 * random.next())];
      const x = betaQuantile(p, a, b);
      if (x > 1e-300 && x < 1 - 1e-12) near(betaLower(x, a, b), p, 1e-9);
    }
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(0.5), normalQuantile(-1)]).toEqual([-Infinity, Infinity, 0, NaN]);
  });
});
