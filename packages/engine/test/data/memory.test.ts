import { memorySource } from '../../src/data/memory.ts';
import { type SuiteTable, studySuite } from './study-suite.ts';

export const csvOf = ({ header, rows }: SuiteTable, delimiter = ','): string =>
  [header, ...rows]
    .map((row) =>
      row
        .map((cell) => {
          const text = cell === null ? '' : String(cell);
          return /["\n\r]|^\s|\s$/u.test(text) || text.includes(delimiter) ? `"${text.replaceAll('"', '""')}"` : text;
        })
        .join(delimiter),
    )
    .join('\n');

studySuite(
  'inline rows',
  (spec, { header, rows }) =>
    memorySource(spec, {
      rows: rows.length === 0 ? [] : rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? null]))),
    }),
  { where: false, mixed: true, runs: 300 },
);
studySuite('CSV text', (spec, table) => memorySource(spec, { csv: csvOf(table) }), { where: false, mixed: true, runs: 300 });
studySuite(
  'tab-separated text in chunks of 7 characters',
  (spec, table) => memorySource(spec, { csv: csvOf(table, '\t').match(/[\s\S]{1,7}/gu) ?? [], options: { delimiter: '\t' } }),
  { where: false, mixed: true, runs: 100 },
);
