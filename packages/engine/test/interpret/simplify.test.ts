import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBuilder } from '../../src/estimand/builder.ts';
import type { Estimand, Place } from '../../src/estimand/estimand.ts';
import { axesOf, randomAxesOf, sizeOf } from '../../src/estimand/fold.ts';
import { simplify } from '../../src/estimand/simplify.ts';
import { evaluate } from '../../src/interpret/number.ts';
import { align } from '../../src/math/factor.ts';
import { Random } from '../../src/math/random.ts';
import { because, exactTables, graphOf, modelOf, planOf, textbook } from './support.ts';

const names = ['A', 'B', 'C', 'D'];
const model = modelOf(graphOf('A -> B; B -> C; C -> D; A <-> C; B <-> D'), 11, new Map([['B', ['0', '1', '2']]]));

/** A random tree of steps over four variables, each step applied only where its axis rules hold. */
const tree: fc.Arbitrary<Estimand> = fc.integer().map((seed) => {
  const random = new Random(seed);
  const next = (n: number): number => random.integer(n);
  const some = <T>(items: readonly T[]): T[] => items.filter(() => next(2) === 0);
  const b = createBuilder();
  const leaf = (): Estimand => {
    const of = some(names);
    const set = next(4) === 0 ? some(names.filter((name) => !of.includes(name))) : [];
    const given = some(names.filter((name) => !of.includes(name) && !set.includes(name)));
    return b.measured({
      of: of.length > 0 ? of : [...names].filter((n) => !given.includes(n) && !set.includes(n)).slice(0, 1),
      given,
      regime: { set },
      studies: ['s'],
      because,
    });
  };
  /** P(a | rest) P(b | rest) ... along a random order: what identification makes most of the time. */
  const chain = (): Estimand => {
    const order = [...names].sort(() => next(3) - 1);
    const from = next(3);
    return b.product(
      order
        .slice(from)
        .map((name, i) => b.measured({ of: [name], given: order.slice(0, from + i), regime: { set: [] }, studies: ['s'], because })),
      because,
    );
  };
  const grow = (depth: number): Estimand => {
    if (depth === 0) return next(2) === 0 ? leaf() : chain();
    const body = grow(depth - 1);
    const spread = randomAxesOf(body);
    switch (next(6)) {
      case 0:
        return b.product([body, grow(depth - 1)], because);
      case 1:
      case 2:
        return b.sum(next(8) === 0 ? some(axesOf(body)) : some(spread), body, because);
      case 3: {
        const of = some(spread);
        return of.length === 0 ? body : b.condition(of, some(axesOf(body).filter((name) => !of.includes(name))), body, because);
      }
      case 4: {
        const at: Record<string, Place> = {};
        for (const name of some(axesOf(body))) at[name] = next(2) === 0 ? { value: '1' } : { symbol: `${name}'` };
        return b.place(at, body);
      }
      default:
        return b.combine([
          { weight: 2, of: body },
          { weight: -1, of: grow(depth - 1) },
          { weight: 0.5, of: body },
        ]);
    }
  };
  return grow(3);
});

function agree(original: Estimand): void {
  if (axesOf(original).length > 7) return;
  const simple = simplify(original);
  const [plan, other] = [planOf(original, model), planOf(simple, model)];
  const want = plan.run(exactTables(plan, model));
  const got = other.run(exactTables(other, model));
  expect(want.axes).toEqual(expect.arrayContaining([...got.axes]));
  const full = align(got, want.axes, new Map(want.axes.map((axis, i) => [axis, want.sizes[i] as number])));
  want.values.forEach((value, i) => {
    expect(Math.abs((full.values[i] as number) - value)).toBeLessThan(1e-9 * Math.max(1, Math.abs(value)));
  });
}

describe('simplify', () => {
  it('keeps every value of random trees, for a positive model', () => {
    let smaller = 0;
    fc.assert(
      fc.property(tree, (original) => {
        agree(original);
        if (sizeOf(simplify(original)).shared < sizeOf(original).shared) smaller += 1;
      }),
      { numRuns: 300, seed: 7 },
    );
    expect(smaller).toBeGreaterThan(60);
  });

  it('applies the rules of the textbook', () => {
    const { b, p, times, sum, frontdoor, napkin } = textbook();
    const same = (from: Estimand, to: Estimand): void => expect(simplify(from, b)).toBe(to);
    same(sum('Y', p('Y Z', 'X')), p('Z', 'X'));
    same(sum('Y', p('Y', 'X')), b.constant(1, because));
    same(times(p('A', 'B C'), p('B', 'C'), p('C')), p('C B A'));
    same(times(p('A', 'B C'), p('B', 'C', 'X')), times(p('A', 'B C'), p('B', 'C', 'X')));
    same(b.condition(['Y'], ['X'], p('Y X W', 'Z', 'T'), because), p('Y', 'X Z', 'T'));
    same(b.condition(['Y'], ['X'], times(p('Y', 'X Z'), p('X')), because), p('Y', 'X Z'));
    same(sum('Z W', times(p('Y', 'X Z'), p('Z'), p('W', 'Y'))), sum('Z', times(p('Y', 'X Z'), p('Z'))));
    same(frontdoor, frontdoor);
    same(napkin, b.condition(['Y'], ['X'], times(p('W'), p('X Y', 'Z W')), because));
    same(b.place({ X: { value: '1' } }, b.place({ M: { symbol: 'X' } }, p('Y', 'M'))), b.place({ M: { value: '1' } }, p('Y', 'M')));
    expect(
      evaluate(
        planOf(simplify(sum('Z W', p('Z W', 'X')), b), model),
        [p('Z')].map(() => ({ axes: [], sizes: [], values: Float64Array.of(1) })),
      ).values[0],
    ).toBe(1);
  });

  it('is linear on a ladder of 400 nested conditions', () => {
    const b = createBuilder();
    let body = b.measured({ of: names, given: [], regime: { set: [] }, studies: ['s'], because });
    for (let i = 0; i < 400; i += 1) {
      const leaf = b.measured({ of: [`V${i}`], given: names, regime: { set: [] }, studies: ['s'], because });
      body = b.condition([...names.slice(1), `V${i}`], ['A'], b.product([b.condition(names, [], body, because), leaf], because), because);
      body = b.sum([`V${i}`], body, because);
    }
    expect(sizeOf(simplify(body)).shared).toBeLessThanOrEqual(sizeOf(body).shared);
  });
});
