import type { SparseColumns } from './interior.ts';
import type { Column, Island } from './states.ts';

/** A row of the likelihood of a block. */
export interface IslandRow {
  readonly kind: 'sampled' | 'equal' | 'atMost' | 'extra';
  /** Right side of `equal` and `atMost`. */
  readonly target: number;
  /** Position among the cells of the block. */
  readonly cell?: number;
  /** Position among the extra forms. */
  readonly extra?: number;
  /** A cell of which nothing is read, whatever its count. */
  readonly unread?: boolean;
}

/** One class of states: its column, and values by position in the digits of its group (-1: any). */
export interface State {
  readonly group: number;
  readonly column: Column;
  readonly leaf: ArrayLike<number>;
}

export interface Matrix {
  readonly columns: SparseColumns;
  readonly simplex: Int32Array;
}

/** The states' columns over some rows, in this order. */
export function matrixOf(states: readonly State[], order: readonly number[]): Matrix {
  const place = new Map(order.map((row, i) => [row, i]));
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (const { column } of states) {
    const entries = column.rows.flatMap((row, k): [number, number][] => {
      const at = place.get(row);
      return at === undefined ? [] : [[at, column.values[k] as number]];
    });
    entries.sort((a, b) => a[0] - b[0]);
    for (const [at, value] of entries) {
      indices.push(at);
      values.push(value);
    }
    starts.push(indices.length);
  }
  return {
    columns: {
      rows: order.length,
      count: states.length,
      starts: Int32Array.from(starts),
      indices: Int32Array.from(indices),
      values: Float64Array.from(values),
    },
    simplex: Int32Array.from(states, ({ group }) => group),
  };
}

/** What each state costs at these prices of the extra forms. */
export function pricesOf(states: readonly State[], rows: readonly IslandRow[], prices: ArrayLike<number>): Float64Array {
  return Float64Array.from(states, ({ column }) =>
    column.rows.reduce((sum, row, k) => {
      const { extra } = rows[row] as IslandRow;
      return extra === undefined ? sum : sum + (column.values[k] as number) * (prices[extra] as number);
    }, 0),
  );
}

/**
 * Without the states that conditions rule out: where the least (or greatest) value of a row over all states is all that it may
 * be, only states that attain it have mass. Restrictions such as P(...) <= 0 would otherwise leave no interior.
 */
export function withoutImpossible(states: State[], { rows, groups }: Island, kinds: readonly IslandRow[]): State[] {
  let kept = states;
  for (let changed = true; changed; ) {
    changed = false;
    for (const row of rows) {
      const { kind, target } = kinds[row] as IslandRow;
      if (kind !== 'equal' && kind !== 'atMost') continue;
      const values = kept.map(({ column }) => {
        const at = column.rows.indexOf(row);
        return at < 0 ? 0 : (column.values[at] as number);
      });
      for (const sign of kind === 'equal' ? [1, -1] : [1]) {
        const least = groups.map((_, group) =>
          kept.reduce(
            (low, state, i) => (state.group === group ? Math.min(low, sign * (values[i] as number)) : low),
            Number.POSITIVE_INFINITY,
          ),
        );
        const sum = least.reduce((total, low) => total + low, 0);
        if (!(Math.abs(sum - sign * target) <= 1e-15)) continue;
        const next = kept.filter(({ group }, i) => sign * (values[i] as number) <= (least[group] as number));
        if (next.length === kept.length) continue;
        kept = next;
        changed = true;
        break;
      }
      if (changed) break;
    }
  }
  return kept;
}
