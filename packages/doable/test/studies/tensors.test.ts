import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { encode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import type { StudySpec } from '../../../engine/src/data/source.ts';
import { rowsOf } from '../../../engine/src/generative/batch.ts';
import { loadProblem } from '../../../engine/src/problem.ts';
import { csvOfTensors, isPicture, type TensorCell, type TensorTable, tensorSuite } from '../../../engine/test/data/tensor-suite.ts';
import { decodePicture, pictureHeader, unreadPicture } from '../../src/output/png.ts';
import { type Duckdb, openDuckdb } from '../../src/studies/duckdb.ts';
import { duckdbSource } from '../../src/studies/duckdb-source.ts';
import { nodeSources } from '../../src/studies/files.ts';
import { pictureReader } from '../../src/studies/pictures.ts';
import { quoteName, quoteText } from '../../src/studies/sql.ts';

const directory = mkdtempSync(join(tmpdir(), 'doable-tensors-'));
const databases: Duckdb[] = [];
const open = async (): Promise<Duckdb> => {
  const database = await openDuckdb({ threads: 2 });
  databases.push(database);
  return database;
};
afterAll(() => {
  for (const database of databases) database.close();
  rmSync(directory, { recursive: true, force: true });
});
let files = 0;

/** Pictures as PNG files, in a folder of their own beside the data. */
const written = ({ header, rows }: TensorTable): TensorTable => ({
  header,
  rows: rows.map((row) =>
    row.map((cell) => {
      if (!isPicture(cell)) return cell;
      const name = `picture ${++files}.png`;
      const { width, height, channels, values } = cell;
      writeFileSync(join(directory, name), encode({ width, height, channels, depth: 8, data: values }));
      return name;
    }),
  ),
});
const source = (spec: StudySpec, name: string) => duckdbSource(spec, name, directory, open);

tensorSuite(
  'DuckDB over CSV',
  (spec, table) => {
    const name = `data ${++files}.csv`;
    writeFileSync(join(directory, name), csvOfTensors(written(table)));
    return source(spec, name);
  },
  { typed: false, pictures: true, rowOf: (record) => record + 1 },
);

tensorSuite(
  'DuckDB over NDJSON',
  (spec, table) => {
    const name = `data ${++files}.ndjson`;
    const { header, rows } = written(table);
    const lines = rows.map((row) => JSON.stringify(Object.fromEntries(header.map((column, i) => [column, row[i] ?? null]))));
    writeFileSync(join(directory, name), lines.join('\n'));
    return source(spec, name);
  },
  { typed: true, pictures: true, rowOf: (record) => record },
);

const typeOf = (cells: readonly TensorCell[]): string => {
  const lists = cells.filter((cell): cell is readonly TensorCell[] => Array.isArray(cell));
  if (lists.length > 0) return `${typeOf(lists.flat() as TensorCell[])}[]`;
  if (cells.some((cell) => typeof cell === 'string')) return 'VARCHAR';
  return cells.every((cell) => cell === null || Number.isInteger(cell)) ? 'BIGINT' : 'FLOAT';
};

const literal = (cell: TensorCell | undefined): string =>
  Array.isArray(cell) ? `[${cell.map(literal).join(', ')}]` : typeof cell === 'string' ? quoteText(cell) : String(cell ?? 'NULL');

tensorSuite(
  'DuckDB over Parquet',
  async (spec, table) => {
    const name = `data ${++files}.parquet`;
    const { header, rows } = written(table);
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    await connection.run(
      `CREATE TABLE data (${header.map((column, i) => `${quoteName(column)} ${typeOf(rows.map((row) => row[i] ?? null))}`).join(', ')})`,
    );
    await connection.run(
      `INSERT INTO data VALUES ${rows.map((row) => `(${header.map((_, i) => literal(row[i])).join(', ')})`).join(', ')}`,
    );
    await connection.run(`COPY data TO ${quoteText(join(directory, name))} (FORMAT parquet)`);
    connection.closeSync();
    instance.closeSync();
    return source(spec, name);
  },
  { typed: true, pictures: true, rowOf: (record) => record },
);

test('fixed-size arrays of a database table, many rows, and a condition on them', async () => {
  const path = join(directory, 'arrays.db');
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run('CREATE TABLE d AS SELECT i % 7 AS k, [i, i + 0.5, -i, 0]::FLOAT[4] AS Scan FROM range(70000) t(i)');
  connection.closeSync();
  instance.closeSync();
  const made = await loadProblem(
    { graph: 'k -> Scan', variables: { Scan: { tensor: [2, 2] } }, studies: [{ data: 'duckdb:arrays.db#d', where: 'k <> 3' }] },
    nodeSources(directory),
  );
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  const [study] = made.value.studies;
  if (study === undefined) throw new Error('no study');
  const { batch } = await rowsOf(study);
  const [scan, k] = [batch.columns.get('Scan'), batch.columns.get('k')];
  expect(batch.rows).toBe(60_000);
  if (scan?.kind !== 'tensor' || k?.kind !== 'finite') throw new Error('kinds');
  for (let row = 0, i = 0; row < batch.rows; row++, i++) {
    if (i % 7 === 3) i++;
    if (k.values[row] !== (i % 7 > 3 ? (i % 7) - 1 : i % 7) || scan.values[4 * row + 1] !== i + 0.5 || scan.values[4 * row + 2] !== -i)
      throw new Error(`row ${row}`);
  }
});

test('a document with inline rows that name pictures beside it; a column that holds neither', async () => {
  writeFileSync(join(directory, 'one.png'), encode({ width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(51) }));
  const document = { variables: { Scan: { tensor: [1, 1] } }, studies: [{ data: [{ A: 1, Scan: 'one.png' }] }] };
  const made = await loadProblem(document, nodeSources(directory));
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  const [study] = made.value.studies;
  if (study === undefined) throw new Error('no study');
  expect((await rowsOf(study)).batch.columns.get('Scan')).toMatchObject({ values: Float32Array.of(0.2) });
  writeFileSync(join(directory, 'plain.ndjson'), '{"A": 1, "Scan": 3}\n');
  const wrong = await loadProblem({ ...document, studies: [{ data: 'plain.ndjson' }] }, nodeSources(directory));
  expect(wrong.ok ? [] : wrong.issues).toMatchObject([{ code: 'tensor-column', where: { column: 'Scan' } }]);
});

test.each([true, false])('what is no picture to be read whole is refused by its size or kind (pixels: %s)', async (pixels) => {
  const large = join(directory, 'large.png');
  writeFileSync(large, '');
  truncateSync(large, 64 * 2 ** 20 + 1);
  const read = pictureReader(directory, pixels);
  const told = async (path: string) => {
    const found = await read(path);
    return found.ok ? '' : found.issues[0]?.message;
  };
  expect(await told('large.png')).toBe('“large.png” has 67108865 bytes, too many for a picture');
  if (process.platform !== 'win32') expect(await told('/dev/zero')).toBe('the picture “/dev/zero” cannot be read: it is no file');
  expect(await told('.')).toContain('the picture “.” cannot be read: EISDIR');
  expect(await told('nowhere.png')).toBe('there is no picture “nowhere.png”');
});

test('studies whose pictures are not decoded: the same tables, domains and fingerprint, no pixels to be had', async () => {
  const bytes = (value: number): Uint8Array =>
    encode({ width: 2, height: 2, channels: 1, depth: 8, data: Uint8Array.of(value, 0, 9, 255) });
  for (const [name, value] of [
    ['low', 3],
    ['high', 200],
  ] as const) {
    writeFileSync(join(directory, `${name}-whole.png`), bytes(value));
    // Nothing after the header is there.
    writeFileSync(join(directory, `${name}-cut.png`), bytes(value).subarray(0, pictureHeader));
  }
  const load = async (file: string, kind: 'whole' | 'cut', pixels: boolean, smallFile: number) => {
    // The picture of the last record is missing.
    writeFileSync(join(directory, file), `A,Scan\n1,low-${kind}.png\n2,high-${kind}.png\n2,low-${kind}.png\n3,\n`);
    const sources = nodeSources(directory, { pixels, smallFile });
    const made = await loadProblem(
      { variables: { Scan: { tensor: [2, 2] } }, studies: [{ name: 's', data: file, missing: 'drop' }] },
      sources,
    );
    const [study] = made.ok ? made.value.studies : [];
    if (!made.ok || study === undefined) throw new Error(JSON.stringify(made));
    const counts = await study.counts(['A']);
    return { sources, study, notes: made.value.notes, counts: Array.from(counts.weight), domains: made.value.domains };
  };
  for (const smallFile of [0, 1000]) {
    const whole = await load('whole.csv', 'whole', true, smallFile);
    const sizes = await load('cut.csv', 'cut', false, smallFile);
    expect(sizes.counts).toEqual([1, 2]);
    expect(whole.counts).toEqual([1, 2]);
    expect(sizes.domains).toEqual(whole.domains);
    expect(sizes.domains.get('Scan')).toEqual({ kind: 'tensor', shape: [2, 2], range: [0, 1] });
    const note = 'study s: the pictures of Scan were not decoded, so damaged ones are not noticed here';
    expect(sizes.notes.filter((one) => !whole.notes.includes(one))).toEqual([note]);
    expect([whole.study.unread, sizes.study.unread]).toEqual([undefined, ['Scan']]);
    expect((await rowsOf(whole.study)).batch.columns.get('Scan')).toMatchObject({ kind: 'tensor', shape: [2, 2] });
    await expect(rowsOf(sizes.study)).rejects.toThrow(RangeError);
    const same = await load('whole.csv', 'whole', false, smallFile);
    expect(same.study.fingerprint).toBe(whole.study.fingerprint);
    expect(sizes.study.fingerprint).not.toBe(whole.study.fingerprint);
    // The tables are the same, one pixel of one picture is not.
    writeFileSync(join(directory, 'high-whole.png'), bytes(201));
    for (const pixels of [true, false]) {
      const changed = await load('whole.csv', 'whole', pixels, smallFile);
      expect(changed.counts).toEqual(whole.counts);
      expect(changed.study.fingerprint).not.toBe(whole.study.fingerprint);
      changed.sources.close();
    }
    writeFileSync(join(directory, 'high-whole.png'), bytes(200));
    for (const { sources } of [whole, sizes, same]) sources.close();
  }
});

test('PNG files, whole and by their headers: a palette, what is damaged, what is none, what has 16 bits', () => {
  const palette = encode({
    width: 2,
    height: 1,
    channels: 1,
    depth: 8,
    data: Uint8Array.of(1, 0),
    palette: [
      [1, 2, 3],
      [4, 5, 6],
    ],
  });
  expect(decodePicture(palette, 'p')).toMatchObject({ ok: true, value: { channels: 3, values: Uint8Array.of(4, 5, 6, 1, 2, 3) } });
  const good = encode({ width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(1, 0) });
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [Uint8Array.of(1, 2, 3), 'is no PNG file'],
    [good.slice(0, good.length - 20), 'is damaged'],
    [good.with(45, (good[45] as number) ^ 1), 'is damaged'],
    [encode({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(1) }), 'has 16 bits a channel'],
  ];
  for (const [bytes, says] of cases) {
    const made = decodePicture(bytes, 'scan.png');
    expect(made.ok ? '' : made.issues[0]?.message).toContain(`“scan.png” ${says}`);
  }
  const sized = (channels: number) => ({ ok: true, value: { width: 2, height: 1, channels, values: new Uint8Array(), unread: true } });
  expect(unreadPicture(palette.slice(0, 40), 'p')).toEqual(sized(3));
  expect(unreadPicture(good.slice(0, pictureHeader), 'p')).toEqual(sized(1));
  expect(unreadPicture(encode({ width: 2, height: 1, channels: 4, depth: 8, data: new Uint8Array(8) }), 'p')).toEqual(sized(4));
  const headers: readonly (readonly [Uint8Array, string])[] = [
    [Uint8Array.of(1, 2, 3), 'is no PNG file'],
    [good.slice(0, pictureHeader - 1), 'is damaged'],
    [good.with(25, 5), 'is damaged'],
    [good.with(16, 255), 'is 4278190082 pixels wide'],
    [encode({ width: 1, height: 1, channels: 1, depth: 16, data: Uint16Array.of(1) }), 'has 16 bits a channel'],
  ];
  for (const [bytes, says] of headers) {
    const made = unreadPicture(bytes, 'scan.png');
    expect(made.ok ? '' : made.issues[0]?.message).toContain(`“scan.png” ${says}`);
  }
});
