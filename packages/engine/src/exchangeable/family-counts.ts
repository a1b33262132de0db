import type { Environments } from './environments.ts';

/** How often each environment shows each value of a variable in each configuration of its parents; equal environments together. */
export interface FamilyCounts {
  readonly configurations: number;
  readonly levels: number;
  /** Distinct tables, each configurations x levels (the last parent fastest). */
  readonly tables: readonly Float64Array[];
  /** Per environment: its table. */
  readonly tableOf: Int32Array;
}

export function familyCounts(
  { columns, levels, starts, labels, counts }: Environments,
  variable: number,
  parents: readonly number[],
): FamilyCounts {
  const width = levels[variable]?.length as number;
  const configurations = parents.reduce((product, v) => product * (levels[v]?.length as number), 1);
  const tables: Float64Array[] = [];
  const known = new Map<string, number>();
  const own = columns[variable] as Int32Array;
  const tableOf = Int32Array.from(labels, (_, e) => {
    const table = new Float64Array(configurations * width);
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      let at = 0;
      for (const v of parents) at = at * (levels[v]?.length as number) + (columns[v]?.[r] as number);
      at = at * width + (own[r] as number);
      table[at] = (table[at] as number) + (counts ? (counts[r] as number) : 1);
    }
    const key = table.join();
    let place = known.get(key);
    if (place === undefined) {
      place = tables.length;
      known.set(key, place);
      tables.push(table);
    }
    return place;
  });
  return { configurations, levels: width, tables, tableOf };
}

/** How many of these environments (all, if absent) have each table. */
export function timesOf({ tables, tableOf }: FamilyCounts, environments?: Iterable<number>): Float64Array {
  const times = new Float64Array(tables.length);
  for (const e of environments ?? tableOf.keys()) {
    const place = tableOf[e] as number;
    times[place] = (times[place] as number) + 1;
  }
  return times;
}
