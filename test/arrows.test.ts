import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const engine = join(root, 'packages/engine/src');
const doable = join(root, 'packages/doable/src');

/** The rooms from the ground up; rooms on one line never import each other. The picture is in docs/architecture.md. */
const lines: readonly (readonly string[])[] = [
  ['math', 'run'],
  ['graph', 'data', 'tensor'],
  ['query', 'model'],
  ['estimand'],
  ['identify', 'interpret'],
  ['bounds', 'additive', 'exchangeable', 'generative'],
  ['reproduce'],
  ['.'],
  ['present'],
];
/** A type of the graph room that the data room shares: names, values and domains of variables. */
const shared = new Set(['graph/variable.ts']);

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') || file.endsWith('.tsx'))
    .map((file) => join(folder, file));
}
/** Static and dynamic imports and re-exports, type imports included. */
function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//gu, '');
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/gu)].map(
    (match) => (match[1] ?? match[2]) as string,
  );
}
const room = (file: string): string => {
  const inside = relative(engine, file);
  return inside.includes('/') ? (inside.split('/')[0] as string) : '.';
};
const level = (name: string): number => lines.findIndex((line) => line.includes(name));

const engineFiles = sources(engine);

test('every room of the engine is on the plan', () => {
  const rooms = new Set(engineFiles.map(room));
  expect([...rooms].filter((name) => level(name) < 0)).toEqual([]);
});

test('lower rooms never import higher ones, rooms on one line never each other', () => {
  const forbidden: string[] = [];
  for (const file of engineFiles) {
    for (const target of imports(file)) {
      if (!target.startsWith('.')) continue;
      const to = resolve(dirname(file), target);
      const [from, into] = [room(file), room(to)];
      if (from === into || shared.has(relative(engine, to))) continue;
      if (level(into) >= level(from)) forbidden.push(`${relative(root, file)} -> ${relative(root, to)}`);
    }
  }
  expect(forbidden).toEqual([]);
});

test('no circles among files, types included', () => {
  for (const files of [engineFiles, sources(doable)]) {
    const edges = new Map(
      files.map((file) => [
        file,
        imports(file)
          .filter((t) => t.startsWith('.'))
          .map((t) => resolve(dirname(file), t)),
      ]),
    );
    const done = new Set<string>();
    const path: string[] = [];
    const circles: string[] = [];
    const visit = (file: string): void => {
      if (path.includes(file)) {
        circles.push([...path.slice(path.indexOf(file)), file].map((f) => relative(root, f)).join(' -> '));
        return;
      }
      if (done.has(file)) return;
      path.push(file);
      for (const next of edges.get(file) ?? []) visit(next);
      path.pop();
      done.add(file);
    };
    for (const file of files) visit(file);
    expect(circles).toEqual([]);
  }
});

test('the engine imports no Node, no page, and only the libraries on its list', () => {
  const allowed = new Set(
    Object.keys((JSON.parse(readFileSync(join(root, 'packages/engine/package.json'), 'utf8')) as { dependencies: object }).dependencies),
  );
  const foreign = engineFiles.flatMap((file) =>
    imports(file)
      .filter((t) => !t.startsWith('.') && !allowed.has(packageOf(t)))
      .map((t) => `${relative(root, file)} -> ${t}`),
  );
  expect(foreign).toEqual([]);
});

/** `@scope/name/part` belongs to `@scope/name`. */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** The schema language stands wherever a document is read. */
const vocabulary = new Set(['zod']);

test('each library is behind one adapter file', () => {
  for (const [folder, files] of [
    ['packages/engine', engineFiles],
    ['packages/doable', sources(doable)],
  ] as const) {
    const listed = Object.keys(
      (JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { dependencies: object }).dependencies,
    );
    for (const library of listed.filter((name) => !name.startsWith('@doable/') && !vocabulary.has(name))) {
      expect(files.filter((file) => imports(file).some((t) => packageOf(t) === library)).length, library).toBeLessThanOrEqual(1);
    }
  }
});
