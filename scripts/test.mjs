// The whole suite in one command: types, lint, then every test. Ends with the line `N passed, M failed`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const bin = (name) => join(root, 'node_modules/.bin', name);
let [passed, failed, skipped] = [0, 0, 0];

function step(title, command, args) {
  console.log(`\n== ${title}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: process.env });
  return status === 0;
}
const check = (title, command, args) => {
  if (step(title, command, args)) passed += 1;
  else failed += 1;
};

check('types', bin('tsc'), ['-b']);
check('lint', bin('biome'), ['ci', '--error-on-warnings', '.']);

const folder = mkdtempSync(join(tmpdir(), 'doable-test-'));
const report = join(folder, 'report.json');
const good = step('tests', bin('vitest'), ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]);
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  skipped += result.numPendingTests + result.numTodoTests;
  if (!good && result.numFailedTests === 0) failed += 1;
} catch (error) {
  console.error(String(error));
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
