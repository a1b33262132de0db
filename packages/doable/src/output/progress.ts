import type { ProgressEvent } from '@doable/engine';
import type { Environment, Sink } from './style.ts';

export interface Progress {
  onProgress(event: ProgressEvent): void;
  /** Wipes the bar; nothing is drawn afterwards until the next event. */
  clear(): void;
}

const patience = 1000;
const every = 100;
const barWidth = 24;

/** A bar on standard error for tasks that last longer than a second; only on a terminal. */
export function progressBar(stream: Sink & { write(text: string): unknown }, env: Environment, quiet: boolean): Progress {
  const shows = stream.isTTY === true && env.TERM !== 'dumb' && !quiet;
  const started = performance.now();
  let last = 0;
  let drawn = false;
  return {
    onProgress({ task, done, total }) {
      const now = performance.now();
      if (!shows || now - started < patience || now - last < every) return;
      last = now;
      drawn = true;
      stream.write(`\r\u001b[K${barText(task, done, total, stream.columns ?? 80)}`);
    },
    clear() {
      if (drawn) stream.write('\r\u001b[K');
      drawn = false;
    },
  };
}

export function barText(task: string, done: number, total: number | undefined, columns: number): string {
  const room = Math.max(30, columns - barWidth - 8);
  const name = task.length > room ? `${task.slice(0, room - 1)}…` : task;
  if (total === undefined || !(total > 0)) return `${name} ${done}`.slice(0, columns - 1);
  const share = Math.min(1, Math.max(0, done / total));
  const full = Math.round(share * barWidth);
  return `${name} ${'━'.repeat(full)}${'─'.repeat(barWidth - full)} ${String(Math.floor(share * 100)).padStart(3)} %`.slice(0, columns - 1);
}
