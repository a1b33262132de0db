import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectation } from '../../src/bounds/contract.ts';
import { type BlockFit, BlockLikelihood, fitBlock } from '../../src/bounds/fit.ts';
import type { Block, Cell, Form, Literal, Programme, Restriction } from '../../src/bounds/programme.ts';
import { published, tableOne, xy } from './em-programmes.ts';

const nothing: Programme['target'] = { numerator: [] };
const x1: Literal = { digit: 0, value: 1 };

/** All assignments of the digits that no forbidden conjunction rules out. */
function assignments({ digits, forbidden }: Block): number[][] {
  let all: number[][] = [[]];
  for (const { levels } of digits) all = all.flatMap((head) => levels.map((_, value) => [...head, value]));
  return all.filter((state) => !forbidden.some((literals) => holds(literals, state)));
}

const holds = (literals: readonly Literal[], state: readonly number[]): boolean =>
  literals.every(({ digit, value }) => state[digit] === value);
const at = (form: Form, state: readonly number[]): number =>
  form.reduce((sum, { coefficient, literals }) => sum + (holds(literals, state) ? coefficient : 0), 0);

/** Conditions of Karush, Kuhn and Tucker over every state; returns by how many nats the fit may fall short. */
function shortfall(programme: Programme, fit: BlockFit): number {
  const used = programme.cells.map((cell, i) => ({ ...cell, q: fit.fitted[i] as number })).filter(({ count }) => count > 0);
  const total = used.reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(
    ...assignments(programme.blocks[0] as Block).map((state) =>
      used.reduce((sum, { count, q, form }) => sum + (count * at(form, state)) / q, 0),
    ),
  );
  return most - total;
}

/** Plain EM, many steps: the largest log-likelihood it reaches. */
function byEm(programme: Programme, steps: number): number {
  const states = assignments(programme.blocks[0] as Block);
  const used = programme.cells.filter(({ count }) => count > 0);
  const total = used.reduce((sum, { count }) => sum + count, 0);
  const columns = states.map((state) => used.map(({ form }) => at(form, state)));
  let theta = states.map(() => 1 / states.length);
  const fitted = (): number[] =>
    used.map((_, j) => columns.reduce((sum, column, r) => sum + (column[j] as number) * (theta[r] as number), 0));
  for (let step = 0; step < steps; step++) {
    const q = fitted();
    theta = theta.map(
      (mass, r) => (mass * used.reduce((sum, { count }, j) => sum + (count * (columns[r]?.[j] as number)) / (q[j] as number), 0)) / total,
    );
  }
  return fitted().reduce((sum, q, j) => sum + (used[j]?.count as number) * Math.log(q), 0);
}

const count = fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 6, arbitrary: fc.integer({ min: 1, max: 3000 }) });
const pairs = fc.tuple(fc.tuple(count, count), fc.tuple(count, count)).filter((rows) => rows.flat().some((n) => n > 0));

