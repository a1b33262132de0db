import { exp, log, log1p } from './elementary.ts';
import { philox } from './philox.ts';

const two26 = 67108864;
const two32 = 4294967296;
const two53 = 9007199254740992;

/** Two words of key, two words of counter prefix. */
interface Words {
  readonly k0: number;
  readonly k1: number;
  readonly n0: number;
  readonly n1: number;
}

/**
 * A stream of random numbers, named by a seed and a path of labels. Streams are independent of one another and of the order in
 * which they are used: `new Random(7).split('bootstrap').split(12)` is the same stream on every thread and platform. All draws
 * use only correctly rounded arithmetic, so their digits do not depend on the engine.
 */
export class Random {
  readonly seed: number;
  readonly path: readonly (string | number)[];
  private readonly stream: Words;
  private readonly block = new Uint32Array(4);
  private counter = 0;
  private used = 4;

  /** `seed`: any finite number. `path`: labels as if split off one after another. */
  constructor(seed: number, ...path: readonly (string | number)[]) {
    this.seed = seed;
    this.path = path;
    let stream = absorb({ k0: 0, k1: 0, n0: 0, n1: 0 }, wordsOf(seed));
    for (const label of path) stream = absorb(stream, wordsOf(label));
    this.stream = stream;
  }

  /** A stream of its own below this one; the same label always gives the same stream, whatever was drawn here before. */
  split(label: string | number): Random {
    return new Random(this.seed, ...this.path, label);
  }

  /** An unsigned 32-bit word. */
  word(): number {
    if (this.used === 4) {
      const { k0, k1, n0, n1 } = this.stream;
      philox(this.counter >>> 0, Math.floor(this.counter / two32), n0, n1, k0, k1, this.block);
      this.counter += 1;
      this.used = 0;
    }
    const word = this.block[this.used] as number;
    this.used += 1;
    return word;
  }

  /** Uniform on [0, 1): a multiple of 2^-53. */
  next(): number {
    return ((this.word() >>> 5) * two26 + (this.word() >>> 6)) / two53;
  }

  /** Uniform on (0, 1). */
  open(): number {
    return ((this.word() >>> 6) * two26 + (this.word() >>> 6) + 0.5) / (two53 / 2);
  }

  /** A whole number from 0 to n - 1, each equally likely (rejection, no modulo bias); n from 1 to 2^53. */
  integer(n: number): number {
    if (!(n >= 1 && n <= two53)) throw new Error(`integer(${n})`);
    if (n <= two32) {
      const bound = two32 - (two32 % n);
      for (;;) {
        const word = this.word();
        if (word < bound) return word % n;
      }
    }
    const bound = two53 - (two53 % n);
    for (;;) {
      const value = (this.word() >>> 5) * two26 + (this.word() >>> 6);
      if (value < bound) return value % n;
    }
  }

