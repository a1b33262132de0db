import type { Name } from '../../graph/variable.ts';
import { codesOf, columnOf } from '../batch.ts';
import type { Batch, ColumnType, ColumnValues } from '../terms.ts';

/** How a column becomes numbers of a network. Plain data; a trained factor carries it. */
export type ColumnCode =
  /** The level's index; the network makes indicators or an embedding of it. `seen`: of a condition, the levels that occur, where not all do. */
  | { readonly kind: 'finite'; readonly name: Name; readonly levels: number; readonly seen?: readonly number[] }
  /** (value - mean) / deviation. A column that never varies has deviation 1. `least`, `most`: of a condition. */
  | {
      readonly kind: 'real';
      readonly name: Name;
      readonly mean: number;
      readonly deviation: number;
      readonly least?: number;
      readonly most?: number;
    }
  /** The range becomes [-1, 1]. */
  | { readonly kind: 'tensor'; readonly name: Name; readonly shape: readonly number[]; readonly range: readonly [number, number] };

export type TensorCode = Extract<ColumnCode, { readonly kind: 'tensor' }>;
/** A column of one number per row. */
export type NumberCode = Exclude<ColumnCode, TensorCode>;

export const isTensor = (code: ColumnCode): code is TensorCode => code.kind === 'tensor';
export const isNumber = (code: ColumnCode): code is NumberCode => code.kind !== 'tensor';
export const tensorSize = ({ shape }: { readonly shape: readonly number[] }): number => shape.reduce((product, size) => product * size, 1);

/** The codes of some columns; means and deviations of real ones from the rows, weighted. Throws where a column is not in the rows or has no type. */
export function codesFor(
  names: readonly Name[],
  types: ReadonlyMap<Name, ColumnType>,
  data: Batch,
  weights: Float64Array | undefined,
): ColumnCode[] {
  return names.map((name): ColumnCode => {
    const type = types.get(name);
    if (type === undefined) throw new Error(`The type of ${name} is not known.`);
    if (type.kind === 'finite') return { kind: 'finite', name, levels: type.levels.length };
    if (type.kind === 'tensor') return { kind: 'tensor', name, shape: type.shape, range: type.range };
    return { kind: 'real', name, ...momentsOf(columnOf(data, name).values, weights) };
  });
}

function momentsOf(values: ArrayLike<number>, weights: Float64Array | undefined): { readonly mean: number; readonly deviation: number } {
  const weightAt = (row: number): number => (weights === undefined ? 1 : (weights[row] as number));
  let [total, sum] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    total += weightAt(row);
    sum += weightAt(row) * (values[row] as number);
  }
  const mean = total > 0 ? sum / total : 0;
  let square = 0;
  for (let row = 0; row < values.length; row++) square += weightAt(row) * ((values[row] as number) - mean) ** 2;
  const deviation = Math.sqrt(square / Math.max(total, Number.MIN_VALUE));
  return { mean, deviation: deviation > 1e-12 * Math.abs(mean) && Number.isFinite(deviation) && deviation > 0 ? deviation : 1 };
}

/** Writes the number columns of some rows: rows.length x codes.length, row-major. */
export function encodeNumbers(codes: readonly NumberCode[], batch: Batch, rows: ArrayLike<number>): Float32Array {
  const width = codes.length;
  const out = new Float32Array(rows.length * width);
  for (const [i, code] of codes.entries()) {
    if (code.kind === 'finite') {
      const values = codesOf(batch, code.name);
      for (let row = 0; row < rows.length; row++) out[row * width + i] = values[rows[row] as number] as number;
    } else {
      const { values } = columnOf(batch, code.name);
      for (let row = 0; row < rows.length; row++)
        out[row * width + i] = ((values[rows[row] as number] as number) - code.mean) / code.deviation;
    }
  }
  return out;
}

/** Writes a tensor column of some rows, scaled to [-1, 1]: rows.length x size, row-major, at `offset` in rows that are `stride` long. */
export function encodeTensor(
  code: TensorCode,
  batch: Batch,
  rows: ArrayLike<number>,
  out: Float32Array = new Float32Array(rows.length * tensorSize(code)),
  offset: number = 0,
  stride: number = tensorSize(code),
): Float32Array {
  const column = columnOf(batch, code.name);
  const size = tensorSize(code);
  if (column.kind !== 'tensor' || column.values.length !== batch.rows * size)
    throw new Error(`The column ${code.name} is not of its shape.`);
  const [low, high] = code.range;
  const scale = high > low ? 2 / (high - low) : 1;
  const { values } = column;
  for (let row = 0; row < rows.length; row++) {
    const from = (rows[row] as number) * size;
    const to = row * stride + offset;
    for (let i = 0; i < size; i++) out[to + i] = ((values[from + i] as number) - low) * scale - 1;
  }
  return out;
}

/** The inverse of {@link encodeTensor} for all rows; values outside the range are cut off at its ends. */
export function decodeTensor(code: TensorCode, values: ArrayLike<number>, rows: number, offset: number, stride: number): ColumnValues {
  const size = tensorSize(code);
  const [low, high] = code.range;
  const out = new Float32Array(rows * size);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < size; i++) {
      const value = low + (((values[row * stride + offset + i] as number) + 1) * (high - low)) / 2;
      out[row * size + i] = Math.min(high, Math.max(low, value));
    }
  }
  return { kind: 'tensor', shape: code.shape, values: out };
}
