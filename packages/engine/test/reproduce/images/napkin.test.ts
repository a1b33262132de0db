import { describe, expect, it } from 'vitest';
import { condition, type Factor, factorOf, isTooLarge } from '../../../src/math/factor.ts';
import { Random } from '../../../src/math/random.ts';
import { exactDistribution } from '../../../src/model/exact.ts';
import { exemplarsOf } from '../../../src/reproduce/images/exemplars.ts';
import {
  attributeSizes,
  drawDigits,
  drawNapkin,
  napkinBatch,
  napkinGraph,
  napkinLabels,
  napkinTruth,
  napkinTypes,
} from '../../../src/reproduce/images/napkin.ts';
import { renderRecipe } from '../../../src/reproduce/images/render.ts';
import { identifiedFrom } from './second-route.ts';

const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a, (p, i) => Math.abs(p - (b[i] as number)) / 2).reduce((sum, part) => sum + part, 0);
/** The law of one attribute: 0 digit, 1 colour, 2 thickness. */
const marginal = (law: Float64Array, digits: number, attribute: 0 | 1 | 2): Float64Array => {
  const sizes = attributeSizes(digits);
  const out = new Float64Array(sizes[attribute]);
  const stride = [12, 2, 1][attribute] as number;
  law.forEach((p, cell) => {
    const level = Math.floor(cell / stride) % sizes[attribute];
    out[level] = (out[level] as number) + p;
  });
  return out;
};
const flat = (at: { digit: number; colour: number; thickness: number }): number => (at.digit * 6 + at.colour) * 2 + at.thickness;

