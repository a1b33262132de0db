import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inferSchema } from '../../../engine/src/data/infer.ts';
import type { Declared, StudySpec } from '../../../engine/src/data/source.ts';
import type { Study } from '../../../engine/src/data/study.ts';
import type { Issue, Result } from '../../../engine/src/run/issue.ts';
import { cellsOf } from '../../../engine/test/data/study-suite.ts';
import { type Duckdb, openDuckdb } from '../../src/studies/duckdb.ts';
import { nodeSources } from '../../src/studies/files.ts';
import { quoteName, quoteText } from '../../src/studies/sql.ts';

const directory = mkdtempSync(join(tmpdir(), 'doable-adapter-'));
const sources = nodeSources(directory, { threads: 2, smallFile: 0 });
let writer: Duckdb;
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(directory, name), content);
  return name;
};
beforeAll(async () => {
  writer = await openDuckdb({ threads: 2 });
});
afterAll(() => {
  writer.close();
  sources.close();
  rmSync(directory, { recursive: true, force: true });
});

async function tryOpen(
  data: string,
  spec: Partial<StudySpec> = {},
  declared: Record<string, Declared> = {},
  names?: readonly string[],
): Promise<Result<Study>> {
  const full = { name: 's', regime: { set: [] }, ...spec };
  const source = await sources.openSource(full, data);
  if (!source.ok) return source;
  const wanted = { declared: new Map(Object.entries(declared)), ...(names && { names }) };
  const summary = await source.value.summary(wanted);
  if (!summary.ok) return summary;
  const schema = inferSchema(wanted.declared, [{ spec: full, summary: summary.value }]);
  return schema.ok ? source.value.open(schema.value) : schema;
}
async function open(...of: Parameters<typeof tryOpen>): Promise<Study> {
  const made = await tryOpen(...of);
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.value;
}
async function refuse(...of: Parameters<typeof tryOpen>): Promise<readonly Issue[]> {
  const made = await tryOpen(...of);
  return made.ok ? [] : made.issues;
}

describe('bad CSV is shown by row and column', () => {
  test('ragged rows, several at once', async () => {
    const issues = await refuse(file('ragged.csv', 'X,Y,n\n0,a,3\n1,b\n1,c,5\n2,d,6,7\n'));
    expect(issues.map(({ code, where }) => [code, where?.row])).toEqual([
      ['csv-ragged', 3],
      ['csv-ragged', 5],
    ]);
  });
  test('a quote that is never closed, text after a closing one', async () => {
    expect(await refuse(file('open.csv', 'X,Y\n1,a\n2,"b\n3,c\n'))).toMatchObject([{ code: 'csv-quote', where: { row: 3, column: 'Y' } }]);
    expect(await refuse(file('after.csv', 'X,Y\n1,"a"b\n'))).toMatchObject([{ code: 'csv-quote', where: { row: 2, column: 'Y' } }]);
  });
  test('not UTF-8', async () => {
    expect(await refuse(file('latin.csv', Uint8Array.of(88, 44, 89, 10, 49, 44, 0xe9, 10)))).toMatchObject([
      { code: 'csv-encoding', where: { row: 2, column: 'Y' } },
    ]);
  });
  test('empty or double headers, no header', async () => {
    expect(await refuse(file('double.csv', 'X,,X\n1,2,3\n'))).toMatchObject([
      { code: 'csv-header' },
      { code: 'csv-header', where: { column: 'X' } },
    ]);
    expect(await refuse(file('nothing.csv', ''))).toMatchObject([{ code: 'csv-empty' }]);
  });
  test('in packed files too', async () => {
    expect(await refuse(file('ragged.csv.gz', gzipSync('X,Y\n1,2\n3\n')))).toMatchObject([{ code: 'csv-ragged', where: { row: 3 } }]);
    expect(await refuse(file('false.csv.gz', 'no gzip at all'))).toMatchObject([{ code: 'unreadable-file' }]);
  });
  test('lines that end in different ways', async () => {
    const made = await tryOpen(file('mixed.csv', 'X,Y\r\n1,2\n3,4\r\n'));
    if (made.ok) expect(made.value.size).toBe(2);
    else expect(made.issues).toMatchObject([{ code: 'csv' }]);
  });
  test('the line of a missing cell, a bad count, an odd text', async () => {
    const name = file('cells.csv', 'X,Y,n\na,"1\n",1\nb,1.5,2\n,2.5,-3\nc,two,4\n');
    const issues = await refuse(name, { count: 'n' }, { Y: { real: true } });
    expect(issues.map(({ code, where }) => [code, where?.column, where?.row])).toEqual([
      ['negative-count', 'n', 5],
      ['missing-cells', 'X', 5],
    ]);
    const [odd] = await refuse(name, { count: 'n', columns: {}, where: 'n <> -3' }, { Y: { real: true } });
    expect(odd).toMatchObject({ code: 'not-a-number', where: { column: 'Y' } });
    const plain = file('odd.csv', 'X,Y\n1,1.5\n2,two\n');
    expect(await refuse(plain, {}, { Y: { real: true } })).toMatchObject([{ code: 'not-a-number', where: { column: 'Y', row: 3 } }]);
  });
});

