import { expect, test } from 'vitest';
import { memoryStudy } from '../../src/data/memory.ts';
import { observation } from '../../src/data/regime.ts';
import { codesOf, columnOf, concatenated, drawnRows, rowsOf, stretched, type TrainingData, taken } from '../../src/generative/batch.ts';
import { drawFromNetwork, type FittedNetwork, inputsFrom } from '../../src/generative/draw.ts';
import { exactLaw } from '../../src/generative/exact-law.ts';
import { type FitNetworkOptions, fitNetwork } from '../../src/generative/fit-network.ts';
import { freeRows } from '../../src/generative/free-inputs.ts';
import { idGen } from '../../src/generative/id-gen.ts';
import { spreadOverFreeInputs } from '../../src/generative/invariance.ts';
import { type TableModel, tableFactor, tableFitter, tableModel } from '../../src/generative/models/table.ts';
import { factorsBefore, type NetworkPlan } from '../../src/generative/network.ts';
import type { Batch, ColumnType, ColumnValues } from '../../src/generative/terms.ts';
import { readGraph } from '../../src/graph/formats/read.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Name, Value } from '../../src/graph/variable.ts';
import { type Factor, isTooLarge, valueAt } from '../../src/math/factor.ts';
import { Random } from '../../src/math/random.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { type DiscreteModel, randomModel } from '../../src/model/scm.ts';
import { compileQuestion } from '../../src/query/bind.ts';
import type { Result } from '../../src/run/issue.ts';
import { success } from '../../src/run/issue.ts';

function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
const graphOf = (text: string): Graph => good(readGraph(text));
function planOf(graph: Graph, text: string, offers = [{ regime: observation, studies: ['survey'], size: 1 }]): NetworkPlan {
  const question = good(compileQuestion(text, { graph, domains: new Map() }));
  const made = idGen((question.parts[0] as (typeof question.parts)[0]).query, graph, { offers });
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.plan;
}
const binary = (...names: Name[]): Map<Name, ColumnType> => new Map(names.map((name) => [name, { kind: 'finite', levels: ['0', '1'] }]));
/** The cells of a table as rows with weights. */
function cellsOf(table: Factor): TrainingData {
  const columns = new Map<Name, ColumnValues>(
    table.axes.map((axis) => [axis, { kind: 'finite', values: new Int32Array(table.values.length) }]),
  );
  for (let cell = 0; cell < table.values.length; cell++) {
    let left = cell;
    for (let i = table.axes.length - 1; i >= 0; i--) {
      const size = table.sizes[i] as number;
      (columns.get(table.axes[i] as Name) as ColumnValues).values[cell] = left % size;
      left = Math.floor(left / size);
    }
  }
  return { batch: { rows: table.values.length, columns }, weights: Float64Array.from(table.values) };
}
const tables = (types: ReadonlyMap<Name, ColumnType>, more: Partial<FitNetworkOptions> = {}): FitNetworkOptions => ({
  seed: 1,
  types,
  fitterFor: () => success(tableFitter()),
  ...more,
});
/** The law of a network of tables, exactly: what endless draws would show. */
function lawOfTables({ plan, models }: FittedNetwork): Factor {
  const law = exactLaw(
    {
      ...plan,
      factors: plan.factors.map((factor) => ({
        ...factor,
        rows: { kind: 'study' as const, studies: [], regime: observation, columns: [] },
      })),
    },
    { tableOf: (_, { id }) => tableFactor((models.get(id) as TableModel).state) },
  );
  if (isTooLarge(law)) throw new Error('small');
  return law;
}
async function sharesOf(
  network: FittedNetwork,
  values: Record<Name, Value>,
  outcome: Name,
  count: number,
  seed = 5,
): Promise<Float64Array> {
  const drawn = good(await drawFromNetwork(network, good(inputsFrom(network, values)), count, new Random(seed, 'draws')));
  const type = network.types.get(outcome);
  const shares = new Float64Array(type?.kind === 'finite' ? type.levels.length : 0);
  for (const code of codesOf(drawn, outcome)) shares[code] = (shares[code] as number) + 1 / count;
  return shares;
}
const exact = (model: DiscreteModel, wanted: Parameters<typeof exactDistribution>[1]): Factor => {
  const table = exactDistribution(model, wanted);
  if (isTooLarge(table)) throw new Error('small');
  return table;
};
const modelOf = (graph: Graph, seed: number): DiscreteModel => {
  const model = randomModel(graph, { seed });
  if (!('mechanisms' in model)) throw new Error('small');
  return model;
};

