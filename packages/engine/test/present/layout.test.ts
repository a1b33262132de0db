import fc from 'fast-check';
import { expect, test } from 'vitest';
import { columnsOf, count, grid, listed, paragraph, visible } from '../../src/present/layout.ts';
import { issuesText } from '../../src/present/messages.ts';
import { placesOf, shortNumber, supportedPlaces } from '../../src/present/round.ts';

test('a paragraph keeps every word in order, and no line is wider than the terminal unless one word is', () => {
  const word = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme-ascii' }).filter((text) => !/\s/u.test(text));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), fc.integer({ min: 40, max: 100 }), (words, width) => {
      const lines = paragraph(words.join(' '), { width }, '  label  ');
      expect(lines.map((line) => line.slice(9)).join(' ')).toBe(words.join(' '));
      expect(lines.every((line) => line.length <= width)).toBe(true);
      for (const [i, line] of lines.slice(1).entries()) {
        expect(line.startsWith(' '.repeat(9))).toBe(true);
        const next = line.slice(9).split(' ')[0] as string;
        expect((lines[i] as string).length + 1 + next.length).toBeGreaterThan(width);
      }
    }),
    { numRuns: 500, seed: 1 },
  );
});

test('a word wider than the terminal is not cut', () => {
  const long = 'x'.repeat(60);
  expect(paragraph(`a ${long} b`, { width: 40 })).toEqual(['a', long, 'b']);
});

test('paint sees whole runs and adds nothing to the width', () => {
  const paint = (tone: string, text: string): string => `<${tone}>${text}</${tone}>`;
  const lines = paragraph(['plain ', { tone: 'bad', text: 'two words' }, ', tail'], { width: 40, paint });
  expect(lines).toEqual(['plain <bad>two words</bad>, tail']);
});

test('columns: wide characters take two, combining marks none; control characters become visible', () => {
  expect(columnsOf('Größe')).toBe(5);
  expect(columnsOf('血圧')).toBe(4);
  expect(columnsOf('e\u0301')).toBe(1);
  expect(visible('a\u001b[31mb\tc\nd\u202ee')).toBe('a\uFFFD[31mb c d\uFFFDe');
});

test('grid aligns by terminal columns', () => {
  expect(
    grid(
      [{ head: 'X' }, { head: 'value', align: 'right' }],
      [
        ['血圧', '1.5'],
        ['a', '10.25'],
      ],
    ),
  ).toEqual(['  X      value', '  血圧     1.5', '  a      10.25']);
});

test('counts and lists in words', () => {
  expect([count(1, 'row'), count(1234567, 'row'), count(0, 'row')]).toEqual(['1 row', '1,234,567 rows', '0 rows']);
  expect(count(1234.5678, 'row')).toBe('1,234.5678 rows');
  expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a and b', 'a, b and c']);
});

test('numbers are rounded to two significant digits of their standard error', () => {
  const shown = (value: number, standardError: number): string => shortNumber(value, supportedPlaces(standardError, undefined));
  expect(shown(0.38451, 0.0123)).toBe('0.385');
  expect(shown(0.38451, 0.0098)).toBe('0.3845');
  expect(shown(1794.3424, 671)).toBe('1794');
  expect(shown(1794.3424, 6.71)).toBe('1794.3');
  expect(shown(-0.00001, 0.01)).toBe('0.000');
  expect(supportedPlaces(undefined, [0.3, 0.34])).toBe(3);
  expect(supportedPlaces(0, [0.5, 0.5])).toBeUndefined();
  expect([shortNumber(1 / 3), shortNumber(0.5), shortNumber(-0), shortNumber(1e-9), shortNumber(12345678)]).toEqual([
    '0.333333',
    '0.5',
    '0',
    '1e-9',
    '12345700',
  ]);
  expect(
    placesOf([
      { at: {}, value: 1, standardError: 0.1 },
      { at: {}, value: 1, standardError: 0.001 },
      { at: {}, value: null },
    ]),
  ).toBe(4);
});

test('the rounded number is within half a place of the value', () => {
  fc.assert(
    fc.property(fc.double({ min: -1e4, max: 1e4, noNaN: true }), fc.double({ min: 1e-6, max: 1e3, noNaN: true }), (value, error) => {
      const places = supportedPlaces(error, undefined) as number;
      expect(Math.abs(Number(shortNumber(value, places)) - value)).toBeLessThanOrEqual(0.5 * 10 ** -places * (1 + 1e-6) + 1e-12);
      expect(10 ** -places).toBeLessThanOrEqual(Math.max(1, error));
    }),
    { seed: 2 },
  );
});

test('an issue shows its span under the text, whatever characters stand before it', () => {
  const text = 'P(血圧=1 | do(Größe=2))';
  const start = text.indexOf('Größe');
  const issue = { code: 'x', message: 'No.', where: { text, start, end: start + 5 }, hint: 'Try.' };
  const [message, shown, marks, hint] = issuesText([issue]).split('\n') as [string, string, string, string];
  expect([message, shown, hint]).toEqual(['error: No.', `  ${text}`, '  Try.']);
  expect(marks.trim()).toBe('^^^^^');
  expect(marks.length - 5).toBe(2 + columnsOf(text.slice(0, start)));
});

test('a span in a long text is shown in a window that holds it; in a text of many lines with its number', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 30 }), (before, length) => {
      const text = `${'a'.repeat(before)}${'b'.repeat(length)}${'a'.repeat(5000 - before)}`;
      const printed = issuesText([{ code: 'x', message: 'No.', where: { text, start: before, end: before + length } }], { width: 80 });
      const [, shown, marks] = printed.split('\n') as [string, string, string];
      expect(shown.length).toBeLessThanOrEqual(80);
      const from = marks.indexOf('^');
      expect(shown.slice(from, marks.length)).toBe('b'.repeat(length));
    }),
    { seed: 3 },
  );
  const printed = issuesText([{ code: 'x', message: 'No.', where: { text: 'one\ntwo\nthree', start: 4, end: 99 } }]);
  expect(printed).toBe('error: No.\n  line 2:\n  two\n  ^^^');
});

test('files, rows and columns come before the message, unless it names them', () => {
  const where = { file: 'a.csv', row: 12, column: 'n' };
  expect(issuesText([{ code: 'x', message: 'Too few.', where }])).toBe('error: a.csv, line 12, column n: Too few.');
  expect(issuesText([{ code: 'x', message: 'Line 12 of a.csv is short in n.', where }])).toBe('error: Line 12 of a.csv is short in n.');
});
