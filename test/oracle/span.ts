import { inverse, prime, reduce } from './arithmetic.ts';

/** Row echelon form over the finite field, grown one row at a time. Rows are changed in place. */
export function createFieldSpan(columns: number) {
  const pivots: { readonly column: number; readonly row: Float64Array }[] = [];
  /** The row modulo the span; returns its first non-zero column, or -1 where it lies in the span. */
  const clear = (row: Float64Array): number => {
    for (const { column, row: pivot } of pivots) {
      const head = row[column] as number;
      if (head === 0) continue;
      const factor = prime - head;
      for (let c = column; c < columns; c++) row[c] = reduce((row[c] as number) + factor * (pivot[c] as number));
    }
    for (let c = 0; c < columns; c++) if (row[c] !== 0) return c;
    return -1;
  };
  return {
    rank: (): number => pivots.length,
    contains: (row: Float64Array): boolean => clear(row.slice()) === -1,
    add(row: Float64Array): void {
      const column = clear(row);
      if (column === -1) return;
      const scale = inverse(row[column] as number);
      for (let c = column; c < columns; c++) row[c] = reduce((row[c] as number) * scale);
      pivots.push({ column, row });
    },
  };
}

/**
 * Distance of each target from the span of the rows, as a share of the target's own length (0 for a zero target): a QR
 * factorisation with row pivoting and one re-orthogonalisation, stopped after `rank` pivots, the exact rank from the field.
 */
export function residuals(rows: readonly Float64Array[], targets: readonly Float64Array[], rank: number): number[] {
  const left = rows.map((row) => row.slice());
  const squares = left.map((row) => dot(row, row));
  const basis: Float64Array[] = [];
  while (basis.length < Math.min(rank, left.length)) {
    let best = 0;
    for (let i = 1; i < left.length; i++) if ((squares[i] as number) > (squares[best] as number)) best = i;
    const pivot = left[best] as Float64Array;
    for (const direction of basis) remove(pivot, direction);
    const length = Math.sqrt(dot(pivot, pivot));
    if (length === 0) break;
    const direction = pivot.map((x) => x / length);
    basis.push(direction);
    squares[best] = -1;
    for (let i = 0; i < left.length; i++) {
      if ((squares[i] as number) < 0) continue;
      const row = left[i] as Float64Array;
      remove(row, direction);
      squares[i] = dot(row, row);
    }
  }
  return targets.map((target) => {
    const rest = target.slice();
    for (let pass = 0; pass < 2; pass++) for (const direction of basis) remove(rest, direction);
    const size = Math.sqrt(dot(target, target));
    return size === 0 ? 0 : Math.sqrt(dot(rest, rest)) / size;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function remove(row: Float64Array, direction: Float64Array): void {
  const share = dot(row, direction);
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) - share * (direction[i] as number);
}
