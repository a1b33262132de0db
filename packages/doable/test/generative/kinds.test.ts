import { beforeAll, describe, expect, it } from 'vitest';
import type { Pictures } from '../../../engine/src/generative/metrics/pictures.ts';
import { kindsFitter } from '../../../engine/src/generative/models/kinds-fitter.ts';
import type { KindsModel } from '../../../engine/src/generative/models/kinds-model.ts';
import { learnKinds } from '../../../engine/src/generative/models/learn-kinds.ts';
import { networkFitter } from '../../../engine/src/generative/models/neural.ts';
import { loadFactor, saveFactor } from '../../../engine/src/generative/models/saved.ts';
import type { FactorManifest } from '../../../engine/src/generative/models/saved-schema.ts';
import type { SortedPictures } from '../../../engine/src/generative/models/sorted-pictures.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask } from '../../../engine/src/generative/terms.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { batchOf, good, levels, taskOf } from '../../../engine/test/generative/models-suite.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';

let backend: OrtBackend;
beforeAll(async () => {
  backend = good(await ortBackend());
});

// Pictures of 8 x 8 with entries from 0 to 16: a bar across or down, left or above or right or below of the middle, faint or bright. The cell of a
// picture is (down, late, bright); its exact place and the ground say nothing.
const side = 8;
const area = side * side;
const picture: ColumnType = { kind: 'tensor', shape: [side, side], range: [0, 16] };
const types = new Map<string, ColumnType>([
  ['Site', levels(2)],
  ['Label', levels(4)],
  ['Code', levels(60)],
  ['Scan', picture],
  ['Next', picture],
  ['Y', levels(3)],
]);

function draw(cells: ArrayLike<number>, random: Random): Float32Array {
  const values = new Float32Array(cells.length * area);
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row] as number;
    const [down, late, bright] = [(cell >> 2) & 1, (cell >> 1) & 1, cell & 1];
    const at = 4 * late + random.integer(4);
    for (let i = 0; i < area; i++) values[row * area + i] = 1.6 * random.next();
    for (let i = 0; i < side; i++)
      values[row * area + (down === 1 ? i * side + at : at * side + i)] = (bright === 1 ? 12 : 6) + 3 * random.next();
  }
  return values;
}

/** Exact, by what was drawn: the line with the most ink. */
function cellsOf(values: Float32Array): Int32Array {
  return Int32Array.from({ length: values.length / area }, (_, row) => {
    let [most, cell] = [Number.NEGATIVE_INFINITY, 0];
    for (let down = 0; down < 2; down++)
      for (let at = 0; at < side; at++) {
        let sum = 0;
        for (let i = 0; i < side; i++) sum += values[row * area + (down === 1 ? i * side + at : at * side + i)] as number;
        if (sum > most) [most, cell] = [sum, 4 * down + 2 * (at < 4 ? 0 : 1) + (sum / side > 10.5 ? 1 : 0)];
      }
    return cell;
  });
}

const pick = (law: readonly number[], random: Random): number => {
  let rest = random.next();
  const found = law.findIndex((share) => {
    rest -= share;
    return rest < 0;
  });
  return found < 0 ? law.length - 1 : found;
};
// Site says how bright a scan is, and which labels come there; the label says direction and place, nine times in ten.
const bright = [0.85, 0.2];
const labelAt = [
  [0.4, 0.3, 0.2, 0.1],
  [0.1, 0.2, 0.3, 0.4],
];
const shown = (label: number): number[] => Array.from({ length: 4 }, (_, cell) => (cell === label ? 0.9 : 0.1 / 3));
const cellLaw = (label: number, site: number): number[] =>
  Array.from(
    { length: 8 },
    (_, cell) => (shown(label)[cell >> 1] as number) * (cell % 2 === 1 ? (bright[site] as number) : 1 - (bright[site] as number)),
  );
// The next picture: the same direction and place as the last or the opposite place, and by the site as bright.
const nextLaw = (cell: number, site: number): number[] =>
  Array.from({ length: 8 }, (_, other) => {
    const place = other >> 1 === cell >> 1 ? 0.7 : other >> 1 === ((cell >> 1) ^ 1) ? 0.2 : 0.05;
    return place * (other % 2 === 1 ? (bright[site] as number) : 1 - (bright[site] as number));
  });
