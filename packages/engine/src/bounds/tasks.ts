import type { TaskKinds } from '../run/pool.ts';
import { emccTask } from './em-task.ts';

/** What the bounds room runs on a pool. */
export const taskKinds: TaskKinds = { emcc: emccTask };
