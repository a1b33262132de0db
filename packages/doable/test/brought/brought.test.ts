import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ColumnType,
  compileQuestion,
  drawFromNetwork,
  fitNetwork,
  type Graph,
  idGen,
  inputsFrom,
  type Name,
  type NetworkPlan,
  observation,
  Random,
  type Result,
  readGraph,
  type TrainingData,
  tableFitter,
} from '@doable/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BringSource, type BroughtModels, type BroughtOptions, broughtModels } from '../../src/brought/brought.ts';
import { guardedModel } from '../../src/brought/guarded.ts';
import { ortBackend } from '../../src/tensor/ort.ts';
import { attribute, boolean, bytes, float32, graph, int64, model, node, type Parts, tensor, value, whole } from './onnx-bytes.ts';

const data = fileURLToPath(new URL('./data/', import.meta.url));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'doable-brought-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
function planOf(graph: Graph, text: string): NetworkPlan {
  const question = good(compileQuestion(text, { graph, domains: new Map() }));
  const made = idGen((question.parts[0] as (typeof question.parts)[0]).query, graph, {
    offers: [{ regime: observation, studies: ['survey'], size: 1 }],
  });
  if (!made.ok) throw new Error(JSON.stringify(made.issues));
  return made.plan;
}
const binary = (...names: Name[]): Map<Name, ColumnType> => new Map(names.map((name) => [name, { kind: 'finite', levels: ['0', '1'] }]));

/** The front-door table of the ID-GEN notebooks: P(X, Z, Y), Y fastest. */
const frontDoor = good(readGraph('X -> Z; Z -> Y; X <-> Y'));
const cells = [0.0253, 0.0737, 0.102, 0.0945, 0.0862, 0.4097, 0.108, 0.1006];
const survey: TrainingData = {
  batch: {
    rows: 8,
    columns: new Map(
      ['X', 'Z', 'Y'].map((name, i) => [
        name,
        { kind: 'finite' as const, values: Int32Array.from(cells, (_, cell) => (cell >> (2 - i)) & 1) },
      ]),
    ),
  },
  weights: Float64Array.from(cells),
};
const plan = planOf(frontDoor, 'P(Y | do(X))');
const options: BroughtOptions = {
  graph: frontDoor,
  types: binary('X', 'Z', 'Y'),
  data: new Map([['survey', survey]]),
  seed: 1,
};

const levels = ['0', '1'];
const mediator = {
  schema: 'doable/conditional@1',
  file: 'mediator.onnx',
  target: [{ name: 'Z', levels }],
  given: [{ name: 'X', levels, encoding: 'one-hot' }],
  kind: 'logits',
  io: { given: { X: 'x' }, output: 'scores' },
  claims: { law: 'P(Z | X)', study: 'survey' },
};
let written = 0;
/** A manifest beside a file, in a folder of their own. */
function bringing(file: Uint8Array, change: object = {}): string {
  const own = join(folder, `m${written++}`);
  mkdirSync(own);
  const name = (change as { readonly file?: string }).file ?? 'mediator.onnx';
  if (!name.includes('/')) writeFileSync(join(own, name), file);
  const sha256 = createHash('sha256').update(file).digest('hex');
  writeFileSync(join(own, 'manifest.json'), JSON.stringify({ ...mediator, sha256, ...change }));
  return join(own, 'manifest.json');
}
const torch = (): Uint8Array => readFileSync(join(data, 'mediator.onnx'));
const bring = (source: BringSource, change: Partial<BroughtOptions> = {}): Promise<Result<BroughtModels>> =>
  broughtModels([source], plan, { ...options, ...change });
/** Without a process of its own, where the file is harmless. */
const plainly: Partial<BroughtOptions> = { load: async (file) => good(await ortBackend()).load(file) };
async function refused(
  source: BringSource,
  change: Partial<BroughtOptions> = {},
): Promise<{ readonly code: string; readonly text: string }> {
  const result = await bring(source, change);
  if (result.ok) {
    await result.value.close();
    throw new Error('It was accepted.');
  }
  const [issue] = result.issues;
  return { code: issue?.code ?? '', text: `${issue?.message} ${issue?.hint ?? ''}` };
}

