import { expect, test } from 'vitest';
import { columnOf } from '../../src/generative/batch.ts';
import type { Pictures } from '../../src/generative/metrics/pictures.ts';
import { type Bases, componentsFitter } from '../../src/generative/models/components.ts';
import { keyedFitter, type PictureKey } from '../../src/generative/models/keyed.ts';
import { kindConditionsFitter } from '../../src/generative/models/kind-conditions.ts';
import { fitPictureKinds } from '../../src/generative/models/picture-kinds.ts';
import { tableFitter } from '../../src/generative/models/table.ts';
import type { Components } from '../../src/generative/principal-components.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalTask, Fitter } from '../../src/generative/terms.ts';
import { Random } from '../../src/math/random.ts';
import { success } from '../../src/run/issue.ts';
import { Interrupted } from '../../src/run/progress.ts';
import { batchOf, good, levels, taskOf } from './models-suite.ts';

const finite = (values: ArrayLike<number>): ColumnValues => ({ kind: 'finite', values: Int32Array.from(values) });
const tensor = (shape: readonly number[], values: ArrayLike<number>): ColumnValues & Pictures => ({
  kind: 'tensor',
  shape,
  values: Float32Array.from(values),
});
const range = <T>(count: number, of: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => of(i));

// Pictures of 6 x 6. The first two pixels are the class: which of three shapes, which of two tones. The stroke is thick or thin by degrees:
// it shows in pixels that are of each shape its own, and in two that all share.
const side = 6;
const size = side * side;
const strokes: readonly (readonly (readonly [pixel: number, gain: number])[])[] = [
  [12, 13, 14, 15].map((pixel) => [pixel, 0.5]),
  [9, 15, 21, 27, 33].map((pixel) => [pixel, 0.4]),
  // What a thicker stroke covers here becomes darker.
  [
    [18, 0.6],
    [25, 0.6],
    [32, 0.6],
    [20, -0.5],
    [26, -0.5],
  ],
];
const shared = [30, 31].map((pixel) => [pixel, 0.5] as const);
/** The two attributes found in an order other than that of the list. */
const classes: PictureKey = {
  attributes: [
    { name: 'shape', levels: 3 },
    { name: 'tone', levels: 2 },
  ],
  predict: async ({ values }) => {
    const rows = values.length / size;
    return new Map([
      ['tone', Int32Array.from(range(rows, (r) => Math.round(values[r * size + 1] as number)))],
      ['shape', Int32Array.from(range(rows, (r) => Math.round(2 * (values[r * size] as number))))],
    ]);
  },
};

interface Drawn {
  readonly pictures: Pictures;
  readonly shape: readonly number[];
  readonly tone: readonly number[];
  /** From -1 (thin) to 1 (thick). */
  readonly stroke: readonly number[];
}

/** `counts`: pictures of each shape and tone, tones of a shape side by side. */
function drawStrokes(counts: readonly number[], seed: number): Drawn {
  const random = new Random(seed, 'strokes');
  const values: number[] = [];
  const [shape, tone, stroke]: [number[], number[], number[]] = [[], [], []];
  for (const [cell, count] of counts.entries())
    for (let i = 0; i < count; i++) {
      const own = range(size, () => 0.4 + 0.02 * random.normal());
      const degree = 2 * random.next() - 1;
      for (const [pixel, gain] of [...shared, ...(strokes[Math.floor(cell / 2)] ?? [])])
        own[pixel] = (own[pixel] as number) + gain * degree;
      own[0] = Math.floor(cell / 2) / 2;
      own[1] = cell % 2;
      values.push(...own);
      shape.push(Math.floor(cell / 2));
      tone.push(cell % 2);
      stroke.push(degree);
    }
  return { pictures: { shape: [1, side, side], values: Float32Array.from(values) }, shape, tone, stroke };
}

