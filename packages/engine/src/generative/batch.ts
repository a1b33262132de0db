import type { Study } from '../data/study.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import type { Batch, ColumnType, ColumnValues } from './terms.ts';

/** Rows to learn from; `weights`: one count, weight or probability per row. `exact`: they are a law, not a sample of one. */
export interface TrainingData {
  readonly batch: Batch;
  readonly weights?: Float64Array;
  readonly exact?: boolean;
}

export function columnOf(batch: Batch, name: Name): ColumnValues {
  const column = batch.columns.get(name);
  if (column === undefined) throw new Error(`The rows have no column ${name}.`);
  return column;
}

/** The level indices of a finite column. */
export function codesOf(batch: Batch, name: Name): Int32Array {
  const column = columnOf(batch, name);
  if (column.kind !== 'finite') throw new Error(`The column ${name} is not finite.`);
  return column.values;
}

/** How many numbers one row of the column takes. */
export const widthOf = (column: ColumnValues): number =>
  column.kind === 'tensor' ? column.shape.reduce((product, size) => product * size, 1) : 1;

/** The columns `names`, not copied; each may be given another name. */
export const selected = (batch: Batch, names: readonly Name[], as: readonly Name[] = names): Batch => ({
  rows: batch.rows,
  columns: new Map(names.map((name, i) => [as[i] as Name, columnOf(batch, name)])),
});

function blank(like: ColumnValues, rows: number): ColumnValues {
  if (like.kind === 'finite') return { kind: 'finite', values: new Int32Array(rows) };
  if (like.kind === 'real') return { kind: 'real', values: new Float64Array(rows) };
  return { kind: 'tensor', shape: like.shape, values: new Float32Array(rows * widthOf(like)) };
}

/** The rows numbered in `rows`, in that order, copied; a number may come more than once. */
export function taken(batch: Batch, rows: Int32Array): Batch {
  const columns = new Map<Name, ColumnValues>();
  for (const [name, column] of batch.columns) {
    const width = widthOf(column);
    const made = blank(column, rows.length);
    if (width === 1) for (let i = 0; i < rows.length; i++) made.values[i] = column.values[rows[i] as number] as number;
    else
      for (let i = 0; i < rows.length; i++) {
        const from = (rows[i] as number) * width;
        made.values.set(column.values.subarray(from, from + width), i * width);
      }
    columns.set(name, made);
  }
  return { rows: rows.length, columns };
}

/** All rows of the batches, one after the other; the columns are those of the first. */
export function concatenated(batches: readonly Batch[]): Batch {
  const [first] = batches;
  if (first === undefined) return { rows: 0, columns: new Map() };
  if (batches.length === 1) return first;
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const columns = new Map<Name, ColumnValues>();
  for (const [name, column] of first.columns) {
    const made = blank(column, rows);
    let at = 0;
    for (const batch of batches) {
      const part = columnOf(batch, name);
      made.values.set(part.values, at);
      at += part.values.length;
    }
    columns.set(name, made);
  }
  return { rows, columns };
}

/** A batch of one row stretched to `rows`; a batch of that many rows as it is. */
export function stretched(batch: Batch, rows: number): Batch {
  if (batch.rows === rows) return batch;
  if (batch.rows !== 1) throw new Error(`${batch.rows} rows of inputs for ${rows} draws.`);
  return taken(batch, new Int32Array(rows));
}

/**
 * One row from values in text form (numbers for real variables; tensors cannot be written).
 * Issues: `unknown-variable`, `unknown-level`, `not-a-number`, `not-finite`.
 */
export function rowFrom(values: Readonly<Record<Name, Value>>, types: ReadonlyMap<Name, ColumnType>): Result<Batch> {
  const columns = new Map<Name, ColumnValues>();
  for (const [name, value] of Object.entries(values)) {
    const type = types.get(name);
    if (type === undefined) return failure({ code: 'unknown-variable', message: `The type of ${name} is not known.` });
    if (type.kind === 'tensor')
      return failure({
        code: 'not-finite',
        message: `${name} is a tensor: its value cannot be written as text.`,
        hint: 'Give rows of it as data.',
      });
    if (type.kind === 'real') {
      const number = value.trim() === '' ? Number.NaN : Number(value);
      if (!Number.isFinite(number)) return failure({ code: 'not-a-number', message: `${name} is real-valued; “${value}” is no number.` });
      columns.set(name, { kind: 'real', values: Float64Array.of(number) });
      continue;
    }
    const code = type.levels.indexOf(value);
    if (code < 0)
      return failure({
        code: 'unknown-level',
        message: `${name} has no level ${value}.`,
        hint: `Its levels are ${type.levels.slice(0, 20).join(', ')}.`,
      });
    columns.set(name, { kind: 'finite', values: Int32Array.of(code) });
  }
  return success({ rows: 1, columns });
}

/** `count` row numbers, each row equally likely or in proportion to its weight, with replacement. */
export function drawnRows({ batch, weights }: TrainingData, count: number, random: Random): Int32Array {
  if (batch.rows === 0) throw new Error('There are no rows to draw from.');
  if (weights === undefined) return Int32Array.from({ length: count }, () => random.integer(batch.rows));
  const sums = new Float64Array(batch.rows);
  let sum = 0;
  for (let i = 0; i < batch.rows; i++) {
    sum += weights[i] as number;
    sums[i] = sum;
  }
  return Int32Array.from({ length: count }, () => firstAbove(sums, random.next() * sum));
}

/** The first index whose ascending value is above `value` (the last index if none is). */
export function firstAbove(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The columns `of` of a study as rows, with its counts, weights or probabilities where it has them. */
export async function rowsOf(
  study: Study,
  of: readonly Name[] = study.measured,
  { signal, pause }: RunOptions = {},
): Promise<TrainingData> {
  const names = of.filter((name) => study.domains.has(name));
  const batches: Batch[] = [];
  const weights: Float64Array[] = [];
  for await (const part of study.columns(names)) {
    if (signal?.aborted === true) throw new Interrupted();
    const columns = new Map<Name, ColumnValues>();
    for (const name of names) {
      const codes = part.codes.get(name);
      const numbers = part.numbers.get(name);
      const tensors = part.tensors?.get(name);
      if (codes !== undefined) columns.set(name, { kind: 'finite', values: codes.slice(0, part.length) });
      else if (numbers !== undefined) columns.set(name, { kind: 'real', values: numbers.slice(0, part.length) });
      else if (tensors !== undefined) columns.set(name, { kind: 'tensor', ...tensors });
    }
    batches.push({ rows: part.length, columns });
    if (part.weights !== undefined) weights.push(part.weights.slice(0, part.length));
    await pause?.();
  }
  const batch = concatenated(batches);
  const { size, effectiveSize } = study;
  const exact = size === Number.POSITIVE_INFINITY;
  if (weights.length === 0) return { batch, ...(exact && { exact }) };
  const all = new Float64Array(batch.rows);
  let at = 0;
  for (const part of weights) {
    all.set(part, at);
    at += part.length;
  }
  if (exact) return { batch, weights: all, exact };
  const scale = effectiveSize / all.reduce((sum, weight) => sum + weight, 0);
  return { batch, weights: Number.isFinite(scale) && Math.abs(scale - 1) > 1e-9 ? all.map((weight) => weight * scale) : all };
}
