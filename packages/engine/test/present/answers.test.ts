import { expect, test } from 'vitest';
import { csvReader } from '../../src/data/csv.ts';
import type { Answer, AnswersDocument } from '../../src/interpret/answer.ts';
import { answersCsv } from '../../src/present/csv.ts';
import { answersLatex } from '../../src/present/latex.ts';
import { answersMarkdown } from '../../src/present/markdown.ts';
import { answersText, answerText } from '../../src/present/text.ts';

const base = { terms: '', rung: 'doing', refused: [], assumes: [], diagnostics: [], studies: [] } as const;
const of = (...answers: readonly Answer[]): AnswersDocument => ({
  schema: 'doable/answers@1',
  seed: 5,
  version: '0.1.0',
  elapsedMs: 1,
  answers,
});

const table: Answer = {
  ...base,
  question: 'P("a, b", Y | do(X))',
  status: 'identified',
  kind: 'distribution',
  rule: 'id',
  distribution: [
    { at: { 'a, b': 'say "no"', value: '1' }, value: 0.1 + 0.2, standardError: 0.0123, interval: [0.28, 0.32] },
    { at: { 'a, b': 'x\ny', value: '2' }, value: null },
  ],
  uncertainty: { level: 0.9, method: 'a method, of sorts' },
};
const point: Answer = {
  ...base,
  question: 'ATE(X -> Y)',
  terms: 'E[Y[X=1]] - E[Y[X=0]]',
  status: 'identified',
  kind: 'point',
  value: 1794.3424,
  uncertainty: { level: 0.95, interval: [460.25, 3128.9], standardError: 671, method: 'a method' },
  rule: 'measured',
  estimand: {
    text: 'E[Y]',
    latex: 'E[Y]',
    tree: { schema: 'doable/estimand@1', steps: [{ step: 'constant', value: 1, because: { theorem: '', source: '' } }] },
  },
  explanations: ['Something of the graph.'],
  diagnostics: [
    { name: 'self-check', level: 'ok', says: 'Agrees.' },
    { name: 'notes', level: 'ok', says: 'Fine.' },
    { name: 'overlap', level: 'fail', says: 'Empty.' },
  ],
  studies: [{ name: 'trial', rows: 4000, fingerprint: 'abc' }],
};
const no: Answer = {
  ...base,
  question: 'P(Y | do(X))',
  status: 'not-identified',
  kind: 'none',
  identifiable: false,
  rule: 'id',
  why: 'Confounded.',
  hedge: { F: ['X', 'Y'], Fprime: ['Y'] },
  wouldHelp: [['X'], ['Z', 'W']],
};

test('CSV is read back with every digit, whatever stands in names and levels', () => {
  const records: (readonly string[])[] = [];
  const keep = (cells: readonly string[]): void => {
    records.push(cells);
  };
  const reader = csvReader({ header: keep, record: keep });
  reader.write(answersCsv(of(table, point, no)));
  expect(reader.end()).toEqual([]);
  const blank = ['', '', '', '', ''];
  expect(records).toEqual([
    ['question', 'status', 'a, b', 'at value', 'value', 'lower', 'upper', 'standard_error', 'level', 'method'],
    [table.question, 'identified', 'say "no"', '1', '0.30000000000000004', '0.28', '0.32', '0.0123', '0.9', 'a method, of sorts'],
    [table.question, 'identified', 'x\ny', '2', '', '', '', '', '0.9', 'a method, of sorts'],
    ['ATE(X -> Y)', 'identified', '', '', '1794.3424', '460.25', '3128.9', '671', '0.95', 'a method'],
    ['P(Y | do(X))', 'not-identified', '', '', ...blank, ''],
  ]);
});

test('text: the number as its uncertainty supports, failures first, what is common once at the end', () => {
  const text = answersText(of(point));
  expect(text).toContain('  1794 (95 % interval 460 to 3129, standard error 671)\n');
  expect(text).toContain('  = E[Y[X=1]] - E[Y[X=0]]\n');
  expect(text.indexOf('FAIL overlap: Empty.')).toBeLessThan(text.indexOf('note Fine.'));
  expect(text).not.toContain('Something of the graph.');
  expect(
    text.endsWith(
      '95 % intervals: a method\nevery estimand agreed with the exact answer in random models of the graph\nfingerprints: trial abc\nseed 5, doable 0.1.0',
    ),
  ).toBe(true);
  expect(answerText(point)).toContain('note Agrees.');
  expect(answerText(point)).toContain('trial, 4,000 records, fingerprint abc');
  expect(answerText(point, { why: true })).toContain('Something of the graph.');
});