test('the sides of every class mean the same: thin and thick, though most of what changes are other pixels', async () => {
  const drawn = drawStrokes([200, 150, 200, 100, 120, 200], 1);
  const fresh = drawStrokes([100, 100, 100, 100, 100, 100], 2);
  for (const seed of [0, 1, 2]) {
    const kinds = await fitPictureKinds(drawn.pictures, { classes, components: 8, seed });
    expect(kinds.attributes).toEqual([...classes.attributes, { name: 'side', levels: 2 }]);
    let thick: number | undefined;
    for (const { pictures, shape, tone, stroke } of [drawn, fresh]) {
      const found = await kinds.predict(pictures);
      expect([...(found.get('shape') ?? [])]).toEqual(shape);
      expect([...(found.get('tone') ?? [])]).toEqual(tone);
      // The mean of a class is within a few standard errors of 0, .58 / 10.
      const sides = found.get('side') as Int32Array;
      // Which side is called 1 is nobody's business, but it is the same in every class.
      thick ??= sides[stroke.indexOf(Math.max(...stroke))];
      for (const [row, degree] of stroke.entries()) if (Math.abs(degree) > 0.2) expect(sides[row] === thick).toBe(degree > 0);
    }
  }
});

test('kinds hold components of their own where they have pictures enough; their words are the levels in the order of the attributes', async () => {
  // A class of 12 pictures is not cut; one of 26 is, and neither half has the 16 pictures that four components take.
  const counts = [200, 40, 12, 26, 300, 90];
  const { pictures } = drawStrokes(counts, 3);
  const kinds = await fitPictureKinds(pictures, { classes, components: 8, seed: 4 });
  const found = await kinds.predict(pictures);
  const rowsOf = new Map<string, number[]>();
  for (let row = 0; row < pictures.values.length / size; row++) {
    const word = kinds.attributes.map(({ name }) => found.get(name)?.[row]).join(' ');
    rowsOf.set(word, [...(rowsOf.get(word) ?? []), row]);
  }
  expect([...rowsOf.keys()].filter((word) => word.startsWith('1 0 '))).toEqual(['1 0 0']);
  const { pooled, by, own } = kinds.basesBy(['Y shape', 'Y tone', 'Y side']);
  expect(by).toEqual(['Y shape', 'Y tone', 'Y side']);
  expect([...own.keys()].sort()).toEqual([...rowsOf].flatMap(([word, rows]) => (rows.length >= 16 ? [word] : [])).sort());
  for (const word of ['1 0 0', '1 1 0', '1 1 1']) expect(own.has(word)).toBe(false);
  const all = range(pictures.values.length / size, (row) => row);
  for (const [components, rows] of [
    [pooled, all],
    ...[...own].map(([word, each]) => [each, rowsOf.get(word) as number[]] as const),
  ] as const) {
    const count = components.deviations.length;
    expect(count).toBe(Math.min(8, Math.floor(rows.length / 4)));
    for (let i = 0; i < size; i++) {
      const mean = rows.reduce((sum, row) => sum + (pictures.values[row * size + i] as number), 0) / rows.length;
      expect(components.mean[i]).toBeCloseTo(mean, 6);
    }
    expectOrthonormal(components);
  }
  expect([...own.values()].map(({ deviations }) => deviations.length).some((count) => count < 8)).toBe(true);
});

function expectOrthonormal({ directions, deviations }: Components): void {
  const width = directions.length / deviations.length;
  for (let j = 0; j < deviations.length; j++)
    for (let k = 0; k <= j; k++) {
      let dot = 0;
      for (let i = 0; i < width; i++) dot += (directions[j * width + i] as number) * (directions[k * width + i] as number);
      expect(dot).toBeCloseTo(j === k ? 1 : 0, 9);
    }
}

test('same pictures and seed, the same kinds; a picture that is all there is belongs to a kind too', async () => {
  const { pictures } = drawStrokes([60, 60, 60, 60, 60, 60], 5);
  const [one, other] = await Promise.all([0, 1].map(() => fitPictureKinds(pictures, { classes, components: 6, seed: 7 })));
  expect(one?.basesBy(['a', 'b', 'c'])).toEqual(other?.basesBy(['a', 'b', 'c']));
  const same = { shape: [1, side, side], values: new Float32Array(30 * size) };
  const kinds = await fitPictureKinds(same, { classes, components: 6, seed: 7 });
  expect([...((await kinds.predict(same)).get('side') ?? [])]).toEqual(new Array(30).fill(0));
});

