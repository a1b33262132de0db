import type { Random } from '../../math/random.ts';
import { type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Backend, Tensor } from '../../tensor/backend.ts';
import { GraphBuilder } from '../../tensor/builder.ts';
import { frozen } from '../../tensor/graph.ts';
import { convolution, dense } from '../../tensor/layers.ts';
import type { Node } from '../../tensor/node.ts';
import type { Pictures } from '../metrics/pictures.ts';
import { type TrainingReport, trainSteps } from './training.ts';

/** What one column of pictures is to be told apart by: finite columns of the same rows. */
export interface Lesson {
  readonly name: string;
  readonly pictures: Pictures;
  readonly labels: ReadonlyMap<string, { readonly levels: number; readonly values: Int32Array }>;
}

export interface PictureCodeOptions extends RunOptions {
  readonly backend: Backend;
  readonly seed: number;
  readonly steps: number;
  /** Rows of a step (default 128). */
  readonly batch?: number;
  /** Numbers that a picture is summed up in (default 64). */
  readonly width?: number;
  /** Pictures are moved by up to so many pixels each way while it learns (default 0). */
  readonly shift?: number;
  readonly threads?: number;
}

/** Reads off pictures of one shape what columns of the data they go with. */
export interface PictureCode {
  readonly report: TrainingReport;
  /** `from`: where its levels begin in the readings. */
  readonly heads: readonly { readonly lesson: string; readonly label: string; readonly levels: number; readonly from: number }[];
  /** Numbers that a picture is read as: the levels of all heads. */
  readonly width: number;
  /** rows x width: what each head gives the levels of its label, as probabilities that sum to 1 over them. */
  readings(pictures: Pictures): Promise<Float32Array>;
  /** The likeliest levels of the labels of a lesson. */
  predict(pictures: Pictures, lesson: string): Promise<Map<string, Int32Array>>;
  dispose(): Promise<void>;
}

/** Pictures read at a time. */
const readRows = 256;

/**
 * Learns one code of all pictures of a shape: convolutions and a dense layer that all lessons share, one softmax for each label of each lesson.
 * The lessons are the ones that the data set: a picture column beside finite columns of the same rows. Issues: those of the training.
 */
export async function fitPictureCode(lessons: readonly Lesson[], options: PictureCodeOptions): Promise<Result<PictureCode>> {
  const { backend, seed, width = 64, batch = 128, shift = 0, signal, onProgress, pause } = options;
  const shape = lessons[0]?.pictures.shape as Shape | undefined;
  if (shape === undefined) throw new Error('A code of no pictures.');
  const size = shape.reduce((product, each) => product * each, 1);
  const counts = lessons.map(({ pictures }) => pictures.values.length / size);
  const starts = counts.map((_, i) => counts.slice(0, i).reduce((sum, each) => sum + each, 0));
  const lessonOf = (row: number): number => {
    let found = lessons.length - 1;
    while ((starts[found] as number) > row) found -= 1;
    return found;
  };
  const heads = lessons.flatMap(({ name, labels }, lesson) =>
    [...labels].map(([label, { levels, values }]) => ({ lesson, name, label, levels, values })),
  );
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const headName = (lesson: string, label: string): string => `${lesson} ${label}`;
  const trained = await trainSteps(
    {
      rows: counts.reduce((sum, each) => sum + each, 0),
      loss(g, rows) {
        const features = trunk(g, rows, shape, width);
        const losses = heads.map(({ lesson, name, label, levels }) => {
          const wanted = g.oneHot(g.input(`label.${headName(name, label)}`, [rows]), levels);
          const own = g.reduceSum(g.multiply(g.logSoftmax(dense(g, features, headName(name, label), levels)), wanted), [1]);
          return lessons.length === 1 ? g.negate(own) : g.negate(g.multiply(own, g.input(`of.${lesson}`, [rows])));
        });
        return losses.reduce((sum, loss) => g.add(sum, loss));
      },
      feeds(rows, noise) {
        const of = rows.map(lessonOf);
        const feeds = new Map<string, Tensor>();
        const pictures = new Float32Array(rows.length * size);
        for (const [i, row] of rows.entries()) {
          const at = row - (starts[of[i] as number] as number);
          pictures.set((lessons[of[i] as number] as Lesson).pictures.values.subarray(at * size, (at + 1) * size), i * size);
        }
        feeds.set('pictures', { shape: [rows.length, ...shape], values: shift > 0 ? moved(pictures, shape, shift, noise) : pictures });
        for (const { lesson, name, label, values } of heads)
          feeds.set(`label.${headName(name, label)}`, {
            shape: [rows.length],
            values: Float32Array.from(rows, (row, i) => (of[i] === lesson ? (values[row - (starts[lesson] as number)] as number) : 0)),
          });
        if (lessons.length > 1)
          for (const [lesson] of lessons.entries())
            feeds.set(`of.${lesson}`, { shape: [rows.length], values: Float32Array.from(of, (own) => (own === lesson ? 1 : 0)) });
        return feeds;
      },
    },
    backend,
    {
      seed,
      task: 'learn a code of pictures',
      key: 'picture code',
      budget: { steps: options.steps, batch, learningRate: 3e-3, heldOut: 0, looks: 10, patience: 10 },
      adam: { averageDecay: 0.99 },
      ...threads,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
      ...(pause && { pause }),
    },
  );
  if (!trained.ok) return trained;
  const g = new GraphBuilder();
  const features = trunk(g, readRows, shape, width);
  const read = g.concat(
    heads.map(({ name, label, levels }) => g.softmax(dense(g, features, headName(name, label), levels))),
    1,
  );
  const executable = await backend.compile(frozen(new Map([['readings', read]]), g.parameters, trained.value.parameters), threads);
  const wide = heads.reduce((sum, { levels }) => sum + levels, 0);
  const placed = heads.map(({ name, label, levels }, i) => {
    return { lesson: name, label, levels, from: heads.slice(0, i).reduce((sum, before) => sum + before.levels, 0) };
  });
  const readings = async (of: Pictures): Promise<Float32Array> => {
    const rows = of.values.length / size;
    const values = new Float32Array(rows * wide);
    const fed = new Float32Array(readRows * size);
    for (let from = 0; from < rows; from += readRows) {
      const used = Math.min(readRows, rows - from);
      fed.set(of.values.subarray(from * size, (from + used) * size));
      const out = (await executable.run(new Map([['pictures', { shape: [readRows, ...shape], values: fed }]]))).get('readings') as Tensor;
      values.set(out.values.subarray(0, used * wide), from * wide);
    }
    return values;
  };
  return success({
    report: trained.value.report,
    heads: placed,
    width: wide,
    readings,
    async predict(of, lesson) {
      const own = placed.filter((head) => head.lesson === lesson);
      if (own.length === 0) throw new Error(`The code has not learnt from ${lesson}.`);
      const read = await readings(of);
      return new Map(own.map(({ label, levels, from }) => [label, likeliest(read, wide, from, levels)]));
    },
    dispose: () => executable.dispose(),
  });
}

