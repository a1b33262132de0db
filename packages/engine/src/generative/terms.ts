import type { Name, Value } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import type { Result } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';

export type ColumnType =
  | { readonly kind: 'finite'; readonly levels: readonly Value[] }
  | { readonly kind: 'real' }
  /** `shape`: of one row, outermost first; `range`: least and greatest entry. */
  | { readonly kind: 'tensor'; readonly shape: readonly number[]; readonly range: readonly [number, number] };

/** One entry per row. finite: level indices; real: doubles; tensor: rows x (product of shape) numbers, row-major. */
export type ColumnValues =
  | { readonly kind: 'finite'; readonly values: Int32Array }
  | { readonly kind: 'real'; readonly values: Float64Array }
  | { readonly kind: 'tensor'; readonly shape: readonly number[]; readonly values: Float32Array };

/** Rows by columns. */
export interface Batch {
  readonly rows: number;
  readonly columns: ReadonlyMap<Name, ColumnValues>;
}

/** The conditional law P(of | given) of one joint block, in this order; the type of every column named. */
export interface ConditionalTask {
  readonly of: readonly Name[];
  readonly given: readonly Name[];
  readonly types: ReadonlyMap<Name, ColumnType>;
}

export type ModelKind = 'table' | 'softmax' | 'mixture' | 'flow' | 'unet' | 'kinds' | 'onnx' | 'function';

/** Something that samples one conditional law: a fitted model, a table, a file that the user brought. */
export interface ConditionalModel {
  readonly kind: ModelKind;
  readonly task: ConditionalTask;
  /** One row of `of` for every row of `given` (a batch without columns has rows too). All noise is from `random`: same stream, same draws. */
  sample(given: Batch, random: Random, options?: RunOptions): Promise<Batch>;
  /** Natural-log probabilities of `of` given `given`, row by row (densities for real columns), where the kind has them. */
  logProbability?(rows: Batch): Promise<Float64Array>;
  /** 1 for every row whose condition the model has learnt something about, 0 where it can only guess; absent: not known. */
  supports?(given: Batch): Uint8Array;
}

export interface FitOptions {
  readonly seed: number;
  /** One non-negative weight per row; absent: all 1. */
  readonly weights?: Float64Array;
}

/** Learns P(of | given) from rows that hold all columns of the task. */
export interface Fitter {
  readonly kind: ModelKind;
  fit(task: ConditionalTask, data: Batch, options: FitOptions & RunOptions): Promise<Result<ConditionalModel>>;
}
