import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restrictionsOf } from '../../src/additive/restrictions.ts';
import type { AdditivePlan } from '../../src/additive/terms.ts';
import { holmOf, waldFrom } from '../../src/additive/wald.ts';
import type { Name } from '../../src/graph/variable.ts';
import { betaLower, chiSquareSurvival } from '../../src/math/special.ts';
import { coordinates, distance, subsetsOf } from './planted.ts';
import { planOf } from './support.ts';

const isPlan = (found: ReturnType<typeof planOf>): found is AdditivePlan => !('verdict' in found);

describe('tests that several values are 0', () => {
  it('one value of two variances: Welch’s test', () => {
    // Welch (1947): variance s1^2/n1 + s2^2/n2, degrees (v1 + v2)^2 / (v1^2/f1 + v2^2/f2).
    const [v1, v2, f1, f2, gap] = [0.3, 0.05, 7, 19, 1.1];
    const degrees = (v1 + v2) ** 2 / (v1 ** 2 / f1 + v2 ** 2 / f2);
    const t = gap / Math.sqrt(v1 + v2);
    const found = waldFrom(Float64Array.of(gap), [Float64Array.of(v1), Float64Array.of(v2)], [f1, f2]);
    expect(found?.degrees).toBeCloseTo(degrees, 9);
    expect(found?.p).toBeCloseTo(betaLower(degrees / (degrees + t * t), degrees / 2, 0.5), 12);
  });

  it('several values of one group: Hotelling’s T squared, whatever coordinates they are written in', () => {
    const [a, b, c] = [2, 0.5, 1];
    const values = [0.7, -1.1];
    const square =
      ((values[0] as number) ** 2 * c - 2 * (values[0] as number) * (values[1] as number) * b + (values[1] as number) ** 2 * a) /
      (a * c - b * b);
    const own = 11;
    const f = ((own - 1) / (2 * own)) * square;
    const expected = betaLower((own - 1) / (own - 1 + 2 * f), (own - 1) / 2, 1);
    expect(waldFrom(Float64Array.from(values), [Float64Array.of(a, b, b, c)], [own])?.p).toBeCloseTo(expected, 12);
    // Doubled and mixed, with one value written twice.
    const [x, y] = values as [number, number];
    const mixed = [2 * x, x + y, 2 * x];
    const cross = 2 * a + 2 * b;
    const covariance = [4 * a, cross, 4 * a, cross, a + 2 * b + c, cross, 4 * a, cross, 4 * a];
    const again = waldFrom(Float64Array.from(mixed), [Float64Array.from(covariance)], [own]);
    expect(again?.restrictions).toBe(2);
    expect(again?.p).toBeCloseTo(expected, 9);
  });

  it('many degrees of freedom: chi-squared; none: an exact comparison; too few: nothing to say', () => {
    const unit = Float64Array.of(1, 0, 0, 1);
    expect(waldFrom(Float64Array.of(1, 2), [unit], [Number.POSITIVE_INFINITY])?.p).toBeCloseTo(chiSquareSurvival(5, 2), 12);
    expect(waldFrom(Float64Array.of(1e-12), [Float64Array.of(0)], [5])?.p).toBe(1);
    expect(waldFrom(Float64Array.of(1e-3), [Float64Array.of(0)], [5])?.p).toBe(0);
    expect(waldFrom(Float64Array.of(1, 2), [unit], [1])).toBeUndefined();
    expect(waldFrom(Float64Array.of(1), [Float64Array.of(Number.NaN)], [9])).toBeUndefined();
  });

  it('Holm: the smallest p value times their number, and never out of order', () => {
    expect(holmOf([0.04, 0.01, 0.03])).toEqual([0.06, 0.03, 0.06]);
    expect(holmOf([0.9, 0.5])).toEqual([1, 1]);
  });
});

