import type { Name } from '../../graph/variable.ts';
import { Random } from '../../math/random.ts';
import { failure, type Issue, type Result, success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { columnOf, drawnRows, selected, type TrainingData, taken, widthOf } from '../batch.ts';
import type { Features } from '../metrics/pictures.ts';
import { classifierTest, type TwoSampleReport } from '../metrics/two-sample.ts';
import type { Batch, ColumnType, ColumnValues } from '../terms.ts';
import { BroughtFailure } from './contract.ts';
import { type Match, printRequired, requiredLaw } from './match.ts';
import type { BroughtModel } from './model.ts';
import { likeSupport } from './support.ts';

export interface ProbeReport {
  /** The law that the network needs, in words. */
  readonly law: string;
  /** The same noise gave the same draws, and other noise too: a translator without noise of its own, a factor of zero width. */
  readonly zeroWidth: boolean;
  /** Share of the numbers of tensors that lay outside the stated range and were moved to its edge. */
  readonly clipped: number;
  /** Share of the rows of data at which the model is outside the training support that it claims; absent: no claim, or no data. */
  readonly outside?: number;
  /** Draws against rows of the factor's own study; absent where there are none. */
  readonly twoSample?: TwoSampleReport & { readonly rows: number };
  readonly notes: readonly string[];
}

/** Rows drawn to see whether a model is a sampler at all. */
const tried = 32;
/** Rows of these drawn again without the others; no share of 32 rows is one of 13 too, so means over rows differ. */
const alone = 13;
/** Rows per side of the comparison with data: at least, at most. */
const [fewest, mostCompared] = [100, 2000];
/** The model is refused where a classifier tells its draws from data at least this well, its interval says. */
const toldApart = 0.55;

/**
 * Tries a brought model: the same noise twice must give the same draws, a row's draws must not depend on the rows beside it, numbers
 * must be finite and in range; and its draws must not be told from rows of the factor's own study (two-sample classifier over the
 * target and its products with the conditions). Issues: `brought-not-deterministic`, `brought-rows-mixed`, `brought-range`,
 * `brought-differs`, and those of {@link BroughtFailure}. Warnings: `brought-doubtful` (p < 0.01), `brought-outside-support`.
 */
export async function probe(
  model: BroughtModel,
  match: Match,
  types: ReadonlyMap<Name, ColumnType>,
  data: ReadonlyMap<Name, TrainingData>,
  random: Random,
  options: RunOptions = {},
): Promise<Result<ProbeReport>> {
  try {
    return await judge(model, match, types, data, random, options);
  } catch (error) {
    if (error instanceof BroughtFailure) return failure(error.issue);
    throw error;
  }
}

async function judge(
  model: BroughtModel,
  match: Match,
  types: ReadonlyMap<Name, ColumnType>,
  data: ReadonlyMap<Name, TrainingData>,
  random: Random,
  options: RunOptions,
): Promise<Result<ProbeReport>> {
  const { factor } = match;
  const law = printRequired(factor);
  const warnings: Issue[] = [];
  const notes: string[] = [];
  const { studies } = requiredLaw(factor);
  const variables = [...factor.of, ...factor.given].map((name) => nameOf(match, name));
  const own = studies
    .flatMap((study) => data.get(study) ?? [])
    .find(({ batch }) => variables.every((name) => batch.columns.has(name)) && batch.rows > 0);
  const somewhere =
    own ?? [...data.values()].find(({ batch }) => factor.given.every((name) => batch.columns.has(nameOf(match, name))) && batch.rows > 0);
  const givenRows = (count: number, stream: Random): Batch =>
    somewhere === undefined || factor.given.length === 0
      ? likeSupport(
          model.manifest,
          factor.given.map((name) => [nameOf(match, name), name]),
          types,
          count,
          stream,
        )
      : renamed(
          taken(
            selected(
              somewhere.batch,
              factor.given.map((name) => nameOf(match, name)),
            ),
            drawnRows(somewhere, count, stream),
          ),
          match,
          factor.given,
        );

  const given = givenRows(tried, random.split('given'));
  const seed = random.split('noise');
  const again = (): Random => new Random(seed.seed, ...seed.path);
  const first = await model.sample(given, again(), options);
  // Draws of levels hide small differences of their probabilities.
  const scoresOf = async (count: number): Promise<Float64Array | undefined> => {
    const rows = { rows: tried, columns: new Map([...given.columns, ...first.columns]) };
    return model.logProbability?.(
      taken(
        rows,
        Int32Array.from({ length: count }, (_, i) => i),
      ),
    );
  };
  const scores = await scoresOf(tried);
  const alike = (other: Float64Array | undefined, tolerance: number): boolean =>
    other === undefined || other.every((value, i) => apart(value, scores?.[i] ?? Number.NaN) <= tolerance);
  if (!close(first, await model.sample(given, again(), options), 0) || !alike(await scoresOf(tried), 0))
    return failure({
      code: 'brought-not-deterministic',
      message: 'The model gives other draws for the same noise.',
      hint: 'Make its noise an input (not a random operator, and no dropout left on): seeds and comparisons need it.',
    });
  const few = Int32Array.from({ length: alone }, (_, i) => i);
  if (!close(taken(first, few), await model.sample(taken(given, few), again(), options), 1e-3) || !alike(await scoresOf(alone), 1e-3))
    return failure({
      code: 'brought-rows-mixed',
      message: 'What the model draws for a row changes with the other rows of the batch.',
      hint: 'Export it in evaluation mode: batch normalisation must use its stored figures.',
    });
  const zeroWidth = model.manifest.kind !== 'logits' && close(first, await model.sample(given, random.split('other noise'), options), 0);
  if (zeroWidth)
    notes.push(`Other noise gives the same draws: ${factor.of.join(', ')} is drawn as a function of its conditions, a law of zero width.`);
  const { count, of } = model.clipped();
  const clipped = of === 0 ? 0 : count / of;
  if (clipped > 0.2)
    return failure({
      code: 'brought-range',
      message: `${percent(clipped)} of the numbers that the model draws lie outside the range that the manifest states.`,
      hint: 'Correct target[].range: the least and the greatest number that the file gives.',
    });

  let outside: number | undefined;
  if (model.supports !== undefined && somewhere !== undefined && factor.given.length > 0) {
    const marks = model.supports(givenRows(mostCompared, random.split('support')));
    outside = 1 - marks.reduce((sum, mark) => sum + mark, 0) / marks.length;
    if (outside > 0)
      warnings.push({
        code: 'brought-outside-support',
        message: `${percent(outside)} of the rows of data lie outside the support that the model was trained on (claims.support); what it draws there is a guess.`,
      });
  }
  if (own === undefined) {
    notes.push(
      factor.rows.kind === 'generated'
        ? 'Its rows are generated: there is no data to compare it with.'
        : 'No study has rows to compare it with.',
    );
    return success({ law, zeroWidth, clipped, notes, ...(outside !== undefined && { outside }) }, warnings);
  }
  const twoSample = await compared(model, match, types, own, random.split('compared'), options);
  if (twoSample === undefined) {
    notes.push(`There are fewer than ${2 * fewest} rows: too few to compare it with.`);
    return success({ law, zeroWidth, clipped, notes, ...(outside !== undefined && { outside }) }, warnings);
  }
  const figures = `${percent(twoSample.accuracy)} right [${percent(twoSample.interval[0])}, ${percent(twoSample.interval[1])}], p = ${twoSample.p.toPrecision(2)}`;
  if (twoSample.interval[0] > toldApart)
    return failure({
      code: 'brought-differs',
      message: `The model does not draw ${law}: a classifier tells its draws from the rows of the study (${figures}; 50.0 % where the laws agree).`,
      hint: 'Check the order of levels, the encodings, the means and deviations in the manifest, and which data it was trained on.',
    });
  if (twoSample.p < 0.01)
    warnings.push({
      code: 'brought-doubtful',
      message: `A classifier tells draws of the model from rows of the study somewhat (${figures}).`,
    });
  return success({ law, zeroWidth, clipped, twoSample, notes, ...(outside !== undefined && { outside }) }, warnings);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const nameOf = ({ columns }: Match, column: Name): Name =>
  [...columns].find(([, own]) => own === column)?.[0] ?? column.replace(/'+$/u, '');
const renamed = (batch: Batch, match: Match, names: readonly Name[]): Batch => ({
  rows: batch.rows,
  columns: new Map(names.map((name) => [name, columnOf(batch, nameOf(match, name))])),
});

const apart = (a: number, b: number): number => (a === b ? 0 : Math.abs(a - b) / (1 + Math.abs(a)));

function close(a: Batch, b: Batch, tolerance: number): boolean {
  return [...a.columns].every(([name, column]) => {
    const other = columnOf(b, name).values;
    return column.values.every((value, i) => apart(value, other[i] as number) <= tolerance);
  });
}

/** Rows of data against draws at the conditions of other rows. */
async function compared(
  model: BroughtModel,
  match: Match,
  types: ReadonlyMap<Name, ColumnType>,
  data: TrainingData,
  random: Random,
  options: RunOptions,
): Promise<ProbeReport['twoSample']> {
  const { of, given } = match.factor;
  const names = [...of, ...given];
  const rows = Math.min(mostCompared, data.weights === undefined ? Math.floor(data.batch.rows / 2) : mostCompared);
  if (rows < fewest) return undefined;
  let order: Int32Array;
  if (data.weights !== undefined) order = drawnRows(data, 2 * rows, random.split('rows'));
  else
    order = Int32Array.from(
      random
        .split('rows')
        .shuffle(Array.from({ length: data.batch.rows }, (_, i) => i))
        .slice(0, 2 * rows),
    );
  const all = renamed(
    taken(
      selected(
        data.batch,
        names.map((name) => nameOf(match, name)),
      ),
      order,
    ),
    match,
    names,
  );
  const part = (from: number): Batch =>
    taken(
      all,
      Int32Array.from({ length: rows }, (_, i) => from + i),
    );
  const [real, other] = [part(0), part(rows)];
  const drawn = await model.sample(selected(other, given), random.split('draws'), options);
  const features = featuresLike(real, of, given, (name) => types.get(nameOf(match, name)), random.split('features'));
  const made: Batch = { rows, columns: new Map([...other.columns, ...drawn.columns]) };
  return { ...classifierTest(features(real), features(made), random.split('classifier')), rows };
}

/** Most features; a picture counts for its mean, its spread and some random projections. */
const [mostFeatures, projections, mostLevels] = [96, 6, 32];

/** Features of the target, and their products with those of the conditions: what a difference in the conditional law shows in. */
function featuresLike(
  like: Batch,
  of: readonly Name[],
  given: readonly Name[],
  typeOf: (name: Name) => ColumnType | undefined,
  random: Random,
): (batch: Batch) => Features {
  const readers = new Map(
    [...of, ...given].map((name) => [name, readerLike(columnOf(like, name), like.rows, typeOf(name), random.split(name))]),
  );
  return (batch) => {
    const parts = (names: readonly Name[]): Float64Array[] =>
      names.flatMap((name) =>
        (readers.get(name) as (column: ColumnValues, rows: number) => Float64Array[])(columnOf(batch, name), batch.rows),
      );
    const [targets, conditions] = [parts(of), parts(given)];
    const columns = targets.slice(0, mostFeatures);
    for (const condition of conditions)
      for (const target of targets)
        if (columns.length < mostFeatures) columns.push(target.map((value, row) => value * (condition[row] as number)));
    const values = new Float64Array(batch.rows * columns.length);
    columns.forEach((column, i) => {
      for (let row = 0; row < batch.rows; row++) values[row * columns.length + i] = column[row] as number;
    });
    return { rows: batch.rows, width: columns.length, values };
  };
}

function readerLike(
  like: ColumnValues,
  rows: number,
  type: ColumnType | undefined,
  random: Random,
): (column: ColumnValues, rows: number) => Float64Array[] {
  if (type?.kind === 'finite' && type.levels.length <= mostLevels)
    return ({ values }) => type.levels.slice(1).map((_, i) => Float64Array.from(values, (code) => (code === i + 1 ? 1 : 0)));
  const width = widthOf(like);
  const plain = ({ values }: ColumnValues, count: number): Float64Array[] => {
    if (width === 1) return [Float64Array.from(values)];
    const made = weights.map((own) =>
      Float64Array.from({ length: count }, (_, row) =>
        own.reduce((sum, weight, i) => sum + weight * (values[row * width + i] as number), 0),
      ),
    );
    const mean = made[0] as Float64Array;
    return [
      ...made,
      mean.map((middle, row) => {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += ((values[row * width + i] as number) - middle) ** 2;
        return Math.sqrt(sum / width);
      }),
    ];
  };
  const weights = [
    new Float64Array(width).fill(1 / width),
    ...Array.from({ length: width === 1 ? 0 : projections }, (_, i) => {
      const own = random.split(i);
      return Float64Array.from({ length: width }, () => own.normal() / Math.sqrt(width));
    }),
  ];
  const scales = plain(like, rows).map((values) => {
    const mean = values.reduce((sum, value) => sum + value / rows, 0);
    return { mean, spread: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / rows, 0)) || 1 };
  });
  return (column, count) =>
    plain(column, count).flatMap((values, i) => {
      const { mean, spread } = scales[i] as (typeof scales)[number];
      // Squares of what lies far out would drown the rest.
      const scaled = values.map((value) => Math.max(-6, Math.min(6, (value - mean) / spread)));
      return [scaled, scaled.map((value) => value * value - 1)];
    });
}
