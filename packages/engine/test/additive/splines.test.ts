import { describe, expect, it } from 'vitest';
import { type Basis, type Predictor, polynomial, polynomialSize, scalesOf } from '../../src/additive/basis.ts';
import { fitAdditive } from '../../src/additive/fit.ts';
import { splineBasis, splineDerivative } from '../../src/additive/splines.ts';
import { featureReader } from '../../src/data/features.ts';
import type { ColumnRange } from '../../src/data/moments.ts';
import { leastSquares, matrix, symmetricEigen } from '../../src/math/linear.ts';
import { Random } from '../../src/math/random.ts';
import { dot, ols } from './fit-naive.ts';
import { actionNames, drawSingles, linearModel, planOf, point, singles, studyOf, unwrap } from './fit-support.ts';

const range: ColumnRange = { count: 100, mean: 2, sd: 3, least: -9, most: 10 };
const two: Predictor[] = [
  { name: 'A1', kind: 'real', range },
  { name: 'A2', kind: 'real', range: { ...range, mean: 0, sd: 1, least: -2, most: 7 } },
];
const scales = scalesOf(new Map(two.flatMap((one) => (one.kind === 'real' ? [[one.name, one.range] as const] : []))));
const domains = new Map(two.map(({ name }) => [name, { kind: 'real' } as const]));

/** The features of a basis at points of A1 and A2, as rows. */
function rowsOf({ features }: Basis, points: readonly (readonly [number, number])[]): number[][] {
  const out = new Float64Array(points.length * features.length);
  const columns = new Map([0, 1].map((k) => [`A${k + 1}`, Float64Array.from(points, (one) => one[k] as number)]));
  featureReader({ features, scales }, domains)({ length: points.length, numbers: columns, codes: new Map() }, out);
  return points.map((_, i) => Array.from(out.subarray(i * features.length, (i + 1) * features.length)));
}
const inside = (random: Random): [number, number] => [-9 + 19 * random.next(), -2 + 9 * random.next()];

describe('the functions', () => {
  it.each([false, true])('hold all cubic functions of one action; with surfaces (%s) all their products', (tensor) => {
    const basis = splineBasis(two, scales, tensor);
    const random = new Random(1);
    const points = Array.from({ length: 400 }, () => inside(random));
    const x = rowsOf(basis, points);
    const off = (f: (a: number, b: number) => number): number =>
      leastSquares(
        matrix(x.length, x[0]?.length ?? 0, x.flat()),
        points.map(([a, b]) => f(a, b)),
      ).residual;
    expect(off((a, b) => 1 + a ** 3 - 0.2 * b ** 3 + b * b)).toBeLessThan(1e-7);
    expect(off((a, b) => a * b - 3 * a)).toBeLessThan(1e-8);
    const mixed = off((a, b) => (a * b) ** 2 / 100);
    if (tensor) expect(mixed).toBeLessThan(1e-7);
    else expect(mixed).toBeGreaterThan(1);
  });

  it('roughness is the integral of squared second derivatives', () => {
    const [only] = two;
    const basis = splineBasis([only as Predictor], scales, false);
    const size = basis.features.length;
    const random = new Random(2);
    const ratios = Array.from({ length: 5 }, () => {
      const coefficients = Array.from({ length: size }, () => random.normal());
      let rough = 0;
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++)
          rough += (coefficients[i] as number) * (coefficients[j] as number) * (basis.roughness?.[i * size + j] as number);
      // Second differences of the function on a fine grid.
      const steps = 40000;
      const h = 19 / steps;
      const values = rowsOf(
        basis,
        Array.from({ length: steps + 1 }, (_, i) => [Math.min(10, -9 + i * h), 0]),
      ).map((row) => dot(row, coefficients));
      let integral = 0;
      for (let i = 1; i < steps; i++)
        integral += h * (((values[i + 1] as number) - 2 * (values[i] as number) + (values[i - 1] as number)) / (h * h)) ** 2;
      return rough / integral;
    });
    for (const ratio of ratios) expect(ratio / (ratios[0] as number)).toBeCloseTo(1, 2);
  });

  it('derivatives against differences', () => {
    const knots = [0, 0, 0, 0, 1, 1.5, 4, 5, 5, 5, 5];
    for (let index = 0; index < 7; index++)
      for (const x of [0.3, 1.2, 3.3, 4.9]) {
        const h = 1e-4;
        const at = (order: number, where: number): number => splineDerivative(knots, 3, index, order, where);
        expect(at(1, x)).toBeCloseTo((at(0, x + h) - at(0, x - h)) / (2 * h), 6);
        expect(at(2, x)).toBeCloseTo((at(1, x + h) - at(1, x - h)) / (2 * h), 6);
      }
  });

  it('products of levels and powers are as many as they should be', () => {
    const mixed: Predictor[] = [
      ...two,
      { name: 'A3', kind: 'finite', levels: ['a', 'b', 'c'] },
      { name: 'A4', kind: 'finite', levels: ['0', '1'] },
    ];
    for (const predictors of [two, mixed, mixed.slice(2)])
      for (const degree of [1, 2, 3, 4]) {
        const features = polynomial(predictors, degree);
        expect(features.length).toBe(polynomialSize(predictors, degree));
        expect(new Set(features.map((feature) => JSON.stringify(feature))).size).toBe(features.length);
      }
    expect(polynomial(mixed.slice(2), 2).length).toBe(6);
    expect(polynomial(two, 2).length).toBe(6);
  });
});

