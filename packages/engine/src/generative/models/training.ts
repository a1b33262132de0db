import { Random } from '../../math/random.ts';
import { failure, type Result, success } from '../../run/issue.ts';
import { Interrupted, type RunOptions } from '../../run/progress.ts';
import type { Backend, Executable, Tensor, Tensors } from '../../tensor/backend.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { type Layout, layoutOf, withParameters } from '../../tensor/graph.ts';
import { type Node, sizeOf } from '../../tensor/node.ts';
import { type AdamOptions, advance, initialState, type TrainState, trainStep } from '../../tensor/train.ts';
import type { TrainingState } from './training-state.ts';

/** Something that can be trained on rows in small batches. */
export interface Trainable {
  /** Rows of data, by number from 0. */
  readonly rows: number;
  /** One per row, not negative. */
  readonly weights?: Float64Array;
  /** Says of each row whether it is one of those kept out, where any are (default: a share of them, at random). */
  readonly keptOut?: (row: number) => boolean;
  /** One loss per row, [rows], of as many rows. Inputs of the graph are what `feeds` gives. */
  loss(g: GraphBuilder, rows: number): Node;
  /** What is fed for these rows; all noise comes from the stream. */
  feeds(rows: Int32Array, noise: Random): Tensors;
}

export interface TrainingBudget {
  readonly steps: number;
  /** Rows per step. */
  readonly batch: number;
  /** At its highest. It rises over the first 2 % of the steps and then falls to 0 along a cubic. */
  readonly learningRate: number;
  /** Share of the rows kept out of training, on whose loss the parameters are chosen. */
  readonly heldOut: number;
  /** How often held-out rows are looked at. */
  readonly looks: number;
  /** Training stops after so many looks without a lower loss. */
  readonly patience: number;
}

export interface TrainingOptions extends RunOptions {
  readonly seed: number;
  readonly budget: TrainingBudget;
  readonly adam?: AdamOptions;
  readonly threads?: number;
  /** Names the work in progress reports. */
  readonly task: string;
  /** Identifies what is trained on what; see {@link TrainingState}. */
  readonly key: string;
  /** Where to go on. A state with another key is not used. */
  readonly from?: TrainingState;
  /** Told the state at every look and before an {@link Interrupted} is thrown; awaited. */
  readonly onCheckpoint?: (state: TrainingState) => void | Promise<void>;
}

export interface Trained {
  /** By the layout; running means of the last steps where the settings ask for them. */
  readonly parameters: Float32Array;
  readonly layout: Layout;
  readonly report: TrainingReport;
}

export interface TrainingReport {
  readonly parameters: number;
  /** Steps taken, and the step whose parameters were kept. */
  readonly steps: number;
  readonly kept: number;
  readonly losses: readonly number[];
  readonly heldOut: readonly number[];
  readonly trainingRows: number;
  readonly heldOutRows: number;
}

/**
 * Trains by Adam. Small data (no more rows than a batch) are taken whole at every step, with their weights; larger ones in an order
 * shuffled anew every time round. The same seed, rows and backend give the same digits, interrupted or not. Throws
 * {@link Interrupted} on an aborted signal. Issues: `no-rows`, `training-diverged` (the loss is no longer a number).
 */
