import { GraphBuilder, gradients, graphOf, interpret, type Node, sizeOf, type Tensor } from '@doable/engine/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../../../engine/src/math/random.ts';
import { cases } from '../../../engine/test/tensor/cases.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';

let ort: OrtBackend;
beforeAll(async () => {
  const loaded = await ortBackend();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  ort = loaded.value;
});

const draw = (random: Random, shape: readonly number[], [low, high]: readonly [number, number]): Tensor => ({
  shape,
  values: Float32Array.from({ length: sizeOf(shape) }, () => Math.fround(low + (high - low) * random.next())),
});

function distance(seen: Tensor, expected: Tensor): number {
  expect(seen.shape).toEqual(expected.shape);
  let [largest, difference] = [1e-2, 0];
  for (const [i, value] of expected.values.entries()) {
    largest = Math.max(largest, Math.abs(value));
    difference = Math.max(difference, Math.abs(value - (seen.values[i] as number)));
  }
  return difference / largest;
}

describe('every operation and its gradient: ONNX Runtime in float32 against the float64 reference, relative 1e-5', () => {
  test.each(cases)('$name', async ({ shapes, range = [-2, 2], build }) => {
    for (const [seed, given] of fc.sample(shapes, { numRuns: 4, seed: 2 }).entries()) {
      const random = new Random(seed, 'ort');
      const g = new GraphBuilder();
      const operands = given.map((shape, i) => g.input(`x${i}`, shape));
      const feeds = new Map(given.map((shape, i): [string, Tensor] => [`x${i}`, draw(random, shape, range)]));
      const out = build(g, operands, seed);
      const weights = draw(random, out.shape, [-1, 1]);
      const loss = g.reduceSum(g.multiply(out, g.constant(weights.values, out.shape)));
      const slopes = gradients(g, loss, operands).map((slope, i): [string, Node] => [`gradient ${i}`, slope]);
      const graph = graphOf(new Map<string, Node>([['out', out], ['loss', loss], ...slopes]));
      const executable = await ort.compile(graph);
      const seen = await executable.run(feeds);
      await executable.dispose();
      for (const [name, expected] of interpret(graph, feeds)) expect(distance(seen.get(name) as Tensor, expected), name).toBeLessThan(1e-5);
    }
  });
});
