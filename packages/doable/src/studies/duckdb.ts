import { growing } from '@doable/engine/adapter';
import type { DuckDBConnection, DuckDBDataChunk, DuckDBVector } from '@duckdb/node-api';

export interface DuckdbSettings {
  readonly threads?: number;
  /** For example `4GB`; DuckDB's own default is 80 % of the memory. */
  readonly memoryLimit?: string;
  /** Where larger-than-memory work spills to. */
  readonly temporary?: string;
}

/** How a column of cells is fetched: a key as 32-bit integer or text, or a number. */
export type Fetch = 'integer' | 'text' | 'number';

/** Keys by dictionary: `texts[codes[i]]`, null where the key is NULL. */
export interface Keys {
  readonly texts: readonly (string | null)[];
  readonly codes: Int32Array;
}

export interface Cells {
  readonly length: number;
  /** In the order of the select list: its keys, then its numbers. */
  readonly keys: readonly Keys[];
  readonly numbers: readonly Float64Array[];
  /** There are more rows than the limit; they were not read. */
  readonly more: boolean;
}

/** Consecutive rows, column by column, in DuckDB's own memory: valid until the next rows are asked for. */
export interface Chunk {
  readonly length: number;
  readonly vectors: readonly (Float64Array | Int32Array)[];
}

/** The part of DuckDB that studies use. Errors of SQL are thrown as {@link DuckdbError}. */
export interface Duckdb {
  run(sql: string): Promise<void>;
  /** Small results: every value as text (null: NULL). */
  rows(sql: string): Promise<(string | null)[][]>;
  /** Large results, read chunk by chunk from DuckDB's own vectors. */
  cells(sql: string, fetch: readonly Fetch[], limit: number): Promise<Cells>;
  /** Rows in storage order, never more than a few thousand at a time, beside whatever else is asked. Columns are DOUBLE or INTEGER, without NULLs. */
  stream(sql: string): AsyncIterable<Chunk>;
  /** From here on only these files can be read, none written, and no setting changed. */
  confine(files: readonly string[]): Promise<void>;
  /** Ends what is running, too. */
  close(): void;
}

/** Milliseconds between two interrupts of what is to end. */
const beat = 20;

export class DuckdbError extends Error {
  override readonly name = 'DuckdbError';
}

/** An in-memory database of its own. Nothing is ever downloaded. */
export async function openDuckdb(settings: DuckdbSettings = {}): Promise<Duckdb> {
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    ...(settings.threads !== undefined && { threads: String(settings.threads) }),
    ...(settings.memoryLimit !== undefined && { memory_limit: settings.memoryLimit }),
    ...(settings.temporary !== undefined && { temp_directory: settings.temporary }),
  });
  const connection = await instance.connect();
  // One query at a time: a second one on the same connection would end the stream of the first.
  let last: Promise<unknown> = Promise.resolve();
  const open = new Set<DuckDBConnection>([connection]);
  let closed = false;
  const attempt = <T>(work: () => Promise<T>): Promise<T> => {
    const begin = (): Promise<T> => (closed ? Promise.reject(new Error('closed')) : work());
    const next = last.then(begin).catch((error: unknown) => {
      throw new DuckdbError(error instanceof Error ? error.message : String(error));
    });
    last = next.catch(() => undefined);
    return next;
  };
  let connecting: Promise<unknown> = Promise.resolve();
  /** One more connection; none to a database that is closed, be it meanwhile. */
  const connect = async (): Promise<DuckDBConnection> => {
    if (closed) throw new Error('closed');
    const next = instance.connect();
    connecting = Promise.allSettled([connecting, next]);
    const made = await next;
    if (!closed) return made;
    made.closeSync();
    throw new Error('closed');
  };
  const run = async (sql: string): Promise<void> => {
    await attempt(() => connection.run(sql));
  };
  return {
    run,
    rows: (sql) =>
      attempt(async () => {
        const reader = await connection.runAndReadAll(sql);
        return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
      }),
    cells: (sql, fetch, limit) => attempt(() => readCells(connection, sql, fetch, limit)),
    stream: (sql) => readChunks(connect, sql, open),
    async confine(files) {
      const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
      if (files.length > 0) await run(`SET allowed_paths = [${list}]`);
      await run('SET enable_external_access = false');
      await run('SET lock_configuration = true');
    },
    close() {
      if (closed) return;
      closed = true;
      const interrupt = (): void => {
        for (const one of open) one.interrupt();
        if (open.size === 0) clearInterval(again);
      };
      // DuckDB forgets an interrupt that comes before the query has begun to run.
      const again = setInterval(interrupt, beat);
      again.unref();
      interrupt();
      // A connection that is closed while it works locks itself for ever, and with it the end of the process.
      void last.then(async () => {
        open.delete(connection);
        connection.closeSync();
        // A database that is closed while somebody connects brings the process down.
        await connecting;
        instance.closeSync();
      });
    },
  };
}

