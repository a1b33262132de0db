import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { problemJsonSchema } from '../src/problem-schema.ts';
import { version } from '../src/version.ts';

const file = new URL('../../../docs/reference/problem.schema.json', import.meta.url);

test('docs/reference/problem.schema.json is the schema that validates (UPDATE_DOCS=1 writes it)', () => {
  const text = `${JSON.stringify(problemJsonSchema(), null, 2)}\n`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test('the version is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(version).toBe(manifest.version);
});
