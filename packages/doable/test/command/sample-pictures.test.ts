import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import { fitRidgeReader } from '../../../engine/src/generative/metrics/reader.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { readOptdigits } from '../../src/images/collections.ts';
import { doable, type Ran, root } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'doable-pictures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const sample = (...args: string[]): Promise<Ran> => doable(['sample', ...args], { env: { XDG_CACHE_HOME: join(folder, 'cache') } });
const write = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test('the example holds what its script writes', () => {
  const made = spawnSync(process.execPath, [join(root, 'scripts/digits.mjs'), '--check'], { encoding: 'utf8' });
  expect(made.status, made.stderr).toBe(0);
});

// DOABLE_DIGITS=full draws the pictures as they are, 8 x 8, from a longer training (some two minutes).
const full = process.env.DOABLE_DIGITS === 'full';
const [side, steps] = full ? [8, 500] : [4, 200];

/** 8 x 8 pixels, or means of 2 x 2 of them. */
const pooled = (picture: ArrayLike<number>): number[] =>
  Array.from({ length: side * side }, (_, pixel) => {
    const [zoom, x, y] = [8 / side, pixel % side, Math.floor(pixel / side)];
    let sum = 0;
    for (let i = 0; i < zoom * zoom; i++) sum += picture[(y * zoom + Math.floor(i / zoom)) * 8 + x * zoom + (i % zoom)] as number;
    return sum / (zoom * zoom);
  });

test('pictures of P(Scan | do(Label)): read as their label far more often than by chance, half of them in pencil', async () => {
  const { variables, graph } = JSON.parse(readFileSync(join(root, 'examples/digits.json'), 'utf8'));
  const [heading = '', ...records] = readFileSync(join(root, 'examples/data/digits-simulated.csv'), 'utf8').trimEnd().split('\n');
  const kept = records.map((line) => line.split(',')).filter(([, label]) => label === '0' || label === '1');
  const small = kept.map(([pen, label, ...ink]) => [pen, label, ...pooled(ink.map(Number))].join());
  write(
    'small.csv',
    [
      heading
        .split(',')
        .slice(0, 2 + side * side)
        .join(),
      ...small,
    ].join('\n'),
  );
  const problem = write(
    'digits.json',
    JSON.stringify({
      graph,
      variables: { ...variables, Label: { levels: [0, 1] }, Scan: { tensor: [side, side], range: [0, 16] } },
      studies: [{ data: 'small.csv' }],
    }),
  );
  const [saved, each] = [join(folder, 'network'), 100];
  const at = ['--at', 'Label=0,1', '-n', String(each), '--steps', String(steps), '--save', saved];
  const trained = await sample(problem, 'P(Scan | do(Label))', ...at);
  expect(trained.code, trained.err).toBe(0);
  const [header, ...lines] = trained.out.trimEnd().split('\n');
  expect(header).toBe(['Label', ...Array.from({ length: side * side }, (_, i) => `Scan.${i}`)].join());
  const rows = lines.map((line) => line.split(',').map(Number));
  const drawn = rows.map((row) => row.slice(1));

  const digits = await readOptdigits();
  if (!digits.ok) throw new Error(JSON.stringify(digits.issues));
  const { truth } = digits.value;
  const known = Array.from({ length: truth.count }, (_, i) => i).filter((i) => (truth.classes[i] as number) < 2);
  const brightest = (picture: readonly number[]): number => Math.max(...picture);
  const pictures = (list: readonly (readonly number[])[]) => ({
    shape: [1, side, side],
    values: Float32Array.from(list.flatMap((picture) => picture.map((ink) => ink / brightest(picture)))),
  });
  const reader = fitRidgeReader(
    pictures(known.map((i) => pooled(truth.pixels.subarray(64 * i, 64 * (i + 1))))),
    new Map([['digit', { levels: 2, values: Int32Array.from(known, (i) => truth.classes[i] as number) }]]),
    { random: new Random(1), units: 64, components: 8 },
  );
  const read = (await reader.predict(pictures(drawn))).get('digit') as Int32Array;
  const right = rows.filter(([label], i) => read[i] === label).length / rows.length;
  // Of the 0s that are seen 4 in 5 are in pencil, of the 1s 1 in 5; here half are of either.
  const limit = middleOf(small.map((line) => brightest(line.split(',').slice(2).map(Number))));
  const faint = [0, 1].map((label) => {
    const own = drawn.filter((_, i) => rows[i]?.[0] === label);
    return own.filter((picture) => brightest(picture) < limit).length / own.length;
  });
  if (full) process.stderr.write(`read as their label: ${right}; in pencil: ${faint.join(', ')}\n`);
  // By chance a half, with a standard deviation of .035.
  expect(right).toBeGreaterThan(full ? 0.8 : 0.68);
  for (const share of faint) expect(Math.abs(share - 0.5), faint.join()).toBeLessThan(0.2);

  const load = (...more: string[]) => sample('--load', saved, '--at', 'Label=1', ...more);
  const [csv, json, again] = await Promise.all([
    load('-n', '2'),
    load('-n', '2', '--format', 'ndjson'),
    load('-n', '9', '--out', join(folder, 'grid.png')),
  ]);
  const nested: number[][][] = json.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).Scan);
  expect(nested.map((scan) => [scan.length, scan[0]?.length])).toEqual([
    [side, side],
    [side, side],
  ]);
  expect(csv.out.split('\n')[1]).toBe(nested[0]?.flat().join());
  expect(again.code, again.err).toBe(0);
  const grid = decode(readFileSync(join(folder, 'grid.png')));
  expect([grid.width, grid.height, grid.channels]).toEqual([3 * 58 + 2, 3 * 58 + 2, 1]);
});

