import { describe, expect, test } from 'vitest';
import { type Answer, ask, loadProblem } from '../src/index.ts';

const urn = {
  graph: 'X -> Y',
  model: { exchangeable: { X: { dirichlet: { '': [3, 1] } }, Y: { xor: { of: ['X'], beta: [1, 3] } } } },
};
/** Rows with the means .8, .4 (Y=1 given x=1) and .6, .2 (given x=0), by z, and a uniform prior of Z. */
const confounded = {
  graph: 'Z -> X; Z -> Y; X -> Y',
  model: {
    exchangeable: {
      Z: { dirichlet: { '': [1, 1] } },
      X: { dirichlet: { 'Z=0': [1, 2], 'Z=1': [3, 1] } },
      Y: { dirichlet: { 'X=1,Z=0': [1, 4], 'X=1,Z=1': [3, 2], 'X=0,Z=0': [2, 3], 'X=0,Z=1': [4, 1] } },
    },
  },
};

async function answered(written: object, question: string): Promise<Answer> {
  const problem = await loadProblem({ ...written, assume: ['exchangeable'] });
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const found = await ask(problem.value, [question]);
  if (!found.ok) throw new Error(JSON.stringify(found.issues));
  return found.value.answers[0] as Answer;
}

describe('a known model of exchangeable rows', () => {
  test.each([
    [urn, 'P(Y@4=1 | do(X@4=0), X@1=1, Y@1=0, X@2=1, Y@2=0, X@3=1, Y@3=0)', 4 / 7],
    [urn, 'P(Y=1 | do(X=0))', 1 / 4],
    [urn, 'P(Y=1 | do(X=0)) - P(Y=1 | do(X=1))', 1 / 4 - 3 / 4],
    [urn, 'E[Y@1 | do(X@1=1)] - E[Y@1 | do(X@1=0)]', 3 / 4 - 1 / 4],
    [urn, 'P(Y@2=1 | do(X@1=1), Y@1=1)', 7 / 20],
    [confounded, 'P(Y@1=1, Y@2=0 | do(X@1=1, X@2=0))', 26 / 75],
  ] as const)('%#: %s', async (written, question, value) => {
    const answer = await answered(written, question);
    expect(answer.status).toBe('identified');
    expect(answer.rule).toBe('exchangeable');
    expect(answer.value).toBeCloseTo(value, 12);
    expect(answer.diagnostics.filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  test('an open value gives a distribution, and its formula leaves it open', async () => {
    const answer = await answered(urn, 'P(Y@1 | do(X@1=1), Y@2=0)');
    const [no, yes] = answer.distribution ?? [];
    expect(no?.at).toEqual({ 'Y@1': '0' });
    // By hand: with psi ~ Beta(1, 3), Y@1 = 1 is psi's draw 0; Y@2 = 0 is draw 0 where X@2 = 0 (3/4), else 1.
    const below = 0.75 * (3 / 4) + 0.25 * (1 / 4);
    const above = 0.75 * ((3 / 4) * (4 / 5)) + 0.25 * ((3 / 4) * (1 / 5));
    expect(yes?.value).toBeCloseTo(above / below, 12);
    expect((no?.value ?? 0) + (yes?.value ?? 0)).toBeCloseTo(1, 12);
    expect(answer.estimand?.text).toContain('P(Y@1, Y@2=0 | X@1=1, X@2)');
  });

  test('what cannot be answered says what to write', async () => {
    expect((await answered(urn, 'P(Y@1=1, Y@2=1 | do(X@1), X@2=1)')).why).toContain('State the value of X@1');
    expect((await answered(urn, 'P(Y[X=1]=1, Y[X=0]=0)')).why).toContain('one world');
    expect((await answered(urn, 'P(Y@1=1 | do(X@1=0), X@1=1)')).status).toBe('undefined');
  });

  test('a model that is wrong is told before anything is answered', async () => {
    const problem = await loadProblem({ graph: 'X -> Y', model: { exchangeable: { X: { dirichlet: { '': [3, 1] } } } } });
    if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
    const found = await ask(problem.value, ['P(Y=1 | do(X=0))']);
    expect(found.ok).toBe(false);
    expect(found.ok ? '' : found.issues[0]?.message).toContain('Y');
  });
});
