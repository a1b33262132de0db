import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/math/random.ts';
import type { Tensor } from '../../src/tensor/backend.ts';
import { GraphBuilder } from '../../src/tensor/builder.ts';
import { gradients } from '../../src/tensor/gradients.ts';
import { graphOf } from '../../src/tensor/graph.ts';
import { type Node, ShapeError, sizeOf } from '../../src/tensor/node.ts';
import { interpret } from '../../src/tensor/reference.ts';
import { cases } from './cases.ts';

const draw = (random: Random, shape: readonly number[], [low, high]: readonly [number, number]): Tensor => ({
  shape,
  values: Float64Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random.next()),
});

/** A loss with a random weight for every element of the outcome, so that no error cancels. */
function weighted(g: GraphBuilder, out: Node, random: Random): Node {
  const { values } = draw(random, out.shape, [-1, 1]);
  return g.reduceSum(g.multiply(out, g.constant(values, out.shape)));
}

/** Largest difference between gradients by the graph and by central differences, over 1 + the gradient. */
function worst(g: GraphBuilder, loss: Node, operands: readonly Node[], feeds: Map<string, Tensor>): number {
  const outputs = new Map(gradients(g, loss, operands).map((gradient, i) => [`gradient ${i}`, gradient]));
  const graph = graphOf(new Map([...outputs, ['loss', loss]]));
  const exact = interpret(graph, feeds);
  const only = graphOf({ loss });
  const step = 1e-5;
  let largest = 0;
  for (const [i, { operation }] of operands.entries()) {
    if (operation.op !== 'input') throw new Error(operation.op);
    const feed = feeds.get(operation.name) as Tensor;
    for (let k = 0; k < feed.values.length; k++) {
      const at = (shift: number): number => {
        const values = Float64Array.from(feed.values);
        values[k] = (values[k] as number) + shift;
        return interpret(only, new Map([...feeds, [operation.name, { shape: feed.shape, values }]])).get('loss')?.values[0] as number;
      };
      const difference = (at(step) - at(-step)) / (2 * step);
      const seen = exact.get(`gradient ${i}`)?.values[k] as number;
      largest = Math.max(largest, Math.abs(seen - difference) / (1 + Math.abs(difference)));
    }
  }
  return largest;
}

describe('gradients against central differences in float64', () => {
  test.each(cases)('$name', ({ shapes, range = [-2, 2], build }) => {
    fc.assert(
      fc.property(shapes, fc.nat(1e6), (given, seed) => {
        const random = new Random(seed, 'gradient');
        const g = new GraphBuilder();
        const operands = given.map((shape, i) => g.input(`x${i}`, shape));
        const feeds = new Map(given.map((shape, i): [string, Tensor] => [`x${i}`, draw(random, shape, range)]));
        const out = build(g, operands, seed);
        expect(worst(g, weighted(g, out, random), operands, feeds)).toBeLessThan(2e-8);
      }),
      { numRuns: 15, seed: 1 },
    );
  });

  test('gradients of gradients: a penalty on the slope of a small network', () => {
    const random = new Random(5, 'second');
    const g = new GraphBuilder();
    const [x, a, b] = [g.input('x', [3, 2]), g.input('a', [2, 4]), g.input('b', [4, 1])];
    const out = g.reduceSum(g.matmul(g.tanh(g.matmul(x, a)), b));
    const [slope] = gradients(g, out, [x]) as [Node];
    const feeds = new Map([x, a, b].map((node, i): [string, Tensor] => [['x', 'a', 'b'][i] as string, draw(random, node.shape, [-1, 1])]));
    expect(worst(g, g.reduceSum(g.square(slope)), [x, a, b], feeds)).toBeLessThan(1e-8);
  });

  test('nothing passes a stop, and the gradient of what the loss ignores is 0', () => {
    const g = new GraphBuilder();
    const [x, y] = [g.input('x', [2]), g.input('y', [3])];
    const [dx, dy] = gradients(g, g.reduceSum(g.multiply(x, g.stopGradient(x))), [x, y]) as [Node, Node];
    const out = interpret(graphOf({ dx, dy }), new Map([['x', { shape: [2], values: Float64Array.of(3, -4) }]]));
    expect([...(out.get('dx')?.values ?? [])]).toEqual([3, -4]);
    expect([...(out.get('dy')?.values ?? [])]).toEqual([0, 0, 0]);
  });
});

describe('the builder', () => {
  test('shares common subexpressions, computes known scalars, leaves out what has no effect and what nobody needs', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [2, 3]);
    expect(g.exp(g.add(x, 1))).toBe(g.exp(g.add(x, g.scalar(1))));
    expect(g.multiply(x, 1)).toBe(x);
    expect(g.add(0, x)).toBe(x);
    expect(g.multiply(g.scalar(6), 7).operation).toMatchObject({ op: 'constant', values: Float64Array.of(42) });
    expect(g.add(x, g.scalar(-0))).toBe(x);
    expect(g.scalar(0)).not.toBe(g.scalar(-0));
    g.exp(g.input('unused', [9]));
    expect([...graphOf({ y: g.square(x) }).inputs.keys()]).toEqual(['x']);
    expect(graphOf({ y: g.square(x) }).nodes).toHaveLength(2);
  });

  test('shape errors name the operation and the shapes', () => {
    const g = new GraphBuilder();
    const [x, y] = [g.input('x', [2, 3]), g.input('y', [2, 4])];
    expect(() => g.add(x, y)).toThrow(new ShapeError('add: [2, 3] and [2, 4] do not broadcast.'));
    expect(() => g.matmul(x, y)).toThrow(new ShapeError('matmul: [2, 3] times [2, 4].'));
    expect(() => g.concat([x, y], 0)).toThrow(/^concat: /u);
    expect(() => g.slice(x, 1, 2, 9)).toThrow(/^slice: /u);
    expect(() => g.input('x', [7])).toThrow(/^input: x \[7\] is already/u);
    expect(() => g.conv2d(x, y)).toThrow(/^conv2d: /u);
    expect(() => g.add(x, g.greater(x, 0))).toThrow(/^add: numbers/u);
    expect(() => gradients(g, x, [x])).toThrow(/^gradients: /u);
  });
});
