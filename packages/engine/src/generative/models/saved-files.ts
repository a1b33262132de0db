import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import { digestOf } from './digest.ts';

export type SavedFiles = ReadonlyMap<string, Uint8Array>;

export const bad = (why: string): Issue => ({
  code: 'bad-factor',
  message: `This is no saved factor, or a damaged one: ${why}.`,
  hint: 'Train it again.',
});

/** A file that a manifest names. Issues: `missing-file`, `bad-factor` where its content is not what was saved. */
export function savedFile(file: string, digest: string, files: SavedFiles): Result<Uint8Array> {
  const bytes = files.get(file);
  if (bytes === undefined) return failure({ code: 'missing-file', message: `The file ${file} of a factor is missing.` });
  return digestOf(bytes) === digest ? success(bytes) : failure(bad(`${file} is not the file that was saved`));
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);
