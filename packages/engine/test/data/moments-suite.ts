import { describe, expect, test } from 'vitest';
import { inferSchema } from '../../src/data/infer.ts';
import type { Columns, Feature, MomentQuery, Moments } from '../../src/data/moments.ts';
import type { Declared, StudySpec } from '../../src/data/source.ts';
import type { Study } from '../../src/data/study.ts';
import { absolute, double, type ExactMoments, exactMoments, fixed } from './exact-sums.ts';
import type { Abilities, Make, SuiteCell, SuiteTable } from './study-suite.ts';

/** All batches in one. */
export async function joined(batches: AsyncIterable<Columns>): Promise<Columns> {
  const numbers = new Map<string, number[]>();
  const codes = new Map<string, number[]>();
  const weights: number[] = [];
  let length = 0;
  for await (const batch of batches) {
    expect(batch.length).toBeGreaterThan(0);
    expect(batch.length).toBeLessThanOrEqual(65536);
    for (const [name, column] of batch.numbers) numbers.set(name, [...(numbers.get(name) ?? []), ...column]);
    for (const [name, column] of batch.codes) codes.set(name, [...(codes.get(name) ?? []), ...column]);
    weights.push(...(batch.weights ?? []));
    length += batch.length;
  }
  return {
    length,
    numbers: new Map([...numbers].map(([name, column]) => [name, Float64Array.from(column)])),
    codes: new Map([...codes].map(([name, column]) => [name, Int32Array.from(column)])),
    ...(weights.length > 0 && { weights: Float64Array.from(weights) }),
  };
}

/** Every sum is within 1e-12 of the sum of the absolute values of its terms. */
export function expectExact(seen: Moments, exact: ExactMoments, tolerance = 1e-12): void {
  expect(seen.products.length).toBe(exact.sums.length);
  const weight = double(absolute(exact.weight - fixed(seen.weight)));
  expect(weight).toBeLessThanOrEqual(tolerance * double(exact.weight));
  exact.sums.forEach((sum, i) => {
    const error = double(absolute(sum - fixed(seen.products[i] as number)));
    if (!(error <= tolerance * double(exact.sizes[i] as bigint)))
      expect({ i, seen: seen.products[i], exact: double(sum), error }).toBe('exact');
  });
}

const every = (length: number, first = 0, step = 1): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((length - first) / step)) }, (_, i) => first + i * step);

const knots = [-2, -2, -2, -2, -1, -0.25, 0.5, 2, 2, 2, 2];
const spline = (of: string, index: number): Feature => [{ of, knots, degree: 3, index }];
const power = (of: string, k = 1): Feature => [{ of, power: k }];
const level = (of: string, value: string): Feature => [{ of, level: value }];

