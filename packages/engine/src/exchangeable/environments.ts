import type { Study } from '../data/study.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { type Result, success } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';
import { groupRecords } from './grouped-records.ts';

/**
 * Finite records grouped by environment. Those of environment e are `starts[e]` to `starts[e + 1] - 1` of every column; their order has
 * no meaning (records of an environment are exchangeable).
 */
export interface Environments {
  readonly names: readonly Name[];
  /** Per variable. */
  readonly levels: readonly (readonly Value[])[];
  /** Per environment. */
  readonly labels: readonly string[];
  /** Environments + 1. */
  readonly starts: Int32Array;
  /** Per variable, per record: index of the level. */
  readonly columns: readonly Int32Array[];
  /** How many equal records each one stands for (whole numbers); absent: 1. */
  readonly counts?: Float64Array;
}

export const environmentCount = ({ labels }: Pick<Environments, 'labels'>): number => labels.length;

/** Records of each environment, counted. */
export function sizesOf({ labels, starts, counts }: Pick<Environments, 'labels' | 'starts' | 'counts'>): Float64Array {
  return Float64Array.from(labels, (_, e) => {
    const [from, to] = [starts[e] as number, starts[e + 1] as number];
    return counts ? counts.subarray(from, to).reduce((sum, count) => sum + count, 0) : to - from;
  });
}

/**
 * The records of studies, environment by environment. A study whose regime names an environment column gives its environments; one
 * that names none is an environment of its own where there are several. Issues: `unknown-variable`, `not-finite`, `not-watched` (a
 * study in which something was set), `weights-not-counts`, `one-environment`.
 */
export async function readEnvironments(
  studies: readonly Study[],
  names: readonly Name[],
  options: RunOptions = {},
): Promise<Result<Environments>> {
  const read = await groupRecords(studies, names, 'finite', options);
  if (!read.ok) return read;
  const { labels, starts, columns, counts } = read.value;
  return success({
    names,
    levels: columns.map(({ levels }) => levels ?? []),
    labels,
    starts,
    columns: columns.map(({ values }) => Int32Array.from(values)),
    ...(counts && { counts }),
  });
}

/** Two records of every environment that has two, as one row per environment (codes at position 1, at position 2), per variable. */
export interface Pairs {
  readonly environments: number;
  readonly first: readonly Int32Array[];
  readonly second: readonly Int32Array[];
}

/** Two different records of each environment, drawn at random (records may be stored in an order that means something). */
export function drawPairs(environments: Environments, random: Random): Pairs {
  const { columns, starts, counts } = environments;
  const sizes = sizesOf(environments);
  const picked: number[] = [];
  for (const [e, size] of sizes.entries()) {
    if (size < 2) continue;
    const one = random.integer(size);
    const other = random.integer(size - 1);
    for (const place of [one, other < one ? other : other + 1]) picked.push(recordAt(starts[e] as number, counts, place));
  }
  const take = (offset: number): Int32Array[] =>
    columns.map((column) => Int32Array.from({ length: picked.length / 2 }, (_, i) => column[picked[2 * i + offset] as number] as number));
  return { environments: picked.length / 2, first: take(0), second: take(1) };
}

function recordAt(from: number, counts: Float64Array | undefined, place: number): number {
  if (counts === undefined) return from + place;
  let record = from;
  for (let left = place; left >= (counts[record] as number); record++) left -= counts[record] as number;
  return record;
}

/** Only these environments (numbers, which may repeat), as a bootstrap or a split of environments needs it. */
export function pickEnvironments(environments: Environments, which: ArrayLike<number>): Environments {
  const { names, levels, labels, starts, columns, counts } = environments;
  const records: number[] = [];
  const ends = new Int32Array(which.length + 1);
  for (let i = 0; i < which.length; i++) {
    const e = which[i] as number;
    for (let record = starts[e] as number; record < (starts[e + 1] as number); record++) records.push(record);
    ends[i + 1] = records.length;
  }
  return {
    names,
    levels,
    labels: Array.from(which, (e) => labels[e] as string),
    starts: ends,
    columns: columns.map((column) => Int32Array.from(records, (record) => column[record] as number)),
    ...(counts && { counts: Float64Array.from(records, (record) => counts[record] as number) }),
  };
}
