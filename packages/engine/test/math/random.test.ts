import { describe, expect, test } from 'vitest';
import { exp, log, log1p } from '../../src/math/elementary.ts';
import { philox } from '../../src/math/philox.ts';
import { Random } from '../../src/math/random.ts';

const hex = (words: Uint32Array): string => [...words].map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox', () => {
  // Random123, tests/kat_vectors, "philox4x32 10".
  test.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ] as const)('known answer for counter %j, key %j', (counter, key, answer) => {
    const out = new Uint32Array(4);
    philox(...(counter as [number, number, number, number]), ...(key as [number, number]), out);
    expect(hex(out)).toBe(answer);
  });
});

describe('elementary functions agree with the platform to rounding', () => {
  test('log, log1p and exp over their range', () => {
    const random = new Random(1, 'elementary');
    for (let i = 0; i < 20000; i++) {
      const x = Math.exp((random.next() - 0.5) * 1400);
      expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(5e-16 * Math.abs(Math.log(x)));
      const near = 1 + (random.next() - 0.5) * 0.1;
      expect(Math.abs(log(near) - Math.log(near))).toBeLessThanOrEqual(5e-16 * Math.abs(Math.log(near)));
      const y = (random.next() - 0.5) * 1400;
      expect(Math.abs(exp(y) / Math.exp(y) - 1)).toBeLessThan(6e-16);
      const z = (random.next() - 0.5) * 10 ** (-20 * random.next());
      expect(Math.abs(log1p(z) - Math.log1p(z))).toBeLessThanOrEqual(6e-16 * Math.abs(Math.log1p(z)));
    }
  });
  test('edges', () => {
    expect([log(1), log(0), log(-1), log(Infinity), exp(0), exp(-Infinity), exp(800), exp(-800)]).toEqual([
      0,
      -Infinity,
      NaN,
      Infinity,
      1,
      0,
      Infinity,
      0,
    ]);
    expect(log(5e-324)).toBeCloseTo(-744.4400719213812, 10);
    expect(exp(709.7) / Math.exp(709.7)).toBeCloseTo(1, 14);
    expect(exp(-745)).toBe(5e-324);
  });
});

describe('streams', () => {
  test('a stream is named by seed and path alone', () => {
    const parent = new Random(7);
    parent.next();
    const draws = (random: Random): number[] => [random.next(), random.next(), random.next(), random.next()];
    expect(draws(parent.split('a').split(3))).toEqual(draws(new Random(7, 'a', 3)));
    const first = [
      new Random(7),
      new Random(8),
      new Random(7, 'a'),
      new Random(7, 'a', 'b'),
      new Random(7, 'ab'),
      new Random(7, 1),
      new Random(7, '1'),
    ];
    expect(new Set(first.map((random) => random.next())).size).toBe(first.length);
  });
  test('digits are pinned', () => {
    const random = new Random(42, 'pinned');
    expect([
      random.next(),
      random.normal(),
      random.gamma(0.3),
      random.beta(2, 5),
      random.binomial(1000, 0.3),
      random.integer(10),
    ]).toMatchInlineSnapshot(`
      [
        0.9267605515919335,
        0.4457144891029819,
        0.005638267083846531,
        0.1691714977619786,
        294,
        5,
      ]
    `);
  });
  test('neighbouring labels give uncorrelated first draws, uniform in 16 bins', () => {
    const root = new Random(3);
    const bins = new Float64Array(16);
    let lag = 0;
    let before = 0.5;
    const n = 20000;
    for (let i = 0; i < n; i++) {
      const u = root.split(i).next();
      bins[Math.floor(u * 16)] = (bins[Math.floor(u * 16)] as number) + 1;
      lag += (u - 0.5) * (before - 0.5);
      before = u;
    }
    const chi = bins.reduce((sum, count) => sum + (count - n / 16) ** 2 / (n / 16), 0);
    expect(chi).toBeLessThan(44.3); // 15 degrees of freedom, 1e-4
    expect(Math.abs((lag / n) * 12)).toBeLessThan(4 / Math.sqrt(n));
  });
});

const momentsOf = (n: number, draw: () => number): { mean: number; variance: number } => {
  let mean = 0;
  let squares = 0;
  for (let i = 1; i <= n; i++) {
    const x = draw();
    const d = x - mean;
    mean += d / i;
    squares += d * (x - mean);
  }
  return { mean, variance: squares / (n - 1) };
};

