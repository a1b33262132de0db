import {
  advance,
  type Backend,
  fillNormal,
  type Graph,
  GraphBuilder,
  gradients,
  graphOf,
  initialState,
  interpret,
  type Node,
  perceptron,
  referenceBackend,
  sizeOf,
  type Tensor,
  type TrainStep,
  trainStep,
  unet,
  writeOnnx,
} from '@doable/engine/tensor';
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
    for (const [seed, given] of fc.sample(shapes, { numRuns: 3, seed: 2 }).entries()) {
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

const normal = (seed: number, shape: readonly number[]): Tensor => {
  const values = new Float32Array(sizeOf(shape));
  fillNormal(new Random(seed, 'test'), values);
  return { shape, values };
};

/** A network of dense layers that learns a smooth function, and a small U-Net that learns the mean of what it sees. */
const models: readonly { readonly name: string; readonly build: () => readonly [TrainStep, Map<string, Tensor>] }[] = [
  {
    name: 'dense layers',
    build: () => {
      const g = new GraphBuilder();
      const y = perceptron(g, g.input('x', [64, 5]), 'net', [32, 32, 2]);
      const loss = g.reduceMean(g.square(g.subtract(y, g.input('y', [64, 2]))));
      const x = normal(1, [64, 5]);
      const target = Float32Array.from({ length: 128 }, (_, i) => Math.sin(x.values[5 * (i >> 1) + (i & 1)] as number));
      return [
        trainStep(g, loss, { clipNorm: 1, weightDecay: 0.01, averageDecay: 0.99 }),
        new Map([
          ['x', x],
          ['y', { shape: [64, 2], values: target }],
        ]),
      ];
    },
  },
  {
    name: 'a U-Net for 8x8',
    build: () => {
      const g = new GraphBuilder();
      const given = { time: g.input('t', [2]), condition: g.input('c', [2, 3]) };
      const y = unet(g, g.input('x', [2, 1, 8, 8]), 'u', given, { channels: [4, 6], embedding: 8 });
      const loss = g.reduceMean(g.square(g.subtract(y, g.input('y', [2, 1, 8, 8]))));
      const batch = new Map([
        ['x', normal(1, [2, 1, 8, 8])],
        ['y', normal(2, [2, 1, 8, 8])],
        ['c', normal(3, [2, 3])],
      ]);
      return [trainStep(g, loss), batch.set('t', { shape: [2], values: Float32Array.of(0.1, 0.9) })];
    },
  },
];

async function path(backend: Backend, [train, batch]: readonly [TrainStep, Map<string, Tensor>], steps: number, threads = 1) {
  const executable = await backend.compile(train.graph, { threads });
  let state = initialState(train, new Random(4));
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const next = await advance(train, executable, state, batch, 0.01);
    state = next.state;
    losses.push(next.loss);
  }
  await executable.dispose();
  return { losses, state };
}

describe.each(models)('train steps of $name', ({ build }) => {
  test('ONNX Runtime goes the way of the reference, and the loss falls', async () => {
    const [seen, expected] = [await path(ort, build(), 4), await path(referenceBackend, build(), 4)];
    for (const [i, loss] of expected.losses.entries()) expect(Math.abs((seen.losses[i] as number) / loss - 1)).toBeLessThan(1e-4);
    const { losses } = await path(ort, build(), 40);
    expect(losses[39]).toBeLessThan(0.5 * (losses[0] as number));
  });

  test('the same digits in the same session, in a new one, and from the same bytes', async () => {
    const [first, second] = [await path(ort, build(), 10), await path(ort, build(), 10)];
    expect(second).toEqual(first);
    expect(await path(ort, build(), 10, 2)).toEqual(await path(ort, build(), 10, 2));
    const [train, batch] = build();
    expect(writeOnnx(build()[0].graph)).toEqual(writeOnnx(train.graph));
    const executable = await ort.compile(train.graph);
    const start = initialState(train, new Random(4));
    const [once, again] = [await advance(train, executable, start, batch, 0.01), await advance(train, executable, start, batch, 0.01)];
    expect(again).toEqual(once);
    await executable.dispose();
  });
});

test('the two ways to the gradient of a kernel agree', async () => {
  for (const stride of [1, 2]) {
    const g = new GraphBuilder();
    const [x, k] = [g.input('x', [3, 2, 7, 6]), g.input('k', [4, 2, 3, 3])];
    const [slope] = gradients(g, g.reduceSum(g.sin(g.conv2d(x, k, { stride }))), [k]) as [Node];
    const graph = graphOf({ slope });
    const feeds = new Map([
      ['x', normal(1, x.shape)],
      ['k', normal(2, k.shape)],
    ]);
    const expected = interpret(graph, feeds).get('slope') as Tensor;
    for (const kernelGradient of ['convolution', 'product'] as const) {
      const loaded = await ort.load(writeOnnx(graph, { kernelGradient }));
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
      expect(distance((await loaded.value.run(feeds)).get('slope') as Tensor, expected), kernelGradient).toBeLessThan(1e-5);
      await loaded.value.dispose();
    }
  }
});

describe('models of others', () => {
  const small = (): Graph => {
    const g = new GraphBuilder();
    return graphOf({ y: g.multiply(g.input('x', [2, 3]), 2) });
  };
  test('are described and run', async () => {
    const loaded = await ort.load(writeOnnx(small()));
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
    expect([...loaded.value.inputs]).toEqual([['x', { type: 'float32', shape: [2, 3] }]]);
    const out = await loaded.value.run(new Map([['x', { shape: [2, 3], values: Float64Array.of(1, 2, 3, 4, 5, 6) }]]));
    expect(out.get('y')?.values).toEqual(Float32Array.of(2, 4, 6, 8, 10, 12));
    await loaded.value.dispose();
  });
  test('that ONNX Runtime cannot read are an issue', async () => {
    const whole = writeOnnx(small());
    for (const bytes of [new Uint8Array(0), whole.slice(0, whole.length - 9), Uint8Array.of(1, 2, 3)]) {
      expect(await ort.load(bytes)).toMatchObject({ ok: false, issues: [{ code: 'onnx-refused' }] });
    }
  });
});
