import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { confounded, confoundedTruth, doable, main, root } from './support.ts';

const parsed = (out: string) =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('an answers document per line, in order; a bad line is one line with an error', async () => {
  const no = { graph: 'X -> Y; X <-> Y', studies: confounded.studies, ask: ['P(Y | do(X))'] };
  const lines = [
    confounded,
    '{"broken"',
    no,
    '',
    { ...confounded, ask: ['P(Q)'] },
    ...Array.from({ length: 40 }, (_, i) => ({ ...confounded, title: `t${i}`, ask: [`${i}*P(Y=1 | do(X=1))`] })),
  ];
  const input = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  const ran = await doable(['ask', '--lines', '--uncertainty', 'none'], { input });
  const documents = parsed(ran.out);
  expect(documents).toHaveLength(lines.length - 1);
  expect(documents[0].answers[0].value).toBeCloseTo(confoundedTruth, 12);
  expect(documents[1]).toMatchObject({ line: 2, error: { issues: [{ code: 'json' }] } });
  expect(documents[2].answers[0].status).toBe('bounded');
  expect(documents[3]).toMatchObject({ line: 5, error: { issues: [{ code: 'unknown-variable' }] } });
  for (let i = 0; i < 40; i++) expect(documents[4 + i].answers[0].value).toBeCloseTo(i * confoundedTruth, 10);
  expect(ran.code).toBe(2);
});

test('answers stream: the first comes while standard input is still open', async () => {
  const child = spawn(process.execPath, [main, 'ask', '--lines', '--uncertainty', 'none'], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const line = `${JSON.stringify(confounded)}\n`;
  const first = new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', resolve));
  for (let i = 0; i < 8; i++) child.stdin.write(line);
  expect(await first).toContain('"answers"');
  expect(child.exitCode).toBeNull();
  child.stdin.end();
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
});

test('explain reads lines too, with what --have says of all', async () => {
  const input = [{ graph: 'X -> Y; X <-> Y' }, { graph: 'X -> Y' }].map((one) => JSON.stringify(one)).join('\n');
  const ran = await doable(['explain', '--lines', '--have', 'P(X,Y)', 'P(Y | do(X))'], { input });
  expect(parsed(ran.out).map((one) => one.answers[0].status)).toEqual(['not-identified', 'identified']);
  expect(ran.code).toBe(1);
});
