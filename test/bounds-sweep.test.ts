import { type Answer, verifyCertificate } from '@doable/engine';
import { describe, expect, test } from 'vitest';
import { enumeratedBounds, valueIn } from './oracle/bounds/bounds.ts';
import { instrumentalInequality } from './oracle/bounds/closed.ts';
import {
  type BoundsCase,
  bowCases,
  effect,
  instrumentCases,
  necessityAndSufficiency,
  randomCase,
  shapeCases,
  systemOf,
} from './oracle/bounds/families.ts';
import { boundsByProduct, type ProductProblem, problemOf, questionOf, sampled } from './oracle/bounds/product.ts';
import { type ExplicitModel, explicitModel, merged, seen, slices } from './oracle/bounds/several.ts';
import { plant, type Query, type Regime, type System, tableOf } from './oracle/bounds/system.ts';
import { type Certified, modelOfWitness, type Witness } from './oracle/bounds/witness.ts';
import { createDraws } from './oracle/draws.ts';

/** `DOABLE_SWEEP=full`: about forty times as many problems, and larger ones; its figures are printed. */
const full = process.env.DOABLE_SWEEP === 'full';
const report = (says: string): void => {
  if (full) process.stdout.write(`${says}\n`);
};

/** Stops the product where it begins to compare further studies, or after `most` boxes: what it has by then is the answer. */
function stopping(most = Number.POSITIVE_INFINITY): Parameters<typeof boundsByProduct>[1] {
  const controller = new AbortController();
  let boxes = 0;
  return {
    verify: false,
    signal: controller.signal,
    onProgress: ({ task }) => {
      boxes += task === 'lower bound' || task === 'upper bound' ? 1 : 0;
      if (task === 'which study would help' || boxes > most) controller.abort();
    },
  };
}

function bounds(answer: Answer): { lower: number; upper: number } {
  const { lower, upper } = answer;
  if (lower === undefined || upper === undefined) throw new Error(`no bounds: ${JSON.stringify({ ...answer, certificate: undefined })}`);
  return { lower, upper };
}

function expectVerified(answer: Answer, what: string): void {
  expect(answer.certificate, what).toBeDefined();
  const { accepted, checks } = verifyCertificate(answer.certificate as object);
  expect(accepted, `${what}: ${JSON.stringify(checks)}`).toBe(true);
}

async function compare(cases: readonly BoundsCase[]): Promise<void> {
  let worst = 0;
  let simulated = 0;
  let compared = 0;
  for (const one of cases) {
    const truth = enumeratedBounds(one.system, one.planted, one.regimes, one.query);
    // Over the limits of the enumeration.
    if (truth === undefined) continue;
    const problem = problemOf(one);
    const answer = await boundsByProduct(problem, stopping());
    const what = `${one.family}: ${problem.question} in ${problem.graph}, ${JSON.stringify(one.regimes)}: [${answer.lower}, ${answer.upper}], enumeration [${truth.lower}, ${truth.upper}]`;
    expect(answer.status, what).toBe('bounded');
    expect(answer.tightness, what).toBe('exact');
    expect(answer.projected ?? false, what).toBe(false);
    const { lower, upper } = bounds(answer);
    const error = Math.max(Math.abs(lower - truth.lower), Math.abs(upper - truth.upper));
    worst = Math.max(worst, error);
    expect(error, what).toBeLessThanOrEqual(1e-6);
    expectVerified(answer, what);
    const deviation = resimulate(answer, one);
    simulated = Math.max(simulated, deviation);
    expect(deviation, what).toBeLessThanOrEqual(1e-8);
    compared++;
  }
  expect(compared).toBeGreaterThanOrEqual(full ? 0.9 * cases.length : cases.length);
  report(
    `${cases[0]?.family}, ...: ${compared} problems, largest difference ${worst}, largest deviation of a simulated witness ${simulated}`,
  );
}

describe('the product agrees with enumeration to 1e-6, and verify accepts its certificates', () => {
  test('Tian-Pearl, Manski, one-arm trials', () => compare(bowCases(createDraws(101), full ? 40 : 1)));
  test('instruments', () => compare(instrumentCases(createDraws(102), full ? 20 : 1, full)));
  test('front door, chain, covariates, mediators, three levels', () =>
    compare(shapeCases(createDraws(103), full ? 15 : 1).filter((_, i) => full || i % 2 === 0)));
  test('graphs of 5 to 8 variables', () => {
    const draw = createDraws(104);
    return compare(Array.from({ length: full ? 300 : 5 }, () => randomCase(draw, full ? 100_000 : 8000)));
  });
});

