import { describe, expect, test } from 'vitest';
import { exactDistribution, exactProbability } from '../../src/exchangeable/exact.ts';
import type { CellQuery, ExchangeableModel, ValuedCell } from '../../src/exchangeable/terms.ts';
import { isZero, nearestDouble, over } from '../../src/math/fraction.ts';
import { Random } from '../../src/math/random.ts';
import { binary, families, table, xorPair } from './families.ts';
import { bruteForce, rational } from './truth.ts';

const cell = (variable: string, position: number, value: number): ValuedCell => ({ variable, position, value });
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

/** Every cell of every position in one of the four roles, or in none. */
export function randomQuery(model: ExchangeableModel, random: Random, positions: number): CellQuery {
  const query = { target: [] as ValuedCell[], given: [] as ValuedCell[], set: [] as ValuedCell[] };
  for (let n = 1; n <= positions; n++)
    for (const { variable } of model.mechanisms) {
      const value = random.integer((model.levels.get(variable) as readonly string[]).length);
      const u = random.next();
      const part = u < 0.15 ? query.target : u < 0.45 ? query.given : u < 0.65 ? query.set : undefined;
      part?.push(cell(variable, n, value));
    }
  return query.target.length > 0 ? query : randomQuery(model, random, positions);
}

describe('random questions against brute force in rationals', () => {
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
          compared += 1;
        }
      }
      expect(compared).toBeGreaterThan(10);
    });
});
