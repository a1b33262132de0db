import type { Answer, AnswersDocument, Point } from '../interpret/answer.ts';
import { additiveSentences, geometricSentence, regimeTexts } from './additive.ts';
import { isBoundedTable, rowKind, rowTexts } from './bounded-text.ts';
import { boundSentences, boundsHeadline, certificateSentence, isBounded, isCertified, regionSaid } from './bounds.ts';
import { functionRows, functionSentence, logReading, noValue, withUnit } from './function.ts';
import { boundsOf } from './interval.ts';
import { count, visible } from './layout.ts';
import { axesOf, placesOf, shortNumber, supportedPlaces } from './round.ts';
import { headline, hedgeSentences, helpSentence, isNo, ruleSentence, stoppedSentence } from './words.ts';

/** LaTeX to be put into a document that uses amsmath (no preamble): a paragraph, a formula and a derivation per answer. */
export function answersLatex(document: AnswersDocument): string {
  const note = document.partial === true ? [`% ${stoppedSentence(document)}`] : [];
  return [`% doable ${document.version}, seed ${document.seed}`, ...note, ...document.answers.map(answerLatex)].join('\n\n');
}

const special: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '"': '\\textquotedbl{}',
};
export const latexText = (text: string): string =>
  visible(text).replace(/[\\~^<>|"{}$&#%_]/gu, (character) => special[character] ?? `\\${character}`);

function answerLatex(answer: Answer): string {
  const help = isBounded(answer) ? undefined : helpSentence(answer);
  const identified = !isNo(answer) || answer.identifiable === true;
  const bounded = isBounded(answer);
  const sentences = [
    ...(bounded
      ? [...boundSentences(answer).map(({ says }) => says), ...regionSaid(answer).map(({ label, says }) => `${label}: ${says}`)]
      : answer.why === undefined
        ? []
        : [answer.why]),
    ...(bounded ? [] : hedgeSentences(answer)),
    ...(help === undefined ? [] : [`What would help: ${help}`]),
    ...(identified && !bounded && answer.rule !== undefined ? [ruleSentence(answer.rule)] : []),
    ...(answer.explanations ?? []),
    ...(answer.additive === undefined ? [] : regimeTexts(answer.additive)).map(([head, text]) => `Regime ${head}${text}.`),
    ...additiveSentences(answer).map(({ label, says }) => `${label}: ${says}`),
    ...answer.studies.map(({ name, rows }) => `Study ${name}: ${rows === null ? 'exact probabilities' : count(rows, 'record')}.`),
    ...answer.assumes.map((text) => `Assumes: ${text}${text.endsWith('.') ? '' : '.'}`),
    ...(!isCertified(answer) ? [] : [certificateSentence]),
    ...answer.diagnostics.filter(({ level }) => level !== 'ok').map(({ name, says }) => `${name}: ${says}`),
  ];
  const derivation = (answer.derivation ?? []).map(
    ({ says, theorem, source, line }) =>
      `  \\item ${latexText(says)} \\emph{(${latexText([theorem, source, ...(line === undefined ? [] : [line])].join(', '))})}`,
  );
  return [
    `\\paragraph{\\texttt{${latexText(answer.question)}}} ${valueLatex(answer)}`,
    ...(answer.status === 'incompatible' || answer.estimand === undefined || answer.estimand.latex === ''
      ? []
      : [`\\[\n  ${answer.estimand.latex}\n\\]`]),
    ...sentences.map(latexText),
    ...(derivation.length === 0 ? [] : ['\\begin{enumerate}', ...derivation, '\\end{enumerate}']),
  ].join('\n');
}

function valueLatex(answer: Answer): string {
  const { uncertainty, distribution } = answer;
  if (answer.function !== undefined) return functionTable(answer, answer.function);
  const percent = shortNumber(100 * (uncertainty?.level ?? 0.95));
  const ends = boundsOf(answer);
  if (ends !== undefined) {
    const { low, high, before, after } = boundsHeadline(answer, ends);
    const figures =
      high === undefined ? `$${low}$` : `${before === 'Between' ? '' : `${before.replace(/ between$/u, '')} `}$[${low}, ${high}]$`;
    return `${answer.status === 'bounded' ? '' : `${latexText(headline(answer).text)} `}${figures}${latexText(after)}.`;
  }
  if (distribution !== undefined && isBoundedTable(distribution)) return boundedTable(distribution, percent);
  if (distribution !== undefined) {
    const axes = axesOf(distribution);
    const places = placesOf(distribution);
    const text = (value: number): string => `$${shortNumber(value, places)}$`;
    const hasInterval = distribution.some((point) => point.interval !== undefined);
    const row = (cells: readonly string[]): string => `  ${cells.join(' & ')} \\\\`;
    return [
      '',
      `\\begin{tabular}{${'l'.repeat(axes.length)}r${hasInterval ? 'r' : ''}}`,
      row([...axes.map(latexText), 'value', ...(hasInterval ? [`${percent}\\,\\% interval`] : [])]),
      '  \\hline',
      ...distribution.map(({ at, value, interval }) =>
        row([
          ...axes.map((axis) => latexText(at[axis] ?? '')),
          value === null ? 'undefined' : text(value),
          ...(hasInterval ? [interval === undefined ? '' : `${text(interval[0])} to ${text(interval[1])}`] : []),
        ]),
      ),
      '\\end{tabular}',
    ].join('\n');
  }
  if (answer.value === undefined) return latexText(headline(answer).text);
  const places = supportedPlaces(uncertainty?.standardError, uncertainty?.interval);
  const value = `$${shortNumber(answer.value, places)}$`;
  const sentence = geometricSentence(answer);
  const geometric = sentence === undefined ? '' : `, ${latexText(sentence)}`;
  if (uncertainty?.interval === undefined) return `${value}${geometric}.`;
  const [low, high] = uncertainty.interval.map((end) => `$${shortNumber(end, places)}$`);
  return `${value} (${percent}\\,\\% interval ${low} to ${high})${geometric}.`;
}

function boundedTable(points: readonly Point[], percent: string): string {
  const axes = axesOf(points);
  const { bounds, regions } = rowTexts(points);
  const hasRegion = regions.some((text) => text !== '');
  const row = (cells: readonly string[]): string => `  ${cells.join(' & ')} \\\\`;
  return [
    '',
    `\\begin{tabular}{${'l'.repeat(axes.length)}rl${hasRegion ? 'r' : ''}}`,
    row([...axes.map(latexText), 'bounds', '', ...(hasRegion ? [`${percent}\\,\\% region`] : [])]),
    '  \\hline',
    ...points.map((point, i) =>
      row([
        ...axes.map((axis) => latexText(point.at[axis] ?? '')),
        bounds[i] as string,
        rowKind(point),
        ...(hasRegion ? [regions[i] as string] : []),
      ]),
    ),
    '\\end{tabular}',
  ].join('\n');
}

function functionTable(answer: Answer, f: NonNullable<Answer['function']>): string {
  const rows = functionRows(answer, f);
  const reading = logReading(answer);
  const interval = `${shortNumber(100 * (f.level ?? 0.95))}\\,\\% interval`;
  const hasInterval = rows.some((row) => row.interval !== '');
  const marked = rows.some(({ support }) => support !== '');
  const row = (cells: readonly string[]): string => `  ${cells.join(' & ')} \\\\`;
  const figures = (text: string): string =>
    text === noValue ? text : text.replace(/-?\d[\d.]*(?:e[+-]?\d+)?/gu, (number) => `$${number}$`);
  const heads = [
    'value',
    ...(hasInterval ? [interval] : []),
    ...(reading === undefined ? [] : [reading, ...(hasInterval ? [interval] : [])]),
  ];
  return [
    `${latexText(functionSentence(answer, f))}:`,
    '',
    `\\begin{tabular}{${'l'.repeat(f.axes.length)}${'r'.repeat(heads.length)}${marked ? 'l' : ''}}`,
    row([...f.axes.map(({ name, unit }) => latexText(withUnit(name, unit))), ...heads, ...(marked ? [''] : [])]),
    '  \\hline',
    ...rows.map(({ at, value, interval: ends, geometric = '', geometricInterval = '', support }) =>
      row([
        ...at.map((text) => (/^-?\d+(?:\.\d+)?$/u.test(text) ? `$${text}$` : latexText(text))),
        figures(value),
        ...(hasInterval ? [figures(ends)] : []),
        ...(reading === undefined ? [] : [figures(geometric), ...(hasInterval ? [figures(geometricInterval)] : [])]),
        ...(marked ? [support] : []),
      ]),
    ),
    '\\end{tabular}',
  ].join('\n');
}
