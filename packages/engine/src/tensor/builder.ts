import { evaluate } from './kernels.ts';
import {
  type BinaryName,
  type ComparisonName,
  type Initial,
  type Node,
  type Operation,
  type Padding,
  type Shape,
  ShapeError,
  sameShape,
  sizeOf,
  spell,
  type UnaryName,
} from './node.ts';
import { broadcastShapes, infer, samePadding } from './shapes.ts';

/** A node, or a number standing for the scalar constant. */
export type Operand = Node | number;

/**
 * Builds nodes of a graph whose shapes are all known. The same operation on the same inputs gives the same node (common
 * subexpressions are shared), scalars that are known are computed, operations without effect are left out. Axes may be counted
 * from the end (-1 is the last). Shapes that do not fit throw a {@link ShapeError}.
 */
export class GraphBuilder {
  private readonly known = new Map<string, Node>();
  private readonly names = new Map<string, Node>();
  private readonly declared: Node[] = [];
  private count = 0;

  /** The parameters in the order of their first declaration: the layout of the flat vector that holds them. */
  get parameters(): readonly Node[] {
    return this.declared;
  }

  /** Fed at each run; names are unique in a graph. */
  input(name: string, shape: Shape): Node {
    return this.named(name, { op: 'input', name, shape });
  }
  /** Trained. The same name again gives the same node (shared weights), if the shape is the same. */
  parameter(name: string, shape: Shape, initial: Initial): Node {
    return this.named(name, { op: 'parameter', name, shape, initial });
  }
  constant(values: ArrayLike<number>, shape: Shape = [values.length]): Node {
    return this.node({ op: 'constant', values: Float64Array.from(values), shape }, []);
  }
  scalar(value: number): Node {
    return this.constant([value], []);
  }

  add(a: Operand, b: Operand): Node {
    return this.binary('add', a, b);
  }
  subtract(a: Operand, b: Operand): Node {
    return this.binary('subtract', a, b);
  }
  multiply(a: Operand, b: Operand): Node {
    return this.binary('multiply', a, b);
  }
  divide(a: Operand, b: Operand): Node {
    return this.binary('divide', a, b);
  }
  /** The larger; where both are equal the gradient goes to `a`. */
  maximum(a: Operand, b: Operand): Node {
    return this.binary('maximum', a, b);
  }
  minimum(a: Operand, b: Operand): Node {
    return this.binary('minimum', a, b);
  }
  clip(x: Node, low: number, high: number): Node {
    return this.minimum(this.maximum(x, low), high);
  }
  square(x: Node): Node {
    return this.multiply(x, x);
  }
  absolute(x: Node): Node {
    return this.maximum(x, this.negate(x));
  }

  negate(x: Node): Node {
    return this.unary('negate', x);
  }
  exp(x: Node): Node {
    return this.unary('exp', x);
  }
  /** Natural logarithm. */
  log(x: Node): Node {
    return this.unary('log', x);
  }
  sqrt(x: Node): Node {
    return this.unary('sqrt', x);
  }
  sin(x: Node): Node {
    return this.unary('sin', x);
  }
  cos(x: Node): Node {
    return this.unary('cos', x);
  }
  tanh(x: Node): Node {
    return this.unary('tanh', x);
  }
  sigmoid(x: Node): Node {
    return this.unary('sigmoid', x);
  }
  /** x sigmoid(x). */
  silu(x: Node): Node {
    return this.unary('silu', x);
  }
  relu(x: Node): Node {
    return this.unary('relu', x);
  }
  /** log(1 + exp(x)), finite for every finite x. */
  softplus(x: Node): Node {
    return this.add(this.maximum(x, 0), this.log(this.add(this.exp(this.negate(this.absolute(x))), 1)));
  }

  greater(a: Operand, b: Operand): Node {
    return this.comparison('greater', a, b);
  }
  less(a: Operand, b: Operand): Node {
    return this.comparison('less', a, b);
  }
  equal(a: Operand, b: Operand): Node {
    return this.comparison('equal', a, b);
  }
  /** `yes` where the comparison holds, else `no`. */
  where(condition: Node, yes: Operand, no: Operand): Node {
    return this.node({ op: 'where' }, [condition, this.lift(yes), this.lift(no)]);
  }
  /** A comparison as 1 and 0. */
  cast(condition: Node): Node {
    return this.node({ op: 'cast' }, [condition]);
  }
  /** The same value; no gradient passes. */
  stopGradient(x: Node): Node {
    return this.node({ op: 'stopGradient' }, [x]);
  }

  /** Along the last axis. */
  softmax(x: Node): Node {
    return this.node({ op: 'softmax' }, [x]);
  }
  /** Along the last axis. */
  logSoftmax(x: Node): Node {
    return this.node({ op: 'logSoftmax' }, [x]);
  }
  /** log of the sum of exponentials along one axis, which is dropped. */
  logSumExp(x: Node, axis: number = -1): Node {
    const top = this.stopGradient(this.reduceMax(x, [axis], true));
    const sum = this.reduceSum(this.exp(this.subtract(x, top)), [axis], true);
    const full = this.add(this.log(sum), top);
    return this.reshape(full, without(full.shape, [this.axis('logSumExp', x, axis)]));
  }

