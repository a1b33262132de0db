export interface Token {
  /** `atom`: letters and digits that are neither a name nor a number, such as `1st`. `odd`: a character the language does not use. */
  readonly kind: 'word' | 'number' | 'atom' | 'quoted' | 'symbol' | 'unterminated' | 'odd' | 'end';
  /** Quotes and escapes taken off; symbols in their ASCII spelling. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const letters = String.raw`[\p{L}\p{M}\p{N}_.]`;
const decimal = String.raw`(?:\d+(?:\.\d*)?|\.\d+)`;
const createPatterns = () => ({
  space: /\s+/uy,
  signedExponent: new RegExp(`${decimal}[eE][+-]\\d+(?!${letters})`, 'uy'),
  atom: new RegExp(`${letters}+`, 'uy'),
  arrow: /[-−]>|→|⟶/uy,
});
const numberShape = new RegExp(`^${decimal}(?:[eE][+-]?\\d+)?$`, 'u');
const nameShape = /^[\p{L}_][\p{L}\p{M}\p{N}_.]*$/u;
const bareShape = new RegExp(`^${letters}+(?:-${letters}+)*(?: ${letters}+(?:-${letters}+)*)*$`, 'u');
const symbols: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'()[]{}|,=@+-*'].map((symbol) => [symbol, symbol])),
  '−': '-',
  '∣': '|',
  '·': '*',
  '×': '*',
};
/** Quotation marks: opening mark, closing mark. */
const quotes: Readonly<Record<string, string>> = { '"': '"', "'": "'", '“': '”', '‘': '’' };

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** Cuts a question into tokens; the last one is `end`, at the end of the text. Never fails: what does not belong becomes `odd` or `unterminated`. */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  const patterns = createPatterns();
  let at = 0;
  const push = (kind: Token['kind'], end: number, content = text.slice(at, end)): void => {
    tokens.push({ kind, text: content, start: at, end });
    at = end;
  };
  while (at < text.length) {
    const space = match(patterns.space, text, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const atom = match(patterns.signedExponent, text, at) ?? match(patterns.atom, text, at);
    if (atom !== undefined) {
      push(isNumber(atom) ? 'number' : isBareName(atom) ? 'word' : 'atom', at + atom.length);
      continue;
    }
    const arrow = match(patterns.arrow, text, at);
    if (arrow !== undefined) {
      push('symbol', at + arrow.length, '->');
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at) as number);
    const symbol = Object.hasOwn(symbols, character) ? symbols[character] : undefined;
    const close = Object.hasOwn(quotes, character) ? quotes[character] : undefined;
    if (symbol !== undefined) push('symbol', at + character.length, symbol);
    else if (close !== undefined) {
      const { content, end, closed } = readQuoted(text, at + 1, close);
      push(closed ? 'quoted' : 'unterminated', end, content);
    } else push('odd', at + character.length);
  }
  push('end', text.length, '');
  return tokens;
}

function readQuoted(text: string, from: number, close: string): { content: string; end: number; closed: boolean } {
  let content = '';
  for (let i = from; i < text.length; i++) {
    if (text[i] === close) return { content, end: i + 1, closed: true };
    if (text[i] === '\\' && i + 1 < text.length) i++;
    content += text[i] as string;
  }
  return { content, end: text.length, closed: false };
}

/** An unsigned decimal number, as the language spells it. */
export const isNumber = (text: string): boolean => numberShape.test(text);
export const isBareName = (text: string): boolean => nameShape.test(text);

/** True for texts that mean a number when they stand unquoted, sign included. */
export const readsAsNumber = (text: string): boolean => isNumber(/^[+-]/.test(text) ? text.slice(1) : text);

/** True for texts that may stand as a value without quotes (numbers apart) and are read back as they are. */
export const isBareValue = (text: string): boolean =>
  bareShape.test(text) && !readsAsNumber(text) && !text.split(' ').some((word) => word === 'vs' || word === 'vs.');

export const quote = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;
/** How a name is written in a question. */
export const writeName = (name: string): string => (isBareName(name) ? name : quote(name));
/** `String(number)` for a text that means a finite number, otherwise undefined. */
export function canonicalNumber(text: string): string | undefined {
  const number = readsAsNumber(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? String(number + 0) : undefined;
}
