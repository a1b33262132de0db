import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tally } from '../../src/data/accumulate.ts';
import {
  type Columns,
  type Feature,
  featureReader,
  type Moments,
  mergeMoments,
  momentsOfColumns,
  noMoments,
} from '../../src/data/moments.ts';
import { countsStudy } from '../../src/data/records.ts';
import type { Domain } from '../../src/graph/variable.ts';
import { Random } from '../../src/math/random.ts';
import { Interrupted } from '../../src/run/progress.ts';
import { double, exactMoments, factorAt } from './exact-sums.ts';
import { expectExact, joined } from './moments-suite.ts';

const domains = new Map<string, Domain>([
  ['A', { kind: 'real' }],
  ['B', { kind: 'real' }],
  ['G', { kind: 'finite', levels: ['0', '1', '2'] }],
]);
const features: Feature[] = [
  [],
  [{ of: 'A', power: 1 }],
  [
    { of: 'A', power: 1 },
    { of: 'B', power: 2 },
  ],
  [{ of: 'G', level: '1' }],
  [
    { of: 'G', power: 1 },
    { of: 'B', power: 1 },
  ],
];
const query = { features, scales: new Map() };

interface Row {
  readonly a: number;
  readonly b: number;
  readonly g: number;
  readonly w: number;
}
const columnsOf = (rows: readonly Row[], weighted: boolean): Columns => ({
  length: rows.length,
  numbers: new Map([
    ['A', Float64Array.from(rows, ({ a }) => a)],
    ['B', Float64Array.from(rows, ({ b }) => b)],
  ]),
  codes: new Map([['G', Int32Array.from(rows, ({ g }) => g)]]),
  ...(weighted && { weights: Float64Array.from(rows, ({ w }) => w) }),
});
async function* batchesOf(rows: readonly Row[], weighted: boolean, cuts: readonly number[] = []): AsyncIterable<Columns> {
  let from = 0;
  for (const to of [...cuts.map((cut) => cut % (rows.length + 1)).sort((a, b) => a - b), rows.length]) {
    if (to > from) yield columnsOf(rows.slice(from, to), weighted);
    from = Math.max(from, to);
  }
}
const small = fc.integer({ min: -8, max: 8 });
const row = fc.record({ a: small, b: small, g: fc.nat(2), w: fc.integer({ min: 1, max: 9 }) });
const shard = fc.array(row, { maxLength: 40 });

