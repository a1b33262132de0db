import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inferSchema } from '../../../engine/src/data/infer.ts';
import { type Columns, type MomentQuery, momentsOfColumns } from '../../../engine/src/data/moments.ts';
import type { Study } from '../../../engine/src/data/study.ts';
import { openDuckdb } from '../../src/studies/duckdb.ts';
import { nodeSources } from '../../src/studies/files.ts';
import { quoteText } from '../../src/studies/sql.ts';

const directory = mkdtempSync(join(tmpdir(), 'doable-moments-'));
const sources = nodeSources(directory, { threads: 2, smallFile: 0 });
const rows = 300_000;
const [a, b] = [(i: number): number => ((i * 7919) % 65_537) / 1024, (i: number): number => ((i * 104_729) % 131_071) / 4096 - 16];
const level = (i: number): number => (i * 31) % 5;

beforeAll(async () => {
  const writer = await openDuckdb({ threads: 2 });
  const select = `SELECT ((i * 7919) % 65537) / 1024.0::DOUBLE AS A, ((i * 104729) % 131071) / 4096.0::DOUBLE - 16 AS B, (i * 31) % 5 AS G FROM range(${rows}) t(i)`;
  await writer.run(`COPY (${select}) TO ${quoteText(join(directory, 'many.parquet'))} (FORMAT parquet, ROW_GROUP_SIZE 20000)`);
  await writer.run(`COPY (${select}) TO ${quoteText(join(directory, 'many.csv'))}`);
  writer.close();
});
afterAll(() => {
  sources.close();
  rmSync(directory, { recursive: true, force: true });
});

async function open(data: string, where?: string): Promise<Study> {
  const spec = { name: 's', regime: { set: [] }, ...(where !== undefined && { where }) };
  const source = await sources.openSource(spec, data);
  const declared = new Map([
    ['A', { real: true }],
    ['B', { real: true }],
  ]);
  const summary = source.ok ? await source.value.summary({ declared }) : source;
  const schema = summary.ok ? inferSchema(declared, [{ spec, summary: summary.value }]) : summary;
  const study = schema.ok && source.ok ? await source.value.open(schema.value) : schema;
  if (!study.ok || !('columns' in study.value)) throw new Error(JSON.stringify(study));
  return study.value;
}

const query: MomentQuery = {
  features: [
    [],
    [{ of: 'A', power: 1 }],
    [{ of: 'B', power: 1 }],
    [
      { of: 'A', power: 1 },
      { of: 'B', power: 1 },
    ],
    [{ of: 'G', level: '3' }],
    ...Array.from({ length: 4 }, (_, index) => [{ of: 'B', knots: [-2, -2, -2, -2, 2, 2, 2, 2], degree: 3, index }] as const),
  ],
  scales: new Map([
    ['A', { center: 32, scale: 16 }],
    ['B', { center: 0, scale: 8 }],
  ]),
};

test.each(['many.parquet', 'many.csv'])(
  '%s: many row groups on two threads come in storage order, and give the same digits every time',
  async (file) => {
    const study = await open(file);
    let at = 0;
    let wrong = 0;
    for await (const { length, numbers, codes } of study.columns(['A', 'B', 'G'])) {
      for (let r = 0; r < length; r++, at++)
        if (numbers.get('A')?.[r] !== a(at) || numbers.get('B')?.[r] !== b(at) || codes.get('G')?.[r] !== level(at)) wrong++;
    }
    expect([at, wrong]).toEqual([rows, 0]);
    const asked = { ...query, groups: 4 };
    const seen = await study.moments(asked);
    expect(await study.moments(asked)).toEqual(seen);
    const whole = {
      length: rows,
      numbers: new Map([
        ['A', Float64Array.from({ length: rows }, (_, i) => a(i))],
        ['B', Float64Array.from({ length: rows }, (_, i) => b(i))],
      ]),
      codes: new Map([['G', Int32Array.from({ length: rows }, (_, i) => level(i))]]),
    };
    async function* held(): AsyncIterable<Columns> {
      yield whole;
    }
    const memory = await momentsOfColumns(held(), asked, study.domains);
    const near = (x: Float64Array, y: Float64Array | undefined): void => {
      x.forEach((value, i) => {
        expect(Math.abs(value - (y?.[i] as number))).toBeLessThanOrEqual(1e-12 * rows);
      });
    };
    near(seen.products, memory.products);
    seen.groups?.forEach((group, i) => {
      expect(group.records).toBe(memory.groups?.[i]?.records);
      near(group.products, memory.groups?.[i]?.products);
    });
  },
);

test('a stream that ends early, one that fails, and several at once', async () => {
  const study = await open('many.parquet');
  for await (const { length } of study.columns(['A'])) {
    expect(length).toBeGreaterThan(0);
    break;
  }
  const [first, second, counts] = await Promise.all([study.moments(query), study.moments(query), study.counts(['G'])]);
  expect(second).toEqual(first);
  expect(counts.total).toBe(rows);
  rmSync(join(directory, 'many.parquet'));
  await expect(study.moments(query)).rejects.toThrow('many.parquet');
});