async function* readChunks(connect: () => Promise<DuckDBConnection>, sql: string, open: Set<DuckDBConnection>): AsyncIterable<Chunk> {
  let connection: DuckDBConnection | undefined;
  try {
    connection = await connect();
    open.add(connection);
    const result = await connection.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
      const { rowCount, columnCount } = chunk;
      const vectors = Array.from({ length: columnCount }, (_, i) => numbersOf((chunk as DuckDBDataChunk).getColumnVector(i), rowCount));
      yield { length: rowCount, vectors };
    }
  } catch (error) {
    throw new DuckdbError(error instanceof Error ? error.message : String(error));
  } finally {
    if (connection !== undefined) {
      open.delete(connection);
      connection.closeSync();
    }
  }
}

function numbersOf(vector: DuckDBVector, rows: number): Float64Array | Int32Array {
  const items = itemsOf(vector);
  return items ? items.subarray(0, rows) : Float64Array.from({ length: rows }, (_, row) => Number(vector.getItem(row)));
}

async function readCells(connection: DuckDBConnection, sql: string, fetch: readonly Fetch[], limit: number): Promise<Cells> {
  const result = await connection.stream(sql);
  const readers = fetch.map((kind) => (kind === 'number' ? numberReader() : keyReader(kind)));
  let [length, more] = [0, false];
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    if (length + chunk.rowCount > limit) {
      more = true;
      break;
    }
    for (const [k, reader] of readers.entries()) reader.read(chunk.getColumnVector(k), chunk.rowCount);
    length += chunk.rowCount;
  }
  const keys = readers.flatMap((reader) => ('keys' in reader ? [reader.keys()] : []));
  const numbers = readers.flatMap((reader) => ('numbers' in reader ? [reader.numbers()] : []));
  return { length, keys, numbers, more };
}

/** DuckDB's own vector of numbers, valid while its chunk lives; undefined for kinds that have none. Not a documented surface: pinned by a test. */
function itemsOf(vector: DuckDBVector): Int32Array | Float64Array | undefined {
  const items: unknown = 'items' in vector ? vector.items : undefined;
  return items instanceof Int32Array || items instanceof Float64Array ? items : undefined;
}

/** Which rows hold a value; undefined: all do. */
function validityOf(vector: DuckDBVector): ((row: number) => boolean) | undefined {
  const validity: unknown = 'validity' in vector ? vector.validity : undefined;
  if (validity !== null && typeof validity === 'object' && 'data' in validity && validity.data === null) return undefined;
  return (row) => vector.getItem(row) !== null;
}

function keyReader(kind: 'integer' | 'text'): { read(vector: DuckDBVector, rows: number): void; keys(): Keys } {
  const codes = growing((length) => new Int32Array(length));
  const dictionary = new Map<string | number | null, number>();
  const codeOf = (key: string | number | null): number => {
    let code = dictionary.get(key);
    if (code === undefined) {
      code = dictionary.size;
      dictionary.set(key, code);
    }
    return code;
  };
  return {
    read(vector, rows) {
      const items = kind === 'integer' ? itemsOf(vector) : undefined;
      const valid = validityOf(vector);
      for (let row = 0; row < rows; row++) {
        if (valid && !valid(row)) codes.push(codeOf(null));
        else codes.push(codeOf(items ? (items[row] as number) : String(vector.getItem(row))));
      }
    },
    keys: () => ({ texts: [...dictionary.keys()].map((key) => (key === null ? null : String(key))), codes: codes.finish() }),
  };
}

function numberReader(): { read(vector: DuckDBVector, rows: number): void; numbers(): Float64Array } {
  const values = growing((length) => new Float64Array(length));
  return {
    read(vector, rows) {
      const items = itemsOf(vector);
      const valid = validityOf(vector);
      for (let row = 0; row < rows; row++)
        values.push(valid && !valid(row) ? 0 : items ? (items[row] as number) : Number(vector.getItem(row)));
    },
    numbers: () => values.finish(),
  };
}
