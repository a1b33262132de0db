import { describe, expect, test } from 'vitest';
import { ask } from '../../src/ask.ts';
import { check } from '../../src/check.ts';
import type { Answer, AnswersDocument } from '../../src/interpret/answer.ts';
import { checkText } from '../../src/present/check.ts';
import { answersLatex } from '../../src/present/latex.ts';
import { answersMarkdown } from '../../src/present/markdown.ts';
import { loadProblem } from '../../src/problem.ts';
import { verifyAnswers } from '../../src/verify-answer.ts';

const records = [
  { X: 0, Y: 0, n: 30 },
  { X: 0, Y: 1, n: 10 },
  { X: 0, Y: 2, n: 5 },
  { X: 1, Y: 0, n: 12 },
  { X: 1, Y: 1, n: 42 },
  { X: 1, Y: 2, n: 11 },
];
const confounded = { graph: 'X -> Y; X <-> Y', studies: [{ name: 'records', count: 'n', data: records }] };

async function loaded(document: object) {
  const found = await loadProblem(document);
  if (!found.ok) throw new Error(JSON.stringify(found.issues));
  return found.value;
}
async function asked(document: object, question: string, uncertainty: 'none' | 'auto' = 'none'): Promise<AnswersDocument> {
  const found = await ask(await loaded(document), [question], { uncertainty, draws: 40 });
  if (!found.ok) throw new Error(JSON.stringify(found.issues));
  return found.value;
}

describe('a table of bounds', () => {
  test('each row has its certificate, and the row it is about', async () => {
    const [answer] = (await asked(confounded, 'P(Y | do(X=1))')).answers as [Answer];
    // Manski 1990: P(X=1, Y=y) to that plus P(X=0).
    expect(answer.distribution?.map(({ lower, upper }) => [lower, upper])).toEqual(
      [12, 42, 11].map((n) => [expect.closeTo(n / 110, 9), expect.closeTo((n + 45) / 110, 9)]),
    );
    const verified = verifyAnswers(JSON.parse(JSON.stringify(answer)));
    expect(verified.map(({ question, accepted }) => [question, accepted])).toEqual([0, 1, 2].map((y) => [`P(Y[X=1]=${y})`, true]));
  });

  test('a figure moved, a certificate at another row, a row that is not there, another question: rejected, and only there', async () => {
    const [answer] = (await asked(confounded, 'P(Y | do(X=1))')).answers as [Answer];
    const accepted = (changed: object): boolean[] => verifyAnswers({ ...answer, ...changed }).map((one) => one.accepted);
    const points = answer.distribution ?? [];
    const [first, second, third] = (answer.certificates ?? []) as [
      NonNullable<Answer['certificates']>[number],
      ...(typeof answer.certificates & object),
    ];
    expect(accepted({})).toEqual([true, true, true]);
    expect(
      accepted({ distribution: points.map((point, i) => (i === 1 ? { ...point, lower: (point.lower ?? 0) + 0.01 } : point)) }),
    ).toEqual([true, false, true]);
    expect(accepted({ certificates: [{ at: second?.at, certificate: first.certificate }, third] })).toEqual([false, true]);
    expect(accepted({ certificates: [{ at: { Y: '7' }, certificate: first.certificate }] })).toEqual([false]);
    expect(accepted({ question: 'P(Y | do(X=0))' })).toEqual([false, false, false]);
  });

  test('check says that there are bounds', async () => {
    const problem = await loaded({ ...confounded, ask: ['P(Y | do(X=1))'] });
    const found = await check(problem);
    if (!found.ok) throw new Error(JSON.stringify(found.issues));
    expect(found.value.overlap).toMatchObject([{ status: 'not-identified', bounded: true }]);
    expect(checkText(found.value)).toMatch(/do not\s+determine it;\s+models that fit bound it/u);
  });
});