/** Rows of P(Y | do(X=1)) with the brought models, the rest counted; the share of Y = 1. */
async function shareOfY({ models }: BroughtModels, count: number): Promise<number> {
  const { network, factors } = good(
    await fitNetwork(plan, options.data, {
      seed: 1,
      types: options.types,
      fitterFor: () => ({ ok: true, value: tableFitter() }),
      modelFor: async (_, factor) => models.get(factor.id),
    }),
  );
  expect(factors.filter((each) => each.reused).length).toBe(models.size);
  const drawn = good(await drawFromNetwork(network, good(inputsFrom(network, { X: '1' })), count, new Random(3, 'draws')));
  const values = drawn.columns.get('Y')?.values as Int32Array;
  return values.reduce((sum, each) => sum + each, 0) / count;
}

test('scores trained by PyTorch answer the front-door question', async () => {
  const result = await bring(bringing(torch()));
  const brought = good(result);
  try {
    const [one] = brought.brought;
    expect(one?.report).toMatchObject({ law: 'P(Z | X) of the study survey', zeroWidth: false, clipped: 0 });
    expect(one?.report.twoSample?.p).toBeGreaterThan(0.01);
    expect(Math.abs((await shareOfY(brought, 200_000)) - 0.7072)).toBeLessThan(0.003);
    const rows = {
      rows: 2,
      columns: new Map([
        ['X', { kind: 'finite' as const, values: Int32Array.of(0, 1) }],
        ['Z', { kind: 'finite' as const, values: Int32Array.of(1, 1) }],
      ]),
    };
    const log = (await one?.model.logProbability?.(rows)) as Float64Array;
    expect(Math.exp(log[0] as number)).toBeCloseTo(0.1965 / 0.2955, 4);
    expect(Math.exp(log[1] as number)).toBeCloseTo(0.2086 / 0.7045, 4);
  } finally {
    await brought.close();
  }
});

test('a flow trained by PyTorch, 64 rows at a time, draws its law', async () => {
  const types = new Map<Name, ColumnType>([...binary('X', 'Y'), ['Z', { kind: 'real' }]]);
  const random = new Random(5, 'rows');
  const [x, z] = [new Int32Array(4000), new Float64Array(4000)];
  for (let i = 0; i < x.length; i++) {
    x[i] = random.integer(2);
    z[i] = 2 * (x[i] as number) - 1 + 0.5 * random.normal();
  }
  const rows: TrainingData = {
    batch: {
      rows: x.length,
      columns: new Map([
        ['X', { kind: 'finite', values: x }],
        ['Z', { kind: 'real', values: z }],
        ['Y', { kind: 'finite', values: x }],
      ]),
    },
  };
  const path = bringing(readFileSync(join(data, 'flow.onnx')), {
    target: [{ name: 'Z', real: true }],
    given: [{ name: 'X', levels }],
    kind: 'flow',
    steps: 40,
    batch: 64,
    io: { noise: 'noisy', time: 'time', given: { X: 'x' }, output: 'velocity' },
  });
  const brought = good(await bring(path, { types, data: new Map([['survey', rows]]), ...plainly }));
  try {
    const [one] = brought.brought;
    expect(one?.report.twoSample?.interval[0]).toBeLessThan(0.53);
    const given = { rows: 3000, columns: new Map([['X', { kind: 'finite' as const, values: new Int32Array(3000).fill(1) }]]) };
    const drawn = (await one?.model.sample(given, new Random(1, 'flow')))?.columns.get('Z')?.values as Float64Array;
    const mean = drawn.reduce((sum, each) => sum + each / 3000, 0);
    const spread = Math.sqrt(drawn.reduce((sum, each) => sum + (each - mean) ** 2 / 3000, 0));
    expect(Math.abs(mean - 1)).toBeLessThan(0.05);
    expect(Math.abs(spread - 0.5)).toBeLessThan(0.05);
    const few = { rows: 5, columns: new Map([['X', { kind: 'finite' as const, values: new Int32Array(5).fill(1) }]]) };
    const again = (await one?.model.sample(few, new Random(1, 'flow')))?.columns.get('Z')?.values as Float64Array;
    expect([...again]).toEqual([...drawn.subarray(0, 5)]);
  } finally {
    await brought.close();
  }
});

