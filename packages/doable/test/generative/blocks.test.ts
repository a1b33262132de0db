import { beforeAll, expect, test } from 'vitest';
import { energyDistance } from '../../../engine/src/generative/metrics/energy.ts';
import { chainModel } from '../../../engine/src/generative/models/chain.ts';
import { chooseModels, defaultFitter, mostMixtureColumns } from '../../../engine/src/generative/models/choose.ts';
import { networkFitter } from '../../../engine/src/generative/models/neural.ts';
import type { ConditionalModel, ConditionalTask } from '../../../engine/src/generative/terms.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { good, levels, picture, real, taskOf } from '../../../engine/test/generative/models-suite.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';
import {
  type BlockStudy,
  blockStudies,
  type Column,
  columnsOf,
  drawSettings,
  type Setting,
  settings,
  twoColumns,
} from './block-studies.ts';
import { meanOf, rootMeanSquare } from './mixed-studies.ts';

let backend: OrtBackend;
beforeAll(async () => {
  backend = good(await ortBackend());
});
/** Where asked for: so many data sets of every study, 1,000 and 5,000 rows each, with a flow beside the default (eight minutes of processor time for each). */
const asked = process.env.DOABLE_BLOCK_DATA_SETS;
const dataSets = Number(asked ?? 2);
const draws = asked !== undefined ? 20_000 : 8000;
const studyOf = (name: string): BlockStudy => blockStudies.find((study) => study.name === name) as BlockStudy;
const taskFor = ({ of, types }: BlockStudy): ConditionalTask => ({ of, given: ['C', 'R'], types });

test('what is chosen for several real columns: a mixture after the finite ones, a flow for many and given pictures', () => {
  const names = Array.from({ length: mostMixtureColumns + 1 }, (_, i) => `y${i}`);
  const types = { c: levels(2), d: levels(3), x: real, p: picture, ...Object.fromEntries(names.map((name) => [name, real])) };
  const kinds = (of: readonly string[], given: readonly string[]): string[] =>
    good(chooseModels(taskOf(of, given, types))).map((part) => `${part.kind} ${part.of} | ${part.given}`);
  expect(kinds(['y0'], ['c', 'x'])).toEqual(['mixture y0 | c,x']);
  expect(kinds(['y1', 'y0'], ['c', 'x'])).toEqual(['mixture y1,y0 | c,x']);
  expect(kinds(['y0', 'c', 'y1'], ['x'])).toEqual(['softmax c | x', 'mixture y0,y1 | x,c']);
  expect(kinds(['y0', 'c', 'y1'], ['d'])).toEqual(['table c | d', 'mixture y0,y1 | d,c']);
  expect(kinds(names.slice(1), ['c'])).toEqual([`mixture ${names.slice(1)} | c`]);
  expect(kinds(names, ['c'])).toEqual([`flow ${names} | c`]);
  expect(kinds(['y0', 'y1'], ['p'])).toEqual(['flow y0,y1 | p']);
  expect(kinds(['y0'], ['p'])).toEqual(['mixture y0 | p']);
});

interface Data {
  readonly at: readonly Setting[];
  readonly rows: readonly (readonly number[])[];
}
function dataOf(study: BlockStudy, rows: number, seed: number): Data {
  const random = new Random(seed, study.name, rows);
  const at = drawSettings(rows, random.split('settings'));
  const own = random.split('rows');
  return { at, rows: at.map((setting) => study.draw(setting, own)) };
}
const batchOf = (study: BlockStudy, { at, rows }: Data) => ({ rows: at.length, columns: columnsOf(study, at, rows) });

/** log p(a, b | c, r) of two linear columns with a hidden normal cause. */
function logOf([first, second]: readonly [Column, Column], [c, r]: Setting, [a = 0, b = 0]: readonly number[]): number {
  const [x, y] = [a - (first[0] + first[1] * c + first[2] * r), b - (second[0] + second[1] * c + second[2] * r)];
  const [xx, yy, xy] = [first[3] ** 2 + first[4] ** 2, second[3] ** 2 + second[4] ** 2, first[3] * second[3]];
  const determinant = xx * yy - xy * xy;
  return -(yy * x * x - 2 * xy * x * y + xx * y * y) / (2 * determinant) - Math.log(determinant) / 2 - Math.log(2 * Math.PI);
}

