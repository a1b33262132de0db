import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadSolver } from '../../src/bounds/highs.ts';
import { tableOne, tableOneCounts } from '../../src/reproduce/table-one.ts';

const examples = new URL('../../../../examples/data/', import.meta.url);
interface Row {
  readonly drug: boolean;
  readonly woman: boolean;
  readonly survived: boolean;
  readonly count: number;
}
function rowsOf(name: string): Row[] {
  const [head = '', ...lines] = readFileSync(new URL(`mueller-pearl-${name}.csv`, examples), 'utf8')
    .trim()
    .split(/\r?\n/u);
  const names = head.split(',');
  return lines.map((line) => {
    const cells = new Map(line.split(',').map((cell, i) => [names[i], cell]));
    const [drug, woman, survived] = [
      cells.get('treatment') === 'drug',
      cells.get('gender') === 'female',
      cells.get('survival') === 'survived',
    ];
    return { drug, woman, survived, count: Number(cells.get('count')) };
  });
}
const records = rowsOf('records');
const trial = rowsOf('trial');
const share = (rows: readonly Row[], is: (row: Row) => boolean): number =>
  rows.reduce((sum, row) => sum + (is(row) ? row.count : 0), 0) / rows.reduce((sum, row) => sum + row.count, 0);

/** Tian and Pearl 2000, for records and trial of one group. */
function closedForm(o: readonly Row[] | undefined, i: readonly Row[] | undefined): [number, number] {
  const low = [0];
  const high = [1];
  if (o !== undefined) high.push(share(o, ({ drug, survived }) => drug === survived));
  if (i !== undefined) {
    const y1 = share(
      i.filter(({ drug }) => drug),
      ({ survived }) => survived,
    );
    const y0 = share(
      i.filter(({ drug }) => !drug),
      ({ survived }) => survived,
    );
    low.push(y1 - y0);
    high.push(y1, 1 - y0);
    if (o !== undefined) {
      const y = share(o, ({ survived }) => survived);
      low.push(y - y0, y1 - y);
      high.push(y1 - y0 + share(o, ({ drug, survived }) => drug !== survived));
    }
  }
  return [Math.max(...low), Math.min(...high)];
}

test('the counts are those of the examples', () => {
  for (const [name, rows] of [
    ['records', records],
    ['trial', trial],
  ] as const) {
    const cell = ({ drug, woman, survived }: Row): number => 4 * Number(drug) + 2 * Number(!woman) + Number(survived);
    const counts = new Array<number>(8).fill(0);
    for (const row of rows) counts[cell(row)] = row.count;
    expect(counts).toEqual(tableOneCounts[name]);
  }
});

test('twelve rows: computed, by the closed forms, and as printed', async () => {
  const rows = await tableOne(await loadSolver());
  expect(rows).toHaveLength(12);
  for (const { whom, gender, data, computed, known, agrees, printed, rounds } of rows) {
    const place = `${whom}, gender ${gender}, ${data}`;
    const of = (rows: readonly Row[], woman: boolean): Row[] => rows.filter((row) => row.woman === woman);
    const bounds = (part: (rows: readonly Row[]) => Row[]): [number, number] =>
      closedForm(data === 'I' ? undefined : part(records), data === 'O' ? undefined : part(trial));
    const everybody = (): [number, number] => {
      if (gender === 'summed out') return bounds((rows) => [...rows]);
      // Half of all are women, in both studies; mixtures of the bounds of both groups.
      const [women, men] = [bounds((rows) => of(rows, true)), bounds((rows) => of(rows, false))];
      return [(women[0] + men[0]) / 2, (women[1] + men[1]) / 2];
    };
    const expected = whom === 'everybody' ? everybody() : bounds((rows) => of(rows, whom === 'women'));
    for (const end of [0, 1] as const) {
      expect(known[end], place).toBeCloseTo(expected[end], 12);
      expect(Math.abs(computed[end] - expected[end]), place).toBeLessThan(1e-9);
    }
    expect(agrees, place).toBe(true);
    expect(rounds, place).toBe(printed === undefined ? undefined : place !== 'everybody, gender in the model, O+I');
  }
});
