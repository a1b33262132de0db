import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { confounded, confoundedTruth, doable, file, main, type Ran, root } from './support.ts';

const document = JSON.stringify(confounded);
const answersOf = ({ out }: Ran) => JSON.parse(out).answers;

test('the answer goes to standard output and nothing else does', async () => {
  const ran = await doable(['ask', '-'], { input: document });
  expect(ran.code).toBe(0);
  expect(ran.out).toContain('0.625');
  expect(ran.out).toContain('Back-door: adjusting for {Z} suffices.');
  expect(ran.out.trimEnd().split('\n').at(-1)).toMatch(/^seed 0, doable \d/u);
  expect(ran.out).not.toContain(' ms');
  expect(ran.err).toContain('study table: 100 records in 8 rows, watched');
  expect(ran.err).toMatch(/1 answer in \d+ ms/u);
});

test('--json prints a document with every digit and the seed; the same seed gives the same digits', async () => {
  const runs = await Promise.all([7, 7, 8].map((seed) => doable(['ask', '-', '--json', '--seed', String(seed)], { input: document })));
  const [one, two, three] = runs.map(({ out }) => JSON.parse(out));
  expect(one).toMatchObject({
    schema: 'doable/answers@1',
    seed: 7,
    answers: [{ question: confounded.ask[0], status: 'identified', kind: 'point' }],
  });
  expect(one.answers[0].value).toBeCloseTo(confoundedTruth, 12);
  expect(two.answers).toEqual(one.answers);
  expect(three.answers[0].uncertainty.interval).not.toEqual(one.answers[0].uncertainty.interval);
  expect(three.answers[0].value).toBe(one.answers[0].value);
});

test('row names, a measured latent variable, a certain answer', async () => {
  const csv = file('rownames.csv', `"","Z","X","Y"\n${'"1",0,0,0\n"2",1,1,1\n"3",1,0,1\n"4",0,1,1\n'.repeat(5)}`);
  const ran = await doable([
    'ask',
    '--graph',
    'Z [latent]; Z -> X; X -> Y; W [latent]; W -> Y',
    '--study',
    csv,
    'P(Y=1, Y=0)',
    'P(Y=1 | X=0)',
  ]);
  expect(ran.err).toContain('ignored columns: row names');
  expect(ran.err).toContain('Z is latent in the graph, but a study measures it');
  expect(ran.err).toContain('  not measured: W\n');
  expect(ran.out).toMatch(/P\(Y=1 \| X=0\)[\s\S]*\n {2}0\.5/u);
  expect(ran.out).not.toContain('exact probabilities');
});

test('check says of a question that is not determined: no', async () => {
  const ran = await doable(['check', '-', '-q'], { input: JSON.stringify({ ...confounded, ask: [...confounded.ask, 'PNS(X -> Y)'] }) });
  expect(ran.out).toContain(
    '\n  no        PNS(X -> Y): these studies and this graph do not determine it;\n            models that fit bound it (doable ask says where).\n',
  );
});

test('--graph and --study say the same as a document', async () => {
  const rows = confounded.studies[0]?.data.map(({ Z, X, Y, n }) => `${Z},${X},${Y},${n}`).join('\n');
  const csv = file('table.csv', `Z,X,Y,n\n${rows}\n`);
  const ran = await doable(['ask', '--graph', confounded.graph, '--study', `${csv},count=n,name=table`, 'P(Y=1 | do(X=1))', '--json']);
  expect(answersOf(ran)[0].value).toBeCloseTo(confoundedTruth, 12);
  expect(answersOf(ran)[0].studies[0]).toMatchObject({ name: 'table', rows: 100 });
  const trial = await doable(['ask', '--graph', 'X -> Y; X <-> Y', '--study', `${csv},count=n,set=X`, 'P(Y=1 | do(X=1))', '--json', '-q']);
  expect(answersOf(trial)[0]).toMatchObject({ rule: 'measured', value: 35 / 50 });
  expect(trial.err).toBe('');
  const arm = await doable([
    'ask',
    '--graph',
    'X -> Y; X <-> Y',
    '--study',
    `${csv},count=n,set=X:1,where=X = 1`,
    'P(Y=1 | do(X=1))',
    '--json',
  ]);
  expect(answersOf(arm)[0]).toMatchObject({ rule: 'measured', value: 35 / 50 });
});

test('a document in YAML, and a path relative to it', async () => {
  file('rows.csv', 'X,Y\n0,0\n0,1\n1,1\n1,1\n');
  const yaml = file('problem.yaml', 'graph: X -> Y\nstudies:\n  - data: rows.csv\nask: ["P(Y=1 | do(X=0))"]\n');
  expect(answersOf(await doable(['ask', yaml, '--json']))[0].value).toBe(0.5);
});

