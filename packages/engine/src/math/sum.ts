/** Compensated summation (Neumaier 1974): the rounding error does not grow with the number of terms. */
export class Sum {
  private total = 0;
  private lost = 0;

  add(value: number): void {
    const next = this.total + value;
    if (Math.abs(this.total) >= Math.abs(value)) this.lost += this.total - next + value;
    else this.lost += value - next + this.total;
    this.total = next;
  }

  get value(): number {
    return Number.isFinite(this.total) ? this.total + this.lost : this.total;
  }
}

export function sum(values: Iterable<number>): number {
  const result = new Sum();
  for (const value of values) result.add(value);
  return result.value;
}

/** Mean and unbiased variance (n - 1) in one pass (Welford 1962); NaN where undefined. */
export function meanAndVariance(values: ArrayLike<number>): { readonly mean: number; readonly variance: number } {
  let mean = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const step = (values[i] as number) - mean;
    mean += step / (i + 1);
    squares += step * ((values[i] as number) - mean);
  }
  return { mean: values.length === 0 ? Number.NaN : mean, variance: values.length < 2 ? Number.NaN : squares / (values.length - 1) };
}
