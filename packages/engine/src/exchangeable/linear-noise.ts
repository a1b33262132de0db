import { exp, log } from '../math/elementary.ts';
import { chiSquareSurvival } from '../math/special.ts';
import { apply, type LinearStatistics, times, weigh } from './linear-criterion.ts';
import { coefficientsOf, type LinearFit } from './linear-fit.ts';

/** How the noise of a mechanism differs between environments. */
export interface NoiseSpread {
  /** Per environment: its noise deviation over that of a typical one, shrunken towards 1. */
  readonly ratios: Float64Array;
  /** That all environments have one noise variance, if noise is normal (heavy tails lower it). */
  readonly p: number;
  /** Deviation of the log variances between environments, less what chance makes of them. */
  readonly deviation: number;
}

/**
 * Noise variances of environments from what their own coefficients leave over: logarithms of residual variances, freed of bias, with a
 * random-effects mean (DerSimonian and Laird 1986) towards which each is shrunken by its own sampling variance. `ratios`: those that the
 * statistics were divided by before, if any. Environments without spare records have the typical noise.
 */
export function noiseSpread(statistics: LinearStatistics, fit: LinearFit, ratios?: Float64Array): NoiseSpread {
  const { size, records, products, cross, squares } = statistics;
  const logs = new Float64Array(records.length).fill(Number.NaN);
  const variances = new Float64Array(records.length);
  for (let e = 0; e < records.length; e++) {
    const own = products[e] as Float64Array;
    const { mean } = coefficientsOf(fit, statistics, e);
    const { left } = weigh(size, fit.factor, own, cross[e] as Float64Array, squares[e] as number);
    const used = times(size, own, left);
    let degrees = records[e] as number;
    for (let i = 0; i < size; i++) degrees -= used[i * size + i] as number;
    const through = apply(size, own, mean);
    let rest = squares[e] as number;
    for (let i = 0; i < size; i++) rest += (mean[i] as number) * ((through[i] as number) - 2 * ((cross[e] as Float64Array)[i] as number));
    if (!(degrees > 0.9) || !(rest > 1e-9 * (squares[e] as number))) continue;
    const half = degrees / 2;
    // log of a chi-square over its degrees: mean and variance (Abramowitz and Stegun 6.3.18, 6.4.12).
    logs[e] = log(rest / degrees) + 1 / (2 * half) + 1 / (12 * half * half) + 2 * log(ratios?.[e] ?? 1);
    variances[e] = 1 / half + 1 / (2 * half * half) + 1 / (6 * half ** 3);
  }
  const known = [...logs.keys()].filter((e) => !Number.isNaN(logs[e]));
  const even = { ratios: new Float64Array(records.length).fill(1), p: 1, deviation: 0 };
  if (known.length < 2) return even;
  const mean = (between: number): { readonly center: number; readonly weights: number[] } => {
    const weights = known.map((e) => 1 / ((variances[e] as number) + between));
    const total = weights.reduce((sum, one) => sum + one, 0);
    return { center: known.reduce((sum, e, i) => sum + (weights[i] as number) * (logs[e] as number), 0) / total, weights };
  };
  const { center, weights } = mean(0);
  const total = weights.reduce((sum, one) => sum + one, 0);
  const heterogeneity = known.reduce((sum, e, i) => sum + (weights[i] as number) * ((logs[e] as number) - center) ** 2, 0);
  const scale = total - weights.reduce((sum, one) => sum + one * one, 0) / total;
  const between = Math.max(0, (heterogeneity - (known.length - 1)) / scale);
  const p = chiSquareSurvival(heterogeneity, known.length - 1);
  const typical = mean(between).center;
  const found = even.ratios.slice();
  for (const e of known) {
    const keep = between / (between + (variances[e] as number));
    found[e] = exp((keep * ((logs[e] as number) - typical)) / 2);
  }
  return { ratios: found, p, deviation: Math.sqrt(between) };
}

/** Records divided by the noise ratio of their environment: noise is then alike in all, and coefficients are what they were. */
export function dividedBy({ size, records, products, cross, squares }: LinearStatistics, ratios: Float64Array): LinearStatistics {
  const by = (e: number): number => 1 / (ratios[e] as number) ** 2;
  return {
    size,
    records,
    products: products.map((one, e) => one.map((value) => value * by(e))),
    cross: cross.map((one, e) => one.map((value) => value * by(e))),
    squares: squares.map((value, e) => value * by(e)),
  };
}
