import { expect, test } from 'vitest';
import { loadProblem } from '../src/problem.ts';
import { planSample } from '../src/sampling.ts';

const rows = [
  { site: 'a', X: 0, Y: 0, n: 30 },
  { site: 'a', X: 1, Y: 1, n: 20 },
  { site: 'b', X: 0, Y: 1, n: 10 },
  { site: 'b', X: 1, Y: 0, n: 40 },
];
const graph = 'X -> Y';
const studies = [{ name: 'sites', data: rows, count: 'n', environment: 'site' }];

async function codes(document: object, question: string): Promise<readonly string[]> {
  const problem = await loadProblem(document as never);
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const planned = planSample(problem.value, question);
  return planned.ok ? [] : planned.issues.map(({ code }) => code);
}

test('draws are of independent rows: exchangeable ones are refused, not drawn as if environments were one', async () => {
  expect(await codes({ graph, studies }, 'P(Y | do(X=1))')).toEqual([]);
  expect(await codes({ graph, studies, assume: ['exchangeable'] }, 'P(Y | do(X=1))')).toEqual(['exchangeable']);
  expect(await codes({ graph, studies }, 'P(Y@2 | do(X@2=1), Y@1=1)')).toEqual(['exchangeable']);
  const model = { exchangeable: { X: { dirichlet: { '': [1, 1] } }, Y: { dirichlet: { 'X=0': [4, 1], 'X=1': [2, 5] } } } };
  expect(await codes({ graph, model }, 'P(Y | do(X=1))')).toEqual(['exchangeable']);
});

test('without a study the remedy is a study, and not a word about identification', async () => {
  const variables = { X: { levels: [0, 1] }, Y: { levels: [0, 1] } };
  expect(await codes({ graph, variables }, 'P(Y | do(X=1))')).toEqual(['no-study']);
});
