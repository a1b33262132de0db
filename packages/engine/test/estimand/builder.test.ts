import { describe, expect, it } from 'vitest';
import { createBuilder } from '../../src/estimand/builder.ts';
import type { Because, Estimand } from '../../src/estimand/estimand.ts';
import { axesOf, fold, leavesOf, randomAxesOf, regimesUsed, sizeOf, stepsOf } from '../../src/estimand/fold.ts';

const because: Because = { theorem: 'test', source: 'test' };
const leaf = (of: string[], given: string[] = [], set: string[] = [], fixed?: Record<string, string>): Estimand => ({
  step: 'measured',
  of,
  given,
  regime: fixed === undefined ? { set } : { set, fixed },
  studies: ['study'],
  because,
});

describe('axes', () => {
  it('follows the axis semantics of every step', () => {
    const q = leaf(['X', 'Y'], ['Z'], ['A', 'B'], { B: '1' });
    expect(axesOf(q)).toEqual(['X', 'Y', 'Z', 'A']);
    expect(randomAxesOf(q)).toEqual(['X', 'Y']);
    const condition: Estimand = { step: 'condition', of: ['Y'], given: [], body: q, because };
    expect(axesOf(condition)).toEqual(['Y', 'Z', 'A']);
    expect(randomAxesOf(condition)).toEqual(['Y']);
    const placed: Estimand = { step: 'place', at: { X: { symbol: 'Z' }, A: { value: '1' }, Y: { symbol: "Y'" } }, body: q };
    expect(axesOf(placed)).toEqual(['Z', "Y'"]);
    expect(randomAxesOf(placed)).toEqual(['Z', "Y'"]);
    expect(axesOf({ step: 'mean', of: 'Y', body: condition })).toEqual(['Z', 'A']);
    expect(axesOf({ step: 'combine', terms: [q, leaf(['W'])].map((of) => ({ weight: 1, of })) })).toEqual(['X', 'Y', 'Z', 'A', 'W']);
  });
});

describe('builder', () => {
  it('gives the same object for the same structure', () => {
    const b = createBuilder();
    const p = b.intern(leaf(['X', 'Y'], ['Z', 'W']));
    expect(b.intern(leaf(['Y', 'X'], ['W', 'Z']))).toBe(p);
    expect(b.intern(leaf(['Y', 'X'], ['W', 'Z'], ['A']))).not.toBe(p);
    const q = b.intern(leaf(['W']));
    const product = b.product([p, q], because);
    expect(b.product([q, p], because)).toBe(product);
    expect(b.sum(['W', 'X'], product, because)).toBe(b.sum(['X', 'W', 'none'], product, because));
    expect(b.place({ X: { value: '1' } }, p)).not.toBe(b.place({ X: { symbol: '1' } }, p));
    expect(b.combine([{ weight: 1, of: p }])).toBe(p);
    expect(b.combine([{ weight: -1, of: p }])).not.toBe(p);
  });

  it('normalises only what is trivially safe', () => {
    const b = createBuilder();
    const p = b.intern(leaf(['X']));
    const q = b.intern(leaf(['Y']));
    const one = b.constant(1, because);
    expect(b.product([], because)).toBe(one);
    expect(b.product([one, p], because)).toBe(p);
    expect(b.product([b.product([p, q], because), q], because)).toMatchObject({ step: 'product', factors: [p, q, q] });
    expect(b.sum([], p, because)).toBe(p);
    expect(b.sum(['Z'], p, because)).toBe(p);
    expect(b.place({ Z: { value: '1' }, X: { symbol: 'X' } }, p)).toBe(p);
  });

  it('shares a tower of squares that would be exponential when written out, and does not mind depth', () => {
    const b = createBuilder();
    let tower = b.intern(leaf(['X', 'Y']));
    for (let i = 0; i < 5000; i += 1) {
      const part = b.condition([i % 2 === 0 ? 'X' : 'Y'], [i % 2 === 0 ? 'Y' : 'X'], tower, because);
      tower = b.sum([], b.product([part, b.sum(['X'], tower, because)], because), because);
      if (i > 20) tower = b.condition(['X', 'Y'], [], tower, because);
    }
    const { shared, written } = sizeOf(tower);
    expect(shared).toBeLessThan(25_000);
    expect(written).toBe(Number.POSITIVE_INFINITY);
    let calls = 0;
    fold<number>(tower, () => {
      calls += 1;
      return 0;
    });
    expect(calls).toBe(stepsOf(tower).length);
  });

  it('lists leaves and regimes once', () => {
    const b = createBuilder();
    const p = leaf(['Y'], ['X']);
    const q = leaf(['Y'], [], ['A', 'B'], { A: '0', B: '1' });
    const again = leaf(['W'], [], ['B', 'A'], { B: '1', A: '0' });
    const e = b.product([b.intern(p), b.intern(q), b.intern(again), b.intern(p)], because);
    expect(leavesOf(e)).toHaveLength(3);
    expect(regimesUsed(e)).toHaveLength(2);
  });
});