describe('files', () => {
  test('one that is not there, with the nearest name; a directory; an unknown format', async () => {
    file('records.csv', 'X\n1\n');
    mkdirSync(join(directory, 'folder'));
    expect(await refuse('record.csv')).toMatchObject([{ code: 'no-file', hint: expect.stringContaining('records.csv') }]);
    expect(await refuse('folder')).toMatchObject([{ code: 'no-file', message: expect.stringContaining('directory') }]);
    expect(await refuse(file('data.xlsx', 'PK'))).toMatchObject([{ code: 'file-format' }]);
    expect(await refuse(file('data.arrow', 'ARROW1'))).toMatchObject([{ code: 'file-format', hint: expect.stringContaining('Parquet') }]);
    expect(await refuse('clickhouse://host/table')).toMatchObject([{ code: 'no-adapter' }]);
    expect(await refuse('nothing-*.csv')).toMatchObject([{ code: 'no-file' }]);
  });
  test('a file that is not what its name says', async () => {
    expect(await refuse(file('false.parquet', 'X,Y\n1,2\n'))).toHaveLength(1);
    expect(await refuse(file('false.json', '{"X": [1, '))).toHaveLength(1);
    expect(await refuse(`duckdb:${file('false.db', 'no database')}#t`)).toHaveLength(1);
  });
  test('globs: same columns in another order are brought together, different columns refused', async () => {
    file('part-1.csv', 'X,Y\n1,a\n');
    file('part-2.csv', 'Y,X\nb,2\n');
    const study = await open('part-*.csv');
    expect(cellsOf(await study.counts(['X', 'Y']))).toEqual({ '1,a': 1, '2,b': 1 });
    file('site-1.csv', 'X,Y\n1,a\n');
    file('site-2.csv', 'X,Z\n1,a\n');
    expect(await refuse('site-*.csv')).toMatchObject([{ code: 'header-differs' }]);
  });
  test('a path with characters of a glob is meant as it is', async () => {
    file('odd [1]*?.csv', 'X\nyes\n');
    file('odd 1.csv', 'X\nno\n');
    expect(cellsOf(await (await open('odd [1]*?.csv')).counts(['X']))).toEqual({ yes: 1 });
  });
  test('packed texts: gzip and zstd', async () => {
    file('packed.csv.gz', gzipSync('X;Y\n1;a\n1;b\n'));
    expect(cellsOf(await (await open('packed.csv.gz')).counts(['X']))).toEqual({ 1: 2 });
    await writer.run(
      `COPY (SELECT 1 AS "X", 'é' AS "Y") TO ${quoteText(join(directory, 'packed.csv.zst'))} (FORMAT csv, COMPRESSION zstd)`,
    );
    expect(cellsOf(await (await open('packed.csv.zst')).counts(['X', 'Y']))).toEqual({ '1,é': 1 });
  });
  test('JSON: an array of objects, and nested values refused where they are needed', async () => {
    file('rows.json', '[{"X": 1, "Y": "a", "deep": {"a": 1}}, {"X": 2, "Y": "b", "deep": {"a": 2}}]');
    expect((await open('rows.json')).measured).toEqual(['X', 'Y']);
    expect(await refuse('rows.json', {}, {}, ['X', 'deep'])).toMatchObject([{ code: 'nested-column' }]);
  });
  test('tables of a database: named, the only one, a typing slip', async () => {
    await writer.run(
      `ATTACH ${quoteText(join(directory, 'all.db'))} AS target; CREATE TABLE target.one AS SELECT 1 AS "X"; CREATE SCHEMA target.more; CREATE TABLE target.more."two words" AS SELECT 2 AS "X"; DETACH target`,
    );
    expect(cellsOf(await (await open('duckdb:all.db#one')).counts(['X']))).toEqual({ 1: 1 });
    expect(cellsOf(await (await open('duckdb:all.db#more.two words')).counts(['X']))).toEqual({ 2: 1 });
    expect(await refuse('duckdb:all.db#onee')).toMatchObject([{ code: 'no-table', hint: expect.stringContaining('one') }]);
    expect(await refuse('duckdb:all.db')).toMatchObject([{ code: 'no-table' }]);
  });
  test('a small plain CSV is read by the engine with the same counts', async () => {
    file('small.csv', 'X,Y,R,n\na,1,0.5,2\nb,0,1.5,3\nb,1,2.25,4\n');
    const small = nodeSources(directory);
    const spec: StudySpec = { name: 's', regime: { set: [] }, count: 'n' };
    const source = await small.openSource(spec, 'small.csv');
    if (!source.ok) throw new Error('no source');
    const summary = await source.value.summary({ declared: new Map() });
    if (!summary.ok) throw new Error('no summary');
    const schema = inferSchema(new Map(), [{ spec, summary: summary.value }]);
    const study = schema.ok ? await source.value.open(schema.value) : schema;
    if (!study.ok) throw new Error('no study');
    const other = await open('small.csv', { count: 'n' });
    expect(await study.value.counts(['Y', 'X'], 'R')).toEqual(await other.counts(['Y', 'X'], 'R'));
    expect(study.value.domains).toEqual(other.domains);
  });
});

