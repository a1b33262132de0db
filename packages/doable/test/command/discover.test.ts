import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { doable, root } from './support.ts';

const clinics = ['--study', 'examples/data/clinics-simulated.csv,count=n,environment=clinic'];
const districts = ['--study', 'test/data/contraception.csv,environment=district'];

test('the graph as text: edges with strength words, resamples, other ways, what is assumed', async () => {
  const { code, out, err } = await doable(['discover', ...clinics, '--bootstrap', '2']);
  expect(code).toBe(0);
  expect(out).toMatch(/^Graph of 3 variables: 2 edges, all directions decided, from 6,000 records of 400\s+environments \(15 each\)/u);
  expect(out).toMatch(/reminded -> adheres +very strong \(p = \S+\) +very strong \(reverse: p = \S+\) +\d+ %/u);
  expect(out).toContain('reminded and controlled given adheres');
  expect(out).toContain('2 resamples of environments');
  expect(out).toMatch(/as independent records +reminded -- adheres; adheres -- controlled agrees/u);
  expect(out).toContain('no hidden common cause');
  expect(err).toContain('environments by clinic');
  expect(err).not.toContain('Graph of');
});

test('as JSON, and as a picture in which undecided edges have no head', async () => {
  const [json, svg] = await Promise.all([
    doable(['discover', ...districts, '--variables', 'urban,use', '--bootstrap', '2', '--seed', '4', '--json', '--quiet']),
    doable(['discover', ...districts, '--variables', 'urban,use,livch', '--bootstrap', '0', '--format', 'svg', '--quiet']),
  ]);
  expect(JSON.parse(json.out)).toMatchObject({
    schema: 'doable/discovery@1',
    seed: 4,
    edges: [{ from: expect.any(String), to: expect.any(String) }],
    environments: { count: 60, records: 1934 },
    bootstrap: { resamples: 2, asked: 2 },
    ok: true,
  });
  expect(json.err).toBe('');
  expect(svg.out).toMatch(/^<svg [\s\S]*direction undecided<\/title><path d="[^"]+" stroke-dasharray="2 3"\/><\/g>[\s\S]*<\/svg>\s*$/u);
});

test('Berkeley: the environments contradict what discovery assumes, exit code 1', async () => {
  const ran = await doable(['discover', '--study', 'examples/data/berkeley.csv,count=Freq,environment=Dept', '--bootstrap', '0']);
  expect(ran.code).toBe(1);
  expect(ran.out).toContain('FAIL');
  expect(ran.out).toContain('vary together');
});

test('what it refuses, with the reason, exit code 2', async () => {
  const refused = async (...words: string[]) => {
    const { code, out, err } = await doable(['discover', ...words]);
    expect([code, out]).toEqual([2, '']);
    return err;
  };
  expect(await refused(...clinics, '--test', 'pooled')).toContain('78 % with 20');
  expect(await refused(...clinics, '--format', 'latex')).toContain('--format latex is not for graphs');
  const { code, err } = await doable(['explain', '--graph', 'learn', 'P(Y | do(X))']);
  expect(code).toBe(2);
  expect(err).toContain('--graph learn goes with doable ask');
});

test('ask --graph learn: the answer, how stable the graph is, and what independent records would say', async () => {
  const lines = readFileSync(join(root, 'examples/data/clinics-simulated.csv'), 'utf8').trim().split('\n');
  const study = join(mkdtempSync(join(tmpdir(), 'doable-discover-')), 'two.csv');
  const [clinic, adheres, controlled, n] = ['clinic', 'adheres', 'controlled', 'n'].map((name) => lines[0]?.split(',').indexOf(name) ?? -1);
  writeFileSync(study, lines.map((line) => [clinic, adheres, controlled, n].map((at) => line.split(',')[at as number]).join()).join('\n'));
  const learn = ['--study', `${study},count=n,environment=clinic`, '--graph', 'learn', '--bootstrap', '2'];
  const { code, out, err } = await doable(['ask', ...learn, '--json', 'P(controlled=yes | do(adheres=yes))']);
  expect(code, err).toBe(0);
  const [answer] = JSON.parse(out).answers;
  expect(Math.abs(answer.value - 5 / 7)).toBeLessThan(0.03);
  expect(answer.learned).toMatchObject({ graph: 'adheres -> controlled', resamples: 2, independent: { graph: 'adheres -- controlled' } });
  const words = answer.diagnostics.map(({ says }: { says: string }) => says).join(' ');
  expect(words).toContain('2 resamples of environments');
  expect(words).toContain('An analysis that forgets the environments');
});

test('a run that is stopped: the graph if there is one already, marked partial, or a word that there is none', async () => {
  let sent = false;
  const ran = await doable(['discover', ...clinics, '--bootstrap', '100000', '--json'], {
    onOutput: (child, _, err) => {
      if (sent || !err.includes('environments by clinic')) return;
      sent = child.kill('SIGINT');
    },
  });
  expect(ran.code).toBe(130);
  if (ran.out === '') expect(ran.err).toContain('Stopped before any graph was known.');
  else expect(JSON.parse(ran.out).partial).toBe(true);
});
