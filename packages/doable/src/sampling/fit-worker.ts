import { parentPort, workerData } from 'node:worker_threads';
import {
  type Batch,
  type ConditionalTask,
  Interrupted,
  type Issue,
  type ProgressEvent,
  type SavedFactor,
  saveFactor,
} from '@doable/engine';
import { ortBackend } from '../tensor/ort.ts';
import { checkpointFiles } from './cache.ts';
import { fitterOf, type KindOfModel } from './kinds.ts';

/** What one thread fits. */
export interface FitJob {
  readonly task: ConditionalTask;
  readonly data: Batch;
  readonly weights?: Float64Array;
  readonly seed: number;
  readonly kind: KindOfModel;
  readonly steps?: number;
  /** Where checkpoints are kept; absent: nowhere. */
  readonly folder?: string;
  /** Names the files of the factor. */
  readonly name: string;
  /** One 32-bit word: not 0, stop. */
  readonly stop: SharedArrayBuffer;
}

export type FitMessage =
  | { readonly progress: ProgressEvent }
  | { readonly resumed: true }
  | { readonly fitted: SavedFactor; readonly warnings: readonly Issue[]; readonly checkpoints: readonly string[] }
  | { readonly issues: readonly Issue[] }
  | { readonly interrupted: true };

/** Milliseconds between two messages of progress. */
const beat = 100;

async function fit(
  { task, data, weights, seed, kind, steps, folder, name, stop }: FitJob,
  post: (message: FitMessage) => void,
): Promise<void> {
  const backend = await ortBackend();
  if (!backend.ok) return post({ issues: backend.issues });
  const troubles: Issue[] = [];
  const files = folder === undefined ? undefined : checkpointFiles(folder, (issue) => troubles.push(issue));
  const checkpoint = files && { load: files.load, save: files.save, resumed: () => post({ resumed: true }) };
  const word = new Int32Array(stop);
  let last = 0;
  const fitter = fitterOf(task, kind, {
    backend: backend.value,
    threads: 1,
    ...(steps !== undefined && { budget: { steps } }),
    ...(checkpoint && { checkpoint }),
  });
  if (!fitter.ok) return post({ issues: fitter.issues });
  try {
    const fitted = await fitter.value.fit(task, data, {
      seed,
      ...(weights === undefined ? {} : { weights }),
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
    });
    if (!fitted.ok) return post({ issues: fitted.issues });
    const saved = saveFactor(fitted.value, name);
    if (!saved.ok) return post({ issues: saved.issues });
    post({ fitted: saved.value, warnings: [...troubles, ...(fitted.warnings ?? [])], checkpoints: [...(files?.used ?? [])] });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    post({ interrupted: true });
  }
}

if (parentPort !== null) {
  const port = parentPort;
  await fit(workerData as FitJob, (message) => port.postMessage(message));
}
