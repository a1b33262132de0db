import { describe, expect, it } from 'vitest';
import { parseAvailable } from '../../src/query/available.ts';
import { context } from './words.ts';

describe('study notation', () => {
  it.each([
    ['*', { measured: [], set: [], everything: true }],
    [' * ', { measured: [], set: [], everything: true }],
    ['P(X,Y,Z)', { measured: ['X', 'Y', 'Z'], set: [] }],
    ['P(Y,Z | do(X))', { measured: ['Y', 'Z', 'X'], set: ['X'] }],
    ['P(Y|do(X,W))', { measured: ['Y', 'X', 'W'], set: ['X', 'W'] }],
    ['P(Y | do(X), do(W))', { measured: ['Y', 'X', 'W'], set: ['X', 'W'] }],
    ['P(X, Y | do(X))', { measured: ['X', 'Y'], set: ['X'] }],
    ['P(Y | do(X=1.0, W))', { measured: ['Y', 'X', 'W'], set: ['X', 'W'], fixed: { X: '1' } }],
    ['P(Y | do(Treatment=no drug))', { measured: ['Y', 'Treatment'], set: ['Treatment'], fixed: { Treatment: 'no drug' } }],
    ['P(Y, Y)', { measured: ['Y'], set: [] }],
    ['P("blood pressure", Größe)', { measured: ['blood pressure', 'Größe'], set: [] }],
  ])('%s', (text, expected) => expect(parseAvailable(text, context)).toEqual({ ok: true, value: expected }));

  it.each([
    ['P(Y | X)', 'study-notation', 4 + 2, 7],
    ['P(Y=1)', 'study-notation', 2, 5],
    ['P(Y[X=1])', 'study-notation', 2, 8],
    ['P(Y@1)', 'study-notation', 2, 5],
    ['E[Y]', 'study-notation', 0, 4],
    ['2*P(Y)', 'study-notation', 2, 6],
    ['P(Y) + P(Z)', 'study-notation', 5, 11],
    ['P(Y | do(X@1))', 'study-notation', 9, 12],
    ['P(Y | do(X=X[W=1]))', 'study-notation', 9, 17],
    ['P(Y | do(X=1), do(X=0))', 'study-notation', 18, 21],
    ['P(Q)', 'unknown-variable', 2, 3],
    ['P(Y', 'syntax', 3, 3],
    ['', 'empty-question', 0, 0],
  ])('%s is refused', (text, code, start, end) => {
    const result = parseAvailable(text, context);
    expect(result.ok || result.issues[0]).toMatchObject({ code, where: { start, end } });
  });

  it('accepts any name where none is declared', () => expect(parseAvailable('P(A,B)').ok).toBe(true));
});
