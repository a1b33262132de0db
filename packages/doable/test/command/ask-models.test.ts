import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { doable, type Ran } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'doable-models-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cache = join(folder, 'cache');
const run = (...args: string[]): Promise<Ran> => doable([...args, '--cache', cache]);
const kept = (): string[] => readdirSync(join(cache, 'factors')).sort();
function problem(name: string, lines: readonly string[], document: object): string {
  writeFileSync(join(folder, `${name}.csv`), lines.join('\n'));
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...document, studies: [{ name, data: `${name}.csv` }] }));
  return join(folder, `${name}.json`);
}
interface Drawn {
  readonly value: number;
  readonly status: string;
  readonly why?: string;
  readonly assumes: readonly string[];
  readonly sampler?: {
    readonly monteCarloError: number;
    readonly refitError?: number;
    readonly factors: readonly { readonly id: string; readonly kind: string; readonly rows: number }[];
  };
}
const answerOf = (ran: Ran): Drawn => JSON.parse(ran.out).answers[0];

const line = problem('line', ['X,Y', ...Array.from({ length: 120 }, (_, i) => `${(i % 11) / 2},${(i % 11) + Math.sin(7 * i)}`)], {
  graph: 'X -> Y',
  variables: { X: { real: true }, Y: { real: true } },
});

test('the kind of model is part of what is kept, holds for refits, and is told', async () => {
  const ask = (...more: string[]) =>
    run('ask', line, 'E[Y | do(X=2)]', '--sampler', '--steps', '4', '--no-verify', '--json', '--quiet', ...more);
  const mixture = await ask('--models', 'mixture', '--refits', '0');
  expect(mixture.code, mixture.err).toBe(0);
  expect(kept()).toHaveLength(1);
  const flow = await ask('--factor', 'f1=flow', '--models', 'mixture', '--refits', '0');
  const both = kept();
  expect(both).toHaveLength(2);
  const again = await ask('--models', 'mixture', '--refits', '2');
  expect(kept()).toEqual(both);
  const [one, other, refitted] = [answerOf(mixture), answerOf(flow), answerOf(again)];
  expect(one.sampler?.factors).toMatchObject([{ id: 'f1', kind: 'mixture', rows: 120 }]);
  expect(other.sampler?.factors).toMatchObject([{ id: 'f1', kind: 'flow', rows: 120 }]);
  expect(one.assumes.at(-1)).toContain('(f1: mixture)');
  expect(other.value).not.toBe(one.value);
  expect([refitted.value, refitted.sampler?.factors]).toEqual([one.value, one.sampler?.factors]);
  expect(refitted.sampler?.refitError).toBeGreaterThan(0);
}, 60_000);

test('a mean through pictures, by kinds: the factors of sample, and the mean of its draws', async () => {
  // A front door: a shade that rises where M is 1 and falls where it is 0 carries all of the effect.
  const bit = (i: number, at: number): number => (i >> at) & 1;
  const rows = Array.from({ length: 160 }, (_, i) => {
    const x = bit(i, 0) | (bit(i, 1) & bit(i, 2));
    const m = x ^ (i % 5 === 0 ? 1 : 0);
    const y = i % 7 < 2 ? 1 - m : m;
    return [x, y, ...Array.from({ length: 16 }, (_, k) => (m === 1 ? k : 15 - k) * (1 + 0.1 * (i % 4)))].join();
  });
  const scans = problem('scans', [`X,Y,${Array.from({ length: 16 }, (_, k) => `Scan.${k}`).join()}`, ...rows], {
    graph: 'X -> Scan -> Y; X <-> Y',
    variables: { Scan: { tensor: [4, 4], range: [0, 20] } },
  });
  const models = ['--models', 'kinds', '--factor', 'f3=softmax', '--steps', '40', '--seed', '3'];
  const asked = await run('ask', scans, 'E[Y | do(X=1)]', '--sampler', '--refits', '0', '--no-verify', '--json', ...models);
  expect(asked.code, asked.err).toBe(0);
  const before = kept();
  const { value, sampler } = answerOf(asked);
  expect(sampler?.factors.map(({ id, kind }) => [id, kind]).sort()).toEqual([
    ['f1', 'kinds'],
    ['f2', 'table'],
    ['f3', 'softmax'],
  ]);
  const n = 3000;
  const drawn = await run('sample', scans, 'P(Y | do(X=1))', '-n', `${n}`, ...models);
  expect(drawn.code, drawn.err).toBe(0);
  expect(drawn.err).toContain('f1 P(Scan | X): kinds, from the cache');
  expect(drawn.err).toMatch(/f3 P\(Y \| .*\): softmax, from the cache/u);
  expect(kept()).toEqual(before);
  const ys = drawn.out.trimEnd().split('\n').slice(1).map(Number);
  const mean = ys.reduce((sum, y) => sum + y, 0) / n;
  const error = Math.hypot(Math.sqrt((mean * (1 - mean)) / n), sampler?.monteCarloError as number);
  expect(Math.abs(mean - value)).toBeLessThan(4 * error);
}, 120_000);

test('what cannot be: without --sampler, no kind, no factor, no model for these columns', async () => {
  const ask = (...more: string[]) => run('ask', line, 'E[Y | do(X=2)]', '--json', ...more);
  const [alone, both, wording, unknown, unfit] = (await Promise.all([
    ask('--models', 'flow'),
    ask('--models', 'flow', '--factor', 'f1=flow'),
    ask('--sampler', '--factor', 'f1=floe', '--factor', 'f2'),
    ask('--sampler', '--factor', 'f2=flow'),
    ask('--sampler', '--models', 'softmax'),
  ])) as [Ran, Ran, Ran, Ran, Ran];
  for (const { code, out } of [alone, both, wording]) expect([code, out]).toEqual([2, '']);
  expect(alone.err).toContain('error: --models does nothing without --sampler: no model is trained.');
  expect(both.err).toContain('error: --models, --factor do nothing without --sampler');
  expect(wording.err).toContain("--factor: 'floe' is no kind of model.");
  expect(wording.err).toContain('--factor: this is not FACTOR=KIND.');
  expect([unknown.code, answerOf(unknown).status]).toEqual([1, 'refused']);
  expect(answerOf(unknown).why).toBe("--factor: this network has no factor 'f2'. Did you mean 'f1'?");
  expect([unfit.code, answerOf(unfit).status]).toEqual([1, 'refused']);
  expect(answerOf(unfit).why).toContain('f1 P(Y | X) cannot be a softmax model: it draws finite columns, and Y is real.');
});
