import type { Name } from '../../graph/variable.ts';
import { columnOf } from '../batch.ts';
import type { Batch, ColumnType, ColumnValues } from '../terms.ts';
import { BroughtFailure, type Rows, sizeOfRow } from './contract.ts';
import type { Manifest, ManifestColumn } from './manifest.ts';

/** The shape of one row of a column as the model sees it; [] is one number. */
export function shapeOf(column: ManifestColumn): readonly number[] {
  if (column.tensor !== undefined) return column.tensor;
  return column.levels !== undefined && column.encoding === 'one-hot' ? [column.levels.length] : [];
}

export const unitRange = [0, 1] as const;

/** A column of rows as the model was trained to see it. */
export function encode(column: ManifestColumn, type: ColumnType, values: ColumnValues): Rows {
  const shape = shapeOf(column);
  if (values.kind === 'tensor' && type.kind === 'tensor') {
    const [[low, high], [from, to]] = [type.range, column.range ?? unitRange];
    const scale = (to - from) / (high - low);
    return { shape, values: values.values.map((value) => from + (value - low) * scale) };
  }
  if (values.kind === 'finite' && type.kind === 'finite') {
    const own = column.levels ?? [];
    const index = type.levels.map((level) => own.indexOf(level));
    if (shape.length === 0) return { shape, values: Float64Array.from(values.values, (code) => index[code] as number) };
    const marks = new Float32Array(values.values.length * own.length);
    values.values.forEach((code, row) => {
      marks[row * own.length + (index[code] as number)] = 1;
    });
    return { shape, values: marks };
  }
  const { mean = 0, deviation = 1 } = column;
  return { shape, values: Float64Array.from(values.values, (value) => (value - mean) / deviation) };
}

export const encodeAll = (given: Manifest['given'], types: ReadonlyMap<Name, ColumnType>, batch: Batch): Map<Name, Rows> =>
  new Map(given.map((column) => [column.name, encode(column, types.get(column.name) as ColumnType, columnOf(batch, column.name))]));

/** Numbers of one row of the target, all targets side by side. */
export const targetWidth = (target: Manifest['target']): number => target.reduce((sum, column) => sum + sizeOfRow(shapeOf(column)), 0);

export interface Decoded {
  readonly columns: Map<Name, ColumnValues>;
  /** Numbers of tensors that lay outside the range, now at its edge. */
  readonly clipped: number;
}

/** Rows of the target as the model gives them, as columns. Throws {@link BroughtFailure} for what no column can hold. */
export function decode(target: Manifest['target'], types: ReadonlyMap<Name, ColumnType>, rows: number, values: ArrayLike<number>): Decoded {
  const width = targetWidth(target);
  const columns = new Map<Name, ColumnValues>();
  let [offset, clipped] = [0, 0];
  for (const column of target) {
    const type = types.get(column.name) as ColumnType;
    const size = sizeOfRow(shapeOf(column));
    const at = (row: number, i: number): number => {
      const value = values[row * width + offset + i] as number;
      if (!Number.isFinite(value))
        throw new BroughtFailure(
          'brought-not-finite',
          `The model drew ${value} for ${column.name}.`,
          'Its numbers overflow at some of the values that it is given.',
        );
      return value;
    };
    if (type.kind === 'tensor') {
      const [[low, high], [from, to]] = [type.range, column.range ?? unitRange];
      const out = new Float32Array(rows * size);
      for (let row = 0; row < rows; row++)
        for (let i = 0; i < size; i++) {
          const value = at(row, i);
          const inside = Math.min(to, Math.max(from, value));
          if (inside !== value) clipped++;
          out[row * size + i] = low + ((inside - from) / (to - from)) * (high - low);
        }
      columns.set(column.name, { kind: 'tensor', shape: type.shape, values: out });
    } else if (type.kind === 'real') {
      const { mean = 0, deviation = 1 } = column;
      columns.set(column.name, { kind: 'real', values: Float64Array.from({ length: rows }, (_, row) => at(row, 0) * deviation + mean) });
    } else {
      const levels = column.levels ?? [];
      const code = levels.map((level) => type.levels.indexOf(level));
      const out = new Int32Array(rows);
      for (let row = 0; row < rows; row++) {
        let index = 0;
        if (column.encoding === 'one-hot') for (let i = 0; i < size; i++) index = at(row, i) > at(row, index) ? i : index;
        else {
          const value = at(row, 0);
          index = Math.round(value);
          if (index < 0 || index >= levels.length || Math.abs(value - index) > 1e-3)
            throw new BroughtFailure(
              'brought-no-level',
              `The model drew ${value} for ${column.name}, which has levels numbered 0 to ${levels.length - 1}.`,
              'Round inside the model, or use the kind "logits".',
            );
        }
        out[row] = code[index] as number;
      }
      columns.set(column.name, { kind: 'finite', values: out });
    }
    offset += size;
  }
  return { columns, clipped };
}
