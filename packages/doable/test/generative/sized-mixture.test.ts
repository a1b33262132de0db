import { beforeAll, expect, test } from 'vitest';
import { networkFitter } from '../../../engine/src/generative/models/neural.ts';
import { type MixtureSize, mixtureSizes, type SizeTried, sizedMixtureFitter } from '../../../engine/src/generative/models/sized-mixture.ts';
import type { Batch, ColumnValues, ConditionalModel, ConditionalTask } from '../../../engine/src/generative/terms.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { batchOf, good, levels, real, taskOf } from '../../../engine/test/generative/models-suite.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';
import { leastSquares, meanOf } from './mixed-studies.ts';

let backend: OrtBackend;
beforeAll(async () => {
  backend = good(await ortBackend());
});

const task = taskOf(['y'], ['a', 'b', 'c'], { a: real, b: real, c: levels(2), y: real });
type Row = readonly [a: number, b: number, c: number, y: number];
const normalLog = (error: number, deviation: number): number =>
  -((error / deviation) ** 2) / 2 - Math.log(deviation) - Math.log(2 * Math.PI) / 2;

interface Law {
  row(random: Random): Row;
  /** log p(y | a, b, c). */
  log(row: Row): number;
}
/** Conditions that hang together. */
const conditions = (random: Random): readonly [number, number, number] => {
  const a = random.normal();
  return [a, 0.8 * a + 0.6 * random.normal(), random.next() < 0.5 + 0.2 * Math.sign(a) ? 1 : 0];
};
const linearMean = (a: number, b: number, c: number): number => 30 + 4 * a - 2 * b + 3 * c;
const linear: Law = {
  row(random) {
    const [a, b, c] = conditions(random);
    return [a, b, c, linearMean(a, b, c) + 5 * random.normal()];
  },
  log: ([a, b, c, y]) => normalLog(y - linearMean(a, b, c), 5),
};
/** Two bumps of one mean, further apart where a is far from 0. */
const apart = (a: number): number => 1 + a * a;
const bimodal: Law = {
  row(random) {
    const [a, b, c] = conditions(random);
    return [a, b, c, b + (random.next() < 0.3 + 0.4 * c ? 1 : -1) * apart(a) + 0.4 * random.normal()];
  },
  log: ([a, b, c, y]) => {
    const up = 0.3 + 0.4 * c;
    return Math.log(up * Math.exp(normalLog(y - b - apart(a), 0.4)) + (1 - up) * Math.exp(normalLog(y - b + apart(a), 0.4)));
  },
};

const rowsOf = (law: Law, count: number, random: Random): Row[] => Array.from({ length: count }, () => law.row(random));
const batchFrom = (rows: readonly Row[]): Batch => {
  const column = (i: number): ColumnValues => ({ kind: 'real', values: Float64Array.from(rows, (row) => row[i] as number) });
  const c: ColumnValues = { kind: 'finite', values: Int32Array.from(rows, (row) => row[2]) };
  return batchOf(rows.length, { a: column(0), b: column(1), c, y: column(3) });
};
/** Kullback-Leibler divergence of a model from the law, by fresh rows. */
async function divergence(law: Law, model: ConditionalModel, fresh: readonly Row[]): Promise<number> {
  const logs = await model.logProbability?.(batchFrom(fresh));
  if (logs === undefined) throw new Error('No densities.');
  return meanOf(fresh.map((row, i) => law.log(row) - (logs[i] as number)));
}

interface Outcome {
  readonly model: ConditionalModel;
  readonly chosen: MixtureSize;
  readonly tried: readonly SizeTried[];
}
async function choose(rows: readonly Row[], seed: number): Promise<Outcome> {
  let told: Omit<Outcome, 'model'> | undefined;
  const fitter = sizedMixtureFitter({
    backend,
    threads: 1,
    onSize: (_: ConditionalTask, chosen, tried) => {
      told = { chosen, tried };
    },
  });
  const model = good(await fitter.fit(task, batchFrom(rows), { seed }));
  if (told === undefined) throw new Error('Nothing was told.');
  return { model, ...told };
}

test('linear normal data: the linear size is chosen, and is as near to the truth as least squares, within .003 nat', async () => {
  const rows = rowsOf(linear, 2000, new Random(1, 'linear'));
  const fresh = rowsOf(linear, 20_000, new Random(2, 'linear'));
  const { model, chosen, tried } = await choose(rows, 1);
  expect(chosen.name).toBe('linear');
  expect(tried.map(({ size }) => size.name)).toEqual(['linear', 'small']);
  const design = rows.map(([a, b, c]) => [1, a, b, c]);
  const line = leastSquares(
    design,
    rows.map((row) => row[3]),
  );
  const errorOf = ([a, b, c, y]: Row): number => y - [1, a, b, c].reduce((sum, value, i) => sum + value * (line[i] as number), 0);
  const deviation = Math.sqrt(meanOf(rows.map((row) => errorOf(row) ** 2)));
  const classical = meanOf(fresh.map((row) => linear.log(row) - normalLog(errorOf(row), deviation)));
  const own = await divergence(linear, model, fresh);
  console.log('linear: Kullback-Leibler', own.toFixed(4), 'least squares', classical.toFixed(4));
  expect(own).toBeLessThan(classical + 0.003);
});

test('two bumps: a larger size is chosen, nearer to the truth than the linear one and no further than the largest; its loss is told as it is', async () => {
  const rows = rowsOf(bimodal, 1000, new Random(3, 'bumps'));
  const fresh = rowsOf(bimodal, 10_000, new Random(4, 'bumps'));
  const { model, chosen, tried } = await choose(rows, 1);
  expect(chosen.name).not.toBe('linear');
  expect(tried[1]?.gain).toBeGreaterThan(0.5);
  const [linearSize] = mixtureSizes as readonly [MixtureSize];
  const alone = async (options: { readonly widths?: readonly number[]; readonly components?: number }): Promise<number> => {
    const fitted = await networkFitter('mixture', { backend, threads: 1, ...options }).fit(task, batchFrom(rows), { seed: 1 });
    return divergence(bimodal, good(fitted), fresh);
  };
  const own = await divergence(bimodal, model, fresh);
  const [small, large] = [await alone(linearSize), await alone({})];
  console.log('two bumps:', chosen.name, 'Kullback-Leibler', own.toFixed(4), 'linear', small.toFixed(4), 'largest', large.toFixed(4));
  expect(own).toBeLessThan(small - 0.5);
  expect(own).toBeLessThan(large + 0.01);
  const told = tried.find(({ size }) => size === chosen)?.loss as number;
  const loss = own - meanOf(fresh.map((row) => bimodal.log(row)));
  console.log('two bumps: loss told', told.toFixed(3), 'on fresh rows', loss.toFixed(3));
  expect(Math.abs(told - loss)).toBeLessThan(0.15);
});