/** Both witnesses, simulated forward: they reproduce every table and attain what they claim. Returns the largest deviation. */
function resimulate(answer: Answer, one: BoundsCase): number {
  const { blocks, lower, upper } = answer.certificate as Certified & Record<'lower' | 'upper', { inner: number; witness: Witness }>;
  let worst = 0;
  for (const { inner, witness } of [lower, upper]) {
    const model = modelOfWitness({ blocks }, witness, one.system, one.planted);
    if (model === undefined) continue;
    worst = Math.max(worst, Math.abs(valueIn(one.system, model, one.query) - inner));
    for (const regime of one.regimes) {
      const truth = tableOf(one.system, one.planted, regime);
      for (const [i, { probability }] of tableOf(one.system, model, regime).entries())
        worst = Math.max(worst, Math.abs(probability - (truth[i]?.probability as number)));
    }
  }
  return worst;
}

describe('models too large for the enumeration lie inside their bounds', () => {
  const covariates = systemOf({ W: 4, X: 2, Y: 2 }, ['W>X', 'W>Y', 'X>Y'], ['X Y']);
  const longer = systemOf({ A: 2, B: 2, X: 2, M: 2, Y: 2 }, ['A>X', 'B>X', 'X>M', 'M>Y', 'B>Y'], ['X Y', 'A B']);
  const mixed = systemOf({ Z: 3, X: 3, M: 2, Y: 2 }, ['Z>X', 'X>M', 'M>Y'], ['X M']);
  const cases: [string, System, Regime[], Query][] = [
    ['a covariate of four levels', covariates, [{ set: [] }, { set: ['X'] }], necessityAndSufficiency()],
    ['a covariate of four levels, watched', covariates, [{ set: [] }], effect()],
    ['five variables', longer, [{ set: [] }], necessityAndSufficiency()],
    ['five variables, one arm', longer, [{ set: [] }, { set: ['X'], fixed: { X: 1 } }], effect()],
    ['mixed levels', mixed, [{ set: ['Z'] }], effect('X', 'Y', undefined, [2, 0])],
  ];
  test.each(cases)('%s', async (name, system, regimes, query) => {
    const draw = createDraws(105);
    for (let i = 0; i < (full ? 20 : 1); i++) {
      const planted = plant(draw, system);
      const answer = await boundsByProduct(problemOf({ system, planted, regimes, query }), stopping());
      const truth = valueIn(system, planted, query);
      const { lower, upper } = bounds(answer);
      expect(truth).toBeGreaterThanOrEqual(lower - 1e-9);
      expect(truth).toBeLessThanOrEqual(upper + 1e-9);
      expect(upper - lower).toBeLessThan(1.5);
      expectVerified(answer, name);
    }
  });
});

describe('studies that leave a variable out', () => {
  const system = systemOf({ W: 2, X: 2, Y: 2 }, ['W>X', 'W>Y', 'X>Y'], ['X Y']);
  test('a trial without the covariate beside full records: the planted model lies inside, and the trial narrows', async () => {
    const draw = createDraws(106);
    for (let i = 0; i < (full ? 40 : 1); i++) {
      const planted = plant(draw, system);
      const one = { system, planted, regimes: [{ set: [] }], query: necessityAndSufficiency() };
      const problem = problemOf(one);
      const trial = { regime: { set: ['X'] }, table: marginal(tableOf(system, planted, { set: ['X'] }), ['X', 'Y']) };
      const alone = bounds(await boundsByProduct(problem, stopping()));
      const answer = await boundsByProduct({ ...problem, studies: [...problem.studies, trial] }, stopping());
      const { lower, upper } = bounds(answer);
      const truth = valueIn(system, planted, one.query);
      expect(truth).toBeGreaterThanOrEqual(lower - 1e-9);
      expect(truth).toBeLessThanOrEqual(upper + 1e-9);
      expect(lower).toBeGreaterThanOrEqual(alone.lower - 1e-9);
      expect(upper).toBeLessThanOrEqual(alone.upper + 1e-9);
      expect(upper - lower).toBeLessThan(alone.upper - alone.lower - 1e-6);
      expectVerified(answer, 'a trial without the covariate');
    }
  });
});

