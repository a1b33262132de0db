import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitAdditive } from '../../src/additive/fit.ts';
import { hullOf, inHull } from '../../src/additive/hull.ts';
import { type Support, supportOf } from '../../src/additive/support.ts';
import type { TargetPoint } from '../../src/additive/targets.ts';
import type { AdditivePlan } from '../../src/additive/terms.ts';
import type { Study } from '../../src/data/study.ts';
import { exp } from '../../src/math/elementary.ts';
import { Random } from '../../src/math/random.ts';
import { trial } from './diagnose-support.ts';
import { actionNames, drawSingles, linearModel, planOf, point, singles, studyOf, unwrap } from './fit-support.ts';

describe('convex hull', () => {
  const coordinate = fc.integer({ min: -6, max: 6 });

  it('holds exactly the points that no line separates from the others', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 9 }), coordinate, coordinate, (points, x, y) => {
        const corners = hullOf(
          points.map(([a]) => a),
          points.map(([, b]) => b),
        );
        // Lines through the point and one of the others, turned a little to either side, and those across them: enough on a grid this small.
        const separated = [
          ...points,
          ...points.flatMap((one) => points.map((other): [number, number] => [one[0] - other[0] + x, one[1] - other[1] + y])),
        ].some(([a, b]) =>
          [
            [a - x, b - y],
            [b - y, x - a],
          ].some(([dx = 0, dy = 0]) =>
            [-1, 1].some((side) =>
              [-1e-4, 0, 1e-4].some((turn) => {
                const normal = [side * (dx + turn * dy), side * (dy - turn * dx)] as const;
                return points.every(([px, py]) => normal[0] * (px - x) + normal[1] * (py - y) > 0);
              }),
            ),
          ),
        );
        expect(inHull(corners, [x, y], 1e-9)).toBe(!separated);
      }),
      { numRuns: 400, seed: 1 },
    );
  });

  it('of many points on a circle has them all', () => {
    const angles = Array.from({ length: 100 }, (_, i) => (2 * Math.PI * i) / 100);
    const corners = hullOf(angles.map(Math.cos), angles.map(Math.sin));
    expect(corners).toHaveLength(100);
    expect(inHull(corners, [0.99, 0], 0)).toBe(true);
    expect(inHull(corners, [0.99 * Math.cos(angles[0] as number) + 0.02, 0], 0)).toBe(false);
  });
});

async function look(
  plan: AdditivePlan,
  studies: readonly Study[],
  combinations: readonly TargetPoint[][],
  shared = false,
): Promise<Support> {
  const fit = unwrap(await fitAdditive([plan], studies, { basis: 'linear', method: shared ? 'pooled' : 'direct' }));
  if (fit.model === undefined) throw new Error('no model');
  return supportOf(fit.model.setting, fit.model, combinations, shared, {});
}

