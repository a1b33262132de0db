import { type AttributeAxes, type AttributeDistance, attributeDistances, type ReaderErrors } from '../../generative/metrics/attributes.ts';
import { type FrechetReport, frechetReport } from '../../generative/metrics/frechet.ts';
import { sharesOf } from '../../generative/metrics/laws.ts';
import { type MmdReport, mmdTest } from '../../generative/metrics/mmd.ts';
import { type Pictures, pickFeatures } from '../../generative/metrics/pictures.ts';
import type { PictureReader } from '../../generative/metrics/reader.ts';
import { classifierTest, type TwoSampleReport } from '../../generative/metrics/two-sample.ts';
import type { Random } from '../../math/random.ts';

/** How far pictures of one source are from the truth. */
export interface PictureScores {
  readonly source: PictureSource;
  readonly attributes: readonly AttributeDistance[];
  /** Shares of the combinations of attributes as read (row-major, last attribute fastest). */
  readonly shares: Float64Array;
  readonly frechet: FrechetReport;
  readonly mmd: MmdReport;
  readonly twoSample: TwoSampleReport;
}

/** real: drawn from the process itself under do(); network: ours; conditional: a model of the plain conditional law, trained alike. */
export type PictureSource = 'real' | 'network' | 'conditional';

export interface Judge {
  readonly reader: PictureReader;
  readonly errors: ReaderErrors;
  readonly axes: AttributeAxes;
  readonly laws: { readonly exact: Float64Array; readonly conditional: Float64Array };
  /** True pictures under do(), twice as many as are judged. */
  readonly real: Pictures;
}

/** Most rows a side in the test by kernels, whose memory grows with their square. */
const kernelRows = 500;

export async function scorePictures(source: PictureSource, pictures: Pictures, judge: Judge, random: Random): Promise<PictureScores> {
  const { reader, errors, axes, laws } = judge;
  const attributes = await attributeDistances(pictures, reader, errors, laws, axes, random.split('floor'));
  const read = await reader.predict(pictures);
  const [own, real] = [await reader.features(pictures), await reader.features(judge.real)];
  const first = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);
  const some = first(Math.min(kernelRows, own.rows, real.rows));
  return {
    source,
    attributes,
    shares: sharesOf(
      axes.names.map((name) => read.get(name) as Int32Array),
      axes.sizes,
    ),
    frechet: frechetReport(real, own, random.split('frechet')),
    mmd: mmdTest(pickFeatures(own, some), pickFeatures(real, some), { random: random.split('mmd'), permutations: 200 }),
    twoSample: classifierTest(own, real, random.split('two-sample'), { squares: true }),
  };
}

/** The largest total variation between the attributes of one group of pictures and those of all groups, and what chance alone shows. */
export interface Invariance {
  readonly attribute: string;
  readonly values: number;
  readonly draws: number;
  readonly spread: number;
  /** 95 % of largest distances lie below where there is no difference. */
  readonly floor: number;
}

/** The invariance of what is read, group by group of equally many rows that follow each other. */
export async function invarianceOf(
  pictures: Pictures,
  groups: number,
  { reader, axes }: Pick<Judge, 'reader' | 'axes'>,
  random: Random,
): Promise<readonly Invariance[]> {
  const read = await reader.predict(pictures);
  return axes.names.map((attribute, i) => {
    const column = read.get(attribute) as Int32Array;
    const draws = Math.floor(column.length / groups);
    const levels = axes.sizes[i] as number;
    const law = sharesOf([column], [levels]);
    const largest = (shares: readonly Float64Array[]): number =>
      Math.max(...shares.map((own) => own.reduce((sum, share, level) => sum + Math.abs(share - (law[level] as number)) / 2, 0)));
    const spread = largest(Array.from({ length: groups }, (_, g) => sharesOf([column.slice(g * draws, (g + 1) * draws)], [levels])));
    const own = random.split(attribute);
    const chance = Array.from({ length: 200 }, () =>
      largest(Array.from({ length: groups }, () => Float64Array.from(own.multinomial(draws, law), (count) => count / draws))),
    ).sort((a, b) => a - b);
    return { attribute, values: groups, draws, spread, floor: chance[189] as number };
  });
}
