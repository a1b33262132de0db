import { quantile, quantiles } from '../math/quantile.ts';
import { Random } from '../math/random.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import type { Entries } from './design.ts';
import type { RegimeSums, Sums } from './gather.ts';
import type { AdditiveModel } from './model.ts';
import { componentsOf, solvePooled } from './pooled.ts';
import type { Band, BandOptions, Predictor } from './predict.ts';
import { hatOf } from './variance.ts';

/** Rows up to which each is a group of its own. */
const few = 400;
/** Groups of larger regimes. */
const usual = 200;
/** Numbers that the groups of one regime may hold. */
const room = 2e6;

/** How many groups the records of a regime are dealt into: a multiple of 5, so that folds are made of whole groups. */
export function groupsFor(rows: number, features: number): number {
  const wanted = rows <= few ? rows : usual;
  const held = Math.min(wanted, Math.max(40, Math.floor(room / (features + 1) ** 2)));
  return held === rows ? Math.max(1, rows) : Math.max(5, held - (held % 5));
}

/** Largest mean leverage that the draws make up for. */
export const mostSpent = 0.4;

/** By regime: the share of its records that the parameters use up, their mean leverage. */
export const spentOf = ({ design, regimes, weights, solution }: AdditiveModel): number[] =>
  regimes.map(({ square, weight, exact }, r) => {
    if (exact) return 0;
    const hat = hatOf(design, solution, design.regimes[r] as Entries);
    return ((weights[r] as number) * hat.reduce((sum, value, at) => sum + value * (square[at] as number), 0)) / weight;
  });

/**
 * Bayesian bootstrap within regimes (Rubin 1981) over groups of records: parameters under random weights of mean 1: exponential, gamma for
 * rows that count several records. Their variance is raised to 1 / (1 - h)^2 with the regime's mean leverage h (at most 0.4), as HC3 raises
 * squared residuals. Smoothing and weights of regimes stay as they are.
 */
export async function bootstrapThetas(
  model: AdditiveModel,
  { draws = 1000, seed = 0, signal, onProgress, pause }: { readonly draws?: number; readonly seed?: number } & RunOptions,
): Promise<Float64Array[]> {
  const { design, regimes, weights, penalties } = model;
  const pattern = componentsOf(design);
  const spreads = spentOf(model).map((spent) => (1 - Math.min(mostSpent, spent)) ** -2);
  const packed = regimes.map((regime) => packGroups(regime, design.features));
  const thetas: Float64Array[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const random = new Random(seed, 'bootstrap', draw);
    const drawn = packed.map((groups, r) =>
      (regimes[r] as RegimeSums).exact ? (regimes[r] as Sums) : reweighted(groups, spreads[r] as number, random.split(r)),
    );
    thetas.push(solvePooled(design, drawn, weights, penalties, pattern).theta);
    if (draw % 20 === 19) {
      onProgress?.({ task: 'bootstrap', done: draw + 1, total: draws });
      await pause?.();
    }
    if (signal?.aborted) throw new Interrupted();
  }
  return thetas;
}

/** Lower triangles, cross sums, outcome and weight of the groups of a regime, one after another. */
interface PackedGroups {
  readonly features: number;
  readonly width: number;
  readonly weights: readonly number[];
  /** A row counts as many records as its weight says. */
  readonly repeats: boolean;
  readonly values: Float64Array;
}

function packGroups({ groups, parts }: RegimeSums, features: number): PackedGroups {
  const filled = groups.filter(({ weight }) => weight > 0);
  const width = (features * (features + 1)) / 2 + features + 2;
  const values = new Float64Array(filled.length * width);
  let at = 0;
  for (const { square, cross, outcome, weight } of filled) {
    for (let i = 0; i < features; i++) for (let j = 0; j <= i; j++) values[at++] = square[i * features + j] as number;
    for (const value of cross) values[at++] = value;
    values[at++] = outcome;
    values[at++] = weight;
  }
  const repeats = parts.every(({ weights }) => weights === 'repeats');
  return { features, width, weights: filled.map(({ weight }) => weight), repeats, values };
}

function reweighted({ features, width, weights, repeats, values }: PackedGroups, spread: number, random: Random): Sums {
  const sums = new Float64Array(width);
  // An exponential times 1 -+ step has the variance 1 + 2 step^2.
  const step = Math.sqrt((spread - 1) / 2);
  let from = 0;
  for (const weight of weights) {
    const own = weight / spread;
    const factor = repeats ? random.gamma(own) / own : random.exponential() * (1 + (random.word() % 2 === 0 ? step : -step));
    for (let i = 0; i < width; i++) sums[i] = (sums[i] as number) + factor * (values[from + i] as number);
    from += width;
  }
  const square = new Float64Array(features * features);
  let at = 0;
  for (let i = 0; i < features; i++)
    for (let j = 0; j <= i; j++, at++) {
      square[i * features + j] = sums[at] as number;
      square[j * features + i] = sums[at] as number;
    }
  return {
    square,
    cross: sums.subarray(at, at + features),
    outcome: sums[at + features] as number,
    weight: sums[at + features + 1] as number,
  };
}

/** Errors and intervals from draws: percentiles, and for bands the largest |t|. `drawsOf`: per combination its values in all draws; undefined where it is not estimable. */
export function drawsPredictor(
  centre: Predictor['predict'],
  drawsOf: (combinations: Parameters<Predictor['predict']>[0]) => (Float64Array | undefined)[],
  level: number,
): Predictor {
  const deviation = (values: Float64Array): number => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  };
  return {
    predict(combinations) {
      const drawn = drawsOf(combinations);
      return centre(combinations).map((prediction, i) => {
        const values = drawn[i];
        if (values === undefined || prediction.issue) return prediction;
        const [low, high] = quantiles(values, [(1 - level) / 2, (1 + level) / 2]);
        return { value: prediction.value, standardError: deviation(values), interval: [low as number, high as number] };
      });
    },
    covariance(combinations) {
      const drawn = drawsOf(combinations);
      const size = drawn.length;
      const out = new Float64Array(size * size).fill(Number.NaN);
      const centred = drawn.map((values) => {
        const mean = values ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
        return values?.map((value) => value - mean);
      });
      for (const [i, left] of centred.entries())
        for (const [j, right] of centred.entries())
          if (left && right)
            out[i * size + j] = left.reduce((sum, value, draw) => sum + value * (right[draw] as number), 0) / (left.length - 1);
      return out;
    },
    band(combinations, options: BandOptions = {}): Band {
      const wanted = options.level ?? level;
      const drawn = drawsOf(combinations);
      const values = centre(combinations).map(({ value }) => value);
      const errors = drawn.map((own) => (own ? deviation(own) : Number.NaN));
      const largest = Float64Array.from(drawn.find((own) => own !== undefined) ?? [], (_, draw) =>
        drawn.reduce((most, own, i) => {
          const t = own && (errors[i] as number) > 0 ? Math.abs((own[draw] as number) - (values[i] as number)) / (errors[i] as number) : 0;
          return Math.max(most, t);
        }, 0),
      );
      const critical = quantile(largest, wanted);
      return {
        level: wanted,
        critical,
        intervals: values.map((value, i) => [value - critical * (errors[i] as number), value + critical * (errors[i] as number)]),
      };
    },
  };
}
