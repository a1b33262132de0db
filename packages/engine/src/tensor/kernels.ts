import { exp, log } from '../math/elementary.ts';
import { averagePool, convolve, convolveInputGradient, convolveKernelGradient, upsample } from './kernels-image.ts';
import { type Node, type Shape, sizeOf, stridesOf } from './node.ts';

const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)));

function tanh(x: number): number {
  const small = Math.abs(x);
  if (small < 0.05)
    return (
      x *
      (1 - ((x * x) / 3) * (1 - ((2 * x * x) / 5) * (1 - ((17 * x * x) / 42) * (1 - ((62 * x * x) / 153) * (1 - (1382 * x * x) / 3410)))))
    );
  const decay = exp(-2 * small);
  return (Math.sign(x) * (1 - decay)) / (1 + decay);
}

type Unary = (x: number) => number;
type Binary = (a: number, b: number) => number;

const unary: Readonly<Record<string, Unary>> = {
  negate: (x) => -x,
  exp,
  log,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tanh,
  sigmoid,
  silu: (x) => x * sigmoid(x),
  relu: (x) => Math.max(0, x),
};

const binary: Readonly<Record<string, Binary>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  greater: (a, b) => (a > b ? 1 : 0),
  less: (a, b) => (a < b ? 1 : 0),
  equal: (a, b) => (a === b ? 1 : 0),
};

/** For every element of `to`, the place in an array of shape `from` that is stretched over it. */
function stretched(from: Shape, to: Shape): Int32Array {
  const lead = to.length - from.length;
  const strides = stridesOf(from);
  return places(
    to,
    to.map((_, i) => (i < lead || from[i - lead] === 1 ? 0 : (strides[i - lead] as number))),
    0,
  );
}

/** start + sum of index times stride, for every index into `shape` in row-major order. */
function places(shape: Shape, strides: readonly number[], start: number): Int32Array {
  let out = Int32Array.of(start);
  for (const [axis, size] of shape.entries()) {
    const step = strides[axis] as number;
    const next = new Int32Array(out.length * size);
    for (let i = 0, k = 0; i < out.length; i++) for (let j = 0; j < size; j++, k++) next[k] = (out[i] as number) + j * step;
    out = next;
  }
  return out;
}

const gather = (values: Float64Array, at: Int32Array): Float64Array => {
  const out = new Float64Array(at.length);
  for (let i = 0; i < out.length; i++) out[i] = values[at[i] as number] as number;
  return out;
};
const spread = (values: Float64Array, from: Shape, to: Shape): Float64Array =>
  sizeOf(from) === sizeOf(to) ? values : gather(values, stretched(from, to));

