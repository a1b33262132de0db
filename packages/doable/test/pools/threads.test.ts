import { taskKinds } from '@doable/engine/tasks';
import { afterAll, expect, test } from 'vitest';
import { emccBounds } from '../../../engine/src/bounds/emcc.ts';
import type { Pool } from '../../../engine/src/run/pool.ts';
import { inlinePool } from '../../../engine/src/run/pool.ts';
import { published, tableOne } from '../../../engine/test/bounds/em-programmes.ts';
import { threadPool } from '../../src/pools/threads.ts';

const pools: readonly (Pool & { close?(): Promise<void> })[] = [inlinePool(taskKinds), threadPool(1), threadPool(2)];
afterAll(async () => {
  for (const pool of pools) await pool.close?.();
});

const programme = tableOne(published);

test('inline, one thread, two threads: the same digits, bit for bit', async () => {
  const [inline, ...threaded] = await Promise.all(
    pools.map((pool) => emccBounds(programme, { runs: 12, seed: 9, start: 'dirichlet', concentration: 0.3, tolerance: 1e-4, pool })),
  );
  expect(inline).toHaveProperty('values');
  for (const outcome of threaded) expect(outcome).toEqual(inline);
});

test('results stand in the order of the inputs, whatever their order', async () => {
  const shared = await sharedOf();
  const runs = [0, 1, 2, 3, 4, 5, 6, 7];
  const forward = await (pools[2] as Pool).map<unknown, number, object>('emcc', shared, runs);
  const backward = await (pools[2] as Pool).map<unknown, number, object>('emcc', shared, runs.toReversed());
  expect(backward.toReversed()).toEqual(forward);
  expect(new Set(forward.map((end) => JSON.stringify(end))).size).toBe(runs.length);
});

test('progress counts the finished tasks', async () => {
  for (const pool of pools) {
    const done: number[] = [];
    await emccBounds(programme, { runs: 6, tolerance: 1e-2, pool, onProgress: (event) => done.push(event.done) });
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6]);
  }
});

test('cancelling reaches running tasks; the pool is as good as new', async () => {
  for (const pool of pools.slice(1)) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const stopped = await emccBounds(programme, { runs: 8, tolerance: 0, iterations: 1e12, pool, signal: controller.signal });
    expect(stopped).toMatchObject({ partial: true, refused: expect.any(String) });
    const after = await emccBounds(programme, { runs: 3, tolerance: 1e-2, pool });
    expect(after).toMatchObject({ partial: false, report: { runs: 3 } });
  }
});

test('cancelling keeps the finished runs', async () => {
  const pool = pools[2] as Pool;
  const whole = await emccBounds(programme, { runs: 60, tolerance: 1e-3 });
  const signal = { aborted: false };
  const part = await emccBounds(programme, {
    runs: 60,
    tolerance: 1e-3,
    pool,
    signal,
    onProgress: ({ done }) => {
      if (done >= 5) signal.aborted = true;
    },
  });
  if ('refused' in part || 'refused' in whole) throw new Error('refused');
  expect(part.partial).toBe(true);
  expect(part.report.runs).toBeGreaterThanOrEqual(5);
  expect(part.report.runs).toBeLessThan(60);
  expect(whole.values).toEqual(expect.arrayContaining([...part.values]));
});

test('a fault in a task is a fault of the job', async () => {
  for (const pool of pools) {
    await expect(pool.map('no such kind', {}, [1, 2, 3])).rejects.toThrow('no such kind');
    await expect(pool.map('emcc', null, [1])).rejects.toThrow();
  }
});

/** What the tasks of {@link emccBounds} share, seen by a pool that only listens. */
async function sharedOf(): Promise<unknown> {
  let seen: unknown;
  const listening: Pool = {
    threads: 1,
    map: async (_kind, shared, inputs) => {
      seen = shared;
      return inputs.map(() => undefined);
    },
  };
  await emccBounds(programme, { pool: listening, tolerance: 1e-2 });
  return seen;
}
