/** The part of the platform's AbortSignal that the engine reads. */
export interface Signal {
  readonly aborted: boolean;
}

/** `done` out of `total` units of the named task (total absent: not known yet); `loss`: of training, at the last step. */
export interface ProgressEvent {
  readonly task: string;
  readonly done: number;
  readonly total?: number;
  readonly loss?: number;
}

/** What every long task accepts. `pause` is awaited now and then so that a host's event loop (Ctrl-C, a page) stays alive. */
export interface RunOptions {
  readonly signal?: Signal;
  readonly onProgress?: (event: ProgressEvent) => void;
  readonly pause?: () => Promise<void>;
}

/** Thrown inside a task when its signal was aborted; callers turn it into a partial or interrupted answer. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
