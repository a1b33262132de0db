import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAdditive } from '../../src/additive/assumption.ts';
import type { Domain } from '../../src/graph/variable.ts';
import { quote } from '../../src/query/lex.ts';
import { graphFrom } from './support.ts';

const read = (...args: Parameters<typeof parseAdditive>) => {
  const found = parseAdditive(...args);
  if (found?.ok !== true) throw new Error(JSON.stringify(found));
  const { text: _, ...rest } = found.value;
  return rest;
};
/** What is wrong, with the words that the place points at. */
const wrong = (text: string, context: Parameters<typeof parseAdditive>[1] = {}): string[] => {
  const found = parseAdditive(text, context);
  if (found === undefined || found.ok) throw new Error('read');
  return found.issues.map(({ message, hint, where }) => `[${text.slice(where?.start, where?.end)}] ${message} ${hint ?? ''}`.trim());
};

describe('what it means', () => {
  it.each([
    ['additive(Y; A1, A2)', { outcome: 'Y', log: false, blocks: [['A1'], ['A2']], ordered: false }],
    [' additive ( Y ;{A1,A2} , "dose B" ) ', { outcome: 'Y', log: false, blocks: [['A1', 'A2'], ['dose B']], ordered: false }],
    ['additive(Y; A < {B, D} < E)', { outcome: 'Y', log: false, blocks: [['A'], ['B', 'D'], ['E']], ordered: true }],
    ['additive(log Y; A, B)', { outcome: 'Y', log: true, blocks: [['A'], ['B']], ordered: false }],
    ['additive(log("net sales"); A, B)', { outcome: 'net sales', log: true, blocks: [['A'], ['B']], ordered: false }],
    ['additive(log; A, B)', { outcome: 'log', log: false, blocks: [['A'], ['B']], ordered: false }],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });
  it('other assumptions are left to others', () => {
    for (const text of ['monotone(X -> Y)', '', 'P(Y=1) <= 0.1', 'exchangeable', 'additives']) {
      if (text === 'additives') expect(parseAdditive(text)?.ok).toBe(false);
      else expect(parseAdditive(text)).toBeUndefined();
    }
  });
  it('keeps the text, so that the assumption is known to be used', () => {
    const found = parseAdditive('  additive(Y; A, B) ');
    expect(found?.ok === true && found.value.text).toBe('  additive(Y; A, B) ');
  });
  it('whatever the names are', () => {
    const name = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
    fc.assert(
      fc.property(
        fc.uniqueArray(name, { minLength: 3, maxLength: 7 }),
        fc.boolean(),
        fc.boolean(),
        ([outcome = '', ...actions], log, ordered) => {
          const text = `additive(${log ? 'log ' : ''}${quote(outcome)}; ${actions.map(quote).join(ordered ? ' < ' : ', ')})`;
          expect(read(text)).toEqual({ outcome, log, ordered, blocks: actions.map((action) => [action]) });
        },
      ),
      { seed: 1 },
    );
  });
  it('never throws', () => {
    const piece = fc.constantFrom('additive', '(', ')', ';', ',', '<', '{', '}', 'Y', 'A', 'log', '"B b"', '1', '"', ' ', '+');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = `additive${pieces.join('')}`;
        const found = parseAdditive(text);
        if (found !== undefined && !found.ok)
          for (const { where } of found.issues) expect((where?.start ?? -1) >= 0 && (where?.end ?? 0) <= text.length).toBe(true);
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});

const domains = new Map<string, Domain>([
  ['Y', { kind: 'real' }],
  ['price', { kind: 'real' }],
  ['reach', { kind: 'real' }],
  ['mood', { kind: 'finite', levels: ['low', 'high'] }],
  ['score', { kind: 'finite', levels: ['0', '1', '2'] }],
]);

describe('what is wrong, where, and the remedy', () => {
  it('spelling', () => {
    expect(wrong('additive(Y, A, B)')).toEqual([
      "[,] Expected ';' after the outcome at character 11, but there is ','. Write additive(Y; ...): the outcome, ';', then the actions.",
    ]);
    expect(wrong('additive(Y; A + B)')).toEqual([
      "[+] Expected ',', '<' or ')' at character 15, but there is '+'. Separate the actions with ','.",
    ]);
    expect(wrong('additiv(Y; A, B)')[0]).toMatch(/^\[additiv\] The assumption is spelt additive\(\.\.\.\), not additiv/u);
    expect(wrong('additive(Y; A, B')[0]).toMatch(/^\[\] Expected ',', '<' or '\)' at character 17, but the assumption ends\./u);
    expect(wrong('additive(Y; A, 2)')[0]).toMatch(/^\[2\] .* in quotation marks\.$/u);
    expect(wrong('additive(Y; A, B) x')[0]).toMatch(/^\[x\] Expected the end/u);
    expect(wrong('additive(Y; {A, B)')[0]).toMatch(/^\[\)\] Expected ',' or '\}'/u);
  });
  it('sense', () => {
    expect(wrong('additive(Y; A, B, A, Y)')).toEqual([
      '[A] A is named twice. Every action belongs to one part of the sum: name it once.',
      '[Y] Y is the outcome and cannot be an action too. Leave it out of the actions.',
    ]);
    expect(wrong('additive(Y; A)')).toEqual(['[A] A sum needs at least two parts, and there is one action. Name the other actions.']);
    expect(wrong('additive(Y; {A, B})')).toEqual(['[A, B] One block alone is no sum: nothing is assumed of it. Write additive(Y; A, B).']);
    expect(wrong('additive(Y; A < B, D)')[0]).toMatch(/^\[,\] An order is written for all actions or for none/u);
  });
  it('variables', () => {
    expect(wrong('additive(Y; prise, reach)', { domains })).toEqual(["[prise] There is no variable 'prise'. Did you mean 'price'?"]);
    expect(wrong('additive(y1; price, reach)', { domains })[0]).toMatch(/^\[y1\] There is no variable 'y1'\./u);
    expect(wrong('additive(mood; price, reach)', { domains })).toEqual([
      '[mood] mood cannot be a sum: its levels are not numbers. Additivity is a statement about an outcome that is a number.',
    ]);
    expect(wrong('additive(log score; price, reach)', { domains })).toEqual([
      '[score] log score does not exist: score has a level that is not positive. Leave out log.',
    ]);
    const graph = graphFrom('price -> Y; U [latent]; U -> Y');
    expect(wrong('additive(Y; price, U)', { graph })).toEqual([
      '[U] U is latent: no study measures or sets it. Hidden causes are not listed: each part of the sum has its own.',
    ]);
    expect(wrong('additive(Y; price, reach)', { graph, domains })).toEqual([
      '[reach] reach is in the data but not in the graph. Add it to the graph with its arrows.',
    ]);
    expect(read('additive(score; price, mood)', { domains }).blocks).toEqual([['price'], ['mood']]);
  });
});