// Printed in the public notebooks of ID-GEN (Rahman, Jordan and Kocaoglu 2024): 10,000 rows, shares to four places.
const published: [x: string, z: string, y: string, count: number][] = [
  ['0', '0', '0', 253],
  ['0', '0', '1', 737],
  ['1', '0', '0', 862],
  ['1', '0', '1', 4097],
  ['0', '1', '0', 1020],
  ['0', '1', '1', 945],
  ['1', '1', '0', 1080],
  ['1', '1', '1', 1006],
];

test('front-door table of the notebooks: .7072, where their networks drew .6951', async () => {
  const rows = published.map(([X, Z, Y, count]) => ({ X, Z, Y, count }));
  const study = good(await memoryStudy({ name: 'survey', regime: observation, count: 'count' }, { rows }));
  const data = await rowsOf(study);
  expect(data.weights?.reduce((sum, weight) => sum + weight, 0)).toBe(10_000);
  const plan = planOf(graphOf('X -> Z -> Y; X <-> Y'), 'P(Y | do(X=1))');
  const types = binary('X', 'Z', 'Y');
  const { network } = good(await fitNetwork(plan, new Map([['survey', data]]), tables(types)));
  // By hand: sum_z P(z | x=1) sum_x' P(x') P(y=1 | z, x').
  const n = (x: number, z: number, y?: number): number =>
    published.reduce(
      (sum, [a, b, c, count]) => sum + (Number(a) === x && Number(b) === z && (y === undefined || Number(c) === y) ? count : 0),
      0,
    );
  const all = (x: number): number => n(x, 0) + n(x, 1);
  let truth = 0;
  for (const z of [0, 1]) for (const x of [0, 1]) truth += (n(1, z) / all(1)) * (all(x) / 10_000) * (n(x, z, 1) / n(x, z));
  expect(truth).toBeCloseTo(0.7072, 4);
  expect(valueAt(lawOfTables(network), { Y: 1, X: 1 })).toBeCloseTo(truth, 14);
  const drawn = await sharesOf(network, {}, 'Y', 200_000);
  expect(Math.abs((drawn[1] as number) - truth)).toBeLessThan(0.003);
});

test('back-door: every level of the treatment, from a sample of 10,000 against the truth of the model', async () => {
  const graph = graphOf('Z -> X -> Y; Z -> Y');
  const plan = planOf(graph, 'P(Y | do(X))');
  const types = binary('X', 'Y', 'Z');
  for (const seed of [1, 2, 3]) {
    const model = modelOf(graph, seed);
    const joint = exact(model, { of: ['X', 'Y', 'Z'] });
    const sampled: Factor = { ...joint, values: new Random(seed, 'rows').multinomial(10_000, joint.values) };
    const plugIn = good(await fitNetwork(plan, new Map([['survey', cellsOf(sampled)]]), tables(types)));
    const perfect = good(await fitNetwork(plan, new Map([['survey', cellsOf(joint)]]), tables(types)));
    const truth = exact(model, { of: ['Y'], set: ['X'] });
    const [law, ideal] = [lawOfTables(plugIn.network), lawOfTables(perfect.network)];
    for (const X of [0, 1]) {
      const wanted = valueAt(truth, { Y: 1, X });
      expect(valueAt(ideal, { Y: 1, X })).toBeCloseTo(wanted, 14);
      expect(Math.abs(valueAt(law, { Y: 1, X }) - wanted)).toBeLessThan(0.04);
      const drawn = await sharesOf(plugIn.network, { X: String(X) }, 'Y', 200_000);
      expect(Math.abs((drawn[1] as number) - valueAt(law, { Y: 1, X }))).toBeLessThan(0.005);
    }
  }
});

