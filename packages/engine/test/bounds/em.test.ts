import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Climb, expect as expectAt, expectation, type Likelihood, normalise } from '../../src/bounds/em.ts';
import { Random } from '../../src/math/random.ts';

/** A random likelihood in full: `allowed[row][term][group][class]`, non-negative. */
interface Dense {
  readonly sizes: readonly number[];
  readonly rows: readonly (readonly (readonly (readonly number[])[])[])[];
  readonly counts: readonly number[];
}

function random(seed: number, groups: number): Dense {
  const draw = new Random(seed);
  const sizes = Array.from({ length: groups }, () => 2 + draw.integer(3));
  const rows = Array.from({ length: 2 + draw.integer(4) }, () =>
    Array.from({ length: 1 + draw.integer(groups === 1 ? 1 : 3) }, () =>
      sizes.map((size) => {
        const part = Array.from({ length: size }, () => (draw.next() < 0.5 ? 1 : 0) * (draw.next() < 0.3 ? draw.open() : 1));
        part[draw.integer(size)] = 1;
        return part;
      }),
    ),
  );
  return { sizes, rows, counts: rows.map(() => 1 + draw.integer(50)) };
}

function sparse({ sizes, rows, counts }: Dense): Likelihood {
  const groups = Int32Array.from([0, ...sizes.map((_, g) => sizes.slice(0, g + 1).reduce((a, b) => a + b, 0))]);
  const parts = [0];
  const classes: number[] = [];
  const values: number[] = [];
  const starts = [0];
  const terms: number[] = [];
  for (const row of rows) {
    for (const factors of row) {
      for (const [g, factor] of factors.entries()) {
        for (const [i, value] of factor.entries()) {
          if (value === 0) continue;
          classes.push((groups[g] as number) + i);
          values.push(value);
        }
        terms.push(parts.length - 1);
        parts.push(classes.length);
      }
    }
    starts.push(terms.length / sizes.length);
  }
  return {
    groups,
    parts: Int32Array.from(parts),
    classes: Int32Array.from(classes),
    values: Float64Array.from(values),
    rows: Int32Array.from(starts),
    terms: Int32Array.from(terms),
    counts: Float64Array.from(counts),
    reference: new Float64Array(counts.length).fill(1),
    atMost: Number.POSITIVE_INFINITY,
  };
}

function startOf(likelihood: Likelihood, seed: number): Float64Array {
  const draw = new Random(seed, 'start');
  const theta = new Float64Array(likelihood.groups.at(-1) as number).map(() => draw.open());
  normalise(likelihood, theta);
  return theta;
}

/** Joint states of all groups with the probability of each row given them. */
function* joint({ sizes, rows }: Dense): Generator<{ readonly states: readonly number[]; readonly given: readonly number[] }> {
  const count = sizes.reduce((a, b) => a * b, 1);
  for (let s = 0; s < count; s++) {
    let rest = s;
    const states = sizes.map((size) => {
      const state = rest % size;
      rest = Math.floor(rest / size);
      return state;
    });
    const given = rows.map((row) =>
      row.reduce((sum, term) => sum + term.reduce((product, part, g) => product * (part[states[g] as number] as number), 1), 0),
    );
    yield { states, given };
  }
}

