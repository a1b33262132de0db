import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { failure, type Result, success } from '@doable/engine';

const unpack = promisify(gunzip);

/** Unsigned bytes in the IDX format of MNIST: `shape` outermost first. */
export interface IdxBytes {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

/** Reads an IDX file of unsigned bytes, gzipped or not. Issues: `idx-read` (not there, not readable), `idx-format`. */
export async function readIdx(path: string): Promise<Result<IdxBytes>> {
  let bytes: Uint8Array;
  try {
    const raw = await readFile(path);
    bytes = raw[0] === 0x1f && raw[1] === 0x8b ? await unpack(raw) : raw;
  } catch (error) {
    return failure({ code: 'idx-read', message: `${path}: ${error instanceof Error ? error.message : String(error)}` });
  }
  const wrong = (message: string) => failure({ code: 'idx-format', message: `${path}: ${message}` });
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8) return wrong('not an IDX file of unsigned bytes');
  const dimensions = bytes[3] as number;
  const header = 4 + 4 * dimensions;
  if (bytes.length < header) return wrong('cut off in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length - header !== size) return wrong(`says ${shape.join(' x ')}, holds ${bytes.length - header} bytes`);
  return success({ shape, values: bytes.subarray(header) });
}