describe('the napkin process', () => {
  it("the engine's own exact identification from the observed joint gives the enumerated truth, the plain conditional does not", () => {
    const digits = 2;
    const model = napkinLabels(digits);
    const names = ['W1_digit', 'W1_colour', 'W1_thickness', 'W2_digit', 'W2_colour', 'X_digit', 'X_colour', 'X_thickness'];
    const fine = exactDistribution(model, { of: [...names, 'Y_digit', 'Y_colour', 'Y_thickness'] });
    if (isTooLarge(fine)) throw new Error('too large');
    // One variable per node of the graph: the attributes of an image together.
    const all = digits * 12;
    const joint: Factor = factorOf(['W1', 'W2_digit', 'W2_colour', 'X', 'Y'], [all, digits, 6, all, all], fine.values);
    const result = identifiedFrom(joint, napkinGraph, 'P(Y | do(X))', ['Y', 'X']);
    expect(result.axes).toEqual(['Y', 'X']);
    const plain = condition(joint, ['Y'], ['X']);
    for (let digit = 0; digit < digits; digit++)
      for (let colour = 0; colour < 6; colour++)
        for (let thickness = 0; thickness < 2; thickness++) {
          const x = { digit, colour, thickness };
          const truth = napkinTruth(model, x);
          truth.interventional.forEach((p, y) => {
            expect(Math.abs((result.values[y * all + flat(x)] as number) - p)).toBeLessThan(1e-12);
            expect(Math.abs((plain.values[y * all + flat(x)] as number) - (truth.conditional[y] as number))).toBeLessThan(1e-12);
          });
        }
    // The outer variables of the napkin are free, and their values do not matter.
    expect(Math.max(...(result.spread as Float64Array))).toBeLessThan(1e-12);
  });

  it('given a red X the colours pile up on red, green and blue; do(red X) leaves both halves even', () => {
    const model = napkinLabels();
    for (const digit of [3, 5]) {
      const { interventional, conditional } = napkinTruth(model, { digit, colour: 0, thickness: 1 });
      const primaries = (law: Float64Array): number => [...marginal(law, 10, 1)].slice(0, 3).reduce((sum, p) => sum + p, 0);
      expect(primaries(interventional)).toBeCloseTo(0.5, 12);
      expect(primaries(conditional)).toBeGreaterThan(0.7);
      expect(distance(interventional, conditional)).toBeGreaterThan(0.25);
      expect(marginal(interventional, 10, 0)[digit]).toBeCloseTo(0.56, 12);
    }
  });

  /** Exemplars whose class can be read off: class k has ink k + 1 tenths in one place. */
  const side = 4;
  const plain = exemplarsOf(
    Uint8Array.from({ length: 40 * 16 }, (_, i) => (i % 16 === 5 || i % 16 === 6 ? 100 + 10 * (Math.floor(i / 16) % 10) : 0)),
    Uint8Array.from({ length: 40 }, (_, i) => i % 10),
    side,
    255,
    10,
  );

  it('rows follow the exact laws: all observed, and under do(X) (chi-square on 40,000 rows)', () => {
    const model = napkinLabels();
    const rows = 40_000;
    const x = { digit: 7, colour: 4, thickness: 0 };
    const truth = napkinTruth(model, x);
    const count = (labels: ReadonlyMap<string, Int32Array>): Float64Array => {
      const found = new Float64Array(120);
      for (let row = 0; row < rows; row++) {
        const at = (name: string): number => labels.get(`Y_${name}`)?.[row] as number;
        const cell = flat({ digit: at('digit'), colour: at('colour'), thickness: at('thickness') });
        found[cell] = (found[cell] as number) + 1;
      }
      return found;
    };
    const chiSquare = (found: Float64Array, law: Float64Array): number =>
      law.reduce((sum, p, i) => sum + ((found[i] as number) - rows * p) ** 2 / (rows * p), 0);
    // 119 degrees of freedom: mean 119, deviation 15.4.
    expect(chiSquare(count(drawNapkin(model, plain, rows, new Random(5), x).labels), truth.interventional)).toBeLessThan(119 + 5 * 15.4);
    const observed = exactDistribution(model, { of: ['Y_digit', 'Y_colour', 'Y_thickness'] });
    if (isTooLarge(observed)) throw new Error('too large');
    const seen = count(drawNapkin(model, plain, rows, new Random(6)).labels);
    expect(chiSquare(seen, observed.values)).toBeLessThan(119 + 5 * 15.4);
    expect(chiSquare(seen, truth.interventional)).toBeGreaterThan(1000);
  });

  it('pictures show their labels; the same seed gives the same pixels, in any cut', () => {
    const model = napkinLabels();
    const drawn = drawNapkin(model, plain, 50, new Random(3));
    const batch = napkinBatch(drawn, plain);
    const types = napkinTypes(10, side);
    expect([...batch.columns.keys()]).toEqual([...types.keys()]);
    const y = batch.columns.get('Y');
    if (y?.kind !== 'tensor') throw new Error('Y is an image');
    expect(y.shape).toEqual([3, side, side]);
    expect(y.values.every((value) => value >= 0 && value <= 1)).toBe(true);
    for (let row = 0; row < 50; row++) {
      expect(plain.classes[drawn.recipes.Y.exemplar[row] as number]).toBe(drawn.labels.get('Y_digit')?.[row]);
      const lit = [0, 1, 2].map((plane) => y.values.slice((row * 3 + plane) * 16, (row * 3 + plane + 1) * 16).reduce((a, b) => a + b, 0));
      const colour = drawn.labels.get('Y_colour')?.[row] as number;
      const brightest = Math.max(...lit);
      const on = lit.map((light) => light > brightest / 2);
      expect(on).toEqual([[0, 4, 5].includes(colour), [1, 3, 5].includes(colour), [2, 3, 4].includes(colour)]);
    }
    const again = napkinBatch(drawNapkin(model, plain, 50, new Random(3)), plain, 20, 30).columns.get('Y');
    if (again?.kind !== 'tensor') throw new Error('Y is an image');
    expect(again.values).toEqual(y.values.slice(20 * 48, 30 * 48));
    // Thick strokes hold more ink than thin ones of the same exemplar.
    const law = new Float64Array(120);
    law[flat({ digit: 4, colour: 1, thickness: 0 })] = 1;
    const thin = drawDigits(law, plain, 20, new Random(8));
    const ink = (recipe: typeof thin.recipe): number => renderRecipe(plain, recipe).values.reduce((a, b) => a + b, 0);
    expect(ink({ ...thin.recipe, thickness: new Int32Array(20).fill(1) })).toBeGreaterThan(1.5 * ink(thin.recipe));
  });
});
