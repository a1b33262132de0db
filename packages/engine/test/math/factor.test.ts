import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planElimination, runPlan, sumProduct } from '../../src/math/eliminate.ts';
import {
  align,
  condition,
  divide,
  type Factor,
  factorOf,
  isTooLarge,
  normalise,
  product,
  rename,
  restrict,
  scalar,
  sizesOf,
  sumOut,
  total,
  valueAt,
} from '../../src/math/factor.ts';
import { Random } from '../../src/math/random.ts';

const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const sizeOfLetter = (axis: string): number => 1 + ((letters.indexOf(axis) + 1) % 3);

function randomFactor(random: Random, axes: readonly string[], holes = 0): Factor {
  const sizes = axes.map(sizeOfLetter);
  const cells = sizes.reduce((a, b) => a * b, 1);
  return factorOf(
    axes,
    sizes,
    Float64Array.from({ length: cells }, () => {
      const u = random.next();
      return u < holes ? 0 : u > 1 - holes ? Number.NaN : random.next();
    }),
  );
}

/** Every assignment of the axes, as objects. */
function* assignments(axes: readonly string[], sizes: ReadonlyMap<string, number>): Generator<Record<string, number>> {
  const at: Record<string, number> = Object.fromEntries(axes.map((axis) => [axis, 0]));
  for (;;) {
    yield { ...at };
    let i = axes.length - 1;
    for (; i >= 0; i--) {
      const axis = axes[i] as string;
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (sizes.get(axis) as number)) break;
      at[axis] = 0;
    }
    if (i < 0) return;
  }
}

const times = (values: readonly number[]): number => (values.includes(0) ? 0 : values.reduce((a, b) => a * b, 1));

/** The definition, cell by cell. */
function bySummation(factors: readonly Factor[], keep: readonly string[], sizes: ReadonlyMap<string, number>): Factor {
  const inside = [...sizesOf(factors).keys()].filter((axis) => !keep.includes(axis));
  const values: number[] = [];
  for (const outer of assignments(keep, sizes)) {
    let sum = 0;
    for (const inner of assignments(inside, sizes)) sum += times(factors.map((factor) => valueAt(factor, { ...outer, ...inner })));
    values.push(sum);
  }
  return factorOf(
    keep,
    keep.map((axis) => sizes.get(axis) as number),
    values,
  );
}

const close = (a: Factor, b: Factor): void => {
  expect(a.axes).toEqual(b.axes);
  expect(a.sizes).toEqual(b.sizes);
  expect(a.values.length).toBe(b.values.length);
  a.values.forEach((value, i) => {
    const other = b.values[i] as number;
    if (Number.isNaN(other)) expect(value).toBeNaN();
    else expect(Math.abs(value - other)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(other)));
  });
};

const scopeArbitrary = fc.shuffledSubarray(letters, { minLength: 0, maxLength: 4 });
const sizes = new Map(letters.map((axis) => [axis, sizeOfLetter(axis)]));

