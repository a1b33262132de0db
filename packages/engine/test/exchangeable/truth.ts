import type { CellQuery, ExchangeableModel, Mechanism, ValuedCell } from '../../src/exchangeable/terms.ts';
import { type Fraction, fractionOf, over, plus, times, wholeFraction } from '../../src/math/fraction.ts';

/**
 * Brute force, sharing nothing with the evaluator: every filling of every cell of positions 1 .. N, each mechanism's factor by the urn, one
 * position after another (the probability of the next draw given the draws so far), in rationals or in doubles at a fixed parameter.
 */
export interface Arithmetic<T> {
  readonly zero: T;
  add(a: T, b: T): T;
  /** The joint factor of one mechanism over all its draws: (parent configuration, value) in order of position. */
  factor(mechanism: Mechanism, draws: readonly (readonly [row: number, value: number, product: number])[]): T;
  multiply(a: T, b: T): T;
}

export interface Sums<T> {
  readonly above: T;
  readonly below: T;
}

export function bruteForce<T>(model: ExchangeableModel, query: CellQuery, arithmetic: Arithmetic<T>): Sums<T> {
  const { mechanisms, levels } = model;
  const cells = [...query.target, ...query.given, ...query.set];
  const positions = Math.max(...cells.map(({ position }) => position));
  const sizes = new Map(mechanisms.map(({ variable }) => [variable, (levels.get(variable) as readonly string[]).length]));
  const key = ({ variable, position }: { variable: string; position: number }): string => `${variable}@${position}`;
  const done = new Map(query.set.map((cell) => [key(cell), cell.value]));
  const all = Array.from({ length: positions }, (_, n) => mechanisms.map(({ variable }) => ({ variable, position: n + 1 }))).flat();
  const world = new Map<string, number>();
  let above = arithmetic.zero;
  let below = arithmetic.zero;
  const agrees = (wanted: readonly ValuedCell[]): boolean => wanted.every((cell) => world.get(key(cell)) === cell.value);
  const density = (): T | undefined => {
    let result: T | undefined;
    for (const mechanism of mechanisms) {
      const draws: (readonly [number, number, number])[] = [];
      for (let position = 1; position <= positions; position++) {
        const at = { variable: mechanism.variable, position };
        if (done.has(key(at))) continue;
        let row = 0;
        let product = mechanism.parents.length === 0 ? 0 : 1;
        for (const variable of mechanism.parents) {
          const value = world.get(key({ variable, position })) as number;
          row = row * (sizes.get(variable) as number) + value;
          product *= value;
        }
        draws.push([row, world.get(key(at)) as number, product]);
      }
      const factor = arithmetic.factor(mechanism, draws);
      result = result === undefined ? factor : arithmetic.multiply(result, factor);
    }
    return result;
  };
  const walk = (at: number): void => {
    const cell = all[at];
    if (cell === undefined) {
      if (!agrees(query.given)) return;
      const weight = density() as T;
      below = arithmetic.add(below, weight);
      if (agrees(query.target)) above = arithmetic.add(above, weight);
      return;
    }
    const forced =
      done.get(key(cell)) ?? query.given.find((one) => one.variable === cell.variable && one.position === cell.position)?.value;
    for (let value = 0; value < (sizes.get(cell.variable) as number); value++) {
      if (forced !== undefined && value !== forced) continue;
      world.set(key(cell), value);
      walk(at + 1);
    }
  };
  walk(0);
  return { above, below };
}

const one = wholeFraction(1);

/** One draw after another: P(next = v) = (weight_v + times seen) / (all weights + all seen). */
function urn(weights: readonly number[], draws: readonly number[]): Fraction {
  const balls = weights.map(fractionOf);
  let result = one;
  for (const v of draws) {
    const all = balls.reduce(plus, wholeFraction(0));
    result = times(result, over(balls[v] as Fraction, all));
    balls[v] = plus(balls[v] as Fraction, one);
  }
  return result;
}

