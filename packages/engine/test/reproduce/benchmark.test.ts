import { expect, test } from 'vitest';
import { emccBounds } from '../../src/bounds/emcc.ts';
import { loadSolver } from '../../src/bounds/highs.ts';
import { linearBounds } from '../../src/bounds/linear-bounds.ts';
import { prepare } from '../../src/bounds/prepare.ts';
import { countsStudy } from '../../src/data/records.ts';
import { Random } from '../../src/math/random.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import { compileQuestion } from '../../src/query/bind.ts';
import { benchmarkTask } from '../../src/reproduce/benchmark.ts';
import { tableLikelihood } from '../../src/reproduce/projected.ts';
import { type RandomScm, randomScm } from '../../src/reproduce/random-scm.ts';
import { readBenchmarkRecord } from '../../src/reproduce/record.ts';
import { discreteModelOf, endsOf, equationsOf, graphOfScm, sampleScm, truePns } from '../../src/reproduce/scm-data.ts';
import { allData, isExact } from '../../src/reproduce/summary.ts';

const settings = { seed: 0, runs: 12 };
const models = await Promise.all([0, 2, 5].map((index) => benchmarkTask(settings, index, {})));

function questionOf(scm: RandomScm) {
  const { graph, domains } = graphOfScm(scm);
  const [cause, effect] = endsOf(scm);
  const question = compileQuestion(`PNS(${cause} -> ${effect})`, { graph, domains, positions: false });
  if (!question.ok) throw new Error(question.issues[0]?.message);
  return { graph, domains, model: equationsOf(scm), question: question.value };
}

test('the models have the sizes in turn, data that are compatible, and a question that both studies leave open', () => {
  expect(models.map(({ index, nodes }) => [index, nodes])).toEqual([
    [0, 5],
    [2, 7],
    [5, 10],
  ]);
  expect(models.map(({ single }) => single)).toEqual([true, true, false]);
  for (const { cases, records, gap, single } of models) {
    expect(records[1]).toBe(2 * records[0]);
    expect(records[0] + records[1]).toBeLessThanOrEqual(5500);
    expect(gap).toBeGreaterThan(0);
    const last = cases['O+I'].emcc.at(-1)?.interval ?? [0, 0];
    expect(last[1] - last[0]).toBeGreaterThan(1e-3);
    for (const data of allData) {
      expect(cases[data].emcc.map(({ runs }) => runs)).toEqual([10, 12]);
      expect(cases[data].exact === undefined).toBe(!single);
    }
  }
});

test('at the joint fit every O+I interval lies inside the others', () => {
  for (const { cases, single } of models) {
    if (!single) continue;
    const [O, I, both] = allData.map((data) => cases[data].atJointFit?.inner ?? [Number.NaN, Number.NaN]);
    for (const other of [O, I]) {
      expect(both?.[0]).toBeGreaterThanOrEqual((other?.[0] ?? Number.NaN) - 1e-7);
      expect(both?.[1]).toBeLessThanOrEqual((other?.[1] ?? Number.NaN) + 1e-7);
    }
  }
});

test('more starts reach more, and what they reach is inside the exact interval: two methods', () => {
  for (const { cases } of models) {
    for (const data of allData) {
      const { exact, emcc } = cases[data];
      const [ten, twelve] = emcc;
      if (ten === undefined || twelve === undefined) throw new Error('no runs');
      expect(ten.interval[0]).toBeGreaterThanOrEqual(twelve.interval[0]);
      expect(ten.interval[1]).toBeLessThanOrEqual(twelve.interval[1]);
      if (exact === undefined) continue;
      expect(isExact(exact)).toBe(true);
      const reached = twelve.widened ?? twelve.interval;
      expect(reached[0]).toBeGreaterThan(exact.inner[0] - 2e-3);
      expect(reached[1]).toBeLessThan(exact.inner[1] + 2e-3);
      expect(reached[1] - reached[0]).toBeGreaterThan(0.1 * (exact.inner[1] - exact.inner[0]));
    }
  }
});