const napkin = graphOf('W1 -> W2 -> X -> Y; W1 <-> X; W1 <-> Y');
const four = binary('W1', 'W2', 'X', 'Y');

test('napkin: the generated set is drawn, learnt from and as exact as its size allows, whatever its design and the free input', async () => {
  const plan = planOf(napkin, 'P(Y | do(X))');
  expect(plan.inputs.map(({ name, role }) => `${name} ${role}`).sort()).toEqual(['W2 free', 'X set']);
  const learnt = plan.factors.at(-1);
  expect([learnt?.of, [...(learnt?.given ?? [])].sort(), learnt?.rows.kind]).toEqual([['Y'], ['W2', 'X'], 'generated']);
  const model = modelOf(napkin, 243);
  const data = new Map([['survey', cellsOf(exact(model, { of: ['W1', 'W2', 'X', 'Y'] }))]]);
  const truth = exact(model, { of: ['Y'], set: ['X'] });
  const seen = exact(model, { of: ['Y'], given: ['X'] });
  for (const design of ['even', 'marginal'] as const)
    for (const generatedRows of [2_000, 200_000]) {
      const { network, factors } = good(await fitNetwork(plan, data, tables(four, { design, generatedRows })));
      expect(factors.at(-1)?.rows).toBe(generatedRows);
      expect(factors.at(-1)?.monteCarloError).toBeCloseTo(0.5 / Math.sqrt(generatedRows / 2), 12);
      const law = lawOfTables(network);
      let gap = 0;
      for (const X of [0, 1])
        for (const W2 of [0, 1]) gap = Math.max(gap, Math.abs(valueAt(law, { Y: 1, X, W2 }) - valueAt(truth, { Y: 1, X })));
      expect(gap).toBeLessThan(generatedRows === 2000 ? 0.08 : 0.008);
      if (generatedRows > 100_000) {
        const drawn = await sharesOf(network, { X: '1' }, 'Y', 100_000);
        expect(Math.abs((drawn[1] as number) - valueAt(truth, { Y: 1, X: 1 }))).toBeLessThan(0.01);
        expect(Math.abs((drawn[1] as number) - valueAt(seen, { Y: 1, X: 1 }))).toBeGreaterThan(0.03);
      }
    }
});

/** The levels of W2 that the factors of a network which take it are fed where Y is drawn. */
async function fedW2(network: FittedNetwork, X: string, count: number): Promise<Set<number>> {
  const fed = new Set<number>();
  const models = new Map(
    [...network.models].map(([id, model]) => {
      const watched: TableModel = {
        ...(model as TableModel),
        sample(given, random, options) {
          for (const code of codesOf(given, 'W2')) fed.add(code);
          return model.sample(given, random, options);
        },
      };
      return [id, model.task.given.includes('W2') && model.task.of.includes('Y') ? watched : model] as const;
    }),
  );
  good(await drawFromNetwork({ ...network, models }, good(inputsFrom(network, { X })), count, new Random(5)));
  return fed;
}

