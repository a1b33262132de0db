import type { RunOptions } from '@doable/engine';

/** How a run ends before it is done: Ctrl-C or --timeout. */
export interface Stop {
  readonly options: Pick<RunOptions, 'signal' | 'pause'>;
  readonly stopped: boolean;
  /** The value of `work`, or `stopped` if it has not come a moment after the run was stopped. */
  race<T>(work: Promise<T>): Promise<T | 'stopped'>;
  /** Gives the signals back. */
  end(): void;
}

/** Time for a task to hand over what it knows. */
const grace = 1500;
const interruptedExit = 130;

/** Ctrl-C once (`say` tells the person) or `seconds` gone by: stop; Ctrl-C twice: leave at once. */
export function stopper(seconds: number | undefined, say: (text: string) => void): Stop {
  const deadline = seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000;
  let asked = false;
  let paused = performance.now();
  let wake = (): void => undefined;
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const onInterrupt = (): void => {
    if (asked) process.exit(interruptedExit);
    asked = true;
    say('Stopping. Ctrl-C again leaves at once.');
    wake();
  };
  process.on('SIGINT', onInterrupt);
  const timer = seconds === undefined ? undefined : setTimeout(wake, Math.min(seconds * 1000, 2 ** 31 - 1));
  const isStopped = (): boolean => asked || performance.now() >= deadline;
  return {
    options: {
      signal: {
        get aborted() {
          return isStopped();
        },
      },
      pause: async () => {
        const now = performance.now();
        if (now - paused < 20) return;
        await new Promise((resolve) => setImmediate(resolve));
        paused = performance.now();
      },
    },
    get stopped() {
      return isStopped();
    },
    async race(work) {
      let late: NodeJS.Timeout | undefined;
      const tooLate = woken.then(
        () =>
          new Promise<'stopped'>((resolve) => {
            late = setTimeout(resolve, grace, 'stopped');
          }),
      );
      try {
        return await Promise.race([work, tooLate]);
      } finally {
        clearTimeout(late);
      }
    },
    end() {
      clearTimeout(timer);
      process.off('SIGINT', onInterrupt);
    },
  };
}
