import { expect, it } from 'vitest';
import { crossTest } from '../../src/exchangeable/clustered.ts';
import { discoverySteps } from '../../src/exchangeable/discover.ts';
import { drawEnvironments, xorModel } from '../../src/exchangeable/processes.ts';
import { strataOf } from '../../src/exchangeable/strata.ts';
import { threePositionTest } from '../../src/exchangeable/three-position.ts';
import { Random } from '../../src/math/random.ts';
import { atOnce } from '../../src/run/steps.ts';
import { binomialBelow, environmentsOf } from './processes-support.ts';

const heavy = process.env.DOABLE_HEAVY !== undefined;
const forward = [
  ['X', []],
  ['Y', ['X']],
] as const;
const apart = [
  ['X', []],
  ['Y', []],
] as const;

it('symmetric noise: the direction from three records, where two tell nothing', () => {
  const runs = heavy ? 400 : 60;
  let [level, unconnected, power, right, two] = [0, 0, 0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const environments = drawEnvironments(xorModel(forward, [1, 1]), 300, 5, new Random(61, run), ['X', 'Y']);
    const [ofX, ofY] = [threePositionTest(environments, 0, 1), threePositionTest(environments, 1, 0)];
    if (ofX.p < 0.05) power += 1;
    if (ofY.p < 0.05) level += 1;
    if (ofX.p < ofY.p) right += 1;
    if (crossTest(environments, 0, 1, strataOf(environments, [1])).p < 0.05) two += 1;
    const none = drawEnvironments(xorModel(apart, [1, 1]), 300, 5, new Random(62, run), ['X', 'Y']);
    if (threePositionTest(none, 0, 1).p < 0.05) unconnected += 1;
  }
  const notAbove = (rejected: number, most: number): boolean => 1 - binomialBelow(rejected - 1, runs, most) > 0.001;
  expect([level, unconnected, two].every((rejected) => notAbove(rejected, 0.06))).toBe(true);
  expect(binomialBelow(power, runs, 0.88)).toBeGreaterThan(0.001);
  expect(binomialBelow(right, runs, 0.95)).toBeGreaterThan(0.001);
});

it('the statistic from its definition: triples of records one by one', () => {
  const random = new Random(63);
  const records = Array.from({ length: 80 }, () => {
    const [p, q] = [random.next(), random.next()];
    return Array.from({ length: 3 + random.integer(3) }, () => {
      const x = random.next() < p ? 1 : 0;
      return [x, random.next() < q ? 1 - x : x];
    });
  });
  const environments = environmentsOf(['X', 'Y'], [2, 2], records);
  // Y's pair 00, 01, 11; X's pair in the order of Y's where these differ, else whether none, one or both are 1.
  const triples = records.flatMap((own, e) =>
    own.flatMap((l, i) =>
      own.slice(i + 1).map((m, j) => {
        const [one, two] = (l[1] as number) <= (m[1] as number) ? [l, m] : [m, l];
        const rest = own.filter((_, n) => n !== i && n !== i + 1 + j);
        const [x1, x2] = [one[0] as number, two[0] as number];
        const kind = one[1] === two[1] ? `same ${x1 + x2}` : `${x1}${x2}`;
        return { e, stratum: `${one[1]}${two[1]}`, kind, third: rest.reduce((sum, [, y]) => sum + (y as number), 0) / rest.length };
      }),
    ),
  );
  const cells = [...new Set(triples.map(({ stratum, kind }) => `${stratum}|${kind}`))].sort();
  const mean = (of: readonly number[]): number => of.reduce((sum, one) => sum + one, 0) / of.length;
  const vectors = records.map((_, e) =>
    cells.map((cell) => {
      const [stratum, kind] = cell.split('|') as [string, string];
      const all = triples.filter((triple) => triple.stratum === stratum);
      const share = mean(all.map((triple) => (triple.kind === kind ? 1 : 0)));
      const third = mean(all.map((triple) => triple.third));
      return all
        .filter((triple) => triple.e === e)
        .reduce((sum, triple) => sum + ((triple.kind === kind ? 1 : 0) - share) * (triple.third - third), 0);
    }),
  );
  // Each stratum's kinds sum to 0: the last of each is left out, then s' M^-1 s by elimination.
  const kept = cells.map((_, i) => i).filter((i) => cells[i]?.split('|')[0] === cells[i + 1]?.split('|')[0]);
  const matrix = kept.map((i) => [
    ...kept.map((j) => vectors.reduce((sum, u) => sum + (u[i] as number) * (u[j] as number), 0)),
    vectors.reduce((sum, u) => sum + (u[i] as number), 0),
  ]);
  const sums = matrix.map((row) => row.at(-1) as number);
  for (const [i, row] of matrix.entries())
    for (const [k, target] of matrix.entries()) {
      if (k === i) continue;
      const factor = (target[i] as number) / (row[i] as number);
      for (let j = 0; j < row.length; j++) target[j] = (target[j] as number) - factor * (row[j] as number);
    }
  const expected = matrix.reduce((sum, row, i) => sum + ((sums[i] as number) * (row.at(-1) as number)) / (row[i] as number), 0);
  const found = threePositionTest(environments, 0, 1);
  expect(found.degrees).toBe(kept.length);
  expect(found.statistic).toBeCloseTo(expected, 6);
});

it('discovery draws the edge that two records cannot show, and says so; pairs of records stay silent', () => {
  let right = 0;
  for (let run = 0; run < 10; run++) {
    const environments = drawEnvironments(xorModel(forward, [1, 1]), 300, 10, new Random(64, run), ['Y', 'X']);
    const { edges, order } = atOnce(discoverySteps(environments));
    if (edges.length === 1 && edges[0]?.from === 1 && edges[0].oriented && edges[0].positions === 3 && order.join() === '1,0') right += 1;
  }
  expect(right).toBeGreaterThanOrEqual(9);
  const pairs = drawEnvironments(xorModel(forward, [1, 1]), 500, 2, new Random(65), ['Y', 'X']);
  expect(threePositionTest(pairs, 0, 1)).toEqual({ statistic: 0, degrees: 0, p: 1, environments: 0 });
  expect(atOnce(discoverySteps(pairs)).edges).toEqual([]);
});
