import { createDraws } from './draws.ts';

/** The oracle runs the same enumeration over doubles (values, residuals) and over a finite field (ranks without a tolerance). */
export interface Arithmetic {
  readonly kind: 'real' | 'field';
  multiply(a: number, b: number): number;
  add(a: number, b: number): number;
  subtract(a: number, b: number): number;
  /** A point inside the simplex of `size` entries: they sum to 1. */
  simplex(size: number): number[];
}

/** Weights at least `floor` away from the boundary. */
export function realArithmetic(seed: number, floor = 0.08): Arithmetic {
  const draw = createDraws(seed);
  return {
    kind: 'real',
    multiply: (a, b) => a * b,
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    simplex: (size) => {
      const weights = Array.from({ length: size }, () => -Math.log(1 - draw()) + floor);
      const total = weights.reduce((a, b) => a + b, 0);
      return weights.map((w) => w / total);
    },
  };
}

/** The largest prime below 2^25: a product of two residues, plus a residue, is exact in a double. */
export const prime = 33554393;
const reciprocal = 1 / prime;

/** `x` modulo the prime for an integer 0 <= x < 2^52. */
export function reduce(x: number): number {
  const rest = x - Math.floor(x * reciprocal) * prime;
  return rest >= prime ? rest - prime : rest < 0 ? rest + prime : rest;
}

export function inverse(a: number): number {
  let [result, base, exponent] = [1, a, prime - 2];
  for (; exponent > 0; exponent = Math.floor(exponent / 2)) {
    if (exponent % 2 === 1) result = reduce(result * base);
    base = reduce(base * base);
  }
  return result;
}

export function fieldArithmetic(seed: number): Arithmetic {
  const draw = createDraws(seed);
  return {
    kind: 'field',
    multiply: (a, b) => reduce(a * b),
    add: (a, b) => (a + b >= prime ? a + b - prime : a + b),
    subtract: (a, b) => (a >= b ? a - b : a - b + prime),
    simplex: (size) => {
      const entries = Array.from({ length: size - 1 }, () => 2 + Math.floor(draw() * (prime - 3)));
      const sum = entries.reduce((a, b) => (a + b) % prime, 0);
      return [...entries, (prime + 1 - sum) % prime];
    },
  };
}
