/** above / below in lowest terms, below > 0. */
export interface Fraction {
  readonly above: bigint;
  readonly below: bigint;
}

export function fraction(above: bigint, below: bigint): Fraction {
  if (below === 1n) return { above, below };
  if (below === 0n) throw new Error('A fraction over zero.');
  const a = divisor(above < 0n ? -above : above, below < 0n ? -below : below);
  const sign = below < 0n ? -1n : 1n;
  return { above: (sign * above) / a, below: (sign * below) / a };
}

/** Greatest common divisor of two numbers that are not negative and not both 0. */
export function divisor(first: bigint, second: bigint): bigint {
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

export const wholeFraction = (x: number): Fraction => ({ above: BigInt(x), below: 1n });
export const plus = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.below + b.above * a.below, a.below * b.below);
export const times = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.above, a.below * b.below);
/** Throws where b is zero. */
export const over = (a: Fraction, b: Fraction): Fraction => fraction(a.above * b.below, a.below * b.above);
export const negative = (a: Fraction): Fraction => ({ above: -a.above, below: a.below });
export const isZero = (a: Fraction): boolean => a.above === 0n;

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
