import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Issue, type SavedFactor, saveFactor, tableModel } from '@doable/engine';
import { afterAll, expect, test } from 'vitest';
import { checkpointFiles, dropCheckpoints, factorCache } from '../../src/sampling/cache.ts';

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
