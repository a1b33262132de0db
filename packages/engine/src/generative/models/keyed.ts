import type { Name } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { columnOf, taken } from '../batch.ts';
import type { Pictures } from '../metrics/pictures.ts';
import type { PictureReader } from '../metrics/reader.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../terms.ts';

/** Sorts pictures into kinds; any reader does, be it right or wrong. */
export type PictureKey = Pick<PictureReader, 'attributes' | 'predict'>;

/** The name of the column in which an attribute of a picture's kind stands. */
export const kindColumn = (picture: Name, attribute: string): Name => `${picture} ${attribute}`;

/** The columns of the kind of a picture: which attribute, under which name, of which type. */
export const kindColumns = (
  picture: Name,
  { attributes }: Pick<PictureKey, 'attributes'>,
): readonly { readonly attribute: string; readonly as: Name; readonly type: ColumnType }[] =>
  attributes.map(({ name, levels }) => ({
    attribute: name,
    as: kindColumn(picture, name),
    type: { kind: 'finite', levels: Array.from({ length: levels }, (_, level) => String(level)) },
  }));

export interface KeyedOptions {
  /** A picture that is not of the kind that it was drawn for is drawn anew, so many times at most (default 0): in the law there is none. */
  readonly redraws?: number;
}

/**
 * A fitter of pictures in two parts: P(kind of the picture | conditions) by `kinds`, then P(picture | its kind, conditions) by `pictures`.
 * The kind is a function of the picture, so the product is the law of the picture, whatever the kinds are; kinds that separate what
 * pictures show turn the hardest part of it into the fit of a few levels. For tasks that draw one tensor.
 */
export function keyedFitter(kinds: Fitter, pictures: Fitter, key: PictureKey, { redraws = 0 }: KeyedOptions = {}): Fitter {
  return {
    kind: pictures.kind,
    async fit(task, data, options) {
      const [name, ...more] = task.of;
      if (name === undefined || more.length > 0) throw new Error(`${task.of.join(', ')} is not one picture.`);
      const columns = kindColumns(name, key);
      const types = new Map<Name, ColumnType>([...task.types, ...columns.map(({ as, type }): [Name, ColumnType] => [as, type])]);
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
      return success(keyedModel(task, first.value, second.value, key, { redraws }), [
        ...(first.warnings ?? []),
        ...(second.warnings ?? []),
      ]);
    },
  };
}

/** A picture drawn as {@link keyedFitter} draws it. */
export function keyedModel(
  task: ConditionalTask,
  kindModel: ConditionalModel,
  pictureModel: ConditionalModel,
  key: PictureKey,
  { redraws = 0 }: KeyedOptions = {},
): ConditionalModel & { dispose(): Promise<void> } {
  const name = task.of[0] as Name;
  const columns = kindColumns(name, key);
  const inside: readonly (ConditionalModel & { dispose?(): Promise<void> })[] = [kindModel, pictureModel];
  /** Draws the pictures anew that are of another kind than `all` says. */
  const redraw = async (pictures: ColumnValues & Pictures, all: Batch, random: Random, run?: RunOptions): Promise<void> => {
    const size = pictures.shape.reduce((product, each) => product * each, 1);
    let rows = Int32Array.from({ length: all.rows }, (_, row) => row);
    for (let round = 0; round < redraws && rows.length > 0; round++) {
      const looked = columnOf(taken({ rows: all.rows, columns: new Map([[name, pictures]]) }, rows), name) as ColumnValues & Pictures;
      const found = await key.predict(looked);
      rows = rows.filter((row, i) => columns.some(({ attribute, as }) => found.get(attribute)?.[i] !== columnOf(all, as).values[row]));
      if (rows.length === 0) break;
      const again = columnOf(await pictureModel.sample(taken(all, rows), random.split(round), run), name) as ColumnValues & Pictures;
      for (const [i, row] of rows.entries()) pictures.values.set(again.values.subarray(i * size, (i + 1) * size), row * size);
    }
  };
  return {
    kind: pictureModel.kind,
    task,
    async sample(given: Batch, random: Random, run?: RunOptions) {
      const drawn = await kindModel.sample(given, random.split('kind'), run);
      const all: Batch = { rows: given.rows, columns: new Map([...given.columns, ...drawn.columns]) };
      const made = await pictureModel.sample(all, random.split('picture'), run);
      if (redraws > 0) await redraw(columnOf(made, name) as ColumnValues & Pictures, all, random.split('again'), run);
      return made;
    },
    async dispose() {
      for (const one of inside) await one.dispose?.();
    },
  };
}
