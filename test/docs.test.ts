import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { loadProblem } from '@doable/engine';
import { afterAll, expect, test, vi } from 'vitest';
import { nodeSources } from '../packages/doable/src/studies/files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const cache = join(root, '.cache');
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, 'docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ignored = new Set(['node_modules', 'dist', 'coverage']);
function markdownIn(place: string): string[] {
  return readdirSync(place, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || ignored.has(entry.name)) return [];
    const path = join(place, entry.name);
    return entry.isDirectory() ? markdownIn(path) : entry.name.endsWith('.md') ? [relative(root, path)] : [];
  });
}
const pages = markdownIn(root);
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

interface Block {
  readonly language: string;
  readonly text: string;
  readonly line: number;
}
/** The fenced blocks of a page, and the page without them. */
function fenced(text: string): { readonly blocks: readonly Block[]; readonly rest: string } {
  const blocks: Block[] = [];
  const rest = text.replace(/^ *```(\w*)[^\n]*\n([\s\S]*?)^ *```$/gmu, (whole, language: string, inside: string, at: number) => {
    blocks.push({ language, text: inside, line: text.slice(0, at).split('\n').length });
    return whole.replace(/[^\n]/gu, '');
  });
  return { blocks, rest };
}

interface Link {
  readonly text: string;
  readonly target: string;
}
const linksOf = (rest: string): Link[] =>
  [...rest.matchAll(/\[((?:[^[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)/gu)].map(([, text = '', target = '']) => ({ text, target }));
/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(file: string): Set<string> {
  const found = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of fenced(textOf(file)).rest.matchAll(/^#{1,6} +(.+?) *#*$/gmu)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/gu, '$1').replace(/[`*\\]/gu, '');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/gu, '-');
    const before = found.get(slug) ?? 0;
    found.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}

test('there are pages, and the reader of pages sees links, blocks and anchors', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/guide.md', 'papers/identification.md']));
  const sample = 'a [b](c.md#d) [`x[0]`](y.ts)\n```sh\n[no](link.md)\n```\n';
  expect(linksOf(fenced(sample).rest)).toEqual([
    { text: 'b', target: 'c.md#d' },
    { text: '`x[0]`', target: 'y.ts' },
  ]);
  expect(fenced(sample).blocks).toEqual([{ language: 'sh', text: '[no](link.md)\n', line: 2 }]);
  expect(anchorsOf('docs/guide.md')).toContain('how-an-answer-reads');
});

test.each(pages)('links of %s', (file) => {
  const broken: string[] = [];
  for (const { text, target } of linksOf(fenced(textOf(file)).rest)) {
    if (/^[a-z][a-z+.-]*:/iu.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const to = path === '' ? file : relative(root, resolve(root, dirname(file), decodeURI(path)));
    if (to.startsWith('..') || !existsSync(join(root, to))) broken.push(`${target}: there is no such file`);
    else if (anchor !== undefined && !anchorsOf(to).has(anchor)) broken.push(`${target}: there is no such heading`);
    // A link whose text is a name of the code leads to the file that holds this name.
    const [, name] = /^`([A-Za-z_$][\w$]*)`$/u.exec(text) ?? [];
    if (name !== undefined && existsSync(join(root, to)) && statSync(join(root, to)).isFile()) {
      const defined = new RegExp(`\\b(?:const|let|function\\*?|class|interface|type)\\s+${name}\\b`, 'u');
      if (!defined.test(textOf(to))) broken.push(`${target}: ${name} is not defined there`);
    }
  }
  expect(broken).toEqual([]);
});

/** What a test of the project is called, as it stands in the file: %s, $x and \${x} stand for anything. */
function titlesOf(file: string): string[] {
  const call = /(?:\b(?:test|it|describe)(?:\.\w+)*|\))\(\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)\s*,/gu;
  return [...textOf(file).matchAll(call)].map(([, text = '']) => text.slice(1, -1).replace(/\\(.)/gu, '$1'));
}
function isCalled(title: string, name: string): boolean {
  if (/^%s$/u.test(title)) return existsSync(join(root, 'examples', name));
  const pattern = title
    .split(/(%s|\$\{[^}]*\}|\$[a-z]\w*)/u)
    .map((part, i) => (i % 2 === 1 ? '.+' : part.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&')))
    .join('');
  return new RegExp(`^${pattern}$`, 'u').test(name);
}

const papers = pages.filter((file) => file.startsWith('papers/'));
test.each(papers)('tests that %s cites', (file) => {
  const spans = [...fenced(textOf(file)).rest.matchAll(/`([^`\n]+)`/gu)].map(([, span = '']) => span.replaceAll('\\|', '|'));
  const missing: string[] = [];
  let cited = 0;
  for (const span of spans) {
    const [, where, name] = /^(\S+\.(?:test\.ts|json)) > (.+)$/u.exec(span) ?? [];
    if (where === undefined || name === undefined) {
      if (/\.test\.ts/u.test(span)) missing.push(`${span}: cite it as file > name`);
      continue;
    }
    cited += 1;
    if (!existsSync(join(root, where))) missing.push(`${where}: there is no such file`);
    else if (where.endsWith('.json')) {
      const cases = JSON.parse(textOf(where)) as readonly { readonly id: string }[];
      if (!cases.some(({ id }) => id === name)) missing.push(`${span}: there is no such case`);
    } else if (!titlesOf(where).some((title) => isCalled(title, name))) missing.push(`${span}: there is no such test`);
  }
  expect(missing).toEqual([]);
  if (file !== 'papers/README.md') expect(cited).toBeGreaterThan(0);
});

const shim = join(folder, 'npx');
writeFileSync(shim, `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(root, 'packages/doable/dist/main.js')}" "$@"\n`);
chmodSync(shim, 0o755);
/** Runs a line as a person would type it in the root of the repository; `npx doable` is the command of this tree. */
function typed(line: string): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> {
  return new Promise((done) => {
    const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH ?? ''}`, NO_COLOR: '1' };
    const child = spawn('/bin/sh', ['-c', line], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', (code) => done({ code, out, err }));
  });
}

/** Every `npx doable` line, with the block of output that follows it where it is alone in its block. */
const commands = ['README.md', 'docs/guide.md'].flatMap((file) => {
  const { blocks } = fenced(textOf(file));
  return blocks.flatMap((block, i) => {
    if (block.language !== 'sh') return [];
    const lines = block.text.split('\n').filter((line) => line.startsWith('npx doable '));
    const next = blocks[i + 1];
    const between =
      next === undefined
        ? ''
        : textOf(file)
            .split('\n')
            .slice(block.line + block.text.split('\n').length, next.line - 1);
    const follows = lines.length === 1 && next?.language === 'text' && [...between].every((line) => line.trim() === '');
    return lines.map((line) => ({ line, shown: follows ? next.text : undefined, place: `${file}:${block.line}` }));
  });
});

test('the README and the guide show commands with their output', () => {
  expect(commands.length).toBeGreaterThan(15);
  expect(commands.filter(({ shown }) => shown !== undefined).length).toBeGreaterThan(10);
});

/** A line that stands on both pages is run once. */
const runs = new Map<string, ReturnType<typeof typed>>();
test.each(commands)('$place $line', async ({ line, shown }) => {
  const run = runs.get(line) ?? typed(line);
  runs.set(line, run);
  const { code, out, err } = await run;
  expect([0, 1], err).toContain(code);
  expect(out).not.toBe('');
  // What the page shows stands in the output: the lines between two "…" together, and all of it in order.
  let from = 0;
  for (const part of (shown ?? '').split(/^…\n/mu)) {
    const at = out.indexOf(part, from);
    expect(at, `shown, but not printed:\n${part}\n--- printed:\n${out.slice(from)}`).toBeGreaterThanOrEqual(0);
    from = at + part.length;
  }
});

const documents = pages.flatMap((file) =>
  fenced(textOf(file))
    .blocks.filter(({ language, text }) => language === 'json' && text.includes('doable/problem@1'))
    .map(({ text, line }) => ({ place: `${file}:${line}`, text })),
);
test.each(documents)('the problem document at $place is one', async ({ text }) => {
  const problem = await loadProblem(JSON.parse(text), nodeSources(join(root, 'examples')));
  expect(problem.ok ? [] : problem.issues).toEqual([]);
});

const programs = pages.flatMap((file) =>
  fenced(textOf(file))
    .blocks.filter(({ language }) => language === 'ts')
    .map(({ text, line }, i) => ({ place: `${file}:${line}`, text, file: join(folder, `${file.replace(/\W/gu, '-')}-${i}.ts`) })),
);
test('the README has a program', () => {
  expect(programs.filter(({ place }) => place.startsWith('README.md')).length).toBeGreaterThan(0);
});
test.each(programs)('the program at $place runs and prints', async ({ text, file }) => {
  writeFileSync(file, text);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import(/* @vite-ignore */ pathToFileURL(file).href);
  const lines = printed.mock.calls;
  printed.mockRestore();
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.flat()).not.toContain(undefined);
});
test('the programs type-check', () => {
  for (const { text, file } of programs) writeFileSync(file, text);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: { noEmit: true, composite: false, incremental: false, types: ['node'], typeRoots: ['../../node_modules/@types'] },
      include: ['*.ts'],
    }),
  );
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  expect(stdout).toBe('');
  expect(status).toBe(0);
});
