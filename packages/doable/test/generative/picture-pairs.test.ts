import { beforeAll, describe, expect, it } from 'vitest';
import type { Pictures } from '../../../engine/src/generative/metrics/pictures.ts';
import { learnKinds } from '../../../engine/src/generative/models/learn-kinds.ts';
import { fitPicturePairs, type PicturePairs } from '../../../engine/src/generative/models/picture-pairs.ts';
import { loadSorting, saveSorting } from '../../../engine/src/generative/models/saved-kinds.ts';
import { type SortedPictures, sortPictures } from '../../../engine/src/generative/models/sorted-pictures.ts';
import type { ColumnType, ColumnValues } from '../../../engine/src/generative/terms.ts';
import { Random } from '../../../engine/src/math/random.ts';
import { Interrupted, type RunOptions } from '../../../engine/src/run/progress.ts';
import type { Backend } from '../../../engine/src/tensor/backend.ts';
import { batchOf, good } from '../../../engine/test/generative/models-suite.ts';
import { type OrtBackend, ortBackend } from '../../src/tensor/ort.ts';

let backend: OrtBackend;
beforeAll(async () => {
  backend = good(await ortBackend());
});
const side = 8;
const area = side * side;

interface Drawn {
  readonly pictures: Pictures;
  /** Which half the disc of ink is in: what a column says. */
  readonly half: Int32Array;
  /** Every other line is dimmed: what no column says. */
  readonly striped: Int32Array;
}

/** A square of ink at any place of one half, plain or striped, much brighter or darker for no reason. */
function draw(half: Int32Array, striped: Int32Array, random: Random): Drawn {
  const values = new Float32Array(half.length * area);
  for (let row = 0; row < half.length; row++) {
    const [down, across] = [4 * (half[row] as number), random.integer(5)];
    const light = 0.5 + 0.5 * random.next();
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++)
        values[row * area + (down + y) * side + across + x] = light * (striped[row] === 1 && y % 2 === 1 ? 0.4 : 1);
  }
  return { pictures: { shape: [1, side, side], values }, half, striped };
}

/** Two pictures of a row: each in a half of its own, the second as striped as the first with probability `kept`. */
function drawPairs(rows: number, kept: number, random: Random): { readonly first: Drawn; readonly second: Drawn } {
  const coin = (): Int32Array => Int32Array.from({ length: rows }, () => random.integer(2));
  const striped = coin();
  const after = striped.map((one) => (random.next() < kept ? one : 1 - one));
  return { first: draw(coin(), striped, random), second: draw(coin(), after, random) };
}

const pairsOf = ({ first, second }: ReturnType<typeof drawPairs>): PicturePairs => ({
  first: first.pictures,
  second: second.pictures,
  classes: first.half.map((one, row) => 2 * one + (second.half[row] as number)),
});

/** Share of rows on the side that goes with the stripes, whichever side that is. */
const told = (sides: Int32Array, striped: Int32Array): number => {
  const share = sides.reduce((sum, one, row) => sum + (one === striped[row] ? 1 : 0), 0) / sides.length;
  return Math.max(share, 1 - share);
};

