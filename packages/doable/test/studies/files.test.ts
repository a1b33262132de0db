import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { loadProblem } from '../../../engine/src/problem.ts';
import { nodeSources, readDocumentFile } from '../../src/studies/files.ts';
import { jsonFault } from '../../src/studies/json-place.ts';

const directory = mkdtempSync(join(tmpdir(), 'doable-files-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const file = (name: string, content: string): string => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};

test('JSON and YAML documents, and standard input', async () => {
  const json = await readDocumentFile(file('a.json', '\uFEFF{"graph": "X -> Y"}'));
  expect(json).toEqual({ ok: true, value: { document: { graph: 'X -> Y' }, directory } });
  const yaml = await readDocumentFile(file('a.yaml', 'graph: X -> Y\nstudies:\n  - data: d.csv\n    set: [X]\n'));
  expect(yaml).toMatchObject({ ok: true, value: { document: { graph: 'X -> Y', studies: [{ data: 'd.csv', set: ['X'] }] } } });
  const input = await readDocumentFile('-', Readable.from(['{"ask": ', '["P(Y)"]}']));
  expect(input).toMatchObject({ ok: true, value: { document: { ask: ['P(Y)'] }, directory: process.cwd() } });
});

test('what cannot be read is told with its place', async () => {
  expect(await readDocumentFile(join(directory, 'none.json'))).toMatchObject({ ok: false, issues: [{ code: 'no-file' }] });
  expect(await readDocumentFile(file('bad.json', '{"a": 1,\n "b": }'))).toMatchObject({
    ok: false,
    issues: [{ code: 'json', where: { row: 2 } }],
  });
  expect(await readDocumentFile(file('bad.yaml', 'a: [1\nb: 2\n'))).toMatchObject({ ok: false, issues: [{ code: 'yaml' }] });
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.replace(/./gu, (key) => `${key}: &${key} [${Array.from({ length: 9 }, () => `*${String.fromCharCode(key.charCodeAt(0) - 1)}`).join()}]\n`)}`;
  expect(await readDocumentFile(file('bomb.yaml', bomb))).toMatchObject({ ok: false, issues: [{ code: 'yaml' }] });
});

test('a problem over files of several kinds: one domain for all, all issues of all studies together', async () => {
  file('one.csv', 'X,Y\na,0\nb,1\n');
  file('two.ndjson', '{"X": "c", "Y": 1}\n{"X": "a", "Y": 0}\n');
  const sources = nodeSources(directory);
  const studies = [{ data: 'one.csv' }, { data: 'two.ndjson', where: 'Y = 1' }, { name: 'arm', data: [{ Y: 1 }], set: { X: 'a' } }];
  const problem = await loadProblem({ graph: 'X -> Y', studies }, sources);
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  expect(problem.value.domains.get('X')).toEqual({ kind: 'finite', levels: ['a', 'b', 'c'] });
  expect(problem.value.studies.map(({ name, size }) => [name, size])).toEqual([
    ['one', 2],
    ['two', 1],
    ['arm', 1],
  ]);
  const counts = await problem.value.studies[1]?.counts(['X', 'Y']);
  expect([...(counts?.codes ?? [])]).toEqual([2, 1]);
  const broken = await loadProblem(
    { studies: [{ data: file('ragged.csv', 'X\n1,2\n') }, { data: 'nowhere.csv' }, { data: 'two.ndjson', count: 'n' }] },
    sources,
  );
  expect(broken.ok ? [] : broken.issues.map(({ code }) => code)).toEqual(['csv-ragged', 'no-file', 'unknown-column']);
  sources.close();
});

test('the first token that is not JSON: at the end of whole texts, inside broken ones', () => {
  for (const [text, at] of [
    ['{"a": 1,}', 8],
    ['[1 2]', 3],
    ['{a: 1}', 1],
    ["['a']", 1],
    ['{"a": 01}', 6],
    ['[1', 2],
    ['{"a" 1}', 5],
    ['1 1', 2],
    ['["\n"]', 1],
  ] as const)
    expect(jsonFault(text)).toBe(at);
  fc.assert(
    fc.property(fc.jsonValue(), fc.boolean(), (value, wide) => {
      const text = JSON.stringify(value, undefined, wide ? 2 : undefined);
      expect(jsonFault(text)).toBe(text.length);
    }),
    { seed: 1 },
  );
});
