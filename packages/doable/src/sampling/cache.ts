import { access, constants, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CheckpointStore, Issue, SavedFactor } from '@doable/engine';
import type { Environment } from '../output/style.ts';
import { clearUnfinished, makeFolder, readIfThere, sha256, writeWhole } from './files.ts';

/** Trained factors by content address, and checkpoints of unfinished training. */
export interface FactorCache {
  readonly folder: string;
  /** What is damaged counts as not there. */
  load(key: string): Promise<SavedFactor | undefined>;
  save(key: string, factor: SavedFactor): Promise<void>;
}

/** `XDG_CACHE_HOME/doable`, or `doable` in the folder that the system has for it. */
export function cacheFolder(env: Environment, platform: string = process.platform): string {
  const { XDG_CACHE_HOME: own, LOCALAPPDATA: local } = env;
  if (own !== undefined && own !== '') return join(own, 'doable');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'doable');
  if (platform === 'win32' && local !== undefined) return join(local, 'doable');
  return join(homedir(), '.cache', 'doable');
}

/** The address of a factor: a digest of all that decides what is learnt. */
export const factorAddress = (parts: unknown): string => sha256(JSON.stringify(parts));

/** Told what a cache could not do. Whoever asked goes on as if nothing were kept. */
export type OnTrouble = (issue: Issue) => void;

/** Why nothing can be kept in a folder, found by making the folders of the cache there; undefined: it can. Issues: `cache`. */
export async function cacheIssue(folder: string): Promise<Issue | undefined> {
  try {
    for (const name of ['factors', 'checkpoints']) {
      await makeFolder(join(folder, name));
      await access(join(folder, name), constants.W_OK);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    return { code: 'cache', message: `Nothing can be kept in the folder ${folder}: ${reason(error)}.`, hint: elsewhere };
  }
}

const elsewhere = 'Name another folder with --cache, or use --no-cache.';
/** Without the file, so that one trouble of the folder is one message. */
const reason = ({ message }: Error): string => message.replace(/, \w+(?: '.*)?$/u, '');

/** Does it, or tells why the file system would not; without `onTrouble` throws what the file system throws. */
async function tried<T>(what: string, folder: string, onTrouble: OnTrouble | undefined, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (onTrouble === undefined || !(error instanceof Error && 'syscall' in error)) throw error;
    onTrouble({ code: 'cache', message: `${what} (${folder}): ${reason(error)}.`, hint: elsewhere });
    return undefined;
  }
}

const unread = 'What is kept of training cannot be read, so it is trained anew';
const unkept = 'What is trained cannot be kept';

/** A factor is one file: a digest, then JSON with the files of the factor in base64. */
export function factorCache(folder: string, onTrouble?: OnTrouble): FactorCache {
  const pathOf = (key: string): string => join(folder, 'factors', `${key}.factor`);
  return {
    folder,
    async load(key) {
      const bytes = await tried(unread, folder, onTrouble, () => readIfThere(pathOf(key)));
      if (bytes === undefined) return undefined;
      const text = Buffer.from(bytes).toString('utf8');
      const body = text.slice(65);
      if (text[64] !== '\n' || sha256(body) !== text.slice(0, 64)) {
        onTrouble?.({ code: 'cache', message: `${pathOf(key)} is damaged. Its factor is trained anew, and kept in its place.` });
        return undefined;
      }
      const { manifest, files } = JSON.parse(body) as { manifest: SavedFactor['manifest']; files: Record<string, string> };
      return {
        manifest,
        files: new Map(Object.entries(files).map(([name, base64]) => [name, new Uint8Array(Buffer.from(base64, 'base64'))])),
      };
    },
    async save(key, { manifest, files }) {
      const body = JSON.stringify({
        manifest,
        files: Object.fromEntries([...files].map(([name, content]) => [name, Buffer.from(content).toString('base64')])),
      });
      await tried(unkept, folder, onTrouble, async () => {
        await clearUnfinished(pathOf(key));
        await writeWhole(pathOf(key), `${sha256(body)}\n${body}`);
      });
    },
  };
}

/** Checkpoints of unfinished training in a folder, one file each; `used`: those that were asked for. */
export function checkpointFiles(folder: string, onTrouble?: OnTrouble): CheckpointStore & { readonly used: ReadonlySet<string> } {
  const used = new Set<string>();
  return {
    used,
    async load(key) {
      used.add(key);
      return tried(unread, folder, onTrouble, async () => {
        await clearUnfinished(checkpointPath(folder, key));
        return readIfThere(checkpointPath(folder, key));
      });
    },
    save: (key, bytes) => tried(unkept, folder, onTrouble, () => writeWhole(checkpointPath(folder, key), bytes)),
  };
}

/** Takes away checkpoints of training that is finished and kept. */
export async function dropCheckpoints(folder: string, keys: Iterable<string>): Promise<void> {
  // One that cannot be taken away is in nobody's way.
  for (const key of keys) await rm(checkpointPath(folder, key), { force: true }).catch(() => undefined);
}

const checkpointPath = (folder: string, key: string): string => join(folder, 'checkpoints', `${key.replaceAll(/[^\w-]/gu, '_')}.state`);
