import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvReader, csvTable, issueLimit } from '../../src/data/csv.ts';
import { memoryStudy } from '../../src/data/memory.ts';
import type { Issue } from '../../src/run/issue.ts';

interface Read {
  header: readonly string[];
  records: (readonly string[])[];
  lines: number[];
  issues: readonly Issue[];
  delimiter: string;
}

function read(chunks: Iterable<string>, delimiter?: string): Read {
  const out: Read = { header: [], records: [], lines: [], issues: [], delimiter: '' };
  const reader = csvReader(
    {
      header(names, used) {
        out.header = names;
        out.delimiter = used;
      },
      record(cells, line) {
        out.records.push(cells);
        out.lines.push(line);
      },
    },
    { file: 'f.csv', ...(delimiter !== undefined && { delimiter }) },
  );
  for (const chunk of chunks) reader.write(chunk);
  out.issues = reader.end();
  return out;
}
const places = ({ issues }: Read): unknown[] => issues.map(({ code, where }) => [code, where?.row, where?.column]);

/** A text in pieces of the given lengths, over and over. */
function pieces(text: string, lengths: readonly number[]): string[] {
  const parts: string[] = [];
  for (let at = 0, k = 0; at < text.length; k++) {
    const length = lengths[k % lengths.length] as number;
    parts.push(text.slice(at, at + length));
    at += length;
  }
  return parts;
}

describe('well-formed text', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', '\r', '\r\n', '\t', ' ', '1', '.', '😀'), maxLength: 6 });
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }));
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

  test('what is written is read, in chunks of any lengths, with any line ends', () => {
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (rows, delimiter, newline, lengths, mark) => {
          const header = (rows[0] as string[]).map((_, i) => `c${i}`);
          const text = (mark ? '\uFEFF' : '') + [header, ...rows].map((row) => row.map(quoted).join(delimiter)).join(newline) + newline;
          const out = read(pieces(text, lengths), delimiter);
          expect(out.issues).toEqual([]);
          expect(out.header).toEqual(header);
          expect(out.records).toEqual(rows);
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });

  test('plain cells keep inner spaces and quotes; empty lines are skipped; the last line need not end', () => {
    const out = read(['X,Y\n\na b,5" pipe\r\n\r\n 1 ,\n"q" ,"r"']);
    expect(out.records).toEqual([
      ['a b', '5" pipe'],
      [' 1 ', ''],
      ['q', 'r'],
    ]);
    expect(out.lines).toEqual([3, 5, 6]);
  });

  test('with a single column an empty line is an empty cell', () => {
    expect(read(['X\n1\n\n2\n']).records).toEqual([['1'], [''], ['2']]);
  });

  test('the separator is seen from the first line', () => {
    for (const delimiter of [',', ';', '\t', '|'])
      expect(read([`X${delimiter}"a,b;c"${delimiter}Z\n`, `1${delimiter}2${delimiter}3`])).toMatchObject({
        delimiter,
        records: [['1', '2', '3']],
        issues: [],
      });
    expect(read(['X\n1']).delimiter).toBe(',');
  });

  test('lines are counted as an editor counts them', () => {
    const out = read(pieces('X,Y\r\n"a\r\nb\nc",1\r\nd,2\r\n"e\rf",3\r\ng,4\r\n', [1]));
    expect(out.lines.slice(0, 2)).toEqual([2, 5]);
    expect(out.records.map(([x]) => x)).toEqual(['a\r\nb\nc', 'd', 'e\rf', 'g']);
  });
});

describe('what is wrong is listed together, with its line', () => {
  test('ragged, not UTF-8, quotes', () => {
    const out = read(['X,Y\n1\n1,2,3\nok,ok\n\uFFFD,2\n3,"x"y\n4,"open\n5,6\n']);
    expect(places(out)).toEqual([
      ['csv-ragged', 2, undefined],
      ['csv-ragged', 3, undefined],
      ['csv-encoding', 5, 'X'],
      ['csv-quote', 6, 'Y'],
      ['csv-quote', 7, 'Y'],
    ]);
    expect(out.records[0]).toEqual(['ok', 'ok']);
    expect(out.issues.every(({ where }) => where?.file === 'f.csv')).toBe(true);
  });

  test('headers', () => {
    expect(places(read(['X,,X\n1,2,3\n']))).toEqual([
      ['csv-header', 1, undefined],
      ['csv-header', 1, 'X'],
    ]);
    expect(places(read(['']))).toEqual([['csv-empty', 1, undefined]]);
    expect(places(read(['\n\n']))).toEqual([['csv-empty', 1, undefined]]);
  });

  test('many problems are counted, not all listed', () => {
    const out = read([`X,Y\n${'1\n'.repeat(50)}`]);
    expect(out.issues).toHaveLength(issueLimit + 1);
    expect(out.issues.at(-1)).toMatchObject({ code: 'more', message: expect.stringContaining('30 more') });
  });
});

