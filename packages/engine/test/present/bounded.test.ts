import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvReader } from '../../src/data/csv.ts';
import type { Answer } from '../../src/interpret/answer.ts';
import { agreementWords, pText } from '../../src/present/bounds.ts';
import { checkText } from '../../src/present/check.ts';
import { answersCsv } from '../../src/present/csv.ts';
import { alignedEnds, axisOf, type Ends, endsPlaces, endsText, naturalOf } from '../../src/present/interval.ts';
import { answersLatex } from '../../src/present/latex.ts';
import { answersMarkdown } from '../../src/present/markdown.ts';
import { type Marks, pictureCell } from '../../src/present/picture.ts';
import { answersBoundsSvg } from '../../src/present/svg/bounds.ts';
import { answersText, answerText } from '../../src/present/text.ts';
import { verifiedText } from '../../src/present/verified.ts';
import { conflict, documentOf, drug, gap, polio, table, vitamin } from './bounded-answers.ts';
import { elements } from './xml.ts';

const wide = { width: 400 };
const anyEnds = fc
  .tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: 1e-4, max: 1, noNaN: true }), fc.constantFrom(1, 1e-3, 1e4))
  .map(([low, width, scale]): Ends => [low * scale, (low + width) * scale]);

describe('figures', () => {
  test('the printed interval contains the exact one, and is hardly wider', () => {
    fc.assert(
      fc.property(anyEnds, (ends) => {
        for (const print of [endsText, alignedEnds]) {
          const [low, high] = print(ends, endsPlaces(ends)).map(Number) as [number, number];
          const slack = 1e-9 * Math.max(1, ...ends.map(Math.abs));
          expect(low).toBeLessThanOrEqual(ends[0] + slack);
          expect(high).toBeGreaterThanOrEqual(ends[1] - slack);
          expect(high - low).toBeLessThanOrEqual(1.02 * (ends[1] - ends[0]) + 2 * slack + (endsPlaces(ends) === 0 ? 2 : 0));
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('rounded inward it lies inside the exact one', () => {
    fc.assert(
      fc.property(anyEnds, fc.integer({ min: 0, max: 6 }), (ends, places) => {
        const [low, high] = endsText(ends, places, 'inward').map(Number) as [number, number];
        const slack = 1e-9 * Math.max(1, ...ends.map(Math.abs));
        expect(low).toBeGreaterThanOrEqual(ends[0] - slack);
        expect(high).toBeLessThanOrEqual(ends[1] + slack);
        expect(low).toBeLessThanOrEqual(high);
      }),
      { seed: 2 },
    );
  });

  test.each([
    [[0.33949999999999997, 0.4295], '0.3395 to 0.4295'],
    [[0, 0.4295000000000001], '0 to 0.4295'],
    [[-1e-17, 1], '0 to 1'],
    [[0.28, 0.5800000000000001], '0.28 to 0.58'],
    [[0.00042173, 0.00070568], '0.0004217 to 0.0007057'],
    [[-0.19459, 0.00541], '-0.1946 to 0.0055'],
    [[1234.56, 5678.9], '1234 to 5679'],
  ] as const)('%j', (ends, text) => {
    expect(endsText(ends, endsPlaces(ends)).join(' to ')).toBe(text);
  });

  test('an axis holds what it shows; its ticks lie on it', () => {
    fc.assert(
      fc.property(anyEnds, fc.boolean(), (ends, sure) => {
        const axis = axisOf(ends, { ends: [-1, 1], sure });
        expect(axis.ends[0]).toBeLessThanOrEqual(ends[0] + 1e-9);
        expect(axis.ends[1]).toBeGreaterThanOrEqual(ends[1] - 1e-9);
        expect(axis.ticks.length).toBeGreaterThan(2);
        for (const tick of axis.ticks) {
          expect(tick).toBeGreaterThanOrEqual(axis.ends[0] - 1e-9);
          expect(tick).toBeLessThanOrEqual(axis.ends[1] + 1e-9);
        }
      }),
      { seed: 3 },
    );
  });

  test.each([
    ['P(Y=1 | do(X=1))', [0, 1], true],
    ['P(Y[X=1]=1) - P(Y[X=0]=1)', [-1, 1], true],
    ['2 * P(Y=1) - P(X=1)', [-1, 2], true],
    ['E[Y[X=1]] - E[Y[X=0]]', [-1, 1], false],
  ] as const)('the natural scale of %s', (terms, ends, sure) => {
    expect(naturalOf({ terms, question: 'not a question' })).toEqual({ ends, sure });
  });
});

describe('the picture', () => {
  const axis = { ends: [0, 1] as const, ticks: [0, 0.5, 1], zoomed: false };
  const marks: Marks = { inner: [0.3, 0.4], outer: [0.2, 0.6], region: [0.1, 0.7], emcc: [0.3, 0.3] };

  test('ASCII and line drawing have the same places, a hundredth of the axis each', () => {
    const ascii = pictureCell(marks, axis, 103, {});
    const drawn = pictureCell(marks, axis, 103, { bars: true });
    expect(ascii).toBe(
      `|${' '.repeat(10)}${'-'.repeat(10)}[${'~'.repeat(9)}o${'='.repeat(10)}${'~'.repeat(19)}]${'-'.repeat(10)}${' '.repeat(30)}|`,
    );
    expect(
      [...drawn].map((glyph) => ({ '│': '|', '┄': '-', '┣': '[', '╍': '~', '○': 'o', '━': '=', '┫': ']' })[glyph] ?? glyph).join(''),
    ).toBe(ascii);
  });

  test('a point is a point, an inner interval has no walls, an outer one no attained values', () => {
    expect(pictureCell({ inner: [0.5, 0.5], outer: [0.5, 0.5] }, axis, 23, {})).toBe(`|${' '.repeat(10)}*${' '.repeat(10)}|`);
    expect(pictureCell({ inner: [0.2, 0.4] }, axis, 23, {})).toMatch(/^\| {4}={5} {1}\. {10}\|$/u);
    expect(pictureCell({ outer: [0.2, 0.4] }, axis, 23, {})).toMatch(/^\| {4}\[~~~\] {1}\. {10}\|$/u);
  });

  test('in a text: tiny bounds on a zoomed axis with its ends, contrasts on [-1, 1]', () => {
    expect(answerText(polio)).toMatch(/^ {2}0\.0003 \|.*\[=+\].*\| 0\.0008$/mu);
    expect(answerText(vitamin, { bars: true })).toMatch(/^ {2}-1 │.*┣━+┫.*│ 1$/mu);
    expect(answerText(gap)).toMatch(/^ {5}= attained {3}~ not ruled out$/mu);
    for (const line of answerText(drug, { width: 60, bars: true })
      .split('\n')
      .filter((one) => one.includes('│')))
      expect([...line].length).toBeLessThanOrEqual(60);
  });

  test('paint goes around runs of a tone and leaves the text as it is', () => {
    const painted = answerText(drug, { bars: true, paint: (tone, text) => `<${tone}:${text}>` });
    expect(painted).toContain('<number:━');
    expect(painted.replace(/<[a-z]+:([^<>]*)>/gu, '$1')).toContain('┣○━━━━○');
  });
});

describe('a bounded answer', () => {
  test('headline, tightness, agreement, why there is no point, EMCC with its caveat, the next study', () => {
    const text = answerText(drug, wide);
    expect(text).toContain('Between 0.3395 and 0.4295 (exact; 95 % region 0.3012 to 0.4571)');
    expect(text).toContain('No model that fits lies outside, and some attain each end.');
    expect(text).toContain('nearest to the samples (maximum likelihood)');
    expect(text).toContain('The studies differ by sampling noise only (gap 0.31 nats, p = 0.4).');
    expect(text).toContain('Why bounds  Two worlds of the same units were never seen together.');
    expect(text).toContain('28 of 30 runs converged, to within 8e-7 nats of the maximum, and reached 0.3443 to 0.4261');
    expect(text).toContain('0.3396 to 0.4294 after moving mass');
    expect(text).toMatch(/probability 0\.8674 .* far too sure/u);
    expect(text).toContain(
      'One study that would narrow it most: randomise Treatment, expected width 0.03 (now 0.09; between 0.001 and 0.06 in models that fit).',
    );
    expect(text).not.toContain('Would help');
    expect(text).not.toContain('Hedge');
    const why = answerText(drug, { ...wide, why: true });
    expect(why).toContain('Watch, and set nothing: expected width 0.081.');
    expect(why).toContain('Hedge');
  });

  test('a study that would settle it is told as such', () => {
    const settles = { set: ['Treatment'], expectedWidth: 0, least: 0, most: 0 };
    expect(answerText({ ...drug, nextStudies: [settles] }, wide)).toContain(
      'expected width 0, one number in each model that was tried (now 0.09).',
    );
  });

  test('a table of bounds says what they mean, and has no estimand to speak of', () => {
    const rows = { name: 'rows', level: 'ok', says: 'Every row has its own estimand.' } as const;
    const text = answerText({ ...table, rule: 'range', diagnostics: [rows] }, wide);
    const alike = (table.distribution ?? []).filter(({ tightness = 'exact' }) => tightness === 'exact');
    expect(answerText({ ...table, distribution: alike }, wide)).toContain('Each row by itself: no model that fits lies outside');
    expect(text).not.toContain('its own estimand');
  });

  test('the certificate is mentioned once, at the end of a document', () => {
    const text = answersText(documentOf(drug, drug), wide);
    expect(text.match(/doable verify/gu)).toHaveLength(1);
    expect(text.indexOf('doable verify')).toBeGreaterThan(text.lastIndexOf('Studies'));
    expect(answerText(drug, wide)).toContain('Certificate doable verify');
    expect(answersText(documentOf(polio), wide)).not.toContain('doable verify');
  });

  test('inner, outer, a point, and bounds that say nothing', () => {
    const { outer: _, ...without } = gap;
    const inner: Answer = { ...without, lower: 0.26996, upper: 0.41004, tightness: 'inner', inner: [0.26996, 0.41004] };
    expect(answerText(inner, wide)).toContain('At least between 0.27 and 0.41 (inner)');
    expect(answerText(inner, wide)).toContain('others that fit may lie outside');
    expect(answerText(gap, wide)).toContain('Between 0.2 and 0.5 (outer)');
    expect(answerText(gap, wide)).toContain('Models attain 0.27 to 0.41.');
    const point: Answer = { ...drug, lower: 0.3845, upper: 0.38450000000000006 };
    expect(answerText(point, wide)).toContain('  0.3845 (exact: lower and upper bound meet');
    expect(answerText(point, wide)).not.toContain('Why bounds');
    expect(answerText({ ...polio, lower: 0, upper: 1 }, wide)).toContain('leave it entirely open');
    expect(answerText({ ...vitamin, lower: 0, upper: 1 }, wide)).not.toContain('entirely open');
  });

  test('random starts alone: what they reached is not called the range', () => {
    const { outer: _, ...without } = drug;
    const text = answerText({ ...without, lower: 0.3443, upper: 0.4261, inner: [0.3443, 0.4261], tightness: 'inner' }, wide);
    expect(text).toContain('At least between 0.3443 and 0.4261 (inner');
    expect(text).toContain('Random starts of EM led to models that fit');
    expect(text).not.toContain('over all models');
  });

  test('no run of EMCC converged: none counts', () => {
    const emcc = { runs: 5, converged: 0, worstCertificate: Number.NaN, interval: [Number.NaN, Number.NaN] } as const;
    const text = answerText({ ...drug, emcc }, wide);
    expect(text).toContain('None of 5 runs converged');
    expect(text).not.toContain('NaN');
  });

  test('open values: a row each, on one axis', () => {
    const lines = answerText(table).split('\n');
    const row = (name: string): string => lines.find((line) => line.includes(`  ${name} `)) as string;
    expect(row('low')).toMatch(/0\.2500 +identified +0\.2000 to 0\.3000 +\|.*\*.*\|$/u);
    expect(row('middle')).toMatch(/0\.1000 to 0\.3334 +exact +0\.0700 to 0\.3700 +\|.*\[=+\].*\|$/u);
    expect(row('high')).toMatch(/0\.4000 to 0\.6500 +outer +\|.*\[~+\].*\|$/u);
    expect(row('never')).toContain('undefined');
    expect(new Set(['low', 'middle', 'high', 'never'].map((name) => row(name).indexOf('|'))).size).toBe(1);
  });
});

describe('agreement', () => {
  const of = (pValue?: number, strict = false) => ({
    gap: 0.312,
    gapAtLeast: 0.3,
    strict,
    draws: 200,
    ...(pValue === undefined ? {} : { pValue }),
  });
  test.each([
    [of(undefined, true), 'agree', 'The studies agree'],
    [of(0.4), 'noise', 'by sampling noise only (gap 0.31 nats, p = 0.4)'],
    [of(0.03), 'strained', 'by more than sampling noise usually'],
    [of(0.001), 'conflict', 'contradict each other (gap 0.31 nats, p < 0.01)'],
    [of(), 'unknown', 'whether by chance was not tested'],
  ] as const)('%j: %s', (agreement, verdict, says) => {
    const words = agreementWords(agreement, { studies: 2 });
    expect(words.verdict).toBe(verdict);
    expect(words.says).toContain(says);
  });

  test('one study cannot contradict another', () => {
    for (const p of [0.4, 0.03, 0.001]) expect(agreementWords(of(p), { studies: 1 }).says).not.toMatch(/each other|studies/u);
  });

  test('a gap of exact probabilities is one per record', () => {
    expect(agreementWords(of(), { studies: 1, exact: true }).says).toContain('gap 0.31 nats per record');
  });

  test('p-values never claim more than the draws can show', () => {
    expect(pText(0, 200)).toBe('p < 0.01');
    expect(pText(0, 50)).toBe('p < 0.02');
    expect(pText(0.0004)).toBe('p < 0.001');
    expect(pText(1)).toBe('p = 1');
  });

  test('what was checked of certificates is said as it came out', () => {
    const one = { question: 'PNS(X -> Y)', accepted: true, against: true as const, checks: [] };
    expect(verifiedText([one], wide)).toContain('and that it is the programme of this problem');
    expect(verifiedText([{ ...one, accepted: false }], wide)).toContain('whether it is the programme of this problem');
    const { against: _, ...alone } = one;
    expect(verifiedText([alone], wide)).toContain('and not that this is the programme of your graph');
  });

  test('a conflict names the inequality, the studies, and what may be wrong', () => {
    const text = answerText({ ...conflict, diagnostics: [{ name: 'compatibility', level: 'fail', says: 'Said once.' }] }, wide);
    expect(text).toContain('No: the studies and the graph contradict each other.');
    expect(text).toContain(
      'P(X=0, Y=1) = 0.8239 in PSID exceeds P(Y=1 | do(X=0)) = 0.6462 in NSW: in no model of this graph can it (gap 143 nats, p < 0.01).',
    );
    expect(text).toContain('Either one of PSID and NSW measured other people');
    expect(text).not.toContain('Said once.');
    expect(text).not.toContain('assumed');
    expect(answerText({ ...conflict, assumes: ['monotone(X -> Y)'] }, wide)).toContain('or what was assumed does not hold. Leave one out');
    const values = { ...conflict, kind: 'distribution' as const, distribution: [{ at: { Y: '1', 'X (set)': '1' }, value: 0.7 }] };
    expect(answerText(values, wide)).toMatch(/No: the studies and the graph contradict each other\.\n\n.*\n.* 0\.7/u);
    const unknown = answerText({ ...conflict, agreement: { gap: Number.NaN, gapAtLeast: 0, strict: false } }, wide);
    expect(unknown).toContain('No model of this graph comes near enough to all the tables.');
    const bare = answerText(
      {
        ...conflict,
        agreement: {
          gap: 9,
          gapAtLeast: 9,
          strict: false,
          violated: { says: 'A exceeds B(0.5)', left: 0.82391, right: 0.6462, studies: ['PSID', 'NSW'] },
        },
      },
      wide,
    );
    expect(bare).toContain('A exceeds B(0.5): 0.8239 against 0.6462: in no model of this graph can it (PSID and NSW; gap 9 nats).');
  });

  test('projected bounds beside a no are shown as such', () => {
    const text = answerText({ ...conflict, lower: 0.1, upper: 0.3, tightness: 'exact', projected: true }, wide);
    expect(text).toContain('contradict each other');
    expect(text).toContain('Nearest');
    expect(text).toContain('Between 0.1 and 0.3');
  });

  test('check tells it for each component', () => {
    const report = { schema: 'doable/check@1', ok: false, notes: [], tables: [], overlap: [], independences: [], level: 0.05 } as const;
    const agreement = [
      { block: '{X, Y}', conflict: false, agreement: of(0.4) },
      { block: '{Z}', conflict: true, agreement: conflict.agreement as NonNullable<Answer['agreement']> },
      { block: '{W}', conflict: true, agreement: of() },
    ];
    const text = checkText({ ...report, agreement }, wide);
    expect(text).toContain('Do the studies agree?');
    expect(text).toMatch(/ok +\{X, Y\}: .*sampling noise only/u);
    expect(text).toMatch(/FAIL +\{Z\}: .*0\.8239 in PSID/u);
    // Exact probabilities have no p-value: what no model reproduces is a conflict all the same.
    expect(text).toMatch(/FAIL +\{W\}: The data contradict the graph \(gap 0\.31 nats/u);
    expect(checkText(report, wide)).not.toContain('agree?');
  });
});

describe('other formats', () => {
  const document = documentOf(drug, conflict, table);

  test('Markdown and LaTeX say the same', () => {
    const markdown = answersMarkdown(document);
    expect(markdown).toContain('**Between 0.3395 and 0.4295** (exact; 95 % region 0.3012 to 0.4571)');
    expect(markdown).toContain('**Agreement:** The studies differ by sampling noise only');
    expect(markdown).toContain('| middle | 0.1000 to 0.3334 | exact | 0.0700 to 0.3700 |');
    const latex = answersLatex(document);
    expect(latex).toContain('$[0.3395, 0.4295]$ (exact; 95 \\% region 0.3012 to 0.4571).');
    expect(latex).toContain('middle & 0.1000 to 0.3334 & exact & 0.0700 to 0.3700 \\\\');
    expect(latex).toContain('(Zaffalon et al. 2022)');
  });

  test('CSV has the bounds in full, beside the region; without bounds it has no such columns', () => {
    const records: (readonly string[])[] = [];
    const keep = (cells: readonly string[]): void => {
      records.push(cells);
    };
    const reader = csvReader({ header: keep, record: keep });
    reader.write(answersCsv(document));
    expect(reader.end()).toEqual([]);
    const head = records[0] as readonly string[];
    const field = (row: number, name: string): string => records[row]?.[head.indexOf(name)] as string;
    expect([field(1, 'bound_lower'), field(1, 'bound_upper'), field(1, 'tightness')]).toEqual(['0.33949999999999997', '0.4295', 'exact']);
    expect([field(1, 'value'), field(1, 'lower'), field(1, 'upper')]).toEqual(['', '0.3012', '0.4571']);
    expect([field(4, 'Y'), field(4, 'bound_upper'), field(4, 'tightness')]).toEqual(['middle', '0.3333333', 'exact']);
    expect(new Set(records.map((cells) => cells.length)).size).toBe(1);
    expect(answersCsv(documentOf(conflict))).not.toContain('bound_lower');
  });

  test('SVG: well formed, a bar where it belongs, tiny bounds on an axis of their own, no number that is none', () => {
    const svg = answersBoundsSvg(documentOf(drug, polio, vitamin, gap, conflict, table));
    expect(() => elements(svg)).not.toThrow();
    expect(svg).not.toMatch(/NaN|Infinity|undefined"/u);
    for (const text of [
      '0.3395 to 0.4295, exact',
      '0.0004217 to 0.0007057, exact',
      'ends that EMCC reached',
      'not ruled out',
      '95 % region',
    ])
      expect(svg).toContain(text);
    expect(svg).toContain('>0.0008</text>');
    expect(svg).not.toContain('PNS(X -&gt; Y)');
    const alone = answersBoundsSvg(documentOf({ ...gap, tightness: 'exact' }));
    const [x, width] = (/<rect x="([\d.]+)"[^>]* width="([\d.]+)"[^>]*fill-opacity="1"/u.exec(alone)?.slice(1) ?? []).map(Number) as [
      number,
      number,
    ];
    const wall = Number(/<path d="M([\d.]+) [\d.]+V/u.exec(alone)?.[1]);
    expect((x - wall) / 420).toBeCloseTo(0.2, 3);
    expect(width / 420).toBeCloseTo(0.3, 3);
    expect(alone).not.toContain('not ruled out');
  });

  test('SVG escapes what it is given', () => {
    const odd: Answer = { ...polio, question: 'P("<b>" & \u0001 | do(X))' };
    expect(() => elements(answersBoundsSvg(documentOf(odd, { ...table, question: '<&>' })))).not.toThrow();
  });
});