test('says how far it is, kind by kind, and stops when it is told to', async () => {
  const { pictures } = drawStrokes([60, 60, 60, 60, 60, 60], 8);
  const seen: number[] = [];
  const run = { classes, components: 6, seed: 7 };
  await fitPictureKinds(pictures, { ...run, onProgress: ({ done, total }) => seen.push(done, total ?? Number.NaN) });
  expect(seen).toEqual(range(12, (kind) => [kind, 12]).flat());
  let passed = 0;
  const signal = {
    get aborted(): boolean {
      return passed >= 3;
    },
  };
  const onProgress = (): void => {
    passed += 1;
  };
  const stopped = fitPictureKinds(pictures, { ...run, signal, onProgress });
  await expect(stopped).rejects.toBeInstanceOf(Interrupted);
  expect(passed).toBe(3);
});

// A picture is one number; below one half it is dark.
const scalar: ColumnType = { kind: 'tensor', shape: [1, 1, 1], range: [0, 1] };
const bright: PictureKey = {
  attributes: [{ name: 'kind', levels: 2 }],
  predict: async ({ values }) => new Map([['kind', Int32Array.from(values, (value) => (value > 0.5 ? 1 : 0))]]),
};
const shades = [
  [0.1, 0.2, 0.3],
  [0.7, 0.8, 0.9],
] as const;
/** P(shade | Z, kind). */
const shadeLaw = [
  [
    [0.5, 0.3, 0.2],
    [0.1, 0.1, 0.8],
  ],
  [
    [0.2, 0.2, 0.6],
    [0.7, 0.25, 0.05],
  ],
] as const;

/** Draws a shade of the kind that is asked for half of the time, else one of the other kind; notes the kinds asked for at each call. */
const careless = (asked: Int32Array[]): Fitter => ({
  kind: 'function',
  fit: async (task) =>
    success({
      kind: 'function',
      task,
      async sample(given: Batch, random: Random) {
        const [z, kind] = [columnOf(given, 'Z').values, columnOf(given, 'Y kind').values as Int32Array];
        asked.push(kind.slice());
        const values = range(given.rows, (row) => {
          const own = random.next() < 0.5 ? kind[row] : 1 - (kind[row] as number);
          const law = shadeLaw[z[row] as 0 | 1][own as 0 | 1];
          const u = random.next();
          return shades[own as 0 | 1][u < law[0] ? 0 : u < law[0] + law[1] ? 1 : 2];
        });
        return batchOf(given.rows, { Y: tensor([1, 1, 1], values) });
      },
    }),
});

test('pictures of another kind are drawn anew: 1 in 2 to the redraws + 1 is left, and no law is changed but by that', async () => {
  // P(bright | Z) = .2 and .7.
  const z = range(200, (i) => i % 2);
  const y = range(200, (i) => (Math.floor(i / 2) % 10 < (i % 2 === 1 ? 7 : 2) ? 0.8 : 0.2));
  const task = taskOf(['Y'], ['Z'], { Z: levels(2), Y: scalar });
  const data = batchOf(200, { Z: finite(z), Y: tensor([1, 1, 1], y) });
  const draws = 2000;
  const given = batchOf(draws, { Z: finite(range(draws, (i) => (i < draws / 2 ? 0 : 1))) });
  const made = async (redraws: number, seed: number): Promise<{ values: readonly number[]; kinds: Int32Array; calls: number }> => {
    const asked: Int32Array[] = [];
    const model = good(await keyedFitter(tableFitter(), careless(asked), bright, { redraws }).fit(task, data, { seed: 1 }));
    const drawn = await model.sample(given, new Random(seed));
    return { values: [...columnOf(drawn, 'Y').values], kinds: asked[0] as Int32Array, calls: asked.length };
  };
  const wrong = ({ values, kinds }: { values: readonly number[]; kinds: Int32Array }): number =>
    values.reduce((sum, value, row) => sum + (Number(value > 0.5) === kinds[row] ? 0 : 1), 0);
  const near = (share: number, exact: number, rows: number): void =>
    expect(Math.abs(share - exact)).toBeLessThan(5 * Math.sqrt((exact * (1 - exact)) / rows));
  for (const redraws of [0, 1, 3]) {
    const found = await made(redraws, 3);
    near(wrong(found) / draws, 0.5 ** (redraws + 1), draws);
    expect(found.calls).toBe(redraws + 1);
  }
  const found = await made(12, 3);
  expect(wrong(found)).toBe(0);
  for (const level of [0, 1] as const) {
    const own = found.values.slice((level * draws) / 2, ((level + 1) * draws) / 2);
    near(own.filter((value) => value > 0.5).length / own.length, [0.2, 0.7][level] as number, own.length);
    for (const kind of [0, 1] as const) {
      const within = own.filter((value) => Number(value > 0.5) === kind);
      for (const [i, shade] of shades[kind].entries())
        near(
          within.filter((value) => Math.abs(value - shade) < 1e-6).length / within.length,
          shadeLaw[level][kind][i] as number,
          within.length,
        );
    }
  }
  expect(await made(12, 3)).toEqual(found);
  expect((await made(12, 4)).values).not.toEqual(found.values);
});

