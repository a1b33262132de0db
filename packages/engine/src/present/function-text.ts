import type { Answer, FunctionPoint, MeanFunction } from '../interpret/answer.ts';
import {
  drawnRange,
  functionPlaces,
  functionRows,
  functionSentence,
  isReal,
  logReading,
  noValue,
  scaleOf,
  settingText,
  withUnit,
} from './function.ts';
import { curveLines, pictureLegend, pointPicture, scaleHead } from './function-picture.ts';
import { type Column, columnsOf, count, grid, pad, paragraph, type TextOptions } from './layout.ts';
import { shortNumber } from './round.ts';

/** Beyond this many values of one variable a curve is drawn, and every so manieth value stands in the table. */
const mostRows = 25;
const fewRows = 11;

/** A function for a person: what it is of, a table with a picture beside it, or a curve, or a table of two dimensions. */
export function functionLines(answer: Answer, f: MeanFunction, options: TextOptions & { readonly rows?: number }): string[] {
  const percent = shortNumber(100 * (f.level ?? answer.uncertainty?.level ?? 0.95));
  const head = paragraph({ tone: 'good', text: `${functionSentence(answer, f)}:` }, options, '  ');
  const [first, second] = f.axes;
  if (f.axes.length === 1 && first !== undefined && isReal(first) && f.points.length > mostRows)
    return [...head, '', ...longCurve(answer, f, percent, options)];
  if (f.axes.length === 2 && first?.values !== undefined && second?.values !== undefined) {
    const [rows, columns] = [first.values.length, second.values.length];
    const table = rows > 2 && columns > 2 ? matrix(answer, f, percent, options) : undefined;
    if (table !== undefined) return [...head, '', ...table];
  }
  return [...head, '', ...listing(answer, f, f.points.slice(0, options.rows ?? 40), percent, options)];
}

const noteLine = (text: string, options: TextOptions): string[] => paragraph({ tone: 'dim', text }, options, '  ');

/** One line per point: figures, and a picture where there is room. */
function listing(
  answer: Answer,
  f: MeanFunction,
  shown: readonly FunctionPoint[],
  percent: string,
  options: TextOptions,
  picture = true,
): string[] {
  const rows = functionRows(answer, f, shown);
  const has = (test: (row: (typeof rows)[number]) => boolean): boolean => rows.some(test);
  const log = logReading(answer) !== undefined;
  const figures: readonly (readonly [Column, readonly string[]])[] = [
    ...f.axes.map(({ name }, i): readonly [Column, readonly string[]] => [{ head: name }, aligned(rows.map(({ at }) => at[i] as string))]),
    [{ head: 'value', tone: 'number' }, aligned(rows.map(({ value }) => value))],
    ...(has(({ interval }) => interval !== '')
      ? [[{ head: `${percent} % interval` }, alignedEnds(rows.map(({ interval }) => interval))] as const]
      : []),
    ...(log ? [[{ head: logReading(answer) as string }, aligned(rows.map(({ geometric = '' }) => geometric))] as const] : []),
    ...(log && has(({ geometricInterval = '' }) => geometricInterval !== '')
      ? [[{ head: `${percent} % interval` }, alignedEnds(rows.map(({ geometricInterval = '' }) => geometricInterval))] as const]
      : []),
    ...(has(({ support }) => support !== '') ? [[{ head: '', tone: 'warn' }, rows.map(({ support }) => support)] as const] : []),
  ];
  const used = 2 + figures.reduce((sum, [{ head }, cells]) => sum + Math.max(columnsOf(head), ...cells.map(columnsOf)) + 3, 0);
  const room = Math.min(48, Math.max(40, options.width ?? 80) - used);
  const pictured = picture && room >= 16 && rows.length > 1 && shown.some(({ value }) => value !== null);
  const [low, high] = drawnRange(shown);
  const scale = scaleOf(low, high, 4);
  const columns: Column[] = figures.map(([column]) => column);
  const cells = rows.map((_, i) => figures.map(([, texts]) => texts[i] as string));
  const more = f.points.length - shown.length;
  const thinned = more > 0 && f.axes.length === 1 && shown.length < 40;
  return [
    ...(pictured
      ? grid(
          [...columns, { head: scaleHead(scale, room) }],
          cells.map((row, i) => [...row, pointPicture(shown[i] as FunctionPoint, scale, room, options)]),
          options,
        )
      : grid(columns, cells, options)),
    ...(pictured && shown.some(({ interval }) => interval !== undefined)
      ? ['', ...noteLine(pictureLegend(shown, percent, options), options)]
      : []),
    ...(more === 0
      ? []
      : noteLine(
          thinned
            ? `${shown.length} of ${count(f.points.length, 'point')} (--json or --format csv has all)`
            : `and ${count(more, 'more point')} (--json or --format csv has all)`,
          options,
        )),
  ];
}

