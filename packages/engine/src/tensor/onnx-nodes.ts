import type { Graph } from './graph.ts';
import type { Node } from './node.ts';

/** How the gradient of a convolution's kernel is computed: as one convolution (fast on processors), or as a matrix product of gathered windows (on GPUs). */
export type KernelGradient = 'convolution' | 'product';

export type Attribute = number | string | readonly number[];
export interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}
export interface Initialiser {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: { readonly floats: Float64Array } | { readonly integers: readonly number[] };
}

const simple: Readonly<Record<string, string>> = {
  add: 'Add',
  subtract: 'Sub',
  multiply: 'Mul',
  divide: 'Div',
  maximum: 'Max',
  minimum: 'Min',
  greater: 'Greater',
  less: 'Less',
  equal: 'Equal',
  negate: 'Neg',
  exp: 'Exp',
  log: 'Log',
  sqrt: 'Sqrt',
  sin: 'Sin',
  cos: 'Cos',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  relu: 'Relu',
  where: 'Where',
  stopGradient: 'Identity',
};

/** A graph in the operators of ONNX (opset 18). Names of our own start with `~`, so they meet no input or output. */
export function lower(graph: Graph, kernelGradient: KernelGradient): { readonly nodes: OnnxNode[]; readonly initialisers: Initialiser[] } {
  const nodes: OnnxNode[] = [];
  const initialisers: Initialiser[] = [];
  const integerNames = new Map<string, string>();
  const names = new Map<Node, string>();
  const wanted = new Map<Node, string>();
  for (const [name, node] of graph.outputs) {
    const own = node.operation.op !== 'input' && node.operation.op !== 'constant';
    if (own && !wanted.has(node)) wanted.set(node, name);
  }
  let count = 0;
  const fresh = (): string => {
    count += 1;
    return `~${count}`;
  };
  const emit = (type: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}, output: string = fresh()): string => {
    nodes.push({ type, inputs, output, attributes });
    return output;
  };
  const integers = (values: readonly number[]): string => {
    const key = values.join(',');
    const name = integerNames.get(key) ?? fresh();
    if (!integerNames.has(key)) initialisers.push({ name, shape: [values.length], values: { integers: values } });
    integerNames.set(key, name);
    return name;
  };

  for (const node of graph.nodes) {
    const { operation, shape } = node;
    const [x = '', y = ''] = node.inputs.map((input) => names.get(input) as string);
    const [of, by] = node.inputs as [Node, Node];
    const done = (type: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string =>
      emit(type, inputs, attributes, wanted.get(node) ?? fresh());
    const lowered = (): string => {
      switch (operation.op) {
        case 'input':
          return operation.name;
        case 'parameter':
          throw new Error(`The parameter ${operation.name} has no value.`);
        case 'constant': {
          const name = fresh();
          initialisers.push({ name, shape, values: { floats: operation.values } });
          return name;
        }
        case 'silu':
          return done('Mul', [x, emit('Sigmoid', [x])]);
        case 'cast':
          return done('Cast', [x], { to: 1 });
        case 'softmax':
        case 'logSoftmax':
          return done(operation.op === 'softmax' ? 'Softmax' : 'LogSoftmax', [x], { axis: -1 });
        case 'matmul': {
          const { transposeLeft, transposeRight } = operation;
          if (shape.length === 2) return done('Gemm', [x, y], { transA: transposeLeft ? 1 : 0, transB: transposeRight ? 1 : 0 });
          const perm = [...shape.keys()];
          perm.push(...(perm.splice(-2).reverse() as [number, number]));
          const turned = (name: string, turn: boolean): string => (turn ? emit('Transpose', [name], { perm }) : name);
          return done('MatMul', [turned(x, transposeLeft), turned(y, transposeRight)]);
        }
        case 'transpose':
          return done('Transpose', [x], { perm: operation.order });
        case 'reshape':
          return done('Reshape', [x, integers(shape)]);
        case 'broadcast':
          return done('Expand', [x, integers(shape)]);
        case 'concat':
          return done(
            'Concat',
            node.inputs.map((input) => names.get(input) as string),
            { axis: operation.axis },
          );
        case 'slice': {
          const axes = [...shape.keys()].filter((axis) => shape[axis] !== of.shape[axis]);
          const pick = (from: readonly number[]): string => integers(axes.map((axis) => from[axis] as number));
          return done('Slice', [x, pick(operation.from), pick(operation.to), integers(axes)]);
        }
        case 'pad':
          return done('Pad', [x, integers([...operation.before, ...operation.after])], { mode: 'constant' });
        case 'reduceSum':
        case 'reduceMax':
          return done(operation.op === 'reduceSum' ? 'ReduceSum' : 'ReduceMax', [x, integers(operation.axes)], { keepdims: 1 });
        case 'conv2d':
          return done('Conv', [x, y], {
            kernel_shape: by.shape.slice(2),
            pads: operation.padding,
            strides: [operation.stride, operation.stride],
          });
        case 'conv2dInputGradient': {
          const [tall, wide] = by.shape.slice(2) as [number, number];
          const [top, left, bottom, right] = operation.padding;
          if (operation.stride === 1) {
            const least = -(2 ** 31);
            const flipped = emit('Slice', [y, integers([-1, -1]), integers([least, least]), integers([2, 3]), integers([-1, -1])]);
            const kernel = emit('Transpose', [flipped], { perm: [1, 0, 2, 3] });
            return done('Conv', [x, kernel], {
              kernel_shape: [tall, wide],
              pads: [tall - 1 - top, wide - 1 - left, tall - 1 - bottom, wide - 1 - right],
              strides: [1, 1],
            });
          }
          const rest = (size: number, kernel: number, around: number): number => (size + around - kernel) % operation.stride;
          return done('ConvTranspose', [x, y], {
            kernel_shape: [tall, wide],
            pads: operation.padding,
            strides: [operation.stride, operation.stride],
            output_padding: [rest(shape[2] as number, tall, top + bottom), rest(shape[3] as number, wide, left + right)],
          });
        }
        case 'conv2dKernelGradient': {
          const { stride, padding } = operation;
          const [outs, ins, tall, wide] = shape as [number, number, number, number];
          const [batch, , rows, columns] = by.shape as [number, number, number, number];
          const [height, width] = of.shape.slice(2) as [number, number];
          const images = emit('Transpose', [x], { perm: [1, 0, 2, 3] });
          const slopes = emit('Transpose', [y], { perm: [1, 0, 2, 3] });
          const [top, left, bottom, right] = padding;
          if (kernelGradient === 'convolution' && tall * wide > 1) {
            const seen = [height + top + bottom - (rows - 1) * stride, width + left + right - (columns - 1) * stride] as const;
            const all = emit('Conv', [images, slopes], {
              kernel_shape: [rows, columns],
              pads: padding,
              dilations: [stride, stride],
              strides: [1, 1],
            });
            const cut =
              seen[0] === tall && seen[1] === wide ? all : emit('Slice', [all, integers([0, 0]), integers([tall, wide]), integers([2, 3])]);
            return done('Transpose', [cut], { perm: [1, 0, 2, 3] });
          }
          const padded = padding.every((size) => size === 0)
            ? images
            : emit('Pad', [images, integers([0, 0, top, left, 0, 0, bottom, right])], { mode: 'constant' });
          const windows: string[] = [];
          for (let i = 0; i < tall; i++) {
            for (let j = 0; j < wide; j++) {
              const to = [i + (rows - 1) * stride + 1, j + (columns - 1) * stride + 1];
              windows.push(emit('Slice', [padded, integers([i, j]), integers(to), integers([2, 3]), integers([stride, stride])]));
            }
          }
          const together = windows.length === 1 ? (windows[0] as string) : emit('Concat', windows, { axis: 0 });
          const matrix = emit('Reshape', [together, integers([tall * wide * ins, batch * rows * columns])]);
          const flat = emit('Reshape', [slopes, integers([outs, batch * rows * columns])]);
          const product = emit('Gemm', [flat, matrix], { transA: 0, transB: 1 });
          const apart = emit('Reshape', [product, integers([outs, tall * wide, ins])]);
          return done('Reshape', [emit('Transpose', [apart], { perm: [0, 2, 1] }), integers(shape)]);
        }
        case 'averagePool':
          return done('AveragePool', [x], {
            kernel_shape: [operation.factor, operation.factor],
            strides: [operation.factor, operation.factor],
          });
        case 'upsample': {
          const scales = fresh();
          initialisers.push({ name: scales, shape: [4], values: { floats: Float64Array.of(1, 1, operation.factor, operation.factor) } });
          const nearest = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
          return done('Resize', [x, '', scales], nearest);
        }
        default:
          return done(
            simple[operation.op] as string,
            node.inputs.map((input) => names.get(input) as string),
          );
      }
    };
    names.set(node, lowered());
  }
  for (const [name, node] of graph.outputs) if (wanted.get(node) !== name) emit('Identity', [names.get(node) as string], {}, name);
  for (const name of [...graph.inputs.keys(), ...graph.outputs.keys()]) {
    if (name === '' || name.startsWith('~')) throw new Error(`'${name}' cannot name an input or output.`);
  }
  return { nodes, initialisers };
}
