import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { didYouMean, failure, type Issue, type Result, success } from '@doable/engine/adapter';
import type { Duckdb } from './duckdb.ts';
import { quoteName, quoteText } from './sql.ts';
import { csvHeader, readable } from './text-file.ts';

export type Format = 'csv' | 'parquet' | 'json' | 'ndjson' | 'table';

/** The table that a study's `data` means. */
export interface Relation {
  readonly format: Format;
  /** A table expression for FROM. */
  readonly sql: string;
  /** Absolute paths. */
  readonly files: readonly string[];
  /** CSV: the separator, where our own reader can read the file too. */
  readonly delimiter?: string;
  /** CSV: the columns, all of them texts. */
  readonly header?: readonly string[];
}

const formats: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'csv',
  tab: 'csv',
  txt: 'csv',
  parquet: 'parquet',
  pq: 'parquet',
  json: 'json',
  ndjson: 'ndjson',
  jsonl: 'ndjson',
};

/** The format that a file's name tells, or undefined. */
export function formatOf(path: string): Format | undefined {
  const bare = path.replace(/\.(gz|zst)$/iu, '');
  return formats[/\.([A-Za-z0-9]+)$/u.exec(bare)?.[1]?.toLowerCase() ?? ''];
}

/** Files behind a path or glob, relative to the document. Issues: `no-file`, `file-format`, `no-adapter`. */
export async function filesOf(data: string, directory: string, database: () => Promise<Duckdb>): Promise<Result<readonly string[]>> {
  if (/^[a-z][a-z0-9+.-]+:\/\//iu.test(data)) {
    const scheme = data.slice(0, data.indexOf(':'));
    return failure({
      code: 'no-adapter',
      message: `“${data}”: there is no adapter for ${scheme}:// yet.`,
      hint: 'Save the table as Parquet or CSV.',
    });
  }
  const path = isAbsolute(data) ? data : join(directory, data);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return success([path]);
  if (/[*?[]/u.test(data)) {
    const rows = await (await database()).rows(`SELECT file FROM glob(${quoteText(path)}) ORDER BY file`);
    const files = rows.map(([file]) => resolve(file as string));
    return files.length > 0 ? success(files) : failure({ code: 'no-file', message: `No file matches “${data}”.`, where: { file: data } });
  }
  const beside = await readdir(dirname(path)).catch(() => []);
  const hint = didYouMean(basename(path), beside);
  const folder = found?.isDirectory() === true;
  const message = folder ? `“${data}” is a directory.` : found ? `“${data}” is not a file on disk.` : `There is no file “${data}”.`;
  return failure({
    code: 'no-file',
    message,
    where: { file: data },
    ...(folder
      ? { hint: `Name its files, for example ${join(data, '*.csv')}.` }
      : found
        ? { hint: 'Studies are read more than once: save the stream as a file first.' }
        : hint !== undefined && { hint }),
  });
}

/** The table expression over files of one format. Issues: those of `filesOf`, of the CSV header, and `header-differs`. */
export async function relationOf(data: string, directory: string, database: Duckdb): Promise<Result<Relation>> {
  if (data.startsWith('duckdb:')) return attach(data, directory, database);
  const found = await filesOf(data, directory, async () => database);
  if (!found.ok) return found;
  const files = found.value;
  const unlike = files.find((file) => formatOf(file) !== formatOf(files[0] as string));
  const format = unlike === undefined ? formatOf(files[0] as string) : undefined;
  const list = `[${files.map((file) => quoteText(escapeGlob(file))).join(', ')}]`;
  switch (format) {
    case undefined:
    case 'table':
      return failure({
        code: 'file-format',
        message: unlike ? `“${data}” matches files of different formats.` : `“${data}”: the format cannot be told from the name.`,
        where: { file: data },
        hint: /\.(arrow|feather|ipc)$/iu.test(data)
          ? 'Arrow files cannot be read yet; save it as Parquet.'
          : 'Known are .csv, .tsv, .parquet, .json, .ndjson (.gz and .zst of the texts).',
      });
    case 'parquet':
      return success({ format, files, sql: `read_parquet(${list}${files.length > 1 ? ', union_by_name = true' : ''})` });
    case 'json':
    case 'ndjson':
      return success({
        format,
        files,
        sql: `read_json(${list}, format = '${format === 'json' ? 'auto' : 'newline_delimited'}', union_by_name = true, maximum_object_size = 67108864)`,
      });
    case 'csv':
      return csvRelation(files, data);
  }
}

/** A path that exists is meant as it is, even if it has characters of a glob. */
export const escapeGlob = (path: string): string => path.replaceAll(/[[*?]/gu, '[$&]');

interface Group {
  readonly names: readonly string[];
  readonly delimiter: string;
  readonly files: string[];
}

async function csvRelation(files: readonly string[], data: string): Promise<Result<Relation>> {
  const issues: Issue[] = [];
  const groups = new Map<string, Group>();
  let unread = false;
  for (const file of files) {
    if (!readable(file)) {
      unread = true;
      continue;
    }
    const tab = /\.(tsv|tab)(\.gz|\.zst)?$/iu.test(file) ? '\t' : undefined;
    const header = await csvHeader(file, files.length === 1 ? data : basename(file), tab);
    if (!('names' in header)) {
      issues.push(...header);
      continue;
    }
    const key = JSON.stringify([header.names, header.delimiter]);
    const group = groups.get(key) ?? { ...header, files: [] };
    group.files.push(file);
    groups.set(key, group);
  }
  if (issues.length > 0) return failure(...issues);
  const options = `quote = '"', escape = '"', header = true, strict_mode = true`;
  if (unread) {
    const list = `[${files.map((file) => quoteText(escapeGlob(file))).join(', ')}]`;
    return success({ format: 'csv', files, sql: `read_csv(${list}, ${options}, all_varchar = true, union_by_name = true)` });
  }
  const [first, ...others] = [...groups.values()] as [Group, ...Group[]];
  const odd = others.find(({ names }) => [...names].sort().join('\n') !== [...first.names].sort().join('\n'));
  if (odd) {
    const [here, there] = [first.files[0], odd.files[0]].map((file) => basename(file as string));
    return failure({
      code: 'header-differs',
      message: `${there} has the columns ${odd.names.join(', ')}, but ${here} has ${first.names.join(', ')}.`,
      where: { file: there as string },
    });
  }
  const columns = first.names.map(quoteName).join(', ');
  const parts = [first, ...others].map(({ names, delimiter, files: some }) => {
    const list = some.map((file) => quoteText(escapeGlob(file))).join(', ');
    const types = names.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ');
    return `SELECT ${columns} FROM read_csv([${list}], delim = ${quoteText(delimiter)}, ${options}, auto_detect = false, columns = {${types}})`;
  });
  return success({
    format: 'csv',
    files,
    sql: `(${parts.join(' UNION ALL ')})`,
    header: first.names,
    ...(others.length === 0 && { delimiter: first.delimiter }),
  });
}

/** `duckdb:file.db#table` or `duckdb:file.db#schema.table`, read-only. */
async function attach(data: string, directory: string, database: Duckdb): Promise<Result<Relation>> {
  const [, file = '', table = ''] = /^duckdb:([^#]*)#?(.*)$/su.exec(data) ?? [];
  const found = await filesOf(file, directory, async () => database);
  if (!found.ok) return found;
  const path = found.value[0] as string;
  await database.run(`ATTACH ${quoteText(path)} AS source (READ_ONLY)`);
  const rows = await database.rows(
    "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'source' ORDER BY ALL",
  );
  const tables = rows.map(([schema, name]) => ({
    schema: schema as string,
    name: name as string,
    full: schema === 'main' ? (name as string) : `${schema}.${name}`,
  }));
  const match =
    table === '' && tables.length === 1
      ? tables[0]
      : tables.find(({ full, schema, name }) => full === table || `${schema}.${name}` === table);
  if (match) return success({ format: 'table', files: [path], sql: `source.${quoteName(match.schema)}.${quoteName(match.name)}` });
  const names = tables.map(({ full }) => full);
  const listed = names.length === 0 ? 'It has no tables.' : `Its tables are ${names.slice(0, 20).join(', ')}.`;
  const message = table === '' ? `“${data}” does not name a table.` : `“${file}” has no table “${table}”.`;
  return failure({ code: 'no-table', message, where: { file }, hint: didYouMean(table, names) ?? `${listed} Write duckdb:${file}#table.` });
}
