import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agreementOf } from '../../src/bounds/agreement.ts';
import { expectation } from '../../src/bounds/contract.ts';
import { loadSolver } from '../../src/bounds/highs.ts';
import { openBlock } from '../../src/bounds/linear.ts';
import type { Cell, Digit, Literal, Programme, Stratum } from '../../src/bounds/programme.ts';
import { Random } from '../../src/math/random.ts';
import { chiSquareSurvival } from '../../src/math/special.ts';
import { atOnce } from '../../src/run/steps.ts';
import { published, tableOne, xy } from './em-programmes.ts';

const solver = await loadSolver();
const nothing: Programme['target'] = { numerator: [] };

/** Tables of one block whose strata are its studies: multinomial, stratum by stratum. */
const drawFrom =
  (programme: Programme) =>
  (fitted: Float64Array, random: Random): readonly Cell[] => {
    const cells = [...programme.cells];
    for (const [stratum, { exact }] of programme.strata.entries()) {
      if (exact) continue;
      const own = cells.flatMap((cell, i) => (cell.stratum === stratum ? [i] : []));
      const size = own.reduce((sum, i) => sum + (cells[i] as Cell).count, 0);
      const counts = random.split(stratum).multinomial(
        size,
        own.map((i) => Math.max(0, fitted[i] as number)),
      );
      for (const [k, i] of own.entries())
        cells[i] = { ...(cells[i] as Cell), count: counts[k] as number, target: (counts[k] as number) / size };
    }
    return cells;
  };

/** Studies of the same variables under the same regime: each a list of counts over the levels of one variable. */
function copies(studies: readonly (readonly number[])[]): Programme {
  const levels = (studies[0] ?? []).map(String);
  const strata: Stratum[] = studies.map((_, i) => ({ block: 0, study: `s${i}`, says: '', exact: false }));
  const cells = studies.flatMap((counts, stratum) => {
    const size = counts.reduce((a, b) => a + b, 0);
    return counts.map(
      (count, value): Cell => ({
        stratum,
        form: [{ coefficient: 1, literals: [{ digit: 0, value }] }],
        says: `P(V=${value})`,
        count,
        target: count / size,
      }),
    );
  });
  const digits: Digit[] = [{ variable: 'V', parents: [], context: [], levels }];
  return {
    blocks: [{ name: 'V', children: ['V'], digits, forbidden: [], independences: [], complete: true }],
    strata,
    cells,
    restrictions: [],
    target: nothing,
  };
}

test('Table 1 agrees strictly', async () => {
  const programme = tableOne(published);
  const outcome = await agreementOf(solver, programme, { draw: drawFrom(programme) });
  expect(outcome.agreement).toEqual({ gap: 0, gapAtLeast: 0, strict: true });
  expect(outcome.conflict).toBe(false);
  expect(outcome.programme).toBe(programme);
});

describe('two studies of one distribution', () => {
  test('the gap is half of the G statistic, the projection pools, the p-value is that of the chi-square', async () => {
    for (const [a, b] of [
      [
        [100, 120, 80, 100],
        [95, 140, 70, 85],
      ],
      [
        [30, 50, 12, 60],
        [52, 40, 25, 41],
      ],
    ] as const) {
      const programme = copies([a, b]);
      const { agreement, programme: projected } = await agreementOf(solver, programme, { draw: drawFrom(programme), seed: 5 });
      const [n, m] = [a, b].map((counts) => counts.reduce((x, y) => x + y, 0)) as [number, number];
      const g = [...a].reduce((sum, count, i) => {
        const other = b[i] as number;
        const pooled = (count + other) / (n + m);
        return sum + count * Math.log(count / n / pooled) + other * Math.log(other / m / pooled);
      }, 0);
      expect(agreement?.gap).toBeCloseTo(g, 8);
      expect(agreement?.gapAtLeast).toBeCloseTo(g, 8);
      expect(agreement?.strict).toBe(false);
      for (const [i, { target }] of (projected as Programme).cells.entries())
        expect(target).toBeCloseTo(((a[i % 4] as number) + (b[i % 4] as number)) / (n + m), 9);
      const p = chiSquareSurvival(2 * g, 3);
      const { pValue, draws } = agreement as { pValue: number; draws: number };
      expect(Math.abs(pValue - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws) + 0.01);
    }
  });

  test('noise is rarely called conflict', async () => {
    let rejected = 0;
    for (let i = 0; i < 40; i++) {
      const random = new Random(i, 'noise');
      const shares = [0.1, 0.4, 0.3, 0.2];
      const programme = copies([[...random.multinomial(150, shares)], [...random.multinomial(300, shares)]]);
      const { conflict, agreement } = await agreementOf(solver, programme, { draw: drawFrom(programme), seed: i });
      expect(agreement?.strict).toBe(false);
      if (conflict) rejected++;
    }
    expect(rejected).toBeGreaterThan(0);
    expect(rejected).toBeLessThan(6);
  });
});

