import { describe, expect, test } from 'vitest';
import { momentsOfColumns } from '../../src/data/moments.ts';
import { Bulk, exponentials } from '../../src/math/bulk.ts';
import { exp } from '../../src/math/elementary.ts';
import { leastSquares, matrix } from '../../src/math/linear.ts';
import { Random } from '../../src/math/random.ts';
import { additiveFigureTask, fitted } from '../../src/reproduce/additive-figure.ts';
import { direct, meanSquare, monomials, restricted, ridge } from '../../src/reproduce/additive-fits.ts';
import {
  type AdditiveScm,
  draw,
  jointEffect,
  lawOf,
  linearScm,
  meanOf,
  polynomialScm,
  varianceOf,
} from '../../src/reproduce/additive-scm.ts';
import { convergenceSettings, figureSettings, ratioSettings, summariseFigure } from '../../src/reproduce/additive-summary.ts';
import { type SimulatedStudy, simulatedStudy } from '../../src/reproduce/simulated-study.ts';

const rowsOf = (scm: AdditiveScm, set: readonly number[], records: number, bulk: Bulk): number[][] => {
  const rows: number[][] = [];
  for (const { length, columns } of draw(scm, set, records, bulk))
    for (let i = 0; i < length; i++) rows.push(columns.map((column) => column[i] as number));
  return rows;
};

/** Moments of (1, a, y) by plain sums. */
const momentsOf = (rows: readonly (readonly number[])[]) => {
  const size = (rows[0]?.length as number) + 1;
  const products = new Float64Array(size * size);
  for (const row of rows) {
    const all = [1, ...row];
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++) {
        const at = i * size + j;
        products[at] = (products[at] as number) + (all[i] as number) * (all[j] as number);
      }
  }
  return { records: rows.length, weight: rows.length, size, products };
};

describe('numbers in bulk', () => {
  test('normals: four moments and three tails within five standard errors', () => {
    const bulk = new Bulk(new Random(7, 'normals'));
    const [out, n] = [new Float64Array(1000), 600_000];
    const sums = [0, 0, 0, 0];
    const beyond = [1, 2, 3.7].map((cut) => ({ cut, seen: 0 }));
    for (let done = 0; done < n; done += 1000) {
      bulk.normals(out);
      for (const x of out) {
        for (let power = 0; power < 4; power++) sums[power] = (sums[power] as number) + x ** (power + 1);
        for (const one of beyond) if (x > one.cut) one.seen += 1;
      }
    }
    const moments = [0, 1, 0, 3, 0, 15, 0, 105];
    sums.forEach((sum, i) => {
      const variance = (moments[2 * i + 1] as number) - (moments[i] as number) ** 2;
      expect(Math.abs(sum / n - (moments[i] as number))).toBeLessThan(5 * Math.sqrt(variance / n));
    });
    for (const [i, share] of [0.15865525393145707, 0.022750131948179195, 1.0779973347738826e-4].entries())
      expect(Math.abs((beyond[i]?.seen as number) / n - share)).toBeLessThan(5 * Math.sqrt(share / n));
  });

  test('uniforms and logistics have mean 0 and variance 1; the median of squares is that of their law', () => {
    const bulk = new Bulk(new Random(8, 'others'));
    const [out, n] = [new Float64Array(400_000), 400_000];
    for (const [fill, kurtosis, half] of [
      [() => bulk.uniforms(out), 1.8, Math.sqrt(3) / 2],
      [() => bulk.logistics(out), 4.2, (Math.sqrt(3) / Math.PI) * Math.log(3)],
    ] as const) {
      fill();
      const mean = out.reduce((sum, x) => sum + x, 0) / n;
      const square = out.reduce((sum, x) => sum + x * x, 0) / n;
      const inside = out.reduce((count, x) => count + (Math.abs(x) < half ? 1 : 0), 0) / n;
      expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
      expect(Math.abs(square - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / n));
      expect(Math.abs(inside - 0.5)).toBeLessThan(2.5 / Math.sqrt(n));
    }
  });

  test('exponentials to the last places; the same seed, the same digits', () => {
    const values = Float64Array.from({ length: 4001 }, (_, i) => (i - 2000) / 10);
    const powers = values.slice();
    exponentials(powers, 1.7);
    values.forEach((x, i) => {
      expect(Math.abs((powers[i] as number) / exp(1.7 * x) - 1)).toBeLessThan(1e-15 * Math.max(1, Math.abs(x)));
    });
    const draws = (): number[] => {
      const out = new Float64Array(3);
      new Bulk(new Random(1, 'digits')).normals(out);
      return [...out];
    };
    expect(draws()).toEqual(draws());
  });
});

