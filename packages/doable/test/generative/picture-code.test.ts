import { beforeAll, describe, expect, it } from 'vitest';
import type { Pictures } from '../../../engine/src/generative/metrics/pictures.ts';
import { networkFitter } from '../../../engine/src/generative/models/neural.ts';
import { fitPictureCode, type Lesson, type PictureCode } from '../../../engine/src/generative/models/picture-code.ts';
import { loadFactor, saveFactor } from '../../../engine/src/generative/models/saved.ts';
import { blocksOf } from '../../../engine/src/generative/models/softmax.ts';
import type { Batch, ColumnValues, ConditionalModel } from '../../../engine/src/generative/terms.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { batchOf, good, levels, taskOf } from '../../../engine/test/generative/models-suite.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';

let backend: OrtBackend;
beforeAll(async () => {
  backend = good(await ortBackend());
});
const side = 8;
const area = side * side;

/** Bars across the picture or down it, of the first, second or third channel, at a place that says nothing, on a noisy ground. */
function drawBars(rows: number, random: Random): { readonly pictures: Pictures; readonly down: Int32Array; readonly colour: Int32Array } {
  const values = new Float32Array(rows * 3 * area);
  const [down, colour] = [new Int32Array(rows), new Int32Array(rows)];
  for (let row = 0; row < rows; row++) {
    down[row] = random.integer(2);
    colour[row] = random.integer(3);
    const at = random.integer(side);
    for (let i = 0; i < 3 * area; i++) values[row * 3 * area + i] = 0.1 * random.next();
    for (let i = 0; i < side; i++)
      values[row * 3 * area + (colour[row] as number) * area + (down[row] === 1 ? i * side + at : at * side + i)] =
        0.7 + 0.3 * random.next();
  }
  return { pictures: { shape: [3, side, side], values }, down, colour };
}
const labels = (each: Readonly<Record<string, readonly [count: number, values: Int32Array]>>): Lesson['labels'] =>
  new Map(Object.entries(each).map(([name, [count, values]]) => [name, { levels: count, values }]));
const share = (found: Int32Array, wanted: Int32Array): number =>
  found.reduce((sum, level, row) => sum + (level === wanted[row] ? 1 : 0), 0) / wanted.length;

describe('a code of pictures', () => {
  it('tells what each of two lessons teaches, of pictures that neither held; same seed, same digits', async () => {
    const random = new Random(1, 'bars');
    const [first, second, held] = [drawBars(600, random), drawBars(400, random), drawBars(500, random)];
    // The second lesson calls the orientations by the other number.
    const turned = second.down.map((one) => 1 - one);
    const lessons: Lesson[] = [
      { name: 'A', pictures: first.pictures, labels: labels({ down: [2, first.down] }) },
      { name: 'B', pictures: second.pictures, labels: labels({ colour: [3, second.colour], down: [2, turned] }) },
    ];
    const fit = async (steps: number, seed = 2): Promise<PictureCode> =>
      good(await fitPictureCode(lessons, { backend, seed, steps, batch: 64, width: 16, threads: 1 }));
    const code = await fit(120);
    expect(code.heads).toEqual([
      { lesson: 'A', label: 'down', levels: 2, from: 0 },
      { lesson: 'B', label: 'colour', levels: 3, from: 2 },
      { lesson: 'B', label: 'down', levels: 2, from: 5 },
    ]);
    const [asA, asB] = [await code.predict(held.pictures, 'A'), await code.predict(held.pictures, 'B')];
    expect([...asA.keys(), ...asB.keys()]).toEqual(['down', 'colour', 'down']);
    expect(share(asA.get('down') as Int32Array, held.down)).toBeGreaterThan(0.97);
    expect(share(asB.get('down') as Int32Array, held.down)).toBeLessThan(0.03);
    expect(share(asB.get('colour') as Int32Array, held.colour)).toBeGreaterThan(0.97);
    await expect(code.predict(held.pictures, 'C')).rejects.toThrow('has not learnt');

    // Probabilities of what was taught.
    const readings = await code.readings(held.pictures);
    expect([code.width, readings.length]).toEqual([7, 7 * 500]);
    for (const { levels: count, from } of code.heads)
      for (let row = 0; row < 500; row++)
        expect(readings.subarray(7 * row + from, 7 * row + from + count).reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 5);
    const wrong = held.colour.reduce((sum, level, row) => sum + 1 - (readings[7 * row + 2 + level] as number), 0) / 500;
    expect(wrong).toBeLessThan(0.05);

    // One picture by itself as among the others.
    const tenth = { ...held.pictures, values: held.pictures.values.subarray(10 * 3 * area, 11 * 3 * area) };
    expect((await code.predict(tenth, 'B')).get('colour')).toEqual(asB.get('colour')?.slice(10, 11));
    expect(await code.readings(tenth)).toEqual(readings.slice(70, 77));

    const [one, same, other] = [await fit(10), await fit(10), await fit(10, 3)];
    expect(one.report).toEqual(same.report);
    expect(await one.readings(held.pictures)).toEqual(await same.readings(held.pictures));
    expect(one.report.losses).not.toEqual(other.report.losses);
    for (const each of [code, one, same, other]) await each.dispose();
  });

  it('with shift it sees pictures moved by whole pixels, dark where they come in: what only the place tells is lost as far as that', async () => {
    // Pictures of two rows and eight columns with a bar at the third or at the fifth column. Moved by up to two columns it is at 0 to 4 or at
    // 2 to 6, of which 2 to 4 say nothing; moved by two rows, two times in five, it is gone. The least loss is that share of log 2.
    const [height, width] = [2, 8];
    const bars = (columns: readonly number[], ground: number): Float32Array =>
      Float32Array.from({ length: columns.length * height * width }, (_, i) =>
        i % width === columns[Math.floor(i / (height * width))] ? 1 : ground,
      );
    const which = Int32Array.from({ length: 256 }, (_, row) => row % 2);
    const fit = async (ground: number, shift: number): Promise<PictureCode> => {
      const places = Array.from(which, (one) => 2 + 2 * one);
      const pictures = { shape: [1, height, width], values: bars(places, ground) };
      const lesson = { name: 'bars', pictures, labels: labels({ which: [2, which] }) };
      return good(await fitPictureCode([lesson], { backend, seed: 5, steps: 250, batch: 64, width: 16, shift, threads: 1 }));
    };
    const last = ({ report }: PictureCode): number => (report.losses[report.losses.length - 1] as number) / Math.log(2);
    const [still, moved, bright] = [await fit(0, 0), await fit(0, 2), await fit(0.5, 2)];
    expect(last(still)).toBeLessThan(0.03);
    expect(Math.abs(last(moved) - (0.4 + 0.6 * 0.6))).toBeLessThan(0.06);
    // On a ground that is not dark the edge that comes in tells how far a picture was moved.
    expect(Math.abs(last(bright) - 0.4)).toBeLessThan(0.06);
    const shown = { shape: [1, height, width], values: bars([0, 1, 5, 6], 0) };
    expect([...((await moved.predict(shown, 'bars')).get('which') ?? [])]).toEqual([0, 0, 1, 1]);
    for (const each of [still, moved, bright]) await each.dispose();
  });
});

