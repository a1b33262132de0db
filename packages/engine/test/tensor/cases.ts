import fc from 'fast-check';
import { GraphBuilder } from '../../src/tensor/builder.ts';
import type { Node, Shape } from '../../src/tensor/node.ts';

/** An operation under test: shapes of its operands, the range of their values, and what is built from them. */
export interface Case {
  readonly name: string;
  readonly shapes: fc.Arbitrary<readonly Shape[]>;
  /** Range of the operands; (-2, 2) unless given. */
  readonly range?: readonly [number, number];
  readonly build: (g: GraphBuilder, operands: readonly Node[], sizes: number) => Node;
}

const size = fc.integer({ min: 1, max: 4 });
const shape = fc.array(size, { minLength: 0, maxLength: 3 });
const some = fc.array(size, { minLength: 1, maxLength: 3 });
const one = shape.map((s) => [s]);
/** Two shapes that broadcast: some axes of either stretched, leading axes of the second dropped. */
const pair = fc
  .tuple(shape, fc.array(fc.constantFrom('both', 'left', 'right'), { minLength: 3, maxLength: 3 }), fc.integer({ min: 0, max: 3 }))
  .map(([full, how, drop]): readonly Shape[] => [
    full.map((s, i) => (how[i] === 'left' ? 1 : s)),
    full.map((s, i) => (how[i] === 'right' ? 1 : s)).slice(Math.min(drop, full.length)),
  ]);
const first = (operands: readonly Node[]): [Node, Node, Node] => operands as never;
const image = fc.record({
  n: fc.integer({ min: 1, max: 2 }),
  c: fc.integer({ min: 1, max: 3 }),
  o: fc.integer({ min: 1, max: 2 }),
  h: fc.integer({ min: 3, max: 6 }),
  w: fc.integer({ min: 3, max: 5 }),
  k: fc.integer({ min: 1, max: 3 }),
  l: fc.integer({ min: 1, max: 3 }),
});
const convolution = image.map(({ n, c, o, h, w, k, l }): readonly Shape[] => [
  [n, c, h, w],
  [o, c, k, l],
]);
const unary = (
  name: 'negate' | 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tanh' | 'sigmoid' | 'silu' | 'relu' | 'softplus' | 'absolute' | 'square',
  range?: readonly [number, number],
): Case => ({ name, shapes: one, ...(range && { range }), build: (g, [x]) => g[name](x as Node) });
const binary = (name: 'add' | 'subtract' | 'multiply' | 'maximum' | 'minimum' | 'divide', range?: readonly [number, number]): Case => ({
  name,
  shapes: pair,
  ...(range && { range }),
  build: (g, operands) => g[name](...(first(operands).slice(0, 2) as [Node, Node])),
});
const convolved = (stride: number, padding: 'same' | 'valid'): Case => ({
  name: `conv2d stride ${stride} ${padding}`,
  shapes: convolution,
  build: (g, [x, k]) => g.conv2d(x as Node, k as Node, { stride, padding }),
});
/** Gradients of convolutions as operations in their own right: their gradients are those of a gradient. */
const convolvedTwice = (which: 'input' | 'kernel', stride: number): Case => ({
  name: `conv2d ${which} gradient stride ${stride}`,
  shapes: convolution.chain(([x = [], k = []]) => {
    const g = new GraphBuilder();
    const out = g.conv2d(g.input('x', x), g.input('k', k), { stride });
    return fc.constant(which === 'input' ? [out.shape, k, x] : [x, out.shape, k]);
  }),
  build: (g, operands) => {
    const [a, b, c] = first(operands);
    const [image, kernel] = which === 'input' ? [c, b] : [a, c];
    const { operation } = g.conv2d(image, kernel, { stride });
    if (operation.op !== 'conv2d') throw new Error(operation.op);
    const op = which === 'input' ? ('conv2dInputGradient' as const) : ('conv2dKernelGradient' as const);
    return g.node({ op, stride, padding: operation.padding, shape: c.shape }, [a, b]);
  },
});

