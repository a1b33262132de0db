import type { Result } from '../../run/issue.ts';
import type { Graph } from '../graph.ts';
import type { Name } from '../variable.ts';
import { Collector, type Span } from './collect.ts';
import { Cursor } from './cursor.ts';

const space = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*/uy;
const word = /[\p{L}\p{M}_][\p{L}\p{M}\p{N}_]*|-?(?:\.\d+|\d+(?:\.\d*)?)/uy;
const edge = /->|--|<->|<-|→|↔|=>/uy;
const keywords: ReadonlySet<string> = new Set(['node', 'edge', 'graph', 'digraph', 'subgraph', 'strict']);
const plain = /^[A-Za-z_][A-Za-z0-9_]*$/;
const deepest = 100;
const arcHint = 'Write a hidden common cause as X -> Y [dir=both, style=dashed].';

type Attributes = ReadonlyMap<string, string>;

interface Id {
  readonly value: string;
  readonly span: Span;
  readonly keyword: boolean;
}

interface Place {
  readonly name: Name;
  readonly span: Span;
}

/**
 * Reads a DOT `digraph`. Attributes are ignored except: `dir=both` with `style=dashed` makes an arc, `dir=back` turns an arrow
 * round, `observed=no` on a node makes it latent. Issues, with spans: `syntax`, `undirected`, `two-headed` (`dir=both` without
 * `style=dashed`), `opposite-arrows`, `too-deep`, and those of {@link Collector}.
 */
export function parseDot(text: string, file?: string): Result<Graph> {
  const found = new Collector(file);
  new Reader(text, found).all();
  const written = new Set(found.arrows.map((arrow) => JSON.stringify(arrow)));
  for (const [a, b] of found.arrows) {
    if (!written.has(JSON.stringify([b, a])) || a > b) continue;
    const [there, back] = [found.placeOf([a, b]), found.placeOf([b, a])];
    found.issue('opposite-arrows', `There are arrows from ${a} to ${b} and from ${b} to ${a}.`, back ?? there, `Remove one. ${arcHint}`);
  }
  return found.finish();
}

/** DOT text that {@link parseDot} reads back with the same variables, edges and latent marks; domains, roles and positions are left out. */
export function printDot(graph: Graph): string {
  const lines = [
    ...[...graph.variables.values()].map(({ name, latent }) =>
      latent === true ? `${idText(name)} [observed=no, style=dashed]` : idText(name),
    ),
    ...graph.arrows.map(([a, b]) => `${idText(a)} -> ${idText(b)}`),
    ...graph.arcs.map(([a, b]) => `${idText(a)} -> ${idText(b)} [dir=both, style=dashed, constraint=false]`),
  ];
  return `digraph {\n${lines.map((line) => `  ${line};\n`).join('')}}`;
}

/** DOT knows one escape, `\"`; a backslash before another character stands for itself. */
function idText(name: Name): string {
  if (plain.test(name) && !keywords.has(name.toLowerCase())) return name;
  return `"${name.replace(/\\(?=\\|"|\n|$)/g, '\\\\').replaceAll('"', '\\"')}"`;
}

class Reader {
  readonly #cursor: Cursor;
  readonly #found: Collector;

  constructor(text: string, found: Collector) {
    this.#cursor = new Cursor(text);
    this.#found = found;
  }

  all(): void {
    const cursor = this.#cursor;
    this.#skip();
    const start = cursor.at;
    let kind = this.#id();
    this.#skip();
    if (kind?.keyword === true && kind.value === 'strict') {
      kind = this.#id();
      this.#skip();
    }
    if (kind?.keyword !== true || kind.value !== 'digraph') {
      const span = kind?.span ?? { start, end: start };
      if (kind?.keyword === true && kind.value === 'graph')
        this.#found.issue('undirected', 'A DOT “graph” has no directions.', span, 'Use digraph { … } with ->.');
      else this.#found.issue('syntax', 'DOT text begins with digraph {.', span, 'For example digraph { X -> Y }.');
      return;
    }
    if (!cursor.looksAt('{')) this.#id();
    this.#skip();
    const brace = cursor.at;
    if (!cursor.eat('{')) {
      this.#found.issue(
        'syntax',
        'A { should stand here.',
        { start: brace, end: Math.min(brace + 1, cursor.text.length) },
        'For example digraph { X -> Y }.',
      );
      return;
    }
    this.#statements(new Map(), 0);
    if (this.#found.failed) return;
    if (!cursor.eat('}')) this.#found.issue('syntax', 'The closing } is missing.', { start: brace, end: brace + 1 }, 'Add } at the end.');
    this.#skip();
    if (!cursor.done && !this.#found.failed)
      this.#found.issue(
        'syntax',
        'There is text after the closing }.',
        { start: cursor.at, end: cursor.text.length },
        'Give one graph at a time.',
      );
  }

