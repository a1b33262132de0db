import { createReadStream, rmSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '@doable/engine';
import { openDuckdb } from '../studies/duckdb.ts';
import { quoteName, quoteText } from '../studies/sql.ts';
import { type DrawnColumn, drawsText, numberLevels } from './draws.ts';

/** The draws as one Parquet file, in pieces. They pass through a folder of the system's temporary files, which is taken away. */
export async function* drawsParquet(batches: AsyncIterable<Batch>, columns: readonly DrawnColumn[]): AsyncGenerator<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'doable-draws-'));
  // A reader of standard output that leaves ends the process at once.
  const clear = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clear);
  try {
    const [from, to] = [join(folder, 'draws.ndjson'), join(folder, 'draws.parquet')];
    const file = await open(from, 'w');
    try {
      for await (const piece of drawsText(batches, columns, 'ndjson')) await file.appendFile(piece);
    } finally {
      await file.close();
    }
    const database = await openDuckdb({ temporary: join(folder, 'spill') });
    try {
      const types = columns.map((column) => `${quoteText(column.name)}: ${quoteText(typeOf(column))}`).join(', ');
      const names = columns.map(({ name }) => quoteName(name)).join(', ');
      await database.run(
        `COPY (SELECT ${names} FROM read_json(${quoteText(from)}, format = 'newline_delimited', maximum_object_size = 67108864, columns = {${types}})) TO ${quoteText(to)} (FORMAT parquet)`,
      );
    } finally {
      database.close();
    }
    yield* createReadStream(to) as AsyncIterable<Uint8Array>;
  } finally {
    clear();
    process.off('exit', clear);
  }
}

/** Levels that are all whole numbers are BIGINT, other numbers DOUBLE, texts VARCHAR. */
function typeOf({ type }: DrawnColumn): string {
  if (type.kind === 'tensor') return `FLOAT${'[]'.repeat(type.shape.length)}`;
  if (type.kind === 'real') return 'DOUBLE';
  if (!numberLevels(type.levels)) return 'VARCHAR';
  return type.levels.every((level) => Number.isSafeInteger(Number(level))) ? 'BIGINT' : 'DOUBLE';
}
