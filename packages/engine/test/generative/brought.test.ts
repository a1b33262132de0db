import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { observation } from '../../src/data/regime.ts';
import type { TrainingData } from '../../src/generative/batch.ts';
import { type Brought, bring } from '../../src/generative/brought/bring.ts';
import type { BroughtExecutable, SamplerFunction } from '../../src/generative/brought/contract.ts';
import { printLaw, readLaw } from '../../src/generative/brought/law.ts';
import { readManifest } from '../../src/generative/brought/manifest.ts';
import { printRequired } from '../../src/generative/brought/match.ts';
import { signalShares } from '../../src/generative/brought/schedule.ts';
import { idGen } from '../../src/generative/id-gen.ts';
import type { NetworkPlan } from '../../src/generative/network.ts';
import type { Batch, ColumnType } from '../../src/generative/terms.ts';
import { readGraph } from '../../src/graph/formats/read.ts';
import type { Graph } from '../../src/graph/graph.ts';
import type { Name } from '../../src/graph/variable.ts';
import { Random } from '../../src/math/random.ts';
import { compileQuestion } from '../../src/query/bind.ts';
import type { Result } from '../../src/run/issue.ts';
import { success } from '../../src/run/issue.ts';
import type { Tensor } from '../../src/tensor/backend.ts';

function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
const graphOf = (text: string): Graph => good(readGraph(text));
function planOf(graph: Graph, text: string): NetworkPlan {
  const question = good(compileQuestion(text, { graph, domains: new Map() }));
  const catalogue = { offers: [{ regime: observation, studies: ['survey'], size: 1 }] };
  const made = idGen((question.parts[0] as (typeof question.parts)[0]).query, graph, catalogue);
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.plan;
}
const levels = ['0', '1'];
const binary = (...names: Name[]): Map<Name, ColumnType> => new Map(names.map((name) => [name, { kind: 'finite', levels }]));
const none: ReadonlyMap<Name, TrainingData> = new Map();
const finite = (...names: Name[]): object[] => names.map((name) => ({ name, levels }));

const base = { schema: 'doable/conditional@1', kind: 'sampler', noise: { shape: [1], law: 'uniform' } };
async function offered(
  graph: Graph,
  plan: NetworkPlan,
  manifest: object,
  sampler: SamplerFunction = (_, noise) => Array.from(noise, (u) => (u < 0.5 ? 0 : 1)),
  types = binary('W1', 'W2', 'X', 'Y', 'B'),
  data = none,
): Promise<Result<readonly Brought[]>> {
  const checked = readManifest({ ...base, ...manifest });
  if (!checked.ok) return checked;
  return bring(checked.value, async () => success({ sampler }), plan, { graph, types, data, seed: 1 });
}
const said = (result: Result<unknown>): string => (result.ok ? 'accepted' : result.issues.map(({ message }) => message).join(' '));

test('laws are read as they are printed', () => {
  for (const text of ['P(Y)', 'P(Y | X)', 'P(Y, M | X, do(W))', 'P(Y | do(W, Z=1))', 'P("blood pressure" | X)'])
    expect(printLaw(good(readLaw(text)))).toBe(text);
  for (const text of ['Y given X', 'E[Y | X]', 'P(Y=1 | X)', 'P(Y | X=1)', 'P(Y[X=1])', 'P(Y | X) - P(Y)', 'ATE(X -> Y)'])
    expect(readLaw(text).ok).toBe(false);
});

