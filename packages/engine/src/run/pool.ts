import { Interrupted, type RunOptions } from './progress.ts';

/** What a running task is told: `signal` stops it (it throws {@link Interrupted}), `pause` keeps the host alive. Neither may change its digits. */
export type TaskOptions = Pick<RunOptions, 'signal' | 'pause'>;
/** A function of its first two inputs, both plain (structured-clonable) data; seeds are part of them. May be asynchronous. */
export type TaskFunction = (shared: never, input: never, options: TaskOptions) => unknown;
export type TaskKinds = Readonly<Record<string, TaskFunction>>;

/**
 * Runs many tasks of one kind. Results stand in the order of `inputs`, whatever thread made them; undefined: not finished, because
 * the signal was aborted. The same inputs give the same digits on every pool. Progress counts finished tasks.
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
      const run = kinds[kind] as ((shared: unknown, input: unknown, options: TaskOptions) => unknown) | undefined;
      if (run === undefined) throw new Error(`There is no task of kind ${kind}.`);
      const options: TaskOptions = { ...(signal === undefined ? {} : { signal }), ...(pause === undefined ? {} : { pause }) };
      const results: unknown[] = inputs.map(() => undefined);
      onProgress?.({ task, done: 0, total: inputs.length });
      for (const [i, input] of inputs.entries()) {
        if (signal?.aborted === true) break;
        try {
          results[i] = await run(shared, input, options);
        } catch (error) {
          if (error instanceof Interrupted) break;
          throw error;
        }
        onProgress?.({ task, done: i + 1, total: inputs.length });
        await pause?.();
      }
      return results as never;
    },
  };
}
