import { exp, log } from '../math/elementary.ts';

/**
 * The probability that the true interval [a*, b*] lies in [a - eps L, b + eps L] (cut at the walls), where L = b - a and a, b are the
 * least and greatest of n values (Zaffalon et al. 2022, derived anew). It assumes that the values are independent and uniform on
 * [a*, b*] and that (a*, b*) is uniform between the walls: EM from random starts is neither, its values crowd in the middle, and the
 * true cover can be near 0 where this says 0.999. undefined where it says nothing: n < 3, or L = 0.
 *
 * With m = n - 2 the integral of (b* - a*)^-n over x0 <= a* <= a, b <= b* <= y1, times L^m m (m + 1), is
 * 1 - (L / (y1 - a))^m - (L / (b - x0))^m + (L / (y1 - x0))^m: over the window in the numerator, over the walls in the denominator.
 */
export function credible(
  n: number,
  interval: readonly [number, number],
  options: { readonly widening?: number; readonly walls?: readonly [number, number] } = {},
): number | undefined {
  const { widening = 0.1, walls = [0, 1] } = options;
  const [a, b] = interval;
  const length = b - a;
  if (!(n >= 3 && length > 0)) return undefined;
  const power = (wide: number, m: number): number => (wide <= length ? 1 : exp(m * log(length / wide)));
  const low = Math.min(walls[0], a);
  const high = Math.max(walls[1], b);
  // An end on its wall has no room to move: only the other end is unknown.
  const fixed = [a - low <= 1e-9 * length, high - b <= 1e-9 * length] as const;
  const integral = (x0: number, y1: number): number => {
    if (fixed[0]) return 1 - power(y1 - a, n - 1);
    if (fixed[1]) return 1 - power(b - x0, n - 1);
    return 1 - power(y1 - a, n - 2) - power(b - x0, n - 2) + power(y1 - x0, n - 2);
  };
  if (fixed[0] && fixed[1]) return 1;
  const share = integral(Math.max(low, a - widening * length), Math.min(high, b + widening * length)) / integral(low, high);
  return Math.min(1, Math.max(0, share));
}
