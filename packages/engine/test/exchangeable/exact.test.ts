import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactDistribution, exactProbability, probabilitySteps } from '../../src/exchangeable/exact.ts';
import type { CellQuery, ExchangeableModel, Mechanism, ValuedCell } from '../../src/exchangeable/terms.ts';
import { isZero, nearestDouble, over, times, wholeFraction } from '../../src/math/fraction.ts';
import { Random } from '../../src/math/random.ts';
import { binary, families, table, xorPair } from './families.ts';
import { cell, randomModel, randomQuery, sizeOf } from './random-model.ts';
import { bruteForce, gaussLegendre, integrals, rational } from './truth.ts';

function probability(model: ExchangeableModel, query: Partial<CellQuery>): number | null {
  const answer = exactProbability(model, { target: [], given: [], set: [], ...query });
  if (!answer.ok) throw new Error(answer.issues[0]?.message);
  return answer.value.value;
}

describe('worked values', () => {
  test('after three draws (1, 0), do(X = 0) makes Y = 1 with probability 4/7', () => {
    const given = [1, 2, 3].flatMap((n) => [cell('X', n, 1), cell('Y', n, 0)]);
    expect(probability(xorPair(1, 3), { target: [cell('Y', 4, 1)], given, set: [cell('X', 4, 0)] })).toBeCloseTo(4 / 7, 14);
  });
  test('Lemma 2 and its limit: 7/20', () => {
    const set = [cell('X', 1, 1)];
    const target = [cell('Y', 2, 1)];
    expect(probability(xorPair(1, 3), { target, set })).toBeCloseTo(probability(xorPair(1, 3), { target }) as number, 14);
    expect(probability(xorPair(1, 3), { target, set, given: [cell('Y', 1, 1)] })).toBeCloseTo(7 / 20, 14);
  });
  test('parent adjustment is joint over positions: 26/75', () => {
    const model = binary([
      table('Z', [], [1, 1]),
      table('X', ['Z'], [1, 1], [1, 1]),
      table('Y', ['X', 'Z'], [2, 3], [4, 1], [1, 4], [3, 2]),
    ]);
    const target = [cell('Y', 1, 1), cell('Y', 2, 0)];
    expect(probability(model, { target, set: [cell('X', 1, 1), cell('X', 2, 0)] })).toBeCloseTo(26 / 75, 14);
  });
});

describe('random questions against brute force, in rationals and by quadrature', () => {
  for (const [name, model] of families)
    test(name, () => {
      const random = new Random(5).split(name);
      const sizes = [...model.levels.values()].reduce((product, levels) => product * levels.length, 1);
      let compared = 0;
      for (let turn = 0; turn < 14; turn++) {
        const query = randomQuery(model, random.split(turn), 1 + (turn % (sizes <= 4 ? 6 : sizes <= 8 ? 4 : 3)));
        const { above, below } = bruteForce(model, query, rational);
        const found = probability(model, query);
        if (isZero(below)) expect(found).toBeNull();
        else {
          const wanted = nearestDouble(over(above, below));
          expect(Math.abs((found as number) - wanted)).toBeLessThanOrEqual(1e-12);
          const sums = bruteForce(model, query, integrals);
          expect(Math.abs((found as number) - sums.above / sums.below)).toBeLessThanOrEqual(1e-10);
          compared += 1;
        }
      }
      expect(compared).toBeGreaterThan(10);
    });
});

test('random models of all kinds against brute force in rationals', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed, 'models');
      const model = randomModel(random);
      const query = randomQuery(model, random, 1 + random.integer(model.mechanisms.length < 4 ? 3 : 2));
      const { above, below } = bruteForce(model, query, rational);
      expect(probability(model, query)).toBeCloseTo(nearestDouble(over(above, below)), 11);
    }),
    { numRuns: 120, seed: 11 },
  );
});

