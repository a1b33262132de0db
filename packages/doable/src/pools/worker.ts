import { deserialize } from 'node:v8';
import { taskKinds } from '@doable/engine/tasks';

/** One task as it reaches a thread. `shared` and `stop` are memory that all threads see. */
export interface Assignment {
  readonly kind: string;
  readonly job: number;
  /** What the tasks of the job share, serialised once. */
  readonly shared: SharedArrayBuffer;
  /** One 32-bit word: not 0, stop. */
  readonly stop: SharedArrayBuffer;
  readonly input: unknown;
}

export type Finished = { readonly result: unknown } | { readonly interrupted: true };

let latest: { readonly job: number; readonly shared: unknown } | undefined;

export default async function work({ kind, job, shared, stop, input }: Assignment): Promise<Finished> {
  if (latest?.job !== job) latest = { job, shared: deserialize(new Uint8Array(shared)) };
  const run = taskKinds[kind] as ((shared: unknown, input: unknown, options: object) => unknown) | undefined;
  if (run === undefined) throw new Error(`There is no task of kind ${kind}.`);
  const word = new Int32Array(stop);
  const signal = {
    get aborted() {
      return Atomics.load(word, 0) !== 0;
    },
  };
  try {
    return { result: await run(latest.shared, input, { signal }) };
  } catch (error) {
    if (error instanceof Error && error.name === 'Interrupted') return { interrupted: true };
    throw error;
  }
}
