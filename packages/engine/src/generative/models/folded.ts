import type { Name } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../terms.ts';

type Shape = readonly [channels: number, height: number, width: number];

const foldedShape = (shape: readonly number[], fold: number): Shape | undefined => {
  const [channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 3 || height % fold !== 0 || width % fold !== 0) return undefined;
  return [channels * fold * fold, height / fold, width / fold];
};

/** Every square of fold x fold pixels as one pixel with fold^2 times the channels: [C, H, W] to [C fold^2, H / fold, W / fold]. */
export function foldPictures(values: Float32Array, shape: readonly number[], fold: number, back: boolean = false): Float32Array {
  const folded = foldedShape(shape, fold);
  if (folded === undefined) throw new Error(`Pictures of ${shape.join(' x ')} do not fold by ${fold}.`);
  const [channels = 0, height = 0, width = 0] = shape;
  const [, low, narrow] = folded;
  const size = channels * height * width;
  const out = new Float32Array(values.length);
  for (let from = 0; from < values.length; from += size)
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const flat = from + (c * height + y) * width + x;
          const channel = (c * fold + (y % fold)) * fold + (x % fold);
          const at = from + (channel * low + Math.floor(y / fold)) * narrow + Math.floor(x / fold);
          if (back) out[flat] = values[at] as number;
          else out[at] = values[flat] as number;
        }
  return out;
}

/**
 * A fitter whose models see pictures folded (space to depth): convolutions cost fold^2 times less for the same channels. What is
 * sampled is the same law, only laid out otherwise. Pictures whose sides `fold` does not divide, and all other columns, stay as they are.
 */
export function foldedFitter(inner: Fitter, fold: number): Fitter {
  if (fold === 1) return inner;
  return {
    kind: inner.kind,
    async fit(task, data, options) {
      const shapeOf = (name: Name): readonly number[] | undefined => {
        const type = task.types.get(name);
        return type?.kind === 'tensor' && foldedShape(type.shape, fold) !== undefined ? type.shape : undefined;
      };
      const types = new Map(
        [...task.types].map(([name, type]): [Name, ColumnType] => {
          const shape = shapeOf(name);
          return shape === undefined || type.kind !== 'tensor'
            ? [name, type]
            : [name, { ...type, shape: foldedShape(shape, fold) as Shape }];
        }),
      );
      const laid = (batch: Batch, back: boolean): Batch => ({
        rows: batch.rows,
        columns: new Map(
          [...batch.columns].map(([name, column]): [Name, ColumnValues] => {
            const shape = shapeOf(name);
            if (shape === undefined || column.kind !== 'tensor') return [name, column];
            const values = foldPictures(column.values, shape, fold, back);
            return [name, { kind: 'tensor', shape: back ? shape : (foldedShape(shape, fold) as Shape), values }];
          }),
        ),
      });
      const folded: ConditionalTask = { of: task.of, given: task.given, types };
      const fitted = await inner.fit(folded, laid(data, false), options);
      if (!fitted.ok) return fitted;
      const inside: ConditionalModel & { dispose?(): Promise<void> } = fitted.value;
      const model: ConditionalModel & { dispose(): Promise<void> } = {
        kind: inside.kind,
        task,
        sample: async (given: Batch, random: Random, run?: RunOptions) => laid(await inside.sample(laid(given, false), random, run), true),
        dispose: async () => inside.dispose?.(),
      };
      return success(model, fitted.warnings ?? []);
    },
  };
}
