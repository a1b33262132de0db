import { chiSquareSurvival } from '../math/special.ts';

export interface SelfNormalised {
  readonly statistic: number;
  readonly degrees: number;
  readonly p: number;
}

/** Share of a component's variance below which it counts as a combination of those before it. */
const dependent = 1e-9;

/**
 * s' M^-1 s for a sum s of independent vectors of mean 0 and M the sum of their squares, chi-squared on the rank of M. `squares` is
 * size x size, row-major, only its lower triangle is read; components that depend on earlier ones, or never move, are left out.
 */
export function selfNormalised(sum: Float64Array, squares: Float64Array): SelfNormalised {
  const size = sum.length;
  const kept: number[] = [];
  const rows: Float64Array[] = [];
  const z: number[] = [];
  for (let i = 0; i < size; i++) {
    const diagonal = squares[i * size + i] as number;
    if (!(diagonal > 0)) continue;
    const row = new Float64Array(kept.length);
    let left = diagonal;
    let value = sum[i] as number;
    for (const [k, j] of kept.entries()) {
      let entry = squares[i * size + j] as number;
      const other = rows[k] as Float64Array;
      for (let m = 0; m < k; m++) entry -= (row[m] as number) * (other[m] as number);
      entry /= other[k] as number;
      row[k] = entry;
      left -= entry * entry;
      value -= entry * (z[k] as number);
    }
    if (left <= dependent * diagonal) continue;
    const root = Math.sqrt(left);
    kept.push(i);
    rows.push(Float64Array.of(...row, root));
    z.push(value / root);
  }
  const statistic = z.reduce((total, entry) => total + entry * entry, 0);
  return { statistic, degrees: kept.length, p: kept.length === 0 ? 1 : chiSquareSurvival(statistic, kept.length) };
}
