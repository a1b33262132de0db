import { type AnswersDocument, type AskOptions, type Graph, type Issue, version } from '@doable/engine';
import {
  answersBoundsSvg,
  answersCsv,
  answersFunctionSvg,
  answersLatex,
  answersMarkdown,
  answersText,
  graphSvg,
  isNo,
} from '@doable/engine/present';
import type { Arguments } from '../arguments/parse.ts';
import { jsonText } from '../output/json.ts';
import type { Stop } from '../run.ts';
import { type Context, type Exit, exit } from './command.ts';

/** The options of the engine as the arguments say them. */
export function askOptions(args: Arguments, stop: Stop): AskOptions {
  const uncertainty = args.text('uncertainty') as AskOptions['uncertainty'];
  const bounds = args.text('bounds') as AskOptions['bounds'];
  const starts = args.number('starts');
  const additive = additiveOptions(args);
  const factors = args.text('factors') as AskOptions['factors'];
  return {
    ...stop.options,
    seed: args.number('seed') ?? 0,
    level: args.number('level') ?? 0.95,
    draws: args.number('draws') ?? 1000,
    smoothing: args.number('smoothing') ?? 0,
    verify: !args.flag('no-verify'),
    now: () => performance.now(),
    ...(uncertainty === undefined ? {} : { uncertainty }),
    ...(bounds === undefined ? {} : { bounds }),
    ...(starts === undefined ? {} : { starts }),
    ...(additive === undefined ? {} : { additive }),
    ...(factors === undefined ? {} : { factors }),
  };
}

/** --basis, --degree, --fit and --interaction. */
function additiveOptions(args: Arguments): AskOptions['additive'] {
  type Additive = NonNullable<AskOptions['additive']>;
  const degree = args.number('degree');
  const basis = (args.text('basis') ?? (degree === undefined ? undefined : 'polynomial')) as Additive['basis'];
  const method = args.text('fit') as Additive['method'];
  const interaction = args.number('interaction');
  if (basis === undefined && method === undefined && interaction === undefined) return undefined;
  return {
    ...(basis === undefined ? {} : { basis }),
    ...(degree === undefined ? {} : { degree }),
    ...(method === undefined ? {} : { method }),
    ...(interaction === undefined ? {} : { interaction }),
  };
}

/** The form in which answers are wanted; --json is --format json. */
export const formatOf = (args: Arguments): string => (args.flag('json') ? 'json' : (args.text('format') ?? 'text'));

export interface Printed {
  readonly graph?: Graph | undefined;
  readonly why: boolean;
}

/** Prints the document to standard output, the time it took to standard error. */
export async function printAnswers(context: Context, document: AnswersDocument, { graph, why }: Printed): Promise<void> {
  const { console } = context;
  console.gap();
  switch (formatOf(context.args)) {
    case 'json':
      await console.print(jsonText(document, 2));
      break;
    case 'latex':
      await console.print(answersLatex(document));
      break;
    case 'markdown':
      await console.print(answersMarkdown(document));
      break;
    case 'csv':
      await console.print(answersCsv(document));
      break;
    case 'svg':
      await console.print(svgOf(document, graph));
      break;
    default:
      await console.print(answersText(document, { ...console.out, why }));
  }
  const n = document.answers.length;
  console.note(`${n} ${n === 1 ? 'answer' : 'answers'} in ${secondsText(document.elapsedMs)}`);
}

/** The functions, where some answer is one; the bounds, where some answer has any; else the graph, for the first question that has a hedge with it. */
function svgOf(document: AnswersDocument, graph: Graph | undefined): string {
  if (document.answers.some((answer) => answer.function !== undefined)) return answersFunctionSvg(document);
  if (document.answers.some(({ status }) => status === 'bounded')) return answersBoundsSvg(document);
  const hedge = document.answers.find((answer) => answer.hedge !== undefined)?.hedge;
  return graph === undefined ? answersBoundsSvg(document) : graphSvg(graph, hedge === undefined ? {} : { hedge });
}

export const secondsText = (milliseconds: number): string =>
  milliseconds < 995 ? `${Math.max(1, Math.round(milliseconds))} ms` : `${(milliseconds / 1000).toFixed(milliseconds < 9995 ? 2 : 1)} s`;

/** A run that was stopped while an interval was computed has the number, and is partial all the same. */
export function markPartial(document: AnswersDocument): AnswersDocument {
  const cut = document.answers.some(({ diagnostics }) => diagnostics.some(({ name }) => name === 'interrupted'));
  return cut ? { ...document, partial: true } : document;
}

export function exitOf(document: AnswersDocument): Exit {
  if (document.partial === true) return exit.interrupted;
  return document.answers.some(isNo) ? exit.no : exit.answered;
}

/** What is printed when a run was stopped before anything was known. */
export const nothingKnown = (args: Arguments): AnswersDocument => ({
  schema: 'doable/answers@1',
  seed: args.number('seed') ?? 0,
  version,
  elapsedMs: 0,
  partial: true,
  answers: [],
});

export const noQuestion: Issue = {
  code: 'no-question',
  message: 'Nothing is asked.',
  hint: 'Add a question, for example \'P(Y=1 | do(X=1))\', or give the document an "ask" list. doable help questions shows the language.',
};
