import type { ExchangeableModel, Mechanism } from '../../src/exchangeable/terms.ts';
import type { Name } from '../../src/graph/variable.ts';

export const binary = (mechanisms: readonly Mechanism[]): ExchangeableModel => ({
  levels: new Map(mechanisms.map(({ variable }) => [variable, ['0', '1']])),
  mechanisms,
});
export const table = (variable: Name, parents: readonly Name[], ...rows: number[][]): Mechanism => ({
  kind: 'dirichlet',
  variable,
  parents,
  rows,
});
export const xor = (variable: Name, parents: readonly Name[], one: number, zero: number): Mechanism => ({
  kind: 'xor',
  variable,
  parents,
  beta: [one, zero],
});
export const mixture = (variable: Name, parents: readonly Name[], weights: number[], ...rows: number[][][]): Mechanism => ({
  kind: 'mixture',
  variable,
  parents,
  weights,
  rows,
});

export const dirichlets = (variable: Name, parents: readonly Name[], weights: number[], ...rows: number[][][]): Mechanism => ({
  kind: 'dirichlets',
  variable,
  parents,
  weights,
  rows,
});

/** X -> Y of the paper: X = 1 with probability Beta(a, b), Y = X XOR noise with the same prior. */
export const xorPair = (a: number, b: number, c = a, d = b): ExchangeableModel => binary([xor('X', [], a, b), xor('Y', ['X'], c, d)]);

/** Kinds of model; all numbers are dyadic, so that rational arithmetic reads them exactly. */
export const families: ReadonlyMap<string, ExchangeableModel> = new Map([
  ['xor pair', xorPair(1, 3)],
  ['xor pair, half-integer priors', xorPair(0.5, 1.5, 2.5, 0.5)],
  ['table pair', binary([table('X', [], [3, 1]), table('Y', ['X'], [4, 1], [2, 5])])],
  ['reversed edge', binary([table('Y', [], [1.5, 2]), xor('X', ['Y'], 1, 4)])],
  ['chain', binary([table('X', [], [1, 2]), table('Z', ['X'], [1, 3], [2.5, 0.5]), table('Y', ['Z'], [2, 1], [0.5, 1.5])])],
  ['collider', binary([table('X', [], [1, 3]), table('Y', [], [2, 1]), table('C', ['X', 'Y'], [1, 1], [3, 1], [1, 2], [0.5, 4])])],
  [
    'observed confounder',
    binary([table('Z', [], [1, 1]), table('X', ['Z'], [2, 1], [1, 3]), table('Y', ['Z', 'X'], [2, 3], [1, 4], [4, 1], [3, 2])]),
  ],
  ['xor product', binary([xor('A', [], 1, 3), xor('B', ['A'], 1, 3), xor('C', ['A', 'B'], 1, 3)])],
  [
    'dependent rows',
    binary([
      mixture('X', [], [0.25, 0.75], [[0.125, 0.875]], [[0.5, 0.5]]),
      mixture(
        'Y',
        ['X'],
        [0.5, 0.25, 0.25],
        [
          [0.75, 0.25],
          [0.25, 0.75],
        ],
        [
          [0.125, 0.875],
          [0.625, 0.375],
        ],
        [
          [0.5, 0.5],
          [1, 0],
        ],
      ),
    ]),
  ],
  [
    'three levels, all kinds',
    {
      levels: new Map([
        ['A', ['0', '1']],
        ['B', ['low', 'mid', 'high']],
        ['C', ['0', '1']],
      ]),
      mechanisms: [
        xor('A', [], 2, 1.5),
        table('B', ['A'], [1, 0.5, 2], [2, 1, 1]),
        mixture(
          'C',
          ['A', 'B'],
          [0.375, 0.625],
          [
            [0.5, 0.5],
            [0.25, 0.75],
            [0.875, 0.125],
            [1, 0],
            [0.125, 0.875],
            [0.5, 0.5],
          ],
          [
            [0.25, 0.75],
            [0.5, 0.5],
            [0.125, 0.875],
            [0.75, 0.25],
            [0.75, 0.25],
            [0.625, 0.375],
          ],
        ),
      ],
    },
  ],
  [
    'rows of a few kinds, each varying',
    binary([
      dirichlets('X', [], [0.25, 0.75], [[1, 3]], [[2.5, 0.5]]),
      dirichlets(
        'Y',
        ['X'],
        [0.375, 0.625],
        [
          [4, 1],
          [1, 2],
        ],
        [
          [0.5, 2],
          [3, 1.5],
        ],
      ),
      mixture(
        'Z',
        ['Y'],
        [0.5, 0.5],
        [
          [0.25, 0.75],
          [0.5, 0.5],
        ],
        [
          [0.75, 0.25],
          [0.125, 0.875],
        ],
      ),
    ]),
  ],
  [
    'four variables',
    binary([
      table('Z', [], [1, 2]),
      xor('X', ['Z'], 1, 2),
      table('M', ['X'], [3, 1], [0.5, 2]),
      mixture(
        'Y',
        ['M', 'Z'],
        [0.5, 0.5],
        [
          [0.25, 0.75],
          [0.5, 0.5],
          [0.875, 0.125],
          [0.75, 0.25],
        ],
        [
          [0.125, 0.875],
          [0.75, 0.25],
          [0.5, 0.5],
          [0.25, 0.75],
        ],
      ),
    ]),
  ],
]);
