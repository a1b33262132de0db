import { inlinePool } from '@doable/engine';
import { taskKinds } from '@doable/engine/tasks';
import { expect, test } from 'vitest';
import { doable } from './support.ts';

interface Found {
  readonly seed: number;
  readonly partial?: true;
  readonly parts: readonly {
    readonly study: string;
    readonly done: number;
    readonly settings: object;
    readonly summary: {
      readonly estimators: Readonly<Record<'restricted' | 'observational', { readonly truth: { readonly mean: number } }>>;
    };
    readonly found: readonly unknown[];
  }[];
}

test('reproduce joint: all readings and studies; a thread gives the digits of this one', async () => {
  const { code, out, err } = await doable(['reproduce', 'joint', '--models', '1', '--seed', '3', '--threads', '2', '--json', '--quiet']);
  expect([code, err]).toEqual([0, '']);
  const { seed, partial, parts } = JSON.parse(out) as Found;
  expect(parts[0]?.found).toEqual(await inlinePool(taskKinds).map('joint', parts[0]?.settings, [0]));
  expect([seed, partial]).toEqual([3, undefined]);
  expect(parts.map(({ study }) => study)).toEqual([
    ...Array.from({ length: 6 }, () => 'figure'),
    'polynomial',
    ...Array.from({ length: 3 }, () => 'convergence'),
    ...Array.from({ length: 4 }, () => 'ratio'),
  ]);
  for (const { done, found } of parts) expect([done, found.length]).toEqual([1, 1]);
  for (const { summary } of parts.slice(0, 6))
    expect(summary.estimators.restricted.truth.mean).toBeLessThan(0.5 * summary.estimators.observational.truth.mean);
});

test('reproduce joint: a run that is stopped says so; options of the other paper are refused', async () => {
  const stopped = await doable(['reproduce', 'joint', '--full', '--timeout', '1', '--threads', '1']);
  expect(stopped.code).toBe(130);
  expect(stopped.out.split('\n').every((line) => line.length <= 80)).toBe(true);
  expect(stopped.err).toMatch(/\d+ of 2300 models in/u);
  const foreign = await doable(['reproduce', 'joint', '--out', 'models.ndjson']);
  expect(foreign.code).toBe(2);
  expect(foreign.err).toContain('--out is of doable reproduce emcc');
});
