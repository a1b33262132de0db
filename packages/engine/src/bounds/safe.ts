import { Sum } from '../math/sum.ts';
import { type Conjunction, leastSum } from './least.ts';
import type { Form, Term } from './programme.ts';

/** What a safe bound reads of a row. */
export interface SafeRow {
  readonly form: Form;
  readonly target: number;
}

/**
 * A number that the expectation of `form` is never below, whatever the multipliers y: y b + least over all allowed states of
 * (form - y A). The multiplier of a '<=' row must not be positive, of a '>=' row not negative. Undefined: the least value needs
 * too much work; Infinity: no state is allowed.
 */
export function safeBound(
  levels: ArrayLike<number>,
  forbidden: readonly Conjunction[],
  rows: readonly SafeRow[],
  form: Form,
  multipliers: ArrayLike<number>,
): number | undefined {
  const sum = new Sum();
  const terms: Term[] = [...form];
  for (const [i, row] of rows.entries()) {
    const y = multipliers[i] as number;
    if (y === 0) continue;
    sum.add(y * row.target);
    for (const { coefficient, literals } of row.form) terms.push({ coefficient: -y * coefficient, literals });
  }
  const found = leastSum(levels, terms, forbidden);
  if (found === 'too large') return undefined;
  if (found === 'impossible') return Infinity;
  sum.add(found.value);
  return sum.value;
}
