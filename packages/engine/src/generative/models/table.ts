import type { Name, Value } from '../../graph/variable.ts';
import { log } from '../../math/elementary.ts';
import type { Factor } from '../../math/factor.ts';
import type { Random } from '../../math/random.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import { codesOf, firstAbove } from '../batch.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../terms.ts';

export interface TableOptions {
  /** Added to the count of every cell of every condition (a symmetric Dirichlet prior); default 0: relative frequencies. */
  readonly smoothing?: number;
  /** Most cells of the block that is drawn (default 65,536) and most conditions seen (default 2^20). */
  readonly limit?: number;
}

/** A table in plain data, for saving: sums of weights, a row of `of` cells (row-major) per condition seen. */
export interface TableState {
  readonly kind: 'table';
  readonly of: readonly Name[];
  readonly given: readonly Name[];
  readonly levels: Readonly<Record<Name, readonly Value[]>>;
  readonly smoothing: number;
  /** Row-major index over `given`, ascending. */
  readonly conditions: readonly number[];
  readonly counts: readonly (readonly number[])[];
}

/** Counts of a joint block given finite conditions. A condition that was never seen is answered by the law of the block over all rows. */
export interface TableModel extends ConditionalModel {
  readonly kind: 'table';
  readonly state: TableState;
  supports(given: Batch): Uint8Array;
  logProbability(rows: Batch): Promise<Float64Array>;
}

/** Learns by counting: exact where the rows are exact probabilities. Issues: `not-finite`, `too-large`, `no-rows`. */
export function tableFitter(options: TableOptions = {}): Fitter {
  return {
    kind: 'table',
    async fit(task, data, { weights }) {
      const shape = shapeOf(task, options.limit);
      if (!shape.ok) return shape;
      if (data.rows === 0) return failure({ code: 'no-rows', message: `There are no rows to count ${task.of.join(', ')} in.` });
      const { cells, ofSizes, givenSizes } = shape.value;
      const of = indexer(data, task.of, ofSizes);
      const given = indexer(data, task.given, givenSizes);
      const counts = new Map<number, Float64Array>();
      const most = options.limit ?? 2 ** 20;
      for (let row = 0; row < data.rows; row++) {
        const key = given(row);
        let own = counts.get(key);
        if (own === undefined) {
          if (counts.size >= most) return failure(tooLarge(task, `more than ${most} different conditions`));
          own = new Float64Array(cells);
          counts.set(key, own);
        }
        const cell = of(row);
        own[cell] = (own[cell] as number) + (weights === undefined ? 1 : (weights[row] as number));
      }
      const seen = [...counts].filter(([, row]) => row.some((count) => count > 0)).sort(([a], [b]) => a - b);
      if (seen.length === 0)
        return failure({ code: 'no-rows', message: `No row that counts ${task.of.join(', ')} has a positive weight.` });
      return success(
        tableModel({
          kind: 'table',
          of: task.of,
          given: task.given,
          levels: Object.fromEntries([...task.of, ...task.given].map((name) => [name, levelsOf(task.types.get(name))])),
          smoothing: options.smoothing ?? 0,
          conditions: seen.map(([key]) => key),
          counts: seen.map(([, row]) => [...row]),
        }),
      );
    },
  };
}

/** A table with given counts (or probabilities). Throws where the state contradicts itself; check what came from a file first. */
export function tableModel(state: TableState): TableModel {
  const types = new Map(Object.entries(state.levels).map(([name, levels]): [Name, ColumnType] => [name, { kind: 'finite', levels }]));
  const task: ConditionalTask = { of: state.of, given: state.given, types };
  const shape = shapeOf(task, Number.POSITIVE_INFINITY);
  if (!shape.ok) throw new Error(shape.issues[0]?.message);
  const { cells, ofSizes, givenSizes } = shape.value;
  if (state.conditions.length !== state.counts.length || state.counts.some((row) => row.length !== cells))
    throw new Error('The table has rows of another length.');
  const everywhere = new Float64Array(cells);
  for (const row of state.counts)
    row.forEach((count, cell) => {
      everywhere[cell] = (everywhere[cell] as number) + count;
    });
  // Cumulative laws, the unseen condition last.
  const laws = [...state.counts, everywhere].map((row, i) => cumulative(row, i < state.counts.length ? state.smoothing : 0));
  const numbers = new Map(state.conditions.map((key, i) => [key, i]));
  const unseen = state.counts.length;
  const lawAt = (key: number): Float64Array => laws[numbers.get(key) ?? unseen] as Float64Array;

  return {
    kind: 'table',
    task,
    state,
    async sample(given: Batch, random: Random) {
      const condition = indexer(given, state.given, givenSizes);
      const columns = state.of.map(() => new Int32Array(given.rows));
      for (let row = 0; row < given.rows; row++) {
        let cell = firstAbove(lawAt(condition(row)), random.next());
        for (let i = columns.length - 1; i >= 0; i--) {
          const size = ofSizes[i] as number;
          (columns[i] as Int32Array)[row] = cell % size;
          cell = Math.floor(cell / size);
        }
      }
      return {
        rows: given.rows,
        columns: new Map(state.of.map((name, i): [Name, ColumnValues] => [name, { kind: 'finite', values: columns[i] as Int32Array }])),
      };
    },
    async logProbability(rows: Batch) {
      const condition = indexer(rows, state.given, givenSizes);
      const cellAt = indexer(rows, state.of, ofSizes);
      const result = new Float64Array(rows.rows);
      for (let row = 0; row < rows.rows; row++) {
        const law = lawAt(condition(row));
        const cell = cellAt(row);
        const share = (law[cell] as number) - (cell === 0 ? 0 : (law[cell - 1] as number));
        result[row] = share > 0 ? log(share) : Number.NEGATIVE_INFINITY;
      }
      return result;
    },
    supports(given: Batch) {
      const condition = indexer(given, state.given, givenSizes);
      return Uint8Array.from({ length: given.rows }, (_, row) => (numbers.has(condition(row)) ? 1 : 0));
    },
  };
}