describe('the penalised fit', () => {
  const random = new Random(5, 'penalised');
  const a = Float64Array.from({ length: 300 }, () => 3 * random.normal());
  const study = studyOf('obs', [], { A1: a, Y: a.map((value) => Math.sin(value) + 0.3 * random.normal()) });
  const plan = planOf(['A1'], [{ set: [], studies: ['obs'] }], []);

  it('is least squares on records and penalty rows; cross-validation leaves out every fifth record', async () => {
    const fit = unwrap(await fitAdditive([plan], [study], { basis: 'splines' }));
    const { model } = fit;
    if (model === undefined) throw new Error('no model');
    const { features, basis, setting, center, scale } = model;
    const values = new Float64Array(300 * features.length);
    const read = featureReader({ features, scales: setting.scales }, setting.domains);
    read({ length: 300, numbers: new Map([['A1', a]]), codes: new Map() }, values);
    const x = Array.from({ length: 300 }, (_, i) => Array.from(values.subarray(i * features.length, (i + 1) * features.length)));
    const y: number[] = [];
    for await (const { numbers } of study.columns(['Y']))
      y.push(...Array.from(numbers.get('Y') ?? [], (value) => (value - center) / scale));
    const size = features.length;
    const { values: roots, vectors } = symmetricEigen(matrix(size, size, basis.roughness ?? []));
    const smooth = (rows: readonly number[], smoothing: number): number[] => {
      const penalty = Array.from(roots, (root, k) =>
        Array.from(
          { length: size },
          (_, i) => Math.sqrt(Math.max(0, root) * smoothing * rows.length) * (vectors.values[k * size + i] as number),
        ),
      );
      return ols([...rows.map((i) => x[i] as number[]), ...penalty], [...rows.map((i) => y[i] as number), ...penalty.map(() => 0)]);
    };
    const all = y.map((_, i) => i);
    const smoothing = fit.regimes[0]?.smoothing as number;
    const own = smooth(all, smoothing);
    model.solution.theta.forEach((value, i) => {
      expect(value).toBeCloseTo(own[i] as number, 6);
    });
    const error = (s: number): number => {
      let squares = 0;
      for (let fold = 0; fold < 5; fold++) {
        const fitted = smooth(
          all.filter((i) => i % 5 !== fold),
          s,
        );
        for (const i of all.filter((one) => one % 5 === fold)) squares += ((y[i] as number) - dot(x[i] as number[], fitted)) ** 2;
      }
      return squares / all.length;
    };
    expect(fit.selection[0]?.errors[0]).toBeCloseTo(error(smoothing), 8);
    for (const other of [smoothing * 10, smoothing / 10]) expect(error(other)).toBeGreaterThan(error(smoothing) - 1e-9);
    // It follows the curve that a line misses.
    for (const at of [-3, -1, 0.5, 2])
      expect(Math.abs((fit.predict([point(plan, [at])])[0]?.value as number) - Math.sin(at))).toBeLessThan(0.15);
    expect(fit.predict([point(plan, [100])])[0]?.issue?.code).toBe('outside-range');
  });
});

