import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { doable, file } from './support.ts';

const graph = 'X -> M -> Y; X <-> Y';

test('the same seed gives the same rows; more rows begin with them', async () => {
  const [a, b, c, longer] = await Promise.all([
    doable(['simulate', graph, '-n', '50', '--seed', '3']),
    doable(['simulate', graph, '-n', '50', '--seed', '3']),
    doable(['simulate', graph, '-n', '50', '--seed', '4']),
    doable(['simulate', graph, '-n', '20000', '--seed', '3']),
  ]);
  expect(a.out).toBe(b.out);
  expect(a.out).not.toBe(c.out);
  expect(longer.out.startsWith(a.out)).toBe(true);
  expect(a.out.split('\n')[0]).toBe('X,M,Y');
  expect(longer.out.trimEnd().split('\n')).toHaveLength(20_001);
  expect(a.err).toContain('seed 3');
});

test('what ask finds in the rows is the truth of the model', async () => {
  const out = file('front-door.csv', '');
  const question = 'P(Y=1 | do(X=1))';
  const made = await doable(['simulate', graph, '-n', '40000', '--seed', '11', '--truth', question, '--out', out]);
  const truth = JSON.parse(made.out);
  expect(truth).toMatchObject({ question, kind: 'point', seed: 11 });
  const ran = await doable(['ask', '--graph', graph, '--study', out, question, '--json', '--level', '0.999']);
  const [low, high] = JSON.parse(ran.out).answers[0].uncertainty.interval;
  expect(low).toBeLessThan(truth.value);
  expect(high).toBeGreaterThan(truth.value);
  expect(high - low).toBeLessThan(0.1);
});

test('--do holds a variable or randomises it, and the truth agrees with the rows', async () => {
  const [held, drawn, truth] = await Promise.all([
    doable(['simulate', graph, '-n', '30000', '--do', 'X=1']),
    doable(['simulate', graph, '-n', '30000', '--do', 'X']),
    doable(['simulate', graph, '--truth', 'P(Y=1 | do(X=1))']),
  ]);
  const rows = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').map(Number));
  const column = (text: string, i: number) => rows(text).map((row) => row[i] as number);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(new Set(column(held.out, 0))).toEqual(new Set([1]));
  expect(mean(column(drawn.out, 0))).toBeCloseTo(0.5, 1);
  expect(mean(column(held.out, 2))).toBeCloseTo(JSON.parse(truth.out).value, 1);
});

test('a Bayesian network brings its tables: the published numbers of asia', async () => {
  const { out } = await doable([
    'simulate',
    'examples/networks/asia.bif',
    '--truth',
    'P(lung=yes | do(smoke=yes))',
    '--truth',
    'P(dysp=yes | bronc=yes, either=yes)',
  ]);
  expect(
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).value),
  ).toEqual([expect.closeTo(0.1, 12), expect.closeTo(0.9, 12)]);
  const two = await doable(['simulate', 'examples/networks/asia.bif', '--truth', 'PNS(smoke=yes vs no -> lung=yes)']);
  expect(two.code).toBe(2);
  expect(two.err).toContain('A Bayesian network does not say');
});

test('contrasts, means and worlds by the model itself', async () => {
  const ran = await doable([
    'simulate',
    'X -> Y',
    '--levels',
    'Y=1,2,5',
    '--truth',
    'E[Y | do(X=1)]',
    '--truth',
    'P(Y | do(X=1))',
    '--truth',
    'ATE(X -> Y)',
    '--truth',
    'E[Y | do(X=0)]',
  ]);
  const [mean, whole, effect, other] = ran.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const points = whole.distribution as { at: { Y: string }; value: number }[];
  expect(points.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(1, 12);
  expect(points.reduce((sum, { at, value }) => sum + Number(at.Y) * value, 0)).toBeCloseTo(mean.value, 12);
  expect(effect.value).toBeCloseTo(mean.value - other.value, 12);
});

test('NDJSON, and one JSON document', async () => {
  const lines = await doable(['simulate', graph, '-n', '3', '--data', 'ndjson']);
  expect(
    lines.out
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line))),
  ).toEqual([
    ['X', 'M', 'Y'],
    ['X', 'M', 'Y'],
    ['X', 'M', 'Y'],
  ]);
  const whole = JSON.parse((await doable(['simulate', graph, '-n', '9000', '--json', '--do', 'X=1', '--truth', 'P(Y=1)'])).out);
  expect(whole).toMatchObject({ schema: 'doable/simulation@1', seed: 0, set: ['X'], fixed: { X: '1' }, truth: [{ question: 'P(Y=1)' }] });
  expect(whole.rows).toHaveLength(9000);
});

test('bad input, all of it', async () => {
  const ran = await doable(['simulate', 'X -> Y', '-n', '3', '--do', 'Q=1,X=7', '--truth', 'P(W)']);
  expect(ran).toMatchObject({ code: 2, out: '' });
  expect(ran.err.match(/^error:/gmu)).toHaveLength(3);
  expect((await doable(['simulate', 'X -> Y', '-n', '3', '--out', '/nowhere/x.csv'])).code).toBe(2);
  expect((await doable(['simulate', 'X -> Y -> X', '-n', '3'])).err).toContain('cycle');
});

test('convert: every notation is read back as the same graph', async () => {
  const wanted = (await doable(['convert', 'X -> M -> Y; X <-> Y; U [latent]; U -> M', '--to', 'json'])).out;
  for (const to of ['dagitty', 'dot', 'json']) {
    const text = (await doable(['convert', '-', '--to', to], { input: wanted })).out;
    expect((await doable(['convert', '-', '--to', 'json'], { input: text })).out, to).toBe(wanted);
  }
  expect((await doable(['convert', 'X -> Y', '--to', 'tikz'])).out).toContain('\\begin{tikzpicture}');
  const path = file('graph.svg', '');
  const written = await doable(['convert', 'examples/berkeley.json', '--to', 'svg', '--out', path]);
  expect(written).toMatchObject({ code: 0, out: '' });
  expect(readFileSync(path, 'utf8')).toMatch(/^<svg[\s\S]*Admit[\s\S]*<\/svg>\n$/u);
});
