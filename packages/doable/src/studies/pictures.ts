import { open, readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { failure, type ReadPicture } from '@doable/engine/adapter';
import { decodePicture, pictureHeader, unreadPicture } from '../output/png.ts';

/** Bytes of one file of a picture, at most. */
const mostBytes = 64 * 2 ** 20;

/**
 * Reads PNG files, paths relative to `folder`; without `pixels` only their headers, so that files must be there and of the declared size.
 * Issues: `no-picture`, those of {@link decodePicture} or {@link unreadPicture}.
 */
export const pictureReader =
  (folder: string, pixels = true): ReadPicture =>
  async (path) => {
    let bytes: Uint8Array;
    try {
      const file = isAbsolute(path) ? path : join(folder, path);
      bytes = await (pixels ? readFile(file) : beginning(file, pictureHeader));
    } catch (error) {
      const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      const why = error instanceof Error ? error.message : String(error);
      return failure({
        code: 'no-picture',
        message: absent ? `there is no picture “${path}”` : `the picture “${path}” cannot be read: ${why}`,
        hint: 'Paths of pictures are relative to the file of the data; lists of numbers stand in brackets.',
      });
    }
    if (bytes.length > mostBytes)
      return failure({ code: 'picture-format', message: `“${path}” has ${bytes.length} bytes, too many for a picture` });
    return pixels ? decodePicture(bytes, path) : unreadPicture(bytes, path);
  };

async function beginning(file: string, length: number): Promise<Uint8Array> {
  const opened = await open(file);
  try {
    const { buffer, bytesRead } = await opened.read(new Uint8Array(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await opened.close();
  }
}
