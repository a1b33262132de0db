import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocationAdvice, bestSplit, splitError } from '../../src/additive/allocate.ts';
import { fitAdditive } from '../../src/additive/fit.ts';
import { interactionBound, pairWeights } from '../../src/additive/sensitivity.ts';
import type { AdditivePlan } from '../../src/additive/terms.ts';
import { Random } from '../../src/math/random.ts';
import { actionNames, planOf as plan, point, singles, studyOf, unwrap } from './fit-support.ts';
import { planOf } from './support.ts';

describe('split of records', () => {
  it('K single interventions and watching: variance (2K - 1)^2 / N at 1 : (K - 1), against (K + 1) (K + (K - 1)^2) / N at an equal split', () => {
    for (const k of [2, 3, 4, 5, 6]) {
      const weights = [1 - k, ...Array.from({ length: k }, () => 1)];
      const ones = weights.map(() => 1);
      const { shares, standardError } = bestSplit(weights, ones, 1);
      expect(standardError ** 2).toBeCloseTo((2 * k - 1) ** 2, 9);
      expect((shares[0] as number) / (shares[1] as number)).toBeCloseTo(k - 1, 12);
      const equal = weights.map(() => 1 / (k + 1));
      expect(splitError(weights, ones, equal, 1) ** 2).toBeCloseTo((k + 1) * (k + (k - 1) ** 2), 9);
      expect(splitError(weights, ones, shares, 1)).toBeCloseTo(standardError, 12);
    }
    expect(bestSplit([-4, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], 1000).standardError ** 2).toBeCloseTo(81 / 1000, 12);
    expect(splitError([-4, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], new Array(6).fill(1 / 6), 1000) ** 2).toBeCloseTo(126 / 1000, 12);
  });

  it('no other split is better', () => {
    const positive = fc.double({ min: 0.05, max: 5, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(positive, positive, positive), { minLength: 2, maxLength: 6 }), (regimes) => {
        const [weights, deviations, other] = [0, 1, 2].map((i) => regimes.map((one) => one[i] as number)) as [number[], number[], number[]];
        const total = other.reduce((sum, share) => sum + share, 0);
        const best = bestSplit(weights, deviations, 50);
        expect(best.standardError).toBeLessThanOrEqual(
          splitError(
            weights,
            deviations,
            other.map((share) => share / total),
            50,
          ) *
            (1 + 1e-12),
        );
      }),
      { seed: 1 },
    );
  });

  it('advice for answers at hand finds the rule again: equal designs, unequal noise', async () => {
    const names = actionNames(3);
    const all = plan(names, singles(3), names);
    const noise = [1, 2, 1, 1];
    const studies = [[], ...names.map((name) => [name])].map((set, r) => {
      const random = new Random(1, 'advice', r);
      const n = 4000;
      const columns = names.map(() => Float64Array.from({ length: n }, () => random.normal()));
      const Y = Float64Array.from({ length: n }, (_, i) => (columns[0]?.[i] as number) + (noise[r] as number) * random.normal());
      return studyOf(set.length === 0 ? 'obs' : `do ${set[0]}`, set, {
        ...Object.fromEntries(names.map((name, k) => [name, columns[k] as Float64Array])),
        Y,
      });
    });
    const fit = unwrap(await fitAdditive([all], studies, { basis: 'linear', method: 'direct' }));
    if (fit.model === undefined) throw new Error('no model');
    const advice = allocationAdvice(fit.model, [point(all, [0, 0, 0])]);
    // |w| sigma: 2, 2, 1, 1.
    [2, 2, 1, 1].forEach((size, r) => {
      expect(advice?.shares[r]).toBeCloseTo(size / 6, 1.3);
    });
    expect(advice?.standardError).toBeCloseTo(6 / Math.sqrt(16_000), 2.5);
    expect(advice?.now).toBeCloseTo(fit.predict([point(all, [0, 0, 0])])[0]?.standardError as number, 12);
  });
});

const isPlan = (found: ReturnType<typeof planOf>): found is AdditivePlan => !('verdict' in found);