test('a single compatible study is reproduced: the maximum is the empirical distribution', () => {
  fc.assert(
    fc.property(pairs, (observed) => {
      const programme = xy({ observed, trial: null }, nothing);
      const fit = fitBlock(programme, 0);
      expect(fit.converged).toBe(true);
      for (const [i, { target }] of programme.cells.entries()) expect(fit.fitted[i]).toBeCloseTo(target, 12);
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('observation and trial: no state improves the fit, and the point attains it', () => {
  fc.assert(
    fc.property(pairs, pairs, (observed, trial) => {
      const programme = xy({ observed, trial }, nothing);
      const fit = fitBlock(programme, 0);
      expect(fit.converged).toBe(true);
      expect(fit.gap).toBeLessThan(1e-9);
      expect(shortfall(programme, fit)).toBeLessThan(1e-2);
      const point = fit.point();
      for (const [i, { form }] of programme.cells.entries()) expect(expectation(form, point)).toBeCloseTo(fit.fitted[i] as number, 12);
    }),
    { numRuns: 200, seed: 2 },
  );
});

test('EM never gets above the maximum, and comes near', () => {
  fc.assert(
    fc.property(pairs, pairs, (observed, trial) => {
      const programme = xy({ observed, trial }, nothing);
      const { logLikelihood } = fitBlock(programme, 0);
      const em = byEm(programme, 3000);
      expect(em).toBeLessThan(logLikelihood + 1e-8);
      expect(em).toBeGreaterThan(logLikelihood - 0.3);
    }),
    { numRuns: 25, seed: 3 },
  );
});

describe('Table 1 of Mueller and Pearl, at the edge of compatibility', () => {
  const programme = tableOne(published);
  test('is reproduced', () => {
    const fit = fitBlock(programme, 0);
    expect(fit.gap).toBeLessThan(1e-9);
    for (const [i, { target }] of programme.cells.entries()) expect(fit.fitted[i]).toBeCloseTo(target, 7);
  });
  test('the multipliers prove the maximum over all 64 states', () => {
    const moved = { ...programme, cells: programme.cells.map((cell, i) => (i < 4 ? { ...cell, count: cell.count + 150 } : cell)) };
    const { multipliers, logLikelihood, gap } = fitBlock(moved, 0);
    const bound =
      moved.cells.reduce((sum, { count: n }, j) => sum + n * (Math.log(n / (multipliers[j] as number)) - 1), 0) +
      Math.max(
        ...assignments(moved.blocks[0] as Block).map((state) =>
          moved.cells.reduce((sum, { form }, j) => sum + (multipliers[j] as number) * at(form, state), 0),
        ),
      );
    expect(bound - logLikelihood).toBeGreaterThan(-1e-9);
    expect(bound - logLikelihood).toBeLessThan(1e-8);
    expect(gap).toBeLessThan(1e-9);
  });
  test('generated columns reach the same maximum as all states', () => {
    const moved = { ...programme, cells: programme.cells.map((cell, i) => (i % 3 === 0 ? { ...cell, count: 2 * cell.count + 5 } : cell)) };
    const all = fitBlock(moved, 0);
    const some = fitBlock(moved, 0, { states: 4 });
    expect(some.gap).toBeLessThan(1e-5);
    expect(some.logLikelihood).toBeGreaterThan(all.logLikelihood - 1e-5);
    expect(some.logLikelihood).toBeLessThan(all.logLikelihood + 1e-9);
    expect(shortfall(moved, some)).toBeLessThan(1e-1);
  });
});

test('an arm that gives fewer than observation already shows: the pooled share (closed form)', () => {
  // P(X=1, Y=1) <= P(Y(1)=1) is violated, so both are one number p: all records together estimate it.
  fc.assert(
    fc.property(
      fc.tuple(count, count, count),
      fc.integer({ min: 400, max: 2000 }),
      fc.integer({ min: 300, max: 2000 }),
      (rest, n11, dead) => {
        const observed = [rest.slice(0, 2), [rest[2], n11]] as number[][];
        const trial = [
          [0, 0],
          [dead, 3],
        ];
        const programme = xy({ observed, trial }, nothing);
        const total = observed.flat().reduce((a, b) => a + b, 0);
        fc.pre(n11 / total > 3 / (3 + dead));
        const fit = fitBlock(programme, 0);
        const p = (n11 + 3) / (total + dead + 3);
        expect(fit.fitted[3]).toBeCloseTo(p, 10);
        for (const [i, n] of observed.flat().slice(0, 3).entries()) expect(fit.fitted[i]).toBeCloseTo(((1 - p) * n) / (total - n11), 10);
      },
    ),
    { numRuns: 40, seed: 4 },
  );
});

describe('conditions', () => {
  const observed = [
    [10, 30],
    [20, 40],
  ];
  const withRestriction = (restriction: Pick<Restriction, 'relation' | 'target'>): Programme => ({
    ...xy({ observed, trial: null }, nothing),
    restrictions: [{ block: 0, form: [{ coefficient: 1, literals: [x1] }], says: 'P(X=1)', ...restriction }],
  });
  test.each([
    ['<=', 0.5, 0.5],
    ['<=', 0.7, 0.6],
    ['>=', 0.75, 0.75],
    ['=', 0.3, 0.3],
  ] as const)('P(X=1) %s %f', (relation, target, expected) => {
    const fit = fitBlock(withRestriction({ relation, target }), 0);
    expect(fit.converged).toBe(true);
    const shares = [(1 - expected) / 4, ((1 - expected) * 3) / 4, expected / 3, (expected * 2) / 3];
    for (const [i, share] of shares.entries()) expect(fit.fitted[i]).toBeCloseTo(share, 9);
  });
  test('exact probabilities are conditions on what a sample may say', () => {
    const one = xy(
      {
        observed,
        trial: [
          [0, 0],
          [900, 100],
        ],
      },
      nothing,
    );
    const strata = one.strata.map((stratum, i) => ({ ...stratum, exact: i === 0 }));
    // P(X=1, Y=1) = 0.4 is known, so P(Y(1)=1) is at least that although the trial says 0.1.
    const fit = fitBlock({ ...one, strata }, 0);
    expect(fit.converged).toBe(true);
    expect(fit.fitted.slice(0, 4).every((q, i) => Math.abs(q - (one.cells[i] as Cell).target) < 1e-9)).toBe(true);
    const dead = one.cells.findIndex(({ count: n }) => n === 900);
    expect(fit.fitted[dead]).toBeCloseTo(0.6, 8);
  });
  test('forbidden states have no mass', () => {
    const plain = xy(
      {
        observed,
        trial: [
          [30, 70],
          [60, 40],
        ],
      },
      nothing,
    );
    const never = [
      { digit: 1, value: 1 },
      { digit: 2, value: 0 },
    ];
    const monotone: Programme = { ...plain, blocks: [{ ...(plain.blocks[0] as Block), forbidden: [never] }] };
    const fit = fitBlock(monotone, 0);
    expect(shortfall(monotone, fit)).toBeLessThan(1e-2);
    expect(expectation([{ coefficient: 1, literals: never }], fit.point())).toBe(0);
    expect(fit.logLikelihood).toBeLessThan(fitBlock(plain, 0).logLikelihood - 1);
  });
  test('a record that no model allows', () => {
    const plain = xy({ observed, trial: null }, nothing);
    const fit = fitBlock({ ...plain, blocks: [{ ...(plain.blocks[0] as Block), forbidden: [[x1]] }] }, 0);
    expect(fit.logLikelihood).toBe(Number.NEGATIVE_INFINITY);
    expect(fit.converged).toBe(false);
  });
});

test('a row over unlinked digits: a mixture with known weights', () => {
  const digits = ['0', '1'].map((g) => ({ variable: 'Y', parents: ['G'], context: [g], levels: ['0', '1'] }));
  const block: Block = { name: 'Y', children: ['Y'], digits, forbidden: [], independences: [], complete: true };
  const mixed = (value: number): Form => [
    { coefficient: 0.3, literals: [{ digit: 0, value }] },
    { coefficient: 0.7, literals: [{ digit: 1, value }] },
  ];
  const cells: Cell[] = [
    { stratum: 0, form: mixed(0), says: '', count: 20, target: 0.2 },
    { stratum: 0, form: mixed(1), says: '', count: 80, target: 0.8 },
    { stratum: 1, form: [{ coefficient: 1, literals: [{ digit: 1, value: 0 }] }], says: '', count: 90, target: 0.9 },
    { stratum: 1, form: [{ coefficient: 1, literals: [{ digit: 1, value: 1 }] }], says: '', count: 10, target: 0.1 },
  ];
  const strata = ['a', 'b'].map((study) => ({ block: 0, study, says: '', exact: false }));
  const fit = fitBlock({ blocks: [block], strata, cells, restrictions: [], target: nothing }, 0);
  // P(Y(0)=1) = 1, so that with s = P(Y(1)=1): 80 log(0.3 + 0.7 s) + 20 log(0.7 (1 - s)) + 10 log s + 90 log(1 - s) is maximal.
  let best = 0;
  const value = (s: number): number =>
    80 * Math.log(0.3 + 0.7 * s) + 20 * Math.log(0.7 * (1 - s)) + 10 * Math.log(s) + 90 * Math.log(1 - s);
  for (let s = 1e-5; s < 1; s += 1e-5) if (value(s) > value(best) || best === 0) best = s;
  expect(fit.fitted[3]).toBeCloseTo(best, 4);
  expect(fit.logLikelihood).toBeCloseTo(value(best), 6);
});

test('models drawn towards a centre fit less', () => {
  const programme = xy(
    {
      observed: [
        [10, 30],
        [20, 40],
      ],
      trial: null,
    },
    nothing,
  );
  const likelihood = new BlockLikelihood(programme, 0);
  const centre = [0.4, 0.1, 0.1, 0.4];
  const full = likelihood.fit();
  const drawn = likelihood.fit({ contracted: { centre, factor: 1e6 } });
  const there = [10, 30, 20, 40].reduce((sum, n, i) => sum + n * Math.log(centre[i] as number), 0);
  expect(drawn.logLikelihood).toBeCloseTo(there, 3);
  expect(likelihood.fit({ contracted: { centre, factor: 1.0001 } }).logLikelihood).toBeCloseTo(full.logLikelihood, 6);
});
