import { type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Backend, Tensor, Tensors } from '../../tensor/backend.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { frozen } from '../../tensor/graph.ts';
import { convolution, dense } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import { type TrainingReport, trainSteps } from '../models/training.ts';
import { type Features, inkOf, litColours, type Pictures, type Rgb, readColours } from './pictures.ts';
import type { PictureReader } from './reader.ts';

export interface TrainedReaderOptions extends RunOptions {
  readonly backend: Backend;
  readonly seed: number;
  readonly steps: number;
  /** Rows of a step (default 128). */
  readonly batch?: number;
  /** Read from the hue instead of learnt; its levels are the colours of the palette. */
  readonly colour?: { readonly name: string; readonly palette: readonly Rgb[] };
  /** What is looked at: the ink (default), or all channels as they are. */
  readonly sees?: 'ink' | 'pixels';
  readonly threads?: number;
}

export interface TrainedReader extends PictureReader {
  readonly report: TrainingReport;
  /** Frees what the backend holds. */
  dispose(): Promise<void>;
}

/** Width of the layer before the heads. */
const featureWidth = 64;

/** Pictures read at a time. */
const readRows = 256;

/**
 * Learns to read attributes off pictures: two convolutions with pooling between them on the ink or on all channels, a dense layer and one softmax
 * for each attribute (after LeCun et al. 1998). Its features are that layer, standardised over the pictures that it learnt from, and, of ink,
 * the mean lit colour where there is colour. The backend's digits are the reader's. Issues: those of the training.
 */
export async function fitTrainedReader(
  pictures: Pictures,
  labels: ReadonlyMap<string, { readonly levels: number; readonly values: Int32Array }>,
  options: TrainedReaderOptions,
): Promise<Result<TrainedReader>> {
  const { backend, colour, seed, sees = 'ink' } = options;
  const seen = (of: Pictures): Features => (sees === 'ink' ? inkOf(of) : pixelsOf(of));
  const ink = seen(pictures);
  const [channels, side] = [sees === 'ink' ? 1 : (pictures.shape[0] as number), pictures.shape[1] as number];
  const shape: Shape = [channels, side, side];
  const heads = [...labels].filter(([name]) => name !== colour?.name).map(([name, { levels, values }]) => ({ name, levels, values }));
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const { signal, onProgress, pause } = options;
  const trained = await trainSteps(
    {
      rows: ink.rows,
      loss(g, rows) {
        const { scores } = network(g, rows, shape, heads);
        const losses = heads.map(({ name, levels }) => {
          const wanted = g.oneHot(g.input(`label.${name}`, [rows]), levels);
          return g.negate(g.reduceSum(g.multiply(g.logSoftmax(scores.get(name) as Node), wanted), [1]));
        });
        return losses.reduce((sum, loss) => g.add(sum, loss));
      },
      feeds: (rows) =>
        new Map<string, Tensor>([
          ['ink', inkTensor(ink, rows, rows.length, shape)],
          ...heads.map(({ name, values }): [string, Tensor] => [
            `label.${name}`,
            { shape: [rows.length], values: Float32Array.from(rows, (row) => values[row] as number) },
          ]),
        ]),
    },
    backend,
    {
      seed,
      task: 'learn to read',
      key: 'reader',
      budget: { steps: options.steps, batch: options.batch ?? 128, learningRate: 3e-3, heldOut: 0, looks: 1, patience: 1 },
      adam: { averageDecay: 0.99 },
      ...threads,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
      ...(pause && { pause }),
    },
  );
  if (!trained.ok) return trained;
  const g = new GraphBuilder();
  const { scores, features } = network(g, readRows, shape, heads);
  const outputs = new Map([['features', features], ...[...scores].map(([name, node]): [string, Node] => [`scores.${name}`, node])]);
  const executable = await backend.compile(frozen(outputs, g.parameters, trained.value.parameters), threads);

  const inBatches = async (of: Features, take: (out: Tensors, from: number, used: number) => void): Promise<void> => {
    if (of.width !== ink.width) throw new Error(`A reader of ${ink.width} pixels given ${of.width}.`);
    for (let from = 0; from < of.rows; from += readRows) {
      const used = Math.min(readRows, of.rows - from);
      const rows = Int32Array.from({ length: used }, (_, i) => from + i);
      take(await executable.run(new Map([['ink', inkTensor(of, rows, readRows, shape)]])), from, used);
    }
  };
  const raw = async (of: Features): Promise<Features> => {
    const values = new Float64Array(of.rows * featureWidth);
    await inBatches(of, (out, from, used) => {
      values.set((out.get('features') as Tensor).values.subarray(0, used * featureWidth), from * featureWidth);
    });
    return { rows: of.rows, width: featureWidth, values };
  };
  const some = Math.min(ink.rows, 2000);
  const scale = scaleOf(await raw({ rows: some, width: ink.width, values: ink.values.subarray(0, some * ink.width) }));
  return success({
    attributes: [
      ...heads.map(({ name, levels }) => ({ name, levels })),
      ...(colour === undefined ? [] : [{ name: colour.name, levels: colour.palette.length }]),
    ],
    report: trained.value.report,
    async predict(of) {
      const own = seen(of);
      const read = new Map<string, Int32Array>(heads.map(({ name }) => [name, new Int32Array(own.rows)]));
      await inBatches(own, (out, from, used) => {
        for (const { name, levels } of heads) {
          const { values } = out.get(`scores.${name}`) as Tensor;
          const column = read.get(name) as Int32Array;
          for (let row = 0; row < used; row++) {
            let best = 0;
            for (let level = 1; level < levels; level++)
              if ((values[row * levels + level] as number) > (values[row * levels + best] as number)) best = level;
            column[from + row] = best;
          }
        }
      });
      if (colour !== undefined) read.set(colour.name, readColours(of, colour.palette));
      return read;
    },
    async features(of) {
      const { rows, values } = await raw(seen(of));
      const lit = sees === 'ink' && of.shape[0] === 3 ? litColours(of) : undefined;
      const width = featureWidth + (lit?.width ?? 0);
      const all = new Float64Array(rows * width);
      for (let row = 0; row < rows; row++) {
        for (let i = 0; i < featureWidth; i++)
          all[row * width + i] = ((values[row * featureWidth + i] as number) - (scale.mean[i] as number)) / (scale.deviation[i] as number);
        if (lit !== undefined) all.set(lit.values.subarray(row * lit.width, (row + 1) * lit.width), row * width + featureWidth);
      }
      return { rows, width, values: all };
    },
    dispose: () => executable.dispose(),
  });
}

