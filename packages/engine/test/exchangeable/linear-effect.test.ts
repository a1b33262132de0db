import { describe, expect, it } from 'vitest';
import { learnRows, tiesOf } from '../../src/exchangeable/linear-condition.ts';
import type { LinearDesign } from '../../src/exchangeable/linear-design.ts';
import { effectMoments } from '../../src/exchangeable/linear-effect.ts';
import { semidefiniteFactor } from '../../src/exchangeable/linear-fit.ts';
import { fitMechanisms, mechanismsOf } from '../../src/exchangeable/linear-mechanisms.ts';
import type { LinearMechanism, MixedMechanism, MixedMechanisms, RowMechanism } from '../../src/exchangeable/linear-terms.ts';
import type { MixedEnvironments } from '../../src/exchangeable/mixed-environments.ts';
import { Random } from '../../src/math/random.ts';
import type { Result } from '../../src/run/issue.ts';

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join());
  return result.value;
};

/** Coefficients of 1, indicators and real parents as they stand: nothing centred. */
function linear(
  variable: string,
  finite: { name: string; levels: string[] }[],
  real: string[],
  mean: number[],
  covariance: number[],
  noise = 1,
): LinearMechanism {
  const cells = finite.reduce((product, { levels }) => product * levels.length, 1);
  const design: LinearDesign = {
    variable,
    finite,
    real,
    indicators: Array.from({ length: cells - 1 }, (_, c) => c + 1),
    unseen: [],
    centers: new Float64Array(cells + real.length),
    scales: new Float64Array(cells + real.length).fill(1),
    level: 0,
    records: 0,
  };
  return {
    kind: 'linear',
    variable,
    parents: [...finite.map(({ name }) => name), ...real],
    design,
    mean: Float64Array.from(mean),
    covariance: Float64Array.from(covariance),
    noise,
  };
}

const rows = (variable: string, parents: string[], weights: number[][]): RowMechanism => ({
  kind: 'rows',
  variable,
  parents,
  levels: ['0', '1'],
  sizes: parents.map(() => 2),
  rows: weights,
});

const inOrder = (...all: MixedMechanism[]): MixedMechanisms => new Map(all.map((one) => [one.variable, one]));
const two = (name: string) => ({ name, levels: ['0', '1'] });

/** Z finite, W finite of Z; A real of Z; B real of A and W; Y real of A, B and Z. */
const mixed = inOrder(
  rows('Z', [], [[2, 3]]),
  rows(
    'W',
    ['Z'],
    [
      [1, 2],
      [4, 1],
    ],
  ),
  linear('A', [two('Z')], [], [1, 2], [0.5, 0.1, 0.1, 0.4]),
  linear('B', [two('W')], ['A'], [0.5, -1, 0.8], [0.3, 0, 0.1, 0, 0.2, 0, 0.1, 0, 0.25]),
  linear('Y', [two('Z')], ['A', 'B'], [0, 1, -1, 2], [0.2, 0, 0, 0, 0, 0.3, 0, 0.1, 0, 0, 0.5, 0, 0, 0.1, 0, 0.4]),
);

/** An environment's own mechanisms, drawn. */
function drawn(mechanisms: MixedMechanisms, random: Random): MixedMechanisms {
  return new Map(
    [...mechanisms].map(([name, one]): [string, MixedMechanism] => {
      if (one.kind === 'rows') return [name, { ...one, rows: one.rows.map((weights) => [...random.dirichlet(weights)]) }];
      const size = one.mean.length;
      const factor = semidefiniteFactor(size, one.covariance);
      const z = Float64Array.from({ length: size }, () => random.normal());
      return [
        name,
        { ...one, mean: one.mean.map((m, i) => z.reduce((sum, value, j) => sum + value * (factor[i * size + j] as number), m)) },
      ];
    }),
  );
}

/** E[target | known] in one environment: by going through finite values, real means in order. Written apart from the code under test. */
function meanIn(mechanisms: MixedMechanisms, target: string, known: ReadonlyMap<string, number>): number {
  const finite = [...mechanisms.values()].filter((one): one is RowMechanism => one.kind === 'rows' && !known.has(one.variable));
  let total = 0;
  for (let cell = 0; cell < 2 ** finite.length; cell++) {
    const values = new Map(known);
    finite.forEach((one, i) => {
      values.set(one.variable, (cell >> i) & 1);
    });
    let weight = 1;
    for (const one of finite) {
      const row = one.rows[one.parents.reduce((at, name) => 2 * at + (values.get(name) as number), 0)] as number[];
      weight *= (row[values.get(one.variable) as number] as number) / row.reduce((a, b) => a + b);
    }
    for (const one of mechanisms.values()) {
      if (one.kind !== 'linear' || values.has(one.variable)) continue;
      const configuration = one.design.finite.reduce((at, { name }) => 2 * at + (values.get(name) as number), 0);
      let value = one.mean[0] as number;
      if (configuration > 0) value += one.mean[configuration] as number;
      one.design.real.forEach((name, k) => {
        value += (one.mean[2 ** one.design.finite.length + k] as number) * (values.get(name) as number);
      });
      values.set(one.variable, value);
    }
    total += weight * (values.get(target) as number);
  }
  return total;
}

