import type { Name } from '../../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Backend } from '../../tensor/backend.ts';
import type { AdamOptions } from '../../tensor/train.ts';
import { codesOf, columnOf, taken } from '../batch.ts';
import type { Batch, ConditionalTask, FitOptions, Fitter } from '../terms.ts';
import { type CheckpointStore, trainKept } from './checkpoint.ts';
import type { Integration, NetworkKind, NetworkSpec } from './design.ts';
import { Digest } from './digest.ts';
import { codesFor, tensorSize } from './encoding.ts';
import { pictureShape } from './inputs.ts';
import { designOf, type NetworkModel, networkModel } from './network-model.ts';
import { withReach } from './reach.ts';
import type { TrainingBudget, TrainingReport } from './training.ts';

export type { CheckpointStore } from './checkpoint.ts';

export interface NeuralOptions {
  readonly backend: Backend;
  readonly checkpoint?: CheckpointStore;
  /** What is left out is as {@link defaultBudget} says. */
  readonly budget?: Partial<TrainingBudget>;
  /** Widths of the hidden layers (default 96, 96); of a U-Net the channels of its levels (default 16, 32, 64). */
  readonly widths?: readonly number[];
  readonly adam?: AdamOptions;
  /** softmax: neighbouring columns are drawn as one while they have no more combinations (default 256). */
  readonly cells?: number;
  /** mixture: components per column (default 8). */
  readonly components?: number;
  /** flow, unet: default Heun's method in 24 steps, 12 for a U-Net. */
  readonly integration?: Integration;
  /** flow, unet: default 0. Any other value samples a law that is tempered towards the condition, not the one in the data; the fit warns of it. */
  readonly guidance?: number;
  readonly pictures?: NetworkSpec['pictures'];
  /** Rows that the forward graph takes at a time (default 1024; 256 where pictures condition; 64 for a U-Net). */
  readonly rows?: number;
  readonly threads?: number;
  /** Told how each fit went. */
  readonly onTrained?: (task: ConditionalTask, report: TrainingReport) => void;
}

/** Steps, batch and so on where nothing else is asked for. */
export function defaultBudget(kind: NetworkKind): TrainingBudget {
  const common = { heldOut: 0.1, looks: 20, patience: 6 };
  switch (kind) {
    case 'softmax':
      return { ...common, steps: 1000, batch: 512, learningRate: 0.01 };
    case 'mixture':
      return { ...common, steps: 1500, batch: 512, learningRate: 0.005 };
    case 'flow':
      return { ...common, steps: 3000, batch: 512, learningRate: 0.003 };
    case 'unet':
      return { ...common, steps: 2000, batch: 64, learningRate: 0.002, heldOut: 0.05 };
  }
}

const defaultAdam: Readonly<Record<NetworkKind, AdamOptions>> = {
  softmax: {},
  mixture: { averageDecay: 0.99, clipNorm: 5 },
  flow: { averageDecay: 0.995, clipNorm: 5 },
  unet: { averageDecay: 0.995, clipNorm: 1 },
};

export interface NetworkFitter extends Fitter {
  fit(task: ConditionalTask, data: Batch, options: FitOptions & RunOptions): Promise<Result<NetworkModel>>;
}

/** A network of one kind. softmax: finite columns; mixture, flow: real ones; unet: pictures of one size. Conditions may be anything. */
export function networkFitter(kind: NetworkKind, options: NeuralOptions): NetworkFitter {
  return {
    kind,
    async fit(task, data, fit) {
      const wrong = unfit(kind, task);
      if (wrong !== undefined) return failure(wrong);
      const broken = notFinite(task, data);
      if (broken !== undefined) return failure(broken);
      const counted = kind === 'softmax' ? distinctRows(task, data, fit.weights) : undefined;
      const rows = counted?.batch ?? data;
      const weights = counted?.weights ?? fit.weights;
      const spec = specOf(kind, task, rows, weights, options);
      const asked = { ...defaultBudget(kind), ...options.budget };
      const budget = counted === undefined ? asked : { ...asked, batch: Math.max(asked.batch, counted.batch.rows) };
      const adam = options.adam ?? defaultAdam[kind];
      const key = keyOf(spec, task, rows, weights, fit.seed, { budget, adam, backend: options.backend.name });
      return train(spec, task, rows, weights, key, { ...options, budget, adam }, fit);
    },
  };
}

