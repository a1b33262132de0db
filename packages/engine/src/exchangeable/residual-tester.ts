import { Random } from '../math/random.ts';
import { betaLower } from '../math/special.ts';
import type { ClusteredTest } from './clustered.ts';
import type { MixedEnvironments } from './mixed-environments.ts';
import { cellsOf } from './nuisance-cells.ts';
import { type Nuisance, nuisanceOf } from './nuisance-fit.ts';
import { featuresOf } from './residual-features.ts';
import { selfNormalised } from './self-normalised.ts';
import type { AskedTest, Tester } from './tester.ts';

/** Environments per degree of freedom, at least. */
const environmentsPerDegree = 5;
const mostFolds = 5;
/** Conditions whose fits are kept. */
const keptConditions = 8;

interface Condition {
  readonly nuisance: Nuisance;
  /** Residuals by feature: of a variable's own value, and of its mean over the other records of the environment. */
  readonly own: Map<number, readonly Float64Array[]>;
  readonly others: Map<number, readonly Float64Array[]>;
}

/**
 * Cluster-robust tests by residuals, for finite, real and mixed variables and for conditions of any size: features of A at a record and of
 * B (at the same record; or their mean over the other records of the environment), each less its prediction from the condition by
 * cross-fitted regression (folds of whole environments), are multiplied and summed over the records of each environment; the sums are
 * squared and weighed with environments as the units (a generalised covariance measure, Shah and Peters 2020, by cluster). Across
 * positions the products are also weighed by B's value at A's record, where that is conditioned on. p allows for few environments as if
 * the sums were normal; degrees of freedom are at most a fifth of the environments.
 */
export function residualTester(environments: MixedEnvironments): Tester {
  const { starts, labels, columns, counts } = environments;
  const features = featuresOf(environments);
  const records = starts.at(-1) as number;
  const weight = counts ?? new Float64Array(records).fill(1);
  const environmentOf = new Int32Array(records);
  const sizes = new Float64Array(labels.length);
  for (let e = 0; e < labels.length; e++)
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      environmentOf[r] = e;
      sizes[e] = (sizes[e] as number) + (weight[r] as number);
    }
  const folds = Math.min(mostFolds, labels.length);
  const order = new Random(1, 'folds').shuffle([...labels.keys()]);
  const place = new Int32Array(labels.length);
  for (const [i, e] of order.entries()) place[e] = i % folds;
  const foldOf = environmentOf.map((e) => place[e] as number);
  const kept = new Map<string, Condition>();
  const conditionOf = (given: readonly number[]): Condition => {
    const key = given.join();
    const known = kept.get(key);
    if (known !== undefined) return known;
    const condition: Condition = {
      nuisance: nuisanceOf(cellsOf(environments, features, given), foldOf, folds, weight, labels.length),
      own: new Map(),
      others: new Map(),
    };
    const [oldest] = kept.keys();
    if (kept.size >= keptConditions && oldest !== undefined) kept.delete(oldest);
    kept.set(key, condition);
    return condition;
  };
  const otherMeans = new Map<number, readonly Float64Array[]>();
  /** Of each feature: its mean over the other records of the environment; 0 where there is none. */
  const meansOf = (v: number): readonly Float64Array[] => {
    let means = otherMeans.get(v);
    if (means === undefined) {
      means = (features[v] ?? []).map((feature) => {
        const totals = new Float64Array(labels.length);
        for (const [r, value] of feature.entries()) {
          const e = environmentOf[r] as number;
          totals[e] = (totals[e] as number) + (weight[r] as number) * value;
        }
        return feature.map((value, r) => {
          const e = environmentOf[r] as number;
          const size = sizes[e] as number;
          return size > 1 ? ((totals[e] as number) - value) / (size - 1) : 0;
        });
      });
      otherMeans.set(v, means);
    }
    return means;
  };
  const residuals = (given: readonly number[], v: number, across: boolean): readonly Float64Array[] => {
    const { nuisance, own, others } = conditionOf(given);
    const known = across ? others : own;
    let found = known.get(v);
    if (found === undefined) {
      found = (across ? meansOf(v) : (features[v] ?? [])).map((feature) => nuisance.residual(feature));
      known.set(v, found);
    }
    return found;
  };
  /** What is multiplied: the plainest first, squares of real variables last. */
  const productsOf = (a: number, b: number, given: readonly number[], across: boolean): Product[] => {
    const [left, right] = [residuals(given, a, false), residuals(given, b, across)];
    const real = (v: number, i: number): number => (columns[v]?.kind === 'real' && i > 0 ? 1 : 0);
    const plain = left.flatMap((x, i) => right.map((y, j) => ({ x, y, rank: real(a, i) + real(b, j) })));
    const weighed = across && given.includes(b) ? (features[b] ?? []).filter((_, j) => real(b, j) === 0) : [];
    const products = [
      ...plain.filter(({ rank }) => rank === 0),
      ...plain.filter(({ rank }) => rank === 0).flatMap(({ x, y, rank }) => weighed.map((by) => ({ x, y, by, rank }))),
      ...plain.filter(({ rank }) => rank === 1),
      ...plain.filter(({ rank }) => rank === 2),
    ];
    const most = Math.max(1, Math.floor(labels.length / environmentsPerDegree));
    return products.slice(0, most);
  };
  const test = (a: number, b: number, given: readonly number[], across: boolean): ClusteredTest => {
    const products = productsOf(a, b, given, across);
    const size = products.length;
    const [sum, squares, u] = [new Float64Array(size), new Float64Array(size * size), new Float64Array(size)];
    let contributing = 0;
    for (let e = 0; e < labels.length; e++) {
      if (across && (sizes[e] as number) < 2) continue;
      const [from, to] = [starts[e] as number, starts[e + 1] as number];
      u.fill(0);
      for (const [i, { x, y, by }] of products.entries()) {
        let total = 0;
        for (let r = from; r < to; r++) total += (weight[r] as number) * (x[r] as number) * (y[r] as number) * (by ? (by[r] as number) : 1);
        u[i] = total;
      }
      if (!u.some((value) => value !== 0)) continue;
      contributing += 1;
      for (let i = 0; i < size; i++) {
        const value = u[i] as number;
        sum[i] = (sum[i] as number) + value;
        for (let j = 0; j <= i; j++) squares[i * size + j] = (squares[i * size + j] as number) + value * (u[j] as number);
      }
    }
    const { statistic, degrees } = selfNormalised(sum, squares);
    return { statistic, degrees, p: survival(statistic, degrees, contributing), environments: contributing };
  };
  return {
    across: (a, b, given) => ({ ...test(a, b, given, true), a, b, given, across: true }) satisfies AskedTest,
    within: (a, b, given) => ({ ...test(a, b, given, false), a, b, given, across: false }) satisfies AskedTest,
  };
}

interface Product {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly by?: Float64Array;
}

/** Of s' M^-1 s of `count` normal vectors of mean 0: its share of `count` is beta distributed (Hotelling's T squared). */
const survival = (statistic: number, degrees: number, count: number): number =>
  degrees === 0 || count <= degrees ? 1 : betaLower(Math.max(0, 1 - statistic / count), (count - degrees) / 2, degrees / 2);
