import { describe, expect, it } from 'vitest';
import { jointEffectWitness } from '../../src/additive/witness.ts';
import { ask } from './support.ts';

type Bit = 0 | 1;
const bits: readonly Bit[] = [0, 1];

/** Example 1 written out: the law of (A1, A2, Y) with C, U, V2 gone through one by one. */
function law(p: number, first: boolean, done: { A1?: Bit; A2?: Bit }): Map<string, number> {
  const found = new Map<string, number>();
  for (const C of bits)
    for (const U of bits)
      for (const V of bits) {
        const chance = [C, U, V].reduce<number>((product, bit) => product * (bit === 1 ? p : 1 - p), 1);
        const A1 = done.A1 ?? C;
        const A2 = done.A2 ?? A1 & C & V;
        const Y = first ? A1 & A2 & C & U : A2 & C & U;
        const key = `${A1}${A2}${Y}`;
        found.set(key, (found.get(key) ?? 0) + chance);
      }
  return found;
}

describe('example 1 of the paper', () => {
  it.each([0.5, 0.3, 0.9])('p = %f: no observation and no single intervention tells the models apart, the joint one does', (p) => {
    const { models, gap, probability } = jointEffectWitness('Y', ['A1', 'A2'], p);
    expect(probability).toBe(p);
    expect(gap).toBeLessThan(1e-15);
    expect(models[0].joint).toBe(0);
    expect(models[1].joint).toBeCloseTo(p * p, 15);
    for (const [i, model] of models.entries())
      for (const { set, cells } of model.laws) {
        const truth = law(p, i === 0, Object.fromEntries(Object.entries(set).map(([name, value]) => [name, Number(value)])));
        expect(cells.reduce((sum, { probability: chance }) => sum + chance, 0)).toBeCloseTo(1, 14);
        for (const { at, probability: chance } of cells) expect(chance).toBeCloseTo(truth.get(`${at.A1}${at.A2}${at.Y}`) ?? 0, 14);
      }
    expect(models[0].laws.map(({ set }) => set)).toEqual([{}, { A1: '0' }, { A1: '1' }, { A2: '0' }, { A2: '1' }]);
  });
  it('the corrected cells of tables 2 and 3', () => {
    const p = 0.3;
    const [{ laws }] = jointEffectWitness('Y', ['A1', 'A2'], p).models;
    const cell = (number: number, at: Readonly<Record<string, string>>): number =>
      laws[number]?.cells.find((one) => Object.entries(at).every(([name, value]) => one.at[name] === value))?.probability ?? Number.NaN;
    expect(cell(2, { A2: '0', Y: '0' })).toBeCloseTo(1 - p ** 2, 14);
    expect(cell(2, { A2: '1', Y: '0' })).toBeCloseTo(p ** 2 * (1 - p), 14);
    expect(cell(2, { A2: '1', Y: '1' })).toBeCloseTo(p ** 3, 14);
    expect(cell(3, { A1: '1', Y: '0' })).toBeCloseTo(p, 14);
  });
  it('speaks with the names of the question, and is answered once additivity is assumed', () => {
    const { says } = jointEffectWitness('sales', ['price', 'C'], 0.3);
    expect(says[1]).toBe(
      "Let C', U, V be independent, each 1 with probability 0.3. Model 1: price := C'; C := price and C' and V; sales := price and C and C' and U. Model 2: price := C'; C := price and C' and V; sales := C and C' and U.",
    );
    expect(says[2]).toMatch(/E\[sales \| do\(price=0, C=1\)\] is 0 in model 1 and 0\.09 in model 2\.$/u);
    expect(says[3]).toContain('additive(sales; price, C)');
    expect(ask('additive(Y; A1, A2)', 'E[Y | do(A1=0, A2=1)]', [[], ['A1'], ['A2']]).verdict).toBe('identified');
  });
});
