import { describe, expect, test } from 'vitest';
import { factorOf } from '../../src/math/factor.ts';
import { Random } from '../../src/math/random.ts';
import { chiSquareSurvival } from '../../src/math/special.ts';
import { exactCounterfactual } from '../../src/model/counterfactual.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import type { DiscreteModel } from '../../src/model/mechanism.ts';
import { fromNetwork, modelFromNetwork, type NetworkNode } from '../../src/model/network.ts';
import { type SampleRegime, sample } from '../../src/model/sample.ts';
import { graphOf, modelOf } from './graphs.ts';

/** Counts over the given columns, row-major. */
function tally(
  model: DiscreteModel,
  names: readonly string[],
  rows: number,
  seed: number,
  regime: SampleRegime,
  batch: number,
): Float64Array {
  const sizes = names.map((name) => model.levels.get(name)?.length ?? 0);
  const counts = new Float64Array(sizes.reduce((a, b) => a * b, 1));
  for (const part of sample(model, { rows, random: new Random(seed, 'rows'), regime, batch, columns: names }))
    for (let row = 0; row < part.rows; row++) {
      let cell = 0;
      names.forEach((name, i) => {
        cell = cell * (sizes[i] as number) + ((part.columns.get(name) as Int32Array)[row] as number);
      });
      counts[cell] = (counts[cell] as number) + 1;
    }
  return counts;
}

describe('sampling', () => {
  const graph = graphOf('W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y; U -> Y; U -> Z', ['U']);
  const model = modelOf(graph, { seed: 8, levels: new Map([['Z', ['a', 'b', 'c']]]) });
  const regimes: [string, SampleRegime][] = [
    ['observed', { set: [] }],
    ['Z randomised', { set: ['Z'] }],
    ['Z fixed', { set: ['Z'], fixed: { Z: 'b' } }],
  ];
  test.each(regimes)('%s: counts fit the exact distribution (chi-square)', (_, regime) => {
    const names = ['W', 'Z', 'X', 'Y'];
    const rows = 60000;
    const counts = tally(model, names, rows, 1, regime, 1000);
    expect(counts).toEqual(tally(model, names, rows, 1, regime, 7777));
    expect(counts).not.toEqual(tally(model, names, rows, 2, regime, 1000));
    const exact = exactDistribution(model, { of: names.filter((name) => !regime.set.includes(name)), set: regime.set });
    if ('tooLarge' in exact) throw new Error('too large');
    let chi = 0;
    let degrees = -1;
    counts.forEach((count, cell) => {
      const digits = [Math.floor(cell / 12) % 2, Math.floor(cell / 4) % 3, Math.floor(cell / 2) % 2, cell % 2];
      const at = exact.axes.reduce((sum, axis, i) => sum * (exact.sizes[i] as number) + (digits[names.indexOf(axis)] as number), 0);
      const share = regime.set.length === 0 ? 1 : regime.fixed === undefined ? 1 / 3 : digits[1] === 1 ? 1 : 0;
      const expected = rows * share * (exact.values[at] as number);
      if (expected === 0) expect(count).toBe(0);
      else {
        chi += (count - expected) ** 2 / expected;
        degrees += 1;
      }
    });
    expect(chiSquareSurvival(chi, degrees)).toBeGreaterThan(1e-4);
  });
  test('columns by default are the observed variables', () => {
    const [first] = [...sample(model, { rows: 3, random: new Random(1) })];
    expect([...(first?.columns.keys() ?? [])]).toEqual(['W', 'Z', 'X', 'Y']);
    expect([...sample(model, { rows: 0, random: new Random(1) })]).toEqual([]);
  });
});