describe('the law that step 7 asks for', () => {
  // Napkin, with a variable beside that hears of nobody, and one that hears of X only.
  const graph = graphOf('W1 -> W2 -> X -> Y; W1 <-> X; W1 <-> Y; X -> B');
  const plan = planOf(graph, 'P(Y | do(X))');
  const last = plan.factors.at(-1);

  test('is one of generated rows, under the intervention that generates them', () => {
    expect(last && printRequired(last)).toBe('P(Y | X, do(W2)), from generated rows');
  });

  test('is served by a model of exactly that law', async () => {
    const found = good(await offered(graph, plan, { target: finite('Y'), given: finite('X', 'W2'), claims: { law: 'P(Y | X, do(W2))' } }));
    expect(found.map(({ factor }) => factor.id)).toEqual([last?.id]);
    expect(found[0]?.report.notes).toEqual(['Its rows are generated: there is no data to compare it with.']);
  });

  test.each([
    [
      'P(Y | X)',
      ['X'],
      'The network needs P(Y | X, do(W2)), from generated rows; the file claims P(Y | X): it claims to hold under observation, not under do(W2).',
    ],
    ['P(Y | X, W2)', ['X', 'W2'], 'it claims to hold under observation, not under do(W2)'],
    ['P(Y | do(W2))', ['W2'], 'it does not condition on X, on which Y depends given W2'],
    ['P(Y | X, W1, do(W2))', ['X', 'W1', 'W2'], 'it conditions on W1 too, on which Y depends given X, W2: another law'],
    ['P(Y | X, U, do(W2))', ['X', 'U', 'W2'], 'its condition U is not in the graph'],
  ])('is not served by %s', async (law, given, expected) => {
    expect(said(await offered(graph, plan, { target: finite('Y'), given: finite(...given), claims: { law } }))).toContain(expected);
  });

  test('is served by a model with one condition more that the graph proves idle, fed from where it was trained', async () => {
    const seen = new Set<string>();
    const sampler: SamplerFunction = ({ X, B }, noise) => {
      Array.from(noise).forEach((_, row) => void seen.add(`${X?.[row]}${B?.[row]}`));
      return Array.from(noise, (u) => (u < 0.5 ? 0 : 1));
    };
    // B is always X in the data: the model is never asked elsewhere.
    const both = Int32Array.from({ length: 100 }, (_, i) => i % 2);
    const rows: TrainingData = {
      batch: { rows: 100, columns: new Map(['W2', 'X', 'B'].map((name) => [name, { kind: 'finite' as const, values: both }])) },
    };
    const manifest = { target: finite('Y'), given: finite('X', 'W2', 'B'), claims: { law: 'P(Y | X, B, do(W2))' } };
    const found = good(await offered(graph, plan, manifest, sampler, undefined, new Map([['survey', rows]])));
    expect(found[0]?.report.notes.join(' ')).toMatch(/also takes B, which the graph proves idle.*from the data/u);
    expect([...seen].sort()).toEqual(['00', '11']);
  });

  test('an intervention at one value is another regime', async () => {
    const manifest = { target: finite('Y'), given: finite('X'), claims: { law: 'P(Y | X, do(W2=1))' } };
    expect(said(await offered(graph, plan, manifest))).toContain('under do(W2=1), not under do(W2)');
  });
});

test('a condition of the factor may be missing where the graph proves it idle', async () => {
  const graph = graphOf('W1 -> Y; X -> B -> Y; X <-> Y');
  const pillow = planOf(graph, 'P(Y | do(X))');
  // As if learnt given all that comes before.
  const plan: NetworkPlan = {
    ...pillow,
    factors: pillow.factors.map((factor) => (factor.of.join() === 'B' ? { ...factor, given: ['W1', ...factor.given] } : factor)),
  };
  const manifest = { target: finite('B'), given: finite('X'), claims: { law: 'P(B | X)', study: 'survey' } };
  const [one] = good(await offered(graph, plan, manifest));
  expect(one && printRequired(one.factor)).toBe('P(B | W1, X) of the study survey');
  const given: Batch = { rows: 2, columns: new Map(['W1', 'X'].map((name) => [name, { kind: 'finite', values: Int32Array.of(0, 1) }])) };
  expect((await one?.model.sample(given, new Random(1)))?.columns.get('B')?.values.length).toBe(2);
});

