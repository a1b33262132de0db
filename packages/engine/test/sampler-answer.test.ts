import { expect, test } from 'vitest';
import { ask } from '../src/ask.ts';
import { fitNetwork } from '../src/generative/fit-network.ts';
import { networkFitter } from '../src/generative/models/neural.ts';
import { tableFitter } from '../src/generative/models/table.ts';
import { identify } from '../src/identification.ts';
import type { Answer } from '../src/interpret/answer.ts';
import { Random } from '../src/math/random.ts';
import { answersText } from '../src/present/text.ts';
import { loadProblem } from '../src/problem.ts';
import { compileQuestion } from '../src/query/bind.ts';
import type { Result } from '../src/run/issue.ts';
import { success } from '../src/run/issue.ts';
import { answerBySampler, type Sampler } from '../src/sampler-answer.ts';
import { referenceBackend } from '../src/tensor/reference.ts';

function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}

/** Tables where columns are finite, small networks where they are not. */
const sampler = (more: Partial<Sampler> = {}, steps = 60): Sampler => ({
  fit: (sample, data, { known, resampled: _, ...run }) =>
    fitNetwork(sample.plan, data, {
      ...run,
      types: sample.types,
      generatedRows: 20_000,
      fitterFor: (task) => {
        const real = [...task.of, ...task.given].some((name) => task.types.get(name)?.kind === 'real');
        const kind = task.types.get(task.of[0] as string)?.kind === 'real' ? 'mixture' : 'softmax';
        return success(
          real
            ? networkFitter(kind, {
                backend: referenceBackend,
                widths: [6],
                components: 2,
                rows: 256,
                budget: { steps, batch: 128, learningRate: 0.02 },
              })
            : tableFitter(),
        );
      },
      modelFor: async (_, { key }) => known.get(key),
      onFactor: ({ factor }, model) => void known.set(factor.key, model),
    }),
  ...more,
});

/** A front door: 4,000 rows, drawn from known tables. */
const frontDoor = () => {
  const random = new Random(9);
  const flip = (p: number): number => (random.next() < p ? 1 : 0);
  const data = Array.from({ length: 4000 }, () => {
    const U = flip(0.5);
    const X = flip(0.2 + 0.6 * U);
    const M = flip(0.15 + 0.6 * X);
    return { X, M, Y: flip(0.1 + 0.4 * M + 0.4 * U) };
  });
  return { graph: 'X -> M; M -> Y; X <-> Y', studies: [{ name: 'rows', data }] };
};

test('on tables draws agree with the formula, and refitting errs as the bootstrap over cells says', async () => {
  const problem = good(await loadProblem(frontDoor()));
  const text = 'P(Y=1 | do(X=1)) - P(Y=1 | do(X=0))';
  const [exact] = good(await ask(problem, [text], { verify: false })).answers as readonly [Answer];
  const question = good(compileQuestion(text, problem as never));
  const found = identify(question, problem.graph, problem.catalogue);
  if (found.verdict !== 'identified') throw new Error('identified');
  const offered: string[][] = [];
  const plain = sampler({ draws: 20_000, refits: 20 });
  const watched: Sampler = {
    ...plain,
    fit(sample, data, options) {
      offered.push(options.networks.map((network) => `${network === sample ? 'this ' : ''}${network.question}`));
      return plain.fit(sample, data, options);
    },
  };
  const answer = await answerBySampler(problem, found.parts, exact, watched, { seed: 2 });
  // Every fit of a part, and every refit, knows the networks of all parts.
  const [one, zero] = ['P(Y=1 | do(X=1))', 'P(Y=1 | do(X=0))'];
  expect(offered).toEqual(
    Array.from({ length: 21 }, () => [
      [`this ${one}`, zero],
      [one, `this ${zero}`],
    ]).flat(),
  );
  const { monteCarloError = 0, refitError = 0 } = answer.sampler ?? {};
  expect(Math.abs((answer.value as number) - (exact.value as number))).toBeLessThan(4 * monteCarloError);
  // Two shares of 20,000 draws each.
  expect(monteCarloError).toBeGreaterThan(0.5 * Math.sqrt((2 * 0.25) / 20_000));
  expect(monteCarloError).toBeLessThan(1.6 * Math.sqrt((2 * 0.25) / 20_000));
  const bootstrap = Math.hypot(exact.uncertainty?.standardError ?? 0, monteCarloError);
  expect(refitError / bootstrap).toBeGreaterThan(0.6);
  expect(refitError / bootstrap).toBeLessThan(1.6);
  expect(answer.uncertainty?.standardError).toBeCloseTo(Math.hypot(monteCarloError, refitError), 12);
  expect(answer.sampler?.factors.map(({ kind }) => kind)).toEqual(['table', 'table', 'table']);
});

