import { describe, expect, test } from 'vitest';
import { type Answer, ask, explain } from '../src/index.ts';
import { exactCounterfactual, isTable } from '../src/model/counterfactual.ts';
import { exactDistribution } from '../src/model/exact.ts';
import { type DiscreteModel, randomModel } from '../src/model/scm.ts';
import { loadProblem, type Problem } from '../src/problem.ts';
import { compileQuestion } from '../src/query/bind.ts';
import { graphOf } from './model/graphs.ts';

interface Case {
  readonly graph?: string;
  readonly levels?: Readonly<Record<string, readonly string[]>>;
  /** What was set (constants: an arm), and what was measured. */
  readonly studies: readonly (readonly [readonly string[] | Readonly<Record<string, string>>, string])[];
}

/** A problem whose studies are exact distributions of one random model of `truth`. */
async function problemOf(
  truth: string,
  { graph = truth, levels = {}, studies }: Case,
  seed = 11,
): Promise<{ problem: Problem; model: DiscreteModel }> {
  const model = randomModel(graphOf(truth), { seed, levels: new Map(Object.entries(levels)) });
  if ('tooLarge' in model) throw new Error('too large');
  const document = {
    ...(graph === '' ? {} : { graph: graph.split(' ; ').join('; ') }),
    variables: Object.fromEntries([...model.observed].map((name) => [name, { levels: [...(model.levels.get(name) ?? [])] }])),
    studies: studies.map(([set, measured], i) => ({ name: `study ${i}`, set, data: rowsOf(model, set, [...measured]), probability: 'p' })),
  };
  if (graph === '')
    for (const name of Object.keys(document.variables)) if (!studies.some(([, all]) => all.includes(name))) delete document.variables[name];
  const loaded = await loadProblem(document);
  if (!loaded.ok) throw new Error(loaded.issues[0]?.message);
  return { problem: loaded.value, model };
}

function rowsOf(model: DiscreteModel, set: Case['studies'][number][0], measured: readonly string[]): Record<string, string | number>[] {
  const fixed: Readonly<Record<string, string>> = Array.isArray(set) ? {} : (set as Record<string, string>);
  const names = Array.isArray(set) ? (set as string[]) : Object.keys(fixed);
  const table = exactDistribution(model, { of: measured.filter((name) => !names.includes(name)), set: names });
  if ('tooLarge' in table) throw new Error('too large');
  const share = names.reduce((product, name) => product * (name in fixed ? 1 : (model.levels.get(name)?.length ?? 1)), 1);
  return Array.from(table.values).flatMap((value, cell) => {
    const at: Record<string, string | number> = { p: value / share };
    let rest = cell;
    for (let i = table.axes.length - 1; i >= 0; i--) {
      const axis = table.axes[i] as string;
      at[axis] = model.levels.get(axis)?.[rest % (table.sizes[i] as number)] ?? '';
      rest = Math.floor(rest / (table.sizes[i] as number));
    }
    return Object.entries(fixed).every(([name, level]) => at[name] === level) ? [at] : [];
  });
}

async function answerOf(problem: Problem, question: string): Promise<Answer> {
  const answered = await ask(problem, [question], { uncertainty: 'none' });
  if (!answered.ok) throw new Error(answered.issues[0]?.message);
  return answered.value.answers[0] as Answer;
}

/** The exact answer of a question whose values are all stated. */
function truthOf(model: DiscreteModel, problem: Problem, text: string): number {
  const bound = compileQuestion(text, { domains: problem.domains, ...(problem.graph === undefined ? {} : { graph: problem.graph }) });
  if (!bound.ok) throw new Error(bound.issues[0]?.message);
  return bound.value.parts.reduce((sum, { weight, query }) => {
    const table = exactCounterfactual(model, query.of, query.given);
    if (!isTable(table)) throw new Error('no table');
    if (query.take === 'probability') return sum + weight * (table.values[0] as number);
    const levels = model.levels.get(query.of[0]?.variable ?? '') ?? [];
    return sum + weight * levels.reduce((mean, level, i) => mean + Number(level) * (table.values[i] as number), 0);
  }, 0);
}

