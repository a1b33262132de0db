import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fractionField } from '../../src/bounds/field.ts';
import { least, leastSum, wholeNumbers } from '../../src/bounds/least.ts';
import { safeBound } from '../../src/bounds/safe.ts';
import { classesOf, columnOf, islandsOf, levelsOf, rowsOf } from '../../src/bounds/states.ts';
import { fraction, fractionOf, nearestDouble } from '../../src/math/fraction.ts';
import { Random } from '../../src/math/random.ts';
import { at, blockOf, chance, holds, planted, programme, randomForm, states, targetOf, when } from './linear-support.ts';

describe('the least value of a sum of conjunctions', () => {
  test('is that of going through every assignment, in doubles and in whole numbers; the assignment attains it', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new Random(seed, 'least');
        const sizes = Array.from({ length: 1 + random.integer(6) }, () => 1 + random.integer(3));
        const form = randomForm(random, sizes, random.integer(9));
        const forbidden = randomForm(random, sizes, random.integer(4))
          .map(({ literals }) => literals)
          .filter((literals) => literals.length > 0);
        const fixed = sizes.map((size) => (random.next() < 0.2 ? random.integer(size) : -1));
        const fits = states(blockOf(sizes, forbidden)).filter((state) => fixed.every((value, d) => value < 0 || state[d] === value));
        const found = leastSum(sizes, form, forbidden, fixed);
        const whole = form.map(({ coefficient, literals }) => ({ coefficient: BigInt(4 * coefficient), literals }));
        const exactly = least(sizes, whole, forbidden, wholeNumbers(whole), fixed);
        if (fits.length === 0) {
          expect([found, exactly]).toEqual(['impossible', 'impossible']);
          return;
        }
        const truth = Math.min(...fits.map((state) => at(form, state)));
        if (typeof found === 'string' || typeof exactly === 'string') throw new Error(`${found} ${exactly}`);
        expect(found.value).toBe(truth);
        expect(exactly.value).toBe(BigInt(4 * truth));
        for (const { assignment } of [found, exactly]) {
          const state = Array.from(assignment);
          expect(at(form, state)).toBe(truth);
          expect(forbidden.some((literals) => holds(literals, state))).toBe(false);
          for (const [d, value] of fixed.entries()) if (value >= 0) expect(state[d]).toBe(value);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
  test('eighteen digits tied in pairs: one is conditioned on where a table would be too large', () => {
    // Every pair of 18 digits is tied: no elimination order has small tables.
    const random = new Random(5, 'clique');
    const sizes = Array.from({ length: 18 }, () => 2);
    const weights = sizes.map(() => sizes.map(() => Math.round(8 * random.normal())));
    const form = sizes.flatMap((_, a) =>
      sizes.flatMap((__, b) => (a < b ? [{ coefficient: weights[a]?.[b] ?? 0, literals: when([a, 1], [b, 1]) }] : [])),
    );
    const found = leastSum(sizes, form, []);
    const values = new Float64Array(1 << 18);
    let truth = 0;
    for (let code = 1; code < values.length; code++) {
      const top = 31 - Math.clz32(code);
      let value = values[code - (1 << top)] as number;
      for (let a = 0; a < top; a++) if ((code >> a) & 1) value += weights[a]?.[top] ?? 0;
      values[code] = value;
      truth = Math.min(truth, value);
    }
    expect(typeof found === 'string' ? found : found.value).toBe(truth);
  });
});

describe('fractions', () => {
  test('every double is one, and comes back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(nearestDouble(fractionOf(x))).toBe(x === 0 ? 0 : x);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
  test('are a field', () => {
    const random = new Random(3, 'fractions');
    const draw = () => fraction(BigInt(random.integer(2001) - 1000), BigInt(1 + random.integer(500)));
    for (let i = 0; i < 200; i++) {
      const [a, b, c] = [draw(), draw(), draw()];
      const { sum, times, over, negative } = fractionField;
      expect(times(a, sum([b, c]))).toEqual(sum([times(a, b), times(a, c)]));
      expect(sum([a, negative(a)])).toEqual(fractionField.zero);
      if (b.above !== 0n) expect(times(over(a, b), b)).toEqual(a);
      expect(fractionField.less(a, b)).toBe(nearestDouble(a) < nearestDouble(b));
    }
    expect(() => fraction(1n, 0n)).toThrow('zero');
  });
});

describe('states', () => {
  test('the classes of all groups are the distinct columns of all states', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { problem } = planted(seed);
        const [block] = problem.blocks;
        if (block === undefined) return;
        const rows = rowsOf(problem, 0);
        const islands = islandsOf(block, rows);
        expect(islands.flatMap(({ groups }) => groups.flatMap(({ digits }) => digits)).sort()).toEqual(
          block.digits.map((_, d) => d).sort(),
        );
        const groups = islands.flatMap((island) => island.groups);
        // Groups are independent pieces: a column of the whole is a sum of one column each.
        let sums = ['0'.repeat(0)].map(() => rows.map(() => 0));
        for (const group of groups) {
          const classes = classesOf(group, levelsOf(block), 1e6);
          if (classes === undefined) throw new Error('too many');
          const keys = classes.columns.map(({ rows: at_, values }) => `${at_}|${values}`);
          expect(new Set(keys).size).toBe(keys.length);
          sums = sums.flatMap((sum) =>
            classes.columns.map((column) => sum.map((value, row) => value + (column.values[column.rows.indexOf(row)] ?? 0))),
          );
        }
        const written = (column: readonly number[]): string =>
          column.map((x) => x.toFixed(9).replace('-0.000000000', '0.000000000')).join(' ');
        const truth = new Set(states(block).map((state) => written(rows.map(({ form }) => at(form, state)))));
        expect(new Set(sums.map(written))).toEqual(truth);
        for (const state of states(block)) {
          const direct = rows.map(({ form }) => at(form, state));
          const parts = rows.map((_, row) =>
            groups.reduce((sum, group) => {
              const column = columnOf(group, state);
              return sum + (column.values[column.rows.indexOf(row)] ?? 0);
            }, 0),
          );
          expect(written(parts)).toBe(written(direct));
        }
      }),
      { numRuns: 60, seed: 2 },
    );
  });
  test('a covariate inside the block: only the digits of its own value matter, of 2^26 states 48 columns are made', () => {
    // W (12 values), X(w), Y(x, w): cells W=w, X(w)=x, Y(x, w)=y.
    const sizes = [12, ...Array.from({ length: 36 }, () => 2)];
    const block = blockOf(sizes);
    const cells = Array.from({ length: 12 }, (_, w) => w).flatMap((w) =>
      [0, 1].flatMap((x) => [0, 1].map((y) => ({ form: chance([0, w], [1 + w, x], [13 + 2 * w + x, y]), target: 1 / 48 }))),
    );
    const problem = programme([block], [{ cells }], targetOf([]));
    const [island, ...others] = islandsOf(block, rowsOf(problem, 0));
    expect(others).toEqual([]);
    expect(island?.groups.map((group) => classesOf(group, levelsOf(block), 1000)?.columns.length)).toEqual([48]);
    expect(island?.groups.map((group) => classesOf(group, levelsOf(block), 40))).toEqual([undefined]);
  });
});

test('any multipliers bound the least expectation from below', () => {
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const { problem, form, support } = planted(seed);
      const random = new Random(seed, 'multipliers');
      const [block] = problem.blocks;
      if (block === undefined) return;
      const rows = rowsOf(problem, 0);
      const y = rows.map(({ relation }) => {
        const draw = 2 * random.normal();
        return relation === '<=' ? -Math.abs(draw) : relation === '>=' ? Math.abs(draw) : draw;
      });
      const bound = safeBound(levelsOf(block), block.forbidden, rows, form, y);
      const value = support.reduce((sum, { weight, values }) => sum + weight * at(form, values), 0);
      expect(bound).toBeLessThanOrEqual(value + 1e-12);
    }),
    { numRuns: 200, seed: 4 },
  );
});
