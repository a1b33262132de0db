import type { Environments } from './environments.ts';

/** Which stratum each record lies in: the values of some variables together, numbered in order of appearance. */
export interface Strata {
  readonly codes: Int32Array;
  readonly count: number;
}

/** Strata by the variables `of` (numbers of columns); none: one stratum. */
export function strataOf({ columns, levels }: Environments, of: readonly number[]): Strata {
  const records = columns[0]?.length ?? 0;
  const codes = new Int32Array(records);
  let count = 1;
  for (const v of of) {
    const column = columns[v] as Int32Array;
    const width = levels[v]?.length as number;
    const numbers = new Int32Array(count * width).fill(-1);
    let next = 0;
    for (let record = 0; record < records; record++) {
      const cell = (codes[record] as number) * width + (column[record] as number);
      let number = numbers[cell] as number;
      if (number < 0) {
        number = next++;
        numbers[cell] = number;
      }
      codes[record] = number;
    }
    count = next;
  }
  return { codes, count: Math.max(1, count) };
}