describe('answers that were wrong once', () => {
  const three = { Y: ['0', '5', '10'] };
  const confounded: Case = {
    levels: three,
    studies: [
      [[], 'XY'],
      [['X'], 'XY'],
    ],
  };

  test.each([
    // A condition B that descends from an event A=1 only in its own world must not be taken for independent of it.
    ['A -> B; A -> C; B -> C; A <-> C', { studies: [[[], 'ABC']] }, 'P(C[A=1]=1, A=1 | B=0)'],
    // Nested values that cannot reach their event, or that it has anyway.
    ['A -> C; B <-> C; A <-> C', { studies: [[[], 'ABC']] }, 'NDE(A=1 vs 0 -> C -> B)'],
    ['X -> M; M -> Y; X -> Y', { studies: [[['X'], 'XY']] }, 'P(Y[X=1, M=M[X=1]]=1)'],
    ['D -> B; B -> C', { studies: [[{ B: '0' }, 'BCD']] }, 'P(C[D=1, B=B[C=0]]=0 | B=0)'],
    // Means of the untreated, by complement.
    ['X -> Y; X <-> Y', confounded, 'E[Y[X=1] | X=0]'],
    ['X -> Y; X <-> Y', confounded, 'ETT(X=1 vs 0 -> Y)'],
    // Arms that together take every value of what the question leaves free.
    [
      'A -> D; F -> D; B -> G',
      {
        studies: [
          [{ D: '1', B: '1' }, 'ABDF'],
          [{ A: '0', B: '1' }, 'ABDF'],
          [{ A: '1', B: '1' }, 'ABDF'],
        ],
      },
      'P(D[F=1, B=0]=1)',
    ],
    // What the condition says already.
    ['C -> B', { studies: [[[], 'BC']] }, 'P(B=1 | B=1, B[C=0]=0)'],
    ['B -> A', { studies: [[[], 'AB']] }, 'P(B=1 | A[B=0]=1, A=0)'],
  ] as const satisfies [string, Case, string][])('%s, %j, %s', async (graph, of, question) => {
    let { problem, model } = await problemOf(graph, of);
    // A model in which the condition can happen.
    for (let seed = 12; Number.isNaN(truthOf(model, problem, question)); seed++) ({ problem, model } = await problemOf(graph, of, seed));
    const answer = await answerOf(problem, question);
    expect(answer.status).toBe('identified');
    expect(answer.value).toBeCloseTo(truthOf(model, problem, question), 10);
  });

  test('one variable twice, once with its value left open', async () => {
    const { problem } = await problemOf('X -> Y', { studies: [[[], 'XY']] });
    for (const question of ['P(X | do(X=1))', 'P(X=1 | do(X))', 'P(X, X=1 | X=1)'])
      expect((await answerOf(problem, question)).distribution).toEqual([
        { at: { X: '0' }, value: 0 },
        { at: { X: '1' }, value: 1 },
      ]);
    // No rule says so, but it is the same in every model.
    expect(await answerOf(problem, 'E[X | do(X=0)]')).toMatchObject({ status: 'bounded', lower: 0, upper: 0, tightness: 'exact' });
  });

  test('an impossible condition has no value', async () => {
    const { problem } = await problemOf('X -> Y', { studies: [[[], 'XY']] });
    for (const question of ['P(Y=1 | X=0, X=1)', 'E[Y | X=0, X=1]', 'P(Y=1 | do(X=1), X=0)']) {
      const answer = await answerOf(problem, question);
      expect(answer.status).toBe('undefined');
      expect(answer.value).toBeUndefined();
    }
    expect((await answerOf(problem, 'P(Y=1 | do(X), X=1)')).distribution?.map(({ value }) => value === null)).toEqual([true, false]);
  });

  test('where no record speaks of what the estimand asks, the answer is a range', async () => {
    const rows = [
      { A: '1', B: '0', p: 0.3 },
      { A: '1', B: '1', p: 0.7 },
    ];
    const levels = { levels: ['0', '1'] };
    const document = {
      graph: 'A -> B',
      variables: { A: levels, B: levels },
      studies: [{ name: 'watched', data: rows, probability: 'p' }],
    };
    const loaded = await loadProblem(document);
    if (!loaded.ok) throw new Error(loaded.issues[0]?.message);
    const problem = loaded.value;
    expect(await answerOf(problem, 'P(B[A=0]=1)')).toMatchObject({ status: 'bounded', lower: 0, upper: 1, tightness: 'exact' });
    expect(await answerOf(problem, 'P(B[A=1]=1)')).toMatchObject({ status: 'identified', value: 0.7 });
    expect((await answerOf(problem, 'P(B[A]=1)')).distribution).toMatchObject([
      { at: { A: '0' }, value: null, lower: 0, upper: 1 },
      { at: { A: '1' }, value: 0.7 },
    ]);
    expect(await answerOf(problem, 'P(B=1 | A=0)')).toMatchObject({ status: 'undefined' });
    // A trial without records of B=0, which has no effect.
    const trial = await loadProblem({
      ...document,
      graph: { nodes: ['A', 'B'], arcs: [['A', 'B']] },
      studies: [
        {
          name: 'trial',
          set: ['B'],
          data: [
            { A: '0', B: '1', p: 0.4 },
            { A: '1', B: '1', p: 0.6 },
          ],
          probability: 'p',
        },
      ],
    });
    if (!trial.ok) throw new Error(trial.issues[0]?.message);
    expect(await answerOf(trial.value, 'P(A[B=0]=1)')).toMatchObject({ status: 'bounded', tightness: 'exact', lower: 0.6, upper: 0.6 });
    const none = await ask(problem, ['P(B[A=0]=1)'], { uncertainty: 'none', bounds: 'none' });
    expect(none.ok && none.value.answers[0]).toMatchObject({ status: 'undefined' });
  });

  test('the open values of the parts of a combination are the same', async () => {
    const { problem } = await problemOf('X -> Y; X <-> Y', {
      studies: [
        [['X'], 'XY'],
        [[], 'XY'],
      ],
    });
    const answer = await answerOf(problem, 'P(Y[X=1] | X) - P(Y[X=0] | X)');
    expect(answer.distribution?.map(({ at }) => at)).toEqual(['0', '1'].flatMap((Y) => ['0', '1'].map((X) => ({ Y, X }))));
  });

  test('a mean by value; explain says what ask says', async () => {
    const { problem, model } = await problemOf('X -> Y; X <-> Y', confounded);
    const answer = await answerOf(problem, 'E[Y[X=1] | X]');
    expect(answer.distribution?.map(({ value }) => value)).toEqual(
      ['0', '1'].map((x) => expect.closeTo(truthOf(model, problem, `E[Y[X=1] | X=${x}]`), 10)),
    );
    const explained = await explain(problem, ['E[Y[X=1] | X]']);
    expect(explained.ok && explained.value.answers[0]).toMatchObject({ status: 'identified', identifiable: true, kind: 'none' });
  });

  test('without a graph a study that set something else does not answer', async () => {
    const { problem, model } = await problemOf('W -> X; X -> Y', {
      graph: '',
      studies: [
        [['X'], 'XY'],
        [['W'], 'XW'],
      ],
    });
    expect((await answerOf(problem, 'P(X=1)')).status).toBe('refused');
    const question = 'P(X=1 | do(W=1))';
    expect((await answerOf(problem, question)).value).toBeCloseTo(truthOf(model, problem, question), 10);
  });

  test('no instrument for a treatment without effect; an experiment on a variable that is also asked about', async () => {
    const { problem } = await problemOf('Y -> X; Y <-> X; Z -> X', { studies: [[[], 'XYZ']] });
    expect((await answerOf(problem, 'P(Y=1 | do(X=1))')).explanations?.join()).not.toContain('Instrument');
    const arrows = 'D -> B; D -> C; D -> A; D <-> B; D <-> C; D <-> A; B <-> C; B <-> A; C <-> A';
    const { problem: other } = await problemOf(arrows, { studies: [[[], 'ABCD']] });
    expect((await answerOf(other, 'P(B[D=0, C=1]=1, D[A=A[B=0]]=1)')).wouldHelp).toContainEqual(['D']);
  });
});

