import { quantile } from '../../math/quantile.ts';
import type { Random } from '../../math/random.ts';

/** Half the sum of absolute differences of two laws over the same cells. */
export function totalVariation(p: ArrayLike<number>, q: ArrayLike<number>): number {
  if (p.length !== q.length) throw new Error(`Laws over ${p.length} and ${q.length} cells.`);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += Math.abs((p[i] as number) - (q[i] as number));
  return sum / 2;
}

/** The law of one axis of a law over combinations (row-major, last axis fastest). */
export function marginalOf(law: ArrayLike<number>, sizes: readonly number[], axis: number): Float64Array {
  const size = sizes[axis] as number;
  const stride = sizes.slice(axis + 1).reduce((product, next) => product * next, 1);
  const out = new Float64Array(size);
  for (let cell = 0; cell < law.length; cell++) {
    const level = Math.floor(cell / stride) % size;
    out[level] = (out[level] as number) + (law[cell] as number);
  }
  return out;
}

/** Shares of the combinations of level indices in the rows of columns (row-major, last column fastest). */
export function sharesOf(columns: readonly Int32Array[], sizes: readonly number[]): Float64Array {
  const shares = new Float64Array(sizes.reduce((product, size) => product * size, 1));
  const rows = columns[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    const cell = cellOf(columns, sizes, row);
    shares[cell] = (shares[cell] as number) + 1 / rows;
  }
  return shares;
}

function cellOf(columns: readonly Int32Array[], sizes: readonly number[], row: number): number {
  let cell = 0;
  for (let i = 0; i < sizes.length; i++) cell = cell * (sizes[i] as number) + ((columns[i] as Int32Array)[row] as number);
  return cell;
}

/** P(read as column | truly row), measured where the truth is known; row-major, every row sums to one. */
export interface Confusion {
  readonly cells: number;
  readonly values: Float64Array;
  /** Rows seen of each true cell; a cell never seen counts as read without error. */
  readonly seen: Float64Array;
}

/** The confusion of a reader over combinations of levels, from true and read columns. */
export function confusionOf(truth: readonly Int32Array[], read: readonly Int32Array[], sizes: readonly number[]): Confusion {
  const cells = sizes.reduce((product, size) => product * size, 1);
  const values = new Float64Array(cells * cells);
  const seen = new Float64Array(cells);
  const rows = truth[0]?.length ?? 0;
  for (let row = 0; row < rows; row++) {
    const from = cellOf(truth, sizes, row);
    const at = from * cells + cellOf(read, sizes, row);
    values[at] = (values[at] as number) + 1;
    seen[from] = (seen[from] as number) + 1;
  }
  for (let from = 0; from < cells; from++) {
    const count = seen[from] as number;
    if (count === 0) values[from * cells + from] = 1;
    else for (let to = 0; to < cells; to++) values[from * cells + to] = (values[from * cells + to] as number) / count;
  }
  return { cells, values, seen };
}

/** The nearest law in Euclidean distance (Held, Wolfe and Crowder 1974: a shift, cut at zero). */
export function projectOnSimplex(point: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(point).sort().reverse();
  let sum = 0;
  let shift = 0;
  for (let k = 0; k < sorted.length; k++) {
    sum += sorted[k] as number;
    const candidate = (sum - 1) / (k + 1);
    if ((sorted[k] as number) > candidate) shift = candidate;
  }
  return Float64Array.from(point, (value) => Math.max(0, value - shift));
}

/**
 * What a law of readings says about the truth: the law p that minimises |p' C - read|^2 over the simplex, by accelerated projected
 * gradients (Beck and Teboulle 2009, with restarts). A reader without skill leaves p undetermined; the start, `read`, then decides.
 */
export function correctReadings(
  read: ArrayLike<number>,
  confusion: Confusion,
  options: { readonly iterations?: number } = {},
): Float64Array {
  const { cells, values } = confusion;
  if (read.length !== cells) throw new Error(`${read.length} readings for a confusion of ${cells} cells.`);
  const step = 1 / largestEigenvalue(values, cells);
  const residual = new Float64Array(cells);
  const slope = new Float64Array(cells);
  let law = projectOnSimplex(read);
  let ahead = law;
  let momentum = 1;
  for (let iteration = 0; iteration < (options.iterations ?? 5000); iteration++) {
    for (let to = 0; to < cells; to++) residual[to] = -(read[to] as number);
    for (let from = 0; from < cells; from++) {
      const weight = ahead[from] as number;
      for (let to = 0; to < cells; to++) residual[to] = (residual[to] as number) + weight * (values[from * cells + to] as number);
    }
    for (let from = 0; from < cells; from++) {
      let sum = 0;
      for (let to = 0; to < cells; to++) sum += (values[from * cells + to] as number) * (residual[to] as number);
      slope[from] = (ahead[from] as number) - step * sum;
    }
    const next = projectOnSimplex(slope);
    let moved = 0;
    let against = 0;
    for (let i = 0; i < cells; i++) {
      const change = (next[i] as number) - (law[i] as number);
      moved = Math.max(moved, Math.abs(change));
      against += ((ahead[i] as number) - (next[i] as number)) * change;
    }
    const faster = against > 0 ? 1 : (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
    const push = against > 0 ? 0 : (momentum - 1) / faster;
    const before = law;
    ahead = next.map((value, i) => value + push * (value - (before[i] as number)));
    law = next;
    momentum = faster;
    if (moved < 1e-13) break;
  }
  return law;
}

/** Of C C', by power iteration, with a margin. */
function largestEigenvalue(values: Float64Array, cells: number): number {
  let vector = new Float64Array(cells).fill(1 / Math.sqrt(cells));
  let size = 1;
  for (let iteration = 0; iteration < 50; iteration++) {
    const across = new Float64Array(cells);
    for (let from = 0; from < cells; from++)
      for (let to = 0; to < cells; to++)
        across[to] = (across[to] as number) + (vector[from] as number) * (values[from * cells + to] as number);
    const back = new Float64Array(cells);
    for (let from = 0; from < cells; from++) {
      let sum = 0;
      for (let to = 0; to < cells; to++) sum += (values[from * cells + to] as number) * (across[to] as number);
      back[from] = sum;
    }
    size = Math.sqrt(back.reduce((sum, value) => sum + value * value, 0));
    vector = back.map((value) => value / size);
  }
  return 1.05 * size;
}

export interface Floor {
  readonly mean: number;
  /** 95 % of samples from the law itself lie below. */
  readonly most: number;
}

/** The total variation between a law and the shares in n draws from it: what a perfect sampler scores. */
export function samplingFloor(law: ArrayLike<number>, n: number, random: Random, repeats: number = 400): Floor {
  const found = Float64Array.from({ length: repeats }, () =>
    totalVariation(
      random.multinomial(n, law).map((count) => count / n),
      law,
    ),
  );
  return { mean: found.reduce((sum, value) => sum + value, 0) / repeats, most: quantile(found, 0.95) };
}
