import {
  failure,
  type Issue,
  missingTexts,
  planColumns,
  type Result,
  type Schema,
  type Study,
  type StudySource,
  type StudySpec,
  success,
  type Wanted,
  type Where,
} from '@doable/engine/adapter';
import { planRoles } from './columns.ts';
import { type Duckdb, DuckdbError } from './duckdb.ts';
import { openStudy } from './duckdb-study.ts';
import { escapeGlob, type Relation, relationOf } from './relation.ts';
import { type Kind, kindOf, missingSql, numberSql, quoteName } from './sql.ts';
import { type Prepared, summarise } from './summary.ts';
import { csvIssues } from './text-file.ts';

/** A study over whatever DuckDB reads; see {@link StudySource}. `data` is relative to `directory`; `pixels`: see `SourceSettings`. */
export function duckdbSource(spec: StudySpec, data: string, directory: string, open: () => Promise<Duckdb>, pixels = true): StudySource {
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
        const made = await prepare(spec, wanted, relation, database, data, pixels);
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
    code !== 'where'
      ? {}
      : /Cannot (?:compare|mix) values of type VARCHAR/u.test(first)
        ? { hint: 'Every column of a text file is text to "where": write CAST(age AS DOUBLE) >= 18, not age >= 18.' }
        : { hint: 'Check the condition in "where": SQL over the columns of the data, texts in single quotes.' };
  return [{ code, message: `Study ${spec.name}: ${first}`, where, ...hint }];
}

async function prepare(
  spec: StudySpec,
  wanted: Wanted,
  relation: Relation,
  database: Duckdb,
  data: string,
  pixels: boolean,
): Promise<Result<Prepared>> {
  await database.run(`CREATE VIEW source_view AS SELECT * FROM ${relation.sql}`);
  const described = await database.rows('DESCRIBE source_view');
  const types = new Map(described.map(([name, type]) => [(name as string).trim(), { name: name as string, type: type as string }]));
  const kinds = new Map<string, Kind>([...types].map(([name, { type }]) => [name, kindOf(type)]));
  const scalars = [...types.keys()].filter(
    (name) => kinds.get(name) !== 'nested' || wanted.names?.includes(name) || wanted.declared.get(name)?.tensor,
  );
  const file = relation.files.length === 1 ? data : undefined;
  const where: Where = file === undefined ? {} : { file };
  const planned = planColumns(spec, wanted, scalars, file);
  if (!planned.ok) return planned;
  const plan = planned.value;
  const numbered = new Map(plan.variables.flatMap(({ column, parts }) => (parts ? [[column, parts] as const] : [])));
  for (const column of numbered.keys()) types.set(column, { name: column, type: 'DOUBLE[]' });
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
    const parts = numbered.get(column);
    if (parts !== undefined) return listSql(parts.map((part) => ({ sql: raw(part), kind: kinds.get(part) as Kind })));
    const { name, type } = types.get(column) as { name: string; type: string };
    return type === 'JSON' ? `json_extract_string(${quoteName(name)}, '$')` : quoteName(name);
  };
  const selected = plan.variables.map(({ column }, i) => `${raw(column)} AS v${i}`);
  if (plan.measure.kind !== 'rows') selected.push(`${raw(plan.measure.column)} AS w`);
  await database.run(
    `CREATE VIEW study AS SELECT ${selected.length > 0 ? selected.join(', ') : '1 AS one'} FROM source_view${spec.where === undefined ? '' : ` WHERE (${spec.where}\n)`}`,
  );
  await database.confine([...new Set(relation.files.flatMap((path) => [path, escapeGlob(path)]))]);
  const variables = await planRoles(database, spec, plan, wanted, new Map([...types].map(([name, { type }]) => [name, type])));
  return summarise({
    spec,
    relation,
    database,
    plan,
    variables,
    where,
    pixels,
    weightKind: plan.measure.kind === 'rows' ? undefined : kinds.get(plan.measure.column),
  });
}

/** Numbered columns as one list; NULL where one of them is missing, with a NULL inside where one is not a number. */
const listSql = (parts: readonly { readonly sql: string; readonly kind: Kind }[]): string => {
  const missing = parts.map(({ sql, kind }) => missingSql(sql, kind, missingTexts)).join(' OR ');
  const numbers = parts.map(({ sql, kind }) => (kind === 'nested' || kind === 'other-text' ? 'NULL::DOUBLE' : numberSql(sql, kind)));
  return `CASE WHEN ${missing} THEN NULL ELSE [${numbers.join(', ')}] END`;
};
