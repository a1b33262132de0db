import type { Random } from '../../math/random.ts';
import type { TensorColumn } from './render.ts';

/** What a film shows: four findings (0 or 1) and the contrast of the machine (0 low, 1 high), one level per row. */
export interface FilmAttributes {
  readonly pneumonia: Int32Array;
  readonly effusion: Int32Array;
  readonly atelectasis: Int32Array;
  readonly opacity: Int32Array;
  readonly contrast: Int32Array;
}

export const filmSide = 28;

/**
 * Drawn films of 28 x 28 pixels, one grey channel from 0 to 1: two dark ellipses on a bright ground, a round blot low in the right one
 * (pneumonia), a bright level at the foot of the left one (effusion), a slanted band (atelectasis), a haze over the upper halves (opacity).
 * Places, sizes and grain vary. They are drawings with known contents and hold no medical data; they look like no radiograph.
 */
export function renderFilms(attributes: FilmAttributes, random: Random): TensorColumn {
  const rows = attributes.contrast.length;
  const area = filmSide * filmSide;
  const values = new Float32Array(rows * area);
  const place = random.split('place');
  const grain = random.split('grain');
  const around = (centre: number, reach: number): number => centre + reach * (2 * place.next() - 1);
  for (let row = 0; row < rows; row++) {
    const lungs = [around(9, 0.6), around(19, 0.6)] as const;
    const middle = around(14, 0.6);
    const [blotX, blotY, blotSize] = [around(19, 1), around(18.5, 1), around(2.6, 0.4)];
    const level = around(19, 1);
    const [bandAt, bandSlope] = [around(10.5, 1), around(0.5, 0.15)];
    const haze = around(0.28, 0.04);
    const high = attributes.contrast[row] === 1;
    for (let y = 0; y < filmSide; y++)
      for (let x = 0; x < filmSide; x++) {
        const left = ellipse(x, y, lungs[0], middle, 4.6, 9.5);
        const right = ellipse(x, y, lungs[1], middle, 4.6, 9.5);
        const inside = Math.max(left, right);
        let light = 0.85 - 0.65 * inside;
        if (attributes.pneumonia[row] === 1) light += 0.5 * right * ellipse(x, y, blotX, blotY, blotSize, blotSize);
        if (attributes.effusion[row] === 1) light += 0.6 * left * ramp(y - level);
        if (attributes.atelectasis[row] === 1) light += 0.5 * left * ramp(1.6 - Math.abs(y - bandAt - bandSlope * (x - lungs[0])));
        if (attributes.opacity[row] === 1) light += haze * inside * ramp((middle - y) / 2);
        const shown = 0.5 + (Math.min(1, light) - 0.5) * (high ? 0.95 : 0.55) + 0.03 * (2 * grain.next() - 1);
        values[row * area + y * filmSide + x] = Math.min(1, Math.max(0, shown));
      }
  }
  return { kind: 'tensor', shape: [1, filmSide, filmSide], values };
}

/** 1 inside, 0 outside, a soft edge of about a pixel. */
function ellipse(x: number, y: number, centreX: number, centreY: number, radiusX: number, radiusY: number): number {
  const [u, v] = [(x - centreX) / radiusX, (y - centreY) / radiusY];
  return ramp((1 - Math.sqrt(u * u + v * v)) * Math.min(radiusX, radiusY));
}

const ramp = (value: number): number => Math.min(1, Math.max(0, value + 0.5));
