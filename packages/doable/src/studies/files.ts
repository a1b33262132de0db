import { readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { text as textOfStream } from 'node:stream/consumers';
import { failure, type MemoryData, memorySource, type Result, type SourceHost, success } from '@doable/engine/adapter';
import { parseDocument } from 'yaml';
import { type Duckdb, type DuckdbSettings, openDuckdb } from './duckdb.ts';
import { duckdbSource } from './duckdb-source.ts';
import { jsonFault } from './json-place.ts';
import { pictureReader } from './pictures.ts';
import { formatOf } from './relation.ts';

/** A problem document as a value, and the directory that its paths are relative to. */
export interface DocumentFile {
  readonly document: unknown;
  readonly directory: string;
}

/** Reads a document: JSON, or YAML (which JSON is part of); `-` is standard input. Issues: `no-file`, `json`, `yaml`. */
export async function readDocumentFile(path: string, input: NodeJS.ReadableStream = process.stdin): Promise<Result<DocumentFile>> {
  const directory = path === '-' ? process.cwd() : dirname(resolve(path));
  let text: string;
  try {
    text = path === '-' ? await textOfStream(input) : await readFile(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error && error.code !== 'ENOENT' ? `: ${error.message}` : '';
    return failure({ code: 'no-file', message: `There is no document “${path}”${why}.`, where: { file: path } });
  }
  const parsed = parseText(text.replace(/^\uFEFF/u, ''), path);
  return parsed.ok ? success({ document: parsed.value, directory }) : parsed;
}

const named = (file: string): string => (file === '-' ? 'Standard input' : `“${file}”`);

const place = (file: string): { readonly file?: string } => (file === '-' ? {} : { file });

/** A document from its text: JSON where it begins with a bracket and is not named YAML, else YAML. Issues: `json`, `yaml`. */
export function parseText(text: string, file: string): Result<unknown> {
  if (/^\s*[[{]/u.test(text) && !/\.ya?ml$/iu.test(file)) {
    try {
      return success(JSON.parse(text));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const start = jsonFault(text);
      const before = text.slice(0, start).split('\n');
      const spot = `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
      const where = { ...place(file), text, start, end: Math.min(start + 1, text.length), row: before.length };
      return failure({ code: 'json', message: `${named(file)} is not JSON at ${spot}: ${message}.`, where });
    }
  }
  const document = parseDocument(text, { prettyErrors: true, version: '1.2' });
  if (document.errors.length === 0) {
    try {
      return success(document.toJS({ maxAliasCount: 100 }));
    } catch (error) {
      return failure({
        code: 'yaml',
        message: `${named(file)}: ${error instanceof Error ? error.message : String(error)}.`,
        where: place(file),
      });
    }
  }
  return failure(
    ...document.errors.map(({ message, pos, linePos }) => ({
      code: 'yaml',
      message: `${named(file)} is not YAML: ${message.split('\n')[0]?.replace(/:$/u, '')}.`,
      where: { ...place(file), text, start: pos[0], end: pos[1], ...(linePos && { row: linePos[0].line }) },
    })),
  );
}

export interface SourceSettings extends DuckdbSettings {
  /** Plain CSV files up to this many bytes are read without DuckDB. */
  readonly smallFile?: number;
  /** false: pictures are not decoded, and studies do not give their pixels (`Study.unread`). */
  readonly pixels?: boolean;
}

export interface NodeSources extends SourceHost {
  /** Closes every database that was opened. */
  close(): void;
}

/** Opens files and databases named in a problem document that lies in `directory`. */
export function nodeSources(directory: string, settings: SourceSettings = {}): NodeSources {
  const opened: Duckdb[] = [];
  const { smallFile = 2_000_000, pixels = true } = settings;
  const open = async (): Promise<Duckdb> => {
    const database = await openDuckdb({ temporary: join(tmpdir(), `doable-${process.pid}`), ...settings });
    opened.push(database);
    return database;
  };
  return {
    async openSource(spec, data) {
      const small = spec.where === undefined ? await smallCsv(data, directory, smallFile, pixels) : undefined;
      return success(small === undefined ? duckdbSource(spec, data, directory, open, pixels) : memorySource(spec, small));
    },
    readPicture: pictureReader(directory, pixels),
    close() {
      for (const database of opened.splice(0)) database.close();
    },
  };
}

async function smallCsv(data: string, directory: string, limit: number, pixels: boolean): Promise<MemoryData | undefined> {
  if (formatOf(data) !== 'csv' || /\.(gz|zst)$/iu.test(data)) return undefined;
  const path = isAbsolute(data) ? data : join(directory, data);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > limit) return undefined;
  const tab = /\.(tsv|tab)$/iu.test(data) ? { delimiter: '\t' } : {};
  return { csv: await readFile(path, 'utf8'), options: { file: data, ...tab }, pictures: pictureReader(dirname(path), pixels) };
}
