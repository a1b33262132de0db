import type { Study } from '../data/study.ts';
import type { Name } from '../graph/variable.ts';
import { betaLower, chiSquareSurvival } from '../math/special.ts';

/** A test of `a` independent of `b` given a set, in one study. */
export interface IndependenceTest {
  readonly a: Name;
  readonly b: Name;
  readonly given: readonly Name[];
  readonly verdict: 'holds' | 'violated' | 'too-sparse' | 'not-tested';
  readonly method?: 'chi-squared test' | 'F test of means' | 'exact';
  readonly statistic?: number;
  readonly degrees?: number;
  readonly p?: number;
  /** After Holm's correction over all tests of the report. */
  readonly adjusted?: number;
  readonly why?: string;
}

/** Below this many records per degree of freedom a test has next to no power. */
const sparse = 2;
/** Strata with fewer (effective) records say nothing. */
const fewest = 4;

/**
 * Tests one conditional independence in one study, stratum by stratum of `given`; records count by the effective size where
 * there are weights. Finite variables: Pearson's chi-squared, its distribution matched to its exact mean and variance given the
 * margins (Haldane 1940), so that sparse tables keep the size of the test. One real-valued variable: F tests of equal means,
 * each with the variance of its stratum, their p values combined through chi-squared quantiles (Lancaster 1961). Exact
 * probabilities: exact comparison. The verdict is left at `holds` until {@link holm} has seen all tests.
 */
export async function testIndependence(study: Study, a: Name, b: Name, given: readonly Name[]): Promise<IndependenceTest> {
  const claim = { a, b, given };
  const finite = (name: Name): boolean => study.domains.get(name)?.kind === 'finite';
  if (!given.every(finite)) return { ...claim, verdict: 'not-tested', why: 'a real-valued variable is conditioned on: cut it' };
  if (finite(a) && finite(b)) return chiSquaredTest(study, claim);
  if (finite(a) || finite(b)) return fTest(study, claim, finite(a) ? b : a, finite(a) ? a : b);
  return { ...claim, verdict: 'not-tested', why: 'both are real-valued: cut one' };
}

interface Claim {
  readonly a: Name;
  readonly b: Name;
  readonly given: readonly Name[];
}

async function chiSquaredTest(study: Study, claim: Claim): Promise<IndependenceTest> {
  const counts = await study.counts([...claim.given, claim.a, claim.b]);
  const width = counts.axes.length;
  const strata = new Map<string, Map<string, number>[]>();
  for (let cell = 0; cell < counts.weight.length; cell++) {
    const codes = Array.from(counts.codes.subarray(cell * width, (cell + 1) * width));
    const weight = counts.weight[cell] as number;
    const key = codes.slice(0, -2).join(' ');
    const tables = strata.get(key) ?? [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()];
    strata.set(key, tables);
    const [x, y] = [String(codes[width - 2]), String(codes[width - 1])];
    for (const [i, name] of [x, y, `${x} ${y}`].entries()) tables[i]?.set(name, (tables[i]?.get(name) ?? 0) + weight);
  }
  const method = 'chi-squared test';
  const scale = counts.exact ? 1 : study.effectiveSize / counts.total;
  let [statistic, degrees, records, variance] = [0, 0, 0, 0];
  for (const tables of strata.values()) {
    const [rows, columns, cells] = tables as [Map<string, number>, Map<string, number>, Map<string, number>];
    const all = [...rows.values()].reduce((sum, value) => sum + value, 0);
    const size = all * scale;
    const free = (rows.size - 1) * (columns.size - 1);
    if (free === 0 || (!counts.exact && size < fewest)) continue;
    degrees += free;
    records += size;
    // Of n times the mean square contingency; times (n - 1) / n its mean is `free`.
    let contingency = -1;
    for (const [key, observed] of cells) {
      const [x, y] = key.split(' ') as [string, string];
      contingency += observed ** 2 / ((rows.get(x) as number) * (columns.get(y) as number));
    }
    statistic += counts.exact ? all * contingency : (size - 1) * contingency;
    variance += ((size - 1) / size) ** 2 * varianceOf(size, margin(rows, all), margin(columns, all));
  }
  if (counts.exact) return { ...claim, method: 'exact', statistic, verdict: Math.abs(statistic) < 1e-9 ? 'holds' : 'violated' };
  if (degrees === 0 || !(variance > 0))
    return { ...claim, verdict: 'too-sparse', method, why: 'no stratum holds two values of both often enough' };
  if (records / degrees < sparse)
    return { ...claim, verdict: 'too-sparse', method, degrees, why: `${degrees} degrees of freedom for ${Math.round(records)} records` };
  // A gamma variable with mean `degrees` and this variance.
  const stretch = variance / (2 * degrees);
  return { ...claim, method, statistic, degrees, p: chiSquareSurvival(statistic / stretch, degrees / stretch), verdict: 'holds' };
}

