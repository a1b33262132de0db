import { describe, expect, it } from 'vitest';
import { memoryStudy } from '../src/data/memory.ts';
import type { Study } from '../src/data/study.ts';
import { discoverGraph } from '../src/discover.ts';
import { askLearned } from '../src/discover-ask.ts';
import { condense } from '../src/discover-condense.ts';
import type { DiscoveryDocument } from '../src/discover-document.ts';
import { differencesOf, graphTextOf, patternTextOf } from '../src/discover-graph.ts';
import { membersOf } from '../src/discover-members.ts';
import { type DiscoveryOptions, discoverySteps } from '../src/exchangeable/discover.ts';
import { type Environments, pickEnvironments } from '../src/exchangeable/environments.ts';
import { equivalenceClass } from '../src/exchangeable/partial-graph.ts';
import { drawEnvironments, tableModel, xorModel } from '../src/exchangeable/processes.ts';
import { parseDagitty } from '../src/graph/formats/dagitty.ts';
import { Random } from '../src/math/random.ts';
import { loadProblem } from '../src/problem.ts';
import { atOnce } from '../src/run/steps.ts';
import { threeGraphs } from './exchangeable/processes-support.ts';

/** Rows of environments as a problem document would hold them. */
function rowsOf({ names, levels, labels, starts, columns }: Environments): Record<string, string>[] {
  return labels.flatMap((label, e) =>
    Array.from({ length: (starts[e + 1] as number) - (starts[e] as number) }, (_, i) => {
      const r = (starts[e] as number) + i;
      return { site: label, ...Object.fromEntries(names.map((name, v) => [name, levels[v]?.[columns[v]?.[r] as number] as string])) };
    }),
  );
}
async function problemOf(environments: Environments) {
  const problem = await loadProblem({ studies: [{ name: 'sites', data: rowsOf(environments), environment: 'site' }] });
  if (!problem.ok) throw new Error(JSON.stringify(problem.issues));
  return problem.value;
}
async function found(...[environments, options]: [Environments, Parameters<typeof discoverGraph>[1]?]): Promise<DiscoveryDocument> {
  const result = await discoverGraph(await problemOf(environments), options);
  if (!result.ok) throw new Error(JSON.stringify(result.issues));
  return result.value;
}
const sites = async (
  csv: string,
  environment: string | undefined = 'site',
  set: readonly string[] = [],
  name = 'study',
): Promise<Study> => {
  const study = await memoryStudy({ name, regime: { set, ...(environment && { environment }) } }, { csv });
  if (!study.ok) throw new Error(study.issues[0]?.message);
  return study.value;
};
const codes = async (studies: readonly Study[], options: Parameters<typeof discoverGraph>[1] = {}): Promise<string[]> => {
  const result = await discoverGraph({ studies }, options);
  return result.ok ? [] : result.issues.map(({ code }) => code);
};

const chain = xorModel(threeGraphs[0] as (typeof threeGraphs)[number]);
const many = drawEnvironments(chain, 400, 8, new Random(1));
const few = drawEnvironments(chain, 45, 6, new Random(12));

