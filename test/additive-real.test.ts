import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Answer, ask, loadProblem } from '@doable/engine';
import { expect, test } from 'vitest';

const table = (file: string): readonly (readonly string[])[] =>
  readFileSync(fileURLToPath(new URL(`data/${file}`, import.meta.url)), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));

const plates = table('drug-pairs.csv');
const plate = (pair: string): object[] =>
  plates.filter(([name]) => name === pair).map(([, first, second, y]) => ({ first: Number(first), second: Number(second), y: Number(y) }));
const field = table('corn.csv').map(([P, N, y]) => ({ P: Number(P), N: Number(N), y: Number(y) }));

async function additively(
  data: object[],
  actions: readonly [string, string],
  scale: '' | 'log ',
  at: readonly [number, number],
): Promise<Answer> {
  const [a, b] = actions;
  const problem = await loadProblem({
    variables: { [a]: { real: true }, [b]: { real: true }, y: { real: true } },
    studies: [{ name: 'design', data, set: [a, b] }],
    assume: [`additive(${scale}y; ${a}, ${b})`],
  });
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const found = await ask(problem.value, [`E[y | do(${a}=${at[0]}, ${b}=${at[1]})]`]);
  if (!found.ok) throw new Error(JSON.stringify(found.issues));
  return found.value.answers[0] as Answer;
}
const figure = (answer: Answer, name: string): number | undefined => answer.diagnostics.find((one) => one.name === name)?.figure;
const level = (answer: Answer, name: string): string | undefined => answer.diagnostics.find((one) => one.name === name)?.level;

/** By hand from cell means: root mean square of (first alone + second alone - control) - both, on the raw and on the log scale. */
function missedBy(data: readonly object[], actions: readonly [string, string], scale: '' | 'log '): number {
  const [a, b] = actions;
  const sums = new Map<string, { total: number; count: number }>();
  for (const row of data as readonly Record<string, number>[]) {
    const key = `${row[a]} ${row[b]}`;
    const cell = sums.get(key) ?? { total: 0, count: 0 };
    sums.set(key, { total: cell.total + (scale === '' ? (row.y as number) : Math.log(row.y as number)), count: cell.count + 1 });
  }
  const mean = (x: string | undefined, y: string | undefined): number => {
    const { total, count } = sums.get(`${x} ${y}`) ?? { total: Number.NaN, count: 1 };
    return total / count;
  };
  let [squares, cells] = [0, 0];
  for (const key of sums.keys()) {
    const [x, y] = key.split(' ');
    if (x === '0' || y === '0') continue;
    const sum = mean(x, '0') + mean('0', y) - mean('0', '0');
    squares += (scale === '' ? sum - mean(x, y) : Math.exp(sum) - Math.exp(mean(x, y))) ** 2;
    cells += 1;
  }
  return Math.sqrt(squares / cells);
}

test('ispinesib and ibrutinib add up on the log scale, and it is said so', async () => {
  const data = plate('ispinesib + ibrutinib');
  const raw = await additively(data, ['first', 'second'], '', [625, 12.5]);
  expect(missedBy(data, ['first', 'second'], '')).toBeCloseTo(38.1, 1);
  expect(figure(raw, 'hold-out')).toBeCloseTo(missedBy(data, ['first', 'second'], ''), 6);
  expect(level(raw, 'hold-out')).toBe('fail');
  expect(figure(raw, 'scale')).toBeCloseTo(missedBy(data, ['first', 'second'], 'log '), 6);
  expect(raw.diagnostics.find(({ name }) => name === 'scale')?.says).toContain('additive(log y; first, second)');
  const log = await additively(data, ['first', 'second'], 'log ', [625, 12.5]);
  expect(log.status).toBe('identified');
  expect(level(log, 'hold-out')).toBe('ok');
  expect(figure(log, 'hold-out')).toBeCloseTo(7.8, 1);
});

test.each(['', 'log '] as const)('canertinib and ibrutinib add up on no scale: refused (%s)', async (scale) => {
  const data = plate('canertinib + ibrutinib');
  const answer = await additively(data, ['first', 'second'], scale, [625, 12.5]);
  expect(answer.status).toBe('refused');
  expect(answer.value).toBeUndefined();
  expect(figure(answer, 'hold-out')).toBeCloseTo(missedBy(data, ['first', 'second'], scale), 6);
  expect(level(answer, 'scale')).toBe('fail');
});

test('phosphate and nitrogen on corn: each alone does nothing, so the sum is refused', async () => {
  const answer = await additively(field, ['P', 'N'], '', [160, 160]);
  expect(answer.status).toBe('refused');
  expect(answer.why).toContain('86.5 too low');
  expect(figure(answer, 'hold-out')).toBeCloseTo(89.4, 1);
  expect(figure(answer, 'hold-out')).toBeCloseTo(missedBy(field, ['P', 'N'], ''), 6);
});
