import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainingData } from '../../../engine/src/generative/batch.ts';
import type { Pictures } from '../../../engine/src/generative/metrics/pictures.ts';
import { fitRidgeReader, type PictureReader } from '../../../engine/src/generative/metrics/reader.ts';
import { fitTrainedReader, type TrainedReader } from '../../../engine/src/generative/metrics/trained-reader.ts';
import { keyedFitter } from '../../../engine/src/generative/models/keyed.ts';
import { tableFitter } from '../../../engine/src/generative/models/table.ts';
import type { Batch, ColumnType, Fitter } from '../../../engine/src/generative/terms.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { drawDigits } from '../../../engine/src/reproduce/images/napkin.ts';
import { palette, renderRecipe } from '../../../engine/src/reproduce/images/render.ts';
import { success } from '../../../engine/src/run/issue.ts';
import { type Collection, readOptdigits } from '../../src/images/collections.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';

let backend: OrtBackend;
let digits: Collection;
beforeAll(async () => {
  const [loaded, read] = [await ortBackend(), await readOptdigits()];
  if (!loaded.ok || !read.ok) throw new Error('No runtime or no digits.');
  backend = loaded.value;
  digits = read.value;
});

describe('pictures in two parts', () => {
  it('draws kinds in their shares and pictures of their kind', async () => {
    // A picture is one number; its kind is whether it is above one half. Given Z = 0 a quarter is, given Z = 1 three quarters.
    const rows = 400;
    const z = Int32Array.from({ length: rows }, (_, i) => i % 2);
    const high = Int32Array.from({ length: rows }, (_, i) => (Math.floor(i / 2) % 4 < (i % 2 === 1 ? 3 : 1) ? 1 : 0));
    const pictures = { shape: [1, 1, 1], values: Float32Array.from(high, (one, i) => 0.8 * one + 0.0001 * i) };
    const types = new Map<string, ColumnType>([
      ['Z', { kind: 'finite', levels: ['0', '1'] }],
      ['Y', { kind: 'tensor', shape: [1, 1, 1], range: [0, 1] }],
      ['C', { kind: 'tensor', shape: [1, 1, 1], range: [0, 1] }],
    ]);
    const data: TrainingData['batch'] = {
      rows,
      columns: new Map([
        ['Z', { kind: 'finite', values: z }],
        ['Y', { kind: 'tensor', ...pictures }],
        ['C', { kind: 'tensor', ...pictures }],
      ]),
    };
    const key = {
      attributes: [{ name: 'high', levels: 2 }],
      predict: async ({ values }: Pictures) => new Map([['high', Int32Array.from(values, (value) => (value > 0.5 ? 1 : 0))]]),
    };
    const given: string[][] = [];
    // Of its kind, the picture is the number that stands for it.
    const byKind: Fitter = {
      kind: 'function',
      async fit(task, batch) {
        given.push([...task.given], [...batch.columns.keys()].sort());
        return success({
          kind: 'function',
          task,
          sample: async (conditions: Batch) => ({
            rows: conditions.rows,
            columns: new Map([
              [
                'Y',
                {
                  kind: 'tensor' as const,
                  shape: [1, 1, 1],
                  values: Float32Array.from(conditions.columns.get('Y high')?.values ?? [], (one) => (one === 1 ? 0.9 : 0.1)),
                },
              ],
            ]),
          }),
        });
      },
    };
    const keyed = await keyedFitter(tableFitter(), byKind, key).fit({ of: ['Y'], given: ['Z'], types }, data, { seed: 1 });
    if (!keyed.ok) throw new Error('no');
    expect(given).toEqual([
      ['Z', 'Y high'],
      ['C', 'Y', 'Y high', 'Z'],
    ]);
    const draws = 4000;
    for (const level of [0, 1]) {
      const at: Batch = { rows: draws, columns: new Map([['Z', { kind: 'finite', values: new Int32Array(draws).fill(level) }]]) };
      const drawn = (await keyed.value.sample(at, new Random(level))).columns.get('Y')?.values ?? [];
      const share = [...drawn].filter((value) => value > 0.5).length / draws;
      // Five standard errors.
      expect(Math.abs(share - (level === 1 ? 0.75 : 0.25))).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / draws));
    }
  });
});

describe('a trained reader', () => {
  const even = new Float64Array(120).fill(1 / 120);
  it('reads digits of pictures that it has not seen as well as ridge regression does, the same digits every time', async () => {
    const { train, truth } = digits;
    const learn = drawDigits(even, train, 2500, new Random(1));
    const lessons = renderRecipe(train, learn.recipe);
    const labels = new Map([
      ['digit', { levels: 10, values: learn.digit }],
      ['thickness', { levels: 2, values: learn.thickness }],
    ]);
    const colour = { name: 'colour', palette };
    const fit = async (steps: number): Promise<TrainedReader> => {
      const made = await fitTrainedReader(lessons, labels, { backend, seed: 4, steps, batch: 64, colour });
      if (!made.ok) throw new Error('no');
      return made.value;
    };
    const reader = await fit(400);
    const held = drawDigits(even, truth, 2000, new Random(3));
    const shown = renderRecipe(truth, held.recipe);
    const right = async (by: PictureReader, name: 'digit' | 'colour' | 'thickness'): Promise<number> => {
      const read = (await by.predict(shown)).get(name) as Int32Array;
      return read.reduce((sum, level, row) => sum + (level === held[name][row] ? 1 : 0), 0) / read.length;
    };
    const ridge = fitRidgeReader(lessons, labels, { random: new Random(2), units: 128, colour });
    expect(await right(reader, 'digit')).toBeGreaterThan(Math.max(0.9, (await right(ridge, 'digit')) - 0.02));
    expect(await right(reader, 'colour')).toBeGreaterThan(0.99);
    expect(await right(reader, 'thickness')).toBeGreaterThan(0.97);
    const features = await reader.features({ shape: shown.shape, values: shown.values.subarray(0, 300 * 192) });
    expect([features.rows, features.width]).toEqual([300, 64 + 3]);
    expect(features.values.every(Number.isFinite)).toBe(true);
    const [one, other] = [await fit(20), await fit(20)];
    expect(one.report).toEqual(other.report);
    expect(await one.features(shown)).toEqual(await other.features(shown));
    for (const each of [reader, one, other]) await each.dispose();
  });
});