describe('moments are a commutative monoid', () => {
  test('whole numbers: associative, commutative, zero; merged shards are one pass, however batches are cut', async () => {
    const cuts = fc.array(fc.nat(1000), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        shard,
        shard,
        shard,
        fc.boolean(),
        fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        cuts,
        async (a, b, c, weighted, groups, at) => {
          const asked = { ...query, ...(groups !== undefined && { groups }) };
          const of = (rows: readonly Row[], where: readonly number[] = []): Promise<Moments> =>
            momentsOfColumns(batchesOf(rows, weighted, where), asked, domains);
          const [x, y, z] = [await of(a), await of(b), await of(c)];
          expect(mergeMoments(mergeMoments(x, y), z)).toEqual(mergeMoments(x, mergeMoments(y, z)));
          expect(mergeMoments(x, y)).toEqual(mergeMoments(y, x));
          expect(mergeMoments(x, noMoments(5))).toEqual(x);
          expect(mergeMoments(noMoments(5), x)).toEqual(x);
          expect(await of(a, at)).toEqual(x);
          const { groups: merged, ...whole } = mergeMoments(x, y);
          const { groups: _, ...once } = await of([...a, ...b]);
          expect(whole).toEqual(once);
          expect(merged?.length).toBe(groups);
          for (const one of [x, y, z]) if (one.groups) expect({ ...one.groups.reduce(mergeMoments), groups: one.groups }).toEqual(one);
        },
      ),
      { numRuns: 150, seed: 3 },
    );
  });

  test('groups of shards that start at a multiple of their number are those of one pass', async () => {
    const random = new Random(1);
    const rows = Array.from({ length: 50 }, () => ({ a: random.integer(9), b: random.integer(9), g: random.integer(3), w: 1 }));
    const asked = { ...query, groups: 4 };
    const of = (part: readonly Row[]): Promise<Moments> => momentsOfColumns(batchesOf(part, false, [7, 12]), asked, domains);
    expect(mergeMoments(await of(rows.slice(0, 24)), await of(rows.slice(24)))).toEqual(await of(rows));
  });

  test('what does not fit together is a fault', async () => {
    const one = await momentsOfColumns(batchesOf([{ a: 1, b: 1, g: 0, w: 1 }], false), { ...query, groups: 2 }, domains);
    const { groups: _, ...plain } = one;
    expect(() => mergeMoments(one, noMoments(4))).toThrow(RangeError);
    expect(() => mergeMoments(one, plain)).toThrow(RangeError);
    const three = await momentsOfColumns(batchesOf([], false), { ...query, groups: 3 }, domains);
    expect(() => mergeMoments(one, three)).toThrow(RangeError);
    const asked =
      (feature: Feature, groups?: number): (() => unknown) =>
      () =>
        featureReader({ ...query, features: [feature], ...(groups !== undefined && { groups }) }, domains);
    const knots = [0, 1, 2, 3];
    for (const bad of [
      asked([{ of: 'A', power: 0.5 }]),
      asked([{ of: 'A', power: -1 }]),
      asked([{ of: 'A', knots: [0, 2, 1], degree: 1, index: 0 }]),
      asked([{ of: 'A', knots, degree: 2, index: 1 }]),
      asked([{ of: 'A', knots, degree: 1.5, index: 0 }]),
    ])
      expect(bad).toThrow(RangeError);
    await expect(momentsOfColumns(batchesOf([], false), { ...query, groups: 0 }, domains)).rejects.toThrow(RangeError);
  });
});

describe('sums over many records', () => {
  const random = new Random(2);
  const rows = Array.from({ length: 3000 }, () => ({
    a: 1e6 + random.normal(),
    b: random.normal() ** 3,
    g: random.integer(3),
    w: 1 + random.integer(9),
  }));
  const scales = new Map([
    ['A', { center: 1e6, scale: 0.75 }],
    ['B', { center: 0.5, scale: 3 }],
  ]);
  const all = Array.from({ length: rows.length }, (_, i) => i);

  test('against exact sums, weights and groups included', async () => {
    const asked = { features, scales, groups: 7 };
    for (const weighted of [false, true]) {
      const seen = await momentsOfColumns(batchesOf(rows, weighted, [700, 701, 2048]), asked, domains);
      const columns = columnsOf(rows, weighted);
      expectExact(seen, exactMoments(asked, columns, domains, all), 1e-14);
      expectExact(
        seen.groups?.[5] as Moments,
        exactMoments(
          asked,
          columns,
          domains,
          all.filter((i) => i % 7 === 5),
        ),
        1e-14,
      );
    }
  });

  test('progress is told, pauses are kept, a signal stops it', async () => {
    const told: number[] = [];
    let pauses = 0;
    const many = Array.from({ length: 50 }, () => rows).flat();
    await momentsOfColumns(batchesOf(many, false, [70_000, 140_000]), query, domains, {
      onProgress: ({ done }) => told.push(done),
      pause: async () => {
        pauses++;
      },
    });
    expect([told, pauses]).toEqual([[70_000, 140_000, 150_000], 2]);
    await expect(momentsOfColumns(batchesOf(rows, false), query, domains, { signal: { aborted: true } })).rejects.toThrow(Interrupted);
  });
});

