import { Random } from '../math/random.ts';
import { normalCdf } from '../math/special.ts';
import type { Environments } from './environments.ts';
import type { Parents } from './plug-in.ts';

/** A rate of a mechanism: P(variable = level | its parents at these levels). All by number. */
export interface Rate {
  readonly variable: number;
  readonly level: number;
  readonly at: readonly (readonly [variable: number, level: number])[];
}

/** Two rates of different mechanisms, and how they vary together. */
export interface RatePair {
  readonly first: Rate;
  readonly second: Rate;
  /** Across the environments that show both. */
  readonly correlation: number;
  readonly environments: number;
  readonly p: number;
  /** After Holm's correction for all pairs. */
  readonly adjusted: number;
}

const mostRates = 400;
const fewEnvironments = 30;
const permutations = 5040;

/**
 * Correlations across environments between the rates of different mechanisms, which are 0 if the mechanisms are independent. Below 30
 * environments p is that of a permutation test (all orders up to 7, else 5040 drawn), else from the environments' own spread. Most
 * correlated first. Rates seen in fewer than four environments are left out, and those beyond the first 400.
 */
export function ratesTogether(environments: Environments, parents: Parents): RatePair[] {
  const rates = parents.flatMap((own, variable) => ratesOf(environments, variable, own)).slice(0, mostRates);
  const pairs: RatePair[] = [];
  for (const [i, first] of rates.entries())
    for (const second of rates.slice(i + 1)) {
      if (first.rate.variable === second.rate.variable) continue;
      const both = first.values.map((x, e) => [x, second.values[e] as number] as const).filter(([x, y]) => !Number.isNaN(x + y));
      const found = both.length < 4 ? undefined : correlate(both);
      if (found === undefined) continue;
      pairs.push({ first: first.rate, second: second.rate, environments: both.length, ...found, adjusted: 1 });
    }
  pairs.sort((one, other) => one.p - other.p);
  let largest = 0;
  const adjusted = pairs.map((pair, place) => {
    largest = Math.min(1, Math.max(largest, pair.p * (pairs.length - place)));
    return { ...pair, adjusted: largest };
  });
  return adjusted.sort((one, other) => Math.abs(other.correlation) - Math.abs(one.correlation));
}

function ratesOf(
  { columns, levels, starts, labels, counts }: Environments,
  variable: number,
  parents: readonly number[],
): { readonly rate: Rate; readonly values: number[] }[] {
  const width = levels[variable]?.length as number;
  const configurations = parents.reduce((product, v) => product * (levels[v]?.length as number), 1);
  if (configurations * (width - 1) > mostRates) return [];
  const column = columns[variable] as Int32Array;
  const values = Array.from({ length: configurations * (width - 1) }, () => labels.map(() => Number.NaN));
  const seen = new Float64Array(configurations * width);
  for (let e = 0; e < labels.length; e++) {
    seen.fill(0);
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      let at = 0;
      for (const v of parents) at = at * (levels[v]?.length as number) + (columns[v]?.[r] as number);
      at = at * width + (column[r] as number);
      seen[at] = (seen[at] as number) + (counts ? (counts[r] as number) : 1);
    }
    for (let c = 0; c < configurations; c++) {
      const own = seen.subarray(c * width, (c + 1) * width);
      const total = own.reduce((sum, one) => sum + one, 0);
      if (total > 0)
        for (let level = 0; level < width - 1; level++) (values[c * (width - 1) + level] as number[])[e] = (own[level] as number) / total;
    }
  }
  return values.map((own, place) => {
    let left = Math.floor(place / (width - 1));
    const at: [number, number][] = [];
    for (const v of [...parents].reverse()) {
      const size = levels[v]?.length as number;
      at.unshift([v, left % size]);
      left = Math.floor(left / size);
    }
    return { rate: { variable, level: place % (width - 1), at }, values: own };
  });
}

/** Undefined: one of the two does not vary. */
function correlate(both: readonly (readonly [number, number])[]): { readonly correlation: number; readonly p: number } | undefined {
  const mean = (k: 0 | 1): number => both.reduce((sum, pair) => sum + pair[k], 0) / both.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const xs = both.map(([x]) => x - meanX);
  const ys = both.map(([, y]) => y - meanY);
  const square = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0);
  const scale = Math.sqrt(square(xs) * square(ys));
  if (!(scale > 1e-12)) return undefined;
  /** Standardised by its own spread, since a rate is the less certain the rarer its condition is. */
  const standardised = (order: readonly number[]): number => {
    let [sum, squares] = [0, 0];
    for (const [i, x] of xs.entries()) {
      const product = x * (ys[order[i] as number] as number);
      sum += product;
      squares += product * product;
    }
    return squares > 0 ? Math.abs(sum) / Math.sqrt(squares) : 0;
  };
  const correlation = xs.reduce((sum, x, i) => sum + x * (ys[i] as number), 0) / scale;
  const here = standardised(ys.map((_, i) => i));
  if (both.length >= fewEnvironments) return { correlation, p: 2 * normalCdf(-here) };
  let [as, all] = [0, 0];
  for (const order of ordersOf(both.length)) {
    all += 1;
    if (standardised(order) >= here - 1e-12) as += 1;
  }
  return { correlation, p: both.length <= 7 ? as / all : (as + 1) / (all + 1) };
}

function* ordersOf(length: number): Generator<readonly number[]> {
  const start = Array.from({ length }, (_, i) => i);
  if (length > 7) {
    const random = new Random(1, 'permutations', length);
    for (let i = 0; i < permutations; i++) yield random.shuffle(start);
    return;
  }
  const place = function* (head: readonly number[], rest: readonly number[]): Generator<readonly number[]> {
    if (rest.length === 0) yield head;
    for (const next of rest)
      yield* place(
        [...head, next],
        rest.filter((other) => other !== next),
      );
  };
  yield* place([], start);
}
