import { describe, expect, test } from 'vitest';
import { type Factor, total, valueAt } from '../../src/math/factor.ts';
import { Random } from '../../src/math/random.ts';
import { exactCounterfactual, isTable } from '../../src/model/counterfactual.ts';
import { effects } from '../../src/model/draw.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { cardinality, type DiscreteModel } from '../../src/model/mechanism.ts';
import { openSymbols, type WorldEvent, type WorldSetting } from '../../src/model/worlds.ts';
import { bruteForce, stateCount } from './enumerate.ts';
import { graphOf, modelOf, randomGraph } from './graphs.ts';

const table = (result: ReturnType<typeof exactCounterfactual>): Factor => {
  if (!isTable(result)) throw new Error(JSON.stringify(result));
  return result;
};
const distribution = (...args: Parameters<typeof exactDistribution>): Factor => {
  const result = exactDistribution(...args);
  if ('tooLarge' in result) throw new Error('too large');
  return result;
};
const agree = (value: number, truth: number): void => {
  if (Number.isNaN(truth)) expect(value).toBeNaN();
  else expect(Math.abs(value - truth)).toBeLessThan(1e-12);
};

/** Walks all cells of a table as level indices. */
function* cellsOf(factor: Factor): Generator<Record<string, number>> {
  for (let cell = 0; cell < factor.values.length; cell++) {
    const at: Record<string, number> = {};
    let left = cell;
    for (let i = factor.axes.length - 1; i >= 0; i--) {
      at[factor.axes[i] as string] = left % (factor.sizes[i] as number);
      left = Math.floor(left / (factor.sizes[i] as number));
    }
    yield at;
  }
}

const level = (model: DiscreteModel, variable: string, index: number): string =>
  (model.levels.get(variable) as readonly string[])[index] as string;

describe('random models', () => {
  test('same seed, same digits; tables are positive distributions in which every input matters', () => {
    const random = new Random(1, 'graphs');
    for (let i = 0; i < 60; i++) {
      const graph = randomGraph(random, 6, 0.6, 0.3);
      const model = modelOf(graph, { seed: i });
      expect(model).toEqual(modelOf(graph, { seed: i }));
      expect(model).not.toEqual(modelOf(graph, { seed: i + 1 }));
      for (const mechanism of model.mechanisms.values()) {
        const sizes = mechanism.inputs.map((input) => cardinality(model, input));
        const size = cardinality(model, mechanism.variable);
        expect(Math.min(...mechanism.table.values)).toBeGreaterThan(0.039);
        expect(total(mechanism.table)).toBeCloseTo(mechanism.table.values.length / size, 10);
        const effect = effects(mechanism, size, sizes);
        expect(effect.average).toBeGreaterThan(0.08);
        if (mechanism.table.values.length <= 16) expect(effect.least).toBeGreaterThan(0.08);
      }
    }
  });
  test('fourteen parents, many levels, declared latents', () => {
    const hub = modelOf(graphOf(Array.from({ length: 14 }, (_, i) => `P${i} -> Y`).join(';')), { seed: 3 });
    const mechanism = hub.mechanisms.get('Y');
    if (mechanism === undefined) throw new Error('no Y');
    expect(effects(mechanism, 2, new Array<number>(14).fill(2)).average).toBeGreaterThan(0.08);
    const levels = new Map([
      ['X', ['low', 'middle', 'high']],
      ['Y', ['a', 'b', 'c', 'd']],
    ]);
    const model = modelOf(graphOf('U -> X; U -> Y; X -> Y', ['U']), { seed: 1, levels, latentLevels: 3 });
    expect(model.observed).toEqual(['X', 'Y']);
    expect([...model.mechanisms.values()].map((m) => m.table.sizes)).toEqual([[3], [3, 3], [3, 3, 4]]);
    expect(Math.min(...(model.mechanisms.get('Y')?.table.values ?? []))).toBeGreaterThan(0.039);
  });
  test('a table over the limit is a value, not an exception', () => {
    expect('tooLarge' in exactDistribution(modelOf(graphOf('A -> B; B -> C'), { seed: 1 }), { of: ['A', 'B', 'C'] }, { limit: 4 })).toBe(
      true,
    );
  });
});

