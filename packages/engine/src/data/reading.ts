import type { Name } from '../graph/variable.ts';
import { failure, type Issue, type Result, success, type Where } from '../run/issue.ts';
import { emptyIssue, fixedIssue, measureFault, measureIssue, missingIssue, probabilityScale } from './checks.ts';
import { type ColumnPlan, planColumns } from './columns.ts';
import { canonical, missingTexts, numberOf } from './level.ts';
import { type ColumnSummary, type Declared, type StudySpec, type StudySummary, textLimit, type Wanted } from './source.ts';
import { type Column, cellText, type Table, tableBuilder } from './table.ts';
import { type ReadPicture, type ReadTensors, tensorGatherer, tensorLimit } from './tensors.ts';

/** The table of inline rows; cells of the columns `lists` may be lists, which stand as JSON in the table. Issues: `bad-row`, `not-a-value`. */
export function rowsTable(
  rows: readonly Readonly<Record<string, unknown>>[],
  study: Name,
  lists: ReadonlySet<string> = new Set(),
): Result<Table> {
  const issues: Issue[] = [];
  const header = [...new Set(rows.flatMap((row) => (row !== null && typeof row === 'object' ? Object.keys(row) : [])))];
  const builder = tableBuilder(header);
  rows.forEach((row, i) => {
    const where = { row: i + 1 };
    if (row === null || typeof row !== 'object' || Array.isArray(row)) {
      issues.push({ code: 'bad-row', message: `Study ${study}: row ${i + 1} is not an object of column: value.`, where });
      return;
    }
    builder.add(
      header.map((column) => {
        const cell = row[column];
        if (cell === null || cell === undefined || Number.isNaN(cell)) return '';
        if (typeof cell === 'string') return cell;
        if (typeof cell === 'boolean' || typeof cell === 'bigint') return String(cell);
        if (typeof cell === 'number' && Number.isFinite(cell)) return String(cell);
        if (Array.isArray(cell) && lists.has(column)) return JSON.stringify(cell);
        issues.push({
          code: 'not-a-value',
          message: `Study ${study}: ${column} is not a text, a finite number or a boolean.`,
          where: { ...where, column },
        });
        return '';
      }),
      i + 1,
    );
  });
  return issues.length > 0 ? failure(...issues) : success(builder.finish());
}

export interface Reading {
  readonly table: Table;
  readonly plan: ColumnPlan;
  readonly summary: StudySummary;
  /** Per row of the table: 1 where a variable is missing. */
  readonly incomplete: Uint8Array;
  readonly weight?: Float64Array;
}

const isMissing = (declared: Declared | undefined): ((text: string) => boolean) => {
  const levels = new Set(declared?.levels ?? []);
  return (text) => missingTexts.includes(text) && !levels.has(text);
};

