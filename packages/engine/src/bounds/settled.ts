import type { Column, Row } from './states.ts';

/** A column of an island's programme. */
export interface PoolColumn {
  readonly group: number;
  readonly column: Column;
  /** Partial assignments by position in the group; -1 is free. */
  readonly leaves: readonly Int16Array[];
}

/** Total violation of rows that counts as none. */
export const feasible = 1e-10;

/** The one distribution over classes that rows allow: its masses, the row of each class alone, the class that takes what is left. */
export interface Settled {
  readonly masses: readonly number[];
  readonly rows: readonly ({ readonly at: number; readonly entry: number } | undefined)[];
  readonly last: readonly (number | undefined)[];
}

/**
 * Where all classes of each group but one stand alone in an equation, the equations say all masses. Undefined where they do not, or
 * where the masses do not fit (which is left to the solver).
 */
export function settle(
  own: readonly Row[],
  pool: readonly PoolColumn[],
  groups: number,
  rowAt: ReadonlyMap<number, number>,
): Settled | undefined {
  const users = own.map((): number[] => []);
  for (const [j, { column }] of pool.entries()) for (const row of column.rows) users[rowAt.get(row) as number]?.push(j);
  const rows: ({ at: number; entry: number } | undefined)[] = pool.map(() => undefined);
  for (const [at, list] of users.entries()) {
    const [j] = list;
    if (j === undefined || list.length > 1 || rows[j] !== undefined || own[at]?.relation !== '=') continue;
    const { column } = pool[j] as PoolColumn;
    rows[j] = { at, entry: column.values[column.rows.findIndex((row) => rowAt.get(row) === at)] as number };
  }
  const masses = rows.map((row) => (row === undefined ? 0 : (own[row.at]?.target ?? 0) / row.entry));
  const last: (number | undefined)[] = Array.from({ length: groups }, () => undefined);
  for (const [j, { group }] of pool.entries()) {
    if (rows[j] !== undefined) continue;
    if (last[group] !== undefined) return undefined;
    last[group] = j;
  }
  for (let g = 0; g < groups; g++) {
    const total = pool.reduce((sum, { group }, j) => (group === g ? sum + (masses[j] as number) : sum), 0);
    const rest = last[g];
    if (rest !== undefined) masses[rest] = 1 - total;
    else if (Math.abs(total - 1) > feasible) return undefined;
  }
  if (masses.some((mass) => mass < -feasible)) return undefined;
  const sums = new Float64Array(own.length);
  for (const [j, { column }] of pool.entries())
    for (const [k, row] of column.rows.entries()) {
      const at = rowAt.get(row) as number;
      sums[at] = (sums[at] as number) + (masses[j] as number) * (column.values[k] as number);
    }
  const fits = own.every(({ relation, target }, i) => {
    const over = (sums[i] as number) - target;
    return (relation === '>=' || over <= feasible) && (relation === '<=' || over >= -feasible);
  });
  return fits ? { masses: masses.map((mass) => Math.max(0, mass)), rows, last } : undefined;
}
