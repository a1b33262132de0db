import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { parseArguments } from '../../src/arguments/parse.ts';
import { commands } from '../../src/arguments/records.ts';
import { runSample } from '../../src/commands/sample.ts';
import { consoleOf } from '../../src/output/human.ts';
import { doable, main, type Ran, root } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'doable-sample-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cache = join(folder, 'cache');
const sample = (...args: string[]): Promise<Ran> => doable(['sample', ...args], { env: { XDG_CACHE_HOME: cache } });

/** The same within this process, which spares the start of one; draws would go to the standard output of the tests. */
async function inside(...words: string[]): Promise<Ran> {
  const command = commands.find(({ name }) => name === 'sample');
  const args = parseArguments(words, command?.options ?? [], 'sample');
  if (!args.ok) throw new Error(args.issues[0]?.message);
  const texts = ['', ''];
  const [stdout, stderr] = texts.map((_, i) =>
    Object.assign(new EventEmitter(), {
      write(text: string) {
        texts[i] += text;
        return true;
      },
    }),
  ) as unknown as [NodeJS.WriteStream, NodeJS.WriteStream];
  const env = { XDG_CACHE_HOME: cache };
  const code = await runSample({ args: args.value, console: consoleOf({ stdout, stderr, env }, false), stdin: process.stdin, env });
  return { code, out: texts[0] as string, err: texts[1] as string };
}

const frontDoor = 'examples/front-door-simulated.json';
const napkin = 'examples/napkin-simulated.json';
const lines = (text: string): string[] => text.trimEnd().split('\n').slice(1);
const share = (text: string, value: string): number => {
  const rows = lines(text);
  return rows.filter((row) => row === value).length / rows.length;
};
async function answer(problem: string, question: string): Promise<number> {
  const ran = await doable(['ask', problem, question, '--json', '--uncertainty', 'none', '--no-verify']);
  return JSON.parse(ran.out).answers[0].value;
}

test('draws follow the answer of ask: front door, and napkin through a generated training set', async () => {
  const n = 20_000;
  for (const [problem, floor] of [
    [frontDoor, 0],
    // Of 60,000 generated rows half stand at each value of the design.
    [napkin, 0.5 / Math.sqrt(30_000)],
  ] as const) {
    const [drawn, exact] = await Promise.all([
      sample(problem, 'P(Y=1 | do(X=1))', '-n', String(n), '--generated-rows', '60000', '--seed', '7'),
      answer(problem, 'P(Y=1 | do(X=1))'),
    ]);
    expect(drawn.code, drawn.err).toBe(0);
    expect(lines(drawn.out)).toHaveLength(n);
    expect(Math.abs(share(drawn.out, '1') - exact)).toBeLessThan(4 * (Math.sqrt(0.25 / n) + floor));
    expect(drawn.err).toContain('draws: 0.');
  }
});

test('the same seed and any number of threads: the same bytes', async () => {
  const ask = (...more: string[]) =>
    sample(frontDoor, 'P(Y, M | do(X=1))', '-n', '1000', '--factor', 'f1=softmax', '--factor', 'f2=softmax', '--steps', '20', ...more);
  const [one, two] = await Promise.all([ask('--no-cache', '--threads', '1'), ask('--no-cache', '--threads', '2')]);
  expect(one.code, one.err).toBe(0);
  expect(two.out).toBe(one.out);
  expect(one.out.split('\n')[0]).toBe('M,Y');
});

test('not identified: the hedge and exit 1, nothing on standard output, nothing trained', async () => {
  const ran = await sample('examples/bow-simulated.json', 'P(Y | do(X=1))', '-n', '5', '--models', 'softmax');
  expect(ran.code).toBe(1);
  expect(ran.out).toBe('');
  expect(ran.err).toContain("F = {X, Y}, F' = {Y}");
  expect(ran.err).toContain('Nothing was trained');
});

test('--plan prints the network, text or SVG, and reads no row', async () => {
  const [text, svg] = await Promise.all([
    inside(join(root, napkin), 'P(Y=1 | do(X=1))', '--plan'),
    inside(join(root, napkin), 'P(Y=1 | do(X=1))', '--plan', '--format', 'svg'),
  ]);
  expect(text.code).toBe(0);
  expect(text.out).toContain('rows drawn from f1, f2, f3 over a full-support design of Z');
  expect(svg.out).toMatch(/^<svg[\s\S]*<\/svg>\s*$/u);
});

