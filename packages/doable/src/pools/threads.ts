import { serialize } from 'node:v8';
import type { Pool } from '@doable/engine/tasks';
import { Piscina } from 'piscina';
import type { Assignment, Finished } from './worker.ts';

/** Milliseconds between two looks at the signal. */
const beat = 20;

/** Run from source (tests), the worker is the built one. */
const worker = new URL(import.meta.url.endsWith('.ts') ? '../../dist/pools/worker.js' : './worker.js', import.meta.url).href;

/**
 * A pool of worker threads for the tasks of `@doable/engine/tasks`; started at the first task. A thread reads what the tasks of a job
 * share once. Cancelling stops the running tasks too. `close` ends the threads.
 */
export function threadPool(threads: number): Pool & { close(): Promise<void> } {
  let piscina: Piscina<Assignment, Finished> | undefined;
  let jobs = 0;
  return {
    threads,
    async map(kind, shared, inputs, { signal, onProgress, task = kind } = {}) {
      const results: unknown[] = inputs.map(() => undefined);
      const report = (done: number): void => onProgress?.({ task, done, total: inputs.length });
      report(0);
      if (inputs.length === 0 || signal?.aborted === true) return results as never;
      piscina ??= new Piscina<Assignment, Finished>({ filename: worker, minThreads: threads, maxThreads: threads });
      const pool = piscina;
      const job = jobs;
      jobs += 1;
      const bytes = serialize(shared);
      const common = new SharedArrayBuffer(bytes.length);
      new Uint8Array(common).set(bytes);
      const stop = new SharedArrayBuffer(4);
      const halt = (): void => {
        Atomics.store(new Int32Array(stop), 0, 1);
      };
      const watch = setInterval(() => {
        if (signal?.aborted === true) halt();
      }, beat);
      const waiting = inputs.entries();
      let done = 0;
      const lane = async (): Promise<void> => {
        for (const [i, input] of waiting) {
          if (signal?.aborted === true) return;
          const finished = await pool.run({ kind, job, shared: common, stop, input });
          if ('interrupted' in finished) return;
          results[i] = finished.result;
          done += 1;
          report(done);
        }
      };
      try {
        // Two lanes a thread: the next task is there when one ends.
        await Promise.all(Array.from({ length: Math.min(2 * threads, inputs.length) }, lane));
      } catch (error) {
        halt();
        throw error;
      } finally {
        clearInterval(watch);
      }
      return results as never;
    },
    async close() {
      await piscina?.destroy();
      piscina = undefined;
    },
  };
}
