import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusteredTest, crossTest, withinTest } from '../../src/exchangeable/clustered.ts';
import { drawPairs, type Environments, pickEnvironments } from '../../src/exchangeable/environments.ts';
import { decidePair } from '../../src/exchangeable/paper.ts';
import { drawEnvironments } from '../../src/exchangeable/processes.ts';
import { strataOf } from '../../src/exchangeable/strata.ts';
import { Random } from '../../src/math/random.ts';
import { chiSquareSurvival } from '../../src/math/special.ts';
import { binomialBelow, environmentsOf, pairModels, verdicts } from './processes-support.ts';

/** The statistic from its definition: records one by one, pairs in the open, a matrix inverted by Gauss and Jordan. */
function naive(records: readonly (readonly (readonly number[])[])[], a: number, b: number, given: readonly number[], across: boolean) {
  const stratum = (record: readonly number[]): string => given.map((v) => record[v]).join();
  const used = across ? records.filter((own) => own.length > 1) : records;
  const strata = [...new Set(used.flat().map(stratum))].sort();
  const other = (own: readonly (readonly number[])[], m: number): number => {
    if (!across) return own[m]?.[b] as number;
    const rest = own.filter((_, n) => n !== m);
    return rest.reduce((sum, record) => sum + (record[b] as number), 0) / rest.length;
  };
  const of = (s: string) =>
    used.flatMap((own) => own.flatMap((record, m) => (stratum(record) === s ? [[record[a] as number, other(own, m)]] : [])));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const means = new Map(strata.map((s) => [s, [mean(of(s).map(([x]) => x as number)), mean(of(s).map(([, y]) => y as number))] as const]));
  const us = used.map((own) =>
    strata.map((s) => {
      const [meanA, meanB] = means.get(s) as readonly [number, number];
      return own.reduce(
        (sum, record, m) => (stratum(record) === s ? sum + ((record[a] as number) - meanA) * (other(own, m) - meanB) : sum),
        0,
      );
    }),
  );
  const sum = strata.map((_, i) => us.reduce((total, u) => total + (u[i] as number), 0));
  const matrix = strata.map((_, i) => [
    ...strata.map((__, j) => us.reduce((total, u) => total + (u[i] as number) * (u[j] as number), 0)),
    sum[i] as number,
  ]);
  for (const [i, row] of matrix.entries()) {
    const pivot = row[i] as number;
    for (const [k, target] of matrix.entries()) {
      if (k === i) continue;
      const factor = (target[i] as number) / pivot;
      for (let j = 0; j < row.length; j++) target[j] = (target[j] as number) - factor * (row[j] as number);
    }
  }
  const statistic = matrix.reduce((total, row, i) => total + ((sum[i] as number) * (row.at(-1) as number)) / (row[i] as number), 0);
  return { statistic, degrees: strata.length };
}

const draw = (random: Random, environments: number, most: number): number[][][] =>
  Array.from({ length: environments }, () => {
    const rates = [0, 1, 2].map(() => 0.2 + 0.6 * random.next());
    return Array.from({ length: 1 + random.integer(most) }, () => rates.map((rate) => (random.next() < rate ? 1 : 0)));
  });