test('what is wrong is said before anything is trained', async () => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [[frontDoor, 'P(Y | do(X=1))'], '-n N is needed'],
    [[frontDoor, 'P(Y | do(X))', '-n', '2'], '--at NAME=VALUE'],
    [[frontDoor, 'P(Y | do(X))', '-n', '2', '--at', 'X=7'], 'X has no level 7'],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--at', 'X=0'], 'the question says X=1 already'],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--out', '/no/such/folder/draws.csv'], 'there is no folder /no/such/folder'],
    [[frontDoor, '-n', '2'], 'combines several'],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--factor', 'f9=table'], "no factor 'f9'"],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--format', 'png'], 'pictures'],
    [
      [frontDoor, 'P(Y | do(X=1))', '-n', '2', '--out', 'draws.png'],
      '--out draws.png draws pictures, and none of the columns drawn (Y) is one',
    ],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--models', 'mixture'], 'draws real columns'],
    [
      [frontDoor, 'P(Y | do(X=1))', '-n', '2', '--factor', 'f3=unet'],
      'f3 P(Y | X, M) cannot be a unet model: it draws pictures, and Y is finite',
    ],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--factor', 'f2=flow'], 'say --factor f2=table (or softmax)'],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--factor', 'f1'], 'this is not FACTOR=KIND'],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--factor', 'f1=table', '--factor', 'f1=softmax'], 'f1 is given two kinds'],
    [
      [frontDoor, 'P(Y | do(X=1))', '-n', '2', '--models', 'softmax', '--cache', `${main}/c`],
      `Nothing can be kept in the folder ${main}/c`,
    ],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--save', `${main}/n`], 'the network cannot be kept there: ENOTDIR'],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '0'], '-n 0 draws nothing'],
    [[frontDoor, 'P(Y | do(X))', '-n', '2', '--at', 'Q=1'], 'Q is no input of this network'],
    [[frontDoor, 'P(Y | do(X))', '-n', '2', '--input', 'X=x.png'], 'X is no picture'],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--bring', 'nope.json'], 'There is no file nope.json.\n  Name the manifest'],
    [[frontDoor, 'P(Y | do(X=1))', '-n', '2', '--bring', folder], `${folder} is a folder`],
    [['--load', folder, '-n', '2', 'P(Y)'], 'brings its own problem'],
  ];
  for (const [args, says] of cases) {
    const one = await inside(...args.map((word) => (word === frontDoor ? join(root, word) : word)));
    expect(one.code, `${args.join(' ')}\n${one.err}`).toBe(2);
    expect(one.out).toBe('');
    expect(one.err).toContain(says);
    expect(one.err).not.toContain('learnt from');
  }
});

test('a treatment without effect is let pass with a note; several values of --at stand in columns', async () => {
  const graph = ['--graph', 'X -> Y; Z', '--study', 'examples/data/napkin-simulated.csv,count=count'];
  const idle = await sample(...graph, 'P(Y | do(X=1, Z=0))', '-n', '3', '--at', 'Z=0');
  expect(idle.code, idle.err).toBe(0);
  expect(idle.err).toContain('Z has no effect');
  const both = await sample(frontDoor, 'P(Y | do(X))', '-n', '2', '--at', 'X=0,1');
  expect(both.out).toMatch(/^X,Y\n0,[01]\n0,[01]\n1,[01]\n1,[01]\n$/u);
});

test('NDJSON and Parquet hold the draws of the CSV; another seed: others', async () => {
  const file = join(folder, 'draws.parquet');
  const ask = (...more: string[]) => sample(frontDoor, 'P(Y, M | do(X=1))', '-n', '500', '--seed', '4', ...more);
  const [csv, json, parquet, other] = await Promise.all([
    ask(),
    ask('--format', 'ndjson'),
    ask('--format', 'parquet', '--out', file),
    ask('--seed', '5'),
  ]);
  expect(other.code).toBe(0);
  expect(other.out).not.toBe(csv.out);
  const rows = lines(csv.out);
  expect(
    json.out
      .trimEnd()
      .split('\n')
      .map((line) => Object.values(JSON.parse(line)).join(',')),
  ).toEqual(rows);
  expect(parquet.out).toBe('');
  const back = await doable(['ask', '--graph', 'M -> Y', '--study', file, 'P(Y=1)', '--json']);
  expect(JSON.parse(back.out).answers[0].value).toBeCloseTo(rows.filter((row) => row.endsWith(',1')).length / 500, 12);
  expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
});

