import { availableParallelism } from 'node:os';
import type { Pool } from '@doable/engine/tasks';

/** A pool of threads (default: as many as the machine runs at a time) of which nothing is loaded before its first task. */
export function lazyPool(threads: number = availableParallelism()): Pool & { close(): Promise<void> } {
  let opened: Promise<Pool & { close(): Promise<void> }> | undefined;
  return {
    threads,
    async map(kind, shared, inputs, options) {
      opened ??= import('./threads.ts').then(({ threadPool }) => threadPool(threads));
      return (await opened).map(kind, shared, inputs, options);
    },
    async close() {
      await (await opened)?.close();
    },
  };
}
