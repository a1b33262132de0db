import { expect, test } from 'vitest';
import { credible } from '../../src/bounds/credible.ts';
import { Random } from '../../src/math/random.ts';

test.each([
  [10, 0.2996],
  [20, 0.6778],
  [30, 0.8674],
  [50, 0.9795],
  [100, 0.9998],
])('%i values, L = 0.2, 10 %%: %f', (n, value) => {
  expect(credible(n, [0.4, 0.6])).toBeCloseTo(value, 4);
});

test('nothing is said of fewer than three values or of a point', () => {
  expect(credible(2, [0.1, 0.9])).toBeUndefined();
  expect(credible(100, [0.3, 0.3])).toBeUndefined();
});

test('an interval that reaches both walls cannot grow; one that reaches a single wall grows on the other side only', () => {
  expect(credible(5, [0, 1])).toBe(1);
  const n = 12;
  const oneSided = (1 - 1.1 ** (1 - n)) / (1 - 0.5 ** (n - 1));
  expect(credible(n, [0, 0.5])).toBeCloseTo(oneSided, 12);
  expect(credible(n, [0.5, 1])).toBeCloseTo(oneSided, 12);
  expect(credible(n, [1e-7, 0.5])).toBeCloseTo(oneSided, 4);
});

test('the walls of a difference', () => {
  expect(credible(4, [-0.5, 0.5], { walls: [-1, 1] })).toBeCloseTo(credible(4, [0.25, 0.75]) as number, 12);
});

/** Numerical integral of (b* - a*)^-n over a window, on a grid of cell midpoints. */
function integral(n: number, a: number, b: number, from: number, to: number): number {
  const steps = 400;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    for (let j = 0; j < steps; j++) {
      const x = from + ((i + 0.5) / steps) * (a - from);
      const y = b + ((j + 0.5) / steps) * (to - b);
      sum += ((b - a) / (y - x)) ** n;
    }
  }
  return (sum * (a - from) * (to - b)) / steps ** 2;
}

test.each([
  [5, 0.3, 0.6, 0.1],
  [8, 0.02, 0.5, 0.2],
  [15, 0.45, 0.97, 0.1],
])('the closed form is the integral (n = %i, [%f, %f])', (n, a, b, widening) => {
  const margin = widening * (b - a);
  const part = integral(n, a, b, Math.max(0, a - margin), Math.min(1, b + margin)) / integral(n, a, b, 0, 1);
  expect(credible(n, [a, b], { widening })).toBeCloseTo(part, 3);
});

test('under its own assumptions it is calibrated', () => {
  const random = new Random(11);
  const draws = 20_000;
  const n = 12;
  const bins = Array.from({ length: 5 }, () => ({ claimed: 0, covered: 0, count: 0 }));
  for (let draw = 0; draw < draws; draw++) {
    const [x, y] = [random.next(), random.next()];
    const [low, high] = [Math.min(x, y), Math.max(x, y)];
    const values = Array.from({ length: n }, () => low + (high - low) * random.next());
    const [a, b] = [Math.min(...values), Math.max(...values)];
    const claimed = credible(n, [a, b]) as number;
    const bin = bins[Math.min(4, Math.floor(claimed * 5))] as (typeof bins)[number];
    const margin = 0.1 * (b - a);
    bin.claimed += claimed;
    bin.covered += low >= a - margin && high <= b + margin ? 1 : 0;
    bin.count += 1;
  }
  for (const { claimed, covered, count } of bins) {
    if (count < 100) continue;
    expect(Math.abs(claimed - covered) / count).toBeLessThan(4 * Math.sqrt(0.25 / count));
  }
  expect(bins.filter(({ count }) => count >= 100).length).toBeGreaterThanOrEqual(3);
});
