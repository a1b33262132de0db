import { canonical } from '../data/level.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Issue } from '../run/issue.ts';
import { didYouMean } from '../run/nearest.ts';

/** A mechanism as it stands in a document: rows by the text of their keys. */
export type WrittenMechanism =
  | { readonly kind: 'dirichlet'; readonly rows: ReadonlyMap<string, readonly number[]> }
  | { readonly kind: 'xor'; readonly beta: readonly [number, number] }
  | { readonly kind: 'mixture'; readonly weights: readonly number[]; readonly rows: readonly ReadonlyMap<string, readonly number[]>[] };

export interface Item {
  /** Its place in the document. */
  readonly at: string;
  readonly mechanism: WrittenMechanism;
  readonly parents: readonly Name[];
  /** The parent configurations that its rows name. */
  readonly keys: readonly ReadonlyMap<Name, Value>[];
  /** Numbers in a row: levels of the variable. */
  readonly size: number;
}

export type Fault = (code: string, message: string, hint: string) => void;

export const kinds = ['dirichlet', 'xor', 'mixture'] as const;

const forms = {
  dirichlet: 'Write { "dirichlet": { "": [3, 1] } }, or one row for each configuration of the parents: { "X=0": [4, 1], "X=1": [2, 5] }.',
  xor: 'Write { "xor": { "of": ["X"], "beta": [1, 3] } }: the parents, and the weights of noise 1 and noise 0.',
  mixture: 'Write { "mixture": { "weights": [0.5, 0.5], "rows": [{ "X=0": [1, 0], "X=1": [0.2, 0.8] }, { ... }] } }.',
} as const;

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number' && Number.isFinite(one));

/** `X=0,Z=1` as a map; names and levels that hold a comma or an equals sign stand in double quotes. Undefined: no such list. */
export function keyOf(text: string): ReadonlyMap<Name, Value> | undefined {
  const key = new Map<Name, Value>();
  if (text.trim() === '') return key;
  const part = /\s*(?:"([^"]+)"|([^",=]+?))\s*=\s*(?:"([^"]*)"|([^",]+?))\s*(?:,|$)/uy;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    const name = (match[1] ?? match[2]) as string;
    if (key.has(name)) return undefined;
    key.set(name, match[3] ?? canonical(match[4] as string));
  }
  return /,\s*$/u.test(text) ? undefined : key;
}

