import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../..', import.meta.url));
export const main = join(root, 'packages/doable/dist/main.js');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunSettings {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Called with the child and all that it has written so far. */
  readonly onOutput?: (child: ReturnType<typeof spawn>, out: string, err: string) => void;
}

const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !['NO_COLOR', 'FORCE_COLOR', 'TERM'].includes(name)));

/** Runs the built command from the root of the repository. */
export function doable(args: readonly string[], settings: RunSettings = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: settings.cwd ?? root, env: { ...clean, ...settings.env } });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      settings.onOutput?.(child, out, err);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      settings.onOutput?.(child, out, err);
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(settings.input ?? '');
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const folder = mkdtempSync(join(tmpdir(), 'doable-command-'));

/** A file in a folder of its own; its path. */
export function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The numbers below are exact: P(Y | do(X)) by hand is sum_Z P(Y | X, Z) P(Z). */
export const confounded = {
  graph: 'Z -> X -> Y; Z -> Y',
  studies: [
    {
      name: 'table',
      count: 'n',
      data: [
        { Z: 0, X: 0, Y: 0, n: 30 },
        { Z: 0, X: 0, Y: 1, n: 10 },
        { Z: 0, X: 1, Y: 0, n: 5 },
        { Z: 0, X: 1, Y: 1, n: 5 },
        { Z: 1, X: 0, Y: 0, n: 5 },
        { Z: 1, X: 0, Y: 1, n: 5 },
        { Z: 1, X: 1, Y: 0, n: 10 },
        { Z: 1, X: 1, Y: 1, n: 30 },
      ],
    },
  ],
  ask: ['P(Y=1 | do(X=1))'],
};
/** 0.5 * 5/10 + 0.5 * 30/40 */
export const confoundedTruth = 0.625;