describe('the choice of basis', () => {
  const names = actionNames(2);
  const plan = planOf(names, singles(2), names);
  const curved = (f: (a: number, b: number) => number): ReturnType<typeof studyOf>[] =>
    singles(2).map(({ set, studies: [name] }, r) => {
      const random = new Random(6, r);
      const a = Float64Array.from({ length: 2000 }, () => random.normal());
      const b = Float64Array.from({ length: 2000 }, () => random.normal());
      return studyOf(name as string, set, { A1: a, A2: b, Y: a.map((value, i) => f(value, b[i] as number) + 0.5 * random.normal()) });
    });

  it.each([
    ['linear', (a: number, b: number) => a + b],
    ['polynomials of degree 2', (a: number, b: number) => a * a + b],
    ['polynomials of degree 3', (a: number, b: number) => a + 0.3 * a * b * b],
    ['penalised cubic splines, with products of two', (a: number, b: number) => Math.tanh(4 * a) + Math.sin(3 * b)],
    ['penalised cubic splines, with surfaces for pairs', (a: number, b: number) => 2 * Math.sin(2 * a) * Math.tanh(2 * b)],
  ] as const)('%s', async (name, f) => {
    const fit = unwrap(await fitAdditive([plan], curved(f), { errors: 'none' }));
    const best = fit.selection.reduce((least, one) => (one.score < least.score ? one : least));
    const wanted = fit.selection.find(({ basis }) => basis === name);
    // The true one is chosen, or one that predicts as well: 0.2 % of the mean squared error.
    expect(((wanted?.score as number) - best.score) / 6000).toBeLessThan(0.002);
    expect(fit.basis).toBe(best.basis);
    const simpler = fit.selection
      .slice(
        0,
        fit.selection.findIndex(({ basis }) => basis === name),
      )
      .filter(({ basis }) => basis.length > 0);
    if (name !== 'linear') expect(((simpler[0]?.score as number) - best.score) / 6000).toBeGreaterThan(0.01);
  });

  it('stays linear where doses have two values', async () => {
    const random = new Random(7);
    const a = Float64Array.from({ length: 200 }, (_, i) => i % 2);
    const study = studyOf('obs', [], { A1: a, Y: a.map((value) => 3 * value + random.normal()) });
    const single = planOf(['A1'], [{ set: [], studies: ['obs'] }], []);
    const fit = unwrap(await fitAdditive([single], [study]));
    const ones = Array.from(a, (_, i) => i).filter((i) => i % 2 === 1);
    let mean = 0;
    for await (const { numbers } of study.columns(['Y']))
      mean = ones.reduce((sum, i) => sum + (numbers.get('Y')?.[i] as number), 0) / ones.length;
    expect(fit.basis).toBe('linear');
    expect(fit.predict([point(single, [1])])[0]?.value).toBeCloseTo(mean, 11);
  });
});