describe('numbers', () => {
  // P(M | X) for real M: m(x) = 3 x - 1, standard deviation 0.4.
  const graph = graphOf('X -> M -> Y; X <-> Y');
  const plan = planOf(graph, 'P(Y | do(X))');
  const types = new Map<Name, ColumnType>([...binary('X', 'Y'), ['M', { kind: 'real' }]]);
  const [spread, size] = [0.4, 4000];
  const mean = (x: number): number => 3 * x - 1;
  const rows = (seed: number): TrainingData => {
    const random = new Random(seed, 'rows');
    const x = Int32Array.from({ length: size }, () => random.integer(2));
    return {
      batch: {
        rows: size,
        columns: new Map([
          ['X', { kind: 'finite' as const, values: x }],
          ['Y', { kind: 'finite' as const, values: x }],
          ['M', { kind: 'real' as const, values: Float64Array.from(x, (each) => mean(each) + spread * random.normal()) }],
        ]),
      },
    };
  };
  const shares = signalShares({ betas: 'linear', length: 200, from: 1e-4, to: 0.1 });
  /** Denoiser and velocity of a normal law, in closed form: what a network would have learnt at best. */
  const exact = (kind: string, x: number, noisy: number, time: number): number => {
    if (kind === 'flow') {
      const variance = (1 - time) ** 2 + (time * spread) ** 2;
      return mean(x) + ((time * spread ** 2 - (1 - time)) / variance) * (noisy - time * mean(x));
    }
    const share = shares[time] as number;
    const epsilon = (Math.sqrt(1 - share) * (noisy - Math.sqrt(share) * mean(x))) / (share * spread ** 2 + 1 - share);
    if (kind === 'denoiser-eps') return epsilon;
    return (epsilon - Math.sqrt(1 - share) * noisy) / Math.sqrt(share);
  };
  const calls: number[] = [];
  const executable = (kind: string, batch: number | undefined): BroughtExecutable => ({
    inputs: new Map([
      ['noisy', { type: 'float32', shape: [batch, 1] }],
      ['t', { type: 'float32', shape: [] }],
      ['x', { type: 'float32', shape: [batch] }],
    ]),
    outputs: new Map([['out', { type: 'float32', shape: [batch, 1] }]]),
    async run(feeds) {
      const [noisy, time, x] = ['noisy', 't', 'x'].map((name) => feeds.get(name) as Tensor) as [Tensor, Tensor, Tensor];
      expect([time.shape, time.values.length]).toEqual([[], 1]);
      calls.push(noisy.shape[0] as number);
      const values = Float32Array.from(noisy.values, (each, row) => exact(kind, x.values[row] as number, each, time.values[0] as number));
      return new Map([['out', { shape: noisy.shape, values }]]);
    },
    async dispose() {},
  });
  const manifestOf = (kind: string, batch?: number): object => ({
    schema: 'doable/conditional@1',
    file: 'm.onnx',
    sha256: '0'.repeat(64),
    target: [{ name: 'M', real: true }],
    given: finite('X'),
    kind,
    io: { noise: 'noisy', time: 't', given: { X: 'x' }, output: 'out' },
    steps: kind === 'flow' ? 100 : 200,
    ...(kind === 'flow' ? {} : { schedule: { betas: 'linear', length: 200, from: 1e-4, to: 0.1 } }),
    ...(batch === undefined ? {} : { batch }),
    claims: { law: 'P(M | X)', study: 'survey' },
  });
  const open = async (kind: string, batch?: number, data = rows(1)): Promise<Result<readonly Brought[]>> =>
    bring(good(readManifest(manifestOf(kind, batch))), async () => success({ executable: executable(kind, batch) }), plan, {
      graph,
      types,
      data: new Map([['survey', data]]),
      seed: 1,
    });
  const at = (x: number, count: number): Batch => ({
    rows: count,
    columns: new Map([['X', { kind: 'finite', values: new Int32Array(count).fill(x) }]]),
  });

  test.each(['flow', 'denoiser-eps', 'denoiser-v'])('%s: the loop draws the law of an exact step', async (kind) => {
    const [one] = good(await open(kind));
    expect(one?.report.twoSample?.p).toBeGreaterThan(0.001);
    for (const x of [0, 1]) {
      const drawn = (await one?.model.sample(at(x, size), new Random(2, 'draws')))?.columns.get('M')?.values as Float64Array;
      const middle = drawn.reduce((sum, each) => sum + each / size, 0);
      const deviation = Math.sqrt(drawn.reduce((sum, each) => sum + (each - middle) ** 2 / size, 0));
      expect(Math.abs(middle - mean(x))).toBeLessThan(4 * (spread / Math.sqrt(size)) + 0.01);
      expect(Math.abs(deviation - spread)).toBeLessThan(0.02);
    }
  });

  test('a file that takes 7 rows at a time draws what it draws otherwise', async () => {
    const [free] = good(await open('flow'));
    calls.length = 0;
    const [fixed] = good(await open('flow', 7));
    expect(new Set(calls)).toEqual(new Set([7]));
    const [a, b] = await Promise.all(
      [free, fixed].map(async (each) => [...((await each?.model.sample(at(1, 30), new Random(4, 'd')))?.columns.get('M')?.values ?? [])]),
    );
    expect(a).toEqual(b);
    expect(
      said(
        await bring(good(readManifest(manifestOf('flow'))), async () => success({ executable: executable('flow', 7) }), plan, {
          graph,
          types,
          data: none,
          seed: 1,
        }),
      ),
    ).toMatch(/batch is "dynamic", but the file takes 7 rows at a time/u);
  });

  test('a model of other data is refused with the figures; a batch statistic is found', async () => {
    const other = rows(1);
    const values = other.batch.columns.get('M')?.values as Float64Array;
    for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + 0.5;
    expect(said(await open('flow', undefined, other))).toMatch(
      /does not draw P\(M \| X\) of the study survey: a classifier tells .* right/u,
    );
    const mixed = {
      ...base,
      target: [{ name: 'M', real: true }],
      given: finite('X'),
      noise: { shape: [1] },
      claims: { law: 'P(M | X)', study: 'survey' },
    };
    const sampler: SamplerFunction = (_, noise, n) =>
      Array.from(noise, (z) => z - Array.from(noise).reduce((sum, each) => sum + each / n, 0));
    expect(said(await offered(graph, plan, mixed, sampler, types))).toMatch(/changes with the other rows/u);
  });

  test('guidance is warned of', async () => {
    const manifest = {
      target: [{ name: 'M', real: true }],
      given: finite('X'),
      claims: { law: 'P(M | X)', study: 'survey', guidance: 1.5 },
    };
    const result = await offered(graph, plan, manifest, undefined, types);
    expect(result.ok && result.warnings?.[0]?.message).toMatch(
      /claims\.guidance is 1\.5: guidance tempers the law, so what is drawn is not P\(M \| X\)/u,
    );
  });
});

