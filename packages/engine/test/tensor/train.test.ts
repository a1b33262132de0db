import { describe, expect, test } from 'vitest';
import { Random } from '../../src/math/random.ts';
import type { Tensor } from '../../src/tensor/backend.ts';
import { GraphBuilder } from '../../src/tensor/builder.ts';
import { gradients } from '../../src/tensor/gradients.ts';
import { frozen, graphOf } from '../../src/tensor/graph.ts';
import { dense, groupNorm, he, layerNorm, perceptron, timeEmbedding, unet } from '../../src/tensor/layers.ts';
import type { Node } from '../../src/tensor/node.ts';
import { fillNormal } from '../../src/tensor/noise.ts';
import { interpret, referenceBackend } from '../../src/tensor/reference.ts';
import { type AdamOptions, advance, initialState, type TrainState, trainStep } from '../../src/tensor/train.ts';

const normal = (seed: number, shape: readonly number[]): Tensor => {
  const values = new Float64Array(shape.reduce((a, b) => a * b, 1));
  fillNormal(new Random(seed, 'test'), values);
  return { shape, values };
};

describe('Adam', () => {
  /** A least-squares problem whose gradient is written out by hand. */
  const x = normal(1, [6, 3]);
  const y = normal(2, [6, 1]);
  const build = (g: GraphBuilder): Node =>
    g.reduceMean(g.square(g.subtract(dense(g, g.input('x', [6, 3]), 'line', 1, { initial: he(3) }), g.input('y', [6, 1]))));
  const slope = ([a, b, c, d]: readonly number[]): number[] => {
    const out = [0, 0, 0, 0];
    for (let i = 0; i < 6; i++) {
      const row = [...x.values.subarray(3 * i, 3 * i + 3), 1];
      const error = [a, b, c, d].reduce<number>((sum, w, j) => sum + (w as number) * (row[j] as number), -(y.values[i] as number));
      for (let j = 0; j < 4; j++) out[j] = (out[j] as number) + (2 / 6) * error * (row[j] as number);
    }
    return out;
  };
  /** The textbook's recursion, in float64. */
  const textbook = (start: readonly number[], steps: number, rate: number, options: AdamOptions): number[] => {
    const { firstDecay = 0.9, secondDecay = 0.999, epsilon = 1e-8, weightDecay = 0, clipNorm = Number.POSITIVE_INFINITY } = options;
    let [w, m, v] = [[...start], [0, 0, 0, 0], [0, 0, 0, 0]];
    for (let t = 1; t <= steps; t++) {
      const raw = slope(w);
      const norm = Math.hypot(...raw);
      const g = raw.map((each) => each * Math.min(1, clipNorm / norm));
      m = m.map((each, j) => firstDecay * each + (1 - firstDecay) * (g[j] as number));
      v = v.map((each, j) => secondDecay * each + (1 - secondDecay) * (g[j] as number) ** 2);
      w = w.map((each, j) => {
        const [mean, square] = [(m[j] as number) / (1 - firstDecay ** t), (v[j] as number) / (1 - secondDecay ** t)];
        return each - rate * (mean / (Math.sqrt(square) + epsilon) + (j < 3 ? weightDecay : 0) * each);
      });
    }
    return w;
  };
  const cases: readonly AdamOptions[] = [
    {},
    { weightDecay: 0.3 },
    { clipNorm: 0.05 },
    { firstDecay: 0.5, secondDecay: 0.9, epsilon: 0.1, weightDecay: 0.1, clipNorm: 0.2 },
  ];
  test.each(cases)('%o follows the textbook', async (options) => {
    const g = new GraphBuilder();
    const train = trainStep(g, build(g), options);
    expect(train.size).toBe(4);
    const executable = await referenceBackend.compile(train.graph);
    let state = initialState(train, new Random(3));
    const start = [...state.parameters];
    expect(initialState(train, new Random(3))).toEqual(state);
    const batch = new Map([
      ['x', x],
      ['y', y],
    ]);
    for (let i = 0; i < 25; i++) ({ state } = await advance(train, executable, state, batch, 0.05));
    const expected = textbook(start, 25, 0.05, options);
    for (const [j, value] of expected.entries()) expect(state.parameters[j]).toBeCloseTo(value, 5);
  });

  test('the running mean of the parameters', async () => {
    const g = new GraphBuilder();
    const train = trainStep(g, build(g), { averageDecay: 0.6 });
    const executable = await referenceBackend.compile(train.graph);
    let state = initialState(train, new Random(3));
    const path: TrainState[] = [];
    for (let i = 0; i < 12; i++) {
      ({ state } = await advance(
        train,
        executable,
        state,
        new Map([
          ['x', x],
          ['y', y],
        ]),
        0.05,
      ));
      path.push(state);
    }
    let mean = initialState(train, new Random(3)).parameters[0] as number;
    for (const [i, { parameters }] of path.entries()) {
      const keep = Math.min(0.6, (i + 1) / (i + 10));
      mean = keep * mean + (1 - keep) * (parameters[0] as number);
    }
    expect(state.average?.[0]).toBeCloseTo(mean, 6);
  });
});

