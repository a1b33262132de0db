import type { ClusteredTest } from './clustered.ts';
import { type Environments, sizesOf } from './environments.ts';
import { selfNormalised } from './self-normalised.ts';

/** The symmetric indicators of two levels: for levels a <= b, 1 where the pair is {a, b}. */
const pairNumber = (a: number, b: number): number => (a < b ? (b * (b + 1)) / 2 + a : (a * (a + 1)) / 2 + b);

/**
 * Tests X_{l;m} _||_ Y_n | Y_{l;m} for three different records l, m, n of an environment: what two records together say of the mechanism of
 * X given Y (whether they agree, for one) against Y at a third. Null where Y causes X, or neither the other. It sees the direction where
 * mechanisms vary symmetrically, so that tests of two records are blind: XOR with both noises uniform, 2.85e-3 nats. Products of residuals
 * as in `crossTest`: the unordered pair of X, and the mean of Y over the other records, both about their means given the pair of Y (levels
 * at l and m, in order of X's), with environments as units. Environments with fewer than three records say nothing.
 */
export function threePositionTest(environments: Environments, x: number, y: number): ClusteredTest {
  const { columns, levels, labels } = environments;
  const nothing: ClusteredTest = { statistic: 0, degrees: 0, p: 1, environments: 0 };
  const [wide, tall] = [levels[x]?.length ?? 0, levels[y]?.length ?? 0];
  if (wide < 2 || tall < 2) return nothing;
  const [xs, ys] = [columns[x] as Int32Array, columns[y] as Int32Array];
  const sizes = sizesOf(environments);
  const cells = wide * tall;
  // Ordered pairs of records by their cells (x, y): the same for all pairs of the environment, so that counts of cells suffice.
  const used: { readonly counts: Float64Array; readonly size: number }[] = [];
  for (let e = 0; e < labels.length; e++) {
    const size = sizes[e] as number;
    if (size < 3) continue;
    const counts = new Float64Array(cells);
    for (let r = environments.starts[e] as number; r < (environments.starts[e + 1] as number); r++) {
      const at = (xs[r] as number) * tall + (ys[r] as number);
      counts[at] = (counts[at] as number) + (environments.counts ? (environments.counts[r] as number) : 1);
    }
    used.push({ counts, size });
  }
  // Strata: unordered pairs of Y; features of the left side: what the pair of X is, given in the order of Y where Y's differ.
  const strata = (tall * (tall + 1)) / 2;
  const kinds = wide * wide;
  const right = tall - 1;
  const weight = new Float64Array(strata);
  const meanLeft = new Float64Array(strata * kinds);
  const meanRight = new Float64Array(strata * right);
  const visit = (
    { counts, size }: (typeof used)[number],
    see: (stratum: number, kind: number, pairs: number, others: (level: number) => number) => void,
  ): void => {
    const ofY = new Float64Array(tall);
    for (const [at, count] of counts.entries()) ofY[at % tall] = (ofY[at % tall] as number) + count;
    for (let one = 0; one < cells; one++)
      for (let two = one; two < cells; two++) {
        const [n1, n2] = [counts[one] as number, counts[two] as number];
        const pairs = one === two ? (n1 * (n1 - 1)) / 2 : n1 * n2;
        if (!(pairs > 0)) continue;
        const [x1, y1] = [Math.floor(one / tall), one % tall];
        const [x2, y2] = [Math.floor(two / tall), two % tall];
        const kind = y1 === y2 ? pairNumber(x1, x2) : y1 < y2 ? x1 * wide + x2 : x2 * wide + x1;
        see(
          pairNumber(y1, y2),
          kind,
          pairs,
          (level) => ((ofY[level] as number) - (y1 === level ? 1 : 0) - (y2 === level ? 1 : 0)) / (size - 2),
        );
      }
  };
  for (const own of used)
    visit(own, (stratum, kind, pairs, others) => {
      weight[stratum] = (weight[stratum] as number) + pairs;
      meanLeft[stratum * kinds + kind] = (meanLeft[stratum * kinds + kind] as number) + pairs;
      for (let k = 0; k < right; k++) meanRight[stratum * right + k] = (meanRight[stratum * right + k] as number) + pairs * others(k);
    });
  for (let s = 0; s < strata; s++) {
    if (weight[s] === 0) continue;
    for (let k = 0; k < kinds; k++) meanLeft[s * kinds + k] = (meanLeft[s * kinds + k] as number) / (weight[s] as number);
    for (let k = 0; k < right; k++) meanRight[s * right + k] = (meanRight[s * right + k] as number) / (weight[s] as number);
  }
  const dimension = strata * kinds * right;
  const [sum, squares] = [new Float64Array(dimension), new Float64Array(dimension * dimension)];
  let contributing = 0;
  for (const own of used) {
    const u = new Float64Array(dimension);
    visit(own, (stratum, kind, pairs, others) => {
      for (let k = 0; k < right; k++) {
        const seen = pairs * (others(k) - (meanRight[stratum * right + k] as number));
        for (let i = 0; i < kinds; i++) {
          const at = (stratum * kinds + i) * right + k;
          u[at] = (u[at] as number) + ((i === kind ? 1 : 0) - (meanLeft[stratum * kinds + i] as number)) * seen;
        }
      }
    });
    if (!u.some((value) => value !== 0)) continue;
    contributing += 1;
    for (let i = 0; i < dimension; i++) {
      const value = u[i] as number;
      if (value === 0) continue;
      sum[i] = (sum[i] as number) + value;
      for (let j = 0; j <= i; j++) squares[i * dimension + j] = (squares[i * dimension + j] as number) + value * (u[j] as number);
    }
  }
  return contributing === 0 ? nothing : { ...selfNormalised(sum, squares), environments: contributing };
}