describe('Bayesian networks', () => {
  const binary = ['yes', 'no'];
  const node = (variable: string, parents: string[], probabilities: number[]): NetworkNode => ({
    variable,
    levels: binary,
    parents,
    probabilities,
  });
  // Lauritzen and Spiegelhalter 1988, "Asia"; listed against the order of the arrows on purpose.
  const asia: NetworkNode[] = [
    node('dysp', ['bronc', 'either'], [0.9, 0.1, 0.8, 0.2, 0.7, 0.3, 0.1, 0.9]),
    node('xray', ['either'], [0.98, 0.02, 0.05, 0.95]),
    node('either', ['lung', 'tub'], [1, 0, 1, 0, 1, 0, 0, 1]),
    node('bronc', ['smoke'], [0.6, 0.4, 0.3, 0.7]),
    node('lung', ['smoke'], [0.1, 0.9, 0.01, 0.99]),
    node('tub', ['asia'], [0.05, 0.95, 0.01, 0.99]),
    node('smoke', [], [0.5, 0.5]),
    node('asia', [], [0.01, 0.99]),
  ];
  const built = modelFromNetwork(asia);
  const model = built.ok ? built.value : undefined;
  const value = (of: string, given: Record<string, number>, set: Record<string, number> = {}): number => {
    if (model === undefined) throw new Error('no model');
    const table = exactDistribution(model, { of: [of], given: Object.keys(given), set: Object.keys(set) });
    if ('tooLarge' in table) throw new Error('too large');
    const at = [0, ...Object.values(given), ...Object.values(set)].reduce((sum, digit, i) => sum * (table.sizes[i] as number) + digit, 0);
    return table.values[at] as number;
  };
  test('Asia: the published marginals and posteriors', () => {
    expect(value('either', {})).toBeCloseTo(0.064828, 12);
    expect(value('tub', {})).toBeCloseTo(0.0104, 12);
    expect(value('bronc', {})).toBeCloseTo(0.45, 12);
    // By hand: P(lung | either) = 0.055 / 0.064828.
    expect(value('lung', { either: 0 })).toBeCloseTo(0.055 / 0.064828, 12);
    expect(value('lung', {}, { either: 0 })).toBeCloseTo(0.055, 12);
    expect(value('dysp', {}, { smoke: 0 })).toBeCloseTo(value('dysp', { smoke: 0 }), 12);
    expect(value('lung', { either: 1, tub: 1 })).toBe(0);
    expect(value('smoke', { lung: 0, either: 1 })).toBeNaN();
  });
  test('one world needs only tables; several worlds of one variable need response functions, and say so', () => {
    if (model === undefined) throw new Error('no model');
    const world = (level: string) => [{ variable: 'smoke', value: level }];
    const one = exactCounterfactual(
      model,
      [{ variable: 'dysp', world: world('yes'), value: 'yes' }],
      [{ variable: 'smoke', world: [], value: 'no' }],
    );
    expect('values' in one && one.values[0]).toBeCloseTo(value('dysp', { smoke: 0 }), 12);
    const both = exactCounterfactual(
      model,
      ['yes', 'no'].map((level) => ({ variable: 'lung', world: world(level), value: level })),
    );
    expect(both).toEqual({ needsResponses: 'lung' });
  });
  test('a graph with tables, parents in the order of the table', () => {
    const graph = graphOf('A -> C; B -> C');
    const tables = new Map([
      ['A', factorOf(['A'], [2], [0.3, 0.7])],
      ['B', factorOf(['B'], [3], [0.2, 0.3, 0.5])],
      ['C', factorOf(['B', 'A', 'C'], [3, 2, 2], [0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.4, 0.6, 0.5, 0.5, 0.6, 0.4])],
    ]);
    const built = fromNetwork({ graph, tables });
    if (!built.ok) throw new Error(built.issues[0]?.message);
    const table = exactDistribution(built.value, { of: ['C'], set: ['A'] });
    // P(C = 0 | do(A = 1)) = .2 x .2 + .3 x .4 + .5 x .6
    expect('values' in table && table.values[1]).toBeCloseTo(0.46, 14);
    const missing = fromNetwork({ graph, tables: new Map([...tables].slice(0, 2)) });
    expect(missing.ok ? '' : missing.issues[0]?.code).toBe('no-table');
  });
  test('bad networks give issues', () => {
    const codes = (nodes: NetworkNode[]): string[] => {
      const result = modelFromNetwork(nodes);
      return result.ok ? [] : result.issues.map((issue) => issue.code);
    };
    expect(codes([node('a', ['b'], [1, 0, 0, 1]), node('b', ['a'], [1, 0, 0, 1])])).toEqual(['cycle']);
    expect(codes([node('a', ['z'], [1, 0, 0, 1])])).toEqual(['unknown-variable']);
    expect(codes([node('a', [], [0.5, 0.4]), node('b', [], [0.5, 0.3, 0.2]), node('c', [], [1.2, -0.2])])).toEqual([
      'not-a-distribution',
      'wrong-size',
      'not-a-distribution',
    ]);
    expect(codes([node('a', [], [1, 0]), node('a', [], [1, 0])])).toEqual(['duplicate-variable']);
  });
});
