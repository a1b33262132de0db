import type { Name } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';
import type { StudySpec, Wanted } from './source.ts';
import { shapeText, tensorSize } from './tensors.ts';

export interface PlannedVariable {
  readonly name: Name;
  readonly column: string;
  /** Of a tensor in numbered columns `column.0`, `column.1`, ...: all of them, in order; the data has no column `column` then. */
  readonly parts?: readonly string[];
}

/** Which column of the data plays which part. */
export interface ColumnPlan {
  readonly variables: readonly PlannedVariable[];
  /** Set variables that are constants and have no column. */
  readonly constants: readonly Name[];
  readonly measure: { readonly kind: 'rows' } | { readonly kind: 'count' | 'weight' | 'probability'; readonly column: string };
  readonly ignored: readonly string[];
}

/**
 * Finds the study's columns in the header of its data. Issues: `two-weights`, `unknown-column` (a rename, count, weight or
 * probability column, set variable or environment that the data lacks), `duplicate-variable`, `no-variables`, `tensor-columns`.
 */
export function planColumns(spec: StudySpec, wanted: Wanted, columns: readonly string[], file?: string): Result<ColumnPlan> {
  const issues: Issue[] = [];
  const where = file === undefined ? {} : { where: { file } };
  const report = (code: string, message: string, hint?: string): void => {
    issues.push({ code, message: `Study ${spec.name}: ${message}`, ...where, ...(hint !== undefined && { hint }) });
  };
  const numbered = numberedColumns(spec, wanted, columns, report);
  const apart = new Set([...numbered.values()].flat());
  const header = [...columns.filter((column) => !apart.has(column)), ...numbered.keys()];
  const has = new Set(header);
  const need = (column: string, part: string): void => {
    if (!has.has(column)) report('unknown-column', `the data has no column “${column}” (${part}).`, didYouMean(column, header));
  };
  const measures = (['count', 'weight', 'probability'] as const).flatMap((kind) => {
    const column = spec[kind];
    return column === undefined ? [] : [{ kind, column }];
  });
  for (const { kind, column } of measures) need(column, `its ${kind} column`);
  if (measures.length > 1)
    report(
      'two-weights',
      `${measures.map(({ kind }) => `“${kind}”`).join(' and ')} are both given.`,
      'Give only one of count, weight and probability.',
    );
  const renamed = new Map(Object.entries(spec.columns ?? {}));
  for (const [name, column] of renamed) need(column, `named for ${name}`);
  const taken = new Set([...renamed.values(), ...measures.map(({ column }) => column)]);
  const columnOf = new Map<Name, string>(renamed);
  for (const column of header) {
    if (taken.has(column)) continue;
    if (columnOf.has(column)) report('duplicate-variable', `both the column “${column}” and “${columnOf.get(column)}” would be ${column}.`);
    else columnOf.set(column, column);
  }
  const { environment, fixed = {}, set } = spec.regime;
  for (const name of set) {
    if (columnOf.has(name) || Object.hasOwn(fixed, name)) continue;
    const hint = didYouMean(name, columnOf.keys()) ?? '';
    report(
      'unknown-column',
      `it sets ${name}, but the data has no column of that name.`,
      `${hint} If ${name} was held at one value, write "set": { "${name}": value }.`.trim(),
    );
  }
  if (environment !== undefined && !columnOf.has(environment))
    report('unknown-column', `the data has no column “${environment}” (its environment).`, didYouMean(environment, columnOf.keys()));
  const names =
    wanted.names === undefined
      ? undefined
      : new Set([...wanted.names, ...set, ...renamed.keys(), ...(environment === undefined ? [] : [environment])]);
  const variables = [...columnOf]
    .filter(([name, column]) => has.has(column) && (names?.has(name) ?? true))
    .map(([name, column]) => {
      const parts = numbered.get(column);
      return parts === undefined ? { name, column } : { name, column, parts };
    });
  const constants = set.filter((name) => Object.hasOwn(fixed, name) && !columnOf.has(name));
  if (variables.length + constants.length === 0 && issues.length === 0)
    report(
      'no-variables',
      'none of its columns is a variable of the problem.',
      header.length > 0 && header.length <= 20 ? `Its columns are ${header.join(', ')}.` : undefined,
    );
  if (issues.length > 0) return failure(...issues);
  const used = new Set([...variables.map(({ column }) => column), ...taken]);
  const measure = measures[0] ?? { kind: 'rows' as const };
  return success({ variables, constants, measure, ignored: header.filter((column) => !used.has(column)) });
}

/** Columns `Scan.0`, `Scan.1`, ... that hold a declared tensor, by what stands before the dot; a column of just that name is preferred. */
function numberedColumns(
  spec: StudySpec,
  { declared }: Wanted,
  header: readonly string[],
  report: (code: string, message: string, hint?: string) => void,
): ReadonlyMap<string, readonly string[]> {
  const has = new Set(header);
  const found = new Map<string, readonly string[]>();
  for (const [name, { tensor }] of declared) {
    const base = spec.columns?.[name] ?? name;
    if (tensor === undefined || has.has(base)) continue;
    const own = header.filter((column) => column.startsWith(`${base}.`) && /^\d+$/u.test(column.slice(base.length + 1)));
    if (own.length === 0) continue;
    const size = tensorSize(tensor);
    if (size > mostNumberedColumns) {
      report('tensor-columns', `a tensor of ${shapeText(tensor)} has too many numbers for numbered columns.`, 'Use a column of lists.');
      continue;
    }
    const parts = Array.from({ length: size }, (_, i) => `${base}.${i}`);
    const lacking = parts.filter((column) => !has.has(column));
    const known = new Set(parts);
    const surplus = own.find((column) => !known.has(column));
    const range = `${base}.0 to ${base}.${size - 1}`;
    if (lacking[0] !== undefined)
      report(
        'tensor-columns',
        `${name} is a tensor of ${shapeText(tensor)}, in columns ${range}; the data has no column ${lacking[0]}${lacking.length > 1 ? ` (and ${lacking.length - 1} more are not there)` : ''}.`,
      );
    else if (surplus !== undefined)
      report('tensor-columns', `${name} is a tensor of ${shapeText(tensor)}, in columns ${range}; the data also has ${surplus}.`);
    found.set(base, parts);
  }
  return found;
}

const mostNumberedColumns = 65_536;