test('two linear columns with a hidden common cause: the linear size is chosen, its density within .01 nat of the closed form', async () => {
  const study = studyOf('two linear');
  const sizes: string[] = [];
  const fitter = good(
    defaultFitter(taskFor(study), { backend, threads: 1, onSize: (task, size) => sizes.push(`${task.of} ${size.name}`) }),
  );
  const model = good(await fitter.fit(taskFor(study), batchOf(study, dataOf(study, 2000, 1)), { seed: 1 }));
  expect(sizes).toEqual(['A,B linear']);
  const fresh = dataOf(study, 20_000, 2);
  const logs = (await model.logProbability?.(batchOf(study, fresh))) ?? new Float64Array(0);
  const [first, second] = twoColumns as readonly [Column, Column];
  const divergence = meanOf(fresh.rows.map((row, i) => logOf([first, second], fresh.at[i] as Setting, row) - (logs[i] as number)));
  console.log('two linear: Kullback-Leibler', divergence.toFixed(4));
  expect(divergence).toBeGreaterThan(-0.002);
  expect(divergence).toBeLessThan(0.01);
});

/** Directions, and what the mean over all directions of |a component of a unit vector| is. */
function directionsOf(width: number): { readonly all: readonly (readonly number[])[]; readonly share: number } {
  const random = new Random(1, 'directions');
  const all = Array.from({ length: width === 2 ? 16 : 24 }, (_, i) => {
    if (width === 2) return [Math.cos((Math.PI * (i + 0.5)) / 16), Math.sin((Math.PI * (i + 0.5)) / 16)];
    const raw = Array.from({ length: width }, () => random.normal());
    const length = Math.hypot(...raw);
    return raw.map((value) => value / length);
  });
  const share = { 2: 2 / Math.PI, 3: 1 / 2, 6: 16 / (15 * Math.PI) }[width];
  if (share === undefined) throw new Error(`${width} columns.`);
  return { all, share };
}

interface Figures {
  readonly energy: number;
  readonly error: number;
}
/**
 * Energy distance of rows to fresh rows of the truth, mean of two settings, columns in standard deviations (the mean over directions of
 * energy distances in one dimension); error of the difference of means between the settings, root mean square over columns.
 */
async function judged(
  study: BlockStudy,
  seed: number,
  draw: (setting: Setting, i: number) => Promise<readonly (readonly number[])[]>,
): Promise<Figures> {
  const energies: number[] = [];
  const means: (readonly number[])[] = [];
  let deviations: readonly number[] = [];
  for (const [i, setting] of settings.entries()) {
    const random = new Random(seed, study.name, 'truth', i);
    const truth = Array.from({ length: draws }, () => study.draw(setting, random));
    const own = await draw(setting, i);
    const spread = study.of.map((_, k) => {
      const mean = meanOf(truth.map((row) => row[k] as number));
      return rootMeanSquare(truth.map((row) => (row[k] as number) - mean));
    });
    if (i === 0) deviations = spread;
    const { all, share } = directionsOf(study.of.length);
    const along = (rows: readonly (readonly number[])[], direction: readonly number[]) => ({
      rows: rows.length,
      width: 1,
      values: Float64Array.from(rows, (row) =>
        row.reduce((sum, value, k) => sum + ((direction[k] as number) * value) / (spread[k] as number), 0),
      ),
    });
    energies.push(meanOf(all.map((direction) => energyDistance(along(own, direction), along(truth, direction)))) / share);
    means.push(study.of.map((_, k) => meanOf(own.map((row) => row[k] as number))));
  }
  const wanted = settings.map((setting) => study.means(setting));
  const errors = study.of.map((_, k) => {
    const difference = (of: readonly (readonly number[])[]): number => (of[1]?.[k] as number) - (of[0]?.[k] as number);
    return (difference(means) - difference(wanted)) / (deviations[k] as number);
  });
  return { energy: meanOf(energies), error: rootMeanSquare(errors) };
}

