import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { type CheckedManifest, type Issue, type Result, readManifest } from '@doable/engine';
import { inspectOnnx } from '@doable/engine/tensor';

/** A manifest with the bytes of its file, which have been checked; `model` is absent for an HTTP sampler. */
export interface BroughtFile {
  readonly checked: CheckedManifest;
  readonly model?: Uint8Array;
}

const largestManifest = 2 ** 20;
const largestModel = 2 ** 29;

/**
 * Reads a manifest and the ONNX file that it names. Nothing outside the manifest's folder is opened, links resolved. Issues:
 * `brought-file` (missing, outside, not its hash), `brought-random` (draws noise of its own), those of `readManifest` and `inspectOnnx`.
 */
export async function readBrought(path: string): Promise<Result<BroughtFile>> {
  const read = await bytesOf(path, largestManifest, 'the manifest, a JSON file (docs/reference/bring-your-own.md)');
  if (!read.ok) return read;
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(read.value));
  } catch (error) {
    return refused(`${path} is no JSON: ${(error as Error).message}.`, 'Bring the manifest (JSON), not the model file itself.');
  }
  const checked = readManifest(document);
  if (!checked.ok) return checked;
  const { file, url, sha256 } = checked.value.manifest;
  if (url !== undefined) return { ok: true, value: { checked: checked.value } };
  if (file === undefined)
    return refused('file is missing.', 'Name the ONNX file, or a "url"; functions are brought through the library, never by a manifest.');
  const located = await inside(path, file);
  if (!located.ok) return located;
  const model = await bytesOf(located.value, largestModel, 'an ONNX file in "file"');
  if (!model.ok) return model;
  const found = createHash('sha256').update(model.value).digest('hex');
  if (found !== sha256?.toLowerCase())
    return refused(
      `sha256 is ${sha256}, but ${file} has ${found}.`,
      'It is another file than the manifest was written for, or a damaged one. If it is the right one, correct the manifest.',
    );
  const summary = inspectOnnx(model.value, { bytes: largestModel });
  if (!summary.ok) return summary;
  if (summary.value.random.length > 0)
    return {
      ok: false,
      issues: [
        {
          code: 'brought-random',
          message: `${file} draws noise of its own (${summary.value.random.join(', ')}): the same seed would not give the same draws.`,
          hint: 'Make the noise an input, and name it in io.noise.',
        },
      ],
    };
  return { ok: true, value: { checked: checked.value, model: model.value } };
}

async function inside(manifest: string, file: string): Promise<Result<string>> {
  const outside = refused(`file is ${file}, which is not in the folder of the manifest.`, 'Put the file beside the manifest.');
  if (isAbsolute(file) || file.split(/[/\\]/u).includes('..') || file.includes('\0')) return outside;
  try {
    const folder = await realpath(dirname(resolve(manifest)));
    const found = await realpath(resolve(folder, file));
    const way = relative(folder, found);
    return way === '' || way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? outside : { ok: true, value: found };
  } catch {
    return refused(`file is ${file}, which does not exist beside the manifest.`, 'Put the ONNX file there, or correct "file".');
  }
}

async function bytesOf(path: string, most: number, what: string): Promise<Result<Uint8Array>> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return refused(`${path} is a folder.`, `Name ${what}.`);
    if (!found.isFile()) return refused(`${path} is no plain file.`, `Name ${what}.`);
    if (found.size > most) return refused(`${path} has ${found.size} bytes; at most ${most} are read.`, `Name ${what}.`);
    return { ok: true, value: await readFile(path) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return refused(`There is no file ${path}.`, `Name ${what}; paths are relative to the folder you are in.`);
    if (code === 'EACCES' || code === 'EPERM') return refused(`${path} may not be read.`, 'Make it readable.');
    return refused(`${path} cannot be read: ${(error as Error).message}.`);
  }
}

const refused = (message: string, hint?: string): { readonly ok: false; readonly issues: readonly Issue[] } => ({
  ok: false,
  issues: [{ code: 'brought-file', message, ...(hint !== undefined && { hint }) }],
});
