import type { Span } from './collect.ts';

const bare = /[\p{L}\p{N}_][\p{L}\p{M}\p{N}_.]*/uy;
const plain = /^[A-Za-z_][A-Za-z0-9_.]*$/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** A place in a text that moves forward. */
export class Cursor {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  /** What the sticky expression matches here; moves behind it. */
  take(expression: RegExp): string | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text)?.[0];
    if (found === undefined || expression.lastIndex < this.at) return undefined;
    this.at += found.length;
    return found;
  }

  /** True, and moves on, if the text goes on with exactly `word`. */
  eat(word: string): boolean {
    if (!this.text.startsWith(word, this.at)) return false;
    this.at += word.length;
    return true;
  }

  looksAt(word: string): boolean {
    return this.text.startsWith(word, this.at);
  }

  /** A name without quotes. */
  word(): string | undefined {
    return this.take(bare);
  }

  /** A text in double quotes; `open` is true if the closing quote is missing on its line. */
  quoted(): { readonly value: string; readonly open: boolean } | undefined {
    if (!this.eat('"')) return undefined;
    let value = '';
    while (!this.done) {
      const char = this.text[this.at] as string;
      if (char === '\n') break;
      this.at++;
      if (char === '"') return { value, open: false };
      if (char !== '\\' || this.done) value += char;
      else {
        const next = this.text[this.at] as string;
        this.at++;
        value += escapes[next] ?? next;
      }
    }
    return { value, open: true };
  }

  /** The whole character here, for messages; empty at the end. */
  peek(): string {
    const code = this.text.codePointAt(this.at);
    return code === undefined ? '' : String.fromCodePoint(code);
  }

  spanFrom(start: number): Span {
    return { start, end: Math.max(this.at, start) };
  }
}

/** `"text"` with the escapes that {@link Cursor.quoted} undoes. */
export function quote(text: string): string {
  const inner = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${inner}"`;
}

/** The name bare where every reader takes it so, else in quotes. */
export function nameText(name: string, reserved: ReadonlySet<string>): string {
  return plain.test(name) && !reserved.has(name.toLowerCase()) ? name : quote(name);
}