describe('exact answers against enumeration of every exogenous state', () => {
  test('P(of | given; do(set)), all values at once', () => {
    const random = new Random(2, 'interventional');
    let checked = 0;
    for (let i = 0; i < 120; i++) {
      const graph = randomGraph(random, 3 + (i % 2), 0.6, 0.25);
      if (graph.arcs.length > 3) continue;
      const levels = new Map(i % 3 === 0 ? [['V0', ['0', '1', '2']]] : []);
      const model = modelOf(graph, { seed: i, levels, latentLevels: 2 + (i % 2) });
      if (stateCount(model) > 6000) continue;
      const names = random.shuffle(model.observed);
      const [of, given, set] = [names.slice(0, 1), names.slice(1, 1 + random.integer(2)), names.slice(2, 2 + random.integer(3))];
      const got = distribution(model, { of, given, set });
      expect(got.axes).toEqual([...of, ...given, ...set]);
      for (const at of cellsOf(got)) {
        const world = set.map((variable) => ({ variable, value: level(model, variable, at[variable] as number) }));
        const events = (list: readonly string[]): WorldEvent[] =>
          list.map((variable) => ({ variable, world, value: level(model, variable, at[variable] as number) }));
        agree(valueAt(got, at), bruteForce(model, events(of), events(given)));
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(300);
  });

  test('events in several worlds, nested and conditional, stated and open values', () => {
    const random = new Random(3, 'counterfactual');
    const randomWorld = (model: DiscreteModel, depth: number): WorldSetting[] => {
      const settings = random.shuffle(model.observed).slice(0, random.integer(3));
      return settings.map((variable): WorldSetting => {
        const kind = random.integer(depth > 0 ? 4 : 3);
        if (kind === 3)
          return { variable, value: { variable, world: randomWorld(model, depth - 1).filter((s) => s.variable !== variable) } };
        if (kind === 2) return { variable };
        return { variable, value: level(model, variable, random.integer(cardinality(model, variable))) };
      });
    };
    let checked = 0;
    let nested = 0;
    for (let i = 0; i < 150; i++) {
      const graph = randomGraph(random, 3 + (i % 2), 0.6, 0.2);
      if (graph.arcs.length > 2) continue;
      const model = modelOf(graph, { seed: 100 + i, levels: new Map(i % 5 === 0 ? [['V1', ['x', 'y', 'z']]] : []) });
      const randomEvent = (): WorldEvent => {
        const variable = model.observed[random.integer(model.observed.length)] as string;
        const world = randomWorld(model, 1);
        if (JSON.stringify(world).includes('world')) nested++;
        return random.next() < 0.25
          ? { variable, world }
          : { variable, world, value: level(model, variable, random.integer(cardinality(model, variable))) };
      };
      const of = Array.from({ length: 1 + random.integer(2) }, randomEvent);
      const given = Array.from({ length: random.integer(3) }, randomEvent);
      const open = openSymbols(of, given);
      const got = table(exactCounterfactual(model, of, given));
      expect(got.axes).toEqual(open.map(({ symbol }) => symbol));
      let cells = 0;
      for (const at of cellsOf(got)) {
        if (cells++ >= 4) break;
        const values = open
          .filter(({ part }) => part !== 'set')
          .map(({ symbol, variable }) => level(model, variable, at[symbol] as number));
        const stated = (event: WorldEvent): WorldEvent =>
          event.value === undefined ? { ...event, value: values.shift() as string } : event;
        const settings = new Map(open.filter(({ part }) => part === 'set').map(({ symbol, variable }) => [variable, at[symbol] as number]));
        agree(valueAt(got, at), bruteForce(model, of.map(stated), given.map(stated), settings));
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(200);
    expect(nested).toBeGreaterThan(40);
  });

  test('worlds without interventions agree with the distribution; consistency and exclusion hold', () => {
    const graph = graphOf('W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y');
    const model = modelOf(graph, { seed: 5 });
    const joint = distribution(model, { of: ['W', 'X', 'Y'], set: ['Z'] });
    const same = table(
      exactCounterfactual(
        model,
        ['W', 'X', 'Y'].map((variable) => ({ variable, world: [{ variable: 'Z' }] })),
      ),
    );
    expect(same.axes).toEqual(joint.axes);
    joint.values.forEach((value, i) => {
      agree(same.values[i] as number, value);
    });
    const x1 = { variable: 'X', world: [], value: '1' };
    const factual = table(exactCounterfactual(model, [{ variable: 'Y', world: [], value: '1' }, x1]));
    const consistent = table(exactCounterfactual(model, [{ variable: 'Y', world: [{ variable: 'X', value: '1' }], value: '1' }, x1]));
    agree(consistent.values[0] as number, factual.values[0] as number);
    const contradiction = [
      { variable: 'Y', world: [], value: '0' },
      { variable: 'Y', world: [], value: '1' },
    ];
    expect(table(exactCounterfactual(model, contradiction)).values[0]).toBe(0);
    expect(table(exactCounterfactual(model, [x1], contradiction)).values[0]).toBeNaN();
  });
});
