import type { Study } from '../data/study.ts';
import type { Name, Value } from '../graph/variable.ts';
import { type Result, success } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';
import type { Environments } from './environments.ts';
import { groupRecords } from './grouped-records.ts';

export type MixedColumn =
  /** Per record: index of the level. */
  | { readonly kind: 'finite'; readonly values: Int32Array; readonly levels: readonly Value[] }
  | { readonly kind: 'real'; readonly values: Float64Array };

/** Records of finite and real variables grouped by environment: those of environment e are `starts[e]` to `starts[e + 1] - 1` of every column. */
export interface MixedEnvironments {
  readonly names: readonly Name[];
  /** Per environment. */
  readonly labels: readonly string[];
  /** Environments + 1. */
  readonly starts: Int32Array;
  /** Per variable. */
  readonly columns: readonly MixedColumn[];
  /** How many equal records each one stands for (whole numbers); absent: 1. */
  readonly counts?: Float64Array;
}

/**
 * The records of studies, environment by environment, finite variables as levels and real ones as numbers (a variable that is real in one
 * study is real in all). Issues: those of `readEnvironments`, `not-finite` only of tensors and of levels that are no numbers where
 * another study has numbers.
 */
export async function readMixedEnvironments(
  studies: readonly Study[],
  names: readonly Name[],
  options: RunOptions = {},
): Promise<Result<MixedEnvironments>> {
  const read = await groupRecords(studies, names, 'mixed', options);
  if (!read.ok) return read;
  const { labels, starts, columns, counts } = read.value;
  return success({
    names,
    labels,
    starts,
    columns: columns.map(
      ({ levels, values }): MixedColumn =>
        levels ? { kind: 'finite', levels, values: Int32Array.from(values) } : { kind: 'real', values: Float64Array.from(values) },
    ),
    ...(counts && { counts }),
  });
}

/** Finite environments as mixed ones; columns are shared. */
export const mixedOf = ({ names, labels, starts, levels, columns, counts }: Environments): MixedEnvironments => ({
  names,
  labels,
  starts,
  columns: columns.map((values, v) => ({ kind: 'finite', values, levels: levels[v] as readonly Value[] })),
  ...(counts && { counts }),
});

/** Mixed environments as finite ones; undefined where a variable is real. Columns are shared. */
export function finiteOf({ names, labels, starts, columns, counts }: MixedEnvironments): Environments | undefined {
  const finite = columns.flatMap((column) => (column.kind === 'finite' ? [column] : []));
  if (finite.length < columns.length) return undefined;
  return {
    names,
    labels,
    starts,
    levels: finite.map(({ levels }) => levels),
    columns: finite.map(({ values }) => values),
    ...(counts && { counts }),
  };
}

/** Whether the columns are those of {@link MixedEnvironments}. */
export const isMixed = (environments: Environments | MixedEnvironments): environments is MixedEnvironments => !('levels' in environments);

/** Only these variables, of the names there are. */
export function pickColumns(environments: MixedEnvironments, names: readonly Name[]): MixedEnvironments {
  const columns = names.map((name) => environments.columns[environments.names.indexOf(name)] as MixedColumn);
  return { ...environments, names, columns };
}

/** Only these environments (numbers, which may repeat), as a bootstrap or a split of environments needs it. */
export function pickMixed({ names, labels, starts, columns, counts }: MixedEnvironments, which: ArrayLike<number>): MixedEnvironments {
  const records: number[] = [];
  const ends = new Int32Array(which.length + 1);
  for (let i = 0; i < which.length; i++) {
    const e = which[i] as number;
    for (let record = starts[e] as number; record < (starts[e + 1] as number); record++) records.push(record);
    ends[i + 1] = records.length;
  }
  return {
    names,
    labels: Array.from(which, (e) => labels[e] as string),
    starts: ends,
    columns: columns.map(
      (column): MixedColumn =>
        column.kind === 'finite'
          ? { ...column, values: Int32Array.from(records, (record) => column.values[record] as number) }
          : { ...column, values: Float64Array.from(records, (record) => column.values[record] as number) },
    ),
    ...(counts && { counts: Float64Array.from(records, (record) => counts[record] as number) }),
  };
}
