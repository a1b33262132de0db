import { type ElementType, type Operation, type Padding, type Shape, ShapeError, sameShape, sizeOf, spell } from './node.ts';

interface Operand {
  readonly shape: Shape;
  readonly type: ElementType;
}

/** The common shape of two operands: aligned at the last axis, axes of size 1 stretched (numpy's rule). */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [m, n] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1) throw new ShapeError(`${op}: ${spell(a)} and ${spell(b)} do not broadcast.`);
    return m === 1 ? n : m;
  });
}

/** Padding that keeps ceil(size / stride) rows and columns; the odd one goes below and right. */
export function samePadding(image: Shape, kernel: Shape, stride: number): Padding {
  const around = [2, 3].map((axis) => {
    const [size, width] = [image[axis] as number, kernel[axis] as number];
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + width - size);
  });
  const [rows, columns] = around as [number, number];
  return [Math.floor(rows / 2), Math.floor(columns / 2), Math.ceil(rows / 2), Math.ceil(columns / 2)];
}

function require(op: string, holds: boolean, message: () => string): void {
  if (!holds) throw new ShapeError(`${op}: ${message()}`);
}

function checked(op: string, shape: Shape): Shape {
  require(op, shape.every((size) => Number.isSafeInteger(size) && size >= 1) && sizeOf(shape) <= 2 ** 31, () =>
    `${spell(shape)} is no shape.`);
  return shape;
}

