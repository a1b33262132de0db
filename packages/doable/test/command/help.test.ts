import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { expect, test } from 'vitest';
import { commands, firstExamples, laterCommands, options } from '../../src/arguments/records.ts';
import { commandReference } from '../../src/commands/help.ts';
import { doable, file, main, root } from './support.ts';

const shim = file('doable', `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
chmodSync(shim, 0o755);

/** Runs a line as a person would type it, in the root of the repository. */
function typed(line: string): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, PATH: `${dirname(shim)}${delimiter}${process.env.PATH ?? ''}` };
    const child = spawn('/bin/sh', ['-c', line], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

test('--help begins with three examples that run as printed', async () => {
  const { out, code } = await doable(['--help']);
  expect(code).toBe(0);
  const printed = out
    .split('\n')
    .slice(1, 7)
    .filter((line) => line.startsWith('  doable '));
  expect(printed.map((line) => line.trim())).toEqual(firstExamples.map(([example]) => example));
  for (const line of printed) {
    const ran = await typed(line);
    expect(ran.code, `${line}\n${ran.err}`).toBe(0);
    expect(ran.out).not.toBe('');
  }
});

test.each(commands.flatMap(({ name, examples }) => examples.map((example) => [example, name])))('%s', async (example, name) => {
  const { out } = await doable([name, '--help']);
  expect(out).toContain(example);
  const ran = await typed(example);
  expect([0, 1], ran.err).toContain(ran.code);
  expect(ran.out).not.toBe('');
});

test('--version, a bare doable, and help of every command', async () => {
  expect((await doable(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/u);
  expect((await doable([])).out).toContain('Commands');
  for (const command of commands) {
    const { out, code } = await doable(['help', command.name]);
    expect(code).toBe(0);
    for (const name of command.options) expect(out).toContain(`--${options[name].name}`);
  }
});

test('help of a query function is its record; slips get the nearest', async () => {
  const { out } = await doable(['help', 'pns']);
  expect(out).toContain('P(Y[X=1]=1, Y[X=0]=0)');
  expect(out).toContain('Dawid and Senn');
  const slip = await doable(['help', 'PSN']);
  expect(slip.code).toBe(2);
  expect(slip.err).toContain('doable help PNS');
  expect((await doable(['help', 'questions'])).out).toContain('Grammar');
});

test('docs/reference/command.md is generated from the option records', async () => {
  await expect(commandReference()).toMatchFileSnapshot('../../../../docs/reference/command.md');
});

test('no option without a command, no command both here and later', () => {
  const used = new Set(commands.flatMap((command) => command.options));
  const unused = Object.keys(options).filter((name) => !used.has(name as never));
  expect(unused.sort()).toEqual(['help', 'version']);
  expect(commands.filter(({ name }) => name in laterCommands)).toEqual([]);
});