test.each([
  [{ taget: [] }, /The manifest has no field “taget”/u],
  [{ schema: 'doable/conditional@2' }, /schema must be "doable\/conditional@1"/u],
  [{ target: [{ name: 'Y' }] }, /target\[0\] must say what Y is/u],
  [{ target: [{ name: 'X', levels }] }, /given\[0\]\.name names X twice/u],
  [{ target: [{ name: 'Y', levels: ['0', '0'] }] }, /target\[0\]\.levels must not name a level twice/u],
  [{ kind: 'gan' }, /kind must be "sampler"/u],
  [
    { kind: 'flow', file: 'm.onnx', sha256: '0'.repeat(64), io: { output: 'y' } },
    /draws numbers, but a target has levels.*io\.noise is missing.*io\.given\.X is missing/su,
  ],
  [{ file: 'm.onnx', io: { output: 'y', given: { X: 'x' }, noise: 'z' } }, /sha256 is missing/u],
  [{ claims: { law: 'P(Y | Z)' } }, /claims\.law conditions on Z, but given is X/u],
  [{ claims: { law: 'P(X | Y)' } }, /claims\.law is a law of X, but target is Y/u],
  [{ claims: { law: 'P(Y | X', study: 's' } }, /claims\.law cannot be read/u],
  [{ claims: { law: 'P(Y | X)', support: { X: ['2'] } } }, /claims\.support\.X names the level 2/u],
  [{ noise: { shape: 3 } }, /noise\.shape must be a list of sizes/u],
  [[], /The manifest must be an object/u],
])('a manifest with a mistake is told its field: %j', (change, expected) => {
  const manifest = Array.isArray(change)
    ? change
    : { ...base, target: finite('Y'), given: finite('X'), claims: { law: 'P(Y | X)' }, ...change };
  expect(said(readManifest(manifest))).toMatch(expected);
});

test('the manifests of the reference page are manifests', () => {
  const page = readFileSync(fileURLToPath(new URL('../../../../docs/reference/bring-your-own.md', import.meta.url)), 'utf8');
  const blocks = [...page.matchAll(/```json\n(.*?)```/gsu)].map(([, text]) => readManifest(JSON.parse(text as string)));
  expect(blocks.map(said)).toEqual(['accepted', 'accepted']);
});