describe('distributions', () => {
  const n = 40000;
  const cases: [string, (random: Random) => number, number, number][] = [
    ['uniform', (r) => r.next(), 1 / 2, 1 / 12],
    ['normal', (r) => r.normal(), 0, 1],
    ['exponential', (r) => r.exponential(), 1, 1],
    ['gamma 0.2', (r) => r.gamma(0.2), 0.2, 0.2],
    ['gamma 3.5', (r) => r.gamma(3.5), 3.5, 3.5],
    ['gamma 200', (r) => r.gamma(200), 200, 200],
    ['beta 2 5', (r) => r.beta(2, 5), 2 / 7, 10 / 49 / 8],
    ['binomial 12 0.3', (r) => r.binomial(12, 0.3), 3.6, 2.52],
    ['binomial 100 0.4', (r) => r.binomial(100, 0.4), 40, 24],
    ['binomial 1e9 0.7', (r) => r.binomial(1e9, 0.7), 7e8, 2.1e8],
    ['binomial 1e12 3e-12', (r) => r.binomial(1e12, 3e-12), 3, 3],
    ['integer 7', (r) => r.integer(7), 3, 4],
    ['integer 3e12', (r) => r.integer(3e12) / 3e12, 0.5, 1 / 12],
  ];
  test.each(cases)('%s: mean and variance', (name, draw, mean, variance) => {
    const random = new Random(11, name);
    const got = momentsOf(n, () => draw(random));
    expect(Math.abs(got.mean - mean)).toBeLessThan(4.5 * Math.sqrt(variance / n));
    expect(Math.abs(got.variance / variance - 1)).toBeLessThan(0.12);
  });

  test.each([
    [20, 0.5],
    [25, 0.44],
    [60, 0.2],
    [9, 0.9],
  ])('binomial(%d, %d) cell by cell', (size, p) => {
    const random = new Random(5, 'cells', size);
    const draws = 200000;
    const seen = new Float64Array(size + 1);
    for (let i = 0; i < draws; i++) {
      const k = random.binomial(size, p);
      seen[k] = (seen[k] as number) + 1;
    }
    let probability = (1 - p) ** size;
    let chi = 0;
    let cells = 0;
    for (let k = 0; k <= size; k++) {
      const expected = draws * probability;
      if (expected >= 10) {
        chi += ((seen[k] as number) - expected) ** 2 / expected;
        cells++;
      }
      probability *= ((size - k) / (k + 1)) * (p / (1 - p));
    }
    expect(chi).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  test('multinomial adds up, spares empty cells and has the right covariance', () => {
    const random = new Random(2, 'multinomial');
    const weights = [3, 0, 1, 6];
    const draws = 20000;
    let cross = 0;
    for (let i = 0; i < draws; i++) {
      const counts = random.multinomial(50, weights);
      expect(counts.reduce((a, b) => a + b)).toBe(50);
      expect(counts[1]).toBe(0);
      cross += ((counts[0] as number) - 15) * ((counts[3] as number) - 30);
    }
    expect(cross / draws / (-50 * 0.3 * 0.6)).toBeCloseTo(1, 1);
  });

  test('dirichlet lies on the simplex, also for tiny and zero weights', () => {
    const random = new Random(2, 'dirichlet');
    const mean = new Float64Array(3);
    for (let i = 0; i < 20000; i++) {
      random.dirichlet([1, 2, 5]).forEach((value, k) => {
        mean[k] = (mean[k] as number) + value / 20000;
      });
      const tiny = random.dirichlet([1e-3, 1e-3, 0]);
      expect((tiny[0] as number) + (tiny[1] as number)).toBeCloseTo(1, 12);
      expect(tiny[2]).toBe(0);
    }
    [1 / 8, 2 / 8, 5 / 8].forEach((value, k) => {
      expect(Math.abs((mean[k] as number) - value)).toBeLessThan(0.005);
    });
  });

  test('shuffle: every order of three equally often; categorical in proportion', () => {
    const random = new Random(9, 'shuffle');
    const seen = new Map<string, number>();
    const drawn = new Float64Array(3);
    for (let i = 0; i < 12000; i++) {
      const order = random.shuffle(['a', 'b', 'c']).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
      const k = random.categorical([1, 0, 3]);
      drawn[k] = (drawn[k] as number) + 1;
    }
    expect(seen.size).toBe(6);
    for (const count of seen.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
    expect(drawn[1]).toBe(0);
    expect(Math.abs((drawn[0] as number) - 3000)).toBeLessThan(220);
  });
});
