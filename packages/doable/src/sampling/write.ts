import { once } from 'node:events';
import { open, rename, rm } from 'node:fs/promises';
import type { Batch } from '@doable/engine';
import { type DrawnColumn, drawsText } from './draws.ts';

export const drawFormats = ['csv', 'ndjson', 'parquet', 'png'] as const;
export type DrawFormat = (typeof drawFormats)[number];

/** Where draws go: a file, or pieces of text or bytes to standard output, waiting where the reader is slow. */
export interface DrawSink {
  readonly out: string | undefined;
  readonly stdout: NodeJS.WriteStream;
}

/** Writes draws as they come. A file is complete or is not there: it gets its name at the end. Throws what the file system throws. */
export async function writeDraws(
  sink: DrawSink,
  columns: readonly DrawnColumn[],
  batches: AsyncIterable<Batch>,
  format: DrawFormat,
): Promise<void> {
  await toPlace(sink, piecesOf(columns, batches, format));
}

async function* piecesOf(
  columns: readonly DrawnColumn[],
  batches: AsyncIterable<Batch>,
  format: DrawFormat,
): AsyncGenerator<string | Uint8Array> {
  if (format === 'csv' || format === 'ndjson') yield* drawsText(batches, columns, format);
  else if (format === 'parquet') yield* (await import('./parquet.ts')).drawsParquet(batches, columns);
  else yield (await import('./pictures.ts')).drawsPictures(await whole(batches), columns);
}

const whole = async (batches: AsyncIterable<Batch>): Promise<Batch[]> => {
  const all: Batch[] = [];
  for await (const batch of batches) all.push(batch);
  return all;
};

async function toPlace({ out, stdout }: DrawSink, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  if (out === undefined) {
    for await (const piece of pieces) if (!stdout.write(piece)) await once(stdout, 'drain');
    return;
  }
  const part = `${out}.${process.pid}.part`;
  const file = await open(part, 'w');
  try {
    for await (const piece of pieces) await file.appendFile(piece);
    await file.close();
    await rename(part, out);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}