  /** Product of the last two axes; leading axes must agree. A right operand of two axes serves every leading index. */
  matmul(a: Node, b: Node, options: { readonly transposeLeft?: boolean; readonly transposeRight?: boolean } = {}): Node {
    const { transposeLeft = false, transposeRight = false } = options;
    if (a.shape.length > 2 && b.shape.length === 2 && !transposeLeft) {
      const width = a.shape[a.shape.length - 1] as number;
      const flat = this.matmul(this.reshape(a, [sizeOf(a.shape) / width, width]), b, { transposeRight });
      return this.reshape(flat, [...a.shape.slice(0, -1), flat.shape[1] as number]);
    }
    return this.node({ op: 'matmul', transposeLeft, transposeRight }, [a, b]);
  }
  transpose(x: Node, order: readonly number[]): Node {
    if (order.every((axis, i) => axis === i) && order.length === x.shape.length) return x;
    return this.node({ op: 'transpose', order }, [x]);
  }
  reshape(x: Node, shape: Shape): Node {
    if (sameShape(x.shape, shape)) return x;
    return this.node({ op: 'reshape', shape }, [x.operation.op === 'reshape' ? (x.inputs[0] as Node) : x]);
  }
  /** Stretches axes of size 1, and adds leading ones. */
  broadcast(x: Node, shape: Shape): Node {
    return sameShape(x.shape, shape) ? x : this.node({ op: 'broadcast', shape }, [x]);
  }
  concat(parts: readonly Node[], axis: number): Node {
    const [first] = parts;
    if (first === undefined) throw new ShapeError('concat: nothing to put together.');
    return parts.length === 1 ? first : this.node({ op: 'concat', axis: this.axis('concat', first, axis) }, parts);
  }
  /** Indices `from` (inclusive) to `to` (exclusive) along one axis. */
  slice(x: Node, axis: number, from: number, to: number): Node {
    const at = this.axis('slice', x, axis);
    return this.cut(
      x,
      x.shape.map((_, i) => (i === at ? from : 0)),
      x.shape.map((size, i) => (i === at ? to : size)),
    );
  }
  /** A block: on every axis from (inclusive) to (exclusive). */
  cut(x: Node, from: readonly number[], to: readonly number[]): Node {
    return sameShape(to, x.shape) && from.every((start) => start === 0) ? x : this.node({ op: 'slice', from, to }, [x]);
  }
  /** Zeros around. */
  pad(x: Node, before: readonly number[], after: readonly number[]): Node {
    return [...before, ...after].every((size) => size === 0) ? x : this.node({ op: 'pad', before, after }, [x]);
  }

  /** Over all axes unless some are named; these are dropped unless `keep`. */
  reduceSum(x: Node, axes?: readonly number[], keep: boolean = false): Node {
    return this.reduce('reduceSum', x, axes, keep);
  }
  reduceMean(x: Node, axes?: readonly number[], keep: boolean = false): Node {
    const sum = this.reduceSum(x, axes, keep);
    return this.multiply(sum, sizeOf(sum.shape) / sizeOf(x.shape));
  }
  /** The largest; its gradient is shared among equals. */
  reduceMax(x: Node, axes?: readonly number[], keep: boolean = false): Node {
    return this.reduce('reduceMax', x, axes, keep);
  }

  /** 1 at the index, 0 elsewhere, along a new last axis of `depth`. Indices are whole numbers held as floats; others give all 0. */
  oneHot(indices: Node, depth: number): Node {
    const column = this.reshape(indices, [...indices.shape, 1]);
    return this.cast(this.equal(column, this.constant(Float64Array.from({ length: depth }, (_, i) => i))));
  }
  /** Rows of a table [count, width] by index: indices' shape and then width. */
  gather(table: Node, indices: Node): Node {
    return this.matmul(this.oneHot(indices, table.shape[0] as number), table);
  }

  /** [N, C, H, W] by [O, C, h, w]. `same` keeps ceil(H / stride) rows, `valid` pads nothing. */
  conv2d(image: Node, kernel: Node, options: { readonly stride?: number; readonly padding?: 'same' | 'valid' | Padding } = {}): Node {
    const { stride = 1, padding = 'same' } = options;
    if (image.shape.length !== 4 || kernel.shape.length !== 4)
      throw new ShapeError(`conv2d: ${spell(image.shape)} and ${spell(kernel.shape)}.`);
    const around = padding === 'same' ? samePadding(image.shape, kernel.shape, stride) : padding === 'valid' ? noPadding : padding;
    return this.node({ op: 'conv2d', stride, padding: around }, [image, kernel]);
  }
  /** Means of squares of `factor` by `factor`. */
  averagePool(x: Node, factor: number): Node {
    return this.node({ op: 'averagePool', factor }, [x]);
  }
  /** Every pixel becomes a square of `factor` by `factor`. */
  upsample(x: Node, factor: number): Node {
    return this.node({ op: 'upsample', factor }, [x]);
  }

