import type { Name } from '../../graph/variable.ts';
import { Random } from '../../math/random.ts';
import { Interrupted, type RunOptions } from '../../run/progress.ts';
import type { Pictures } from '../metrics/pictures.ts';
import { type Components, principalComponents } from '../principal-components.ts';
import type { Bases } from './components.ts';
import type { PictureKey } from './keyed.ts';

export interface PictureKindsOptions extends RunOptions {
  /** What tells pictures apart first. */
  readonly classes: PictureKey;
  /** Components that the pictures of a kind are written in, at most. */
  readonly components: number;
  readonly seed: number;
  /** Where the classes are cut (default: once, by their pixels). */
  readonly cuts?: readonly MadeCut[];
  /** Numbers that the components of all kinds may take together; where it would be more, each kind has fewer (default: any). */
  readonly mostNumbers?: number;
  /** All numbers are rounded to single precision, in which they are saved (default: not). */
  readonly single?: boolean;
}

/** `width` numbers of each picture. */
export interface Compared {
  readonly width: number;
  of(pictures: Pictures): Promise<Float32Array>;
}

/** Where classes are cut in two. */
export interface KindsCut {
  /** The name of the attribute that says on which side of the cut a picture is. */
  readonly side: string;
  /** In the numbers that pictures are compared by. */
  readonly direction: Float64Array;
  /** The place of the cut of each class that is cut. */
  readonly at: ReadonlyMap<string, number>;
}

/** A cut with what pictures are compared by. */
export interface MadeCut extends KindsCut {
  readonly by: Compared;
}

/** Where classes are cut, and the components of each kind, as plain data. A kind is named by the levels of its attributes with a space between. */
export interface KindsState {
  readonly cuts: readonly KindsCut[];
  readonly pooled: Components;
  readonly own: ReadonlyMap<string, Components>;
}

/** Sorts pictures into kinds, and holds the components of each. */
export interface PictureKinds extends PictureKey {
  readonly state: KindsState;
  /** For the fitter of a picture whose kind is in columns with these names, in the order of the attributes. */
  basesBy(columns: readonly Name[]): Bases;
}

/** Pictures that a class needs to be cut; pictures of a kind for each of its components, and the fewest components of its own. */
const [fewest, rowsPerComponent, fewestComponents] = [20, 4, 4];
/** Pictures that a common direction is learnt from, at most. */
const mostRows = 3000;

/** Pictures of so many numbers as they are. */
export const pixelsOf = (size: number): Compared => ({ width: size, of: async ({ values }) => values });

/** Kinds from what {@link fitPictureKinds} found, with the same classes and comparisons. */
export function pictureKinds(state: KindsState, classes: PictureKey, compared: readonly Compared[]): PictureKinds {
  const { cuts, pooled, own } = state;
  const made = cuts.map((cut, i): MadeCut => ({ ...cut, by: compared[i] as Compared }));
  return { state, ...cutKey(classes, made), basesBy: (by) => ({ pooled, by, own }) };
}

/** Sorts pictures by class and side of each cut. */
export const cutKey = (classes: PictureKey, cuts: readonly MadeCut[]): PictureKey => ({
  attributes: [...classes.attributes, ...cuts.map(({ side }) => ({ name: side, levels: 2 }))],
  async predict(looked) {
    const found = new Map(await classes.predict(looked));
    const words = wordsOf(classes.attributes, found);
    for (const { side, direction, at, by } of cuts) {
      const numbers = await by.of(looked);
      const sides = words.map((word, row) => {
        const cut = at.get(word);
        return cut !== undefined && along(direction, numbers, row) > cut ? 1 : 0;
      });
      found.set(side, Int32Array.from(sides));
    }
    return found;
  },
});

/**
 * One more cut of the classes in two: each at its mean along one direction for all, in which what pictures are compared by differs most from the
 * mean of the class. It finds what varies alike in every class. `cuts`: those that there are. `single`: rounded to single precision.
 */
export async function cutClasses(
  pictures: Pictures,
  classes: PictureKey,
  cuts: readonly MadeCut[],
  by: Compared,
  { seed, single = false }: Pick<PictureKindsOptions, 'seed' | 'single'>,
): Promise<MadeCut> {
  const taken = new Set(cutKey(classes, cuts).attributes.map(({ name }) => name));
  let side = 'side';
  while (taken.has(side)) side = `${side}'`;
  const found = rowsByWord(wordsOf(classes.attributes, await classes.predict(pictures)));
  const large = new Map([...found].filter(([, rows]) => rows.length >= fewest));
  const random = new Random(seed, 'kinds').split(cuts.length === 0 ? 'cut' : `cut ${cuts.length + 1}`);
  const { direction, at } = cutsOf(await by.of(pictures), by.width, large, random);
  if (!single) return { side, direction, at, by };
  return { side, direction: direction.map(Math.fround), at: new Map([...at].map(([word, place]) => [word, Math.fround(place)])), by };
}

