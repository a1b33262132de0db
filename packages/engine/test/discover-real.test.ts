import { describe, expect, it } from 'vitest';
import { memoryStudy } from '../src/data/memory.ts';
import type { Study } from '../src/data/study.ts';
import { type DiscoverOptions, discoverGraph } from '../src/discover.ts';
import { askLearned } from '../src/discover-ask.ts';
import type { DiscoveryDocument } from '../src/discover-document.ts';
import { linearGraphSteps } from '../src/exchangeable/linear-pc.ts';
import { readMixedEnvironments } from '../src/exchangeable/mixed-environments.ts';
import { Random } from '../src/math/random.ts';
import { chiSquareSurvival, normalCdf } from '../src/math/special.ts';
import { discoveryText } from '../src/present/discovery.ts';
import { loadProblem } from '../src/problem.ts';
import { atOnce } from '../src/run/steps.ts';

type Row = Readonly<Record<string, string | number>>;
/** Rows of `each` records of environments; `own` draws what an environment has of its own. */
function rowsOf<T>(count: number, each: number, seed: number, own: (random: Random) => T, record: (of: T, random: Random) => Row): Row[] {
  const random = new Random(seed, 'rows');
  return Array.from({ length: count }, (_, e) => {
    const of = own(random);
    return Array.from({ length: each }, () => ({ site: `s${e}`, ...record(of, random) }));
  }).flat();
}
async function studyOf(rows: readonly Row[], environment = 'site'): Promise<Study> {
  const names = Object.keys(rows[0] ?? {});
  const csv = `${[names, ...rows.map((row) => names.map((name) => row[name]))].map((cells) => cells.join()).join('\n')}\n`;
  const study = await memoryStudy({ name: 'sites', regime: { set: [], environment } }, { csv });
  if (!study.ok) throw new Error(JSON.stringify(study.issues));
  return study.value;
}
async function found(rows: readonly Row[], options: DiscoverOptions = {}): Promise<DiscoveryDocument> {
  const result = await discoverGraph({ studies: [await studyOf(rows)] }, options);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
const says = ({ diagnostics }: DiscoveryDocument, name: string): string[] =>
  diagnostics.filter((one) => one.name === name).map((one) => one.says);

/** dose -> level -> ill: real, real, finite. */
const chain = (count: number, each: number, seed: number): Row[] =>
  rowsOf(
    count,
    each,
    seed,
    (random) => ({ mean: 2 * random.normal(), base: random.normal(), slope: 1 + 0.6 * random.normal(), risk: random.normal() }),
    ({ mean, base, slope, risk }, random) => {
      const dose = mean + random.normal();
      const level = base + slope * dose + random.normal();
      return { dose, level, ill: random.next() < 1 / (1 + Math.exp(-level - risk)) ? 'yes' : 'no' };
    },
  );

describe('a graph of real variables from environments', () => {
  it('two real ones and a finite one: directions, resamples, PC by correlations, and what is not available', async () => {
    const document = await found(chain(300, 8, 1), { bootstrap: 4 });
    expect(document).toMatchObject({
      graph: 'dose -> level; level -> ill',
      pattern: 'dose -> level; level -> ill',
      environments: { count: 300, records: 2400, smallest: 8, largest: 8 },
      variables: [{ name: 'dose' }, { name: 'level' }, { name: 'ill', levels: ['no', 'yes'] }],
      bootstrap: { resamples: 4 },
      ok: true,
    });
    expect(document.variables[0]).not.toHaveProperty('levels');
    for (const { decided, existence, reversal } of document.edges) {
      expect(decided).toBe(true);
      expect(existence).toBeLessThan(1e-6);
      expect(reversal).toBeLessThan(0.05);
    }
    expect(document.missing).toMatchObject([{ between: ['dose', 'ill'], given: ['level'] }]);
    expect(document.independent?.method).toContain('Fisher z');
    expect(document.unavailable?.map(({ what }) => what)).toEqual(['score', 'paper']);
    expect(says(document, 'variation')[0]).toMatch(/^Between environments varies the mechanism of dose .*level/u);
    // A finite variable with a real cause has no fit here, and it is said.
    expect(says(document, 'not-checked')).toEqual([expect.stringMatching(/mechanism of ill .* real cause level/u)]);
    expect(discoveryText(document)).toMatch(/two records of each +not compared: needs finite variables/u);
  });

  it('the algorithm of the paper is refused; a number that never changes is left out', async () => {
    const rows = chain(20, 4, 2).map((row) => ({ ...row, scale: 0.5 }));
    const refused = await discoverGraph({ studies: [await studyOf(rows)] }, { algorithm: 'paper' });
    expect(refused.ok ? [] : refused.issues.map(({ code }) => code)).toEqual(['paper-needs-levels']);
    expect((await found(rows, { bootstrap: 0, opinions: false })).leftOut).toEqual([{ name: 'scale', why: 'it has one value only' }]);
  });

  it('levels and slopes that vary together take the direction away', async () => {
    const rows = rowsOf(
      120,
      20,
      3,
      (random) => random.normal(),
      (common, random) => {
        const x = common + random.normal();
        return { x, y: 2 * common + x + random.normal() };
      },
    );
    const document = await found(rows, { bootstrap: 0, opinions: false });
    expect(document.ok).toBe(false);
    expect(document.edges).toHaveLength(1);
    expect(document.edges[0]?.decided).toBe(false);
    expect(says(document, 'independent-mechanisms')[0]).toMatch(/^The level of [xy] and .* vary together/u);
  });

  it('graph and effect together: the mean slope over environments, and no effect the other way round', async () => {
    const rows = chain(150, 8, 4).map(({ ill: _, ...row }) => row);
    const problem = await loadProblem({ studies: [{ name: 'sites', data: rows, environment: 'site' }] });
    if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
    const result = await askLearned(problem.value, ['E[level | do(dose=1)] - E[level | do(dose=0)]'], { discover: { bootstrap: 0 } });
    if (!result.ok) throw new Error(JSON.stringify(result.issues));
    const [answer] = result.value.answers.answers;
    expect(result.value.discovery.pattern).toBe('dose -> level');
    // Slopes are 1 in the mean, .6 their deviation: .05 is the error of the mean of 150.
    expect(Math.abs((answer?.value as number) - 1)).toBeLessThan(0.2);
    expect(answer?.learned?.graph).toBe('dose -> level');
  });
});

describe('PC by partial correlations', () => {
  const read = async (rows: readonly Row[]) => {
    const names = Object.keys(rows[0] ?? {}).filter((name) => name !== 'site');
    const environments = await readMixedEnvironments([await studyOf(rows)], names);
    if (!environments.ok) throw new Error(JSON.stringify(environments.issues));
    return environments.value;
  };
  const numbers = (rows: readonly Row[], name: string): number[] => rows.map((row) => Number(row[name]));
  const mean = (x: readonly number[]): number => x.reduce((sum, one) => sum + one, 0) / x.length;
  const correlation = (x: readonly number[], y: readonly number[]): number => {
    const [mx, my] = [mean(x), mean(y)];
    const sum = (f: (i: number) => number) => x.reduce((total, _, i) => total + f(i), 0);
    const product = sum((i) => ((x[i] as number) - mx) * ((y[i] as number) - my));
    return product / Math.sqrt(sum((i) => ((x[i] as number) - mx) ** 2) * sum((i) => ((y[i] as number) - my) ** 2));
  };

  it('a collider is directed; p is that of Fisher’s z, by the formula for one condition', async () => {
    const rows = rowsOf(
      2,
      400,
      5,
      () => undefined,
      (_, random) => {
        const [a, b] = [random.normal(), random.normal()];
        const c = a + b + random.normal();
        return { a, b, c, d: c + random.normal() };
      },
    );
    const graph = atOnce(linearGraphSteps(await read(rows)));
    expect(graph.arrows.map((pair) => pair.join('>')).sort()).toEqual(['0>2', '1>2', '2>3']);
    expect(graph.lines).toEqual([]);
    const [a, c, d] = ['a', 'c', 'd'].map((name) => numbers(rows, name)) as [number[], number[], number[]];
    const [ac, ad, cd] = [correlation(a, c), correlation(a, d), correlation(c, d)];
    const r = (ad - ac * cd) / Math.sqrt((1 - ac ** 2) * (1 - cd ** 2));
    const z = Math.atanh(r) * Math.sqrt(800 - 1 - 3);
    expect(graph.separations.find((one) => one.a === 0 && one.b === 3)).toMatchObject({
      given: [2],
      p: expect.closeTo(2 * normalCdf(-Math.abs(z)), 9),
    });
  });

  it('levels beyond two: Wilks’ lambda is the share of variance within groups', async () => {
    const rows = rowsOf(
      2,
      60,
      6,
      () => undefined,
      (_, random) => ({ y: random.normal(), group: ['a', 'b', 'c'][random.integer(3)] as string }),
    );
    const [separation] = atOnce(linearGraphSteps(await read(rows))).separations;
    const y = numbers(rows, 'y');
    const groups = ['a', 'b', 'c'].map((name) => y.filter((_, i) => rows[i]?.group === name));
    const squares = (x: readonly number[]) => x.reduce((sum, one) => sum + (one - mean(x)) ** 2, 0);
    const lambda = groups.reduce((sum, own) => sum + squares(own), 0) / squares(y);
    expect(separation?.p).toBeCloseTo(chiSquareSurvival(-(120 - 1 - 2) * Math.log(lambda), 2), 9);
  });
});
