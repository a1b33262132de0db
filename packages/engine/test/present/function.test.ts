import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvReader } from '../../src/data/csv.ts';
import type { Answer, MeanFunction } from '../../src/interpret/answer.ts';
import { answersCsv } from '../../src/present/csv.ts';
import { scaleOf } from '../../src/present/function.ts';
import { answersLatex } from '../../src/present/latex.ts';
import { columnsOf } from '../../src/present/layout.ts';
import { answersMarkdown } from '../../src/present/markdown.ts';
import { answersFunctionSvg } from '../../src/present/svg/function.ts';
import { answerText } from '../../src/present/text.ts';
import { documentOf } from './bounded-answers.ts';
import { answerOf, curve, levels, logged, long, loose, pointAt, report, surface } from './function-answers.ts';
import { elements } from './xml.ts';

const curveAnswer = answerOf('E[sales | do(tv), web=5]', curve);
const logAnswer = answerOf('E[sales | do(tv)]', logged);
const text = (answer: Answer, options: Parameters<typeof answerText>[1] = {}): string => answerText(answer, { brief: true, ...options });

function csvRows(csv: string): Record<string, string>[] {
  const rows: Record<string, string>[] = [];
  let names: readonly string[] = [];
  const reader = csvReader({
    header(found) {
      names = found;
    },
    record(cells) {
      rows.push(Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ''])));
    },
  });
  reader.write(csv);
  expect(reader.end()).toEqual([]);
  return rows;
}