/**
 * Kinds of pictures: the classes, cut in two once or more often, and the components of each. Learnt from pictures alone; the kind is a function
 * of the picture. A kind of few pictures shares the components of all. Throws Interrupted when its signal is aborted.
 */
export async function fitPictureKinds(pictures: Pictures, options: PictureKindsOptions): Promise<PictureKinds> {
  const { classes, components, seed, mostNumbers = Number.POSITIVE_INFINITY, single = false } = options;
  const size = pictures.shape.reduce((product, each) => product * each, 1);
  const cuts = options.cuts ?? [await cutClasses(pictures, classes, [], pixelsOf(size), { seed, single })];
  const random = new Random(seed, 'kinds');
  const of = (rows: readonly number[]): Float32Array => {
    const values = new Float32Array(rows.length * size);
    for (const [i, row] of rows.entries()) values.set(pictures.values.subarray(row * size, (row + 1) * size), i * size);
    return values;
  };
  const round = single ? (values: Float64Array): Float64Array => values.map(Math.fround) : (values: Float64Array): Float64Array => values;
  const rounded = (found: Components): Components => {
    return { ...found, mean: round(found.mean), directions: round(found.directions), deviations: round(found.deviations) };
  };
  const key = cutKey(classes, cuts);
  const kinds = rowsByWord(wordsOf(key.attributes, await key.predict(pictures)));
  const most = Math.min(components, Math.max(fewestComponents, Math.floor(mostNumbers / (size * kinds.size))));
  const pooled = rounded(principalComponents(pictures.values, pictures.values.length / size, size, most, random.split('all'), 3));
  const own = new Map<string, Components>();
  for (const [i, [word, rows]] of [...kinds].entries()) {
    options.onProgress?.({ task: 'components of each kind of pictures', done: i, total: kinds.size });
    await options.pause?.();
    if (options.signal?.aborted === true) throw new Interrupted();
    const count = Math.min(most, Math.floor(rows.length / rowsPerComponent));
    if (count < fewestComponents) continue;
    own.set(word, rounded(principalComponents(of(rows), rows.length, size, count, random.split(`own ${word}`), 3)));
  }
  const bare = cuts.map(({ side, direction, at }): KindsCut => ({ side, direction, at }));
  return pictureKinds(
    { cuts: bare, pooled, own },
    classes,
    cuts.map(({ by }) => by),
  );
}

/** The direction of the largest differences from the means of the classes, and the place of each mean along it. */
function cutsOf(
  values: Float32Array,
  width: number,
  rowsOf: ReadonlyMap<string, readonly number[]>,
  random: Random,
): { readonly direction: Float64Array; readonly at: ReadonlyMap<string, number> } {
  const means = new Map<string, Float64Array>();
  const all: { readonly row: number; readonly mean: Float64Array }[] = [];
  for (const [word, rows] of rowsOf) {
    const mean = new Float64Array(width);
    for (const row of rows)
      for (let i = 0; i < width; i++) mean[i] = (mean[i] as number) + (values[row * width + i] as number) / rows.length;
    means.set(word, mean);
    for (const row of rows) all.push({ row, mean });
  }
  const used = Math.min(all.length, mostRows);
  const differences = new Float32Array(used * width);
  for (let r = 0; r < used; r++) {
    const { row, mean } = all[Math.floor((r * all.length) / used)] as (typeof all)[number];
    for (let i = 0; i < width; i++) differences[r * width + i] = (values[row * width + i] as number) - (mean[i] as number);
  }
  const found = principalComponents(differences, used, width, 1, random).directions;
  // Where no class is large or nothing differs, all pictures are on one side.
  const direction = found.length === width ? found : new Float64Array(width);
  return { direction, at: new Map([...means].map(([word, mean]) => [word, along(direction, mean, 0)])) };
}

/** The place of a row of `values` along a direction. */
function along(direction: Float64Array, values: ArrayLike<number>, row: number): number {
  const from = row * direction.length;
  return direction.reduce((sum, each, i) => sum + each * (values[from + i] as number), 0);
}

/** The levels of each row, as one word: those of the attributes, in their order. */
function wordsOf(attributes: PictureKey['attributes'], levels: ReadonlyMap<string, Int32Array>): string[] {
  const columns = attributes.map(({ name }) => levels.get(name) ?? new Int32Array());
  return Array.from(columns[0] ?? [], (_, row) => columns.map((column) => column[row]).join(' '));
}

function rowsByWord(words: readonly string[]): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  for (const [row, word] of words.entries()) {
    const own = rows.get(word);
    if (own === undefined) rows.set(word, [row]);
    else own.push(row);
  }
  return rows;
}