test('levels at hand: a factor is complemented by itself, and a no of the rules is put before the second method', async () => {
  const graph = graphOf('C -> A ; C -> B ; A -> B ; C <-> A');
  const domains = new Map(['A', 'B', 'C'].map((name) => [name, { kind: 'finite', levels: ['0', '1'] }] as const));
  const offers = [
    { regime: { set: [] as string[] }, studies: [], size: 1 },
    { regime: { set: ['C'] }, studies: [], size: 1 },
  ];
  const asked = ['P(C=1, A[C=0]=1, B[A=0]=0)', 'P(B[A=1]=1, B[A=0]=0)'];
  const explained = await explain({ graph, domains, catalogue: { offers } }, asked);
  if (!explained.ok) throw new Error(JSON.stringify(explained.issues));
  const [yes, no] = explained.value.answers;
  expect(yes?.status).toBe('identified');
  expect(yes?.assumes).toEqual(['C has exactly the levels 0, 1 (used by the complement rule)']);
  expect(yes?.diagnostics.find(({ name }) => name === 'self-check')?.level).toBe('ok');
  expect(no?.status).toBe('not-identified');
  expect(no?.beyondExperiments).toBe(true);
  const watched = await explain({ graph, domains, catalogue: { offers: offers.slice(0, 1) } }, asked);
  if (!watched.ok) throw new Error(JSON.stringify(watched.issues));
  expect(watched.value.answers[0]?.status).toBe('not-identified');
  expect(watched.value.answers[0]?.wouldHelp).toEqual([['C']]);
});