async function judgedModel(study: BlockStudy, seed: number, model: ConditionalModel): Promise<Figures> {
  return judged(study, seed, async (setting, i) => {
    const at = Array.from({ length: draws }, () => setting);
    const { columns } = await model.sample({ rows: draws, columns: columnsOf(study, at, []) }, new Random(seed, 'draws', i));
    const values = study.of.map((name) => columns.get(name)?.values as ArrayLike<number>);
    return at.map((_, row) => values.map((column) => column[row] as number));
  });
}
function judgedRefit(study: BlockStudy, seed: number, { at, rows }: Data): Promise<Figures> {
  const draw = study.refit(at, rows);
  return judged(study, seed, async (setting, i) => {
    const random = new Random(seed, 'refit', i);
    return Array.from({ length: draws }, () => draw(setting, random));
  });
}
const summary = (figures: readonly Figures[]): Figures => ({
  energy: meanOf(figures.map(({ energy }) => energy)),
  error: rootMeanSquare(figures.map(({ error }) => error)),
});
const text = ({ energy, error }: Figures): string => `${energy.toFixed(5)}, ${error.toFixed(4)}`;

/** What stood in place of the mixture before: a flow, after the finite columns. */
async function withFlow(study: BlockStudy, data: Data, seed: number): Promise<ConditionalModel> {
  const whole = taskFor(study);
  const finite = study.of.filter((name) => study.types.get(name)?.kind === 'finite');
  const task = { ...whole, of: study.of.filter((name) => !finite.includes(name)), given: [...whole.given, ...finite] };
  const flow = good(await networkFitter('flow', { backend, threads: 1 }).fit(task, batchOf(study, data), { seed }));
  if (finite.length === 0) return flow;
  const first = { ...whole, of: finite };
  const fitter = good(defaultFitter(first, { backend, threads: 1 }));
  return chainModel(whole, [good(await fitter.fit(first, batchOf(study, data), { seed })), flow]);
}

const firstSeed = 101;
const cases = (asked !== undefined ? blockStudies : [studyOf('with a finite column')]).flatMap((study) =>
  (asked !== undefined ? [1000, 5000] : [1000]).map((rows) => ({ name: study.name, study, rows })),
);
test.each(cases)(
  '$name, $rows rows: what is chosen by default, energy distance and error of the effect within 2 times those of refitting the true family (or of a flow)',
  async ({ name, study, rows }) => {
    const [refits, own, flows]: [Figures[], Figures[], Figures[]] = [[], [], []];
    for (let seed = firstSeed; seed < firstSeed + Math.max(4, dataSets); seed++)
      refits.push(await judgedRefit(study, seed, dataOf(study, rows, seed)));
    const chosen: string[] = [];
    const seconds = { own: 0, flow: 0 };
    const timed = async (which: 'own' | 'flow', fit: () => Promise<ConditionalModel>): Promise<ConditionalModel> => {
      const before = process.cpuUsage();
      const model = await fit();
      const { user, system } = process.cpuUsage(before);
      seconds[which] += (user + system) / 1e6 / dataSets;
      return model;
    };
    for (let seed = firstSeed; seed < firstSeed + dataSets; seed++) {
      const data = dataOf(study, rows, seed);
      const task = taskFor(study);
      const fitter = good(defaultFitter(task, { backend, threads: 1, onSize: (_, size) => chosen.push(size.name) }));
      const model = await timed('own', async () => good(await fitter.fit(task, batchOf(study, data), { seed })));
      own.push(await judgedModel(study, seed, model));
      if (asked !== undefined) flows.push(await judgedModel(study, seed, await timed('flow', () => withFlow(study, data, seed))));
    }
    const [mean, all, same] = [own, refits, refits.slice(0, dataSets)].map(summary) as [Figures, Figures, Figures];
    console.log(
      `${name}, ${rows} rows, ${dataSets} data sets (energy distance, effect): default ${text(mean)} (${chosen.join(' ')}, ${seconds.own.toFixed(1)} s), refit ${text(same)}, of ${refits.length} ${text(all)}`,
      flows.length === 0 ? '' : `, flow ${text(summary(flows))} (${seconds.flow.toFixed(1)} s)`,
    );
    const beside = [all, same, ...(flows.length === 0 ? [] : [summary(flows)])];
    expect(mean.energy).toBeLessThan(2 * Math.max(...beside.map(({ energy }) => energy)));
    expect(mean.error).toBeLessThan(2 * Math.max(...beside.map(({ error }) => error)));
  },
  dataSets * 600_000,
);