test('free inputs take values that the data show with what is set, so that a value never seen together is not guessed at', async () => {
  const plan = planOf(napkin, 'P(Y | do(X))');
  // X = 1 wherever W2 = 1. P(Y=1 | do(X=0)) = .2 + .5 * .3, whatever W2 is.
  const rows: { W1: number; W2: number; X: number; Y: number; share: number }[] = [];
  const of = (p: number, value: number): number => (value === 1 ? p : 1 - p);
  for (let cell = 0; cell < 64; cell++) {
    const [a, b, W1, W2, X, Y] = [0, 1, 2, 3, 4, 5].map((bit) => (cell >> bit) & 1) as [number, number, number, number, number, number];
    const share =
      0.25 *
      of(0.2 + 0.3 * a + 0.3 * b, W1) *
      of(0.3 + 0.4 * W1, W2) *
      of(W2 === 1 ? 1 : 0.3 + 0.4 * a, X) *
      of(0.2 + 0.4 * X + 0.3 * b, Y);
    if (share > 0) rows.push({ W1, W2, X, Y, share });
  }
  const data = new Map<Name, TrainingData>([
    [
      'survey',
      {
        batch: {
          rows: rows.length,
          columns: new Map(
            (['W1', 'W2', 'X', 'Y'] as const).map((name) => [
              name,
              { kind: 'finite', values: Int32Array.from(rows, (row) => row[name]) } satisfies ColumnValues,
            ]),
          ),
        },
        weights: Float64Array.from(rows, ({ share }) => share),
      },
    ],
  ]);
  const { network } = good(await fitNetwork(plan, data, tables(four, { generatedRows: 100_000 })));
  expect(await fedW2(network, '0', 2000)).toEqual(new Set([0]));
  expect(await fedW2(network, '1', 2000)).toEqual(new Set([0, 1]));
  const guessed = async (one: FittedNetwork): Promise<{ share: number; unseen: number }> => {
    let unseen = 0;
    const inputs = good(inputsFrom(one, { X: '0' }));
    const drawn = good(await drawFromNetwork(one, inputs, 40_000, new Random(6), { onUnsupported: (_, count) => (unseen += count) }));
    return { share: codesOf(drawn, 'Y').reduce((sum, code) => sum + code / drawn.rows, 0), unseen };
  };
  const fed = await guessed(network);
  expect(fed.unseen).toBe(0);
  expect(Math.abs(fed.share - 0.35)).toBeLessThan(0.01);
  // From all rows of the data: some at conditions of which nothing is known.
  const blind = network.free.map((pool) => ({ rows: pool.rows, columns: new Map([...pool.columns].filter(([name]) => name === 'W2')) }));
  expect((await guessed({ ...network, free: blind })).unseen).toBeGreaterThan(10_000);
});

test('where all values occur together, free inputs from the rows that go with what is set and from all rows: the same law', async () => {
  const plan = planOf(napkin, 'P(Y | do(X))');
  const model = modelOf(napkin, 243);
  const data = new Map([['survey', cellsOf(exact(model, { of: ['W1', 'W2', 'X', 'Y'] }))]]);
  const { network } = good(await fitNetwork(plan, data, tables(four, { generatedRows: 400_000 })));
  const [pool] = network.free;
  expect([...(pool?.columns.keys() ?? [])]).toEqual(['W2', 'X']);
  const blind = { ...network, free: [{ rows: pool?.rows ?? 0, columns: new Map([['W2', columnOf(pool as Batch, 'W2')]]) }] };
  for (const X of [0, 1]) {
    const truth = valueAt(exact(model, { of: ['Y'], set: ['X'] }), { Y: 1, X });
    for (const one of [network, blind]) {
      const shares = await sharesOf(one, { X: String(X) }, 'Y', 100_000);
      // Standard deviations: .0016 of the draws, at most .0016 of the generated set.
      expect(Math.abs((shares[1] as number) - truth)).toBeLessThan(0.008);
    }
  }
});

