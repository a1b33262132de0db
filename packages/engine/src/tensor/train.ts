import { Random } from '../math/random.ts';
import type { Executable, Tensor, Tensors } from './backend.ts';
import type { GraphBuilder } from './builder.ts';
import { gradients } from './gradients.ts';
import { type Graph, type Layout, layoutOf, withParameters } from './graph.ts';
import { type Initial, type Node, ShapeError, sizeOf } from './node.ts';

/** Settings of Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019). */
export interface AdamOptions {
  /** Decay of the mean of gradients; 0.9 unless given. */
  readonly firstDecay?: number;
  /** Decay of the mean of squared gradients; 0.999 unless given. */
  readonly secondDecay?: number;
  /** 1e-8 unless given. */
  readonly epsilon?: number;
  /** Share of each weight (parameters of two axes or more) taken away per step, times the learning rate; 0 unless given. */
  readonly weightDecay?: number;
  /** Longest gradient over all parameters together; longer ones are shortened to it. */
  readonly clipNorm?: number;
  /** Keeps a running mean of the parameters with this decay (lower in the first steps, so that the start is forgotten). */
  readonly averageDecay?: number;
}

/** One step of training as one graph: the batch, the state and the step's scalars in, the loss and the next state out. */
export interface TrainStep {
  readonly graph: Graph;
  readonly layout: Layout;
  /** Number of parameters; the length of each vector of the state. */
  readonly size: number;
  readonly options: AdamOptions;
  readonly initials: ReadonlyMap<string, Initial>;
}

/** What training carries from step to step: all that a checkpoint needs. Vectors lie by the layout; they are never changed in place. */
export interface TrainState {
  readonly step: number;
  readonly parameters: Float32Array;
  /** Discounted sum of gradients: the mean of Adam times 1 / (1 - firstDecay). */
  readonly first: Float32Array;
  /** Discounted sum of squared gradients. */
  readonly second: Float32Array;
  readonly average?: Float32Array;
}

const state = { parameters: 'state.parameters', first: 'state.first', second: 'state.second', average: 'state.average' } as const;
const next = { parameters: 'next.parameters', first: 'next.first', second: 'next.second', average: 'next.average' } as const;
const scalars = { rate: 'step.rate', epsilon: 'step.epsilon', decay: 'step.decay', keep: 'step.keep' } as const;

/**
 * The graph of one Adam step on all parameters of the builder. They travel as one vector each (parameters, moments), so that the
 * update is a dozen operations however many parameters there are. Outputs: `loss`, and `next.parameters` and so on.
 */
export function trainStep(g: GraphBuilder, loss: Node, options: AdamOptions = {}): TrainStep {
  const { firstDecay = 0.9, secondDecay = 0.999, weightDecay = 0, clipNorm, averageDecay } = options;
  const { layout, size } = layoutOf(g.parameters);
  if (size === 0) throw new ShapeError('trainStep: there are no parameters.');
  const slopes = gradients(g, loss, g.parameters).map((slope) => g.reshape(slope, [sizeOf(slope.shape)]));
  let slope = g.concat(slopes, 0);
  if (clipNorm !== undefined) {
    const norm = g.sqrt(g.reduceSum(g.square(slope)));
    slope = g.multiply(slope, g.divide(clipNorm, g.maximum(norm, clipNorm)));
  }
  const parameters = g.input(state.parameters, [size]);
  const first = g.add(g.multiply(g.input(state.first, [size]), firstDecay), slope);
  const second = g.add(g.multiply(g.input(state.second, [size]), secondDecay), g.square(slope));
  const move = g.multiply(g.divide(first, g.add(g.sqrt(second), g.input(scalars.epsilon, []))), g.input(scalars.rate, []));
  let moved = g.subtract(parameters, move);
  if (weightDecay > 0) {
    const decays = g.parameters.map(({ shape }) => g.broadcast(g.scalar(shape.length >= 2 ? 1 : 0), [sizeOf(shape)]));
    moved = g.subtract(moved, g.multiply(g.multiply(parameters, g.concat(decays, 0)), g.input(scalars.decay, [])));
  }
  const outputs = new Map([
    ['loss', loss],
    [next.parameters, moved],
    [next.first, first],
    [next.second, second],
  ]);
  if (averageDecay !== undefined) {
    const average = g.input(state.average, [size]);
    outputs.set(next.average, g.add(moved, g.multiply(g.subtract(average, moved), g.input(scalars.keep, []))));
  }
  const graph = withParameters(outputs, (name, shape, builder) => {
    const { offset } = layout.get(name) as { offset: number };
    return builder.reshape(builder.slice(builder.input(state.parameters, [size]), 0, offset, offset + sizeOf(shape)), shape);
  });
  return { graph, layout, size, options, initials: initialsOf(g.parameters) };
}

