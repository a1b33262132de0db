import { expect, test } from 'vitest';
import { energyDistance } from '../../../engine/src/generative/metrics/energy.ts';
import type { Features } from '../../../engine/src/generative/metrics/pictures.ts';
import { networkFitter } from '../../../engine/src/generative/models/neural.ts';
import type { Batch, ColumnValues, ConditionalModel } from '../../../engine/src/generative/terms.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { batchOf, good, levels, mixedRows, picture, real, taskOf } from '../../../engine/test/generative/models-suite.ts';
import { ortBackend } from '../../src/tensor/ort.ts';

const backend = async () => good(await ortBackend());
const finite = (values: ArrayLike<number>): ColumnValues => ({ kind: 'finite', values: Int32Array.from(values) });
const reals = (values: ArrayLike<number>): ColumnValues => ({ kind: 'real', values: Float64Array.from(values) });
const valuesIn = (batch: Batch, name: string): number[] => Array.from((batch.columns.get(name) as ColumnValues).values);
async function logsOf(model: ConditionalModel, rows: Batch): Promise<Float64Array> {
  if (model.logProbability === undefined) throw new Error(`A ${model.kind} without probabilities.`);
  return model.logProbability(rows);
}
const points = (...columns: ArrayLike<number>[]): Features => {
  const rows = (columns[0] as ArrayLike<number>).length;
  return {
    rows,
    width: columns.length,
    values: Float64Array.from(
      { length: rows * columns.length },
      (_, i) => (columns[i % columns.length] as ArrayLike<number>)[Math.floor(i / columns.length)] as number,
    ),
  };
};

test('softmax: the table itself, within .002 in every condition; in blocks of many levels the probabilities sum to 1', async () => {
  const random = new Random(3, 'table');
  const cells = Array.from({ length: 3 * 4 * 5 }, (_, cell) => [Math.floor(cell / 20), Math.floor(cell / 5) % 4, cell % 5] as const);
  const batch = batchOf(60, { g: finite(cells.map(([g]) => g)), a: finite(cells.map(([, a]) => a)), b: finite(cells.map(([, , b]) => b)) });
  const weights = Float64Array.from({ length: 60 }, () => random.next() ** 2);
  const task = taskOf(['a', 'b'], ['g'], { g: levels(3), a: levels(4), b: levels(5) });
  const model = good(
    await networkFitter('softmax', { backend: await backend(), widths: [32], budget: { steps: 400 } }).fit(task, batch, {
      seed: 1,
      weights,
    }),
  );
  const law = (await logsOf(model, batch)).map(Math.exp);
  for (let g = 0; g < 3; g++) {
    const own = Array.from({ length: 20 }, (_, i) => g * 20 + i);
    const total = own.reduce((sum, cell) => sum + (weights[cell] as number), 0);
    const distance = own.reduce((sum, cell) => sum + Math.abs((law[cell] as number) - (weights[cell] as number) / total) / 2, 0);
    expect(distance).toBeLessThan(0.002);
    expect(own.reduce((sum, cell) => sum + (law[cell] as number), 0)).toBeCloseTo(1, 5);
  }

  // 30 x 20 levels: two blocks, the second given the first.
  const rows = 4000;
  const [c, d] = [new Int32Array(rows), new Int32Array(rows)];
  for (let row = 0; row < rows; row++) {
    c[row] = random.integer(30);
    d[row] = random.next() < 0.8 ? (c[row] as number) % 20 : random.integer(20);
  }
  const wide = good(
    await networkFitter('softmax', { backend: await backend(), budget: { steps: 200 } }).fit(
      taskOf(['c', 'd'], [], { c: levels(30), d: levels(20) }),
      batchOf(rows, { c: finite(c), d: finite(d) }),
      { seed: 1 },
    ),
  );
  const every = batchOf(600, {
    c: finite(Array.from({ length: 600 }, (_, i) => Math.floor(i / 20))),
    d: finite(Array.from({ length: 600 }, (_, i) => i % 20)),
  });
  const joint = (await logsOf(wide, every)).map(Math.exp);
  expect(joint.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 4);
  const drawn = await wide.sample(batchOf(20_000, {}), new Random(1));
  const second = valuesIn(drawn, 'd');
  const agree = valuesIn(drawn, 'c').reduce((sum, value, row) => sum + (value % 20 === second[row] ? 1 : 0), 0) / 20_000;
  expect(Math.abs(agree - 0.81)).toBeLessThan(0.02);
});