test('what is not needed is forgotten, what was not measured is named, watching is suggested', async () => {
  const graph = graphOf('X -> Y ; a -> Y ; Z -> X ; Z -> Y');
  const explainOne = async (measured: readonly string[], set: readonly string[] = [], question = 'P(Y=1 | do(X=1))') => {
    const explained = await explain(
      { graph, domains: new Map(), catalogue: { offers: [{ regime: { set }, measured, studies: [], size: 1 }] } },
      [question],
    );
    if (!explained.ok) throw new Error(JSON.stringify(explained.issues));
    return explained.value.answers[0] as Answer;
  };
  expect((await explainOne(['X', 'Y', 'Z', 'a'])).estimand?.text).not.toContain('a');
  const unmeasured = await explainOne(['X', 'Y', 'a']);
  expect(unmeasured.status).toBe('not-identified');
  expect(unmeasured.wouldHelpToMeasure).toEqual(['Z']);
  expect(unmeasured.explanations?.join(' ')).not.toContain('Z');
  const trial = await explainOne(['X', 'Y', 'Z', 'a'], ['X'], 'P(X=1)');
  expect(trial.wouldHelp).toEqual([[]]);
});

test('no study at all is bad input; a variable that nobody measured is a no, with what to measure', async () => {
  const graph = graphOf('X -> Y');
  const asked = await ask({ graph, domains: new Map(), studies: [], catalogue: { offers: [] } }, ['P(Y=1 | do(X=1))']);
  expect(asked.ok).toBe(false);
  if (!asked.ok) expect(asked.issues[0]?.code).toBe('no-study');
  const offers = [{ regime: { set: [] as string[] }, measured: ['Y'], studies: [], size: 1 }];
  const explained = await explain({ graph, domains: new Map(), catalogue: { offers } }, ['P(Y=1 | do(X=1))']);
  if (!explained.ok) throw new Error(JSON.stringify(explained.issues));
  expect(explained.value.answers[0]?.status).toBe('not-identified');
  expect(explained.value.answers[0]?.wouldHelpToMeasure).toEqual(['X']);
});
