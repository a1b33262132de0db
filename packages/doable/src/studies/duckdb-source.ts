import {
  type ColumnPlan,
  type ColumnSummary,
  emptyIssue,
  failure,
  fixedIssue,
  type Issue,
  measureFault,
  measureIssue,
  missingIssue,
  numberOf,
  planColumns,
  probabilityScale,
  type Result,
  type Schema,
  type Study,
  type StudySource,
  type StudySpec,
  type StudySummary,
  success,
  textLimit,
  type Wanted,
  type Where,
} from '@doable/engine/adapter';
import { planRoles, type SqlVariable } from './columns.ts';
import { type Duckdb, DuckdbError } from './duckdb.ts';
import { openStudy } from './duckdb-study.ts';
import { groupSql, type Measure, orderedTexts, type RawJoint, rawColumns, readJoint } from './joint.ts';
import { escapeGlob, type Relation, relationOf } from './relation.ts';
import { fixedSum, type Kind, kindOf, numberSql, quoteName } from './sql.ts';
import { csvIssues, findLine } from './text-file.ts';

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
  /** Probabilities per arm are divided by this; see `probabilityScale`. */
  readonly divide: number;
}

/** A study over whatever DuckDB reads; see {@link StudySource}. `data` is relative to `directory`. */
export function duckdbSource(spec: StudySpec, data: string, directory: string, open: () => Promise<Duckdb>): StudySource {
  let prepared: Prepared | undefined;
  return {
    spec,
    async summary(wanted) {
      let relation: Relation | undefined;
      try {
        const database = await open();
        const found = await relationOf(data, directory, database);
        if (!found.ok) return found;
        relation = found.value;
        const made = await prepare(spec, wanted, relation, database);
        if (!made.ok) return made;
        prepared = made.value;
        return success(made.value.summary);
      } catch (error) {
        return failure(...(await explain(error, spec, data, relation)));
      }
    },
    async open(schema: Schema): Promise<Result<Study>> {
      if (prepared === undefined) throw new Error('open() before a good summary()');
      return success(await openStudy(prepared, schema));
    },
  };
}

/** Issues for what DuckDB or the file system refused. */
async function explain(error: unknown, spec: StudySpec, data: string, relation: Relation | undefined): Promise<readonly Issue[]> {
  if (!(error instanceof Error)) throw error;
  const [first = '', second = ''] = error.message.split('\n');
  const where = { file: data };
  if (!(error instanceof DuckdbError)) {
    if (!('code' in error)) throw error;
    return [{ code: 'unreadable-file', message: `Study ${spec.name}: “${data}” cannot be read: ${first}.`, where }];
  }
  if (relation?.format === 'csv' && /CSV|state machine/u.test(error.message)) {
    const found: Issue[] = [];
    for (const file of relation.files)
      if (relation.delimiter !== undefined) found.push(...(await csvIssues(file, data, relation.delimiter)));
    if (found.length > 0) return found;
    const hint = /state machine/u.test(first) ? 'Its lines may end in different ways (LF and CRLF); save it with one of them.' : undefined;
    return [{ code: 'csv', message: `Study ${spec.name}: ${first} ${second}`.trim(), where, ...(hint !== undefined && { hint }) }];
  }
  const code = /^Out of Memory/u.test(first)
    ? 'out-of-memory'
    : /^(Binder|Parser|Conversion|Catalog|Permission)/u.test(first) && spec.where !== undefined
      ? 'where'
      : 'duckdb';
  const hint =
    code === 'where' ? { hint: 'Check the condition in "where": SQL over the columns of the data, texts in single quotes.' } : {};
  return [{ code, message: `Study ${spec.name}: ${first}`, where, ...hint }];
}

