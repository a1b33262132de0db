import {
  type ColumnPlan,
  type ColumnSummary,
  emptyIssue,
  failure,
  fixedIssue,
  type Issue,
  missingIssue,
  numberOf,
  probabilityScale,
  type Result,
  type StudySpec,
  type StudySummary,
  success,
  textLimit,
  unreadNote,
} from '@doable/engine/adapter';
import type { SqlVariable } from './columns.ts';
import type { Duckdb } from './duckdb.ts';
import { groupSql, type JointExtras, type Measure, orderedTexts, type RawJoint, rawColumns, readJoint } from './joint.ts';
import { type Checks, type Context, checkNumbers, firstPlace, momentMeasures, type RealRange, rowOf } from './numbers.ts';
import { fixedSum } from './sql.ts';
import { type StoredTensors, storedTensors } from './tensors.ts';

/** What a summary leaves behind for opening. */
export interface Prepared {
  readonly database: Duckdb;
  readonly spec: StudySpec;
  readonly plan: ColumnPlan;
  readonly variables: readonly SqlVariable[];
  readonly summary: StudySummary;
  /** Per record: 1, or its count, weight or probability. */
  readonly measure: Measure;
  readonly weight?: { readonly sql: string; readonly least: number; readonly most: number };
  /** A condition on complete rows; undefined: all are. */
  readonly complete?: string;
  readonly joint?: RawJoint;
  readonly ranges: ReadonlyMap<string, RealRange>;
  readonly tensors: ReadonlyMap<string, StoredTensors>;
  /** Probabilities per arm are divided by this; see `probabilityScale`. */
  readonly divide: number;
}

