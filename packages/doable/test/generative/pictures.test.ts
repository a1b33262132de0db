import { beforeAll, describe, expect, it } from 'vitest';
import type { TrainingData } from '../../../engine/src/generative/batch.ts';
import type { Pictures } from '../../../engine/src/generative/metrics/pictures.ts';
import { fitRidgeReader, type PictureReader } from '../../../engine/src/generative/metrics/reader.ts';
import { fitTrainedReader, type TrainedReader } from '../../../engine/src/generative/metrics/trained-reader.ts';
import { codedFitter } from '../../../engine/src/generative/models/coded.ts';
import { foldedFitter, foldPictures } from '../../../engine/src/generative/models/folded.ts';
import { keyedFitter } from '../../../engine/src/generative/models/keyed.ts';
import { tableFitter } from '../../../engine/src/generative/models/table.ts';
import type { Batch, ColumnType, ConditionalTask, Fitter } from '../../../engine/src/generative/terms.ts';
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

describe('folded pictures', () => {
  it('folds squares into channels, row by row, and back', () => {
    // Two pictures of one channel, 4 x 4, numbered.
    const values = Float32Array.from({ length: 32 }, (_, i) => i);
    const folded = foldPictures(values, [1, 4, 4], 2);
    // The upper left pixels of the squares, then the upper right ones, the lower left, the lower right.
    expect([...folded.subarray(0, 16)]).toEqual([0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15]);
    expect([...foldPictures(folded, [1, 4, 4], 2, true)]).toEqual([...values]);
    const colours = Float32Array.from({ length: 3 * 36 }, (_, i) => Math.sin(i));
    expect(foldPictures(foldPictures(colours, [3, 6, 6], 3), [3, 6, 6], 3, true)).toEqual(colours);
  });

  it('gives what the fitter inside learns in the layout of the data', async () => {
    const image: ColumnType = { kind: 'tensor', shape: [1, 2, 2], range: [0, 1] };
    const seen: number[][] = [];
    const task: ConditionalTask = {
      of: ['Y'],
      given: ['X'],
      types: new Map([
        ['X', image],
        ['Y', image],
      ]),
    };
    const data = pair([0, 1, 2, 3], [4, 5, 6, 7]);
    const model = await foldedFitter(copying('X', 'Y', seen), 2).fit(task, data, { seed: 1 });
    if (!model.ok) throw new Error('no');
    expect(seen).toEqual([
      [4, 1, 1],
      [4, 1, 1],
    ]);
    const drawn = await model.value.sample({ rows: 1, columns: new Map([['X', data.columns.get('X') as never]]) }, new Random(1));
    expect(drawn.columns.get('Y')).toEqual({ kind: 'tensor', shape: [1, 2, 2], values: Float32Array.of(0, 1, 2, 3) });
  });
});

const pair = (x: readonly number[], y: readonly number[]): Batch => ({
  rows: 1,
  columns: new Map([
    ['X', { kind: 'tensor', shape: [1, 2, 2], values: Float32Array.from(x) }],
    ['Y', { kind: 'tensor', shape: [1, 2, 2], values: Float32Array.from(y) }],
  ]),
});

/** Draws `of` as a copy of `given`; notes the shapes that it was shown. */
const copying = (given: string, of: string, shapes: number[][]): Fitter => ({
  kind: 'function',
  async fit(task) {
    for (const name of [given, of]) shapes.push([...((task.types.get(name) as Extract<ColumnType, { kind: 'tensor' }>).shape as number[])]);
    return success({
      kind: 'function',
      task,
      sample: async (batch: Batch) => ({ rows: batch.rows, columns: new Map([[of, batch.columns.get(given) as never]]) }),
    });
  },
});

describe('pictures in two parts', () => {
  it('draws kinds in their shares and pictures of their kind; a code beside the picture is shown at fit and draw', async () => {
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
    const code = {
      features: async ({ values }: Pictures) => ({
        rows: values.length,
        width: 2,
        values: Float64Array.from({ length: 2 * values.length }, (_, i) => (values[i >> 1] as number) * (1 + (i % 2))),
      }),
    };
    const shown: Batch[] = [];
    const looking: Fitter = {
      kind: 'function',
      async fit(task, batch) {
        shown.push(batch);
        return success({
          kind: 'function',
          task,
          sample: async (conditions: Batch) => {
            shown.push(conditions);
            return { rows: conditions.rows, columns: new Map([['Y', conditions.columns.get('C') as never]]) };
          },
        });
      },
    };
    const coded = await codedFitter(looking, (name) => (name === 'C' ? code : undefined)).fit({ of: ['Y'], given: ['C'], types }, data, {
      seed: 1,
    });
    if (!coded.ok) throw new Error('no');
    await coded.value.sample(
      { rows: 1, columns: new Map([['C', { kind: 'tensor', shape: [1, 1, 1], values: Float32Array.of(0.25) }]]) },
      new Random(1),
    );
    expect(shown[0]?.columns.get('C code')).toMatchObject({ shape: [2] });
    expect(shown[1]?.columns.get('C code')?.values).toEqual(Float32Array.of(0.25, 0.5));
    expect(coded.value.task.given).toEqual(['C']);
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
