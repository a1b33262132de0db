import { expect, test } from 'vitest';
import { confounded, doable, file } from './support.ts';

/** Bad input: exit code 2, nothing on standard output, all that is said on standard error. */
async function refused(args: readonly string[], input = ''): Promise<string> {
  const ran = await doable(args, { input });
  expect(ran).toMatchObject({ code: 2, out: '' });
  return ran.err;
}

test('unknown variable: the place and the nearest name', async () => {
  const err = await refused(['ask', 'examples/berkeley.json', '-q', 'P(Admt=Admitted | do(Gender=Male))']);
  expect(err).toBe("error: There is no variable 'Admt'.\n  P(Admt=Admitted | do(Gender=Male))\n    ^^^^\n  Did you mean 'Admit'?\n");
});

test('questions are listed together, and so are studies, graph and questions', async () => {
  const three = await refused(['ask', 'examples/berkeley.json', '-q', 'P(Admt)', 'P(Admit=Admited)', 'P(Admit']);
  expect(three.match(/^error:/gmu)).toHaveLength(3);
  const document = { ...confounded, graph: 'X -> Y -> X', studies: [{ data: 'nowhere.csv' }], ask: ['P('] };
  const err = await refused(['ask', '-'], JSON.stringify(document));
  expect(err).toContain('The graph has a cycle: X -> Y -> X.');
  expect(err).toContain('nowhere.csv');
  expect(err).toContain('Expected the name of a variable');
});

test('a cyclic graph shows its cycle in the text', async () => {
  const err = await refused(['ask', '--graph', 'X -> Y -> Z -> X', 'P(Y)']);
  expect(err).toMatch(/The graph has a cycle: .*\n {2}X -> Y -> Z -> X\n +\^+\n/u);
});

test('a broken CSV: every fault with its line', async () => {
  const ragged = file('ragged.csv', 'X,Y,n\n0,1,5\n1,0\n0,0,1,2\n');
  const err = await refused(['ask', '--graph', 'X -> Y', '--study', `${ragged},count=n`, 'P(Y | do(X))']);
  expect(err).toContain('Line 3 has 2 cells, the header has 3.');
  expect(err).toContain('Line 4 has 4 cells, the header has 3.');
  const counts = file('counts.csv', 'X,Y,n\n0,1,5\n0,0,-3\n1,1,2.5\n');
  const bad = await refused(['ask', '--graph', 'X -> Y', '--study', `${counts},count=n`, 'P(Q | do(X))']);
  expect(bad).toMatch(/line 3.*-3/u);
  expect(bad).toMatch(/line 4.*2\.5/u);
  expect(bad).toContain("There is no variable 'Q'.");
});

test('broken JSON shows the place', async () => {
  const path = file('broken.json', '{\n  "graph": "X -> Y",\n  "ask": ["P(Y)",]\n}\n');
  const err = await refused(['ask', path]);
  expect(err).toMatch(/is not JSON/u);
  expect(err).toMatch(/line 3:\n {4}"ask": \["P\(Y\)",\]\n {19}\^\n/u);
});

test('options: unknown ones with the nearest, values out of range, all at once', async () => {
  const err = await refused(['ask', '--grpah', '--seed', 'abc', '--level', '3', '--format', 'pdf', '--study']);
  expect(err).toContain('There is no option --grpah.');
  expect(err).toContain('Did you mean --graph?');
  expect(err).toContain("--seed must be a whole number, not 'abc'.");
  expect(err).toContain('--level must be a number from 0.5 to 0.9999, not 3.');
  expect(err).toContain("not 'pdf'");
  expect(err).toContain('--study needs a value');
  expect(await refused(['convert', '--seed', '1', 'X -> Y', '--to', 'dot'])).toContain('doable convert has no option --seed.');
});

test('--study names its unknown field', async () => {
  const err = await refused(['ask', '--study', 'examples/data/berkeley.csv,cuont=Freq', 'P(Admit)']);
  expect(err).toContain("there is no field 'cuont'");
  expect(err).toContain("Did you mean 'count'?");
});

test('what is missing is asked for', async () => {
  expect(await refused(['ask'])).toContain('Nothing is asked.');
  expect(await refused(['ask', 'nowhere.json'])).toContain('There is no document “nowhere.json”.');
  expect(await refused(['aks'])).toContain('Did you mean doable ask?');
  expect(await refused(['examples/berkeley.json'])).toContain('Did you mean doable ask?');
  expect(await refused(['simulate', 'X -> Y'])).toContain('-n N is needed');
});

test('commands of later versions say so', async () => {
  for (const name of ['serve']) expect(await refused([name])).toContain('is not yet in this version');
});

test('data where a problem document belongs, and a stream where a file does', async () => {
  const path = file('rows.csv', 'X,Y\n0,1\n');
  const graph = ['--graph', 'X -> Y'];
  expect(await refused(['ask', path, 'P(Y)'])).toMatch(
    /is data, not a problem document\.\n {2}Give it with a graph: --graph 'X -> Y' --study /u,
  );
  expect(await refused(['check', path])).toContain('is data, not a problem document.');
  expect(await refused(['ask', file('rows.json', '[{"X":0,"Y":1}]'), 'P(Y)'])).toContain('A list of rows is data');
  expect(await refused(['ask', ...graph, '--study', '-', 'P(Y)'])).toContain('a study is not read from standard input.');
  expect(await refused(['ask', '-', 'P(Y)'], '{ "graph": }')).toMatch(/^error: (?:line 1: )?Standard input is not JSON/u);
});

test('an encoding that is not UTF-8 is one error, not one of every line', async () => {
  const utf16 = file('utf16.csv', Buffer.from(`\uFEFFX,Y\n${'0,1\n'.repeat(40)}`, 'utf16le'));
  const err = await refused(['ask', '--graph', 'X -> Y', '--study', utf16, 'P(Y)']);
  expect(err.match(/^error:/gmu)).toHaveLength(1);
  expect(err).toContain('The header is not UTF-8 (column 1).\n  Save the file as UTF-8.');
});

test('a stray text in a column of numbers is named where a mean is asked', async () => {
  const path = file('stray.csv', 'X,Y\n0,1.5\n1,2.5\n0,n/a\n1,3.5\n');
  expect(await refused(['ask', '--graph', 'X -> Y', '--study', path, '-q', 'E[Y | X=1]'])).toContain(
    'Y has no mean: its level "n/a" is not a number.',
  );
});

test('a number compared with a column of a text file: the remedy, and that it is one', async () => {
  const path = file('ages.csv', 'age,Y\n9,1\n18,0\n30,0\n100,1\n');
  const ask = (where: string): string[] => [
    'ask',
    '--graph',
    'X -> Y',
    '--study',
    `${path},where=${where}`,
    '-q',
    '--format',
    'csv',
    'P(Y=1)',
  ];
  expect(await refused(ask('age >= 18'))).toContain('write CAST(age AS DOUBLE) >= 18');
  expect(await refused(ask('age between 18 and 40'))).toContain('write CAST(age AS DOUBLE) >= 18');
  const ran = await doable(ask('CAST(age AS DOUBLE) >= 18'));
  expect(ran.out).toMatch(/^P\(Y=1\),identified,0\.33333/mu);
});
