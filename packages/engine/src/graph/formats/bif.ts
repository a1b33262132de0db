import { type Factor, factorOf } from '../../math/factor.ts';
import { type Result, success } from '../../run/issue.ts';
import { nearest } from '../../run/nearest.ts';
import type { Graph } from '../graph.ts';
import type { Name, Value } from '../variable.ts';
import { Collector, type Span } from './collect.ts';
import { Cursor, quote } from './cursor.ts';

const space = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//uy;
const word = /[^\s{}()[\],;|"]+/uy;
const property = /property\b[^;]*;/uy;
const plain = /^[^\s{}()[\],;|"\\/]+$/;
const mostCells = 10_000_000;

/** A discrete Bayesian network. The table of X has the axes [...parents as written, X]; each row over X sums to one. */
export interface Network {
  readonly name: string;
  readonly graph: Graph;
  readonly tables: ReadonlyMap<Name, Factor>;
}

interface Table {
  readonly of: Name;
  readonly span: Span;
  readonly parents: readonly Name[];
  readonly rows: readonly {
    readonly at?: readonly Value[];
    readonly default?: boolean;
    readonly numbers: readonly number[];
    readonly span: Span;
  }[];
}

/**
 * Reads the Bayesian Interchange Format (0.15, as bnlearn and pgmpy write it): `network`, `variable`, `probability` with
 * rows `(parents) p, …;`, `table …;` (the variable slowest, its last parent fastest) and `default …;`. Rows that do not sum
 * to one to 1e-12 are rescaled; off by more than 0.01 is an issue. Issues, with spans: `syntax`, `unknown-variable`,
 * `unknown-level`, `bad-table`, `too-large`, `cycle`.
 */
export function parseBif(text: string, file?: string): Result<Network> {
  const found = new Collector(file);
  const reader = new Reader(text, found);
  reader.all();
  for (const table of reader.tables) for (const parent of table.parents) found.arrow(parent, table.of, table.span);
  const tables = new Map<Name, Factor>();
  for (const table of reader.tables) {
    const factor = tableOf(table, reader.levels, found);
    if (factor !== undefined) tables.set(table.of, factor);
  }
  for (const name of reader.levels.keys())
    if (!reader.tables.some((table) => table.of === name))
      found.issue('bad-table', `${name} has no probabilities.`, undefined, `Add probability ( ${name} ) { … }.`);
  const made = found.finish();
  return made.ok ? success({ name: reader.name, graph: made.value, tables }, made.warnings) : made;
}

/** BIF text that {@link parseBif} reads back as the same network. Throws if a variable is not finite or lacks its table. */
export function printBif({ name, graph, tables }: Network): string {
  const parts = [`network ${show(name)} {\n}\n`];
  const levelsOf = (variable: Name): readonly Value[] => {
    const domain = graph.variables.get(variable)?.domain;
    if (domain?.kind !== 'finite') throw new Error(`${variable} is not finite.`);
    return domain.levels;
  };
  for (const variable of graph.variables.keys()) {
    const levels = levelsOf(variable);
    parts.push(`variable ${show(variable)} {\n  type discrete [ ${levels.length} ] { ${levels.map(show).join(', ')} };\n}\n`);
  }
  for (const variable of graph.variables.keys()) {
    const table = tables.get(variable);
    if (table === undefined) throw new Error(`${variable} has no table.`);
    const parents = table.axes.slice(0, -1);
    const size = levelsOf(variable).length;
    const rows: string[] = [];
    for (let row = 0; row * size < table.values.length; row++) {
      const numbers = [...table.values.subarray(row * size, (row + 1) * size)].join(', ');
      const at: string[] = [];
      for (let i = parents.length - 1, rest = row; i >= 0; i--) {
        const levels = levelsOf(parents[i] as Name);
        at.unshift(show(levels[rest % levels.length] as Value));
        rest = Math.floor(rest / levels.length);
      }
      rows.push(parents.length === 0 ? `  table ${numbers};\n` : `  (${at.join(', ')}) ${numbers};\n`);
    }
    const given = parents.length === 0 ? '' : ` | ${parents.map(show).join(', ')}`;
    parts.push(`probability ( ${show(variable)}${given} ) {\n${rows.join('')}}\n`);
  }
  return parts.join('');
}

const show = (text: string): string => (plain.test(text) ? text : quote(text));

function tableOf(table: Table, levels: ReadonlyMap<Name, readonly Value[]>, found: Collector): Factor | undefined {
  const own = levels.get(table.of) as readonly Value[];
  const sizes = table.parents.map((parent) => levels.get(parent)?.length ?? 0);
  const rowCount = sizes.reduce((total, size) => total * size, 1);
  if (rowCount * own.length > mostCells) {
    found.issue(
      'too-large',
      `The table of ${table.of} would have ${rowCount * own.length} cells.`,
      table.span,
      `At most ${mostCells} are read.`,
    );
    return undefined;
  }
  const values = new Float64Array(rowCount * own.length).fill(Number.NaN);
  let good = true;
  const wrong = (message: string, span: Span, hint: string): void => {
    good = false;
    found.issue('bad-table', message, span, hint);
  };
  const ordered = [...table.rows].sort((p, q) => Number(q.default ?? false) - Number(p.default ?? false));
  for (const row of ordered) {
    const whole = row.at === undefined && row.default !== true;
    const wanted = whole ? values.length : own.length;
    if (row.numbers.length !== wanted) {
      wrong(`${row.numbers.length} numbers stand here, ${wanted} are needed.`, row.span, `${table.of} has the levels ${own.join(', ')}.`);
      continue;
    }
    if (whole) {
      for (let i = 0; i < own.length; i++)
        for (let at = 0; at < rowCount; at++) values[at * own.length + i] = row.numbers[i * rowCount + at] as number;
    } else if (row.default === true) {
      for (let at = 0; at < rowCount; at++) values.set(row.numbers, at * own.length);
    } else {
      const place = placeOf(row.at ?? [], table, levels, row.span, found);
      if (place === undefined) good = false;
      else values.set(row.numbers, place * own.length);
    }
  }
  for (let at = 0; at < rowCount && good; at++) {
    const row = values.subarray(at * own.length, (at + 1) * own.length);
    const total = row.reduce((sum, one) => sum + one, 0);
    if (Number.isNaN(total)) wrong(`Row ${at + 1} of the table of ${table.of} is missing.`, table.span, `There must be ${rowCount} rows.`);
    else if (row.some((one) => one < 0) || Math.abs(total - 1) > 0.01)
      wrong(`Row ${at + 1} of the table of ${table.of} sums to ${total}.`, table.span, 'Probabilities are not negative and sum to 1.');
    else if (Math.abs(total - 1) > 1e-12) for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) / total;
  }
  return good ? factorOf([...table.parents, table.of], [...sizes, own.length], values) : undefined;
}

function placeOf(
  at: readonly Value[],
  table: Table,
  levels: ReadonlyMap<Name, readonly Value[]>,
  span: Span,
  found: Collector,
): number | undefined {
  if (at.length !== table.parents.length) {
    found.issue(
      'bad-table',
      `${at.length} values stand here, one per parent is needed.`,
      span,
      `The parents are ${table.parents.join(', ')}.`,
    );
    return undefined;
  }
  let place = 0;
  for (const [i, value] of at.entries()) {
    const parent = table.parents[i] as Name;
    const known = levels.get(parent) ?? [];
    const number = known.indexOf(value);
    if (number < 0) {
      const near = nearest(value, known);
      const hint = near === undefined ? `Its levels are ${known.join(', ')}.` : `Did you mean “${near}”?`;
      found.issue('unknown-level', `${parent} has no level “${value}”.`, span, hint);
      return undefined;
    }
    place = place * known.length + number;
  }
  return place;
}

class Reader {
  name = 'unknown';
  readonly levels = new Map<Name, readonly Value[]>();
  readonly tables: Table[] = [];
  readonly #cursor: Cursor;
  readonly #found: Collector;

  constructor(text: string, found: Collector) {
    this.#cursor = new Cursor(text);
    this.#found = found;
  }

  all(): void {
    const cursor = this.#cursor;
    const raw: Table[] = [];
    for (this.#skip(); !cursor.done && !this.#found.failed; this.#skip()) {
      const start = cursor.at;
      const kind = cursor.take(word);
      if (kind === 'network') this.#network();
      else if (kind === 'variable') this.#variable();
      else if (kind === 'probability') {
        const table = this.#probability(start);
        if (table !== undefined) raw.push(table);
      } else this.#wrong('A network, variable or probability block should stand here', start);
    }
    for (const table of raw) {
      const unknown = [table.of, ...table.parents].find((name) => !this.levels.has(name));
      if (unknown !== undefined) {
        const near = nearest(unknown, this.levels.keys());
        const hint = near === undefined ? 'Declare it in a variable block.' : `Did you mean “${near}”?`;
        this.#found.issue('unknown-variable', `There is no variable ${unknown}.`, table.span, hint);
      } else if (new Set([table.of, ...table.parents]).size <= table.parents.length)
        this.#found.issue('bad-table', `A variable stands twice in the table of ${table.of}.`, table.span, 'Name every parent once.');
      else if (this.tables.some((other) => other.of === table.of))
        this.#found.issue('bad-table', `${table.of} has two probability blocks.`, table.span, 'Keep one.');
      else this.tables.push(table);
    }
  }

  #network(): void {
    this.name = this.#text() ?? 'unknown';
    if (!this.#expect('{')) return;
    while (this.#property());
    this.#expect('}');
  }

  #variable(): void {
    const cursor = this.#cursor;
    const start = cursor.at;
    const name = this.#text();
    if (name === undefined || name === '') {
      this.#wrong('The name of a variable should stand here', cursor.at);
      return;
    }
    if (this.levels.has(name)) {
      this.#found.issue('duplicate-variable', `Variable ${name} is declared twice.`, cursor.spanFrom(start));
      return;
    }
    if (!this.#expect('{')) return;
    for (;;) {
      while (this.#property());
      this.#skip();
      if (cursor.eat('}')) break;
      if (!this.#expect('type') || !this.#expect('discrete') || !this.#expect('[')) return;
      const count = Number(this.#text());
      if (!this.#expect(']') || !this.#expect('{')) return;
      const levels = this.#list('}');
      if (levels === undefined || !this.#expect('}') || !this.#expect(';')) return;
      if (levels.length !== count || new Set(levels).size !== count || count < 1) {
        const message = `${name} should have ${count} different levels, and ${levels.length} are listed.`;
        this.#found.issue('bad-table', message, cursor.spanFrom(start), 'Count the levels again.');
        return;
      }
      this.levels.set(name, levels);
      this.#found.node(name, { domain: { kind: 'finite', levels } }, cursor.spanFrom(start));
    }
    if (!this.levels.has(name))
      this.#found.issue('syntax', `${name} has no type.`, cursor.spanFrom(start), 'Add type discrete [ 2 ] { no, yes };');
  }

  #probability(start: number): Table | undefined {
    const cursor = this.#cursor;
    if (!this.#expect('(')) return undefined;
    const of = this.#text();
    if (of === undefined) {
      this.#wrong('The name of a variable should stand here', cursor.at);
      return undefined;
    }
    this.#skip();
    const parents = cursor.eat('|') || cursor.eat(',') ? this.#list(')') : [];
    if (parents === undefined || !this.#expect(')') || !this.#expect('{')) return undefined;
    const span = cursor.spanFrom(start);
    const rows: Table['rows'][number][] = [];
    for (;;) {
      while (this.#property());
      this.#skip();
      if (cursor.eat('}')) return { of, span, parents, rows };
      const from = cursor.at;
      let at: readonly Value[] | undefined;
      const isDefault = cursor.eat('default');
      if (!isDefault && cursor.eat('(')) {
        at = this.#list(')');
        if (at === undefined || !this.#expect(')')) return undefined;
      } else if (!isDefault && !this.#expect('table')) return undefined;
      const numbers = this.#numbers();
      if (numbers === undefined || !this.#expect(';')) return undefined;
      rows.push({ ...(at === undefined ? {} : { at }), default: isDefault, numbers, span: cursor.spanFrom(from) });
    }
  }

  /** Texts parted by commas or spaces, up to the closing sign (not eaten). */
  #list(close: string): string[] | undefined {
    const cursor = this.#cursor;
    const list: string[] = [];
    for (;;) {
      this.#skip();
      if (cursor.looksAt(close)) return list;
      if (cursor.eat(',')) continue;
      const text = this.#text();
      if (text === undefined) {
        this.#wrong(`A name or ${close} should stand here`, cursor.at);
        return undefined;
      }
      list.push(text);
    }
  }

  #numbers(): number[] | undefined {
    const cursor = this.#cursor;
    const numbers: number[] = [];
    for (;;) {
      this.#skip();
      if (cursor.looksAt(';')) return numbers;
      if (cursor.eat(',')) continue;
      const start = cursor.at;
      const number = Number(cursor.take(word) ?? Number.NaN);
      if (!Number.isFinite(number)) {
        this.#wrong('A number should stand here', start);
        return undefined;
      }
      numbers.push(number);
    }
  }

  #text(): string | undefined {
    this.#skip();
    const quoted = this.#cursor.quoted();
    if (quoted !== undefined) return quoted.open ? undefined : quoted.value;
    return this.#cursor.take(word);
  }

  #property(): boolean {
    this.#skip();
    return this.#cursor.take(property) !== undefined;
  }

  #expect(sign: string): boolean {
    this.#skip();
    if (this.#cursor.eat(sign)) return true;
    this.#wrong(`“${sign}” should stand here`, this.#cursor.at);
    return false;
  }

  #wrong(message: string, start: number): void {
    const seen = this.#cursor.text.slice(start, start + 20).split(/\s/)[0] ?? '';
    const end = Math.min(start + Math.max(seen.length, 1), this.#cursor.text.length);
    this.#found.issue('syntax', seen === '' ? `${message}.` : `${message}, not “${seen}”.`, { start, end }, 'See the BIF 0.15 format.');
  }

  #skip(): void {
    while (this.#cursor.take(space) !== undefined);
  }
}
