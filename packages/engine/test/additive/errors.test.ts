import { describe, expect, it } from 'vitest';
import { type AdditiveFit, fitAdditive } from '../../src/additive/fit.ts';
import type { Learner } from '../../src/additive/model.ts';
import { criticalValue } from '../../src/additive/predict.ts';
import { Random } from '../../src/math/random.ts';
import { betaQuantile, normalQuantile } from '../../src/math/special.ts';
import { ols } from './fit-naive.ts';
import {
  actionNames,
  at,
  drawSingles,
  type LinearModel,
  linearModel,
  planOf,
  point,
  singles,
  slopes,
  studyOf,
  unwrap,
} from './fit-support.ts';

describe('structure', () => {
  it('an ordered pooled fit has at most 0.65 of the slope error of the direct one', async () => {
    const k = 5;
    const names = actionNames(k);
    const plan = planOf(names, singles(k), names, { ordered: true });
    const squares = { direct: 0, pooled: 0 };
    for (let seed = 0; seed < 12; seed++) {
      const random = new Random(seed, 'order');
      const model = linearModel(random, k);
      const studies = drawSingles(model, random, k, 1000);
      for (const method of ['direct', 'pooled'] as const) {
        const fit = unwrap(await fitAdditive([plan], studies, { basis: 'linear', method, errors: 'none' }));
        slopes(fit, plan).forEach((slope, i) => {
          squares[method] += (slope - (model.alpha[i] as number)) ** 2;
        });
      }
    }
    expect(Math.sqrt(squares.pooled / squares.direct)).toBeLessThan(0.65);
    // Not better than the joint trial of the same size, whose slopes have an error of about 0.08.
    expect(Math.sqrt(squares.pooled / 60)).toBeGreaterThan(0.08);
  });
});

/** Runs that keep a promise of 95 %: the number of covered ones lies between its own exact limits. */
function expectCoverage(covered: number, runs: number, level = 0.95): void {
  // Clopper and Pearson with error 1e-4 on each side.
  expect(covered === runs ? 1 : betaQuantile(1 - 1e-4, covered + 1, runs - covered)).toBeGreaterThan(level);
  expect(betaQuantile(1e-4, covered, runs - covered + 1)).toBeLessThan(level);
}

const runs = Number(process.env.ADDITIVE_RUNS ?? 100);
const k = 3;
const names = actionNames(k);
const ordered = planOf(names, singles(k), names, { ordered: true });
/** Noise whose size depends on the actions: what the sandwich is for. */
function heteroscedastic(model: LinearModel): LinearModel {
  return {
    ...model,
    draw(stream, set, n) {
      const columns = model.draw(stream, set, n);
      const y = columns.Y as Float64Array;
      for (let i = 0; i < n; i++) y[i] = (y[i] as number) + (columns.A1?.[i] as number) * stream.normal();
      return columns;
    },
  };
}

describe('coverage', () => {
  it.each([
    ['direct', 'sandwich'],
    ['pooled', 'sandwich'],
    ['pooled', 'bootstrap'],
  ] as const)('%s, %s: intervals and bands hold what they promise', async (method, errors) => {
    let [covered, together] = [0, 0];
    const model = heteroscedastic(linearModel(new Random(3, 'coverage'), k));
    const truth = (values: readonly number[]): number => values.reduce((sum, value, i) => sum + value * (model.alpha[i] as number), 0);
    const grid = [-2, -1, 0, 1, 2].flatMap((a) => [-1, 0, 1].map((b) => [a, b, 0.5]));
    const some = errors === 'bootstrap' ? Math.ceil(runs / 4) : runs;
    for (let run = 0; run < some; run++) {
      const studies = drawSingles(model, new Random(run, 'coverage'), k, 150);
      const fit = unwrap(await fitAdditive([ordered], studies, { basis: 'linear', method, errors, draws: runs > 100 ? 500 : 150 }));
      const [low, high] = fit.predict([point(ordered, [1, -1, 2])])[0]?.interval ?? [Number.NaN, Number.NaN];
      if (low <= truth([1, -1, 2]) && truth([1, -1, 2]) <= high) covered += 1;
      const { intervals } = fit.band(
        grid.map((values) => point(ordered, values)),
        { draws: 400, seed: run },
      );
      if (intervals.every(([from, to], i) => from <= truth(grid[i] as number[]) && truth(grid[i] as number[]) <= to)) together += 1;
    }
    if (process.env.ADDITIVE_RUNS) console.log(method, errors, covered / some, together / some);
    expectCoverage(covered, some);
    expectCoverage(together, some);
  });

  it('splines cover a curved confounded effect on average over the curve', async () => {
    let [covered, all] = [0, 0];
    const two = actionNames(2);
    const plan = planOf(two, singles(2), two);
    const points = [-1.5, -1, -0.5, 0, 0.5, 1, 1.5].flatMap((a) => [-1, 0, 1].map((b) => [a, b]));
    const effect = (a: number, b: number): number => 2 * Math.sin(a) + Math.cos(2 * b);
    const draw = (stream: Random, set: readonly number[], n: number): Record<string, Float64Array> => {
      const columns = { A1: new Float64Array(n), A2: new Float64Array(n), Y: new Float64Array(n) };
      for (let i = 0; i < n; i++) {
        const [c, d] = [stream.normal(), stream.normal()];
        const a = set.includes(0) ? stream.normal() : 0.6 * c + 0.8 * stream.normal();
        const b = set.includes(1) ? stream.normal() : 0.3 * a + 0.6 * d + 0.7 * stream.normal();
        columns.A1[i] = a;
        columns.A2[i] = b;
        columns.Y[i] = effect(a, b) + c + d + 0.5 * stream.normal();
      }
      return columns;
    };
    for (let run = 0; run < Math.ceil(runs / 16); run++) {
      const random = new Random(run, 'splines');
      const studies = [
        studyOf('obs', [], draw(random, [], 1500)),
        studyOf('do A1', ['A1'], draw(random, [0], 1500)),
        studyOf('do A2', ['A2'], draw(random, [1], 1500)),
      ];
      const fit = unwrap(await fitAdditive([plan], studies, { basis: 'splines' }));
      // Levels are known up to one constant only together; contrasts against the middle are what curves show.
      fit
        .predict(points.map((values) => [...point(plan, values), { weight: -1, plan, at: at(two, [0, 0]) }]))
        .forEach(({ interval }, i) => {
          const [a, b] = points[i] as [number, number];
          if (a === 0 && b === 0) return;
          const truth = effect(a, b) - effect(0, 0);
          all += 1;
          if (interval && interval[0] <= truth && truth <= interval[1]) covered += 1;
        });
    }
    if (process.env.ADDITIVE_RUNS) console.log('splines', covered / all);
    expect(covered / all).toBeGreaterThan(0.9);
    expect(covered / all).toBeLessThan(0.99);
  });
});