test('rows of a pool that go with inputs: the level that is set where some row has it, the nearest numbers', () => {
  const n = 600;
  const pool: Batch = {
    rows: n,
    columns: new Map<Name, ColumnValues>([
      ['W', { kind: 'real', values: Float64Array.from({ length: n }, (_, i) => i) }],
      ['A', { kind: 'finite', values: Int32Array.from({ length: n }, (_, i) => (i < 30 ? 1 : 0)) }],
      ['X', { kind: 'real', values: Float64Array.from({ length: n }, (_, i) => i / 100) }],
    ]),
  };
  const at = (A: readonly number[], X?: readonly number[]): Batch => ({
    rows: A.length,
    columns: new Map<Name, ColumnValues>([
      ['A', { kind: 'finite', values: Int32Array.from(A) }],
      ...(X === undefined ? [] : [['X', { kind: 'real', values: Float64Array.from(X) }] as const]),
    ]),
  });
  const random = new Random(3);
  const drawn = (inputs: Batch, row = 0): number[] => {
    const goes = freeRows(pool, inputs);
    return Array.from({ length: 200 }, () => goes.draw(row, random));
  };
  expect(Math.max(...drawn(at([1])))).toBeLessThan(30);
  expect(Math.min(...drawn(at([0])))).toBeGreaterThanOrEqual(30);
  // No row has the level: any will do.
  expect(new Set(drawn(at([7]))).size).toBeGreaterThan(100);
  // The nearest of 16 of some 600 rows is within 100 of the place with probability over 1 - (2 / 3) ** 16.
  expect(drawn(at([0], [4])).filter((row) => Math.abs(row - 400) < 100).length).toBeGreaterThan(190);
  expect([...freeRows(pool, at([0], [4])).free.columns.keys()]).toEqual(['W']);
  // Many rows of inputs: each its own.
  expect(drawn(at([0, 1]), 1).every((row) => row < 30)).toBe(true);
});

test('the spread over the free input: within sampling where the graph is right, beyond it where an arrow is missing', async () => {
  const plan = planOf(napkin, 'P(Y | do(X))');
  const right = modelOf(napkin, 243);
  const wrong = modelOf(graphOf('W1 -> W2 -> X -> Y; W1 <-> X; W1 <-> Y; W2 -> Y'), 243);
  const spreads: number[] = [];
  for (const model of [right, wrong]) {
    const data = new Map([['survey', cellsOf(exact(model, { of: ['W1', 'W2', 'X', 'Y'] }))]]);
    const { network } = good(await fitNetwork(plan, data, tables(four, { generatedRows: 200_000 })));
    const found = good(await spreadOverFreeInputs(network, good(inputsFrom(network, { X: '1' })), new Random(4), { draws: 20_000 }));
    expect(found.map(({ inputs, output, values }) => [inputs, output, values])).toEqual([[['W2'], 'Y', 2]]);
    spreads.push((found[0]?.spread as number) / (found[0]?.floor as number));
  }
  expect(spreads[0]).toBeLessThan(1);
  expect(spreads[1]).toBeGreaterThan(3);
});

test('IDC-GEN against throwing away draws of the joint, and against the truth', async () => {
  const graph = graphOf('X -> Z -> Y -> W; X <-> Y; Z -> W');
  const plan = planOf(graph, 'P(Y | do(X=1), W=1)');
  expect(plan.inputs.map(({ name, role, value }) => `${name} ${role} ${value}`).sort()).toEqual(['W given 1', 'X set 1']);
  expect(plan.factors.at(-1)?.rows.kind).toBe('generated');
  const joint = planOf(graph, 'P(Y, W | do(X=1))');
  const types = binary('X', 'Y', 'Z', 'W');
  const model = modelOf(graph, 4);
  const data = new Map([['survey', cellsOf(exact(model, { of: ['X', 'Y', 'Z', 'W'] }))]]);
  const conditional = good(await fitNetwork(plan, data, tables(types, { generatedRows: 200_000 }))).network;
  const whole = good(await fitNetwork(joint, data, tables(types, { generatedRows: 200_000 }))).network;
  const drawn = good(await drawFromNetwork(whole, good(inputsFrom(whole)), 300_000, new Random(9)));
  const [y, w] = [codesOf(drawn, 'Y'), codesOf(drawn, 'W')];
  let [kept, ones] = [0, 0];
  for (let row = 0; row < drawn.rows; row++)
    if (w[row] === 1) {
      kept += 1;
      ones += y[row] as number;
    }
  const truth = valueAt(exact(model, { of: ['Y'], given: ['W'], set: ['X'] }), { Y: 1, X: 1, W: 1 });
  const own = (await sharesOf(conditional, {}, 'Y', 100_000))[1] as number;
  expect(kept).toBeGreaterThan(10_000);
  expect(Math.abs(ones / kept - truth)).toBeLessThan(0.015);
  expect(Math.abs(own - truth)).toBeLessThan(0.015);
});

