import { describe, expect, test } from 'vitest';
import { defaultFitter } from '../../src/generative/models/choose.ts';
import { kindsFitter } from '../../src/generative/models/kinds-fitter.ts';
import type { KindsModel } from '../../src/generative/models/kinds-model.ts';
import type { NetworkModel } from '../../src/generative/models/network-model.ts';
import { type CheckpointStore, type NeuralOptions, networkFitter } from '../../src/generative/models/neural.ts';
import { loadFactor, saveFactor } from '../../src/generative/models/saved.ts';
import { mixtureSizes, sizedMixtureFitter } from '../../src/generative/models/sized-mixture.ts';
import { decodeTrainingState, encodeTrainingState } from '../../src/generative/models/training-state.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../../src/generative/terms.ts';
import { Random } from '../../src/math/random.ts';
import type { Result } from '../../src/run/issue.ts';
import { Interrupted } from '../../src/run/progress.ts';
import type { Backend } from '../../src/tensor/backend.ts';

export function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
export const levels = (count: number): ColumnType => ({ kind: 'finite', levels: Array.from({ length: count }, (_, i) => `${i}`) });
export const real: ColumnType = { kind: 'real' };
export const picture: ColumnType = { kind: 'tensor', shape: [1, 4, 4], range: [0, 1] };
export const taskOf = (of: readonly string[], given: readonly string[], types: Readonly<Record<string, ColumnType>>): ConditionalTask => ({
  of,
  given,
  types: new Map(Object.entries(types)),
});
export const batchOf = (rows: number, columns: Readonly<Record<string, ColumnValues>>): Batch => ({
  rows,
  columns: new Map(Object.entries(columns)),
});

/** Rows of c (3 levels), d (4), x, y (real) and a picture of 4 x 4, left or right half lit. All depend on c. */
export function mixedRows(rows: number, seed: number): Batch {
  const random = new Random(seed, 'rows');
  const [c, d] = [new Int32Array(rows), new Int32Array(rows)];
  const [x, y] = [new Float64Array(rows), new Float64Array(rows)];
  const [p, q] = [new Float32Array(rows * 16), new Float32Array(rows * 16)];
  for (let row = 0; row < rows; row++) {
    const own = random.integer(3);
    c[row] = own;
    d[row] = random.next() < 0.6 ? own : random.integer(4);
    x[row] = 100 + 7 * (own + random.normal());
    y[row] = (random.next() < 0.5 ? -1 : 1) * (1 + own) + 0.3 * random.normal();
    const left = random.next() < (own === 0 ? 0.8 : 0.3);
    for (let i = 0; i < 16; i++) q[row * 16 + i] = i >> 2 === own ? 0.9 : 0.1 * ((row + i) % 5);
    for (let i = 0; i < 16; i++) p[row * 16 + i] = i % 4 < 2 === left ? 0.8 + 0.2 * random.next() : 0.1 * random.next();
  }
  return batchOf(rows, {
    c: { kind: 'finite', values: c },
    d: { kind: 'finite', values: d },
    x: { kind: 'real', values: x },
    y: { kind: 'real', values: y },
    p: { kind: 'tensor', shape: [1, 4, 4], values: p },
    q: { kind: 'tensor', shape: [1, 4, 4], values: q },
  });
}
const types = { c: levels(3), d: levels(4), x: real, y: real, p: picture, q: picture };

/** Rows after one another. */
const together = (a: Batch, b: Batch): Batch => ({
  rows: a.rows + b.rows,
  columns: new Map(
    [...a.columns].map(([name, column]): [string, ColumnValues] => {
      const other = b.columns.get(name) as ColumnValues;
      const values = Array.from([...column.values, ...other.values]);
      if (column.kind === 'finite') return [name, { kind: 'finite', values: Int32Array.from(values) }];
      if (column.kind === 'real') return [name, { kind: 'real', values: Float64Array.from(values) }];
      return [name, { ...column, values: Float32Array.from(values) }];
    }),
  ),
});

const kinds = (name: string, of: string[], given: string[]): Case => ({
  name,
  task: taskOf(of, given, types),
  fitter: (options) => kindsFitter({ ...small('flow'), ...options, components: 5 }),
});