export async function trainSteps(trainable: Trainable, backend: Backend, options: TrainingOptions): Promise<Result<Trained>> {
  const { budget, seed, task, key } = options;
  const { training, heldOut } = split(trainable, budget, new Random(seed, 'split'));
  const rows = Math.min(budget.batch, training.length);
  if (rows === 0) return failure({ code: 'no-rows', message: `There are no rows of positive weight for ${task}.` });
  const g = new GraphBuilder();
  const loss = weighted(g, trainable.loss(g, rows), rows);
  const train = trainStep(g, loss, options.adam ?? {});
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const step = await backend.compile(train.graph, threads);
  const look =
    heldOut.length === 0 ? undefined : await evaluator(trainable, backend, Math.min(budget.batch, heldOut.length), heldOut, seed, threads);
  try {
    let state = options.from?.key === key ? options.from : begin(key, initialState(train, new Random(seed, 'initial')));
    if (state.parameters.length !== train.size) state = begin(key, initialState(train, new Random(seed, 'initial')));
    const every = Math.max(1, Math.floor(budget.steps / budget.looks));
    const order = orderOf(training, rows, new Random(seed, 'order'));
    const noise = new Random(seed, 'noise');
    const scale =
      trainable.weights === undefined
        ? 1
        : training.length / training.reduce((sum, row) => sum + ((trainable.weights as Float64Array)[row] as number), 0);
    const { signal, onProgress, pause } = options;
    while (state.step < budget.steps && !exhausted(state, budget, every)) {
      if (signal?.aborted === true) {
        await options.onCheckpoint?.(state);
        throw new Interrupted();
      }
      const number = state.step;
      const chosen = order(number);
      const feeds = new Map(trainable.feeds(chosen, noise.split(number)));
      feeds.set('weight', { shape: [rows], values: Float32Array.from(chosen, (row) => scale * (trainable.weights?.[row] ?? 1)) });
      const next = await advance(train, step, state, feeds, rateAt(number, budget));
      if (!Number.isFinite(next.loss))
        return failure({
          code: 'training-diverged',
          message: `Training of ${task} left the numbers after ${number} steps.`,
          hint: 'Use a lower learning rate; look for columns with very large values.',
        });
      state = after(state, next.state, next.loss);
      if (state.step % every === 0 || state.step === budget.steps) {
        state = closed(state, await look?.(state.average ?? state.parameters));
        await options.onCheckpoint?.(state);
      }
      onProgress?.({ task, done: state.step, total: budget.steps, loss: next.loss });
      await pause?.();
    }
    const { best } = state;
    return success({
      parameters: best?.parameters ?? state.average ?? state.parameters,
      layout: train.layout,
      report: {
        parameters: train.size,
        steps: state.step,
        kept: best?.step ?? state.step,
        losses: [...state.losses],
        heldOut: [...state.heldOut],
        trainingRows: training.length,
        heldOutRows: heldOut.length,
      },
    });
  } finally {
    await step.dispose();
    await look?.dispose();
  }
}

const begin = (key: string, state: TrainState): TrainingState => ({
  ...state,
  key,
  losses: new Float64Array(0),
  heldOut: new Float64Array(0),
  stretch: { sum: 0, steps: 0 },
});

const after = (before: TrainingState, state: TrainState, loss: number): TrainingState => ({
  ...before,
  ...state,
  stretch: { sum: before.stretch.sum + loss, steps: before.stretch.steps + 1 },
});

/** At a look: the stretch's loss is written down, the held-out loss too, and the parameters are kept if it is the least. */
function closed(state: TrainingState, heldOut: number | undefined): TrainingState {
  const losses = Float64Array.of(...state.losses, state.stretch.sum / state.stretch.steps);
  const stretch = { sum: 0, steps: 0 };
  if (heldOut === undefined) return { ...state, losses, stretch };
  const better = Number.isFinite(heldOut) && (state.best === undefined || heldOut < state.best.loss);
  return {
    ...state,
    losses,
    stretch,
    heldOut: Float64Array.of(...state.heldOut, heldOut),
    ...(better && { best: { step: state.step, loss: heldOut, parameters: state.average ?? state.parameters } }),
  };
}

const exhausted = ({ step, best, heldOut }: TrainingState, { patience }: TrainingBudget, every: number): boolean =>
  best !== undefined && step % every === 0 && heldOut.length - Math.ceil(best.step / every) >= patience;

