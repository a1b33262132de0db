import type { SamplerReport } from '../interpret/answer.ts';
import { type Column, grid, type TextOptions } from './layout.ts';
import { shortNumber, supportedPlaces } from './round.ts';

/** What the draws of real outcomes look like: a line per figure, with its error. */
export function summaryLines(summaries: NonNullable<SamplerReport['summaries']>, options: TextOptions = {}): string[] {
  const columns: Column[] = [
    { head: '' },
    { head: '' },
    { head: 'value', tone: 'number', align: 'right' },
    { head: 'error', align: 'right' },
    { head: 'of it Monte-Carlo', align: 'right' },
  ];
  const rows = summaries.flatMap(({ name, figures }) =>
    figures.map(({ of, at, value, standardError, monteCarloError }, i) => {
      const places = supportedPlaces(standardError, undefined);
      const what = of === 'quantile' ? `${shortNumber(100 * (at ?? 0))} % quantile` : of;
      return [
        i === 0 ? name : '',
        what,
        shortNumber(value, places),
        shortNumber(standardError, places),
        shortNumber(monteCarloError, places),
      ];
    }),
  );
  return grid(columns, rows, options);
}
