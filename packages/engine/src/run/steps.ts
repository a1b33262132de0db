import type { ProgressEvent, RunOptions } from './progress.ts';

/**
 * Work that may be long and has parts that are not: it yields where it may pause, and reads whether it is to end with what it has.
 * Work that never yields is done at once.
 */
export type Steps<T> = Generator<ProgressEvent, T, boolean>;

/** To the end, without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  let step = steps.next(false);
  while (step.done !== true) step = steps.next(false);
  return step.value;
}

/** With a pause at every step; told to end when the signal is aborted. */
export async function inSteps<T>(steps: Steps<T>, { signal, onProgress, pause }: RunOptions): Promise<T> {
  let step = steps.next(false);
  while (step.done !== true) {
    onProgress?.(step.value);
    await pause?.();
    step = steps.next(signal?.aborted === true);
  }
  return step.value;
}
