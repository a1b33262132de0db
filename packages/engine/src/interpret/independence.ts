import type { Study } from '../data/study.ts';
import type { Name } from '../graph/variable.ts';
import { betaLower, chiSquareSurvival } from '../math/special.ts';

/** A test of `a` independent of `b` given a set, in one study. */
export interface IndependenceTest {
  readonly a: Name;
  readonly b: Name;
  readonly given: readonly Name[];
  readonly verdict: 'holds' | 'violated' | 'too-sparse' | 'not-tested';
  readonly method?: 'G test' | 'F test of means' | 'exact';
  readonly statistic?: number;
  readonly degrees?: number;
  readonly p?: number;
  /** After Holm's correction over all tests of the report. */
  readonly adjusted?: number;
  readonly why?: string;
}

/** Below this many records per free cell a G test is not to be trusted. */
const sparse = 2;

/**
 * Tests one conditional independence in one study: the likelihood-ratio G test over the strata of `given` for finite
 * variables (degrees of freedom only from margins that occur; scaled to the effective size where there are weights), an F test
 * of equal means within strata where one of the two is real-valued, exact comparison for exact probabilities. The verdict is
 * left at `holds` until {@link holm} has seen all tests.
 */
export async function testIndependence(study: Study, a: Name, b: Name, given: readonly Name[]): Promise<IndependenceTest> {
  const claim = { a, b, given };
  const finite = (name: Name): boolean => study.domains.get(name)?.kind === 'finite';
  if (!given.every(finite)) return { ...claim, verdict: 'not-tested', why: 'a real-valued variable is conditioned on: cut it' };
  if (finite(a) && finite(b)) return gTest(study, claim);
  if (finite(a) || finite(b)) return fTest(study, claim, finite(a) ? b : a, finite(a) ? a : b);
  return { ...claim, verdict: 'not-tested', why: 'both are real-valued: cut one' };
}

interface Claim {
  readonly a: Name;
  readonly b: Name;
  readonly given: readonly Name[];
}

async function gTest(study: Study, claim: Claim): Promise<IndependenceTest> {
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
  let [statistic, degrees, records] = [0, 0, 0];
  for (const tables of strata.values()) {
    const [rows, columns, cells] = tables as [Map<string, number>, Map<string, number>, Map<string, number>];
    const all = [...rows.values()].reduce((sum, value) => sum + value, 0);
    const free = (rows.size - 1) * (columns.size - 1);
    if (free === 0) continue;
    degrees += free;
    records += all;
    for (const [key, observed] of cells) {
      const [x, y] = key.split(' ') as [string, string];
      statistic += 2 * observed * Math.log((observed * all) / ((rows.get(x) as number) * (columns.get(y) as number)));
    }
  }
  if (counts.exact) return { ...claim, method: 'exact', statistic, verdict: Math.abs(statistic) < 1e-9 ? 'holds' : 'violated' };
  if (degrees === 0) return { ...claim, verdict: 'too-sparse', method: 'G test', why: 'no stratum holds two values of both' };
  const scale = study.effectiveSize / counts.total;
  if ((records * scale) / degrees < sparse)
    return {
      ...claim,
      verdict: 'too-sparse',
      method: 'G test',
      degrees,
      why: `${degrees} degrees of freedom for ${Math.round(records * scale)} records`,
    };
  return {
    ...claim,
    method: 'G test',
    statistic: statistic * scale,
    degrees,
    p: chiSquareSurvival(statistic * scale, degrees),
    verdict: 'holds',
  };
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
  let [between, within, above, below] = [0, 0, 0, 0];
  for (const { n, sum, squares, groups } of strata.values()) {
    const explained = groups.reduce((total, group) => total + group.sum ** 2 / group.n, 0);
    between += explained - sum ** 2 / n;
    within += squares - explained;
    above += groups.length - 1;
    below += n - groups.length;
  }
  const scale = study.effectiveSize / counts.total;
  if (above === 0 || below * scale < 2 || within <= 0)
    return { ...claim, verdict: 'too-sparse', method: 'F test of means', why: 'too few records within strata' };
  const statistic = between / above / (within / below);
  const p = betaLower(below / (below + above * statistic), below / 2, above / 2);
  return { ...claim, method: 'F test of means', statistic, degrees: above, p, verdict: 'holds' };
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
