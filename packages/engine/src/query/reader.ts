import type { Issue } from '../run/issue.ts';
import { lex, type Token } from './lex.ts';
import type { Span } from './syntax.ts';

/** What the grammar would accept at a place: the source of "expected ..." in errors and of completions. */
export type Want =
  | { readonly kind: 'symbol'; readonly text: string }
  | { readonly kind: 'word'; readonly text: 'do' | 'vs' }
  | { readonly kind: 'function' | 'variable' | 'number' | 'position' }
  | { readonly kind: 'value'; readonly of: string };

/** Wants at a place where something stands already that could be replaced: the last word of the text. */
export interface Partial {
  readonly from: number;
  readonly wants: readonly Want[];
}

/**
 * A cursor over the tokens of one question. Every test of the current token is noted, so that after a failure `wanted()` is
 * the list of all that would have been accepted there. The first failure is kept; later ones are ignored.
 */
export interface Reader {
  readonly text: string;
  look(ahead?: number): Token;
  /** Where the last consumed token ended. */
  readonly done: number;
  take(symbol: string): boolean;
  takeWord(word: 'do' | 'vs'): boolean;
  /** Notes that `want` is acceptable here. */
  want(want: Want): void;
  /** Consumes `count` tokens as an instance of `want`. */
  consume(count: number, want: Want): void;
  fail(issue: { code?: string; message: string; span?: Span; hint?: string | undefined }): undefined;
  /** Fails with the list of what was wanted here. */
  unexpected(hint?: string): undefined;
  readonly issue: Issue | undefined;
  wanted(): readonly Want[];
  readonly partial: Partial | undefined;
}

export function createReader(text: string): Reader {
  const tokens = lex(text);
  let at = 0;
  let done = 0;
  let wants: Want[] = [];
  let partial: Partial | undefined;
  let issue: Issue | undefined;
  const look = (ahead = 0): Token => tokens[Math.min(at + ahead, tokens.length - 1)] as Token;
  const want = (wanted: Want): void => {
    if (!wants.some((other) => describe(other) === describe(wanted))) wants.push(wanted);
  };
  const consume = (count: number, as: Want): void => {
    want(as);
    const from = look().start;
    at = Math.min(at + count, tokens.length - 1);
    done = (tokens[at - 1] as Token).end;
    partial = look().kind === 'end' && as.kind !== 'symbol' ? { from, wants } : undefined;
    wants = [];
  };
  const fail: Reader['fail'] = ({ code = 'syntax', message, span = look(), hint }) => {
    const where = { start: span.start, end: span.end };
    issue ??= hint === undefined ? { code, message, where } : { code, message, where, hint };
    return undefined;
  };
  return {
    text,
    look,
    get done() {
      return done;
    },
    take(symbol) {
      const token = look();
      const found = token.kind === 'symbol' && token.text === symbol;
      if (found) consume(1, { kind: 'symbol', text: symbol });
      else want({ kind: 'symbol', text: symbol });
      return found;
    },
    takeWord(word) {
      const token = look();
      const found = token.kind === 'word' && (token.text === word || (word === 'vs' && token.text === 'vs.'));
      if (found) consume(1, { kind: 'word', text: word });
      else want({ kind: 'word', text: word });
      return found;
    },
    want,
    consume,
    fail,
    unexpected(hint) {
      const token = look();
      const expected = listOf(wants.map(describe));
      if (token.kind === 'unterminated') {
        return fail({
          code: 'unterminated-quote',
          message: `The quotation mark at character ${token.start + 1} is never closed.`,
          hint: 'Close it with the same mark; inside, write \\" for a quotation mark.',
        });
      }
      const found = token.kind === 'end' ? 'the question ends' : `there is ${shown(text.slice(token.start, token.end))}`;
      return fail({
        message: `Expected ${expected} at character ${token.start + 1}, but ${found}.`,
        hint: hint ?? remedy(token, look(1), wants),
      });
    },
    get issue() {
      return issue;
    },
    wanted: () => wants,
    get partial() {
      return partial;
    },
  };
}

function describe(want: Want): string {
  switch (want.kind) {
    case 'symbol':
      return `'${want.text}'`;
    case 'word':
      return want.text === 'do' ? "'do('" : `'${want.text}'`;
    case 'function':
      return 'a question such as P(...) or E[...]';
    case 'variable':
      return 'the name of a variable';
    case 'number':
      return 'a number';
    case 'position':
      return 'a position (1, 2, ...)';
    case 'value':
      return `a value of ${want.of}`;
  }
}

const listOf = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? 'the end') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;

export const shown = (text: string): string => `'${text.length > 40 ? `${text.slice(0, 40)}...` : text}'`;

/** The nearest valid spelling for a token that other notations use here. */
function remedy(token: Token, after: Token, wants: readonly Want[]): string | undefined {
  const wanted = (symbol: string): boolean => wants.some((want) => want.kind === 'symbol' && want.text === symbol);
  const close = [')', ']', '}'].find(wanted);
  const values = wants.find((want) => want.kind === 'value');
  if (token.kind === 'end' && close !== undefined) return `Close with '${close}'.`;
  if (token.kind === 'symbol') {
    if (token.text === '=' && values !== undefined) return "Write a single '='.";
    if ((token.text === ')' || token.text === ']') && close !== undefined) return `Write '${close}' instead of '${token.text}'.`;
    if (token.text === '|' && wanted(',')) return "Only one '|' is allowed; separate conditions with ','.";
    if (token.text === '-' && wanted('->')) return "Write '->'.";
    if (token.text === '(' && wanted('['))
      return 'Potential outcomes are written with square brackets and the variable that is set: Y[X=1].';
    if (token.text === '*') return 'A weight stands before a question: 2*P(Y=1).';
  }
  if (token.kind === 'odd') {
    if ((token.text === ';' || token.text === '&' || token.text === '∧' || token.text === '，') && wanted(',')) return "Write ','.";
    if ('<>!≠≤≥~:'.includes(token.text))
      return 'Only equality can be asked (X=1). For a range of a real variable declare a cut in the problem document.';
    if (values !== undefined || wants.some((want) => want.kind === 'variable')) {
      return 'Put names and values with other characters than letters, digits, _ and . in quotation marks.';
    }
  }
  if (token.kind === 'atom' && wants.some((want) => want.kind === 'variable')) {
    return 'A name that does not begin with a letter stands in quotation marks.';
  }
  if (token.kind === 'number' && wanted(',')) return "Write '=' before a value.";
  if (token.kind === 'number' && after.kind === 'symbol' && after.text === '->') return 'Name the variable too: X=1.';
  if ((token.kind === 'word' || token.kind === 'quoted') && wanted(',')) return "Separate events with ','.";
  return undefined;
}
