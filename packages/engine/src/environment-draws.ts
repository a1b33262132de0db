import { exactProbability } from './exchangeable/exact.ts';
import type { FittedProcess } from './exchangeable/fitted.ts';
import { posteriorModel } from './exchangeable/posterior.ts';
import { type EffectDraws, type EffectSampler, effectSampler, spreadOfDraws } from './exchangeable/spread-of-effects.ts';
import type { ExchangeableModel } from './exchangeable/terms.ts';
import type { PointQuestion } from './exchangeable-question.ts';
import type { Value } from './graph/variable.ts';
import { quantiles } from './math/quantile.ts';
import type { Random } from './math/random.ts';
import { normalCdf, studentQuantile } from './math/special.ts';

/** Values that an environment itself may have, a new one or those that a question names. */
export interface OwnValues {
  /** Whether the question names an environment. */
  readonly named: boolean;
  /** Numbers of the environments that the question names: a bootstrap draw without them would know nothing of them. */
  readonly environments: readonly number[];
  /** Draws under one fit of the mechanisms; their weights sum to 1, or are all 0. */
  readonly draw: (model: ExchangeableModel, random: Random, draws: number) => EffectDraws;
}

type Parts = PointQuestion['parts'];

/** Undefined: what is known of further rows differs between parts about the same environment. */
export function ownValuesOf({ parts }: PointQuestion, process: FittedProcess): OwnValues | undefined {
  const groups = new Map<Value | undefined, Parts>();
  for (const part of parts) groups.set(part.label, [...(groups.get(part.label) ?? []), part]);
  const named = [...groups.keys()].some((label) => label !== undefined);
  const samplers: { readonly label: Value | undefined; readonly own: Parts; readonly sampler: EffectSampler }[] = [];
  for (const [label, own] of groups) {
    const sampler = effectSampler(process.model, own);
    if (!sampler.ok || sampler.value === undefined) return undefined;
    samplers.push({ label, own, sampler: sampler.value });
  }
  const draw: OwnValues['draw'] = (model, random, draws) => {
    const values = new Float64Array(draws);
    const weights = new Float64Array(draws).fill(1);
    for (const { label, own, sampler } of samplers) {
      // Beside a named environment, a new one is taken at its mean.
      if (named && label === undefined) {
        const mean = meanOf(model, own);
        for (let k = 0; k < draws; k++) values[k] = (values[k] as number) + mean;
        continue;
      }
      const of = label === undefined ? model : posteriorModel(model, process.tablesOf(process.environmentNumber(label)));
      const found = sampler(of, random.split(label ?? 'new'), draws);
      for (let k = 0; k < draws; k++) {
        values[k] = (values[k] as number) + (found.values[k] as number);
        weights[k] = (weights[k] as number) * (found.weights[k] as number);
      }
    }
    const sum = weights.reduce((whole, one) => whole + one, 0);
    for (let k = 0; k < draws; k++) weights[k] = sum > 0 && Number.isFinite(values[k]) ? (weights[k] as number) / sum : 0;
    return { values, weights };
  };
  const environments = [...groups.keys()].flatMap((label) => (label === undefined ? [] : [process.environmentNumber(label)]));
  return { named, environments, draw };
}

function meanOf(model: ExchangeableModel, parts: Parts): number {
  let sum = 0;
  for (const { weight, query } of parts) {
    const found = exactProbability(model, query);
    sum += weight * (found.ok ? (found.value.value ?? Number.NaN) : Number.NaN);
  }
  return sum;
}

/** All draws as one. */
export function joined(parts: readonly EffectDraws[]): EffectDraws {
  const size = parts.reduce((sum, { values }) => sum + values.length, 0);
  const [values, weights] = [new Float64Array(size), new Float64Array(size)];
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    weights.set(part.weights, at);
    at += part.values.length;
  }
  return { values, weights };
}

export interface Bounds {
  readonly interval: readonly [number, number];
  readonly standardError: number;
}

/**
 * Percentiles of bootstrap draws, further out than the level says because a sample of E environments varies less about itself than about
 * the truth: tail Phi(-sqrt(E / (E - 1)) t), with t of E - 1 degrees of freedom (Hesterberg 2015, "expanded" percentiles). `alike`: draws
 * of what is known if all records were of one population; the interval is never inside theirs.
 */
export function intervalOfMean(draws: readonly number[], count: number, level: number, alike?: EffectDraws): Bounds {
  const tail = normalCdf(Math.sqrt(count / (count - 1)) * studentQuantile((1 - level) / 2, count - 1));
  const [low, high] = quantiles(draws, [tail, 1 - tail]) as [number, number];
  const mean = draws.reduce((sum, one) => sum + one, 0) / draws.length;
  const variance = draws.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (draws.length - 1);
  const error = Math.sqrt((variance * count) / (count - 1));
  const least = alike && spreadOfDraws(alike, level);
  if (least === undefined) return { interval: [low, high], standardError: error };
  return {
    interval: [Math.min(low, least.interval[0]), Math.max(high, least.interval[1])],
    standardError: Math.max(error, least.deviation),
  };
}

/** Draws of what is known of a mean if nothing varied; undefined where the question joins positions or names an environment. */
export function drawsAlike({ parts }: PointQuestion, { alike }: FittedProcess, random: Random): EffectDraws | undefined {
  const oneRow = parts.every(
    ({ label, query: { target, given, set } }) =>
      label === undefined && new Set([...target, ...given, ...set].map(({ position }) => position)).size === 1,
  );
  const sampler = oneRow ? effectSampler(alike, parts) : undefined;
  return sampler?.ok === true ? sampler.value?.(alike, random, 2000) : undefined;
}