describe('a model of another law is refused, and the law that is needed is named', () => {
  const needs = 'The network needs P(Z | X) of the study survey; the file claims';
  test.each([
    [
      'another target',
      { target: [{ name: 'Y', levels }], claims: { law: 'P(Y | X)', study: 'survey' } },
      /does not condition on|target|needs/u,
    ],
    [
      'no condition',
      { given: [], io: { output: 'scores' }, claims: { law: 'P(Z)', study: 'survey' } },
      `${needs} P(Z) of the study survey: it does not condition on X`,
    ],
    [
      'another regime',
      { claims: { law: 'P(Z | do(X))', study: 'survey' } },
      `${needs} P(Z | do(X)) of the study survey: it claims to hold under do(X), not under observation`,
    ],
    [
      'another study',
      { claims: { law: 'P(Z | X)', study: 'trial' } },
      `${needs} P(Z | X) of the study trial: it is of the study trial, not survey`,
    ],
    ['no study', { claims: { law: 'P(Z | X)' } }, 'claims.study'],
    [
      'a condition that matters',
      {
        given: [
          { name: 'X', levels, encoding: 'one-hot' },
          { name: 'Y', levels },
        ],
        io: { given: { X: 'x', Y: 'x' }, output: 'scores' },
        claims: { law: 'P(Z | X, Y)', study: 'survey' },
      },
      `${needs} P(Z | X, Y) of the study survey: it conditions on Y too, on which Z depends given X: another law`,
    ],
    ['levels missing', { given: [{ name: 'X', levels: ['0'], encoding: 'one-hot' }] }, 'given[0] (X) lacks the level 1'],
  ])('%s', async (_, change, expected) => {
    const { code, text } = await refused(bringing(torch(), change));
    expect(code).toBe('brought-mismatch');
    expect(text).toMatch(typeof expected === 'string' ? new RegExp(expected.replace(/[()|[\]*+?.^$]/gu, '\\$&'), 'u') : expected);
  });

  test('a file that does not draw what it claims', async () => {
    const { code, text } = await refused(bringing(torch(), { target: [{ name: 'Z', levels: ['1', '0'] }] }));
    expect(code).toBe('brought-differs');
    expect(text).toMatch(/order of levels/u);
  });
});

test('what a manifest may not say about its file', async () => {
  writeFileSync(join(folder, 'outside.onnx'), torch());
  const link = bringing(torch(), { file: 'links/link.onnx' });
  mkdirSync(join(link, '../links'));
  symlinkSync(join(folder, 'outside.onnx'), join(link, '../links/link.onnx'));
  for (const path of [bringing(torch(), { file: '../outside.onnx' }), bringing(torch(), { file: join(folder, 'outside.onnx') }), link])
    expect((await refused(path)).text).toMatch(/not in the folder of the manifest/u);
  expect((await refused(bringing(torch(), { file: 'links/none.onnx' }))).text).toMatch(/does not exist/u);
  expect((await refused(bringing(torch(), { sha256: '0'.repeat(64) }))).text).toMatch(/sha256 is 000.*mediator\.onnx has e246dab9/u);
  expect((await refused(join(folder, 'none.json'))).text).toMatch(/^There is no file .*none\.json\. Name the manifest/u);
  expect((await refused(folder)).text).toMatch(/is a folder\. Name the manifest/u);
  expect((await refused(join(data, 'mediator.onnx'))).text).toMatch(/no JSON/u);
  expect((await refused(bringing(torch(), { io: { given: { X: 'X' }, output: 'scores' } }))).text).toMatch(
    /io\.given\.X names the input “X”.* Its inputs are x/u,
  );
  expect((await refused(bringing(torch(), { io: { given: { X: 'x' }, output: 'y' } }))).text).toMatch(/io\.output names “y”/u);
  expect((await refused(bringing(torch(), { given: [{ name: 'X', levels }] }))).text).toMatch(
    /io\.given\.X takes \[rows, 2\], but the manifest makes \[rows, 1\]/u,
  );
  expect((await refused(bringing(torch().subarray(0, 500)))).code).toBe('onnx-malformed');
});

