import type { Domain, Name } from '../graph/variable.ts';
import { Sum } from '../math/sum.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { type Columns, featureWriter, levelNumbers, type MomentQuery } from './features.ts';
import { blockRecords, type Gram, gram } from './gram.ts';
import { tensorSize } from './tensors.ts';

export { type Columns, type Feature, type FeatureFactor, featureReader, type MomentQuery } from './features.ts';

/** Sums of products of features: a commutative monoid under {@link mergeMoments}, with {@link noMoments} as zero. */
export interface Moments {
  /** Rows of positive weight. */
  readonly records: number;
  /** Sum of their counts, weights or probabilities. */
  readonly weight: number;
  /** Number of features. */
  readonly size: number;
  /** Sum of w f_i f_j: full symmetric size x size, row-major. */
  readonly products: Float64Array;
  /** The same of each group, where groups were asked for. */
  readonly groups?: readonly Moments[];
}

/** Of a real variable: number of records; weighted mean and population standard deviation; least and greatest value. */
export interface ColumnRange {
  readonly count: number;
  readonly mean: number;
  readonly sd: number;
  readonly least: number;
  readonly most: number;
}

/** Moments of no records. */
export const noMoments = (size: number): Moments => ({ records: 0, weight: 0, size, products: new Float64Array(size * size) });

/** Adds the moments of two parts of the records (shards, files, partitions), group by group; both must be asked for by one query. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const groups = a.groups ?? b.groups;
  const plain = (one: Moments): boolean => one.groups === undefined && one.records > 0;
  if (a.size !== b.size || (groups && (plain(a) || plain(b) || (a.groups && b.groups && a.groups.length !== b.groups.length))))
    throw new RangeError('mergeMoments of moments of different shape');
  return {
    records: a.records + b.records,
    weight: a.weight + b.weight,
    size: a.size,
    products: a.products.map((value, i) => value + (b.products[i] as number)),
    ...(groups && {
      groups: groups.map((_, i) => mergeMoments(a.groups?.[i] ?? noMoments(a.size), b.groups?.[i] ?? noMoments(a.size))),
    }),
  };
}

interface Tally {
  readonly sums: Gram;
  records: number;
  weight: number;
}

/** One pass over batches of records; memory does not grow with their number. The same batches give the same digits. */
export async function momentsOfColumns(
  batches: AsyncIterable<Columns>,
  query: MomentQuery,
  domains: ReadonlyMap<Name, Domain>,
  { signal, onProgress, pause }: RunOptions = {},
): Promise<Moments> {
  const size = query.features.length;
  const write = featureWriter(query, domains);
  const tallies = Array.from({ length: query.groups ?? 1 }, (): Tally => ({ sums: gram(size), records: 0, weight: 0 }));
  let [done, told] = [0, 0];
  for await (const batch of batches) {
    for (const [group, tally] of tallies.entries()) {
      const step = tallies.length;
      const own = step === 1 ? batch : everyNth(batch, (((group - done) % step) + step) % step, step);
      for (let from = 0; from < own.length; from += blockRecords) {
        const part = slice(own, from, Math.min(own.length, from + blockRecords));
        write(part, tally.sums.block, blockRecords, 1);
        tally.sums.add(part.length, part.weights);
        tally.records += part.length;
        tally.weight += part.weights ? part.weights.reduce((sum, weight) => sum + weight, 0) : part.length;
        if (signal?.aborted) throw new Interrupted();
      }
    }
    done += batch.length;
    if (done - told < batchRecords) continue;
    told = done;
    onProgress?.({ task: 'moments', done });
    await pause?.();
    if (signal?.aborted) throw new Interrupted();
  }
  if (done > told) onProgress?.({ task: 'moments', done });
  const parts = tallies.map(({ sums, records, weight }): Moments => ({ records, weight, size, products: sums.products() }));
  const all = parts.reduce(mergeMoments);
  return query.groups === undefined ? all : { ...all, groups: parts };
}

const mapValues = <T>(columns: ReadonlyMap<Name, T>, change: (column: T) => T): Map<Name, T> =>
  new Map([...columns].map(([name, column]) => [name, change(column)]));

function slice({ numbers, codes, tensors, weights }: Columns, from: number, to: number): Columns {
  return {
    length: to - from,
    numbers: mapValues(numbers, (column) => column.subarray(from, to)),
    codes: mapValues(codes, (column) => column.subarray(from, to)),
    ...(tensors && {
      tensors: mapValues(tensors, ({ shape, values }) => {
        const size = tensorSize(shape);
        return { shape, values: values.subarray(from * size, to * size) };
      }),
    }),
    ...(weights && { weights: weights.subarray(from, to) }),
  };
}

/** Records `first`, `first + step`, ... */
function everyNth({ length, numbers, codes, weights }: Columns, first: number, step: number): Columns {
  const count = Math.max(0, Math.ceil((length - first) / step));
  const pick = (column: Float64Array): Float64Array => {
    const own = new Float64Array(count);
    for (let i = 0, at = first; i < count; i++, at += step) own[i] = column[at] as number;
    return own;
  };
  const pickCodes = (column: Int32Array): Int32Array => {
    const own = new Int32Array(count);
    for (let i = 0, at = first; i < count; i++, at += step) own[i] = column[at] as number;
    return own;
  };
  return {
    length: count,
    numbers: mapValues(numbers, pick),
    codes: mapValues(codes, pickCodes),
    ...(weights && { weights: pick(weights) }),
  };
}

/** Batches of records that are held in memory, as views. */
export async function* heldColumns(all: Columns): AsyncIterable<Columns> {
  for (let from = 0; from < all.length; from += batchRecords) yield slice(all, from, Math.min(all.length, from + batchRecords));
}

/** Records of a batch, at most. */
export const batchRecords = 65536;

/** {@link ColumnRange} of columns held in memory. */
export function rangesOf({ length, numbers, codes, weights }: Columns, domains: ReadonlyMap<Name, Domain>): Map<Name, ColumnRange> {
  const range = (take: (record: number) => number): ColumnRange => {
    const [total, sum, squares] = [new Sum(), new Sum(), new Sum()];
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const weightOf = (record: number): number => (weights ? (weights[record] as number) : 1);
    for (let record = 0; record < length; record++) {
      const value = take(record);
      total.add(weightOf(record));
      sum.add(weightOf(record) * value);
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    const mean = Math.min(most, Math.max(least, sum.value / total.value));
    for (let record = 0; record < length; record++) squares.add(weightOf(record) * (take(record) - mean) ** 2);
    return { count: length, mean, sd: Math.sqrt(squares.value / total.value), least, most };
  };
  const ranges = new Map<Name, ColumnRange>();
  for (const [name, column] of numbers)
    ranges.set(
      name,
      range((record) => column[record] as number),
    );
  for (const [name, column] of codes) {
    const levels = levelNumbers(domains.get(name));
    if (levels === undefined) throw new RangeError(`${name} is not a number`);
    ranges.set(
      name,
      range((record) => levels[column[record] as number] as number),
    );
  }
  return ranges;
}
