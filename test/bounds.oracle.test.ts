import { describe, expect, test } from 'vitest';
import { constraintsOf, enumeratedBounds, valueIn } from './oracle/bounds/bounds.ts';
import { balkePearl, type Interval, manski, manskiTreated, type Observed, pn, pns, ps, type Trial } from './oracle/bounds/closed.ts';
import {
  type BoundsCase,
  bowCases,
  effect,
  instrumentCases,
  necessityAndSufficiency,
  randomCase,
  shapeCases,
  systemOf,
} from './oracle/bounds/families.ts';
import { explicitModel, merged, seen, slices } from './oracle/bounds/several.ts';
import { maximise, minimise, tryVertices, walkVertices } from './oracle/bounds/simplex.ts';
import { plant, statesOf, tableOf } from './oracle/bounds/system.ts';
import { createDraws } from './oracle/draws.ts';

const close = ([lower, upper]: Interval, { lower: least, upper: most }: { lower: number; upper: number }, digits = 9): void => {
  expect(least).toBeCloseTo(lower, digits);
  expect(most).toBeCloseTo(upper, digits);
};

function closedForm({ family, system, planted, regimes }: BoundsCase): Interval {
  const probability = (set: readonly string[], at: Record<string, number>): number =>
    tableOf(system, planted, { set }).find((cell) => Object.entries(at).every(([name, value]) => cell.at[name] === value))
      ?.probability as number;
  const o: Observed = {
    p11: probability([], { X: 1, Y: 1 }),
    p10: probability([], { X: 1, Y: 0 }),
    p01: probability([], { X: 0, Y: 1 }),
    p00: probability([], { X: 0, Y: 0 }),
  };
  const i: Trial = { y1: probability(['X'], { X: 1, Y: 1 }), y0: probability(['X'], { X: 0, Y: 1 }) };
  const trial = regimes.some(({ set }) => set.length > 0) ? i : undefined;
  const observed = regimes.some(({ set }) => set.length === 0) ? o : undefined;
  if (family.includes('PNS')) return pns(observed, trial);
  if (family.includes('PN ')) return pn(o, trial);
  if (family.includes('PS ')) return ps(o, trial);
  return family.includes('ATE') ? manski(o) : manskiTreated(o);
}

test('Tian-Pearl and Manski: enumeration gives the closed forms', () => {
  const cases = bowCases(createDraws(1), 5).filter(({ family }) => !family.includes('one arm'));
  expect(cases.length).toBe(45);
  for (const one of cases) close(closedForm(one), enumeratedBounds(one.system, one.planted, one.regimes, one.query) as Bounds);
});

type Bounds = NonNullable<ReturnType<typeof enumeratedBounds>>;

test('Balke-Pearl: enumeration gives the eight-term formulas', () => {
  const draw = createDraws(2);
  const system = systemOf({ Z: 2, X: 2, Y: 2 }, ['Z>X', 'X>Y'], ['X Y']);
  for (let i = 0; i < 12; i++) {
    const planted = plant(draw, system);
    const table = tableOf(system, planted, { set: ['Z'] });
    const p = (y: number, x: number, z: number): number =>
      table.find(({ at }) => at.Y === y && at.X === x && at.Z === z)?.probability as number;
    const found = enumeratedBounds(system, planted, [{ set: [] }], effect()) as Bounds;
    close(balkePearl(p), found);
  }
});

test('the walk over bases finds the vertices that trying every basis finds; the simplex finds the best of them', () => {
  const draw = createDraws(3);
  for (const system of [
    systemOf({ X: 2, Y: 2 }, ['X>Y'], ['X Y']),
    systemOf({ X: 2, Y: 2 }, ['X>Y'], []),
    systemOf({ A: 2, B: 2, Y: 2 }, ['A>Y', 'B>Y'], []),
    systemOf({ X: 3, Y: 2 }, ['X>Y'], []),
  ])
    for (const regimes of [[{ set: [] }], [{ set: [] }, { set: [system.variables[0]?.name as string] }]]) {
      const planted = plant(draw, system);
      const c = system.components.findIndex((component) => component.includes('Y'));
      const states = statesOf(system, system.components[c] as readonly string[]);
      const { matrix, right } = constraintsOf(system, c, regimes, states, planted[c] as readonly number[]);
      const walked = walkVertices(matrix, right) as number[][];
      const tried = tryVertices(matrix, right);
      expect(walked.map(keyOf).sort()).toEqual(tried.map(keyOf).sort());
      const cost = states.map(() => draw() - 0.5);
      const values = tried.map((point) => point.reduce((sum, x, j) => sum + x * (cost[j] as number), 0));
      expect(minimise(cost, matrix, right)).toMatchObject({ value: expect.closeTo(Math.min(...values), 9) });
      expect(maximise(cost, matrix, right)).toMatchObject({ value: expect.closeTo(Math.max(...values), 9) });
    }
});