describe('independent and identically distributed data as the limit', () => {
  /** One position at a time, as if positions were independent. */
  const apart = (model: ExchangeableModel, query: CellQuery): number => {
    let product = wholeFraction(1);
    for (const n of new Set(query.target.map(({ position }) => position))) {
      const here = (cells: readonly ValuedCell[]): ValuedCell[] =>
        cells.filter(({ position }) => position === n).map((one) => ({ ...one, position: 1 }));
      const { above, below } = bruteForce(model, { target: here(query.target), given: here(query.given), set: here(query.set) }, rational);
      product = times(product, over(above, below));
    }
    return nearestDouble(product);
  };
  const fixed = (mechanism: Mechanism, random: Random, rows: number): Mechanism => ({
    kind: 'mixture',
    variable: mechanism.variable,
    parents: mechanism.parents,
    weights: [1],
    rows: [
      Array.from({ length: rows }, () => {
        const p = (1 + random.integer(15)) / 16;
        return [p, 1 - p];
      }),
    ],
  });
  test('one table for all environments: exactly; Dirichlet weights of 1e9: nearly', () => {
    const random = new Random(3, 'limit');
    for (let turn = 0; turn < 40; turn++) {
      const own = random.split(turn);
      const drawn = randomModel(own, 3);
      const model = binary(drawn.mechanisms.map((mechanism) => fixed(mechanism, own, 2 ** mechanism.parents.length)));
      const query = randomQuery(model, own, 4);
      const wanted = apart(model, query);
      expect(probability(model, query)).toBeCloseTo(wanted, 13);
      const sharp = binary(
        model.mechanisms.map((mechanism): Mechanism => {
          if (mechanism.kind !== 'mixture') throw new Error('a mixture');
          const rows = (mechanism.rows[0] as number[][]).map((row) => row.map((p) => 1e9 * p));
          return { kind: 'dirichlet', variable: mechanism.variable, parents: mechanism.parents, rows };
        }),
      );
      expect(probability(sharp, query)).toBeCloseTo(wanted, 6);
    }
  });
});

describe('many positions', () => {
  /** 199 positions of which some cells are known, and one that is asked about. */
  const long = (model: ExchangeableModel, known: (variable: number, position: number) => boolean): CellQuery => {
    const variables = model.mechanisms.map(({ variable }) => variable);
    const given = Array.from({ length: 199 }, (_, k) => k + 2).flatMap((n) =>
      variables.filter((_, i) => known(i, n)).map((variable) => cell(variable, n, (n * 7 + n * n) % 3 === 0 ? 1 : 0)),
    );
    return { target: [cell(variables.at(-1) as string, 1, 1)], given, set: [cell(variables[0] as string, 1, 0)] };
  };
  const work = (model: ExchangeableModel, query: CellQuery): number => {
    const answer = exactProbability(model, query);
    if (!answer.ok) throw new Error(answer.issues[0]?.message);
    return answer.value.work.steps;
  };
  test('N = 200: a handful of steps with everything seen, some ten thousand with a hidden cause', () => {
    for (const model of families.values())
      expect(
        work(
          model,
          long(model, () => true),
        ),
      ).toBeLessThan(100);
    for (const model of families.values())
      expect(
        work(
          model,
          long(model, (i) => i > 0),
        ),
      ).toBeLessThan(150_000);
  });
  test('fully seen, N = 200: the urn', () => {
    const query = long(xorPair(1, 3), () => true);
    const noise = query.given.filter((_, k) => k % 2 === 0 && query.given[k]?.value !== query.given[k + 1]?.value).length;
    expect(probability(xorPair(1, 3), query)).toBeCloseTo((1 + noise) / (4 + 199), 13);
  });
  test('with a hidden cause at N = 30, the pattern sums agree with position by position', () => {
    // Thirty positions of which only Y is seen, written as a mixture over theta by a fine quadrature of Beta(1, 3): density 3 (1 - t)^2.
    const ys = Array.from({ length: 29 }, (_, k): number => (k % 3 === 0 ? 1 : 0));
    const given = ys.map((y, k) => cell('Y', k + 2, y));
    const query = { target: [cell('Y', 1, 1)], given, set: [cell('X', 1, 0)] };
    const density = (theta: number, psi: number): number => {
      const one = theta * (1 - psi) + (1 - theta) * psi;
      return (1 - theta) ** 2 * (1 - psi) ** 2 * ys.reduce((product, y) => product * (y === 1 ? one : 1 - one), 1);
    };
    let [above, below] = [0, 0];
    for (const [theta, a] of gaussLegendre(0, 1))
      for (const [psi, b] of gaussLegendre(0, 1)) {
        below += a * b * density(theta, psi);
        above += a * b * density(theta, psi) * psi;
      }
    expect(probability(xorPair(1, 3), query)).toBeCloseTo(above / below, 11);
  });
  test('too large is an issue with the number', () => {
    const model = families.get('collider') as ExchangeableModel;
    const answer = exactProbability(
      model,
      long(model, (i) => i === 2),
      { limits: { steps: 1e5, vectors: 1e5 } },
    );
    expect(answer.ok).toBe(false);
    if (!answer.ok) {
      expect(answer.issues[0]?.code).toBe('too-large');
      expect(answer.issues[0]?.message).toMatch(/up to \d.*e\+10 vectors/u);
    }
  });
  test('an interrupted sum is an issue', () => {
    const model = families.get('collider') as ExchangeableModel;
    const steps = probabilitySteps(
      model,
      long(model, (i) => i > 0),
    );
    expect(steps.next(false)).toMatchObject({ done: false, value: { task: 'count vectors' } });
    expect(steps.next(true)).toMatchObject({ done: true, value: { ok: false, issues: [{ code: 'interrupted' }] } });
  });
  test('counts beyond the range of exact doubles', () => {
    // A hidden cause with 24 levels: 72 counts of up to 2 need more than 53 bits.
    const levels = Array.from({ length: 24 }, (_, level) => String(level));
    const model: ExchangeableModel = {
      levels: new Map([
        ['U', levels],
        ['Y', ['0', '1']],
      ]),
      mechanisms: [
        table(
          'U',
          [],
          levels.map((_, k) => 1 + (k % 3)),
        ),
        table('Y', ['U'], ...levels.map((_, k) => [1 + (k % 2), 2 + (k % 5)])),
      ],
    };
    const query = { target: [cell('Y', 1, 1)], given: [cell('Y', 2, 1)], set: [] };
    const { above, below } = bruteForce(model, query, rational);
    expect(probability(model, query)).toBeCloseTo(nearestDouble(over(above, below)), 13);
  });
});

