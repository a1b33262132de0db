import type { Design, Entries } from './design.ts';
import type { Sums } from './gather.ts';
import { coordinatesOf, factorNormal, type NormalFactor, solveNormal } from './normal.ts';

/** A quadratic penalty on the coefficients of one regime, features x features, already multiplied by all its factors. */
export type Penalty = Float64Array | undefined;

/** Parameters that some regime ties together, and the factor of their normal matrix. */
export interface Component {
  readonly parameters: Int32Array;
  /** Regimes whose coefficients they make up. */
  readonly regimes: readonly number[];
  readonly factor: NormalFactor;
}

/** Weighted least squares over all regimes: theta minimises the sum over r of w_r (squared error of E_r theta + its penalty). */
export interface Solution {
  readonly theta: Float64Array;
  readonly components: readonly Component[];
}

/** Solves the pooled normal equations, component by component; dependent parameters are 0. */
export function solvePooled(
  design: Design,
  sums: readonly Sums[],
  weights: ArrayLike<number>,
  penalties: readonly Penalty[],
  pattern: readonly Pick<Component, 'parameters' | 'regimes'>[] = componentsOf(design),
): Solution {
  const theta = new Float64Array(design.parameters);
  const place = new Int32Array(design.parameters);
  const components = pattern.map(({ parameters, regimes }): Component => {
    const size = parameters.length;
    parameters.forEach((parameter, i) => {
      place[parameter] = i;
    });
    const normal = new Float64Array(size * size);
    const right = new Float64Array(size);
    for (const r of regimes)
      addRegime(normal, right, size, place, design, design.regimes[r] as Entries, sums[r] as Sums, weights[r] as number, penalties[r]);
    const factor = factorNormal(normal, size);
    const own = solveNormal(factor, right);
    parameters.forEach((parameter, i) => {
      theta[parameter] = own[i] as number;
    });
    return { parameters, regimes, factor };
  });
  return { theta, components };
}

function addRegime(
  normal: Float64Array,
  right: Float64Array,
  size: number,
  place: Int32Array,
  { features }: Design,
  { feature, parameter, value }: Entries,
  { square, cross }: Sums,
  weight: number,
  penalty: Penalty,
): void {
  for (let a = 0; a < feature.length; a++) {
    const f = feature[a] as number;
    const row = (place[parameter[a] as number] as number) * size;
    const own = weight * (value[a] as number);
    right[row / size] = (right[row / size] as number) + own * (cross[f] as number);
    for (let b = 0; b < feature.length; b++) {
      const at = f * features + (feature[b] as number);
      const entry = (square[at] as number) + (penalty ? (penalty[at] as number) : 0);
      const to = row + (place[parameter[b] as number] as number);
      normal[to] = (normal[to] as number) + own * (value[b] as number) * entry;
    }
  }
}

/** Groups of parameters that no regime ties to others. */
export function componentsOf({ parameters, regimes }: Design): Pick<Component, 'parameters' | 'regimes'>[] {
  const parent = Int32Array.from({ length: parameters }, (_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  for (const { parameter } of regimes)
    for (const one of parameter) {
      const [a, b] = [root(one), root(parameter[0] as number)];
      parent[Math.max(a, b)] = Math.min(a, b);
    }
  const members = new Map<number, number[]>();
  for (let i = 0; i < parameters; i++) members.set(root(i), [...(members.get(root(i)) ?? []), i]);
  return [...members].map(([first, list]) => ({
    parameters: Int32Array.from(list),
    regimes: regimes.flatMap(({ parameter }, r) => (parameter.length > 0 && root(parameter[0] as number) === first ? [r] : [])),
  }));
}

/** A^- c, the influence of the scores on the functional c. */
export function influenceOf({ components, theta }: Solution, functional: Float64Array): Float64Array {
  const out = new Float64Array(theta.length);
  for (const { parameters, factor } of components) {
    const own = Float64Array.from(parameters, (parameter) => functional[parameter] as number);
    if (own.every((entry) => entry === 0)) continue;
    const solved = solveNormal(factor, own);
    parameters.forEach((parameter, i) => {
      out[parameter] = solved[i] as number;
    });
  }
  return out;
}

/** The components that leave the functional open: the records say nothing of it. */
export const openComponents = ({ components }: Solution, functional: Float64Array): Component[] =>
  components.filter(({ parameters, factor }) => {
    const own = Float64Array.from(parameters, (parameter) => functional[parameter] as number);
    return !own.every((entry) => entry === 0) && coordinatesOf(factor, own) === undefined;
  });

/** Coefficients of the features in the mean of a regime: E theta. */
export function coefficientsOf({ feature, parameter, value }: Entries, features: number, theta: Float64Array): Float64Array {
  const out = new Float64Array(features);
  for (let a = 0; a < feature.length; a++) {
    const f = feature[a] as number;
    out[f] = (out[f] as number) + (value[a] as number) * (theta[parameter[a] as number] as number);
  }
  return out;
}

/** E' v: a functional of the coefficients as one of the parameters, added to `into` with a factor. */
export function addFunctional({ feature, parameter, value }: Entries, v: ArrayLike<number>, factor: number, into: Float64Array): void {
  for (let a = 0; a < feature.length; a++) {
    const p = parameter[a] as number;
    into[p] = (into[p] as number) + factor * (value[a] as number) * (v[feature[a] as number] as number);
  }
}
