import type { Issue, Result } from '../../run/issue.ts';
import { success } from '../../run/issue.ts';
import type { Backend } from '../../tensor/backend.ts';
import { type Trainable, type Trained, type TrainingOptions, trainSteps } from './training.ts';
import { decodeTrainingState, encodeTrainingState } from './training-state.ts';

/** Where unfinished training is kept. Keys are content addresses: of the task, the rows, the settings and the seed. */
export interface CheckpointStore {
  load(key: string): Promise<Uint8Array | undefined>;
  save(key: string, bytes: Uint8Array): Promise<void>;
  /** Told that training goes on from what was kept. */
  resumed?(key: string): void;
}

/** {@link trainSteps}, which goes on from what the store has under its key, and keeps its states there. Warnings: `bad-checkpoint`. */
export async function trainKept(
  trainable: Trainable,
  backend: Backend,
  options: TrainingOptions,
  checkpoint: CheckpointStore | undefined,
): Promise<Result<Trained>> {
  const { key } = options;
  const warnings: Issue[] = [];
  const stored = await checkpoint?.load(key);
  const from = stored === undefined ? undefined : decodeTrainingState(stored);
  if (from?.ok === false) warnings.push(...from.issues.map((issue) => ({ ...issue, hint: 'It was trained from the start.' })));
  if (from?.ok === true && from.value.key === key) checkpoint?.resumed?.(key);
  const trained = await trainSteps(trainable, backend, {
    ...options,
    ...(from?.ok === true && { from: from.value }),
    ...(checkpoint && { onCheckpoint: (state) => checkpoint.save(key, encodeTrainingState(state)) }),
  });
  return trained.ok ? success(trained.value, warnings) : trained;
}
