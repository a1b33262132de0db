import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  drawFromNetwork,
  fitNetwork,
  inputsFrom,
  loadProblem,
  networkFitter,
  type Problem,
  planSample,
  Random,
  type Result,
  readFreeInputs,
  type SamplePlan,
  success,
  tableFitter,
  trainingRows,
} from '@doable/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadNetwork, saveNetwork } from '../../src/sampling/folder.ts';
import { ortBackend } from '../../src/tensor/ort.ts';

const folder = mkdtempSync(join(tmpdir(), 'doable-folder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const saved = join(folder, 'saved');

function good<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
const cells = [0, 1].flatMap((W) =>
  [0, 1].flatMap((Z) => [0, 1].flatMap((X) => [0, 1].map((Y) => ({ W, Z, X, Y, n: 3 + 5 * W + Z + 2 * X * Y })))),
);

let problem: Problem;
let sample: SamplePlan;
let first: readonly unknown[];
const trained = { seed: 3, generatedRows: 500, design: 'even' } as const;

const drawn = async (network: Parameters<typeof drawFromNetwork>[0], plan: SamplePlan): Promise<readonly unknown[]> => {
  const made = good(await drawFromNetwork(network, good(inputsFrom(plan, { X: '1' })), 300, new Random(1, 'draws')));
  return [...made.columns].map(([name, { values }]) => [name, [...values]]);
};

beforeAll(async () => {
  problem = good(
    await loadProblem({ graph: 'W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y', studies: [{ name: 'napkin', data: cells, count: 'n' }] }),
  );
  const planned = good(planSample(problem, 'P(Y=1 | do(X))'));
  if ('refusal' in planned) throw new Error('identified');
  sample = planned;
  const backend = good(await ortBackend());
  const { network } = good(
    await fitNetwork(sample.plan, await trainingRows(problem.studies, sample.plan), {
      ...trained,
      types: sample.types,
      fitterFor: (_, { id }) =>
        success(id === 'f4' ? networkFitter('softmax', { backend, threads: 1, widths: [8], budget: { steps: 20 } }) : tableFitter()),
    }),
  );
  first = await drawn(network, sample);
  good(await saveNetwork(saved, problem, sample, network, trained));
  // In its place, once more: nothing else is left beside it.
  good(await saveNetwork(saved, problem, sample, network, trained));
});

test('kept rows of free inputs: with the columns that are set, of the variables of the plan and within their levels', () => {
  type Pools = { rows: number; columns: { name: string; kind: string; values: number[] }[] }[];
  const read = (change: (pools: Pools) => void): string => {
    const pools = JSON.parse(readFileSync(join(saved, 'free-inputs.json'), 'utf8')) as Pools;
    change(pools);
    const made = readFreeInputs(pools, sample);
    return made.ok ? made.value.map(({ columns }) => [...columns.keys()].join()).join('; ') : (made.issues[0]?.message ?? '');
  };
  const column = (pools: Pools, name: string) => pools[0]?.columns.find((one) => one.name === name);
  expect(read(() => undefined)).toBe('Z,X');
  expect(read((pools) => pools[0]?.columns.pop())).toBe('Z');
  expect(read((pools) => pools[0]?.columns.shift())).toContain('no values of Z');
  expect(read((pools) => column(pools, 'X')?.values.fill(2))).toContain('its values of X do not fit');
  expect(read((pools) => column(pools, 'X')?.values.pop())).toContain('its values of X do not fit');
  for (const name of ['X', 'Z', 'W'])
    expect(read((pools) => pools[0]?.columns.push({ ...(column(pools, 'X') as Pools[0]['columns'][0]), name }))).toContain(
      `its values of ${name} do not fit`,
    );
});

test('a saved network draws the same after loading; nothing unfinished stays', async () => {
  expect(readdirSync(folder)).toEqual(['saved']);
  const loaded = good(await loadNetwork(saved));
  expect(await drawn(loaded.network, loaded.sample)).toEqual(first);
  expect(loaded.document).toMatchObject({
    question: 'P(Y=1 | do(X))',
    trained,
    studies: [{ name: 'napkin', fingerprint: problem.studies[0]?.fingerprint }],
  });
});

const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] = (copy[copy.length >> 1] as number) ^ 1;
  return copy;
};
type Manifest = ReturnType<typeof JSON.parse>;
const edited = (edit: (manifest: Manifest) => void) => (text: Buffer) => {
  const manifest = JSON.parse(text.toString());
  edit(manifest);
  return JSON.stringify(manifest);
};