/** Shape and type of an operation's outcome, or a {@link ShapeError} that names it. */
export function infer(operation: Operation, operands: readonly Operand[]): Operand {
  const op = operation.op;
  const shapes = operands.map(({ shape }) => shape);
  const [first = [], second = []] = shapes;
  const floats = (count: number): void => {
    require(op, operands.length === count, () => `${count} operands are needed, not ${operands.length}.`);
    require(op, operands.every(({ type }) => type === 'float'), () => 'numbers are needed, not a comparison.');
  };
  const images = (...given: Shape[]): void => {
    for (const shape of given) require(op, shape.length === 4, () => `four axes are needed, not ${spell(shape)}.`);
  };
  const float = (shape: Shape): Operand => ({ shape: checked(op, shape), type: 'float' });

  switch (operation.op) {
    case 'input':
    case 'parameter':
      return float(operation.shape);
    case 'constant':
      require(op, operation.values.length === sizeOf(operation.shape), () =>
        `${operation.values.length} values for ${spell(operation.shape)}.`);
      return float(operation.shape);
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
    case 'maximum':
    case 'minimum':
      floats(2);
      return float(broadcastShapes(op, first, second));
    case 'greater':
    case 'less':
    case 'equal':
      floats(2);
      return { shape: broadcastShapes(op, first, second), type: 'boolean' };
    case 'where': {
      const [condition, yes, no] = operands;
      require(op, operands.length === 3 && condition?.type === 'boolean', () => 'a comparison and two numbers are needed.');
      require(op, yes?.type === 'float' && no?.type === 'float', () => 'a comparison and two numbers are needed.');
      return float(broadcastShapes(op, broadcastShapes(op, first, second), shapes[2] ?? []));
    }
    case 'cast':
      require(op, operands[0]?.type === 'boolean', () => 'a comparison is needed.');
      return float(first);
    case 'softmax':
    case 'logSoftmax':
      floats(1);
      require(op, first.length >= 1, () => 'an axis is needed, not a scalar.');
      return float(first);
    case 'matmul': {
      floats(2);
      const rank = first.length;
      const [left, right] = [first.slice(0, -2), second.slice(0, -2)];
      const [m, k] = operation.transposeLeft ? [first[rank - 1], first[rank - 2]] : [first[rank - 2], first[rank - 1]];
      const [q, n] = operation.transposeRight ? [second[rank - 1], second[rank - 2]] : [second[rank - 2], second[rank - 1]];
      const fit = rank >= 2 && second.length === rank && sameShape(left, right) && k === q;
      require(op, fit, () =>
        `${spell(first)}${operation.transposeLeft ? "'" : ''} times ${spell(second)}${operation.transposeRight ? "'" : ''}.`);
      return float([...left, m as number, n as number]);
    }
    case 'transpose':
      floats(1);
      require(op, sameShape(
        [...operation.order].sort((a, b) => a - b),
        first.map((_, i) => i),
      ), () => `${spell(operation.order)} is no order of ${spell(first)}.`);
      return float(operation.order.map((axis) => first[axis] as number));
    case 'reshape':
      floats(1);
      require(op, sizeOf(first) === sizeOf(checked(op, operation.shape)), () => `${spell(first)} into ${spell(operation.shape)}.`);
      return float(operation.shape);
    case 'broadcast':
      floats(1);
      require(op, sameShape(broadcastShapes(op, first, operation.shape), operation.shape), () =>
        `${spell(first)} to ${spell(operation.shape)}.`);
      return float(operation.shape);
    case 'concat': {
      floats(operands.length);
      const fit = (shape: Shape) => shape.length === first.length && shape.every((size, i) => i === operation.axis || size === first[i]);
      require(op, shapes.length >= 1 && operation.axis in first && shapes.every(fit), () =>
        `${shapes.map(spell).join(', ')} along axis ${operation.axis}.`);
      return float(first.map((size, i) => (i === operation.axis ? shapes.reduce((sum, shape) => sum + (shape[i] as number), 0) : size)));
    }
    case 'slice': {
      floats(1);
      const { from, to } = operation;
      const fit = from.length === first.length && to.length === first.length;
      const inside = first.every(
        (size, i) => (from[i] as number) >= 0 && (from[i] as number) < (to[i] as number) && (to[i] as number) <= size,
      );
      require(op, fit && inside, () => `${spell(from)} to ${spell(to)} of ${spell(first)}.`);
      return float(first.map((_, i) => (to[i] as number) - (from[i] as number)));
    }
    case 'pad': {
      floats(1);
      const { before, after } = operation;
      const fit = before.length === first.length && after.length === first.length && [...before, ...after].every((size) => size >= 0);
      require(op, fit, () => `${spell(before)} and ${spell(after)} around ${spell(first)}.`);
      return float(first.map((size, i) => size + (before[i] as number) + (after[i] as number)));
    }
    case 'reduceSum':
    case 'reduceMax': {
      floats(1);
      const { axes } = operation;
      require(op, axes.length > 0 && axes.every((axis, i) => axis in first && axes.indexOf(axis) === i), () =>
        `axes ${spell(axes)} of ${spell(first)}.`);
      return float(first.map((size, i) => (axes.includes(i) ? 1 : size)));
    }
    case 'conv2d': {
      floats(2);
      images(first, second);
      require(op, first[1] === second[1], () => `${first[1]} channels, but a kernel ${spell(second)}.`);
      return float([first[0] as number, second[0] as number, ...convolved(op, first, second, operation.stride, operation.padding)]);
    }
    case 'conv2dInputGradient': {
      floats(2);
      images(first, second, operation.shape);
      const expected = [
        operation.shape[0] as number,
        second[0] as number,
        ...convolved(op, operation.shape, second, operation.stride, operation.padding),
      ];
      require(op, sameShape(first, expected) && operation.shape[1] === second[1], () =>
        `${spell(first)} and ${spell(second)} for ${spell(operation.shape)}.`);
      return float(operation.shape);
    }
    case 'conv2dKernelGradient': {
      floats(2);
      images(first, second, operation.shape);
      const expected = [
        first[0] as number,
        operation.shape[0] as number,
        ...convolved(op, first, operation.shape, operation.stride, operation.padding),
      ];
      require(op, sameShape(second, expected) && operation.shape[1] === first[1], () =>
        `${spell(first)} and ${spell(second)} for ${spell(operation.shape)}.`);
      return float(operation.shape);
    }
    case 'averagePool':
    case 'upsample': {
      floats(1);
      images(first);
      const [n, c, h, w] = first as [number, number, number, number];
      const { factor } = operation;
      require(op, Number.isSafeInteger(factor) && factor >= 1, () => `factor ${factor}.`);
      if (op === 'upsample') return float([n, c, h * factor, w * factor]);
      require(op, h % factor === 0 && w % factor === 0, () => `${spell(first)} is not divisible by ${factor}.`);
      return float([n, c, h / factor, w / factor]);
    }
    default:
      floats(1);
      return float(first);
  }
}

function convolved(op: string, image: Shape, kernel: Shape, stride: number, padding: Padding): [number, number] {
  const [top, left, bottom, right] = padding;
  const [rows, columns] = [
    (image[2] as number) + top + bottom - (kernel[2] as number),
    (image[3] as number) + left + right - (kernel[3] as number),
  ];
  const narrow = Math.max(top, bottom) < (kernel[2] as number) && Math.max(left, right) < (kernel[3] as number);
  require(op, Number.isSafeInteger(stride) && stride >= 1 && rows >= 0 && columns >= 0, () =>
    `kernel ${spell(kernel)}, stride ${stride}, on ${spell(image)}.`);
  require(op, narrow && padding.every((size) => size >= 0), () => `padding ${spell(padding)} of a kernel ${spell(kernel)}.`);
  return [Math.floor(rows / stride) + 1, Math.floor(columns / stride) + 1];
}
