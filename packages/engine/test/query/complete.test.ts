import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileQuestion } from '../../src/query/bind.ts';
import { complete } from '../../src/query/complete.ts';
import { parseQuestion } from '../../src/query/parse.ts';
import { printTree } from '../../src/query/print.ts';
import { syntaxTrees } from './generate.ts';
import { context } from './words.ts';

/** The texts that result, with `^` for the cursor. */
const results = (marked: string): string[] => {
  const cursor = marked.indexOf('^');
  const text = marked.replace('^', '');
  return complete(text, cursor, context).map(({ from, to, insert }) => text.slice(0, from) + insert + text.slice(to));
};

describe('completions', () => {
  it.each([
    ['^', ['P(', 'E[', 'ATE(', 'PNS(', 'NDE(']],
    ['PN^', ['PNS(', 'PN(']],
    ['pn^', ['PNS(', 'PN(']],
    ['P(^', ['P(X', 'P(Treatment', 'P("blood pressure"', 'P(Größe']],
    ['P(Tre^', ['P(Treatment']],
    ['P(tre^', ['P(Treatment']],
    ['P("bl^', ['P("blood pressure"']],
    ['P(bl^', ['P("blood pressure"']],
    ['P(Treatment=^', ['P(Treatment=no drug', 'P(Treatment=drug']],
    ['P(Treatment=dr^', ['P(Treatment=drug']],
    ['P(Treatment=no ^', ['P(Treatment=no drug']],
    ['P("blood pressure"=^', ['P("blood pressure"="high, treated"', 'P("blood pressure"="vs"']],
    ['P(Y^', ['P(Y)', 'P(Y=', 'P(Y[', 'P(Y, ', 'P(Y | ', 'P(Y_z']],
    ['P(Y | ^', ['P(Y | do(', 'P(Y | X']],
    ['P(Y | d^', ['P(Y | do(', 'P(Y | Dose']],
    ['P(Y | do(X=1^', ['P(Y | do(X=1)', 'P(Y | do(X=1, ']],
    ['ATE(X=1^', ['ATE(X=1 vs ', 'ATE(X=1 -> ']],
    ['ATE(X -> ^', ['ATE(X -> Y']],
    ['P(Y)^', ['P(Y) + ', 'P(Y) - ']],
    ['P(^|Z=0)', ['P(Y|Z=0)', 'P(X|Z=0)']],
    ['P(Tre^=drug)', ['P(Treatment=drug)']],
  ])('%s offers %j', (marked, expected) => expect(results(marked)).toEqual(expect.arrayContaining(expected)));

  it.each([
    'Q(^',
    'P(Y)) ^',
    'P(Nobody^',
    'P(Y=9^',
    'P(Y=1 | do(X=1) Z^',
    'P(Y@^',
    'P(Income=^',
    'P(Y ; ^',
    'E[P,^',
    'E[Y,^',
    'E[Y, X^',
    'E[Treatment=^',
    'E[Treatment=dr^',
  ])('%s offers nothing', (marked) => expect(results(marked)).toEqual([]));

  it('offers a mean neither a second variable nor a value', () => {
    const square = results('E[Treatment^');
    expect(square).toContain('E[Treatment]');
    for (const more of ['E[Treatment, ', 'E[Treatment=']) expect(square).not.toContain(more);
  });
  it('does not offer what stands there already', () => expect(results('P(Survival^')).not.toContain('P(Survival'));
  it('says what a function and a variable are', () => {
    const [first] = complete('PNS', 3, context);
    expect(first).toMatchObject({
      from: 0,
      to: 3,
      insert: 'PNS(',
      kind: 'function',
      summary: expect.stringMatching(/Necessity and sufficiency/),
    });
    expect(complete('P(Dos', 5, context)).toEqual([{ from: 2, to: 5, insert: 'Dose', kind: 'variable', summary: 'real, mg' }]);
  });
  it('bears any cursor', () => {
    for (const cursor of [-1, 99, 1.5, Number.NaN]) expect(Array.isArray(complete('P(Y', cursor, context))).toBe(true);
  });
});

const firstError = (text: string): number => {
  const result = parseQuestion(text);
  return result.ok ? Number.POSITIVE_INFINITY : (result.issues[0]?.where?.start ?? -1);
};
const samples = [
  'P(Y=1 | do(X=1), Z=0)',
  'PNS(Treatment=drug vs no drug -> Survival | Z=0)',
  'P("blood pressure"="high, treated", Größe)',
  'NDE(X -> M -> Y | do(W=1))',
  '2*E[Y] - P(Y[X=1, M=M[X=0]]@2=1)',
];
const places = fc
  .oneof(
    fc.constantFrom(...samples, 'E[Y, X]', 'E(Treatment=no drug | do(X=1))'),
    syntaxTrees.map(printTree),
    fc.string({ unit: fc.constantFrom(...'P(Y=1|do X[],"->vs)E'), maxLength: 12 }),
  )
  .chain((text) => fc.tuple(fc.constant(text), fc.nat(text.length)));

it('an inserted completion is no mistake: the first error of the text so far moves behind it or vanishes (4,000 places)', () => {
  let offered = 0;
  fc.assert(
    fc.property(places, ([text, cursor]) => {
      const before = text.slice(0, cursor);
      for (const { from, to, insert } of complete(text, cursor, context)) {
        offered++;
        expect(to).toBe(cursor);
        const now = firstError(before.slice(0, from) + insert);
        const was = firstError(before);
        if (!(now >= from + insert.length && (now > was || was === Number.POSITIVE_INFINITY)))
          throw new Error(JSON.stringify([before, from, insert, now, was]));
      }
    }),
    { numRuns: 4000, seed: 1 },
  );
  expect(offered).toBeGreaterThan(10_000);
});

it('at the ends of words it keeps the rest of the text: no error before the end of what was inserted', () => {
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.nat(), (text, n) => {
      const cursor = n % (text.length + 1);
      if (/[\p{L}\p{N}"_]/u.test(text[cursor] ?? '')) return;
      for (const { from, to, insert } of complete(text, cursor, context)) {
        const made = text.slice(0, from) + insert + text.slice(to);
        if (firstError(made) < from + insert.length) throw new Error(JSON.stringify([text, cursor, made]));
      }
    }),
    { numRuns: 2000, seed: 2 },
  );
});

it('completed names and levels bind', () => {
  for (const text of ['P(', 'P(Treatment=', 'P(Y | ', 'P(Zip=', 'P("blood pressure"=', 'P(Y | do(Größe=']) {
    for (const { insert, from, to, kind } of complete(text, text.length, context)) {
      if (kind !== 'variable' && kind !== 'value') continue;
      const made = `${text.slice(0, from)}${insert}${text.slice(to)}${text.includes('do(') ? '))' : ')'}`;
      expect([made, compileQuestion(made, context).ok]).toEqual([made, true]);
    }
  }
});
