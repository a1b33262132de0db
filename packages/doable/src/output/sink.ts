import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** Writes pieces to a file, or prints them; waits where the reader is slow. Throws what the file system throws. */
export async function toSink(
  out: string | undefined,
  print: (text: string) => Promise<void>,
  pieces: AsyncIterable<string> | Iterable<string>,
): Promise<void> {
  if (out === undefined) {
    for await (const piece of pieces) await print(piece);
    return;
  }
  const file = createWriteStream(out);
  await once(file, 'open');
  for await (const piece of pieces) if (!file.write(piece)) await once(file, 'drain');
  file.end();
  await once(file, 'finish');
}
