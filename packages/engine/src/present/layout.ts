/** What a piece of text is for; the host decides how it looks. */
export type Tone = 'plain' | 'title' | 'number' | 'dim' | 'good' | 'warn' | 'bad';

export interface Piece {
  readonly text: string;
  readonly tone: Tone;
}

/** Text with tones. A bare string is plain. */
export type Rich = string | Piece | readonly (string | Piece)[];

export interface TextOptions {
  /** Columns of the terminal, at least 40; default 80. */
  readonly width?: number;
  /** Puts a tone on a text that stands on one line; default: none. */
  readonly paint?: (tone: Tone, text: string) => string;
  /** Draw bars beside probabilities. */
  readonly bars?: boolean;
}

export const toned =
  (tone: Tone) =>
  (text: string): Piece => ({ tone, text });
export const [title, number, dim, good, warn, bad] = (['title', 'number', 'dim', 'good', 'warn', 'bad'] as const).map(toned) as [
  (text: string) => Piece,
  (text: string) => Piece,
  (text: string) => Piece,
  (text: string) => Piece,
  (text: string) => Piece,
  (text: string) => Piece,
];

/** Terminal columns that a text takes: wide East Asian characters and emoji two, combining marks none. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 0x300) columns += 1;
    else if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) continue;
    else columns += isWide(code) ? 2 : 1;
  }
  return columns;
}

const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];
const isWide = (code: number): boolean => wide.some(([from, to]) => code >= from && code <= to);

export const pad = (text: string, columns: number, side: 'left' | 'right' = 'right'): string => {
  const blank = ' '.repeat(Math.max(0, columns - columnsOf(text)));
  return side === 'right' ? text + blank : blank + text;
};

const piecesOf = (rich: Rich): readonly Piece[] =>
  (Array.isArray(rich) ? (rich as readonly (string | Piece)[]) : [rich as string | Piece]).map((one) =>
    typeof one === 'string' ? { tone: 'plain', text: one } : one,
  );

/** Control characters (they could steer a terminal) become visible ones. */
export const visible = (text: string): string =>
  text.replace(/\r\n|[\n\r\t]/gu, ' ').replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\uFFFD');

interface Word {
  readonly pieces: readonly Piece[];
  readonly columns: number;
}

/** Words keep their tones; a word may change its tone inside. */
function wordsOf(rich: Rich): Word[] {
  const words: Piece[][] = [[]];
  for (const { tone, text } of piecesOf(rich)) {
    visible(text)
      .split(' ')
      .forEach((part, i) => {
        if (i > 0) words.push([]);
        if (part !== '') (words.at(-1) as Piece[]).push({ tone, text: part });
      });
  }
  return words
    .filter((word) => word.length > 0)
    .map((pieces) => ({ pieces, columns: pieces.reduce((sum, piece) => sum + columnsOf(piece.text), 0) }));
}

/**
 * A paragraph: `first` before the first line, as many blanks before the others, broken at spaces only. A word that is wider
 * than a line stands on a line of its own: what a person may want to copy is never cut.
 */
export function paragraph(rich: Rich, options: TextOptions = {}, first: Rich = ''): string[] {
  const paint = options.paint ?? ((_, text) => text);
  const width = Math.max(40, options.width ?? 80);
  const head = piecesOf(first);
  const indent = head.reduce((sum, piece) => sum + columnsOf(piece.text), 0);
  const lines: Word[][] = [[]];
  let used = indent;
  for (const word of wordsOf(rich)) {
    const line = lines.at(-1) as Word[];
    if (line.length > 0 && used + 1 + word.columns > width) {
      lines.push([word]);
      used = indent + word.columns;
    } else {
      used += word.columns + (line.length > 0 ? 1 : 0);
      line.push(word);
    }
  }
  return lines.map((line, i) => {
    const before = i === 0 ? head.map(({ tone, text }) => (tone === 'plain' ? text : paint(tone, text))).join('') : ' '.repeat(indent);
    return (before + paintLine(line, paint)).trimEnd();
  });
}

/** Neighbouring words of one tone are painted as one run. */
function paintLine(line: readonly Word[], paint: (tone: Tone, text: string) => string): string {
  const runs: { tone: Tone; text: string }[] = [];
  line.forEach((word, i) => {
    word.pieces.forEach((piece, j) => {
      const gap = i > 0 && j === 0 ? ' ' : '';
      const last = runs.at(-1);
      if (last !== undefined && last.tone === piece.tone) last.text += gap + piece.text;
      else {
        if (gap !== '' && last !== undefined) last.text += gap;
        runs.push({ tone: piece.tone, text: piece.text });
      }
    });
  });
  return runs.map(({ tone, text }) => (tone === 'plain' ? text : paint(tone, text))).join('');
}

export interface Column {
  readonly head: string;
  readonly align?: 'left' | 'right';
  readonly tone?: Tone;
}

/** An aligned table without rules; the head is dim. Cells are one line each; trailing blanks are cut. */
export function grid(columns: readonly Column[], rows: readonly (readonly string[])[], options: TextOptions = {}, indent = 2): string[] {
  const paint = options.paint ?? ((_, text) => text);
  const widths = columns.map((column, i) => Math.max(columnsOf(column.head), ...rows.map((row) => columnsOf(visible(row[i] ?? '')))));
  const print = (cells: readonly string[], tone: (i: number) => Tone): string =>
    (
      ' '.repeat(indent) +
      columns
        .map((column, i) => {
          const text = pad(visible(cells[i] ?? ''), widths[i] as number, column.align === 'right' ? 'left' : 'right');
          const shown = i === columns.length - 1 ? text.trimEnd() : text;
          return tone(i) === 'plain' || shown.trim() === '' ? shown : paint(tone(i), shown);
        })
        .join('   ')
    ).trimEnd();
  const head = columns.map((column) => column.head);
  return [print(head, () => 'dim'), ...rows.map((row) => print(row, (i) => columns[i]?.tone ?? 'plain'))];
}

/** `1 row`, `4,000 rows`. */
export const count = (n: number, what: string, many = `${what}s`): string => `${withCommas(n)} ${n === 1 ? what : many}`;
export const withCommas = (n: number): string => String(n).replace(/\B(?=(?:\d{3})+(?!\d))(?<!\.\d*)/gu, ',');

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[], word = 'and'): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1)}`;
export const braces = (names: readonly string[]): string => `{${names.join(', ')}}`;
