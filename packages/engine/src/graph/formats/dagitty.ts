import type { Result } from '../../run/issue.ts';
import { nearest } from '../../run/nearest.ts';
import type { Graph } from '../graph.ts';
import type { Name } from '../variable.ts';
import { Collector, type Span } from './collect.ts';
import { Cursor, nameText } from './cursor.ts';
import { attributeNames, attributesText, readAttribute } from './traits.ts';

type Mark = '->' | '<-' | '<->';

const space = /\s+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//uy;
const header = /(dag|graph|digraph|pdag|cpdag|mag|pag|admg|mpdag)\s*(?:"[^"\n]*"|[\p{L}_][\p{L}\p{N}_.]*)?\s*\{/iuy;
const line = /[-<>=~@+|→←↔⟶⟵⟷–—⇒⇐⇔]+/uy;
/** The bounding box that dagitty saves. */
const drawing = /bb\s*=\s*(?:"[^"\n]*"|[-\d.,]+)/iuy;
const value = /[^\s,;[\]{}"]+/uy;
const marks: Readonly<Record<string, Mark>> = { '->': '->', '<-': '<-', '<->': '<->', '→': '->', '←': '<-', '↔': '<->' };
const reserved: ReadonlySet<string> = new Set([
  'dag',
  'graph',
  'digraph',
  'pdag',
  'cpdag',
  'mag',
  'pag',
  'admg',
  'mpdag',
  'strict',
  'network',
  'bb',
]);
const deepest = 100;

interface Place {
  readonly name: Name;
  readonly span: Span;
}

/**
 * Reads dagitty text, with or without `dag { }`. Statements are chains `A -> {B C} <-> D` (groups nest) and nodes
 * `U [latent]`; newline and `;` part them, `#`, `//` and `/* *\/` start comments. Statements about one node merge.
 * Issues, all with their span and at most twenty: `syntax`, `unknown-attribute`, `bad-attribute`, `conflict`, `self-loop`,
 * `cycle`, `unsupported`, `too-deep`. Warnings: `ignored-attribute`.
 */
export function parseDagitty(text: string, file?: string): Result<Graph> {
  const found = new Collector(file);
  new Reader(text, found).all();
  return found.finish();
}

/**
 * Dagitty text that {@link parseDagitty} reads back as the same graph. Nodes get a statement of their own where they have
 * attributes or no edges, or where the order of declaration asks for it. `compact`: one line without the `dag { }`.
 */
export function printDagitty(graph: Graph, options: { readonly compact?: boolean } = {}): string {
  const edges = [...graph.arrows.map(([a, b]) => [a, '->', b] as const), ...graph.arcs.map(([a, b]) => [a, '<->', b] as const)];
  const joined = new Set(edges.flatMap(([a, , b]) => [a, b]));
  const attributes = new Map([...graph.variables.values()].map((variable) => [variable.name, attributesText(variable)]));
  const needed = [...graph.variables.keys()].filter((name) => attributes.get(name) !== '' || !joined.has(name));
  const order = [...new Set([...needed, ...edges.flatMap(([a, , b]) => [a, b])])];
  const declared = [...graph.variables.keys()];
  const listed = order.every((name, i) => name === declared[i]) ? needed : declared;
  const show = (name: Name): string => nameText(name, reserved);
  const statements = [
    ...listed.map((name) => (attributes.get(name) === '' ? show(name) : `${show(name)} [${attributes.get(name)}]`)),
    ...edges.map(([a, mark, b]) => `${show(a)} ${mark} ${show(b)}`),
  ];
  if (options.compact === true) return statements.join('; ');
  return `dag {\n${statements.map((statement) => `  ${statement}\n`).join('')}}`;
}

class Reader {
  readonly #cursor: Cursor;
  readonly #found: Collector;
  #depth = 0;

  constructor(text: string, found: Collector) {
    this.#cursor = new Cursor(text);
    this.#found = found;
  }

  all(): void {
    const cursor = this.#cursor;
    this.#skip();
    const start = cursor.at;
    const opening = cursor.take(header);
    const kind = opening?.match(/^[a-z]+/i)?.[0].toLowerCase();
    if (kind !== undefined && kind !== 'dag' && kind !== 'admg') {
      this.#found.issue(
        'unsupported',
        `A “${kind}” is not a graph of arrows and arcs with known directions.`,
        { start, end: start + kind.length },
        kind === 'digraph' || kind === 'graph' ? 'Write dag { … }; DOT text is read as DOT.' : 'Give a dag; its edges are ->, <- and <->.',
      );
      return;
    }
    this.#statements(opening !== undefined);
    if (opening !== undefined && !cursor.eat('}') && !this.#found.full)
      this.#found.issue('syntax', 'The closing } is missing.', { start, end: start + opening.length }, 'Add } at the end.');
    this.#skip();
    if (opening !== undefined && !cursor.done && !this.#found.failed)
      this.#found.issue(
        'syntax',
        'There is text after the closing }.',
        { start: cursor.at, end: cursor.text.length },
        'Move it inside the braces.',
      );
  }

  /** Statements up to the end or, inside braces, up to the closing one (not eaten). The nodes they mention. */
  #statements(inside: boolean): Place[] {
    const cursor = this.#cursor;
    const nodes: Place[] = [];
    while (!this.#found.full) {
      this.#skip();
      if (cursor.eat(';') || (this.#depth > 0 && cursor.eat(','))) continue;
      if (cursor.done || (inside && cursor.looksAt('}'))) break;
      const before = cursor.at;
      if (!this.#statement(nodes)) this.#recover(before);
    }
    return nodes;
  }

  /** One chain or node; adds what it mentions to `nodes`. False after an issue. */
  #statement(nodes: Place[]): boolean {
    const cursor = this.#cursor;
    if (cursor.take(drawing) !== undefined) return true;
    let left = this.#element();
    if (left === undefined) return false;
    nodes.push(...left);
    this.#skip();
    if (cursor.looksAt('[') && !this.#attributes(left, false)) return false;
    for (;;) {
      this.#skip();
      const mark = this.#mark();
      if (mark === undefined) return true;
      if (mark === 'bad') return false;
      this.#skip();
      const right = this.#element();
      if (right === undefined) return false;
      nodes.push(...right);
      this.#join(left, mark, right);
      this.#skip();
      if (cursor.looksAt('[') && !this.#attributes(right, true)) return false;
      left = right;
    }
  }

  #join(left: readonly Place[], mark: Mark, right: readonly Place[]): void {
    for (const a of left) {
      for (const b of right) {
        if (this.#found.full) return;
        const span = { start: a.span.start, end: b.span.end };
        if (mark === '<->') this.#found.arc(a.name, b.name, span);
        else if (mark === '->') this.#found.arrow(a.name, b.name, span);
        else this.#found.arrow(b.name, a.name, span);
      }
    }
  }

  /** A name or a group. */
  #element(): Place[] | undefined {
    const cursor = this.#cursor;
    const start = cursor.at;
    if (cursor.eat('{')) {
      if (this.#depth >= deepest) {
        this.#found.issue('too-deep', `Groups nest more than ${deepest} deep.`, { start, end: start + 1 }, 'Flatten the groups.');
        cursor.at = cursor.text.length;
        return undefined;
      }
      this.#depth++;
      const nodes = this.#statements(true);
      this.#depth--;
      if (cursor.eat('}')) return [...new Map(nodes.map((place) => [place.name, place])).values()];
      this.#found.issue('syntax', 'The closing } of this group is missing.', { start, end: start + 1 }, 'Add } after the last name.');
      return undefined;
    }
    const name = this.#name();
    if (name === undefined) return undefined;
    const span = cursor.spanFrom(start);
    this.#found.node(name);
    return [{ name, span }];
  }

  #name(): Name | undefined {
    const cursor = this.#cursor;
    const start = cursor.at;
    const bare = cursor.word();
    if (bare !== undefined) return bare;
    const quoted = cursor.quoted();
    if (quoted?.open === false && quoted.value !== '') return quoted.value;
    if (quoted !== undefined) {
      const message = quoted.open ? 'The closing quote is missing.' : 'A name cannot be empty.';
      this.#found.issue(
        'syntax',
        message,
        cursor.spanFrom(start),
        quoted.open ? 'Add " at the end of the name.' : 'Write a name between the quotes.',
      );
      return undefined;
    }
    const run = cursor.take(line);
    const seen = run ?? cursor.peek();
    this.#found.issue(
      'syntax',
      seen === '' ? 'A variable is missing at the end.' : `A variable should stand here, not “${seen}”.`,
      { start, end: start + Math.max(seen.length, seen === '' ? 0 : 1) },
      seen === "'" || seen === '`'
        ? 'Quote names with ".'
        : seen === ','
          ? 'Part statements with ; and write several variables as { A B }.'
          : 'Names with other characters go in quotes: "my variable".',
    );
    return undefined;
  }

  #mark(): Mark | 'bad' | undefined {
    const cursor = this.#cursor;
    const start = cursor.at;
    const run = cursor.take(line);
    if (run === undefined) return undefined;
    const mark = marks[run];
    if (mark !== undefined) return mark;
    const heads = [/[<←⟵⟷↔⇐⇔]/.test(run), /[>→⟶⟷↔⇒⇔]/.test(run)] as const;
    const meant = heads[0] ? (heads[1] ? '<->' : '<-') : heads[1] ? '->' : undefined;
    this.#found.issue(
      'syntax',
      `“${run}” is not an edge.`,
      cursor.spanFrom(start),
      run === '='
        ? 'Attributes go in brackets: X [domain="a,b"].'
        : meant === undefined
          ? 'Edges are ->, <- and <->; a name with other characters goes in quotes: "X-ray".'
          : `Did you mean ${meant} ?`,
    );
    return 'bad';
  }

  /** `[key, key=value]`. After an edge they describe the edge, and none of ours does. */
  #attributes(nodes: readonly Place[], afterEdge: boolean): boolean {
    const cursor = this.#cursor;
    const open = cursor.at;
    cursor.eat('[');
    for (;;) {
      this.#skip();
      if (cursor.eat(']')) return true;
      if (cursor.eat(',') || cursor.eat(';')) continue;
      const start = cursor.at;
      const key = cursor.word() ?? cursor.quoted()?.value;
      if (key === undefined) {
        const message = cursor.done ? 'The closing ] is missing.' : `An attribute should stand here, not “${cursor.peek()}”.`;
        this.#found.issue(
          'syntax',
          message,
          cursor.done ? { start: open, end: open + 1 } : { start, end: start + 1 },
          `Attributes are ${attributeNames.join(', ')}.`,
        );
        return false;
      }
      this.#skip();
      let given: string | undefined;
      if (cursor.eat('=')) {
        this.#skip();
        const quoted = cursor.quoted();
        given = quoted === undefined ? cursor.take(value) : quoted.value;
        if (given === undefined || quoted?.open === true) {
          this.#found.issue(
            'syntax',
            `The value of “${key}” is ${quoted ? 'not closed' : 'missing'}.`,
            cursor.spanFrom(start),
            `For example ${key}="…".`,
          );
          return false;
        }
      }
      this.#attribute(key, given, cursor.spanFrom(start), nodes, afterEdge);
    }
  }

  #attribute(key: string, given: string | undefined, span: Span, nodes: readonly Place[], afterEdge: boolean): void {
    const said = readAttribute(key.toLowerCase(), given);
    if (said === undefined) {
      const near = nearest(key, attributeNames);
      if (near !== undefined && !afterEdge)
        this.#found.issue('unknown-attribute', `There is no attribute “${key}”.`, span, `Did you mean “${near}”?`);
      else this.#found.warn('ignored-attribute', `The attribute “${key}” means nothing here and was ignored.`, span);
      return;
    }
    if (afterEdge) {
      if ('position' in said || 'problem' in said) return;
      const last = nodes[nodes.length - 1]?.name ?? '';
      this.#found.issue(
        'bad-attribute',
        `“${key}” after an edge is about the edge, not about ${last}.`,
        span,
        `Write ${nameText(last, reserved)} [${key}] as a statement of its own.`,
      );
      return;
    }
    if ('problem' in said) this.#found.issue('bad-attribute', said.problem as string, span, said.hint as string);
    else for (const { name } of nodes) this.#found.node(name, said, span);
  }

  #skip(): void {
    while (this.#cursor.take(space) !== undefined);
  }

  /** After an issue: on to the next line, `;` or closing brace, but always forward. */
  #recover(before: number): void {
    const cursor = this.#cursor;
    if (cursor.at === before && !cursor.done) cursor.at += cursor.peek().length;
    cursor.take(/[^\n;}]+/uy);
    if (this.#depth === 0 && cursor.looksAt('}') && cursor.text.slice(cursor.at + 1).trim() !== '') cursor.at++;
  }
}
