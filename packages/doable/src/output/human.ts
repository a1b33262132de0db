import { once } from 'node:events';
import type { Issue } from '@doable/engine';
import { issuesText, type TextOptions } from '@doable/engine/present';
import { type Progress, progressBar } from './progress.ts';
import { type Environment, styleOf } from './style.ts';

/** Standard output for the answer, standard error for everything else. */
export interface Console {
  readonly out: TextOptions;
  readonly progress: Progress;
  /** Text to standard output, a newline at its end; waits where the reader is slow. */
  print(text: string): Promise<void>;
  /** Lines of a note to standard error; nothing with --quiet. */
  note(text: string): void;
  /** A blank line between notes and answer, where both are seen on one terminal. */
  gap(): void;
  warn(issues: readonly Issue[]): void;
  /** Issues to standard error, always. */
  fail(issues: readonly Issue[]): void;
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Environment;
}

export function consoleOf({ stdout, stderr, env }: Streams, quiet: boolean): Console {
  const out = styleOf(stdout, env);
  // Messages that go to a file stay on one line each, for those who search it.
  const err = stderr.isTTY ? styleOf(stderr, env) : { ...styleOf(stderr, env), width: Number.POSITIVE_INFINITY };
  const progress = progressBar(stderr, env, quiet);
  const toError = (text: string): void => {
    progress.clear();
    if (text !== '') stderr.write(`${text}\n`);
  };
  return {
    out,
    progress,
    async print(text) {
      progress.clear();
      if (!stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`)) await once(stdout, 'drain');
    },
    note(text) {
      const paint = err.paint ?? ((_, plain) => plain);
      if (!quiet)
        toError(
          text
            .split('\n')
            .map((line) => paint('dim', line))
            .join('\n'),
        );
    },
    gap() {
      if (!quiet && stdout.isTTY && stderr.isTTY) stderr.write('\n');
    },
    warn(issues) {
      if (!quiet) toError(issuesText(issues, err, 'warning'));
    },
    fail(issues) {
      toError(issuesText(issues, err, 'error'));
    },
  };
}
