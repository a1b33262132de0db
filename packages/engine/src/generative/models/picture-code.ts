import type { Random } from '../../math/random.ts';
import { type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Backend, Tensor } from '../../tensor/backend.ts';
import type { Node } from '../../tensor/node.ts';
import type { Pictures } from '../metrics/pictures.ts';
import { type CheckpointStore, trainKept } from './checkpoint.ts';
import { type CodeLabel, type CodeReader, codeLogits, codeReader, headName, type PictureShape } from './code-network.ts';
import { Digest } from './digest.ts';
import type { TrainingReport } from './training.ts';

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
  /** Where unfinished training is kept. */
  readonly checkpoint?: CheckpointStore;
  /** Share of the rows kept out of training, on whose loss the parameters are chosen (default 0: the last). */
  readonly heldOut?: number;
}

/** A code and how its training went. */
export interface PictureCode extends CodeReader {
  readonly report: TrainingReport;
}

/**
 * Learns one code of all pictures of a shape: convolutions and a dense layer that all lessons share, one softmax for each label of each lesson.
 * The lessons are the ones that the data set: a picture column beside finite columns of the same rows. Issues: those of the training.
 */
export async function fitPictureCode(lessons: readonly Lesson[], options: PictureCodeOptions): Promise<Result<PictureCode>> {
  const { backend, seed, width = 64, batch = 128, shift = 0, heldOut = 0, signal, onProgress, pause } = options;
  const shape = lessons[0]?.pictures.shape as PictureShape | undefined;
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
  const columns = heads.map(({ name, label, levels }): CodeLabel => ({ lesson: name, label, levels }));
  const budget = { steps: options.steps, batch, learningRate: 3e-3, heldOut, looks: heldOut > 0 ? 20 : 10, patience: heldOut > 0 ? 6 : 10 };
  const trained = await trainKept(
    {
      rows: counts.reduce((sum, each) => sum + each, 0),
      loss(g, rows) {
        const logits = codeLogits(g, rows, shape, width, columns);
        const losses = heads.map(({ lesson, name, label, levels }, i) => {
          const wanted = g.oneHot(g.input(`label.${headName(name, label)}`, [rows]), levels);
          const own = g.reduceSum(g.multiply(g.logSoftmax(logits[i] as Node), wanted), [1]);
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
      key: keyOf(lessons, { seed, width, shift, budget, backend: backend.name }),
      budget,
      adam: { averageDecay: 0.99 },
      ...threads,
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
      ...(pause && { pause }),
    },
    options.checkpoint,
  );
  if (!trained.ok) return trained;
  const { parameters, report } = trained.value;
  const reader = codeReader({ shape, features: width, labels: columns, parameters }, backend, threads);
  return success({ ...reader, report }, trained.warnings ?? []);
}

function keyOf(lessons: readonly Lesson[], settings: Readonly<Record<string, unknown>>): string {
  const digest = new Digest().add(JSON.stringify(['picture code', settings]));
  for (const { name, pictures, labels } of lessons) {
    digest.add(JSON.stringify([name, pictures.shape])).add(pictures.values);
    for (const [label, { levels, values }] of labels) digest.add(JSON.stringify([label, levels])).add(values);
  }
  return digest.hex();
}

/** Each picture moved by whole pixels, up to `most` each way on both axes; what comes in is 0. */
function moved(values: Float32Array, [channels, height, width]: PictureShape, most: number, noise: Random): Float32Array {
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
