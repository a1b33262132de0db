import { Sum } from '../math/sum.ts';
import { type Conjunction, doubles, least, type Weighted, wholeNumbers } from './least.ts';

/** Arithmetic that a certificate is checked in: doubles, or fractions of whole numbers of any size. */
export interface Field<T> {
  readonly zero: T;
  readonly one: T;
  /** Exactly the double: every double is a fraction. */
  of(x: number): T;
  ratio(above: number, below: number): T;
  sum(terms: readonly T[]): T;
  times(a: T, b: T): T;
  over(a: T, b: T): T;
  negative(a: T): T;
  less(a: T, b: T): boolean;
  near(a: T): number;
  /** The least value over the allowed assignments; undefined: too large; `impossible`: none is allowed. */
  least(levels: readonly number[], terms: readonly Weighted<T>[], forbidden: readonly Conjunction[]): T | 'impossible' | undefined;
}

export const doubleField: Field<number> = {
  zero: 0,
  one: 1,
  of: (x) => x,
  ratio: (above, below) => above / below,
  sum(terms) {
    const sum = new Sum();
    for (const term of terms) sum.add(term);
    return sum.value;
  },
  times: (a, b) => a * b,
  over: (a, b) => a / b,
  negative: (a) => -a,
  less: (a, b) => a < b,
  near: (a) => a,
  least(levels, terms, forbidden) {
    const found = least(levels, terms, forbidden, doubles);
    return found === 'too large' ? undefined : found === 'impossible' ? found : found.value;
  },
};

/** above / below in lowest terms, below > 0. */
export interface Fraction {
  readonly above: bigint;
  readonly below: bigint;
}

export function fraction(above: bigint, below: bigint): Fraction {
  if (below === 0n) throw new Error('A fraction over zero.');
  const a = divisor(above < 0n ? -above : above, below < 0n ? -below : below);
  const sign = below < 0n ? -1n : 1n;
  return { above: (sign * above) / a, below: (sign * below) / a };
}

/** Greatest common divisor of two numbers that are not negative and not both 0. */
function divisor(first: bigint, second: bigint): bigint {
  let [a, b] = [first, second];
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** The fraction that a finite double is. */
export function fractionOf(x: number): Fraction {
  if (Number.isSafeInteger(x)) return { above: BigInt(x), below: 1n };
  if (!Number.isFinite(x)) throw new Error(`${x} is no fraction.`);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const digits = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 0x10000000000000n);
  const shift = (exponent === 0 ? 1 : exponent) - 1075;
  const signed = bits >> 63n === 1n ? -digits : digits;
  return shift >= 0 ? fraction(signed << BigInt(shift), 1n) : fraction(signed, 1n << BigInt(-shift));
}

const add = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.below + b.above * a.below, a.below * b.below);

/** The nearest double (below the smallest normal double: one of the two nearest). */
export function nearestDouble({ above, below }: Fraction): number {
  if (above === 0n) return 0;
  const size = above < 0n ? -above : above;
  // 66 digits of the quotient and whether anything is left decide how it is rounded.
  const shift = 66 - size.toString(2).length + below.toString(2).length;
  const [top, bottom] = shift >= 0 ? [size << BigInt(shift), below] : [size, below << BigInt(-shift)];
  const quotient = top / bottom;
  const rounded = Number(quotient * bottom === top ? quotient : quotient | 1n);
  // In two steps: a power of two may itself be too small or too large for a double.
  const half = Math.trunc(shift / 2);
  return (above < 0n ? -rounded : rounded) * 2 ** -half * 2 ** -(shift - half);
}

/** `769/2000`; whole numbers without a slash. */
export const spellFraction = ({ above, below }: Fraction): string => (below === 1n ? `${above}` : `${above}/${below}`);

export const fractionField: Field<Fraction> = {
  zero: { above: 0n, below: 1n },
  one: { above: 1n, below: 1n },
  of: fractionOf,
  ratio: (above, below) => {
    const [a, b] = [fractionOf(above), fractionOf(below)];
    return fraction(a.above * b.below, a.below * b.above);
  },
  sum: (terms) => terms.reduce(add, { above: 0n, below: 1n }),
  times: (a, b) => fraction(a.above * b.above, a.below * b.below),
  over: (a, b) => fraction(a.above * b.below, a.below * b.above),
  negative: (a) => ({ above: -a.above, below: a.below }),
  less: (a, b) => a.above * b.below < b.above * a.below,
  near: nearestDouble,
  least(levels, terms, forbidden) {
    let common = 1n;
    for (const { coefficient } of terms) common = (common / divisor(common, coefficient.below)) * coefficient.below;
    const whole = terms.map(({ coefficient, literals }) => ({ coefficient: coefficient.above * (common / coefficient.below), literals }));
    const found = least(levels, whole, forbidden, wholeNumbers(whole));
    return found === 'too large' ? undefined : found === 'impossible' ? found : fraction(found.value, common);
  },
};
