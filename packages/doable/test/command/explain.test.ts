import { expect, test } from 'vitest';
import { doable } from './support.ts';

const first = (out: string) => JSON.parse(out).answers[0];

test('no data needed: observation is taken for granted, and said', async () => {
  const ran = await doable(['explain', '--graph', 'X -> M -> Y; X <-> Y', 'P(Y | do(X))']);
  expect(ran.code).toBe(0);
  expect(ran.out).toContain('Yes: it can be computed.');
  expect(ran.out).toMatch(/Derivation\n {2}1\. /u);
  expect(ran.err).toContain('every variable that is not latent is taken as observed together');
});

test('--have says what could be measured', async () => {
  const graph = 'Z -> X -> Y; X <-> Y; Z <-> Y';
  const ask = (...have: readonly string[]) =>
    doable(['explain', '--graph', graph, ...have.flatMap((one) => ['--have', one]), '--json', 'P(Y | do(X))']);
  const [watched, trial, everything] = await Promise.all([ask('P(X,Y,Z)'), ask('P(X,Y,Z)', 'P(Y | do(X))'), ask('*')]);
  expect(watched.code).toBe(1);
  expect(first(watched.out)).toMatchObject({ status: 'not-identified', wouldHelp: [['X']] });
  expect(first(trial.out)).toMatchObject({ status: 'identified', rule: 'measured' });
  expect(everything.code).toBe(0);
});

test('--prove: a second method confirms the verdict', async () => {
  const prove = (graph: string) => doable(['explain', '--graph', graph, '--prove', '--json', 'P(Y | do(X))']);
  const [no, yes] = await Promise.all([prove('X -> Y; X <-> Y'), prove('X -> M -> Y; X <-> Y')]);
  const found = (out: string) => first(out).diagnostics.find(({ name }: { name: string }) => name === 'gradient rank');
  expect(found(no.out).says).toMatch(/^Confirmed/u);
  expect(found(no.out).figure).toBeGreaterThan(1e-6);
  expect(found(yes.out).figure).toBeLessThan(1e-8);
});

test('--levels names what a question leaves open', async () => {
  const ran = await doable(['explain', '--graph', 'X -> Y', '--levels', 'Y=low,middle,high', 'P(Y=middle | do(X=1))', 'P(Y=4)']);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain('The levels of Y are low, middle, high.');
  expect((await doable(['explain', '--graph', 'X -> Y', '--levels', 'Y=low,middle,high', 'P(Y=middle | do(X=1))'])).code).toBe(0);
});

test('--format svg draws the graph with the hedge', async () => {
  const { out } = await doable(['explain', '--graph', 'X -> Y; X <-> Y', '--format', 'svg', 'P(Y | do(X))']);
  expect(out).toMatch(/^<svg[\s\S]*F = \{X, Y\}[\s\S]*<\/svg>\n$/u);
});

test('check: tables as understood; a violated independence fails with 1', async () => {
  const rows = [
    { A: 0, B: 0, n: 400 },
    { A: 0, B: 1, n: 100 },
    { A: 1, B: 0, n: 100 },
    { A: 1, B: 1, n: 400 },
  ];
  const input = JSON.stringify({ graph: 'A -> C; B -> C', studies: [{ name: 'pair', data: rows, count: 'n' }] });
  const wrong = await doable(['check', '-'], { input });
  expect(wrong.code).toBe(1);
  expect(wrong.out).toContain('pair, 1,000 records, watched');
  expect(wrong.out).toMatch(/A {2}0 50 %, 1 50 %/u);
  expect(wrong.out).toMatch(/FAIL +pair: the graph says that A and B are independent/u);
  const fine = await doable(['check', 'examples/nsw.json', '--json']);
  expect(fine.code).toBe(0);
  expect(JSON.parse(fine.out)).toMatchObject({ schema: 'doable/check@1', ok: true });
});