describe('distributions', () => {
  test('are the probabilities one by one', () => {
    const random = new Random(9, 'distribution');
    for (let turn = 0; turn < 40; turn++) {
      const own = random.split(turn);
      const model = randomModel(own);
      const { target, given, set } = randomQuery(model, own, 3);
      const of = target.slice(0, 4);
      const found = exactDistribution(model, of, given, set);
      if (!found.ok) throw new Error(found.issues[0]?.message);
      const { values, sizes } = found.value;
      let at = 0;
      const walk = (done: readonly ValuedCell[]): void => {
        const next = of[done.length];
        if (next === undefined) {
          expect(values?.[at++]).toBeCloseTo(probability(model, { target: done, given, set }) as number, 12);
          return;
        }
        for (let value = 0; value < sizeOf(model, next.variable); value++) walk([...done, { ...next, value }]);
      };
      walk([]);
      expect(values?.length).toBe(sizes.reduce((a, b) => a * b, 1));
    }
  });
});

describe('edges', () => {
  const pair = xorPair(1, 3);
  test('an impossible condition has no probability; a contradicted target has probability 0', () => {
    const never = binary([table('X', [], [1, 0]), table('Y', ['X'], [1, 1], [1, 1])]);
    expect(probability(never, { target: [cell('Y', 1, 1)], given: [cell('X', 2, 1)] })).toBeNull();
    expect(probability(pair, { target: [cell('Y', 1, 1)], given: [cell('X', 1, 1)], set: [cell('X', 1, 0)] })).toBeNull();
    expect(probability(pair, { target: [cell('X', 1, 1)], set: [cell('X', 1, 0)] })).toBe(0);
    expect(probability(pair, { target: [cell('X', 1, 0)], set: [cell('X', 1, 0)] })).toBe(1);
  });
  test('cells that are not there are issues', () => {
    for (const [bad, code] of [
      [cell('Q', 1, 0), 'unknown-variable'],
      [cell('X', 0, 0), 'position'],
      [cell('X', 1, 2), 'unknown-level'],
    ] as const) {
      const answer = exactProbability(pair, { target: [bad], given: [], set: [] });
      expect(answer.ok ? [] : answer.issues.map((issue) => issue.code)).toEqual([code]);
    }
    const twice = exactProbability(pair, { target: [cell('Y', 1, 0)], given: [], set: [cell('X', 1, 0), cell('X', 1, 1)] });
    expect(twice.ok ? '' : twice.issues[0]?.code).toBe('set-twice');
  });
});