/** One input x [rows, 2], one output scores [rows, 2] unless said otherwise. */
const crafted = (parts: Partial<Parts>): Uint8Array =>
  model({
    inputs: [value('x', float32, ['rows', 2])],
    outputs: [value('scores', float32, ['rows', 2])],
    nodes: [node('Identity', ['x'], ['scores'])],
    ...parts,
  });

describe('hostile files', () => {
  const loop = graph({
    nodes: [node('Identity', ['going'], ['on']), node('Identity', ['state'], ['next'])],
    inputs: [value('i', int64, []), value('going', boolean, []), value('state', float32, ['rows', 2])],
    outputs: [value('on', boolean, []), value('next', float32, ['rows', 2])],
  });
  const endless = crafted({
    initialisers: [tensor('count', int64, [], [2 ** 53]), tensor('true', boolean, [], [1])],
    nodes: [node('Loop', ['count', 'true', 'x'], ['scores'], [attribute.graph('body', loop)])],
  });
  const bomb = (size: number): Uint8Array =>
    crafted({
      initialisers: [tensor('zero', float32, [1], [1])],
      nodes: [
        // The size is worked out from the input, so that it is not known before the model runs.
        node('Shape', ['x'], ['shape']),
        node('Constant', [], ['factors'], [attribute.tensor('value', tensor('', int64, [2], [size, 1]))]),
        node('Mul', ['shape', 'factors'], ['large']),
        node('ConstantOfShape', ['large'], ['filled'], [attribute.tensor('value', tensor('', float32, [1], [1]))]),
        node('ReduceSum', ['filled'], ['sum'], [attribute.whole('keepdims', 0)]),
        node('Add', ['x', 'sum'], ['scores']),
      ],
    });

  test('the format as such: by hand and read by ONNX Runtime', async () => {
    // Identity: scores 1 and 0 for the level at hand, so P(Z = X) = e / (1 + e).
    expect((await refused(bringing(crafted({})))).code).toBe('brought-differs');
  });

  test('loops without end are stopped', async () => {
    const { code, text } = await refused(bringing(endless), { seconds: 1.5 });
    expect(code).toBe('brought-time');
    expect(text).toMatch(/more than 1\.5 seconds to answer/u);
  });

  test('memory without end is stopped, whether it is asked for or filled', async () => {
    const asked = await refused(bringing(bomb(2 ** 31)), { megabytes: 256 });
    expect(['brought-run', 'brought-memory']).toContain(asked.code);
    const filled = await refused(bringing(bomb(2 ** 21)), { megabytes: 64 });
    expect(['brought-run', 'brought-memory']).toContain(filled.code);
  });

  test.each([
    ['noise of its own', crafted({ nodes: [node('RandomNormalLike', ['x'], ['scores'])] }), 'brought-random', /Make the noise an input/u],
    [
      'weights in other files',
      crafted({
        initialisers: [
          [
            ...whole(1, 2),
            ...whole(2, float32),
            ...bytes(8, 'w'),
            ...bytes(13, [...bytes(1, 'location'), ...bytes(2, '/etc/passwd')]),
            ...whole(14, 1),
          ],
        ],
      }),
      'onnx-external-data',
      /one file/u,
    ],
    [
      'operators of its own',
      crafted({ nodes: [node('Anything', ['x'], ['scores'], [], 'evil')] }),
      'onnx-domain',
      /standard ONNX operators/u,
    ],
    [
      'a tensor larger than its bytes',
      crafted({ initialisers: [tensor('w', float32, [2 ** 20], [1])] }),
      'onnx-tensor',
      /does not hold as many values/u,
    ],
    [
      'a tensor beyond all measure',
      crafted({ initialisers: [tensor('w', float32, [2 ** 31, 2 ** 31], [])] }),
      'onnx-too-large',
      /at most/u,
    ],
    [
      'an output of another width',
      crafted({
        outputs: [value('scores', float32, ['rows', 3])],
        nodes: [node('Concat', ['x', 'one'], ['scores'], [attribute.whole('axis', 1)])],
        initialisers: [tensor('one', float32, [1, 1], [0])],
      }),
      'brought-io',
      /gives \[.*3\], but a row of the target takes 2 numbers/u,
    ],
    [
      'an output that adds rows up',
      crafted({
        outputs: [value('scores', float32, ['any', 2])],
        nodes: [node('ReduceMax', ['x'], ['scores'], [attribute.wholes('axes', [0])])],
      }),
      '',
      /scores/u,
    ],
    [
      'an output of words',
      crafted({ outputs: [value('scores', 8, ['rows', 2])], nodes: [node('Cast', ['x'], ['scores'], [attribute.whole('to', 8)])] }),
      'onnx-type',
      /string/u,
    ],
    [
      'numbers that are none',
      crafted({
        initialisers: [tensor('zero', float32, [1], [0])],
        nodes: [node('Mul', ['x', 'zero'], ['none']), node('Div', ['none', 'none'], ['scores'])],
      }),
      'brought-not-finite',
      /NaN/u,
    ],
    [
      'rows that look at each other',
      crafted({ nodes: [node('ReduceMean', ['x'], ['mean'], [attribute.wholes('axes', [0])]), node('Sub', ['x', 'mean'], ['scores'])] }),
      'brought-rows-mixed',
      /evaluation mode/u,
    ],
    ['an operator that does not exist', crafted({ nodes: [node('Nonsense', ['x'], ['scores'])] }), 'onnx-refused', /Nonsense/u],
  ])('%s', async (_, file, code, expected) => {
    const seen = await refused(bringing(file), plainly);
    if (code !== '') expect(seen.code).toBe(code);
    expect(seen.text).toMatch(expected);
  });

  test('a model that was stopped stays stopped, and nothing else with it', async () => {
    const loaded = good(await guardedModel(endless, { seconds: 1 }));
    const feeds = new Map([['x', { shape: [1, 2], values: Float32Array.of(1, 0) }]]);
    await expect(loaded.run(feeds)).rejects.toThrow('more than 1 seconds');
    await expect(loaded.run(feeds)).rejects.toMatchObject({ issue: { code: 'brought-time' } });
    await loaded.dispose();
    await (good(await bring(bringing(torch()))) as BroughtModels).close();
  });
});

