import { describe, expect, test } from 'vitest';
import { drawExchangeable, type ExchangeableDraw } from '../../src/exchangeable/draw.ts';
import { exactProbability } from '../../src/exchangeable/exact.ts';
import type { CellQuery, ExchangeableModel, ValuedCell } from '../../src/exchangeable/terms.ts';
import { drawUrn, type UrnAction, type UrnStep, urnModel } from '../../src/exchangeable/urn.ts';
import { families, xorPair } from './families.ts';
import { cell, sizeOf } from './random-model.ts';

const environments = Number(globalThis.process?.env.DOABLE_HEAVY ?? 0) > 0 ? 100_000 : 6_000;

function draw(model: ExchangeableModel, positions: number, set: readonly ValuedCell[], count = environments, seed = 4): ExchangeableDraw {
  const drawn = drawExchangeable(model, { seed, environments: count, positions, set });
  if (!drawn.ok) throw new Error(drawn.issues[0]?.message);
  return drawn.value;
}
function share({ values, variables, positions, environments: all }: ExchangeableDraw, { target, given }: CellQuery): [number, number] {
  let [both, condition] = [0, 0];
  const width = variables.length;
  const holds = (e: number, cells: readonly ValuedCell[]): boolean =>
    cells.every(({ variable, position, value }) => values[(e * positions + position - 1) * width + variables.indexOf(variable)] === value);
  for (let e = 0; e < all; e++) {
    if (!holds(e, given)) continue;
    condition += 1;
    if (holds(e, target)) both += 1;
  }
  return [both, condition];
}
function exact(model: ExchangeableModel, query: CellQuery): number {
  const answer = exactProbability(model, query);
  if (!answer.ok || answer.value.value === null) throw new Error('no value');
  return answer.value.value;
}

describe('environments', () => {
  test('every family: what is drawn, with rejection, is what is computed', () => {
    const largest: number[] = [];
    for (const model of families.values()) {
      const names = model.mechanisms.map(({ variable }) => variable);
      const [first, last] = [names[0] as string, names.at(-1) as string];
      const set = [cell(first, 1, 1), cell(last, 3, 0)];
      const drawn = draw(model, 3, set);
      for (const query of [
        { target: [cell(last, 1, 1)], given: [cell(last, 2, 0)], set },
        { target: [cell(last, 1, 1), cell(first, 2, 0)], given: [cell(first, 3, 1)], set },
        { target: [cell(last, 2, 1)], given: names.slice(0, -1).map((name) => cell(name, 3, 0)), set },
      ]) {
        const [both, condition] = share(drawn, query);
        const p = exact(model, query);
        largest.push(Math.abs(both / condition - p) / Math.sqrt((p * (1 - p)) / condition));
        expect(condition).toBeGreaterThan(environments / 200);
      }
    }
    // 33 standard scores: the largest of as many normal ones is above 4.2 once in a thousand times.
    expect(Math.max(...largest)).toBeLessThan(4.2);
    expect(largest.reduce((a, b) => a + b * b, 0) / largest.length).toBeGreaterThan(0.3);
  });
  test('an intervention changes its position only, draw by draw, and that as the mechanism says', () => {
    const model = families.get('four variables') as ExchangeableModel;
    const [plain, done] = [draw(model, 4, [], 300), draw(model, 4, [cell('X', 2, 1)], 300)];
    let differ = 0;
    plain.values.forEach((value, at) => {
      const [variable, position] = [plain.variables[at % 4], (Math.floor(at / 4) % 4) + 1];
      if (variable === 'X' && position === 2) expect(done.values[at]).toBe(1);
      if (value === done.values[at]) return;
      differ += 1;
      expect(position).toBe(2);
      expect(variable).not.toBe('Z');
    });
    expect(differ).toBeGreaterThan(100);
    expect(draw(model, 4, [], 300).values).toEqual(plain.values);
    expect(draw(model, 4, [], 300, 5).values).not.toEqual(plain.values);
  });
  test('levels stay in range; bad requests are issues', () => {
    const model = families.get('three levels, all kinds') as ExchangeableModel;
    const drawn = draw(model, 2, [], 500);
    for (const [i, name] of drawn.variables.entries()) {
      const seen = new Set(drawn.values.filter((_, at) => at % 3 === i));
      expect([...seen].sort()).toEqual(Array.from({ length: sizeOf(model, name) }, (_, level) => level));
    }
    for (const [options, code] of [
      [{ environments: 0, positions: 2 }, 'size'],
      [{ environments: 2 ** 20, positions: 2 ** 20 }, 'size'],
      [{ environments: 1, positions: 1, set: [cell('A', 1, 7)] }, 'unknown-level'],
      [{ environments: 1, positions: 1, set: [cell('A', 1, 0), cell('A', 1, 1)] }, 'set-twice'],
    ] as const) {
      const answer = drawExchangeable(model, { seed: 1, ...options });
      expect(answer.ok ? '' : answer.issues[0]?.code).toBe(code);
    }
  });
});