test('text: intervals made in different ways say so each', () => {
  const other: Answer = { ...point, uncertainty: { level: 0.95, interval: [1, 2], method: 'another method' } };
  const text = answersText(of(point, other));
  expect(text).toContain('  a method\n');
  expect(text).toContain('  another method\n');
  expect(text).not.toContain('% intervals:');
});

test('text: a table has its decimal points below each other, and long ones are cut with a count', () => {
  const lines = answerText(table).split('\n');
  expect(lines.find((line) => line.includes('say "no"'))).toBe('  say "no"   1       0.300       0.280 to 0.320');
  expect(lines.find((line) => line.includes('undefined'))).toContain('x y');
  const many: Answer = { ...table, distribution: Array.from({ length: 100 }, (_, i) => ({ at: { Y: String(i) }, value: i - 10.5 })) };
  const text = answerText(many, { rows: 12 });
  expect(text).toContain('and 88 more rows (--json or --format csv has all)');
  const points = text.split('\n').flatMap((line) => (/^ {2}\d+ +-?\d+\.\d+$/u.test(line) ? [line.indexOf('.')] : []));
  expect(points).toHaveLength(12);
  expect(new Set(points).size).toBe(1);
});

test('text: bars where there is room for them, for probabilities only', () => {
  const half: Answer = {
    ...table,
    distribution: [
      { at: { Y: '0' }, value: 0.5 },
      { at: { Y: '1' }, value: 1 },
    ],
  };
  expect(answerText(half, { bars: true })).toMatch(/0\.5 +█{8}\n/u);
  expect(answerText(half, { bars: true })).toMatch(/1 +█{16}\n/u);
  expect(answerText(half)).not.toContain('█');
  const means: Answer = { ...half, distribution: [{ at: { Y: '0' }, value: 3 }] };
  expect(answerText(means, { bars: true })).not.toContain('█');
});

test('a no: why, the hedge in words, what would help', () => {
  const text = answerText(no, { width: 200 });
  expect(text).toContain('Why         Confounded.');
  expect(text).toContain("F = {X, Y}, F' = {Y}. Hidden common causes join all of F: what X does cannot be told from what those causes do.");
  expect(text).toContain('One experiment on {X}, or on {Z, W}.');
  expect(answerText({ ...no, wouldHelp: [] })).toContain('No single experiment');
  const { wouldHelp: _, ...rest } = no;
  expect(answerText({ ...rest, beyondExperiments: true })).toContain('not even all of them together');
});

test('Markdown and LaTeX escape what they must', () => {
  const odd: Answer = { ...no, question: 'P(`a` | b_c)', why: 'x_1 <b> *y* $z$ 50 % & {c} \\d' };
  const markdown = answersMarkdown(of(odd));
  expect(markdown).toContain('### `` P(`a` | b_c) ``');
  expect(markdown).toContain('x\\_1 \\<b\\> \\*y\\* \\$z\\$ 50 % & \\{c\\} \\\\d');
  const latex = answersLatex(of(odd));
  expect(latex).toContain('x\\_1 \\textless{}b\\textgreater{} *y* \\$z\\$ 50 \\% \\& \\{c\\} \\textbackslash{}d');
  expect(latex.startsWith('% doable 0.1.0, seed 5')).toBe(true);
});

test('a line of the derivation that begins with a sign is no list within the list in Markdown', () => {
  const line = { theorem: 'linear combination', source: 'linearity' };
  const signed: Answer = { ...point, derivation: ['+ P(Y=1)', '- P(Y=0)', '-1 is a level'].map((says) => ({ depth: 0, says, ...line })) };
  const markdown = answersMarkdown(of(signed));
  expect(markdown).toContain('1. \\+ P(Y=1) *linear');
  expect(markdown).toContain('1. \\- P(Y=0) *linear');
  expect(markdown).toContain('1. -1 is a level *linear');
});

test('a document that was stopped says whether anything was known', () => {
  for (const write of [answersText, answersMarkdown, answersLatex] as readonly ((document: AnswersDocument) => string)[]) {
    expect(write({ ...of(), partial: true })).toContain('Interrupted before anything was known: no question is answered.');
    expect(write({ ...of(point), partial: true })).toContain('Interrupted: these are the answers that were finished.');
    expect(write(of(point))).not.toContain('Interrupted');
  }
});