async function train(
  spec: NetworkSpec,
  task: ConditionalTask,
  data: Batch,
  weights: Float64Array | undefined,
  key: string,
  options: NeuralOptions & { readonly budget: TrainingBudget; readonly adam: AdamOptions },
  fit: FitOptions & RunOptions,
): Promise<Result<NetworkModel>> {
  const { checkpoint, backend, threads } = options;
  const { signal, onProgress, pause } = fit;
  const training = {
    seed: fit.seed,
    budget: options.budget,
    adam: options.adam,
    task: spellTask(task),
    key,
    ...(threads === undefined ? {} : { threads }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(pause && { pause }),
  };
  const trained = await trainKept(designOf(spec.kind).trainable(spec, data, weights), backend, training, checkpoint);
  if (!trained.ok) return trained;
  const warnings = [...(trained.warnings ?? [])];
  const { parameters, report } = trained.value;
  options.onTrained?.(task, report);
  if ((spec.guidance ?? 0) !== 0)
    warnings.push({
      code: 'tempered',
      message: `Guidance ${spec.guidance} exaggerates what ${task.of.join(', ')} is drawn given: the draws follow a tempered law, not the one in the data.`,
      hint: 'Use guidance 0 to estimate effects.',
    });
  return success(networkModel(task, spec, parameters, backend, { report, ...(threads === undefined ? {} : { threads }) }), warnings);
}

export const spellTask = ({ of, given }: ConditionalTask): string =>
  `fit ${of.join(', ')}${given.length === 0 ? '' : ` | ${given.join(', ')}`}`;

function specOf(
  kind: NetworkKind,
  task: ConditionalTask,
  data: Batch,
  weights: Float64Array | undefined,
  options: NeuralOptions,
): NetworkSpec {
  const codes = (names: readonly Name[]): NetworkSpec['of'] => codesFor(names, task.types, data, weights);
  const [of, given] = [codes(task.of), withReach(codes(task.given), data, weights)];
  const moves = kind === 'flow' || kind === 'unet';
  const { guidance = 0, cells, components, pictures } = options;
  return {
    kind,
    of,
    given,
    rows: options.rows ?? (kind === 'unet' ? 64 : given.some((code) => code.kind === 'tensor' && tensorSize(code) > 64) ? 256 : 1024),
    widths: options.widths ?? (kind === 'unet' ? [16, 32, 64] : [96, 96]),
    ...(kind === 'softmax' && cells !== undefined && { cells }),
    ...(kind === 'mixture' && { components: components ?? 8 }),
    ...(moves && { integration: options.integration ?? { method: 'heun', steps: kind === 'unet' ? 12 : 24 }, guidance }),
    ...(kind === 'unet' && { pictures: pictures ?? 'both' }),
  };
}

function keyOf(
  spec: NetworkSpec,
  task: ConditionalTask,
  data: Batch,
  weights: Float64Array | undefined,
  seed: number,
  settings: Readonly<Record<string, unknown>>,
): string {
  const digest = new Digest().add(JSON.stringify([spec, seed, settings]));
  for (const name of [...task.of, ...task.given]) digest.add(columnOf(data, name).values);
  return digest.add(weights ?? 'equal').hex();
}

function unfit(kind: NetworkKind, task: ConditionalTask): Issue | undefined {
  const wanted = kind === 'softmax' ? 'finite' : kind === 'unet' ? 'tensor' : 'real';
  const other = task.of.find((name) => task.types.get(name)?.kind !== wanted);
  if (other !== undefined || task.of.length === 0)
    return {
      code: 'wrong-model',
      message: `A ${kind} model draws ${wanted === 'tensor' ? 'pictures' : `${wanted} columns`}; ${other ?? 'nothing'} is not.`,
      hint: 'Leave the kind of model open.',
    };
  if (kind !== 'unet') return undefined;
  const shapes = task.of.map((name) => {
    const type = task.types.get(name);
    return type?.kind === 'tensor' ? pictureShape(type) : undefined;
  });
  const [first] = shapes;
  const same = first !== undefined && shapes.every((shape) => shape?.[1] === first[1] && shape?.[2] === first[2]);
  return same ? undefined : { code: 'wrong-model', message: `A U-Net draws pictures of one size; ${task.of.join(', ')} are not.` };
}

function notFinite(task: ConditionalTask, data: Batch): Issue | undefined {
  for (const name of [...task.of, ...task.given]) {
    const column = columnOf(data, name);
    if (column.kind !== 'finite' && column.values.some((value) => !Number.isFinite(value)))
      return { code: 'not-a-number', message: `The column ${name} holds a value that is no number.`, hint: 'Leave such rows out.' };
  }
  return undefined;
}

/** At most so many different rows of finite columns are learnt from all at once. */
const mostDistinct = 4096;

/** Equal rows of finite columns as one, with the sum of their weights: the loss is the same. Undefined where columns are not finite or more than 4,096 rows differ. */
function distinctRows(
  task: ConditionalTask,
  data: Batch,
  weights: Float64Array | undefined,
): { readonly batch: Batch; readonly weights: Float64Array } | undefined {
  const names: readonly Name[] = [...task.of, ...task.given];
  if (names.some((name) => task.types.get(name)?.kind !== 'finite')) return undefined;
  const codes = names.map((name) => codesOf(data, name));
  const places = new Map<string, number>();
  const firsts: number[] = [];
  const sums: number[] = [];
  for (let row = 0; row < data.rows; row++) {
    const key = codes.map((values) => values[row] as number).join(' ');
    let place = places.get(key);
    if (place === undefined) {
      if (firsts.length === mostDistinct) return undefined;
      place = firsts.length;
      places.set(key, place);
      firsts.push(row);
      sums.push(0);
    }
    sums[place] = (sums[place] as number) + (weights === undefined ? 1 : (weights[row] as number));
  }
  return { batch: taken(data, Int32Array.from(firsts)), weights: Float64Array.from(sums) };
}