/** Half way between the largest of what pencil leaves and ink. */
const middleOf = (most: readonly number[]): number => {
  const sorted = most.toSorted((a, b) => a - b);
  return ((sorted[Math.floor(sorted.length / 4)] as number) + (sorted[Math.floor((3 * sorted.length) / 4)] as number)) / 2;
};

test('draws in Parquet are read back as a study; a picture is set by its file', async () => {
  const study = { data: 'scans.csv' };
  const lines = Array.from({ length: 40 }, (_, i) => `${i % 2},${Array.from({ length: 16 }, (_, k) => (i % 2 === 0 ? k : 15 - k)).join()}`);
  write('scans.csv', [`Sick,${Array.from({ length: 16 }, (_, k) => `Scan.${k}`).join()}`, ...lines].join('\n'));
  const problem = write('scans.json', JSON.stringify({ graph: 'Scan -> Sick', variables: { Scan: { tensor: [4, 4] } }, studies: [study] }));
  const other = write('other.json', JSON.stringify({ graph: 'Sick -> Scan', variables: { Scan: { tensor: [4, 4] } }, studies: [study] }));
  const out = join(folder, 'drawn.parquet');
  const drawn = await sample(other, 'P(Scan, Sick)', '-n', '30', '--steps', '3', '--format', 'parquet', '--out', out);
  expect(drawn.code, drawn.err).toBe(0);
  const back = write(
    'back.json',
    JSON.stringify({ graph: 'Scan; Sick', variables: { Scan: { tensor: [4, 4] } }, studies: [{ data: 'drawn.parquet' }] }),
  );
  const checked = await doable(['check', back]);
  expect(checked.code, checked.err).toBe(0);
  expect(checked.err).toContain('study drawn: 30 rows');

  const ramp = Uint8Array.from({ length: 16 }, (_, k) => 17 * k);
  const rising = write('rising.png', encode({ width: 4, height: 4, channels: 1, depth: 8, data: ramp }));
  const falling = write('falling.png', encode({ width: 4, height: 4, channels: 1, depth: 8, data: ramp.toReversed() }));
  const ask = (...more: string[]) => sample(problem, 'P(Sick | do(Scan))', '-n', '60', '--steps', '60', ...more);
  const both = await ask('--input', `Scan=${rising}`, '--input', `Scan=${falling}`);
  expect(both.code, both.err).toBe(0);
  const rows = both.out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  const sick = (file: string) => rows.filter(([own, value]) => own === file && value === '1').length;
  expect(rows).toHaveLength(120);
  expect(sick(rising)).toBeLessThan(12);
  expect(sick(falling)).toBeGreaterThan(48);

  const wide = write('wide.png', encode({ width: 3, height: 2, channels: 1, depth: 8, data: new Uint8Array(6) }));
  const wrong = await Promise.all([
    ask(),
    ask(...[`Scan=${wide}`, `Scan=${join(folder, 'absent.png')}`, `Sick=${wide}`, `Scam=${wide}`].flatMap((one) => ['--input', one])),
  ]);
  expect(wrong.map(({ code }) => code)).toEqual([2, 2]);
  expect(wrong[0]?.err).toContain('--input NAME=FILE.png');
  for (const says of ['3 pixels wide and 2 high, and not 4 wide and 4 high', 'there is no picture', 'Sick is no picture', 'Did you mean'])
    expect(wrong[1]?.err).toContain(says);
});