describe('effects of mixed mechanisms', () => {
  it('a chain: products of coefficients, and the exact variance of a product', () => {
    const chain = inOrder(
      linear('X', [], [], [0], [1]),
      linear('M', [], ['X'], [1, 2], [0, 0, 0, 0.5]),
      linear('Y', [], ['M'], [-1, 3], [0, 0, 0, 0.25]),
    );
    const found = must(
      effectMoments(chain, [
        { weight: 1, target: 'Y', known: new Map([['X', 1]]) },
        { weight: -1, target: 'Y', known: new Map([['X', 0]]) },
      ]),
    );
    expect(found.mean).toBeCloseTo(6, 12);
    expect(found.arms[0]).toBeCloseTo(-1 + 3 * (1 + 2), 12);
    // Var(ab) = (2^2 + .5)(3^2 + .25) - 36.
    expect(found.variance).toBeCloseTo(4.5 * 9.25 - 36, 10);
  });

  it('mean and spread against environments drawn one by one', () => {
    const random = new Random(71, 'draws');
    const arms = [
      { weight: 1, target: 'Y', known: new Map([['A', 1.5]]) },
      { weight: -2, target: 'Y', known: new Map([['W', 1]]) },
      { weight: 0.5, target: 'B', known: new Map([['Z', 0]]) },
    ];
    const found = must(effectMoments(mixed, arms));
    const draws = 12_000;
    const values = Float64Array.from({ length: draws }, () => {
      const own = drawn(mixed, random);
      return arms.reduce((sum, { weight, target, known }) => sum + weight * meanIn(own, target, known), 0);
    });
    const mean = values.reduce((a, b) => a + b) / draws;
    const variance = values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / draws;
    const fourth = values.reduce((sum, one) => sum + (one - mean) ** 4, 0) / draws;
    expect(Math.abs(found.mean - mean)).toBeLessThan(4 * Math.sqrt(variance / draws));
    expect(Math.abs(found.variance - variance)).toBeLessThan(4 * Math.sqrt((fourth - variance ** 2) / draws));
    expect(found.mean).toBeCloseTo(
      arms.reduce((sum, { weight, target, known }) => sum + weight * meanIn(mixed, target, known), 0),
      10,
    );
  });

  it('mechanisms that do not vary leave no spread', () => {
    const fixed = drawn(mixed, new Random(72));
    const still: MixedMechanisms = new Map(
      [...fixed].map(([name, one]): [string, MixedMechanism] => [
        name,
        one.kind === 'linear'
          ? { ...one, covariance: one.covariance.map(() => 0) }
          : { ...one, rows: one.rows.map((row) => row.map((p) => 1e13 * p)) },
      ]),
    );
    const found = must(effectMoments(still, [{ weight: 1, target: 'Y', known: new Map([['W', 0]]) }]));
    expect(found.mean).toBeCloseTo(meanIn(fixed, 'Y', new Map([['W', 0]])), 9);
    expect(found.variance).toBeLessThan(1e-9);
  });

  it('causes that are known need no mechanism', () => {
    const arms = [
      {
        weight: 1,
        target: 'Y',
        known: new Map([
          ['A', 1.5],
          ['Z', 1],
        ]),
      },
    ];
    const less = new Map([...mixed].filter(([name]) => !['A', 'Z'].includes(name)));
    const [one, other] = [must(effectMoments(mixed, arms)), must(effectMoments(less, arms))];
    expect(other.mean).toBeCloseTo(one.mean, 12);
    expect(other.variance).toBeCloseTo(one.variance, 12);
    expect(one.mean).toBeCloseTo(meanIn(mixed, 'Y', arms[0]?.known as Map<string, number>), 12);
  });
});

