import { log } from '../math/elementary.ts';
import { chiSquareSurvival } from '../math/special.ts';

export interface GTest {
  readonly statistic: number;
  readonly degrees: number;
  readonly p: number;
}

/** Codes and the number of levels. */
export interface CodedColumn {
  readonly codes: ArrayLike<number>;
  readonly levels: number;
}

/**
 * The likelihood-ratio test that two columns of independent records are independent given others, chi-squared on (levels of a - 1)(levels
 * of b - 1) times all configurations of `given`, the empty ones included. `counts`: how many equal records each one stands for.
 */
export function gTest(a: CodedColumn, b: CodedColumn, given: readonly CodedColumn[], counts?: ArrayLike<number>): GTest {
  const configurations = given.reduce((product, { levels }) => product * levels, 1);
  const cells = a.levels * b.levels;
  const table = new Float64Array(configurations * cells);
  for (let r = 0; r < a.codes.length; r++) {
    let c = 0;
    for (const { codes, levels } of given) c = c * levels + (codes[r] as number);
    const at = c * cells + (a.codes[r] as number) * b.levels + (b.codes[r] as number);
    table[at] = (table[at] as number) + (counts === undefined ? 1 : (counts[r] as number));
  }
  let statistic = 0;
  const rows = new Float64Array(a.levels);
  const sides = new Float64Array(b.levels);
  for (let c = 0; c < configurations; c++) {
    rows.fill(0);
    sides.fill(0);
    let total = 0;
    for (let i = 0; i < a.levels; i++)
      for (let j = 0; j < b.levels; j++) {
        const n = table[c * cells + i * b.levels + j] as number;
        rows[i] = (rows[i] as number) + n;
        sides[j] = (sides[j] as number) + n;
        total += n;
      }
    for (let i = 0; i < a.levels; i++)
      for (let j = 0; j < b.levels; j++) {
        const n = table[c * cells + i * b.levels + j] as number;
        if (n > 0) statistic += 2 * n * log((n * total) / ((rows[i] as number) * (sides[j] as number)));
      }
  }
  const degrees = (a.levels - 1) * (b.levels - 1) * configurations;
  return { statistic: Math.max(0, statistic), degrees, p: degrees === 0 ? 1 : chiSquareSurvival(statistic, degrees) };
}
