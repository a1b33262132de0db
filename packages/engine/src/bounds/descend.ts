import type { Random } from '../math/random.ts';
import type { Conjunction, Weighted } from './least.ts';

/** A state and its sum. */
export interface Descended {
  readonly value: number;
  readonly assignment: Int32Array;
}

/**
 * States of small sum by coordinate descent, digit by digit: candidates that cost next to nothing where the least sum is dear.
 * They prove nothing. Only `digits` move; a state that a forbidden conjunction rules out has the value Infinity.
 */
export class Descent {
  readonly #levels: ArrayLike<number>;
  readonly #digits: readonly number[];
  readonly #terms: readonly Weighted<number>[];
  readonly #byDigit: readonly (readonly Weighted<number>[])[];

  constructor(levels: ArrayLike<number>, digits: readonly number[], terms: readonly Weighted<number>[], forbidden: readonly Conjunction[]) {
    this.#levels = levels;
    this.#digits = digits;
    this.#terms = [...terms, ...forbidden.map((literals) => ({ coefficient: Number.POSITIVE_INFINITY, literals }))];
    const place = new Map(digits.map((digit, i) => [digit, i]));
    const byDigit: Weighted<number>[][] = digits.map(() => []);
    for (const term of this.#terms) for (const { digit } of term.literals) byDigit[place.get(digit) ?? -1]?.push(term);
    this.#byDigit = byDigit;
  }

  /** The bottom below a state. */
  from(start: ArrayLike<number>): Descended {
    const assignment = Int32Array.from(start);
    for (let moved = true; moved; ) {
      moved = false;
      for (const [i, digit] of this.#digits.entries()) {
        const sums = new Float64Array(this.#levels[digit] as number);
        for (const { coefficient, literals } of this.#byDigit[i] as readonly Weighted<number>[]) {
          let own = -1;
          let holds = true;
          for (const literal of literals) {
            if (literal.digit === digit) own = literal.value;
            else if (assignment[literal.digit] !== literal.value) holds = false;
          }
          if (holds) sums[own] = (sums[own] as number) + coefficient;
        }
        const at = assignment[digit] as number;
        let best = at;
        for (let value = 0; value < sums.length; value++) if ((sums[value] as number) < (sums[best] as number) - 1e-12) best = value;
        if (best === at) continue;
        assignment[digit] = best;
        moved = true;
      }
    }
    return { value: this.#valueAt(assignment), assignment };
  }

  /** The bottom below a random state that agrees with `start` outside the digits. */
  somewhere(random: Random, start: ArrayLike<number>): Descended {
    const assignment = Int32Array.from(start);
    for (const digit of this.#digits) assignment[digit] = random.integer(this.#levels[digit] as number);
    return this.from(assignment);
  }

  #valueAt(assignment: Int32Array): number {
    let sum = 0;
    for (const { coefficient, literals } of this.#terms)
      if (literals.every(({ digit, value }) => assignment[digit] === value)) sum += coefficient;
    return sum;
  }
}
