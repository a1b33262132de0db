import { inlinePool } from '@doable/engine';
import { taskKinds } from '@doable/engine/tasks';
import { expect, test } from 'vitest';
import type { DoFinettiReproduction } from '../../src/commands/reproduce-do-finetti.ts';
import { doFinettiCsv, doFinettiSvg, doFinettiText } from '../../src/output/reproduced-do-finetti.ts';
import { doable } from './support.ts';

const plain = { width: 80 };

test('reproduce do-finetti: every point of every study; a thread gives the digits of this one; text, table and figure', async () => {
  const { code, out, err } = await doable([
    'reproduce',
    'do-finetti',
    '--models',
    '1',
    '--seed',
    '3',
    '--threads',
    '2',
    '--json',
    '--quiet',
  ]);
  expect([code, err]).toEqual([0, '']);
  const { seed, partial, points, checks } = JSON.parse(out) as DoFinettiReproduction;
  expect([seed, partial, points.length]).toEqual([3, undefined, 23]);
  for (const { runs, repetitions } of points) expect(runs).toHaveLength(repetitions);
  for (const { study, environments, positions, repetitions, runs } of points.filter((one) => one.environments <= 500)) {
    const indices = Array.from({ length: repetitions }, (_, index) => index);
    expect(runs).toEqual(await inlinePool(taskKinds).map('do-finetti', { study, seed, environments, positions }, indices));
  }

  const text = doFinettiText(points, checks, { seed, full: false }, plain);
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(text).toMatch(/ 10000 .*\n +elsewhere +8\.7e-6 +8\.7e-6 +2\.5e-3 +4\.4e-4/u);
  // Seven points of eleven figures each, twelve of six, four of two.
  expect(doFinettiCsv(points).split('\n')).toHaveLength(1 + 7 * 11 + 12 * 6 + 4 * 2);
  const svg = doFinettiSvg(points);
  expect(svg.match(/<circle|<path/gu)?.length).toBeGreaterThan(100);
  for (const name of ['do-Finetti', 'do-Finetti, true graph', 'i.i.d. (PC)', 'i.i.d., true graph', 'all pairs'])
    expect(svg).toContain(`>${name}</text>`);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/u);
});

test('reproduce do-finetti: a run that is stopped says so; options of the other papers are refused', async () => {
  const stopped = await doable(['reproduce', 'do-finetti', '--full', '--timeout', '0.7', '--threads', '1']);
  expect(stopped.code).toBe(130);
  expect(stopped.err).toMatch(/\d+ of 11100 repetitions in/u);
  for (const [words, says] of [
    [['do-finetti', '--starts', '3', '--format', 'latex'], 'prints no latex'],
    [['joint', '--format', 'svg'], '--format is of doable reproduce do-finetti'],
  ] as const) {
    const refused = await doable(['reproduce', ...words]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain(says);
  }
});
