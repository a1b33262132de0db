import { describe, expect, it } from 'vitest';
import { dirichletLikelihood, fitDirichlet } from '../../src/exchangeable/dirichlet-fit.ts';
import { type FamilyCounts, familyCounts, timesOf } from '../../src/exchangeable/family-counts.ts';
import { type FamilyKind, type Fitted, fitFamily, fitMechanism } from '../../src/exchangeable/fit-mechanism.ts';
import { fitMixture, mixtureLikelihood } from '../../src/exchangeable/mixture-fit.ts';
import { drawEnvironments, tableModel, xorModel } from '../../src/exchangeable/processes.ts';
import { type ScoreOptions, scoreSteps } from '../../src/exchangeable/score-graphs.ts';
import type { ExchangeableModel } from '../../src/exchangeable/terms.ts';
import { Random } from '../../src/math/random.ts';
import { logBeta } from '../../src/math/special.ts';
import { atOnce } from '../../src/run/steps.ts';
import { environmentsOf, pairModels } from './processes-support.ts';

describe('empirical Bayes', () => {
  it('Beta likelihood in closed form, and no other weights are better', () => {
    const random = new Random(51, 'weights');
    const rows = Array.from({ length: 200 }, () => {
      const rate = random.beta(2, 5);
      const n = 1 + random.integer(12);
      const ones = random.binomial(n, rate);
      return [n - ones, ones];
    });
    const times = rows.map(() => 1);
    const likelihood = (zero: number, one: number): number =>
      rows.reduce((sum, [f, s]) => sum + logBeta(zero + (f as number), one + (s as number)) - logBeta(zero, one), 0);
    const [zero, one] = fitDirichlet(rows, times, 2) as [number, number];
    const best = likelihood(zero, one);
    expect(rows.reduce((sum, row) => sum + dirichletLikelihood([zero, one], row), 0)).toBeCloseTo(best, 8);
    for (let i = -20; i <= 20; i++)
      for (let j = -20; j <= 20; j++) expect(likelihood(zero * 1.05 ** i, one * 1.05 ** j)).toBeLessThan(best + 0.01);
  });

  it('weights are found again, levels beyond two; where nothing varies they are huge', () => {
    const random = new Random(52, 'again');
    const weights = [1, 2, 4];
    const draw = (rates: () => Float64Array) => Array.from({ length: 3000 }, () => random.multinomial(8, rates()));
    const times = new Float64Array(3000).fill(1);
    const found = fitDirichlet(
      draw(() => random.dirichlet(weights)),
      times,
      3,
    );
    for (const [k, weight] of weights.entries()) expect(Math.abs((found[k] as number) / weight - 1)).toBeLessThan(0.12);
    const fixed = Float64Array.of(0.2, 0.3, 0.5);
    const flat = fitDirichlet(
      draw(() => fixed),
      times,
      3,
    );
    const total = flat.reduce((sum, one) => sum + one, 0);
    expect(total).toBeGreaterThan(100);
    for (const [k, rate] of fixed.entries()) expect((flat[k] as number) / total).toBeCloseTo(rate, 1.5);
  });

  it('mixtures of whole tables are found again', () => {
    const model: ExchangeableModel = {
      levels: new Map([
        ['X', ['0', '1']],
        ['Y', ['0', '1']],
      ]),
      mechanisms: [
        { kind: 'dirichlet', variable: 'X', parents: [], rows: [[2, 2]] },
        {
          kind: 'mixture',
          variable: 'Y',
          parents: ['X'],
          weights: [0.3, 0.7],
          rows: [
            [
              [0.9, 0.1],
              [0.2, 0.8],
            ],
            [
              [0.3, 0.7],
              [0.6, 0.4],
            ],
          ],
        },
      ],
    };
    const environments = drawEnvironments(model, 800, 12, new Random(53));
    const counts = familyCounts(environments, 1, [0]);
    const { weights, tables } = fitMixture(counts, timesOf(counts), 2, new Random(54));
    const minor = (weights[0] as number) < 0.5 ? 0 : 1;
    expect(Math.abs((weights[minor] as number) - 0.3)).toBeLessThan(0.06);
    [0.9, 0.1, 0.2, 0.8].forEach((rate, at) => {
      expect(Math.abs((tables[minor]?.[at] as number) - rate)).toBeLessThan(0.05);
    });
    // All tables of two records sum to probability 1.
    let total = 0;
    for (const x of [0, 1])
      for (const first of [0, 1])
        for (const second of [0, 1]) {
          const table = new Float64Array(4);
          for (const y of [first, second]) table[2 * x + y] = (table[2 * x + y] as number) + 1;
          total += Math.exp(mixtureLikelihood({ weights, tables }, table));
        }
    expect(total).toBeCloseTo(2, 10);
    expect(fitMechanism(environments, 1, [0], new Random(55)).kind).toBe('mixture 2');
  });

  it('chooses the kind that predicts held-out environments: one noise for all rows, rows of their own, none', () => {
    const kindOf = (model: ExchangeableModel) => fitMechanism(drawEnvironments(model, 400, 10, new Random(56)), 1, [0], new Random(57));
    const shared = kindOf(pairModels.forward);
    expect(shared.mechanism).toMatchObject({ kind: 'xor', variable: 'Y', parents: ['X'] });
    if (shared.mechanism.kind === 'xor') {
      expect(Math.abs(shared.mechanism.beta[0] - 1)).toBeLessThan(0.3);
      expect(Math.abs(shared.mechanism.beta[1] - 3)).toBeLessThan(0.9);
    }
    expect(shared.scores.map(({ kind }) => kind).sort()).toEqual(['dirichlet', 'mixture 1', 'mixture 2', 'mixture 4', 'xor']);
    expect(kindOf(tableModel([1, 3], [[1, 4], [5, 2]])).kind).toBe('dirichlet'); // biome-ignore format: small
    const fixed = xorModel(
      [
        ['X', []],
        ['Y', ['X']],
      ],
      0.25,
    );
    const { scores } = kindOf(fixed);
    const none = scores.find(({ kind }) => kind === 'mixture 1')?.total as number;
    expect((scores[0]?.total as number) - none).toBeLessThan(3);
  });
});

