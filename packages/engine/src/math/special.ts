import { exp, log, log1p } from './elementary.ts';

/**
 * Special functions of statistics, from `elementary.ts` and plain arithmetic, so that their digits do not depend on the engine.
 * Relative error about 1e-13 unless stated. Symbols as in Abramowitz and Stegun, chapters 6, 7 and 26, and DLMF.
 */

const halfLogTwoPi = 0.9189385332046728;
const logPi = 1.1447298858494002;
const rootTwoPi = 2.5066282746310002;

/** log |Gamma(x)| for x that is not 0, -1, -2, ... (there: Infinity). Stirling's series from 15 up, recurrence below (DLMF 5.11.1). */
export function logGamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x <= 0) {
    if (Number.isInteger(x)) return Number.POSITIVE_INFINITY;
    // Reflection (DLMF 5.5.3); sin(pi x) from the distance to the nearest integer.
    const sine = Math.abs(Math.sin(Math.PI * (x - Math.round(x))));
    return logPi - log(sine) - logGamma(1 - x);
  }
  if (x === 1 || x === 2) return 0;
  if (x > 0.5 && x < 2.5) return nearTwo(x);
  let shift = 1;
  let y = x;
  while (y < 15) {
    shift *= y;
    y += 1;
  }
  return (y - 0.5) * log(y) - y + halfLogTwoPi + stirling(y) - log(shift);
}

/** What Stirling's formula lacks of log Gamma(y), y at least 15. */
function stirling(y: number): number {
  const z = 1 / (y * y);
  const series = 1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z / 156)))));
  return series / y;
}

/** zeta(k) - 1 for k from 2 to 33. */
const zetaTails: readonly number[] = Array.from({ length: 32 }, (_, i) => zetaTail(i + 2));

/** sum over n >= 2 of n^-k: the first terms, then Euler and Maclaurin. */
function zetaTail(k: number): number {
  const last = 12;
  const power = (n: number): number => {
    let result = 1;
    for (let i = 0; i < k; i++) result /= n;
    return result;
  };
  let sum = 0;
  for (let n = last - 1; n >= 2; n--) sum += power(n);
  const end = power(last);
  let tail = end * (last / (k - 1) + 0.5);
  // Bernoulli numbers over factorials: 1/12, -1/720, 1/30240, -1/1209600, 1/47900160.
  let rising = k / last;
  for (const [j, coefficient] of [1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160].entries()) {
    tail += end * rising * coefficient;
    rising *= ((k + 2 * j + 1) * (k + 2 * j + 2)) / (last * last);
  }
  return sum + tail;
}

/** log Gamma near its zeros 1 and 2 by the series of DLMF 5.7.3, relative accuracy kept. */
function nearTwo(x: number): number {
  if (x < 1.5) return nearTwo(x + 1) - log1p(x - 1);
  const z = x - 2;
  let sum = 0;
  for (let k = 33; k >= 2; k--) sum = ((k % 2 === 0 ? 1 : -1) * (zetaTails[k - 2] as number)) / k + z * sum;
  return z * (1 - 0.5772156649015329) + z * z * sum;
}

/** log Beta(a, b). */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (large < 15) return logGamma(a) + logGamma(b) - logGamma(a + b);
  // log Gamma(large) - log Gamma(small + large) by Stirling, without subtracting two large numbers.
  const difference = (large - 0.5) * -log1p(small / large) - small * log(small + large) + small + stirling(large) - stirling(small + large);
  return logGamma(small) + difference;
}

/** Regularised lower incomplete gamma P(a, x), a > 0, x >= 0. */
export const gammaLower = (a: number, x: number): number => (x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x));

/** Regularised upper incomplete gamma Q(a, x) = 1 - P(a, x), accurate in the tail. */
export const gammaUpper = (a: number, x: number): number => (x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x));

/** x^a e^-x / Gamma(a). For large a through the deviance, so that nothing large cancels. */
function gammaWeight(a: number, x: number): number {
  if (x === 0) return 0;
  if (a < 15) return exp(a * log(x) - x - logGamma(a));
  return Math.sqrt(a) * (1 / rootTwoPi) * exp(-a * deviance((x - a) / a) - stirling(a));
}

/** u - log(1 + u), accurate near 0. */
function deviance(u: number): number {
  if (Math.abs(u) > 0.3) return u - log1p(u);
  // With s = u / (2 + u): log(1 + u) = 2 (s + s^3/3 + ...), and u - 2 s = u s.
  const s = u / (2 + u);
  const z = s * s;
  let sum = 0;
  for (let n = 31; n >= 3; n -= 2) sum = (sum + 1 / n) * z;
  return s * u - 2 * s * sum;
}

/** P(a, x) by its power series (DLMF 8.7.1). */
function gammaSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < 100000; n++) {
    term *= x / (a + n);
    sum += term;
    if (term < sum * 1e-17) break;
  }
  return gammaWeight(a, x) * sum;
}

