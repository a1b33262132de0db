import { type Result, success } from '../../run/issue.ts';
import { Interrupted, type RunOptions } from '../../run/progress.ts';
import type { Backend } from '../../tensor/backend.ts';
import type { Pictures } from '../metrics/pictures.ts';
import type { ColumnType } from '../terms.ts';
import type { CheckpointStore } from './checkpoint.ts';
import { type CodeHead, type CodeReader, likeliest } from './code-network.ts';
import type { PictureKey } from './keyed.ts';
import type { PairReader } from './pair-network.ts';
import { fitPictureCode, type Lesson } from './picture-code.ts';
import {
  type Compared,
  cutClasses,
  cutKey,
  fitPictureKinds,
  type KindsState,
  type MadeCut,
  type PictureKinds,
  pictureKinds,
  pixelsOf,
} from './picture-kinds.ts';
import { fitPicturePairs, type PicturePairs, type PicturePairsOptions } from './picture-pairs.ts';

/** How the pictures of one shape and range are sorted: by which heads of a code they are told apart, and how classes are cut. */
export interface Sorting {
  /** Of a column of such pictures, as its type says. */
  readonly shape: readonly number[];
  readonly range: readonly [number, number];
  readonly code: CodeReader;
  /** The heads whose likeliest levels are the class. */
  readonly classes: readonly CodeHead[];
  /** What a class is cut by, once for each: pixels, all that the code reads, what pictures tell of those beside them. */
  readonly compared: readonly ComparedBy[];
}

export type ComparedBy = 'pixels' | 'readings' | PairReader;

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
  readonly compared: readonly ('pixels' | 'readings' | PairsToLearn)[];
  /** Classes are cut more than once only where the mean kind keeps so many pictures (default: anyway). */
  readonly fewestPerKind?: number;
  /** Of the rows of the lessons, kept out of the training of the code (default 0). */
  readonly heldOut?: number;
  readonly mostNumbers?: number;
  readonly single?: boolean;
  readonly checkpoint?: CheckpointStore;
  readonly threads?: number;
}

/** Columns of pictures of the same rows, by twos, and in how many steps it is learnt what they tell of each other that their kinds, so far, do not. */
export interface PairsToLearn {
  readonly pairs: readonly { readonly first: Pictures; readonly second: Pictures }[];
  readonly steps: number;
  /** Where they tell less of each other than this, in nats of rows left out, or no more than chance, there is no cut by it (default: there is). */
  readonly leastNats?: number;
}

/**
 * Nats over all rows left out that chance gives at three standard errors, 3^2 / 2: where there is nothing to tell, scores of deviation d lose d^2 / 8
 * a row, give or take d / 2 over the root of the rows.
 */
const byChance = 4.5;
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
  const compared: ComparedBy[] = [];
  let sorted: SortedPictures | undefined;
  try {
    const classes = await options.classesOf(code);
    const warnings = [...(fitted.warnings ?? [])];
    const classKey = keyOf({ range, code, classes });
    const cuts: MadeCut[] = [];
    const perClass = pictures.values.length / volume(pictures.shape) / volume(classes.map(({ levels }) => levels));
    for (const asked of options.compared) {
      if (cuts.length > 0 && perClass < 2 ** (cuts.length + 1) * (options.fewestPerKind ?? 0)) break;
      const learnt = typeof asked === 'string' ? success(asked) : await learntPairs(asked, range, cutKey(classKey, cuts), training);
      if (!learnt.ok) return learnt;
      warnings.push(...(learnt.warnings ?? []));
      if (learnt.value === undefined) continue;
      compared.push(learnt.value);
      const by = numbersOf(learnt.value, { range, code });
      cuts.push(await cutClasses(pictures, classKey, cuts, by, { seed, ...(single !== undefined && { single }) }));
    }
    const kinds = await fitPictureKinds(pictures, {
      classes: classKey,
      cuts,
      components,
      seed,
      ...(mostNumbers !== undefined && { mostNumbers }),
      ...(single !== undefined && { single }),
      ...run,
    });
    sorted = { shape, range, code, classes, compared, kinds };
    return success(sorted, warnings);
  } finally {
    if (sorted === undefined) await disposeSorting({ code, compared });
  }
}