const sampler = {
  schema: 'doable/conditional@1',
  target: [{ name: 'Z', levels }],
  given: [{ name: 'X', levels }],
  kind: 'sampler',
  noise: { shape: [1], law: 'uniform' },
  claims: { law: 'P(Z | X)', study: 'survey', support: { X: ['0'] } },
};
const one = [0.1965 / 0.2955, 0.2086 / 0.7045];
const drawZ = (x: ArrayLike<number>, noise: ArrayLike<number>): number[] =>
  Array.from(x, (level, row) => ((noise[row] as number) < (one[level] as number) ? 1 : 0));

test('a function draws; what lies outside its training is said', async () => {
  const result = await bring({ manifest: sampler, sampler: ({ X }, noise) => drawZ(X as ArrayLike<number>, noise) });
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  expect(result.warnings).toMatchObject([{ code: 'brought-outside-support', message: expect.stringMatching(/^(6|7)\d\.\d % /u) }]);
  expect(Math.abs((await shareOfY(good(result), 100_000)) - 0.7072)).toBeLessThan(0.005);
  const nature = await refused({ manifest: { ...sampler, noise: undefined }, sampler: ({ X }) => Array.from(X as ArrayLike<number>) });
  expect(nature.code).toBe('brought-differs');
  let calls = 0;
  const restless = await refused({ manifest: sampler, sampler: (_, noise) => Array.from(noise, () => (calls++ % 3) % 2) });
  expect(restless.code).toBe('brought-not-deterministic');
  expect((await refused({ manifest: sampler, sampler: () => [1] })).text).toMatch(/gave 1 numbers for 32 rows; 32 are expected/u);
  expect((await refused({ manifest: sampler, sampler: (_, noise) => Array.from(noise, () => 0.5) })).code).toBe('brought-no-level');
  const twice = await broughtModels(
    [bringing(torch()), { manifest: sampler, sampler: ({ X }, noise) => drawZ(X as ArrayLike<number>, noise) }],
    plan,
    options,
  );
  expect(!twice.ok && twice.issues[0]?.code).toBe('brought-twice');
});

