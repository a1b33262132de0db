import type { Environments } from './exchangeable/environments.ts';

/** Equal records of an environment as one with their count: the same tests of fewer rows. Records come in the order of first appearance. */
export function condense({ names, levels, labels, starts, columns, counts }: Environments): Environments {
  const rows: number[] = [];
  const times: number[] = [];
  const ends = new Int32Array(labels.length + 1);
  for (let e = 0; e < labels.length; e++) {
    const seen = new Map<string, number>();
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      const key = columns.map((column) => column[r] as number).join();
      const place = seen.get(key);
      const count = counts ? (counts[r] as number) : 1;
      if (count === 0) continue;
      if (place === undefined) {
        seen.set(key, rows.length);
        rows.push(r);
        times.push(count);
      } else times[place] = (times[place] as number) + count;
    }
    ends[e + 1] = rows.length;
  }
  return {
    names,
    levels,
    labels,
    starts: ends,
    columns: columns.map((column) => Int32Array.from(rows, (r) => column[r] as number)),
    ...(times.every((count) => count === 1) ? {} : { counts: Float64Array.from(times) }),
  };
}
