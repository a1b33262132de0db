import { expect, test } from 'vitest';
import { ask } from '../src/ask.ts';
import { codesOf } from '../src/generative/batch.ts';
import { drawFromNetwork, inputsFrom } from '../src/generative/draw.ts';
import { fitNetwork } from '../src/generative/fit-network.ts';
import { networkFitter } from '../src/generative/models/neural.ts';
import { tableFitter } from '../src/generative/models/table.ts';
import type { Batch, ColumnType, ColumnValues } from '../src/generative/terms.ts';
import { Random } from '../src/math/random.ts';
import { loadProblem } from '../src/problem.ts';
import type { Result } from '../src/run/issue.ts';
import { success } from '../src/run/issue.ts';
import { resampledRows } from '../src/sampler-figures.ts';
import { planSample, type SamplePlan, trainingRows } from '../src/sampling.ts';
import { referenceBackend } from '../src/tensor/reference.ts';

function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}

async function planned(document: object, question: string) {
  const problem = good(await loadProblem(document as never));
  const sample = good(planSample(problem, question)) as SamplePlan;
  const data = await trainingRows(problem.studies, sample.plan);
  return { problem, sample, data };
}
const fitTables = async ({ sample, data }: Awaited<ReturnType<typeof planned>>) =>
  good(await fitNetwork(sample.plan, data, { seed: 1, types: sample.types, fitterFor: () => success(tableFitter()) }));

const law = [
  { X: 0, Y: 0, p: 0.3 },
  { X: 0, Y: 1, p: 0.2 },
  { X: 1, Y: 0, p: 0.05 },
  { X: 1, Y: 1, p: 0.45 },
];
const records = law.map(({ p, ...row }) => ({ ...row, n: 1000 * (1 - p) }));

test('an exact law beside counts: only the law is learnt from, as where tables are counted, and it is not resampled', async () => {
  const studies = [
    { name: 'counts', data: records, count: 'n' },
    { name: 'law', data: law, probability: 'p' },
  ];
  const made = await planned({ graph: 'X -> Y', studies }, 'P(Y | do(X=1))');
  const { network } = await fitTables(made);
  const drawn = good(await drawFromNetwork(network, good(inputsFrom(made.sample)), 20_000, new Random(3)));
  const share = codesOf(drawn, 'Y').reduce((sum, code) => sum + code, 0) / 20_000;
  const asked = good(await ask(made.problem, ['P(Y=1 | do(X=1))'], { verify: false }));
  expect(asked.answers[0]?.value).toBeCloseTo(0.9, 12);
  expect(Math.abs(share - 0.9)).toBeLessThan(4 * Math.sqrt(0.09 / 20_000));

  const of = (name: string) => made.data.get(name) as NonNullable<ReturnType<typeof made.data.get>>;
  expect(resampledRows(of('law'), new Random(1))).toBe(of('law'));
  expect(resampledRows(of('counts'), new Random(1)).weights).not.toEqual(of('counts').weights);
});

test('sampling weights count by their effective size, however they are scaled', async () => {
  const weighted = (unit: number) => ({
    graph: 'X -> Y',
    studies: [
      {
        name: 's',
        weight: 'w',
        data: Array.from({ length: 60 }, (_, i) => ({ X: i % 2, Y: i % 3 === 0 ? 1 : 0, w: unit * (1 + (i % 5)) })),
      },
    ],
  });
  const sums: number[] = [];
  for (const unit of [0.001, 1, 5000]) {
    const { data, problem } = await planned(weighted(unit), 'P(Y | do(X=1))');
    const weights = data.get('s')?.weights as Float64Array;
    const sum = weights.reduce((total, weight) => total + weight, 0);
    expect(sum).toBeCloseTo(problem.studies[0]?.effectiveSize as number, 9);
    sums.push(sum);
  }
  // Kish: (sum w)^2 / sum w^2 of 12 each of 1 to 5.
  expect(sums.every((sum) => Math.abs(sum - 180 ** 2 / 660) < 1e-9)).toBe(true);
});

test('free inputs take values of the study that taught what follows them, not of another that comes first', async () => {
  const random = new Random(8);
  const flip = (p: number): number => (random.next() < p ? 1 : 0);
  const rows = Array.from({ length: 2000 }, () => {
    const [a, b] = [flip(0.5), flip(0.5)];
    const W = flip(0.2 + 0.3 * a + 0.3 * b);
    const Z = flip(0.3 + 0.4 * W);
    const X = flip(0.1 + 0.5 * Z + 0.3 * a);
    return { W, Z, X, Y: flip(0.2 + 0.4 * X + 0.3 * b) };
  });
  // Elsewhere Z takes a value that the records never show.
  const elsewhere = Array.from({ length: 50 }, (_, i) => ({ Z: 2, W: i % 2 }));
  const made = await planned(
    {
      graph: 'W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y',
      studies: [
        { name: 'elsewhere', set: ['Z'], data: elsewhere },
        { name: 'rows', data: rows },
      ],
    },
    'P(Y | do(X=1))',
  );
  const { network, factors } = await fitTables(made);
  const values = new Set(network.free.flatMap((pool) => [...((pool.columns.get('Z')?.values as Int32Array | undefined) ?? [])]));
  expect([...values].sort()).toEqual([0, 1]);
  expect(factors.map(({ unsupported = 0 }) => unsupported)).toEqual(factors.map(() => 0));
});

test('a network knows of what conditions its rows show nothing: a level that never occurs, a number far outside', async () => {
  const given = { kind: 'finite', levels: ['a', 'b', 'never'] } as const;
  const types = new Map<string, ColumnType>([
    ['Y', { kind: 'real' }],
    ['X', given],
    ['T', { kind: 'real' }],
  ]);
  const n = 64;
  const data: Batch = {
    rows: n,
    columns: new Map<string, ColumnValues>([
      ['Y', { kind: 'real', values: Float64Array.from({ length: n }, (_, i) => i / n) }],
      ['X', { kind: 'finite', values: Int32Array.from({ length: n }, (_, i) => i % 3) }],
      ['T', { kind: 'real', values: Float64Array.from({ length: n }, (_, i) => (i % 3 === 2 ? 1e6 : i % 7)) }],
    ]),
  };
  const model = good(
    await networkFitter('mixture', { backend: referenceBackend, widths: [3], components: 1, rows: 8, budget: { steps: 2, batch: 64 } }).fit(
      { of: ['Y'], given: ['X', 'T'], types },
      data,
      // Rows of weight 0 show nothing.
      { seed: 1, weights: Float64Array.from({ length: n }, (_, i) => (i % 3 === 2 ? 0 : 1)) },
    ),
  );
  const at = (x: readonly number[], t: readonly number[]): Batch => ({
    rows: x.length,
    columns: new Map<string, ColumnValues>([
      ['X', { kind: 'finite', values: Int32Array.from(x) }],
      ['T', { kind: 'real', values: Float64Array.from(t) }],
    ]),
  });
  expect([...(model.supports?.(at([0, 1, 2, 0, 0, 1], [3, 6.5, 3, 1e6, -40, Number.NaN])) ?? [])]).toEqual([1, 1, 0, 0, 0, 0]);
});
