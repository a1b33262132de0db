import { describe, expect, test } from 'vitest';
import { ask } from '../../src/ask.ts';
import type { AnswersDocument } from '../../src/interpret/answer.ts';
import { loadProblem } from '../../src/problem.ts';
import { verifyAnswer } from '../../src/verify-answer.ts';

/** Counts of Mueller and Pearl 2022, gender summed out. */
const document = {
  graph: 'X -> Y; X <-> Y',
  variables: { X: { levels: [0, 1] }, Y: { levels: [0, 1] } },
  studies: [
    {
      name: 'records',
      count: 'n',
      data: [
        { X: 0, Y: 0, n: 360 },
        { X: 0, Y: 1, n: 840 },
        { X: 1, Y: 0, n: 1442 },
        { X: 1, Y: 1, n: 1358 },
      ],
    },
  ],
};

/** Asks, and cancels when a task of this name begins. */
async function cancelledAt(task: string, bounds: 'exact' | 'both'): Promise<AnswersDocument> {
  const loaded = await loadProblem(document);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
  const controller = new AbortController();
  const asked = await ask(loaded.value, ['PNS(X -> Y)'], {
    bounds,
    starts: 20,
    uncertainty: 'none',
    signal: controller.signal,
    onProgress: (progress) => {
      if (progress.task === task) controller.abort();
    },
  });
  if (!asked.ok) throw new Error(JSON.stringify(asked.issues));
  return asked.value;
}

/** Two hidden causes meet in {X, M, Y}: no linear programme suffices. */
const several = {
  graph: 'X -> M; M -> Y; X <-> Y; X <-> M',
  variables: { X: { levels: [0, 1] }, M: { levels: [0, 1] }, Y: { levels: [0, 1] } },
  studies: [
    {
      name: 'records',
      count: 'n',
      data: [310, 90, 60, 70, 40, 110, 130, 190].map((n, i) => ({ X: i >> 2, M: (i >> 1) & 1, Y: i & 1, n })),
    },
  ],
};

describe('cancelled in the search', () => {
  for (const task of [
    'states of the response functions',
    'models that fit the studies',
    'lower bound',
    'models at the ends',
    'upper bound',
  ])
    test(`${task}: bounds that hold, verified`, async () => {
      const loaded = await loadProblem(several);
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues));
      const controller = new AbortController();
      let pauses = 0;
      const asked = await ask(loaded.value, ['PNS(X -> Y)'], {
        bounds: 'exact',
        uncertainty: 'none',
        signal: controller.signal,
        onProgress: (progress) => {
          if (progress.task === task) controller.abort();
        },
        pause: async () => {
          pauses += controller.signal.aborted ? 1 : 0;
        },
      });
      if (!asked.ok) throw new Error(JSON.stringify(asked.issues));
      const { answers, partial } = asked.value;
      const [answer] = answers;
      expect([controller.signal.aborted, partial, answer?.status, answer?.tightness]).toEqual([true, true, 'bounded', 'outer']);
      // Attained by models that a longer search finds.
      expect(answer?.lower).toBeLessThanOrEqual(1e-9);
      expect(answer?.upper).toBeGreaterThanOrEqual(0.41443);
      expect(answer?.upper).toBeLessThan(0.75);
      expect(verifyAnswer(answer)?.accepted).toBe(true);
      expect(answer?.diagnostics.filter(({ name }) => name === 'interrupted').length).toBe(1);
      expect(answer?.nextStudies).toBeUndefined();
      expect(pauses).toBeLessThan(60);
    });
});

describe('cancelled when the bounds are there', () => {
  for (const [task, bounds] of [
    ['which study would help', 'exact'],
    ['EMCC starts', 'both'],
  ] as const)
    test(`${task}: they stand, verified, and the answers are partial`, async () => {
      const { answers, partial } = await cancelledAt(task, bounds);
      const [answer] = answers;
      expect(partial).toBe(true);
      expect(answer?.status).toBe('bounded');
      expect([answer?.lower, answer?.upper]).toEqual([expect.closeTo(0, 9), expect.closeTo(0.4295, 9)]);
      expect(verifyAnswer(answer)?.accepted).toBe(true);
      expect(answer?.nextStudies).toBeUndefined();
    });
  test('never cancelled, nothing is partial', async () => {
    const { answers, partial } = await cancelledAt('no such task', 'exact');
    expect(partial).toBeUndefined();
    expect(answers[0]?.nextStudies?.[0]?.set).toEqual(['X']);
  });
});