async function prepare(spec: StudySpec, wanted: Wanted, relation: Relation, database: Duckdb): Promise<Result<Prepared>> {
  await database.run(`CREATE TEMP VIEW source_view AS SELECT * FROM ${relation.sql}`);
  const described = await database.rows('DESCRIBE source_view');
  const types = new Map(described.map(([name, type]) => [(name as string).trim(), { name: name as string, type: type as string }]));
  const kinds = new Map<string, Kind>([...types].map(([name, { type }]) => [name, kindOf(type)]));
  const scalars = [...types.keys()].filter(
    (name) => kinds.get(name) !== 'nested' || wanted.names?.includes(name) || wanted.declared.get(name)?.tensor,
  );
  const file = relation.files.length === 1 ? (relation.files[0] as string).split(/[\\/]/u).pop() : undefined;
  const where: Where = file === undefined ? {} : { file };
  const planned = planColumns(spec, wanted, scalars, file);
  if (!planned.ok) return planned;
  const plan = planned.value;
  const nested = plan.variables.filter(({ name, column }) => kinds.get(column) === 'nested' && !wanted.declared.get(name)?.tensor);
  if (nested.length > 0)
    return failure(
      ...nested.map(({ column }) => ({
        code: 'nested-column',
        message: `Study ${spec.name}: ${column} holds ${types.get(column)?.type}, not single values.`,
        where: { ...where, column },
      })),
    );
  if (spec.where?.includes(';'))
    return failure({ code: 'where', message: `Study ${spec.name}: "where" is one condition and holds no semicolon.` });
  const raw = (column: string): string => {
    const { name, type } = types.get(column) as { name: string; type: string };
    return type === 'JSON' ? `json_extract_string(${quoteName(name)}, '$')` : quoteName(name);
  };
  const selected = plan.variables.map(({ column }, i) => `${raw(column)} AS v${i}`);
  if (plan.measure.kind !== 'rows') selected.push(`${raw(plan.measure.column)} AS w`);
  await database.run(
    `CREATE TEMP VIEW study AS SELECT ${selected.length > 0 ? selected.join(', ') : '1 AS one'} FROM source_view${spec.where === undefined ? '' : ` WHERE (${spec.where}\n)`}`,
  );
  await database.confine([...new Set(relation.files.flatMap((path) => [path, escapeGlob(path)]))]);
  const variables = await planRoles(database, spec, plan, wanted, kinds);
  return summarise({
    spec,
    relation,
    database,
    plan,
    variables,
    where,
    weightKind: plan.measure.kind === 'rows' ? undefined : kinds.get(plan.measure.column),
  });
}

interface Context {
  readonly spec: StudySpec;
  readonly relation: Relation;
  readonly database: Duckdb;
  readonly plan: ColumnPlan;
  readonly variables: readonly SqlVariable[];
  readonly where: Where;
  readonly weightKind: Kind | undefined;
}

/** The row of the first record that meets a condition: a line for CSV, a row number else; not known under a `where`. */
async function rowOf(
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

async function summarise(context: Context): Promise<Result<Prepared>> {
  const { spec, database, plan, where } = context;
  const issues: Issue[] = [];
  const checks = await checkNumbers(context);
  issues.push(...checks.issues);
  const { variables } = checks;
  const measure: Measure = checks.weight
    ? spec.count !== undefined
      ? { sql: `sum(CAST(${checks.weight.sql} AS BIGINT))`, unit: 1 }
      : fixedSum(checks.weight.sql, checks.weight.most)
    : { sql: 'count(*)', unit: 1 };
  const keys = variables.filter(({ role }) => role === 'key' || role === 'interval');
  const holed = variables.filter(({ sql }) => (checks.missing.get(sql) ?? 0) > 0);
  const flag = holed.length > 0 ? `(${holed.map(({ missing }) => missing).join(' OR ')})` : undefined;
  const joint = checks.weightFault
    ? undefined
    : (await affordable(context, keys))
      ? await readJoint(database, keys, measure, flag)
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
    const missing = checks.missing.get(sql) ?? 0;
    return (
      summaries.get(sql) ?? {
        name,
        texts: checks.samples.get(sql) ?? [],
        more: role !== 'tensor',
        numeric: role === 'real' && odd === undefined,
        integer: false,
        missing,
        ...(odd && { odd }),
      }
    );
  });
  for (const [i, { name, column, missing, role }] of variables.entries()) {
    const summary = columns[i] as ColumnSummary;
    const fixed = spec.regime.fixed?.[name];
    const other = fixed === undefined ? undefined : summary.texts.find((text) => text !== fixed && !(numberOf(text) === numberOf(fixed)));
    if (fixed !== undefined && other !== undefined) issues.push(fixedIssue(spec, name, fixed, other, { ...where, column }));
    if (summary.missing === 0 || spec.missing === 'drop' || role === 'label' || role === 'tensor') continue;
    const absent = (text: string): boolean =>
      (text === '' || text === 'NA' || text === 'NaN') && !variables[i]?.declared.levels?.includes(text);
    issues.push(missingIssue(spec, column, summary.missing, { ...where, ...(await rowOf(context, column, missing, absent)) }));
  }
  if (issues.length > 0) return failure(...issues);
  const incomplete = variables.filter(
    (variable, i) => (columns[i] as ColumnSummary).missing > 0 && variable.role !== 'label' && variable.role !== 'tensor',
  );
  const complete = incomplete.length > 0 ? `NOT (${incomplete.map(({ missing }) => missing).join(' OR ')})` : undefined;
  const dropped = joint
    ? joint.rows.reduce((sum, rows, cell) => sum + (joint.incomplete[cell] === 1 ? rows : 0), 0)
    : complete === undefined
      ? 0
      : total - (await countRows(database, complete));
  const notes = dropped > 0 ? [`${dropped} of ${total} rows dropped for missing cells`] : [];
  if (dropped === total) return failure(emptyIssue(spec, 'every row has a missing cell', where));
  let divide = 1;
  if (spec.probability !== undefined) {
    const set = variables.filter(({ name, role }) => spec.regime.set.includes(name) && role !== 'real' && role !== 'label');
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
    ...(checks.weight && { weight: checks.weight }),
    ...(complete !== undefined && { complete }),
    ...(joint && { joint }),
  });
}

