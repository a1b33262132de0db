import { expect, test } from 'vitest';
import { doable } from './support.ts';

const both = 'examples/mueller-pearl-both-summed.json';
const bow = ['--graph', 'X -> Y; X <-> Y', '--study', 'examples/data/bow-simulated.csv'];

interface Bounded {
  readonly status: string;
  readonly lower: number;
  readonly upper: number;
  readonly tightness: string;
  readonly certificate?: object;
  readonly emcc?: { readonly runs: number; readonly converged: number; readonly interval: readonly [number, number] };
}
const answersOf = (out: string): readonly Bounded[] => JSON.parse(out).answers;

test('a question that is not identified is bounded, says so, and verify accepts what was printed', async () => {
  const { out, code } = await doable(['ask', both]);
  expect(code).toBe(0);
  // Tian and Pearl's bounds from records and trial together; the picture has its ends at 0 and 1.
  expect(out).toContain('Between 0.3395 and 0.4295 (exact; 95 % region 0.3156 to 0.4449)');
  expect(out).toMatch(/^ {2}0 \| .*\[=+\].* \| 1$/mu);
  expect(out).toContain('Agreement   The studies agree');
  const json = await doable(['ask', both, '--json']);
  const [answer] = answersOf(json.out);
  expect(answer?.status).toBe('bounded');
  expect(answer?.lower).toBeCloseTo(0.3395, 9);
  expect(answer?.upper).toBeCloseTo(0.4295, 9);
  const verified = await doable(['verify', '-', '--exact'], { input: json.out });
  expect(verified.code, verified.out + verified.err).toBe(0);
  expect(verified.out).toContain('= 0.3395');
});

test('--bounds none leaves the no; --bounds exact bounds what is identified too, at the same number', async () => {
  const none = await doable(['ask', both, '--bounds', 'none']);
  expect(none.code).toBe(1);
  expect(none.out).toContain('No: these studies and this graph do not determine it.');
  const question = 'P(survival=survived | do(treatment=drug))';
  const measured = await doable(['ask', both, question, '--json', '--uncertainty', 'none']);
  const exact = await doable(['ask', both, question, '--json', '--bounds', 'exact']);
  const value = JSON.parse(measured.out).answers[0].value;
  const [answer] = answersOf(exact.out);
  expect(answer?.lower).toBeCloseTo(value, 9);
  expect(answer?.upper).toBeCloseTo(value, 9);
});

test('--bounds both: random starts stay inside, --starts is their number, threads do not move a digit', async () => {
  const ask = (...more: readonly string[]) => doable(['ask', both, '--json', '--starts', '6', '--seed', '3', ...more]);
  const [one, two, inner] = await Promise.all([
    ask('--bounds', 'both', '--threads', '1'),
    ask('--bounds', 'both', '--threads', '2'),
    ask('--bounds', 'emcc'),
  ]);
  const [answer] = answersOf(one.out);
  expect(answer?.emcc?.runs).toBe(6);
  const [low, high] = answer?.emcc?.interval ?? [Number.NaN, Number.NaN];
  expect(low).toBeGreaterThan(0.3395 - 1e-4);
  expect(high).toBeLessThan(0.4295 + 1e-4);
  expect(answersOf(two.out)).toEqual(answersOf(one.out));
  const [alone] = answersOf(inner.out);
  expect(alone?.tightness).toBe('inner');
  expect(alone?.emcc).toEqual(answer?.emcc);
});

test('--format svg draws the bounds', async () => {
  const bounded = await doable(['ask', both, '--format', 'svg']);
  expect(bounded.out).toContain('class="doable-bounds"');
  expect(bounded.out).toContain('0.3395 to 0.4295, exact');
});

test('open values are a table of bounds', async () => {
  const { out, code } = await doable(['ask', ...bow, 'P(Y | do(X=1))', '--format', 'csv']);
  expect(code).toBe(0);
  const [head, ...rows] = out
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  expect(head?.slice(-3)).toEqual(['bound_lower', 'bound_upper', 'tightness']);
  expect(rows).toHaveLength(2);
  // Manski: each is as wide as P(X=0), and the two mirror one another.
  const ends = rows.map((row) => row.slice(-3, -1).map(Number) as [number, number]);
  const [[a, b], [c, d]] = ends as [[number, number], [number, number]];
  expect(b - a).toBeCloseTo(d - c, 9);
  expect(a + d).toBeCloseTo(1, 9);
  expect(b + c).toBeCloseTo(1, 9);
});

test('studies that contradict each other: exit code 1 from ask and check, with the inequality and who is in it', async () => {
  const asked = await doable(['ask', 'examples/nsw-psid.json']);
  expect(asked.code).toBe(1);
  expect(asked.out.replace(/\s+/gu, ' ')).toContain(
    'P(treat=0, employed=1) = 0.8239 in psid exceeds P(employed=1 | do(treat=0)) = 0.6462 in trial: in no model of this graph can it (gap 21 nats',
  );
  const checked = await doable(['check', 'examples/nsw-psid.json']);
  expect(checked.code).toBe(1);
  expect(checked.out).toMatch(/FAIL +treat, employed: The studies contradict each other/u);
});

test('an option with a wrong value, or where it does not belong', async () => {
  const { err, code } = await doable(['ask', both, '--bounds', 'exakt', '--starts', '0']);
  expect(code).toBe(2);
  expect(err).toMatch(/--bounds must be one of [\s\S]*--starts must be a whole number/u);
  expect((await doable(['explain', both, '--bounds', 'none'])).code).toBe(2);
});

test('--starts where nothing starts at random, and --refits where nothing is trained, are said to do nothing', async () => {
  const problem = JSON.stringify({
    graph: 'X -> Y; X <-> Y',
    studies: [
      {
        name: 'records',
        count: 'n',
        data: [
          { X: 0, Y: 0, n: 3 },
          { X: 0, Y: 1, n: 1 },
          { X: 1, Y: 0, n: 1 },
          { X: 1, Y: 1, n: 4 },
        ],
      },
    ],
    ask: ['PNS(X -> Y)'],
  });
  const run = (...flags: readonly string[]) => doable(['ask', '-', '--uncertainty', 'none', ...flags], { input: problem });
  const idle = await run('--starts', '3', '--refits', '5');
  expect(idle.code).toBe(0);
  expect(idle.err).toContain('--starts does nothing here');
  expect(idle.err).toContain('--refits does nothing without --sampler');
  const single = await run('--sampler', '--refits', '1');
  expect([single.code, single.out]).toEqual([2, '']);
  expect(single.err).toContain('at least --refits 2');
  expect((await run('--starts', '3', '--bounds', 'emcc')).err).not.toContain('--starts does nothing');
});
