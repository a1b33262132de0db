import type { Issue } from '../run/issue.ts';
import { columnsOf, paragraph, type TextOptions, visible } from './layout.ts';

/** Issues as a person reads them: the message with its place, the text with the span marked below it, the remedy. */
export function issuesText(issues: readonly Issue[], options: TextOptions = {}, kind: 'error' | 'warning' = 'error'): string {
  return issues.map((issue) => issueLines(issue, options, kind).join('\n')).join('\n\n');
}

function issueLines(issue: Issue, options: TextOptions, kind: 'error' | 'warning'): string[] {
  const paint = options.paint ?? ((_, text) => text);
  const { where } = issue;
  const tone = kind === 'error' ? 'bad' : 'warn';
  const head = paragraph([{ tone: 'plain', text: placeText(issue) }, issue.message], options, [{ tone, text: `${kind}:` }, ' ']);
  const hint = issue.hint === undefined ? [] : paragraph(issue.hint, options, '  ');
  if (where?.text === undefined || where.start === undefined) return [...head, ...hint];
  const width = Math.min(200, Math.max(40, options.width ?? 80) - 4);
  const { line, from, to, number, lines } = lineAround(where.text, where.start, where.end ?? where.start + 1);
  const window = windowed(line, from, to, width);
  const before = ' '.repeat(columnsOf(window.text.slice(0, window.from)));
  const marks = '^'.repeat(Math.max(1, columnsOf(window.text.slice(window.from, window.to))));
  const label = lines > 1 ? [paint('dim', `  line ${number}:`)] : [];
  return [...head, ...label, `  ${window.text}`, `  ${before}${paint(tone, marks)}`, ...hint];
}

/** `records.csv, line 12, column n: `, or nothing. */
function placeText({ where, message }: Issue): string {
  if (where === undefined) return '';
  const parts = [
    ...(where.file === undefined || message.includes(where.file) ? [] : [where.file]),
    ...(where.row === undefined || new RegExp(`\\bline ${where.row}\\b`, 'iu').test(message) ? [] : [`line ${where.row}`]),
    ...(where.column === undefined || message.includes(where.column) ? [] : [`column ${where.column}`]),
  ];
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}

/** The line of a text that holds the offset `start`; the span is cut at its end. */
function lineAround(text: string, start: number, end: number) {
  const at = Math.min(start, text.length);
  const begin = text.lastIndexOf('\n', at - 1) + 1;
  const stop = text.indexOf('\n', at);
  const line = text.slice(begin, stop === -1 ? text.length : stop).replace(/\r$/u, '');
  const number = text.slice(0, begin).split('\n').length;
  const from = at - begin;
  return { line, from, to: Math.max(from + 1, Math.min(end - begin, line.length)), number, lines: text.trimEnd().split('\n').length };
}

/** The part of a long line around its span, so that both fit into one line of the terminal. */
function windowed(line: string, from: number, to: number, width: number): { text: string; from: number; to: number } {
  const clean = (part: string): string => visible(part);
  if (columnsOf(line) <= width) return { text: clean(line), from, to };
  const span = Math.min(to - from, Math.max(1, width - 20));
  const begin = Math.max(0, from - Math.floor((width - span) / 2));
  const end = Math.min(line.length, begin + width - 6);
  const head = begin > 0 ? '...' : '';
  const tail = end < line.length ? '...' : '';
  const text = clean(head + line.slice(begin, end) + tail);
  return { text, from: from - begin + head.length, to: Math.min(from + span - begin + head.length, text.length) };
}