const keyOf = (point: readonly number[]): string => point.map((x) => x.toFixed(7)).join();

test('a programme without a solution is called so', () => {
  expect(
    minimise(
      [1, 1],
      [
        [1, 1],
        [1, 1],
      ],
      [1, 2],
    ).status,
  ).toBe('infeasible');
  expect(minimise([-1, 0], [[1, -1]], [0]).status).toBe('unbounded');
});

describe('the models that attain the bounds reproduce every table and the bound, and the planted model lies between', () => {
  const draw = createDraws(4);
  const cases = [...shapeCases(draw, 1), ...instrumentCases(draw, 1, false)];
  for (let i = 0; i < 8; i++) cases.push(randomCase(draw, 4000));
  test.each(cases.map((one) => [one.family, one] as const))('%s', (_, { system, planted, regimes, query }) => {
    const found = enumeratedBounds(system, planted, regimes, query) as Bounds;
    for (const [bound, model] of [
      [found.lower, found.lowerModel],
      [found.upper, found.upperModel],
    ] as const) {
      expect(valueIn(system, model, query)).toBeCloseTo(bound, 8);
      for (const regime of regimes) {
        const truth = tableOf(system, planted, regime);
        for (const [i, { probability }] of tableOf(system, model, regime).entries())
          expect(Math.abs(probability - (truth[i]?.probability as number))).toBeLessThan(1e-8);
      }
    }
    const truth = valueIn(system, planted, query);
    expect(truth).toBeGreaterThan(found.lower - 1e-9);
    expect(truth).toBeLessThan(found.upper + 1e-9);
  });
});

test('a question over two worlds is not the product of its worlds', () => {
  const system = systemOf({ X: 2, Y: 2 }, ['X>Y'], []);
  const planted = [
    [0.5, 0.5],
    [0, 0.5, 0.5, 0],
  ];
  expect(valueIn(system, planted, necessityAndSufficiency())).toBe(0.5);
});

describe('several hidden roots in one component', () => {
  const graphs: [string, Record<string, number>, string[], string[]][] = [
    ['a confounded instrument', { Z: 2, X: 2, Y: 2 }, ['Z>X', 'X>Y'], ['Z X', 'X Y']],
    ['M', { X: 2, W: 2, Y: 2 }, ['X>Y'], ['X W', 'W Y']],
    ['a front door that is confounded', { X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y'], ['X Y', 'X M']],
  ];
  test.each(graphs)('%s: the planted model lies in the slices, the slices in the merged relaxation', (_, levels, arrows, arcs) => {
    const draw = createDraws(5);
    for (const query of [effect(), necessityAndSufficiency()]) {
      const model = explicitModel(draw, levels, arrows, arcs);
      const truth = valueIn(model.system, model.planted, query);
      const [low, high] = slices(model, [{ set: [] }], query);
      const [least, most] = merged(model, [{ set: [] }], query);
      const order = [least, low, truth, high, most];
      for (const [i, value] of order.entries()) if (i > 0) expect(value).toBeGreaterThan((order[i - 1] as number) - 1e-8);
      expect(most - least).toBeLessThan(2);
      expect(high - low).toBeGreaterThanOrEqual(0);
    }
  });

  test('one root alone: the slice is the whole interval', () => {
    const draw = createDraws(6);
    const model = explicitModel(draw, { X: 2, Y: 2 }, ['X>Y'], ['X Y'], 3);
    const [low, high] = slices(model, [{ set: [] }], effect());
    const table = seen(model.system, model.planted, { set: [] });
    const p = (x: number, y: number): number => table.find(({ at }) => at.X === x && at.Y === y)?.probability as number;
    close(manski({ p11: p(1, 1), p10: p(1, 0), p01: p(0, 1), p00: p(0, 0) }), { lower: low, upper: high });
  });
});