describe('factor algebra against its definition', () => {
  test('sumProduct with zeros and undefined cells, any scopes, any kept axes', () => {
    fc.assert(
      fc.property(
        fc.array(scopeArbitrary, { minLength: 0, maxLength: 6 }),
        fc.shuffledSubarray(letters, { maxLength: 3 }),
        fc.nat(),
        fc.constantFrom(0, 0.15),
        (scopes, keep, seed, holes) => {
          const random = new Random(seed);
          const factors = scopes.map((axes) => randomFactor(random, axes, holes));
          const got = sumProduct(factors, keep, sizes);
          if (isTooLarge(got)) throw new Error('too large');
          close(got, bySummation(factors, keep, sizes));
        },
      ),
      { numRuns: 400, seed: 1 },
    );
  });

  test('product, sumOut, restrict, align, divide', () => {
    fc.assert(
      fc.property(scopeArbitrary, scopeArbitrary, fc.nat(), (first, second, seed) => {
        const random = new Random(seed, 'algebra');
        const a = randomFactor(random, first, 0.2);
        const b = randomFactor(random, second, 0.2);
        const joined = product(a, b);
        const ratio = divide(a, b);
        for (const at of assignments(joined.axes, sizes)) {
          expect(valueAt(joined, at)).toBe(times([valueAt(a, at), valueAt(b, at)]));
          const below = valueAt(b, at);
          const expected = below === 0 ? Number.NaN : valueAt(a, at) / below;
          expect(valueAt(ratio, at)).toBe(expected);
        }
        const backwards = [...joined.axes].reverse();
        const turned = align(joined, backwards);
        for (const at of assignments(backwards, sizes)) expect(valueAt(turned, at)).toBe(valueAt(joined, at));
        const axis = first[0];
        if (axis !== undefined) {
          const slices = Array.from({ length: sizeOfLetter(axis) }, (_, i) => restrict(a, axis, i));
          const sum = sumOut(a, [axis]);
          for (const at of assignments(sum.axes, sizes)) {
            const expected = slices.reduce((total, slice) => total + valueAt(slice, at), 0);
            if (Number.isNaN(expected)) expect(valueAt(sum, at)).toBeNaN();
            else expect(valueAt(sum, at)).toBeCloseTo(expected, 14);
          }
        }
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  test('renaming two axes to one name is the diagonal', () => {
    const values = Float64Array.from({ length: 3 * 2 * 3 }, (_, i) => i);
    const square = factorOf(['m', 'x', "m'"], [3, 2, 3], values);
    const diagonal = rename(square, { "m'": 'm' });
    expect(diagonal.axes).toEqual(['m', 'x']);
    expect([...diagonal.values]).toEqual([0, 3, 7, 10, 14, 17]);
    expect(rename(square, { x: 'm', m: 'x' }).axes).toEqual(['x', 'm', "m'"]);
    expect([...rename(factorOf(['p', 'q'], [2, 2], [1, 2, 3, 4]), { p: 'r', q: 'r' }).values]).toEqual([1, 4]);
  });

  test('conditionals: undefined only where the condition has probability zero, and harmless there', () => {
    const joint = factorOf(['x', 'y'], [2, 2], [0.25, 0.75, 0, 0]);
    const given = condition(joint, ['y'], ['x']);
    expect(given.axes).toEqual(['y', 'x']);
    expect([...given.values]).toEqual([0.25, Number.NaN, 0.75, Number.NaN]);
    const back = sumProduct([given, sumOut(joint, ['y'])], ['y']);
    expect(isTooLarge(back) ? [] : [...back.values]).toEqual([0.25, 0.75]);
    expect([...normalise(joint).values]).toEqual([0.25, 0.75, 0, 0]);
    expect(product(scalar(1), joint)).toBe(joint);
    expect(total(joint)).toBe(1);
  });
});

describe('elimination order', () => {
  const chain = (n: number): Factor[] => {
    const random = new Random(4, 'chain');
    return Array.from({ length: n }, (_, i) => {
      const axes = i === 0 ? ['v0'] : [`v${i}`, `v${i - 1}`];
      return normalise(
        factorOf(
          axes,
          axes.map(() => 3),
          Float64Array.from({ length: 3 ** axes.length }, () => random.next()),
        ),
        [`v${i}`],
      );
    });
  };
  test('a chain of 2,000 variables needs no table above 9 cells and sums to one', () => {
    const factors = chain(2000);
    const plan = planElimination(
      factors.map((f) => f.axes),
      ['v1999'],
      sizesOf(factors),
    );
    if ('tooLarge' in plan) throw new Error('too large');
    expect(plan.largest).toBeLessThanOrEqual(9);
    expect(total(runPlan(plan, factors))).toBeCloseTo(1, 10);
  });
  test('the guard speaks before any work', () => {
    const axes = Array.from({ length: 30 }, (_, i) => `x${i}`);
    const star = axes.map((axis) => factorOf([axis, 'hub'], [2, 2], [0.5, 0.5, 0.5, 0.5]));
    expect(sumProduct(star, axes, new Map(), { limit: 1000 })).toEqual({ tooLarge: 2 ** 30, axes });
    const clique = axes.slice(0, 12).flatMap((a, i) => axes.slice(i + 1, 12).map((b) => factorOf([a, b], [2, 2], [1, 1, 1, 1])));
    const refused = sumProduct(clique, ['x0'], new Map(), { limit: 1000 });
    expect(isTooLarge(refused) && refused.tooLarge > 1000 && refused.axes.length).toBe(11);
    const allowed = sumProduct(clique, ['x0'], new Map(), { limit: 2048 });
    expect(isTooLarge(allowed) ? [] : [...allowed.values]).toEqual([2048, 2048]);
  });
  test('the same order whatever the number of runs', () => {
    const factors = chain(30);
    const scopes = factors.map((f) => f.axes);
    expect(planElimination(scopes, ['v3', 'v9'], sizesOf(factors))).toEqual(planElimination(scopes, ['v3', 'v9'], sizesOf(factors)));
  });
});
