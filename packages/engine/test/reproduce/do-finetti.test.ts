import { describe, expect, it } from 'vitest';
import { type DoFinettiRun, doFinettiTask } from '../../src/reproduce/do-finetti.ts';
import { doFinettiChecks, doFinettiParts, summariseDoFinetti } from '../../src/reproduce/do-finetti-summary.ts';
import { Interrupted } from '../../src/run/progress.ts';

/** E[p^k (1 - p)^m] of p ~ Beta(1, 3): products of the urn. */
function moment(k: number, m: number): number {
  let value = 1;
  for (let i = 0; i < k; i++) value *= (1 + i) / (4 + i);
  for (let i = 0; i < m; i++) value *= (3 + i) / (4 + k + i);
  return value;
}

/** Which of the cells x1, y1, x2, y2 is each bit. */
type Noises = (bits: readonly number[]) => readonly (readonly [cell: number, noise: number])[];
/** Draws of each mechanism: the cell that it gives and the noise that this takes; for X -> Y, Y -> X, no edge. */
const mechanisms: readonly (readonly Noises[])[] = (() => {
  const own =
    (v: 0 | 1): Noises =>
    (bits) =>
      [v, v + 2].map((cell) => [cell, bits[cell] as number] as const);
  const from =
    (v: 0 | 1): Noises =>
    (bits) =>
      [v, v + 2].map((cell) => [cell, (bits[cell] as number) ^ (bits[cell + (v === 0 ? 1 : -1)] as number)] as const);
  return [
    [own(0), from(1)],
    [own(1), from(0)],
    [own(0), own(1)],
  ];
})();

/** Mean squared difference between Theorem 1 and the product of one position's factors, at infinitely many environments. */
function floor(): number {
  let total = 0;
  for (const graph of mechanisms)
    for (let cell = 0; cell < 4; cell++)
      for (const value of [0, 1]) {
        let sum = 0;
        for (let code = 0; code < 16; code++) {
          const bits = [8, 4, 2, 1].map((weight) => (code & weight ? 1 : 0));
          if (bits[cell] !== value) continue;
          let [together, alone] = [1, 1];
          for (const draws of graph) {
            const noises = draws(bits).filter(([at]) => at !== cell);
            const ones = noises.filter(([, noise]) => noise === 1).length;
            together *= moment(ones, noises.length - ones);
            for (const [, noise] of noises) alone *= noise === 1 ? moment(1, 0) : moment(0, 1);
          }
          sum += (together - alone) ** 2;
        }
        total += sum / 8;
      }
  return total / 24;
}

const runs = (study: 'figure' | 'graphs' | 'size', environments: number, positions: number, count: number): Promise<DoFinettiRun[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => doFinettiTask({ study, seed: 1, environments, positions }, index, {})));
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('Figure 4', () => {
  it('an i.i.d. analysis stays at 4.4e-4 even with the true graph, by the moments of Beta(1, 3); do-Finetti does not', async () => {
    expect(floor()).toBeGreaterThan(4.3e-4);
    expect(floor()).toBeLessThan(4.5e-4);
    const found = await runs('figure', 4000, 2, 40);
    const errors = (key: 'independentTrue' | 'doFinettiTrue' | 'allPairs'): number => mean(found.map((run) => run.errors?.[key] as number));
    expect(Math.abs(errors('independentTrue') / floor() - 1)).toBeLessThan(0.2);
    expect(errors('doFinettiTrue')).toBeLessThan(floor() / 12);
    // Sampling error alone: 8.7e-2 / E at any number of environments.
    expect(Math.abs((errors('doFinettiTrue') * 4000) / 8.7e-2 - 1)).toBeLessThan(0.6);
    expect(errors('allPairs')).toBeLessThan(2 * errors('doFinettiTrue'));
  });

  it('where the graph is right the error is that of the true graph', async () => {
    for (const { exact, errors, distance } of await runs('figure', 300, 2, 40)) {
      if (exact?.doFinetti === true) expect(errors?.doFinetti).toBe(errors?.doFinettiTrue);
      if (exact?.allPairs === true) expect(errors?.allPairs).toBe(errors?.doFinettiTrue);
      if (exact?.independent === true) expect(errors?.independent).toBe(errors?.independentTrue);
      for (const key of ['doFinetti', 'independent', 'allPairs'] as const) expect(distance?.[key] === 0).toBe(exact?.[key]);
    }
  });

  it('an independent analysis cannot direct a single edge: half of the directed graphs, and the empty one', async () => {
    const found = await runs('figure', 500, 2, 150);
    expect(mean(found.map(({ exact }) => (exact?.independent === true ? 1 : 0)))).toBeGreaterThan(0.53);
    expect(mean(found.map(({ exact }) => (exact?.independent === true ? 1 : 0)))).toBeLessThan(0.8);
    expect(mean(found.map(({ exact }) => (exact?.allPairs === true ? 1 : 0)))).toBeGreaterThan(0.8);
  });
});