describe('rows that were seen', () => {
  const mechanisms = inOrder(
    linear('Z', [], [], [0], [1]),
    linear('X', [], ['Z'], [0, 1], [1, 0, 0, 1]),
    linear('Y', [], ['X', 'Z'], [1, 2, 3], [0.5, 0, 0, 0, 1, 0.2, 0, 0.2, 1], 0.6),
  );
  const set = new Map<string, number>();
  const parentsOf = (name: string): readonly string[] => mechanisms.get(name)?.parents ?? [];
  it('a whole row teaches as a joint normal says', () => {
    const { mechanisms: now, taught } = must(
      learnRows(
        mechanisms,
        parentsOf,
        [
          {
            position: 2,
            seen: new Map([
              ['Z', 0.5],
              ['Y', 4],
            ]),
            set: new Map([['X', 1.3]]),
          },
        ],
        new Set(['Y', 'Z']),
      ),
    );
    expect(taught).toEqual([{ position: 2, variables: ['Z', 'Y'] }]);
    // The covariance of a coefficient with the record, over the record's variance.
    const f = [1, 1.3, 0.5];
    const c = [0.5 * 1, 1 * 1.3 + 0.2 * 0.5, 0.2 * 1.3 + 1 * 0.5];
    const variance = f.reduce((sum, x, i) => sum + x * (c[i] as number), 0.6);
    const expected = 1 + 2 * 1.3 + 3 * 0.5;
    const y = now.get('Y') as LinearMechanism;
    for (const i of [0, 1, 2]) expect(y.mean[i]).toBeCloseTo(i + 1 + ((c[i] as number) * (4 - expected)) / variance, 12);
    expect(now.get('X')).toBe(mechanisms.get('X'));
    // Z = its own coefficient + noise, both of variance 1.
    expect((now.get('Z') as LinearMechanism).mean[0]).toBeCloseTo(0.25, 12);
  });

  it('cells that are missing tie mechanisms together', () => {
    const seen = new Map([['Y', 4]]);
    expect([...tiesOf(parentsOf, seen, new Map([['X', 1]])).keys()].sort()).toEqual(['Y', 'Z']);
    expect([
      ...tiesOf(
        parentsOf,
        new Map([
          ['X', 1],
          ['Z', 1],
        ]),
        set,
      ).keys(),
    ]).toEqual([]);
    const row = { position: 2, seen, set: new Map([['X', 1]]) };
    const refused = learnRows(mechanisms, parentsOf, [row], new Set(['Y']));
    expect(!refused.ok && refused.issues[0]?.message).toContain('Row 2 teaches the mechanism of Y only through Z');
    // What is tied is not needed: the row teaches nothing, and harms nothing.
    expect(must(learnRows(mechanisms, parentsOf, [{ ...row, seen: new Map([['X', 2]]), set }], new Set(['Y']))).mechanisms.get('Y')).toBe(
      mechanisms.get('Y'),
    );
  });
});

describe('mechanisms fitted to environments', () => {
  it('mixed records: mean effects, environments, spread', () => {
    const random = new Random(73, 'records');
    const groups = 100;
    const [z, a, y] = [[] as number[], [] as number[], [] as number[]];
    const starts = new Int32Array(groups + 1);
    const own: { readonly slope: number; readonly arm: number }[] = [];
    for (let e = 0; e < groups; e++) {
      const rate = random.beta(2, 3);
      const [level, arm, slope] = [5 + random.normal(), 1 + 0.5 * random.normal(), 2 + 0.7 * random.normal()];
      own.push({ slope, arm });
      for (let r = 0; r < 20; r++) {
        const zi = random.next() < rate ? 1 : 0;
        const ai = 100 + 3 * zi + 2 * random.normal();
        z.push(zi);
        a.push(ai);
        y.push(level + arm * zi + slope * (ai - 100) + random.normal());
      }
      starts[e + 1] = z.length;
    }
    const environments: MixedEnvironments = {
      names: ['Z', 'A', 'Y'],
      labels: Array.from({ length: groups }, (_, e) => `${e}`),
      starts,
      columns: [
        { kind: 'finite', levels: ['0', '1'], values: Int32Array.from(z) },
        { kind: 'real', values: Float64Array.from(a) },
        { kind: 'real', values: Float64Array.from(y) },
      ],
    };
    const parents = new Map([
      ['Z', []],
      ['A', ['Z']],
      ['Y', ['Z', 'A']],
    ]);
    const fitted = must(fitMechanisms(environments, parents, random));
    const kinds = fitted.map((one) => (one.kind === 'linear' ? one.fit.kind : 'rows'));
    const center = fitted[1];
    expect(center?.kind === 'linear' && (center.fit.spread[0] as number)).toBeLessThan(0.1);
    expect(['diagonal', 'full']).toContain(kinds[2]);
    const contrast = [
      { weight: 1, target: 'Y', known: new Map([['A', 101]]) },
      { weight: -1, target: 'Y', known: new Map([['A', 100]]) },
    ];
    const whole = must(effectMoments(mechanismsOf(fitted), contrast));
    expect(Math.abs(whole.mean - 2)).toBeLessThan(0.25);
    expect(Math.abs(Math.sqrt(whole.variance) - 0.7)).toBeLessThan(0.15);
    let [error, covered] = [0, 0];
    for (const [e, { slope }] of own.entries()) {
      const one = must(effectMoments(mechanismsOf(fitted, e), contrast));
      error += (one.mean - slope) ** 2 / groups;
      if (Math.abs(one.mean - slope) < 1.96 * Math.sqrt(one.variance)) covered++;
    }
    expect(Math.sqrt(error)).toBeLessThan(0.15);
    expect(covered / groups).toBeGreaterThan(0.87);
    expect(covered / groups).toBeLessThan(0.995);
    const level = must(effectMoments(mechanismsOf(fitted), [{ weight: 1, target: 'Y', known: new Map([['A', 100]]) }]));
    expect(Math.abs(level.mean - 5.4)).toBeLessThan(0.4);
  });
});
