import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/**
 * The folder, with those around it. One by one, since `recursive` never ends where a file system lets nothing be made (/proc). Throws
 * what the file system throws.
 */
export async function makeFolder(folder: string): Promise<void> {
  const around = dirname(folder);
  const there = (path: string): Promise<boolean> =>
    stat(path).then(
      () => true,
      () => false,
    );
  if (await there(folder)) return;
  if (around !== folder) await makeFolder(around);
  await mkdir(folder).catch(async (error: unknown) => {
    // Made by another process meanwhile.
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST' && (await there(folder)))) throw error;
  });
}

/** Written whole or not at all, whenever the process ends: under another name first, then renamed. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await makeFolder(dirname(path));
  const part = `${path}.${process.pid}.part`;
  try {
    const file = await open(part, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** The file, or undefined where there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Takes away what processes that are no more left unfinished beside a file. */
export async function clearUnfinished(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await readdir(folder).catch((): string[] => []);
  for (const name of found) {
    const [, pid] = name.startsWith(basename(path)) ? (/\.(\d+)\.part$/u.exec(name) ?? []) : [];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

/** Is there a process of this number? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