/** The key of a row by its number, the last parent fastest. */
export function spellKey(parents: readonly Name[], levels: readonly (readonly Value[])[], index: number): string {
  const parts: string[] = [];
  let rest = index;
  const quote = (text: string): string => (/[",=]/u.test(text) ? `"${text}"` : text);
  for (let k = parents.length - 1; k >= 0; k--) {
    const own = levels[k] as readonly Value[];
    parts.unshift(`${quote(parents[k] as Name)}=${quote(own[rest % own.length] as Value)}`);
    rest = Math.floor(rest / own.length);
  }
  return parts.join(',');
}

/** One mechanism of the document, checked as far as it can be without the others. */
export function readItem(written: unknown, at: string, issues: Issue[]): Item | undefined {
  const before = issues.length;
  const fault: Fault = (code, message, hint) => {
    issues.push({ code, message, hint });
  };
  if (!isFields(written)) {
    fault('shape', `${at} must be an object with one of ${kinds.join(', ')}.`, forms.dirichlet);
    return undefined;
  }
  for (const key of Object.keys(written))
    if (!kinds.some((kind) => kind === key))
      fault('unknown-kind', `${at} has no field “${key}”.`, didYouMean(key, kinds) ?? `A mechanism is one of ${kinds.join(', ')}.`);
  const found = kinds.filter((kind) => Object.hasOwn(written, kind));
  const [kind] = found;
  if (issues.length > before) return undefined;
  if (kind === undefined || found.length > 1) {
    fault('shape', `${at} has ${kind === undefined ? 'no mechanism' : found.join(' and ')}.`, `Give it one of ${kinds.join(', ')}.`);
    return undefined;
  }
  const inside = written[kind];
  const place = `${at}.${kind}`;
  if (kind === 'dirichlet') {
    const table = readTable(inside, place, forms.dirichlet, fault);
    if (table === undefined) return undefined;
    for (const [text, row] of table.rows)
      if (row.some((weight) => weight < 0) || !row.some((weight) => weight > 0))
        fault(
          'weights',
          `${place}[${JSON.stringify(text)}]: Dirichlet weights are above 0.`,
          'A weight of 0 is a level that never occurs; one at least is above 0.',
        );
    const { rows, keys, parents, size } = table;
    return issues.length > before ? undefined : { at: place, mechanism: { kind, rows }, parents, keys, size };
  }
  if (!isFields(inside)) {
    fault('shape', `${place} must be an object.`, forms[kind]);
    return undefined;
  }
  const fields: readonly string[] = kind === 'xor' ? ['of', 'beta'] : ['weights', 'rows'];
  for (const key of Object.keys(inside))
    if (!fields.includes(key)) fault('unknown-key', `${place} has no field “${key}”.`, didYouMean(key, fields) ?? forms[kind]);
  if (issues.length > before) return undefined;
  return kind === 'xor' ? readXor(inside, place, fault) : readMixture(inside, place, fault);
}

function readXor({ of = [], beta }: Fields, place: string, fault: Fault): Item | undefined {
  if (!Array.isArray(of) || !of.every((name) => typeof name === 'string') || new Set(of).size < of.length) {
    fault('shape', `${place}.of must be a list of different names.`, forms.xor);
    return undefined;
  }
  const [a, b, more] = isNumbers(beta) ? beta : [];
  if (a === undefined || b === undefined || more !== undefined || a < 0 || b < 0 || !(a + b > 0)) {
    fault('weights', `${place}.beta must be two numbers above 0: the weights of noise 1 and noise 0.`, forms.xor);
    return undefined;
  }
  return { at: place, mechanism: { kind: 'xor', beta: [a, b] }, parents: of, keys: [], size: 2 };
}

function readMixture({ weights, rows }: Fields, place: string, fault: Fault): Item | undefined {
  if (!isNumbers(weights) || weights.length === 0 || !Array.isArray(rows) || rows.length !== weights.length) {
    fault('shape', `${place} must have “weights”, a list of numbers, and “rows”, one table for each weight.`, forms.mixture);
    return undefined;
  }
  const shares = normalised(weights);
  if (shares === undefined) {
    fault('weights', `${place}.weights must not be negative and must sum to 1.`, `They sum to ${weights.reduce((a, b) => a + b, 0)}.`);
    return undefined;
  }
  const tables: ReadonlyMap<string, readonly number[]>[] = [];
  let first: Table | undefined;
  for (const [k, one] of rows.entries()) {
    const at = `${place}.rows[${k}]`;
    const table = readTable(one, at, forms.mixture, fault);
    if (table === undefined) return undefined;
    first ??= table;
    if (
      table.size !== first.size ||
      table.parents.length !== first.parents.length ||
      table.parents.some((name) => !first?.parents.includes(name))
    ) {
      fault('parents', `${at} has other parents or levels than ${place}.rows[0].`, 'All tables of a mixture have the same shape.');
      return undefined;
    }
    const own = new Map<string, readonly number[]>();
    for (const [text, row] of table.rows) {
      const probabilities = normalised(row);
      if (probabilities !== undefined) own.set(text, probabilities);
      else {
        fault(
          'weights',
          `${at}[${JSON.stringify(text)}] must be probabilities that sum to 1.`,
          `They sum to ${row.reduce((a, b) => a + b, 0)}.`,
        );
        return undefined;
      }
    }
    tables.push(own);
  }
  if (first === undefined) return undefined;
  return {
    at: place,
    mechanism: { kind: 'mixture', weights: shares, rows: tables },
    parents: first.parents,
    keys: first.keys,
    size: first.size,
  };
}

/** Divided by their sum where that is 1 up to 1e-6 (numbers are printed rounded). */
function normalised(values: readonly number[]): readonly number[] | undefined {
  const sum = values.reduce((a, b) => a + b, 0);
  if (values.some((value) => value < 0) || !(Math.abs(sum - 1) <= 1e-6)) return undefined;
  return sum === 1 ? values : values.map((value) => value / sum);
}

interface Table {
  readonly rows: ReadonlyMap<string, readonly number[]>;
  readonly keys: readonly ReadonlyMap<Name, Value>[];
  readonly parents: readonly Name[];
  readonly size: number;
}

function readTable(written: unknown, at: string, form: string, fault: Fault): Table | undefined {
  const entries = isFields(written) ? Object.entries(written) : [];
  if (entries.length === 0) {
    fault('shape', `${at} must be an object of rows.`, form);
    return undefined;
  }
  const rows = new Map<string, readonly number[]>();
  const keys: ReadonlyMap<Name, Value>[] = [];
  for (const [text, row] of entries) {
    const where = `${at}[${JSON.stringify(text)}]`;
    const key = keyOf(text);
    if (key === undefined) {
      fault('shape', `${where}: a row is named by the values of the parents.`, 'For example "X=0,Z=1"; without parents the key is "".');
      return undefined;
    }
    const [first] = keys;
    if (first !== undefined && (first.size !== key.size || [...first.keys()].some((name) => !key.has(name)))) {
      fault('parents', `${where} names other parents than ${at}[${JSON.stringify(entries[0]?.[0])}].`, 'Every row names all parents.');
      return undefined;
    }
    if (!isNumbers(row) || row.length === 0) {
      fault('shape', `${where} must be a list of numbers, one for each level.`, form);
      return undefined;
    }
    if (rows.size > 0 && row.length !== [...rows.values()][0]?.length) {
      fault(
        'shape',
        `${where} has ${row.length} numbers, the first row has ${[...rows.values()][0]?.length}.`,
        'Every row has one number for each level.',
      );
      return undefined;
    }
    keys.push(key);
    rows.set(text, row);
  }
  return { rows, keys, parents: [...(keys[0] as ReadonlyMap<Name, Value>).keys()], size: [...rows.values()][0]?.length ?? 0 };
}
