/** Published closed forms; every argument is a probability. */
export type Interval = readonly [number, number];

/** `p11` = P(x, y), `p10` = P(x, y'), `p01` = P(x', y), `p00` = P(x', y'). */
export interface Observed {
  readonly p11: number;
  readonly p10: number;
  readonly p01: number;
  readonly p00: number;
}

/** `y1` = P(y | do x), `y0` = P(y | do x'). */
export interface Trial {
  readonly y1: number;
  readonly y0: number;
}

const { max, min } = Math;

/** Tian and Pearl 2000: the probability of necessity and sufficiency, from what there is. */
export function pns(observed: Observed | undefined, trial: Trial | undefined): Interval {
  if (trial === undefined) return observed === undefined ? [0, 1] : [0, observed.p11 + observed.p00];
  const { y1, y0 } = trial;
  if (observed === undefined) return [max(0, y1 - y0), min(y1, 1 - y0)];
  const { p11, p10, p01, p00 } = observed;
  const y = p11 + p01;
  return [max(0, y1 - y0, y - y0, y1 - y), min(y1, 1 - y0, p11 + p00, y1 - y0 + p10 + p01)];
}

/** P(y' had x' been | x, y). */
export function pn({ p11, p01, p00 }: Observed, trial: Trial | undefined): Interval {
  if (trial === undefined) return [0, 1];
  return [max(0, (p11 + p01 - trial.y0) / p11), min(1, (1 - trial.y0 - p00) / p11)];
}

/** P(y had x been | x', y'). */
export function ps({ p11, p01, p00 }: Observed, trial: Trial | undefined): Interval {
  if (trial === undefined) return [0, 1];
  return [max(0, (trial.y1 - p11 - p01) / p00), min(1, (trial.y1 - p11) / p00)];
}

/** Manski 1990: the average effect from observation alone. */
export const manski = ({ p11, p10, p01, p00 }: Observed): Interval => [-(p10 + p01), p11 + p00];

/** The effect among the treated from observation alone: what they would have had untreated is free. */
export const manskiTreated = ({ p11, p10 }: Observed): Interval => [p11 / (p11 + p10) - 1, p11 / (p11 + p10)];

/** Balke and Pearl 1997: the average effect with a binary instrument; `p(y, x, z)` = P(y, x | z). */
export function balkePearl(p: (y: number, x: number, z: number) => number): Interval {
  const lower = [
    p(1, 1, 1) + p(0, 0, 0) - 1,
    p(1, 1, 0) + p(0, 0, 1) - 1,
    p(1, 1, 0) - p(1, 1, 1) - p(1, 0, 1) - p(0, 1, 0) - p(1, 0, 0),
    p(1, 1, 1) - p(1, 1, 0) - p(1, 0, 0) - p(0, 1, 1) - p(1, 0, 1),
    -p(0, 1, 1) - p(1, 0, 1),
    -p(0, 1, 0) - p(1, 0, 0),
    p(0, 0, 1) - p(0, 1, 1) - p(1, 0, 1) - p(0, 1, 0) - p(0, 0, 0),
    p(0, 0, 0) - p(0, 1, 0) - p(1, 0, 0) - p(0, 1, 1) - p(0, 0, 1),
  ];
  const upper = [
    1 - p(0, 1, 1) - p(1, 0, 0),
    1 - p(0, 1, 0) - p(1, 0, 1),
    -p(0, 1, 0) + p(0, 1, 1) + p(0, 0, 1) + p(1, 1, 0) + p(0, 0, 0),
    -p(0, 1, 1) + p(1, 1, 1) + p(0, 0, 1) + p(0, 1, 0) + p(0, 0, 0),
    p(1, 1, 1) + p(0, 0, 1),
    p(1, 1, 0) + p(0, 0, 0),
    -p(1, 0, 1) + p(1, 1, 1) + p(0, 0, 1) + p(1, 1, 0) + p(1, 0, 0),
    -p(1, 0, 0) + p(1, 1, 0) + p(0, 0, 0) + p(1, 1, 1) + p(1, 0, 1),
  ];
  return [max(...lower), min(...upper)];
}

/** Pearl 1995: with an instrument, max over x of the sum over y of the max over z of P(y, x | z) is at most 1. */
export function instrumentalInequality(
  p: (y: number, x: number, z: number) => number,
  levels: { readonly y: number; readonly x: number; readonly z: number },
): number {
  const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  return max(...range(levels.x).map((x) => range(levels.y).reduce((sum, y) => sum + max(...range(levels.z).map((z) => p(y, x, z))), 0)));
}
