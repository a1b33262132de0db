import { divisor, type Fraction, fraction, fractionOf, nearestDouble, negative, over, plus, times } from '../math/fraction.ts';
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

export const fractionField: Field<Fraction> = {
  zero: { above: 0n, below: 1n },
  one: { above: 1n, below: 1n },
  of: fractionOf,
  ratio: (above, below) => {
    const [a, b] = [fractionOf(above), fractionOf(below)];
    return over(a, b);
  },
  sum: (terms) => terms.reduce(plus, { above: 0n, below: 1n }),
  times,
  over,
  negative,
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