describe('a function as text', () => {
  it('says what it is of, has every value with its interval, and marks what no study supports', () => {
    const out = text(curveAnswer);
    expect(out).toContain('Mean of sales (1,000 a week) by tv (1,000 a week, set), at web = 5 (watched):');
    expect(out).toMatch(/^ {2} 0 +40\.00 +39\.00 to 41\.00 /mu);
    expect(out).toMatch(/^ {2} 5 +50\.00 +48\.50 to 51\.50 /mu);
    expect(out).toMatch(/^ {2} 9 +50\.80 +48\.90 to 52\.70 +extrapolated/mu);
    expect(out).toMatch(/^ {2}10 +no value/mu);
    expect(out.match(/extrapolated/gu)).toHaveLength(2);
  });

  it('names the regimes with their signs, records and residual deviations, and the fit', () => {
    const out = text(curveAnswer, { width: 120 });
    expect(out).toContain('- watched weeks: all watched; 5,000 records, residual deviation 9.9');
    expect(out).toContain('+ 2 x television set and television again: tv set; 3,000 records, residual deviation 16.2');
    expect(out).toContain('0 x web set: web set; 3,000 records');
    expect(text(curveAnswer, { width: 120, brief: false })).toContain('- watched weeks (fingerprint abc): all watched;');
    expect(out).toContain('Fit         polynomials of degree 2; all regimes in one fit, shared functions.');
  });

  it('shows where further records belong, and what follows if the assumption is not quite true', () => {
    const additive = {
      ...report,
      allocation: { shares: [0.5, 0.25, 0.25], standardError: 0.4123 },
      sensitivity: { size: 0.5, interval: [60.2, 71.7] as const },
    };
    const out = text({ ...curveAnswer, additive }, { width: 200 });
    expect(out).toContain(
      'split best (50 % watched, 25 % with tv set and 25 % with web set), would have a standard error of 0.41 instead of 0.74.',
    );
    expect(out).toContain('interact by up to 0.5, the value would lie between 60.2 and 71.7.');
    const even = { ...additive, allocation: { ...additive.allocation, standardError: 0.7399 } };
    expect(text({ ...curveAnswer, additive: even }, { width: 200 })).toContain(
      'Design      No other split of the same number of records over these regimes would be noticeably better.',
    );
    const told = { ...curveAnswer, additive, diagnostics: [{ name: 'allocation', level: 'ok', says: 'Watch more.' }] as const };
    expect(text(told, { width: 200 })).not.toContain('Design');
    expect(text(told, { width: 200 })).toContain('If not');
  });

  it('draws each point between the ends of its scale: the estimate inside the interval inside the band', () => {
    const rows = text(answerOf('E[yield | do(dose, K=1)]', levels), { width: 100 })
      .split('\n')
      .filter((line) => /\*/u.test(line) && /\d to/u.test(line));
    expect(rows).toHaveLength(3);
    const places = rows.map((line) => line.indexOf('*'));
    expect(places[0]).toBeLessThan(places[1] as number);
    expect(places[1]).toBeLessThan(places[2] as number);
    for (const line of rows) expect(line).toMatch(/ -+=+\*=+-+$/u);
  });

  it('draws a long curve, and a table of some of its values', () => {
    const out = text(answerOf('E[sales | do(tv), web=5]', long));
    expect(out).toContain('11 of 41 points');
    expect(out).toMatch(/^ {2}10 +20\.0 +18\.0 to +22\.0$/mu);
    // A straight line: later columns of the picture are never lower.
    const picture = out.split('\n').filter((line) => /^ +-?\d* \|/u.test(line));
    expect(picture).toHaveLength(13);
    const tops = Array.from({ length: 70 }, (_, column) => picture.findIndex((line) => line[column + 6] === '*')).filter((row) => row >= 0);
    expect(tops.length).toBeGreaterThan(50);
    expect(tops).toEqual(tops.toSorted((a, b) => b - a));
  });

  it('two open variables: a table of both, with half an interval where there is room', () => {
    const out = text(answerOf('E[sales | do(tv), web]', surface([3, 4, 5], [1, 2, 3])));
    expect(out).toContain('down: tv; across: web');
    expect(out).toMatch(/^ {2}3 +113\.00 ±1\.00 +213\.00 ±1\.00 +313\.00 ±1\.00$/mu);
    expect(out).toMatch(/^ {2}5 +115\.00 ±1\.00\? /mu);
    expect(out).toContain('± is half of a 90 % interval. ? marks an extrapolation.');
    const narrow = text(answerOf('E[sales | do(tv), web]', surface([3, 4, 5], [1, 2, 3])), { width: 40 });
    expect(narrow).toMatch(/^ {2}3 +113\.00 +213\.00 +313\.00$/mu);
    expect(narrow).toContain('Standard errors 0.50 to 0.50.');
    const shaded = text(answerOf('E[sales | do(tv), web]', surface([3, 4], [1, 2, 3])), { bars: true });
    expect(shaded).not.toContain('█ 1');
    expect(text(answerOf('E[sales | do(tv), web]', surface([3, 4, 5], [1, 2, 3])), { bars: true })).toMatch(/█ 31[345]/u);
  });

  it('points that are no grid are listed', () => {
    const out = text(answerOf('E[sales | do(tv, web)]', loose));
    expect(out).toMatch(/^ {2}5 +3 +63\.00 +62\.20 to 63\.80/mu);
  });

  it('no line is wider than the terminal, whatever the names and numbers', () => {
    const name = fc.stringMatching(/^[A-Za-z][a-z]{0,11}$/u);
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(name, fc.array(value, { minLength: 1, maxLength: 60 }), fc.integer({ min: 60, max: 120 }), (axis, values, width) => {
        const points = values.map((one, i) => pointAt({ [axis]: i }, one, Math.abs(one) / 20 + 0.01));
        const f: MeanFunction = { outcome: 'y', axes: [{ name: axis, part: 'set', values: values.map((_, i) => i) }], held: [], points };
        for (const bars of [true, false]) {
          const lines = text(answerOf(`E[y | do(${axis})]`, f), { width, bars }).split('\n');
          expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(width);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});

describe('the log scale', () => {
  const point: Answer = {
    ...logAnswer,
    question: 'E[sales | do(tv=1, web=1)]',
    terms: 'E[sales | do(tv=1, web=1)]',
    kind: 'point',
    value: Math.log(2),
    uncertainty: { level: 0.95, interval: [Math.log(1.9), Math.log(2.1)], standardError: 0.0255, method: report.errors },
  };
  const { function: _, ...number } = point;

  it('exp() stands beside a number: a geometric mean, for a difference a ratio; never for a sum', () => {
    const geometric = text(number, { width: 120 });
    expect(geometric).toContain('on the log scale; as a geometric mean: 2.000 (95 % interval 1.900 to 2.100)');
    expect(geometric).toContain('means of log sales');
    const difference = 'E[sales | do(tv=1, web=1)] - E[sales | do(tv=0, web=1)]';
    expect(text({ ...number, question: difference, terms: difference }, { width: 120 })).toContain('as a ratio of geometric means: 2.000');
    const sum = 'E[sales | do(tv=1, web=1)] + E[sales | do(tv=0, web=1)]';
    expect(text({ ...number, question: sum, terms: sum })).not.toContain('as a ');
  });

  it('functions have both, in text, Markdown and LaTeX; CSV names the scale', () => {
    const document = documentOf(logAnswer, answerOf('E[sales | do(tv), web=5]', curve));
    expect(text(logAnswer)).toMatch(/^ {2}1 +0\.693 +0\.673 to 0\.713 +2\.000 +1\.960 to 2\.040$/mu);
    expect(answersMarkdown(document)).toContain('| 1 | 0.693 | 0.673 to 0.713 | 2.000 | 1.960 to 2.040 |');
    expect(answersLatex(document)).toContain('$1$ & $0.693$ & $0.673$ to $0.713$ & $2.000$ & $1.960$ to $2.040$');
    expect(csvRows(answersCsv(document)).map(({ scale }) => scale)).toEqual([...Array(2).fill('log'), ...Array(11).fill('own')]);
    expect(answersCsv(documentOf(curveAnswer))).not.toContain('scale');
  });
});

describe('tables', () => {
  it('Markdown and LaTeX have a row per point, and the regimes', () => {
    const markdown = answersMarkdown(documentOf(curveAnswer));
    expect(markdown).toContain('| tv (1,000 a week) | value | 95 % interval |  |');
    expect(markdown).toContain('| 9 | 50.80 | 48.90 to 52.70 | extrapolated |');
    expect(markdown).toContain('- **Regime** + 2 x television set and television again: tv set;');
    const latex = answersLatex(documentOf(curveAnswer));
    expect(latex).toContain('$9$ & $50.80$ & $48.90$ to $52.70$ & extrapolated \\\\');
    expect(latex.match(/\\\\$/gmu)).toHaveLength(12);
  });

  it('CSV: one row per point, numbers in full, read back to the same doubles', () => {
    const third: MeanFunction = {
      ...curve,
      points: curve.points.map((point) => (point.value === null ? point : { ...point, value: point.value / 3 })),
    };
    const rows = csvRows(answersCsv(documentOf(answerOf('E[sales | do(tv), web=5]', third), answerOf('E[yield | do(dose, K=1)]', levels))));
    expect(rows).toHaveLength(14);
    third.points.forEach((point, i) => {
      const row = rows[i] ?? {};
      const number = (cell: string | undefined): number | undefined => (cell === '' || cell === undefined ? undefined : Number(cell));
      expect(Number(row.tv)).toBe(point.at.tv);
      expect(number(row.value)).toBe(point.value ?? undefined);
      expect([number(row.lower), number(row.upper)]).toEqual([point.interval?.[0], point.interval?.[1]]);
      expect([number(row.band_lower), number(row.band_upper)]).toEqual([point.band?.[0], point.band?.[1]]);
      expect(number(row.standard_error)).toBe(point.standardError);
      expect(row.supported).toBe(point.supported === false ? 'no' : 'yes');
    });
    expect(rows[13]).toMatchObject({ dose: 'much <&>', tv: '', supported: '' });
  });

  it('a distribution beside a function keeps its columns', () => {
    const distribution: Answer = {
      ...curveAnswer,
      kind: 'distribution',
      distribution: [{ at: { Z: '1' }, value: 0.25, interval: [0.2, 0.3] }],
    };
    const { function: _, additive: __, ...plain } = distribution;
    const [row] = csvRows(answersCsv(documentOf(plain, curveAnswer)));
    expect(row).toMatchObject({ Z: '1', tv: '', value: '0.25', lower: '0.2', band_lower: '', supported: '' });
  });
});

describe('a function as SVG', () => {
  const all: readonly (readonly [string, MeanFunction])[] = [
    ['curve', curve],
    ['long', long],
    ['levels', levels],
    ['log', logged],
    ['loose', loose],
    ['small multiples', surface([1, 2, 3, 4, 5, 6, 7, 8], [1, 2])],
    ['colours', surface([1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8])],
  ];

  it.each(all)('%s: well formed, finite, inside the picture, the same each time', (_, f) => {
    const answer = answerOf('E[sales | do(tv), web < 5 & "more"]', f);
    const svg = answersFunctionSvg(documentOf(answer));
    expect(() => elements(svg)).not.toThrow();
    expect(svg).not.toMatch(/NaN|Infinity|undefined/u);
    expect(answersFunctionSvg(documentOf(answer))).toBe(svg);
    const [width = 0, height = 0] = /viewBox="0 0 (\d+) (\d+)"/u.exec(svg)?.slice(1).map(Number) ?? [];
    for (const [, x = '', y = ''] of svg.matchAll(/<(?:rect|text|circle) c?x="([\d.-]+)" c?y="([\d.-]+)"/gu)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThan(width);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThan(height);
    }
    expect(answersFunctionSvg(documentOf(answer), { ink: 'inherit' })).not.toContain('<style>');
  });

  it('has the question, units, held values, ticks, both bands and a grey stretch', () => {
    const svg = answersFunctionSvg(documentOf(curveAnswer));
    for (const part of ['E[sales | do(tv), web=5]', 'held: web = 5 (watched)', 'mean of sales (1,000 a week)', 'tv (1,000 a week), set'])
      expect(svg).toContain(`>${part}</text>`);
    expect(svg).toContain('95 % interval at each point');
    expect(svg).toContain('95 % band for all points at once');
    expect(svg).toContain('no records near: extrapolation');
    expect(svg).toContain('stroke-dasharray');
    const without = { ...curve, points: curve.points.slice(0, 9).map(({ supported: _, ...point }) => point) };
    expect(answersFunctionSvg(documentOf(answerOf('E[sales | do(tv), web=5]', without)))).not.toMatch(/extrapolation|stroke-dasharray/u);
  });

  it('places the points of a curve in proportion to their numbers', () => {
    const svg = answersFunctionSvg(documentOf(curveAnswer));
    const circles = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="2.6"/gu)].map(([, x, y]) => [Number(x), Number(y)] as const);
    expect(circles).toHaveLength(10);
    const [x0, y0] = circles[0] as readonly [number, number];
    const [, y5] = circles[5] as readonly [number, number];
    const [x9] = circles[9] as readonly [number, number];
    circles.forEach(([x, y], tv) => {
      expect(x).toBeCloseTo(x0 + ((x9 - x0) * tv) / 9, 0);
      // 40 at 0 and 50 at 5 fix the scale.
      expect(Math.abs(y - (y0 + ((3 * tv - 0.2 * tv * tv) / 10) * (y5 - y0)))).toBeLessThan(0.2);
    });
  });

  it('small multiples have a title each; colours a figure in each cell', () => {
    const panels = answersFunctionSvg(documentOf(answerOf('E[sales | do(tv), web]', surface([1, 2, 3, 4, 5, 6, 7, 8], [1, 2]))));
    expect(panels).toContain('>web = 1</text>');
    expect(panels).toContain('>web = 2</text>');
    const colours = answersFunctionSvg(
      documentOf(answerOf('E[sales | do(tv), web]', surface([1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, 6, 7, 8]))),
    );
    expect(colours.match(/>\d+\.\d\d<\/text>/gu)).toHaveLength(56);
    expect(colours).toContain('pale: no records near, an extrapolation');
  });

  it('what is too much to draw is counted', () => {
    const many = Array.from({ length: 30 }, (_, i) => pointAt({ tv: i, web: -i }, i, 1));
    expect(answersFunctionSvg(documentOf(answerOf('E[sales | do(tv, web)]', { ...loose, points: many })))).toContain(
      '>and 18 more points</text>',
    );
    const axes = ['tv', 'web', 'price'].map((name) => ({ name, part: 'set' as const, values: [0, 1, 2, 3] }));
    const cube = [0, 1, 2, 3].flatMap((tv) =>
      [0, 1, 2, 3].flatMap((web) => [0, 1, 2, 3].map((price) => pointAt({ tv, web, price }, tv, 1))),
    );
    const svg = answersFunctionSvg(documentOf(answerOf('E[sales | do(tv, web, price)]', { ...loose, axes, points: cube })));
    expect(svg).toContain('>and 4 more panels</text>');
    expect(svg).toContain('>web = 2, price = 3</text>');
  });

  it('an extrapolation that goes far off is cut and leaves the rest visible', () => {
    const wild = curve.points.map((point) =>
      point.at.tv === 9 ? { ...point, interval: [-5000, 5000] as const, band: [-9000, 9000] as const } : point,
    );
    const svg = answersFunctionSvg(documentOf(answerOf('E[sales | do(tv), web=5]', { ...curve, points: wild })));
    expect(svg).not.toContain('>1000</text>');
    expect(svg).toContain('>50</text>');
  });
});

it('scales have round ticks that span what is drawn', () => {
  const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(finite, finite, fc.integer({ min: 2, max: 10 }), (a, b, about) => {
      fc.pre(Math.abs(a - b) > 1e-6 * Math.max(Math.abs(a), Math.abs(b), 1e-3));
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const { ends, ticks } = scaleOf(low, high, about);
      const slack = (high - low) * 1e-6;
      expect(ends[0]).toBeLessThanOrEqual(low + slack);
      expect(ends[1]).toBeGreaterThanOrEqual(high - slack);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(about + 3);
      const step = (ticks[1] as number) - (ticks[0] as number);
      expect([1, 2, 2.5, 5, 10].some((factor) => Math.abs(step / 10 ** Math.floor(Math.log10(step * 1.0001)) - factor) < 1e-3)).toBe(true);
    }),
    { seed: 2 },
  );
});