describe('column types', () => {
  test('decimals, big integers, dates, enums, NULL and NaN', async () => {
    const path = join(directory, 'types.parquet');
    await writer.run(`COPY (SELECT * FROM (VALUES
      (1.50::DECIMAL(9,2), 9007199254740993::BIGINT, DATE '2024-02-29', 'b'::ENUM('b', 'a'), 1.0::FLOAT, 7::UTINYINT, 1::HUGEINT),
      (2.00::DECIMAL(9,2), 9007199254740994::BIGINT, DATE '2023-01-01', 'a'::ENUM('b', 'a'), 'NaN'::FLOAT, 8::UTINYINT, NULL),
      (1.50::DECIMAL(9,2), 9007199254740993::BIGINT, NULL, 'a'::ENUM('b', 'a'), 2.0::FLOAT, 8::UTINYINT, 2::HUGEINT)
    ) t(dec, big, day, kind, float, tiny, huge)) TO ${quoteText(path)} (FORMAT parquet)`);
    const declared = { dec: { levels: ['1.5', '2'] } };
    const study = await open('types.parquet', {}, declared, ['dec', 'big', 'kind', 'tiny']);
    expect(cellsOf(await study.counts(['dec']))).toEqual({ '1.5': 2, 2: 1 });
    expect(cellsOf(await study.counts(['big']))).toEqual({ '9007199254740993': 2, '9007199254740994': 1 });
    expect(study.domains.get('kind')).toEqual({ kind: 'finite', levels: ['a', 'b'] });
    expect(cellsOf(await study.counts(['tiny', 'kind']))).toEqual({ '7,b': 1, '8,a': 2 });
    const issues = await refuse('types.parquet', {}, declared, ['day', 'float', 'huge']);
    expect(issues.map(({ code, where }) => [code, where?.column, where?.row])).toEqual([
      ['missing-cells', 'day', 3],
      ['missing-cells', 'float', 2],
      ['missing-cells', 'huge', 2],
    ]);
    const dropped = await open('types.parquet', { missing: 'drop' }, {}, ['day', 'float', 'huge']);
    expect(cellsOf(await dropped.counts(['day', 'float', 'huge']))).toEqual({ '2024-02-29,1,1': 1 });
  });

  test('infinite values are no numbers', async () => {
    await writer.run(
      `COPY (SELECT i / 3.0 AS "Y", i % 2 AS "X" FROM range(100) r(i) UNION ALL SELECT 'inf'::DOUBLE, 0) TO ${quoteText(join(directory, 'infinite.parquet'))} (FORMAT parquet)`,
    );
    expect(await refuse('infinite.parquet')).toMatchObject([{ code: 'not-a-number', where: { column: 'Y', row: 101 } }]);
  });

  test('texts of digits beyond 2^53 and codes with separators stay texts', async () => {
    const study = await open(file('codes.csv', 'X,Y\n9007199254740993,1_0\n9007199254740992,10\n'));
    expect(study.domains.get('X')).toEqual({ kind: 'finite', levels: ['9007199254740992', '9007199254740993'] });
    expect(study.domains.get('Y')).toEqual({ kind: 'finite', levels: ['10', '1_0'] });
  });
});

describe('safety', () => {
  test('a condition reads nothing but the study', async () => {
    const secret = join(directory, file('secret.txt', 'secret'));
    const name = file('public.csv', 'X\n1\n2\n');
    const peek = `(SELECT count(*) FROM read_text(${quoteText(secret)})) > 0`;
    expect(await refuse(name, { where: peek })).toMatchObject([{ code: 'where' }]);
    expect(await refuse(name, { where: '1=1) UNION SELECT 1 --' })).toHaveLength(1);
    expect(await refuse(name, { where: "X = 'a' -- open (" }).then((issues) => issues.map(({ code }) => code))).toEqual(['empty-study']);
  });
  test('quoting', () => {
    expect(quoteName('a"b')).toBe('"a""b"');
    expect(quoteText("it's \\")).toBe("'it''s \\'");
  });
});

