import { expect, it } from 'vitest';
import { linesSvg } from '../../src/present/svg/lines.ts';

const panel = {
  title: 'a < b',
  x: { label: 'n', log: true },
  y: { label: 'error', log: true },
  series: [
    {
      name: 'one',
      points: [
        { x: 100, y: 1e-3, spread: 5e-4 },
        { x: 1000, y: 1e-4 },
        { x: 10000, y: 1e-5 },
      ],
    },
    { name: 'two', points: [{ x: 100, y: 0 }], compare: [{ x: 1000, y: 1e-4 }] },
  ],
};
const numbers = (text: string | undefined): number[] => (text?.match(/-?[\d.]+/gu) ?? []).map(Number);

it('a power law is straight on logarithmic axes, and what has no logarithm is left out', () => {
  const svg = linesSvg([panel], { title: 'powers', compared: 'another' });
  const line = /<path d="(M[\d. L]+)" stroke-width="2"\/>/u.exec(svg)?.[1];
  const [x1, y1, x2, y2, x3, y3] = numbers(line) as [number, number, number, number, number, number];
  expect(x2 - x1).toBeCloseTo(x3 - x2, 0);
  expect(y2 - y1).toBeCloseTo(y3 - y2, 0);
  expect([x2 > x1, y2 > y1]).toEqual([true, true]);
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('>1e-5</text>');
  expect(svg).toContain('>10,000</text>');
  expect(svg).not.toMatch(/NaN|Infinity/u);
  // The cross lies on the middle point of the line.
  const cross = numbers(/<path d="(M[^"]*L[^"]*M[^"]*L[^"]*)" stroke-width="1.2"/u.exec(svg)?.[1]);
  expect(((cross[0] as number) + (cross[2] as number)) / 2).toBeCloseTo(x2, 0);
  expect(((cross[1] as number) + (cross[3] as number)) / 2).toBeCloseTo(y2, 0);
});

it('a share between fixed ends; the same name looks the same in both panels', () => {
  const share = { ...panel, y: { label: 'share', ends: [0, 1] as const }, series: [{ name: 'two', points: [{ x: 100, y: 0.5 }] }] };
  const svg = linesSvg([panel, share], { title: 'both' });
  for (const tick of ['0', '0.2', '0.4', '0.6', '0.8', '1']) expect(svg).toContain(`>${tick}</text>`);
  expect(svg.match(/<g stroke="#0072b2"><title>two<\/title>/gu)).toHaveLength(2);
  expect(linesSvg([{ ...panel, series: [] }], { title: 'nothing' })).not.toMatch(/NaN|Infinity/u);
});