function longCurve(answer: Answer, f: MeanFunction, percent: string, options: TextOptions): string[] {
  const [axis] = f.axes;
  const points = f.points.map((point) => ({ ...point, x: point.at[axis?.name ?? ''] as number }));
  const [low, high] = drawnRange(points);
  const [from, to] = [points[0]?.x ?? 0, points.at(-1)?.x ?? 1];
  const lines = curveLines(points, scaleOf(from, to, 6, false), scaleOf(low, high, 5, false), { height: 13, options });
  const step = Math.ceil((points.length - 1) / (fewRows - 1));
  const some = f.points.filter((_, i) => i % step === 0);
  const table = listing(answer, f, some, percent, options, false);
  return [...lines, '', ...noteLine(pictureLegend(points, percent, options, false), options), '', ...table];
}

/** First axis down, second across; undefined: too wide. */
function matrix(answer: Answer, f: MeanFunction, percent: string, options: TextOptions): string[] | undefined {
  const [down, across] = f.axes;
  if (down?.values === undefined || across?.values === undefined) return undefined;
  const places = functionPlaces(f.points);
  const wide = across.values.length;
  const every = Math.ceil(down.values.length / mostRows);
  const half = ({ interval }: FunctionPoint): string =>
    interval === undefined ? '' : ` ±${shortNumber((interval[1] - interval[0]) / 2, places)}`;
  const mark = ({ supported }: FunctionPoint): string => (supported === false ? '?' : '');
  const shades = options.bars === true ? shadesOf(f.points) : undefined;
  const text = (point: FunctionPoint | undefined, i: number, withHalf: boolean): string =>
    point === undefined || point.value === null
      ? noValue
      : `${shades === undefined ? '' : `${shades[i]} `}${shortNumber(point.value, places)}${withHalf ? half(point) : ''}${mark(point)}`;
  const draw = (withHalf: boolean, style: TextOptions): string[] => {
    const cells = f.points.map((point, i) => text(point, i, withHalf));
    const columns = across.values?.map((value, j): [Column, readonly string[]] => [
      { head: settingText(value), tone: 'number' },
      aligned(cells.filter((_, i) => i % wide === j)),
    ]) as [Column, readonly string[]][];
    const all = down.values?.map((value, i) => [settingText(value), ...columns.map(([, texts]) => texts[i] as string)]) as string[][];
    const rows = all.filter((_, i) => i % every === 0);
    const first = aligned(rows.map(([name = '']) => name));
    return grid(
      [{ head: '' }, ...columns.map(([column]) => column)],
      rows.map((row, i) => [first[i] as string, ...row.slice(1)]),
      style,
    );
  };
  const width = Math.max(40, options.width ?? 80);
  const fitsWith = (withHalf: boolean): boolean => Math.max(...draw(withHalf, {}).map(columnsOf)) <= width;
  const fits = fitsWith(true);
  if (!fits && !fitsWith(false)) return undefined;
  const lines = draw(fits, options);
  const errors = f.points.flatMap(({ standardError }) => standardError ?? []);
  const says = [
    ...(errors.length === 0
      ? []
      : fits
        ? [`± is half of a ${percent} % interval.`]
        : [`Standard errors ${shortNumber(Math.min(...errors), places)} to ${shortNumber(Math.max(...errors), places)}.`]),
    ...(f.points.some(({ supported }) => supported === false) ? ['? marks an extrapolation.'] : []),
    ...(logReading(answer) === undefined ? [] : [`exp() of a figure is a ${logReading(answer)}.`]),
    every === 1 ? '--format csv has all.' : `One in ${every} values of ${down.name} is shown; --format csv has all.`,
  ];
  return [
    ...noteLine(`down: ${withUnit(down.name, down.unit)}; across: ${withUnit(across.name, across.unit)}`, options),
    ...lines,
    '',
    ...noteLine(says.join(' '), options),
  ];
}

/** Five shades from the least to the largest value. */
function shadesOf(points: readonly FunctionPoint[]): readonly string[] {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const shades = [' ', '░', '▒', '▓', '█'];
  return points.map(({ value }) =>
    value === null || high === low ? ' ' : (shades[Math.min(4, Math.floor((5 * (value - low)) / (high - low)))] as string),
  );
}

/** Numbers padded so that their decimal points stand below each other. */
function aligned(texts: readonly string[]): string[] {
  const whole = (text: string): number => columnsOf(/^\D?\s?-?\d+/u.exec(text)?.[0] ?? text);
  const numbers = texts.filter((text) => /\d/u.test(text));
  const widest = Math.max(0, ...numbers.map(whole));
  return texts.map((text) => (/\d/u.test(text) ? pad('', widest - whole(text)) + text : text));
}

/** The same for both ends of intervals. */
function alignedEnds(texts: readonly string[]): string[] {
  const ends = texts.map((text) => text.split(' to '));
  const [low, high] = [aligned(ends.map(([from = '']) => from)), aligned(ends.map(([, to = '']) => to))];
  return texts.map((text, i) => (text === '' ? '' : `${low[i]} to ${high[i]}`));
}