const outcomeLaw = (cell: number): number[] =>
  [
    [0.8, 0.1, 0.1],
    [0.1, 0.8, 0.1],
    [0.1, 0.1, 0.8],
    [0.4, 0.4, 0.2],
  ][cell >> 1] as number[];

function rowsOf(rows: number, seed: number): { readonly batch: Batch; readonly cells: Int32Array } {
  const random = new Random(seed, 'rows');
  const [site, label, code, y] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
  const [cells, next] = [new Int32Array(rows), new Int32Array(rows)];
  for (let row = 0; row < rows; row++) {
    site[row] = random.integer(2);
    label[row] = pick(labelAt[site[row] as number] as number[], random);
    code[row] = random.integer(60);
    cells[row] = pick(cellLaw(label[row] as number, site[row] as number), random);
    next[row] = pick(nextLaw(cells[row] as number, site[row] as number), random);
    y[row] = pick(outcomeLaw(cells[row] as number), random);
  }
  const finite = (values: Int32Array): ColumnValues => ({ kind: 'finite', values });
  const tensor = (of: Int32Array, name: string): ColumnValues => ({
    kind: 'tensor',
    shape: [side, side],
    values: draw(of, random.split(name)),
  });
  const columns = {
    Site: finite(site),
    Label: finite(label),
    Code: finite(code),
    Scan: tensor(cells, 'Scan'),
    Next: tensor(next, 'Next'),
    Y: finite(y),
  };
  return { batch: batchOf(rows, columns), cells };
}
const some = ({ rows, columns }: Batch, ...names: string[]): Batch => ({
  rows,
  columns: new Map([...columns].filter(([name]) => names.includes(name))),
});
const taskOn = (of: string[], given: string[]): ConditionalTask => taskOf(of, given, Object.fromEntries(types));
const constant = (rows: number, level: number): ColumnValues => ({ kind: 'finite', values: new Int32Array(rows).fill(level) });
const scansOf = (batch: Batch, name = 'Scan'): Pictures => batch.columns.get(name) as ColumnValues & Pictures;
const shares = (codes: Int32Array, count: number): number[] =>
  Array.from({ length: count }, (_, level) => codes.reduce((sum, each) => sum + (each === level ? 1 : 0), 0) / codes.length);
const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, share, i) => sum + Math.abs(share - (b[i] as number)) / 2, 0);

const { batch: data } = rowsOf(1500, 1);
const draws = 500;

/** Mean total variation of the cells of P(Scan | do(Label)) = sum over sites of P(site) P(Scan | Label, site), over two labels, from its exact law. */
async function apart(model: ConditionalModel): Promise<number> {
  let sum = 0;
  for (const label of [0, 3]) {
    const site: ColumnValues = { kind: 'finite', values: Int32Array.from({ length: draws }, (_, row) => row % 2) };
    const made = await model.sample(batchOf(draws, { Site: site, Label: constant(draws, label) }), new Random(7));
    const exact = cellLaw(label, 0).map((share, cell) => (share + (cellLaw(label, 1)[cell] as number)) / 2);
    sum += distance(shares(cellsOf(scansOf(made).values), 8), exact) / 2;
  }
  return sum;
}

