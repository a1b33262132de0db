import { Worker } from 'node:worker_threads';
import { failure, Interrupted, type Result, type RunOptions, type SavedFactor, type SavedSorting, success } from '@doable/engine';
import type { FitJob, FitMessage, SortJob } from './fit-worker.ts';

/** Run from source (tests), the worker is the built one. */
const worker = new URL(import.meta.url.endsWith('.ts') ? '../../dist/sampling/fit-worker.js' : './fit-worker.js', import.meta.url);
/** Milliseconds between two looks at the signal. */
const beat = 20;

export interface FittedOnThread {
  readonly saved: SavedFactor;
  /** Of this training; not needed once the factor is kept. */
  readonly checkpoints: readonly string[];
}

export interface SortedOnThread {
  readonly sorted: readonly SavedSorting[];
  /** Not needed once all factors that need them are kept. */
  readonly checkpoints: readonly string[];
}

/**
 * Fits one factor on a thread of its own, with one thread of ONNX Runtime, so that digits do not depend on how many fit at a time. An aborted
 * signal stops it after it has written a checkpoint; throws {@link Interrupted} then. `onResumed`: it goes on from a checkpoint.
 */
export const fitOnThread = (job: Omit<FitJob, 'stop'>, run: RunOptions, onResumed: () => void): Promise<Result<FittedOnThread>> =>
  onThread(job, run, onResumed, (message) =>
    'fitted' in message ? success({ saved: message.fitted, checkpoints: message.checkpoints }, message.warnings) : undefined,
  );

/** Learns kinds of pictures in the same way. */
export const sortOnThread = (job: Omit<SortJob, 'stop'>, run: RunOptions, onResumed: () => void): Promise<Result<SortedOnThread>> =>
  onThread(job, run, onResumed, (message) =>
    'sorted' in message ? success({ sorted: message.sorted, checkpoints: message.checkpoints }, message.warnings) : undefined,
  );

async function onThread<T>(
  job: Omit<FitJob, 'stop'> | Omit<SortJob, 'stop'>,
  { signal, onProgress }: RunOptions,
  onResumed: () => void,
  read: (message: FitMessage) => Result<T> | undefined,
): Promise<Result<T>> {
  const stop = new SharedArrayBuffer(4);
  const thread = new Worker(worker, { workerData: { ...job, stop } });
  const watch = setInterval(() => {
    if (signal?.aborted === true) Atomics.store(new Int32Array(stop), 0, 1);
  }, beat);
  try {
    return await new Promise<Result<T>>((resolve, reject) => {
      thread.on('message', (message: FitMessage) => {
        if ('progress' in message) onProgress?.(message.progress);
        else if ('resumed' in message) onResumed();
        else if ('interrupted' in message) reject(new Interrupted());
        else if ('issues' in message) resolve(failure(...message.issues));
        else {
          const found = read(message);
          if (found === undefined) reject(new Error('A thread answered another job than its own.'));
          else resolve(found);
        }
      });
      thread.on('error', reject);
      thread.on('exit', (code) => reject(new Error(`The thread of a factor ended with ${code} before it was fitted.`)));
    });
  } finally {
    clearInterval(watch);
    await thread.terminate();
  }
}
