import { readFileSync, writeFileSync } from 'node:fs';
import { taskKinds } from '@doable/engine/tasks';
import { afterAll, expect, test } from 'vitest';
import type { BenchmarkModel } from '../../../engine/src/reproduce/summary.ts';
import { inlinePool } from '../../../engine/src/run/pool.ts';
import { threadPool } from '../../src/pools/threads.ts';
import { doable, file } from './support.ts';

const small = ['reproduce', 'emcc', '--models', '3', '--starts', '10', '--threads', '2'];
const threads = threadPool(2);
afterAll(() => threads.close());

const fresh = (name: string): string => {
  const path = file(name, '');
  writeFileSync(path, '');
  return path;
};
const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n');
const indices = (path: string): number[] => linesOf(path).map((line) => JSON.parse(line).model.index as number);

test('Table 1 and the benchmark beside the paper, kept line by line; a second run goes on from a broken file', async () => {
  const out = fresh('whole.ndjson');
  const first = await doable([...small, '--out', out]);
  expect(first.code, first.err).toBe(0);
  expect(first.out).toContain('everybody   in the model   O+I    [0.34, 0.43] *    0.3845             0.3845             yes');
  expect(first.out).toContain('everybody   summed out     O+I    [0.34, 0.43] MP   [0.3395, 0.4295]   [0.3395, 0.4295]   yes');
  expect(first.out).toMatch(/records added to the trial shrink the interval by +13 % +[-\d.]+ %/u);
  expect(first.out).toMatch(/a trial added to the records +18 %/u);
  expect(first.out).toMatch(/O\+I inside O and inside I +all +3 of 3/u);
  expect(first.out.split('\n').every((line) => line.length <= 100)).toBe(true);
  expect(first.err).toContain(`3 of 3 models`);
  expect(indices(out).sort()).toEqual([0, 1, 2]);

  // As a run leaves it that was killed while it wrote: two lines, and the third cut off.
  const [a = '', b = '', c = ''] = linesOf(out);
  writeFileSync(out, `${a}\n${b}\n${c.slice(0, 200)}`);
  const second = await doable([...small, '--out', out]);
  expect(second.code, second.err).toBe(0);
  expect(second.err).toContain('2 of 3 models are in');
  expect(second.out).toBe(first.out);
  expect(linesOf(out).sort()).toEqual([a, b, c].sort());

  // Nothing left to do; fewer than there are; another seed or another number of starts is another benchmark.
  const again = [['--json'], ['--json', '--models', '1'], ['--seed', '1'], ['--starts', '20']];
  const [all, fewer, ...others] = await Promise.all(again.map((more) => doable([...small, ...more, '--out', out])));
  const whole = JSON.parse(all?.out ?? '');
  expect(whole).toMatchObject({ schema: 'doable/reproduction@1', paper: 'emcc', seed: 0, runs: 10, asked: 3, summary: { models: 3 } });
  expect(whole).not.toHaveProperty('partial');
  expect(whole.tableOne).toHaveLength(12);
  expect(whole.models.map(({ index }: BenchmarkModel) => index)).toEqual([0, 1, 2]);
  expect(JSON.parse(fewer?.out ?? '').models).toEqual(whole.models.slice(0, 1));
  for (const [i, option] of ['--seed', '--starts'].entries()) {
    expect(others[i]).toMatchObject({ code: 2, out: '' });
    expect(others[i]?.err).toContain(`was made with ${option} `);
  }
  expect(linesOf(out).sort()).toEqual([a, b, c].sort());
});

test('inline and on two threads the same digits', async () => {
  const settings = { seed: 4, runs: 10 };
  const [inline, threaded] = await Promise.all(
    [inlinePool(taskKinds), threads].map((pool) => pool.map<typeof settings, number, BenchmarkModel>('benchmark', settings, [0, 1])),
  );
  expect(inline?.map((model) => model?.index)).toEqual([0, 1]);
  expect(threaded).toEqual(inline);
});

test('Ctrl-C keeps and prints what is finished', async () => {
  const out = fresh('stopped.ndjson');
  let sent = false;
  const ran = await doable(['reproduce', 'emcc', '--models', '1000', '--starts', '10', '--threads', '2', '--out', out], {
    // Table 1 is printed first.
    onOutput: (child) => {
      if (sent) return;
      sent = true;
      const watch = setInterval(() => {
        if (readFileSync(out, 'utf8') === '') return;
        clearInterval(watch);
        child.kill('SIGINT');
      }, 50);
      child.on('close', () => clearInterval(watch));
    },
  });
  expect(ran.code, ran.err).toBe(130);
  const kept = indices(out);
  expect(kept.length).toBeGreaterThanOrEqual(1);
  expect(kept.length).toBeLessThan(1000);
  expect(ran.out).toContain(`partial: ${kept.length} of 1,000 models`);
  expect(ran.err).toContain(`${kept.length} of 1000 models in`);
});

test('bad input is refused, and no file that holds something else is touched', async () => {
  const refused = async (args: readonly string[]): Promise<string> => {
    const { code, out, err } = await doable(['reproduce', ...args]);
    expect(out).toBe('');
    expect(code).toBe(2);
    return err;
  };
  const said = await Promise.all(
    [[], ['emc'], ['emcc', 'idgen'], ['emcc', '--models', '-1'], ['emcc', '--models', '0', '--out', '/nowhere/at/all.ndjson']].map(refused),
  );
  for (const [i, words] of ['Which paper?', 'doable reproduce emcc', 'too much', '--models', 'cannot be written'].entries())
    expect(said[i]).toContain(words);
  for (const [name, text] of [
    ['rows.csv', 'X,Y\n0,1\n'],
    ['cut.json', '{"schema":"doable/problem@1","title":"half a docu'],
    ['answers.json', '{"schema":"doable/answers@1"}\n'],
  ] as const) {
    const path = file(name, text);
    expect(await refused(['emcc', '--models', '0', '--out', path])).toContain(`Line 1 of ${path} is no model`);
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
});