/** The outcome of one node in float64, from the values of its inputs (row-major). The oracle: plain loops, every sum in index order. */
export function evaluate(node: Node, values: readonly Float64Array[]): Float64Array {
  const { operation, shape, inputs } = node;
  const [x = new Float64Array(0), y = new Float64Array(0), z = new Float64Array(0)] = values;
  const [of = [], by = [], other = []] = inputs.map((input) => input.shape);
  switch (operation.op) {
    case 'input':
    case 'parameter':
      throw new Error(`${operation.name} has no value.`);
    case 'constant':
      return operation.values;
    case 'cast':
    case 'stopGradient':
    case 'reshape':
      return x;
    case 'where': {
      const [a, b, c] = [spread(x, of, shape), spread(y, by, shape), spread(z, other, shape)];
      return a.map((condition, i) => (condition !== 0 ? (b[i] as number) : (c[i] as number)));
    }
    case 'softmax':
    case 'logSoftmax':
      return softmax(x, of[of.length - 1] as number, operation.op === 'logSoftmax');
    case 'matmul':
      return matmul(node, x, y);
    case 'transpose': {
      const strides = stridesOf(of);
      return gather(
        x,
        places(
          shape,
          operation.order.map((axis) => strides[axis] as number),
          0,
        ),
      );
    }
    case 'broadcast':
      return gather(x, stretched(of, shape));
    case 'concat': {
      const out = new Float64Array(sizeOf(shape));
      const strides = stridesOf(shape);
      let start = 0;
      for (const [i, input] of inputs.entries()) {
        const at = places(input.shape, strides, start * (strides[operation.axis] as number));
        for (const [k, to] of at.entries()) out[to] = values[i]?.[k] as number;
        start += input.shape[operation.axis] as number;
      }
      return out;
    }
    case 'slice': {
      const strides = stridesOf(of);
      return gather(
        x,
        places(
          shape,
          strides,
          strides.reduce((sum, stride, i) => sum + stride * (operation.from[i] as number), 0),
        ),
      );
    }
    case 'pad': {
      const out = new Float64Array(sizeOf(shape));
      const strides = stridesOf(shape);
      const at = places(
        of,
        strides,
        strides.reduce((sum, stride, i) => sum + stride * (operation.before[i] as number), 0),
      );
      for (const [k, to] of at.entries()) out[to] = x[k] as number;
      return out;
    }
    case 'reduceSum':
    case 'reduceMax': {
      const sum = operation.op === 'reduceSum';
      const out = new Float64Array(sizeOf(shape)).fill(sum ? 0 : Number.NEGATIVE_INFINITY);
      const at = stretched(shape, of);
      for (const [k, to] of at.entries())
        out[to] = sum ? (out[to] as number) + (x[k] as number) : Math.max(out[to] as number, x[k] as number);
      return out;
    }
    case 'conv2d':
      return convolve(x, y, of, by, shape, operation);
    case 'conv2dInputGradient':
      return convolveInputGradient(x, y, shape, by, of, operation);
    case 'conv2dKernelGradient':
      return convolveKernelGradient(x, y, of, shape, by, operation);
    case 'averagePool':
      return averagePool(x, of, operation.factor);
    case 'upsample':
      return upsample(x, of, operation.factor);
    default: {
      const single = unary[operation.op];
      if (single !== undefined) return x.map(single);
      const pair = binary[operation.op] as Binary;
      const [a, b] = [spread(x, of, shape), spread(y, by, shape)];
      return a.map((left, i) => pair(left, b[i] as number));
    }
  }
}

function softmax(x: Float64Array, width: number, logarithm: boolean): Float64Array {
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let top = Number.NEGATIVE_INFINITY;
    for (let i = start; i < start + width; i++) top = Math.max(top, x[i] as number);
    let sum = 0;
    for (let i = start; i < start + width; i++) sum += exp((x[i] as number) - top);
    for (let i = start; i < start + width; i++) out[i] = logarithm ? (x[i] as number) - top - log(sum) : exp((x[i] as number) - top) / sum;
  }
  return out;
}

function matmul(node: Node, x: Float64Array, y: Float64Array): Float64Array {
  if (node.operation.op !== 'matmul') throw new Error(node.operation.op);
  const { transposeLeft, transposeRight } = node.operation;
  const rank = node.shape.length;
  const [m, n] = node.shape.slice(-2) as [number, number];
  const k = (node.inputs[0] as Node).shape[transposeLeft ? rank - 2 : rank - 1] as number;
  const [rowLeft, stepLeft] = transposeLeft ? [1, m] : [k, 1];
  const [stepRight, columnRight] = transposeRight ? [1, k] : [n, 1];
  const out = new Float64Array(sizeOf(node.shape));
  for (let batch = 0; batch < out.length / (m * n); batch++) {
    for (let i = 0; i < m; i++) {
      const row = (batch * m + i) * n;
      for (let p = 0; p < k; p++) {
        const left = x[batch * m * k + i * rowLeft + p * stepLeft] as number;
        const from = batch * k * n + p * stepRight;
        for (let j = 0; j < n; j++) out[row + j] = (out[row + j] as number) + left * (y[from + j * columnRight] as number);
      }
    }
  }
  return out;
}
