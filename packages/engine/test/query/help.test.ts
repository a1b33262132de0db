import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileQuestion } from '../../src/query/bind.ts';
import { helpFor, queryHelp, questionReference } from '../../src/query/help.ts';
import { printQuestion } from '../../src/query/print.ts';
import { namedFunctions } from '../../src/query/syntax.ts';
import { context } from './words.ts';

const parts = (text: string) => {
  const bound = compileQuestion(text, context);
  return bound.ok ? bound.value.parts : bound.issues;
};

describe('help', () => {
  it('has one record per word of the language', () => {
    expect(queryHelp.map(({ name }) => name).sort()).toEqual(['P', 'E', 'do', ...namedFunctions].sort());
  });

  it.each(queryHelp.map((help) => [help.name, help] as const))('%s: the example means the definition', (_, help) => {
    expect(parts(help.example)).toEqual(parts(help.definition));
    const bound = compileQuestion(help.example, context);
    expect(bound.ok && printQuestion(bound.value)).toBe(help.definition);
  });

  it('states the rival view at PNS', () => {
    expect(helpFor('PNS')?.remark).toMatch(/Dawid and Senn/);
    expect(helpFor('nothing')).toBeUndefined();
  });
});

it('docs/reference/questions.md is what questionReference() writes', () => {
  const file = new URL('../../../../docs/reference/questions.md', import.meta.url);
  expect(readFileSync(file, 'utf8')).toBe(questionReference());
});

it('every example of the grammar table that is a question is one', () => {
  const rows = [...questionReference().matchAll(/^\| .*\| `([^`]*)` \|$/gmu)].map(([, example = '']) => example.replaceAll('\\|', '|'));
  const questions = rows.filter((row) => /^([0-9]\*)?(P|E|PNS|NDE)[([]/u.test(row)).map((row) => row.split(';')[0] as string);
  expect(questions.length).toBeGreaterThan(15);
  for (const question of questions)
    expect([
      question,
      compileQuestion(question.replace(/=c\b/gu, '=1').replace(/=a vs b/gu, ''), { domains: new Map() }).ok ||
        /events|conditions|variable/u.test(question),
    ]).toEqual([question, true]);
});