const initialsOf = (parameters: readonly Node[]): Map<string, Initial> =>
  new Map(
    parameters.map(({ operation }): [string, Initial] => {
      if (operation.op !== 'parameter') throw new ShapeError(`trainStep: ${operation.op} is no parameter.`);
      return [operation.name, operation.initial];
    }),
  );

/** Starting values of one parameter; every parameter draws from the stream of its own name. */
function drawn(initial: Initial, count: number, random: Random): Float32Array {
  switch (initial.kind) {
    case 'constant':
      return new Float32Array(count).fill(initial.value);
    case 'normal':
      return Float32Array.from({ length: count }, () => initial.deviation * random.normal());
    case 'uniform':
      return Float32Array.from({ length: count }, () => initial.bound * (2 * random.open() - 1));
  }
}

/** The state before the first step. The same stream gives the same digits on every platform. */
export function initialState({ layout, size, options, initials }: TrainStep, random: Random): TrainState {
  const parameters = new Float32Array(size);
  for (const [name, { offset, shape }] of layout) {
    parameters.set(drawn(initials.get(name) as Initial, sizeOf(shape), new Random(random.seed, ...random.path, name)), offset);
  }
  return {
    step: 0,
    parameters,
    first: new Float32Array(size),
    second: new Float32Array(size),
    ...(options.averageDecay !== undefined && { average: parameters.slice() }),
  };
}

/**
 * One step: `executable` is the compiled graph of `train`, `batch` its other inputs. A loss that is not finite is returned, and
 * the state with it; the caller decides (the state before is still whole).
 */
export async function advance(
  train: TrainStep,
  executable: Executable,
  from: TrainState,
  batch: Tensors,
  learningRate: number,
): Promise<{ readonly state: TrainState; readonly loss: number }> {
  const { firstDecay = 0.9, secondDecay = 0.999, epsilon = 1e-8, weightDecay = 0, averageDecay } = train.options;
  const step = from.step + 1;
  // Mean m = first (1 - b1) / (1 - b1^t) and likewise v, so that m / (sqrt(v) + e) = first / (sqrt(second) + e / root) times a factor.
  const root = Math.sqrt((1 - secondDecay) / (1 - power(secondDecay, step)));
  const mean = (1 - firstDecay) / (1 - power(firstDecay, step));
  const vector = (values: Float32Array): Tensor => ({ shape: [train.size], values });
  const scalar = (value: number): Tensor => ({ shape: [], values: Float32Array.of(value) });
  const feeds = new Map<string, Tensor>([
    ...batch,
    [state.parameters, vector(from.parameters)],
    [state.first, vector(from.first)],
    [state.second, vector(from.second)],
    [scalars.rate, scalar((learningRate * mean) / root)],
    [scalars.epsilon, scalar(epsilon / root)],
    [scalars.decay, scalar(learningRate * weightDecay)],
  ]);
  if (averageDecay !== undefined) {
    feeds.set(state.average, vector(from.average ?? from.parameters));
    feeds.set(scalars.keep, scalar(Math.min(averageDecay, step / (step + 9))));
  }
  const out = await executable.run(feeds);
  const read = (name: string): Float32Array => {
    const values = (out.get(name) as Tensor).values;
    return values instanceof Float32Array ? values : Float32Array.from(values);
  };
  return {
    loss: (out.get('loss') as Tensor).values[0] as number,
    state: {
      step,
      parameters: read(next.parameters),
      first: read(next.first),
      second: read(next.second),
      ...(averageDecay !== undefined && { average: read(next.average) }),
    },
  };
}

/** x to a whole power by squaring: the same digits everywhere. */
function power(x: number, n: number): number {
  let [result, square] = [1, x];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2), square *= square) if (rest % 2 === 1) result *= square;
  return result;
}
