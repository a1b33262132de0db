import type { Random } from '../../math/random.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Batch, ConditionalModel, ConditionalTask } from '../terms.ts';

/** A block drawn part after part, each given the conditions and the parts before it; its kind is that of the last part. */
export interface ChainModel extends ConditionalModel {
  readonly parts: readonly ConditionalModel[];
}

/** By the chain rule. The parts draw all of `task.of` between them. */
export function chainModel(task: ConditionalTask, parts: readonly ConditionalModel[]): ChainModel {
  const last = parts[parts.length - 1];
  if (last === undefined) throw new Error(`Nothing draws ${task.of.join(', ')}.`);
  // The first part is given what the block is given.
  const supports = parts[0]?.supports;
  const scores = parts.every((part) => part.logProbability !== undefined);
  return {
    kind: last.kind,
    task,
    parts,
    async sample(given: Batch, random: Random, options: RunOptions = {}) {
      let known = given;
      for (const [i, part] of parts.entries()) {
        const drawn = await part.sample(known, random.split(i), options);
        known = { rows: given.rows, columns: new Map([...known.columns, ...drawn.columns]) };
      }
      return { rows: given.rows, columns: new Map([...known.columns].filter(([name]) => task.of.includes(name))) };
    },
    ...(supports && { supports }),
    ...(scores && {
      async logProbability(rows: Batch) {
        const sum = new Float64Array(rows.rows);
        for (const part of parts) {
          const own = (await part.logProbability?.(rows)) ?? sum;
          for (let row = 0; row < sum.length; row++) sum[row] = (sum[row] as number) + (own[row] as number);
        }
        return sum;
      },
    }),
  };
}