  /** Any operation; the named methods above are its ordinary use. */
  node(operation: Operation, inputs: readonly Node[]): Node {
    const key = keyOf(operation, inputs);
    const found = key === undefined ? undefined : this.known.get(key);
    if (found !== undefined) return found;
    const { shape, type } = infer(operation, inputs);
    const node: Node = { id: this.count, operation, inputs, shape, type };
    if (type === 'float' && shape.length === 0 && inputs.length > 0 && inputs.every((input) => input.operation.op === 'constant')) {
      return this.constant(
        evaluate(
          node,
          inputs.map((input) => (input.operation.op === 'constant' ? input.operation.values : noValues)),
        ),
        [],
      );
    }
    this.count += 1;
    if (key !== undefined) this.known.set(key, node);
    return node;
  }

  private named(name: string, operation: Operation & { readonly op: 'input' | 'parameter' }): Node {
    const known = this.names.get(name);
    if (known === undefined) {
      const node = this.node(operation, []);
      this.names.set(name, node);
      if (operation.op === 'parameter') this.declared.push(node);
      return node;
    }
    if (known.operation.op !== operation.op || !sameShape(known.shape, operation.shape)) {
      throw new ShapeError(
        `${operation.op}: ${name} ${spell(operation.shape)} is already the ${known.operation.op} ${spell(known.shape)}.`,
      );
    }
    return known;
  }
  private lift(operand: Operand): Node {
    return typeof operand === 'number' ? this.scalar(operand) : operand;
  }
  private unary(op: UnaryName, x: Node): Node {
    if (op === 'negate' && x.operation.op === 'negate') return x.inputs[0] as Node;
    return this.node({ op }, [x]);
  }
  private binary(op: BinaryName, left: Operand, right: Operand): Node {
    const [a, b] = [this.lift(left), this.lift(right)];
    const neutral = op === 'add' || op === 'subtract' ? 0 : op === 'multiply' || op === 'divide' ? 1 : undefined;
    if (neutral !== undefined && a.type === 'float' && b.type === 'float') {
      if (isConstant(b, neutral)) return this.broadcast(a, broadcastShapes(op, a.shape, b.shape));
      if ((op === 'add' || op === 'multiply') && isConstant(a, neutral)) return this.broadcast(b, broadcastShapes(op, a.shape, b.shape));
    }
    return this.node({ op }, [unstretched(a, b), unstretched(b, a)]);
  }
  private comparison(op: ComparisonName, a: Operand, b: Operand): Node {
    return this.node({ op }, [this.lift(a), this.lift(b)]);
  }
  private reduce(op: 'reduceSum' | 'reduceMax', x: Node, over: readonly number[] | undefined, keep: boolean): Node {
    const axes = (over ?? x.shape.map((_, i) => i)).map((axis) => this.axis(op, x, axis)).sort((a, b) => a - b);
    const working = axes.filter((axis) => x.shape[axis] !== 1);
    const reduced = working.length === 0 ? x : this.node({ op, axes: working }, [x]);
    return keep ? reduced : this.reshape(reduced, without(x.shape, axes));
  }
  private axis(op: string, x: Node, axis: number): number {
    const at = axis < 0 ? axis + x.shape.length : axis;
    if (!(at in x.shape)) throw new ShapeError(`${op}: ${spell(x.shape)} has no axis ${axis}.`);
    return at;
  }
}

const noPadding: Padding = [0, 0, 0, 0];
const noValues = new Float64Array(0);
const without = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i));

/** What was stretched, where the operation stretches it to the same shape by itself. */
function unstretched(node: Node, beside: Node): Node {
  const [inner] = node.inputs;
  if (node.operation.op !== 'broadcast' || inner === undefined || beside.operation.op === 'broadcast') return node;
  const fits =
    beside.shape.length >= node.shape.length &&
    node.shape.every((size, i) => beside.shape[i - node.shape.length + beside.shape.length] === size);
  return fits ? inner : node;
}

/** Whether all values of a constant are `value`. */
export const isConstant = (node: Node, value: number): boolean =>
  node.operation.op === 'constant' && node.operation.values.every((each) => each === value);

/** Equal for nodes of equal value; undefined for large constants, which are not compared. */
function keyOf(operation: Operation, inputs: readonly Node[]): string | undefined {
  if (operation.op === 'constant') {
    if (operation.values.length > 4096) return undefined;
    return `constant ${operation.shape} ${operation.values.reduce((text, value) => `${text},${Object.is(value, -0) ? '-0' : value}`, '')}`;
  }
  return `${JSON.stringify(operation)} ${inputs.map(({ id }) => id)}`;
}