/** Finds, checks and summarises the columns of a table. */
export function readTable(spec: StudySpec, wanted: Wanted, table: Table, file: string | undefined): Result<Reading> {
  const total = table.rows.length;
  if (total === 0) return failure(emptyIssue(spec, 'its data has no rows', file === undefined ? {} : { file }));
  const planned = planColumns(spec, wanted, table.header, file);
  if (!planned.ok) return planned;
  const plan = planned.value;
  const issues: Issue[] = [];
  const at = (row: number): Where => ({ ...(file !== undefined && { file }), row: table.rows[row] as number });
  const columnOf = (column: string): Column => table.columns[table.header.indexOf(column)] as Column;
  const incomplete = new Uint8Array(total);
  const absent = plan.variables.map(({ name }) => isMissing(wanted.declared.get(name)));
  const columns = plan.variables.map(({ name, column, parts }, i): ColumnSummary => {
    if (wanted.declared.get(name)?.tensor !== undefined) {
      const { missing, first, where } = missingTensors(parts ?? [column], columnOf, incomplete);
      if (missing > 0 && spec.missing !== 'drop') issues.push(missingIssue(spec, where, missing, at(first)));
      return { name, texts: [], more: false, numeric: false, integer: false, missing };
    }
    const cells = columnOf(column);
    const summary = summarise(name, cells, absent[i] as (text: string) => boolean, incomplete, table.rows);
    const fixed = spec.regime.fixed?.[name];
    const other = fixed === undefined ? undefined : summary.summary.texts.find((text) => canonical(text) !== canonical(fixed));
    if (fixed !== undefined && other !== undefined)
      issues.push(fixedIssue(spec, name, fixed, other, { ...(file !== undefined && { file }), column }));
    const label = summary.summary.more && !summary.summary.numeric && wanted.declared.get(name)?.levels === undefined;
    if (summary.summary.missing > 0 && spec.missing !== 'drop' && !label)
      issues.push(missingIssue(spec, column, summary.summary.missing, at(summary.firstMissing)));
    const { odd } = summary.summary;
    return odd === undefined || file === undefined ? summary.summary : { ...summary.summary, odd: { ...odd, file } };
  });
  let weight: Float64Array | undefined;
  if (plan.measure.kind !== 'rows') {
    const { kind, column } = plan.measure;
    const cells = columnOf(column);
    const faults = new Map<string, { says: string; row: number; count: number }>();
    weight = new Float64Array(total);
    for (let row = 0; row < total; row++) {
      const text = cellText(cells, row);
      const fault = measureFault(kind, text);
      weight[row] = fault ? 0 : numberOf(text);
      if (!fault) continue;
      const seen = faults.get(fault.code);
      faults.set(fault.code, seen ? { ...seen, count: seen.count + 1 } : { says: fault.says, row, count: 1 });
    }
    for (const [code, { says, row, count }] of faults) issues.push(measureIssue(spec, column, { code, says }, at(row), count - 1));
  }
  if (issues.length > 0) return failure(...issues);
  let [dropped, sum] = [0, 0];
  for (let row = 0; row < total; row++) {
    if (incomplete[row] === 1) dropped++;
    else sum += weight ? (weight[row] as number) : 1;
  }
  if (sum === 0)
    return failure(
      emptyIssue(
        spec,
        dropped === total ? 'every row has a missing cell' : `its ${plan.measure.kind} column is 0 in every row`,
        file === undefined ? {} : { file },
      ),
    );
  const notes = dropped > 0 ? [`${dropped} of ${total} rows dropped for missing cells`] : [];
  if (plan.measure.kind === 'probability' && weight) {
    const setColumns = plan.variables.filter(({ name }) => spec.regime.set.includes(name));
    const arms = new Map<string, number>();
    for (let row = 0; row < total; row++) {
      if (incomplete[row] === 1) continue;
      const arm = setColumns.map(({ name, column }) => `${name}=${canonical(cellText(columnOf(column), row))}`).join(', ');
      arms.set(arm, (arms.get(arm) ?? 0) + (weight[row] as number));
    }
    const scale = probabilityScale(spec, arms);
    if (!scale.ok) return scale;
    notes.push(...scale.value.notes);
    weight = weight.map((value) => (value / scale.value.divide) * (spec.size ?? 1));
  }
  const summary = { columns, rows: total, dropped, ignored: plan.ignored, notes };
  return success({ table, plan, summary, incomplete, ...(weight && { weight }) });
}