/** Checks and summarises a study; all that is wrong is listed together. */
export async function summarise(context: Context): Promise<Result<Prepared>> {
  const { spec, database, plan, where } = context;
  const issues: Issue[] = [];
  const checks = await checkNumbers(context);
  issues.push(...checks.issues);
  const { variables } = checks;
  const read = await storedTensors(context);
  if (!read.ok) issues.push(...read.issues);
  const tensors: ReadonlyMap<string, StoredTensors> = read.ok ? read.value : new Map();
  const missingOf = ({ name, sql }: SqlVariable): number => tensors.get(name)?.missing ?? checks.missing.get(sql) ?? 0;
  const measure: Measure = checks.weight
    ? spec.count !== undefined
      ? { sql: `sum(CAST(${checks.weight.sql} AS BIGINT))`, unit: 1 }
      : fixedSum(checks.weight.sql, checks.weight.most)
    : { sql: 'count(*)', unit: 1 };
  const keys = variables.filter(({ role }) => role === 'key' || role === 'interval');
  const holed = variables.filter((variable) => missingOf(variable) > 0);
  const flag = holed.length > 0 ? `(${holed.map(({ missing }) => missing).join(' OR ')})` : undefined;
  const joint = checks.weightFault
    ? undefined
    : (await affordable(context, keys))
      ? await readJoint(database, keys, {
          measure,
          flag,
          weight: spec.weight === undefined ? undefined : checks.weight,
          ...extras(context, variables, checks),
        })
      : undefined;
  const summaries = new Map<string, ColumnSummary>();
  for (const variable of keys) {
    const column = joint?.columns.find((one) => one.variable === variable);
    summaries.set(variable.sql, await keySummary(context, variable, column, joint, checks));
  }
  const total = joint ? joint.rows.reduce((sum, rows) => sum + rows, 0) : await countRows(database);
  if (total === 0)
    return failure(...issues, emptyIssue(spec, spec.where === undefined ? 'its data has no rows' : 'no row meets its "where"', where));
  const columns = variables.map((variable): ColumnSummary => {
    const { name, sql, role } = variable;
    const odd = checks.odd.get(sql);
    const missing = missingOf(variable);
    const extent = tensors.get(name)?.extent;
    return (
      summaries.get(sql) ?? {
        name,
        texts: checks.samples.get(sql) ?? [],
        more: role !== 'tensor',
        numeric: role === 'real' && odd === undefined,
        integer: false,
        missing,
        ...(odd && { odd }),
        ...(extent && { extent }),
      }
    );
  });
  for (const [i, { name, column, missing, role, parts }] of variables.entries()) {
    const summary = columns[i] as ColumnSummary;
    const fixed = spec.regime.fixed?.[name];
    const other = fixed === undefined ? undefined : summary.texts.find((text) => text !== fixed && !(numberOf(text) === numberOf(fixed)));
    if (fixed !== undefined && other !== undefined) issues.push(fixedIssue(spec, name, fixed, other, { ...where, column }));
    if (summary.missing === 0 || spec.missing === 'drop' || role === 'label') continue;
    const absent = (text: string): boolean =>
      (text === '' || text === 'NA' || text === 'NaN') && !variables[i]?.declared.levels?.includes(text);
    const place = parts === undefined ? await rowOf(context, column, missing, absent) : await firstPlace(context, missing);
    issues.push(missingIssue(spec, column, summary.missing, { ...where, ...place }));
  }
  if (issues.length > 0) return failure(...issues);
  const incomplete = variables.filter((variable, i) => (columns[i] as ColumnSummary).missing > 0 && variable.role !== 'label');
  const complete = incomplete.length > 0 ? `NOT (${incomplete.map(({ missing }) => missing).join(' OR ')})` : undefined;
  const dropped = joint
    ? joint.rows.reduce((sum, rows, cell) => sum + (joint.incomplete[cell] === 1 ? rows : 0), 0)
    : complete === undefined
      ? 0
      : total - (await countRows(database, complete));
  const notes = [...(dropped > 0 ? [`${dropped} of ${total} rows dropped for missing cells`] : []), ...unreadNote(tensors)];
  if (dropped === total) return failure(emptyIssue(spec, 'every row has a missing cell', where));
  let divide = 1;
  if (spec.probability !== undefined) {
    const set = variables.filter(
      ({ name, role }) => spec.regime.set.includes(name) && role !== 'real' && role !== 'label' && role !== 'tensor',
    );
    const { sql, fetch } = groupSql(set, [measure], complete);
    const cells = await database.cells(sql, fetch, jointLimitArms);
    const arms = new Map<string, number>();
    const armColumns = rawColumns(set, cells);
    for (let cell = 0; cell < cells.length; cell++) {
      const arm = armColumns.map(({ variable, texts, codes }) => `${variable.name}=${texts[codes[cell] as number]}`).join(', ');
      arms.set(arm, (arms.get(arm) ?? 0) + ((cells.numbers[0] as Float64Array)[cell] as number) * measure.unit);
    }
    const scale = probabilityScale(spec, arms);
    if (!scale.ok) return scale;
    divide = scale.value.divide;
    notes.push(...scale.value.notes);
  }
  if (checks.weight && checks.weight.most === 0)
    return failure(emptyIssue(spec, `its ${plan.measure.kind} column is 0 in every row`, where));
  const summary: StudySummary = { columns, rows: total, dropped, ignored: plan.ignored, notes };
  return success({
    database,
    spec,
    plan,
    variables,
    summary,
    measure,
    divide,
    ranges: checks.ranges,
    tensors,
    ...(checks.weight && { weight: checks.weight }),
    ...(complete !== undefined && { complete }),
    ...(joint && { joint }),
  });
}

/** Real columns whose moments come along with the joint table where reading is the larger part of the work. */
const momentColumns = 8;

/** What else the scan of the joint table brings: a hash of the rows where the table does not say everything, moments of texts' numbers. */
function extras({ relation, plan }: Context, variables: readonly SqlVariable[], checks: Checks): Pick<JointExtras, 'hash' | 'moments'> {
  const told = variables.every(({ role }) => role === 'key' || role === 'interval');
  const tensors = variables.some(({ role }) => role === 'tensor');
  const reals = variables
    .filter(({ role, sql }) => role === 'real' && !checks.odd.has(sql))
    .flatMap(({ name }) => checks.ranges.get(name) ?? []);
  const parsed = relation.format === 'csv' || relation.format === 'json' || relation.format === 'ndjson';
  const moments =
    parsed && reals.length <= momentColumns
      ? reals.map((range) => ({ name: range.variable.name, shift: range.shift, measures: momentMeasures(range, checks.weight) }))
      : [];
  return { hash: told || tensors ? undefined : rowHash(variables, plan), moments };
}