describe('layers', () => {
  /** Directional derivative of a loss along random directions, by the graph and by central differences. */
  function slopes(g: GraphBuilder, loss: Node, feeds: Map<string, Tensor>): readonly [number, number] {
    const random = new Random(9, 'direction');
    const values = new Float64Array(g.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0));
    fillNormal(random, values);
    const start = values.map((value) => 0.3 * value);
    const way = new Float64Array(start.length);
    fillNormal(random, way);
    const each = gradients(g, loss, g.parameters);
    const out = interpret(frozen(new Map(each.map((node, i) => [`${i}`, node])), g.parameters, start), feeds);
    let [by, at] = [0, 0];
    for (let i = 0; i < each.length; i++) for (const value of out.get(`${i}`)?.values ?? []) by += value * (way[at++] as number);
    const step = 1e-5;
    const lossAt = (shift: number): number =>
      interpret(
        frozen(
          { loss },
          g.parameters,
          start.map((value, i) => value + shift * (way[i] as number)),
        ),
        feeds,
      ).get('loss')?.values[0] as number;
    return [by, (lossAt(step) - lossAt(-step)) / (2 * step)];
  }

  test('a U-Net with time and condition: its gradient in all parameters at once', () => {
    const g = new GraphBuilder();
    const given = { time: g.input('t', [2]), condition: g.input('c', [2, 3]) };
    const out = unet(g, g.input('x', [2, 3, 4, 4]), 'u', given, { channels: [4, 6], embedding: 8 });
    expect(out.shape).toEqual([2, 3, 4, 4]);
    const loss = g.reduceMean(g.square(g.subtract(out, g.input('y', [2, 3, 4, 4]))));
    const feeds = new Map([
      ['x', normal(1, [2, 3, 4, 4])],
      ['y', normal(2, [2, 3, 4, 4])],
      ['c', normal(3, [2, 3])],
    ]);
    feeds.set('t', { shape: [2], values: Float64Array.of(0.2, 0.9) });
    const [seen, expected] = slopes(g, loss, feeds);
    expect(Math.abs(expected)).toBeGreaterThan(0.01);
    expect(seen / expected).toBeCloseTo(1, 5);
  });

  test('normed layers have mean 0 and variance 1, whatever is put in; gradients pass through them', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [2, 4, 3, 3]);
    const image = groupNorm(g, x, 'group', 2);
    const rows = layerNorm(g, g.reshape(x, [8, 9]), 'layer');
    const feeds = new Map([['x', { shape: [2, 4, 3, 3], values: normal(4, [2, 4, 3, 3]).values.map((v) => 7 * v - 20) }]]);
    const plain = new Float64Array([1, 1, 1, 1, 0, 0, 0, 0, ...Array(9).fill(1), ...Array(9).fill(0)]);
    const out = interpret(frozen({ image, rows }, g.parameters, plain), feeds);
    const moments = (values: ArrayLike<number>): number[] => {
      const list = Array.from(values);
      const mean = list.reduce((a, b) => a + b, 0) / list.length;
      return [mean, list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length];
    };
    for (let i = 0; i < 4; i++) {
      const [mean, variance] = moments((out.get('image') as Tensor).values.subarray(18 * i, 18 * i + 18));
      expect(mean).toBeCloseTo(0, 10);
      expect(variance).toBeCloseTo(1, 5);
    }
    for (let i = 0; i < 8; i++) expect(moments((out.get('rows') as Tensor).values.subarray(9 * i, 9 * i + 9))[1]).toBeCloseTo(1, 4);
    const [seen, expected] = slopes(g, g.add(g.reduceSum(g.sin(image)), g.reduceSum(g.tanh(rows))), feeds);
    expect(seen / expected).toBeCloseTo(1, 5);
  });

  test('times are told apart', () => {
    const g = new GraphBuilder();
    const out = interpret(graphOf({ e: timeEmbedding(g, g.constant([0, 0.5, 0.501]), 8) }), new Map()).get('e') as Tensor;
    expect([...out.values.subarray(0, 8)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(out.values[8]).toBeCloseTo(Math.sin(500), 12);
    expect(Math.abs((out.values[8] as number) - (out.values[16] as number))).toBeGreaterThan(0.1);
  });

  test('a parameter asked for twice is one; of another shape, an error', () => {
    const g = new GraphBuilder();
    const x = g.input('x', [2, 3]);
    expect(perceptron(g, x, 'p', [4, 1])).toBe(perceptron(g, x, 'p', [4, 1]));
    expect(() => perceptron(g, x, 'p', [5, 1])).toThrow(/^parameter: p.0.weight/u);
  });
});

test('noise: the same stream, the same digits; moments of a standard normal', () => {
  const draw = (length: number): Float32Array => {
    const out = new Float32Array(length);
    fillNormal(new Random(8).split('noise'), out);
    return out;
  };
  const many = draw(50_000);
  expect([...draw(5000)]).toEqual([...many.subarray(0, 5000)]);
  let [mean, square, fourth] = [0, 0, 0];
  for (const z of many) {
    mean += z / many.length;
    square += z ** 2 / many.length;
    fourth += z ** 4 / many.length;
  }
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(many.length));
  expect(Math.abs(square - 1)).toBeLessThan(4 * Math.sqrt(2 / many.length));
  expect(Math.abs(fourth - 3)).toBeLessThan(4 * Math.sqrt(96 / many.length));
});
