import type { GraphBuilder } from './builder.ts';
import { reachable } from './graph.ts';
import { type Node, type Shape, ShapeError, sizeOf, spell } from './node.ts';

/**
 * Gradients of a scalar with respect to some nodes, as nodes of the same builder (reverse mode: one backward pass for all).
 * A node that the loss does not depend on has gradient 0. The results can be differentiated again.
 */
export function gradients(builder: GraphBuilder, loss: Node, of: readonly Node[]): Node[] {
  if (loss.shape.length !== 0 || loss.type !== 'float') throw new ShapeError(`gradients: the loss is a scalar, not ${spell(loss.shape)}.`);
  const nodes = reachable([loss]);
  const wanted = new Set(of);
  const depends = new Set<Node>();
  for (const node of nodes) {
    if (wanted.has(node) || (node.operation.op !== 'stopGradient' && node.inputs.some((input) => depends.has(input)))) depends.add(node);
  }
  const sums = new Map<Node, Node>([[loss, builder.scalar(1)]]);
  for (const node of nodes.reverse()) {
    const gradient = sums.get(node);
    if (gradient === undefined || !depends.has(node)) continue;
    for (const [i, input] of node.inputs.entries()) {
      if (!depends.has(input) || input.type !== 'float') continue;
      const part = pulledBack(builder, node, gradient, i);
      if (part === undefined) continue;
      const sum = sums.get(input);
      sums.set(input, sum === undefined ? part : builder.add(sum, part));
    }
  }
  return of.map((node) => sums.get(node) ?? builder.broadcast(builder.scalar(0), node.shape));
}

/** The gradient with respect to input `i`, given that of the outcome; undefined: none passes. */
function pulledBack(g: GraphBuilder, node: Node, gradient: Node, i: number): Node | undefined {
  const { operation, inputs } = node;
  const [x, y] = inputs as [Node, Node];
  const mine = (part: Node): Node => summedTo(g, part, (inputs[i] as Node).shape);
  switch (operation.op) {
    case 'add':
      return mine(gradient);
    case 'subtract':
      return mine(i === 0 ? gradient : g.negate(gradient));
    case 'multiply':
      if (x === y) return i === 0 ? mine(g.multiply(g.multiply(gradient, 2), x)) : undefined;
      return mine(g.multiply(gradient, i === 0 ? y : x));
    case 'divide':
      return mine(i === 0 ? g.divide(gradient, y) : g.negate(g.divide(g.multiply(gradient, node), y)));
    case 'maximum':
    case 'minimum': {
      const other = operation.op === 'maximum' ? g.greater(y, x) : g.less(y, x);
      return mine(i === 0 ? g.where(other, 0, gradient) : g.where(other, gradient, 0));
    }
    case 'negate':
      return g.negate(gradient);
    case 'exp':
      return g.multiply(gradient, node);
    case 'log':
      return g.divide(gradient, x);
    case 'sqrt':
      return g.divide(g.multiply(gradient, 0.5), node);
    case 'sin':
      return g.multiply(gradient, g.cos(x));
    case 'cos':
      return g.negate(g.multiply(gradient, g.sin(x)));
    case 'tanh':
      return g.multiply(gradient, g.subtract(1, g.square(node)));
    case 'sigmoid':
      return g.multiply(gradient, g.multiply(node, g.subtract(1, node)));
    case 'silu': {
      const s = g.sigmoid(x);
      return g.multiply(gradient, g.add(s, g.multiply(node, g.subtract(1, s))));
    }
    case 'relu':
      return g.where(g.greater(x, 0), gradient, 0);
    case 'where':
      return i === 0 ? undefined : mine(i === 1 ? g.where(x, gradient, 0) : g.where(x, 0, gradient));
    case 'softmax':
      return g.multiply(node, g.subtract(gradient, g.reduceSum(g.multiply(gradient, node), [-1], true)));
    case 'logSoftmax':
      return g.subtract(gradient, g.multiply(g.exp(node), g.reduceSum(gradient, [-1], true)));
    case 'matmul': {
      const { transposeLeft: left, transposeRight: right } = operation;
      if (i === 0) {
        return left
          ? g.matmul(y, gradient, { transposeLeft: right, transposeRight: true })
          : g.matmul(gradient, y, { transposeRight: !right });
      }
      return right ? g.matmul(gradient, x, { transposeLeft: true, transposeRight: left }) : g.matmul(x, gradient, { transposeLeft: !left });
    }
    case 'transpose':
      return g.transpose(
        gradient,
        operation.order.map((_, axis) => operation.order.indexOf(axis)),
      );
    case 'reshape':
      return g.reshape(gradient, x.shape);
    case 'broadcast':
      return mine(gradient);
    case 'concat': {
      const start = inputs.slice(0, i).reduce((sum, input) => sum + (input.shape[operation.axis] as number), 0);
      return g.slice(gradient, operation.axis, start, start + ((inputs[i] as Node).shape[operation.axis] as number));
    }
    case 'slice':
      return g.pad(
        gradient,
        operation.from,
        x.shape.map((size, axis) => size - (operation.to[axis] as number)),
      );
    case 'pad':
      return g.cut(
        gradient,
        operation.before,
        x.shape.map((size, axis) => size + (operation.before[axis] as number)),
      );
    case 'reduceSum':
      return g.broadcast(gradient, x.shape);
    case 'reduceMax': {
      const top = g.cast(g.equal(x, node));
      return g.multiply(top, g.divide(gradient, g.reduceSum(top, operation.axes, true)));
    }
    case 'conv2d': {
      const { stride, padding } = operation;
      return i === 0
        ? g.node({ op: 'conv2dInputGradient', stride, padding, shape: x.shape }, [gradient, y])
        : g.node({ op: 'conv2dKernelGradient', stride, padding, shape: y.shape }, [x, gradient]);
    }
    case 'conv2dInputGradient': {
      const { stride, padding } = operation;
      return i === 0
        ? g.node({ op: 'conv2d', stride, padding }, [gradient, y])
        : g.node({ op: 'conv2dKernelGradient', stride, padding, shape: y.shape }, [gradient, x]);
    }
    case 'conv2dKernelGradient': {
      const { stride, padding } = operation;
      return i === 0
        ? g.node({ op: 'conv2dInputGradient', stride, padding, shape: x.shape }, [y, gradient])
        : g.node({ op: 'conv2d', stride, padding }, [x, gradient]);
    }
    case 'averagePool':
      return g.multiply(g.upsample(gradient, operation.factor), 1 / operation.factor ** 2);
    case 'upsample':
      return g.multiply(g.averagePool(gradient, operation.factor), operation.factor ** 2);
    case 'cast':
    case 'stopGradient':
    case 'greater':
    case 'less':
    case 'equal':
    case 'input':
    case 'parameter':
    case 'constant':
      return undefined;
    default:
      return operation satisfies never;
  }
}

/** Sums over the axes that were stretched. */
function summedTo(g: GraphBuilder, gradient: Node, shape: Shape): Node {
  const wide = gradient.shape.length < shape.length || sizeOf(gradient.shape) < sizeOf(shape) ? g.broadcast(gradient, shape) : gradient;
  const lead = wide.shape.length - shape.length;
  const axes = wide.shape.flatMap((size, i) => (size !== 1 && (shape[i - lead] ?? 1) === 1 ? [i] : []));
  return g.reshape(axes.length === 0 ? wide : g.reduceSum(wide, axes, true), shape);
}
