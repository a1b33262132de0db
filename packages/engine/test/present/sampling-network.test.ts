import { expect, test } from 'vitest';
import type { Catalogue } from '../../src/data/catalogue.ts';
import type { FactorReport } from '../../src/generative/fit-network.ts';
import { idGen } from '../../src/generative/id-gen.ts';
import type { NetworkPlan } from '../../src/generative/network.ts';
import { readGraph } from '../../src/graph/formats/read.ts';
import { type SizedStudy, samplingNetworkGraph, samplingNetworkLines, samplingNetworkSvg } from '../../src/present/sampling-network.ts';
import { compileQuestion } from '../../src/query/bind.ts';

function planOf(text: string, query: string, offers: Catalogue['offers']): NetworkPlan {
  const graph = readGraph(text);
  if (!graph.ok) throw new Error(text);
  const question = compileQuestion(query, { graph: graph.value, domains: new Map() });
  const asked = question.ok ? question.value.parts[0]?.query : undefined;
  if (asked === undefined) throw new Error(query);
  const made = idGen(asked, graph.value, { offers });
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.plan;
}
const plain = (plan: NetworkPlan, reports: readonly FactorReport[] = [], studies: readonly SizedStudy[] = []): string =>
  samplingNetworkLines(plan, reports, studies)
    .map((line) =>
      (Array.isArray(line) ? line : [line])
        .map((part) => (typeof part === 'string' ? part : part.text))
        .join('')
        .trimEnd(),
    )
    .join('\n');
const survey = { regime: { set: [] }, studies: ['survey'], size: 100 };

test('front-door: the draw that is summed out is named apart from the treatment', () => {
  expect(plain(planOf('X -> Z -> Y; X <-> Y', 'P(Y=1 | do(X=1))', [survey]))).toMatchInlineSnapshot(`
    "Inputs
      X = 1 (set)
    Factors
      f1  P(Z | X)     survey (observation)  columns Z, X
      f2  P(X)         survey (observation)  columns X
      f3  P(Y | X, Z)  survey (observation)  columns Y, X, Z
    Draws
       1. X'  from f2 (not shown)
       2. Z   from f1 at X (not shown)
       3. Y   from f3 at X', Z
      shown: Y; asked: how often Y = 1"
  `);
});

test('napkin: the training set and what it is drawn over', () => {
  const plan = planOf('W1 -> W2 -> X -> Y; W1 <-> X; W1 <-> Y', 'P(Y | do(X))', [survey]);
  expect(plain(plan)).toMatchInlineSnapshot(`
    "Inputs
      X (set)
      W2 (its value must not matter; drawn from the data)
    Factors
      f1  P(W1)             survey (observation)                                         columns W1
      f2  P(X | W1, W2)     survey (observation)                                         columns X, W1, W2
      f3  P(Y | W1, W2, X)  survey (observation)                                         columns Y, W1, W2, X
      f4  P*(Y | X, W2)     rows drawn from f1, f2, f3 over a full-support design of W2  columns Y, X, W2
             1. W1  from f1 (not shown)
             2. X   from f2 at W1, W2
             3. Y   from f3 at W1, W2, X
    Draws
       1. Y  from f4 at X, W2
      shown: Y"
  `);
  const graph = samplingNetworkGraph(plan);
  expect(graph.arrows.map((arrow) => arrow.join(' -> ')).sort()).toMatchInlineSnapshot(`
    [
      "W1 ~ f1 (for f4) -> X ~ f2 (for f4)",
      "W1 ~ f1 (for f4) -> Y ~ f3 (for f4)",
      "W2 (design) (for f4) -> X ~ f2 (for f4)",
      "W2 (design) (for f4) -> Y ~ f3 (for f4)",
      "W2 (design) (for f4) -> rows for f4",
      "W2 (free) -> Y ~ f4",
      "X -> Y ~ f4",
      "X ~ f2 (for f4) -> Y ~ f3 (for f4)",
      "X ~ f2 (for f4) -> rows for f4",
      "Y ~ f3 (for f4) -> rows for f4",
      "rows for f4 -> Y ~ f4",
    ]
  `);
  const svg = samplingNetworkSvg(plan);
  expect(svg).toContain('<title>Sampling network</title>');
  for (const name of graph.variables.keys()) expect(svg).toContain(name.split(' ')[0]);
});

test('factors from two experiments, one of which has a single arm', () => {
  const offers: Catalogue['offers'] = [
    { regime: { set: ['X'], fixed: { X: '1' } }, measured: ['X', 'Z'], studies: ['pilot'], size: 50 },
    { regime: { set: ['Z'] }, measured: ['Z', 'Y'], studies: ['north', 'south'], size: 50 },
  ];
  expect(plain(planOf('X -> Z -> Y; X <-> Z; X <-> Y', 'P(Y | do(X=1))', offers))).toMatchInlineSnapshot(`
    "Inputs
      none
    Factors
      f1  P(Z | do(X=1))  pilot (do(X=1))          columns Z
      f2  P(Y | do(Z))    north and south (do(Z))  columns Y, Z
    Draws
       1. Z  from f1 (not shown)
       2. Y  from f2 at Z
      shown: Y"
  `);
});

test('what factors were learnt from: records of the studies, and rows only of what was generated', () => {
  const plan = planOf('W1 -> W2 -> X -> Y; W1 <-> X; W1 <-> Y', 'P(Y | do(X))', [
    { regime: { set: [] }, studies: ['east', 'west'], size: 9 },
  ]);
  const reports = plan.factors.map((factor, i): FactorReport => {
    if (factor.rows.kind === 'generated') return { factor, kind: 'softmax', rows: 500, monteCarloError: 0.01, unsupported: 3 };
    return i === 1 ? { factor, kind: 'table', rows: 0, reused: true } : { factor, kind: 'table', rows: 16 };
  });
  const told = (east: number, west: number, ...names: string[]): string[] => {
    const sized = [
      { name: 'other', size: 1000 },
      { name: 'east', size: east },
      { name: 'west', size: west },
    ].filter(({ name }) => names.length === 0 || names.includes(name));
    return plain(plan, reports, sized)
      .split('\n')
      .filter((line) => line.includes('learnt from') || line.includes('as it was'))
      .map((line) => line.trim());
  };
  const drawn =
    'softmax, learnt from 500 generated rows, Monte-Carlo error of a probability up to 0.010, 3 of them at conditions without data';
  const expected = (from: string): string[] => [`table, learnt from ${from}`, 'table, as it was', `table, learnt from ${from}`, drawn];
  // 16 rows that stand for 4000 records, one row per record, exact laws; a study that nothing is known of.
  expect(told(1500, 2500)).toEqual(expected('4000 records (16 different rows)'));
  expect(told(7, 9)).toEqual(expected('16 records'));
  expect(told(Number.POSITIVE_INFINITY, 9)).toEqual(expected('exact probabilities'));
  expect(told(7, 9, 'east')).toEqual(expected('16 rows'));
});
