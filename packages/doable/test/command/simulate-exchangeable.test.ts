import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cellsArgument } from '../../src/arguments/cells.ts';
import { doable, file } from './support.ts';

const rowsOf = (text: string): string[][] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));

test('environments of the urn as a model: shares and agreement as its priors say', async () => {
  const out = file('urn.csv', '');
  const { code, err } = await doable([
    'simulate',
    'examples/urn.json',
    '--environments',
    '4000',
    '--positions',
    '3',
    '--seed',
    '7',
    '--out',
    out,
  ]);
  expect(code).toBe(0);
  expect(err).toContain('seed 7');
  const [head, ...rows] = rowsOf(readFileSync(out, 'utf8'));
  expect(head).toEqual(['environment', 'X', 'Y']);
  expect(rows).toHaveLength(12_000);
  const x = rows.map((row) => Number(row[1]));
  const noise = rows.map((row) => Number(row[1]) ^ Number(row[2]));
  expect(rows.map(([e]) => Number(e))).toEqual(rows.map((_, r) => Math.floor(r / 3) + 1));
  // Beta(1, 3): P(1) = 1/4, and two of one environment are both 1 with 1/10.
  for (const values of [x, noise]) {
    const pairs = values.filter((value, r) => r % 3 === 0 && value === 1 && values[r + 1] === 1).length / 4000;
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / 12_000 - 0.25)).toBeLessThan(
      4.5 * Math.sqrt(0.25 * 0.75 * (1.4 / 12_000)),
    );
    expect(Math.abs(pairs - 0.1)).toBeLessThan(4.5 * Math.sqrt((0.1 * 0.9) / 4000));
  }
});

test('--set holds a position and leaves the others as they were', async () => {
  const [plain, set] = await Promise.all(
    [[], ['--set', 'X@2=1']].map((more) =>
      doable(['simulate', 'examples/urn.json', '--environments', '200', '--positions', '3', ...more, '--data', 'ndjson', '-q']),
    ),
  );
  const records = (text: string | undefined): Record<string, string>[] =>
    (text ?? '')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const [one, other] = [records(plain?.out), records(set?.out)];
  let changed = 0;
  for (const [r, record] of other.entries()) {
    const { X, Y } = one[r] as Record<string, string>;
    expect(record.position).toBe(String((r % 3) + 1));
    if (record.position === '2') {
      expect(record.X).toBe('1');
      // Y = X XOR noise, with the noise that it had.
      expect(Number(record.Y)).toBe(Number(Y) ^ (X === '1' ? 0 : 1));
      if (X !== '1') changed += 1;
    } else expect([record.X, record.Y]).toEqual([X, Y]);
  }
  expect(changed).toBeGreaterThan(100);
});

test('the urn: balls add up; what is set adds none, or one with the literal dynamics and a warning', async () => {
  const words = ['simulate', 'urn', '--positions', '6', '--left', '3,1', '--right', '2,5', '--set', 'X@2=1', '--seed', '5'];
  const [causal, literal, json] = await Promise.all([
    doable(words),
    doable([...words, '--dynamics', 'literal']),
    doable([...words, '--json', '-q']),
  ]);
  const [head, ...rows] = rowsOf(causal.out);
  expect(head).toEqual(
    'position,left_white,left_black,right_white,right_black,chance_left,chance_right,left_ball,right_ball,X,Y,set'.split(','),
  );
  const told = rowsOf(literal.out).slice(1);
  for (const [i, row] of rows.entries()) {
    const [position, lw, lb, rw, rb, chanceLeft, chanceRight, , rightBall, x, y] = row.map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    expect(lw + lb).toBe(4 + i - (i > 1 ? 1 : 0));
    expect(rw + rb).toBe(7 + i);
    expect([chanceLeft, chanceRight]).toEqual([lb / (lw + lb), rb / (rw + rb)]);
    expect(y).toBe(x ^ rightBall);
    const others = (told[i] as string[]).map(Number);
    expect((others[1] as number) + (others[2] as number)).toBe(4 + i);
    expect(row[11]).toBe(position === 2 ? 'X' : '');
  }
  expect(rows[1]?.[9]).toBe('1');
  expect(causal.err).not.toContain('Lemma 2');
  expect(literal.err).toContain('contradicts Lemma 2');
  const document = JSON.parse(json.out) as { rows: { X: number }[]; set: unknown };
  expect(document).toMatchObject({
    schema: 'doable/simulation@1',
    model: 'urn',
    dynamics: 'causal',
    left: { white: 3, black: 1 },
    set: [{ step: 2, variable: 'X', value: 1 }],
  });
  expect(document.rows.map(({ X }) => String(X))).toEqual(rows.map((row) => row[9]));
});

test('bad input, all of it', async () => {
  const [model, urn, graph] = await Promise.all([
    doable(['simulate', 'examples/urn.json', '-n', '5', '--set', 'Z@1=0,X@77=1', '--dynamics', 'literal']),
    doable(['simulate', 'urn', '--left', '0,1', '--right', 'x', '--environments', '3', '--set', 'X=1']),
    doable(['simulate', 'X -> Y', '-n', '5', '--set', 'X@1=0', '--positions', '3']),
  ]);
  expect([model.code, urn.code, graph.code]).toEqual([2, 2, 2]);
  expect([model, urn, graph].map(({ err }) => err.match(/^error:/gmu)?.length)).toEqual([4, 4, 2]);
  expect(model.err).toContain('positions are 1 to 10');
});

test('cells of --set, with the place of each fault', () => {
  const levels = new Map([['A b', ['low', 'high']]]);
  expect(cellsArgument(['A b@2=high, A b@1=low', 'A b@2=high'], levels, 3)).toEqual({
    ok: true,
    value: [
      { variable: 'A b', position: 2, value: 1 },
      { variable: 'A b', position: 1, value: 0 },
    ],
  });
  const bad = cellsArgument(['A b@1=low,A b@1=high,A b@0=low,A b@1=mid,A@1=low'], levels, 3);
  expect(bad.ok ? [] : bad.issues.map(({ code, where }) => [code, where?.start])).toEqual([
    ['set-twice', 10],
    ['position', 21],
    ['unknown-level', 31],
    ['unknown-variable', 41],
  ]);
});
