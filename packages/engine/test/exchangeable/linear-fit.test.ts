import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criterionAt, type LinearStatistics } from '../../src/exchangeable/linear-criterion.ts';
import {
  coefficientsOf,
  environmentLikelihood,
  fitLinear,
  heldOutLikelihood,
  type LinearFit,
  type LinearKind,
  learnRecord,
} from '../../src/exchangeable/linear-fit.ts';
import { dividedBy, noiseSpread } from '../../src/exchangeable/linear-noise.ts';
import { Random } from '../../src/math/random.ts';
import type { Result } from '../../src/run/issue.ts';

interface Rows {
  readonly x: readonly number[][];
  readonly y: readonly number[];
}

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join());
  return result.value;
};

function sums(groups: readonly Rows[], size: number): LinearStatistics {
  const one = ({ x, y }: Rows) => ({
    n: y.length,
    products: Float64Array.from({ length: size * size }, (_, k) =>
      x.reduce((sum, row) => sum + (row[Math.floor(k / size)] as number) * (row[k % size] as number), 0),
    ),
    cross: Float64Array.from({ length: size }, (_, i) => x.reduce((sum, row, r) => sum + (row[i] as number) * (y[r] as number), 0)),
    square: y.reduce((sum, value) => sum + value * value, 0),
  });
  const all = groups.map(one);
  return {
    size,
    records: Float64Array.from(all, ({ n }) => n),
    products: all.map(({ products }) => products),
    cross: all.map(({ cross }) => cross),
    squares: Float64Array.from(all, ({ square }) => square),
  };
}

