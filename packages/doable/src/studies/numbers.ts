import {
  type ColumnPlan,
  type Issue,
  measureFault,
  measureIssue,
  numberOf,
  type StudySpec,
  shiftOf,
  type Where,
} from '@doable/engine/adapter';
import type { SqlVariable } from './columns.ts';
import type { Duckdb } from './duckdb.ts';
import type { Measure } from './joint.ts';
import type { Relation } from './relation.ts';
import { fixedSum, type Kind, numberLiteral, numberSql } from './sql.ts';
import { findLine } from './text-file.ts';

/** A real column: the number its moments are shifted by, and the largest distance from it. */
export interface RealRange {
  readonly variable: SqlVariable;
  readonly shift: number;
  readonly bound: number;
}

export function rangeOf(variable: SqlVariable, least: number, most: number, mean: number): RealRange {
  const shift = shiftOf(least, most, mean);
  return { variable, shift, bound: Math.max(most - shift, shift - least) };
}

/** Weighted sums of (y - shift) and (y - shift)^2. */
export function momentMeasures(
  { variable, shift, bound }: RealRange,
  weight: { readonly sql: string; readonly most: number } | undefined,
): [Measure, Measure] {
  const away = `(${variable.number} - ${numberLiteral(shift)})`;
  const most = weight?.most ?? 1;
  const times = weight ? `${weight.sql} * ` : '';
  return [fixedSum(`${times}${away}`, most * bound), fixedSum(`${times}${away} * ${away}`, most * bound * bound)];
}

/** What is known of a study while it is being summarised. */
export interface Context {
  readonly spec: StudySpec;
  readonly relation: Relation;
  readonly database: Duckdb;
  readonly plan: ColumnPlan;
  readonly variables: readonly SqlVariable[];
  readonly where: Where;
  readonly weightKind: Kind | undefined;
  /** Whether the pixels of pictures are read, or only their headers. */
  readonly pixels: boolean;
}

/** The row of the first record that meets a condition: a line for CSV, a row number else; not known under a `where`. */
export async function rowOf(
  { spec, relation, database }: Context,
  column: string,
  condition: string,
  test: (text: string) => boolean,
): Promise<{ row?: number }> {
  if (spec.where !== undefined || relation.files.length > 1) return {};
  if (relation.format === 'csv') {
    const line =
      relation.delimiter === undefined ? undefined : await findLine(relation.files[0] as string, relation.delimiter, column, test);
    return line === undefined ? {} : { row: line };
  }
  const [found] = await database.rows(`SELECT min(r) FROM (SELECT row_number() OVER () AS r, * FROM study) WHERE ${condition}`);
  return found?.[0] == null ? {} : { row: Number(found[0]) };
}

/** The place of a record by its number in storage order, as far as {@link rowOf} knows places. */
export async function recordPlace({ spec, relation }: Context, record: number): Promise<{ row?: number }> {
  if (spec.where !== undefined || relation.files.length > 1) return {};
  if (relation.format !== 'csv') return { row: record + 1 };
  const [file, column] = [relation.files[0], relation.header?.[0]];
  if (file === undefined || column === undefined || relation.delimiter === undefined) return {};
  let at = 0;
  const line = await findLine(file, relation.delimiter, column, () => at++ === record);
  return line === undefined ? {} : { row: line };
}

/** The place of the first record that meets a condition, for columns that are not the file's own. */
export async function firstPlace(context: Context, condition: string): Promise<{ row?: number }> {
  const [found] = await context.database.rows(`SELECT min(r) FROM (SELECT row_number() OVER () AS r, * FROM study) WHERE ${condition}`);
  return found?.[0] == null ? {} : recordPlace(context, Number(found[0]) - 1);
}

export interface Checks {
  readonly variables: readonly SqlVariable[];
  readonly issues: readonly Issue[];
  readonly weight?: { readonly sql: string; readonly least: number; readonly most: number };
  readonly weightFault: boolean;
  /** Missing cells of real columns. */
  readonly missing: ReadonlyMap<string, number>;
  readonly odd: ReadonlyMap<string, { text: string; row?: number; file?: string }>;
  readonly samples: ReadonlyMap<string, readonly string[]>;
  /** Of the real columns, by name. */
  readonly ranges: ReadonlyMap<string, RealRange>;
}

/** Figures asked of each numeric column. */
const perColumn = 5;

