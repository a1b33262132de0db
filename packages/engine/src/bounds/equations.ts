import { canonical, naturalOrder } from '../data/level.ts';
import type { Name, Value } from '../graph/variable.ts';
import { failure, type Issue, type Result, success } from '../run/issue.ts';

/**
 * Structural equations that the user knows, as a problem document has them under `model`:
 *
 *     "exogenous": { "U": { "states": 4, "children": ["X", "Y"] } }
 *     "equations": { "Y": { "of": ["X", "U"], "values": [...] } }
 *
 * `states`: how many, or their names. `children` may be left out where the equations or the graph name them. `values`: the level
 * of Y for every combination of `of`, row-major (the last one fastest). A variable without an equation is canonical: any
 * function of its parents and of the exogenous variables that it reads.
 */
export interface ModelDocument {
  readonly exogenous?: Readonly<Record<Name, unknown>> | undefined;
  readonly equations?: Readonly<Record<Name, unknown>> | undefined;
}

export interface ExplicitModel {
  readonly exogenous: ReadonlyMap<Name, { readonly states: readonly Value[]; readonly children: readonly Name[] }>;
  readonly equations: ReadonlyMap<Name, { readonly of: readonly Name[]; readonly values: readonly Value[] }>;
}

/** Reads the shape. Issues: `model` with the path of what is wrong. */
export function readModel(document: ModelDocument | undefined): Result<ExplicitModel> {
  const issues: Issue[] = [];
  const wrong = (path: string, message: string, hint?: string): void => {
    issues.push({ code: 'model', message: `model.${path} ${message}`, ...(hint !== undefined && { hint }) });
  };
  const exogenous = new Map<Name, { states: readonly Value[]; children: readonly Name[] }>();
  for (const [name, written] of Object.entries(document?.exogenous ?? {})) {
    const path = `exogenous.${name}`;
    const fields = fieldsOf(written, ['states', 'children'], path, wrong);
    const states = statesOf(fields.states);
    if (states === undefined)
      wrong(
        `${path}.states`,
        'must be a whole number of states, or a list of their names.',
        `Write for example "${name}": { "states": 4 }.`,
      );
    const children = namesOf(fields.children ?? []);
    if (children === undefined) wrong(`${path}.children`, 'must be a list of names, for example ["X", "Y"].');
    exogenous.set(name, { states: states ?? ['0'], children: children ?? [] });
  }
  const equations = new Map<Name, { of: readonly Name[]; values: readonly Value[] }>();
  for (const [name, written] of Object.entries(document?.equations ?? {})) {
    const path = `equations.${name}`;
    if (exogenous.has(name)) wrong(path, `stands beside model.exogenous.${name}.`, 'An exogenous variable has no equation.');
    const fields = fieldsOf(written, ['of', 'values'], path, wrong);
    const of = namesOf(fields.of ?? []);
    if (of === undefined) wrong(`${path}.of`, 'must be a list of names, each once, for example ["X", "U"].');
    else if (of.includes(name)) wrong(`${path}.of`, `must not hold ${name} itself.`);
    const values = valuesOf(fields.values);
    if (values === undefined) wrong(`${path}.values`, 'must be a list of levels, one for every combination of "of".');
    equations.set(name, { of: of ?? [], values: values ?? [] });
  }
  return issues.length > 0 ? failure(...issues) : success({ exogenous, equations });
}

/** The levels that an equation gives to a variable of which nothing else is known. */
export const levelsOfEquation = (values: readonly Value[]): readonly Value[] => naturalOrder(new Set(values));

function fieldsOf(
  written: unknown,
  known: readonly string[],
  path: string,
  wrong: (path: string, message: string, hint?: string) => void,
): Readonly<Record<string, unknown>> {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    wrong(path, `must be an object with ${known.map((field) => `"${field}"`).join(' and ')}.`);
    return {};
  }
  for (const field of Object.keys(written))
    if (!known.includes(field)) wrong(`${path}.${field}`, 'is not known.', `Its fields are ${known.join(' and ')}.`);
  return written as Readonly<Record<string, unknown>>;
}

function statesOf(written: unknown): readonly Value[] | undefined {
  if (typeof written === 'number')
    return Number.isSafeInteger(written) && written >= 1 && written <= 1e6
      ? Array.from({ length: written }, (_, i) => String(i))
      : undefined;
  const named = valuesOf(written);
  return named !== undefined && new Set(named).size === named.length ? named : undefined;
}

function namesOf(written: unknown): readonly Name[] | undefined {
  if (!Array.isArray(written)) return undefined;
  const names = written.filter((name) => typeof name === 'string');
  return names.length === written.length && new Set(names).size === names.length ? names : undefined;
}

function valuesOf(written: unknown): readonly Value[] | undefined {
  if (!Array.isArray(written) || written.length === 0) return undefined;
  const values: Value[] = [];
  for (const value of written) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
    values.push(canonical(String(value).trim()));
  }
  return values;
}
