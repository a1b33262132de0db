import type { Answer, Point } from '../interpret/answer.ts';
import { boundsHeadline, marksOf } from './bounds.ts';
import { type Axis, alignedEnds, axisOf, boundsOf, type Ends, endsPlaces, isPoint, naturalOf } from './interval.ts';
import { type Column, count, grid, paragraph, type TextOptions } from './layout.ts';
import { type Marks, pictureCell, pictureLines } from './picture.ts';
import { axesOf, shortNumber } from './round.ts';

/** The bounds in figures and as a picture on their axis. */
export function boundLines(answer: Answer, ends: Ends, options: TextOptions): string[] {
  const { before, low, high, after } = boundsHeadline(answer, ends);
  const figures = [
    ...(before === '' ? [] : [`${before} `]),
    { tone: 'number' as const, text: low },
    ...(high === undefined ? [] : [' and ', { tone: 'number' as const, text: high }]),
    after,
  ];
  const marks = marksOf(answer);
  const axis = axisOf(shownOf(marks), naturalOf(answer));
  const level = shortNumber(100 * (answer.uncertainty?.level ?? 0.95));
  return [...paragraph(figures, options, '  '), '', ...pictureLines(marks, axis, options, level)];
}

export const shownOf = ({ inner, outer, region, emcc }: Marks): number[] =>
  [inner, outer, region, emcc].flatMap((ends) => (ends === undefined ? [] : [...ends]));

/** True where a distribution has bounds at some of its values. */
export const isBoundedTable = (points: readonly Point[]): boolean => points.some((point) => boundsOf(point) !== undefined);

/** What is drawn of one row: its bounds, or its value. */
export function marksOfPoint(point: Point): Marks {
  const ends = boundsOf(point) ?? (point.value === null ? undefined : ([point.value, point.value] as const));
  const tightness = boundsOf(point) === undefined ? 'exact' : (point.tightness ?? 'exact');
  return {
    ...(ends === undefined || tightness === 'outer' ? {} : { inner: ends }),
    ...(ends === undefined || tightness === 'inner' ? {} : { outer: ends }),
    ...(point.interval === undefined ? {} : { region: point.interval }),
  };
}

export const axisOfPoints = (points: readonly Point[], answer: Answer): Axis =>
  axisOf(
    points.flatMap((point) => shownOf(marksOfPoint(point))),
    naturalOf(answer),
  );

/** Bounds and region of every row in figures, with as many decimals as the narrowest row needs up to four. */
export function rowTexts(points: readonly Point[]): { readonly bounds: readonly string[]; readonly regions: readonly string[] } {
  const wanted = points.map((point) => {
    const ends = boundsOf(point);
    return ends === undefined ? 4 : endsPlaces(ends, point.interval);
  });
  const places = Math.max(0, ...wanted.filter((_, i) => boundsOf(points[i] as Point) !== undefined));
  return {
    bounds: points.map((point) => {
      const ends = boundsOf(point);
      if (ends === undefined) return point.value === null ? 'undefined' : shortNumber(point.value, places);
      if (isPoint(ends)) return shortNumber((ends[0] + ends[1]) / 2, places);
      return alignedEnds(ends, places, point.tightness === 'inner' ? 'inward' : 'outward').join(' to ');
    }),
    regions: points.map(({ interval }) => (interval === undefined ? '' : alignedEnds(interval, places).join(' to '))),
  };
}

/** How tight the bounds of a row are. */
export const rowKind = (point: Point): string =>
  boundsOf(point) !== undefined ? (point.tightness ?? 'exact') : point.value === null ? '' : 'identified';

/** A distribution of which some values are only bounded: a row with its interval on a common axis for each. */
export function boundedTableLines(answer: Answer, points: readonly Point[], percent: string, rows: number, options: TextOptions): string[] {
  const shown = points.slice(0, rows);
  const axes = axesOf(points);
  const { bounds, regions } = rowTexts(shown);
  const axis = axisOfPoints(points, answer);
  const kinds = shown.map(rowKind);
  const mixed = new Set(kinds).size > 1 || kinds[0] !== 'exact';
  const hasRegion = regions.some((text) => text !== '');
  const columns: Column[] = [
    ...axes.map((head): Column => ({ head })),
    { head: 'bounds', tone: 'number' },
    ...(mixed ? [{ head: '', tone: 'dim' as const }] : []),
    ...(hasRegion ? [{ head: `${percent} % region` }] : []),
    { head: `${shortNumber(axis.ends[0])}${' '.repeat(tableWidth - 2)}${shortNumber(axis.ends[1])}`, tone: 'plain' },
  ];
  const table = shown.map((point, i) => [
    ...axes.map((name) => point.at[name] ?? ''),
    bounds[i] as string,
    ...(mixed ? [kinds[i] as string] : []),
    ...(hasRegion ? [regions[i] as string] : []),
    pictureCell(marksOfPoint(point), axis, tableWidth, options),
  ]);
  const more = points.length - shown.length;
  const rest =
    more > 0 ? paragraph({ tone: 'dim', text: `and ${count(more, 'more row')} (--json or --format csv has all)` }, options, '  ') : [];
  return [...grid(columns, table, options), ...rest];
}

/** Columns of a picture in a table, its walls included. */
const tableWidth = 24;