test('each factor learns from the study whose regime gives it', async () => {
  const graph = graphOf('A -> X -> Y; A <-> X; X <-> Y; A <-> Y');
  const offers = [
    { regime: observation, studies: ['survey'], size: 1 },
    { regime: { set: ['X'] }, studies: ['trial'], size: 1 },
  ];
  const plan = planOf(graph, 'P(Y | do(X))', offers);
  expect(plan.factors.map(({ rows }) => (rows.kind === 'study' ? [rows.studies, rows.regime.set] : []))).toEqual([[['trial'], ['X']]]);
  const model = modelOf(graph, 2);
  const trial = exact(model, { of: ['Y'], set: ['X'] });
  const { network } = good(await fitNetwork(plan, new Map([['trial', cellsOf(trial)]]), tables(binary('A', 'X', 'Y'))));
  expect(valueAt(lawOfTables(network), { Y: 1, X: 0 })).toBeCloseTo(valueAt(trial, { Y: 1, X: 0 }), 14);
});

test('same seed, same draws: fitted one by one or together, reused or not, and batch by batch', async () => {
  const plan = planOf(napkin, 'P(Y | do(X))');
  const data = new Map([['survey', cellsOf(exact(modelOf(napkin, 3), { of: ['W1', 'W2', 'X', 'Y'] }))]]);
  const events: string[] = [];
  const alone = good(
    await fitNetwork(plan, data, tables(four, { onProgress: ({ task, done, total }) => events.push(`${task} ${done}/${total}`) })),
  );
  const together = good(await fitNetwork(plan, data, tables(four, { parallel: 4 })));
  const first = alone.network.models;
  const reused = good(
    await fitNetwork(
      plan,
      data,
      tables(four, { modelFor: async (_, { id, rows }) => (rows.kind === 'study' ? first.get(id) : undefined) }),
    ),
  );
  const states = (models: FittedNetwork['models']): unknown => plan.factors.map(({ id }) => (models.get(id) as TableModel).state);
  expect(states(together.network.models)).toEqual(states(first));
  expect(states(reused.network.models)).toEqual(states(first));
  expect(reused.factors.map((report) => report.reused === true)).toEqual(plan.factors.map((factor) => factor.rows.kind === 'study'));
  expect(reused.factors.map(({ rows }) => rows)).toEqual(alone.factors.map(({ rows }) => rows));
  expect(events.at(0)).toBe(`factors 0/${plan.factors.length}`);
  expect(events.at(-1)).toBe(`factors ${plan.factors.length}/${plan.factors.length}`);
  const inputs = good(inputsFrom(alone.network, { X: '1' }));
  const draw = async (batch: number): Promise<Batch> => good(await drawFromNetwork(alone.network, inputs, 1000, new Random(1), { batch }));
  expect(await draw(300)).toEqual(await draw(300));
  expect((await draw(300)).rows).toBe(1000);
  const long = good(await drawFromNetwork(alone.network, inputs, 600, new Random(1), { batch: 300 }));
  expect([...codesOf(long, 'Y')]).toEqual([...codesOf(await draw(300), 'Y')].slice(0, 600));
});

test('one row of inputs per draw', async () => {
  const plan = planOf(graphOf('X -> Y'), 'P(Y | do(X))');
  const joint: Factor = { axes: ['X', 'Y'], sizes: [2, 2], values: Float64Array.of(0.5, 0, 0, 0.5) };
  const { network } = good(await fitNetwork(plan, new Map([['survey', cellsOf(joint)]]), tables(binary('X', 'Y'))));
  const X = Int32Array.from({ length: 9000 }, (_, row) => (row % 3 === 0 ? 1 : 0));
  const drawn = good(
    await drawFromNetwork(network, { rows: X.length, columns: new Map([['X', { kind: 'finite', values: X }]]) }, X.length, new Random(1)),
  );
  expect(codesOf(drawn, 'Y')).toEqual(X);
});