describe('a graph from environments', () => {
  it('is found with its directions where environments are many; second opinions agree as far as they can', async () => {
    const document = await found(many, { bootstrap: 12 });
    expect(document).toMatchObject({
      schema: 'doable/discovery@1',
      graph: 'A -> B; B -> C',
      pattern: 'A -> B; B -> C',
      order: ['A', 'B', 'C'],
      environments: { count: 400, records: 3200, smallest: 8, median: 8, largest: 8, withTwo: 400 },
      ok: true,
    });
    for (const edge of document.edges) {
      expect(edge.decided).toBe(true);
      expect(edge.existence).toBeLessThan(1e-6);
      expect(edge.reversal).toBeLessThan(0.05);
      expect((edge.share as number) + (edge.reversedShare as number)).toBeLessThanOrEqual(1);
    }
    expect(document.missing).toMatchObject([{ between: ['A', 'C'], given: ['B'] }]);
    expect(document.score).toMatchObject({ agrees: true, text: 'A -> B; B -> C' });
    // A chain and its reverse imply the same independences.
    expect(document.independent).toMatchObject({ agrees: true, text: 'A -- B; B -- C' });
    expect(document.diagnostics.filter(({ level }) => level !== 'ok')).toEqual([]);
  });

  it('leaves directions open where environments are few, and says how many it takes', async () => {
    const document = await found(few, { bootstrap: 0, opinions: false });
    expect(document.edges.map(({ decided, undecided }) => [decided, undecided])).toEqual([
      [false, 'not-refuted'],
      [false, 'not-refuted'],
    ]);
    expect(document.pattern).toBe('A -- B; B -- C');
    expect(document.graph).toMatch(/^(?:A -> B|B -> A); (?:B -> C|C -> B)$/u);
    const says = document.diagnostics.filter(({ name }) => name === 'orientation').map((one) => one.says);
    expect(says).toHaveLength(2);
    for (const one of says) expect(one).toMatch(/about [\d.e+]+ environments like these would|do not tell how many/u);
    expect([document.bootstrap, document.score, document.paper, document.independent]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('counts what resamples of environments find: the same as resampling by hand', async () => {
    const document = await found(few, { bootstrap: 20, seed: 5, opinions: false });
    const options: DiscoveryOptions = { edgeLevel: 0.005, sinkLevel: 0.05 };
    const random = new Random(5, 'discovery');
    const byHand = new Map<string, number>();
    let arrows = 0;
    for (let b = 0; b < 20; b++) {
      const draw = random.split(b);
      const picked = pickEnvironments(
        few,
        Array.from({ length: 45 }, () => draw.integer(45)),
      );
      const { edges } = atOnce(discoverySteps(picked, options));
      const text = edges
        .map(({ from, to }) => `${few.names[from]} -> ${few.names[to]}`)
        .sort()
        .join('; ');
      byHand.set(text, (byHand.get(text) ?? 0) + 1);
      if (edges.some(({ from, to }) => few.names[from] === document.edges[0]?.from && few.names[to] === document.edges[0]?.to)) arrows += 1;
    }
    expect(document.bootstrap).toMatchObject({ resamples: 20, asked: 20, same: (byHand.get(document.graph) ?? 0) / 20 });
    const shares = document.bootstrap?.graphs.map(({ text, share }) => [text.replace(/^(?:[ABC]; )+/u, ''), share * 20] as const) ?? [];
    for (const [text, count] of shares) if (text.includes('->')) expect(byHand.get(text)).toBeCloseTo(count, 9);
    expect(shares.reduce((sum, [, count]) => sum + count, 0)).toBeCloseTo(20, 9);
    expect(document.edges[0]?.share).toBeCloseTo(arrows / 20, 12);
  });

  it('the same seed gives the same digits, another seed other resamples', async () => {
    const run = async (seed: number) => JSON.stringify({ ...(await found(few, { bootstrap: 15, seed, opinions: false })), seed: 0 });
    const [one, again, other] = [await run(1), await run(1), await run(2)];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  it('told to end, it gives what it has; told so at once, it is interrupted', async () => {
    let asked = 0;
    const signal = {
      get aborted() {
        return asked > 12;
      },
    };
    const problem = await problemOf(few);
    const result = await discoverGraph(problem, { bootstrap: 1000, opinions: false, signal, onProgress: () => (asked += 1) });
    if (!result.ok) throw new Error();
    expect(result.value.partial).toBe(true);
    expect(result.value.edges).toEqual(
      (await found(few, { bootstrap: 0, opinions: false })).edges.map((edge) => expect.objectContaining(edge)),
    );
    expect(result.value.bootstrap?.resamples).toBeLessThan(10);
    await expect(discoverGraph(problem, { signal: { aborted: true } })).rejects.toThrow(expect.objectContaining({ name: 'Interrupted' }));
  });

  it('two records of each: the algorithm of the paper by itself and beside ours', async () => {
    const pair = drawEnvironments(xorModel([['X', []], ['Y', ['X']]]), 3000, 2, new Random(3)); // biome-ignore format: small
    const own = await found(pair, { algorithm: 'paper', bootstrap: 5, opinions: false });
    expect(own).toMatchObject({ algorithm: 'paper', graph: 'X -> Y', rounds: [] });
    expect(own.edges[0]).toMatchObject({ from: 'X', to: 'Y' });
    expect((await found(pair, { bootstrap: 0 })).paper).toMatchObject({ text: 'X -> Y', agrees: true });
    // Where its sink tests have no power, variables pass as the last together.
    const document = await found(few, { bootstrap: 0 });
    expect(document.paper?.agrees).toBe(false);
    expect(document.paper?.says).toMatch(/pass as the last together, and it draws no edge/u);
  });

  it('symmetric variation: two records show nothing, three records and held-out environments the edge', async () => {
    const symmetric = xorModel([['X', []], ['Y', ['X']]], [1, 1]); // biome-ignore format: small
    const document = await found(drawEnvironments(symmetric, 400, 4, new Random(4)), { bootstrap: 0 });
    // Tests of two records show nothing; those of three show the edge.
    expect(document.paper?.text).toBe('X; Y');
    expect(document.edges.map(({ from, to }) => [from, to].sort())).toEqual([['X', 'Y']]);
    expect(document.edges[0]?.positions).toBe(3);
    expect(document.score?.text).toMatch(/^(?:X -> Y|Y -> X)$/u);
  });

  it('nothing varies: no direction, and no claim', async () => {
    const fixed = xorModel([['X', []], ['Y', ['X']]], 0.25); // biome-ignore format: small
    const document = await found(drawEnvironments(fixed, 300, 5, new Random(5)), { bootstrap: 0, opinions: false });
    expect(document).toMatchObject({ ok: false, pattern: 'X -- Y' });
    expect(document.diagnostics.find(({ name }) => name === 'variation')).toMatchObject({ level: 'warn' });
  });

  it('mechanisms that vary together take the direction away', async () => {
    // One number of each environment moves both X and Y: a hidden common cause of everything.
    const random = new Random(6);
    const rows: string[] = ['site,X,Y'];
    for (let e = 0; e < 200; e++) {
      const share = random.beta(1, 2);
      for (let i = 0; i < 10; i++) {
        const x = random.next() < share ? 1 : 0;
        const y = random.next() < (x === 1 ? 0.3 + 0.7 * share : share) ? 1 : 0;
        rows.push(`s${e},${x},${y}`);
      }
    }
    const result = await discoverGraph({ studies: [await sites(`${rows.join('\n')}\n`)] }, { bootstrap: 0, opinions: false });
    if (!result.ok) throw new Error();
    expect(result.value.ok).toBe(false);
    expect(result.value.diagnostics.find(({ name }) => name === 'independent-mechanisms')?.level).toBe('fail');
    expect(result.value.edges).toHaveLength(1);
    expect(result.value.edges[0]?.decided).toBe(false);
  });
});

describe('what discovery cannot read', () => {
  it('is said with the remedy', async () => {
    const plain = 'site,X,Y\na,0,1\na,1,1\nb,0,0\nb,1,1\n';
    expect(await codes([])).toEqual(['no-study']);
    expect(await codes([await sites(plain, '')])).toEqual(['no-environments']);
    expect(await codes([await sites(plain, 'site', ['X'])])).toEqual(['not-watched']);
    expect(await codes([await sites('site,X,Y\na,0,1\na,1,0\n')])).toEqual(['one-environment']);
    expect(await codes([await sites('site,X,Y\na,0,1\nb,1,1\nc,1,0\n')])).toEqual(['no-pairs']);
    expect(await codes([await sites('site,X,Y\na,0,1\na,1,1\nb,0,1\n')])).toEqual(['few-variables']);
    expect(await codes([await sites(plain)], { variables: ['X', 'Z', 'site'] })).toEqual(['unknown-variable', 'unknown-variable']);
    expect(await codes([await sites(plain)], { test: 'pooled' })).toEqual(['pooled-pairs']);
    const refused = await discoverGraph({ studies: [await sites(plain)] }, { test: 'pooled' });
    expect(refused.ok ? '' : refused.issues[0]?.message).toMatch(/78 % with 20/u);
  });

  it('is left out where the rest can be read: a column of one value, a study in which something was set', async () => {
    const one = await sites('site,X,Y,Z\na,0,1,5\na,1,1,5\nb,0,0,5\nb,1,1,5\n');
    const set = await sites('site,X,Y,Z\na,0,1,5\na,1,1,5\n', 'site', ['X'], 'trial');
    const result = await discoverGraph({ studies: [one, set] }, { bootstrap: 0, opinions: false });
    if (!result.ok) throw new Error(JSON.stringify(result.issues));
    expect(result.value.leftOut).toEqual([{ name: 'Z', why: 'it has one value only' }]);
    expect(result.value.diagnostics.find(({ name }) => name === 'not-watched')?.says).toContain('trial');
  });
});

describe('parts', () => {
  it('equal records as one with their count change no test', () => {
    const tidy = condense(many);
    expect(tidy.counts?.reduce((sum, one) => sum + one, 0)).toBe(3200);
    expect(tidy.starts[400]).toBeLessThan(3200);
    const p = (environments: Environments) => atOnce(discoverySteps(environments)).edges.map(({ test }) => test.statistic);
    for (const [i, statistic] of p(tidy).entries()) expect(statistic).toBeCloseTo(p(many)[i] as number, 8);
  });

  it('graphs as text are read back; undecided edges, differences in words', () => {
    const names = ['a b', 'X', 'Y'];
    const text = graphTextOf(names, [
      [2, 1],
      [0, 2],
    ]);
    expect(text).toBe('"a b" -> Y; Y -> X');
    expect(parseDagitty(text).ok).toBe(true);
    expect(patternTextOf(names, [{ from: 'Y', to: 'X', decided: false }])).toBe('"a b"; X -- Y');
    expect(differencesOf(names, [[0, 1]], [[1, 0], [1, 2]])).toEqual(['X -> a b instead of a b -> X', 'also X -> Y']); // biome-ignore format: small
    expect(differencesOf(names, [[0, 1]], [[1, 0]], () => true)).toEqual([]);
    expect(differencesOf(names, [[0, 1]], [])).toEqual(['no edge between a b and X']);
  });

  it('graphs that records cannot tell apart: three of a chain, one of a collider, six of three variables all joined', () => {
    const sizes = [[[], [0], [1]], [[], [0, 2], []], [[], [0], [0, 1]], [[], [], []]].map((parents) => membersOf(equivalenceClass(parents)).length); // biome-ignore format: small
    expect(sizes).toEqual([3, 1, 6, 1]);
  });
});

describe('graph and effect together', () => {
  // In a new environment P(Y=1 | do(X=1)) is the mean of the row, 5 / 7; the other way round it would be P(Y=1).
  const pair = drawEnvironments(tableModel([1, 3], [[1, 4], [5, 2]]), 400, 8, new Random(7)); // biome-ignore format: small

  it('the answer under the graph that was found, with the truth in reach, and what other graphs would say', async () => {
    const result = await askLearned(await problemOf(pair), ['P(Y=1 | do(X=1))', 'P(Y | do(X=1))'], { discover: { bootstrap: 20 } });
    if (!result.ok) throw new Error(JSON.stringify(result.issues));
    const { answers, discovery } = result.value;
    expect(discovery.graph).toBe('X -> Y');
    const [point, whole] = answers.answers;
    expect(Math.abs((point?.value as number) - 5 / 7)).toBeLessThan(0.06);
    expect(point?.learned).toMatchObject({ graph: 'X -> Y', resamples: 20 });
    const { learned } = point as { learned: NonNullable<(typeof point & object)['learned']> };
    expect(learned.same + learned.graphs.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    // Independent records do not tell X -> Y from Y -> X: P(Y=1 | X=1), or P(Y=1), by counting.
    const rows = rowsOf(pair);
    const share = (of: readonly Record<string, string>[]) => of.filter(({ Y }) => Y === '1').length / of.length;
    const [all, some] = [share(rows), share(rows.filter(({ X }) => X === '1'))];
    expect(learned.independent.graph).toBe('X -- Y');
    expect(learned.independent.range?.[0]).toBeCloseTo(Math.min(all, some), 9);
    expect(learned.independent.range?.[1]).toBeCloseTo(Math.max(all, some), 9);
    expect(point?.diagnostics.map(({ name }) => name)).toEqual(expect.arrayContaining(['learned graph', 'as independent records']));
    expect(whole?.distribution).toHaveLength(2);
  });

  it('an undecided direction is asked both ways', async () => {
    const thin = pickEnvironments(
      pair,
      Array.from({ length: 18 }, (_, e) => e),
    );
    const result = await askLearned(await problemOf(thin), ['P(Y=1 | do(X=1))'], { discover: { bootstrap: 0 } });
    if (!result.ok) throw new Error(JSON.stringify(result.issues));
    const [answer] = result.value.answers.answers;
    expect(result.value.discovery.pattern).toBe('X -- Y');
    expect(answer?.learned?.graphs.map(({ graph, share }) => [graph, share])).toEqual([
      [result.value.discovery.graph === 'X -> Y' ? 'Y -> X' : 'X -> Y', 0],
    ]);
    const [low, high] = (answer?.learned?.range ?? [0, 0]) as readonly [number, number];
    expect(high - low).toBeGreaterThan(0.1);
    expect(answer?.diagnostics.find(({ name }) => name === 'learned graph')?.level).toBe('warn');
  });
});
