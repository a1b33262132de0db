import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { failure, type ReadPicture, success } from '@doable/engine/adapter';
import { decodePicture, unreadPicture } from '../output/png.ts';

/** Bytes of one file of a picture, at most. */
const mostBytes = 64 * 2 ** 20;

/**
 * Reads PNG files, paths relative to `folder`; without `pixels` they are not decoded, so that files must be there and of the declared size.
 * Issues: `no-picture`, those of {@link decodePicture} or {@link unreadPicture}.
 */
export const pictureReader =
  (folder: string, pixels = true): ReadPicture =>
  async (path) => {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(isAbsolute(path) ? path : join(folder, path));
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
    const picture = pixels ? decodePicture(bytes, path) : unreadPicture(bytes, path);
    return picture.ok ? success({ ...picture.value, digest: createHash('sha256').update(bytes).digest('hex') }) : picture;
  };