describe('graphs by their likelihood', () => {
  const parentsOf = (model: ExchangeableModel, count: number, positions: number, run: number, options: ScoreOptions = {}) =>
    atOnce(scoreSteps(drawEnvironments(model, count, positions, new Random(58, count, positions, run), ['Y', 'X']), options))?.parents;
  const share = (runs: number, right: (run: number) => boolean): number =>
    Array.from({ length: runs }, (_, run) => right(run)).filter(Boolean).length / runs;
  const symmetric = xorModel(
    [
      ['X', []],
      ['Y', ['X']],
    ],
    [1, 1],
  );
  const isForward = (parents: ReturnType<typeof parentsOf>): boolean => parents?.[0]?.join() === '1' && parents[1]?.length === 0;

  it('see the direction where symmetric variation blinds tests of two records', () => {
    expect(share(60, (run) => isForward(parentsOf(symmetric, 100, 2, run, { kinds: ['xor'], skeleton: [[0, 1]] })))).toBeGreaterThan(0.8);
    expect(share(20, (run) => isForward(parentsOf(symmetric, 300, 2, run, { kinds: ['xor'] })))).toBeGreaterThanOrEqual(0.95);
    expect(share(10, (run) => isForward(parentsOf(symmetric, 100, 10, run)))).toBeGreaterThanOrEqual(0.9);
  });

  it('of kinds unknown: a pair, rows of their own, nothing; a skeleton is kept to', () => {
    expect(share(12, (run) => isForward(parentsOf(pairModels.forward, 100, 10, run)))).toBeGreaterThanOrEqual(0.9);
    expect(share(12, (run) => isForward(parentsOf(tableModel([1, 3], [[1, 4], [5, 2]]), 100, 10, run)))).toBeGreaterThanOrEqual(0.8); // biome-ignore format: small
    expect(share(12, (run) => parentsOf(pairModels.none, 100, 10, run)?.flat().length === 0)).toBeGreaterThanOrEqual(0.9);
    expect(parentsOf(pairModels.forward, 100, 10, 1, { skeleton: [] })).toEqual([[], []]);
    expect(share(4, (run) => isForward(parentsOf(pairModels.forward, 200, 10, run, { by: 'held out' })))).toBe(1);
  });

  it('three variables: the whole graph, and less is worse', () => {
    const model = xorModel([
      ['A', []],
      ['B', ['A']],
      ['C', ['A', 'B']],
    ]);
    const environments = drawEnvironments(model, 200, 8, new Random(59), ['C', 'A', 'B']);
    const best = atOnce(scoreSteps(environments, { kinds: ['xor'] }));
    expect(best?.parents).toEqual([[1, 2], [], [1]]);
    // Forbidding one pair at a time can only make it worse.
    for (const skeleton of [
      [[0, 1], [0, 2]],
      [[0, 1], [1, 2]],
      [[0, 2], [1, 2]],
    ] as const) // biome-ignore format: small
      expect(atOnce(scoreSteps(environments, { kinds: ['xor'], skeleton }))?.score).toBeLessThan(best?.score as number);
  });

  it('not beyond eight variables', () => {
    const names = Array.from({ length: 9 }, (_, v) => `V${v}`);
    const environments = environmentsOf(names, names.map(() => 2), [[names.map(() => 0)], [names.map(() => 1)]]); // biome-ignore format: small
    expect(atOnce(scoreSteps(environments))).toBeUndefined();
  });
});

it('kinds of environments that vary too: found, and held-out environments are likelier than under fixed tables', () => {
  const model: ExchangeableModel = {
    levels: new Map([['Y', ['0', '1']]]),
    mechanisms: [{ kind: 'dirichlets', variable: 'Y', parents: [], weights: [0.5, 0.5], rows: [[[2, 18]], [[18, 2]]] }],
  };
  const [train, held] = [61, 62].map((seed) => familyCounts(drawEnvironments(model, 300, 30, new Random(seed)), 0, [])) as [
    FamilyCounts,
    FamilyCounts,
  ];
  const score = (kind: FamilyKind): number => {
    const fitted = fitFamily(kind, train, timesOf(train), new Random(63), { even: true });
    const times = timesOf(held);
    return held.tables.reduce((sum, table, t) => sum + (times[t] as number) * (fitted as Fitted).likelihood(table), 0);
  };
  const own = score('dirichlets 2');
  expect(own).toBeGreaterThan(score('dirichlet') + 20);
  expect(own).toBeGreaterThan(score('mixture 2') + 20);
  const fitted = fitFamily('dirichlets 2', train, timesOf(train), new Random(63), { even: true }) as Fitted;
  const mechanism = fitted.mechanism('Y', []);
  if (mechanism.kind !== 'dirichlets') throw new Error('another kind');
  const means = mechanism.rows.map(([row]) => (row?.[1] as number) / ((row?.[0] as number) + (row?.[1] as number))).sort((a, b) => a - b);
  expect(Math.abs((means[0] as number) - 0.1)).toBeLessThan(0.03);
  expect(Math.abs((means[1] as number) - 0.9)).toBeLessThan(0.03);
});