describe('many rows', () => {
  const axes = Array.from({ length: 9 }, (_, i) => `x${i}`);
  const path = (name: string): string => quoteText(join(directory, name));
  beforeAll(async () => {
    const columns = axes.map((axis, i) => `((hash(i * 13 + ${i}) >> 7) % ${4 + (i % 3)})::TINYINT AS ${axis}`).join(', ');
    await writer.run(
      `COPY (SELECT ${columns}, ((hash(i) >> 3) % 1000003) / 7.0 AS y, ((hash(i + 5) >> 3) % 100) / 10.0 AS w FROM range(1100000) r(i)) TO ${path('many.parquet')} (FORMAT parquet)`,
    );
  });

  test('too many cells for one joint table: every margin is pushed down', async () => {
    const study = await open('many.parquet', {}, {}, axes);
    expect(study.size).toBe(1_100_000);
    for (const of of [['x3', 'x0'], ['x8'], axes.slice(0, 6)]) {
      const counts = await study.counts(of);
      const rows = await writer.rows(`SELECT ${of.join(', ')}, count(*) FROM ${path('many.parquet')} GROUP BY ALL ORDER BY ALL`);
      expect(Object.entries(cellsOf(counts)).sort()).toEqual(rows.map((row) => [row.slice(0, -1).join(), Number(row.at(-1))]).sort());
    }
  });

  test('questions asked at once do not disturb each other', async () => {
    const study = await open('many.parquet', {}, {}, [...axes, 'y']);
    const ofs = axes.map((axis, i) => [axis, axes[(i + 1) % 9] as string, axes[(i + 2) % 9] as string]);
    const together = await Promise.all(ofs.map((of, i) => study.counts(of, i % 2 === 0 ? 'y' : undefined)));
    for (const [i, of] of ofs.entries()) expect(together[i]).toEqual(await study.counts(of, i % 2 === 0 ? 'y' : undefined));
    expect(together.map(({ total }) => total)).toEqual(axes.map(() => 1_100_000));
  });

  test('sums of reals and weights give the same digits on any number of threads', async () => {
    const digits = async (threads: number): Promise<unknown> => {
      const own = nodeSources(directory, { threads });
      const spec: StudySpec = { name: 's', regime: { set: [] }, weight: 'w' };
      const source = await own.openSource(spec, 'many.parquet');
      if (!source.ok) throw new Error('no source');
      const wanted = { declared: new Map(), names: ['x0', 'x1', 'y'] };
      const summary = await source.value.summary(wanted);
      if (!summary.ok) throw new Error(JSON.stringify(summary.issues));
      const schema = inferSchema(new Map(), [{ spec, summary: summary.value }]);
      const study = schema.ok ? await source.value.open(schema.value) : schema;
      if (!study.ok) throw new Error('no study');
      const counts = await study.value.counts(['x1', 'x0'], 'y');
      own.close();
      return { ...counts, effective: study.value.effectiveSize, fingerprint: study.value.fingerprint };
    };
    const [one, two, four] = [await digits(1), await digits(2), await digits(4)];
    expect(two).toEqual(one);
    expect(four).toEqual(one);
  });

  test('moments agree with sums in JavaScript to 1e-12', async () => {
    const study = await open('many.parquet', {}, {}, ['x0', 'y']);
    const counts = await study.counts(['x0'], 'y');
    const rows = await writer.rows(`SELECT x0, y::DOUBLE FROM ${path('many.parquet')}`);
    const shift = counts.outcome?.shift as number;
    const sums = new Map<string, [number, number]>();
    for (const [x = '', y] of rows as [string, string][]) {
      const [sum, squares] = sums.get(x) ?? [0, 0];
      sums.set(x, [sum + (Number(y) - shift), squares + (Number(y) - shift) ** 2]);
    }
    counts.outcome?.squares.forEach((squares, cell) => {
      const own = sums.get(String(cell)) as [number, number];
      expect(Math.abs(squares / own[1] - 1)).toBeLessThan(1e-12);
      expect(Math.abs((counts.outcome?.sum[cell] as number) - own[0]) / Math.sqrt(own[1])).toBeLessThan(1e-9);
    });
  });

  test("integers that sit in DuckDB's own vectors are read without copies", async () => {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const result = await connection.stream('SELECT 7::INTEGER AS a, 0.5::DOUBLE AS b, NULL::INTEGER AS c');
    const chunk = await result.fetchChunk();
    expect(chunk?.getColumnVector(0)).toMatchObject({ items: Int32Array.of(7), validity: { data: null } });
    expect(chunk?.getColumnVector(1)).toMatchObject({ items: Float64Array.of(0.5) });
    expect(chunk?.getColumnVector(2).getItem(0)).toBeNull();
    connection.closeSync();
    instance.closeSync();
  });
});
