// The README's first command ends here: three questions, answered by the command itself.
import { spawnSync } from 'node:child_process';

const root = new URL('..', import.meta.url).pathname;
const command = new URL('../packages/doable/dist/main.js', import.meta.url).pathname;
const stops = [
  ['Did departments or prejudice decide? (records only)', ['ask', 'examples/berkeley.json']],
  ['Did job training raise earnings? (a randomised trial)', ['ask', 'examples/nsw.json']],
  ['Does smoking cause cancer, from a survey alone? (an honest no)', ['ask', 'examples/bow.json']],
];
for (const [title, args] of stops) {
  console.log(`\n# ${title}\n$ npx doable ${args.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [command, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0 && status !== 1) process.exit(status ?? 3);
}
