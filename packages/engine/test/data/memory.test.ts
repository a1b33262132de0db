import { describe, expect, test } from 'vitest';
import { inferSchema } from '../../src/data/infer.ts';
import { memorySource, memoryStudy } from '../../src/data/memory.ts';
import { rowsTable } from '../../src/data/reading.ts';
import { countsStudy } from '../../src/data/records.ts';
import { momentsSuite } from './moments-suite.ts';
import { type Abilities, cellsOf, type Make, type SuiteTable, studySuite } from './study-suite.ts';

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

const suites = (label: string, make: Make, abilities: Abilities): void => {
  studySuite(label, make, abilities);
  momentsSuite(label, make, abilities);
};

suites(
  'inline rows',
  (spec, { header, rows }) =>
    memorySource(spec, {
      rows: rows.length === 0 ? [] : rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? null]))),
    }),
  { where: false, mixed: true, runs: 300 },
);
suites('CSV text', (spec, table) => memorySource(spec, { csv: csvOf(table) }), { where: false, mixed: true, runs: 300 });
studySuite(
  'tab-separated text in chunks of 7 characters',
  (spec, table) => memorySource(spec, { csv: csvOf(table, '\t').match(/[\s\S]{1,7}/gu) ?? [], options: { delimiter: '\t' } }),
  { where: false, mixed: true, runs: 100 },
);

describe('studies in memory', () => {
  const rows = Array.from({ length: 9000 }, (_, i) => ({ A: i % 3, B: (i * 7) % 4, id: `u${i % 4500}`, Y: ((i * 31) % 997) / 8 }));
  const direct = (of: readonly ('A' | 'B' | 'id')[]): Record<string, { n: number; sum: number }> => {
    const cells: Record<string, { n: number; sum: number }> = {};
    for (const row of rows) {
      const key = of.map((name) => String(row[name])).join();
      const cell = cells[key] ?? { n: 0, sum: 0 };
      cells[key] = cell;
      cell.n++;
      cell.sum += row.Y;
    }
    return cells;
  };

  test.each([
    ['from the joint table where that is small', ['A', 'B', 'Y']],
    ['from the rows where it is not', ['A', 'B', 'id', 'Y']],
  ] as const)('margins and moments of many rows: %s', async (_, names) => {
    const source = memorySource({ name: 's', regime: { set: [] } }, { rows });
    const summary = await source.summary({ declared: new Map(), names });
    if (!summary.ok) throw new Error('no summary');
    const schema = inferSchema(new Map(), [{ spec: source.spec, summary: summary.value }]);
    const opened = schema.ok ? await source.open(schema.value) : schema;
    if (!opened.ok) throw new Error('no study');
    for (const of of [['B', 'A'], ['A'], []] as const) {
      const [plain, moments] = [await opened.value.counts(of), await opened.value.counts(of, 'Y')];
      const expected = direct(of);
      expect(cellsOf(plain)).toEqual(Object.fromEntries(Object.entries(expected).map(([key, { n }]) => [key, n])));
      const shift = moments.outcome?.shift as number;
      const sums = Object.values(cellsOf(moments)).map((n, cell) => (moments.outcome?.sum[cell] as number) + n * shift);
      sums.forEach((sum, cell) => {
        expect(sum).toBeCloseTo((expected[Object.keys(cellsOf(moments))[cell] as string] as { sum: number }).sum, 6);
      });
    }
    await expect(opened.value.counts(['Y'])).rejects.toThrow(RangeError);
    await expect(opened.value.counts(['A'], 'B')).rejects.toThrow(RangeError);
  });

  test('a study given by its joint table', async () => {
    const made = await memoryStudy({ name: 's', regime: { set: [] } }, { rows: rows.map(({ A, B }) => ({ A, B })) });
    if (!made.ok) throw new Error('no study');
    const joint = await made.value.counts(['A', 'B']);
    const again = countsStudy('again', joint, { set: ['A'] });
    expect([again.size, again.effectiveSize, again.measured]).toEqual([9000, 9000, ['A', 'B']]);
    expect(again.domains).toEqual(made.value.domains);
    expect(await again.counts(['B'])).toEqual(await made.value.counts(['B']));
    expect(countsStudy('again', joint).fingerprint).not.toBe(again.fingerprint);
    await expect(again.counts(['A'], 'Y')).rejects.toThrow(RangeError);
  });

  test('what only files can do is refused', async () => {
    const made = await memoryStudy({ name: 's', regime: { set: [] }, where: 'A = 1' }, { rows });
    expect(made.ok ? [] : made.issues.map(({ code }) => code)).toEqual(['no-where']);
    const nested = rowsTable([{ A: [1] }, { A: Number.POSITIVE_INFINITY }, { A: 1 }], 's');
    expect(nested.ok ? [] : nested.issues.map(({ code, where }) => [code, where?.row, where?.column])).toEqual([
      ['not-a-value', 1, 'A'],
      ['not-a-value', 2, 'A'],
    ]);
  });
});
