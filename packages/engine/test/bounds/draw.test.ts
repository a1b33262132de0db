import { expect, test } from 'vitest';
import { cellsOf } from '../../src/bounds/cells.ts';
import { drawTables } from '../../src/bounds/draw.ts';
import { drawCells, prepare } from '../../src/bounds/prepare.ts';
import { structureOf } from '../../src/bounds/structure.ts';
import { readStudies } from '../../src/bounds/studies.ts';
import { Random } from '../../src/math/random.ts';
import { graphOf, modelOf } from '../model/graphs.ts';
import { asked, domainsOf, evaluate, exactAnswer, exactStudy, expectation, must, plainStructure, pointOf, sampled } from './planted.ts';

const graph = graphOf('G -> X; X -> M; M -> Y; G -> Y; X <-> Y');
const names = ['G', 'X', 'M', 'Y'];
const model = modelOf(graph, { seed: 21, levels: new Map([['M', ['0', '1', '2']]]) });
const sample = new Random(9);
const studies = [
  await sampled(exactStudy(model, 'o', names), 700, sample),
  await sampled(exactStudy(model, 't', names, ['X']), 700, sample),
  exactStudy(model, 'e', ['G', 'X']),
];

test('drawn tables have the sizes of the studies, keep designs and exact probabilities, and follow the fitted cells', async () => {
  const structure = plainStructure(graph, model, studies);
  const tables = must(await readStudies(structure, studies));
  const cells = cellsOf(structure, tables);
  const point = pointOf(structure, model);
  const fitted = Float64Array.from(cells.cells, ({ form, stratum }) => expectation(form, cells.strata[stratum]?.block as number, point));
  const stream = new Random(3, 'draws');
  const draws = 200;
  const sums = new Float64Array(cells.cells.length);
  const known = new Float64Array(cells.cells.length);
  for (let draw = 0; draw < draws; draw++) {
    const drawn = drawTables(structure, tables, cells, fitted, stream.split(draw));
    for (const [i, table] of drawn.entries()) expect(table.weight.reduce((a, b) => a + b, 0)).toBeCloseTo(i === 2 ? 1 : 700, 9);
    expect(drawn[2]).toBe(tables[2]);
    const again = cellsOf(structure, drawn, undefined, cells);
    expect(again.cells.map(({ says, stratum, form }) => [says, stratum, form])).toEqual(
      cells.cells.map(({ says, stratum, form }) => [says, stratum, form]),
    );
    for (const [i, { target }] of again.cells.entries()) {
      if (Number.isNaN(target)) continue;
      sums[i] = (sums[i] as number) + target;
      known[i] = (known[i] as number) + 1;
    }
    if (draw > 3) continue;
    const arms = (weights: Float64Array, codes: Int32Array): number[] =>
      [0, 1].map((x) => weights.reduce((sum, weight, cell) => sum + (codes[4 * cell + 1] === x ? weight : 0), 0));
    expect(arms(drawn[1]?.weight as Float64Array, drawn[1]?.codes as Int32Array)).toEqual(
      arms(tables[1]?.weight as Float64Array, tables[1]?.codes as Int32Array),
    );
  }
  for (const [i, value] of fitted.entries())
    expect(Math.abs((sums[i] as number) / (known[i] as number) - value), cells.cells[i]?.says).toBeLessThan(0.02);
  const [a, b] = [0, 1].map(() => drawTables(structure, tables, cells, fitted, new Random(5)));
  expect(a).toEqual(b);
});

test('components outside the question keep their empirical conditionals', async () => {
  const prepared = must(
    await prepare({ graph, domains: domainsOf(model), studies }, asked('P(X[G=1]=1, X[G=0]=0)', { graph, domains: domainsOf(model) })),
  );
  expect(prepared.programme.blocks.map(({ name }) => name)).toEqual(['X, Y']);
  const fitted = Float64Array.from(prepared.programme.cells, ({ target }) => target);
  const sums = new Float64Array(fitted.length);
  for (let draw = 0; draw < 150; draw++)
    for (const [i, { target }] of drawCells(prepared, fitted, new Random(draw)).entries()) sums[i] = (sums[i] as number) + target / 150;
  for (const [i, value] of fitted.entries()) expect(Math.abs((sums[i] as number) - value)).toBeLessThan(0.02);
});

test('a programme holds the blocks of its question, renumbered, and evaluates to the truth', async () => {
  const exact = [exactStudy(model, 'o', names), exactStudy(model, 't', ['G', 'X', 'Y'], ['X'])];
  for (const text of ['PNS(X=1 vs 0 -> Y)', 'ETT(X=1 vs 0 -> Y)', 'P(M[X=1]=2, M[X=0]=1)', 'P(Y[M=1]=1, Y[M=0]=0 | G=1)']) {
    const question = asked(text, { graph, domains: domainsOf(model) });
    const { programme, structure, blocks, partial } = must(await prepare({ graph, domains: domainsOf(model), studies: exact }, question));
    const whole = pointOf(structure, model);
    const point = blocks.map((block) => whole[block] as (typeof whole)[number]);
    expect(evaluate(programme.target, point)).toBeCloseTo(exactAnswer(model, question), 12);
    for (const { form, stratum, target } of programme.cells)
      expect(expectation(form, programme.strata[stratum]?.block as number, point)).toBeCloseTo(target, 12);
    expect(partial).toBe(false);
    expect(programme.cells.length).toBeGreaterThan(0);
  }
});

test('interrupted while reading', async () => {
  const structure = must(structureOf({ graph, domains: domainsOf(model), studies }));
  await expect(readStudies(structure, studies, { signal: { aborted: true } })).rejects.toThrow();
});
