import { expect, test } from 'vitest';
import { cellName, exchangeableEstimand } from '../../src/exchangeable/estimand.ts';
import { exactDistribution, exactProbability } from '../../src/exchangeable/exact.ts';
import type { CellQuery, ExchangeableModel } from '../../src/exchangeable/terms.ts';
import type { Domain, Value } from '../../src/graph/variable.ts';
import { tableFromJoint } from '../../src/interpret/fill.ts';
import { formulaText } from '../../src/interpret/formula.ts';
import { evaluate } from '../../src/interpret/number.ts';
import { compile } from '../../src/interpret/plan.ts';
import { isTooLarge } from '../../src/math/factor.ts';
import { Random } from '../../src/math/random.ts';
import { families, xorPair } from './families.ts';
import { cell, randomModel, randomQuery } from './random-model.ts';

/** The estimand read off the joint distribution of watched positions alone, by the interpreter of all estimands. */
function fromWatching(model: ExchangeableModel, query: CellQuery, positions: number): number {
  const estimand = exchangeableEstimand(model, query, ['environments']);
  if (!estimand.ok) throw new Error(estimand.issues[0]?.message);
  const cells = Array.from({ length: positions }, (_, n) => model.mechanisms.map(({ variable }) => ({ variable, position: n + 1 }))).flat();
  const watched = exactDistribution(model, cells, [], []);
  if (!watched.ok || watched.value.values === null) throw new Error('no joint');
  const joint = { axes: cells.map(cellName), sizes: watched.value.sizes, values: watched.value.values };
  const levels = new Map(cells.map((one) => [cellName(one), model.levels.get(one.variable) as readonly Value[]]));
  const domains = new Map([...levels].map(([name, own]): [string, Domain] => [name, { kind: 'finite', levels: own }]));
  const plan = compile(estimand.value, domains);
  if (!plan.ok) throw new Error(plan.issues[0]?.message);
  const tables = plan.value.requests.map((request) => {
    const table = tableFromJoint(request, joint, (name) => levels.get(name) as readonly Value[]);
    if (isTooLarge(table)) throw new Error('too large');
    return table;
  });
  const { values } = evaluate(plan.value, tables);
  expect(values.length).toBe(1);
  return values[0] as number;
}

test('Theorem 1 computes interventions from watching alone', () => {
  let asked = 0;
  for (let turn = 0; turn < 60; turn++) {
    const random = new Random(turn, 'estimand');
    const model = randomModel(random, 2 + random.integer(2));
    const query = randomQuery(model, random, 2);
    if (query.set.length > 0) asked += 1;
    const exact = exactProbability(model, query);
    if (!exact.ok || exact.value.value === null) throw new Error('no value');
    expect(fromWatching(model, query, 2)).toBeCloseTo(exact.value.value, 11);
  }
  expect(asked).toBeGreaterThan(30);
});

test('as a formula', () => {
  const query = { target: [cell('Y', 1, 1)], given: [cell('Y', 2, 0)], set: [cell('X', 1, 0)] };
  const estimand = exchangeableEstimand(xorPair(1, 3), query, ['e']);
  expect(estimand.ok && formulaText(estimand.value).replaceAll('"', '')).toMatch(
    /^sum\[X@2\]\(P\(X@2\) \* P\(Y@1=1, Y@2=0 \| X@1=0, X@2\)\) \/ sum/u,
  );
  const tables = families.get('table pair') as ExchangeableModel;
  const settled = exchangeableEstimand(tables, { target: [cell('X', 1, 1)], given: [], set: [cell('X', 1, 0)] }, ['e']);
  expect(settled.ok && settled.value).toMatchObject({ step: 'constant', value: 0 });
});