describe('models', () => {
  test('laws have the means and variances they claim', () => {
    const bulk = new Bulk(new Random(3, 'laws'));
    for (const reading of ['log-scale', 'centred', 'standardised', 'normal'] as const) {
      const law = lawOf(reading, 0.6);
      const scm: AdditiveScm = {
        actions: 1,
        causes: [law],
        noises: [law],
        outcomeNoise: lawOf('normal', 1e-9),
        set: [law],
        actionTerms: [[{ coefficient: 1, of: [1] }]],
        outcomeTerms: [[]],
      };
      const values = rowsOf(scm, [], 200_000, bulk).map(([a]) => a as number);
      const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
      expect(Math.abs(mean - meanOf(law))).toBeLessThan(5 * Math.sqrt(varianceOf(law) / values.length));
      expect(variance / varianceOf(law)).toBeCloseTo(1, 1);
      if (reading === 'standardised') expect([meanOf(law), varianceOf(law)]).toEqual([expect.closeTo(0, 12), expect.closeTo(0.36, 12)]);
    }
  });

  test('the joint effect is the mean of records under joint interventions', () => {
    for (const seed of [1, 2, 3]) {
      for (const scm of [
        linearScm(new Random(seed, 'linear'), { noise: 'standardised', arrows: 'text' }),
        polynomialScm(new Random(seed, 'polynomial')),
      ]) {
        const rows = rowsOf(scm, [0, 1, 2, 3, 4], 30_000, new Bulk(new Random(seed, 'rows')));
        const { constant, linear, square } = jointEffect(scm);
        // The residual must not hang together with any a_k or a_k^2.
        const residuals = rows.map(
          (row) =>
            (row[5] as number) -
            linear.reduce((sum, b, k) => sum + b * (row[k] as number) + (square[k] as number) * (row[k] as number) ** 2, constant),
        );
        const spread = Math.sqrt(residuals.reduce((sum, e) => sum + e * e, 0) / rows.length);
        expect(Math.abs(residuals.reduce((sum, e) => sum + e, 0) / rows.length)).toBeLessThan((5 * spread) / Math.sqrt(rows.length));
        for (const [k, law] of scm.set.entries()) {
          const standard = rows.map((row) => ((row[k] as number) - meanOf(law)) / Math.sqrt(varianceOf(law)));
          for (const of of [standard, standard.map((z) => z * z - 1)]) {
            const size = Math.sqrt(of.reduce((sum, z, i) => sum + (z * (residuals[i] as number)) ** 2, 0));
            expect(Math.abs(of.reduce((sum, z, i) => sum + z * (residuals[i] as number), 0))).toBeLessThan(5 * size);
          }
        }
      }
    }
  });
});

describe('fits from moments', () => {
  const scm = linearScm(new Random(5, 'model'), { noise: 'standardised', arrows: 'code', actions: 3 });
  const sets = [[], [0], [1], [2]];
  const data = sets.map((set, i) => rowsOf(scm, set, 400, new Bulk(new Random(5, 'rows', i))));
  const moments = data.map(momentsOf);
  const ordinary = data.map(
    (rows) =>
      leastSquares(
        matrix(
          rows.length,
          4,
          rows.flatMap((row) => [1, ...row.slice(0, 3)]),
        ),
        rows.map((row) => row[3] as number),
      ).solution,
  );

  test('regime fits and the direct estimator are those of an orthogonal factorisation', () => {
    const fits = moments.map((one) => ridge(one, 0));
    fits.forEach((fit, i) => {
      for (const [k, b] of fit.entries()) expect(b).toBeCloseTo(ordinary[i]?.[k] as number, 9);
    });
    direct(fits).forEach((b, k) => {
      const [watched, ...single] = ordinary.map((one) => one[k] as number) as [number, ...number[]];
      expect(b).toBeCloseTo(single.reduce((sum, one) => sum + one, 0) - 2 * watched, 9);
    });
  });

  test('the restricted fit is stacked least squares of m_0 and g_j(a_1, ..., a_j)', () => {
    const weights = [1.3, 0.4, 2.2, 0.7];
    const rows: number[] = [];
    const target: number[] = [];
    for (const [regime, own] of data.entries()) {
      const root = Math.sqrt(weights[regime] as number);
      for (const row of own) {
        const a = [1, ...row.slice(0, 3)];
        const gs = [1, 2, 3].flatMap((j) => a.slice(0, j + 1).map((x) => (j === regime ? x : 0)));
        rows.push(...[...a, ...gs].map((x) => root * x));
        target.push(root * (row[3] as number));
      }
    }
    const { solution, rank } = leastSquares(matrix(target.length, 13, rows), target);
    expect(rank).toBe(13);
    const answer = [0, 1, 2, 3].map((k) => {
      const starts = [4, 6, 9];
      return starts.reduce((sum, from, j) => sum + (k <= j + 1 ? (solution[from + k] as number) : 0), solution[k] as number);
    });
    for (const [k, b] of restricted(monomials(3, 1), moments, weights).entries()) expect(b).toBeCloseTo(answer[k] as number, 9);
  });
});

