import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseAvailable } from '../../src/query/available.ts';
import { compileQuestion } from '../../src/query/bind.ts';
import { context } from './words.ts';

const valid = [
  'P(Y=1 | do(X=1), Z=0)',
  'P(Y@1=1 | do(X@1=0), X@2=1, Y@2=0)',
  'P(Y[X=1, M=M[X=0]]=1, Y_{X=0}=0)',
  'PNS(Treatment=drug vs no drug -> Survival | Z=0)',
  'NDE(X -> M -> Y | do(W=1))',
  '2*E[Income | do(Dose=-1.5e-3)] - 0.5*E(Grade)',
  'P("blood pressure"="high, treated")',
  'P(X,Y,Z)',
  'P(Y,Z | do(X))',
];
const pieces = [
  ...'()[]{}|,=@+-*"\'\\_.; \n\t',
  '->',
  '→',
  '−',
  'vs',
  'do(',
  'P(',
  'E[',
  'X',
  'Y=',
  'Y_{',
  '1',
  '1e999',
  '\ud800',
  '😀',
  '\u0000',
  'e\u0301',
  '“',
  '__proto__',
  'constructor',
];

const mutated = fc
  .tuple(fc.constantFrom(...valid), fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...pieces)), { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((now, [place, remove, insert]) => {
      const at = place % (now.length + 1);
      return now.slice(0, at) + insert + now.slice(at + remove);
    }, text),
  );
const noise = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 20 }).map((some) => some.join('')),
);

function survives(text: string): void {
  for (const result of [compileQuestion(text, context), parseAvailable(text, context)]) {
    if (result.ok) continue;
    expect(result.issues.length).toBeGreaterThan(0);
    for (const { message, where } of result.issues) {
      const { start = -1, end = -1 } = where ?? {};
      if (message === '' || !(0 <= start && start <= end && end <= text.length)) throw new Error(`${JSON.stringify(text)} ${message}`);
    }
  }
}

it('60,000 mutations of valid questions give answers or issues inside the text, never exceptions', () => {
  fc.assert(fc.property(mutated, survives), { numRuns: 60_000, seed: 1 });
});

it('40,000 random texts give answers or issues inside the text, never exceptions', () => {
  fc.assert(fc.property(noise, survives), { numRuns: 40_000, seed: 2 });
});

it('very long and very deep texts are refused in linear time', () => {
  for (const unit of ['P(Y[', '(', 'M=M[', '-', 'P(Y)+', 'x ', 'x-', '"', 'Y_{', '\\', '1', 'P(Y | do(X=1),']) {
    const text = unit.repeat(Math.ceil(100_000 / unit.length));
    survives(text);
    survives(`P(Y=${text}`);
    survives(`P(${text})`);
  }
  expect(compileQuestion(`P(${'Y, '.repeat(10_000)}Y)`, context).ok).toBe(true);
});
