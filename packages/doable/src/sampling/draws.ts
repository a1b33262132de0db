import type { Batch, ColumnType, ColumnValues, Name, Value } from '@doable/engine';
import { csvCell } from '@doable/engine/present';
import { jsonText } from '../output/json.ts';

/** A column of the draws as it is written: the name, and its type. */
export interface DrawnColumn {
  readonly name: Name;
  readonly type: ColumnType;
}

type Cell = (row: number) => string;

/** One line of text per row, in pieces of one batch each; a heading first in CSV. Numbers stand in full. */
export async function* drawsText(
  batches: AsyncIterable<Batch>,
  columns: readonly DrawnColumn[],
  format: 'csv' | 'ndjson',
): AsyncGenerator<string> {
  if (format === 'csv') yield `${columns.flatMap(headings).map(csvCell).join(',')}\n`;
  const keys = columns.map(({ name }) => `${jsonText(name)}:`);
  for await (const batch of batches) {
    const cells = columns.map((column) => cellsOf(column, batch.columns.get(column.name) as ColumnValues, format));
    const lines: string[] = [];
    for (let row = 0; row < batch.rows; row++)
      lines.push(
        format === 'csv'
          ? cells.map((cell) => cell(row)).join(',')
          : `{${cells.map((cell, i) => `${keys[i] as string}${cell(row)}`).join(',')}}`,
      );
    if (lines.length > 0) yield `${lines.join('\n')}\n`;
  }
}

/** The columns of a text file: of a tensor one per number, as a study reads them back. */
const headings = ({ name, type }: DrawnColumn): string[] =>
  type.kind === 'tensor'
    ? Array.from({ length: type.shape.reduce((product, size) => product * size, 1) }, (_, i) => `${name}.${i}`)
    : [name];

/** Levels as text, numbers as numbers, tensors as lists nested by their shape (in CSV: as so many cells). */
function cellsOf({ type }: DrawnColumn, column: ColumnValues, format: 'csv' | 'ndjson'): Cell {
  const { values } = column;
  if (type.kind === 'finite') {
    const numbers = numberLevels(type.levels);
    const texts = type.levels.map((level: Value) => (format === 'csv' ? csvCell(level) : jsonText(numbers ? Number(level) : level)));
    return (row) => texts[values[row] as number] as string;
  }
  if (column.kind !== 'tensor') return (row) => jsonText(values[row]);
  const size = column.shape.reduce((product, each) => product * each, 1);
  return (row) => {
    const texts = Array.from(column.values.subarray(row * size, (row + 1) * size), (value) => jsonText(shortest(value)));
    return format === 'csv' ? texts.join(',') : nested(texts, column.shape);
  };
}

/** The number of fewest digits that is this one in single precision. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** Texts as JSON lists, nested by a shape. */
function nested(texts: readonly string[], shape: readonly number[]): string {
  let level = texts;
  for (const size of shape.toReversed()) {
    const lists: string[] = [];
    for (let at = 0; at < level.length; at += size) lists.push(`[${level.slice(at, at + size).join(',')}]`);
    level = lists;
  }
  return level.join(',');
}

/** Whether all levels are numbers as JSON writes them: a column is of numbers or of texts, not of both. */
export const numberLevels = (levels: readonly Value[]): boolean =>
  levels.every((level) => Number.isFinite(Number(level)) && String(Number(level)) === level);
