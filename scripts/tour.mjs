// The README's first command ends here: questions of five kinds and draws, by the command itself.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const root = new URL('..', import.meta.url).pathname;
const command = new URL('../packages/doable/dist/main.js', import.meta.url).pathname;
function doable(args, options) {
  const ended = spawnSync(process.execPath, [command, ...args], { cwd: root, encoding: 'utf8', ...options });
  if (ended.status !== 0 && ended.status !== 1) {
    console.error(ended.stderr ?? '');
    process.exit(ended.status ?? 3);
  }
  return ended.stdout;
}
function stop(title, args) {
  console.log(`\n# ${title}\n$ npx doable ${args.map((arg) => (/[ (]/.test(arg) ? `'${arg}'` : arg)).join(' ')}\n`);
  doable(args, { stdio: 'inherit' });
}

/** Table 1 of the EMCC paper: the documents examples/mueller-pearl-*.json, one per line. */
function table() {
  const studies = ['records', 'trial', 'both'];
  const lines = ['', '-summed'].flatMap((model) =>
    studies.map((name) => {
      const document = JSON.parse(readFileSync(`${root}examples/mueller-pearl-${name}${model}.json`, 'utf8'));
      const placed = document.studies.map((study) => ({ ...study, data: `examples/${study.data}` }));
      return JSON.stringify({ ...document, studies: placed });
    }),
  );
  const out = doable(['ask', '--lines', '--json', '--uncertainty', 'none', '--quiet'], { input: lines.join('\n') });
  const answers = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).answers);
  const text = ({ lower, upper }) => {
    const [low, high] = [lower, upper].map((end) => String(Math.round(end * 1e6) / 1e6));
    return low === high ? low : `${low} to ${high}`;
  };
  const row = (name, model, question) => [name, ...answers.slice(model, model + 3).map((document) => text(document[question]))];
  const rows = [
    ['', ...studies],
    row('everybody', 0, 0),
    row('women', 0, 1),
    row('men', 0, 2),
    row('everybody, without looking at gender', 3, 0),
  ];
  for (const cells of rows) console.log(`  ${cells.map((cell, i) => cell.padEnd(i === 0 ? 38 : 18)).join('')}`.trimEnd());
}

stop('Did Berkeley turn women away? Records alone answer, given the graph.', [
  'ask',
  'examples/berkeley.json',
  'ATE(Gender=Female vs Male -> Admit)',
]);
stop('Did job training raise earnings? A randomised trial answers.', ['ask', 'examples/nsw.json']);
stop('How many live because of the drug? Nobody is seen in two worlds: records and a trial together bound it.', [
  'ask',
  'examples/mueller-pearl-both-summed.json',
]);
console.log('\n# The same share from either study, from both, and by gender (Table 1 of the EMCC paper; examples/mueller-pearl-*.json)\n');
table();
stop('How many found work because of the training? A trial and a survey contradict each other, and this is the proof.', [
  'ask',
  'examples/nsw-psid.json',
]);
stop('What would both levers do that were never pulled together? Two single-lever experiments and records, if their effects add up.', [
  'ask',
  'examples/two-levers.json',
  'E[sales | do(tv=7, web=5)] - E[sales | do(tv=5, web=3)]',
]);
stop('What would be seen if X were set? Rows drawn although a hidden cause of X and Y is at work: three laws are learnt and wired.', [
  'sample',
  'examples/front-door-simulated.json',
  'P(M, Y | do(X))',
  '--at',
  'X=0,1',
  '-n',
  '4',
]);
