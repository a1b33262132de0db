import { exp } from '../../math/elementary.ts';
import { quantile } from '../../math/quantile.ts';
import type { Random } from '../../math/random.ts';
import type { Features } from './pictures.ts';

/**
 * `rbf`: exp(-|x - y|^2 / (2 s^2)), s the median distance between distinct pooled rows (at most 1,000 of them) unless given.
 * `cubic`: (x'y / width + 1)^3, the kernel of the kernel distance of Binkowski et al. 2018.
 */
export type Kernel = { readonly kind: 'rbf'; readonly scale?: number } | { readonly kind: 'cubic' };

export interface MmdReport {
  /** The unbiased estimate of the squared maximum mean discrepancy (Gretton et al. 2012, lemma 6): may be negative. */
  readonly squared: number;
  /** (1 + permutations at least as large) / (1 + permutations): exact level under the same law. */
  readonly p: number;
  readonly permutations: number;
}

/** Squared MMD of two samples and its permutation p-value. Memory: (n + m)^2 doubles. */
export function mmdTest(
  a: Features,
  b: Features,
  options: { readonly kernel?: Kernel; readonly permutations?: number; readonly random: Random },
): MmdReport {
  if (a.width !== b.width) throw new Error(`Features of width ${a.width} and ${b.width}.`);
  if (a.rows < 2 || b.rows < 2) throw new Error('Two rows on each side are the least.');
  const permutations = options.permutations ?? 200;
  const all = a.rows + b.rows;
  const gram = kernelMatrix(a, b, options.kernel ?? { kind: 'rbf' });
  const order = Int32Array.from({ length: all }, (_, i) => i);
  const squared = discrepancy(gram, order, a.rows);
  let reached = 0;
  for (let round = 0; round < permutations; round++) {
    for (let i = all - 1; i > 0; i--) {
      const j = options.random.integer(i + 1);
      const item = order[i] as number;
      order[i] = order[j] as number;
      order[j] = item;
    }
    if (discrepancy(gram, order, a.rows) >= squared) reached += 1;
  }
  return { squared, p: (1 + reached) / (1 + permutations), permutations };
}

/** The estimate with the first `n` of the order on one side: only the pairs on that side are visited, the others follow from row sums. */
function discrepancy({ all, values, rowSums, total }: Gram, order: Int32Array, n: number): number {
  const side = order.slice(0, n).sort();
  let [within, touched] = [0, 0];
  for (let a = 0; a < n; a++) {
    const i = side[a] as number;
    touched += rowSums[i] as number;
    for (let b = 0; b < a; b++) within += values[i * all + (side[b] as number)] as number;
  }
  const across = touched - 2 * within;
  const beyond = total - within - across;
  const m = all - n;
  return (2 * within) / (n * (n - 1)) + (2 * beyond) / (m * (m - 1)) - (2 * across) / (n * m);
}

/** Kernel values of pairs of pooled rows. */
interface Gram {
  readonly all: number;
  /** Lower triangle. */
  readonly values: Float64Array;
  /** Over the other rows. */
  readonly rowSums: Float64Array;
  /** Over all pairs. */
  readonly total: number;
}

/** Rows of `a` first. */
function kernelMatrix(a: Features, b: Features, kernel: Kernel): Gram {
  const { width } = a;
  const all = a.rows + b.rows;
  const pooled = new Float64Array(all * width);
  pooled.set(a.values);
  pooled.set(b.values, a.rows * width);
  const gram = new Float64Array(all * all);
  for (let i = 0; i < all; i++)
    for (let j = 0; j < i; j++) {
      let sum = 0;
      if (kernel.kind === 'rbf')
        for (let k = 0; k < width; k++) {
          const difference = (pooled[i * width + k] as number) - (pooled[j * width + k] as number);
          sum += difference * difference;
        }
      else for (let k = 0; k < width; k++) sum += (pooled[i * width + k] as number) * (pooled[j * width + k] as number);
      gram[i * all + j] = sum;
    }
  const scale = kernel.kind === 'rbf' ? (kernel.scale ?? medianDistance(gram, all)) : 0;
  const rowSums = new Float64Array(all);
  let total = 0;
  for (let i = 0; i < all; i++)
    for (let j = 0; j < i; j++) {
      const value = gram[i * all + j] as number;
      const entry = kernel.kind === 'rbf' ? exp(-value / (2 * scale * scale)) : cube(value / width + 1);
      gram[i * all + j] = entry;
      rowSums[i] = (rowSums[i] as number) + entry;
      rowSums[j] = (rowSums[j] as number) + entry;
      total += entry;
    }
  return { all, values: gram, rowSums, total };
}

const cube = (value: number): number => value * value * value;

/** Of squared distances, over evenly spread rows; 1 where more than half of the pairs coincide. */
function medianDistance(squares: Float64Array, all: number): number {
  const stride = Math.max(1, Math.ceil(all / 1000));
  const distances: number[] = [];
  for (let i = 0; i < all; i += stride) for (let j = 0; j < i; j += stride) distances.push(Math.sqrt(squares[i * all + j] as number));
  const median = quantile(distances, 0.5);
  return median > 0 ? median : 1;
}