  #statements(given: Attributes, depth: number): Place[] {
    const cursor = this.#cursor;
    const nodes: Place[] = [];
    let defaults = given;
    while (!this.#found.full) {
      this.#skip();
      if (cursor.eat(';') || cursor.eat(',')) continue;
      if (cursor.done || cursor.looksAt('}')) break;
      const before = cursor.at;
      const start = this.#peekKeyword();
      if (start === 'node' || start === 'graph' || start === 'edge') {
        this.#id();
        const attributes = this.#attributes();
        if (attributes === undefined) this.#recover(before);
        else if (start === 'edge') defaults = new Map([...defaults, ...attributes]);
        continue;
      }
      if (!this.#statement(nodes, defaults, depth)) this.#recover(before);
    }
    return nodes;
  }

  #statement(nodes: Place[], defaults: Attributes, depth: number): boolean {
    const cursor = this.#cursor;
    const chain: Place[][] = [];
    const set = this.#setting();
    if (set !== undefined) return set;
    for (;;) {
      this.#skip();
      const here = this.#end(defaults, depth);
      if (here === undefined) return false;
      chain.push(here);
      this.#skip();
      const start = cursor.at;
      const mark = cursor.take(edge);
      if (mark === undefined) break;
      if (mark !== '->') {
        const code = mark === '--' ? 'undirected' : 'syntax';
        this.#found.issue(
          code,
          `“${mark}” is not an edge of a digraph.`,
          cursor.spanFrom(start),
          mark === '<->' || mark === '↔' ? arcHint : 'Write ->.',
        );
        return false;
      }
    }
    nodes.push(...chain.flat());
    const attributes = cursor.looksAt('[') ? this.#attributes() : new Map<string, string>();
    if (attributes === undefined) return false;
    if (chain.length === 1) {
      if (/^(no|false|0)$/i.test(attributes.get('observed') ?? ''))
        for (const { name, span } of chain[0] ?? []) this.#found.node(name, { latent: true }, span);
      return true;
    }
    const all = new Map([...defaults, ...attributes]);
    chain.slice(1).forEach((right, i) => {
      for (const a of chain[i] ?? []) for (const b of right) this.#edge(a, b, all);
    });
    return true;
  }

  /** `rankdir=LR`: a setting of the drawing; `undefined` if something else stands here. */
  #setting(): boolean | undefined {
    const cursor = this.#cursor;
    const start = cursor.at;
    if (cursor.take(word) === undefined && (!cursor.looksAt('"') || this.#quoted() === undefined)) return undefined;
    this.#skip();
    if (!cursor.eat('=') || cursor.looksAt('>')) {
      cursor.at = start;
      return undefined;
    }
    if (this.#value() !== undefined) return true;
    this.#found.issue('syntax', 'A value should follow “=”.', cursor.spanFrom(start), 'For example rankdir=LR.');
    return false;
  }

  #edge(a: Place, b: Place, attributes: Attributes): void {
    if (this.#found.full) return;
    const span = { start: a.span.start, end: Math.max(a.span.end, b.span.end) };
    const direction = (attributes.get('dir') ?? 'forward').toLowerCase();
    const dashed = /\b(dashed|dotted)\b/i.test(attributes.get('style') ?? '');
    if (direction === 'forward') this.#found.arrow(a.name, b.name, span);
    else if (direction === 'back') this.#found.arrow(b.name, a.name, span);
    else if (direction === 'both' && dashed) this.#found.arc(a.name, b.name, span);
    else if (direction === 'both')
      this.#found.issue(
        'two-headed',
        `The edge of ${a.name} and ${b.name} has two heads, which can mean a hidden common cause or a feedback.`,
        span,
        arcHint,
      );
    else
      this.#found.issue('undirected', `The edge of ${a.name} and ${b.name} has no direction (dir=${direction}).`, span, 'Use dir=forward.');
  }

  /** One end of an edge: a node with an optional port, or a subgraph. */
  #end(defaults: Attributes, depth: number): Place[] | undefined {
    const cursor = this.#cursor;
    const start = cursor.at;
    if (this.#peekKeyword() === 'subgraph') {
      this.#id();
      this.#skip();
      if (!cursor.looksAt('{')) this.#id();
      this.#skip();
    }
    if (cursor.looksAt('{')) {
      if (depth >= deepest) {
        this.#found.issue('too-deep', `Subgraphs nest more than ${deepest} deep.`, { start, end: start + 1 }, 'Flatten the subgraphs.');
        cursor.at = cursor.text.length;
        return undefined;
      }
      cursor.eat('{');
      const nodes = this.#statements(defaults, depth + 1);
      if (cursor.eat('}')) return [...new Map(nodes.map((place) => [place.name, place])).values()];
      this.#found.issue('syntax', 'The closing } of this subgraph is missing.', { start, end: start + 1 }, 'Add }.');
      return undefined;
    }
    const id = this.#id();
    if (id === undefined || id.keyword || id.value === '') {
      const seen = id === undefined ? cursor.peek() : id.value;
      const span = id?.span ?? { start, end: start + seen.length };
      const message = seen === '' ? 'A node is missing here.' : `A node should stand here, not “${seen}”.`;
      this.#found.issue('syntax', message, span, 'Names with other characters go in quotes: "my node".');
      return undefined;
    }
    this.#skip();
    for (let port = 0; port < 2 && cursor.eat(':'); port++) {
      this.#skip();
      this.#id();
      this.#skip();
    }
    this.#found.node(id.value);
    return [{ name: id.value, span: id.span }];
  }

  /** Any number of `[key=value, …]` lists; `undefined` after an issue. */
  #attributes(): Attributes | undefined {
    const cursor = this.#cursor;
    const attributes = new Map<string, string>();
    for (;;) {
      this.#skip();
      const open = cursor.at;
      if (!cursor.eat('[')) return attributes;
      for (;;) {
        this.#skip();
        if (cursor.eat(']')) break;
        if (cursor.eat(',') || cursor.eat(';')) continue;
        const key = this.#id();
        this.#skip();
        const value = cursor.eat('=') ? this.#value() : 'true';
        if (key === undefined || value === undefined) {
          const here = cursor.done ? { start: open, end: open + 1 } : { start: cursor.at, end: cursor.at + 1 };
          this.#found.issue(
            'syntax',
            cursor.done ? 'The closing ] is missing.' : 'An attribute should stand here.',
            here,
            'For example [dir=both, style=dashed].',
          );
          return undefined;
        }
        attributes.set(key.value.toLowerCase(), value);
      }
    }
  }

  #value(): string | undefined {
    this.#skip();
    return this.#id()?.value;
  }

  /** A word, number, quoted text (parts joined by +) or <HTML>. Keywords come back in lower case. */
  #id(): Id | undefined {
    const cursor = this.#cursor;
    const start = cursor.at;
    const bare = cursor.take(word);
    if (bare !== undefined) {
      const keyword = keywords.has(bare.toLowerCase());
      return { value: keyword ? bare.toLowerCase() : bare, span: cursor.spanFrom(start), keyword };
    }
    if (cursor.looksAt('<')) {
      const value = this.#html();
      return value === undefined ? undefined : { value, span: cursor.spanFrom(start), keyword: false };
    }
    let value = '';
    for (let more = cursor.looksAt('"'); more; ) {
      const part = this.#quoted();
      if (part === undefined) {
        this.#found.issue('syntax', 'The closing quote is missing.', { start, end: start + 1 }, 'Add " at the end of the name.');
        return undefined;
      }
      value += part;
      const end = cursor.at;
      this.#skip();
      more = cursor.eat('+');
      if (more) this.#skip();
      if (!more || !cursor.looksAt('"')) {
        if (!more) cursor.at = end;
        return { value, span: { start, end }, keyword: false };
      }
    }
    return undefined;
  }

  #quoted(): string | undefined {
    const cursor = this.#cursor;
    const { text } = cursor;
    let value = '';
    for (let at = cursor.at + 1; at < text.length; at++) {
      const char = text[at] as string;
      if (char === '"') {
        cursor.at = at + 1;
        return value;
      }
      const next = text[at + 1];
      if (char === '\\' && (next === '"' || next === '\\' || next === '\n')) {
        if (next !== '\n') value += next;
        at++;
      } else value += char;
    }
    return undefined;
  }

  #html(): string | undefined {
    const cursor = this.#cursor;
    let depth = 0;
    for (let at = cursor.at; at < cursor.text.length; at++) {
      if (cursor.text[at] === '<') depth++;
      if (cursor.text[at] === '>') depth--;
      if (depth > 0) continue;
      const value = cursor.text.slice(cursor.at + 1, at);
      cursor.at = at + 1;
      return value;
    }
    return undefined;
  }

  #peekKeyword(): string | undefined {
    const start = this.#cursor.at;
    const found = this.#cursor.take(word)?.toLowerCase();
    this.#cursor.at = start;
    return found !== undefined && keywords.has(found) ? found : undefined;
  }

  #skip(): void {
    while (this.#cursor.take(space) !== undefined);
  }

  #recover(before: number): void {
    const cursor = this.#cursor;
    if (cursor.at === before && !cursor.done) cursor.at += cursor.peek().length;
    cursor.take(/[^\n;}]+/uy);
  }
}
