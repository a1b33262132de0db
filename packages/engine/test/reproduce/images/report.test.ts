import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readerErrors } from '../../../src/generative/metrics/attributes.ts';
import { sharesOf, totalVariation } from '../../../src/generative/metrics/laws.ts';
import { fitRidgeReader } from '../../../src/generative/metrics/reader.ts';
import { condition, factorOf, isTooLarge } from '../../../src/math/factor.ts';
import { Random } from '../../../src/math/random.ts';
import { exactDistribution } from '../../../src/model/exact.ts';
import { type FilmAttributes, renderFilms } from '../../../src/reproduce/images/film.ts';
import {
  drawReports,
  filmSizes,
  findings,
  type Report,
  reportCode,
  reportGraph,
  reportLabels,
  reportLevels,
  reportTruth,
  reportTypes,
} from '../../../src/reproduce/images/report.ts';
import { readReport, writeReport } from '../../../src/reproduce/images/report-text.ts';
import { identifiedFrom } from './second-route.ts';

const model = reportLabels();
const shown = [...findings, 'contrast'].map((name) => `X_${name}`);
const reports: Report[] = Array.from({ length: 162 }, (_, code) => ({
  says: [54, 18, 6, 2].map((stride) => Math.floor(code / stride) % 3) as unknown as Report['says'],
  style: code % 2,
}));

describe('reports, findings and drawn films', () => {
  it('identification from graph and observed joint gives the enumerated truth for every report; the plain conditional does not', () => {
    const said = [...findings.map((name) => `R_${name}`), 'R_style'];
    const fine = exactDistribution(model, { of: [...said, 'N', 'E', 'A', 'L', ...shown] });
    if (isTooLarge(fine)) throw new Error('too large');
    const joint = factorOf(['R', 'N', 'E', 'A', 'L', 'X'], [162, 2, 2, 2, 2, 32], fine.values);
    const found = identifiedFrom(joint, reportGraph, 'P(X | do(R))', ['X', 'R']);
    const plain = condition(joint, ['X'], ['R']);
    let widest = 0;
    for (const [r, report] of reports.entries()) {
      expect(reportCode(report)).toBe(r);
      const truth = reportTruth(model, report);
      truth.interventional.forEach((p, x) => {
        expect(Math.abs((found.values[x * 162 + r] as number) - p)).toBeLessThan(1e-12);
        expect(Math.abs((plain.values[x * 162 + r] as number) - (truth.conditional[x] as number))).toBeLessThan(1e-12);
      });
      widest = Math.max(widest, totalVariation(truth.interventional, truth.conditional));
    }
    expect(widest).toBeGreaterThan(0.2);
  });

  it('rows follow the law under do(report), and the columns are those that a sampler is told of', () => {
    const report: Report = { says: [2, 0, 1, 2], style: 1 };
    const rows = 2000;
    const { batch, shown: columns } = drawReports(model, rows, new Random(2), report);
    expect([...batch.columns.keys()]).toEqual([...reportTypes().keys()]);
    const { interventional } = reportTruth(model, report);
    const shares = sharesOf(columns, filmSizes);
    // 31 degrees of freedom.
    expect(interventional.reduce((sum, p, i) => sum + (rows * ((shares[i] as number) - p) ** 2) / p, 0)).toBeLessThan(
      31 + 5 * Math.sqrt(62),
    );
    const said = batch.columns.get('R');
    expect(said?.kind === 'finite' && said.values.every((code) => reportLevels[code] === 'N+ E- A? L+ wordy')).toBe(true);
  });

  it('a report written in words is read back, whatever the wording', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 161 }), fc.integer(), (code, seed) => {
        const text = writeReport(reports[code] as Report, new Random(seed));
        expect(readReport(text)).toEqual(reports[code]);
      }),
      { seed: 1 },
    );
    expect(writeReport({ says: [2, 0, 1, 0], style: 1 }, new Random(1))).not.toBe(
      writeReport({ says: [2, 0, 1, 0], style: 1 }, new Random(2)),
    );
  });

  it('every finding brightens its own part of the film, and the reader of films reads it on others', async () => {
    const even = (rows: number, seed: number): FilmAttributes & { all: Int32Array[] } => {
      const random = new Random(seed);
      const all = Array.from({ length: 5 }, () => Int32Array.from({ length: rows }, () => random.integer(2)));
      const [pneumonia, effusion, atelectasis, opacity, contrast] = all as [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
      return { pneumonia, effusion, atelectasis, opacity, contrast, all };
    };
    const none = Object.fromEntries([...findings, 'contrast'].map((name) => [name, new Int32Array(20)])) as unknown as FilmAttributes;
    const clear = renderFilms(none, new Random(1)).values;
    for (const finding of findings) {
      const drawn = renderFilms({ ...none, [finding]: new Int32Array(20).fill(1) }, new Random(1)).values;
      const change = drawn.map((value, i) => value - (clear[i] as number));
      expect(Math.min(...change)).toBeGreaterThan(-1e-6);
      expect(change.filter((value) => value > 0.1).length / 20).toBeGreaterThan(4);
      expect(change.filter((value) => value > 0.1).length / 20).toBeLessThan(150);
    }
    const learn = even(800, 3);
    const names = [...findings, 'contrast'];
    const reader = fitRidgeReader(
      renderFilms(learn, new Random(4)),
      new Map(names.map((name, i) => [name, { levels: 2, values: learn.all[i] as Int32Array }])),
      { random: new Random(5), units: 80 },
    );
    const held = even(400, 6);
    const films = renderFilms(held, new Random(7));
    const { accuracy } = await readerErrors(reader, films, held.all, { names, sizes: filmSizes });
    for (const share of accuracy) expect(share).toBeGreaterThan(0.97);
  });
});