/** Per row, the level with the largest of the numbers from `from` on. */
function likeliest(readings: Float32Array, width: number, from: number, levels: number): Int32Array {
  return Int32Array.from({ length: readings.length / width }, (_, row) => {
    const at = row * width + from;
    let best = 0;
    for (let level = 1; level < levels; level++) if ((readings[at + level] as number) > (readings[at + best] as number)) best = level;
    return best;
  });
}

type Shape = readonly [channels: number, height: number, width: number];

/** [rows, width]: two convolutions on the channels and their maximum, a dense layer. Pictures of 16 pixels and more are halved at once. */
function trunk(g: GraphBuilder, rows: number, [channels, height, across]: Shape, width: number): Node {
  const pictures = g.input('pictures', [rows, channels, height, across]);
  const planes = Array.from({ length: channels }, (_, c) => g.slice(pictures, 1, c, c + 1));
  let x = channels === 1 ? pictures : g.concat([planes.reduce((most, plane) => g.maximum(most, plane)), pictures], 1);
  const large = Math.min(height, across) >= 16;
  x = g.relu(convolution(g, x, 'code.conv0', 16, large ? { size: 5, stride: 2 } : {}));
  x = g.relu(convolution(g, x, 'code.conv1', 32));
  if ((x.shape[2] as number) % 2 === 0 && (x.shape[3] as number) % 2 === 0) x = g.averagePool(x, 2);
  const size = x.shape.slice(1).reduce((product, each) => product * each, 1);
  return g.relu(dense(g, g.reshape(x, [rows, size]), 'code.features', width));
}

/** Each picture moved by whole pixels, up to `most` each way on both axes; what comes in is 0. */
function moved(values: Float32Array, [channels, height, width]: Shape, most: number, noise: Random): Float32Array {
  const out = new Float32Array(values.length);
  const area = height * width;
  for (let at = 0; at < values.length; at += channels * area) {
    const dx = noise.integer(2 * most + 1) - most;
    const dy = noise.integer(2 * most + 1) - most;
    const [left, right] = [Math.max(0, dx), Math.min(width, width + dx)];
    for (let c = 0; c < channels; c++)
      for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
        const from = at + c * area + (y - dy) * width - dx;
        out.set(values.subarray(from + left, from + right), at + c * area + y * width + left);
      }
  }
  return out;
}
