import type { AssumptionHelp } from '../additive/help.ts';
import { grammar, type QueryHelp, queryHelp } from '../query/help.ts';
import { grid, paragraph, type Rich, type TextOptions } from './layout.ts';

/** The help record of a query function for a terminal. */
export function queryHelpText(help: QueryHelp, options: TextOptions = {}): string {
  const field = (label: string, rich: Rich): string[] => paragraph(rich, options, ['  ', { tone: 'dim', text: label.padEnd(10) }]);
  return [
    ...paragraph({ tone: 'title', text: help.signature }, options),
    ...paragraph(help.summary, options, '  '),
    '',
    ...field('Example', help.example),
    ...field('Means', help.definition),
    ...field('Assumes', help.assumes),
    ...field('Source', help.reference),
    ...(help.remark === undefined ? [] : field('Remark', help.remark)),
  ].join('\n');
}

/** The help record of an assumption for a terminal. */
export function assumptionHelpText(help: AssumptionHelp, options: TextOptions = {}): string {
  const field = (label: string, rich: Rich): string[] => paragraph(rich, options, ['  ', { tone: 'dim', text: label.padEnd(10) }]);
  const pairs = (label: string, all: AssumptionHelp['forms']): string[] =>
    all.flatMap(([text, says], i) => [
      ...field(i === 0 ? label : '', text),
      ...paragraph({ tone: 'dim', text: says }, options, ' '.repeat(14)),
    ]);
  return [
    ...paragraph({ tone: 'title', text: help.signature }, options),
    ...paragraph(help.summary, options, '  '),
    '',
    ...pairs('Written', help.forms),
    ...pairs('Answers', help.questions),
    ...field('Assumes', help.assumes),
    ...field('Source', help.reference),
    ...help.remarks.flatMap((remark, i) => field(i === 0 ? 'Remarks' : '', remark)),
  ].join('\n');
}

/** All query functions in a line each, and the grammar. */
export function questionHelpText(options: TextOptions = {}): string {
  const paint = options.paint ?? ((_, text) => text);
  const widest = Math.max(...queryHelp.map(({ name }) => name.length));
  return [
    paint('title', 'What you can ask'),
    ...queryHelp.flatMap(({ name, summary }) => paragraph(summary, options, ['  ', name.padEnd(widest + 2)])),
    '',
    paint('title', 'Grammar'),
    ...grid(
      [{ head: 'symbol' }, { head: 'is' }],
      grammar.map(([symbol, right]) => [symbol, right]),
      options,
    ),
    '',
    ...paragraph('doable help PNS explains one of them, doable help additive the assumption of additive outcomes.', options),
  ].join('\n');
}
