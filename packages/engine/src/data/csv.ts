import { failure, type Issue, type Result, success } from '../run/issue.ts';
import { type Table, tableBuilder } from './table.ts';

export interface CsvOptions {
  /** Cell separator; without it the first line decides among comma, tab, semicolon and bar (comma where it has none). */
  readonly delimiter?: string;
  /** Named in issues. */
  readonly file?: string;
}

export interface CsvHandlers {
  /** Trimmed names, and the separator in use. */
  header(names: readonly string[], delimiter: string): void;
  /** Cells as written (quotes resolved), and the 1-based line on which the record begins. */
  record(cells: readonly string[], line: number): void;
}

export interface CsvReader {
  write(chunk: string): void;
  /** All that was wrong, at most {@link issueLimit} with one more that counts the rest. */
  end(): readonly Issue[];
}

export const issueLimit = 20;

/** What a nameless first column is called: that of the row names that R and pandas write. */
const rowNames = 'row names';

/**
 * Reads comma-separated text (RFC 4180) chunk by chunk and never holds more than one record. CRLF, CR and LF end a record;
 * a byte order mark is skipped, and so are empty lines (unless there is only one column). Records of the wrong width are
 * reported and not handed on, and so is every record below a header in another encoding. A first column without a name holds
 * row names and is called so. Issues: `csv-header`, `csv-ragged`, `csv-quote`, `csv-encoding`, `csv-empty`.
 */
