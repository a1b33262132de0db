import { describe, expect, it } from 'vitest';
import type { Pictures } from '../../src/generative/metrics/pictures.ts';
import { type Compared, cutClasses, fitPictureKinds } from '../../src/generative/models/picture-kinds.ts';
import { Random } from '../../src/math/random.ts';

const [classes, rows, side] = [4, 1200, 4];
const area = side * side;

/** Class c differs most in its own pixel c, by 1 either way; all classes are lit along the last row, or not, by .3 a pixel. */
function drawn(): { readonly pictures: Pictures; readonly own: Int32Array; readonly lit: Int32Array } {
  const random = new Random(5);
  const values = new Float32Array(rows * area);
  const own = Int32Array.from({ length: rows }, (_, row) => row % classes);
  const lit = Int32Array.from({ length: rows }, () => random.integer(2));
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < area; i++) values[row * area + i] = 0.02 * random.next() + (i >= area - side ? 0.3 * (lit[row] as number) : 0);
    values[row * area + (own[row] as number)] = random.integer(2) === 0 ? 0 : 0.9;
    // The class can be seen.
    values[row * area + classes + (own[row] as number)] = 1;
  }
  return { pictures: { shape: [1, side, side], values }, own, lit };
}

describe('where a class of pictures is cut in two', () => {
  it('along what varies alike in every class, however much more each varies in a way of its own; or in what is read off the pictures', async () => {
    const { pictures, lit, own } = drawn();
    const seen = {
      attributes: [{ name: 'class', levels: classes }],
      predict: async ({ values }: Pictures) => {
        const found = new Int32Array(values.length / area);
        for (let row = 0; row < found.length; row++)
          found[row] = values.subarray(row * area + classes, row * area + 2 * classes).findIndex((value) => value > 0.5);
        return new Map([['class', found]]);
      },
    };
    const share = async (wanted: (row: number) => number, by?: Compared): Promise<number> => {
      const cuts = by && [await cutClasses(pictures, seen, [], by, { seed: 1 })];
      const kinds = await fitPictureKinds(pictures, { classes: seen, components: 4, seed: 1, ...(cuts && { cuts }) });
      const sides = (await kinds.predict(pictures)).get('side') as Int32Array;
      const agreed = sides.reduce((sum, one, row) => sum + (one === wanted(row) ? 1 : 0), 0) / rows;
      // Which side is called 1 is nobody's business.
      return Math.max(agreed, 1 - agreed);
    };
    const ownPixel = (row: number): number => ((pictures.values[row * area + (own[row] as number)] as number) > 0.5 ? 1 : 0);
    expect(await share((row) => lit[row] as number)).toBe(1);
    // By chance alone, within five standard errors.
    const chance = 0.5 + 5 * Math.sqrt(0.25 / rows);
    expect(await share(ownPixel)).toBeLessThan(chance);
    // Read as two numbers, the pixel that is of the class its own and the light that varies less.
    const compared = {
      width: 2,
      of: async ({ values }: Pictures) =>
        Float32Array.from({ length: (2 * values.length) / area }, (_, i) => {
          const [from, which] = [Math.floor(i / 2) * area, i % 2];
          const mine = values.subarray(from + classes, from + 2 * classes).findIndex((value) => value > 0.5);
          return values[from + (which === 0 ? mine : area - 1)] as number;
        }),
    };
    expect(await share(ownPixel, compared)).toBe(1);
    expect(await share((row) => lit[row] as number, compared)).toBeLessThan(chance);
  });
});
