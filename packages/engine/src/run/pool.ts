import { Interrupted, type RunOptions } from './progress.ts';

/** A pure function of its two plain-data (structured-clonable) inputs; seeds are part of them. */
export type TaskFunction = (shared: never, input: never) => unknown;
export type TaskKinds = Readonly<Record<string, TaskFunction>>;

/**
 * Runs many tasks of one kind. Results stand in the order of `inputs`, whatever thread made them; undefined: not run, because the
 * signal was aborted. The same inputs give the same digits on every pool.
 */
export interface Pool {
  readonly threads: number;
  map<Shared, Input, Output>(
    kind: string,
    shared: Shared,
    inputs: readonly Input[],
    options?: RunOptions & { readonly task?: string },
  ): Promise<(Output | undefined)[]>;
}

/** One task after the other, on the calling thread. */
export function inlinePool(kinds: TaskKinds): Pool {
  return {
    threads: 1,
    async map(kind, shared, inputs, { signal, onProgress, pause, task = kind } = {}) {
      const run = kinds[kind] as ((shared: unknown, input: unknown) => unknown) | undefined;
      if (run === undefined) throw new Error(`There is no task of kind ${kind}.`);
      const results: unknown[] = inputs.map(() => undefined);
      for (const [i, input] of inputs.entries()) {
        if (signal?.aborted === true) break;
        onProgress?.({ task, done: i, total: inputs.length });
        try {
          results[i] = await run(shared, input);
        } catch (error) {
          if (error instanceof Interrupted) break;
          throw error;
        }
        await pause?.();
      }
      return results as never;
    },
  };
}
