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
  const block = new Float64Array(size * blockRecords);
  const weighted = new Float64Array(size * blockRecords);
  const sums = new Float64Array(size * size);
  return {
    block,
    add(length, weights) {
      let left = block;
      if (weights) {
        left = weighted;
        for (let f = 0; f < size; f++)
          for (let r = 0, at = f * blockRecords; r < length; r++, at++) weighted[at] = (block[at] as number) * (weights[r] as number);
      }
      addProducts(left, block, size, length, sums);
    },
    products() {
      const all = sums.slice();
      for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) all[i * size + j] = sums[j * size + i] as number;
      return all;
    },
  };
}

/** Upper triangle, two by four features at a time. */
function addProducts(left: Float64Array, right: Float64Array, size: number, length: number, sums: Float64Array): void {
  for (let i = 0; i < size; i += 2) {
    const p = i * blockRecords;
    const q = (i + 1 < size ? i + 1 : i) * blockRecords;
    for (let j = i; j < size; j += 4) {
      const wide = Math.min(4, size - j);
      const a = j * blockRecords;
      const b = (wide > 1 ? j + 1 : j) * blockRecords;
      const c = (wide > 2 ? j + 2 : j) * blockRecords;
      const d = (wide > 3 ? j + 3 : j) * blockRecords;
      let [pa, pb, pc, pd, qa, qb, qc, qd] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let r = 0; r < length; r++) {
        const x = left[p + r] as number;
        const y = left[q + r] as number;
        const u = right[a + r] as number;
        const v = right[b + r] as number;
        const w = right[c + r] as number;
        const z = right[d + r] as number;
        pa += x * u;
        pb += x * v;
        pc += x * w;
        pd += x * z;
        qa += y * u;
        qb += y * v;
        qc += y * w;
        qd += y * z;
      }
      const at = i * size + j;
      sums[at] = (sums[at] as number) + pa;
      if (wide > 1) sums[at + 1] = (sums[at + 1] as number) + pb;
      if (wide > 2) sums[at + 2] = (sums[at + 2] as number) + pc;
      if (wide > 3) sums[at + 3] = (sums[at + 3] as number) + pd;
      if (i + 1 >= size) continue;
      const below = at + size;
      if (j > i) sums[below] = (sums[below] as number) + qa;
      if (wide > 1) sums[below + 1] = (sums[below + 1] as number) + qb;
      if (wide > 2) sums[below + 2] = (sums[below + 2] as number) + qc;
      if (wide > 3) sums[below + 3] = (sums[below + 3] as number) + qd;
    }
  }
}
