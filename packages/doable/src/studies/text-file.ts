import { createReadStream } from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { csvReader, type Issue } from '@doable/engine/adapter';

/** The text of a file chunk by chunk, unpacked where its name ends in .gz (or .zst, where this Node can). */
export async function* textOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const file = createReadStream(path, { highWaterMark: 1 << 18 });
  const unpack = unpacker(path);
  const stream: Readable = unpack ? pipeline(file, unpack, () => undefined) : file;
  try {
    for await (const bytes of stream as AsyncIterable<Uint8Array>) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } finally {
    file.destroy();
  }
}

function unpacker(path: string): (NodeJS.ReadWriteStream & Readable) | undefined {
  if (path.endsWith('.gz')) return zlib.createGunzip();
  if (!path.endsWith('.zst')) return undefined;
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress');
  return typeof create === 'function' ? create() : undefined;
}

/** Can this Node read the file as text by itself? */
export const readable = (path: string): boolean =>
  !path.endsWith('.zst') || typeof Reflect.get(zlib, 'createZstdDecompress') === 'function';

export interface CsvHeader {
  readonly names: readonly string[];
  readonly delimiter: string;
}

/** Header and separator of a CSV file; only its beginning is read. */
export async function csvHeader(path: string, file: string, delimiter?: string): Promise<CsvHeader | readonly Issue[]> {
  let found: CsvHeader | undefined;
  const reader = csvReader(
    {
      header(names, used) {
        found = { names, delimiter: used };
      },
      record: () => undefined,
    },
    { file, ...(delimiter !== undefined && { delimiter }) },
  );
  for await (const text of textOf(path)) {
    reader.write(text);
    if (found) break;
  }
  const issues = found
    ? reader.end().filter(({ code, where }) => code === 'csv-header' || (code === 'csv-encoding' && where?.row === 1))
    : reader.end();
  return issues.length > 0 || found === undefined ? issues : found;
}

/** Everything that is wrong with a CSV file, by our own reader. */
export async function csvIssues(path: string, file: string, delimiter?: string): Promise<readonly Issue[]> {
  const reader = csvReader({ header: () => undefined, record: () => undefined }, { file, ...(delimiter !== undefined && { delimiter }) });
  for await (const text of textOf(path)) reader.write(text);
  return reader.end();
}

/** The line of the first record whose cell in `column` passes the test. */
export async function findLine(
  path: string,
  delimiter: string,
  column: string,
  test: (text: string) => boolean,
): Promise<number | undefined> {
  let place = -1;
  let line: number | undefined;
  const reader = csvReader(
    {
      header(names) {
        place = names.indexOf(column);
      },
      record(cells, at) {
        if (line === undefined && test((cells[place] ?? '').trim())) line = at;
      },
    },
    { delimiter },
  );
  for await (const text of textOf(path)) {
    reader.write(text);
    if (line !== undefined) break;
  }
  if (line === undefined) reader.end();
  return line;
}