const jointLimitArms = 100_000;

async function countRows(database: Duckdb, condition?: string): Promise<number> {
  const [row] = await database.rows(`SELECT count(*)::DOUBLE FROM study${condition === undefined ? '' : ` WHERE ${condition}`}`);
  return Number(row?.[0] ?? 0);
}

interface Checks {
  readonly variables: readonly SqlVariable[];
  readonly issues: readonly Issue[];
  readonly weight?: { readonly sql: string; readonly least: number; readonly most: number };
  readonly weightFault: boolean;
  /** Missing cells of real columns. */
  readonly missing: ReadonlyMap<string, number>;
  readonly odd: ReadonlyMap<string, { text: string; row?: number }>;
  readonly samples: ReadonlyMap<string, readonly string[]>;
}

/** One scan over what must be numbers: real columns, columns that are cut, and the count, weight or probability. */
async function checkNumbers(context: Context): Promise<Checks> {
  const { spec, database, plan, where, weightKind } = context;
  const issues: Issue[] = [];
  const numeric = context.variables.filter(({ role }) => role === 'real' || role === 'interval');
  const select: string[] = [];
  for (const { number, missing } of numeric) {
    select.push(`count(*) FILTER (WHERE ${missing})`, `count(*) FILTER (WHERE NOT ${missing} AND coalesce(NOT isfinite(${number}), true))`);
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
  const odd = new Map<string, { text: string; row?: number }>();
  const samples = new Map<string, readonly string[]>();
  const variables = [...context.variables];
  for (const [i, variable] of numeric.entries()) {
    missing.set(variable.sql, figure(2 * i));
    if (figure(2 * i + 1) === 0) continue;
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
      odd.set(variable.sql, { text, ...(await rowOf(context, variable.column, condition, isOdd)) });
    } else if (guessed) {
      const place = await rowOf(context, variable.column, condition, isOdd);
      issues.push({
        code: 'not-a-number',
        message: `Study ${spec.name}: ${variable.column} is “${text}”, not a finite number.`,
        where: { ...where, column: variable.column, ...place },
      });
    } else {
      odd.set(variable.sql, { text, ...(await rowOf(context, variable.column, condition, isOdd)) });
      samples.set(variable.sql, [text]);
    }
  }
  let weightFault = false;
  if (weightKind !== undefined && kind !== 'rows') {
    const at = 2 * numeric.length;
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
  const end = 2 * numeric.length + faults.length;
  return {
    variables,
    issues,
    ...(weightKind !== undefined && { weight: { sql: weight, least: figure(end), most: figure(end + 1) } }),
    weightFault,
    missing,
    odd,
    samples,
  };
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
