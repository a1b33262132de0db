import { expect, test } from 'vitest';
import { readGraph } from '../../src/graph/formats/read.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { proveQuestion } from '../../src/prove.ts';
import { readModel, truthOf } from '../../src/simulate.ts';

const modelOf = (text: string, levels: readonly (readonly [string, readonly string[]])[] = []) => {
  const made = readModel(text, { seed: 4, levels: new Map(levels) });
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.value;
};
const truth = (model: ReturnType<typeof modelOf>, question: string) => {
  const found = truthOf(model, question);
  if (!found.ok) throw new Error(JSON.stringify(found.issues));
  return found.value;
};

test('the truth of a distribution is the table of the model, value by value', () => {
  const made = modelOf('Z -> X -> Y; X <-> Y; Z -> Y', [['Y', ['a', 'b', 'c']]]);
  const exact = exactDistribution(made.model, { of: ['Y'], given: ['Z'], set: ['X'] });
  if ('tooLarge' in exact) throw new Error('too large');
  const { distribution = [] } = truth(made, 'P(Y | do(X), Z)');
  expect(distribution).toHaveLength(12);
  for (const { at, value } of distribution) {
    const cell = (['a', 'b', 'c'].indexOf(at.Y as string) * 2 + Number(at.Z)) * 2 + Number(at.X);
    expect(value).toBeCloseTo(exact.values[cell] as number, 12);
  }
});

test('a mean is the sum over levels; combinations add up; worlds obey consistency', () => {
  const made = modelOf('X -> Y; X <-> Y', [['Y', ['1', '2', '5']]]);
  const value = (question: string): number => truth(made, question).value as number;
  const points = truth(made, 'P(Y | do(X=1))').distribution ?? [];
  expect(value('E[Y | do(X=1)]')).toBeCloseTo(
    points.reduce((sum, point) => sum + Number(point.at.Y) * (point.value as number), 0),
    12,
  );
  expect(value('2*P(Y=1) - P(Y=2 | X=0)')).toBeCloseTo(2 * value('P(Y=1)') - value('P(Y=2 | X=0)'), 12);
  expect(value('P(Y[X=1]=5 | X=1)')).toBeCloseTo(value('P(Y=5 | X=1)'), 12);
});

test('what cannot be answered is an issue', () => {
  const codes = (made: ReturnType<typeof modelOf>, question: string): readonly string[] => {
    const found = truthOf(made, question);
    return found.ok ? [] : found.issues.map(({ code }) => code);
  };
  const letters = modelOf('X -> Y', [['Y', ['a', 'b']]]);
  expect(codes(letters, 'P(Q)')).toEqual(['unknown-variable']);
  expect(codes(letters, 'P(Y | do(X)) - P(Y=a | do(X=1))')).toEqual(['different-values']);
  const unknown = readModel('X -> Y', { seed: 0, levels: new Map([['Yy', ['0', '1']]]) });
  expect(unknown.ok ? [] : unknown.issues).toMatchObject([{ code: 'unknown-variable', hint: "Did you mean 'Y'?" }]);
  expect(readModel('Y [real]; X -> Y', { seed: 0 })).toMatchObject({ ok: false, issues: [{ code: 'real-variable' }] });
});

test('proving: agreement, refutation, and a contradiction is a failure', () => {
  const problem = (text: string) => {
    const graph = readGraph(text);
    if (!graph.ok) throw new Error('graph');
    return { graph: graph.value, domains: new Map(), catalogue: { offers: [{ regime: { set: [] }, studies: [], size: 0 }] } };
  };
  const bow = problem('X -> Y; X <-> Y');
  const chain = problem('X -> M -> Y; X <-> Y');
  expect(proveQuestion(bow, 'P(Y | do(X))', false)).toMatchObject([{ level: 'ok' }]);
  expect(proveQuestion(bow, 'P(Y | do(X))', true)).toMatchObject([{ level: 'fail' }]);
  expect(proveQuestion(chain, 'P(Y | do(X))', true)).toMatchObject([{ level: 'ok' }]);
  expect(proveQuestion(chain, 'P(Y | do(X))', false)).toMatchObject([{ level: 'warn' }]);
  expect(proveQuestion({ ...bow, catalogue: { offers: [], everything: true } }, 'P(Y | do(X))', true)).toMatchObject([{ level: 'ok' }]);
});