describe('covariates and blocks', () => {
  it('covariates enter every function', async () => {
    const random = new Random(11);
    const names = ['A1', 'A2'];
    const plan = planOf(names, singles(2), names, { covariates: ['X'], ordered: true });
    const data = singles(2).map(({ set, studies: [name] }) => {
      const column = (): Float64Array => Float64Array.from({ length: 200 }, () => random.normal());
      const [a, b, x] = [column(), column(), column()];
      return studyOf(name as string, set, {
        A1: a,
        A2: b,
        X: x,
        Y: a.map((value, i) => value * (x[i] as number) + (b[i] as number) + random.normal()),
      });
    });
    // Unrestricted: least squares per regime on all products of degree 2 of actions and covariate.
    const features = ([a, b, x]: readonly number[]): number[] => {
      const [p, q, r] = [a as number, b as number, x as number];
      return [1, p, q, r, p * p, q * q, r * r, p * q, p * r, q * r];
    };
    let value = 0;
    for (const [r, study] of data.entries())
      for await (const { numbers, length } of study.columns(['A1', 'A2', 'X', 'Y'])) {
        const row = (i: number): number[] => ['A1', 'A2', 'X'].map((name) => numbers.get(name)?.[i] as number);
        const own = ols(
          Array.from({ length }, (_, i) => features(row(i))),
          Array.from({ length }, (_, i) => numbers.get('Y')?.[i] as number),
        );
        value += (r === 0 ? -1 : 1) * dot(own, features([0.5, 1, 2]));
      }
    const free = unwrap(await fitAdditive([plan], data, { basis: 'polynomial', degree: 2, restrict: false }));
    expect(free.predict([point(plan, [0.5, 1, 2])])[0]?.value).toBeCloseTo(value, 9);
    const shared = unwrap(await fitAdditive([plan], data, { basis: 'polynomial', degree: 2 }));
    const [tight] = shared.predict([point(plan, [0.5, 1, 2])]);
    expect(Math.abs((tight?.value as number) - 2)).toBeLessThan(4 * (tight?.standardError as number));
    expect(tight?.standardError).toBeLessThan(free.predict([point(plan, [0.5, 1, 2])])[0]?.standardError as number);
  });

  it('a block keeps its products, other actions stay out of it', async () => {
    const names = actionNames(3);
    const data = drawSingles(linearModel(new Random(12), 3), new Random(12, 'block'), 3, 150).map((study, r) => ({
      ...study,
      name: ['obs', 'both', 'third', 'rest'][r] as string,
    }));
    const base = planOf(names, singles(3), names);
    const columns = [
      { block: 0, set: ['A1', 'A2'], arguments: ['A1', 'A2'] },
      { block: 1, set: ['A3'], arguments: ['A3'] },
    ];
    const plan = {
      ...base,
      assumption: { ...base.assumption, blocks: [['A1', 'A2'], ['A3']] },
      columns,
      regimes: [
        { set: [], studies: ['obs'], vector: [1, 0, 0] },
        { set: ['A1', 'A2'], studies: ['both'], vector: [1, 1, 0] },
        { set: ['A3'], studies: ['third'], vector: [1, 0, 1] },
      ],
      vector: [1, 1, 1],
      weights: [-1, 1, 1],
      arguments: [['A1', 'A2'], names],
    };
    const fit = unwrap(await fitAdditive([plan], data, { basis: 'polynomial', degree: 2 }));
    // Written out: h12(a1, a2), h3(a3), r12(a1, a2), r3(a1, a2, a3), each with all products of degree 2 of its arguments.
    const products = (a: readonly number[]): number[] => [1, ...a, ...a.flatMap((left, i) => a.slice(i).map((right) => left * right))];
    const row = (first: boolean, third: boolean, a: readonly number[]): number[] => [
      ...products(a.slice(0, 2)).map((value) => (first ? value : 0)),
      ...products(a.slice(2)).map((value) => (third ? value : 0)),
      ...products(a.slice(0, 2)).map((value) => (first ? 0 : value)),
      ...products(a).map((value) => (third ? 0 : value)),
    ];
    const [x, y]: [number[][], number[]] = [[], []];
    for (const [r, study] of data.slice(0, 3).entries())
      for await (const { numbers, length } of study.columns([...names, 'Y']))
        for (let i = 0; i < length; i++) {
          const root = Math.sqrt(fit.model?.weights[r] as number);
          x.push(
            row(
              r === 1,
              r === 2,
              names.map((name) => numbers.get(name)?.[i] as number),
            ).map((value) => value * root),
          );
          y.push((numbers.get('Y')?.[i] as number) * root);
        }
    expect(fit.predict([point(plan, [1, -1, 0.5])])[0]?.value).toBeCloseTo(dot(ols(x, y), row(true, true, [1, -1, 0.5])), 7);
  });
});
