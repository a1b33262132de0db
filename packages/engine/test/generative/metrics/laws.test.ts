import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distancesOf } from '../../../src/generative/metrics/attributes.ts';
import {
  type Confusion,
  confusionOf,
  correctReadings,
  marginalOf,
  projectOnSimplex,
  samplingFloor,
  sharesOf,
  totalVariation,
} from '../../../src/generative/metrics/laws.ts';
import { Random } from '../../../src/math/random.ts';

const law = (size: number, random: Random): Float64Array => random.dirichlet(new Float64Array(size).fill(0.7));
/** Each row mostly on its diagonal. */
const confusion = (cells: number, random: Random, share: number): Confusion => {
  const values = new Float64Array(cells * cells);
  for (let row = 0; row < cells; row++) {
    const rest = random.dirichlet(new Float64Array(cells).fill(1));
    for (let to = 0; to < cells; to++) values[row * cells + to] = (1 - share) * (rest[to] as number) + (row === to ? share : 0);
  }
  return { cells, values, seen: new Float64Array(cells).fill(100) };
};
const read = (p: Float64Array, { cells, values }: Confusion): Float64Array =>
  Float64Array.from({ length: cells }, (_, to) => p.reduce((sum, chance, from) => sum + chance * (values[from * cells + to] as number), 0));

describe('laws over cells', () => {
  it('margins and shares', () => {
    const p = [0.1, 0.2, 0.05, 0.15, 0.3, 0.2];
    expect([...marginalOf(p, [2, 3], 0)].map((x) => +x.toFixed(12))).toEqual([0.35, 0.65]);
    expect([...marginalOf(p, [2, 3], 1)].map((x) => +x.toFixed(12))).toEqual([0.25, 0.5, 0.25]);
    const shares = sharesOf([Int32Array.of(0, 1, 1, 1), Int32Array.of(2, 0, 0, 1)], [2, 3]);
    expect([...shares]).toEqual([0, 0, 0.25, 0.5, 0.25, 0]);
    expect(totalVariation([1, 0], [0, 1])).toBe(1);
  });

  it('the projection on the simplex is a law and no other law is nearer', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 6 }), fc.integer(), (point, seed) => {
        const projected = projectOnSimplex(point);
        expect(projected.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);
        expect(Math.min(...projected)).toBeGreaterThanOrEqual(0);
        const gap = (p: Float64Array): number => p.reduce((sum, value, i) => sum + (value - (point[i] as number)) ** 2, 0);
        const random = new Random(seed);
        for (let i = 0; i < 10; i++) {
          const other = law(point.length, random);
          const near = projected.map((value, k) => 0.99 * value + 0.01 * (other[k] as number));
          expect(gap(near)).toBeGreaterThanOrEqual(gap(projected) - 1e-12);
        }
      }),
      { seed: 1 },
    );
  });

  it('readings without noise are undone to the last digits; with a perfect reader nothing changes', () => {
    for (const [seed, cells, share] of [
      [1, 2, 0.6],
      [2, 10, 0.5],
      [3, 60, 0.7],
    ] as const) {
      const random = new Random(seed);
      const c = confusion(cells, random, share);
      const p = law(cells, random);
      const observed = read(p, c);
      expect(totalVariation(observed, p)).toBeGreaterThan(0.02);
      expect(totalVariation(correctReadings(observed, c), p)).toBeLessThan(1e-7);
      const identity = confusionOf(
        [Int32Array.from({ length: cells }, (_, i) => i)],
        [Int32Array.from({ length: cells }, (_, i) => i)],
        [cells],
      );
      expect(totalVariation(correctReadings(observed, identity), observed)).toBeLessThan(1e-12);
    }
  });

  it('where the simplex binds the correction is the constrained least-squares law (brute force on a grid)', () => {
    const c: Confusion = {
      cells: 3,
      values: Float64Array.of(0.8, 0.15, 0.05, 0.2, 0.7, 0.1, 0.05, 0.05, 0.9),
      seen: new Float64Array(3).fill(1),
    };
    const observed = Float64Array.of(0.9, 0.08, 0.02);
    const gap = (p: Float64Array): number => read(p, c).reduce((sum, value, i) => sum + (value - (observed[i] as number)) ** 2, 0);
    const found = correctReadings(observed, c);
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i <= 400; i++)
      for (let j = 0; i + j <= 400; j++) best = Math.min(best, gap(Float64Array.of(i / 400, j / 400, (400 - i - j) / 400)));
    expect(gap(found)).toBeLessThanOrEqual(best + 1e-15);
    expect(found[2]).toBe(0);
  });

  it('confusion from counts', () => {
    const c = confusionOf([Int32Array.of(0, 0, 0, 1)], [Int32Array.of(0, 0, 1, 1)], [3]);
    expect([...c.values].map((x) => +x.toFixed(12))).toEqual([0.666666666667, 0.333333333333, 0, 0, 1, 0, 0, 0, 1]);
    expect([...c.seen]).toEqual([3, 1, 0]);
  });

  it('the floor of two cells is the mean absolute deviation of a binomial share', () => {
    const n = 50;
    let mean = 0;
    let chance = 0.7 ** n;
    for (let k = 0; k <= n; k++) {
      mean += chance * Math.abs(k / n - 0.3);
      chance *= ((n - k) / (k + 1)) * (0.3 / 0.7);
    }
    const floor = samplingFloor([0.3, 0.7], n, new Random(1), 20_000);
    expect(Math.abs(floor.mean - mean)).toBeLessThan(0.001);
    // P(|K - 15| <= 6) = 0.954, P(|K - 15| <= 5) = 0.910.
    expect(floor.most).toBeCloseTo(0.12, 12);
  });

  it('a reader with known errors: raw is far off, corrected comes down to the floor, the conditional stays where it is', () => {
    const random = new Random(11);
    const sizes = [4, 2];
    const p = law(8, random);
    const plain = law(8, random);
    const together = confusion(8, random, 0.75);
    const single = sizes.map((size) => confusion(size, random, 1));
    const counts = random.multinomial(20_000, read(p, together));
    const lines = distancesOf(
      counts.map((count) => count / 20_000),
      20_000,
      { together, single, accuracy: [1, 1] },
      { exact: p, conditional: plain },
      { names: ['a', 'b'], sizes },
      random,
    );
    expect(lines.map((line) => line.attribute)).toEqual(['a', 'b', 'together']);
    const [, , all] = lines;
    expect(all?.raw).toBeGreaterThan(0.04);
    expect(all?.corrected).toBeLessThan(3 * (all?.floor.most as number));
    expect(all?.conditional).toBeCloseTo(totalVariation(p, plain), 14);
  });
});
