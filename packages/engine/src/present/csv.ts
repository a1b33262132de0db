import type { AnswersDocument, Point } from '../interpret/answer.ts';
import { boundsOf } from './interval.ts';

const tail = ['value', 'lower', 'upper', 'standard_error', 'level', 'method'] as const;
/** Only where some answer has bounds. */
const boundsTail = ['bound_lower', 'bound_upper', 'tightness'] as const;
const head = ['question', 'status'] as const;

/**
 * One line per number (RFC 4180, LF): question, status, a column per variable that a distribution leaves open, value, interval,
 * standard error, confidence level, method; where some answer is bounded also its bounds and how tight they are (lower and upper
 * are then the confidence region of the bounds). Numbers in full; an answer without a number has one line without one. A variable
 * whose name is one of the fixed columns stands as `at NAME`.
 */
export function answersCsv(document: AnswersDocument): string {
  const axes = [...new Set(document.answers.flatMap((answer) => (answer.distribution ?? []).flatMap((point) => Object.keys(point.at))))];
  const points = document.answers.flatMap((answer): readonly Pick<Point, 'lower' | 'upper'>[] => answer.distribution ?? [answer]);
  const bounded = points.some((point) => boundsOf(point) !== undefined);
  const fixed = new Set<string>([...head, ...tail, ...(bounded ? boundsTail : [])]);
  const lines = [[...head, ...axes.map((axis) => (fixed.has(axis) ? `at ${axis}` : axis)), ...tail, ...(bounded ? boundsTail : [])]];
  for (const { question, status, value, distribution, uncertainty, lower, upper, tightness } of document.answers) {
    const single: Point = {
      at: {},
      value: value ?? null,
      ...(lower === undefined ? {} : { lower }),
      ...(upper === undefined ? {} : { upper }),
      ...(tightness === undefined ? {} : { tightness }),
      ...(uncertainty?.interval === undefined ? {} : { interval: uncertainty.interval }),
      ...(uncertainty?.standardError === undefined ? {} : { standardError: uncertainty.standardError }),
    };
    for (const point of distribution ?? [single]) {
      const numbers = [point.value, point.interval?.[0], point.interval?.[1], point.standardError, uncertainty?.level];
      const texts = numbers.map((one) => (one === null || one === undefined ? '' : String(one)));
      const ends = bounded ? [point.lower, point.upper].map((end) => (end === undefined ? '' : String(end))) : [];
      const kind = bounded ? [boundsOf(point) === undefined ? '' : (point.tightness ?? 'exact')] : [];
      lines.push([question, status, ...axes.map((axis) => point.at[axis] ?? ''), ...texts, uncertainty?.method ?? '', ...ends, ...kind]);
    }
  }
  return lines.map((cells) => cells.map(csvCell).join(',')).join('\n');
}

export const csvCell = (text: string): string => (/[",\n\r]|^\s|\s$/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
