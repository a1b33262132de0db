import type { Name } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { columnOf } from '../batch.ts';
import type { Pictures } from '../metrics/pictures.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../terms.ts';
import { kindColumn, type PictureKey } from './keyed.ts';

/**
 * A fitter that sees of a picture among its conditions the kind alone. That holds where what the outcome takes from the picture is in its kind; in return few
 * rows are enough to learn from.
 */
export function kindConditionsFitter(inner: Fitter, kinds: PictureKey): Fitter {
  return {
    kind: inner.kind,
    async fit(task, data, options) {
      const pictures = task.given.filter((name) => task.types.get(name)?.kind === 'tensor');
      if (pictures.length === 0) return inner.fit(task, data, options);
      const kindTypes = pictures.flatMap((name) =>
        kinds.attributes.map(({ name: attribute, levels }): [Name, ColumnType] => [
          kindColumn(name, attribute),
          { kind: 'finite', levels: Array.from({ length: levels }, (_, level) => String(level)) },
        ]),
      );
      const sorted = async (rows: Batch): Promise<Batch> => {
        const columns = new Map<Name, ColumnValues>(rows.columns);
        for (const name of pictures) {
          const found = await kinds.predict(columnOf(rows, name) as ColumnValues & Pictures);
          for (const [attribute, values] of found) columns.set(kindColumn(name, attribute), { kind: 'finite', values });
        }
        return { rows: rows.rows, columns };
      };
      const narrow: ConditionalTask = {
        of: task.of,
        given: [...task.given.filter((name) => !pictures.includes(name)), ...kindTypes.map(([name]) => name)],
        types: new Map([...task.types, ...kindTypes]),
      };
      const fitted = await inner.fit(narrow, await sorted(data), options);
      if (!fitted.ok) return fitted;
      const inside: ConditionalModel & { dispose?(): Promise<void> } = fitted.value;
      const model: ConditionalModel & { dispose(): Promise<void> } = {
        kind: inside.kind,
        task,
        sample: async (given: Batch, random: Random, run?: RunOptions) => inside.sample(await sorted(given), random, run),
        dispose: async () => inside.dispose?.(),
      };
      return success(model, fitted.warnings ?? []);
    },
  };
}