/** One set of expectations for the records, moments and ranges of every kind of source. */
export function momentsSuite(label: string, make: Make, abilities: Pick<Abilities, 'where' | 'mixed'>): void {
  const open = async (spec: Partial<StudySpec>, table: SuiteTable, declared: Record<string, Declared> = {}): Promise<Study> => {
    const full = { name: 's', regime: { set: [] }, ...spec };
    const source = await make(full, table);
    const wanted = { declared: new Map(Object.entries(declared)) };
    const summary = await source.summary(wanted);
    const schema = summary.ok ? inferSchema(wanted.declared, [{ spec: full, summary: summary.value }]) : summary;
    const study = schema.ok ? await source.open(schema.value) : schema;
    if (!study.ok) throw new Error(JSON.stringify(study.issues));
    return study.value;
  };
  /** Moments and their groups against exact sums over the records as `columns` gives them. */
  const expectMoments = async (study: Study, query: MomentQuery): Promise<Moments> => {
    const names = [...new Set(query.features.flat().map(({ of }) => of))];
    const columns = await joined(study.columns(names));
    const seen = await study.moments(query);
    expect([seen.records, seen.size]).toEqual([columns.length, query.features.length]);
    expectExact(seen, exactMoments(query, columns, study.domains, every(columns.length)));
    const free = await study.moments({ ...query, order: 'any' });
    expect([free.records, free.size]).toEqual([seen.records, seen.size]);
    expectExact(free, exactMoments(query, columns, study.domains, every(columns.length)));
    const grouped = await study.moments({ ...query, groups: 3 });
    expect(grouped.groups?.map(({ records }) => records)).toEqual([0, 1, 2].map((group) => every(columns.length, group, 3).length));
    grouped.groups?.forEach((own, group) => {
      expectExact(own, exactMoments(query, columns, study.domains, every(columns.length, group, 3)));
    });
    expectExact(grouped, exactMoments(query, columns, study.domains, every(columns.length)));
    return seen;
  };

  const rows = Array.from({ length: 60 }, (_, i): SuiteCell[] => [
    ((i * 37) % 61) / 8 - 3.5,
    Math.round(Math.sin(i) * 2048) / 1024,
    ['low', 'mid', 'high'][((i * i) >> 1) % 3] as string,
    i % 4,
    (i % 5) + (i % 3 === 0 ? 0 : 1),
  ]);
  const table: SuiteTable = { header: ['A', 'B', 'G', 'D', 'n'], rows };
  const declared = { A: { real: true }, B: { real: true } };
  const features: Feature[] = [
    [],
    power('A'),
    power('B'),
    power('A', 3),
    [
      { of: 'A', power: 1 },
      { of: 'B', power: 2 },
    ],
    level('G', 'mid'),
    [
      { of: 'G', level: 'high' },
      { of: 'B', power: 1 },
    ],
    power('D', 2),
    level('D', '3'),
  ];
  const splines: Feature[] = [...Array.from({ length: 7 }, (_, i) => spline('B', i)), [...spline('B', 3), ...spline('A', 2)]];
  const scales = new Map([
    ['A', { center: 0.5, scale: 2 }],
    ['B', { center: -0.125, scale: 1.25 }],
  ]);

  describe(`${label}: moments`, () => {
    test('records come in storage order', async () => {
      const study = await open({}, { header: ['A', 'B', 'G', 'D'], rows: rows.map((row) => row.slice(0, 4)) }, declared);
      const { length, numbers, codes, weights } = await joined(study.columns(['D', 'A', 'G', 'A']));
      expect([length, weights]).toEqual([60, undefined]);
      expect([...(numbers.get('A') ?? [])]).toEqual(rows.map(([a]) => a));
      expect(Array.from(codes.get('G') ?? [], (code) => ['high', 'low', 'mid'][code])).toEqual(rows.map((row) => row[2]));
      expect([...(codes.get('D') ?? [])]).toEqual(rows.map((row) => row[3]));
      expect((await joined(study.columns([]))).length).toBe(60);
      await expect(joined(study.columns(['Q']))).rejects.toThrow(RangeError);
      await expect(study.moments({ features: [power('Q')], scales })).rejects.toThrow(RangeError);
      await expect(study.moments({ features: [power('G')], scales })).rejects.toThrow(RangeError);
      await expect(study.moments({ features: [level('G', 'none')], scales })).rejects.toThrow(RangeError);
      await expect(study.moments({ features: [level('A', '1')], scales })).rejects.toThrow(RangeError);
    });

    test('a study can be asked in between', async () => {
      const study = await open({}, table, declared);
      const seen: number[] = [];
      for await (const batch of study.columns(['A'])) {
        for await (const other of study.columns(['B'])) seen.push(batch.length, other.length);
        seen.push((await study.counts(['G'])).total);
        break;
      }
      expect(seen).toEqual([60, 60, 60]);
      expect((await study.moments({ features: [[]], scales })).products).toEqual(Float64Array.of(60));
    });

    test.each(['rows', 'count', 'weight'] as const)('sums of products, powers, levels: %s', async (measure) => {
      const study = await open(measure === 'rows' ? {} : { [measure]: 'n' }, table, declared);
      const seen = await expectMoments(study, { features, scales });
      const weights = rows.map((row) => (measure === 'rows' ? 1 : (row[4] as number)));
      expect(seen.weight).toBe(weights.reduce((sum, weight) => sum + weight, 0));
      expect(seen.records).toBe(weights.filter((weight) => weight > 0).length);
      const mids = rows.reduce((sum, row, i) => sum + (row[2] === 'mid' ? (weights[i] as number) : 0), 0);
      expect([seen.products[0], seen.products[5], seen.products[5 * 9 + 5]]).toEqual([seen.weight, mids, mids]);
    });

    test.each(['rows', 'count', 'weight'] as const)('finite variables with one real outcome: %s', async (measure) => {
      const study = await open(measure === 'rows' ? {} : { [measure]: 'n' }, table, declared);
      const finite = [[], level('G', 'mid'), level('D', '3'), power('D', 2), [...level('G', 'low'), ...power('D')]];
      const kept = rows.filter((row) => measure === 'rows' || (row[4] as number) > 0).length;
      expect((await expectMoments(study, { features: finite, scales: new Map([['D', { center: 1.5, scale: 0.5 }]]) })).records).toBe(kept);
      const linear = [...finite, power('B'), [...power('B'), ...level('G', 'high')], [...power('B', 0), ...power('D')]];
      expect((await expectMoments(study, { features: linear, scales })).records).toBe(kept);
      await expectMoments(study, { features: [...linear, power('B', 2)], scales });
      await expectMoments(study, { features: [...linear, [...power('B'), ...power('B')]], scales });
    });

    test('B-splines, tensor products, logarithms', async () => {
      const positive = {
        header: ['A', 'B', 'G'],
        rows: rows.map(([a, b, g]): SuiteCell[] => [a as number, Math.exp(b as number), g as string]),
      };
      const study = await open({}, { header: ['A', 'B', 'G'], rows: rows.map((row) => row.slice(0, 3)) }, declared);
      const seen = await expectMoments(study, { features: [[], ...splines, level('G', 'low')], scales });
      expect(seen.products.slice(1, 8).reduce((sum, value) => sum + value, 0)).toBeCloseTo(60, 10);
      const logged = await open({}, positive, declared);
      await expectMoments(logged, { features: [[], power('A'), power('B'), power('B', 2), ...splines], scales, log: ['B'] });
      await expectMoments(logged, { features: [[], power('A'), power('B'), power('B', 2)], scales, log: ['B'] });
      for (const order of [{}, { order: 'any' as const }]) {
        const undefinedAt = await logged.moments({ features: [[], power('A'), power('B')], scales, log: ['A'], ...order });
        expect([undefinedAt.products[0], undefinedAt.products[1]]).toEqual([60, Number.NaN]);
      }
    });

    test('many features', async () => {
      const study = await open({}, { header: ['A', 'B'], rows: rows.map((row) => row.slice(0, 2)) }, declared);
      const many = Array.from(
        { length: 33 },
        (_, i): Feature => (i % 2 === 0 ? power('A', i % 5) : [...power('B', i % 4), ...power('A', i % 3)]),
      );
      await expectMoments(study, { features: many, scales: new Map([['A', { center: 0, scale: 4 }]]) });
    });

    test('large means: what is shifted does not cancel', async () => {
      const high: SuiteTable = { header: ['A', 'B'], rows: rows.map(([a, b]) => [1e9 + (a as number) / 1024, -3e7 + (b as number) / 64]) };
      const study = await open({}, high, declared);
      const shifted = new Map([
        ['A', { center: 1e9, scale: 0.001 }],
        ['B', { center: -3e7, scale: 0.03125 }],
      ]);
      await expectMoments(study, { features: [[], power('A'), power('B'), power('A', 2)], scales: shifted });
      const ranges = await study.ranges(['A', 'B']);
      const values = high.rows.map(([a]) => (a as number) - 1e9);
      const mean = values.reduce((sum, value) => sum + value, 0) / 60;
      const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 60);
      expect((ranges.get('A')?.mean as number) - 1e9).toBeCloseTo(mean, 6);
      expect((ranges.get('A')?.sd as number) / sd).toBeCloseTo(1, 9);
    });

    test('ranges: weighted mean and standard deviation, least and greatest', async () => {
      for (const measure of ['rows', 'count', 'weight'] as const) {
        const study = await open(measure === 'rows' ? {} : { [measure]: 'n' }, table, declared);
        const kept = rows.filter((row) => measure === 'rows' || (row[4] as number) > 0);
        const ranges = await study.ranges(['B', 'D']);
        for (const [name, at] of [
          ['B', 1],
          ['D', 3],
        ] as const) {
          const [values, weights] = [
            kept.map((row) => row[at] as number),
            kept.map((row) => (measure === 'rows' ? 1 : (row[4] as number))),
          ];
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const mean = values.reduce((sum, value, i) => sum + value * (weights[i] as number), 0) / total;
          const variance = values.reduce((sum, value, i) => sum + (weights[i] as number) * (value - mean) ** 2, 0) / total;
          const range = ranges.get(name);
          expect([range?.count, range?.least, range?.most]).toEqual([kept.length, Math.min(...values), Math.max(...values)]);
          expect(range?.mean).toBeCloseTo(mean, 12);
          expect(range?.sd).toBeCloseTo(Math.sqrt(variance), 12);
        }
        await expect(study.ranges(['G'])).rejects.toThrow(RangeError);
      }
    });

    test('missing cells dropped, columns renamed, constants of what was set, cut variables', async () => {
      const holes: SuiteTable = {
        header: ['dose', 'Age', 'Y'],
        rows: [
          ...rows.map(([a, b, g]): SuiteCell[] => [a as number, (b as number) * 10, g as string]),
          [null, 1, 'low'],
          [1.5, null, 'mid'],
        ],
      };
      const study = await open(
        { missing: 'drop', columns: { A: 'dose' }, regime: { set: ['S', 'T'], fixed: { S: '2.50', T: 'b' } } },
        holes,
        { A: { real: true }, Age: { cut: [-5, 0, 12.5] }, S: { real: true }, T: { levels: ['a', 'b'] } },
      );
      expect(study.size).toBe(60);
      const columns = await joined(study.columns(['A', 'Age', 'S', 'T']));
      expect([...(columns.numbers.get('A') ?? [])]).toEqual(rows.map(([a]) => a));
      expect([...new Set(columns.numbers.get('S'))]).toEqual([2.5]);
      expect([...new Set(columns.codes.get('T'))]).toEqual([1]);
      const interval = (x: number): number => [-5, 0, 12.5].filter((cut) => x >= cut).length;
      expect([...(columns.codes.get('Age') ?? [])]).toEqual(rows.map(([, b]) => interval((b as number) * 10)));
      await expectMoments(study, {
        features: [
          [],
          power('A'),
          power('S', 2),
          level('T', 'b'),
          level('T', 'a'),
          level('Age', '<-5'),
          level('Age', '[0,12.5)'),
          level('Y', 'mid'),
        ],
        scales: new Map([['S', { center: 2, scale: 1 }]]),
      });
      expect((await study.ranges(['S', 'A'])).get('S')).toEqual({ count: 60, mean: 2.5, sd: 0, least: 2.5, most: 2.5 });
    });

    test('booleans, numbers as levels and odd texts', async () => {
      const odd: SuiteTable = {
        header: ['T', 'F', 'K', 'A'],
        rows: rows.map(([a], i): SuiteCell[] => [
          i % 3 === 0,
          (i % 2) / 2,
          ["it's", ' spaced ', 'a, "b"', '是'][i % 4] as string,
          a as number,
        ]),
      };
      const study = await open({}, odd, { A: { real: true }, F: { levels: ['0.5', '0'] } });
      const columns = await joined(study.columns(['T', 'F', 'K']));
      const texts = (name: string): (string | undefined)[] => {
        const domain = study.domains.get(name);
        return Array.from(columns.codes.get(name) ?? [], (code) => (domain?.kind === 'finite' ? domain.levels[code] : undefined));
      };
      expect(texts('T')).toEqual(odd.rows.map(([t]) => String(t)));
      expect(texts('F')).toEqual(odd.rows.map((row) => String(row[1])));
      expect(texts('K')).toEqual(odd.rows.map((row) => String(row[2]).trim()));
      await expectMoments(study, {
        features: [
          [],
          level('T', 'true'),
          level('K', "it's"),
          level('K', 'spaced'),
          level('K', '是'),
          power('F'),
          level('F', '0.5'),
          power('A'),
        ],
        scales,
      });
    });

    test('exact probabilities: cells are records', async () => {
      const cells: SuiteTable = {
        header: ['X', 'Y', 'p'],
        rows: [
          [0, 1.5, 0.25],
          [0, 2.5, 0.25],
          [1, 4, 0.5],
          [1, 5, 0],
        ],
      };
      const study = await open({ probability: 'p' }, cells, { Y: { real: true }, X: { levels: ['0', '1'] } });
      const seen = await expectMoments(study, { features: [[], power('Y'), level('X', '1')], scales: new Map() });
      expect([seen.records, seen.weight, seen.products[1]]).toEqual([3, 1, 3]);
      const sample = await open({ probability: 'p', size: 8 }, cells, { Y: { real: true }, X: { levels: ['0', '1'] } });
      expect((await sample.moments({ features: [[], power('Y')], scales: new Map() })).products).toEqual(Float64Array.of(8, 24, 24, 81));
    });

    test.skipIf(!abilities.where)('only rows that meet "where" [else: no SQL]', async () => {
      const study = await open({ where: `"G" = 'mid' AND CAST("A" AS DOUBLE) > 0` }, table, declared);
      const kept = rows.filter((row) => row[2] === 'mid' && (row[0] as number) > 0);
      expect([...((await joined(study.columns(['B']))).numbers.get('B') ?? [])]).toEqual(kept.map((row) => row[1]));
      await expectMoments(study, { features: [[], power('A'), power('B')], scales });
    });
  });
}
