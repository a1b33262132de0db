import type { Batch, ColumnType } from '@doable/engine';
import { pngGrid } from '../output/png.ts';
import type { DrawnColumn } from './draws.ts';

type TensorType = Extract<ColumnType, { readonly kind: 'tensor' }>;

/** The columns that a grid of pictures shows: those of pictures of one or three channels. */
export const pictureColumns = (columns: readonly DrawnColumn[]): readonly DrawnColumn[] =>
  columns.filter(({ type }) => type.kind === 'tensor' && orderOf(type) !== undefined);

/** Whether pictures of these columns go into one grid: all have the same channels and sides. */
export const oneGrid = (columns: readonly DrawnColumn[]): boolean =>
  new Set(pictureColumns(columns).map(({ type }) => (type.kind === 'tensor' ? sidesOf(type) : ''))).size === 1;

/** A PNG file of draws, one after the other; of several columns of pictures, {@link oneGrid}, those of a draw stand side by side. */
export function drawsPictures(batches: readonly Batch[], columns: readonly DrawnColumn[]): Uint8Array {
  const shown = pictureColumns(columns);
  const first = shown[0]?.type;
  if (first?.kind !== 'tensor' || !oneGrid(shown)) throw new Error('No columns of pictures of one size.');
  const { channels, height, width } = orderOf(first) as Order;
  const size = channels * height * width;
  const draws = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const values = new Float32Array(draws * shown.length * size);
  for (const [place, { name, type }] of shown.entries()) {
    const { last } = orderOf(type as TensorType) as Order;
    const [low, high] = (type as TensorType).range;
    let before = 0;
    for (const batch of batches) {
      const own = batch.columns.get(name);
      if (own?.kind !== 'tensor') throw new Error(`${name} was not drawn.`);
      for (let i = 0; i < own.values.length; i++) {
        const [row, inside] = [Math.floor(i / size), i % size];
        const to = last ? (inside % channels) * height * width + Math.floor(inside / channels) : inside;
        values[((before + row) * shown.length + place) * size + to] = ((own.values[i] as number) - low) / (high - low);
      }
      before += batch.rows;
    }
  }
  // About a square, of whole draws a row.
  const across = shown.length * Math.max(1, Math.round(Math.sqrt(draws / shown.length)));
  const grid = { zoom: Math.max(1, Math.floor(56 / height)) };
  return pngGrid({ shape: [channels, height, width], values }, shown.length === 1 ? grid : { ...grid, columns: across });
}

const sidesOf = (type: TensorType): string => {
  const { channels, height, width } = orderOf(type) ?? {};
  return `${channels} ${height} ${width}`;
};

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