interface Case {
  readonly name: string;
  readonly task: ConditionalTask;
  readonly fitter: (options: NeuralOptions) => Fitter;
}
const tiny = { steps: 12, batch: 6, looks: 4, heldOut: 0.2, patience: 100 };
const small = (kind: 'softmax' | 'mixture' | 'flow' | 'unet'): Partial<NeuralOptions> => ({
  budget: kind === 'unet' ? { ...tiny, batch: 4 } : tiny,
  widths: kind === 'unet' ? [4, 8] : [8],
  components: 3,
  rows: 4,
  integration: { method: 'heun', steps: 2 },
});
const one = (kind: 'softmax' | 'mixture' | 'flow' | 'unet', of: string[], given: string[]): Case => ({
  name: kind,
  task: taskOf(of, given, types),
  fitter: (options) => networkFitter(kind, { ...options, ...small(kind) }),
});
const cases: readonly Case[] = [
  one('softmax', ['c', 'd'], ['x', 'p']),
  one('mixture', ['x', 'y'], ['c']),
  {
    name: 'mixture whose size is chosen',
    task: taskOf(['y', 'x'], ['c'], types),
    fitter: (options) => sizedMixtureFitter({ ...options, budget: tiny, rows: 4, sizes: mixtureSizes.slice(0, 2) }),
  },
  one('flow', ['y', 'x'], ['d', 'p']),
  one('unet', ['p'], ['c', 'x']),
  {
    name: 'a block of every kind of column',
    task: taskOf(['p', 'y', 'd', 'x'], ['c'], types),
    fitter: (options) =>
      good(
        defaultFitter(taskOf(['p', 'y', 'd', 'x'], ['c'], types), {
          ...options,
          sizes: mixtureSizes.slice(0, 2),
          each: { mixture: { budget: tiny, rows: 4 }, unet: small('unet') },
        }),
      ),
  },
];

/** Reading pictures takes the plain loops of the reference minutes. */
export const kindsCases: readonly Case[] = [
  kinds('kinds: a picture and a level given another picture', ['q', 'd'], ['p', 'c']),
  kinds('kinds: levels given a picture', ['d', 'c'], ['p', 'x']),
];

const valuesOf = (batch: Batch): Record<string, number[]> =>
  Object.fromEntries([...batch.columns].map(([name, { values }]) => [name, Array.from(values)]));

