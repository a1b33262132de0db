import type { Answer, AnswersDocument, Point } from '../interpret/answer.ts';
import { additiveSentences, geometricSentence, regimeTexts } from './additive.ts';
import { isBoundedTable, rowKind, rowTexts } from './bounded-text.ts';
import { boundSentences, boundsHeadline, certificateSentence, headlineText, isBounded, isCertified, regionSaid } from './bounds.ts';
import { environmentSentences } from './environments.ts';
import { functionRows, functionSentence, logReading, withUnit } from './function.ts';
import { boundsOf } from './interval.ts';
import { count, visible } from './layout.ts';
import { axesOf, placesOf, shortNumber, supportedPlaces } from './round.ts';
import { headline, hedgeSentences, helpSentence, isNo, ruleSentence, rungWords, stoppedSentence } from './words.ts';

/** Markdown with LaTeX formulas between dollars, as GitHub and Jupyter read it. */
export function answersMarkdown(document: AnswersDocument): string {
  const blocks = document.answers.map(answerMarkdown);
  const note = document.partial === true ? [`*${stoppedSentence(document)}*`] : [];
  return [...blocks, ...note, `<sub>seed ${document.seed}, doable ${document.version}</sub>`].join('\n\n');
}

const plain = (text: string): string => visible(text).replace(/[\\`*_{}[\]<>#|$~]/gu, '\\$&');
const code = (text: string): string => {
  const fence = '`'.repeat(Math.max(0, ...[...text.matchAll(/`+/gu)].map(([ticks]) => ticks.length)) + 1);
  return fence.length > 1 ? `${fence} ${visible(text)} ${fence}` : `\`${visible(text)}\``;
};

function answerMarkdown(answer: Answer): string {
  const help = isBounded(answer) ? undefined : helpSentence(answer);
  const bounded = isBounded(answer);
  const identified = !isNo(answer) || answer.identifiable === true;
  const points = [
    ...(bounded
      ? [...boundSentences(answer), ...regionSaid(answer)].map(({ label, says }) =>
          label === '' ? plain(says) : `**${label}:** ${plain(says)}`,
        )
      : answer.why === undefined
        ? []
        : [`**Why:** ${plain(answer.why)}`]),
    ...(bounded ? [] : hedgeSentences(answer)).map((says, i) => (i === 0 ? `**Hedge:** ${plain(says)}` : plain(says))),
    ...(help === undefined ? [] : [`**Would help:** ${plain(help)}`]),
    ...(identified && !bounded && answer.rule !== undefined
      ? [`**${isNo(answer) ? 'Identified' : 'Because'}:** ${plain(ruleSentence(answer.rule))}`]
      : []),
    ...(answer.explanations ?? []).map(plain),
    ...(answer.additive === undefined ? [] : regimeTexts(answer.additive)).map(([head, text]) => `**Regime** ${plain(head + text)}`),
    ...additiveSentences(answer).map(({ label, says }) => `**${label}:** ${plain(says)}`),
    ...environmentSentences(answer).map(({ label, says }) => (label === '' ? plain(says) : `**${label}:** ${plain(says)}`)),
    ...answer.studies.map(
      ({ name, rows, fingerprint }) =>
        `**Study** ${plain(name)}: ${rows === null ? 'exact probabilities' : count(rows, 'record')}, fingerprint ${code(fingerprint)}`,
    ),
    ...answer.assumes.map((text) => `**Assumes:** ${plain(text)}`),
    ...(!isCertified(answer) ? [] : [`**Certificate:** ${plain(certificateSentence)}`]),
    ...answer.diagnostics.map(
      ({ name, level, says }) => `**${plain(name)}** (${level === 'ok' ? 'note' : level === 'warn' ? 'warning' : 'FAIL'}): ${plain(says)}`,
    ),
  ];
  const derivation = (answer.derivation ?? []).map(
    ({ depth, says, theorem, source, line }) =>
      `${'   '.repeat(depth)}1. ${plain(says).replace(/^[+-] /u, '\\$&')} *${plain([theorem, source, ...(line === undefined ? [] : [line])].join(', '))}*`,
  );
  return [
    `### ${code(answer.question)}`,
    `*${rungWords[answer.rung]}*`,
    valueMarkdown(answer),
    ...(answer.status === 'incompatible' || answer.estimand === undefined || answer.estimand.latex === ''
      ? []
      : [`$$\n${answer.estimand.latex}\n$$`]),
    ...(points.length === 0 ? [] : [points.map((point) => `- ${point}`).join('\n')]),
    ...(derivation.length === 0 ? [] : [`<details><summary>Derivation</summary>\n\n${derivation.join('\n')}\n\n</details>`]),
  ].join('\n\n');
}

function valueMarkdown(answer: Answer): string {
  const { uncertainty, distribution } = answer;
  if (answer.function !== undefined) return functionTable(answer, answer.function);
  const percent = shortNumber(100 * (uncertainty?.level ?? 0.95));
  const ends = boundsOf(answer);
  if (ends !== undefined) {
    const bounds = boundsHeadline(answer, ends);
    return `${answer.status === 'bounded' ? '' : `**${headline(answer).text}** `}**${headlineText({ ...bounds, after: '' })}**${bounds.after}`;
  }
  if (distribution !== undefined && isBoundedTable(distribution)) return boundedTable(distribution, percent);
  if (distribution !== undefined) {
    const axes = axesOf(distribution);
    const places = placesOf(distribution);
    const text = (value: number): string => shortNumber(value, places);
    const hasInterval = distribution.some((point) => point.interval !== undefined);
    const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
    const hasSpread = distribution.some((point) => point.spread !== undefined);
    const heads = [
      ...axes.map(plain),
      'value',
      ...(hasInterval ? [`${percent} % interval`] : []),
      ...(hasSpread ? ['in one environment'] : []),
    ];
    return [
      row(heads),
      row(heads.map((_, i) => (i < axes.length ? '---' : '---:'))),
      ...distribution.map(({ at, value, interval, spread }) =>
        row([
          ...axes.map((axis) => plain(at[axis] ?? '')),
          value === null ? 'undefined' : text(value),
          ...(hasInterval ? [interval === undefined ? '' : `${text(interval[0])} to ${text(interval[1])}`] : []),
          ...(hasSpread ? [spread === undefined ? '' : spread.interval.map(text).join(' to ')] : []),
        ]),
      ),
    ].join('\n');
  }
  if (answer.value === undefined) return `**${headline(answer).text}**`;
  const places = supportedPlaces(uncertainty?.standardError, uncertainty?.interval);
  const interval =
    uncertainty?.interval === undefined
      ? ''
      : ` (${percent} % interval ${uncertainty.interval.map((end) => shortNumber(end, places)).join(' to ')})`;
  const geometric = geometricSentence(answer);
  return `**${shortNumber(answer.value, places)}**${interval}${geometric === undefined ? '' : ` ${plain(geometric)}`}`;
}

function functionTable(answer: Answer, f: NonNullable<Answer['function']>): string {
  const rows = functionRows(answer, f);
  const reading = logReading(answer);
  const interval = `${shortNumber(100 * (f.level ?? 0.95))} % interval`;
  const hasInterval = rows.some((row) => row.interval !== '');
  const marked = rows.some(({ support }) => support !== '');
  const heads = [
    ...f.axes.map(({ name, unit }) => plain(withUnit(name, unit))),
    'value',
    ...(hasInterval ? [interval] : []),
    ...(reading === undefined ? [] : [reading, ...(hasInterval ? [interval] : [])]),
    ...(marked ? [''] : []),
  ];
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    `**${plain(functionSentence(answer, f))}:**`,
    '',
    row(heads),
    row(heads.map((_, i) => (i < f.axes.length ? '---' : '---:'))),
    ...rows.map(({ at, value, interval: ends, geometric = '', geometricInterval = '', support }) =>
      row([
        ...at.map(plain),
        value,
        ...(hasInterval ? [ends] : []),
        ...(reading === undefined ? [] : [geometric, ...(hasInterval ? [geometricInterval] : [])]),
        ...(marked ? [support] : []),
      ]),
    ),
  ].join('\n');
}

function boundedTable(points: readonly Point[], percent: string): string {
  const axes = axesOf(points);
  const { bounds, regions } = rowTexts(points);
  const hasRegion = regions.some((text) => text !== '');
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const heads = [...axes.map(plain), 'bounds', 'tightness', ...(hasRegion ? [`${percent} % region`] : [])];
  return [
    row(heads),
    row(heads.map((_, i) => (i < axes.length ? '---' : '---:'))),
    ...points.map((point, i) =>
      row([
        ...axes.map((axis) => plain(point.at[axis] ?? '')),
        bounds[i] as string,
        rowKind(point),
        ...(hasRegion ? [regions[i] as string] : []),
      ]),
    ),
  ].join('\n');
}