type Shape = readonly [channels: number, height: number, width: number];

/** All channels, row by row. */
const pixelsOf = ({ shape, values }: Pictures): Features => {
  const width = shape.reduce((product, size) => product * size, 1);
  return { rows: values.length / width, width, values: Float64Array.from(values) };
};

function network(
  g: GraphBuilder,
  rows: number,
  [channels, side]: Shape,
  heads: readonly { readonly name: string; readonly levels: number }[],
): { readonly scores: ReadonlyMap<string, Node>; readonly features: Node } {
  let x = g.input('ink', [rows, channels, side, side]);
  for (const [i, made] of [16, 32].entries()) {
    x = g.relu(convolution(g, x, `reader.conv${i}`, made));
    if ((x.shape[2] as number) % 2 === 0 && side >= 16) x = g.averagePool(x, 2);
  }
  if (side < 16) x = g.averagePool(x, 2);
  const size = x.shape.slice(1).reduce((product, each) => product * each, 1);
  const features = g.relu(dense(g, g.reshape(x, [rows, size]), 'reader.features', featureWidth));
  return { features, scores: new Map(heads.map(({ name, levels }) => [name, dense(g, features, `reader.${name}`, levels)])) };
}

function inkTensor(ink: Features, rows: Int32Array, count: number, shape: Shape): Tensor {
  const values = new Float32Array(count * ink.width);
  for (const [i, row] of rows.entries()) values.set(ink.values.subarray(row * ink.width, (row + 1) * ink.width), i * ink.width);
  return { shape: [count, ...shape], values };
}

/** A feature that hardly ever varies counts as if it varied a twentieth as much as the one that does most: it would drown the others. */
function scaleOf({ rows, width, values }: Features): { readonly mean: Float64Array; readonly deviation: Float64Array } {
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (let i = 0; i < width; i++) {
    let sum = 0;
    let square = 0;
    for (let row = 0; row < rows; row++) sum += values[row * width + i] as number;
    for (let row = 0; row < rows; row++) square += ((values[row * width + i] as number) - sum / rows) ** 2;
    mean[i] = sum / rows;
    deviation[i] = Math.sqrt(square / rows);
  }
  const least = deviation.reduce((most, own) => Math.max(most, own), 0) / 20 || 1;
  for (let i = 0; i < width; i++) deviation[i] = Math.max(least, deviation[i] as number);
  return { mean, deviation };
}
