/**
 * log, log1p and exp from additions, multiplications and divisions alone, so that every engine (V8, SpiderMonkey,
 * JavaScriptCore) gives the same digits; `Math.log` and `Math.exp` may differ in the last place. Relative error below 4e-16.
 */

const halvings = [512, 256, 128, 64, 32, 16, 8, 4, 2, 1].map((k) => ({
  k,
  up: powerOfTwo(k),
  down: powerOfTwo(-k),
  below: powerOfTwo(1 - k),
}));
const two64 = powerOfTwo(64);
const two1000 = powerOfTwo(1000);
const leastNormal = powerOfTwo(-1022);
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** 2 atanh(s) for |s| at most 0.1716, by its Taylor series. */
function twiceAtanh(s: number): number {
  const z = s * s;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (sum + 1 / n) * z;
  return 2 * s + 2 * s * sum;
}

/** Natural logarithm. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let mantissa = x;
  let exponent = 0;
  if (mantissa < leastNormal) {
    mantissa *= two64;
    exponent -= 64;
  }
  for (const { k, up, down, below } of halvings) {
    if (mantissa >= up) {
      mantissa *= down;
      exponent += k;
    } else if (mantissa < below) {
      mantissa *= up;
      exponent -= k;
    }
  }
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  } else if (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent -= 1;
  }
  const series = twiceAtanh((mantissa - 1) / (mantissa + 1));
  return exponent * ln2High + (series + exponent * ln2Low);
}

/** log(1 + x), accurate near 0. */
export const log1p = (x: number): number => (x > -0.29 && x < 0.41 ? twiceAtanh(x / (2 + x)) : log(1 + x));

/** e^x. */
export function exp(x: number): number {
  if (!(x > -746)) return Number.isNaN(x) ? x : 0;
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  const power = Math.round(x * Math.LOG2E);
  const rest = x - power * ln2High - power * ln2Low;
  let sum = 1;
  for (let n = 15; n >= 1; n--) sum = 1 + (rest * sum) / n;
  if (power > 1000) return sum * powerOfTwo(power - 1000) * two1000;
  return power < -1000 ? (sum * powerOfTwo(power + 1000)) / two1000 : sum * powerOfTwo(power);
}

/** 2^k, exactly, for whole k from -1100 to 1023. */
function powerOfTwo(k: number): number {
  let result = 1;
  let left = Math.abs(k);
  for (let base = k < 0 ? 0.5 : 2; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= base;
    base *= base;
  }
  return result;
}
