import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Issue, loadProblem, type NetworkModel, planSample, type SavedFactor, saveFactor, tableModel } from '@doable/engine';
import { afterAll, expect, test } from 'vitest';
import { cacheIssue, checkpointFiles, dropCheckpoints, factorCache } from '../../src/sampling/cache.ts';
import { fitSample } from '../../src/sampling/fit.ts';

const folder = mkdtempSync(join(tmpdir(), 'doable-cache-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = tableModel({
  kind: 'table',
  of: ['Y'],
  given: [],
  levels: { Y: ['0', '1'] },
  smoothing: 0,
  conditions: [0],
  counts: [[3, 5]],
});
const saved = saveFactor(model, 'f1');
if (!saved.ok) throw new Error(saved.issues[0]?.message);
const factor: SavedFactor = { ...saved.value, files: new Map([['f1.onnx', Uint8Array.of(0, 1, 2, 255)]]) };

test('a factor that was kept comes back; cut off or changed anywhere it counts as not there, and that is told', async () => {
  const told: Issue[] = [];
  const own = join(folder, 'own');
  const cache = factorCache(own, (issue) => told.push(issue));
  expect(await cache.load('k')).toBeUndefined();
  await cache.save('k', factor);
  expect(await cache.load('k')).toEqual(factor);
  expect(told).toEqual([]);
  const [name = ''] = readdirSync(join(own, 'factors'));
  const path = join(own, 'factors', name);
  const whole = readFileSync(path);
  const changed = (at: number): Buffer => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] as number) ^ 1;
    return bytes;
  };
  for (const bytes of [
    Buffer.alloc(0),
    whole.subarray(0, 40),
    whole.subarray(0, -1),
    changed(0),
    changed(64),
    changed(65),
    changed(whole.length - 3),
  ]) {
    writeFileSync(path, bytes);
    expect(await cache.load('k')).toBeUndefined();
  }
  expect(told).toHaveLength(7);
  expect(told[0]?.message).toContain(`${path} is damaged`);
  await cache.save('k', factor);
  expect(await cache.load('k')).toEqual(factor);
});

test('a folder that cannot be used is told, and nothing is thrown; unasked, what the file system says is thrown', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const told: Issue[] = [];
  const tell = (issue: Issue): void => void told.push(issue);
  const [factors, checkpoints] = [factorCache(file, tell), checkpointFiles(file, tell)];
  expect(await factors.load('k')).toBeUndefined();
  await factors.save('k', factor);
  expect(await checkpoints.load('k')).toBeUndefined();
  await checkpoints.save('k', Uint8Array.of(1));
  await dropCheckpoints(file, ['k']);
  expect(told.map(({ code }) => code)).toEqual(['cache', 'cache', 'cache', 'cache']);
  expect(told[0]?.message).toContain('it is trained anew');
  expect(told[1]?.message).toContain('cannot be kept');
  expect(told[0]?.hint).toContain('--cache');
  await expect(factorCache(file).save('k', factor)).rejects.toThrow(/ENOTDIR|EEXIST/u);
});

test('whether a folder can be used is known before anything is kept there; where nothing can be made that is no endless search', async () => {
  expect(await cacheIssue(join(folder, 'new', 'deep'))).toBeUndefined();
  expect(readdirSync(join(folder, 'new', 'deep')).sort()).toEqual(['checkpoints', 'factors']);
  const file = join(folder, 'no-folder-at-all');
  writeFileSync(file, '');
  for (const wrong of [file, join(file, 'below'), ...(process.platform === 'linux' ? ['/proc/doable', '/proc/doable/below'] : [])])
    expect(await cacheIssue(wrong)).toMatchObject({
      code: 'cache',
      message: expect.stringContaining(`Nothing can be kept in the folder ${wrong}`),
      hint: expect.stringContaining('--cache'),
    });
});

test('a folder in the place of a factor: told when read and when written, and nothing unfinished stays', async () => {
  const own = join(folder, 'blocked');
  mkdirSync(join(own, 'factors', 'k.factor'), { recursive: true });
  const told: Issue[] = [];
  const cache = factorCache(own, (issue) => told.push(issue));
  expect(await cache.load('k')).toBeUndefined();
  await cache.save('k', factor);
  expect(told).toHaveLength(2);
  expect(readdirSync(join(own, 'factors'))).toEqual(['k.factor']);
});

const rows = Array.from({ length: 60 }, (_, i) => ({ X: i % 2, Y: (i * i) % 3 }));

async function fitted(data: readonly object[], cache?: string) {
  const problem = await loadProblem({ graph: 'X -> Y', studies: [{ name: 's', data }] } as never);
  const sample = problem.ok ? planSample(problem.value, 'P(Y | do(X=1))') : problem;
  if (!problem.ok || !sample.ok || 'refusal' in sample.value) throw new Error('planned');
  const made = await fitSample(problem.value, sample.value, {
    kinds: { all: 'softmax', of: new Map() },
    ...{ seed: 1, generatedRows: 100, design: 'even', steps: 8, threads: 1 },
    ...(cache === undefined ? {} : { cache }),
  });
  if (!made.ok) throw new Error(made.issues[0]?.message);
  const [model] = made.value.network.models.values();
  const warnings = (made.warnings ?? []).map(({ message }) => message);
  return { reused: made.value.factors[0]?.reused === true, parameters: [...(model as NetworkModel).parameters], warnings };
}

test('rows in another order: no factor of the first order is taken, so that a full cache gives the digits of an empty one', async () => {
  const own = join(folder, 'orders');
  const back = rows.toReversed();
  const [first, second] = [await fitted(rows, own), await fitted(back, own)];
  expect([first.reused, second.reused]).toEqual([false, false]);
  expect(second.parameters).toEqual((await fitted(back)).parameters);
  expect(await fitted(rows, own)).toEqual({ ...first, reused: true });

  // What is damaged is learnt again, to the same digits.
  const factors = join(own, 'factors');
  for (const name of readdirSync(factors)) {
    const bytes = readFileSync(join(factors, name));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 4;
    writeFileSync(join(factors, name), bytes);
  }
  const anew = await fitted(rows, own);
  expect(anew).toMatchObject({ reused: false, parameters: first.parameters });
  expect(anew.warnings).toEqual([expect.stringContaining('is damaged. Its factor is trained anew')]);

  // Where nothing can be kept that is told once.
  const blocked = join(folder, 'no-folder');
  writeFileSync(blocked, '');
  const without = await fitted(rows, blocked);
  expect(without).toMatchObject({ reused: false, parameters: first.parameters });
  expect(without.warnings).toEqual([`Nothing can be kept in the folder ${blocked}: ENOTDIR: not a directory.`]);
});