test.each<readonly [string, string, (content: Buffer) => Buffer | string | undefined]>([
  ['a flipped bit in a network', 'f4.onnx', flipped],
  ['a network cut short', 'f4.onnx', (bytes) => bytes.subarray(0, 100)],
  ['a network that is gone', 'f4.onnx', () => undefined],
  ['an empty factor', 'f1.json', () => '{}'],
  ['a flipped bit in the free inputs', 'free-inputs.json', flipped],
  ['no manifest', 'manifest.json', () => undefined],
  ['half a manifest', 'manifest.json', (text) => text.subarray(0, 1000)],
  ['another document', 'manifest.json', () => '[]'],
  [
    'a path that leads out',
    'manifest.json',
    edited((m) => {
      m.factors[0].file = '../../../etc/passwd';
    }),
  ],
  [
    'a path that leads out, listed',
    'manifest.json',
    edited((m) => {
      m.factors[0].file = '../saved/f1.json';
      m.files['../saved/f1.json'] = m.files['f1.json'];
    }),
  ],
  [
    'wires of its own',
    'manifest.json',
    edited((m) => {
      m.plan.nodes[0].wires = [];
    }),
  ],
  [
    'one factor twice',
    'manifest.json',
    edited((m) => {
      m.factors[1].id = 'f1';
    }),
  ],
  [
    'a factor in the place of another',
    'manifest.json',
    edited((m) => {
      m.factors[1].file = 'f3.json';
    }),
  ],
  [
    'another question',
    'manifest.json',
    edited((m) => {
      m.question = 'P(W | do(X))';
    }),
  ],
  [
    'a question that is not identified',
    'manifest.json',
    edited((m) => {
      m.graph.arcs.push(['X', 'Y']);
    }),
  ],
  [
    'a huge size',
    'manifest.json',
    edited((m) => {
      m.files['f4.onnx'].bytes = 1e12;
    }),
  ],
  [
    'other levels',
    'manifest.json',
    edited((m) => {
      m.domains[3][1].levels = ['0', '1', '2'];
    }),
  ],
  [
    'a field that it may not have',
    'manifest.json',
    edited((m) => {
      m.code = 'process.exit()';
    }),
  ],
  [
    'a later schema',
    'manifest.json',
    edited((m) => {
      m.schema = 'doable/network@9';
    }),
  ],
])('%s: one issue that names the file and the remedy', async (what, name, change) => {
  const copy = join(folder, what.replaceAll(/\W/gu, '-'));
  cpSync(saved, copy, { recursive: true });
  const changed = change(readFileSync(join(copy, name)));
  if (changed === undefined) rmSync(join(copy, name));
  else writeFileSync(join(copy, name), changed);
  const loaded = await loadNetwork(copy);
  expect(loaded.ok).toBe(false);
  const issues = loaded.ok ? [] : loaded.issues;
  expect(issues).toHaveLength(1);
  expect(`${issues[0]?.message} ${issues[0]?.where?.file}`).toContain(copy);
  expect(issues[0]?.hint).toMatch(/Train it again/u);
});

test('a link in the place of a file is refused', async () => {
  const copy = join(folder, 'linked');
  cpSync(saved, copy, { recursive: true });
  rmSync(join(copy, 'f1.json'));
  symlinkSync(join(saved, 'f1.json'), join(copy, 'f1.json'));
  expect(await loadNetwork(copy)).toMatchObject({ ok: false, issues: [{ message: expect.stringContaining('no plain file') }] });
});

test('a network that another version trained is told; its plan must still be the same', async () => {
  const copy = join(folder, 'older');
  cpSync(saved, copy, { recursive: true });
  writeFileSync(
    join(copy, 'manifest.json'),
    edited((m) => {
      m.version = '0.0.1';
    })(readFileSync(join(copy, 'manifest.json'))),
  );
  expect(await loadNetwork(copy)).toMatchObject({ ok: true, warnings: [{ code: 'other-version' }] });
});

test('killed between its two renames a save loses nothing: the folder moved away comes back, what is half made goes', async () => {
  const dead = 2 ** 22 + 1;
  const place = join(folder, 'replaced');
  cpSync(saved, `${place}.${dead}.old`, { recursive: true });
  mkdirSync(`${place}.${dead}.part`);
  const mine = `${place}.${process.pid}.part`;
  mkdirSync(mine);
  const { network, sample: read } = good(await loadNetwork(place));
  expect(await drawn(network, read)).toEqual(first);
  expect(existsSync(`${place}.${dead}.part`)).toBe(false);
  // That of a process that lives is not touched.
  expect(existsSync(mine)).toBe(true);
  renameSync(place, `${place}.${dead}.old`);
  good(await saveNetwork(place, problem, read, network, trained));
  expect(readdirSync(folder).filter((name) => name.startsWith('replaced.'))).toEqual([]);
});

test('a place where no folder can be made: an issue that names it', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const { network } = good(await loadNetwork(saved));
  const made = await saveNetwork(join(file, 'inside'), problem, sample, network, trained);
  expect(made).toMatchObject({ ok: false, issues: [{ code: 'output' }] });
  expect(made.ok ? '' : made.issues[0]?.message).toContain(join(file, 'inside'));
});
