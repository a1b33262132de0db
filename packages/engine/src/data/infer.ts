import type { Domain, Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import { canonical, intervalNames, levelReader, naturalOrder, numberOf } from './level.ts';
import type { ColumnSummary, Declared, Schema, StudySpec, StudySummary } from './source.ts';
import { textLimit } from './source.ts';

/** Integers with more distinct values than this are read as real. */
export const integerLevels = 20;

export interface Summarised {
  readonly spec: StudySpec;
  readonly summary: StudySummary;
}

interface Seen {
  readonly study: Name;
  readonly column: ColumnSummary;
}

/**
 * One domain per variable, over all studies: as declared, else text, booleans and integers with at most 20 distinct values
 * finite (in natural order), other numbers real, and texts with very many values labels (no variable; noted).
 * Issues: `unknown-level`, `not-a-number`, `too-many-levels`.
 */
export function inferSchema(declared: ReadonlyMap<Name, Declared>, studies: readonly Summarised[]): Result<Schema> {
  const seen = new Map<Name, Seen[]>();
  const environments = new Set<Name>();
  for (const name of declared.keys()) seen.set(name, []);
  for (const { spec, summary } of studies) {
    if (spec.regime.environment !== undefined) environments.add(spec.regime.environment);
    for (const column of summary.columns) {
      const list = seen.get(column.name) ?? [];
      list.push({ study: spec.name, column });
      seen.set(column.name, list);
    }
    for (const [name, value] of Object.entries(spec.regime.fixed ?? {})) {
      const number = numberOf(value);
      const column = { name, texts: [value], more: false, numeric: !Number.isNaN(number), integer: Number.isInteger(number), missing: 0 };
      seen.set(name, [...(seen.get(name) ?? []), { study: spec.name, column }]);
    }
  }
  const issues: Issue[] = [];
  const notes: string[] = [];
  const domains = new Map<Name, Domain>();
  const cuts = new Map<Name, readonly number[]>();
  for (const [name, columns] of seen) {
    const declaration = declared.get(name) ?? {};
    if (declaration.cut) cuts.set(name, declaration.cut);
    const found = domainOf(name, declaration, columns, environments.has(name));
    issues.push(...found.issues);
    if (found.note !== undefined) notes.push(found.note);
    if (found.domain) domains.set(name, found.domain);
  }
  return issues.length > 0 ? failure(...issues) : success({ domains, cuts, notes });
}

interface Found {
  readonly domain?: Domain;
  readonly note?: string;
  readonly issues: readonly Issue[];
}

function domainOf(name: Name, declared: Declared, columns: readonly Seen[], environment: boolean): Found {
  if (declared.tensor) {
    const range = declared.range ?? rangeOf(columns);
    const found = range === undefined ? '' : `, values ${range[0]} to ${range[1]}${declared.range ? '' : ' (inferred)'}`;
    return {
      domain: { kind: 'tensor', shape: declared.tensor, ...(range && { range }) },
      note: `${name}: tensor ${declared.tensor.join(' x ')} (declared)${found}`,
      issues: [],
    };
  }
  if (declared.cut) {
    const levels = intervalNames(declared.cut);
    const named = levelReader(levels);
    const odd = columns.filter(({ column }) => !column.numeric && column.texts.some((text) => named(text) === -1));
    return {
      domain: { kind: 'finite', levels },
      note: `${name}: cut into ${levels.join(', ')} (declared)`,
      issues: odd.map((one) => notNumber(name, one)),
    };
  }
  if (declared.levels) {
    const { levels } = declared;
    return {
      domain: { kind: 'finite', levels },
      note: `${name}: ${levels.join(', ')} (declared)`,
      issues: unknownLevels(name, levels, columns),
    };
  }
  const unit = declared.unit === undefined ? {} : { unit: declared.unit };
  const real: Domain = { kind: 'real', ...unit };
  if (declared.real) {
    const odd = columns.filter(({ column }) => !column.numeric);
    return { domain: real, note: `${name}: real${unitText(declared)} (declared)`, issues: odd.map((one) => notNumber(name, one)) };
  }
  const filled = columns.filter(({ column }) => column.texts.length > 0 || column.more);
  if (filled.length === 0) return { issues: [] };
  const numeric = filled.every(({ column }) => column.numeric);
  const texts = new Set(filled.flatMap(({ column }) => column.texts.map((text) => (numeric ? canonical(text) : text))));
  const more = filled.some(({ column }) => column.more) || (texts.size > textLimit && !environment);
  const finite = !numeric || environment || (texts.size <= integerLevels && !more && filled.every(({ column }) => column.integer));
  if (!finite) return { domain: real, note: `${name}: real${unitText(declared)} (inferred)`, issues: [] };
  if (more) {
    if (environment)
      return {
        issues: [{ code: 'too-many-levels', message: `${name} tells environments apart but has more than ${textLimit} different texts.` }],
      };
    return {
      note: `${name}: more than ${textLimit} different texts, taken for a label and not used; declare its levels to use it`,
      issues: [],
    };
  }
  const levels = naturalOrder(texts);
  const numbers = levels.filter((level) => !Number.isNaN(numberOf(level)));
  const warn =
    !numeric && numbers.length > integerLevels && numbers.length >= 0.9 * levels.length
      ? `; nearly all are numbers, but not “${levels.find((level) => Number.isNaN(numberOf(level)))}”: if it should be real, mend those cells or declare "real": true`
      : '';
  return { domain: { kind: 'finite', levels }, note: `${name}: ${shortList(levels)} (inferred${warn})`, issues: [] };
}

/** The least and greatest entry of tensors in any study; a constant column is given some room above. */
function rangeOf(columns: readonly Seen[]): readonly [number, number] | undefined {
  const extents = columns.flatMap(({ column }) => column.extent ?? []).filter(({ least, most }) => least <= most);
  if (extents.length === 0) return undefined;
  const least = extents.reduce((low, extent) => Math.min(low, extent.least), Number.POSITIVE_INFINITY);
  const most = extents.reduce((high, extent) => Math.max(high, extent.most), Number.NEGATIVE_INFINITY);
  return [least, most > least ? most : least + 1];
}

const unitText = (declared: Declared): string => (declared.unit === undefined ? '' : ` in ${declared.unit}`);
const shortList = (levels: readonly Value[]): string =>
  levels.length <= 12 ? levels.join(', ') : `${levels.slice(0, 10).join(', ')}, … ${levels[levels.length - 1]} (${levels.length} levels)`;

function unknownLevels(name: Name, levels: readonly Value[], columns: readonly Seen[]): Issue[] {
  const code = levelReader(levels);
  return columns.flatMap(({ study, column }) => {
    const unknown = column.texts.filter((text) => code(text) === -1);
    const first = unknown[0];
    if (first === undefined) return [];
    const others = unknown.length > 1 || column.more ? ` (and ${column.more ? 'many' : unknown.length - 1} more)` : '';
    const hint = didYouMean(first, levels);
    return [
      {
        code: 'unknown-level',
        message: `Study ${study}: ${name} has the value “${first}”${others}, which is not among its levels ${shortList(levels)}.`,
        where: { column: name },
        ...(hint !== undefined && { hint }),
      },
    ];
  });
}

function notNumber(name: Name, { study, column }: Seen): Issue {
  const { row, file } = column.odd ?? {};
  const text = column.odd?.text ?? column.texts.find((one) => Number.isNaN(numberOf(one))) ?? '';
  return {
    code: 'not-a-number',
    message: `Study ${study}: ${name} is “${text}”, but it is declared to be real.`,
    where: { column: name, ...(file !== undefined && { file }), ...(row !== undefined && { row }) },
    hint: 'Mend the cell, leave it empty (and say "missing": "drop"), or declare its levels.',
  };
}