test('commands that train nothing do not decode pictures; a file that is missing or of another size is named', async () => {
  const picture = (name: string, width: number): string => {
    const bytes = encode({ width, height: 4, channels: 1, depth: 8, data: new Uint8Array(4 * width) });
    // Nothing after the header is there.
    write(name, bytes.subarray(0, 40));
    return name;
  };
  const [here, wide] = [picture('cut-off.png', 4), picture('cut-off-wide.png', 8)];
  const ask = async (paths: readonly string[], ...more: string[]): Promise<Ran> => {
    write('paths.csv', ['A,Scan', ...paths.map((path, i) => `${i},${path}`)].join('\n'));
    const problem = { graph: 'A -> Scan', variables: { Scan: { tensor: [4, 4] } }, studies: [{ data: 'paths.csv' }] };
    return sample(write('paths.json', JSON.stringify(problem)), 'P(Scan | do(A=1))', ...more);
  };
  const plan = await ask([here, here], '--plan');
  expect(plan.code, plan.err).toBe(0);
  expect(plan.out).toContain('P(Scan | A)');
  const document = join(folder, 'paths.json');
  const plain = ['--uncertainty', 'none', '--no-verify'];
  write(
    'sites.csv',
    ['Site,B,C,Scan', ...Array.from({ length: 40 }, (_, i) => `${i % 4},${i % 3 === 0 ? 1 : 0},${i % 5 < 2 ? 1 : 0},${here}`)].join('\n'),
  );
  const sites = write(
    'sites.json',
    JSON.stringify({ variables: { Scan: { tensor: [4, 4] } }, studies: [{ data: 'sites.csv', environment: 'Site' }] }),
  );
  const [explained, checked, both, asked, lines, discovered] = (await Promise.all([
    doable(['explain', document, 'P(A | do(Scan))']),
    doable(['check', document]),
    doable(['check', document, '--json']),
    doable(['ask', document, 'P(A=1)', '--json', ...plain]),
    doable(['ask', '--lines', 'P(A=1)', ...plain], {
      input: `${JSON.stringify(JSON.parse(readFileSync(document, 'utf8')))}\n`,
      cwd: folder,
    }),
    doable(['discover', sites, '--variables', 'B,C', '--bootstrap', '0', '--json']),
  ])) as [Ran, Ran, Ran, Ran, Ran, Ran];
  expect(explained.code, explained.err).toBe(0);
  expect(checked.code, checked.err).toBe(0);
  expect(checked.out).toMatch(/Scan {2}4 x 4/u);
  expect(checked.err).toContain('the pictures of Scan were not decoded');
  const [{ fingerprint, rows }] = JSON.parse(both.out).tables;
  expect([rows, fingerprint]).toEqual([2, expect.stringMatching(/^[0-9a-f]{16}$/u)]);
  expect(checked.out).toContain(`fingerprint ${fingerprint}`);
  expect([asked.code, lines.code], asked.err + lines.err).toEqual([0, 0]);
  for (const { out } of [asked, lines])
    expect(JSON.parse(out).answers[0]).toMatchObject({ value: 0.5, studies: [{ rows: 2, fingerprint }] });
  expect(asked.err).toContain('the pictures of Scan were not decoded');
  expect(discovered.err).toContain('the pictures of Scan were not decoded');
  expect(JSON.parse(discovered.out).studies).toMatchObject([{ rows: 40, fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/u) }]);
  const trained = await doable(['ask', document, 'P(A=1 | do(Scan))', '--sampler']);
  expect(trained.code).toBe(2);
  expect(trained.err).toContain('“cut-off.png” is damaged');
  const drawn = await ask([here, here], '-n', '1');
  expect(drawn.code).toBe(2);
  expect(drawn.err).toContain('“cut-off.png” is damaged');
  const wrong = await ask([here, 'absent.png', wide], '--plan');
  expect([wrong.code, wrong.out]).toEqual([2, '']);
  expect(wrong.err).toContain('there is no picture “absent.png”');
  expect(wrong.err).toContain('cut-off-wide.png is 8 pixels wide and 4 high, and not 4 wide');
});

