import { workerData } from 'node:worker_threads';

/**
 * A thread beside a model that runs in native code and cannot be interrupted: ends the process when it holds more memory than it
 * may, or when whoever started it is gone.
 */
const { bytes, parent } = workerData as { readonly bytes: number; readonly parent: number };
const beat = 10;

setInterval(() => {
  if (process.memoryUsage.rss() > bytes) process.kill(process.pid, 'SIGUSR2');
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, beat);
