/**
 * The Cholesky factor of a symmetric positive semidefinite matrix (row-major, only its lower triangle is read), in its place. A pivot
 * lost to rounding becomes huge, so that its unknown stays 0 (Wright 1999).
 */
export function factorise(a: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const row = i * size;
    const diagonal = a[row + i] as number;
    for (let j = 0; j <= i; j++) {
      const other = j * size;
      let entry = a[row + j] as number;
      for (let k = 0; k < j; k++) entry -= (a[row + k] as number) * (a[other + k] as number);
      if (j < i) a[row + j] = entry / (a[other + j] as number);
      else a[row + i] = entry > 1e-15 * diagonal && entry > 0 ? Math.sqrt(entry) : 1e64;
    }
  }
}

/** Solves with a factor of {@link factorise}: `out` with A out = right. */
export function substitute(factor: Float64Array, size: number, right: Float64Array, out: Float64Array): void {
  for (let i = 0; i < size; i++) {
    let entry = right[i] as number;
    for (let k = 0; k < i; k++) entry -= (factor[i * size + k] as number) * (out[k] as number);
    out[i] = entry / (factor[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    let entry = out[i] as number;
    for (let k = i + 1; k < size; k++) entry -= (factor[k * size + i] as number) * (out[k] as number);
    out[i] = entry / (factor[i * size + i] as number);
  }
}
