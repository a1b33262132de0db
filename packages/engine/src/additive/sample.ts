import type { Columns } from '../data/features.ts';
import type { Study } from '../data/study.ts';
import type { Name } from '../graph/variable.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import type { Setting } from './gather.ts';

/** About `most` records of a regime (all, if there are fewer than twice as many), evenly spread over its studies; without weights. */
export async function sampleOf(setting: Setting, r: number, most: number, { signal, pause }: RunOptions): Promise<Columns> {
  const step = Math.max(1, Math.floor((setting.rows[r] as number) / most));
  const numbers = new Map<Name, number[]>();
  const codes = new Map<Name, number[]>();
  let [seen, length] = [0, 0];
  for (const study of setting.studies[r] as readonly Study[])
    for await (const batch of study.columns([...setting.actions, ...setting.covariates])) {
      const first = (step - (seen % step)) % step;
      for (let record = first; record < batch.length; record += step) length++;
      for (const [from, to] of [[batch.numbers, numbers] as const, [batch.codes, codes] as const])
        for (const [name, column] of from) {
          const own = to.get(name) ?? [];
          to.set(name, own);
          for (let record = first; record < batch.length; record += step) own.push(column[record] as number);
        }
      seen += batch.length;
      if (signal?.aborted) throw new Interrupted();
      await pause?.();
    }
  return {
    length,
    numbers: new Map([...numbers].map(([name, column]) => [name, Float64Array.from(column)])),
    codes: new Map([...codes].map(([name, column]) => [name, Int32Array.from(column)])),
  };
}