describe('softmax of columns one by one', () => {
  // P(c) even; P(a, b | c) of 3 x 4 cells: b leans on a, and how much on c.
  const cellsOf = (c: number): number[] => {
    const raw = Array.from({ length: 12 }, (_, i) => 1 + ((7 * i + 5 * c) % 11) + (i % 4 === Math.floor(i / 4) ? 12 * c : 0));
    const total = raw.reduce((sum, value) => sum + value, 0);
    return raw.map((value) => value / total);
  };
  const grid = Array.from({ length: 24 }, (_, i) => i);
  const finite = (of: (i: number) => number): ColumnValues => ({ kind: 'finite', values: Int32Array.from(grid, of) });
  const table: Batch = batchOf(24, {
    c: finite((i) => Math.floor(i / 12)),
    a: finite((i) => Math.floor((i % 12) / 4)),
    b: finite((i) => i % 4),
  });
  const exact = [...cellsOf(0), ...cellsOf(1)];
  const task = taskOf(['a', 'b'], ['c'], { a: levels(3), b: levels(4), c: levels(2) });
  const apart = (law: ArrayLike<number>, c: number): number => {
    let sum = 0;
    for (let i = 12 * c; i < 12 * c + 12; i++) sum += Math.abs((law[i] as number) - (exact[i] as number)) / 2;
    return sum;
  };

  it('has the law of the columns drawn together; saved and loaded it draws the same', async () => {
    const of = [
      { kind: 'finite', name: 'a', levels: 3 },
      { kind: 'finite', name: 'b', levels: 4 },
    ] as const;
    expect(blocksOf({ of, cells: 1 }).map(({ columns }) => columns)).toEqual([[0], [1]]);
    expect(blocksOf({ of }).map(({ columns }) => columns)).toEqual([[0, 1]]);
    for (const cells of [1, undefined]) {
      const options = { backend, widths: [32], rows: 1024, threads: 1, budget: { steps: 400 }, ...(cells !== undefined && { cells }) };
      const fitted = await networkFitter('softmax', options).fit(task, table, { seed: 1, weights: Float64Array.from(exact) });
      const model: ConditionalModel = good(fitted);
      const law = Float64Array.from((await model.logProbability?.(table)) ?? [], Math.exp);
      const draws = 20_000;
      for (const c of [0, 1]) {
        expect(law.subarray(12 * c, 12 * c + 12).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
        expect(apart(law, c)).toBeLessThan(0.01);
        const given = batchOf(draws, { c: { kind: 'finite', values: new Int32Array(draws).fill(c) } });
        const made = await model.sample(given, new Random(3));
        const counts = new Float64Array(24);
        const [a, b] = ['a', 'b'].map((name) => made.columns.get(name)?.values as Int32Array) as [Int32Array, Int32Array];
        for (const [row, level] of a.entries()) {
          const cell = 12 * c + 4 * level + (b[row] as number);
          counts[cell] = (counts[cell] as number) + 1 / draws;
        }
        // Five standard errors of every cell, from the law that the model states.
        for (let i = 12 * c; i < 12 * c + 12; i++) {
          const own = law[i] as number;
          expect(Math.abs((counts[i] as number) - own)).toBeLessThan(5 * Math.sqrt((own * (1 - own)) / draws));
        }
      }
      const { manifest, files } = good(saveFactor(model, 'f'));
      const text = JSON.stringify(manifest);
      expect(text.includes('"cells":1')).toBe(cells === 1);
      const loaded = good(loadFactor(JSON.parse(text), files, backend));
      expect(JSON.stringify(good(saveFactor(loaded, 'f')).manifest)).toBe(text);
      expect(await loaded.logProbability?.(table)).toEqual(await model.logProbability?.(table));
      expect(await loaded.sample(table, new Random(4))).toEqual(await model.sample(table, new Random(4)));
      if (cells === undefined) continue;
      for (const other of ['"cells":0', '"cells":256'])
        expect(loadFactor(JSON.parse(text.replace('"cells":1', other)), files, backend)).toMatchObject({
          ok: false,
          issues: [{ code: 'bad-factor' }],
        });
    }
  });
});
