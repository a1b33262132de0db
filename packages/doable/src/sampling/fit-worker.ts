import { parentPort, workerData } from 'node:worker_threads';
import {
  type Batch,
  type ColumnType,
  type ConditionalTask,
  Interrupted,
  type Issue,
  learnKinds,
  loadSorting,
  type Name,
  type NeuralOptions,
  type ProgressEvent,
  type Result,
  type RunOptions,
  type SavedFactor,
  type SavedSorting,
  type SortedPictures,
  saveFactor,
  saveSorting,
  success,
  type TrainingData,
} from '@doable/engine';
import { ortBackend } from '../tensor/ort.ts';
import { checkpointFiles } from './cache.ts';
import { fitterOf, type KindOfModel } from './kinds.ts';

interface CommonJob {
  readonly seed: number;
  readonly steps?: number;
  /** Where checkpoints are kept; absent: nowhere. */
  readonly folder?: string;
  /** One 32-bit word: not 0, stop. */
  readonly stop: SharedArrayBuffer;
}

/** A factor that one thread fits. */
export interface FitJob extends CommonJob {
  readonly task: ConditionalTask;
  readonly data: Batch;
  readonly weights?: Float64Array;
  readonly kind: KindOfModel;
  /** Names the files of the factor. */
  readonly name: string;
  /** Of a model by kinds: what sorts its pictures. */
  readonly sorted?: readonly SavedSorting[];
}

/** Kinds of pictures that one thread learns from the rows of all studies. */
export interface SortJob extends CommonJob {
  readonly studies: ReadonlyMap<Name, TrainingData>;
  readonly types: ReadonlyMap<Name, ColumnType>;
  readonly pictures: readonly Name[];
}

export type FitMessage =
  | { readonly progress: ProgressEvent }
  | { readonly resumed: true }
  | { readonly sorted: readonly SavedSorting[]; readonly warnings: readonly Issue[]; readonly checkpoints: readonly string[] }
  | { readonly fitted: SavedFactor; readonly warnings: readonly Issue[]; readonly checkpoints: readonly string[] }
  | { readonly issues: readonly Issue[] }
  | { readonly interrupted: true };

/** Milliseconds between two messages of progress. */
const beat = 100;

async function work(job: FitJob | SortJob, post: (message: FitMessage) => void): Promise<void> {
  const { folder, stop, steps } = job;
  const backend = await ortBackend();
  if (!backend.ok) return post({ issues: backend.issues });
  const troubles: Issue[] = [];
  const files = folder === undefined ? undefined : checkpointFiles(folder, (issue) => troubles.push(issue));
  const checkpoint = files && { load: files.load, save: files.save, resumed: () => post({ resumed: true }) };
  const word = new Int32Array(stop);
  let last = 0;
  const run: RunOptions = {
    signal: {
      get aborted() {
        return Atomics.load(word, 0) !== 0;
      },
    },
    onProgress(progress) {
      const now = performance.now();
      if (now - last < beat && progress.done !== progress.total) return;
      last = now;
      post({ progress });
    },
  };
  const common = { backend: backend.value, threads: 1, ...(checkpoint && { checkpoint }) };
  const kept = () => ({ checkpoints: [...(files?.used ?? [])] });
  try {
    if ('studies' in job) {
      const { studies, types, pictures, seed } = job;
      const sorted = await learnKinds(studies, types, pictures, { ...common, ...run, seed, ...(steps !== undefined && { steps }) });
      if (!sorted.ok) return post({ issues: sorted.issues });
      const saved = sorted.value.map((each) => saveSorting(each, true));
      return post({ sorted: saved, warnings: [...troubles, ...(sorted.warnings ?? [])], ...kept() });
    }
    const fitted = await fit(job, { ...common, ...(steps !== undefined && { budget: { steps } }) }, run);
    if (!fitted.ok) return post({ issues: fitted.issues });
    post({ fitted: fitted.value, warnings: [...troubles, ...(fitted.warnings ?? [])], ...kept() });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    post({ interrupted: true });
  }
}

async function fit(job: FitJob, options: NeuralOptions, run: RunOptions): Promise<Result<SavedFactor>> {
  const { task, data, weights, seed, kind, name, sorted = [] } = job;
  const sorters: SortedPictures[] = [];
  for (const { manifest, files } of sorted) {
    const loaded = loadSorting(manifest, files, options.backend, { threads: 1 });
    if (!loaded.ok) return loaded;
    sorters.push(loaded.value);
  }
  const fitter = fitterOf(task, kind, options, sorters);
  if (!fitter.ok) return fitter;
  const fitted = await fitter.value.fit(task, data, { seed, ...(weights === undefined ? {} : { weights }), ...run });
  if (!fitted.ok) return fitted;
  const saved = saveFactor(fitted.value, name);
  return saved.ok ? success(saved.value, fitted.warnings ?? []) : saved;
}

if (parentPort !== null) {
  const port = parentPort;
  await work(workerData as FitJob | SortJob, (message) => port.postMessage(message));
}