export const rational: Arithmetic<Fraction> = {
  zero: wholeFraction(0),
  add: plus,
  multiply: times,
  factor: (mechanism, draws) => {
    if (mechanism.kind === 'xor') {
      const [a, b] = mechanism.beta;
      return urn(
        [b, a],
        draws.map(([, value, product]) => (value === product ? 0 : 1)),
      );
    }
    if (mechanism.kind === 'dirichlet')
      return mechanism.rows.reduce(
        (result, weights, r) =>
          times(
            result,
            urn(
              weights,
              draws.filter(([row]) => row === r).map(([, value]) => value),
            ),
          ),
        one,
      );
    if (mechanism.kind === 'dirichlets')
      return mechanism.weights.reduce((sum, weight, k) => {
        const own = { ...mechanism, kind: 'dirichlet' as const, rows: mechanism.rows[k] as readonly number[][] };
        return plus(sum, times(fractionOf(weight), rational.factor(own, draws)));
      }, wholeFraction(0));
    return mechanism.weights.reduce((sum, weight, k) => {
      let product = fractionOf(weight);
      for (const [row, value] of draws) product = times(product, fractionOf(mechanism.rows[k]?.[row]?.[value] as number));
      return plus(sum, product);
    }, wholeFraction(0));
  },
};

/** Nodes and weights on (from, to), 48 points: Newton's method on the Legendre polynomial. */
export function gaussLegendre(from: number, to: number, points = 48): readonly (readonly [node: number, weight: number])[] {
  return Array.from({ length: points }, (_, k) => {
    let x = Math.cos((Math.PI * (k + 0.75)) / (points + 0.5));
    let slope = 0;
    for (let turn = 0; turn < 20; turn++) {
      let [before, value] = [1, x];
      for (let n = 2; n <= points; n++) [before, value] = [value, ((2 * n - 1) * x * value - (n - 1) * before) / n];
      slope = (points * (x * value - before)) / (x * x - 1);
      x -= value / slope;
    }
    return [from + ((to - from) * (x + 1)) / 2, (to - from) / ((1 - x * x) * slope * slope)];
  });
}

const nodes = gaussLegendre(0, Math.PI / 2);

/** E[t^s (1 - t)^f] for t ~ Beta(a, b), by quadrature in t = sin^2: smooth for multiples of 1/2. */
function betaMoment(a: number, b: number, s: number, f: number): number {
  const integral = (p: number, q: number): number =>
    nodes.reduce((sum, [angle, weight]) => sum + weight * Math.sin(angle) ** (2 * p - 1) * Math.cos(angle) ** (2 * q - 1), 0);
  return integral(a + s, b + f) / integral(a, b);
}

/** The mechanisms' factors by numerical integration over their parameters. */
export const integrals: Arithmetic<number> = {
  zero: 0,
  add: (a, b) => a + b,
  multiply: (a, b) => a * b,
  factor: (mechanism, draws) => {
    const count = (wanted: (draw: readonly [number, number, number]) => boolean): number => draws.filter(wanted).length;
    if (mechanism.kind === 'xor') {
      const ones = count(([, value, product]) => value !== product);
      return betaMoment(mechanism.beta[0], mechanism.beta[1], ones, draws.length - ones);
    }
    if (mechanism.kind === 'mixture')
      return mechanism.weights.reduce(
        (sum, weight, k) => sum + draws.reduce((p, [row, value]) => p * (mechanism.rows[k]?.[row]?.[value] as number), weight),
        0,
      );
    if (mechanism.kind === 'dirichlets')
      return mechanism.weights.reduce((sum, weight, k) => {
        const own = { ...mechanism, kind: 'dirichlet' as const, rows: mechanism.rows[k] as readonly number[][] };
        return sum + weight * integrals.factor(own, draws);
      }, 0);
    // Stick breaking: level v takes a share Beta(weight of v, weights after v) of what is left.
    return mechanism.rows.reduce((result, weights, r) => {
      let product = result;
      for (let v = 0; v < weights.length - 1; v++) {
        const rest = weights.slice(v + 1).reduce((a, b) => a + b, 0);
        const own = count(([row, value]) => row === r && value === v);
        const after = count(([row, value]) => row === r && value > v);
        product *= betaMoment(weights[v] as number, rest, own, after);
      }
      return product;
    }, 1);
  },
};
