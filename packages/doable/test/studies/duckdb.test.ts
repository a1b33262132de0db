import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll } from 'vitest';
import type { StudySpec } from '../../../engine/src/data/source.ts';
import { momentsSuite } from '../../../engine/test/data/moments-suite.ts';
import { type Abilities, type Make, type SuiteCell, type SuiteTable, studySuite } from '../../../engine/test/data/study-suite.ts';
import { type Duckdb, openDuckdb } from '../../src/studies/duckdb.ts';
import { duckdbSource } from '../../src/studies/duckdb-source.ts';
import { quoteName, quoteText } from '../../src/studies/sql.ts';

const directory = mkdtempSync(join(tmpdir(), 'doable-studies-'));
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
const fresh = (ending: string): string => `file ${++files} it's${ending}`;

const csvOf = ({ header, rows }: SuiteTable, delimiter: string, newline: string): string =>
  [header, ...rows]
    .map((row) =>
      row
        .map((cell) => {
          const text = cell === null ? '' : String(cell);
          return /["\n\r]|^\s|\s$/u.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
        })
        .join(delimiter),
    )
    .join(newline);

const typeOf = (cells: readonly SuiteCell[]): string => {
  const present = cells.filter((cell) => cell !== null);
  if (present.length > 0 && present.every((cell) => typeof cell === 'boolean')) return 'BOOLEAN';
  if (present.length > 0 && present.every((cell) => typeof cell === 'number')) return present.every(Number.isInteger) ? 'BIGINT' : 'DOUBLE';
  return 'VARCHAR';
};

/** Writes the table with DuckDB itself, columns typed by their cells. */
async function write(
  table: SuiteTable,
  finish: (run: (sql: string) => Promise<unknown>) => Promise<unknown>,
  path = ':memory:',
): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  const columns = table.header.map((name, i) => `${quoteName(name)} ${typeOf(table.rows.map((row) => row[i] ?? null))}`);
  await connection.run(`CREATE TABLE data (${columns.join(', ')})`);
  const literal = (cell: SuiteCell | undefined): string =>
    cell === null || cell === undefined ? 'NULL' : typeof cell === 'string' ? quoteText(cell) : String(cell);
  if (table.rows.length > 0)
    await connection.run(
      `INSERT INTO data VALUES ${table.rows.map((row) => `(${table.header.map((_, i) => literal(row[i])).join(', ')})`).join(', ')}`,
    );
  await finish((sql) => connection.run(sql));
  connection.closeSync();
  instance.closeSync();
}

const source = (spec: StudySpec, name: string) => duckdbSource(spec, name, directory, open);

const suites = (label: string, make: Make, abilities: Abilities): void => {
  studySuite(label, make, abilities);
  momentsSuite(label, make, abilities);
};

suites(
  'DuckDB over CSV',
  (spec, table) => {
    const name = fresh('.csv');
    writeFileSync(join(directory, name), csvOf(table, ',', '\n'));
    return source(spec, name);
  },
  { where: true, mixed: true, runs: 12 },
);

studySuite(
  'DuckDB over packed TSV with CRLF',
  (spec, table) => {
    const name = fresh('.tsv.gz');
    writeFileSync(join(directory, name), gzipSync(csvOf(table, '\t', '\r\n')));
    return source(spec, name);
  },
  { where: true, mixed: true, runs: 6 },
);

suites(
  'DuckDB over Parquet',
  async (spec, table) => {
    const name = fresh('.parquet');
    await write(table, (run) => run(`COPY data TO ${quoteText(join(directory, name))} (FORMAT parquet)`));
    return source(spec, name);
  },
  { where: true, mixed: false, runs: 12 },
);

suites(
  'DuckDB over a database table',
  async (spec, table) => {
    const name = fresh('.db');
    await write(table, async () => undefined, join(directory, name));
    return source(spec, `duckdb:${name}#data`);
  },
  { where: true, mixed: false, runs: 6 },
);

studySuite(
  'DuckDB over NDJSON',
  (spec, { header, rows }) => {
    const name = fresh('.ndjson');
    const lines = rows.map((row) => JSON.stringify(Object.fromEntries(header.map((column, i) => [column, row[i] ?? null]))));
    writeFileSync(join(directory, name), lines.join('\n'));
    return source(spec, name);
  },
  { where: true, mixed: false, runs: 6 },
);