/** What pictures tell of each other that the kinds of the two, so far, do not tell; undefined where that is too little. */
async function learntPairs(
  { pairs: asked, steps, leastNats }: PairsToLearn,
  range: Sorting['range'],
  soFar: PictureKey,
  training: Omit<PicturePairsOptions, 'steps'>,
): Promise<Result<PairReader | undefined>> {
  const pairs: PicturePairs[] = [];
  const count = soFar.attributes.reduce((product, { levels }) => product * levels, 1);
  // A column may stand in several pairs.
  const columns = new Map<Float32Array, { readonly pictures: Pictures; readonly kinds: readonly number[] }>();
  const looked = async (pictures: Pictures) => {
    const known = columns.get(pictures.values);
    if (known !== undefined) return known;
    if (training.signal?.aborted === true) throw new Interrupted();
    const found = { pictures: brightness(pictures, range), kinds: await numbered(soFar, pictures) };
    columns.set(pictures.values, found);
    return found;
  };
  for (const each of asked) {
    const [first, second] = [await looked(each.first), await looked(each.second)];
    const classes = first.kinds.map((kind, row) => kind * count + (second.kinds[row] as number));
    pairs.push({ first: first.pictures, second: second.pictures, classes });
  }
  const learnt = await fitPicturePairs(pairs, { ...training, steps });
  if (!learnt.ok) {
    if (leastNats !== undefined && learnt.issues.every((issue) => issue.code === 'no-pairs')) return success(undefined);
    return learnt;
  }
  const { heldOut, heldOutRows } = learnt.value.report;
  const told = Math.LN2 - Math.min(...heldOut);
  const enough = leastNats === undefined || told >= Math.max(leastNats, byChance / heldOutRows);
  return success(enough ? learnt.value : undefined, learnt.warnings ?? []);
}

/** The kind of each picture as one number. */
async function numbered({ attributes, predict }: PictureKey, pictures: Pictures): Promise<number[]> {
  const levels = await predict(pictures);
  const rows = levels.get(attributes[0]?.name ?? '')?.length ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    attributes.reduce((number, { name, levels: count }) => number * count + (levels.get(name)?.[row] as number), 0),
  );
}

/** Sorts as the one did from which the state is. */
export function sortedPictures(sorting: Sorting, state: KindsState): SortedPictures {
  const numbers = sorting.compared.map((by) => numbersOf(by, sorting));
  return { ...sorting, kinds: pictureKinds(state, keyOf(sorting), numbers) };
}

/** Tells the classes, by the code. */
const keyOf = ({ range, code, classes }: Pick<Sorting, 'range' | 'code' | 'classes'>): PictureKey => ({
  attributes: classes.map(({ label, levels }) => ({ name: label, levels })),
  predict: async (pictures) => likeliest(await code.readings(brightness(pictures, range)), code.width, classes),
});

const volume = (lengths: readonly number[]): number => lengths.reduce((product, each) => product * each, 1);

function numbersOf(by: ComparedBy, { range, code }: Pick<Sorting, 'range' | 'code'>): Compared {
  if (by === 'pixels') return pixelsOf(volume(code.state.shape));
  const read = by === 'readings' ? code.readings : by.of;
  return { width: by === 'readings' ? code.width : by.width, of: (pictures) => read(brightness(pictures, range)) };
}

/** Frees what the backend holds for a sorting, which may still be used. */
export async function disposeSorting({ code, compared }: Pick<Sorting, 'code' | 'compared'>): Promise<void> {
  await code.dispose();
  for (const by of compared) if (typeof by !== 'string') await by.dispose();
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
