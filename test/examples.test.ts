import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AnswersDocument, ask, type Certificate, loadProblem, verifyCertificate } from '@doable/engine';
import { expect, test } from 'vitest';
import { nodeSources } from '../packages/doable/src/studies/files.ts';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
const read = (file: string): unknown => JSON.parse(readFileSync(`${folder}${file}`, 'utf8'));

interface Expected {
  readonly question: string;
  readonly source: string;
  readonly status?: string;
  readonly at?: Record<string, string>;
  readonly value?: number;
  readonly tolerance?: number;
  readonly standardError?: number;
  readonly standardErrorTolerance?: number;
  /** The truth must lie in the interval. */
  readonly covered?: boolean;
  /** Bounds, to `tolerance`. */
  readonly lower?: number;
  readonly upper?: number;
  /** The violated inequality: its larger and its smaller side, and the studies in it. */
  readonly violated?: { readonly left: number; readonly right: number; readonly tolerance: number; readonly studies: readonly string[] };
  readonly hedge?: unknown;
  readonly wouldHelp?: unknown;
}
const expected = read('expected.json') as Record<string, Expected[]>;
const documents = readdirSync(folder).filter((file) => file.endsWith('.json') && file !== 'expected.json');

async function answers(file: string): Promise<AnswersDocument> {
  const problem = await loadProblem(read(file), nodeSources(folder));
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const result = await ask(problem.value, problem.value.ask);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}

test('every example has expected values', () => {
  expect(documents.filter((file) => expected[file] === undefined)).toEqual([]);
  expect(Object.keys(expected).filter((file) => !documents.includes(file))).toEqual([]);
});

test.each(documents)('%s', async (file) => {
  const document = await answers(file);
  for (const one of expected[file] ?? []) {
    const answer = document.answers.find(({ question }) => question === one.question);
    expect(answer, one.question).toBeDefined();
    if (answer === undefined) continue;
    expect(answer.status, one.question).toBe(one.status ?? 'identified');
    if (one.hedge !== undefined) expect(answer.hedge).toEqual(one.hedge);
    if (one.wouldHelp !== undefined) expect(answer.wouldHelp).toEqual(one.wouldHelp);
    const point = one.at === undefined ? undefined : answer.distribution?.find(({ at }) => JSON.stringify(at) === JSON.stringify(one.at));
    const value = point === undefined ? answer.value : point.value;
    if (one.value !== undefined) {
      expect(Math.abs((value as number) - one.value), `${one.question}: ${value}`).toBeLessThanOrEqual(one.tolerance as number);
    }
    if (one.standardError !== undefined) {
      expect(Math.abs((answer.uncertainty?.standardError as number) - one.standardError)).toBeLessThanOrEqual(
        one.standardErrorTolerance as number,
      );
    }
    for (const side of ['lower', 'upper'] as const) {
      const bound = one[side];
      if (bound === undefined) continue;
      expect(Math.abs((answer[side] as number) - bound), `${one.question}: ${side} ${answer[side]}`).toBeLessThanOrEqual(
        one.tolerance as number,
      );
    }
    if (one.violated !== undefined) {
      const { left, right, tolerance, studies } = one.violated;
      const found = answer.agreement?.violated;
      expect(found, one.question).toBeDefined();
      expect(Math.abs((found?.left as number) - left), found?.says).toBeLessThanOrEqual(tolerance);
      expect(Math.abs((found?.right as number) - right), found?.says).toBeLessThanOrEqual(tolerance);
      expect([...(found?.studies ?? [])].sort()).toEqual([...studies].sort());
    }
    if (one.covered === true) {
      const [low, high] = answer.uncertainty?.interval ?? [Number.NaN, Number.NaN];
      expect(low).toBeLessThanOrEqual(one.value as number);
      expect(high).toBeGreaterThanOrEqual(one.value as number);
    }
  }
  const { graph } = read(file) as { readonly graph?: unknown };
  for (const answer of document.answers) {
    const check = answer.diagnostics.find(({ name }) => name === 'self-check');
    // Random models are drawn from a graph; they know nothing of an additive outcome, nor of a known model.
    const checked = graph !== undefined && answer.additive === undefined && answer.rule !== 'exchangeable';
    if (answer.status === 'identified' && checked) expect(check?.level, answer.question).toBe('ok');
    if (answer.status !== 'bounded') continue;
    expect(answer.certificate, answer.question).toBeDefined();
    const verdict = verifyCertificate(answer.certificate as Certificate);
    expect(verdict.accepted, JSON.stringify(verdict.checks)).toBe(true);
  }
});

test('the same seed gives the same digits, another seed other intervals', async () => {
  const problem = await loadProblem(read('titanic.json'), nodeSources(folder));
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  const run = async (seed: number): Promise<string> => {
    const result = await ask(problem.value, problem.value.ask, { seed });
    return result.ok ? JSON.stringify(result.value) : '';
  };
  const [first, again, other] = [await run(1), await run(1), await run(2)];
  expect(again).toBe(first);
  expect(other.replace('"seed":2', '"seed":1')).not.toBe(first);
});
