import { exp, log } from './elementary.ts';
import type { Random } from './random.ts';

const layers = 256;
/** Where the tail of the normal ziggurat starts, and the area of each of its layers, for 256 layers (Marsaglia and Tsang 2000). */
const edge = 3.6541528853610088;
const area = 0.00492867323399;

/** The right edges of the layers (0: the rectangle that stands for base and tail), and the density at them. */
const ziggurat = ((): { readonly edges: Float64Array; readonly heights: Float64Array } => {
  const density = (x: number): number => exp((-x * x) / 2);
  const edges = new Float64Array(layers + 1);
  edges[0] = area / density(edge);
  edges[1] = edge;
  for (let i = 2; i < layers; i++) {
    const before = edges[i - 1] as number;
    edges[i] = Math.sqrt(-2 * log(area / before + density(before)));
  }
  return { edges, heights: edges.map(density) };
})();

/** 2^(j / 128). */
const powers = 128;
const roots = Float64Array.from({ length: powers }, (_, j) => exp((j * Math.LN2) / powers));
const least = -1022;
const binary = Float64Array.from({ length: 1023 - least + 1 }, (_, i) => 2 ** (i + least));
const stepHigh = 0.6931471803691238 / powers;
const stepLow = 1.9082149292705877e-10 / powers;

/**
 * Random numbers for simulations of many millions of records, some ten times as fast as {@link Random}, from which it takes its seed: the
 * generator xoshiro128** (Blackman and Vigna 2021; period 2^128 - 1) and the ziggurat for normals. Only correctly rounded arithmetic: the
 * same digits everywhere.
 */
export class Bulk {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(random: Random) {
    [this.a, this.b, this.c, this.d] = [random.word() | 0, random.word() | 0, random.word() | 0, random.word() | 1];
  }

  private word(): number {
    const b = this.b;
    const five = Math.imul(b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9);
    this.c ^= this.a;
    this.d ^= b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= b << 9;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** Uniform on (0, 1), 52 bits. */
  open(): number {
    return ((this.word() >>> 6) * 67108864 + (this.word() >>> 6) + 0.5) / 4503599627370496;
  }

  /** Standard normals. */
  normals(out: Float64Array, length: number = out.length): void {
    const { edges, heights } = ziggurat;
    for (let i = 0; i < length; i++) {
      for (;;) {
        const word = this.word();
        const layer = word & 255;
        // 23 bits of this word and all of another one: uniform on (-1, 1).
        const u = ((word >>> 9) * 4294967296 + this.word() + 0.5) / 18014398509481984 - 1;
        const x = u * (edges[layer] as number);
        if (Math.abs(x) < (edges[layer + 1] as number)) {
          out[i] = x;
          break;
        }
        if (layer === 0) {
          out[i] = u < 0 ? -this.tail() : this.tail();
          break;
        }
        const low = heights[layer] as number;
        const high = layer + 1 === layers ? 1 : (heights[layer + 1] as number);
        if (low + this.open() * (high - low) < exp((-x * x) / 2)) {
          out[i] = x;
          break;
        }
      }
    }
  }

  /** Uniforms on (-sqrt 3, sqrt 3): mean 0, variance 1. */
  uniforms(out: Float64Array, length: number = out.length): void {
    for (let i = 0; i < length; i++) out[i] = (2 * this.open() - 1) * Math.sqrt(3);
  }

  /** Logistic variates of mean 0 and variance 1. */
  logistics(out: Float64Array, length: number = out.length): void {
    const scale = Math.sqrt(3) / Math.PI;
    for (let i = 0; i < length; i++) {
      const u = this.open();
      out[i] = scale * log(u / (1 - u));
    }
  }

  /** Beyond the edge (Marsaglia 1964). */
  private tail(): number {
    for (;;) {
      const x = -log(this.open()) / edge;
      if (-2 * log(this.open()) > x * x) return x + edge;
    }
  }
}

/** Each value x becomes e^(factor x), relative error below 1e-15; for |factor x| below 700. */
export function exponentials(values: Float64Array, factor: number, length: number = values.length): void {
  for (let i = 0; i < length; i++) {
    const x = (values[i] as number) * factor;
    const step = Math.round(x * (powers * Math.LOG2E));
    const r = x - step * stepHigh - step * stepLow;
    const j = step & (powers - 1);
    const power = (step - j) / powers;
    const rest = 1 + r * (1 + r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120)))));
    values[i] = rest * (roots[j] as number) * (binary[power - least] as number);
  }
}