describe('fuzz: issues, never exceptions', () => {
  const seeds = ['X,Y,n\n0,a,3\n1,"b ""c""",4\r\n,"",5\n', 'a;b\n"x\ny";2\n', 'X\tY\n1\t2\n3\t4', '\uFEFFZ,p\n1,0.5\n2,0.5\n'];
  const alphabet = [
    '"',
    ',',
    '\n',
    '\r',
    '\t',
    ';',
    '|',
    ' ',
    '0',
    '1',
    '.',
    '-',
    'e',
    'a',
    'é',
    '\uFEFF',
    '\uFFFD',
    '\0',
    '😀',
    '\uD800',
    'NA',
    '""',
  ];
  /** A small generator of its own, so that 1e5 inputs are quick and always the same. */
  let state = 12345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const letter = (): string => alphabet[random(alphabet.length)] as string;
  const input = (): string => {
    if (random(3) === 0) return Array.from({ length: random(40) }, letter).join('');
    let text = seeds[random(seeds.length)] as string;
    for (let k = random(4); k >= 0; k--) {
      const at = random(text.length + 1);
      const cut = random(4);
      text = text.slice(0, at) + (random(2) === 0 ? letter() : '') + text.slice(at + cut);
    }
    return text;
  };

  test('1e5 random and mutated texts: whole and in pieces give the same', () => {
    let [good, bad] = [0, 0];
    for (let k = 0; k < 100_000; k++) {
      const text = input();
      const whole = read([text]);
      const cut = read(pieces(text, [1 + random(5), 1 + random(9)]));
      if (JSON.stringify(whole) !== JSON.stringify(cut)) expect(cut).toEqual(whole);
      for (const record of whole.records) if (record.length !== whole.header.length) expect(record).toHaveLength(whole.header.length);
      const table = csvTable(text);
      if (table.ok !== (whole.issues.length === 0)) expect(table).toEqual(whole);
      if (table.ok) good++;
      else bad++;
    }
    expect(good).toBeGreaterThan(10_000);
    expect(bad).toBeGreaterThan(10_000);
  });

  test('1e4 of them as studies', async () => {
    let opened = 0;
    for (let k = 0; k < 10_000; k++) {
      const measure = [{}, { count: 'n' }, { weight: 'n' }, { probability: 'p' }, { missing: 'drop' as const }][random(5)];
      const made = await memoryStudy({ name: 's', regime: { set: [] }, ...measure }, { csv: input() });
      if (!made.ok) {
        expect(made.issues.length).toBeGreaterThan(0);
        continue;
      }
      opened++;
      const finite = made.value.measured.filter((name) => made.value.domains.get(name)?.kind === 'finite');
      const counts = await made.value.counts(finite);
      const total = counts.weight.reduce((sum, weight) => sum + weight, 0);
      if (!counts.exact) expect(total).toBeCloseTo(counts.total, 9);
    }
    expect(opened).toBeGreaterThan(500);
  });
});

describe('headers as other programs write them', () => {
  test('a first column without a name holds row names, as R and pandas write them', () => {
    const rows = read(['"","X","Y"\n"1",0,1\n"2",1,0\n']);
    expect(rows.issues).toEqual([]);
    expect(rows.header).toEqual(['row names', 'X', 'Y']);
    expect(rows.records).toEqual([
      ['1', '0', '1'],
      ['2', '1', '0'],
    ]);
  });

  test('another column without a name, and one beside a column called so, is still an error', () => {
    expect(places(read(['X,,Y\n0,1,2\n']))).toEqual([['csv-header', 1, undefined]]);
    expect(places(read([',row names\n0,1\n']))).toEqual([['csv-header', 1, undefined]]);
  });

  test('below a header in another encoding nothing more is reported', () => {
    const found = read(['X,Gr\uFFFD\uFFFDe\n', '0\n1,2,3\n'.repeat(30)]);
    expect(found.issues).toMatchObject([{ code: 'csv-encoding', message: 'The header is not UTF-8 (column 2).' }]);
    expect(found.records).toEqual([]);
  });
});
