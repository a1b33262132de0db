export { taskKinds } from './bounds/tasks.ts';
export type { Pool } from './run/pool.ts';