describe('bounded interactions', () => {
  it('one per pair that the question sets together and no regime does', () => {
    const weightsOf = (text: string, target: readonly string[], regimes: readonly (readonly string[])[]): number[] => {
      const found = planOf(text, target, regimes);
      if (!isPlan(found)) throw new Error('no plan');
      return pairWeights(found, false).map((weight) => Math.round(weight * 1e9) / 1e9);
    };
    const watched = [[], ['A'], ['B'], ['C']];
    expect(weightsOf('additive(Y; A, B, C)', ['A', 'B', 'C'], watched)).toEqual([1, 1, 1]);
    expect(weightsOf('additive(Y; A, B, C)', ['A', 'B'], watched)).toEqual([1, 0, 0]);
    expect(weightsOf('additive(Y; A, B, C)', ['A'], watched)).toEqual([0, 0, 0]);
    // A and B were set together: only their interactions with C are left.
    expect(weightsOf('additive(Y; A, B, C)', ['A', 'B', 'C'], [['A', 'B'], ['C'], []])).toEqual([0, 1, 1]);
    expect(weightsOf('additive(Y; {A, B}, C)', ['A', 'B', 'C'], [['A', 'B'], ['C'], []])).toEqual([1]);
  });

  it('the error stays within the bound in random models, and can reach it', () => {
    const names = ['A', 'B'];
    const found = planOf('additive(Y; A, B)', names, [[], ['A'], ['B']]);
    if (!isPlan(found)) throw new Error('no plan');
    let worst = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), fc.boolean(), (seed, extreme) => {
        const random = new Random(seed, 'interaction');
        const chance = (): number => (extreme ? (random.next() < 0.5 ? 0.001 : 0.999) : 0.05 + 0.9 * random.next());
        // C1 -> A, C2 -> B, A -> B, all of two levels; the pair adds f(a, c1, b, c2).
        const [p1, p2] = [0.5, 0.5];
        const pa = [chance(), chance()];
        const pb = [0, 1].map(() => [chance(), chance()]);
        const f = Array.from({ length: 16 }, () => (extreme ? Math.round(random.next()) : random.next()));
        const value = (a: number, c1: number, b: number, c2: number): number => f[8 * a + 4 * c1 + 2 * b + c2] as number;
        const flip = (p: number, level: number): number => (level === 1 ? p : 1 - p);
        const meanAt = (a: number, b: number, set: readonly string[]): number => {
          let [total, weight] = [0, 0];
          for (const c1 of [0, 1])
            for (const c2 of [0, 1]) {
              const own =
                flip(p1, c1) *
                flip(p2, c2) *
                (set.includes('A') ? 1 : flip(pa[c1] as number, a)) *
                (set.includes('B') ? 1 : flip(pb[a]?.[c2] as number, b));
              weight += own;
              total += own * value(a, c1, b, c2);
            }
          return total / weight;
        };
        const states = [0, 1].flatMap((x) => [0, 1].map((c) => [x, c] as const));
        let size = 0;
        for (const [a, c1] of states)
          for (const [a2, c12] of states)
            for (const [b, c2] of states)
              for (const [b2, c22] of states)
                size = Math.max(
                  size,
                  Math.abs(value(a, c1, b, c2) - value(a2, c12, b, c2) - value(a, c1, b2, c22) + value(a2, c12, b2, c22)),
                );
        for (const a of [0, 1])
          for (const b of [0, 1]) {
            const put = found.regimes.reduce((sum, regime, r) => sum + (found.weights[r] as number) * meanAt(a, b, regime.set), 0);
            const error = Math.abs(put - meanAt(a, b, names));
            const at = new Map([
              ['A', a],
              ['B', b],
            ]);
            expect(error).toBeLessThanOrEqual(interactionBound([{ weight: 1, plan: found, at }], size, false) + 1e-12);
            worst = Math.max(worst, error / size);
          }
      }),
      { numRuns: 400, seed: 1 },
    );
    // Half of each cause is moved by watching, in both directions: a quarter of the bound.
    expect(worst).toBeGreaterThan(0.2);
  });
});
