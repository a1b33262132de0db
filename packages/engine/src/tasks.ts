import { taskKinds as bounds } from './bounds/tasks.ts';
import type { BenchmarkSettings } from './reproduce/benchmark.ts';
import type { BenchmarkModel } from './reproduce/summary.ts';
import type { TaskKinds, TaskOptions } from './run/pool.ts';

export type { Pool } from './run/pool.ts';

/** What a pool runs: `emcc`, a random start; `benchmark`, a model of a reproduced benchmark (its modules are loaded with the first). */
export const taskKinds: TaskKinds = {
  ...bounds,
  async benchmark(settings: BenchmarkSettings, index: number, options: TaskOptions): Promise<BenchmarkModel> {
    const { benchmarkTask } = await import('./reproduce/benchmark.ts');
    return benchmarkTask(settings, index, options);
  },
};