/** What holds for every kind of model on every backend, with networks that are hardly trained. */
export function modelSuite(backendOf: () => Backend, more: readonly Case[] = []): void {
  describe.each([...cases, ...more])('$name', ({ task, fitter }) => {
    const data = mixedRows(24, 1);
    const given = mixedRows(6, 2);
    const fit = (options: Partial<NeuralOptions> = {}, more: { readonly seed?: number } = {}): Promise<Result<ConditionalModel>> =>
      fitter({ backend: backendOf(), ...options }).fit(task, data, { seed: more.seed ?? 5 });

    test('same seed, same digits; another seed, others; saved and loaded, the same draws; damage is found', async () => {
      const [model, again, other] = [good(await fit()), good(await fit()), good(await fit({}, { seed: 6 }))];
      const draws = valuesOf(await model.sample(given, new Random(3)));
      expect(Object.keys(draws).sort()).toEqual([...task.of].sort());
      expect(valuesOf(await again.sample(given, new Random(3)))).toEqual(draws);
      expect(valuesOf(await model.sample(given, new Random(4)))).not.toEqual(draws);
      expect(valuesOf(await other.sample(given, new Random(3)))).not.toEqual(draws);
      expect((await model.sample(batchOf(0, Object.fromEntries(given.columns)), new Random(3))).rows).toBe(0);

      const { manifest, files } = good(saveFactor(model, 'f'));
      const read = (text: string, held = files): Result<ConditionalModel> => loadFactor(JSON.parse(text), held, backendOf());
      const text = JSON.stringify(manifest);
      const loaded = good(read(text));
      expect(valuesOf(await loaded.sample(given, new Random(3)))).toEqual(draws);
      expect(JSON.stringify(good(saveFactor(loaded, 'f')).manifest)).toBe(text);
      if (model.logProbability !== undefined) expect(await loaded.logProbability?.(given)).toEqual(await model.logProbability(given));

      expect(read(text, new Map())).toMatchObject({ ok: false, issues: [{ code: 'missing-file' }] });
      for (const [name, bytes] of files) {
        for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
          const bad = bytes.slice();
          bad[at] = (bad[at] as number) ^ 4;
          expect(read(text, new Map([...files, [name, bad]]))).toMatchObject({ ok: false, issues: [{ code: 'bad-factor' }] });
        }
        expect(read(text, new Map([...files, [name, bytes.slice(0, -40)]])).ok).toBe(false);
      }
      for (const [from, to] of [
        ['"version":1', '"version":2'],
        ['"widths":[', '"widths":[3,'],
        ['"widths":[', '"widths":[60000,60000,'],
        ['"format":"doable-factor"', '"format":"other"'],
        ['"rows":', '"rows":9'],
        ['"of":[', '"of":["nobody",'],
      ] as const) {
        expect(text.includes(from)).toBe(true);
        expect(read(text.replace(from, to).replace(',]', ']')), to).toMatchObject({ ok: false, issues: [{ code: 'bad-factor' }] });
      }
    });

    test('interrupted and resumed as if never interrupted; a damaged checkpoint starts anew and says so', async () => {
      const whole = good(await fit());
      const bytes = new Map<string, Uint8Array>();
      let saves = 0;
      const checkpoint: CheckpointStore = {
        load: async (key) => bytes.get(key),
        save: async (key, state) => {
          saves += 1;
          bytes.set(key, state);
        },
      };
      for (const stopAt of [3, 4, 2]) {
        let steps = 0;
        const signal = { aborted: false };
        const run = fitter({ backend: backendOf(), checkpoint }).fit(task, data, {
          seed: 5,
          signal,
          onProgress: ({ loss }) => {
            expect(loss).toBeTypeOf('number');
            steps += 1;
            if (steps === stopAt) signal.aborted = true;
          },
        });
        await expect(run).rejects.toThrow(Interrupted);
      }
      expect(saves).toBeGreaterThan(2);
      const resumed = good(await fit({ checkpoint }));
      expect(parametersOf(resumed)).toEqual(parametersOf(whole));
      expect(valuesOf(await resumed.sample(given, new Random(3)))).toEqual(valuesOf(await whole.sample(given, new Random(3))));

      for (const [key, state] of bytes) {
        const back = good(decodeTrainingState(state));
        expect(encodeTrainingState(back)).toEqual(state);
        for (const at of [5, 40, 300, state.length - 1]) {
          const bad = state.slice();
          bad[at] = (bad[at] as number) ^ 1;
          expect(decodeTrainingState(bad)).toMatchObject({ ok: false, issues: [{ code: 'bad-checkpoint' }] });
          bytes.set(key, bad);
        }
        expect(decodeTrainingState(state.slice(0, -1)).ok).toBe(false);
        // What Node reads from a file: a Buffer, whose slice is a view and no copy.
        expect(good(decodeTrainingState(Buffer.from(state)))).toEqual(back);
        expect(decodeTrainingState(state.slice(0, 20)).ok).toBe(false);
      }
      const anew = await fit({ checkpoint });
      expect(anew.ok && new Set(anew.warnings?.map(({ code }) => code))).toEqual(new Set(['bad-checkpoint']));
      expect(parametersOf(good(anew))).toEqual(parametersOf(whole));
    });

    test('rows of weight 0 do not count; a value that is no number is refused', async () => {
      const model = good(await fit());
      const noise = mixedRows(10, 9);
      const weights = Float64Array.from({ length: 34 }, (_, row) => (row < 24 ? 1 : 0));
      const weighted = good(await fitter({ backend: backendOf() }).fit(task, together(data, noise), { seed: 5, weights }));
      expect(parametersOf(weighted)).toEqual(parametersOf(model));
      const none = await fitter({ backend: backendOf() }).fit(task, data, { seed: 5, weights: new Float64Array(24) });
      expect(none).toMatchObject({ ok: false, issues: [{ code: 'no-rows' }] });
      const hole = together(data, batchOf(0, Object.fromEntries(noise.columns)));
      const column = [...task.given, ...task.of].map((name) => hole.columns.get(name)).find((each) => each?.kind !== 'finite');
      if (column === undefined) return;
      column.values[3] = Number.NaN;
      expect(await fitter({ backend: backendOf() }).fit(task, hole, { seed: 5 })).toMatchObject({
        ok: false,
        issues: [{ code: 'not-a-number' }],
      });
    });
  });

  test('guidance is 0 unless asked for; where it is, the fit warns that the law is tempered', async () => {
    const data = mixedRows(24, 1);
    const options = { backend: backendOf(), ...small('flow') };
    const task = taskOf(['y'], ['c'], types);
    const plain = await networkFitter('flow', options).fit(task, data, { seed: 1 });
    expect(plain.ok && plain.warnings).toBe(undefined);
    expect(good(plain).spec.guidance).toBe(0);
    const guided = await networkFitter('flow', { ...options, guidance: 1.5 }).fit(task, data, { seed: 1 });
    expect(guided).toMatchObject({ ok: true, warnings: [{ code: 'tempered' }] });
    const draws = valuesOf(await good(guided).sample(data, new Random(1)));
    expect(draws.y?.every(Number.isFinite)).toBe(true);
  });

  test('columns of the wrong kind are refused', async () => {
    const data = mixedRows(24, 1);
    for (const [kind, of] of [
      ['softmax', 'x'],
      ['mixture', 'c'],
      ['flow', 'p'],
      ['unet', 'x'],
    ] as const) {
      const fitted = await networkFitter(kind, { backend: backendOf() }).fit(taskOf([of], [], types), data, { seed: 1 });
      expect(fitted).toMatchObject({ ok: false, issues: [{ code: 'wrong-model' }] });
    }
  });
}

/** Of all networks of a model, one after the other. */
function parametersOf(model: ConditionalModel): number[] {
  if ('byKinds' in model) {
    const { sorted, kinds: ofKind, law } = (model as KindsModel).byKinds;
    const code = sorted.flatMap((each) => [
      ...each.code.state.parameters,
      ...each.kinds.state.cuts.flatMap(({ direction }) => [...direction]),
      ...each.kinds.state.pooled.directions,
    ]);
    return [...code, ...(ofKind === undefined ? [] : parametersOf(ofKind)), ...parametersOf(law)];
  }
  if ('parts' in model) return (model.parts as readonly ConditionalModel[]).flatMap(parametersOf);
  return 'parameters' in model ? [...(model as NetworkModel).parameters] : [];
}
