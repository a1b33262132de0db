import { describe, expect, it } from 'vitest';
import { diagnoseAdditive } from '../../src/additive/diagnose.ts';
import { fitAdditive } from '../../src/additive/fit.ts';
import { settingOf } from '../../src/additive/gather.ts';
import { type HoldOut, holdOuts } from '../../src/additive/hold-out.ts';
import { judgeHoldOut } from '../../src/additive/scale.ts';
import { testingFit } from '../../src/additive/testing.ts';
import { exp } from '../../src/math/elementary.ts';
import { Random } from '../../src/math/random.ts';
import { betaLower } from '../../src/math/special.ts';
import { trial } from './diagnose-support.ts';
import { point, unwrap } from './fit-support.ts';

type Record3 = readonly [...number[], number];

async function heldOut({ study, plan }: ReturnType<typeof trial>): Promise<HoldOut> {
  const setting = unwrap(await settingOf([plan], [study]));
  const [found, ...more] = await holdOuts(setting, plan, await testingFit(setting, undefined, {}), {});
  expect(more).toEqual([]);
  if (found === undefined) throw new Error('nothing held out');
  return found;
}

/** N, P, K, yield of the factorial on peas (Yates 1937; R datasets, npk), blocks aside. */
const peas: Record3[] = [
  [0, 1, 1, 49.5],
  [1, 1, 0, 62.8],
  [0, 0, 0, 46.8],
  [1, 0, 1, 57],
  [1, 0, 0, 59.8],
  [1, 1, 1, 58.5],
  [0, 0, 1, 55.5],
  [0, 1, 0, 56],
  [0, 1, 0, 62.8],
  [1, 1, 1, 55.8],
  [1, 0, 0, 69.5],
  [0, 0, 1, 55],
  [1, 0, 0, 62],
  [1, 1, 1, 48.8],
  [0, 0, 1, 45.5],
  [0, 1, 0, 44.2],
  [1, 1, 0, 52],
  [0, 0, 0, 51.5],
  [1, 0, 1, 49.8],
  [0, 1, 1, 48.8],
  [1, 0, 1, 57.2],
  [1, 1, 0, 59],
  [0, 1, 1, 53.2],
  [0, 0, 0, 56],
];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('combinations of treatments held out', () => {
  it('peas: 67.23 predicted against 54.37 measured, and the F test of all interactions', async () => {
    const levels = { N: ['0', '1'], P: ['0', '1'], K: ['0', '1'] };
    for (const asked of [{}, { levels }]) {
      const made = trial(['N', 'P', 'K'], peas, asked);
      const found = await heldOut(made);
      expect(found.points).toBe(4);
      const cell = (n: number, p: number, k: number): number[] =>
        peas.filter((plot) => plot[0] === n && plot[1] === p && plot[2] === k).map((plot) => plot[3] as number);
      const control = mean(cell(0, 0, 0));
      const single = [mean(cell(1, 0, 0)), mean(cell(0, 1, 0)), mean(cell(0, 0, 1))] as const;
      expect(single[0] + single[1] + single[2] - 2 * control).toBeCloseTo(67.23, 2);
      expect(mean(cell(1, 1, 1))).toBeCloseTo(54.37, 2);
      const joint: (readonly [number, number, number])[] = [
        [1, 1, 0],
        [1, 0, 1],
        [0, 1, 1],
        [1, 1, 1],
      ];
      const gaps = joint.map(([n, p, k]) => {
        const predicted = control + n * (single[0] - control) + p * (single[1] - control) + k * (single[2] - control);
        return predicted - mean(cell(n, p, k));
      });
      expect(found.raw?.rmse).toBeCloseTo(Math.sqrt(mean(gaps.map((gap) => gap * gap))), 9);
      expect(found.raw?.deviation).toBeCloseTo(mean(gaps), 9);
      // Analysis of variance of a balanced 2^3 design: four orthogonal contrasts of 24 plots each, 16 degrees of freedom within cells.
      const sign = (value: number): number => 2 * value - 1;
      const squares = [
        [0, 1],
        [0, 2],
        [1, 2],
        [0, 1, 2],
      ].map((factors) => {
        const contrast = peas.reduce(
          (sum, plot) => sum + factors.reduce((product, f) => product * sign(plot[f] as number), 1) * (plot[3] as number),
          0,
        );
        return contrast ** 2 / 24;
      });
      const within = peas.reduce(
        (sum, plot) => sum + ((plot[3] as number) - mean(cell(plot[0] as number, plot[1] as number, plot[2] as number))) ** 2,
        0,
      );
      const f = squares.reduce((sum, square) => sum + square, 0) / 4 / (within / 16);
      expect(found.raw?.tests[0]?.statistic).toBeCloseTo(f, 9);
      expect(found.raw?.tests[0]?.p).toBeCloseTo(betaLower(16 / (16 + 4 * f), 8, 2), 12);
      const { diagnostics, refusal } = judgeHoldOut(made.plan.assumption, found);
      expect(diagnostics[0]).toMatchObject({ name: 'hold-out', level: 'warn' });
      expect(diagnostics[0]?.says).toContain('too few');
      expect(refusal).toBeUndefined();
    }
  });

  /** A 9 x 9 field trial, two plots a cell, in which neither of two nutrients does anything alone. */
  const starved = (seed: number): Record3[] => {
    const random = new Random(seed, 'field');
    const doses = [0, 40, 80, 120, 160, 200, 240, 280, 320];
    return doses.flatMap((p) =>
      doses.flatMap((n) =>
        [1, 2].map((): Record3 => [p, n, 15 + 0.35 * Math.sqrt(p * n) * (1 - (0.25 * (p + n)) / 640) + 7 * random.normal()]),
      ),
    );
  };

  it('nutrients that need each other: refused', async () => {
    const made = trial(['P', 'N'], starved(1));
    const fit = unwrap(await fitAdditive([made.plan], [made.study], { basis: 'polynomial', degree: 2 }));
    const found = await diagnoseAdditive(fit, [made.plan], [made.study], [point(made.plan, [160, 160])]);
    expect(found.diagnostics.find(({ name }) => name === 'hold-out')?.level).toBe('fail');
    expect(found.diagnostics.find(({ name }) => name === 'scale')?.level).toBe('fail');
    expect(found.refusal).toMatch(/^The studies contradict additive\(Y; P, N\).*too low/u);
    // The miss is what the nutrients do together: its mean over the 64 joint cells, up to the noise of nine plots.
    const { raw } = await heldOut(made);
    const truth = [40, 80, 120, 160, 200, 240, 280, 320];
    const together = mean(truth.flatMap((p) => truth.map((n) => 0.35 * Math.sqrt(p * n) * (1 - (0.25 * (p + n)) / 640))));
    expect(Math.abs((raw?.deviation ?? 0) + together)).toBeLessThan(20);
  });

  /** Two drugs on a 6 x 6 grid of doses, one plate: effects multiply but for what they do together. `alone`: the most that one can do. */
  const plate = (synergy: number, noise = 0, alone = 0.75): Record3[] => {
    const random = new Random(1, 'plate');
    const [first, second] = [
      [0, 10, 39, 156, 625, 2500],
      [0, 0.2, 0.8, 3.1, 12.5, 50],
    ];
    const left = (dose: number, half: number): number => 1 - alone + alone / (1 + dose / half);
    return (first as number[]).flatMap((a) =>
      (second as number[]).map((b): Record3 => {
        const both = a > 0 && b > 0 ? exp(-synergy) : 1;
        return [a, b, 120 * left(a, 8) * left(b, 3) * both * (1 + noise * random.normal())];
      }),
    );
  };

  it('effects that multiply: the logarithm is advised, and with it nothing is wrong', async () => {
    const drugs = ['first', 'second'];
    const raw = trial(drugs, plate(0, 0.03));
    const found = await heldOut(raw);
    const advised = judgeHoldOut(raw.plan.assumption, found);
    expect(advised.diagnostics[1]).toMatchObject({ name: 'scale', level: 'warn' });
    expect(advised.diagnostics[1]?.says).toContain('Assume additive(log Y; first, second)');
    expect(found.log?.rmse).toBeLessThan(0.25 * (found.raw?.rmse ?? 0));
    // Without noise nothing is missed.
    expect((await heldOut(trial(drugs, plate(0)))).log?.rmse).toBeLessThan(1e-9);
    const log = trial(drugs, plate(0, 0.03), { log: true });
    const kept = judgeHoldOut(log.plan.assumption, await heldOut(log));
    expect(kept.diagnostics).toHaveLength(1);
    expect(kept.diagnostics[0]?.level).toBe('ok');
  });

  it('synergy on both scales: no scale is advised, and the answer refused', async () => {
    const made = trial(['first', 'second'], plate(1.5, 0.03, 0.2));
    const verdict = judgeHoldOut(made.plan.assumption, await heldOut(made));
    expect(verdict.diagnostics.map(({ name, level }) => `${name} ${level}`)).toEqual(['hold-out fail', 'scale fail']);
    expect(verdict.refusal).toBeDefined();
  });

  it('a continuum of doses has no cells, and negative outcomes no logarithm', async () => {
    const random = new Random(2, 'continuum');
    const records = Array.from({ length: 500 }, (): Record3 => [random.normal(), random.normal(), random.normal()]);
    const { study, plan } = trial(['A', 'B'], records);
    const setting = unwrap(await settingOf([plan], [study]));
    expect(await holdOuts(setting, plan, await testingFit(setting, undefined, {}), {})).toEqual([]);
    const signed = await heldOut(
      trial(
        ['N', 'P', 'K'],
        peas.map((plot) => [plot[0] as number, plot[1] as number, plot[2] as number, (plot[3] as number) - 50]),
      ),
    );
    expect(signed.log).toBeUndefined();
    expect(signed.raw).toBeDefined();
  });
});
