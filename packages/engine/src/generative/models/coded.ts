import type { Name } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { columnOf } from '../batch.ts';
import type { Pictures } from '../metrics/pictures.ts';
import type { PictureReader } from '../metrics/reader.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../terms.ts';

/** Sums a picture up in a few numbers; any reader does. */
export type PictureCode = Pick<PictureReader, 'features'>;

/**
 * A fitter that shows its models, beside the pictures among the conditions, a code of each. What a picture tells about a block is learnt
 * from far fewer rows that way than through the loss of a velocity field alone. A code that is a function of the picture does not change
 * what is conditioned on. `codeOf`: by variable.
 */
export function codedFitter(inner: Fitter, codeOf: (name: Name) => PictureCode | undefined): Fitter {
  return {
    kind: inner.kind,
    async fit(task, data, options) {
      const coded = task.given.flatMap((name) => {
        const code = codeOf(name);
        return code === undefined ? [] : [{ name, code, as: `${name} code` }];
      });
      if (coded.length === 0) return inner.fit(task, data, options);
      const widened = async (rows: Batch): Promise<{ readonly batch: Batch; readonly types: ReadonlyMap<Name, ColumnType> }> => {
        const columns = new Map(rows.columns);
        const types = new Map(task.types);
        for (const { name, code, as } of coded) {
          const { width, values } = await code.features(columnOf(rows, name) as ColumnValues & Pictures);
          columns.set(as, { kind: 'tensor', shape: [width], values: Float32Array.from(values) });
          types.set(as, { kind: 'tensor', shape: [width], range: [-1, 1] });
        }
        return { batch: { rows: rows.rows, columns }, types };
      };
      const { batch, types } = await widened(data);
      const wide: ConditionalTask = { of: task.of, given: [...task.given, ...coded.map(({ as }) => as)], types };
      const fitted = await inner.fit(wide, batch, options);
      if (!fitted.ok) return fitted;
      const inside: ConditionalModel & { dispose?(): Promise<void> } = fitted.value;
      const model: ConditionalModel & { dispose(): Promise<void> } = {
        kind: fitted.value.kind,
        task,
        async sample(given: Batch, random: Random, run?: RunOptions) {
          if (given.rows === 0) return fitted.value.sample(given, random, run);
          return fitted.value.sample((await widened(given)).batch, random, run);
        },
        dispose: async () => inside.dispose?.(),
      };
      return success(model, fitted.warnings ?? []);
    },
  };
}
