import type { Graph } from './graph.ts';
import type { Shape } from './node.ts';

/** Numbers in row-major order. */
export interface Tensor {
  readonly shape: Shape;
  readonly values: Float32Array | Float64Array;
}
export type Tensors = ReadonlyMap<string, Tensor>;

export interface CompileOptions {
  /** Threads that one operation may use; 1 unless given. Digits may differ between numbers of threads. */
  readonly threads?: number;
}

/** A graph made ready. `run` takes a tensor for every input of the graph (exact shapes) and gives one for every output. */
export interface Executable {
  run(feeds: Tensors): Promise<Tensors>;
  dispose(): Promise<void>;
}

/** Something that runs graphs: `reference` (float64, plain loops) or ONNX Runtime (float32). */
export interface Backend {
  readonly name: string;
  compile(graph: Graph, options?: CompileOptions): Promise<Executable>;
}
