import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { effectiveSize, emptyCounts, marginal, mergeCounts, tally } from '../../src/data/accumulate.ts';
import type { Counts } from '../../src/data/counts.ts';

const axes = ['A', 'B', 'C'];
const sizes = [2, 3, 4];
const levels = sizes.map((size) => Array.from({ length: size }, (_, i) => String(i)));

interface Row {
  codes: number[];
  weight: number;
  value: number;
}

const row: fc.Arbitrary<Row> = fc.record({
  codes: fc.tuple(...sizes.map((size) => fc.integer({ min: 0, max: size - 1 }))),
  weight: fc.integer({ min: 0, max: 5 }),
  value: fc.integer({ min: -20, max: 20 }),
});
const rows = fc.array(row, { maxLength: 40 });

function tableOf(list: readonly Row[], kind: { rows?: boolean; outcome?: boolean } = {}): Counts {
  const shift = 3;
  return tally({
    axes,
    levels,
    codes: axes.map((_, axis) => Int32Array.from(list, ({ codes }) => codes[axis] as number)),
    length: list.length,
    weight: Float64Array.from(list, ({ weight }) => weight),
    ...(kind.rows && { rows: 'each' as const }),
    ...(kind.outcome && {
      outcome: {
        name: 'Y',
        shift,
        sum: Float64Array.from(list, ({ weight, value }) => weight * (value - shift)),
        squares: Float64Array.from(list, ({ weight, value }) => weight * (value - shift) ** 2),
      },
    }),
  });
}

/** The same sums by a plain map over texts. */
function naive(list: readonly Row[], of: readonly number[]): Map<string, [number, number, number]> {
  const cells = new Map<string, [number, number, number]>();
  for (const { codes, weight, value } of list) {
    if (weight === 0) continue;
    const key = of.map((axis) => codes[axis]).join();
    const [n, sum, squares] = cells.get(key) ?? [0, 0, 0];
    cells.set(key, [n + weight, sum + weight * (value - 3), squares + weight * (value - 3) ** 2]);
  }
  return cells;
}

function asMap(counts: Counts): Map<string, [number, number, number]> {
  const width = counts.axes.length;
  return new Map(
    Array.from(counts.weight, (weight, cell) => [
      counts.codes.slice(cell * width, (cell + 1) * width).join(),
      [weight, counts.outcome?.sum[cell] as number, counts.outcome?.squares[cell] as number],
    ]),
  );
}

const sorted = (counts: Counts): boolean => {
  const width = counts.axes.length;
  const codes = Array.from(counts.weight, (_, cell) => counts.codes.slice(cell * width, (cell + 1) * width));
  return codes.every((code, cell) => cell === 0 || compare(codes[cell - 1] as Int32Array, code) < 0);
};
const compare = (a: Int32Array, b: Int32Array): number => {
  const at = a.findIndex((code, i) => code !== b[i]);
  return at === -1 ? 0 : (a[at] as number) - (b[at] as number);
};

describe('tally and marginal', () => {
  test('agree with sums by hand, for every set of axes in every order', () => {
    fc.assert(
      fc.property(rows, fc.shuffledSubarray([0, 1, 2]), (list, of) => {
        const joint = tableOf(list, { outcome: true });
        const margin = marginal(
          joint,
          of.map((axis) => axes[axis] as string),
        );
        expect(asMap(margin)).toEqual(naive(list, of));
        expect(sorted(joint) && sorted(margin)).toBe(true);
        expect(margin.total).toBe(joint.total);
      }),
      { seed: 1 },
    );
  });

  test('a margin of a margin is the margin', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const joint = tableOf(list, { rows: true, outcome: true });
        expect(marginal(marginal(joint, ['C', 'A']), ['A'])).toEqual(marginal(joint, ['A']));
      }),
      { seed: 2 },
    );
  });

  test('many wide axes: keys beyond 2^53 are still told apart and sorted', () => {
    const width = 30;
    const size = 97;
    const names = Array.from({ length: width }, (_, i) => `V${i}`);
    const length = 500;
    const codes = names.map((_, axis) =>
      Int32Array.from({ length }, (_, i) => (axis === 17 ? i % 7 : axis === 29 ? i % 11 : (axis * 31) % size)),
    );
    const wide = Array.from({ length: size }, (_, i) => String(i));
    const counts = tally({ axes: names, levels: names.map(() => wide), codes, length });
    expect(counts.weight.length).toBe(77);
    expect(sorted(counts)).toBe(true);
    expect(counts.total).toBe(length);
    const margin = marginal(counts, ['V29', 'V17', 'V3']);
    const expected = new Map<string, number>();
    for (let i = 0; i < length; i++) expected.set(`${i % 11},${i % 7},${93}`, (expected.get(`${i % 11},${i % 7},${93}`) ?? 0) + 1);
    expect(sorted(margin)).toBe(true);
    expect(new Map([...asMap(margin)].map(([code, [weight]]) => [code, weight]))).toEqual(expected);
  });
});

describe('mergeCounts is a commutative monoid with emptyCounts', () => {
  test('laws', () => {
    fc.assert(
      fc.property(rows, rows, rows, fc.boolean(), fc.boolean(), (a, b, c, withRows, outcome) => {
        const [p, q, r] = [a, b, c].map((list) => tableOf(list, { rows: withRows, outcome })) as [Counts, Counts, Counts];
        expect(mergeCounts(p, q)).toEqual(mergeCounts(q, p));
        expect(mergeCounts(mergeCounts(p, q), r)).toEqual(mergeCounts(p, mergeCounts(q, r)));
        expect(mergeCounts(p, emptyCounts(p))).toEqual(p);
        expect(mergeCounts(p, q)).toEqual(tableOf([...a, ...b], { rows: withRows, outcome }));
        expect(marginal(mergeCounts(p, q), ['B'])).toEqual(mergeCounts(marginal(p, ['B']), marginal(q, ['B'])));
      }),
      { seed: 3 },
    );
  });

  test('tables of different shape are a fault', () => {
    const table = tableOf([{ codes: [0, 0, 0], weight: 1, value: 0 }]);
    expect(() => mergeCounts(table, marginal(table, ['A']))).toThrow(RangeError);
  });
});

test("Kish's effective size", () => {
  expect(effectiveSize(Float64Array.of(2, 2, 2))).toBe(3);
  expect(effectiveSize(Float64Array.of(1, 3))).toBeCloseTo(16 / 10, 12);
  expect(effectiveSize(Float64Array.of())).toBe(0);
});