  /** Standard normal (polar method of Marsaglia). */
  normal(): number {
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const s = u * u + v * v;
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * log(s)) / s);
    }
  }

  /** Standard exponential. */
  exponential(): number {
    return -log(this.open());
  }

  /** Gamma with the given shape and scale 1 (Marsaglia and Tsang 2000). */
  gamma(shape: number): number {
    return exp(this.logGamma(shape));
  }

  /** The logarithm of a gamma variate: finite even where the variate itself underflows (tiny shapes). */
  logGamma(shape: number): number {
    if (!(shape > 0)) throw new Error(`gamma(${shape})`);
    const boost = shape < 1 ? log(this.open()) / shape : 0;
    const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      const u = this.open();
      if (u < 1 - 0.0331 * x * x * x * x || log(u) < 0.5 * x * x + d * (1 - v + log(v))) return log(d * v) + boost;
    }
  }

  beta(a: number, b: number): number {
    const difference = this.logGamma(b) - this.logGamma(a);
    return 1 / (1 + exp(difference));
  }

  /** A probability vector; `weights` are the Dirichlet parameters (a weight of 0 gives exactly 0). */
  dirichlet(weights: ArrayLike<number>): Float64Array {
    const draws = Float64Array.from(weights, (weight) => (weight === 0 ? Number.NEGATIVE_INFINITY : this.logGamma(weight)));
    const top = draws.reduce((most, draw) => Math.max(most, draw), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (let i = 0; i < draws.length; i++) {
      draws[i] = exp((draws[i] as number) - top);
      sum += draws[i] as number;
    }
    return draws.map((draw) => draw / sum);
  }

  /** An index drawn with probability proportional to its weight. */
  categorical(weights: ArrayLike<number>): number {
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i] as number;
    if (!(sum > 0)) throw new Error('categorical: no positive weight');
    let left = this.next() * sum;
    let last = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i] as number;
      if (weight === 0) continue;
      if (left < weight) return i;
      left -= weight;
      last = i;
    }
    return last;
  }

  /**
   * Binomial(n, p), exact: inversion where the smaller of n p and n (1 - p) is below 10, else transformed rejection with the
   * exact acceptance ratio (Hormann 1993, algorithm BTRS). n up to 2^53.
   */
  binomial(n: number, p: number): number {
    if (!(n >= 0 && p >= 0 && p <= 1)) throw new Error(`binomial(${n}, ${p})`);
    if (n === 0 || p === 0) return 0;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    return n * p < 10 ? this.binomialByInversion(n, p) : this.binomialByRejection(n, p);
  }

  private binomialByInversion(n: number, p: number): number {
    const odds = p / (1 - p);
    const none = exp(n * log1p(-p));
    for (;;) {
      let left = this.next();
      let term = none;
      // Beyond 110 successes the tail is below 1e-70; running past it means that rounding ate the last bit of `left`.
      for (let k = 0; k <= Math.min(n, 110); k++) {
        if (left < term) return k;
        left -= term;
        term *= (odds * (n - k)) / (k + 1);
      }
    }
  }

  private binomialByRejection(n: number, p: number): number {
    const deviation = Math.sqrt(n * p * (1 - p));
    const b = 1.15 + 2.53 * deviation;
    const a = -0.0873 + 0.0248 * b + 0.01 * p;
    const centre = n * p + 0.5;
    const accept = 0.92 - 4.2 / b;
    const odds = p / (1 - p);
    const alpha = (2.83 + 5.1 / b) * deviation;
    const mode = Math.floor((n + 1) * p);
    for (;;) {
      const u = this.next() - 0.5;
      const v = this.open();
      const distance = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / distance + b) * u + centre);
      if (distance >= 0.07 && v <= accept) return k;
      if (!(k >= 0 && k <= n)) continue;
      const height = log((v * alpha) / (a / (distance * distance) + b));
      const ratio =
        (mode + 0.5) * log((mode + 1) / (odds * (n - mode + 1))) +
        (n + 1) * log((n - mode + 1) / (n - k + 1)) +
        (k + 0.5) * log((odds * (n - k + 1)) / (k + 1)) +
        stirlingTail(mode) +
        stirlingTail(n - mode) -
        stirlingTail(k) -
        stirlingTail(n - k);
      if (height <= ratio) return k;
    }
  }

  /** Counts of n draws over the weights (need not sum to 1), by binomial splitting: exact, one binomial per positive weight. */
  multinomial(n: number, weights: ArrayLike<number>): Float64Array {
    const counts = new Float64Array(weights.length);
    // Sums from the end: what is left is never lost to cancellation.
    const rest = new Float64Array(weights.length + 1);
    for (let i = weights.length - 1; i >= 0; i--) rest[i] = (rest[i + 1] as number) + (weights[i] as number);
    if (!((rest[0] as number) > 0) && n > 0) throw new Error('multinomial: no positive weight');
    for (let i = 0, left = n; i < weights.length && left > 0; i++) {
      const share = (weights[i] as number) / (rest[i] as number);
      const count = rest[i + 1] === 0 ? left : this.binomial(left, Math.min(1, share));
      counts[i] = count;
      left -= count;
    }
    return counts;
  }

  /** The items in random order (Fisher and Yates), as a new array. */
  shuffle<T>(items: readonly T[]): T[] {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const item = order[i] as T;
      order[i] = order[j] as T;
      order[j] = item;
    }
    return order;
  }
}

/** log k! less its leading Stirling terms (k + 1/2) log(k + 1) - (k + 1) + log(2 pi) / 2. */
function stirlingTail(k: number): number {
  if (k >= 16) {
    const x = k + 1;
    const square = x * x;
    return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square) / x;
  }
  let factorial = 1;
  for (let i = 2; i <= k; i++) factorial *= i;
  return log(factorial) - ((k + 0.5) * log(k + 1) - (k + 1) + 0.9189385332046728);
}

/** A label as words: type and length first, so that no two paths look alike. */
function wordsOf(label: string | number): number[] {
  if (typeof label === 'string') {
    const words = [0x73, label.length];
    for (let i = 0; i < label.length; i += 2)
      words.push(label.charCodeAt(i) + 65536 * (i + 1 < label.length ? label.charCodeAt(i + 1) : 0));
    return words;
  }
  if (!Number.isFinite(label)) throw new Error(`Random: ${label} is no seed.`);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, label === 0 ? 0 : label);
  return [0x6e, 1, view.getUint32(0), view.getUint32(4)];
}

/** Folds words into a stream name; the altered key keeps names apart from draws. */
function absorb(stream: Words, words: readonly number[]): Words {
  const out = new Uint32Array(4);
  let { k0, k1, n0, n1 } = stream;
  for (let i = 0; i < words.length; i += 2) {
    philox(words[i] as number, words[i + 1] ?? 0, n0, n1, k0 ^ 0x5bd1e995, ~k1, out);
    [k0, k1, n0, n1] = [out[0] as number, out[1] as number, out[2] as number, out[3] as number];
  }
  return { k0, k1, n0, n1 };
}
