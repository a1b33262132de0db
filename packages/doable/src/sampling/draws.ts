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
  if (format === 'csv') yield `${columns.map(({ name }) => csvCell(name)).join(',')}\n`;
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

/** Levels as text, numbers as numbers, tensors as lists of numbers (in CSV: in quotation marks). */
function cellsOf({ type }: DrawnColumn, column: ColumnValues, format: 'csv' | 'ndjson'): Cell {
  const { values } = column;
  if (type.kind === 'finite') {
    const texts = type.levels.map((level: Value) => (format === 'csv' ? csvCell(level) : jsonText(jsonLevel(level))));
    return (row) => texts[values[row] as number] as string;
  }
  if (column.kind !== 'tensor') return (row) => jsonText(values[row]);
  const size = column.shape.reduce((product, each) => product * each, 1);
  return (row) => {
    const list = jsonText(Array.from(column.values.subarray(row * size, (row + 1) * size)));
    return format === 'csv' ? csvCell(list) : list;
  };
}

/** A level that is a number as the document writes it is a number in JSON too. */
const jsonLevel = (level: Value): number | string => (level !== '' && String(Number(level)) === level ? Number(level) : level);
