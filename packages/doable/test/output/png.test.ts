import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pngGrid } from '../../src/output/png.ts';

/** Header and pixels by the PNG standard; only filters 0 to 4 of 8-bit grey and colour. */
function decode(bytes: Uint8Array): { width: number; height: number; channels: number; pixels: number[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  expect([...bytes.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const data: Uint8Array[] = [];
  const kinds: string[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    kinds.push(kind);
    if (kind === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  expect([...new Set(kinds)]).toEqual(['IHDR', 'IDAT', 'IEND']);
  const [width, height, channels] = [view.getUint32(16), view.getUint32(20), bytes[25] === 2 ? 3 : 1];
  const raw = inflateSync(Buffer.concat(data));
  const line = width * channels;
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (line + 1)] as number;
    for (let i = 0; i < line; i++) {
      const left = i >= channels ? (pixels[y * line + i - channels] as number) : 0;
      const up = y > 0 ? (pixels[(y - 1) * line + i] as number) : 0;
      const corner = y > 0 && i >= channels ? (pixels[(y - 1) * line + i - channels] as number) : 0;
      const guess = left + up - corner;
      const paeth = [left, up, corner].reduce((best, one) => (Math.abs(one - guess) < Math.abs(best - guess) ? one : best));
      const predicted = [0, left, up, (left + up) >> 1, paeth][filter] as number;
      pixels.push(((raw[y * (line + 1) + 1 + i] as number) + predicted) & 255);
    }
  }
  return { width, height, channels, pixels };
}

describe('grids of pictures', () => {
  it('places pictures row after row with margins', () => {
    // Three pictures of one pixel: red, green, blue; the fourth place stays paper.
    const png = pngGrid({ shape: [3, 1, 1], values: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }, { margin: 1, paper: 0.2 });
    const { width, height, channels, pixels } = decode(png);
    expect([width, height, channels]).toEqual([5, 5, 3]);
    const at = (x: number, y: number): number[] => pixels.slice((y * 5 + x) * 3, (y * 5 + x) * 3 + 3);
    expect([at(1, 1), at(3, 1), at(1, 3), at(3, 3), at(0, 0)]).toEqual([
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [51, 51, 51],
      [51, 51, 51],
    ]);
  });

  it('zooms, cuts values to 0 to 1, and writes the same bytes again', () => {
    const values = Float32Array.of(0, 0.5, 2, -1, Number.NaN, 1);
    const png = pngGrid({ shape: [1, 2, 3], values }, { zoom: 2, margin: 0 });
    const { width, height, channels, pixels } = decode(png);
    expect([width, height, channels]).toEqual([6, 4, 1]);
    expect(pixels.slice(0, 6)).toEqual([0, 0, 128, 128, 255, 255]);
    expect(pixels.slice(12, 18)).toEqual([0, 0, 0, 0, 255, 255]);
    const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
    expect(digest(pngGrid({ shape: [1, 2, 3], values }, { zoom: 2, margin: 0 }))).toBe(digest(png));
  });

  it('refuses what is no picture or too large', () => {
    expect(() => pngGrid({ shape: [2, 4, 4], values: new Float32Array(32) })).toThrow('shape');
    expect(() => pngGrid({ shape: [1, 4, 4], values: new Float32Array(17) })).toThrow('17 values');
    expect(() => pngGrid({ shape: [1, 4, 4], values: new Float32Array(16) }, { zoom: 5000 })).toThrow('too large');
  });
});