describe('what pictures tell of the pictures beside them', () => {
  it('reaches the loss that the law allows, and no less where there is nothing to tell', async () => {
    const random = new Random(1, 'pairs');
    const fit = async (kept: number, steps: number) => {
      const drawn = drawPairs(3000, kept, random.split(String(kept)));
      const options = { backend, seed: 4, steps, batch: 32, width: 16, heldOut: 0.25, threads: 1 };
      return good(await fitPicturePairs([pairsOf(drawn)], options)).report;
    };
    // Of two rows with stripes t and s: with p = kept the log-odds are 2 log (p / (1 - p)) where t and s differ in both pictures, and 0 elsewhere.
    const least = (p: number): number => {
      const odds = 2 * Math.log(p / (1 - p));
      const loss = (score: number): number => Math.log1p(Math.exp(-score));
      return 0.5 * Math.LN2 + 0.5 * (p * p * loss(odds) + (1 - p) ** 2 * loss(-odds) + 2 * p * (1 - p) * Math.LN2);
    };
    expect(least(0.5)).toBeCloseTo(Math.LN2, 12);
    for (const kept of [0.9, 0.1]) {
      const best = Math.min(...(await fit(kept, 300)).heldOut);
      // 750 rows: a standard error of about .03.
      expect(best).toBeGreaterThan(least(kept) - 0.07);
      expect(best).toBeLessThan(least(kept) + 0.07);
    }
    expect(Math.min(...(await fit(0.5, 100)).heldOut)).toBeGreaterThan(Math.LN2 - 0.03);
  });

  it('is not taken from partners that were learnt by heart: rows left out say nothing where there is nothing to tell', async () => {
    const random = new Random(8, 'by heart');
    const noise = (): Pictures => ({ shape: [1, side, side], values: Float32Array.from({ length: 120 * area }, () => random.next()) });
    const pairs = { first: noise(), second: noise(), classes: new Int32Array(120) };
    const options = { backend, seed: 1, steps: 160, batch: 32, heldOut: 0.25, threads: 1 };
    const { losses, heldOut, heldOutRows } = good(await fitPicturePairs([pairs], options)).report;
    expect(heldOutRows).toBeGreaterThan(20);
    expect(Math.min(...losses)).toBeLessThan(0.4);
    // Beside rows learnt by heart the loss of rows left out was .18, of log 2 = .69 that is the truth.
    expect(Math.LN2 - Math.min(...heldOut)).toBeLessThan(4.5 / heldOutRows);
  });

  it('cuts classes by it, in pictures that were not learnt from; saved and loaded it sorts the same', async () => {
    const random = new Random(2, 'cut');
    const drawn = drawPairs(2000, 0.85, random.split('train'));
    const fresh = drawPairs(600, 0.85, random.split('fresh')).first;
    const lessons = [{ name: 'A', pictures: drawn.first.pictures, labels: new Map([['half', { levels: 2, values: drawn.first.half }]]) }];
    const sort = async (compared: 'pixels' | 'pairs'): Promise<SortedPictures> => {
      const learnt = { pairs: [{ first: drawn.first.pictures, second: drawn.second.pictures }], steps: 80 };
      return good(
        await sortPictures(lessons, drawn.first.pictures, [1, side, side], {
          backend,
          seed: 5,
          steps: 80,
          components: 4,
          classesOf: ({ heads }) => heads,
          compared: [compared === 'pairs' ? learnt : compared],
          single: true,
          threads: 1,
        }),
      );
    };
    const sorted = await sort('pairs');
    const found = await sorted.kinds.predict(fresh.pictures);
    expect(told(found.get('half') as Int32Array, fresh.half)).toBe(1);
    expect(told(found.get('side') as Int32Array, fresh.striped)).toBeGreaterThan(0.97);
    // By their pixels they are told apart by place or light.
    const byPixels = await (await sort('pixels')).kinds.predict(fresh.pictures);
    expect(told(byPixels.get('side') as Int32Array, fresh.striped)).toBeLessThan(0.8);

    const again = await sort('pairs');
    expect(again.kinds.state).toEqual(sorted.kinds.state);
    const { manifest, files } = saveSorting(sorted, true);
    const loaded = good(loadSorting(manifest, files, backend, { threads: 1 }));
    expect(await loaded.kinds.predict(fresh.pictures)).toEqual(found);
    const [cut] = manifest.cuts as [(typeof manifest.cuts)[number]];
    expect(cut.by).toBe('pairs');
    const refusedFor = (wrong: Partial<typeof cut>): string => {
      const read = loadSorting({ ...manifest, cuts: [{ ...cut, ...wrong }] }, files, backend, {});
      return read.ok ? '' : (read.issues[0]?.message ?? '');
    };
    expect(refusedFor({ by: 'readings' })).toContain('missing, or not used');
    expect(refusedFor({ pairs: { ...manifest.code, features: 64 } })).toContain('is not the pairs');
    expect(refusedFor({ pairs: { ...(cut.pairs as NonNullable<typeof cut.pairs>), features: 65 } })).toContain('fewer parameters');
    const { pairs, ...without } = cut;
    const bare = loadSorting({ ...manifest, cuts: [without] }, files, backend, {});
    expect([pairs?.features, bare.ok ? '' : bare.issues[0]?.message]).toEqual([64, expect.stringContaining('missing, or not used')]);
  });

  it('classes are cut by it where two columns of a study tell each other something, and again by what is read where pictures are many', async () => {
    const types = new Map<string, ColumnType>([
      ['Half', { kind: 'finite', levels: ['0', '1'] }],
      ...['First', 'Second'].map((name): [string, ColumnType] => [name, { kind: 'tensor', shape: [side, side], range: [0, 1] }]),
    ]);
    const random = new Random(6, 'learn');
    const fresh = drawPairs(400, 0.5, random.split('fresh')).first;
    const looked = { shape: [1, side, side], values: fresh.pictures.values };
    const learnt = async (kept: number, steps: number): Promise<SortedPictures> => {
      const { first, second } = drawPairs(1500, kept, random.split(String(kept)));
      const column = ({ pictures }: Drawn): ColumnValues => ({ kind: 'tensor', shape: [side, side], values: pictures.values });
      const half: ColumnValues = { kind: 'finite', values: first.half };
      const batch = batchOf(1500, { Half: half, First: column(first), Second: column(second) });
      const sorted = good(await learnKinds(new Map([['data', { batch }]]), types, ['First'], { backend, seed: 2, steps, threads: 1 }));
      return sorted[0] as SortedPictures;
    };
    const sorted = await learnt(0.95, 120);
    expect(sorted.kinds.attributes.map(({ name }) => name)).toEqual(['Half', 'side', "side'"]);
    const found = await sorted.kinds.predict(looked);
    expect(told(found.get('side') as Int32Array, fresh.striped)).toBeGreaterThan(0.97);
    expect(sorted.compared[1]).toBe('readings');
    expect((await learnt(0.5, 40)).compared).toEqual(['readings']);
  });

  it('so few pictures that no class is cut are saved and loaded all the same', async () => {
    const { half, pictures } = draw(
      Int32Array.from({ length: 24 }, (_, row) => row % 2),
      new Int32Array(24),
      new Random(9),
    );
    const types = new Map<string, ColumnType>([
      ['Half', { kind: 'finite', levels: ['0', '1'] }],
      ['Scan', { kind: 'tensor', shape: [side, side], range: [0, 1] }],
    ]);
    const scan: ColumnValues = { kind: 'tensor', shape: [side, side], values: pictures.values };
    const batch = batchOf(24, { Half: { kind: 'finite', values: half }, Scan: scan });
    const [sorted] = good(await learnKinds(new Map([['data', { batch }]]), types, ['Scan'], { backend, seed: 1, steps: 5, threads: 1 }));
    const { manifest, files } = saveSorting(sorted as SortedPictures, true);
    expect(manifest.cuts).toMatchObject([{ by: 'pixels', classes: [] }]);
    const loaded = good(loadSorting(manifest, files, backend, { threads: 1 }));
    expect(await loaded.kinds.predict(pictures)).toEqual(await (sorted as SortedPictures).kinds.predict(pictures));
  });

  it('pictures that are all the same are refused before any training; where it is stopped, no session of the backend stays open', async () => {
    let [made, open] = [0, 0];
    const counting: Backend = {
      name: backend.name,
      async compile(graph, options) {
        const { run, dispose } = await backend.compile(graph, options);
        [made, open] = [made + 1, open + 1];
        return { run, dispose: () => dispose().then(() => void open--) };
      },
    };
    const picture = { kind: 'tensor', shape: [side, side], range: [0, 1] } as const;
    const types = new Map<string, ColumnType>([
      ['Half', { kind: 'finite', levels: ['0', '1'] }],
      ...['First', 'Second'].map((name): [string, ColumnType] => [name, picture]),
    ]);
    const { first, second } = drawPairs(200, 0.9, new Random(10));
    const column = (values: Float32Array): ColumnValues => ({ kind: 'tensor', shape: [side, side], values });
    const learn = (one: Float32Array, other: Float32Array, run: RunOptions = {}) => {
      const batch = batchOf(200, { Half: { kind: 'finite', values: first.half }, First: column(one), Second: column(other) });
      return learnKinds(new Map([['data', { batch }]]), types, ['First'], { backend: counting, seed: 1, steps: 10, threads: 1, ...run });
    };
    const same = new Float32Array(200 * area).fill(0.5);
    expect(await learn(same, same)).toMatchObject({ ok: false, issues: [{ code: 'no-kinds' }] });
    expect([made, open]).toEqual([0, 0]);
    const stop = new AbortController();
    const onProgress: RunOptions['onProgress'] = ({ task }) => void (task === 'learn what pictures tell of each other' && stop.abort());
    await expect(learn(first.pictures.values, second.pictures.values, { signal: stop.signal, onProgress })).rejects.toThrow(Interrupted);
    expect([made > 4, open]).toEqual([true, 0]);
  });

  it('pictures of which no two rows are of one class cannot be compared', async () => {
    const drawn = drawPairs(4, 0.9, new Random(3));
    const alone = await fitPicturePairs([{ ...pairsOf(drawn), classes: [0, 1, 2, 3] }], { backend, seed: 0, steps: 5, threads: 1 });
    expect(alone).toMatchObject({ ok: false, issues: [{ code: 'no-pairs' }] });
  });
});
