import { Random } from '../../math/random.ts';
import { failure, type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Backend, Tensor } from '../../tensor/backend.ts';
import type { GraphBuilder } from '../../tensor/builder.ts';
import type { Node } from '../../tensor/node.ts';
import type { Pictures } from '../metrics/pictures.ts';
import { type CheckpointStore, trainKept } from './checkpoint.ts';
import type { PictureShape } from './code-network.ts';
import { Digest } from './digest.ts';
import { type PairReader, pairReader, pairScores } from './pair-network.ts';
import type { TrainingReport } from './training.ts';

/** Two columns of pictures of one shape, and the class that each row is compared within. */
export interface PicturePairs {
  readonly first: Pictures;
  readonly second: Pictures;
  /** Of both pictures of a row together: the same number, the same class. */
  readonly classes: ArrayLike<number>;
}

export interface PicturePairsOptions extends RunOptions {
  readonly backend: Backend;
  readonly seed: number;
  readonly steps: number;
  /** Rows of a step (default 64); as many others are shown beside them. */
  readonly batch?: number;
  /** Numbers that a picture is summed up in (default 64). */
  readonly width?: number;
  readonly threads?: number;
  /** Where unfinished training is kept. */
  readonly checkpoint?: CheckpointStore;
  /**
   * Share of the rows kept out of training, on whose loss the parameters are chosen (default 0: the last). They are compared with each other
   * alone: beside a row that was learnt by heart, any other looks exchanged.
   */
  readonly heldOut?: number;
}

/** A reader of pairs and how its training went. The loss of one that tells nothing is log 2. */
export interface FittedPairs extends PairReader {
  readonly report: TrainingReport;
}

/**
 * Learns what pictures tell of the pictures beside them that their classes do not tell. Of two rows of a class (a, a') and (b, b') it is to say
 * whether they stand so or were exchanged, (a, b') and (b, a'): by the sign of (f(a) - f(b)) (g(a') - g(b')), one convolution for both functions.
 * The log-odds of that are those of p(a, a') p(b, b') to p(a, b') p(b, a') within the class, which are 0 where the two pictures are independent
 * given their classes; f and g are the best product for them (noise-contrastive estimation, Gutmann and Hyvarinen 2010, with noise drawn within
 * classes). Issues: `no-pairs` where no class has two rows; those of the training.
 */
export async function fitPicturePairs(pairs: readonly PicturePairs[], options: PicturePairsOptions): Promise<Result<FittedPairs>> {
  const { backend, seed, steps, batch = 64, width = 64, heldOut = 0, signal, onProgress, pause } = options;
  const shape = pairs[0]?.first.shape as PictureShape | undefined;
  const side = new Random(seed, 'pairs kept out');
  const longest = Math.max(0, ...pairs.map(({ classes }) => classes.length));
  // Of one row of a study all pairs are on one side.
  const keptOut = Array.from({ length: longest }, () => heldOut > 0 && side.next() < heldOut);
  const members = comparable(pairs, keptOut);
  if (shape === undefined || members.length === 0)
    return failure({ code: 'no-pairs', message: 'No two rows of pictures are of one class: there is nothing to compare.' });
  const size = shape.reduce((product, each) => product * each, 1);
  const threads = options.threads === undefined ? {} : { threads: options.threads };
  const budget = { steps, batch, learningRate: 3e-3, heldOut, looks: heldOut > 0 ? 20 : 10, patience: heldOut > 0 ? 6 : 10 };
  const trained = await trainKept(
    {
      rows: members.length,
      ...(heldOut > 0 && { keptOut: (member: number) => keptOut[(members[member] as Member).row] === true }),
      loss(g, rows) {
        const scores = pairScores(g, 4 * rows, shape, width);
        const [first, second] = [differences(g, scores, rows, 0, 0), differences(g, scores, rows, 2 * rows, 1)];
        return g.softplus(g.negate(g.multiply(first, second)));
      },
      feeds(rows, noise) {
        const own = Array.from(rows, (row) => members[row] as Member);
        const others = own.map((member) => otherOf(member, noise));
        const pictures = new Float32Array(4 * rows.length * size);
        let at = 0;
        for (const which of ['first', 'second'] as const)
          for (const each of [...own, ...others]) {
            pictures.set(each.pairs[which].values.subarray(each.row * size, (each.row + 1) * size), at);
            at += size;
          }
        return new Map<string, Tensor>([['pictures', { shape: [4 * rows.length, ...shape], values: pictures }]]);
      },
    },
    backend,
    {
      seed,
      task: 'learn what pictures tell of each other',
      key: keyOf(pairs, { seed, width, budget, backend: backend.name }),
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
  return success({ ...pairReader({ shape, features: width, parameters }, backend, threads), report }, trained.warnings ?? []);
}

/** One row; `alike`: all rows of its class on its side, with its own place among them. */
interface Member {
  readonly pairs: PicturePairs;
  readonly row: number;
  readonly alike: readonly Member[];
  readonly place: number;
}

/** The rows that are not alone in their class on their side, learnt from or kept out, in their order. */
function comparable(pairs: readonly PicturePairs[], keptOut: readonly boolean[]): Member[] {
  const members: Member[] = [];
  for (const each of pairs) {
    const [learnt, kept] = [new Map<number, Member[]>(), new Map<number, Member[]>()];
    for (let row = 0; row < each.classes.length; row++) {
      const groups = keptOut[row] === true ? kept : learnt;
      const alike = groups.get(each.classes[row] as number) ?? [];
      groups.set(each.classes[row] as number, alike);
      const member = { pairs: each, row, alike, place: alike.length };
      alike.push(member);
      members.push(member);
    }
  }
  return members.filter(({ alike }) => alike.length > 1);
}

function otherOf({ alike, place }: Member, noise: Random): Member {
  const drawn = noise.integer(alike.length - 1);
  return alike[drawn < place ? drawn : drawn + 1] as Member;
}

/** Rows `from` on less the rows after them, in one column: [rows]. */
function differences(g: GraphBuilder, scores: Node, rows: number, from: number, column: number): Node {
  const part = (start: number): Node => g.reshape(g.cut(scores, [start, column], [start + rows, column + 1]), [rows]);
  return g.subtract(part(from), part(from + rows));
}

function keyOf(pairs: readonly PicturePairs[], settings: Readonly<Record<string, unknown>>): string {
  const digest = new Digest().add(JSON.stringify(['picture pairs, sides apart', settings]));
  for (const { first, second, classes } of pairs)
    digest.add(JSON.stringify(first.shape)).add(first.values).add(second.values).add(Int32Array.from(classes));
  return digest.hex();
}
