import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
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
    const place = isAbsolute(path) ? path : join(folder, path);
    let bytes: Uint8Array;
    try {
      const about = await stat(place);
      // What is neither may never end: a device, a pipe.
      if (!about.isFile() && !about.isDirectory()) throw new Error('it is no file');
      if (about.size > mostBytes)
        return failure({ code: 'picture-format', message: `“${path}” has ${about.size} bytes, too many for a picture` });
      bytes = await readFile(place);
    } catch (error) {
      const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      const why = error instanceof Error ? error.message : String(error);
      return failure({
        code: 'no-picture',
        message: absent ? `there is no picture “${path}”` : `the picture “${path}” cannot be read: ${why}`,
        hint: 'Paths of pictures are relative to the file of the data; lists of numbers stand in brackets.',
      });
    }
    const picture = pixels ? decodePicture(bytes, path) : unreadPicture(bytes, path);
    return picture.ok ? success({ ...picture.value, digest: createHash('sha256').update(bytes).digest('hex') }) : picture;
  };