/** log N(y; m, V) by Gaussian elimination of the dense V: no sums, no Woodbury. */
function denseNormal(y: readonly number[], mean: readonly number[], covariance: readonly (readonly number[])[]): number {
  const n = y.length;
  const a = covariance.map((row, i) => [...row, (y[i] as number) - (mean[i] as number)]);
  let volume = 0;
  const get = (i: number, j: number): number => a[i]?.[j] as number;
  for (let i = 0; i < n; i++) {
    volume += Math.log(get(i, i));
    for (let k = i + 1; k < n; k++) {
      const by = get(k, i) / get(i, i);
      for (let j = i; j <= n; j++) (a[k] as number[])[j] = get(k, j) - by * get(i, j);
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let value = get(i, n);
    for (let j = i + 1; j < n; j++) value -= get(i, j) * (solution[j] as number);
    solution[i] = value / get(i, i);
  }
  const square = solution.reduce((sum, value, i) => sum + value * ((y[i] as number) - (mean[i] as number)), 0);
  return -(n * Math.log(2 * Math.PI) + volume + square) / 2;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * (b[i] as number), 0);
const quadratic = (a: readonly number[], s: Float64Array, b: readonly number[]): number =>
  a.reduce((sum, ai, i) => sum + b.reduce((inner, bj, j) => inner + ai * (s[i * b.length + j] as number) * bj, 0), 0);

const dense = ({ x, y }: Rows, mean: Float64Array, spread: Float64Array, noise: number): number =>
  denseNormal(
    y,
    x.map((row) => dot(row, mean)),
    x.map((a, i) => x.map((b, j) => quadratic(a, spread, b) + (i === j ? noise : 0))),
  );

function draw(random: Random, groups: number, size: number, records: () => number, spread: readonly number[], noise: number): Rows[] {
  return Array.from({ length: groups }, () => {
    const b = spread.map((sd, i) => 1 + i + sd * random.normal());
    const x = Array.from({ length: records() }, () => Array.from({ length: size }, (_, i) => (i === 0 ? 1 : random.normal())));
    return { x, y: x.map((row) => dot(row, b) + noise * random.normal()) };
  });
}

describe('linear mechanisms with coefficients of each environment', () => {
  it('the balanced one-way layout: REML is the analysis of variance', () => {
    const random = new Random(61, 'anova');
    for (const [between, within] of [
      [2, 1],
      [0.5, 1],
      [0, 1],
    ] as const) {
      const [groups, n] = [12, 5];
      const rows = draw(random, groups, 1, () => n, [between], within);
      const fit = must(fitLinear(sums(rows, 1)));
      const means = rows.map(({ y }) => y.reduce((a, b) => a + b) / n);
      const grand = means.reduce((a, b) => a + b) / groups;
      const msb = (n * means.reduce((sum, m) => sum + (m - grand) ** 2, 0)) / (groups - 1);
      const msw =
        rows.reduce((sum, { y }, e) => sum + y.reduce((s, one) => s + (one - (means[e] as number)) ** 2, 0), 0) / (groups * (n - 1));
      const total = rows.reduce((sum, { y }) => sum + y.reduce((s, one) => s + (one - grand) ** 2, 0), 0) / (groups * n - 1);
      const inside = msb > msw;
      const noise = inside ? msw : total;
      const spread = inside ? (msb - msw) / n : 0;
      expect(fit.mean[0]).toBeCloseTo(grand, 9);
      expect(fit.noise).toBeCloseTo(noise, 5);
      expect(fit.spread[0]).toBeCloseTo(spread, 4);
      expect(fit.flat).toBe(inside ? 0 : 1);
      expect(fit.meanCovariance[0]).toBeCloseTo((inside ? msb : total) / (groups * n), 5);
      const shrink = spread / (spread + noise / n);
      for (const e of [0, 7])
        expect(coefficientsOf(fit, sums(rows, 1), e).mean[0]).toBeCloseTo(grand + shrink * ((means[e] as number) - grand), 4);
    }
  });

  it('likelihoods agree with the dense multivariate normal, and nothing near is likelier', () => {
    const random = new Random(62, 'dense');
    for (const kind of ['fixed', 'shift', 'diagonal', 'full'] as LinearKind[]) {
      const rows = draw(random, 9, 2, () => 1 + random.integer(6), [1, 0.7], 0.5);
      const statistics = sums(rows, 2);
      const fit = must(fitLinear(statistics, { kind, restricted: false }));
      const whole = rows.reduce((sum, one) => sum + dense(one, fit.mean, fit.spread, fit.noise), 0);
      expect(fit.logLikelihood).toBeCloseTo(whole, 8);
      for (let trial = 0; trial < 100; trial++) {
        const mean = fit.mean.map((value) => value + 0.05 * random.normal());
        const noise = fit.noise * Math.exp(0.05 * random.normal());
        const free = (k: number): boolean => kind === 'full' || (kind === 'diagonal' && k !== 2) || (kind === 'shift' && k === 0);
        const factor = fit.factor.map((value, k) => (k !== 1 && free(k) ? value + 0.05 * random.normal() : value));
        const near = rows.reduce((sum, _, e) => sum + environmentLikelihood(statistics, e, mean, factor, noise), 0);
        expect(near).toBeLessThan(fit.logLikelihood + 1e-6);
      }
      const held = heldOutLikelihood(fit, statistics, 3);
      const wide = fit.spread.map((value, k) => value + (fit.meanCovariance[k] as number));
      expect(held).toBeCloseTo(dense(rows[3] as Rows, fit.mean, wide, fit.noise), 8);
    }
  });

  it('the restricted likelihood is the full one with the mean integrated out', () => {
    const random = new Random(63, 'restricted');
    const rows = draw(random, 6, 2, () => 2 + random.integer(4), [1, 1], 0.6);
    const fit = must(fitLinear(sums(rows, 2)));
    // A mean that is N(0, v) with huge v instead of flat: its density at the origin, v^-1 / (2 pi) for two, is what differs.
    const v = 1e7;
    const flat = rows.flatMap(({ x, y }, e) => x.map((row, r) => ({ row, y: y[r] as number, e })));
    const covariance = flat.map((a, i) =>
      flat.map((b, j) => v * dot(a.row, b.row) + (a.e === b.e ? quadratic(a.row, fit.spread, b.row) : 0) + (i === j ? fit.noise : 0)),
    );
    const proper = denseNormal(
      flat.map(({ y }) => y),
      flat.map(() => 0),
      covariance,
    );
    expect(fit.logRestricted).toBeCloseTo(proper + Math.log(2 * Math.PI * v), 3);
  });

  it('the slope of the criterion is its derivative', () => {
    fc.assert(
      fc.property(fc.integer(), fc.boolean(), (seed, restricted) => {
        const random = new Random(seed, 'slope');
        const statistics = sums(
          draw(random, 5, 2, () => 2 + random.integer(5), [1, 1], 1),
          2,
        );
        const factor = Float64Array.of(random.normal(), 0, random.normal(), random.normal());
        const counts = Float64Array.of(1, 2, 0, 1, 3);
        const { slope } = criterionAt(statistics, factor, counts, restricted);
        for (const k of [0, 2, 3]) {
          const [i, j] = [Math.floor(k / 2), k % 2];
          const bump = (by: number) =>
            criterionAt(
              statistics,
              factor.map((value, at) => (at === k ? value + by : value)),
              counts,
              restricted,
            ).value;
          const numeric = (bump(1e-5) - bump(-1e-5)) / 2e-5;
          const exact = 2 * ((slope[i * 2] as number) * (factor[j] as number) + (slope[i * 2 + 1] as number) * (factor[2 + j] as number));
          expect(Math.abs(numeric - exact)).toBeLessThan(1e-5 * (1 + Math.abs(exact)));
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('an environment that counts twice is two environments', () => {
    const random = new Random(64, 'counts');
    const rows = draw(random, 6, 2, () => 4, [1, 0.5], 0.5);
    const [a, b] = [
      must(fitLinear(sums(rows, 2), { counts: [2, 1, 0, 1, 3, 1] })),
      must(
        fitLinear(
          sums(
            [0, 0, 1, 3, 4, 4, 4, 5].map((e) => rows[e] as Rows),
            2,
          ),
        ),
      ),
    ];
    for (let k = 0; k < 4; k++) expect(a.spread[k]).toBeCloseTo(b.spread[k] as number, 4);
    expect(a.logRestricted).toBeCloseTo(b.logRestricted, 6);
  });

  it('truth is found again in many environments', () => {
    const random = new Random(65, 'again');
    const rows = draw(random, 1500, 2, () => 2 + random.integer(5), [1, 0.5], 0.7);
    const { mean, spread, noise } = must(fitLinear(sums(rows, 2)));
    expect(mean[0]).toBeCloseTo(1, 0.9);
    expect(mean[1]).toBeCloseTo(2, 0.9);
    expect(Math.abs((spread[0] as number) - 1)).toBeLessThan(0.15);
    expect(Math.abs((spread[3] as number) - 0.25)).toBeLessThan(0.05);
    expect(Math.abs(spread[1] as number)).toBeLessThan(0.06);
    expect(Math.abs(noise - 0.49)).toBeLessThan(0.03);
  });

  it('coefficients given records: one at a time is all at once', () => {
    const random = new Random(66, 'one');
    const rows = draw(random, 7, 2, () => 5, [1, 1], 0.8);
    const statistics = sums(rows, 2);
    const fit = must(fitLinear(statistics));
    const whole = coefficientsOf(fit, statistics, 2);
    const { x, y } = rows[2] as Rows;
    const grown = x.reduce<Pick<LinearFit, 'mean'> & { covariance: Float64Array }>(
      (known, row, r) => learnRecord(known, Float64Array.from(row), y[r] as number, fit.noise),
      { mean: fit.mean, covariance: fit.spread },
    );
    for (let k = 0; k < 2; k++) expect(grown.mean[k]).toBeCloseTo(whole.mean[k] as number, 9);
    for (let k = 0; k < 4; k++) expect(grown.covariance[k]).toBeCloseTo(whole.covariance[k] as number, 9);
    for (const k of [0, 3]) expect(whole.error[k]).toBeGreaterThan(whole.covariance[k] as number);
  });

  it('tiny and few environments give finite numbers that say where they stand', () => {
    const random = new Random(67, 'tiny');
    for (let groups = 1; groups <= 10; groups++)
      for (const most of [1, 2, 4])
        for (const kind of ['shift', 'diagonal', 'full'] as LinearKind[]) {
          const rows = draw(random, groups, 2, () => 1 + random.integer(most), [1, 1], 0.5);
          const statistics = sums(rows, 2);
          const fit = fitLinear(statistics, { kind });
          const total = rows.reduce((sum, { y }) => sum + y.length, 0);
          expect(fit.ok).toBe(total > 2);
          if (!fit.ok) continue;
          const { mean, spread, noise, logLikelihood, logRestricted, notes, flat } = fit.value;
          for (const value of [...mean, ...spread, noise, logLikelihood, logRestricted]) expect(Number.isFinite(value)).toBe(true);
          expect(noise).toBeGreaterThan(0);
          if (groups === 1) expect(notes.join()).toContain('one environment');
          else if (flat > 0) expect(notes.join()).toContain('boundary');
        }
    const single = draw(random, 8, 1, () => 1, [1], 1);
    const fit = must(fitLinear(sums(single, 1)));
    expect(fit.spread[0]).toBe(0);
  });

  it('noise that differs between environments is found again, and coefficients do not mind it', () => {
    const random = new Random(68, 'noise');
    const truth = Array.from({ length: 80 }, () => Math.exp(0.6 * random.normal()));
    const slopes: number[] = [];
    const rows = truth.map((sd) => {
      const b = [random.normal(), 2 + 0.5 * random.normal()];
      slopes.push(b[1] as number);
      const x = Array.from({ length: 12 }, () => [1, random.normal()]);
      return { x, y: x.map((row) => dot(row, b) + sd * random.normal()) };
    });
    const statistics = sums(rows, 2);
    const plain = must(fitLinear(statistics, { kind: 'diagonal' }));
    const { ratios, p, deviation } = noiseSpread(statistics, plain);
    expect(p).toBeLessThan(1e-6);
    // Log variances: twice the deviation of log deviations.
    expect(Math.abs(deviation - 1.2)).toBeLessThan(0.3);
    const logs = truth.map((sd, e) => [Math.log(sd), Math.log(ratios[e] as number)] as const);
    const mean = (k: 0 | 1): number => logs.reduce((sum, one) => sum + one[k], 0) / 80;
    const [a, b] = [mean(0), mean(1)];
    const cross = logs.reduce((sum, [u, v]) => sum + (u - a) * (v - b), 0);
    const size = Math.sqrt(logs.reduce((sum, [u]) => sum + (u - a) ** 2, 0) * logs.reduce((sum, [, v]) => sum + (v - b) ** 2, 0));
    expect(cross / size).toBeGreaterThan(0.9);
    const divided = dividedBy(statistics, ratios);
    const better = must(fitLinear(divided, { kind: 'diagonal' }));
    const error = (fit: LinearFit, own: LinearStatistics): number =>
      slopes.reduce((sum, slope, e) => sum + ((coefficientsOf(fit, own, e).mean[1] as number) - slope) ** 2, 0);
    expect(error(better, divided)).toBeLessThan(error(plain, statistics));
    // Where noise is alike, the test has its size.
    let odd = 0;
    for (let k = 0; k < 200; k++) {
      const same = sums(
        draw(random, 15, 2, () => 6, [1, 0.5], 0.7),
        2,
      );
      if (noiseSpread(same, must(fitLinear(same, { kind: 'diagonal' }))).p < 0.05) odd++;
    }
    expect(odd / 200).toBeLessThan(0.1);
  });

  it('parents without slopes of their own are an issue', () => {
    const rows = [0, 1, 2].map((e) => ({ x: [1, 2, 3].map((t) => [1, t, 2 * t + 1]), y: [e, 1, 4] }));
    const fit = fitLinear(sums(rows, 3));
    expect(!fit.ok && fit.issues[0]?.code).toBe('dependent-parents');
  });
});