export function csvReader(handlers: CsvHandlers, options: CsvOptions = {}): CsvReader {
  const issues: Issue[] = [];
  let more = 0;
  let header: readonly string[] | undefined;
  let delimiter = options.delimiter;
  let held = '';
  let cell = '';
  let cells: string[] = [];
  let [line, begun, opened] = [1, 1, 1];
  // Where the reader stands: at the start of a cell, in a plain cell, in quotes, or just after a closing quote.
  let state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  let afterReturn = false;
  let quotedReturn = false;
  let first = true;
  let unreadable = false;
  const report = (code: string, row: number, message: string, column?: string, hint?: string): void => {
    if (issues.length >= issueLimit) {
      more++;
      return;
    }
    const where = { ...(options.file !== undefined && { file: options.file }), row, ...(column !== undefined && { column }) };
    issues.push({ code, message, where, ...(hint !== undefined && { hint }) });
  };
  const columnName = (index: number): string => header?.[index] ?? `column ${index + 1}`;
  const endCell = (): void => {
    cells.push(cell);
    cell = '';
    state = 'start';
  };
  const endRecord = (): void => {
    const blank = cells.length === 0 && state === 'start' && cell === '';
    endCell();
    const record = cells;
    const row = begun;
    cells = [];
    begun = line;
    if (header === undefined) {
      if (!blank) takeHeader(record, row);
      return;
    }
    if (unreadable || (blank && header.length > 1)) return;
    if (record.length !== header.length) {
      const count = `${record.length} ${record.length === 1 ? 'cell' : 'cells'}`;
      report(
        'csv-ragged',
        row,
        `Line ${row} has ${count}, the header has ${header.length}.`,
        undefined,
        'A cell that holds the separator must stand in double quotes.',
      );
      return;
    }
    const broken = record.findIndex((text) => text.includes('\uFFFD'));
    if (broken >= 0) report('csv-encoding', row, `Line ${row} is not UTF-8.`, columnName(broken), 'Save the file as UTF-8.');
    else handlers.record(record, row);
  };
  const takeHeader = (record: readonly string[], row: number): void => {
    const written = record.map((name) => name.trim());
    const names = written[0] === '' && written.length > 1 && !written.includes(rowNames) ? [rowNames, ...written.slice(1)] : written;
    const seen = new Set<string>();
    names.forEach((name, i) => {
      if (name === '') report('csv-header', row, `Column ${i + 1} has no name.`);
      else if (seen.has(name)) report('csv-header', row, `Two columns are named “${name}”.`, name);
      seen.add(name);
    });
    const broken = names.flatMap((name, i) => (name.includes('\uFFFD') ? [i + 1] : []));
    unreadable = broken.length > 0;
    if (unreadable)
      report('csv-encoding', row, `The header is not UTF-8 (column ${broken.join(', ')}).`, undefined, 'Save the file as UTF-8.');
    header = names;
    handlers.header(names, delimiter as string);
  };
  /** Line ends inside quotes; CRLF is one, even in two chunks. */
  const countLines = (part: string): void => {
    if (!quotedReturn && !/[\r\n]/u.test(part)) return;
    for (const character of part) {
      if (character === '\r' || (character === '\n' && !quotedReturn)) line++;
      quotedReturn = character === '\r';
    }
  };
  const feed = (text: string): void => {
    const separator = delimiter as string;
    let i = 0;
    while (i < text.length) {
      const character = text[i] as string;
      if (afterReturn) {
        afterReturn = false;
        if (character === '\n') {
          i++;
          continue;
        }
      }
      if (state === 'quoted') {
        const quote = text.indexOf('"', i);
        const stop = quote === -1 ? text.length : quote;
        const part = text.slice(i, stop);
        cell += part;
        countLines(part);
        if (quote !== -1) quotedReturn = false;
        if (quote !== -1) state = 'closed';
        i = stop + (quote === -1 ? 0 : 1);
        continue;
      }
      if (character === separator) endCell();
      else if (character === '\n' || character === '\r') {
        line++;
        endRecord();
        afterReturn = character === '\r';
      } else if (character === '"' && state === 'closed') {
        cell += '"';
        state = 'quoted';
      } else if (character === '"' && state === 'start' && cell.trim() === '') {
        cell = '';
        state = 'quoted';
        opened = line;
      } else if (state === 'closed') {
        if (character !== ' ' && character !== '\t') {
          report(
            'csv-quote',
            line,
            `Line ${line}: text after a closing quote.`,
            columnName(cells.length),
            'Inside quotes, write a quote as "".',
          );
          cell += character;
          state = 'plain';
        }
      } else if (character === ' ' && state === 'start') cell += character;
      else {
        let stop = i + 1;
        while (stop < text.length && text[stop] !== separator && text[stop] !== '\n' && text[stop] !== '\r') stop++;
        cell += text.slice(i, stop);
        state = 'plain';
        i = stop;
        continue;
      }
      i++;
    }
  };
  return {
    write(chunk) {
      let text = first && chunk.startsWith('\uFEFF') ? chunk.slice(1) : chunk;
      if (chunk !== '') first = false;
      if (delimiter === undefined) {
        held += text;
        const whole = /^[\r\n]*[^\r\n]+[\r\n]/u.test(held) || held.length > 65_536;
        if (!whole) return;
        delimiter = sniff(held);
        text = held;
        held = '';
      }
      feed(text);
    },
    end() {
      if (delimiter === undefined) {
        delimiter = sniff(held);
        feed(held);
      }
      if (state === 'quoted') {
        report(
          'csv-quote',
          opened,
          `A quote opened on line ${opened} is never closed.`,
          columnName(cells.length),
          'Close it, or write a quote inside quotes as "".',
        );
      } else if (cells.length > 0 || cell !== '' || state !== 'start') endRecord();
      if (header === undefined && issues.length === 0) report('csv-empty', 1, 'There is no header line.');
      if (more > 0) {
        const where = options.file === undefined ? {} : { where: { file: options.file } };
        issues.push({ code: 'more', message: `${more} more such problems in this file.`, ...where });
      }
      return issues;
    },
  };
}

/** The separator that the first line uses most, outside quotes; a comma where it uses none. */
function sniff(text: string): string {
  const firstLine = (/[^\r\n]+/u.exec(text)?.[0] ?? '').replaceAll(/"[^"]*"/gu, '');
  let [best, most] = [',', 0];
  for (const candidate of [',', '\t', ';', '|']) {
    const count = firstLine.split(candidate).length - 1;
    if (count > most) [best, most] = [candidate, count];
  }
  return best;
}

/** The whole of a CSV text as a table. */
export function csvTable(csv: string | Iterable<string>, options: CsvOptions = {}): Result<Table> {
  let builder = tableBuilder([]);
  const reader = csvReader(
    {
      header(names) {
        builder = tableBuilder(names);
      },
      record(cells, line) {
        builder.add(cells, line);
      },
    },
    options,
  );
  for (const chunk of typeof csv === 'string' ? [csv] : csv) reader.write(chunk);
  const issues = reader.end();
  return issues.length > 0 ? failure(...issues) : success(builder.finish());
}
