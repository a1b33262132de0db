import type { Random } from '../../math/random.ts';
import { type Confusion, confusionOf, correctReadings, type Floor, marginalOf, samplingFloor, sharesOf, totalVariation } from './laws.ts';
import { type Pictures, pictureCount } from './pictures.ts';
import type { PictureReader } from './reader.ts';

/** Total variation between the attributes of generated pictures and their exact law, for one attribute or all together. */
export interface AttributeDistance {
  /** A name, or `together` for the joint table. */
  readonly attribute: string;
  /** Of the shares as read. */
  readonly raw: number;
  /** After the errors of the reader are taken out by its confusion on held-out pictures. */
  readonly corrected: number;
  /** Of as many true draws, whose attributes are known: below this nothing can be told. */
  readonly floor: Floor;
  /** The exact distance of the plain conditional law: what a model scores that is perfect, but not causal. */
  readonly conditional: number;
}

export interface AttributeAxes {
  /** In the order of the laws, last fastest. */
  readonly names: readonly string[];
  readonly sizes: readonly number[];
}

/** How a reader errs, together and for each attribute. */
export interface ReaderErrors {
  readonly together: Confusion;
  readonly single: readonly Confusion[];
  /** Share read right, for each attribute. */
  readonly accuracy: readonly number[];
}

/** Measured on pictures of known attributes that the reader has not learnt from; every combination of levels should be among them often. */
export async function readerErrors(
  reader: PictureReader,
  pictures: Pictures,
  truth: readonly Int32Array[],
  axes: AttributeAxes,
): Promise<ReaderErrors> {
  const read = await readColumns(reader, pictures, axes);
  return {
    together: confusionOf(truth, read, axes.sizes),
    single: axes.sizes.map((size, i) => confusionOf([truth[i] as Int32Array], [read[i] as Int32Array], [size])),
    accuracy: truth.map((column, i) => {
      const own = read[i] as Int32Array;
      return column.reduce((right, level, row) => right + (own[row] === level ? 1 : 0), 0) / column.length;
    }),
  };
}

async function readColumns(reader: PictureReader, pictures: Pictures, { names }: AttributeAxes): Promise<Int32Array[]> {
  const read = await reader.predict(pictures);
  return names.map((name) => {
    const column = read.get(name);
    if (column === undefined) throw new Error(`The reader does not read ${name}.`);
    return column;
  });
}

/** One line for each attribute, then one for all together. `exact` and `conditional` are laws over all combinations. */
export async function attributeDistances(
  pictures: Pictures,
  reader: PictureReader,
  errors: ReaderErrors,
  laws: { readonly exact: Float64Array; readonly conditional: Float64Array },
  axes: AttributeAxes,
  random: Random,
): Promise<readonly AttributeDistance[]> {
  const columns = await readColumns(reader, pictures, axes);
  return distancesOf(sharesOf(columns, axes.sizes), pictureCount(pictures), errors, laws, axes, random);
}

/** The same from the shares that were read in n pictures. */
export function distancesOf(
  read: Float64Array,
  n: number,
  errors: ReaderErrors,
  { exact, conditional }: { readonly exact: Float64Array; readonly conditional: Float64Array },
  { names, sizes }: AttributeAxes,
  random: Random,
): readonly AttributeDistance[] {
  const line = (attribute: string, own: Float64Array, law: Float64Array, plain: Float64Array, confusion: Confusion): AttributeDistance => ({
    attribute,
    raw: totalVariation(own, law),
    corrected: totalVariation(correctReadings(own, confusion), law),
    floor: samplingFloor(law, n, random.split(attribute)),
    conditional: totalVariation(plain, law),
  });
  return [
    ...names.map((name, i) =>
      line(name, marginalOf(read, sizes, i), marginalOf(exact, sizes, i), marginalOf(conditional, sizes, i), errors.single[i] as Confusion),
    ),
    line('together', read, exact, conditional, errors.together),
  ];
}
