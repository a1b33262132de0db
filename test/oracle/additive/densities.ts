/** A density with mean 0 and variance 1, and the range beyond which less than 1e-16 of it lies. */
export interface Density {
  readonly name: 'normal' | 'uniform' | 'logistic';
  readonly at: (z: number) => number;
  readonly range: readonly [number, number];
}

const logisticScale = Math.sqrt(3) / Math.PI;

export const normal: Density = { name: 'normal', at: (z) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI), range: [-9, 9] };
export const uniform: Density = {
  name: 'uniform',
  at: (z) => (Math.abs(z) <= Math.sqrt(3) ? 1 / Math.sqrt(12) : 0),
  range: [-Math.sqrt(3), Math.sqrt(3)],
};
export const logistic: Density = {
  name: 'logistic',
  at: (z) => {
    const e = Math.exp(-Math.abs(z) / logisticScale);
    return e / (logisticScale * (1 + e) ** 2);
  },
  range: [-24, 24],
};

export interface Rule {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/** Gauss-Legendre on [-1, 1], zeros of the Legendre polynomial by Newton's method. */
export function gaussLegendre(count: number): Rule {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      let [before, now] = [1, x];
      for (let n = 2; n <= count; n++) [before, now] = [now, ((2 * n - 1) * x * now - (n - 1) * before) / n];
      slope = (count * (x * now - before)) / (x * x - 1);
      const change = now / slope;
      x -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    nodes.push(x);
    weights.push(2 / ((1 - x * x) * slope * slope));
  }
  return { nodes, weights };
}

/** The rule on each of `panels` equal parts of the range. */
export function panelled([low, high]: readonly [number, number], panels: number, count: number): Rule {
  const { nodes, weights } = gaussLegendre(count);
  const half = (high - low) / panels / 2;
  const all = Array.from({ length: panels }, (_, panel) => low + (2 * panel + 1) * half);
  return {
    nodes: all.flatMap((middle) => nodes.map((x) => middle + half * x)),
    weights: all.flatMap(() => weights.map((w) => half * w)),
  };
}

/**
 * Adaptive Simpson with Richardson's correction, halving until two estimates agree to `tolerance` (absolute); shares no node with the rules
 * above but the ends.
 */
export function adaptive(f: (x: number) => number, low: number, high: number, tolerance: number): number {
  const simpson = (a: number, fa: number, fm: number, fb: number, b: number): number => ((b - a) / 6) * (fa + 4 * fm + fb);
  const refine = (
    a: number,
    fa: number,
    m: number,
    fm: number,
    b: number,
    fb: number,
    whole: number,
    allowed: number,
    depth: number,
  ): number => {
    const [l, r] = [(a + m) / 2, (m + b) / 2];
    const [fl, fr] = [f(l), f(r)];
    const left = simpson(a, fa, fl, fm, m);
    const right = simpson(m, fm, fr, fb, b);
    const change = left + right - whole;
    if (depth <= 0 || Math.abs(change) <= 15 * allowed) return left + right + change / 15;
    return refine(a, fa, l, fl, m, fm, left, allowed / 2, depth - 1) + refine(m, fm, r, fr, b, fb, right, allowed / 2, depth - 1);
  };
  // Narrow peaks are not missed: sixteen parts to begin with.
  const parts = 16;
  let sum = 0;
  for (let i = 0; i < parts; i++) {
    const [a, b] = [low + ((high - low) * i) / parts, low + ((high - low) * (i + 1)) / parts];
    const m = (a + b) / 2;
    const [fa, fm, fb] = [f(a), f(m), f(b)];
    sum += refine(a, fa, m, fm, b, fb, simpson(a, fa, fm, fb, b), tolerance / parts, 45);
  }
  return sum;
}