describe('bands', () => {
  it('of independent means: the quantile of the largest of m normals', () => {
    for (const m of [1, 4, 20]) {
      const covariance = new Float64Array(m * m);
      for (let i = 0; i < m; i++) covariance[i * m + i] = 3;
      const found = criticalValue(covariance, m, Number.POSITIVE_INFINITY, 0.95, { draws: 40000, seed: 2 });
      expect(Math.abs(found - normalQuantile((1 + 0.95 ** (1 / m)) / 2))).toBeLessThan(0.03);
    }
  });

  it('of one mean many times over: the quantile of one', () => {
    expect(
      Math.abs(criticalValue(new Float64Array(49).fill(2), 7, Number.POSITIVE_INFINITY, 0.9, { draws: 40000, seed: 2 }) - 1.645),
    ).toBeLessThan(0.03);
  });
});

describe('bootstrap and covariance', () => {
  const studies = drawSingles(linearModel(new Random(8, 'boot'), k), new Random(8, 'data'), k, 800);
  const ends = [point(ordered, [1, 0, -1]), point(ordered, [0, 1, 2])] as const;
  const contrast = [...ends[0], ...ends[1].map((one) => ({ ...one, weight: -1 }))];

  it('agrees with the sandwich; the error of a contrast is that of the covariance', async () => {
    const [sandwich, bootstrap] = [
      unwrap(await fitAdditive([ordered], studies, { basis: 'linear' })),
      unwrap(await fitAdditive([ordered], studies, { basis: 'linear', errors: 'bootstrap', draws: 2000, seed: 1 })),
    ];
    expect(bootstrap.errors).toBe('bootstrap');
    for (const fit of [sandwich, bootstrap]) {
      const c = fit.covariance(ends);
      const variance = (c[0] as number) + (c[3] as number) - 2 * (c[1] as number);
      expect(fit.predict([contrast])[0]?.standardError).toBeCloseTo(Math.sqrt(variance), 10);
    }
    const [a, b] = [sandwich, bootstrap].map((fit) => fit.predict([...ends, contrast]));
    a?.forEach(({ standardError, value }, i) => {
      expect(b?.[i]?.value).toBeCloseTo(value, 12);
      expect(Math.abs((b?.[i]?.standardError as number) / standardError - 1)).toBeLessThan(0.12);
    });
  });

  it('the same seed gives the same digits', async () => {
    const run = async (seed: number): Promise<readonly unknown[]> => {
      const fit = unwrap(await fitAdditive([ordered], studies, { basis: 'linear', errors: 'bootstrap', draws: 50, seed }));
      return [fit.predict([contrast]), fit.band(ends)];
    };
    expect(await run(3)).toEqual(await run(3));
    expect(await run(3)).not.toEqual(await run(4));
  });
});