describe('the engine on simulated studies', () => {
  const scm = linearScm(new Random(6, 'model'), { noise: 'standardised', arrows: 'text' });
  const sets = [[], [0], [1], [2], [3], [4]];
  const made = sets.map((set, i) => simulatedStudy(scm, { name: `regime ${i}`, set, records: 3000, random: new Random(6, i) }, {}));

  test('moments and ranges without a pass are those of a pass', async () => {
    const [, study] = (await Promise.all(made)) as [SimulatedStudy, SimulatedStudy];
    const features = [[], [{ of: 'A2', power: 1 }], [{ of: 'Y', power: 1 }]];
    const scales = new Map([
      ['A2', { center: 0.3, scale: 1.7 }],
      ['Y', { center: -2, scale: 4 }],
    ]);
    const quick = await study.moments({ features, scales });
    const passed = await momentsOfColumns(study.columns([]), { features, scales }, study.domains);
    for (const [i, value] of quick.products.entries()) expect(value).toBeCloseTo(passed.products[i] as number, 8);
    const held: number[] = [];
    for await (const { numbers, length } of study.columns([])) held.push(...(numbers.get('A2') as Float64Array).subarray(0, length));
    const mean = held.reduce((sum, x) => sum + x, 0) / held.length;
    const sd = Math.sqrt(held.reduce((sum, x) => sum + (x - mean) ** 2, 0) / held.length);
    expect((await study.ranges(['A2'])).get('A2')).toEqual({
      count: 3000,
      mean: expect.closeTo(mean, 10),
      sd: expect.closeTo(sd, 10),
      least: Math.min(...held),
      most: Math.max(...held),
    });
  });

  test('rule and fit give the normal equations, direct and restricted', async () => {
    const studies = await Promise.all(made);
    const fits = studies.map(({ plain }) => ridge(plain, 0));
    const own = direct(fits);
    for (const [k, b] of (await fitted(studies, 'direct', {})).entries()) expect(b).toBeCloseTo(own[k] as number, 8);
    const moments = studies.map(({ plain }) => plain);
    const weights = moments.map((one, i) => 1 / meanSquare(one, fits[i] as Float64Array));
    const ordered = restricted(monomials(5, 1), moments, weights);
    // The engine estimates its weights with degrees of freedom, and steadies them.
    for (const [k, b] of (await fitted(studies, 'pooled', {})).entries()) expect(b).toBeCloseTo(ordered[k] as number, 4);
  });
});

describe('the experiment', () => {
  test('linear: near the topline, far from the observational model; the order of the actions helps', async () => {
    const models = await Promise.all(
      Array.from({ length: 24 }, (_, i) => additiveFigureTask(figureSettings(4, { noise: 'standardised', arrows: 'code' }, 10_000), i, {})),
    );
    const { checks, estimators, noise } = summariseFigure(models);
    const ratios = new Map(checks.map(({ what, ratio }) => [what, ratio]));
    expect(ratios.get('direct to topline, noisy')).toBeLessThan(1.02);
    expect(ratios.get('direct to observational, truth')).toBeLessThan(0.3);
    expect(ratios.get('restricted to observational, truth')).toBeLessThan(0.2);
    expect(ratios.get('restricted to direct, slopes')).toBeLessThan(0.65);
    expect(estimators.topline.truth.mean).toBeLessThan(0.1);
    expect(Math.abs(estimators.topline.noisy.mean / noise.mean - 1)).toBeLessThan(0.01);
    for (const { own, errors } of models) expect(own[0]).toBeLessThan(errors.observational.noisy);
  });

  test('polynomial: the same', async () => {
    const models = await Promise.all(
      Array.from({ length: 3 }, (_, i) => additiveFigureTask(figureSettings(4, 'polynomial', 10_000), i, {})),
    );
    const { estimators } = summariseFigure(models);
    expect(estimators.direct.truth.mean).toBeLessThan(estimators.observational.truth.mean);
    expect(estimators.restricted.truth.mean).toBeLessThan(0.6 * estimators.direct.truth.mean);
    expect(estimators.topline.truth.mean).toBeLessThan(estimators.restricted.truth.mean);
  });

  test('a task depends on its settings and number alone', async () => {
    const settings = convergenceSettings(9, 1000);
    expect(settings.records).toEqual({ observational: 170, single: 166, joint: 1000 });
    expect(await additiveFigureTask(settings, 3, {})).toEqual(await additiveFigureTask(settings, 3, {}));
    expect(ratioSettings(1, 0.5, 10_000).records).toEqual({ observational: 17_142, single: 8571, joint: 10_000 });
  });
});