test('of a picture among the conditions the kind alone is seen; other conditions pass as they are', async () => {
  // P(L = 1 | kind of X, Z) by counts: .1 .3 / .6 .9; X itself is another number in every row.
  const share = [
    [0.1, 0.3],
    [0.6, 0.9],
  ] as const;
  const rows = 400;
  const z = range(rows, (i) => i % 2);
  const kind = range(rows, (i) => Math.floor(i / 2) % 2);
  const l = range(rows, (i) => (Math.floor(i / 4) % 10 < 10 * (share[kind[i] as 0 | 1][z[i] as 0 | 1] as number) - 1e-9 ? 1 : 0));
  const data = batchOf(rows, {
    X: tensor(
      [1, 1, 1],
      range(rows, (i) => 0.6 * (kind[i] as number) + (0.3 * i) / rows),
    ),
    Z: finite(z),
    L: finite(l),
  });
  const task = taskOf(['L'], ['X', 'Z'], { X: scalar, Z: levels(2), L: levels(2) });
  const seen: { task: ConditionalTask; data: Batch }[] = [];
  const watched: Fitter = {
    kind: 'table',
    fit: (narrow, batch, options) => {
      seen.push({ task: narrow, data: batch });
      return tableFitter().fit(narrow, batch, options);
    },
  };
  const model = good(await kindConditionsFitter(watched, bright).fit(task, data, { seed: 1 }));
  expect([...(seen[0]?.task.given ?? [])].sort()).toEqual(['X kind', 'Z']);
  expect(seen[0]?.task.of).toEqual(['L']);
  expect(seen[0]?.task.types.get('X kind')).toEqual(levels(2));
  expect([...columnOf(seen[0]?.data as Batch, 'X kind').values]).toEqual(kind);
  expect(columnOf(seen[0]?.data as Batch, 'Z')).toBe(columnOf(data, 'Z'));
  expect(model.task).toBe(task);
  const draws = 4000;
  const drawn = async (x: number, level: number): Promise<number[]> => {
    const given = batchOf(draws, { X: tensor([1, 1, 1], new Array(draws).fill(x)), Z: finite(new Array(draws).fill(level)) });
    return [...columnOf(await model.sample(given, new Random(2)), 'L').values];
  };
  for (const [own, pair] of [
    [0.01, 0.41],
    [0.55, 1],
  ].entries())
    for (const level of [0, 1] as const) {
      const [one, other] = [await drawn(pair[0] as number, level), await drawn(pair[1] as number, level)];
      expect(other).toEqual(one);
      const exact = share[own as 0 | 1][level];
      const found = one.reduce((sum, value) => sum + value, 0) / draws;
      expect(Math.abs(found - exact)).toBeLessThan(5 * Math.sqrt((exact * (1 - exact)) / draws));
    }
  // Without pictures among the conditions the fitter inside gets what was given.
  const plain = taskOf(['L'], ['Z'], { Z: levels(2), L: levels(2) });
  await kindConditionsFitter(watched, bright).fit(plain, data, { seed: 1 });
  expect(seen[1]?.task).toBe(plain);
  expect(seen[1]?.data).toBe(data);
});