/** A sum over all rows of DuckDB's own row hashes (which may differ between its versions), below 2^53. */
export const rowHash = (variables: readonly SqlVariable[], plan: ColumnPlan): string =>
  `(sum((${oneHash(variables, plan)} >> 1)::BIGINT) % 9007199254740881)`;

/** DuckDB's own hash of one row, without its tensors: 64 bits. */
export function oneHash(variables: readonly SqlVariable[], plan: ColumnPlan): string {
  const columns = variables.filter(({ role }) => role !== 'tensor').map(({ sql }) => sql);
  return `hash(${[...columns, ...(plan.measure.kind === 'rows' ? [] : ['w'])].join(', ') || "''"})`;
}

const jointLimitArms = 100_000;

async function countRows(database: Duckdb, condition?: string): Promise<number> {
  const [row] = await database.rows(`SELECT count(*)::DOUBLE FROM study${condition === undefined ? '' : ` WHERE ${condition}`}`);
  return Number(row?.[0] ?? 0);
}

/** Is one joint table over all keys worth its cells? Yes where few levels, few rows or few combinations in a first look say so. */
async function affordable({ database, spec }: Context, keys: readonly SqlVariable[]): Promise<boolean> {
  if (spec.probability !== undefined || keys.length <= 1) return true;
  const look = 20_000;
  const distinct = keys.map(({ key }) => `count(DISTINCT ${key})`).join(', ');
  const first = `(SELECT * FROM study LIMIT ${look})`;
  const [row = []] = await database.rows(`SELECT count(*), ${distinct} FROM ${first}`);
  const [rows = 0, ...sizes] = row.map(Number);
  if (rows < look || sizes.reduce((product, size) => product * Math.max(1, size), 1) <= 1_000_000) return true;
  const [found] = await database.rows(`SELECT count(*) FROM (SELECT DISTINCT ${keys.map(({ key }) => key).join(', ')} FROM ${first})`);
  if (Number(found?.[0]) <= look / 10) return true;
  return (await countRows(database)) <= jointRows;
}

/** Studies with at most this many rows are always tabulated in one go. */
const jointRows = 1_000_000;

async function keySummary(
  context: Context,
  variable: SqlVariable,
  column: RawJoint['columns'][number] | undefined,
  joint: RawJoint | undefined,
  checks: Checks,
): Promise<ColumnSummary> {
  const { name, role, sql } = variable;
  const odd = checks.odd.get(sql);
  let own = column;
  let rows = joint?.rows;
  let more = false;
  if (own === undefined || rows === undefined) {
    const group = groupSql([variable], [{ sql: 'count(*)', unit: 1 }], undefined);
    const cells = await context.database.cells(group.sql, group.fetch, 2 * textLimit);
    own = rawColumns([variable], cells)[0] as RawJoint['columns'][number];
    rows = cells.numbers[0] as Float64Array;
    more = cells.more;
  }
  let missing = 0;
  for (let cell = 0; cell < own.codes.length; cell++) if (own.missing[own.codes[cell] as number]) missing += rows[cell] as number;
  if (role === 'interval') return { name, texts: [], more: false, numeric: true, integer: false, missing };
  const texts = orderedTexts(own);
  const numbers = texts.map(numberOf);
  const numeric = numbers.every((number) => !Number.isNaN(number));
  const integer = numbers.every((number) => Number.isInteger(number));
  return { name, texts: texts.slice(0, textLimit), more: more || texts.length > textLimit, numeric, integer, missing, ...(odd && { odd }) };
}