describe('support', () => {
  it('the lognormal experiment of the paper does not meet assumption 2; a normal one does', async () => {
    const k = 5;
    const names = actionNames(k);
    const plan = planOf(names, singles(k), names);
    const share = async (noise: (random: Random) => number): Promise<Support> => {
      const random = new Random(3, 'support');
      const model = linearModel(random, k, noise);
      const studies = drawSingles(model, random, k, 2000);
      const joint = model.draw(random.split('joint'), [0, 1, 2, 3, 4], 200);
      return look(
        plan,
        studies,
        Array.from({ length: 200 }, (_, i) =>
          point(
            plan,
            names.map((name) => joint[name]?.[i] as number),
          ),
        ),
      );
    };
    const lognormal = await share((random) => exp(random.normal()));
    expect(lognormal.diagnostic).toMatchObject({ name: 'support', level: 'fail' });
    expect(lognormal.diagnostic.figure).toBeGreaterThan(0.5);
    expect(lognormal.diagnostic.figure).toBe(lognormal.supported.filter((inside) => !inside).length / 200);
    // What is watched exceeds its causes; what is set does not.
    expect(lognormal.diagnostic.says).toContain('watching (');
    const normal = await share((random) => random.normal());
    expect(normal.diagnostic.figure).toBeLessThan(0.1);
  });

  it('names the regime and the reason: range, pair, leverage', async () => {
    const random = new Random(1, 'reasons');
    const line = (set: readonly string[]): Study => {
      const A1 = Float64Array.from({ length: 500 }, () => random.normal());
      const A2 = A1.map((a) => (set.length > 0 ? random.normal() : a + 0.05 * random.normal()));
      return studyOf(set.length === 0 ? 'obs' : `do ${set[0]}`, set, { A1, A2, Y: A1.map((a) => a + random.normal()) });
    };
    const names = ['A1', 'A2'];
    const plan = planOf(names, singles(2), names);
    const studies = [[], ['A1'], ['A2']].map(line);
    const { supported, diagnostic } = await look(plan, studies, [point(plan, [0, 0]), point(plan, [1, -1]), point(plan, [9, 9])]);
    expect(supported).toEqual([true, false, false]);
    expect(diagnostic.says).toContain('watching (67 %): A1 = 1 never went with A2 = -1');
    expect(diagnostic.says).toContain('do(A1) (33 %): A1 = 9 was never seen there');
    expect(diagnostic.says).toContain('do(A2)');
    expect(diagnostic.level).toBe('fail');
  });

  it('leverage: p / n times three, by hand', async () => {
    // One action watched: 1 / n + (x - mean)^2 / S against 3 x 2 / n, so (x - mean)^2 up to five variances.
    const x = Float64Array.from({ length: 401 }, (_, i) => (i - 200) / 10);
    const records = { A1: x, Y: x.map((value, i) => value + (i % 3)) };
    // A uniform law ends at sqrt(3) standard deviations: stretch its range by two far records.
    records.A1[0] = -60;
    records.A1[400] = 60;
    const plan = planOf(['A1'], [{ set: [], studies: ['obs'] }], []);
    const study = studyOf('obs', [], records);
    const variance = records.A1.reduce((sum, value) => sum + value * value, 0) / 401;
    const edge = Math.sqrt(5 * variance);
    const { supported } = await look(plan, [study], [point(plan, [edge - 0.01]), point(plan, [edge + 0.01])]);
    expect(supported).toEqual([true, false]);
  });

  it('shared functions: doses may come from different plots, but each must have been given', async () => {
    const records = [0, 1, 2, 3].flatMap((dose) =>
      [0, 1, 2].map((i): [number, number, number] => (i % 2 === 0 ? [dose, 0, dose + i] : [0, dose, dose - i])),
    );
    const { study, plan } = trial(['A', 'B'], records);
    const inside = await look(plan, [study], [point(plan, [3, 3])], true);
    expect(inside.supported).toEqual([true]);
    const apart = await look(plan, [study], [point(plan, [3, 3])], false);
    expect(apart.supported).toEqual([false]);
    const beyond = await look(plan, [study], [point(plan, [3, 4])], true);
    expect(beyond.diagnostic.says).toContain('B = 4 was never seen there (0 to 3)');
  });

  it('levels: combinations without records are not supported, those with fewer than five are thin', async () => {
    const counts: readonly (readonly [number, number, number])[] = [
      [0, 0, 9],
      [0, 1, 3],
      [1, 0, 8],
    ];
    const cells = counts.flatMap(([a, b, n]) => Array.from({ length: n }, (_, i): [number, number, number] => [a, b, a + b + (i % 4)]));
    const levels = { A: ['no', 'yes'], B: ['no', 'yes'] };
    const columns = { A: cells.map(([a]) => a), B: cells.map(([, b]) => b), Y: cells.map(([, , y]) => y) };
    const plan = planOf(['A', 'B'], [{ set: ['A'], studies: ['do A'] }], ['A']);
    const study = studyOf('do A', ['A'], columns, { levels });
    const at = (a: string, b: string): TargetPoint[] => point(plan, [a, b]);
    const all = await look(plan, [study], [at('no', 'no'), at('no', 'yes'), at('yes', 'yes')]);
    expect(all.supported).toEqual([true, true, false]);
    expect(all.diagnostic.says).toContain('no record has A = yes and B = yes');
    const thin = await look(plan, [study], [at('no', 'yes')]);
    expect(thin.diagnostic).toMatchObject({ level: 'warn', figure: 0 });
    expect(thin.diagnostic.says).toContain('3 records with A = no and B = yes');
    const enough = await look(plan, [study], [at('yes', 'no')]);
    expect(enough.diagnostic.level).toBe('ok');
  });
});
