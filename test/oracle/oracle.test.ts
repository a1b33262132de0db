import { expect, test } from 'vitest';
import { exactModel } from './exact.ts';
import { rankVerdict, strongestVerdict } from './oracle.ts';
import { randomCases } from './random-graphs.ts';
import type { OracleCase } from './setup.ts';

type At = Readonly<Record<string, number>>;

/** Sums the observational table of a model over cells that agree with `at`. */
function margin(oracleCase: OracleCase, seed: number) {
  const model = exactModel(oracleCase, seed);
  const study = model.studies[0] as (typeof model.studies)[number];
  const p = (at: At): number =>
    study.cells
      .filter((cell) => Object.entries(at).every(([name, value]) => cell.at[name] === value))
      .reduce((sum, cell) => sum + cell.probability, 0);
  return { model, p };
}

const binary = [0, 1];

test('exact models obey the front-door formula, and not the naive one', () => {
  for (const query of ['P(Y | do(X))', 'P(Y[X], X[X])']) {
    for (const seed of [1, 2, 3]) {
      const { model, p } = margin({ graph: 'X -> M -> Y; X <-> Y', query }, seed);
      let naiveGap = 0;
      for (const x of binary)
        for (const y of binary) {
          let formula = 0;
          for (const m of binary)
            for (const other of binary)
              formula += (p({ X: x, M: m }) / p({ X: x })) * (p({ X: other, M: m, Y: y }) / p({ X: other, M: m })) * p({ X: other });
          const truth = model.answers.find(({ at }) => at['X='] === x && at.Y === y && (at.X ?? x) === x)?.value as number;
          expect(Math.abs(truth - formula)).toBeLessThan(1e-12);
          naiveGap = Math.max(naiveGap, Math.abs(truth - p({ X: x, Y: y }) / p({ X: x })));
        }
      expect(naiveGap).toBeGreaterThan(1e-5);
    }
  }
});

test('exact models obey the napkin formula for both values of the outer variable, and P(y | x) is wrong', () => {
  for (const seed of [1, 2, 3]) {
    const { model, p } = margin({ graph: 'W -> Z -> X -> Y; W <-> X; W <-> Y', query: 'P(Y | do(X))' }, seed);
    let naiveGap = 0;
    for (const { at, value } of model.answers) {
      const [x, y] = [at['X='] as number, at.Y as number];
      for (const z of binary) {
        const part = (cell: At): number =>
          binary.reduce((sum, w) => sum + (p({ ...cell, Z: z, W: w }) / p({ Z: z, W: w })) * p({ W: w }), 0);
        expect(Math.abs(part({ X: x, Y: y }) / part({ X: x }) - (value as number))).toBeLessThan(1e-12);
      }
      naiveGap = Math.max(naiveGap, Math.abs(p({ X: x, Y: y }) / p({ X: x }) - (value as number)));
    }
    expect(naiveGap).toBeGreaterThan(1e-4);
  }
});

test('counterfactual truths: effect on the treated by adjustment, nested worlds by the mediation formula', () => {
  const treated = margin({ graph: 'Z -> X; Z -> Y; X -> Y', query: 'P(Y[X=0]=1 | X=1)' }, 5);
  const p = treated.p;
  const adjusted = binary.reduce((sum, z) => sum + (p({ X: 0, Z: z, Y: 1 }) / p({ X: 0, Z: z })) * (p({ X: 1, Z: z }) / p({ X: 1 })), 0);
  expect(Math.abs((treated.model.answers[0]?.value as number) - adjusted)).toBeLessThan(1e-12);

  const nested = margin({ graph: 'X -> M; X -> Y; M -> Y', query: 'P(Y[X=1, M=M[X=0]]=1)' }, 5);
  const q = nested.p;
  const mediated = binary.reduce((sum, m) => sum + (q({ X: 1, M: m, Y: 1 }) / q({ X: 1, M: m })) * (q({ X: 0, M: m }) / q({ X: 0 })), 0);
  expect(Math.abs((nested.model.answers[0]?.value as number) - mediated)).toBeLessThan(1e-12);
});