/** Q(a, x) by its continued fraction (DLMF 8.9.2), evaluated by Lentz's method. */
function gammaFraction(a: number, x: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let h = d;
  for (let i = 1; i < 100000; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / (an * d + b || 1e-300);
    c = b + an / c || 1e-300;
    const step = c * d;
    h *= step;
    if (Math.abs(step - 1) < 1e-16) break;
  }
  return gammaWeight(a, x) * h;
}

/** P(chi-square with `degrees` degrees of freedom > x). */
export const chiSquareSurvival = (x: number, degrees: number): number => (x <= 0 ? 1 : gammaUpper(degrees / 2, x / 2));

export const erf = (x: number): number => (x < 0 ? -gammaLower(0.5, x * x) : gammaLower(0.5, x * x));
export const erfc = (x: number): number => (x < 0 ? 2 - gammaUpper(0.5, x * x) : gammaUpper(0.5, x * x));

/** P(standard normal <= z). */
export const normalCdf = (z: number): number => (z < 0 ? gammaUpper(0.5, (z * z) / 2) / 2 : (1 + gammaLower(0.5, (z * z) / 2)) / 2);

const normalDensity = (z: number): number => exp((-z * z) / 2) / rootTwoPi;

/** The z with P(standard normal <= z) = p: a rough start (Abramowitz and Stegun 26.2.23), then Halley's steps. */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  // 1 - p is exact from 0.5 up, so the upper half follows by symmetry without loss.
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * log(p));
  let z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
  for (let i = 0; i < 4; i++) {
    const density = normalDensity(z);
    if (density === 0) break;
    const step = (normalCdf(z) - p) / density;
    z -= step / (1 + (z * step) / 2);
    if (Math.abs(step) < 1e-9 * Math.abs(z)) break;
  }
  return z;
}

/** Regularised incomplete beta I_x(a, b): P(Beta(a, b) <= x). Continued fraction DLMF 8.17.22. */
export function betaLower(x: number, a: number, b: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? x : 0;
  if (x >= 1) return 1;
  return betaParts(x, 1 - x, a, b);
}

/** I_x(a, b) with y = 1 - x given apart, so that neither end loses digits. */
function betaParts(x: number, y: number, a: number, b: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - betaTail(y, x, b, a);
  return betaTail(x, y, a, b);
}

function betaTail(x: number, y: number, a: number, b: number): number {
  if (x === 0) return 0;
  const front = exp(a * log(x) + b * (y < 0.5 ? log(y) : log1p(-x)) - logBeta(a, b)) / a;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || 1e-300);
  let h = d;
  for (let m = 1; m < 100000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || 1e-300);
    c = 1 + even / c || 1e-300;
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || 1e-300);
    c = 1 + odd / c || 1e-300;
    h *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return front * h;
}

/** P(Student t with `degrees` degrees of freedom <= t); `degrees` may be Infinity. */
export function studentCdf(t: number, degrees: number): number {
  if (degrees === Number.POSITIVE_INFINITY) return normalCdf(t);
  const square = t * t;
  const tail =
    square === Number.POSITIVE_INFINITY ? 0 : betaParts(degrees / (degrees + square), square / (degrees + square), degrees / 2, 0.5) / 2;
  return t < 0 ? tail : 1 - tail;
}

/** The t with P(Student t <= t) = p: bracketed Newton steps. */
export function studentQuantile(p: number, degrees: number): number {
  if (!(p >= 0 && p <= 1) || !(degrees > 0)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  if (p > 0.5) return -studentQuantile(1 - p, degrees);
  if (degrees === Number.POSITIVE_INFINITY) return normalQuantile(p);
  const logFront = -logBeta(degrees / 2, 0.5) - 0.5 * log(degrees);
  let low = -1;
  let high = 0;
  while (studentCdf(low, degrees) > p) {
    high = low;
    low *= 2;
    if (low === Number.NEGATIVE_INFINITY) return low;
  }
  let t = Math.max(low, Math.min(high, normalQuantile(p)));
  for (let i = 0; i < 200; i++) {
    const gap = studentCdf(t, degrees) - p;
    if (gap > 0) high = t;
    else low = t;
    const density = exp(logFront - ((degrees + 1) / 2) * log1p((t * t) / degrees));
    let next = t - gap / density;
    if (!(next > low && next < high)) next = (low + high) / 2;
    const moved = Math.abs(next - t);
    t = next;
    if (moved <= 4e-16 * Math.abs(t)) break;
  }
  return t;
}

/** The x with P(Beta(a, b) <= x) = p, by bracketed Newton steps; absolute error about 1e-15. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  let low = 0;
  let high = 1;
  let x = a / (a + b);
  for (let i = 0; i < 300; i++) {
    const gap = betaLower(x, a, b) - p;
    if (gap === 0) return x;
    if (gap > 0) high = x;
    else low = x;
    const density = exp((a - 1) * log(x) + (b - 1) * log1p(-x) - logBeta(a, b));
    let next = x - gap / density;
    if (!(next > low && next < high)) next = (low + high) / 2;
    const moved = Math.abs(next - x);
    x = next;
    if (moved <= 2e-16 * x) break;
  }
  return x;
}
