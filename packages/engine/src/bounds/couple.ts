import type { GroupPoint } from './island.ts';
import type { BlockPoint } from './programme.ts';

/** Breakpoints closer than this are one (rounding of cumulative sums). */
const same = 1e-14;

/**
 * One joint distribution with the given distributions of disjoint groups of digits as margins (north-west corner rule): its
 * support is at most as large as theirs together. Digits of no group are 0.
 */
export function couple(groups: readonly GroupPoint[], digits: number): BlockPoint {
  const ends = groups.map(({ support }) => {
    let sum = 0;
    return support.map(({ weight }, i) => {
      sum += weight;
      return i === support.length - 1 ? 1 : Math.min(sum, 1);
    });
  });
  const at = groups.map(() => 0);
  const support: { weight: number; values: readonly number[] }[] = [];
  let from = 0;
  while (from < 1) {
    const to = Math.min(1, ...at.map((i, g) => ends[g]?.[i] ?? 1));
    if (to - from > same || to === 1) {
      const values = new Array<number>(digits).fill(0);
      for (const [g, { digits: own, support: states }] of groups.entries())
        for (const digit of own) values[digit] = states[at[g] as number]?.values[digit] ?? 0;
      if (to > from) support.push({ weight: to - from, values });
      from = to;
    }
    for (const [g, i] of at.entries()) {
      const list = ends[g] ?? [];
      if ((list[i] ?? 1) <= to && i < list.length - 1) at[g] = i + 1;
    }
    if (to === 1) break;
  }
  return { groups: [{ digits: Array.from({ length: digits }, (_, i) => i), support }] };
}
