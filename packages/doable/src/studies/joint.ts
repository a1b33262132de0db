import { type Counts, missingTexts, numberOf } from '@doable/engine/adapter';
import type { SqlVariable } from './columns.ts';
import type { Cells, Duckdb, Fetch } from './duckdb.ts';

/** Cells kept of one joint table. */
export const jointLimit = 2_000_000;

/** The measure of a cell: its records, or a sum in fixed point. */
export interface Measure {
  readonly sql: string;
  readonly unit: number;
}

export interface RawColumn {
  readonly variable: SqlVariable;
  readonly texts: readonly (string | null)[];
  /** The texts as they stand in the data, spaces included. */
  readonly raw: readonly (string | null)[];
  readonly codes: Int32Array;
  /** Per text: does it read as missing? */
  readonly missing: readonly boolean[];
}

/** The joint table as DuckDB gives it: keys as texts, not yet levels. */
export interface RawJoint {
  readonly columns: readonly RawColumn[];
  readonly length: number;
  readonly rows: Float64Array;
  readonly weight: Float64Array;
  /** Per cell: a variable is missing in it. */
  readonly incomplete: Uint8Array;
  /** Records of positive weight. */
  readonly positive?: Float64Array;
  readonly hash?: bigint;
  /** Moments of real columns, by name. */
  readonly moments: ReadonlyMap<string, NonNullable<Counts['outcome']>>;
}

const fetchOf = (variable: SqlVariable): Fetch => (variable.small ? 'integer' : 'text');

/** SQL that groups the view `study` by variables. Keys leave DuckDB as small integers or texts, measures as doubles. */
export function groupSql(
  by: readonly SqlVariable[],
  measures: readonly Measure[],
  where: string | undefined,
  flag?: string,
): { sql: string; fetch: Fetch[] } {
  const keys = by.map(({ key }, i) => `${key} AS k${i}`);
  if (flag !== undefined) keys.push(`${flag} AS flag`);
  const inner = [...keys, ...measures.map(({ sql }, i) => `${sql} AS m${i}`)].join(', ');
  const outer = by.map((variable, i) => `k${i}::${variable.small ? 'INTEGER' : 'VARCHAR'}`);
  if (flag !== undefined) outer.push('flag::INTEGER');
  const select = [...outer, ...measures.map((_, i) => `m${i}::DOUBLE`)].join(', ');
  const fetch: Fetch[] = [
    ...by.map(fetchOf),
    ...(flag === undefined ? [] : ['integer' as const]),
    ...measures.map(() => 'number' as const),
  ];
  const group = keys.length > 0 ? ' GROUP BY ALL' : '';
  return { sql: `SELECT ${select} FROM (SELECT ${inner} FROM study${where === undefined ? '' : ` WHERE ${where}`}${group})`, fetch };
}

/** Keys of fetched cells, in the order of `by`. */
export function rawColumns(by: readonly SqlVariable[], cells: Cells): RawColumn[] {
  return by.map((variable, i) => {
    const { texts, codes } = cells.keys[i] as Cells['keys'][number];
    const levels = new Set(variable.declared.levels ?? []);
    const spoken = texts.map((text) => (text === null ? null : variable.role === 'interval' ? text : text.trim()));
    const missing = spoken.map((text) => text === null || (variable.kind === 'text' && missingTexts.includes(text) && !levels.has(text)));
    return { variable, texts: spoken, raw: texts, codes, missing };
  });
}

/** What one scan is to bring beside the number of records per cell. */
export interface JointExtras {
  readonly measure: Measure;
  /** A condition on rows: a real column is missing. */
  readonly flag: string | undefined;
  /** Sampling weights: records of positive weight are counted apart. */
  readonly weight: { readonly sql: string } | undefined;
  /** An integer expression to be summed over all rows. */
  readonly hash: string | undefined;
  readonly moments: readonly { readonly name: string; readonly shift: number; readonly measures: readonly [Measure, Measure] }[];
}

/** One scan: the joint table over all keys. undefined: too many cells. */
export async function readJoint(database: Duckdb, keys: readonly SqlVariable[], extras: JointExtras): Promise<RawJoint | undefined> {
  const { measure, flag, weight, hash, moments } = extras;
  const measures: Measure[] = [{ sql: 'count(*)', unit: 1 }, measure];
  const positive = weight ? measures.push({ sql: `count(*) FILTER (WHERE ${weight.sql} > 0)`, unit: 1 }) - 1 : -1;
  const hashed = hash === undefined ? -1 : measures.push({ sql: hash, unit: 1 }) - 1;
  const first = measures.length;
  for (const { measures: pair } of moments) measures.push(...pair);
  const { sql, fetch } = groupSql(keys, measures, undefined, flag);
  const cells = await database.cells(sql, fetch, jointLimit);
  if (cells.more) return undefined;
  const columns = rawColumns(keys, cells);
  const incomplete = new Uint8Array(cells.length);
  for (const { codes, missing } of columns)
    for (let cell = 0; cell < cells.length; cell++) if (missing[codes[cell] as number]) incomplete[cell] = 1;
  const flagged = flag === undefined ? undefined : (cells.keys[keys.length] as Cells['keys'][number]);
  if (flagged)
    for (let cell = 0; cell < cells.length; cell++) if (flagged.texts[flagged.codes[cell] as number] === '1') incomplete[cell] = 1;
  const figures = (i: number): Float64Array => {
    const { unit } = measures[i] as Measure;
    const values = cells.numbers[i] as Float64Array;
    return unit === 1 ? values : values.map((value) => value * unit);
  };
  return {
    columns,
    length: cells.length,
    rows: figures(0),
    weight: figures(1),
    incomplete,
    ...(positive >= 0 && { positive: figures(positive) }),
    ...(hashed >= 0 && { hash: figures(hashed).reduce((sum, value) => sum + BigInt(value), 0n) }),
    moments: new Map(
      moments.map(({ name, shift }, i) => [name, { name, shift, sum: figures(first + 2 * i), squares: figures(first + 2 * i + 1) }]),
    ),
  };
}

/** Distinct texts of a column in a fixed order: numbers by value, then texts by code unit. */
export function orderedTexts({ texts, missing }: RawColumn): string[] {
  const present = texts.filter((text, code): text is string => text !== null && missing[code] !== true);
  return [...new Set(present)].sort((a, b) => {
    const [p, q] = [numberOf(a), numberOf(b)];
    if (Number.isNaN(p) !== Number.isNaN(q)) return Number.isNaN(p) ? 1 : -1;
    return Number.isNaN(p) ? (a < b ? -1 : 1) : p - q || (a < b ? -1 : 1);
  });
}