test('pictures that no U-Net draws are refused before anything is trained', async () => {
  write('odd.csv', 'A,Scan\n1,"[1,2,3,4,5,6]"\n2,"[1,2,3,4,5,6]"\n');
  const cases: readonly (readonly [readonly number[], string])[] = [
    [[2, 3], 'are not both multiples of 4'],
    [[2, 1, 3], 'channels must come first'],
  ];
  for (const [tensor, says] of cases) {
    const problem = write(
      'odd.json',
      JSON.stringify({ graph: 'A -> Scan', variables: { Scan: { tensor } }, studies: [{ data: 'odd.csv' }] }),
    );
    const ran = await sample(problem, 'P(Scan | do(A=1))', '-n', '2');
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain(says);
  }
  const colours = { graph: 'Scan -> A', variables: { Scan: { tensor: [2, 1, 3] } }, studies: [{ data: 'odd.csv' }] };
  const condition = await sample(write('odd.json', JSON.stringify(colours)), 'P(A | do(Scan))', '--save', join(folder, 'never'));
  expect(condition.code).toBe(2);
  expect(condition.err).toContain('Scan is declared as 2 x 1 x 3: for models that are trained, channels must come first.');
  expect(condition.err).toContain('Declare [3, 2, 1]');
  expect(condition.err.split('channels must come first')).toHaveLength(2);
  // Commands that train nothing warn; draws that have nothing to do with the pictures are not held up.
  const others = await Promise.all([
    doable(['check', join(folder, 'odd.json')]),
    doable(['explain', join(folder, 'odd.json'), 'P(A | do(Scan))']),
    sample(join(folder, 'odd.json'), 'P(A | do(Scan))', '--plan'),
    sample(join(folder, 'odd.json'), 'P(A)', '-n', '2', '--no-cache'),
  ]);
  expect(others.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(others.map(({ err }) => /^warning: Scan is declared as 2 x 1 x 3: /mu.test(err))).toEqual([true, true, true, false]);
});

test('--models kinds: learnt once, kept and drawn from again with the same digits; what it cannot do is refused with the remedy', async () => {
  // Even rows rise, odd ones fall, some fainter; six pixels on a side, which no U-Net draws.
  const lines = Array.from({ length: 160 }, (_, i) => {
    const ramp = Array.from({ length: 36 }, (_, k) => ((i % 2 === 0 ? k : 35 - k) * (4 + (i % 5))) / 8);
    return `${i % 2},${i % 3},${ramp.join()}`;
  });
  write('ramps.csv', [`Sick,Site,${Array.from({ length: 36 }, (_, k) => `Scan.${k}`).join()}`, ...lines].join('\n'));
  const problemOf = (name: string, graph: string): string =>
    write(name, JSON.stringify({ graph, variables: { Scan: { tensor: [6, 6], range: [0, 40] } }, studies: [{ data: 'ramps.csv' }] }));
  const problem = problemOf('ramps.json', 'Site -> Sick; Site -> Scan; Sick -> Scan');
  const ask = ['P(Scan | do(Sick))', '--at', 'Sick=0,1', '-n', '20', '--steps', '80'];
  const saved = join(folder, 'kinds');
  const trained = await sample(problem, ...ask, '--models', 'kinds', '--save', saved, '--threads', '2');
  expect(trained.code, trained.err).toBe(0);
  expect(trained.err).toMatch(/Pictures of 6 x 6: \d+ kinds, by what shows of Sick.*; up to \d+ components each \(.* MB\)/u);
  expect(trained.err).toContain('f1 P(Site): table');
  expect(trained.err).toContain('f2 P(Scan | Site, Sick): kinds, learnt from 160 records');
  const rows = trained.out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').map(Number));
  const rising = (sick: number): number => rows.filter((row) => row[0] === sick && (row[36] as number) > (row[1] as number)).length;
  expect([rising(0), rising(1)]).toEqual([20, 0]);
  const [again, loaded, plan] = await Promise.all([
    sample(problem, ...ask, '--factor', 'f2=kinds'),
    sample('--load', saved, '--at', 'Sick=0,1', '-n', '20'),
    sample('--load', saved, '--plan'),
  ]);
  expect(again.err).toContain('f2 P(Scan | Site, Sick): kinds, from the cache');
  expect(again.out).toBe(trained.out);
  expect(loaded.out).toBe(trained.out);
  expect(plan.out).toContain('P(Scan | Site, Sick)');

  const alone = problemOf('alone.json', 'Scan');
  const refused = await Promise.all([
    sample(alone, 'P(Scan)', '-n', '2', '--models', 'kinds'),
    sample(problem, ...ask, '--factor', 'f1=kinds'),
    sample(problem, ...ask),
  ]);
  expect(refused.map(({ code, out }) => [code, out])).toEqual([
    [2, ''],
    [2, ''],
    [2, ''],
  ]);
  expect(refused[0]?.err).toContain('The pictures of Scan cannot be told apart');
  expect(refused[0]?.err).toContain('unet');
  expect(refused[1]?.err).toContain('f1 P(Site) cannot be a kinds model: it has no picture to tell the kind of.');
  expect(refused[2]?.err).toContain('--models kinds, which takes any');
});