test('a reader that leaves early ends the run quietly', async () => {
  // An hour of rows.
  const ran = await new Promise<{ code: number | null; err: string; out: string }>((resolve) => {
    const child = spawn(process.execPath, [main, 'sample', frontDoor, 'P(Y | do(X=1))', '-n', '10000000000'], { cwd: root });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').once('data', (text: string) => {
      out += text;
      child.stdout.destroy();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', (code) => resolve({ code, err, out }));
  });
  expect(ran.code).toBe(0);
  expect(ran.out.startsWith('Y\n')).toBe(true);
  expect(ran.err).not.toContain('fault');
});

test.runIf(existsSync('/dev/full'))('a full disk is said, not called a fault', async () => {
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [main, 'sample', frontDoor, 'P(Y | do(X=1))', '-n', '5000'], {
    cwd: root,
    stdio: ['ignore', full, 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  closeSync(full);
  expect(said).toContain('Standard output cannot be written: ENOSPC');
  expect(code).toBe(2);
});

test('a saved network draws the same; what is damaged is named, with the remedy', async () => {
  const saved = join(folder, 'saved');
  const made = await sample(frontDoor, 'P(Y=1 | do(X))', '--at', 'X=1', '-n', '2000', '--save', saved);
  expect(made.code, made.err).toBe(0);
  expect(readdirSync(saved).sort()).toEqual(['f1.json', 'f2.json', 'f3.json', 'free-inputs.json', 'manifest.json']);
  const again = await sample('--load', saved, '--at', 'X=1', '-n', '2000');
  expect(again.out).toBe(made.out);
  writeFileSync(join(saved, 'f2.json'), '{}');
  const ran = await sample('--load', saved, '--at', 'X=1', '-n', '2');
  expect([ran.code, ran.out]).toEqual([2, '']);
  expect(ran.err).toContain(join(saved, 'f2.json'));
  expect(ran.err).toContain('--save FOLDER');
});

const statesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.state')) : []);

test('killed while it trains, the same command goes on from its checkpoint to the same digits', async () => {
  const own = join(folder, 'killed');
  const args = [napkin, 'P(Y | do(X=1))', '-n', '2000', '--factor', 'f4=softmax', '--steps', '300', '--generated-rows', '3000'];
  const checkpoints = join(own, 'checkpoints');
  const states = (): string[] => statesIn(checkpoints);
  // Whoever watches the folder from outside may find the training over: the command itself is made to end when the first checkpoint stands.
  const killer = join(folder, 'killer.mjs');
  writeFileSync(
    killer,
    `import { promises } from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { rename } = promises;
    promises.rename = async (from, to) => {
      await rename(from, to);
      if (String(to).endsWith('.state')) process.kill(process.pid, 'SIGKILL');
    };
    syncBuiltinESMExports();`,
  );
  const child = spawn(process.execPath, ['--import', pathToFileURL(killer).href, main, 'sample', ...args, '--cache', own], {
    cwd: root,
    stdio: 'ignore',
  });
  expect(await new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)))).toBe('SIGKILL');
  expect(states()).toHaveLength(1);
  const [resumed, whole] = await Promise.all([sample(...args, '--cache', own), sample(...args, '--no-cache')]);
  expect(resumed.code, resumed.err).toBe(0);
  expect(resumed.err).toContain('goes on from its checkpoint');
  expect(resumed.out).toBe(whole.out);
  expect(readdirSync(checkpoints)).toEqual([]);
  // All factors are kept: nothing is trained any more.
  const third = await sample(...args, '--cache', own);
  expect(third.out).toBe(whole.out);
  expect(third.err.match(/from the cache/gu)).toHaveLength(4);
});

test('Ctrl-C keeps a checkpoint and says how to go on', async () => {
  const own = join(folder, 'stopped');
  const states = (): string[] => statesIn(join(own, 'checkpoints'));
  const args = [frontDoor, 'P(Y | do(X=1))', '-n', '5', '--models', 'softmax', '--steps', '60000', '--threads', '1', '--cache', own];
  const ran = await new Promise<{ code: number | null; err: string; out: string }>((resolve) => {
    const child = spawn(process.execPath, [main, 'sample', ...args], { cwd: root });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    const watch = setInterval(() => {
      // The folder is made before training begins.
      if (states().length === 0) return;
      clearInterval(watch);
      child.kill('SIGINT');
    }, 5);
    child.on('close', (code) => {
      clearInterval(watch);
      resolve({ code, err, out });
    });
  });
  expect([ran.code, ran.out]).toEqual([130, '']);
  expect(ran.err).toContain('The same command goes on');
  expect(states()).toHaveLength(1);
  expect(readdirSync(join(own, 'checkpoints'))).toHaveLength(1);
});
