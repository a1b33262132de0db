import type { Answer, AnswersDocument, FunctionPoint, Point } from '../interpret/answer.ts';
import { boundsOf } from './interval.ts';

const tail = ['value', 'lower', 'upper', 'standard_error', 'level', 'method'] as const;
/** Only where some answer has bounds. */
const boundsTail = ['bound_lower', 'bound_upper', 'tightness'] as const;
/** Only where some answer is a function. */
const functionTail = ['band_lower', 'band_upper', 'supported'] as const;
/** Only where some answer tells how much environments differ. */
const spreadTail = ['spread_lower', 'spread_upper'] as const;
/** Only where some outcome is on the log scale. */
const scaleTail = ['scale'] as const;
const head = ['question', 'status'] as const;

/**
 * One line per number (RFC 4180, LF): question, status, a column per variable that a distribution or a function leaves open, value,
 * interval, standard error, confidence level, method; where some answer is bounded also its bounds and how tight they are (lower and
 * upper are then the confidence region of the bounds); where some answer is a function also the band that holds for all its points at
 * once, and whether there are records near the point (`no`: an extrapolation; empty: not known); where environments
 * differ also the interval that holds the value of one environment; where an outcome is on the log scale also the scale, `log` or `own`. Numbers in full; an answer without a number has one line without one. A variable whose name is one of
 * the fixed columns stands as `at NAME`.
 */
export function answersCsv(document: AnswersDocument): string {
  const { answers } = document;
  const axes = [...new Set(answers.flatMap(axisNames))];
  const bounded = answers.some((answer) => (answer.distribution ?? [answer]).some((point) => boundsOf(point) !== undefined));
  const functions = answers.some((answer) => answer.function !== undefined);
  const spread = answers.some(({ environments, distribution = [] }) =>
    [environments, ...distribution].some((one) => one?.spread !== undefined),
  );
  const scaled = answers.some(({ additive }) => additive?.log === true);
  const names = [
    ...tail,
    ...(bounded ? boundsTail : []),
    ...(functions ? functionTail : []),
    ...(spread ? spreadTail : []),
    ...(scaled ? scaleTail : []),
  ];
  const fixed = new Set<string>([...head, ...names]);
  const lines = [[...head, ...axes.map((axis) => (fixed.has(axis) ? `at ${axis}` : axis)), ...names]];
  for (const answer of answers) {
    const { question, status, uncertainty, additive } = answer;
    for (const point of pointsOf(answer)) {
      const ends: Pick<Point, 'lower' | 'upper' | 'tightness'> = 'lower' in point || 'upper' in point ? point : {};
      const band = 'band' in point ? point.band : undefined;
      const near = 'supported' in point ? point.supported : undefined;
      lines.push([
        question,
        status,
        ...axes.map((axis) => String(point.at[axis] ?? '')),
        ...[point.value, point.interval?.[0], point.interval?.[1], point.standardError, uncertainty?.level].map(numberCell),
        uncertainty?.method ?? '',
        ...(bounded
          ? [numberCell(ends.lower), numberCell(ends.upper), boundsOf(ends) === undefined ? '' : (ends.tightness ?? 'exact')]
          : []),
        ...(functions ? [numberCell(band?.[0]), numberCell(band?.[1]), near === undefined ? '' : near ? 'yes' : 'no'] : []),
        ...(spread
          ? (('spread' in point ? point.spread : answer.environments?.spread)?.interval ?? [undefined, undefined]).map(numberCell)
          : []),
        ...(scaled ? [additive === undefined ? '' : additive.log === true ? 'log' : 'own'] : []),
      ]);
    }
  }
  return lines.map((cells) => cells.map(csvCell).join(',')).join('\n');
}

const numberCell = (value: number | null | undefined): string => (value === null || value === undefined ? '' : String(value));

const axisNames = ({ distribution = [], function: f }: Answer): readonly string[] => [
  ...distribution.flatMap(({ at }) => Object.keys(at)),
  ...(f?.axes ?? []).map(({ name }) => name),
];

function pointsOf({ distribution, function: f, value, uncertainty, lower, upper, tightness }: Answer): readonly (Point | FunctionPoint)[] {
  if (f !== undefined) return f.points;
  if (distribution !== undefined) return distribution;
  return [
    {
      at: {},
      value: value ?? null,
      ...(lower === undefined ? {} : { lower }),
      ...(upper === undefined ? {} : { upper }),
      ...(tightness === undefined ? {} : { tightness }),
      ...(uncertainty?.interval === undefined ? {} : { interval: uncertainty.interval }),
      ...(uncertainty?.standardError === undefined ? {} : { standardError: uncertainty.standardError }),
    },
  ];
}

export const csvCell = (text: string): string => (/[",\n\r]|^\s|\s$/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
