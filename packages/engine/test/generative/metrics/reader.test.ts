import { describe, expect, it } from 'vitest';
import { type Features, inkOf, litColours, type Pictures, readColours } from '../../../src/generative/metrics/pictures.ts';
import { fitRidgeReader } from '../../../src/generative/metrics/reader.ts';
import { matrix, symmetricEigen } from '../../../src/math/linear.ts';
import { Random } from '../../../src/math/random.ts';

const palette = [
  [1, 0, 0],
  [1, 1, 0],
  [0, 1, 0],
  [0, 1, 1],
  [0, 0, 1],
  [1, 0, 1],
] as const;

/** Bars at one of three heights on a 12 x 12 picture in one of six colours, with noise. */
function bars(rows: number, seed: number): { pictures: Pictures; height: Int32Array; colour: Int32Array } {
  const random = new Random(seed);
  const height = Int32Array.from({ length: rows }, () => random.integer(3));
  const colour = Int32Array.from({ length: rows }, () => random.integer(6));
  const values = new Float32Array(rows * 3 * 144);
  for (let row = 0; row < rows; row++) {
    const light = 0.4 + 0.6 * random.next();
    for (let pixel = 0; pixel < 144; pixel++) {
      const on = Math.floor(pixel / 48) === height[row] && random.next() > 0.3;
      for (let channel = 0; channel < 3; channel++)
        values[(row * 3 + channel) * 144 + pixel] = on
          ? light * (palette[colour[row] as number]?.[channel] as number)
          : 0.1 * random.next();
    }
  }
  return { pictures: { shape: [3, 12, 12], values }, height, colour };
}
const spread = ({ rows, width, values }: Features, columns: number): number => {
  let total = 0;
  for (let i = 0; i < columns; i++) {
    const column = Float64Array.from({ length: rows }, (_, row) => values[row * width + i] as number);
    const mean = column.reduce((sum, value) => sum + value, 0) / rows;
    total += column.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  }
  return total;
};

describe('reading pictures', () => {
  it('ink is the brightest channel over the brightest pixel; the lit colour is the mean over pixels above half', () => {
    const pictures: Pictures = { shape: [3, 1, 2], values: Float32Array.of(0.5, 0.1, 0.25, 0, 0, 0.2, 0, 0, 0, 0, 0, 0) };
    expect([...inkOf(pictures).values].map((value) => +value.toFixed(6))).toEqual([1, 0.4, 0, 0]);
    expect([...litColours(pictures).values].map((value) => +value.toFixed(6))).toEqual([0.5, 0.25, 0, 0, 0, 0]);
  });

  it('colours are read by hue, whatever the brightness, and turned by up to 29 degrees', () => {
    for (const [i, [red, green, blue]] of palette.entries())
      for (const gain of [1, 0.2])
        for (const turn of [-1, 1]) {
          // A share s of a neighbouring primary turns the hue by atan(s sqrt(3) / (2 + s)) at a primary: 0.45 stays below 30 degrees.
          const next = palette[(i + 6 + turn) % 6] as readonly [number, number, number];
          const mixed = [red, green, blue].map((value, c) => gain * (value + 0.45 * (next[c] as number)) * 0.6);
          expect([...readColours({ shape: [3, 1, 1], values: Float32Array.from(mixed) }, palette)]).toEqual([i]);
        }
    expect(() => readColours({ shape: [1, 1, 1], values: new Float32Array(1) }, palette)).toThrow('1 channels');
  });

  it('a ridge reader learns an attribute, leaves colour to the hue, and its components carry the largest spread', async () => {
    const learn = bars(400, 1);
    const reader = fitRidgeReader(learn.pictures, new Map([['height', { levels: 3, values: learn.height }]]), {
      random: new Random(2),
      units: 40,
      components: 5,
      colour: { name: 'colour', palette },
    });
    expect(reader.attributes).toEqual([
      { name: 'height', levels: 3 },
      { name: 'colour', levels: 6 },
    ]);
    const held = bars(300, 3);
    const read = await reader.predict(held.pictures);
    expect(read.get('height')).toEqual(held.height);
    expect(read.get('colour')).toEqual(held.colour);
    const features = await reader.features(learn.pictures);
    expect([features.rows, features.width]).toEqual([400, 5 + 3 + 3]);
    const { values } = inkOf(learn.pictures);
    const mean = Float64Array.from(
      { length: 144 },
      (_, i) => values.filter((_, at) => at % 144 === i).reduce((sum, value) => sum + value, 0) / 400,
    );
    const covariance = new Float64Array(144 * 144);
    for (let row = 0; row < 400; row++)
      for (let i = 0; i < 144; i++)
        for (let j = 0; j < 144; j++)
          covariance[i * 144 + j] =
            (covariance[i * 144 + j] as number) +
            ((values[row * 144 + i] as number) - (mean[i] as number)) * ((values[row * 144 + j] as number) - (mean[j] as number));
    const largest = symmetricEigen(matrix(144, 144, covariance)).values.slice(0, 5);
    // Two directions stand out, the others are noise of nearly equal spread.
    expect(spread(features, 2) / ((largest[0] as number) + (largest[1] as number))).toBeCloseTo(1, 6);
    expect(spread(features, 5) / largest.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0.97);
  });
});
