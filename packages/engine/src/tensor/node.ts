/** `float`: float32 on ONNX Runtime, float64 in the reference. `boolean`: the outcome of a comparison, 0 or 1 in the reference. */
export type ElementType = 'float' | 'boolean';
/** Sizes of the axes, outermost first; [] is a scalar. Every size is a whole number, at least 1. */
export type Shape = readonly number[];

/** How a parameter starts. `normal`: independent draws with mean 0; `uniform`: on (-bound, bound). */
export type Initial =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'uniform'; readonly bound: number };

export type UnaryName = 'negate' | 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tanh' | 'sigmoid' | 'silu' | 'relu';
export type BinaryName = 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum' | 'minimum';
export type ComparisonName = 'greater' | 'less' | 'equal';

/** Rows and columns added around an image: above, left, below, right. */
export type Padding = readonly [number, number, number, number];

/** What a node computes from its inputs. Images are [batch, channels, height, width], kernels [out, in, height, width]. */
export type Operation =
  | { readonly op: 'input'; readonly name: string; readonly shape: Shape }
  | { readonly op: 'parameter'; readonly name: string; readonly shape: Shape; readonly initial: Initial }
  | { readonly op: 'constant'; readonly shape: Shape; readonly values: Float64Array }
  | { readonly op: UnaryName | BinaryName | ComparisonName | 'where' | 'cast' | 'stopGradient' }
  | { readonly op: 'softmax' | 'logSoftmax' }
  | { readonly op: 'matmul'; readonly transposeLeft: boolean; readonly transposeRight: boolean }
  | { readonly op: 'transpose'; readonly order: readonly number[] }
  | { readonly op: 'reshape' | 'broadcast'; readonly shape: Shape }
  | { readonly op: 'concat'; readonly axis: number }
  | { readonly op: 'slice'; readonly from: readonly number[]; readonly to: readonly number[] }
  | { readonly op: 'pad'; readonly before: readonly number[]; readonly after: readonly number[] }
  | { readonly op: 'reduceSum' | 'reduceMax'; readonly axes: readonly number[] }
  | { readonly op: 'conv2d'; readonly stride: number; readonly padding: Padding }
  | { readonly op: 'conv2dInputGradient'; readonly stride: number; readonly padding: Padding; readonly shape: Shape }
  | { readonly op: 'conv2dKernelGradient'; readonly stride: number; readonly padding: Padding; readonly shape: Shape }
  | { readonly op: 'averagePool' | 'upsample'; readonly factor: number };
export type OperationName = Operation['op'];

/** One value of a graph. Made by a {@link GraphBuilder}, never changed; `id` grows from inputs to outputs. */
export interface Node {
  readonly id: number;
  readonly operation: Operation;
  readonly inputs: readonly Node[];
  readonly shape: Shape;
  readonly type: ElementType;
}

/** Shapes or types that do not fit: a fault of the program that built the graph, so it is thrown. The message names the operation. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
export const spell = (shape: Shape): string => `[${shape.join(', ')}]`;
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i]);

/** Elements between neighbours along each axis, row-major. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] as number) * (shape[i + 1] as number);
  return strides;
}