describe('observation and a trial', () => {
  const observed = [
    [300, 100],
    [150, 450],
  ];
  const withArm = (survived: number, size: number): Programme =>
    xy(
      {
        observed,
        trial: [
          [0, 0],
          [size - survived, survived],
        ],
      },
      nothing,
    );

  test('one inequality: the p-value is half of a chi-square tail', async () => {
    // P(Y(1)=1) >= P(X=1, Y=1) = 0.45.
    const programme = withArm(425, 1000);
    const { agreement, conflict } = await agreementOf(solver, programme, { draw: drawFrom(programme), seed: 2 });
    const p = chiSquareSurvival(2 * (agreement?.gap ?? 0), 1) / 2;
    const { pValue, draws } = agreement as { pValue: number; draws: number };
    expect(p).toBeGreaterThan(0.05);
    expect(Math.abs(pValue - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws) + 0.01);
    expect(conflict).toBe(false);
  });

  test('a planted conflict is called one, with the inequality and both studies', async () => {
    const programme = withArm(300, 1000);
    const { agreement, conflict, programme: projected } = await agreementOf(solver, programme, { draw: drawFrom(programme) });
    expect(conflict).toBe(true);
    expect(agreement?.pValue).toBeLessThan(0.01);
    expect(agreement?.draws).toBeLessThan(300);
    expect(agreement?.gap).toBeGreaterThan(10);
    expect(agreement?.violated?.left).toBeCloseTo(0.45, 12);
    expect(agreement?.violated?.right).toBeCloseTo(0.3, 12);
    expect([...(agreement?.violated?.studies ?? [])].sort()).toEqual(['i', 'o']);
    const block = atOnce(openBlock(solver, projected as Programme, 0));
    expect(block.conflict).toBeUndefined();
    block.close();
  });

  test('exact probabilities that contradict each other need no p-value', async () => {
    const programme = withArm(440, 1000);
    const exact = {
      ...programme,
      strata: programme.strata.map((stratum) => ({ ...stratum, exact: true })),
      cells: programme.cells.map((cell) => ({ ...cell, count: cell.target })),
    };
    const outcome = await agreementOf(solver, exact, { draw: drawFrom(exact) });
    expect(outcome.conflict).toBe(true);
    expect(outcome.agreement?.pValue).toBeUndefined();
    expect(outcome.programme).toBeUndefined();
    expect(outcome.agreement?.gap).toBeGreaterThan(0);
    expect(outcome.agreement?.gap).toBeLessThan(1e-3);
  });

  test('an exact study beside a sample: the exact one stands, the sample is noise', async () => {
    const programme = withArm(425, 1000);
    const mixed = { ...programme, strata: programme.strata.map((stratum, i) => ({ ...stratum, exact: i === 0 })) };
    const { agreement, conflict, programme: projected } = await agreementOf(solver, mixed, { draw: drawFrom(mixed), seed: 4 });
    const gap = 425 * Math.log(0.425 / 0.45) + 575 * Math.log(0.575 / 0.55);
    expect(agreement?.gap).toBeCloseTo(gap, 7);
    expect(conflict).toBe(false);
    const arm = (projected as Programme).cells.find(({ count }) => count === 425);
    expect(arm?.target).toBeCloseTo(0.45, 8);
    const p = chiSquareSurvival(2 * gap, 1) / 2;
    const { pValue, draws } = agreement as { pValue: number; draws: number };
    expect(Math.abs(pValue - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws) + 0.01);
  });
});

test('an instrument can be refuted by one study alone', async () => {
  // P(X=0, Y=0 | Z=0) + P(X=0, Y=1 | Z=1) <= 1 (Pearl 1995) is broken.
  const levels = ['0', '1'];
  const digit = (variable: string, parent: string, value: string): Digit => ({ variable, parents: [parent], context: [value], levels });
  const counts = [
    [700, 100, 100, 100],
    [100, 700, 100, 100],
  ];
  const cells = counts.flatMap((table, z) =>
    table.map((count, i): Cell => {
      const [x, y] = [i >> 1, i & 1];
      const literals: Literal[] = [
        { digit: z, value: x },
        { digit: 2 + x, value: y },
      ];
      return { stratum: z, form: [{ coefficient: 1, literals }], says: `P(X=${x}, Y=${y} | Z=${z})`, count, target: count / 1000 };
    }),
  );
  const programme: Programme = {
    blocks: [
      {
        name: 'X, Y',
        children: ['X', 'Y'],
        digits: [digit('X', 'Z', '0'), digit('X', 'Z', '1'), digit('Y', 'X', '0'), digit('Y', 'X', '1')],
        forbidden: [],
        independences: [],
        complete: true,
      },
    ],
    strata: [0, 1].map((z) => ({ block: 0, study: 'survey', says: `Z=${z}`, exact: false })),
    cells,
    restrictions: [],
    target: nothing,
  };
  const { agreement, conflict, projections } = await agreementOf(solver, programme, { draw: drawFrom(programme) });
  expect(conflict).toBe(true);
  expect(agreement?.violated?.studies).toEqual(['survey']);
  expect((agreement?.violated?.left ?? 0) - (agreement?.violated?.right ?? 0)).toBeCloseTo(0.4, 9);
  const point = projections[0]?.fit.point();
  for (const [i, { form }] of cells.entries())
    expect(expectation(form, point ?? { groups: [] })).toBeCloseTo(projections[0]?.fit.fitted[i] as number, 12);
});

test('the same seed gives the same digits; another gives others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 1000 }), async (seed) => {
      const programme = copies([
        [30, 50, 20],
        [45, 45, 30],
      ]);
      const run = async (at: number): Promise<number> =>
        (await agreementOf(solver, programme, { draw: drawFrom(programme), seed: at, draws: 99 })).agreement?.pValue as number;
      expect(await run(seed)).toBe(await run(seed));
    }),
    { numRuns: 5, seed: 1 },
  );
});
