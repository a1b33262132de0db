import type { Random } from '../../math/random.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Tensor, Tensors } from '../../tensor/backend.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import { dense, perceptron, timeEmbedding, zeros } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import { fillNormal } from '../../tensor/noise.ts';
import type { ColumnValues } from '../terms.ts';
import type { Forward, NetworkDesign, NetworkSpec } from './design.ts';
import { encodeNumbers, isNumber } from './encoding.ts';
import { conditionFeatures, feedsOf } from './inputs.ts';

const timeWidth = 32;
/** Share of rows trained without their condition, where guidance is asked for. */
export const dropped = 0.1;

/** 1 where a row keeps its condition, 0 where it is left out: an input only of networks with guidance. */
export const keepInput = (g: GraphBuilder, spec: NetworkSpec, rows: number): Node | undefined =>
  (spec.guidance ?? 0) === 0 ? undefined : g.input('keep', [rows, 1]);

/**
 * What flow matching feeds beside the conditions (Lipman et al. 2023, straight paths): points x = (1 - t) noise + t data, times t spread
 * evenly over [0, 1) from a common random start, and the velocity data - noise that the network is to give.
 */
export function pathFeeds(spec: NetworkSpec, data: Float32Array, shape: readonly number[], noise: Random): Map<string, Tensor> {
  const [rows = 0] = shape;
  const size = data.length / rows;
  const start = noise.next();
  const times = Float32Array.from({ length: rows }, (_, row) => (start + row / rows) % 1);
  const drawn = new Float32Array(data.length);
  fillNormal(noise.split('noise'), drawn);
  const points = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const t = times[Math.floor(i / size)] as number;
    const own = drawn[i] as number;
    points[i] = (1 - t) * own + t * (data[i] as number);
    drawn[i] = (data[i] as number) - own;
  }
  const feeds = new Map<string, Tensor>([
    ['point', { shape, values: points }],
    ['velocity', { shape, values: drawn }],
    ['time', { shape: [rows], values: times }],
  ]);
  if ((spec.guidance ?? 0) !== 0) {
    const stream = noise.split('keep');
    feeds.set('keep', { shape: [rows, 1], values: Float32Array.from({ length: rows }, () => (stream.next() < dropped ? 0 : 1)) });
  }
  return feeds;
}

/** Follows the velocities from noise at time 0 to data at time 1; the points of the first `used` rows. */
export async function integrate(
  spec: NetworkSpec,
  forward: Forward,
  condition: Tensors,
  shape: readonly number[],
  used: number,
  random: Random,
  options: RunOptions,
): Promise<Float32Array> {
  const { method, steps } = spec.integration ?? { method: 'heun', steps: 24 };
  const [rows = 0] = shape;
  const size = shape.slice(1).reduce((product, each) => product * each, 1);
  const x = new Float32Array(rows * size);
  fillNormal(random, x.subarray(0, used * size));
  const guidance = spec.guidance ?? 0;
  const at = async (point: Float32Array, time: number): Promise<Float32Array> => {
    const run = async (keep: number): Promise<Float32Array> => {
      const feeds = new Map<string, Tensor>([
        ...condition,
        ['point', { shape, values: point }],
        ['time', { shape: [rows], values: new Float32Array(rows).fill(time) }],
      ]);
      if (guidance !== 0) feeds.set('keep', { shape: [rows, 1], values: new Float32Array(rows).fill(keep) });
      const { values } = (await forward(feeds)).get('velocity') as Tensor;
      return values instanceof Float32Array ? values : Float32Array.from(values);
    };
    const velocity = await run(1);
    if (guidance === 0) return velocity;
    const free = await run(0);
    return velocity.map((value, i) => (1 + guidance) * value - guidance * (free[i] as number));
  };
  const h = 1 / steps;
  for (let step = 0; step < steps; step++) {
    const slope = await at(x.slice(), step * h);
    if (method === 'euler') for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) + h * (slope[i] as number);
    else {
      const ahead = x.map((value, i) => value + h * (slope[i] as number));
      const second = await at(ahead, (step + 1) * h);
      for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) + (h / 2) * ((slope[i] as number) + (second[i] as number));
    }
    await options.pause?.();
  }
  return x.subarray(0, used * size);
}

/** [rows]: the mean over columns of the squared difference to the velocity. */
export function velocityLoss(g: GraphBuilder, velocity: Node): Node {
  const wanted = g.input('velocity', velocity.shape);
  const [rows = 0] = velocity.shape;
  return g.reduceMean(g.reshape(g.square(g.subtract(velocity, wanted)), [rows, velocity.shape.slice(1).reduce((a, b) => a * b, 1)]), [1]);
}

function velocityOf(g: GraphBuilder, spec: NetworkSpec, rows: number): Node {
  const width = spec.of.length;
  const condition = conditionFeatures(g, spec.given, rows, keepInput(g, spec, rows));
  const point = g.input('point', [rows, width]);
  const time = g.input('time', [rows]);
  const x = g.concat([point, timeEmbedding(g, g.multiply(time, 0.01), timeWidth), g.reshape(time, [rows, 1]), condition], 1);
  return g.add(perceptron(g, x, 'net', [...spec.widths, width], { last: zeros }), dense(g, x, 'line', width, { initial: zeros }));
}

/** A velocity field over real columns, trained by flow matching. Draws only: it has no density of its own at hand. */
export const flowDesign: NetworkDesign = {
  trainable(spec, data, weights) {
    const numbers = spec.of.filter(isNumber);
    return {
      rows: data.rows,
      ...(weights === undefined ? {} : { weights }),
      loss: (g, rows) => velocityLoss(g, velocityOf(g, spec, rows)),
      feeds: (rows, noise) =>
        new Map([
          ...feedsOf('given', spec.given, data, rows),
          ...pathFeeds(spec, encodeNumbers(numbers, data, rows), [rows.length, numbers.length], noise),
        ]),
    };
  },
  forward: (g, spec) => ({ velocity: velocityOf(g, spec, spec.rows) }),
  async draw(spec, forward, condition, used, random, options) {
    const width = spec.of.length;
    const values = await integrate(spec, forward, condition, [spec.rows, width], used, random, options);
    return spec.of.map((code, i): ColumnValues => {
      if (code.kind !== 'real') throw new Error(`${code.name} is not real.`);
      return {
        kind: 'real',
        values: Float64Array.from({ length: used }, (_, row) => code.mean + code.deviation * (values[row * width + i] as number)),
      };
    });
  },
};
