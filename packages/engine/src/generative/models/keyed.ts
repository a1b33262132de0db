import type { Name } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { columnOf } from '../batch.ts';
import type { Pictures } from '../metrics/pictures.ts';
import type { PictureReader } from '../metrics/reader.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, Fitter } from '../terms.ts';

/** Sorts pictures into kinds; any reader does, be it right or wrong. */
export type PictureKey = Pick<PictureReader, 'attributes' | 'predict'>;

/**
 * A fitter of pictures in two parts: P(kind of the picture | conditions) by `kinds`, then P(picture | its kind, conditions) by `pictures`.
 * The kind is a function of the picture, so the product is the law of the picture, whatever the kinds are; kinds that separate what
 * pictures show turn the hardest part of it into the fit of a few levels. For tasks that draw one tensor.
 */
export function keyedFitter(kinds: Fitter, pictures: Fitter, key: PictureKey): Fitter {
  return {
    kind: pictures.kind,
    async fit(task, data, options) {
      const [name, ...more] = task.of;
      if (name === undefined || more.length > 0) throw new Error(`${task.of.join(', ')} is not one picture.`);
      const columns = key.attributes.map(({ name: attribute, levels }) => ({ attribute, as: `${name} ${attribute}`, levels }));
      const types = new Map<Name, ColumnType>([
        ...task.types,
        ...columns.map(({ as, levels }): [Name, ColumnType] => [
          as,
          { kind: 'finite', levels: Array.from({ length: levels }, (_, level) => String(level)) },
        ]),
      ]);
      const read = await key.predict(columnOf(data, name) as ColumnValues & Pictures);
      const sorted: Batch = {
        rows: data.rows,
        columns: new Map<Name, ColumnValues>([
          ...data.columns,
          ...columns.map(({ attribute, as }): [Name, ColumnValues] => [as, { kind: 'finite', values: read.get(attribute) as Int32Array }]),
        ]),
      };
      const names = columns.map(({ as }) => as);
      const first = await kinds.fit({ of: names, given: task.given, types }, sorted, options);
      if (!first.ok) return first;
      const second = await pictures.fit({ of: task.of, given: [...task.given, ...names], types }, sorted, options);
      if (!second.ok) return second;
      const inside: readonly (ConditionalModel & { dispose?(): Promise<void> })[] = [first.value, second.value];
      const model: ConditionalModel & { dispose(): Promise<void> } = {
        kind: pictures.kind,
        task,
        async sample(given: Batch, random: Random, run?: RunOptions) {
          const drawn = await first.value.sample(given, random.split('kind'), run);
          const all: Batch = { rows: given.rows, columns: new Map([...given.columns, ...drawn.columns]) };
          return second.value.sample(all, random.split('picture'), run);
        },
        async dispose() {
          for (const one of inside) await one.dispose?.();
        },
      };
      return success(model, [...(first.warnings ?? []), ...(second.warnings ?? [])]);
    },
  };
}