/** `count` orthonormal directions of a space of `width`, by reflections of the axes. */
function turned(width: number, count: number, random: Random): Components {
  const rows = range(width, (k) => range<number>(width, (i) => (i === k ? 1 : 0)));
  for (let turn = 0; turn < 3; turn++) {
    const v = range(width, () => random.normal());
    const norm = v.reduce((sum, each) => sum + each * each, 0);
    for (const row of rows) {
      const dot = row.reduce((sum, each, i) => sum + each * (v[i] as number), 0);
      for (let i = 0; i < width; i++) row[i] = (row[i] as number) - (2 * dot * (v[i] as number)) / norm;
    }
  }
  return {
    size: width,
    mean: Float64Array.from({ length: width }, () => random.normal()),
    directions: Float64Array.from(rows.slice(0, count).flat()),
    deviations: Float64Array.from({ length: count }, () => 0.5 + random.next()),
    share: 1,
  };
}

test('rows are written in the components of their own levels, those without in the pooled ones, and come back exactly', async () => {
  const random = new Random(11, 'bases');
  const width = 8;
  const bases: Bases = {
    pooled: turned(width, 4, random),
    by: ['A', 'B'],
    own: new Map([
      ['0 1', turned(width, 4, random)],
      ['2 0', turned(width, 2, random)],
      // More than there are of the pooled: those beyond are left out.
      ['1 0', turned(width, 6, random)],
    ]),
  };
  const rows = 56;
  const [a, b] = [range(rows, (i) => i % 3), range(rows, (i) => Math.floor(i / 3) % 2)];
  const of = (row: number): Components => bases.own.get(`${a[row]} ${b[row]}`) ?? bases.pooled;
  const scores = range(rows, (row) => range(4, (k) => (k < of(row).deviations.length ? random.normal() : 0)));
  const values = range(rows, (row) =>
    range(width, (i) =>
      of(row).deviations.reduce(
        (sum, deviation, k) => sum + (scores[row]?.[k] ?? 0) * deviation * (of(row).directions[k * width + i] as number),
        of(row).mean[i] as number,
      ),
    ),
  );
  const task = taskOf(['Y'], ['A', 'B'], { A: levels(3), B: levels(2), Y: { kind: 'tensor', shape: [2, 2, 2], range: [-20, 20] } });
  const data = batchOf(rows, { A: finite(a), B: finite(b), Y: tensor([2, 2, 2], values.flat()) });
  const told: [string, number, number][] = [];
  /** Draws what it was fitted to, row by row. */
  const echo: Fitter = {
    kind: 'function',
    fit: async (small, seen) => {
      expect(small.of).toEqual(range(4, (k) => `Y component ${k + 1}`));
      expect(small.given).toEqual(['A', 'B']);
      for (let k = 0; k < 4; k++)
        for (let row = 0; row < rows; row++)
          expect(columnOf(seen, `Y component ${k + 1}`).values[row]).toBeCloseTo(scores[row]?.[k] as number, 5);
      const sample = async (): Promise<Batch> => ({ rows, columns: new Map(small.of.map((name) => [name, columnOf(seen, name)])) });
      return success({ kind: 'function', task: small, sample });
    },
  };
  const fitter = componentsFitter(echo, { components: 1, basesOf: () => bases, onComponents: (...each) => told.push(each) });
  const model = good(await fitter.fit(task, data, { seed: 0 }));
  expect(told).toEqual([['Y', 4, 1]]);
  const conditions = batchOf(rows, { A: finite(a), B: finite(b) });
  const back = columnOf(await model.sample(conditions, new Random(0)), 'Y');
  expect(back).toMatchObject({ kind: 'tensor', shape: [2, 2, 2] });
  for (const [i, value] of values.flat().entries()) expect(back.values[i]).toBeCloseTo(value, 5);
  // The same scores at other levels are other pictures: the fourth row goes from 0 1, which has its own, to 1 1, which has not.
  const elsewhere = batchOf(rows, { A: finite(a.map((level) => (level + 1) % 3)), B: finite(b) });
  const moved = columnOf(await model.sample(elsewhere, new Random(0)), 'Y');
  for (let i = 0; i < width; i++) {
    const { mean, deviations, directions } = bases.pooled;
    const there = deviations.reduce(
      (sum, deviation, k) => sum + (scores[3]?.[k] as number) * deviation * (directions[k * width + i] as number),
      mean[i] as number,
    );
    expect(moved.values[3 * width + i]).toBeCloseTo(there, 5);
  }
});