describe('models by kinds of pictures', () => {
  let sorted: readonly SortedPictures[];
  beforeAll(async () => {
    const studies = new Map([['data', { batch: some(data, 'Site', 'Label', 'Code', 'Scan', 'Y') }]]);
    sorted = good(await learnKinds(studies, types, ['Scan'], { backend, seed: 1, steps: 300, components: 12, threads: 1 }));
  });

  it('the kinds are what the pictures show of the finite columns, the most telling first; what they do not show is left out', async () => {
    expect(sorted.map(({ shape, range, compared }) => [shape, range, compared])).toEqual([[[side, side], [0, 16], ['pixels']]]);
    const [{ kinds, classes }] = sorted as [SortedPictures];
    expect(classes[0]?.label).toBe('Label');
    expect(classes.map(({ label }) => label)).toContain('Site');
    expect(classes.map(({ label }) => label)).not.toContain('Code');
    // Of pictures that were not learnt from, the level of Label is that of direction and place, Site's is the brightness.
    const { batch: held, cells } = rowsOf(600, 2);
    const found = await kinds.predict(scansOf(held));
    const right = (name: string, wanted: (cell: number) => number): number =>
      (found.get(name) as Int32Array).reduce((sum, level, row) => sum + (level === wanted(cells[row] as number) ? 1 : 0), 0) / cells.length;
    expect(right('Label', (cell) => cell >> 1)).toBeGreaterThan(0.95);
    expect(right('Site', (cell) => 1 - (cell % 2))).toBeGreaterThan(0.85);
  });

  it('draw a picture from its exact law far better than a U-Net after as many steps; saved and loaded it draws the same', async () => {
    const task = taskOn(['Scan'], ['Site', 'Label']);
    const budget = { steps: 120 };
    const fitter = kindsFitter({ backend, sorted, threads: 1, budget, widths: [128, 128] });
    const model = good(await fitter.fit(task, data, { seed: 3 })) as KindsModel;
    const unet = good(
      await networkFitter('unet', { backend, threads: 1, budget, widths: [8, 16], integration: { method: 'heun', steps: 6 } }).fit(
        task,
        data,
        { seed: 3 },
      ),
    );
    const [own, other] = [await apart(model), await apart(unet)];
    // What as many true draws show by chance is some .04.
    expect(own, `${own} against ${other}`).toBeLessThan(0.25);
    expect(own, `${own} against ${other}`).toBeLessThan(other / 2);

    const given = batchOf(50, { Site: constant(50, 0), Label: constant(50, 1) });
    const made = scansOf(await model.sample(given, new Random(4))).values;
    expect(made.every((value) => value >= 0 && value <= 16)).toBe(true);
    const { manifest, files } = good(saveFactor(model, 'f'));
    expect([...files.keys()].map((name) => name.replace(/-[0-9a-f]{32}/u, '')).sort()).toEqual([
      'code.onnx',
      'f-kind.onnx',
      'f.onnx',
      'kinds.bin',
    ]);
    const loaded = good(loadFactor(JSON.parse(JSON.stringify(manifest)), files, backend));
    expect(scansOf(await loaded.sample(given, new Random(4))).values).toEqual(made);
    const again = good(saveFactor(loaded, 'f'));
    expect(JSON.stringify(again.manifest)).toBe(JSON.stringify(manifest));
    expect(again.files).toEqual(files);
    await model.dispose();
    // It asks for what it freed.
    expect(scansOf(await model.sample(given, new Random(4))).values).toEqual(made);
    damaged(manifest, files);
  });

  /** Every lie in the manifest is found, also where all digests fit. */
  function damaged(manifest: FactorManifest, files: ReadonlyMap<string, Uint8Array>): void {
    type Kinds = Extract<FactorManifest, { model: 'kinds' }>;
    type Sorting = Kinds['sorted'][number];
    const lies: Readonly<Record<string, (of: Kinds, sorting: Sorting) => void>> = {
      'has not the': (_, { own }) => own.pop(),
      'a cut is of no class': (_, { cuts }) => cuts[0]?.classes[0]?.splice(0, 1, 9),
      'components are of no kind': (_, { own }) => own[0]?.levels.pop(),
      'a class is read by no head': (_, { classes }) => classes.push(77),
      'an attribute stands twice': (_, sorting) => Object.assign(sorting.cuts[0] as object, { side: 'Label' }),
      'the range is empty': (_, sorting) => Object.assign(sorting, { range: [16, 16] }),
      'nothing sorts the pictures of Scan': (_, sorting) => Object.assign(sorting, { shape: [1, side, side] }),
      'it sorts pictures that it has not': ({ sorted }, sorting) => sorted.push({ ...sorting, range: [0, 1] }),
      'columns of its kinds': (of) => Object.assign(of, { kinds: of.law }),
      'a kind is drawn': (of) => Object.assign(of, { kinds: undefined }),
      'holds fewer parameters': (_, { code }) => Object.assign(code, { features: 60_000 }),
      'not the code': (_, { code }) => Object.assign(code, { features: code.features - 1 }),
      redraws: (of) => Object.assign(of, { redraws: -1 }),
    };
    for (const [says, change] of Object.entries(lies)) {
      const copy = JSON.parse(JSON.stringify(manifest)) as Kinds;
      change(copy, copy.sorted[0] as Sorting);
      const read = loadFactor(copy, files, backend);
      expect(read.ok ? 'loaded' : `${read.issues[0]?.code}: ${read.issues[0]?.message}`, says).toMatch(
        new RegExp(`^bad-factor: .*${says}`, 'u'),
      );
    }
  }

  it('pictures among the conditions enter as their kinds: few rows teach what follows from them', async () => {
    const model = good(
      await kindsFitter({ backend, sorted, threads: 1, budget: { steps: 200 } }).fit(taskOn(['Y'], ['Scan']), data, { seed: 3 }),
    );
    for (const place of [0, 2, 3]) {
      const scans: ColumnValues = {
        kind: 'tensor',
        shape: [side, side],
        values: draw(new Int32Array(draws).fill(2 * place), new Random(9, place)),
      };
      const made = await model.sample(batchOf(draws, { Scan: scans }), new Random(5));
      expect(distance(shares(made.columns.get('Y')?.values as Int32Array, 3), outcomeLaw(2 * place))).toBeLessThan(0.1);
    }
    const { manifest, files } = good(saveFactor(model, 'f'));
    const [sorting] = manifest.model === 'kinds' ? manifest.sorted : [];
    // Only drawing needs components.
    expect([sorting?.components, sorting?.own]).toEqual([0, []]);
    expect([...files].find(([name]) => name.startsWith('kinds-'))?.[1].length).toBe(4 * (area + (sorting?.cuts[0]?.classes.length ?? 0)));
    const loaded = good(loadFactor(JSON.parse(JSON.stringify(manifest)), files, backend));
    const some = batchOf(40, { Scan: { kind: 'tensor', shape: [side, side], values: draw(new Int32Array(40).fill(5), new Random(2)) } });
    expect(await loaded.sample(some, new Random(6))).toEqual(await model.sample(some, new Random(6)));
  });

  it('two columns of pictures are two lessons; what cannot be told apart is refused with the remedy', async () => {
    const both = good(
      await learnKinds(new Map([['data', { batch: data }]]), types, ['Next'], { backend, seed: 1, steps: 200, threads: 1 }),
    );
    expect(both[0]?.compared).toEqual(['readings']);
    expect(new Set(both[0]?.code.heads.map(({ lesson }) => lesson))).toEqual(new Set(['1 Scan', '2 Next']));
    const ask = (batch: Batch, weights?: Float64Array) =>
      learnKinds(new Map([['data', { batch, ...(weights && { weights }) }]]), types, ['Scan'], { backend, seed: 1, steps: 1 });
    const { columns } = data;
    expect(await ask(some(data, 'Scan', 'Next'))).toMatchObject({ ok: false, issues: [{ code: 'no-kinds' }] });
    const one = batchOf(1500, { Scan: columns.get('Scan') as ColumnValues, Site: constant(1500, 1) });
    const refused = await ask(one);
    expect(refused).toMatchObject({ ok: false, issues: [{ code: 'no-kinds' }] });
    expect(refused.ok ? '' : refused.issues[0]?.hint).toContain('unet');
    const blank: ColumnValues = { kind: 'tensor', shape: [side, side], values: new Float32Array(1500 * area) };
    expect(await ask(batchOf(1500, { Site: columns.get('Site') as ColumnValues, Scan: blank }))).toMatchObject({
      ok: false,
      issues: [{ code: 'no-kinds', message: expect.stringContaining('all the same') }],
    });
    expect(await ask(data, new Float64Array(1500))).toMatchObject({ ok: false, issues: [{ code: 'no-rows' }] });
    const named = taskOf(['Scan'], ['Scan Label'], { ...Object.fromEntries(types), 'Scan Label': levels(2) });
    const clash = batchOf(1500, { ...Object.fromEntries(columns), 'Scan Label': columns.get('Site') as ColumnValues });
    expect(await kindsFitter({ backend, sorted }).fit(named, clash, { seed: 1 })).toMatchObject({
      ok: false,
      issues: [{ code: 'name-taken' }],
    });
  });
});