/** P(of | given) as the table has it, axes of then given; NaN at conditions that were never seen. */
export function tableFactor({ of, given, levels, smoothing, conditions, counts }: TableState): Factor {
  const axes = [...given, ...of];
  const sizes = axes.map((name) => (levels[name] as readonly Value[]).length);
  const values = new Float64Array(sizes.reduce((product, size) => product * size, 1)).fill(Number.NaN);
  conditions.forEach((key, i) => {
    const row = counts[i] as readonly number[];
    const sum = row.reduce((total, count) => total + count + smoothing, 0);
    row.forEach((count, cell) => {
      values[key * row.length + cell] = (count + smoothing) / sum;
    });
  });
  return { axes, sizes, values };
}

function cumulative(row: ArrayLike<number>, smoothing: number): Float64Array {
  const sums = new Float64Array(row.length);
  let sum = 0;
  let last = 0;
  for (let cell = 0; cell < row.length; cell++) {
    const own = (row[cell] as number) + smoothing;
    if (own > 0) last = cell;
    sum += own;
    sums[cell] = sum;
  }
  for (let cell = 0; cell < sums.length; cell++) sums[cell] = cell >= last ? 1 : (sums[cell] as number) / sum;
  return sums;
}

interface Shape {
  readonly cells: number;
  readonly ofSizes: readonly number[];
  readonly givenSizes: readonly number[];
}

const levelsOf = (type: ColumnType | undefined): readonly Value[] => (type?.kind === 'finite' ? type.levels : []);

function shapeOf(task: ConditionalTask, limit: number | undefined): Result<Shape> {
  const unfit = [...task.of, ...task.given].find((name) => task.types.get(name)?.kind !== 'finite');
  if (unfit !== undefined)
    return failure({
      code: 'not-finite',
      message: `A table needs finite variables; ${unfit} is not.`,
      hint: 'Use another kind of model for this factor, or cut the variable into intervals.',
    });
  const sizesOf = (names: readonly Name[]): number[] => names.map((name) => levelsOf(task.types.get(name)).length);
  const [ofSizes, givenSizes] = [sizesOf(task.of), sizesOf(task.given)];
  const cells = ofSizes.reduce((product, size) => product * size, 1);
  const conditions = givenSizes.reduce((product, size) => product * size, 1);
  if (cells > Math.min(limit ?? 65_536, 2 ** 26)) return failure(tooLarge(task, `${cells} cells`));
  if (conditions > Number.MAX_SAFE_INTEGER) return failure(tooLarge(task, `${conditions} possible conditions`));
  return success({ cells, ofSizes, givenSizes });
}

const tooLarge = (task: ConditionalTask, what: string): Issue => ({
  code: 'too-large',
  message: `A table of ${task.of.join(', ')} given ${task.given.join(', ') || 'nothing'} has ${what}.`,
  hint: 'Use a softmax model for this factor.',
});

/** The row-major index of a row over some finite columns. */
function indexer(batch: Batch, names: readonly Name[], sizes: readonly number[]): (row: number) => number {
  const codes = names.map((name) => codesOf(batch, name));
  return (row) => {
    let index = 0;
    for (let i = 0; i < codes.length; i++) index = index * (sizes[i] as number) + ((codes[i] as Int32Array)[row] as number);
    return index;
  };
}