test('what the joint fit misses of the tables: EM finds the same', async () => {
  const [first] = models;
  expect(first?.passed).toEqual({ incompatible: 0, identified: 0, tooLarge: 0 });
  const random = new Random(settings.seed, 'benchmark', 0, 0);
  const scm = randomScm(random.split('model'), 5);
  const { graph, domains, model, question } = questionOf(scm);
  const { observational, trial } = sampleScm(scm, random.split('data'), 1000, 2000);
  const prepared = await prepare({ graph, domains, studies: [observational, trial], model }, question);
  if (!prepared.ok) throw new Error(prepared.issues[0]?.message);
  const { programme } = prepared.value;
  const outcome = await emccBounds(programme, { runs: 3, tolerance: 1e-7 });
  if ('refused' in outcome) throw new Error(outcome.refused);
  const best = Math.max(...outcome.runs.map(({ logLikelihood }) => logLikelihood));
  expect(Math.abs(tableLikelihood(programme) - best - (first?.gap ?? 0))).toBeLessThan(1e-5);
});

test('with the exact probabilities of the model its own value lies in the bounds, and the studies shrink each other', async () => {
  const solver = await loadSolver();
  let compared = 0;
  for (let seed = 0; compared < 5; seed++) {
    const scm = randomScm(new Random(seed, 'limits'), 5 + (seed % 3), { states: 12, jointStates: 64 });
    const { graph, domains, model, question } = questionOf(scm);
    const names = scm.equations.map(({ variable }) => variable);
    const [cause] = endsOf(scm);
    const study = (name: string, set: readonly string[]) => {
      const table = exactDistribution(discreteModelOf(scm), { of: names.filter((one) => !set.includes(one)), set });
      if (!('values' in table)) throw new Error('too large');
      const place = names.map((one) => table.axes.indexOf(one));
      const cells = [...table.values].flatMap((probability, cell) => (probability > 0 ? [{ probability, cell }] : []));
      const code = (cell: number, axis: number): number => (cell >> (names.length - 1 - axis)) & 1;
      // A randomised cause: both arms alike.
      return countsStudy(
        name,
        {
          axes: names,
          levels: names.map(() => ['0', '1']),
          codes: Int32Array.from(cells.flatMap(({ cell }) => place.map((axis) => code(cell, axis)))),
          weight: Float64Array.from(cells, ({ probability }) => (set.length > 0 ? probability / 2 : probability)),
          total: 1,
          exact: true,
        },
        { set },
      );
    };
    const studies = [study('observational', []), study('trial', [cause])];
    const truth = truePns(scm) ?? Number.NaN;
    const found: [number, number][] = [];
    for (const given of [studies, studies.slice(0, 1), studies.slice(1)]) {
      const prepared = await prepare({ graph, domains, studies: given, model }, question);
      if (!prepared.ok) throw new Error(prepared.issues[0]?.message);
      // The equations alone say that the value is 0.
      if (prepared.value.programme.target.numerator.length === 0) {
        expect(truth).toBe(0);
        break;
      }
      const bounds = await linearBounds(solver, prepared.value.programme);
      if (bounds.kind === 'infeasible' || bounds.kind === 'undefined' || bounds.kind === 'failed') throw new Error(bounds.kind);
      if (bounds.kind === 'bounds') found.push([bounds.lower.outer, bounds.upper.outer]);
    }
    if (found.length < 3) continue;
    compared++;
    const [both, ...alone] = found as [[number, number], ...[number, number][]];
    for (const [low, high] of found) {
      expect(low).toBeLessThanOrEqual(truth + 1e-9);
      expect(high).toBeGreaterThanOrEqual(truth - 1e-9);
    }
    for (const [low, high] of alone) {
      expect(low).toBeLessThanOrEqual(both[0] + 1e-9);
      expect(high).toBeGreaterThanOrEqual(both[1] - 1e-9);
    }
  }
});

test('a model is kept as JSON and read back; another shape is refused with its place', () => {
  const [model] = models;
  const record = { schema: 'doable/benchmark-model@1', version: '0.0.0', settings, model };
  const text = JSON.stringify(record);
  expect(readBenchmarkRecord(JSON.parse(text))).toEqual({ ok: true, value: record });
  const { truth: _truth, ...without } = model as NonNullable<typeof model>;
  for (const broken of [[], null, 3, { ...record, schema: 'doable/answers@1' }, { ...record, model: without }, { ...record, more: 1 }])
    expect(readBenchmarkRecord(broken)).toMatchObject({ ok: false, issues: [{ code: 'record' }] });
  const refused = readBenchmarkRecord({ ...record, model: without });
  expect(refused.ok ? '' : refused.issues[0]?.message).toContain('model.truth');
});

test('the same seed and number give the same model, and cancelling stops it', async () => {
  expect(await benchmarkTask(settings, 0, {})).toEqual(models[0]);
  await expect(benchmarkTask(settings, 0, { signal: { aborted: true } })).rejects.toThrow();
});
