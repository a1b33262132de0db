import { numberOf } from './level.ts';

/** One column of text cells: dictionary-encoded, or numbers where there are many different ones (NaN: missing). */
export type Column =
  | { readonly kind: 'texts'; readonly texts: readonly string[]; readonly codes: Int32Array }
  | { readonly kind: 'numbers'; readonly values: Float64Array };

/** Columns of equal length, and the 1-based row (or line) each record came from. */
export interface Table {
  readonly header: readonly string[];
  readonly columns: readonly Column[];
  readonly rows: Int32Array;
}

const dictionaryLimit = 4096;

interface ColumnBuilder {
  push(text: string): void;
  finish(): Column;
}

function columnBuilder(): ColumnBuilder {
  const codes = growing((length) => new Int32Array(length));
  const values = growing((length) => new Float64Array(length));
  let dictionary = new Map<string, number>();
  let numbers = false;
  let textual = false;
  const encode = (text: string): void => {
    let code = dictionary.get(text);
    if (code === undefined) {
      code = dictionary.size;
      dictionary.set(text, code);
    }
    codes.push(code);
  };
  const tryNumbers = (): void => {
    const parsed = [...dictionary.keys()].map((text) => (text === '' ? Number.NaN : numberOf(text)));
    textual = [...dictionary.keys()].some((text, i) => text !== '' && Number.isNaN(parsed[i]));
    if (textual) return;
    for (const code of codes.finish()) values.push(parsed[code] as number);
    numbers = true;
    dictionary = new Map();
  };
  const backToTexts = (): void => {
    const all = values.finish();
    codes.clear();
    numbers = false;
    textual = true;
    for (const value of all) encode(Number.isNaN(value) ? '' : String(value));
  };
  return {
    push(text) {
      if (numbers) {
        const value = numberOf(text);
        if (text === '' || !Number.isNaN(value)) {
          values.push(value);
          return;
        }
        backToTexts();
      }
      encode(text);
      if (!textual && dictionary.size > dictionaryLimit) tryNumbers();
    },
    finish: () =>
      numbers ? { kind: 'numbers', values: values.finish() } : { kind: 'texts', texts: [...dictionary.keys()], codes: codes.finish() },
  };
}

interface Growing<T> {
  push(value: number): void;
  finish(): T;
  clear(): void;
}

/** A typed array that doubles when it is full. */
export function growing<T extends Int32Array | Float64Array>(make: (length: number) => T): Growing<T> {
  let array = make(64);
  let length = 0;
  return {
    push(value) {
      if (length === array.length) {
        const larger = make(2 * length);
        larger.set(array);
        array = larger;
      }
      array[length++] = value;
    },
    finish: () => array.slice(0, length) as T,
    clear() {
      length = 0;
    },
  };
}

export interface TableBuilder {
  /** Cells in the order of the header, trimmed texts; '' is missing. */
  add(cells: readonly string[], row: number): void;
  finish(): Table;
}

export function tableBuilder(header: readonly string[]): TableBuilder {
  const builders = header.map(columnBuilder);
  const rows = growing((length) => new Int32Array(length));
  return {
    add(cells, row) {
      builders.forEach((builder, i) => {
        builder.push((cells[i] ?? '').trim());
      });
      rows.push(row);
    },
    finish: () => ({ header, columns: builders.map((builder) => builder.finish()), rows: rows.finish() }),
  };
}

/** Text of one cell. */
export function cellText(column: Column, row: number): string {
  if (column.kind === 'texts') return column.texts[column.codes[row] as number] as string;
  const value = column.values[row] as number;
  return Number.isNaN(value) ? '' : String(value);
}
