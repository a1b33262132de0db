import { describe, expect, test } from 'vitest';
import { type ExchangeableContext, readExchangeable } from '../../src/exchangeable/model.ts';
import { readGraph } from '../../src/graph/formats/read.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Domain } from '../../src/graph/variable.ts';
import type { Issue } from '../../src/run/issue.ts';

const graphOf = (text: string): Graph => {
  const graph = readGraph(text);
  if (!graph.ok) throw new Error(graph.issues[0]?.message);
  return graph.value;
};
const read = (written: Record<string, unknown>, context: ExchangeableContext = {}) => {
  const model = readExchangeable(written, context);
  if (!model.ok) throw new Error(model.issues.map(({ message }) => message).join('\n'));
  return model.value;
};
const issuesOf = (written: Record<string, unknown>, context: ExchangeableContext = {}): readonly Issue[] => {
  const model = readExchangeable(written, context);
  return model.ok ? [] : model.issues;
};
const domains = (levels: Record<string, string[]>): ReadonlyMap<string, Domain> =>
  new Map(Object.entries(levels).map(([name, own]) => [name, { kind: 'finite', levels: own }]));

describe('model.exchangeable', () => {
  test('the three kinds, children before their causes', () => {
    const { levels, mechanisms } = read({
      Y: { dirichlet: { 'X=1': [2, 5], 'X=0': [4, 1] } },
      Z: {
        mixture: {
          weights: [0.25, 0.75],
          rows: [
            { 'Y=0,X=0': [1, 0], 'Y=0,X=1': [0, 1], 'Y=1,X=0': [0.5, 0.5], 'Y=1,X=1': [0.2, 0.8] },
            { 'X=1,Y=1': [1, 0], 'X=0,Y=1': [0, 1], 'X=1,Y=0': [0.3, 0.7], 'X=0,Y=0': [0.4, 0.6] },
          ],
        },
      },
      X: { dirichlet: { '': [3, 1] } },
      W: { xor: { of: ['X', 'Z'], beta: [1, 3] } },
    });
    expect(mechanisms).toEqual([
      { kind: 'dirichlet', variable: 'X', parents: [], rows: [[3, 1]] },
      {
        kind: 'dirichlet',
        variable: 'Y',
        parents: ['X'],
        rows: [
          [4, 1],
          [2, 5],
        ],
      },
      {
        kind: 'mixture',
        variable: 'Z',
        parents: ['Y', 'X'],
        weights: [0.25, 0.75],
        rows: [
          [
            [1, 0],
            [0, 1],
            [0.5, 0.5],
            [0.2, 0.8],
          ],
          [
            [0.4, 0.6],
            [0.3, 0.7],
            [0, 1],
            [1, 0],
          ],
        ],
      },
      { kind: 'xor', variable: 'W', parents: ['X', 'Z'], beta: [1, 3] },
    ]);
    expect(levels.get('W')).toEqual(['0', '1']);
  });
  test('levels: declared, from the keys in natural order, or numbers', () => {
    const dose = { Y: { dirichlet: { 'X=high': [1, 2, 3], 'X=low': [4, 5, 6] } }, X: { dirichlet: { '': [3, 1] } } };
    const declared = read(dose, { domains: domains({ X: ['low', 'high'], Y: ['a', 'b', 'c'] }) });
    expect(declared.mechanisms[1]).toMatchObject({
      rows: [
        [4, 5, 6],
        [1, 2, 3],
      ],
    });
    expect(read(dose).levels.get('X')).toEqual(['high', 'low']);
    expect(read(dose).levels.get('Y')).toEqual(['0', '1', '2']);
    expect(read({ X: { dirichlet: { '': [1, 1] } }, Y: { dirichlet: { 'X=10': [1, 1], 'X=9.0': [1, 2] } } }).levels.get('X')).toEqual([
      '9',
      '10',
    ]);
    const quoted = { 'dose, mg': { dirichlet: { '': [1, 1] } }, Y: { dirichlet: { '"dose, mg"="a=b"': [1, 1], '"dose, mg"=c': [1, 2] } } };
    expect(read(quoted).levels.get('dose, mg')).toEqual(['a=b', 'c']);
  });
  test('the parents are those of the graph, in its order', () => {
    const graph = graphOf('Z -> X -> Y <- Z');
    const written = {
      X: { xor: { of: ['Z'], beta: [1, 1] } },
      Z: { dirichlet: { '': [1, 1] } },
      Y: { dirichlet: { 'X=0,Z=0': [1, 1], 'X=0,Z=1': [2, 1], 'X=1,Z=0': [3, 1], 'X=1,Z=1': [4, 1] } },
    };
    const model = read(written, { graph });
    expect(model.mechanisms.find(({ variable }) => variable === 'Y')).toMatchObject({
      parents: ['Z', 'X'],
      rows: [
        [1, 1],
        [3, 1],
        [2, 1],
        [4, 1],
      ],
    });
    expect(issuesOf({ ...written, Y: { dirichlet: { 'X=0': [1, 1], 'X=1': [1, 1] } } }, { graph })[0]).toMatchObject({ code: 'parents' });
    expect(issuesOf(written, { graph: graphOf('Z -> X -> Y <- Z; X <-> Y') })[0]).toMatchObject({ code: 'hidden-cause' });
    expect(issuesOf({ Z: written.Z, X: written.X }, { graph })[0]).toMatchObject({ code: 'missing-mechanism' });
    expect(issuesOf({ ...written, Q: written.Z }, { graph })[0]).toMatchObject({ code: 'unknown-variable' });
  });
  test('probabilities that were rounded are rescaled', () => {
    const model = read({ X: { mixture: { weights: [0.3333333, 0.6666666], rows: [{ '': [0.1, 0.9] }, { '': [0.5, 0.5] }] } } });
    const [mechanism] = model.mechanisms;
    expect(mechanism?.kind === 'mixture' && mechanism.weights[0]).toBeCloseTo(1 / 3, 7);
    expect(mechanism?.kind === 'mixture' && mechanism.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 15);
  });
  const X = { dirichlet: { '': [3, 1] } };
  test.each<[string, Record<string, unknown>, string, RegExp]>([
    ['an empty model', {}, 'shape', /empty/u],
    ['no object', { X: 3 }, 'shape', /model\.exchangeable\.X must be an object/u],
    ['a kind that is not there', { X: { dirichlett: { '': [1, 1] } } }, 'unknown-kind', /dirichlett/u],
    ['two kinds', { X: { ...X, xor: { of: [], beta: [1, 1] } } }, 'shape', /dirichlet and xor/u],
    ['a negative weight', { X: { dirichlet: { '': [3, -1] } } }, 'weights', /X\.dirichlet\[""\]/u],
    ['no positive weight', { X: { dirichlet: { '': [0, 0] } } }, 'weights', /above 0/u],
    ['a missing row', { X, Y: { dirichlet: { 'X=0': [1, 1] } } }, 'missing-row', /no row for X=1/u],
    ['a row twice', { X, Y: { dirichlet: { 'X=0': [1, 1], 'X=1': [1, 1], 'X=1.0': [1, 2] } } }, 'duplicate-row', /twice/u],
    ['a row too long', { X, Y: { dirichlet: { 'X=0': [1, 1], 'X=1': [1, 1, 1] } } }, 'shape', /3 numbers/u],
    ['a key that is no list', { X, Y: { dirichlet: { 'X:0': [1, 1], 'X=1': [1, 1] } } }, 'shape', /\["X:0"\]/u],
    ['other parents', { X, Z: X, Y: { dirichlet: { 'X=0': [1, 1], 'Z=1': [1, 1] } } }, 'parents', /other parents/u],
    ['a parent without mechanism', { X, Y: { xor: { of: ['Z'], beta: [1, 1] } } }, 'unknown-variable', /Z has no mechanism/u],
    ['levels that do not fit', { X, Y: { dirichlet: { 'X=a': [1, 1], 'X=b': [1, 1], 'X=c': [1, 1] } } }, 'levels', /a, b, c/u],
    ['xor with three levels', { X: { dirichlet: { '': [1, 1, 1] } }, Y: { xor: { of: ['X'], beta: [1, 1] } } }, 'levels', /3 levels/u],
    ['xor without numbers', { X: { xor: { of: [] } } }, 'weights', /xor\.beta/u],
    ['mixture weights', { X: { mixture: { weights: [0.5, 0.4], rows: [{ '': [1, 0] }, { '': [0, 1] }] } } }, 'weights', /sum to 1/u],
    ['mixture rows', { X: { mixture: { weights: [1], rows: [{ '': [0.5, 0.6] }] } } }, 'weights', /rows\[0\]\[""\]/u],
    ['tables and weights', { X: { mixture: { weights: [0.5, 0.5], rows: [{ '': [1, 0] }] } } }, 'shape', /one table for each weight/u],
    ['a cycle', { X: { xor: { of: ['Y'], beta: [1, 1] } }, Y: { xor: { of: ['X'], beta: [1, 1] } } }, 'cycle', /Y -> X -> Y/u],
  ])('%s is an issue with its place and remedy', (_, written, code, message) => {
    const [issue] = issuesOf(written);
    expect(issue?.code).toBe(code);
    expect(issue?.message).toMatch(message);
    expect(issue?.hint ?? '').not.toBe('');
  });
  test('declared levels must fit, and be levels', () => {
    expect(issuesOf({ X }, { domains: domains({ X: ['a', 'b', 'c'] }) })[0]).toMatchObject({ code: 'levels' });
    expect(issuesOf({ X }, { domains: new Map([['X', { kind: 'real' }]]) })[0]).toMatchObject({ code: 'levels' });
    const Y = { dirichlet: { 'X=0': [1, 1], 'X=1': [1, 1] } };
    expect(issuesOf({ X, Y }, { domains: domains({ X: ['no', 'yes'] }) })[0]).toMatchObject({ code: 'unknown-level' });
  });
});