test('a no exits with 1, says why, and what would help', async () => {
  const bounded = await doable(['ask', 'examples/bow.json']);
  expect(bounded.code).toBe(0);
  expect(bounded.out).toContain('Between 0.037');
  const ran = await doable(['ask', 'examples/bow.json', '--bounds', 'none']);
  expect(ran.code).toBe(1);
  expect(ran.out).toContain('No: these studies and this graph do not determine it.');
  expect(ran.out).toContain("F = {Smoking, Cancer}, F' = {Cancer}");
  expect(ran.out).toContain('One experiment on {Smoking}.');
});

test('formats', async () => {
  const [csv, latex, markdown, svg] = await Promise.all(
    ['csv', 'latex', 'markdown', 'svg'].map((format) => doable(['ask', '-', '--format', format, 'P(Y | do(X))'], { input: document })),
  );
  const lines = csv?.out.trim().split('\n') ?? [];
  expect(lines[0]).toBe('question,status,Y,X,value,lower,upper,standard_error,level,method');
  expect(lines).toHaveLength(5);
  expect(lines.find((line) => line.startsWith('P(Y | do(X)),identified,1,1,'))?.split(',')[4]).toMatch(/^0\.625/u);
  expect(latex?.out).toMatch(
    /\\paragraph\{\\texttt\{P\(Y \\textbar\{\} do\(X\)\)\}\}[\s\S]*\\\[\n {2}\\sum_\{Z\}[\s\S]*\\end\{enumerate\}/u,
  );
  expect(markdown?.out).toMatch(/^### `P\(Y \| do\(X\)\)`[\s\S]*\| Y \| X \| value \|[\s\S]*\$\$\n\\sum_\{Z\}/u);
  expect(svg?.out).toMatch(/^<svg [\s\S]*<\/svg>\n$/u);
});

test('--why prints the whole derivation', async () => {
  const [short, long] = await Promise.all([doable(['ask', '-'], { input: document }), doable(['ask', '-', '--why'], { input: document })]);
  expect(short.out).not.toContain('Derivation');
  expect(long.out).toMatch(/Derivation\n {2}1\. /u);
  expect(long.out).toContain('measured: No study set X');
});

test('text fits 80 columns', async () => {
  const { out } = await doable(['ask', 'examples/titanic.json', '--why']);
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('a question may begin with a sign', async () => {
  const ran = await doable(['ask', '-', '-P(Y=1 | do(X=1)) + 1*P(Y=1 | do(X=1))', '--json'], { input: document });
  expect(answersOf(ran)[0].value).toBe(0);
});

test('a reader that leaves early is no fault', async () => {
  const ran = await doable(['ask', '-', '--json'], { input: document, onOutput: (child) => child.stdout?.destroy() });
  expect(ran.code).toBe(0);
  expect(ran.err).not.toContain('fault');
});

const long = ['ask', '-', '--draws', '1000000', '--uncertainty', 'bootstrap', '--json'];

test('Ctrl-C prints what is known, marked partial, and exits with 130', async () => {
  let known = 0;
  // The number is there in a moment, its interval takes long; how long a moment is the machine knows.
  for (const wait of [300, 1000, 3000, 10_000]) {
    let sent = false;
    const ran = await doable(long, {
      input: document,
      onOutput: (child, _, err) => {
        if (sent || !err.includes('study table')) return;
        sent = true;
        setTimeout(() => child.kill('SIGINT'), wait);
      },
    });
    expect(ran.code).toBe(130);
    expect(ran.err).toContain('Stopping');
    const printed = JSON.parse(ran.out);
    expect(printed.partial).toBe(true);
    for (const answer of printed.answers) expect(answer.value).toBeCloseTo(confoundedTruth, 12);
    known = printed.answers.length;
    if (known > 0) break;
  }
  expect(known).toBe(1);
});

// A run that is stopped once has a second and a half to hand over what it knows; a machine that sleeps through them tries again.
test('Ctrl-C twice leaves at once', { retry: 4 }, async () => {
  const child = spawn(process.execPath, [main, ...long], { cwd: root });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  // No pipe holds so much: when it is gone the command reads, and it goes on reading.
  await new Promise((resolve) => child.stdin.write(' '.repeat(2 ** 23), resolve));
  child.kill('SIGINT');
  await new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      if (err.includes('Stopping')) resolve();
    });
    child.on('close', () => resolve());
  });
  child.kill('SIGINT');
  // Not even the document that says that nothing is known.
  expect([await closed, out]).toEqual([130, '']);
});

test.each(['0.7', '0.001'])('--timeout %s ends a run in the same way', async (seconds) => {
  const ran = await doable([...long, '--timeout', seconds], { input: document });
  expect(ran.code).toBe(130);
  const { partial, answers } = JSON.parse(ran.out);
  expect(partial).toBe(true);
  for (const answer of answers) expect(answer.value).toBeCloseTo(confoundedTruth, 12);
});

test('check that is stopped while it reads says so', async () => {
  const ran = await doable(['check', 'examples/titanic.json', '--json', '--timeout', '0.001']);
  expect([ran.code, ran.out]).toEqual([130, '']);
  expect(ran.err).toContain('Stopped before the studies were checked.');
});
