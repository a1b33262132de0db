/** Tensor graphs: building, differentiating, training, running and writing them. */
export { Random } from '../math/random.ts';
export type { Backend, CompileOptions, Executable, Tensor, Tensors } from './backend.ts';
export { GraphBuilder, type Operand } from './builder.ts';
export { gradients } from './gradients.ts';
export { frozen, type Graph, graphOf, type Layout, layoutOf, withParameters } from './graph.ts';
export {
  convolution,
  dense,
  glorot,
  groupNorm,
  he,
  layerNorm,
  ones,
  type PerceptronOptions,
  perceptron,
  timeEmbedding,
  type UnetOptions,
  unet,
  zeros,
} from './layers.ts';
export { type Initial, type Node, type Padding, type Shape, ShapeError, sizeOf } from './node.ts';
export { fillNormal } from './noise.ts';
export type { KernelGradient } from './onnx-nodes.ts';
export { inspectOnnx, type OnnxLimits, type OnnxSummary, type OnnxTensor, type OnnxValue } from './onnx-read.ts';
export { type OnnxOptions, onnxVersions, writeOnnx } from './onnx-write.ts';
export { checkedFeed, interpret, referenceBackend } from './reference.ts';
export { type AdamOptions, advance, initialState, type TrainState, type TrainStep, trainStep } from './train.ts';