/** A cubic that falls like half a cosine: the same digits everywhere. */
function rateAt(step: number, { steps, learningRate }: TrainingBudget): number {
  const rise = Math.min(1, (step + 1) / Math.max(1, 0.02 * steps));
  const x = step / steps;
  return learningRate * rise * (1 - x) * (1 - x) * (1 + 2 * x);
}

function split(
  trainable: Trainable,
  { heldOut, batch }: TrainingBudget,
  random: Random,
): { readonly training: Int32Array; readonly heldOut: Int32Array } {
  const { weights, keptOut } = trainable;
  const useful = Int32Array.from({ length: trainable.rows }, (_, row) => row).filter(
    (row) => weights === undefined || (weights[row] as number) > 0,
  );
  if (useful.length <= batch || heldOut <= 0) return { training: useful, heldOut: new Int32Array(0) };
  if (keptOut !== undefined) {
    const training = useful.filter((row) => !keptOut(row));
    return training.length === 0 ? { training: useful, heldOut: training } : { training, heldOut: useful.filter(keptOut) };
  }
  shuffle(useful, random);
  const kept = Math.min(useful.length - 1, Math.max(1, Math.round(heldOut * useful.length)));
  return { training: useful.slice(kept).sort(), heldOut: useful.slice(0, kept).sort() };
}

function shuffle(items: Int32Array, random: Random): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    const item = items[i] as number;
    items[i] = items[j] as number;
    items[j] = item;
  }
}

/** The rows of each step: each time round in a new order, what does not fill a batch left out. */
function orderOf(rows: Int32Array, batch: number, random: Random): (step: number) => Int32Array {
  if (batch >= rows.length) return () => rows;
  const perRound = Math.floor(rows.length / batch);
  let [round, order] = [-1, rows];
  return (step) => {
    const wanted = Math.floor(step / perRound);
    if (wanted !== round) {
      order = rows.slice();
      shuffle(order, random.split(wanted));
      round = wanted;
    }
    const from = (step % perRound) * batch;
    return order.slice(from, from + batch);
  };
}

const weighted = (g: GraphBuilder, losses: Node, rows: number): Node =>
  g.multiply(g.reduceSum(g.multiply(losses, g.input('weight', [rows]))), 1 / rows);

interface Look extends Pick<Executable, 'dispose'> {
  (parameters: Float32Array): Promise<number>;
}

/** The weighted mean loss over all held-out rows, with the same noise at every look. */
async function evaluator(
  trainable: Trainable,
  backend: Backend,
  rows: number,
  heldOut: Int32Array,
  seed: number,
  threads: { readonly threads?: number },
): Promise<Look> {
  const g = new GraphBuilder();
  const loss = weighted(g, trainable.loss(g, rows), rows);
  const { layout, size } = layoutOf(g.parameters);
  const graph = withParameters({ loss }, (name, shape, builder) => {
    const { offset } = layout.get(name) as { readonly offset: number };
    return builder.reshape(builder.slice(builder.input('parameters', [size]), 0, offset, offset + sizeOf(shape)), shape);
  });
  const executable = await backend.compile(graph, threads);
  const look = async (parameters: Float32Array): Promise<number> => {
    let [sum, total] = [0, 0];
    for (let from = 0; from < heldOut.length; from += rows) {
      const chosen = Int32Array.from({ length: rows }, (_, i) => heldOut[Math.min(from + i, heldOut.length - 1)] as number);
      const weights = Float32Array.from(chosen, (row, i) => (from + i < heldOut.length ? (trainable.weights?.[row] ?? 1) : 0));
      const feeds = new Map(trainable.feeds(chosen, new Random(seed, 'held out', from)));
      feeds.set('weight', { shape: [rows], values: weights });
      feeds.set('parameters', { shape: [size], values: parameters });
      const out = (await executable.run(feeds)).get('loss') as Tensor;
      sum += (out.values[0] as number) * rows;
      total += weights.reduce((all, weight) => all + weight, 0);
    }
    return sum / total;
  };
  return Object.assign(look, { dispose: () => executable.dispose() });
}