test('mixture: the density of two curved bumps, within .02 nat; it integrates to 1; draws follow it; weights tilt it', async () => {
  const random = new Random(4, 'bumps');
  const rows = 6000;
  const density = (x: number, y: number): number => {
    const bump = (mean: number, deviation: number): number =>
      Math.exp(-(((y - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI));
    return 0.3 * bump(50 + 10 * Math.sin(2 * x), 2) + 0.7 * bump(20 - 5 * x, 4);
  };
  const draw = (n: number): { readonly x: Float64Array; readonly y: Float64Array } => {
    const x = Float64Array.from({ length: n }, () => 2 * random.next() - 1);
    return {
      x,
      y: x.map((at) => (random.next() < 0.3 ? 50 + 10 * Math.sin(2 * at) + 2 * random.normal() : 20 - 5 * at + 4 * random.normal())),
    };
  };
  const data = draw(rows);
  const task = taskOf(['y'], ['x'], { x: real, y: real });
  const fitter = networkFitter('mixture', { backend: await backend(), widths: [32, 32], components: 4, budget: { steps: 700 } });
  const model = good(await fitter.fit(task, batchOf(rows, { x: reals(data.x), y: reals(data.y) }), { seed: 1 }));
  const fresh = draw(4000);
  const logs = await logsOf(model, batchOf(4000, { x: reals(fresh.x), y: reals(fresh.y) }));
  const gap = logs.reduce((sum, log, i) => sum + Math.log(density(fresh.x[i] as number, fresh.y[i] as number)) - log, 0) / 4000;
  console.log('mixture: Kullback-Leibler', gap.toFixed(4));
  expect(gap).toBeLessThan(0.02);
  for (const x of [-0.9, 0, 0.5]) {
    const grid = Float64Array.from({ length: 6000 }, (_, i) => -60 + i * 0.03);
    const mass = (await logsOf(model, batchOf(6000, { x: reals(grid.map(() => x)), y: reals(grid) }))).reduce(
      (sum, log) => sum + Math.exp(log) * 0.03,
      0,
    );
    expect(mass).toBeCloseTo(1, 3);
  }
  const drawn = valuesIn(await model.sample(batchOf(4000, { x: reals(fresh.x) }), new Random(2)), 'y');
  expect(energyDistance(points(drawn), points(fresh.y))).toBeLessThan(0.1);

  // Weights 3 : 1 on the upper and the lower bump: its share is .9 / 1.6.
  const weights = data.y.map((y) => (y > 34 ? 3 : 1));
  const tilted = good(await fitter.fit(task, batchOf(rows, { x: reals(data.x), y: reals(data.y) }), { seed: 1, weights }));
  const upper =
    valuesIn(
      await tilted.sample(batchOf(8000, { x: reals(Float64Array.from({ length: 8000 }, (_, i) => i / 4000 - 1)) }), new Random(2)),
      'y',
    ).reduce((sum, y) => sum + (y > 34 ? 1 : 0), 0) / 8000;
  expect(Math.abs(upper - 0.9 / 1.6)).toBeLessThan(0.03);
});

test('flow: two columns on a curve, within twice the energy distance of a refit of the true family', async () => {
  const random = new Random(5, 'curve');
  const draw = (
    n: number,
    [slope, bend, noiseA, noiseB]: readonly number[],
    x = Float64Array.from({ length: n }, () => random.normal()),
  ) => {
    const a = x.map((at) => (slope as number) * at + (noiseA as number) * random.normal());
    return { x, a, b: a.map((at) => (bend as number) * at * at + (noiseB as number) * random.normal()) };
  };
  const truth = [0.8, 0.5, 0.6, 0.4] as const;
  const rows = 4000;
  const data = draw(rows, truth);
  const model = good(
    await networkFitter('flow', { backend: await backend(), widths: [64, 64], budget: { steps: 1500, batch: 256 } }).fit(
      taskOf(['a', 'b'], ['x'], { x: real, a: real, b: real }),
      batchOf(rows, { x: reals(data.x), a: reals(data.a), b: reals(data.b) }),
      { seed: 1 },
    ),
  );
  const fit = (u: Float64Array, v: Float64Array): readonly [number, number] => {
    const slope = u.reduce((sum, value, i) => sum + value * (v[i] as number), 0) / u.reduce((sum, value) => sum + value * value, 0);
    return [slope, Math.sqrt(u.reduce((sum, value, i) => sum + ((v[i] as number) - slope * value) ** 2, 0) / u.length)];
  };
  const [slope, noiseA] = fit(data.x, data.a);
  const [bend, noiseB] = fit(
    data.a.map((a) => a * a),
    data.b,
  );
  const n = 3000;
  const fresh = draw(n, truth);
  const reference = points(fresh.x, fresh.a, fresh.b);
  const refit = draw(n, [slope, bend, noiseA, noiseB], fresh.x);
  const drawn = await model.sample(batchOf(n, { x: reals(fresh.x) }), new Random(6));
  const own = energyDistance(points(fresh.x, valuesIn(drawn, 'a'), valuesIn(drawn, 'b')), reference);
  const best = energyDistance(points(refit.x, refit.a, refit.b), reference);
  console.log('flow: energy distance', own.toFixed(5), 'refit', best.toFixed(5));
  expect(own).toBeLessThan(2 * best);
});

test('U-Net: which half of a picture is lit, and by how much, as the class says', async () => {
  const data = mixedRows(2000, 1);
  const model = good(
    await networkFitter('unet', {
      backend: await backend(),
      widths: [8, 16],
      rows: 256,
      budget: { steps: 300, batch: 64, learningRate: 0.005 },
    }).fit(taskOf(['p'], ['c'], { p: picture, c: levels(3) }), data, { seed: 1 }),
  );
  const n = 768;
  const drawn = valuesIn(await model.sample(batchOf(n, { c: finite(Array.from({ length: n }, (_, i) => i % 3)) }), new Random(1)), 'p');
  const lit = [0, 0, 0];
  let [bright, dark] = [0, 0];
  for (let row = 0; row < n; row++) {
    const sides = [0, 0];
    for (let i = 0; i < 16; i++) sides[i % 4 < 2 ? 0 : 1] = (sides[i % 4 < 2 ? 0 : 1] as number) + (drawn[row * 16 + i] as number) / 8;
    if ((sides[0] as number) > (sides[1] as number)) lit[row % 3] = (lit[row % 3] as number) + 3 / n;
    bright += Math.max(...sides) / n;
    dark += Math.min(...sides) / n;
  }
  console.log(
    'U-Net: left half lit',
    lit.map((share) => share.toFixed(3)).join(' '),
    'for .8 .3 .3; bright',
    bright.toFixed(3),
    'dark',
    dark.toFixed(3),
  );
  expect(Math.abs((lit[0] as number) - 0.8)).toBeLessThan(0.12);
  expect(Math.abs((lit[1] as number) - 0.3)).toBeLessThan(0.12);
  expect(Math.abs((lit[2] as number) - 0.3)).toBeLessThan(0.12);
  expect(Math.abs(bright - 0.9)).toBeLessThan(0.05);
  expect(Math.abs(dark - 0.05)).toBeLessThan(0.05);
});
