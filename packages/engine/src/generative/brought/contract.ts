import type { Name } from '../../graph/variable.ts';
import type { Issue } from '../../run/issue.ts';
import type { Executable } from '../../tensor/backend.ts';

/** An input or output as the file declares it; axes that it leaves open are names, or undefined. */
export interface DeclaredTensor {
  readonly type: string;
  readonly shape: readonly (number | string | undefined)[];
}

/** A model file made ready to run, by ONNX Runtime say. */
export interface BroughtExecutable extends Executable {
  readonly inputs: ReadonlyMap<string, DeclaredTensor>;
  readonly outputs: ReadonlyMap<string, DeclaredTensor>;
}

/**
 * A sampler as a function. `given`: per condition n rows, encoded as the manifest says (row-major); `noise`: n rows of the manifest's
 * noise. Gives n rows of the target, encoded likewise, targets side by side. All its noise must come from `noise`.
 */
export type SamplerFunction = (
  given: Readonly<Record<Name, ArrayLike<number>>>,
  noise: Float32Array,
  n: number,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/** Thrown by `sample` of a brought model that failed: wrong shapes, values out of range, a limit passed. Not a fault of ours. */
export class BroughtFailure extends Error {
  override readonly name = 'BroughtFailure';
  readonly issue: Issue;
  constructor(code: string, message: string, hint?: string) {
    super(message);
    this.issue = { code, message, ...(hint !== undefined && { hint }) };
  }
}

/** One call of a model: n rows in, n rows out (row-major). `time` is the same for all rows. */
export interface Step {
  /** Rows at a time: exactly `fixed`, or any number up to `most`. */
  readonly rows: { readonly fixed: number } | { readonly most: number };
  run(
    given: ReadonlyMap<Name, Encoded>,
    noise: Rows | undefined,
    time: number | undefined,
    n: number,
  ): Promise<Float32Array | Float64Array>;
}

/** n rows of numbers; `shape` is that of one row. */
export interface Rows {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}
export type Encoded = Rows;

export const sizeOfRow = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