export const cases: readonly Case[] = [
  binary('add'),
  binary('subtract'),
  binary('multiply'),
  binary('divide', [0.5, 2]),
  binary('maximum'),
  binary('minimum'),
  unary('negate'),
  unary('exp'),
  unary('log', [0.2, 3]),
  unary('sqrt', [0.2, 3]),
  unary('sin'),
  unary('cos'),
  unary('tanh'),
  unary('sigmoid'),
  unary('silu'),
  unary('relu'),
  unary('softplus'),
  unary('absolute'),
  unary('square'),
  { name: 'clip', shapes: one, build: (g, [x]) => g.clip(x as Node, -0.7, 0.9) },
  { name: 'where greater', shapes: pair, build: (g, [x, y]) => g.where(g.greater(x as Node, y as Node), g.square(x as Node), y as Node) },
  { name: 'where less', shapes: pair, build: (g, [x, y]) => g.where(g.less(x as Node, 0.3), x as Node, g.exp(y as Node)) },
  { name: 'cast', shapes: one, build: (g, [x]) => g.multiply(g.cast(g.greater(x as Node, 0.1)), x as Node) },
  { name: 'stopGradient of a constant', shapes: one, build: (g, [x]) => g.multiply(x as Node, g.stopGradient(g.scalar(3))) },
  { name: 'softmax', shapes: some.map((s) => [s]), build: (g, [x]) => g.softmax(x as Node) },
  { name: 'logSoftmax', shapes: some.map((s) => [s]), build: (g, [x]) => g.logSoftmax(x as Node) },
  { name: 'logSumExp', shapes: some.map((s) => [s]), build: (g, [x]) => g.logSumExp(x as Node, 0) },
  ...[0, 1, 2, 3].map((bits): Case => {
    const [transposeLeft, transposeRight] = [bits % 2 === 1, bits >= 2];
    return {
      name: `matmul${transposeLeft ? ' left transposed' : ''}${transposeRight ? ' right transposed' : ''}`,
      shapes: fc.tuple(size, size, size, fc.array(size, { maxLength: 2 })).map(([m, k, n, lead]): readonly Shape[] => [
        [...lead, ...(transposeLeft ? [k, m] : [m, k])],
        [...lead, ...(transposeRight ? [n, k] : [k, n])],
      ]),
      build: (g, [x, y]) => g.matmul(x as Node, y as Node, { transposeLeft, transposeRight }),
    };
  }),
  {
    name: 'matmul of many rows',
    shapes: fc.tuple(size, size, size, size).map(([a, b, c, d]): readonly Shape[] => [
      [a, b, c],
      [c, d],
    ]),
    build: (g, [x, y]) => g.matmul(x as Node, y as Node),
  },
  {
    name: 'transpose',
    shapes: fc.tuple(size, size, size).map((s) => [s]),
    build: (g, [x], k) => g.transpose(x as Node, [[2, 0, 1] as const, [1, 0, 2] as const, [2, 1, 0] as const][k % 3] as readonly number[]),
  },
  { name: 'reshape', shapes: one, build: (g, [x]) => g.reshape(g.square(x as Node), [1, (x as Node).shape.reduce((a, b) => a * b, 1), 1]) },
  { name: 'broadcast', shapes: pair.map(([, b]) => [b as Shape]), build: (g, [x]) => g.broadcast(x as Node, [2, 3, ...(x as Node).shape]) },
  {
    name: 'concat',
    shapes: fc.tuple(size, size, size, size).map(([a, b, c, d]): readonly Shape[] => [
      [a, b, d],
      [a, c, d],
      [a, 2, d],
    ]),
    build: (g, operands) => g.concat(operands, 1),
  },
  {
    name: 'slice',
    shapes: fc.tuple(fc.integer({ min: 2, max: 5 }), size).map((s) => [s]),
    build: (g, [x], k) => g.slice(x as Node, 0, k % 2, (x as Node).shape[0] as number),
  },
  { name: 'pad', shapes: fc.tuple(size, size).map((s) => [s]), build: (g, [x], k) => g.pad(x as Node, [1, k % 3], [k % 2, 2]) },
  {
    name: 'reduceSum',
    shapes: some.map((s) => [s]),
    build: (g, [x], k) => g.reduceSum(x as Node, [k % (x as Node).shape.length], k % 2 === 0),
  },
  { name: 'reduceMean', shapes: some.map((s) => [s]), build: (g, [x], k) => g.reduceMean(x as Node, k % 2 === 0 ? undefined : [-1]) },
  { name: 'reduceMax', shapes: some.map((s) => [s]), build: (g, [x], k) => g.reduceMax(x as Node, [k % (x as Node).shape.length]) },
  {
    name: 'gather',
    shapes: fc.tuple(size, size).map((s) => [s]),
    build: (g, [x], k) => g.gather(x as Node, g.constant([k % ((x as Node).shape[0] as number), 0, 0], [3])),
  },
  convolved(1, 'same'),
  convolved(1, 'valid'),
  convolved(2, 'same'),
  convolved(2, 'valid'),
  convolvedTwice('input', 1),
  convolvedTwice('input', 2),
  convolvedTwice('kernel', 1),
  convolvedTwice('kernel', 2),
  {
    name: 'averagePool',
    shapes: image.map(({ n, c, k, l }) => [[n, c, 2 * k, 2 * l]]),
    build: (g, [x]) => g.averagePool(x as Node, 2),
  },
  {
    name: 'upsample',
    shapes: image.map(({ n, c, k, l, o }) => [[n, c, k, l + o]]),
    build: (g, [x], k) => g.upsample(x as Node, 1 + (k % 3)),
  },
];
