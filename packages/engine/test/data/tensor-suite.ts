import { describe, expect, test } from 'vitest';
import { inferSchema } from '../../src/data/infer.ts';
import type { Declared, StudySource, StudySpec } from '../../src/data/source.ts';
import type { Picture, TensorValues } from '../../src/data/tensors.ts';
import { rowsOf } from '../../src/generative/batch.ts';
import type { Issue, Result } from '../../src/run/issue.ts';

/** Cells of a table of tensors: numbers, texts, lists, or a picture, which the maker writes to a file and replaces by its path. */
export type TensorCell = string | number | null | readonly unknown[] | Picture;
export interface TensorTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly TensorCell[])[];
}
export type MakeTensors = (spec: StudySpec, table: TensorTable) => StudySource | Promise<StudySource>;

export const isPicture = (cell: TensorCell | undefined): cell is Picture => typeof cell === 'object' && cell !== null && 'channels' in cell;

/** The table as CSV, lists as JSON in quotation marks. */
export const csvOfTensors = ({ header, rows }: TensorTable): string =>
  [header, ...rows]
    .map((row) => row.map((cell) => (Array.isArray(cell) ? `"${JSON.stringify(cell).replaceAll('"', '""')}"` : (cell ?? ''))).join(','))
    .join('\n');

export interface TensorAbilities {
  /** Cells hold lists (of numbers only, with the type of the column); else lists are texts. */
  readonly typed: boolean;
  readonly pictures: boolean;
  /** The row that the n-th record (from 1) is said to stand in. */
  readonly rowOf: (record: number) => number;
}

