import { describe, expect, test } from 'vitest';
import { exactProbability } from '../../src/exchangeable/exact.ts';
import { posteriorModel } from '../../src/exchangeable/posterior.ts';
import { spreadOfEffect } from '../../src/exchangeable/spread-of-effects.ts';
import type { CellQuery, ExchangeableModel, ValuedCell } from '../../src/exchangeable/terms.ts';
import { Random } from '../../src/math/random.ts';
import { betaQuantile } from '../../src/math/special.ts';
import { families } from './families.ts';
import { cell } from './random-model.ts';

function exact(model: ExchangeableModel, query: CellQuery): number {
  const found = exactProbability(model, query);
  if (!found.ok || found.value.value === null) throw new Error(JSON.stringify(found));
  return found.value.value;
}

describe('an environment of which records are known', () => {
  test('every family: counts into the mechanisms are the same as positions into the condition', () => {
    let compared = 0;
    for (const [name, model] of families) {
      const random = new Random(7, name);
      const variables = model.mechanisms.map(({ variable }) => variable);
      const size = (variable: string): number => model.levels.get(variable)?.length as number;
      const [first, last] = [variables[0] as string, variables.at(-1) as string];
      for (let run = 0; run < 3; run++) {
        const seen: ValuedCell[] = Array.from({ length: 5 }, (_, k) =>
          variables.map((variable) => cell(variable, k + 3, random.integer(size(variable)))),
        ).flat();
        const asked = { target: [cell(last, 1, 1)], given: [cell(last, 2, 0)], set: [cell(first, 1, 0)] };
        const whole = exactProbability(model, { ...asked, given: [...asked.given, ...seen] });
        if (!whole.ok || whole.value.value === null) continue;
        const tables = new Map(
          model.mechanisms.map(({ variable, parents }) => {
            const table = new Float64Array(parents.reduce((product, parent) => product * size(parent), size(variable)));
            for (let k = 0; k < 5; k++) {
              const value = (one: string): number => seen.find((c) => c.variable === one && c.position === k + 3)?.value as number;
              const row = parents.reduce((at, parent) => at * size(parent) + value(parent), 0);
              const at = row * size(variable) + value(variable);
              table[at] = (table[at] as number) + 1;
            }
            return [variable, table];
          }),
        );
        expect(exact(posteriorModel(model, tables), asked), name).toBeCloseTo(whole.value.value, 11);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(2 * families.size);
  });
});

describe('how an effect differs between environments', () => {
  const model: ExchangeableModel = {
    levels: new Map([
      ['X', ['0', '1']],
      ['Y', ['0', '1']],
    ]),
    mechanisms: [
      { kind: 'dirichlet', variable: 'X', parents: [], rows: [[2, 1]] },
      {
        kind: 'dirichlet',
        variable: 'Y',
        parents: ['X'],
        rows: [
          [4, 2],
          [1, 3],
        ],
      },
    ],
  };
  const effect = (given: readonly ValuedCell[]) => [{ weight: 1, query: { target: [cell('Y', 1, 1)], given, set: [cell('X', 1, 0)] } }];
  const spread = (parts: Parameters<typeof spreadOfEffect>[1]) => {
    const found = spreadOfEffect(model, parts, new Random(8), { draws: 12_000 });
    if (!found.ok || found.value === undefined) throw new Error('no spread');
    return found.value;
  };

  test('is the Beta that the model says, also after rows were seen', () => {
    for (const [given, a, b] of [
      [[], 2, 4],
      [[cell('X', 2, 0), cell('Y', 2, 1), cell('X', 3, 0), cell('Y', 3, 1)], 4, 4],
      [[cell('X', 2, 1), cell('Y', 2, 1)], 2, 4],
    ] as const) {
      const { mean, deviation, interval } = spread(effect(given));
      expect(Math.abs(mean - a / (a + b))).toBeLessThan(0.008);
      expect(Math.abs(deviation - Math.sqrt((a * b) / ((a + b) ** 2 * (a + b + 1))))).toBeLessThan(0.008);
      expect(Math.abs(interval[0] - betaQuantile(0.025, a, b))).toBeLessThan(0.016);
      expect(Math.abs(interval[1] - betaQuantile(0.975, a, b))).toBeLessThan(0.016);
    }
  });

  test('of a difference: rows on their own add their variances; parts with other evidence have none', () => {
    const contrast = [
      { weight: 1, query: { target: [cell('Y', 1, 1)], given: [], set: [cell('X', 1, 1)] } },
      { weight: -1, query: { target: [cell('Y', 1, 1)], given: [], set: [cell('X', 1, 0)] } },
    ];
    const variance = (a: number, b: number): number => (a * b) / ((a + b) ** 2 * (a + b + 1));
    expect(Math.abs(spread(contrast).deviation - Math.sqrt(variance(3, 1) + variance(2, 4)))).toBeLessThan(0.008);
    const mixed = [effect([])[0], effect([cell('X', 2, 0), cell('Y', 2, 1)])[0]] as Parameters<typeof spreadOfEffect>[1];
    const none = spreadOfEffect(model, mixed, new Random(8));
    expect(none.ok && none.value).toBeUndefined();
  });
});
