/** Records per block: 100 features of them fit the second-level cache. */
export const blockRecords = 256;

/** Adds the products of all pairs of features over one block of records. */
export interface Gram {
  /** Feature-major: feature f of record r at `f * blockRecords + r`. */
  readonly block: Float64Array;
  /** Takes the first `length` records of the block; their weights, if they have any, as long. */
  add(length: number, weights: Float64Array | undefined): void;
  /** Full symmetric size x size, row-major. */
  products(): Float64Array;
}

/** Sums of products by blocks: registers first, then one addition per block, so that rounding grows with blocks and not with records. */
export function gram(size: number): Gram {
  const padded = 3 * Math.ceil(size / 3);
  const block = new Float64Array(padded * blockRecords);
  const weighted = new Float64Array(padded * blockRecords);
  const sums = new Float64Array(padded * padded);
  return {
    block,
    add(length, weights) {
      let left = block;
      if (weights) {
        left = weighted;
        for (let f = 0; f < size; f++)
          for (let r = 0, at = f * blockRecords; r < length; r++, at++) weighted[at] = (block[at] as number) * (weights[r] as number);
      }
      for (let i = 0; i < padded; i += 3) for (let j = i; j < padded; j += 3) addNine(left, block, i, j, padded, length, sums);
    },
    products() {
      const all = new Float64Array(size * size);
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++) all[i * size + j] = sums[Math.min(i, j) * padded + Math.max(i, j)] as number;
      return all;
    },
  };
}

/** Products of features i, i + 1, i + 2 and j, j + 1, j + 2: as many sums as registers hold. */
function addNine(left: Float64Array, right: Float64Array, i: number, j: number, width: number, length: number, sums: Float64Array): void {
  const [p, q, s] = [i * blockRecords, (i + 1) * blockRecords, (i + 2) * blockRecords];
  const [a, b, c] = [j * blockRecords, (j + 1) * blockRecords, (j + 2) * blockRecords];
  let [pa, pb, pc, qa, qb, qc, sa, sb, sc] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let r = 0; r < length; r++) {
    const x = left[p + r] as number;
    const y = left[q + r] as number;
    const z = left[s + r] as number;
    const u = right[a + r] as number;
    const v = right[b + r] as number;
    const w = right[c + r] as number;
    pa += x * u;
    pb += x * v;
    pc += x * w;
    qa += y * u;
    qb += y * v;
    qc += y * w;
    sa += z * u;
    sb += z * v;
    sc += z * w;
  }
  const at = i * width + j;
  const below = at + width;
  const last = below + width;
  sums[at] = (sums[at] as number) + pa;
  sums[at + 1] = (sums[at + 1] as number) + pb;
  sums[at + 2] = (sums[at + 2] as number) + pc;
  sums[below] = (sums[below] as number) + qa;
  sums[below + 1] = (sums[below + 1] as number) + qb;
  sums[below + 2] = (sums[below + 2] as number) + qc;
  sums[last] = (sums[last] as number) + sa;
  sums[last + 1] = (sums[last + 1] as number) + sb;
  sums[last + 2] = (sums[last + 2] as number) + sc;
}