/** One set of expectations of tensors for every implementation of {@link StudySource}. */
export function tensorSuite(label: string, make: MakeTensors, { typed, pictures, rowOf }: TensorAbilities): void {
  const open = async (
    table: TensorTable,
    declared: Record<string, Declared>,
    more: Partial<StudySpec> = {},
  ): Promise<Result<Awaited<ReturnType<typeof told>>>> => {
    const spec: StudySpec = { name: 's', regime: { set: [] }, ...more };
    const source = await make(spec, table);
    const wanted = { declared: new Map(Object.entries(declared)) };
    const summary = await source.summary(wanted);
    if (!summary.ok) return summary;
    const schema = inferSchema(wanted.declared, [{ spec, summary: summary.value }]);
    if (!schema.ok) return schema;
    const study = await source.open(schema.value);
    return study.ok ? { ok: true, value: await told(study.value, schema.value.notes) } : study;
  };
  const told = async (study: Parameters<typeof rowsOf>[0], notes: readonly string[]) => {
    const { batch, weights } = await rowsOf(study);
    return { study, notes, batch, weights };
  };
  const read = async (...args: Parameters<typeof open>) => {
    const made = await open(...args);
    if (!made.ok) throw new Error(JSON.stringify(made.issues));
    return made.value;
  };
  const refused = async (...args: Parameters<typeof open>): Promise<readonly Issue[]> => {
    const made = await open(...args);
    return made.ok ? [] : made.issues;
  };
  const tensorOf = (column: unknown): { shape: readonly number[]; values: number[] } => {
    const { shape, values } = column as TensorValues;
    return { shape, values: Array.from(values) };
  };
  const scan = { tensor: [2, 2] };
  const three: TensorTable = {
    header: ['K', 'Scan'],
    rows: [
      ['a', [1, 2, 3, 4]],
      ['b', [5, 6, 7, 8]],
      ['a', [0, 0.5, 0, 16]],
    ],
  };

  describe(`${label}: tensors`, () => {
    test('lists: rows in their order beside the other columns, the range found and told', async () => {
      const { study, batch, notes } = await read(three, { Scan: scan });
      expect(study.measured).toEqual(['K', 'Scan']);
      expect(study.domains.get('Scan')).toEqual({ kind: 'tensor', shape: [2, 2], range: [0, 16] });
      expect(notes.join()).toContain('Scan: tensor 2 x 2 (declared), values 0 to 16 (inferred)');
      expect(batch.rows).toBe(3);
      expect(batch.columns.get('K')).toEqual({ kind: 'finite', values: Int32Array.of(0, 1, 0) });
      expect(batch.columns.get('Scan')).toEqual({
        kind: 'tensor',
        shape: [2, 2],
        values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 0, 0.5, 0, 16),
      });
      expect((await study.counts(['K'])).total).toBe(3);
    });

    test('nested lists, in two and in three axes', async () => {
      const nested = await read(
        {
          header: ['Scan'],
          rows: [
            [
              [
                [1, 2],
                [3, 4],
              ],
            ],
            [
              [
                [5, 6],
                [7, 8],
              ],
            ],
          ],
        },
        { Scan: scan },
      );
      expect(tensorOf(nested.batch.columns.get('Scan')).values).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      const deep = await read({ header: ['Scan'], rows: [[[[[1, 2, 3]], [[4, 5, 6]]]]] }, { Scan: { tensor: [2, 1, 3] } });
      expect(tensorOf(deep.batch.columns.get('Scan'))).toEqual({ shape: [2, 1, 3], values: [1, 2, 3, 4, 5, 6] });
    });

    test('the same data have one fingerprint, and one number makes another', async () => {
      const other = { ...three, rows: [...three.rows.slice(0, 2), ['a', [0, 0.5, 0, 15]]] } as TensorTable;
      const range = { Scan: { ...scan, range: [0, 16] as const } };
      const [one, same, changed] = await Promise.all([read(three, range), read(three, range), read(other, range)]);
      expect(same.study.fingerprint).toBe(one.study.fingerprint);
      expect(changed.study.fingerprint).not.toBe(one.study.fingerprint);
      const [a, b, c] = three.rows as [TensorCell[], TensorCell[], TensorCell[]];
      const [turned, swapped] = await Promise.all([
        read({ ...three, rows: [c, a, b] }, range),
        read({ ...three, rows: [['a', b[1] as TensorCell], ['b', a[1] as TensorCell], c] }, range),
      ]);
      expect(turned.study.fingerprint).toBe(one.study.fingerprint);
      expect(swapped.study.fingerprint).not.toBe(one.study.fingerprint);
    });

    test('a list of another length, of another nesting, numbers outside the range: file, row and column are named', async () => {
      const short = await refused({ header: ['Scan'], rows: [[[1, 2, 3, 4]], [[1, 2, 3]], [[1]]] }, { Scan: scan });
      expect(short).toHaveLength(1);
      expect(short[0]).toMatchObject({ code: 'tensor-shape', where: { row: rowOf(2), column: 'Scan' } });
      expect(short[0]?.message).toBe('Study s: Scan has 3 numbers, not 4 (2 x 2) (and 1 more such row).');
      const ragged = await refused(
        {
          header: ['Scan'],
          rows: [
            [
              [
                [1, 2],
                [3, 4],
              ],
            ],
            [[[1, 2, 3], [4]]],
          ],
        },
        { Scan: scan },
      );
      expect(ragged[0]).toMatchObject({ code: 'tensor-shape', where: { row: rowOf(2), column: 'Scan' } });
      expect(ragged[0]?.message).toContain('a list of 3 where 2 belong');
      const last = Array.from({ length: 2 }, () => Array.from({ length: 4 }, () => [1, 2, 3]));
      const colours = await refused({ header: ['Scan'], rows: [[last]] }, { Scan: { tensor: [3, 2, 4] } });
      expect(colours[0]).toMatchObject({
        code: 'tensor-shape',
        message: expect.stringContaining('a list of 2 where 3 belong'),
        hint: 'Channels come first: 3 lists of 2 rows of 4 numbers, and not one list per row of pixels.',
      });
      const outside = await refused(three, { Scan: { ...scan, range: [0, 10] } });
      expect(outside[0]).toMatchObject({ code: 'out-of-range', where: { row: rowOf(3), column: 'Scan' } });
      expect(outside[0]?.message).toContain('holds 16, outside its range of 0 to 10');
    });

    const numbered = (...rows: (readonly TensorCell[])[]): TensorTable => ({ header: ['Scan.0', 'Scan.1', 'K', 'Scan.2', 'Scan.3'], rows });

    test('numbered columns, also under another name', async () => {
      const table = numbered([1, 2, 'a', 3, 4], [5, 6, 'b', 7, 8.5]);
      const { study, batch } = await read(table, { Scan: scan });
      expect(study.measured.toSorted()).toEqual(['K', 'Scan']);
      expect(tensorOf(batch.columns.get('Scan')).values).toEqual([1, 2, 3, 4, 5, 6, 7, 8.5]);
      const renamed = await read(table, { Picture: scan }, { columns: { Picture: 'Scan' } });
      expect(tensorOf(renamed.batch.columns.get('Picture')).values).toEqual([1, 2, 3, 4, 5, 6, 7, 8.5]);
      const lacking = await refused(table, { Scan: { tensor: [2, 3] } });
      expect(lacking[0]).toMatchObject({ code: 'tensor-columns' });
      expect(lacking[0]?.message).toContain('in columns Scan.0 to Scan.5; the data has no column Scan.4 (and 1 more are not there)');
      expect((await refused(table, { Scan: { tensor: [3] } }))[0]?.message).toContain('the data also has Scan.3');
      const outside = await refused(table, { Scan: { ...scan, range: [0, 8] } });
      expect(outside[0]).toMatchObject({ code: 'out-of-range', where: { row: rowOf(2), column: 'Scan.3' } });
    });

    test('a missing tensor is a missing cell: an error with its row, or dropped and counted', async () => {
      const table: TensorTable = { header: ['K', 'Scan'], rows: [...three.rows.slice(0, 2), ['c', null], ...three.rows.slice(2)] };
      const issues = await refused(table, { Scan: scan });
      expect(issues[0]).toMatchObject({ code: 'missing-cells', where: { row: rowOf(3), column: 'Scan' } });
      const dropped = await read(table, { Scan: scan }, { missing: 'drop' });
      expect(dropped.batch.rows).toBe(3);
      expect(tensorOf(dropped.batch.columns.get('Scan')).values).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 0, 0.5, 0, 16]);
      const holed = numbered([1, 2, 'a', 3, 4], [5, null, 'b', 7, 8], [9, 10, 'c', 11, 12]);
      expect((await refused(holed, { Scan: scan }))[0]).toMatchObject({ code: 'missing-cells', where: { row: rowOf(2) } });
      const { batch } = await read(holed, { Scan: scan }, { missing: 'drop' });
      expect(tensorOf(batch.columns.get('Scan')).values).toEqual([1, 2, 3, 4, 9, 10, 11, 12]);
    });

    test('counts as weights, and rows of count 0 are no records', async () => {
      const table: TensorTable = {
        header: ['Scan', 'n'],
        rows: [
          [[1, 2, 3, 4], 3],
          [[5, 6, 7, 8], 0],
          [[9, 10, 11, 12], 2],
        ],
      };
      const { batch, weights } = await read(table, { Scan: scan }, { count: 'n' });
      expect(tensorOf(batch.columns.get('Scan')).values).toEqual([1, 2, 3, 4, 9, 10, 11, 12]);
      expect(Array.from(weights ?? [])).toEqual([3, 2]);
    });

    test('more numbers than are held in memory: the size is said, nothing is read', async () => {
      const issues = await refused(three, { Scan: { tensor: [20_000, 20_000] } });
      expect(issues[0]).toMatchObject({ code: 'too-large' });
      expect(issues[0]?.message).toContain('3 rows x 20000 x 20000 numbers, 4.47 GiB');
    });

    test.skipIf(typed)('a cell that is no list of numbers', async () => {
      const issues = await refused({ header: ['Scan'], rows: [['[1; 2'], [[1, 'x', 3, 4]]] }, { Scan: scan });
      expect(issues.map(({ code, where }) => [code, where?.row])).toEqual([
        ['tensor-shape', rowOf(1)],
        ['not-a-number', rowOf(2)],
      ]);
    });

    const grey = (...bytes: number[]): Picture => ({ width: 2, height: 2, channels: 1, values: Uint8Array.from(bytes) });
    const rgb = (...bytes: number[]): Picture => ({ width: 2, height: 1, channels: 3, values: Uint8Array.from(bytes) });

    test.skipIf(!pictures)('PNG files: scaled to the range, channels first or last, alpha let go where opaque', async () => {
      const { batch, study } = await read({ header: ['Scan'], rows: [[grey(0, 51, 102, 255)], [grey(255, 0, 0, 0)]] }, { Scan: scan });
      expect(study.domains.get('Scan')).toEqual({ kind: 'tensor', shape: [2, 2], range: [0, 1] });
      expect(batch.columns.get('Scan')).toEqual({
        kind: 'tensor',
        shape: [2, 2],
        values: Float32Array.of(0, 0.2, 0.4, 1, 1, 0, 0, 0),
      });
      const wide = await read({ header: ['Scan'], rows: [[grey(0, 51, 102, 255)]] }, { Scan: { ...scan, range: [-1, 4] } });
      expect(tensorOf(wide.batch.columns.get('Scan')).values).toEqual([-1, 0, 1, 4]);
      const colour = { header: ['Scan'], rows: [[rgb(1, 2, 3, 4, 5, 6)], [{ ...grey(7, 8), height: 1 }]] };
      const first = await read(colour, { Scan: { tensor: [3, 1, 2], range: [0, 255] } });
      expect(tensorOf(first.batch.columns.get('Scan')).values).toEqual([1, 4, 2, 5, 3, 6, 7, 8, 7, 8, 7, 8]);
      const tall: Picture = { width: 1, height: 2, channels: 3, values: Uint8Array.of(1, 2, 3, 4, 5, 6) };
      const last = await read({ header: ['Scan'], rows: [[tall]] }, { Scan: { tensor: [2, 1, 3], range: [0, 255] } });
      expect(tensorOf(last.batch.columns.get('Scan')).values).toEqual([1, 2, 3, 4, 5, 6]);
      const opaque: Picture = { width: 2, height: 1, channels: 4, values: Uint8Array.of(1, 2, 3, 255, 4, 5, 6, 255) };
      const kept = await read({ header: ['Scan'], rows: [[opaque]] }, { Scan: { tensor: [3, 1, 2], range: [0, 255] } });
      expect(tensorOf(kept.batch.columns.get('Scan')).values).toEqual([1, 4, 2, 5, 3, 6]);
    });

    test.skipIf(!pictures)('the fingerprint knows pictures by what their files hold, and which record has which', async () => {
      const [one, two] = [grey(0, 51, 102, 255), grey(255, 0, 0, 0)];
      const of = async (...rows: (readonly TensorCell[])[]): Promise<string> =>
        (await read({ header: ['K', 'Scan'], rows }, { Scan: scan })).study.fingerprint;
      const own = await of(['a', one], ['b', two], ['b', one]);
      expect(own).toMatch(/^[0-9a-f]{16}$/u);
      // Under other names, and in another order.
      expect(await of(['a', one], ['b', two], ['b', one])).toBe(own);
      expect(await of(['b', one], ['a', one], ['b', two])).toBe(own);
      const others = [
        await of(['a', one], ['b', two], ['b', grey(0, 51, 103, 255)]),
        await of(['a', two], ['b', one], ['b', one]),
        await of(['a', one], ['b', two], ['b', two]),
        (
          await read(
            {
              header: ['K', 'Scan'],
              rows: [
                ['a', one],
                ['b', two],
                ['b', one],
              ],
            },
            { Scan: { ...scan, range: [0, 2] } },
          )
        ).study.fingerprint,
      ];
      expect(new Set([own, ...others]).size).toBe(5);
    });

    test.skipIf(!pictures)('PNG files that do not fit: the picture, its size and the row are named', async () => {
      const declared = { Scan: { tensor: [2, 2] } };
      const wide: Picture = { width: 3, height: 2, channels: 1, values: new Uint8Array(6) };
      const size = await refused({ header: ['Scan'], rows: [[grey(0, 0, 0, 0)], [wide]] }, declared);
      expect(size[0]).toMatchObject({ code: 'picture-size', where: { row: rowOf(2), column: 'Scan' } });
      expect(size[0]?.message).toMatch(/Study s: .*\.png is 3 pixels wide and 2 high, and not 2 wide and 2 high\./u);
      const absent = await refused({ header: ['Scan'], rows: [['nowhere.png']] }, declared);
      expect(absent[0]).toMatchObject({ code: 'no-picture', where: { row: rowOf(1), column: 'Scan' } });
      expect(absent[0]?.message).toContain('there is no picture “nowhere.png”');
      const colour: Picture = { width: 2, height: 2, channels: 3, values: Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0) };
      expect((await refused({ header: ['Scan'], rows: [[colour]] }, declared))[0]?.code).toBe('picture-channels');
      const clear: Picture = { width: 2, height: 2, channels: 2, values: Uint8Array.of(1, 255, 1, 254, 1, 255, 1, 255) };
      expect((await refused({ header: ['Scan'], rows: [[clear]] }, declared))[0]?.code).toBe('picture-channels');
    });
  });
}
