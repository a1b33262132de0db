import type { Random } from '../math/random.ts';
import { type Result, success } from '../run/issue.ts';
import { isOpen } from './components.ts';
import { parametersOf } from './draw.ts';
import { noiseOf } from './patterns.ts';
import type { CellQuery, ExchangeableModel } from './terms.ts';
import { fillIn, type Layout, type Place, role, rowOf, unrollQuery } from './unrolled.ts';

/** How an effect differs between environments. */
export interface EffectSpread {
  readonly mean: number;
  readonly deviation: number;
  /** Holds the own value of an environment with probability `level`: equal tails. */
  readonly interval: readonly [number, number];
  readonly level: number;
}

/** A weighted sum of probabilities P(target | given; do(set)), all about the same environment. */
export type EffectParts = readonly { readonly weight: number; readonly query: CellQuery }[];

/** Values of an effect in environments drawn from a model, and the weight of each: the probability of what is known of its other rows. */
export interface EffectDraws {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/** Draws from models of the same graph, levels and kinds of mechanisms as the one it was made for. */
export type EffectSampler = (model: ExchangeableModel, random: Random, draws: number) => EffectDraws;

/**
 * Draws an environment's own effect from the de Finetti measure: what P(target | given; do(set)) is once the environment's mechanisms are
 * known. What is known at positions without a target (evidence) weighs the draws, so it must be the same in all parts (undefined
 * otherwise). Issues: those of `unrollQuery`.
 */
export function effectSampler(model: ExchangeableModel, parts: EffectParts): Result<EffectSampler | undefined> {
  const readers: { readonly weight: number; readonly at: (tables: Parameters) => { readonly value: number; readonly evidence: number } }[] =
    [];
  const evidence = new Set<string>();
  for (const { weight, query } of parts) {
    const unrolled = unrollQuery(model, query);
    if (!unrolled.ok) return unrolled;
    const { layout, places, contradicts } = unrolled.value;
    const asked = places.filter(({ roles }) => roles.includes(role.target));
    const others = places.filter((place) => !asked.includes(place));
    evidence.add(JSON.stringify(others.map(({ position, roles, values }) => [position, [...roles], [...values]])));
    readers.push({
      weight,
      at: (tables) => ({
        value:
          contradicts !== undefined
            ? 0
            : asked.reduce((product, place) => product * (chance(layout, place, tables, true) / chance(layout, place, tables, false)), 1),
        evidence: others.reduce((product, place) => product * chance(layout, place, tables, false), 1),
      }),
    });
  }
  if (evidence.size !== 1) return success(undefined);
  return success(({ mechanisms }, random, draws) => {
    const streams = mechanisms.map(({ variable }) => random.split(variable));
    const values = new Float64Array(draws);
    const weights = new Float64Array(draws);
    for (let draw = 0; draw < draws; draw++) {
      const tables = mechanisms.map((mechanism, i) => parametersOf(mechanism, streams[i] as Random));
      let sum = 0;
      for (const [k, { weight, at }] of readers.entries()) {
        const found = at(tables);
        sum += weight * found.value;
        if (k === 0) weights[draw] = found.evidence;
      }
      if (Number.isNaN(sum)) weights[draw] = 0;
      else values[draw] = sum;
    }
    return { values, weights };
  });
}

/** The distribution of an environment's own effect, see {@link effectSampler}. */
export function spreadOfEffect(
  model: ExchangeableModel,
  parts: EffectParts,
  random: Random,
  { level = 0.95, draws = 2000 }: { readonly level?: number; readonly draws?: number } = {},
): Result<EffectSpread | undefined> {
  const sampler = effectSampler(model, parts);
  if (!sampler.ok) return sampler;
  return success(sampler.value && spreadOfDraws(sampler.value(model, random, draws), level));
}

/** Undefined: all weights are 0. */
export function spreadOfDraws({ values, weights }: EffectDraws, level: number): EffectSpread | undefined {
  const total = weights.reduce((sum, one) => sum + one, 0);
  if (!(total > 0)) return undefined;
  let mean = 0;
  for (let draw = 0; draw < values.length; draw++) mean += ((values[draw] as number) * (weights[draw] as number)) / total;
  let variance = 0;
  for (let draw = 0; draw < values.length; draw++) variance += (((values[draw] as number) - mean) ** 2 * (weights[draw] as number)) / total;
  const tail = (1 - level) / 2;
  const [low, high] = weightedQuantiles(values, weights, total, [tail, 1 - tail]) as [number, number];
  return { mean, deviation: Math.sqrt(variance), interval: [low, high], level };
}

type Parameters = readonly (readonly ArrayLike<number>[])[];

/** P(what is known at a position, with or without its targets | parameters). */
function chance(layout: Layout, place: Place, tables: Parameters, withTargets: boolean): number {
  const open = layout.names.flatMap((_, i) => (isOpen(place, i) && !(withTargets && place.roles[i] === role.target) ? [i] : []));
  const values = place.values.slice();
  let sum = 0;
  fillIn(layout.sizes, open, values, () => {
    let product = 1;
    for (let i = 0; i < layout.names.length && product > 0; i++) {
      if (place.roles[i] === role.absent || place.roles[i] === role.set) continue;
      const own = tables[i] as readonly ArrayLike<number>[];
      product *=
        layout.mechanisms[i]?.kind === 'xor'
          ? ((own[0] as ArrayLike<number>)[noiseOf(layout, i, values)] as number)
          : ((own[rowOf(layout, i, values)] as ArrayLike<number>)[values[i] as number] as number);
    }
    sum += product;
  });
  return sum;
}

/** For each p in ascending order the least value with at least the share p of the weight at or below it. */
function weightedQuantiles(values: Float64Array, weights: Float64Array, total: number, ps: readonly number[]): number[] {
  const order = [...values.keys()]
    .filter((at) => (weights[at] as number) > 0)
    .sort((a, b) => (values[a] as number) - (values[b] as number));
  const found: number[] = [];
  let sum = 0;
  for (const at of order) {
    sum += (weights[at] as number) / total;
    while (found.length < ps.length && sum >= (ps[found.length] as number)) found.push(values[at] as number);
  }
  while (found.length < ps.length) found.push(values[order.at(-1) as number] as number);
  return found;
}
