import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileQuestion } from '../../src/query/bind.ts';
import { parseQuestion } from '../../src/query/parse.ts';
import { printQuestion, printTree } from '../../src/query/print.ts';
import type { Span, SyntaxTree } from '../../src/query/syntax.ts';
import { meaning, questions, syntaxTrees } from './generate.ts';

it('parse(print(tree)) is the tree (3,000 random trees with odd names and values)', () => {
  fc.assert(
    fc.property(syntaxTrees, (tree) => {
      const text = printTree(tree);
      const again = parseQuestion(text);
      if (!again.ok) throw new Error(`${text}\n${JSON.stringify(again.issues)}`);
      expect(meaning(again.value)).toEqual(meaning(tree));
      expect(printTree(again.value)).toBe(text);
    }),
    { numRuns: 3000, seed: 1 },
  );
});

it('binding the printed core terms gives the core terms (3,000 random questions, both styles)', () => {
  fc.assert(
    fc.property(questions, fc.constantFrom('terms' as const, 'do' as const), (question, style) => {
      const text = printQuestion(question, style);
      const again = compileQuestion(text, { domains: new Map() });
      if (!again.ok) throw new Error(`${text}\n${JSON.stringify(again.issues)}`);
      expect(again.value).toEqual({ ...question, text });
    }),
    { numRuns: 3000, seed: 2 },
  );
});

/** Every span of a tree with the text it must stand for, children after parents. */
function spans(node: unknown, found: Span[] = []): Span[] {
  if (typeof node !== 'object' || node === null) return found;
  for (const [key, part] of Object.entries(node)) {
    if (key === 'span') found.push(part as Span);
    else spans(part, found);
  }
  return found;
}

it('spans lie in the text, and the text of a part or condition parses to it alone (1,000 random trees)', () => {
  const part = (tree: SyntaxTree, i: number) => ({ ...tree, parts: tree.parts.slice(i, i + 1) });
  fc.assert(
    fc.property(syntaxTrees, (tree) => {
      const text = printTree(tree);
      const parsed = parseQuestion(text);
      if (!parsed.ok) throw new Error(text);
      for (const { start, end } of spans(parsed.value.parts)) {
        expect(0 <= start && start < end && end <= text.length).toBe(true);
        expect(/^\s|\s$/u.test(text.slice(start, end))).toBe(false);
      }
      parsed.value.parts.forEach(({ span, query }, i) => {
        const alone = parseQuestion(text.slice(span.start, span.end));
        expect(alone.ok && meaning(alone.value)).toEqual(meaning(part(parsed.value, i)));
        for (const condition of query.given) {
          const slice = text.slice(condition.span.start, condition.span.end);
          const inside = parseQuestion(`P(Q | ${slice})`);
          expect(
            inside.ok &&
              meaning({
                text: '',
                parts: [{ ...parsed.value.parts[i], query: { ...query, given: inside.value.parts[0]?.query.given ?? [] } } as never],
              }),
          ).toEqual(meaning({ text: '', parts: [{ ...parsed.value.parts[i], query: { ...query, given: [condition] } } as never] }));
        }
      });
    }),
    { numRuns: 1000, seed: 3 },
  );
});
