import { log } from '../math/elementary.ts';
import { logGamma } from '../math/special.ts';
import { Sum } from '../math/sum.ts';

/** Above this the log-gamma function has the digits that a difference needs, see {@link logRising}. */
const many = 4096;

/**
 * log of the rising factorial (a)_n = a (a + 1) ... (a + n - 1) = Gamma(a + n) / Gamma(a) for n = 0 .. most. The sum of logarithms keeps its
 * digits however large a is, where a difference of two log-gammas loses them; beyond many terms the difference takes over. a = 0: 1, 0, 0, ...
 */
export function logRising(a: number, most: number): Float64Array {
  const table = new Float64Array(most + 1);
  if (a === 0) return table.fill(Number.NEGATIVE_INFINITY, 1);
  const sum = new Sum();
  const exactly = a > many ? most : Math.min(most, many);
  for (let n = 1; n <= exactly; n++) {
    sum.add(log(a + n - 1));
    table[n] = sum.value;
  }
  const base = logGamma(a);
  for (let n = exactly + 1; n <= most; n++) table[n] = logGamma(a + n) - base;
  return table;
}
