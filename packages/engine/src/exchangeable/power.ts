import { exp, log } from '../math/elementary.ts';
import { chiSquareSurvival, logGamma } from '../math/special.ts';
import type { PairTable } from './plug-in.ts';

/** P(noncentral chi-squared > x): a Poisson mixture of central ones. */
export function noncentralSurvival(x: number, degrees: number, noncentrality: number): number {
  const half = noncentrality / 2;
  if (half === 0) return chiSquareSurvival(x, degrees);
  const reach = 12 * Math.sqrt(half + 1) + 12;
  let total = 0;
  for (let j = Math.max(0, Math.floor(half - reach)); j <= half + reach; j++)
    total += exp(j * log(half) - half - logGamma(j + 1)) * chiSquareSurvival(x, degrees + 2 * j);
  return Math.min(1, total);
}

/** The x that a chi-squared variable exceeds with this probability. */
export const chiSquareCritical = (level: number, degrees: number): number =>
  root((x) => chiSquareSurvival(x, degrees) > level, degrees + 10 * Math.sqrt(2 * degrees) + 100);

/** The noncentrality at which a chi-squared test at `level` rejects with probability `power`. */
export function noncentralityFor(degrees: number, level = 0.05, power = 0.9): number {
  const critical = chiSquareCritical(level, degrees);
  return root((l) => noncentralSurvival(critical, degrees, l) < power, 400 + 10 * degrees);
}

function root(below: (x: number) => boolean, most: number): number {
  let [low, high] = [0, most];
  for (let i = 0; i < 80 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (below(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Environments for a G test of two positions to reject at `level` with probability `power`, where the conditional mutual information is
 * `information` nats: noncentrality 2 E I. Infinity: never.
 */
export const environmentsFor = (information: number, degrees: number, level = 0.05, power = 0.9): number =>
  information > 1e-12 ? noncentralityFor(degrees, level, power) / (2 * information) : Number.POSITIVE_INFINITY;

/**
 * Environments like these for a clustered test to reject: its statistic grows in proportion to their number. Infinity: the statistic is no
 * more than chance gives, so that the records do not tell.
 */
export function moreEnvironments(
  { statistic, degrees }: { readonly statistic: number; readonly degrees: number },
  environments: number,
  level = 0.05,
  power = 0.9,
): number {
  const excess = statistic - degrees;
  return degrees > 0 && excess > 0 ? (environments * noncentralityFor(degrees, level, power)) / excess : Number.POSITIVE_INFINITY;
}

/** A variable (by number) of a record at position 1 or 2. */
export interface Place {
  readonly variable: number;
  readonly position: 1 | 2;
}

/** I(a; b | given) in nats, of frequencies of pairs. */
export function information({ levels, cells, joint }: PairTable, a: Place, b: Place, given: readonly Place[]): number {
  const strides = levels.map((_, v) => levels.slice(v + 1).reduce((product, { length }) => product * length, 1));
  const marginal = (places: readonly Place[]): { readonly of: Int32Array; readonly mass: Float64Array } => {
    const of = new Int32Array(joint.length);
    const mass = new Float64Array(places.reduce((product, { variable }) => product * (levels[variable]?.length as number), 1));
    for (let at = 0; at < joint.length; at++) {
      let code = 0;
      for (const { variable, position } of places) {
        const width = levels[variable]?.length as number;
        code = code * width + (Math.floor((position === 1 ? Math.floor(at / cells) : at % cells) / (strides[variable] as number)) % width);
      }
      of[at] = code;
      mass[code] = (mass[code] as number) + (joint[at] as number);
    }
    return { of, mass };
  };
  const [all, left, right, base] = [marginal([a, b, ...given]), marginal([a, ...given]), marginal([b, ...given]), marginal(given)];
  let total = 0;
  for (let at = 0; at < joint.length; at++) {
    const share = joint[at] as number;
    if (share === 0) continue;
    const of = ({ of, mass }: typeof all): number => mass[of[at] as number] as number;
    total += share * log((of(all) * of(base)) / (of(left) * of(right)));
  }
  return Math.max(0, total);
}
