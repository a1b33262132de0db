import type { Batch, ColumnType, ColumnValues } from '@doable/engine';
import { expect, test } from 'vitest';
import { decodePicture } from '../../src/output/png.ts';
import { drawsPictures, oneGrid, pictureColumns } from '../../src/sampling/pictures.ts';

const picture = (shape: readonly number[], most = 1): ColumnType => ({ kind: 'tensor', shape, range: [0, most] });
const columns = [
  { name: 'First', type: picture([2, 2]) },
  { name: 'Label', type: { kind: 'finite', levels: ['0', '1'] } as ColumnType },
  { name: 'Second', type: picture([1, 2, 2], 10) },
];
/** Two batches of 3 draws and of 1: draw i is all i / 10 in First, and i / 10 + .5 of the range in Second. */
const batchOf = (draws: readonly number[]): Batch => {
  const tensor = (shape: readonly number[], of: (draw: number) => number) => ({
    kind: 'tensor' as const,
    shape,
    values: Float32Array.from(draws.flatMap((draw) => new Array<number>(4).fill(of(draw)))),
  });
  return {
    rows: draws.length,
    columns: new Map<string, ColumnValues>([
      ['First', tensor([2, 2], (draw) => draw / 10)],
      ['Label', { kind: 'finite', values: new Int32Array(draws.length) }],
      ['Second', tensor([1, 2, 2], (draw) => draw + 5)],
    ]),
  };
};

test('a grid holds all columns of pictures, those of a draw side by side', () => {
  expect(pictureColumns(columns).map(({ name }) => name)).toEqual(['First', 'Second']);
  const read = decodePicture(drawsPictures([batchOf([0, 1, 2]), batchOf([3])], columns), 'grid');
  if (!read.ok) throw new Error(JSON.stringify(read.issues));
  const { height, width, values } = read.value;
  // Pictures of 2 x 2 at 28 pixels a pixel, 2 pixels around each: a draw a row.
  expect([height, width]).toEqual([4 * 58 + 2, 2 * 58 + 2]);
  const at = (row: number, column: number): number => (values[(2 + row * 58 + 28) * width + 2 + column * 58 + 28] as number) / 255;
  for (const draw of [0, 1, 2, 3]) {
    const row = [0, 1].map((column) => at(draw, column));
    expect(row[0]).toBeCloseTo(draw / 10, 2);
    expect(row[1]).toBeCloseTo(0.5 + draw / 10, 2);
  }
});

test('pictures of several sizes are no one grid', () => {
  expect(oneGrid(columns)).toBe(true);
  expect(oneGrid([...columns, { name: 'Third', type: picture([3, 2, 2]) }])).toBe(false);
});
