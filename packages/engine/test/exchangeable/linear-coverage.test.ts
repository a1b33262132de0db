import { describe, expect, it } from 'vitest';
import { mechanismVariation } from '../../src/exchangeable/linear-diagnose.ts';
import { effectMoments } from '../../src/exchangeable/linear-effect.ts';
import { type FittedMechanism, fitMechanisms, mechanismsOf, refitMechanisms } from '../../src/exchangeable/linear-mechanisms.ts';
import type { MixedEnvironments } from '../../src/exchangeable/mixed-environments.ts';
import { Random } from '../../src/math/random.ts';
import { studentQuantile } from '../../src/math/special.ts';
import type { Result } from '../../src/run/issue.ts';

const heavy = process.env.DOABLE_HEAVY !== undefined;

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join());
  return result.value;
};

/** Rows of X, M, Y by environment. */
function records(groups: readonly (readonly (readonly number[])[])[]): MixedEnvironments {
  const starts = new Int32Array(groups.length + 1);
  groups.forEach((group, e) => {
    starts[e + 1] = (starts[e] as number) + group.length;
  });
  return {
    names: ['X', 'M', 'Y'],
    labels: groups.map((_, e) => `${e}`),
    starts,
    columns: [0, 1, 2].map((v) => ({ kind: 'real', values: Float64Array.from(groups.flat(), (row) => row[v] as number) })),
  };
}

const arms = [
  { weight: 1, target: 'Y', known: new Map([['X', 1]]) },
  { weight: -1, target: 'Y', known: new Map([['X', 0]]) },
];
const effectOf = (fitted: readonly FittedMechanism[]) => must(effectMoments(mechanismsOf(fitted), arms));

describe('intervals over environments', () => {
  it('cover the mean effect, and the effect in a new environment', () => {
    const settings = heavy
      ? ([
          [6, 20],
          [12, 8],
          [40, 5],
          [40, 20],
        ] as const)
      : ([[15, 6]] as const);
    const [repetitions, draws] = heavy ? [200, 100] : [20, 24];
    for (const [count, size] of settings) {
      let [mean, own] = [0, 0];
      for (let k = 0; k < repetitions; k++) {
        const random = new Random(k, 'coverage', count);
        const draw = () => ({
          center: random.normal(),
          a: 1 + 0.5 * random.normal(),
          b: -1 + 0.4 * random.normal(),
          up: random.normal(),
          on: random.normal(),
        });
        const groups = Array.from({ length: count }, () => {
          const { center, a, b, up, on } = draw();
          return Array.from({ length: size }, () => {
            const x = center + random.normal();
            const m = up + a * x + random.normal();
            return [x, m, on + b * m + random.normal()];
          });
        });
        const parents = new Map([
          ['M', ['X']],
          ['Y', ['M']],
        ]);
        const fitted = must(fitMechanisms(records(groups), parents, random));
        const found = effectOf(fitted);
        const values: number[] = [];
        for (let d = 0; d < draws; d++) {
          const stream = random.split(d);
          const counts = new Float64Array(count);
          for (let i = 0; i < count; i++) {
            const e = stream.integer(count);
            counts[e] = (counts[e] as number) + 1;
          }
          const again = refitMechanisms(fitted, counts);
          if (again.ok) values.push(effectOf(again.value).mean);
        }
        const center = values.reduce((a, b) => a + b) / values.length;
        const square = values.reduce((sum, one) => sum + (one - center) ** 2, 0) / (values.length - 1);
        const error = Math.sqrt((square * count) / (count - 1));
        const t = studentQuantile(0.975, count - 1);
        if (Math.abs(found.mean + 1) < t * error) mean++;
        const { a, b } = draw();
        if (Math.abs(found.mean - a * b) < t * Math.sqrt(error ** 2 + found.variance)) own++;
      }
      if (heavy) console.log(`${count} environments of ${size}: mean effect ${mean / repetitions}, new environment ${own / repetitions}`);
      for (const covered of [mean, own]) expect(covered / repetitions).toBeGreaterThan(heavy ? 0.86 : 0.75);
    }
  }, 600_000);

  it('nothing that varies is found varying no more often than the level says', () => {
    const repetitions = heavy ? 1000 : 60;
    for (const [count, size] of [
      [8, 10],
      [30, 4],
    ] as const) {
      let hits = 0;
      for (let k = 0; k < repetitions; k++) {
        const random = new Random(k, 'size', count);
        const groups = Array.from({ length: count }, () =>
          Array.from({ length: size }, () => {
            const x = random.normal();
            return [x, 1 + x + random.normal(), 0.1 * random.normal()];
          }),
        );
        const [fitted] = must(fitMechanisms(records(groups), new Map([['M', ['X']]]), random, ['fixed']));
        if (fitted !== undefined && mechanismVariation(fitted).p < 0.05) hits++;
      }
      if (heavy) console.log(`${count} environments of ${size}: size ${hits / repetitions}`);
      expect(hits / repetitions).toBeLessThan(heavy ? 0.06 : 0.12);
    }
  }, 600_000);
});