test('what is missing is said, and a stopped fit stops', async () => {
  const plan = planOf(napkin, 'P(Y | do(X))');
  const data = new Map([['survey', cellsOf(exact(modelOf(napkin, 3), { of: ['W1', 'W2', 'X', 'Y'] }))]]);
  const code = (result: Result<unknown>): string | undefined => (result.ok ? undefined : result.issues[0]?.code);
  expect(code(await fitNetwork(plan, new Map(), tables(four)))).toBe('no-study');
  expect(code(await fitNetwork(plan, data, tables(binary('X', 'Y'))))).toBe('unknown-variable');
  const narrow = new Map([['survey', cellsOf(exact(modelOf(napkin, 3), { of: ['W2', 'X', 'Y'] }))]]);
  expect(code(await fitNetwork(plan, narrow, tables(four)))).toBe('no-column');
  const real = new Map<Name, ColumnType>([...four, ['X', { kind: 'real' }]]);
  expect(code(await fitNetwork(plan, data, tables(real)))).toBe('not-finite');
  const { network } = good(await fitNetwork(plan, data, tables(four)));
  expect(code(inputsFrom(network))).toBe('missing-input');
  expect(code(inputsFrom(network, { X: '2' }))).toBe('unknown-level');
  expect(code(inputsFrom(network, { Q: '1' }))).toBe('unknown-input');
  expect(code(await drawFromNetwork(network, { rows: 1, columns: new Map() }, 3, new Random(1)))).toBe('missing-input');
  const signal = { aborted: false };
  const stopped = fitNetwork(
    plan,
    data,
    tables(four, {
      signal,
      onFactor: () => {
        signal.aborted = true;
      },
    }),
  );
  await expect(stopped).rejects.toThrow('');
  await expect(stopped).rejects.toHaveProperty('name', 'Interrupted');
});

test('factors come after those that draw their rows', () => {
  const plan = planOf(napkin, 'P(Y | do(X))');
  const seen = new Set<string>();
  for (const factor of plan.factors) {
    for (const id of factorsBefore(factor)) expect(seen.has(id)).toBe(true);
    seen.add(factor.id);
  }
});