test('napkin: the spread over the free input and the generated set are among the checks', async () => {
  const random = new Random(4);
  const flip = (p: number): number => (random.next() < p ? 1 : 0);
  const data = Array.from({ length: 6000 }, () => {
    const [a, b] = [flip(0.5), flip(0.5)];
    const W = flip(0.2 + 0.3 * a + 0.3 * b);
    const Z = flip(0.3 + 0.4 * W);
    const X = flip(0.1 + 0.5 * Z + 0.3 * a);
    return { W, Z, X, Y: flip(0.2 + 0.4 * X + 0.3 * b) };
  });
  const problem = good(await loadProblem({ graph: 'W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y', studies: [{ name: 'rows', data }] }));
  const text = 'P(Y | do(X=1))';
  const [exact] = good(await ask(problem, [text], { verify: false, uncertainty: 'none' })).answers as readonly [Answer];
  const found = identify(good(compileQuestion(text, problem as never)), problem.graph, problem.catalogue);
  if (found.verdict !== 'identified') throw new Error('identified');
  const answer = await answerBySampler(problem, found.parts, exact, sampler({ refits: 0 }), { seed: 2 });
  const single = await answerBySampler(problem, found.parts, exact, sampler({ refits: 1 }), { seed: 2 });
  expect(single).toMatchObject({ status: 'refused', why: expect.stringContaining('at least twice') });
  expect(answer.kind).toBe('distribution');
  const share = answer.distribution?.find(({ at }) => at.Y === '1')?.value as number;
  // 0.2 + 0.4 + 0.3 / 2, within the error of 6,000 rows.
  expect(Math.abs(share - 0.75)).toBeLessThan(0.06);
  const named = (name: string) => answer.diagnostics.find((one) => one.name === name);
  expect(named('free inputs')?.says).toContain('must not depend on Z');
  expect(named('generated set')?.figure).toBe(20_000);
  expect(answer.uncertainty?.method).toContain('the uncertainty of the data is not in it');
});

test('a real mediator: refused without a sampler, answered with one; a real outcome has quantiles', async () => {
  const random = new Random(5);
  const data = Array.from({ length: 1200 }, () => {
    const u = random.normal();
    const X = u + random.normal() > 0 ? 1 : 0;
    const M = 0.8 * X + random.normal();
    return { X, M, Y: 1.5 * M + u + 0.5 * random.normal() };
  });
  const problem = good(
    await loadProblem({
      graph: 'X -> M -> Y; X <-> Y',
      variables: { M: { real: true }, Y: { real: true } },
      studies: [{ name: 'rows', data }],
    }),
  );
  const text = 'E[Y | do(X=1)] - E[Y | do(X=0)]';
  const [refused] = good(await ask(problem, [text])).answers as readonly [Answer];
  expect(refused.status).toBe('refused');
  expect(refused.diagnostics.find(({ name }) => name === 'sampler')?.says).toContain('--sampler');
  const asked = good(await ask(problem, [text, 'P(M | do(X=1))'], { sampler: sampler({ draws: 2000, refits: 2 }), verify: false }));
  const [effect, mediator] = asked.answers as readonly [Answer, Answer];
  expect(effect.status).toBe('identified');
  // 1.5 * 0.8; the front-door estimate of 1,200 rows errs by about 0.1, a small network by as much.
  expect(Math.abs((effect.value as number) - 1.2)).toBeLessThan(0.45);
  expect(effect.sampler?.factors.find(({ of }) => of[0] === 'M')).toMatchObject({ kind: 'mixture', rows: 1200 });
  expect(mediator.kind).toBe('sampler');
  const figures = mediator.sampler?.summaries?.[0]?.figures ?? [];
  expect(figures.map(({ of, at }) => at ?? of)).toEqual(['mean', 'deviation', 0.05, 0.25, 0.5, 0.75, 0.95]);
  expect(Math.abs((figures[0]?.value as number) - 0.8)).toBeLessThan(0.25);
  const levels = figures.slice(2).map(({ value }) => value);
  expect(levels).toEqual([...levels].sort((a, b) => a - b));
  expect(answersText(asked)).toContain('95 % quantile');
});

test('what has no figure is refused with the way out', async () => {
  const problem = good(await loadProblem(frontDoor()));
  const of = async (text: string): Promise<string | undefined> => {
    const question = good(compileQuestion(text, problem as never));
    const found = identify(question, problem.graph, problem.catalogue);
    if (found.verdict !== 'identified') throw new Error('identified');
    const [account] = good(await ask(problem, [text], { verify: false, uncertainty: 'none' })).answers as readonly [Answer];
    const answer = await answerBySampler(problem, found.parts, account, sampler({ refits: 0 }));
    return answer.status === 'refused' ? answer.why : undefined;
  };
  expect(await of('P(Y=1 | do(X))')).toContain('State the values in the question');
});
