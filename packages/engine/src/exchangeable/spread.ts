import { exp, log } from '../math/elementary.ts';
import type { KeyCode } from './counts.ts';
import { logRising } from './rising.ts';

/** Vectors of counts with positive weights, all of them times e^scale. */
export interface Spread<K> {
  readonly weights: Map<K, number>;
  readonly scale: number;
}

export type Move<K> = readonly [step: K, weight: number];

/** How many ways there are to spread `times` positions over `moves` moves. */
export function compositions(times: number, moves: number): number {
  const few = Math.min(times, moves - 1);
  let result = 1;
  for (let i = 1; i <= few; i++) result *= (times + moves - 1 - few + i) / i;
  return result;
}

/** Where `times` independent moves lead: the multinomial expansion, one term for each composition. */
export function multinomial<K>(code: KeyCode<K>, moves: readonly Move<K>[], times: number): Spread<K> {
  const factorials = logRising(1, times);
  const ways = factorials[times] as number;
  const logs = moves.map(([, weight]) => log(weight));
  const found: (readonly [K, number])[] = [];
  let top = Number.NEGATIVE_INFINITY;
  const walk = (k: number, left: number, key: K, value: number): void => {
    const [step] = moves[k] as Move<K>;
    const last = k === moves.length - 1;
    for (let n = last ? left : 0; n <= left; n++) {
      const here = value + n * (logs[k] as number) - (factorials[n] as number);
      const to = code.add(key, code.times(step, n));
      if (!last) walk(k + 1, left - n, to, here);
      else {
        found.push([to, here]);
        if (here > top) top = here;
      }
    }
  };
  walk(0, times, code.zero, ways);
  const weights = new Map<K, number>();
  for (const [key, value] of found) weights.set(key, (weights.get(key) ?? 0) + exp(value - top));
  return { weights, scale: top };
}

/** All sums of one vector of each. */
export function convolve<K>(code: KeyCode<K>, a: Spread<K>, moves: Iterable<Move<K>>): Spread<K> {
  const weights = new Map<K, number>();
  let top = 0;
  for (const [step, weight] of moves)
    for (const [key, ways] of a.weights) {
      const to = code.add(key, step);
      const sum = (weights.get(to) ?? 0) + ways * weight;
      weights.set(to, sum);
      if (sum > top) top = sum;
    }
  if (top <= 1e200 && top >= 1e-200) return { weights, scale: a.scale };
  for (const [key, ways] of weights) weights.set(key, ways / top);
  return { weights, scale: a.scale + log(top) };
}