test('a table: state, smoothing, log-probabilities, conditions never seen', async () => {
  const types = new Map<Name, ColumnType>([
    ['A', { kind: 'finite', levels: ['a', 'b', 'c'] }],
    ['B', { kind: 'finite', levels: ['0', '1'] }],
    ['C', { kind: 'finite', levels: ['u', 'v', 'w'] }],
  ]);
  const column = (...values: number[]): ColumnValues => ({ kind: 'finite', values: Int32Array.from(values) });
  const batch: Batch = {
    rows: 5,
    columns: new Map([
      ['A', column(0, 0, 1, 2, 2)],
      ['B', column(0, 1, 1, 0, 0)],
      ['C', column(0, 0, 0, 1, 1)],
    ]),
  };
  const task = { of: ['A', 'B'], given: ['C'], types };
  const model = good(await tableFitter().fit(task, batch, { seed: 1 })) as TableModel;
  const same = tableModel(JSON.parse(JSON.stringify(model.state)));
  const at: Batch = {
    rows: 20_000,
    columns: new Map([['C', { kind: 'finite', values: Int32Array.from({ length: 20_000 }, (_, i) => i % 3) }]]),
  };
  const draws = await model.sample(at, new Random(3));
  expect(await same.sample(at, new Random(3))).toEqual(draws);
  expect([...model.supports(at).slice(0, 3)]).toEqual([1, 1, 0]);
  const tally = new Map<string, number>();
  for (let row = 0; row < at.rows; row++) {
    const key = `${row % 3} ${codesOf(draws, 'A')[row]} ${codesOf(draws, 'B')[row]}`;
    tally.set(key, (tally.get(key) ?? 0) + 3 / at.rows);
  }
  const wanted: Record<string, number> = {
    '0 0 0': 1 / 3,
    '0 0 1': 1 / 3,
    '0 1 1': 1 / 3,
    '1 2 0': 1,
    '2 0 0': 0.2,
    '2 0 1': 0.2,
    '2 1 1': 0.2,
    '2 2 0': 0.4,
  };
  expect([...tally.keys()].sort()).toEqual(Object.keys(wanted).sort());
  for (const [key, share] of tally) expect(Math.abs(share - (wanted[key] as number))).toBeLessThan(0.03);
  const logs = await model.logProbability(
    concatenated([
      batch,
      {
        rows: 1,
        columns: new Map([
          ['A', column(2)],
          ['B', column(1)],
          ['C', column(2)],
        ]),
      },
    ]),
  );
  expect([...logs].map((value) => Math.exp(value))).toEqual([1 / 3, 1 / 3, 1 / 3, 1, 1, 0].map((value) => expect.closeTo(value, 12)));
  const smooth = good(await tableFitter({ smoothing: 1 }).fit(task, batch, { seed: 1 })) as TableModel;
  expect(valueAt(tableFactor(smooth.state), { A: 2, B: 0, C: 1 })).toBeCloseTo(3 / 8, 14);
  expect(valueAt(tableFactor(smooth.state), { A: 0, B: 0, C: 1 })).toBeCloseTo(1 / 8, 14);
});

test('rows: real and tensor columns are taken, stretched and joined like finite ones; studies give theirs with weights', async () => {
  const batch: Batch = {
    rows: 3,
    columns: new Map<Name, ColumnValues>([
      ['A', { kind: 'finite', values: Int32Array.of(0, 1, 2) }],
      ['R', { kind: 'real', values: Float64Array.of(0.5, 1.5, 2.5) }],
      ['T', { kind: 'tensor', shape: [2, 1], values: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ]),
  };
  const picked = taken(batch, Int32Array.of(2, 0, 2));
  expect([...columnOf(picked, 'R').values]).toEqual([2.5, 0.5, 2.5]);
  expect([...columnOf(picked, 'T').values]).toEqual([5, 6, 1, 2, 5, 6]);
  const joined = concatenated([batch, picked]);
  expect([joined.rows, columnOf(joined, 'T').values.length, [...columnOf(joined, 'A').values]]).toEqual([6, 12, [0, 1, 2, 2, 0, 2]]);
  expect([...columnOf(stretched(taken(batch, Int32Array.of(1)), 3), 'T').values]).toEqual([3, 4, 3, 4, 3, 4]);
  const counted = drawnRows({ batch, weights: Float64Array.of(1, 0, 3) }, 8000, new Random(1));
  const share = counted.reduce((sum, row) => sum + (row === 2 ? 1 / 8000 : 0), 0);
  expect(counted.includes(1)).toBe(false);
  expect(Math.abs(share - 0.75)).toBeLessThan(0.02);
  const rows = [
    { A: 'x', R: '1.25', p: 0.5 },
    { A: 'y', R: '2.75', p: 0.25 },
    { A: 'x', R: '3.5', p: 0.25 },
  ];
  const declared = new Map([['R', { real: true }]]);
  const study = good(await memoryStudy({ name: 's', regime: observation, weight: 'p' }, { rows }, declared));
  const { batch: own, weights } = await rowsOf(study);
  expect([...codesOf(own, 'A')]).toEqual([0, 1, 0]);
  expect([...columnOf(own, 'R').values]).toEqual([1.25, 2.75, 3.5]);
  // Scaled to Kish's effective size: 1 / (0.25 + 0.0625 + 0.0625).
  expect([...(weights ?? [])]).toEqual([4 / 3, 2 / 3, 2 / 3]);
});