test('the expectation step is the exact posterior of every exogenous variable, by enumeration of their joint states', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 3 }), (seed, groups) => {
      const dense = random(seed, groups);
      const likelihood = sparse(dense);
      const theta = startOf(likelihood, seed);
      const found = expectation(likelihood);
      expectAt(likelihood, theta, found);
      const weigh = (states: readonly number[]): number =>
        states.reduce((product, state, g) => product * (theta[(likelihood.groups[g] as number) + state] as number), 1);
      const probabilities = dense.rows.map(() => 0);
      for (const { states, given } of joint(dense))
        for (const [j, p] of given.entries()) probabilities[j] = (probabilities[j] as number) + weigh(states) * p;
      const expected = new Float64Array(theta.length);
      for (const { states, given } of joint(dense))
        for (const [j, p] of given.entries())
          for (const [g, state] of states.entries()) {
            const at = (likelihood.groups[g] as number) + state;
            expected[at] = (expected[at] as number) + ((dense.counts[j] as number) * weigh(states) * p) / (probabilities[j] as number);
          }
      const records = dense.counts.reduce((a, b) => a + b, 0);
      let logLikelihood = 0;
      for (const [j, p] of probabilities.entries()) logLikelihood += (dense.counts[j] as number) * Math.log(p);
      expect(Math.abs(found.logLikelihood - logLikelihood)).toBeLessThan(1e-9 * (1 + Math.abs(logLikelihood)));
      for (let i = 0; i < theta.length; i++)
        expect((theta[i] as number) * (found.factors[i] as number)).toBeCloseTo((expected[i] as number) / records, 10);
    }),
    { numRuns: 150, seed: 1 },
  );
});

test('plain EM never loses likelihood, with one exogenous variable or several', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 3 }), (seed, groups) => {
      const likelihood = sparse(random(seed, groups));
      const climb = new Climb(likelihood, startOf(likelihood, seed), { tolerance: 0, iterations: 60, accelerate: false });
      let before = climb.logLikelihood;
      while (!climb.done) {
        climb.advance(1);
        expect(climb.logLikelihood).toBeGreaterThanOrEqual(before - 1e-9 * (1 + Math.abs(before)));
        before = climb.logLikelihood;
      }
    }),
    { numRuns: 100, seed: 2 },
  );
});

test('SQUAREM never loses likelihood from one cycle to the next, and ends where EM ends', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const likelihood = sparse(random(seed, 1));
      const start = startOf(likelihood, seed);
      const fast = new Climb(likelihood, start, { tolerance: 1e-7, iterations: 100_000 });
      let before = fast.logLikelihood;
      while (!fast.done) {
        fast.advance(1);
        if (!fast.done) expect(fast.logLikelihood).toBeGreaterThanOrEqual(before - 1e-9 * (1 + Math.abs(before)));
        before = fast.logLikelihood;
      }
      const slow = new Climb(likelihood, start, { tolerance: 1e-5, iterations: 100_000, accelerate: false });
      slow.advance(100_000);
      expect(fast.slope).toBeLessThanOrEqual(1e-7);
      expect(fast.logLikelihood).toBeGreaterThan(slow.logLikelihood - 1e-6);
      expect(slow.logLikelihood).toBeGreaterThan(fast.logLikelihood - slow.slope - 1e-9);
      expect(fast.theta.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...fast.theta)).toBeGreaterThan(0);
    }),
    { numRuns: 60, seed: 3 },
  );
});

test('N (max D - 1) bounds what is missing at every step, with one exogenous variable', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const likelihood = sparse(random(seed, 1));
      const start = startOf(likelihood, seed);
      const end = new Climb(likelihood, start, { tolerance: 1e-8, iterations: 100_000 });
      end.advance(100_000);
      const climb = new Climb(likelihood, start, { tolerance: 0, iterations: 40, accelerate: false });
      while (!climb.done) {
        expect(end.logLikelihood - climb.logLikelihood).toBeLessThanOrEqual(climb.slope + 1e-9);
        climb.advance(1);
      }
    }),
    { numRuns: 60, seed: 4 },
  );
});

test('a class without mass at the start comes back', () => {
  const likelihood = sparse({ sizes: [2], rows: [[[[1, 0]]], [[[0, 1]]]], counts: [30, 10] });
  const theta = Float64Array.from([1, 0]);
  normalise(likelihood, theta);
  const climb = new Climb(likelihood, theta, { tolerance: 1e-9, iterations: 1000 });
  climb.advance(1000);
  expect(climb.theta[0]).toBeCloseTo(0.75, 12);
});