function marginal(table: ReturnType<typeof tableOf>, names: readonly string[]): ReturnType<typeof tableOf> {
  const sums = new Map<string, ReturnType<typeof tableOf>[number]>();
  for (const { at, probability } of table) {
    const kept = Object.fromEntries(names.map((name) => [name, at[name] as number]));
    const key = JSON.stringify(kept);
    sums.set(key, { at: kept, probability: probability + (sums.get(key)?.probability ?? 0) });
  }
  return [...sums.values()];
}

describe('samples', () => {
  const bow = systemOf({ X: 2, Y: 2 }, ['X>Y'], ['X Y']);
  const frontDoor = systemOf({ X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y'], ['X Y']);
  const instrument = systemOf({ Z: 2, X: 2, Y: 2 }, ['Z>X', 'X>Y'], ['X Y']);
  const designs: [string, System, Regime[]][] = [
    ['records and a trial', bow, [{ set: [] }, { set: ['X'] }]],
    ['front door and a trial', frontDoor, [{ set: [] }, { set: ['X'] }]],
    ['an instrument and a trial of it', instrument, [{ set: [] }, { set: ['Z'] }]],
  ];
  test.each(designs)(
    '%s from one model are not rejected more often than by chance, and bounds stand near the true ones',
    async (_, system, regimes) => {
      const draw = createDraws(107);
      const runs = full ? 100 : 1;
      let rejected = 0;
      let worst = 0;
      for (let i = 0; i < runs; i++) {
        const one = { system, planted: plant(draw, system), regimes, query: necessityAndSufficiency() };
        const answer = await boundsByProduct(sampled(draw, problemOf(one), 2000), stopping());
        const truth = enumeratedBounds(system, one.planted, regimes, one.query) as NonNullable<ReturnType<typeof enumeratedBounds>>;
        if (answer.status === 'incompatible') {
          expect(answer.agreement?.pValue as number).toBeLessThan(0.05);
          rejected++;
          continue;
        }
        expect(answer.status).toBe('bounded');
        const { lower, upper } = bounds(answer);
        worst = Math.max(worst, Math.abs(lower - truth.lower), Math.abs(upper - truth.upper));
        if (answer.projected !== true) expect(answer.agreement?.strict).toBe(true);
        expectVerified(answer, 'a sample');
      }
      report(`samples: ${rejected} of ${runs} rejected, bounds at most ${worst.toFixed(3)} from the true ones`);
      expect(rejected).toBeLessThanOrEqual(full ? 12 : 1);
      expect(worst).toBeLessThan(0.15);
    },
  );

  const lessThanRecords = (problem: ProductProblem): ProductProblem => {
    const records = problem.studies[0]?.table ?? [];
    const p = (x: number, y: number): number => records.find(({ at }) => at.X === x && at.Y === y)?.probability as number;
    const y0 = 0.6 * p(0, 1);
    const cells = [1 - y0, y0].map((probability, y) => ({ at: { X: 0, Y: y }, probability }));
    const trial = (problem.studies[1]?.table ?? []).flatMap((cell) => (cell.at.X === 0 ? [] : [cell]));
    return { ...problem, studies: [...problem.studies.slice(0, 1), { regime: { set: ['X'] }, table: [...cells, ...trial] }] };
  };

  test('a trial that gives the untreated less than records alone show is refused, exact or sampled', async () => {
    const draw = createDraws(108);
    for (let i = 0; i < (full ? 60 : 2); i++) {
      const one = { system: bow, planted: plant(draw, bow), regimes: designs[0]?.[2] ?? [], query: necessityAndSufficiency() };
      const conflict = lessThanRecords(problemOf(one));
      const p01 = conflict.studies[0]?.table.find(({ at }) => at.X === 0 && at.Y === 1)?.probability as number;
      if (p01 < 0.15) continue;
      const exact = await boundsByProduct(conflict);
      expect(exact.status).toBe('incompatible');
      const { left, right, studies } = exact.agreement?.violated ?? { left: 0, right: 0, studies: [] };
      expect(left).toBeCloseTo(p01, 9);
      expect(right).toBeCloseTo(0.6 * p01, 9);
      expect([...studies].sort()).toEqual(['study 0', 'study 1']);
      const noisy = await boundsByProduct(sampled(draw, conflict, 3000));
      expect(noisy.status).toBe('incompatible');
      expect(noisy.agreement?.pValue as number).toBeLessThan(0.05);
      expect(noisy.agreement?.gap as number).toBeGreaterThan(3);
    }
  });

  test('tables that break the instrumental inequality are refused', async () => {
    const draw = createDraws(109);
    let refused = 0;
    for (let i = 0; i < (full ? 200 : 6); i++) {
      const cells = [0, 1].flatMap((Z) => {
        const masses = Array.from({ length: 4 }, () => (-Math.log(1 - draw())) ** 3);
        const total = masses.reduce((a, b) => a + b);
        return masses.map((mass, k) => ({ at: { Z, X: k >> 1, Y: k & 1 }, probability: mass / total }));
      });
      const p = (y: number, x: number, z: number): number =>
        cells.find(({ at }) => at.Z === z && at.X === x && at.Y === y)?.probability as number;
      const most = instrumentalInequality(p, { y: 2, x: 2, z: 2 });
      if (Math.abs(most - 1) < 1e-6) continue;
      const answer = await boundsByProduct({
        graph: 'Z -> X -> Y; X <-> Y',
        levels: { Z: 2, X: 2, Y: 2 },
        studies: [{ regime: { set: ['Z'] }, table: cells }],
        question: questionOf(effect()),
      });
      // With a binary instrument, treatment and outcome the inequality is also sufficient (Bonet 2001).
      expect(answer.status, `${most}`).toBe(most > 1 ? 'incompatible' : 'bounded');
      if (most <= 1) continue;
      refused++;
      expect((answer.agreement?.violated?.left ?? 0) - (answer.agreement?.violated?.right ?? 0)).toBeGreaterThan(0);
    }
    expect(refused).toBeGreaterThan(2);
  });
});

describe('several hidden causes in one component: inner <= truth <= outer', () => {
  const graphs: [string, Record<string, number>, string[], string[]][] = [
    ['a confounded instrument', { Z: 2, X: 2, Y: 2 }, ['Z>X', 'X>Y'], ['Z X', 'X Y']],
    ['M', { X: 2, W: 2, Y: 2 }, ['X>Y'], ['X W', 'W Y']],
    ['a front door that is confounded', { X: 2, M: 2, Y: 2 }, ['X>M', 'M>Y'], ['X Y', 'X M']],
  ];
  test.each(graphs)('%s', async (name, levels, arrows, arcs) => {
    const draw = createDraws(110);
    for (const query of [effect(), necessityAndSufficiency()])
      for (let i = 0; i < (full ? 10 : 1); i++) {
        const model = explicitModel(draw, levels, arrows, arcs);
        const answer = await boundsByProduct(severalProblem(model, [{ set: [] }], query), stopping(full ? 200 : 3));
        expect(answer.status).toBe('bounded');
        const [low, high] = answer.outer as readonly [number, number];
        const truth = valueIn(model.system, model.planted, query);
        const attained = slices(model, [{ set: [] }], query);
        const relaxed = merged(model, [{ set: [] }], query);
        const what = `${name}, ${problemText(answer)}: slices [${attained}], merged [${relaxed}], truth ${truth}`;
        expect(low, what).toBeLessThanOrEqual(Math.min(truth, attained[0]) + 1e-7);
        expect(high, what).toBeGreaterThanOrEqual(Math.max(truth, attained[1]) - 1e-7);
        expect(low, what).toBeGreaterThanOrEqual(relaxed[0] - 1e-7);
        expect(high, what).toBeLessThanOrEqual(relaxed[1] + 1e-7);
        if (answer.inner !== undefined) {
          expect(answer.inner[0], what).toBeGreaterThanOrEqual(low - 1e-9);
          expect(answer.inner[1], what).toBeLessThanOrEqual(high + 1e-9);
        }
        expectVerified(answer, what);
      }
  });
});

const problemText = ({ question, lower, upper, inner, outer, tightness }: Answer): string =>
  JSON.stringify({ question, lower, upper, inner, outer, tightness });

function severalProblem(
  { levels, arrows, arcs, system, planted }: ExplicitModel,
  regimes: readonly Regime[],
  query: Query,
): ProductProblem {
  return {
    graph: [...arrows.map((arrow) => arrow.replace('>', ' -> ')), ...arcs.map((arc) => arc.replace(' ', ' <-> '))].join('; '),
    levels,
    studies: regimes.map((regime) => ({ regime, table: seen(system, planted, regime) })),
    question: questionOf(query),
  };
}
