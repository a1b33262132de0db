import { type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import type { Backend } from '../../tensor/backend.ts';
import type { Pictures } from '../metrics/pictures.ts';
import type { ColumnType } from '../terms.ts';
import type { CheckpointStore } from './checkpoint.ts';
import { type CodeHead, type CodeReader, likeliest } from './code-network.ts';
import type { PictureKey } from './keyed.ts';
import type { PairReader } from './pair-network.ts';
import { fitPictureCode, type Lesson } from './picture-code.ts';
import { fitPictureKinds, type KindsState, type PictureKinds, type PictureKindsOptions, pictureKinds } from './picture-kinds.ts';
import { fitPicturePairs, type PicturePairs, type PicturePairsOptions } from './picture-pairs.ts';

/** How the pictures of one shape and range are sorted: what a code of them reads, by which of its heads they are told apart, and how classes are cut. */
export interface Sorting {
  /** Of a column of such pictures, as its type says. */
  readonly shape: readonly number[];
  readonly range: readonly [number, number];
  readonly code: CodeReader;
  /** The heads whose likeliest levels are the class. */
  readonly classes: readonly CodeHead[];
  /** What pictures of a class are compared by: their pixels, all that the code reads, or what they tell of the pictures beside them. */
  readonly compared: 'pixels' | 'readings' | PairReader;
}

export interface SortedPictures extends Sorting {
  readonly kinds: PictureKinds;
}

export interface SortOptions extends RunOptions {
  readonly backend: Backend;
  readonly seed: number;
  /** Of the training of the code. */
  readonly steps: number;
  /** Components that the pictures of a kind are written in, at most. */
  readonly components: number;
  /** Least and greatest entry of a picture (default 0 and 1). */
  readonly range?: readonly [number, number];
  /** Chooses the heads whose likeliest levels are the class. */
  readonly classesOf: (code: CodeReader) => readonly CodeHead[] | Promise<readonly CodeHead[]>;
  readonly compared: 'pixels' | 'readings' | PairsToLearn;
  /** Of the rows of the lessons, kept out of the training of the code (default 0). */
  readonly heldOut?: number;
  readonly mostNumbers?: number;
  readonly single?: boolean;
  readonly checkpoint?: CheckpointStore;
  readonly threads?: number;
}

/** Columns of pictures that stand in the same rows, by twos, and how many steps are taken to learn what the one tells of the other. */
export interface PairsToLearn {
  readonly pairs: readonly { readonly first: Pictures; readonly second: Pictures }[];
  readonly steps: number;
}

/** Pictures of fewer pixels on a side than this are looked at as they lie, and summed up in fewer numbers. */
const large = 16;

/**
 * A code from the lessons, all of pictures of one shape (channels, height, width), and kinds of `pictures` by what it reads. Issues: those of
 * the training.
 */
export async function sortPictures(
  lessons: readonly Lesson[],
  pictures: Pictures,
  shape: readonly number[],
  options: SortOptions,
): Promise<Result<SortedPictures>> {
  const { backend, seed, steps, components, range = [0, 1], heldOut, mostNumbers, single, checkpoint, threads } = options;
  const { signal, pause, onProgress } = options;
  const run = { ...(signal && { signal }), ...(pause && { pause }), ...(onProgress && { onProgress }) };
  const training = {
    backend,
    seed,
    ...(heldOut !== undefined && { heldOut }),
    ...(checkpoint && { checkpoint }),
    ...(threads === undefined ? {} : { threads }),
    ...run,
  };
  const shift = (pictures.shape[1] as number) < large ? 0 : 1;
  const seen = lessons.map((lesson): Lesson => ({ ...lesson, pictures: brightness(lesson.pictures, range) }));
  const fitted = await fitPictureCode(seen, { ...training, steps, shift, ...(shift > 0 && { width: 128 }) });
  if (!fitted.ok) return fitted;
  const code = fitted.value;
  const classes = await options.classesOf(code);
  const compared = await learntPairs(options.compared, { range, code, classes }, training);
  if (!compared.ok) return compared;
  const sorting: Sorting = { shape, range, code, classes, compared: compared.value };
  const kinds = await fitPictureKinds(pictures, {
    ...partsOf(sorting),
    components,
    seed,
    ...(mostNumbers !== undefined && { mostNumbers }),
    ...(single !== undefined && { single }),
    ...run,
  });
  return success({ ...sorting, kinds }, [...(fitted.warnings ?? []), ...(compared.warnings ?? [])]);
}

/** What pictures tell of each other that the classes of the two do not tell. */
async function learntPairs(
  asked: SortOptions['compared'],
  { range, code, classes }: Pick<Sorting, 'range' | 'code' | 'classes'>,
  training: Omit<PicturePairsOptions, 'steps'>,
): Promise<Result<Sorting['compared']>> {
  if (typeof asked === 'string') return success(asked);
  const pairs: PicturePairs[] = [];
  for (const each of asked.pairs) {
    const [first, second] = [brightness(each.first, range), brightness(each.second, range)];
    const words = [wordsOf(await code.readings(first), code, classes), wordsOf(await code.readings(second), code, classes)] as const;
    const count = classes.reduce((product, { levels }) => product * levels, 1);
    pairs.push({ first, second, classes: words[0].map((word, row) => word * count + (words[1][row] as number)) });
  }
  return fitPicturePairs(pairs, { ...training, steps: asked.steps });
}

/** The class of each row as one number. */
function wordsOf(readings: Float32Array, { width }: CodeReader, classes: readonly CodeHead[]): number[] {
  const levels = likeliest(readings, width, classes);
  return Array.from({ length: readings.length / width }, (_, row) =>
    classes.reduce((word, { label, levels: count }) => word * count + (levels.get(label)?.[row] as number), 0),
  );
}

/** Sorts as the one did from which the state is. */
export function sortedPictures(sorting: Sorting, state: KindsState): SortedPictures {
  const { classes, compared } = partsOf(sorting);
  return { ...sorting, kinds: pictureKinds(state, classes, compared) };
}

function partsOf({
  code,
  classes,
  compared,
  range,
}: Sorting): Pick<PictureKindsOptions, 'classes'> & Pick<PictureKindsOptions, 'compared'> {
  const readings = (pictures: Pictures): Promise<Float32Array> => code.readings(brightness(pictures, range));
  const key: PictureKey = {
    attributes: classes.map(({ label, levels }) => ({ name: label, levels })),
    predict: async (pictures) => likeliest(await readings(pictures), code.width, classes),
  };
  if (compared === 'pixels') return { classes: key };
  if (compared === 'readings') return { classes: key, compared: { width: code.width, of: readings } };
  return { classes: key, compared: { width: compared.width, of: (pictures) => compared.of(brightness(pictures, range)) } };
}

/** Frees what the backend holds for a sorting, which may still be used. */
export async function disposeSorting({ code, compared }: Sorting): Promise<void> {
  await code.dispose();
  if (typeof compared !== 'string') await compared.dispose();
}

/** Entries from 0 to 1, as a code takes them. */
export function brightness(pictures: Pictures, [least, most]: readonly [number, number]): Pictures {
  if (least === 0 && most === 1) return pictures;
  const scale = most > least ? 1 / (most - least) : 1;
  return { shape: pictures.shape, values: pictures.values.map((value) => (value - least) * scale) };
}

/** What sorts the pictures of a column, if any does. */
export const sortingFor = (sorted: readonly SortedPictures[], type: ColumnType | undefined): SortedPictures | undefined =>
  sorted.find(({ shape, range }) => type?.kind === 'tensor' && type.shape.join() === shape.join() && type.range.join() === range.join());