function summarise(
  name: Name,
  cells: Column,
  absent: (text: string) => boolean,
  incomplete: Uint8Array,
  rows: Int32Array,
): { summary: ColumnSummary; firstMissing: number } {
  let [missing, firstMissing] = [0, 0];
  let [numeric, integer] = [true, true];
  let odd: ColumnSummary['odd'];
  const texts = new Set<string>();
  let more = false;
  const take = (text: string, row: number): void => {
    const value = numberOf(text);
    if (Number.isNaN(value)) {
      if (numeric) odd = { text, row: rows[row] as number };
      numeric = false;
    }
    integer &&= Number.isInteger(value);
    if (texts.size < textLimit) texts.add(text);
    else more ||= !texts.has(text);
  };
  const miss = (row: number): void => {
    if (missing++ === 0) firstMissing = row;
    incomplete[row] = 1;
  };
  if (cells.kind === 'texts') {
    const known = new Int8Array(cells.texts.length);
    cells.codes.forEach((code, row) => {
      if (known[code] === 0) {
        known[code] = absent(cells.texts[code] as string) ? 2 : 1;
        if (known[code] === 1) take(cells.texts[code] as string, row);
      }
      if (known[code] === 2) miss(row);
    });
  } else {
    cells.values.forEach((value, row) => {
      if (Number.isNaN(value)) miss(row);
      else take(String(value), row);
    });
  }
  return { summary: { name, texts: [...texts], more, numeric, integer, missing, ...(odd && { odd }) }, firstMissing };
}

/** Marks the rows where a tensor, or one of its numbered columns, is missing. */
function missingTensors(
  columns: readonly string[],
  columnOf: (column: string) => Column,
  incomplete: Uint8Array,
): { readonly missing: number; readonly first: number; readonly where: string } {
  const absent = new Uint8Array(incomplete.length);
  let [first, where] = [incomplete.length, columns[0] as string];
  for (const column of columns) {
    const cells = columnOf(column);
    for (let row = 0; row < absent.length; row++) {
      if (!missingTexts.includes(cellText(cells, row))) continue;
      absent[row] = 1;
      incomplete[row] = 1;
      if (row < first) [first, where] = [row, column];
    }
  }
  return { missing: absent.reduce((sum, mark) => sum + mark, 0), first, where };
}

/** The tensors of a table by variable: one per row, whatever it is where the row is incomplete. Issues: those of the gatherer, `too-large`. */
export async function readTensors(
  spec: StudySpec,
  { declared }: Wanted,
  { table, plan, incomplete }: Pick<Reading, 'table' | 'plan' | 'incomplete'>,
  file: string | undefined,
  pictures: ReadPicture | undefined,
): Promise<Result<ReadonlyMap<Name, ReadTensors>>> {
  const found = new Map<Name, ReadTensors>();
  const issues: Issue[] = [];
  for (const { name, column, parts } of plan.variables) {
    const { tensor: shape, range } = declared.get(name) ?? {};
    if (shape === undefined) continue;
    const task = { study: spec.name, name, shape, rows: table.rows.length };
    const large = tensorLimit(task);
    if (large !== undefined) {
      issues.push(large);
      continue;
    }
    const gatherer = tensorGatherer({ ...task, ...(range && { range }), ...(parts && { parts }), ...(pictures && { pictures }) });
    const cells = (parts ?? [column]).map((one) => table.columns[table.header.indexOf(one)] as Column);
    const numbers = parts && cells.map(cellNumbers);
    const own = new Float64Array(cells.length);
    for (let row = 0; row < task.rows; row++) {
      if (incomplete[row] === 1) continue;
      if (numbers === undefined) await gatherer.text(row, cellText(cells[0] as Column, row));
      else {
        numbers.forEach((numberAt, i) => {
          own[i] = numberAt(row);
        });
        gatherer.numbers(row, own);
      }
    }
    const made = await gatherer.finish((row) => ({ ...(file !== undefined && { file }), row: table.rows[row] as number }));
    if (made.ok) found.set(name, made.value);
    else issues.push(...made.issues);
  }
  return issues.length > 0 ? failure(...issues) : success(found);
}

/** The numbers of a column by row; NaN where there is none. */
function cellNumbers(cells: Column): (row: number) => number {
  if (cells.kind === 'numbers') return (row) => cells.values[row] as number;
  const spelled = Float64Array.from(cells.texts, numberOf);
  return (row) => spelled[cells.codes[row] as number] as number;
}