test('every table of every study sums to one for every value of its do-set', () => {
  const model = exactModel({ graph: 'W -> Z -> X -> Y; W <-> X; W <-> Y', query: 'P(Y | do(X))', experiments: [[], ['Z'], ['W', 'X']] }, 3);
  for (const { set, cells } of model.studies) {
    const sums = new Map<string, number>();
    for (const { at, probability } of cells) {
      const key = set.map((name) => at[name]).join();
      sums.set(key, (sums.get(key) ?? 0) + probability);
    }
    expect(sums.size).toBe(2 ** set.length);
    for (const sum of sums.values()) expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
  }
});

test('tables and response functions give the same verdicts', () => {
  let compared = 0;
  for (const one of randomCases(31, 150, { most: 5, arcsAtMost: 3, conditional: 0.3, experiments: 0.3 })) {
    if (tooManyFunctions(one)) continue;
    compared++;
    expect([one.graph, one.query, rankVerdict(one, { manyWorlds: true }).identifiable]).toEqual([
      one.graph,
      one.query,
      rankVerdict(one).identifiable,
    ]);
  }
  expect(compared).toBeGreaterThan(40);
});

function tooManyFunctions({ graph }: OracleCase): boolean {
  const parents = new Map<string, number>();
  for (const [, child] of graph.matchAll(/-> (\w+)/g)) parents.set(child as string, (parents.get(child as string) ?? 0) + 1);
  return [...parents.values()].reduce((sum, n) => sum + 2 ** n, 0) > 14;
}

test('exact and floating verdicts agree on random graphs', () => {
  let [largestYes, smallestNo] = [0, 1];
  for (const one of randomCases(41, 300, { conditional: 0.3, experiments: 0.2 })) {
    const { identifiable, residual } = rankVerdict(one, { real: true, hiddenLevels: 2 });
    if (identifiable) largestYes = Math.max(largestYes, residual as number);
    else smallestNo = Math.min(smallestNo, residual as number);
  }
  expect(largestYes).toBeLessThan(1e-9);
  expect(smallestNo).toBeGreaterThan(1e-7);
});

test('questions from observation that need no line 7 are identifiable', () => {
  const seen = { easy: 0, hard: 0, refuted: 0 };
  for (const one of randomCases(51, 600)) {
    const { identifiable } = strongestVerdict(one);
    if (one.lineSeven) {
      seen.hard++;
      if (!identifiable) seen.refuted++;
    } else {
      seen.easy++;
      expect([one.graph, one.query, identifiable]).toEqual([one.graph, one.query, true]);
    }
  }
  expect(seen.easy).toBeGreaterThan(100);
  expect(seen.refuted).toBeGreaterThan(100);
  expect(seen.hard - seen.refuted).toBeGreaterThan(60);
});

test('a class that is too small looks identifiable: two hidden levels do not refute what three do', () => {
  const one = { graph: 'V1 -> V2 -> V3 -> V4; V1 <-> V3; V1 <-> V4', query: 'P(V4, V2 | do(V3))' };
  expect(rankVerdict(one, { hiddenLevels: 2 }).identifiable).toBe(true);
  expect(rankVerdict(one, { hiddenLevels: 3 }).identifiable).toBe(false);
  expect(strongestVerdict(one).identifiable).toBe(false);
});

test('two levels of the treatment can identify what three do not', () => {
  const one = { graph: 'X -> Y; X <-> Y', query: 'P(Y[X=1]=1, X=0)', experiments: [[], ['X']] };
  expect(rankVerdict(one).identifiable).toBe(true);
  expect(rankVerdict({ ...one, levels: { X: 3 } }).identifiable).toBe(false);
});

test('same seed, same cases; a shorter run is a prefix', () => {
  expect(randomCases(7, 20)).toEqual(randomCases(7, 40).slice(0, 20));
  expect(randomCases(8, 5)).not.toEqual(randomCases(7, 5));
});