test('an HTTP sampler on this machine draws; one elsewhere is asked for first', async () => {
  let mode: 'draw' | 'fail' | 'words' | 'hang' | 'elsewhere' = 'draw';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => {
      body += part.toString();
    });
    request.on('end', () => {
      if (mode === 'hang') return;
      const { given, noise, n } = JSON.parse(body) as {
        readonly given: { readonly X: number[] };
        readonly noise: number[];
        readonly n: number;
      };
      expect(noise.length).toBe(n);
      if (mode === 'elsewhere') response.writeHead(302, { location: 'http://192.0.2.1/' });
      else if (mode === 'fail') response.statusCode = 500;
      response.end(JSON.stringify({ samples: mode === 'words' ? ['many'] : drawZ(given.X, noise).map((each) => [each]) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const at = (url: string): string => bringing(new Uint8Array(), { ...sampler, file: undefined, sha256: undefined, io: undefined, url });
    const local = at(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sample`);
    const brought = good(await bring(local));
    expect(Math.abs((await shareOfY(brought, 20_000)) - 0.7072)).toBeLessThan(0.015);
    for (const [next, expected, limit] of [
      ['fail', /answers 500/u, {}],
      ['words', /gave no \{"samples"/u, {}],
      ['hang', /no answer within 0.3 seconds/u, { seconds: 0.3 }],
      ['elsewhere', /failed/u, {}],
    ] as const) {
      mode = next;
      const { code, text } = await refused(local, limit);
      expect(code).toBe('brought-http');
      expect(text).toMatch(expected);
    }
    const { code, text } = await refused(at('http://192.0.2.1/sample'));
    expect(code).toBe('brought-remote');
    expect(text).toMatch(/your data, would leave this machine/u);
    expect((await refused(at('file:///etc/passwd'))).code).toBe('brought-url');
    expect((await refused(at('http://127.0.0.1.example.org/'))).code).toBe('brought-remote');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('doable sample --bring: draws, or says which law is needed', () => {
  const cell = ['0,0,0', '0,0,1', '0,1,0', '0,1,1', '1,0,0', '1,0,1', '1,1,0', '1,1,1'];
  const csv = cell.map((each, i) => `${each},${Math.round((cells[i] as number) * 10_000)}`).join('\n');
  writeFileSync(join(folder, 'survey.csv'), `X,Z,Y,count\n${csv}\n`);
  writeFileSync(
    join(folder, 'problem.json'),
    JSON.stringify({ graph: 'X -> Z; Z -> Y; X <-> Y', studies: [{ name: 'survey', data: 'survey.csv', count: 'count' }] }),
  );
  const command = (manifest: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
    spawnSync(
      process.execPath,
      [
        fileURLToPath(new URL('../../bin/doable.js', import.meta.url)),
        'sample',
        join(folder, 'problem.json'),
        'P(Y | do(X=1))',
        '-n',
        '5000',
        '--no-cache',
        '--bring',
        manifest,
      ],
      { encoding: 'utf8' },
    );
  const drawn = command(bringing(torch()));
  expect(drawn.stderr).toMatch(
    /f\d P\(Z \| X\) of the study survey: brought \(mediator\.onnx\)\. Two-sample test against 2000 rows: p = /u,
  );
  const rows = drawn.stdout.trim().split('\n').slice(1);
  expect(rows.length).toBe(5000);
  expect(Math.abs(rows.filter((row) => row === '1').length / 5000 - 0.7072)).toBeLessThan(0.03);
  const wrong = command(bringing(torch(), { claims: { law: 'P(Z | do(X))', study: 'survey' } }));
  expect(wrong).toMatchObject({ status: 2, stdout: '' });
  expect(wrong.stderr).toContain('The network needs P(Z | X) of the study survey; the file claims P(Z | do(X))');
});
