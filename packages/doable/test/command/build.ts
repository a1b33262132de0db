import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

/** The command is tested as it is shipped. Errors of types are another check's affair; a command that was not built is ours. */
export default function setup(): void {
  const { stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'packages/doable'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (!existsSync(`${root}/packages/doable/dist/main.js`)) throw new Error(`The command could not be built.\n${stdout}`);
}
