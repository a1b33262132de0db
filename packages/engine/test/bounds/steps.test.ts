import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Descent } from '../../src/bounds/descend.ts';
import { loadSolver, type Solver } from '../../src/bounds/highs.ts';
import { leastSum, leastWork } from '../../src/bounds/least.ts';
import { openBlock } from '../../src/bounds/linear.ts';
import { certificateOf, type LinearBounds, linearBounds } from '../../src/bounds/linear-bounds.ts';
import { verifyCertificate } from '../../src/bounds/verify.ts';
import { Random } from '../../src/math/random.ts';
import type { RunOptions } from '../../src/run/progress.ts';
import { atOnce } from '../../src/run/steps.ts';
import { at, blockOf, chance, planted, programme, states, targetOf } from './linear-support.ts';

let solver: Solver;
beforeAll(async () => {
  solver = await loadSolver();
});

/** Aborted after so many pauses. */
function stoppedAfter(pauses: number): RunOptions & { readonly taken: () => number } {
  let taken = 0;
  return {
    signal: {
      get aborted() {
        return taken >= pauses;
      },
    },
    pause: async () => {
      taken++;
    },
    taken: () => taken,
  };
}

describe('states found in steps', () => {
  test('stopped wherever it pauses: what is proven holds, and the certificate is accepted', async () => {
    let [early, withModel] = [0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const { problem } = planted(seed);
      const whole = (await linearBounds(solver, problem)) as LinearBounds;
      const nothing = (await linearBounds(solver, { ...problem, strata: [], cells: [], restrictions: [] })) as LinearBounds;
      for (let pauses = 1; pauses < 60; pauses = Math.ceil(pauses * 1.7)) {
        const options = { ...stoppedAfter(pauses), enumerate: 0 };
        const found = (await linearBounds(solver, problem, options).catch(() => undefined)) as LinearBounds | undefined;
        // Between two blocks there is nothing to show yet.
        if (found === undefined) continue;
        expect(found.kind).toBe('bounds');
        expect(found.lower.outer).toBeLessThanOrEqual(whole.lower.outer + 1e-9);
        expect(found.upper.outer).toBeGreaterThanOrEqual(whole.upper.outer - 1e-9);
        expect(found.lower.outer).toBeGreaterThanOrEqual(nothing.lower.outer - 1e-12);
        expect(found.upper.outer).toBeLessThanOrEqual(nothing.upper.outer + 1e-12);
        if (found.cut === undefined) continue;
        early++;
        if (found.lower.inner !== undefined) {
          withModel++;
          expect(found.lower.inner).toBeGreaterThanOrEqual(whole.lower.outer - 1e-9);
        }
        const { checks } = verifyCertificate(certificateOf(problem, found));
        expect(checks.filter(({ passed }) => !passed)).toEqual([]);
      }
    }
    expect(early).toBeGreaterThan(10);
    expect(withModel).toBeLessThan(early);
  });

  test('to the end they give what all states give', async () => {
    for (let seed = 20; seed < 32; seed++) {
      const { problem } = planted(seed);
      const [all, some] = [await linearBounds(solver, problem), await linearBounds(solver, problem, { enumerate: 0 })];
      expect(some.kind).toBe(all.kind);
      if (all.kind !== 'bounds' || some.kind !== 'bounds') continue;
      expect(some.cut).toBeUndefined();
      expect(some.lower.outer).toBeCloseTo(all.lower.outer, 9);
      expect(some.upper.outer).toBeCloseTo(all.upper.outer, 9);
    }
  });

  test('what is too entangled is refused at once, with its number', () => {
    // Two rows of ten digits of six levels, each of one with each of the other.
    const pairs = Array.from({ length: 100 }, (_, i) => [Math.floor(i / 10), 10 + (i % 10)] as const);
    const stated = pairs.map(([a, b]) => ({ cells: [{ form: chance([a, 0], [b, 0]), target: 0.1 }] }));
    const problem = programme([blockOf(new Array<number>(20).fill(6))], stated, targetOf(chance([0, 0], [1, 1])));
    const steps = openBlock(solver, problem, 0);
    const step = steps.next(false);
    expect(step.done).toBe(true);
    const block = atOnce(openBlock(solver, problem, 0));
    expect(block.undecided).toEqual({ failed: expect.stringMatching(/20 responses .* tables of [\d,]+ cells \(limit 4,194,304\)/u) });
    block.close();
  });
});

test('a descent ends where no single digit lowers the sum, never below the least, and its value is that of its state', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const random = new Random(seed, 'descent');
      const sizes = Array.from({ length: 4 }, () => 2 + random.integer(2));
      const terms = Array.from({ length: 8 }, () => {
        const [a, b] = [random.integer(4), random.integer(4)];
        const literal = (digit: number) => ({ digit, value: random.integer(sizes[digit] as number) });
        return { coefficient: random.normal(), literals: a === b ? [literal(a)] : [literal(a), literal(b)] };
      });
      const { value, assignment } = new Descent(sizes, [0, 1, 2, 3], terms, []).somewhere(random, new Int32Array(4));
      const worth = (state: readonly number[]): number => at(terms, state);
      expect(value).toBeCloseTo(worth([...assignment]), 12);
      const least = leastSum(sizes, terms, []);
      expect(typeof least === 'string' ? Number.NaN : least.value).toBeLessThanOrEqual(value + 1e-12);
      for (const state of states(blockOf(sizes))) {
        const apart = state.filter((own, digit) => own !== assignment[digit]).length;
        if (apart === 1) expect(worth(state)).toBeGreaterThanOrEqual(value - 1e-9);
      }
    }),
    { numRuns: 100, seed: 1 },
  );
});

test('the work of a price: a chain is cheap, a full table is its size', () => {
  const link = (a: number, b: number) => [
    { digit: a, value: 0 },
    { digit: b, value: 0 },
  ];
  // Eliminated from one end: 49 tables over two digits, then one over one.
  expect(
    leastWork(
      new Array<number>(50).fill(3),
      Array.from({ length: 49 }, (_, i) => link(i, i + 1)),
    ),
  ).toBe(49 * 9 + 3);
  expect(leastWork([4, 5], [link(0, 1)])).toBe(20 + 5);
});
