import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryStudy } from '../../src/data/memory.ts';
import { diagnoseEnvironments } from '../../src/exchangeable/diagnose.ts';
import { discoverySteps } from '../../src/exchangeable/discover.ts';
import { type Environments, readEnvironments, sizesOf } from '../../src/exchangeable/environments.ts';
import { drawEnvironments, tableModel, xorModel } from '../../src/exchangeable/processes.ts';
import { ratesTogether } from '../../src/exchangeable/together.ts';
import { pairDependence, variationOf } from '../../src/exchangeable/variation.ts';
import { Random } from '../../src/math/random.ts';
import { atOnce } from '../../src/run/steps.ts';
import { binomialBelow, pairModels } from './processes-support.ts';

const berkeley = async (): Promise<Environments> => {
  const csv = readFileSync(new URL('../../../../examples/data/berkeley.csv', import.meta.url), 'utf8');
  const study = await memoryStudy({ name: 'applications', regime: { set: [], environment: 'Dept' }, count: 'Freq' }, { csv });
  if (!study.ok) throw new Error(study.issues[0]?.message);
  const environments = await readEnvironments([study.value], ['Gender', 'Admit']);
  if (!environments.ok) throw new Error(environments.issues[0]?.message);
  return environments.value;
};

describe('Berkeley admissions, departments as environments', () => {
  it('are read with their counts', async () => {
    const environments = await berkeley();
    expect(environments.labels).toEqual(['A', 'B', 'C', 'D', 'E', 'F']);
    expect([...sizesOf(environments)]).toEqual([933, 585, 918, 792, 584, 714]);
  });

  it('the share of women and the admission rates vary together: correlations -.75 and -.82', async () => {
    const environments = await berkeley();
    const [first, second] = ratesTogether(environments, [[], [0]]);
    expect([first, second].map((pair) => Math.abs(pair?.correlation ?? 0).toFixed(2))).toEqual(['0.82', '0.75']);
    const { diagnostics, constant } = diagnoseEnvironments(environments, [[], [0]], atOnce(discoverySteps(environments)));
    expect(constant).toBe(false);
    const found = diagnostics.find(({ name }) => name === 'independent-mechanisms');
    expect(found).toMatchObject({ level: 'fail' });
    expect(found?.says).toMatch(/^P\(Gender=.*\) and P\(Admit=.* \| Gender=.*\) vary together \(correlation -?0\.82 over 6 environments/u);
    expect(diagnostics.some(({ name }) => name === 'environments')).toBe(true);
  });
});

it('readEnvironments: what it cannot read, and studies as environments', async () => {
  const study = async (name: string, environment: string | undefined, csv: string, set: readonly string[] = []) => {
    const found = await memoryStudy({ name, regime: { set, ...(environment && { environment }) } }, { csv });
    if (!found.ok) throw new Error(found.issues[0]?.message);
    return found.value;
  };
  const codes = async (...[studies, names]: Parameters<typeof readEnvironments>) => {
    const found = await readEnvironments(studies, names);
    return found.ok ? [] : found.issues.map(({ code }) => code);
  };
  const one = await study('one', undefined, 'X,Y,R\n0,1,0.5\n1,1,0.25\n');
  const two = await study('two', 'E', 'E,X,Y\na,1,2\nb,0,1\na,0,2\n');
  expect(await codes([one], ['X', 'Y'])).toEqual(['one-environment']);
  expect(await codes([one], ['X', 'Z', 'R'])).toEqual(['unknown-variable', 'not-finite']);
  expect(await codes([two, await study('set', 'E', 'E,X,Y\na,1,1\nb,0,1\n', ['X'])], ['X'])).toEqual(['not-watched']);
  const both = await readEnvironments([one, two], ['Y', 'X']);
  if (!both.ok) throw new Error();
  expect(both.value.labels).toEqual(['one', 'two: a', 'two: b']);
  expect([...both.value.starts]).toEqual([0, 2, 4, 5]);
  expect(both.value.columns.map((column, v) => [...column].map((code) => both.value.levels[v]?.[code]).join(''))).toEqual([
    '11221',
    '01100',
  ]);
});

/** Of `runs` draws: whether the number of rejections is one that level .05 can give (within .035 to .065, once in a thousand). */
const atLevel = (rejected: number, runs: number): boolean =>
  binomialBelow(rejected, runs, 0.035) > 0.001 && 1 - binomialBelow(rejected - 1, runs, 0.065) > 0.001;

describe('what the tests of environments say', () => {
  const runs = 200;
  const rejections = (reject: (random: Random) => boolean): number =>
    Array.from({ length: runs }, (_, run) => reject(new Random(41, run))).filter(Boolean).length;
  const fixed = xorModel(
    [
      ['X', []],
      ['Y', ['X']],
    ],
    new Map([
      ['X', 0.3],
      ['Y', 0.2],
    ]),
  );

  it('no variation: rejected 5 times in 100 where nothing varies, found where it does, and its share is right', () => {
    for (const [count, positions] of [
      [6, 300],
      [300, 2],
      [60, 7],
    ] as const)
      expect(
        atLevel(
          rejections((random) => variationOf(drawEnvironments(fixed, count, positions, random), 1, [0]).p < 0.05),
          runs,
        ),
      ).toBe(true);
    const { p, share } = variationOf(drawEnvironments(pairModels.forward, 20_000, 3, new Random(42)), 0, []);
    expect(p).toBeLessThan(1e-6);
    // Beta(1, 3): 1 / (1 + 3 + 1).
    expect(Math.abs(share - 0.2)).toBeLessThan(0.018);
  });

  it('mechanisms vary together: rejected 5 times in 100 where they do not', () => {
    for (const [count, positions] of [
      [6, 300],
      [300, 4],
    ] as const)
      expect(
        atLevel(
          rejections((random) => (ratesTogether(drawEnvironments(pairModels.none, count, positions, random), [[], []])[0]?.p ?? 1) < 0.05),
          runs,
        ),
      ).toBe(true);
  });

  it('agreement of pairs: 5 times in 100 where nothing connects X and Y; seen where symmetric variation blinds all tests of two records', () => {
    const apart = (random: Random) =>
      drawEnvironments(
        xorModel(
          [
            ['X', []],
            ['Y', []],
          ],
          [1, 1],
        ),
        300,
        3,
        random,
      );
    expect(
      atLevel(
        rejections((random) => pairDependence(apart(random), 0, 1).p < 0.05),
        runs,
      ),
    ).toBe(true);
    const symmetric = drawEnvironments(
      xorModel(
        [
          ['X', []],
          ['Y', ['X']],
        ],
        [1, 1],
      ),
      500,
      2,
      new Random(43),
    );
    const found = atOnce(discoverySteps(symmetric));
    expect(found.edges).toEqual([]);
    const { diagnostics, blind } = diagnoseEnvironments(symmetric, [[], []], found);
    expect(blind).toEqual([[0, 1]]);
    expect(diagnostics.find(({ name }) => name === 'symmetric-variation')?.says).toMatch(/^X and Y show no dependence within records/u);
  });
});

it('nothing varies: said so, and no direction is claimed', () => {
  const fixed = xorModel(
    [
      ['X', []],
      ['Y', ['X']],
    ],
    0.25,
  );
  const environments = drawEnvironments(fixed, 400, 5, new Random(44));
  const found = atOnce(discoverySteps(environments));
  expect(found.edges.map(({ oriented }) => oriented)).toEqual([false]);
  const { constant, diagnostics } = diagnoseEnvironments(environments, [[], [0]], found);
  expect(constant).toBe(true);
  expect(diagnostics.find(({ name }) => name === 'variation')).toMatchObject({ level: 'warn' });
  expect(diagnostics.some(({ name }) => name === 'orientation')).toBe(true);
});

it('too few environments to orient: about 1,000 are asked for where theory says 1,000', () => {
  // All ordered pairs of two records: half of what the test of one pair needs (2,054), more or less.
  const guesses: number[] = [];
  for (let run = 0; run < 30; run++) {
    const environments = drawEnvironments(pairModels.forward, 400, 2, new Random(45, run));
    const found = atOnce(discoverySteps(environments));
    for (const { name, figure } of diagnoseEnvironments(environments, [[], [0]], found).diagnostics)
      if (name === 'orientation' && figure !== undefined) guesses.push(figure);
  }
  guesses.sort((a, b) => a - b);
  const median = guesses[Math.floor(guesses.length / 2)] as number;
  expect(median).toBeGreaterThan(400);
  expect(median).toBeLessThan(4000);
});

it('rows that vary on their own are independent mechanisms', () => {
  const environments = drawEnvironments(tableModel([1, 3], [[1, 4], [5, 2]]), 800, 6, new Random(46)); // biome-ignore format: small
  const { diagnostics } = diagnoseEnvironments(environments, [[], [0]]);
  expect(diagnostics.map(({ name, level }) => [name, level])).toEqual([
    ['independent-mechanisms', 'ok'],
    ['variation', 'ok'],
  ]);
});
