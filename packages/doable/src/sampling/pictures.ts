import type { Batch, ColumnType } from '@doable/engine';
import { pngGrid } from '../output/png.ts';
import type { DrawnColumn } from './draws.ts';

type TensorType = Extract<ColumnType, { readonly kind: 'tensor' }>;

/** The column that a grid of pictures shows; undefined where none is a picture of one or three channels. */
export const pictureColumn = (columns: readonly DrawnColumn[]): DrawnColumn | undefined =>
  columns.find(({ type }) => type.kind === 'tensor' && orderOf(type) !== undefined);

/** A PNG file of the draws of the first column of pictures, one after the other. */
export function drawsPictures(batches: readonly Batch[], columns: readonly DrawnColumn[]): Uint8Array {
  const column = pictureColumn(columns);
  if (column === undefined || column.type.kind !== 'tensor') throw new Error('No column is of pictures.');
  const { type } = column;
  const { channels, height, width, last } = orderOf(type) as Order;
  const size = channels * height * width;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const values = new Float32Array(rows * size);
  const [low, high] = type.range;
  let at = 0;
  for (const batch of batches) {
    const own = batch.columns.get(column.name);
    if (own?.kind !== 'tensor') throw new Error(`${column.name} was not drawn.`);
    for (let i = 0; i < own.values.length; i++) {
      const [row, inside] = [Math.floor(i / size), i % size];
      const to = last ? (inside % channels) * height * width + Math.floor(inside / channels) : inside;
      values[at + row * size + to] = ((own.values[i] as number) - low) / (high - low);
    }
    at += own.values.length;
  }
  return pngGrid({ shape: [channels, height, width], values }, { zoom: Math.max(1, Math.floor(56 / height)) });
}

interface Order {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Channels run fastest. */
  readonly last: boolean;
}

function orderOf({ shape }: TensorType): Order | undefined {
  const [a = 0, b = 0, c = 0] = shape;
  if (shape.length === 2) return { channels: 1, height: a, width: b, last: false };
  if (shape.length !== 3) return undefined;
  if (a === 1 || a === 3) return { channels: a, height: b, width: c, last: false };
  return c === 1 || c === 3 ? { channels: c, height: a, width: b, last: true } : undefined;
}
