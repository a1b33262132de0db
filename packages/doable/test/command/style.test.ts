import { afterEach, expect, test, vi } from 'vitest';
import { barText, progressBar } from '../../src/output/progress.ts';
import { isPainted, styleOf } from '../../src/output/style.ts';
import { doable } from './support.ts';

const code = '\u001b[';
const question = ['explain', '--graph', 'X -> Y', 'P(Y | do(X))'];

test.each([
  [{ isTTY: true }, {}, true],
  [{ isTTY: false }, {}, false],
  [{ isTTY: true }, { NO_COLOR: '1' }, false],
  [{ isTTY: true }, { NO_COLOR: '' }, true],
  [{ isTTY: true }, { TERM: 'dumb' }, false],
  [{ isTTY: false }, { FORCE_COLOR: '1' }, true],
  [{ isTTY: false }, { FORCE_COLOR: '' }, true],
  [{ isTTY: true }, { FORCE_COLOR: '0' }, false],
  [{ isTTY: true }, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
])('%o %o: painted %s', (sink, env, painted) => {
  expect(isPainted(sink, env)).toBe(painted);
});

test('pipes are plain, FORCE_COLOR paints both streams, NO_COLOR none', async () => {
  const plain = await doable(question);
  expect(plain.out + plain.err).not.toContain(code);
  const forced = await doable(question, { env: { FORCE_COLOR: '1' } });
  expect(forced.out).toContain(code);
  expect(forced.err).toContain(code);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape codes are what is removed
  expect(forced.out.replace(/\u001b\[\d+m/gu, '')).toBe(plain.out);
  const none = await doable(question, { env: { NO_COLOR: '1' } });
  expect(none.out + none.err).not.toContain(code);
});

test('JSON is never painted', async () => {
  const { out } = await doable([...question, '--json'], { env: { FORCE_COLOR: '1' } });
  expect(JSON.parse(out).answers[0].status).toBe('identified');
});

test('width: that of the terminal up to 100, else 80', () => {
  expect(styleOf({ isTTY: true, columns: 60 }, {}).width).toBe(60);
  expect(styleOf({ isTTY: true, columns: 300 }, {}).width).toBe(100);
  expect(styleOf({ isTTY: false }, {}).width).toBe(80);
});

afterEach(() => vi.useRealTimers());

test('the bar waits a second, is drawn only on a terminal, and is wiped', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const drawn = (isTTY: boolean, quiet = false) => {
    let text = '';
    const stream = {
      isTTY,
      columns: 80,
      write(part: string) {
        text += part;
      },
    };
    return { bar: progressBar(stream, {}, quiet), text: () => text };
  };
  const [shown, piped, quiet] = [drawn(true), drawn(false), drawn(true, true)];
  for (const { bar } of [shown, piped, quiet]) bar.onProgress({ task: 'bootstrap', done: 1, total: 4 });
  vi.advanceTimersByTime(990);
  for (const { bar } of [shown, piped, quiet]) bar.onProgress({ task: 'bootstrap', done: 1, total: 4 });
  expect(shown.text()).toBe('');
  vi.advanceTimersByTime(20);
  for (const { bar } of [shown, piped, quiet]) bar.onProgress({ task: 'bootstrap', done: 2, total: 4 });
  expect(shown.text()).toContain(' 50 %');
  shown.bar.clear();
  expect(shown.text().endsWith('\r\u001b[K')).toBe(true);
  expect(piped.text() + quiet.text()).toBe('');
});

test('bar text', () => {
  expect(barText('bootstrap', 1, 2, 80)).toBe('bootstrap ━━━━━━━━━━━━──────────── ' + ' 50 %');
  expect(barText('reading', 12, undefined, 80)).toBe('reading 12');
  expect(barText('bootstrap', 1, 2, 20)).toHaveLength(19);
});