describe('features', () => {
  const read = (list: readonly Feature[], x: readonly number[], log: readonly string[] = []): number[] => {
    const columns = { length: x.length, numbers: new Map([['A', Float64Array.from(x)]]), codes: new Map() };
    const out = new Float64Array(list.length * x.length);
    featureReader({ features: list, scales: new Map([['A', { center: 1, scale: 2 }]]), log }, domains)(columns, out);
    return [...out];
  };

  test('B-splines of any degree on any knots, by their recursive definition', () => {
    const knotsOf = fc
      .array(fc.integer({ min: -6, max: 6 }), { minLength: 2, maxLength: 12 })
      .map((list) => list.map((k) => k / 2).sort((a, b) => a - b));
    fc.assert(
      fc.property(
        knotsOf,
        fc.nat(4),
        fc.array(fc.integer({ min: -28, max: 28 }), { minLength: 1, maxLength: 12 }),
        (knots, degree, points) => {
          const count = knots.length - degree - 1;
          fc.pre(count > 0);
          const x = points.map((point) => point / 4 + 1);
          const list = Array.from({ length: count }, (_, index): Feature => [{ of: 'A', knots, degree, index }]);
          const seen = read(list, x);
          const columns = { length: x.length, numbers: new Map([['A', Float64Array.from(x)]]), codes: new Map() };
          const asked = { features: list, scales: new Map([['A', { center: 1, scale: 2 }]]) };
          x.forEach((_, r) => {
            list.forEach(([factor], f) => {
              const exact = factor === undefined ? 1 : double(factorAt(factor, asked, columns, domains, r));
              expect(Math.abs((seen[r * count + f] as number) - exact)).toBeLessThan(1e-13);
            });
          });
        },
      ),
      { numRuns: 300, seed: 5 },
    );
  });

  test('with ends repeated they add up to 1 up to both ends, and are 0 beyond', () => {
    const knots = [-1, -1, -1, -1, -0.3, 0, 0.8, 1, 1, 1, 1];
    const list = Array.from({ length: 7 }, (_, index): Feature => [{ of: 'A', knots, degree: 3, index }]);
    const sumAt = (x: number): number => read(list, [x]).reduce((sum, value) => sum + value, 0);
    for (const x of [-1, -0.99, 0.5, 1, 2.6, 2.999, 3]) expect(sumAt(x)).toBeCloseTo(1, 14);
    for (const x of [-1.001, 3.001, -50, 50]) expect(sumAt(x)).toBe(0);
    expect(read(list, [3])).toEqual([0, 0, 0, 0, 0, 0, 1]);
    expect(read(list, [Number.NaN])[0]).toBeNaN();
  });

  test('row-major, one row a record; a reader can be used again for batches of other lengths', () => {
    const reader = featureReader(query, domains);
    const rows = [
      { a: 2, b: 3, g: 1, w: 1 },
      { a: -1, b: 2, g: 2, w: 1 },
    ];
    const out = new Float64Array(10);
    reader(columnsOf(rows.slice(1), false), out);
    expect([...out.subarray(0, 5)]).toEqual([1, -1, -4, 0, 4]);
    reader(columnsOf(rows, false), out);
    expect([...out]).toEqual([1, 2, 18, 1, 3, 1, -1, -4, 0, 4]);
    reader(columnsOf(rows.slice(0, 1), false), out);
    expect([...out.subarray(0, 5)]).toEqual([1, 2, 18, 1, 3]);
  });
});

test('a study given by its table has cells as records', async () => {
  const counts = tally({
    axes: ['G', 'H'],
    levels: [
      ['0', '1', '2'],
      ['no', 'yes'],
    ],
    codes: [Int32Array.of(2, 0, 2, 1), Int32Array.of(0, 1, 0, 1)],
    length: 4,
    weight: Float64Array.of(0.125, 0.25, 0.125, 0.5),
    exact: true,
  });
  const study = countsStudy('exact', counts);
  const columns = await joined(study.columns(['H', 'G']));
  expect([columns.length, [...(columns.codes.get('G') ?? [])], [...(columns.weights ?? [])]]).toEqual([3, [0, 1, 2], [0.25, 0.5, 0.25]]);
  const seen = await study.moments({ features: [[], [{ of: 'G', power: 1 }], [{ of: 'H', level: 'yes' }]], scales: new Map() });
  expect([seen.records, seen.weight, [...seen.products]]).toEqual([3, 1, [1, 1, 0.75, 1, 1.5, 0.5, 0.75, 0.5, 0.75]]);
  expect((await study.ranges(['G'])).get('G')).toEqual({ count: 3, mean: 1, sd: Math.SQRT1_2, least: 0, most: 2 });
});
