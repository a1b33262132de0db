import { expect, test } from 'vitest';
import { memoryStudy } from '../../src/data/memory.ts';
import type { Study } from '../../src/data/study.ts';
import { testIndependence } from '../../src/interpret/independence.ts';
import { Random } from '../../src/math/random.ts';

type Row = Readonly<Record<string, number>>;

async function studyOf(rows: readonly Row[], real: readonly string[] = []): Promise<Study> {
  const weight = rows.some((row) => 'w' in row) ? { weight: 'w' } : {};
  const made = await memoryStudy(
    { name: 'study', regime: { set: [] }, ...weight },
    { rows },
    new Map(real.map((name) => [name, { real: true }])),
  );
  if (!made.ok) throw new Error(made.issues[0]?.message);
  return made.value;
}

const draw = (random: Random, shares: readonly number[]): number => {
  let left = random.next();
  for (const [level, share] of shares.entries()) {
    left -= share;
    if (left < 0) return level;
  }
  return shares.length - 1;
};

/** The share of data sets in which a true independence is rejected at 5 %. */
async function sizeOf(
  draws: number,
  records: number,
  row: (random: Random) => Row,
  given: readonly string[],
  real: readonly string[] = [],
) {
  let [rejected, tested] = [0, 0];
  for (let i = 0; i < draws; i++) {
    const random = new Random(4, 'size', i);
    const { p } = await testIndependence(
      await studyOf(
        Array.from({ length: records }, () => row(random)),
        real,
      ),
      'X',
      'Y',
      given,
    );
    if (p === undefined) continue;
    tested += 1;
    if (p <= 0.05) rejected += 1;
  }
  expect(tested).toBeGreaterThan(0.9 * draws);
  return rejected / tested;
}

const sparse = (random: Random): Row => ({
  Z: draw(random, [0.3, 0.2, 0.1, 0.2, 0.1, 0.1]),
  X: draw(random, [0.3, 0.4, 0.3]),
  Y: draw(random, [0.5, 0.3, 0.2]),
});
const unequal = (random: Random): Row => {
  const Z = draw(random, [0.8, 0.2]);
  return { Z, X: draw(random, Z === 1 ? [0.2, 0.8] : [0.8, 0.2]), Y: random.normal() * (Z === 1 ? 10 : 1) };
};
const weighted = (random: Random): Row => ({ X: draw(random, [0.5, 0.5]), Y: random.normal(), w: 0.3 + 3 * random.next() ** 2 });

test.each([
  ['a table of 24 degrees of freedom from 100 records', 100, sparse, ['Z'], []],
  ['strata of different variance', 100, unequal, ['Z'], ['Y']],
  ['sampling weights', 150, weighted, [], ['Y']],
] as const)('the size of the test: %s', async (_, records, row, given, real) => {
  const size = await sizeOf(800, records, row, given, real);
  // Four standard errors of 5 % in 800 draws.
  expect(size).toBeGreaterThan(0.02);
  expect(size).toBeLessThan(0.081);
});

test('power against a shift of 0.2 from 400 records', async () => {
  let rejected = 0;
  for (let i = 0; i < 200; i++) {
    const random = new Random(5, 'power', i);
    const rows = Array.from({ length: 400 }, () => {
      const X = draw(random, [0.5, 0.5]);
      return { X, Y: draw(random, X === 1 ? [0.4, 0.6] : [0.6, 0.4]) };
    });
    const { p } = await testIndependence(await studyOf(rows), 'X', 'Y', []);
    if (p !== undefined && p <= 0.05) rejected += 1;
  }
  expect(rejected / 200).toBeGreaterThan(0.95);
});

/** With fixed margins of a 2 x 2 table the first cell is hypergeometric: the moments of Pearson's statistic by enumeration. */
test('the distribution is matched to its exact mean and variance given the margins', async () => {
  const [n, rows, columns] = [13, 5, 4];
  const choose = (a: number, b: number): number =>
    b < 0 || b > a ? 0 : Array.from({ length: b }, (_, i) => (a - i) / (i + 1)).reduce((x, y) => x * y, 1);
  let [mean, square] = [0, 0];
  let observed = 0;
  for (let k = 0; k <= Math.min(rows, columns); k++) {
    const share = (choose(rows, k) * choose(n - rows, columns - k)) / choose(n, columns);
    const statistic = (n * (k * n - rows * columns) ** 2) / (rows * columns * (n - rows) * (n - columns));
    if (k === 3) observed = statistic;
    mean += share * statistic;
    square += share * statistic ** 2;
  }
  const cells = [3, rows - 3, columns - 3, n - rows - columns + 3];
  const data = cells.flatMap((count, cell) => Array.from({ length: count }, () => ({ X: cell < 2 ? 1 : 0, Y: cell % 2 === 0 ? 1 : 0 })));
  const result = await testIndependence(await studyOf(data), 'X', 'Y', []);
  expect(mean).toBeCloseTo(n / (n - 1), 12);
  expect(result.statistic).toBeCloseTo(observed / mean, 12);
  const variance = (square - mean ** 2) / mean ** 2;
  // A gamma variable with mean 1 and that variance: its survival function by Simpson's rule.
  const [shape, scale] = [1 / variance, variance];
  const density = (x: number): number => x ** (shape - 1) * Math.exp(-x / scale);
  const area = (from: number, to: number): number => {
    const steps = 20_000;
    const h = (to - from) / steps;
    let sum = density(from) + density(to);
    for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(from + i * h);
    return (sum * h) / 3;
  };
  const above = area(observed / mean, 60);
  // Below the observed value by substitution x = t^(1/shape), which takes the pole at 0 away.
  const below = (() => {
    const top = (observed / mean) ** shape;
    const steps = 20_000;
    const at = (t: number): number => Math.exp(-(t ** (1 / shape)) / scale) / shape;
    let sum = at(0) + at(top);
    for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * at((i * top) / steps);
    return (sum * top) / steps / 3;
  })();
  expect(result.p).toBeCloseTo(above / (above + below), 6);
});
