// The README's first command ends here: three questions, answered by the command itself.
import { spawnSync } from 'node:child_process';

const root = new URL('..', import.meta.url).pathname;
const command = new URL('../packages/doable/dist/main.js', import.meta.url).pathname;
const stops = [
  [
    'Did Berkeley turn women away? Records alone answer, given the graph.',
    ['ask', 'examples/berkeley.json', 'ATE(Gender=Female vs Male -> Admit)'],
  ],
  ['Did job training raise earnings? A randomised trial answers.', ['ask', 'examples/nsw.json']],
  ['Does smoking cause cancer? A survey alone cannot say, and this is why.', ['ask', 'examples/bow.json']],
];
for (const [title, args] of stops) {
  console.log(`\n# ${title}\n$ npx doable ${args.map((arg) => (/[ (]/.test(arg) ? `'${arg}'` : arg)).join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [command, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0 && status !== 1) process.exit(status ?? 3);
}