/** One scan over what must be numbers: real columns, columns that are cut, and the count, weight or probability. */
export async function checkNumbers(context: Context): Promise<Checks> {
  const { spec, database, plan, where, weightKind } = context;
  const issues: Issue[] = [];
  const numeric = context.variables.filter(({ role }) => role === 'real' || role === 'interval');
  const select: string[] = [];
  for (const { number, missing } of numeric) {
    const finite = `FILTER (WHERE isfinite(${number}))`;
    select.push(`count(*) FILTER (WHERE ${missing})`, `count(*) FILTER (WHERE NOT ${missing} AND coalesce(NOT isfinite(${number}), true))`);
    select.push(...['min', 'max', 'avg'].map((what) => `${what}(${number}) ${finite}`));
  }
  const kind = plan.measure.kind;
  const weight = weightKind === undefined ? '' : numberSql('w', weightKind);
  const faults = [
    `coalesce(NOT isfinite(${weight}), true)`,
    `${weight} < 0`,
    kind === 'count' ? `${weight} <> floor(${weight})` : kind === 'probability' ? `${weight} > 1.000001` : 'false',
  ];
  if (weightKind !== undefined)
    select.push(...faults.map((fault) => `count(*) FILTER (WHERE ${fault})`), `min(${weight})`, `max(${weight})`);
  const [row = []] =
    select.length === 0 ? [] : await database.rows(`SELECT ${select.map((sql) => `(${sql})::DOUBLE`).join(', ')} FROM study`);
  const figure = (i: number): number => Number(row[i] ?? 0);
  const missing = new Map<string, number>();
  const odd = new Map<string, { text: string; row?: number; file?: string }>();
  const samples = new Map<string, readonly string[]>();
  const ranges = new Map<string, RealRange>();
  const variables = [...context.variables];
  for (const [i, variable] of numeric.entries()) {
    missing.set(variable.sql, figure(perColumn * i));
    const [least, most, mean] = [2, 3, 4].map((k) => figure(perColumn * i + k)) as [number, number, number];
    ranges.set(variable.name, rangeOf(variable, least, most, mean));
    if (figure(perColumn * i + 1) === 0) continue;
    const condition = `NOT ${variable.missing} AND coalesce(NOT isfinite(${variable.number}), true)`;
    const [first] = await database.rows(`SELECT ${variable.sql}::VARCHAR FROM study WHERE ${condition} LIMIT 1`);
    const text = first?.[0] ?? '';
    const isOdd = (one: string): boolean => Number.isNaN(numberOf(one)) && !['', 'NA', 'NaN'].includes(one);
    const guessed = variable.role === 'real' && variable.declared.real !== true;
    if (guessed && variable.kind === 'text') {
      variables[variables.indexOf(variable)] = { ...variable, role: 'key', key: variable.sql, small: false };
      missing.delete(variable.sql);
    } else if (variable.role === 'interval' && variable.kind === 'text') {
      variables[variables.indexOf(variable)] = { ...variable, role: 'key', key: variable.sql, small: false };
      missing.delete(variable.sql);
      odd.set(variable.sql, { text, ...where, ...(await rowOf(context, variable.column, condition, isOdd)) });
    } else if (guessed) {
      const place = await rowOf(context, variable.column, condition, isOdd);
      issues.push({
        code: 'not-a-number',
        message: `Study ${spec.name}: ${variable.column} is “${text}”, not a finite number.`,
        where: { ...where, column: variable.column, ...place },
      });
    } else {
      odd.set(variable.sql, { text, ...where, ...(await rowOf(context, variable.column, condition, isOdd)) });
      samples.set(variable.sql, [text]);
    }
  }
  let weightFault = false;
  if (weightKind !== undefined && kind !== 'rows') {
    const at = perColumn * numeric.length;
    const column = spec[kind] as string;
    for (const [k, fault] of faults.entries()) {
      const count = figure(at + k);
      if (count === 0) continue;
      weightFault = true;
      const [first] = await database.rows(`SELECT w::VARCHAR FROM study WHERE ${fault} LIMIT 1`);
      const text = (first?.[0] ?? '').trim();
      const said = measureFault(kind, text) ?? { code: 'not-a-number', says: `is “${text}”, not a number` };
      const place = await rowOf(context, column, fault, (one) => measureFault(kind, one)?.code === said.code);
      issues.push(measureIssue(spec, column, said, { ...where, ...place }, count - 1));
    }
  }
  const end = perColumn * numeric.length + faults.length;
  return {
    variables,
    issues,
    ...(weightKind !== undefined && { weight: { sql: weight, least: figure(end), most: figure(end + 1) } }),
    weightFault,
    missing,
    odd,
    samples,
    ranges,
  };
}
