import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gridArgument } from '../../src/arguments/places.ts';
import { doable, file, root } from './support.ts';

const levers = 'examples/two-levers.json';
const curve = 'E[sales | do(tv, web=5)]';
const fast = ['--basis', 'polynomial', '--degree', '2'];

interface Shown {
  readonly value?: number;
  readonly function?: { readonly points: readonly { readonly at: Record<string, number>; readonly value: number }[] };
  readonly additive?: { readonly basis: string; readonly method: string };
}
const answersOf = (out: string): readonly Shown[] => JSON.parse(out).answers;

test('--at: lists, ranges, both mixed, quoted names and levels', () => {
  const read = (...texts: readonly string[]) => {
    const grid = gridArgument(texts);
    return grid.ok ? grid.value : grid.issues.map(({ message, where }) => [message, where?.text?.slice(where.start, where.end)]);
  };
  expect(read('A=0,1,2')).toEqual({ A: ['0', '1', '2'] });
  expect(read('A=0:1:0.1')).toEqual({ A: ['0', '0.1', '0.2', '0.3', '0.4', '0.5', '0.6', '0.7', '0.8', '0.9', '1'] });
  expect(read('A = -1:1:1, 5', '"blood pressure"=low,"very high"')).toEqual({
    A: ['-1', '0', '1', '5'],
    'blood pressure': ['low', 'very high'],
  });
  expect(read('A=a:b')).toEqual({ A: ['a:b'] });
  expect(read('A')).toEqual([['--at: this is not NAME=VALUES.', 'A']]);
  expect(read('A=1,,2')).toEqual([['--at: a value is missing.', 'A=1,,2']]);
  expect(read('A=1,2:3')).toEqual([["--at: '2:3' is not FROM:TO:STEP.", '2:3']]);
  expect(read('A=3:1:1', 'B=0:1:0')).toMatchObject([
    [expect.stringContaining('goes nowhere'), '3:1:1'],
    [expect.stringContaining('goes nowhere'), '0:1:0'],
  ]);
  expect(read('A=0:1:1e-9')).toMatchObject([[expect.stringContaining('at most 20000'), '0:1:1e-9']]);
  expect(read('A=1', 'A=2')).toMatchObject([[expect.stringContaining('given twice'), 'A=2']]);
});

test('a function is evaluated where --at says, and drawn', async () => {
  const [text, svg, json] = await Promise.all([
    doable(['ask', levers, curve, '--at', 'tv=4:8:2', ...fast]),
    doable(['ask', levers, curve, '--at', 'tv=4:8:2', '--format', 'svg', ...fast]),
    doable(['ask', levers, curve, '--at', 'tv=4:8:2', '--json', ...fast]),
  ]);
  expect(text.code).toBe(0);
  expect(text.out).toContain('Mean of sales (1,000 a week) by tv (1,000 a week, set), at web = 5 (set):');
  expect(text.out.match(/^ {2}[468] +6\d\.\d\d +6\d\.\d\d to 6\d\.\d\d/gmu)).toHaveLength(3);
  expect(text.out).toContain('- watched weeks: all watched; 5,000 records');
  expect(svg.out).toMatch(/^<svg [^>]*class="doable-function"/u);
  const points = answersOf(json.out)[0]?.function?.points ?? [];
  expect(points.map(({ at }) => at)).toEqual([{ tv: 4 }, { tv: 6 }, { tv: 8 }]);
  // Known: the data are simulated. A polynomial of degree 2 is close.
  for (const { at, value } of points) expect(Math.abs(value - (51.75 + 20 * (1 - Math.exp(-(at.tv as number) / 4))))).toBeLessThan(2);
});

test('--points evaluates at the lines of a file; its output is CSV again', async () => {
  const points = file('points.csv', 'web,tv\n3,5\n5,7\n');
  const { out, code } = await doable(['ask', levers, 'E[sales | do(tv, web)]', '--points', points, '--format', 'csv', ...fast]);
  expect(code).toBe(0);
  const [head, ...rows] = out.trim().split('\n');
  expect(head).toBe('question,status,tv,web,value,lower,upper,standard_error,level,method,band_lower,band_upper,supported');
  expect(rows.map((row) => row.slice(row.indexOf('identified')).split(',').slice(1, 3))).toEqual([
    ['5', '3'],
    ['7', '5'],
  ]);
});

test('--basis, --degree and --fit reach the fit', async () => {
  const ask = (...more: readonly string[]) =>
    doable(['ask', levers, 'E[sales | do(tv=7, web=5)]', '--json', '--uncertainty', 'none', ...more]);
  const [cubic, direct] = await Promise.all([ask('--degree', '3'), ask('--basis', 'linear', '--fit', 'direct')]);
  expect(answersOf(cubic.out)[0]?.additive?.basis).toContain('degree 3');
  expect(answersOf(direct.out)[0]?.additive).toMatchObject({ basis: 'linear', method: 'each regime fitted on its own' });
});

test('--at goes with --lines', async () => {
  const document = { ...JSON.parse(readFileSync(join(root, levers), 'utf8')), ask: [curve] };
  document.studies = document.studies.map((study: { data: string }) => ({ ...study, data: `examples/${study.data}` }));
  const { out, code, err } = await doable(['ask', '--lines', '--at', 'tv=5,7', '--uncertainty', 'none', ...fast], {
    input: `${JSON.stringify(document)}\n`,
  });
  expect(code, err).toBe(0);
  expect(answersOf(out)[0]?.function?.points.map(({ at }) => at)).toEqual([{ tv: 5 }, { tv: 7 }]);
  const bad = await doable(['ask', '--lines', '--at', 'tv'], { input: '' });
  expect(bad.code).toBe(2);
});

test.each([
  [['--at', 'tv=1,2:3', '--points', 'nowhere.csv'], /FROM:TO:STEP[\s\S]*no file “nowhere.csv”/u],
  [['--at', 'web=1'], /No question leaves web open: open is tv/u],
  [['--at', 'tvv=1'], /no variable 'tvv'[\s\S]*Did you mean tv\?/u],
  [['--at', 'tv=much'], /tv is a real variable/u],
  [['--degree', '2', '--basis', 'splines'], /--degree is of polynomials/u],
  [['--degree', '0'], /--degree must be a whole number/u],
  [['--basis', 'spline'], /--basis must be one of[\s\S]*splines/u],
])('%j is an error with its remedy', async (more, says) => {
  const { code, err, out } = await doable(['ask', levers, curve, ...more]);
  expect(err).toMatch(says);
  expect(code).toBe(2);
  expect(out).toBe('');
});

test('an empty point, and a file without any, are named with their place', async () => {
  const hole = await doable(['ask', levers, 'E[sales | do(tv, web)]', '--points', file('hole.csv', 'tv,web\n1,2\n3,\n')]);
  expect(hole.err).toMatch(/hole.csv, line 3: --points: there is no value of web/u);
  expect(hole.code).toBe(2);
  const empty = await doable(['ask', levers, 'E[sales | do(tv, web)]', '--points', file('empty.csv', 'tv,web\n')]);
  expect(empty.err).toContain('a header and no point');
});

test('doable help additive', async () => {
  const { out, code } = await doable(['help', 'additive']);
  expect(code).toBe(0);
  expect(out).toContain('additive(Y; A1 < A2 < A3)');
  expect(out).toContain('geometric mean');
});