test('Markdown and LaTeX say how the region was made; where studies contradict each other there is no formula', async () => {
  const document = await asked(confounded, 'PNS(X=0 vs 1 -> Y=1)', 'auto');
  const { method } = document.answers[0]?.uncertainty ?? {};
  expect(method).toMatch(/^profile likelihood with the chi-squared cut/u);
  expect(answersMarkdown(document)).toContain(`**95 % region:** ${method}.`);
  expect(answersLatex(document)).toContain(`95 \\% region: ${method}.`);
  expect(answersLatex(document)).toContain('\\min_{M}');
  // No model gives P(X=1, Y=1) more than P(Y=1 | do(X=1)).
  const trial = [
    { X: 0, Y: 0, n: 500 },
    { X: 0, Y: 1, n: 500 },
    { X: 1, Y: 0, n: 950 },
    { X: 1, Y: 1, n: 50 },
  ];
  const against = {
    graph: 'X -> Y; X <-> Y',
    studies: [
      { name: 'records', count: 'n', data: records.filter(({ Y }) => Y < 2) },
      { name: 'trial', set: ['X'], count: 'n', data: trial },
    ],
  };
  const conflict = await asked(against, 'PNS(X=0 vs 1 -> Y=1)');
  expect(conflict.answers[0]?.status).toBe('incompatible');
  for (const text of [answersMarkdown(conflict), answersLatex(conflict)]) expect(text).not.toContain('\\min_{M}');
});

test('equations are among the assumptions, those of other components are not', async () => {
  const document = {
    graph: 'Z -> X; X -> Y; U [latent]; U -> X; U -> Y; A -> B; V [latent]; V -> A; V -> B',
    variables: Object.fromEntries(['Z', 'X', 'Y', 'A', 'B'].map((name) => [name, { levels: ['0', '1'] }])),
    model: {
      exogenous: { U: { states: ['never', 'complier', 'always'], children: ['X', 'Y'] }, V: { states: 2, children: ['A', 'B'] } },
      equations: {
        X: { of: ['Z', 'U'], values: ['0', '0', '1', '0', '1', '1'] },
        A: { of: ['V'], values: ['0', '1'] },
      },
    },
    studies: [
      {
        name: 'trial',
        set: ['Z'],
        count: 'n',
        data: [
          { Z: 0, X: 0, Y: 0, n: 60 },
          { Z: 0, X: 0, Y: 1, n: 30 },
          { Z: 0, X: 1, Y: 1, n: 10 },
          { Z: 1, X: 0, Y: 0, n: 25 },
          { Z: 1, X: 0, Y: 1, n: 15 },
          { Z: 1, X: 1, Y: 0, n: 20 },
          { Z: 1, X: 1, Y: 1, n: 40 },
        ],
      },
    ],
  };
  const [answer] = (await asked(document, 'PNS(X=0 vs 1 -> Y=1)')).answers;
  expect(answer?.status).toBe('bounded');
  expect(answer?.assumes).toContain('the equation of X from Z, U (3 states), as given under "model"');
  expect(answer?.assumes.join()).not.toContain('equation of A');
});

test('what is too large names what can be done', async () => {
  const causes = Array.from({ length: 7 }, (_, i) => `C${i}`);
  const names = [...causes, 'Y'];
  const document = {
    graph: `{${causes.join(' ')}} -> Y; C0 <-> Y`,
    variables: Object.fromEntries(names.map((name) => [name, { levels: ['0', '1', '2', '3', '4', '5', '6', '7'] }])),
    studies: [{ name: 'records', data: [Object.fromEntries(names.map((name) => [name, '0']))] }],
  };
  const [answer] = (await asked(document, 'P(Y=1 | do(C0=1))')).answers;
  const said = answer?.diagnostics.map(({ says }) => says).join(' ') ?? '';
  expect(said).toMatch(/\(limit [\d,]+\)/u);
  expect(said).toMatch(/merge levels/u);
  expect(said).not.toContain('"limit"');
});
