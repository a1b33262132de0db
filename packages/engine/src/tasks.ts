import { taskKinds as bounds } from './bounds/tasks.ts';
import type { FigureModel, FigureSettings } from './reproduce/additive-figure.ts';
import type { BenchmarkSettings } from './reproduce/benchmark.ts';
import type { DoFinettiRun, DoFinettiSettings } from './reproduce/do-finetti.ts';
import type { BenchmarkModel } from './reproduce/summary.ts';
import type { TaskKinds, TaskOptions } from './run/pool.ts';

export type { Pool } from './run/pool.ts';

/**
 * What a pool runs: `emcc`, a random start; `benchmark`, `joint` and `do-finetti`, a model or repetition of a reproduced experiment (its
 * modules are loaded with the first).
 */
export const taskKinds: TaskKinds = {
  ...bounds,
  async benchmark(settings: BenchmarkSettings, index: number, options: TaskOptions): Promise<BenchmarkModel> {
    const { benchmarkTask } = await import('./reproduce/benchmark.ts');
    return benchmarkTask(settings, index, options);
  },
  async joint(settings: FigureSettings, index: number, options: TaskOptions): Promise<FigureModel> {
    const { additiveFigureTask } = await import('./reproduce/additive-figure.ts');
    return additiveFigureTask(settings, index, options);
  },
  async 'do-finetti'(settings: DoFinettiSettings, index: number, options: TaskOptions): Promise<DoFinettiRun> {
    const { doFinettiTask } = await import('./reproduce/do-finetti.ts');
    return doFinettiTask(settings, index, options);
  },
};