describe('graphs and sizes', () => {
  it('all pairs find what two positions do not', async () => {
    const found = await runs('graphs', 300, 10, 20);
    expect(found.filter(({ exact }) => exact?.allPairs === true).length).toBeGreaterThanOrEqual(18);
    expect(found.filter(({ exact }) => exact?.doFinetti === true).length).toBeLessThan(8);
  });

  it('pooled pairs reject true nulls; environments as units do not', async () => {
    const found = await runs('size', 300, 20, 200);
    const rejected = (key: 'clustered' | 'pooled'): number => mean(found.map((run) => ((run[key] as number) < 0.05 ? 1 : 0)));
    expect(rejected('clustered')).toBeLessThan(0.11);
    expect(rejected('pooled')).toBeGreaterThan(0.65);
  });

  it('settings and index alone decide the digits, and it can be stopped', async () => {
    const settings = { study: 'size', seed: 5, environments: 50, positions: 4 } as const;
    const once = await doFinettiTask(settings, 3, {});
    expect(await doFinettiTask(settings, 3, { pause: async () => undefined })).toEqual(once);
    expect(await doFinettiTask({ ...settings, seed: 6 }, 3, {})).not.toEqual(once);
    await expect(doFinettiTask({ ...settings, study: 'graphs' }, 3, { signal: { aborted: true } })).rejects.toThrow(Interrupted);
  });
});

describe('the summary', () => {
  it('counts, averages and judges', () => {
    const parts = doFinettiParts(0, true);
    expect(parts.filter(({ study }) => study === 'figure').map(({ repetitions }) => repetitions)).toEqual(Array(7).fill(100));
    const size = parts.find(({ study, positions }) => study === 'size' && positions === 10);
    if (size === undefined) throw new Error('no part');
    const fake = (rejected: number, of: number): DoFinettiRun[] =>
      Array.from({ length: of }, (_, index) => ({ index, clustered: index < rejected ? 0.01 : 0.5, pooled: 0.001 }));
    const point = summariseDoFinetti(size, fake(5, 100));
    expect(point.clustered?.mean).toBeCloseTo(0.05, 12);
    expect(point.clustered?.standardError).toBeCloseTo(Math.sqrt((0.05 * 0.95) / 99), 12);
    expect(point.pooled?.mean).toBe(1);
    expect(point.earlier).toEqual({ clustered: 0.054, pooled: 0.543 });
    const state = (rejected: number, of: number): string | undefined =>
      doFinettiChecks([summariseDoFinetti(size, fake(rejected, of))])[0]?.state;
    expect([state(5, 100), state(8, 100), state(20, 100), state(2, 100), state(1, 1000)]).toEqual([
      'met',
      'chance',
      'missed',
      'chance',
      'missed',
    ]);
    expect(doFinettiChecks(parts.map((part) => summariseDoFinetti(part, [])))).toEqual([]);
  });
});