describe('what additivity says of the means of regimes', () => {
  const assumed = ['regimes', 'additive', 'structure'] as const;
  const names: Record<number, Name[]> = { 2: ['A', 'B'], 3: ['A', 'B', 'C'] };

  /** Which unknown function stands for a block under a do-set, and the actions that it may depend on. */
  function partOf(
    block: number,
    own: Name,
    set: readonly Name[],
    all: readonly Name[],
    level: string,
    ordered: boolean,
  ): { name: string; arguments: readonly Name[] } {
    if (set.includes(own)) return { name: `${own} set`, arguments: level === 'regimes' ? all : [own] };
    return { name: `${own} watched`, arguments: level === 'structure' && ordered ? all.slice(0, block + 1) : all };
  }

  it('restrictions are all linear relations between means of random functions, and no others', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(2, 3),
        fc.boolean(),
        fc.integer({ min: 1, max: 255 }),
        fc.integer({ min: 0, max: 2 }),
        (k, ordered, marks, level) => {
          const all = names[k] as Name[];
          const sets = subsetsOf(all).filter((_, i) => ((marks >> i) & 1) === 1);
          fc.pre(sets.length > 0);
          // The target is a regime that was measured, so that there always is a plan.
          const plan = planOf(`additive(Y; ${all.join(ordered ? ' < ' : ', ')})`, sets[0] as Name[], sets);
          if (!isPlan(plan)) throw new Error('no plan');
          const keys = sets.map((set) => [...set].sort().join('\n'));
          const features = subsetsOf(all);
          const kind = assumed[level] as (typeof assumed)[number];
          const found = restrictionsOf(plan, keys, features, kind);
          for (const [f, actions] of features.entries()) {
            // The coefficient of the feature in each unknown function is a number of its own: a unit vector.
            const parts = [
              ...new Set(
                sets.flatMap((set) =>
                  all
                    .map((own, block) => partOf(block, own, set, all, kind, ordered))
                    .filter((part) => actions.every((name) => part.arguments.includes(name)))
                    .map((part) => part.name),
                ),
              ),
            ];
            const rows = sets.map((set) => {
              const own = all.map((name, block) => partOf(block, name, set, all, kind, ordered).name);
              return Float64Array.from(parts, (part) => (own.includes(part) ? 1 : 0));
            });
            const mine = found.filter(({ feature }) => feature === f);
            for (const { weights } of mine)
              for (let part = 0; part < parts.length; part++)
                expect(weights.reduce((sum, weight, r) => sum + weight * (rows[r]?.[part] as number), 0)).toBeCloseTo(0, 9);
            const rank = parts.length === 0 ? 0 : (coordinates(rows)[0]?.length ?? 0);
            expect(mine).toHaveLength(sets.length - rank);
            // Orthonormal, so independent.
            for (const [i, one] of mine.entries())
              for (const [j, other] of mine.entries())
                expect(one.weights.reduce((sum, weight, r) => sum + weight * (other.weights[r] as number), 0)).toBeCloseTo(
                  i === j ? 1 : 0,
                  9,
                );
          }
          // Each level says what the one before says, and more.
          const before = level === 0 ? undefined : assumed[level - 1];
          if (before === undefined) return;
          const more = restrictionsOf(plan, keys, features, kind, before);
          const less = restrictionsOf(plan, keys, features, before);
          expect(more.length + less.length).toBe(found.length);
          for (const { feature, weights } of [...more, ...less]) {
            const own = found.filter((one) => one.feature === feature).map((one) => Float64Array.from(one.weights));
            expect(distance(own, Float64Array.from(weights))).toBeLessThan(1e-7);
          }
        },
      ),
      { numRuns: 150, seed: 1 },
    );
  });

  it('two actions, watching and each set: m1 + m2 - m0 has no product', () => {
    const plan = planOf('additive(Y; A, B)', ['A', 'B'], [[], ['A'], ['B']]);
    if (!isPlan(plan)) throw new Error('no plan');
    const [one, ...more] = restrictionsOf(plan, ['', 'A', 'B'], [[], ['A'], ['B'], ['A', 'B']], 'additive', 'regimes');
    expect(more).toEqual([]);
    expect(one?.feature).toBe(3);
    expect(one?.weights.map((weight) => weight / (one.weights[1] as number))).toEqual([expect.closeTo(-1, 9), 1, expect.closeTo(1, 9)]);
  });
});