describe('the causal urn', () => {
  const [left, right] = [
    { white: 3, black: 1 },
    { white: 2, black: 5 },
  ];
  const history = (steps: readonly UrnStep[]): { given: ValuedCell[]; set: ValuedCell[] } => ({
    given: steps.flatMap(({ step, x, y }) => [cell('X', step, x), cell('Y', step, y)]),
    set: steps.flatMap(({ step, x, y, set }) => set.map((variable) => cell(variable, step, variable === 'X' ? x : y))),
  });
  test('the balls are the exact predictions, step by step, with interventions', () => {
    const set: readonly UrnAction[] = [
      { step: 3, variable: 'X', value: 0 },
      { step: 5, variable: 'Y', value: 1 },
      { step: 6, variable: 'X', value: 1 },
    ];
    for (let seed = 1; seed <= 5; seed++) {
      const steps = drawUrn({ seed, steps: 12, left, right, set });
      const model = urnModel(left, right);
      for (const { step, chance } of steps) {
        const before = history(steps.slice(0, step - 1));
        expect(exact(model, { target: [cell('X', step, 1)], ...before })).toBeCloseTo(chance.left, 12);
        const done = { ...before, set: [...before.set, cell('X', step, 0)] };
        expect(exact(model, { ...done, target: [cell('Y', step, 1)] })).toBeCloseTo(chance.right, 12);
      }
    }
  });
  test('after three draws (1, 0) and do(X = 0): 4/7', () => {
    const seen = [1, 2, 3].flatMap((step): UrnAction[] => [
      { step, variable: 'X', value: 1 },
      { step, variable: 'Y', value: 0 },
    ]);
    // The literal observer adds the balls of the colours shown.
    const steps = drawUrn({
      seed: 1,
      steps: 4,
      left: { white: 3, black: 1 },
      right: { white: 3, black: 1 },
      set: seen,
      dynamics: 'literal',
    });
    expect(steps[3]?.chance).toEqual({ left: 4 / 7, right: 4 / 7 });
  });
  test('the literal replacement lets an intervention reach later positions, the causal one does not', () => {
    const set: readonly UrnAction[] = [{ step: 1, variable: 'X', value: 1 }];
    const plain = { left: { white: 3, black: 1 }, right };
    for (let seed = 1; seed <= 20; seed++) {
      const causal = drawUrn({ seed, steps: 2, ...plain, set });
      const literal = drawUrn({ seed, steps: 2, ...plain, set, dynamics: 'literal' });
      expect(causal[1]?.chance.left).toBe(1 / 4);
      expect(literal[1]?.chance.left).toBe(2 / 5);
      expect(literal[1]?.chance.right).toBe(causal[1]?.chance.right);
    }
    expect(exact(xorPair(1, 3), { target: [cell('X', 2, 1)], given: [], set: [cell('X', 1, 1)] })).toBeCloseTo(1 / 4, 14);
  });
  test('draws have the joint distribution of the model', () => {
    const model = urnModel(left, right);
    const counts = new Map<string, number>();
    const runs = 20_000;
    for (let seed = 0; seed < runs; seed++) {
      const key = drawUrn({ seed, steps: 2, left, right, set: [{ step: 1, variable: 'X', value: 0 }] })
        .map(({ x, y }) => `${x}${y}`)
        .join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    for (let code = 0; code < 8; code++) {
      const [y1, x2, y2] = [code >> 2, (code >> 1) & 1, code & 1];
      const p = exact(model, { target: [cell('Y', 1, y1), cell('X', 2, x2), cell('Y', 2, y2)], given: [], set: [cell('X', 1, 0)] });
      expect(Math.abs((counts.get(`0${y1}${x2}${y2}`) ?? 0) / runs - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / runs));
    }
  });
});
