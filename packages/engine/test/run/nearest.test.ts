import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearest } from '../../src/run/nearest.ts';

/** The recursive definition of the optimal string alignment distance. */
function defined(a: string, b: string): number {
  if (a === '') return b.length;
  if (b === '') return a.length;
  const options = [
    defined(a.slice(1), b) + 1,
    defined(a, b.slice(1)) + 1,
    defined(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
    ...(a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0] ? [defined(a.slice(2), b.slice(2)) + 1] : []),
  ];
  return Math.min(...options);
}
const short = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });

describe('edit distance', () => {
  it.each([
    ['drug', 'drg', 1],
    ['drug', 'durg', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
    ['', 'abc', 3],
    ['same', 'same', 0],
  ])('%s, %s: %i', (a, b, edits) => expect(editDistance(a, b)).toBe(edits));

  it('is its recursive definition', () => {
    fc.assert(
      fc.property(short, short, (a, b) => editDistance(a, b) === defined(a, b)),
      { numRuns: 500, seed: 1 },
    );
  });
});

describe('the nearest candidate', () => {
  it.each([
    ['drg', ['no drug', 'drug'], 'drug'],
    ['Treatmnet', ['Treatment', 'Survival'], 'Treatment'],
    ['treatment', ['Treatment', 'Survival'], 'Treatment'],
    ['Surv', ['Treatment', 'Survival'], 'Survival'],
    ['x', ['Y', 'X'], 'X'],
    ['x', ['Y', 'Z'], undefined],
    ['banana', ['Treatment', 'Survival'], undefined],
    ['', ['X'], undefined],
    ['ab', ['aB', 'Ab', 'abc'], 'aB'],
    ['X', ['X'], undefined],
    ['a'.repeat(200), ['a'.repeat(199)], undefined],
  ])('%s of %j: %s', (word, candidates, expected) => expect(nearest(word, candidates)).toBe(expected));

  it('finds every word again after one slip in a word of three letters or more', () => {
    const words = ['Treatment', 'Survival', 'Gender', 'Income', 'Dose'];
    const slips = fc.tuple(fc.constantFrom(...words), fc.nat(), fc.constantFrom('drop', 'double', 'swap', 'change'));
    fc.assert(
      fc.property(slips, ([word, at, slip]) => {
        const i = at % (word.length - 1);
        const [head, one, two, tail] = [word.slice(0, i), word[i] as string, word[i + 1] as string, word.slice(i + 2)];
        const wrong = { drop: head + two, double: head + one + one + two, swap: head + two + one, change: `${head}#${two}` }[slip] + tail;
        if (wrong !== word) expect(nearest(wrong, words)).toBe(word);
      }),
      { seed: 2 },
    );
  });

  it('makes a sentence', () => {
    expect(didYouMean('drg', ['drug'])).toBe("Did you mean 'drug'?");
    expect(didYouMean('PSN', ['PNS', 'PN'], (name) => `${name}(X -> Y)`)).toBe('Did you mean PNS(X -> Y)?');
    expect(didYouMean('zzz', ['drug'])).toBeUndefined();
  });
});