describe('tables of counts', () => {
  const levels = { A1: ['0', '1'], A2: ['0', '1'], Y: ['0', '1'] };
  const pair = ['A1', 'A2'];
  const table = (name: string, set: readonly string[], counts: readonly number[], kind: 'count' | 'probability' = 'count') =>
    studyOf(
      name,
      set,
      {
        A1: Array.from({ length: 8 }, (_, i) => i >> 2),
        A2: Array.from({ length: 8 }, (_, i) => (i >> 1) % 2),
        Y: Array.from({ length: 8 }, (_, i) => i % 2),
      },
      { levels, weights: Float64Array.from(counts), kind },
    );
  const plan = planOf(pair, singles(2), pair);
  const observed = [50, 30, 20, 45, 35, 15, 60, 80];
  const arms = [table('do A1', ['A1'], [40, 60, 33, 27, 70, 20, 25, 55]), table('do A2', ['A2'], [81, 19, 44, 40, 62, 31, 22, 90])];
  /** Mean and variance of Y among the records of one combination of levels. */
  const cell = (counts: readonly number[], a: number, b: number): [number, number] => {
    const [none, one] = [counts[4 * a + 2 * b] as number, counts[4 * a + 2 * b + 1] as number];
    return [one / (none + one), (none * one) / (none + one) ** 3];
  };

  it('the bootstrap takes a row for as many records as it counts', async () => {
    const studies = [table('obs', [], observed), ...arms];
    const [sandwich, bootstrap] = [
      unwrap(await fitAdditive([plan], studies, { restrict: false })),
      unwrap(await fitAdditive([plan], studies, { restrict: false, errors: 'bootstrap', draws: 2000 })),
    ].map((fit) => fit.predict([point(plan, ['1', '0'])])[0]);
    expect(bootstrap?.value).toBeCloseTo(sandwich?.value as number, 12);
    expect(Math.abs((bootstrap?.standardError as number) / (sandwich?.standardError as number) - 1)).toBeLessThan(0.06);
  });

  it('exact probabilities add nothing to the error of samples', async () => {
    const total = observed.reduce((sum, count) => sum + count, 0);
    const exact = table(
      'obs',
      [],
      observed.map((count) => count / total),
      'probability',
    );
    const fit = unwrap(await fitAdditive([plan], [exact, ...arms], { method: 'direct' }));
    const [found] = fit.predict([point(plan, ['1', '0'])]);
    const own = [
      [40, 60, 33, 27, 70, 20, 25, 55],
      [81, 19, 44, 40, 62, 31, 22, 90],
    ].map((counts) => [counts, cell(counts, 1, 0)] as const);
    const [first, second] = own.map(([, one]) => one);
    expect(found?.value).toBeCloseTo((first?.[0] as number) + (second?.[0] as number) - cell(observed, 1, 0)[0], 12);
    // HC3 of a mean of n records: n^2 / (n - 1)^2 times the plug-in variance.
    const variance = own.reduce((sum, [counts, [, plain]]) => {
      const n = (counts[4] as number) + (counts[5] as number);
      return sum + (plain * n * n) / (n - 1) ** 2;
    }, 0);
    expect(found?.standardError).toBeCloseTo(Math.sqrt(variance), 12);
  });
});

describe('a learner of the user', () => {
  const line: Learner = {
    name: 'a plane',
    fit(x, y) {
      const width = x.length / y.length;
      const rowsOf = (flat: Float64Array): number[][] =>
        Array.from({ length: flat.length / width }, (_, i) => [1, ...flat.subarray(i * width, (i + 1) * width)]);
      const coefficients = ols(rowsOf(x), Array.from(y));
      return {
        predict: (at_) =>
          Float64Array.from(rowsOf(at_), (row) => row.reduce((sum, value, i) => sum + value * (coefficients[i] as number), 0)),
      };
    },
  };
  const studies = drawSingles(linearModel(new Random(9, 'learner'), k), new Random(9, 'data'), k, 100);
  const compare = async (options: object): Promise<readonly [AdditiveFit, AdditiveFit]> => [
    unwrap(await fitAdditive([ordered], studies, { learner: line, ...options })),
    unwrap(await fitAdditive([ordered], studies, { basis: 'linear', method: 'direct' })),
  ];

  it('that fits planes is the linear basis', async () => {
    const [own, ours] = await compare({ draws: 150 });
    const [a, b] = [own, ours].map((fit) => fit.predict([point(ordered, [1, 2, 3])])[0]);
    expect(a?.value).toBeCloseTo(b?.value as number, 8);
    expect((a?.standardError as number) / (b?.standardError as number)).toBeGreaterThan(0.75);
    expect((a?.standardError as number) / (b?.standardError as number)).toBeLessThan(1.25);
    expect(own.basis).toBe('a plane');
    own.regimes.forEach(({ predictionError, records }, r) => {
      expect(records).toBe(100);
      expect(predictionError / (ours.regimes[r]?.residualVariance as number)).toBeGreaterThan(0.9);
      expect(predictionError / (ours.regimes[r]?.residualVariance as number)).toBeLessThan(1.3);
    });
  });
});
