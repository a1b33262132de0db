import { codesOf, columnOf } from '../batch.ts';
import type { Batch } from '../terms.ts';
import type { ColumnCode } from './encoding.ts';

/** The codes of conditions with what the rows show of each on its own: the levels that occur (where some do not), the least and the greatest number. */
export function withReach(codes: readonly ColumnCode[], data: Batch, weights: Float64Array | undefined): ColumnCode[] {
  const counts = (row: number): boolean => weights === undefined || (weights[row] as number) > 0;
  return codes.map((code): ColumnCode => {
    if (code.kind === 'tensor') return code;
    if (code.kind === 'real') {
      const { values } = columnOf(data, code.name);
      let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let row = 0; row < data.rows; row++) {
        if (!counts(row)) continue;
        least = Math.min(least, values[row] as number);
        most = Math.max(most, values[row] as number);
      }
      return least <= most ? { ...code, least, most } : code;
    }
    const values = codesOf(data, code.name);
    const seen = new Set<number>();
    for (let row = 0; row < data.rows; row++) if (counts(row)) seen.add(values[row] as number);
    return seen.size === code.levels ? code : { ...code, seen: [...seen].sort((a, b) => a - b) };
  });
}

/**
 * 1 for rows whose conditions are within reach of what was learnt from, column by column: levels that occurred, numbers no further than one
 * standard deviation outside those that did. Combinations of conditions are not looked at: a network is meant to carry over between them.
 */
export function withinReach(codes: readonly ColumnCode[], given: Batch): Uint8Array {
  const marks = new Uint8Array(given.rows).fill(1);
  for (const code of codes) {
    if (code.kind === 'finite' && code.seen !== undefined) {
      const seen = new Set(code.seen);
      const values = codesOf(given, code.name);
      for (let row = 0; row < given.rows; row++) if (!seen.has(values[row] as number)) marks[row] = 0;
    } else if (code.kind === 'real' && code.least !== undefined && code.most !== undefined) {
      const { values } = columnOf(given, code.name);
      const [low, high] = [code.least - code.deviation, code.most + code.deviation];
      for (let row = 0; row < given.rows; row++) if (!((values[row] as number) >= low && (values[row] as number) <= high)) marks[row] = 0;
    }
  }
  return marks;
}