describe('the clustered test', () => {
  it('is what its definition says, for unequal environments', () => {
    for (let seed = 0; seed < 20; seed++) {
      const records = draw(new Random(seed, 'naive'), 120, 5);
      const environments = environmentsOf(['A', 'B', 'C'], [2, 2, 2], records);
      for (const given of [[], [2], [1, 2]]) {
        const expected = naive(records, 0, 1, given, true);
        const found = crossTest(environments, 0, 1, strataOf(environments, given));
        expect(found.statistic).toBeCloseTo(expected.statistic, 8);
        expect(found.degrees).toBe(expected.degrees);
        expect(found.p).toBeCloseTo(chiSquareSurvival(expected.statistic, expected.degrees), 8);
      }
      const expected = naive(records, 0, 1, [2], false);
      const found = withinTest(environments, 0, 1, strataOf(environments, [2]));
      expect(found.statistic).toBeCloseTo(expected.statistic, 8);
      expect(found.degrees).toBe(expected.degrees);
    }
  });

  it('counts stand for equal records, the order of records and of environments says nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
        const random = new Random(seed, 'order');
        const records = draw(random, 60, 6);
        const plain = environmentsOf(['A', 'B', 'C'], [2, 2, 2], records);
        const shuffled = pickEnvironments(
          environmentsOf(
            ['A', 'B', 'C'],
            [2, 2, 2],
            records.map((own) => random.shuffle(own)),
          ),
          random.shuffle(records.map((_, e) => e)),
        );
        const tallied = records.map((own) => {
          const cells = new Map<string, { readonly record: readonly number[]; count: number }>();
          for (const record of own) {
            const cell = cells.get(record.join()) ?? { record, count: 0 };
            cell.count += 1;
            cells.set(record.join(), cell);
          }
          return [...cells.values()];
        });
        const counted: Environments = {
          ...environmentsOf(
            ['A', 'B', 'C'],
            [2, 2, 2],
            tallied.map((own) => own.map(({ record }) => record)),
          ),
          counts: Float64Array.from(tallied.flatMap((own) => own.map(({ count }) => count))),
        };
        const tests = [plain, shuffled, counted].map((one) => crossTest(one, 0, 1, strataOf(one, [1, 2])));
        for (const test of tests) {
          expect(test.statistic).toBeCloseTo(tests[0]?.statistic as number, 8);
          expect(test.degrees).toBe(tests[0]?.degrees);
          expect(test.environments).toBe(tests[0]?.environments);
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it('levels: the statistic does not depend on which one is left out', () => {
    const random = new Random(3, 'levels');
    const records = Array.from({ length: 200 }, () =>
      Array.from({ length: 3 }, () => [random.integer(3), random.integer(4), random.integer(2)]),
    );
    const turned = records.map((own) => own.map(([a, b, c]) => [2 - (a as number), 3 - (b as number), c as number]));
    const [one, other] = [records, turned].map((all) => {
      const environments = environmentsOf(['A', 'B', 'C'], [3, 4, 2], all);
      return crossTest(environments, 0, 1, strataOf(environments, [2]));
    }) as [ClusteredTest, ClusteredTest];
    expect(one.degrees).toBe(12);
    expect(one.statistic).toBeCloseTo(other.statistic, 8);
  });

  it('says nothing where nothing varies, or every environment has one record', () => {
    const constant = environmentsOf(['A', 'B'], [2, 2], [[[0, 1], [0, 0]], [[0, 1], [0, 1]]]); // biome-ignore format: small
    expect(crossTest(constant, 0, 1, strataOf(constant, []))).toMatchObject({ degrees: 0, p: 1 });
    const single = environmentsOf(['A', 'B'], [2, 2], [[[0, 1]], [[1, 0]], [[1, 1]]]);
    expect(crossTest(single, 0, 1, strataOf(single, []))).toMatchObject({ degrees: 0, p: 1 });
    expect(withinTest(single, 0, 1, strataOf(single, [])).degrees).toBe(1);
  });

  it('with more strata than environments can bear, tests fewer of them', () => {
    const random = new Random(5, 'many');
    const names = Array.from({ length: 9 }, (_, v) => `V${v}`);
    const records = Array.from({ length: 60 }, () => Array.from({ length: 4 }, () => names.map(() => random.integer(2))));
    const environments = environmentsOf(
      names,
      names.map(() => 2),
      records,
    );
    const test = crossTest(environments, 0, 1, strataOf(environments, [1, 2, 3, 4, 5, 6, 7, 8]));
    expect(test.degrees).toBeLessThanOrEqual(12);
    expect(test.p).toBeGreaterThan(0);
  });
});

/** X -> Y, so that Y at one position is independent of X at another given X at the first. */
const trueNull = (environments: Environments): ClusteredTest => crossTest(environments, 1, 0, strataOf(environments, [0]));

describe('size and power', () => {
  const runs = process.env.DOABLE_HEAVY !== undefined ? 4000 : 200;
  it('rejects a true null 5 times in 100, for any number of records', () => {
    for (const positions of [2, 5, 20]) {
      let rejected = 0;
      for (let run = 0; run < runs; run++)
        if (trueNull(drawEnvironments(pairModels.forward, 300, positions, new Random(11, positions, run))).p < 0.05) rejected += 1;
      // Not beyond what .045 to .055 would give once in a thousand.
      expect(binomialBelow(rejected, runs, 0.045)).toBeGreaterThan(0.001);
      expect(1 - binomialBelow(rejected - 1, runs, 0.055)).toBeGreaterThan(0.001);
    }
  });

  it('pairs pooled as if they were independent records reject far too often', () => {
    let rejected = 0;
    for (let run = 0; run < 100; run++) {
      const { columns } = drawEnvironments(pairModels.forward, 300, 10, new Random(11, 10, run));
      const [xs, ys] = columns as [Int32Array, Int32Array];
      let statistic = 0;
      for (const x of [0, 1]) {
        const table = [0, 0, 0, 0];
        for (let e = 0; e < 300; e++)
          for (let m = 0; m < 10; m++)
            for (let n = 0; n < 10; n++)
              if (m !== n && xs[10 * e + m] === x) {
                const at = 2 * (ys[10 * e + m] as number) + (xs[10 * e + n] as number);
                table[at] = (table[at] as number) + 1;
              }
        const [a, b, c, d] = table as [number, number, number, number];
        const total = a + b + c + d;
        for (const [n, row, column] of [
          [a, a + b, a + c],
          [b, a + b, b + d],
          [c, c + d, a + c],
          [d, c + d, b + d],
        ] as const)
          if (n > 0) statistic += 2 * n * Math.log((n * total) / (row * column));
      }
      if (chiSquareSurvival(statistic, 2) < 0.05) rejected += 1;
    }
    // .543 of 1000 in an implementation of its own.
    expect(rejected).toBeGreaterThan(35);
    expect(rejected).toBeLessThan(73);
  });

  it('finds the direction of pairs as often as an implementation of its own did', () => {
    // Accuracy for X -> Y, Y -> X, none: edges at .01, then the larger p. 150 runs there.
    const published = [
      [2, 300, [0.82, 0.8, 0.97]],
      [10, 100, [0.99, 0.99, 0.97]],
    ] as const;
    for (const [positions, count, shares] of published)
      for (const [v, truth] of verdicts.entries()) {
        let right = 0;
        for (let run = 0; run < 100; run++) {
          const one = drawEnvironments(pairModels[truth], count, positions, new Random(12, truth, positions, count, run), ['X', 'Y']);
          const edge = withinTest(one, 0, 1, strataOf(one, [])).p < 0.01;
          const forward = crossTest(one, 1, 0, strataOf(one, [0])).p > crossTest(one, 0, 1, strataOf(one, [1])).p;
          if ((edge ? (forward ? 'forward' : 'backward') : 'none') === truth) right += 1;
        }
        const share = shares[v] as number;
        expect(Math.abs(right / 100 - share)).toBeLessThan(0.02 + 3.3 * Math.sqrt((share * (1 - share) * 5) / 300));
      }
  });
});

describe('the two-position algorithm', () => {
  it('is right as often as an implementation of its own was: without and with the fallback', () => {
    const published = [
      [500, [0.32, 0.28, 0.86], [0.79, 0.76, 0.91]],
      [2000, [0.85, 0.84, 0.85], [0.98, 0.97, 0.9]],
    ] as const;
    const runs = 50;
    for (const [count, conservative, fallback] of published)
      for (const [v, truth] of verdicts.entries()) {
        const right = [0, 0];
        for (let run = 0; run < runs; run++) {
          const random = new Random(13, truth, count, run);
          const one = drawEnvironments(pairModels[truth], count, 2, random, ['X', 'Y']);
          const decision = decidePair(one, drawPairs(one, random.split('pairs')));
          if (decision.conservative === truth) right[0] = (right[0] as number) + 1;
          if (decision.verdict === truth) right[1] = (right[1] as number) + 1;
        }
        for (const [k, share] of [conservative[v] as number, fallback[v] as number].entries())
          expect(Math.abs((right[k] as number) / runs - share)).toBeLessThan(0.01 + 3.3 * Math.sqrt((share * (1 - share) * 6) / 5 / runs));
      }
  });
});
