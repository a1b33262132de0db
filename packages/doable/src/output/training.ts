import type { ProgressEvent } from '@doable/engine';
import type { Console } from './human.ts';

/** Milliseconds between two lines about one task, where there is no bar. */
const every = 10_000;

/**
 * Progress of training with its loss and the time that is left: in the bar on a terminal, else a line every ten seconds. Tasks without a loss
 * (reading, drawing) only have the bar.
 */
export function trainingProgress({ progress, note }: Pick<Console, 'progress' | 'note'>, shows: boolean): (event: ProgressEvent) => void {
  const begun = new Map<string, { readonly at: number; readonly done: number; told: number; last: number }>();
  return (event) => {
    const { task, done, total, loss } = event;
    if (loss === undefined || total === undefined) return progress.onProgress(event);
    const now = performance.now();
    let first = begun.get(task);
    // The same task again: other rows.
    if (first === undefined || done < first.last) first = { at: now, done, told: now, last: done };
    first.last = done;
    begun.set(task, first);
    const left = done > first.done ? ((now - first.at) / (done - first.done)) * (total - done) : undefined;
    const says = `loss ${loss.toPrecision(4)}${left === undefined ? '' : `, ${timeText(left)} left`}`;
    if (shows) return progress.onProgress({ task: `${task}: ${says}`, done, total });
    if (now - first.told < every) return;
    first.told = now;
    note(`${task}: step ${done} of ${total}, ${says}`);
  };
}

const timeText = (milliseconds: number): string => {
  const seconds = Math.max(1, Math.round(milliseconds / 1000));
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
};
