import { expect, test } from 'vitest';
import { ask } from '../../src/ask.ts';
import { loadSolver } from '../../src/bounds/highs.ts';
import { type Bounding, nextStudies } from '../../src/bounds/next.ts';
import { prepare } from '../../src/bounds/prepare.ts';
import { rangeOf } from '../../src/bounds/range.ts';
import type { Answer, NextStudy } from '../../src/interpret/answer.ts';
import { loadProblem } from '../../src/problem.ts';
import { compileQuestion } from '../../src/query/bind.ts';

const arm = (x: number, y: number, n: number) => ({ X: x, Y: y, n });
const rows = [arm(0, 0, 790), arm(0, 1, 210), arm(1, 0, 511), arm(1, 1, 489)];

async function bounded(graph: string, set: readonly string[], question: string): Promise<Answer> {
  const study = { name: 'study', count: 'n', data: rows, ...(set.length === 0 ? {} : { set }) };
  const problem = await loadProblem({ schema: 'doable/problem@1', graph, studies: [study] });
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const answers = await ask(problem.value, [question], { uncertainty: 'none' });
  if (!answers.ok) throw new Error(JSON.stringify(answers.issues));
  return answers.value.answers[0] as Answer;
}
const widthOf = ({ lower = 0, upper = 0 }: Answer): number => upper - lower;
const found = ({ nextStudies = [] }: Answer, ...set: readonly string[]): NextStudy | undefined =>
  nextStudies.find((one) => one.set.join() === set.join());

test('beside a trial of a confounded treatment it helps to watch who takes it', async () => {
  // Tian and Pearl (2000): P(x, y) + P(x', y') is an upper bound too, and binds in some models but not where X is as good as random.
  const answer = await bounded('X -> Y; X <-> Y', ['X'], 'PNS(X -> Y)');
  const watched = found(answer);
  expect(watched?.least).toBeGreaterThanOrEqual(0);
  expect(watched?.expectedWidth).toBeLessThan(widthOf(answer) - 1e-6);
  expect(watched?.most).toBeLessThanOrEqual(widthOf(answer) + 1e-9);
});

test('where nothing is confounded, watching shows what the trial has shown', async () => {
  const answer = await bounded('X -> Y', ['X'], 'PNS(X -> Y)');
  expect(widthOf(answer)).toBeCloseTo(0.21, 9);
  expect(found(answer)).toBeUndefined();
});

test('a trial leaves nothing of the bounds of an effect, and PNS no wider than with the trial alone', async () => {
  const effect = await bounded('X -> Y; X <-> Y', [], 'ATE(X -> Y)');
  expect(found(effect, 'X')?.most).toBeLessThan(1e-7);
  const share = await bounded('X -> Y; X <-> Y', [], 'PNS(X -> Y)');
  const trial = found(share, 'X');
  expect(trial?.expectedWidth).toBeLessThan(widthOf(share));
  expect(trial?.least).toBeGreaterThanOrEqual(0);
});

test('what a comparison may take: whole rounds over all candidates, in the end the first candidates only', async () => {
  const study = { name: 'study', count: 'n', data: rows.map((row) => ({ ...row, Z: 0 })) };
  const loaded = await loadProblem({ graph: 'Z -> X; X -> Y; X <-> Y', variables: { Z: { levels: [0, 1] } }, studies: [study] });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  const question = compileQuestion('PNS(X -> Y)', loaded.value);
  if (!question.ok) throw new Error(JSON.stringify(question.issues));
  const prepared = await prepare(loaded.value, question.value);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.issues));
  const { programme } = prepared.value;
  const solver = await loadSolver();
  const range = await rangeOf(solver, programme);
  if (!('points' in range)) throw new Error('no range');
  const asked = async (work: number) => {
    let calls = 0;
    const bounding: Bounding = async () => {
      calls += 1;
      return { outer: [0, calls / 100], work: 10 };
    };
    return { ...(await nextStudies(prepared.value, programme, range.points, 1, bounding, { work, models: 5 })), calls };
  };
  const whole = await asked(1e6);
  const n = whole.candidates;
  expect(n).toBeGreaterThan(1);
  expect([whole.tried, whole.calls]).toEqual([n, 5 * n]);
  const two = await asked(20 * n + 9);
  expect([two.tried, two.calls]).toEqual([n, 2 * n]);
  // The first candidate has the widths 1/100 and (n + 1)/100.
  expect(two.studies[0]?.expectedWidth).toBeCloseTo((n + 2) / 200, 12);
  const one = await asked(5);
  expect([one.tried, one.calls, one.studies.length]).toEqual([1, 1, 1]);
});