interface Margin {
  readonly levels: number;
  /** Sum of the reciprocal shares. */
  readonly reciprocals: number;
}

const margin = (totals: ReadonlyMap<string, number>, all: number): Margin => ({
  levels: totals.size,
  reciprocals: [...totals.values()].reduce((sum, value) => sum + all / value, 0),
});

/** The variance of Pearson's chi-squared over all tables with these margins (Haldane 1940). */
function varianceOf(n: number, a: Margin, b: Margin): number {
  const spread = ({ levels }: Margin): number => ((levels - 1) * (n - levels)) / (n - 1);
  const skew = ({ levels, reciprocals }: Margin): number => (reciprocals - levels ** 2) / (n - 2);
  return ((2 * n) / (n - 3)) * (spread(a) - skew(a)) * (spread(b) - skew(b)) + (n ** 2 / (n - 1)) * skew(a) * skew(b);
}

/** F test of equal means of `real` over the levels of `factor` within every stratum of the conditions. */
async function fTest(study: Study, claim: Claim, real: Name, factor: Name): Promise<IndependenceTest> {
  if (study.domains.get(real)?.kind !== 'real')
    return { ...claim, verdict: 'not-tested', why: `${real} is neither finite nor real-valued` };
  const counts = await study.counts([...claim.given, factor], real);
  const { outcome } = counts;
  if (counts.exact || outcome === undefined) return { ...claim, verdict: 'not-tested', why: 'no moments at hand' };
  const width = counts.axes.length;
  const strata = new Map<string, { n: number; sum: number; squares: number; groups: { n: number; sum: number }[] }>();
  for (let cell = 0; cell < counts.weight.length; cell++) {
    const key = Array.from(counts.codes.subarray(cell * width, (cell + 1) * width - 1)).join(' ');
    const stratum = strata.get(key) ?? { n: 0, sum: 0, squares: 0, groups: [] };
    strata.set(key, stratum);
    const group = { n: counts.weight[cell] as number, sum: outcome.sum[cell] as number };
    stratum.n += group.n;
    stratum.sum += group.sum;
    stratum.squares += outcome.squares[cell] as number;
    stratum.groups.push(group);
  }
  const method = 'F test of means';
  const scale = study.effectiveSize / counts.total;
  let [statistic, degrees] = [0, 0];
  for (const { n, sum, squares, groups } of strata.values()) {
    const explained = groups.reduce((total, group) => total + group.sum ** 2 / group.n, 0);
    const [between, within] = [Math.max(0, explained - sum ** 2 / n), Math.max(0, squares - explained)];
    const [above, below] = [groups.length - 1, n * scale - groups.length];
    if (above === 0 || below < 1 || between + within <= 1e-12 * squares) continue;
    const ratio = between / above / (within / below);
    const p = within <= 1e-12 * squares ? 0 : betaLower(below / (below + above * ratio), below / 2, above / 2);
    degrees += above;
    statistic += chiSquareQuantile(p, above);
  }
  if (degrees === 0) return { ...claim, verdict: 'too-sparse', method, why: 'too few records within strata' };
  return { ...claim, method, statistic, degrees, p: chiSquareSurvival(statistic, degrees), verdict: 'holds' };
}

/** Where the survival function is `p`, by bisection; far out it stops at 3000. */
function chiSquareQuantile(p: number, degrees: number): number {
  let [low, high] = [0, 3000];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (chiSquareSurvival(middle, degrees) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Holm's step-down correction over all tests that have a p value; those at or below `level` become `violated`. */
export function holm<T extends IndependenceTest>(tests: readonly T[], level = 0.05): T[] {
  const order = tests
    .map((test, i) => [test.p, i] as const)
    .filter((entry): entry is readonly [number, number] => entry[0] !== undefined)
    .sort((x, y) => x[0] - y[0]);
  const adjusted = new Map<number, number>();
  let worst = 0;
  order.forEach(([p, i], rank) => {
    worst = Math.max(worst, Math.min(1, p * (order.length - rank)));
    adjusted.set(i, worst);
  });
  return tests.map((test, i) => {
    const value = adjusted.get(i);
    return value === undefined ? test : { ...test, adjusted: value, verdict: value <= level ? 'violated' : 'holds' };
  });
}
