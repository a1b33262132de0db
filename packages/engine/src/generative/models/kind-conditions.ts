import type { Name } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { columnOf } from '../batch.ts';
import type { Pictures } from '../metrics/pictures.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../terms.ts';
import { kindColumns, type PictureKey } from './keyed.ts';

/** What sorts the pictures of a column into kinds; undefined: it enters as it is. */
export type KeyOf = (name: Name, type: ColumnType) => PictureKey | undefined;

/** The conditions of a task that enter as their kinds. */
const keysOf = ({ given, types }: ConditionalTask, keyOf: KeyOf): readonly (readonly [Name, PictureKey])[] =>
  given.flatMap((name): (readonly [Name, PictureKey])[] => {
    const type = types.get(name);
    const key = type?.kind === 'tensor' ? keyOf(name, type) : undefined;
    return key === undefined ? [] : [[name, key]];
  });

/** The task with the columns of kinds in the place of the pictures among its conditions, after the others. */
export function kindTask(task: ConditionalTask, keyOf: KeyOf): ConditionalTask {
  const keys = keysOf(task, keyOf);
  const columns = keys.flatMap(([name, key]) => kindColumns(name, key));
  return {
    of: task.of,
    given: [...task.given.filter((name) => !keys.some(([picture]) => picture === name)), ...columns.map(({ as }) => as)],
    types: new Map([...task.types, ...columns.map(({ as, type }): [Name, ColumnType] => [as, type])]),
  };
}

/** Rows with the kinds of the pictures among the conditions of a task beside them. */
async function sorted(rows: Batch, task: ConditionalTask, keyOf: KeyOf): Promise<Batch> {
  const columns = new Map<Name, ColumnValues>(rows.columns);
  for (const [name, key] of keysOf(task, keyOf)) {
    const found = await key.predict(columnOf(rows, name) as ColumnValues & Pictures);
    for (const { attribute, as } of kindColumns(name, key)) columns.set(as, { kind: 'finite', values: found.get(attribute) as Int32Array });
  }
  return { rows: rows.rows, columns };
}

/**
 * A fitter that sees of a picture among its conditions the kind alone. That holds where what the outcome takes from the picture is in its kind; in return few
 * rows are enough to learn from.
 */
export function kindConditionsFitter(inner: Fitter, kinds: PictureKey | KeyOf): Fitter {
  const keyOf = typeof kinds === 'function' ? kinds : () => kinds;
  return {
    kind: inner.kind,
    async fit(task, data, options) {
      if (keysOf(task, keyOf).length === 0) return inner.fit(task, data, options);
      const fitted = await inner.fit(kindTask(task, keyOf), await sorted(data, task, keyOf), options);
      return fitted.ok ? success(kindConditionsModel(task, fitted.value, keyOf), fitted.warnings ?? []) : fitted;
    },
  };
}

/** A law given kinds, as one given pictures: `inside` is of the task that {@link kindTask} makes. */
export function kindConditionsModel(
  task: ConditionalTask,
  inside: ConditionalModel & { dispose?(): Promise<void> },
  keyOf: KeyOf,
): ConditionalModel & { dispose(): Promise<void> } {
  return {
    kind: inside.kind,
    task,
    sample: async (given: Batch, random: Random, run?: RunOptions) => inside.sample(await sorted(given, task, keyOf), random, run),
    dispose: async () => inside.dispose?.(),
  };
}
