import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type EmccOptions, type EmccOutcome, emccBounds } from '../../src/bounds/emcc.ts';
import type { Block, BlockPoint, Literal, LocalTable, ModelPoint, Programme, Target } from '../../src/bounds/programme.ts';
import { Random } from '../../src/math/random.ts';
import { cell, pnsEvents, published, sum, tableOne, type XY, xy } from './em-programmes.ts';

async function run(programme: Programme, options: EmccOptions = {}): Promise<EmccOutcome> {
  const outcome = await emccBounds(programme, options);
  if ('refused' in outcome) throw new Error(outcome.refused);
  return outcome;
}

/** P(literals) by listing the joint states of all groups. */
function probability(literals: readonly Literal[], point: BlockPoint): number {
  let joint: { weight: number; values: ReadonlyMap<number, number> }[] = [{ weight: 1, values: new Map() }];
  for (const { digits, support } of point.groups) {
    if (!literals.some(({ digit }) => digits.includes(digit))) continue;
    joint = joint.flatMap((state) =>
      support.map(({ weight, values }) => ({
        weight: state.weight * weight,
        values: new Map([...state.values, ...digits.map((digit, i) => [digit, values[i] as number] as const)]),
      })),
    );
  }
  return joint.reduce(
    (sum, { weight, values }) => sum + (literals.every(({ digit, value }) => values.get(digit) === value) ? weight : 0),
    0,
  );
}

const row = (programme: Programme, j: number, model: ModelPoint): number => {
  const { form, stratum } = programme.cells[j] as Programme['cells'][number];
  const point = model[programme.strata[stratum]?.block as number] as BlockPoint;
  return form.reduce((sum, { coefficient, literals }) => sum + coefficient * probability(literals, point), 0);
};

const logLikelihood = (programme: Programme, model: ModelPoint): number =>
  programme.cells.reduce((total, { count }, j) => total + (count > 0 ? count * Math.log(row(programme, j, model)) : 0), 0);

/** The target by going through every configuration of all axes. */
function valueIn({ numerator, denominator }: Target, model: ModelPoint): number {
  const total = (networks: Target['numerator']): number =>
    networks.reduce((all, { weight, tables }) => {
      const sizes = new Map(tables.flatMap((table) => table.axes.map((axis, i) => [axis, table.sizes[i] as number] as const)));
      const axes = [...sizes.keys()];
      let value = 0;
      const visit = (at: ReadonlyMap<string, number>, depth: number): void => {
        const axis = axes[depth];
        if (axis !== undefined) {
          for (let i = 0; i < (sizes.get(axis) as number); i++) visit(new Map([...at, [axis, i]]), depth + 1);
          return;
        }
        value += tables.reduce((product, table) => {
          const place = table.axes.reduce((index, name, i) => index * (table.sizes[i] as number) + (at.get(name) as number), 0);
          const literals = table.cells[place];
          return literals == null ? 0 : product * probability(literals, model[table.block] as BlockPoint);
        }, 1);
      };
      visit(new Map(), 0);
      return all + weight * value;
    }, 0);
  return total(numerator) / (denominator === undefined ? 1 : total(denominator));
}

/** Every number of an outcome worked out again from its models. */
function audit(programme: Programme, { report, points, values, lowerPoint, upperPoint, runs }: EmccOutcome): void {
  const converged = runs.filter((one) => one.converged);
  for (const [i, point] of points.entries()) {
    expect(valueIn(programme.target, point)).toBeCloseTo(values[i] as number, 10);
    expect(Math.abs(logLikelihood(programme, point) - (converged[i]?.logLikelihood as number))).toBeLessThan(1e-7);
    for (const block of point)
      for (const { support } of block.groups) expect(support.reduce((mass, { weight }) => mass + weight, 0)).toBeCloseTo(1, 10);
  }
  const [low, high] = report.widened as readonly [number, number];
  expect(valueIn(programme.target, lowerPoint)).toBeCloseTo(low, 10);
  expect(valueIn(programme.target, upperPoint)).toBeCloseTo(high, 10);
  const best = Math.max(...converged.map((one) => one.logLikelihood));
  for (const point of [lowerPoint, upperPoint])
    expect(best - logLikelihood(programme, point)).toBeLessThanOrEqual(report.worstCertificate + 1e-7);
  expect(low).toBeLessThanOrEqual(report.interval[0] + 1e-12);
  expect(high).toBeGreaterThanOrEqual(report.interval[1] - 1e-12);
}

const studies = {
  O: { ...published, trial: null },
  I: { ...published, observed: null },
  'O+I': published,
};

test.each([
  ['O', undefined, 0, 0.4295],
  ['I', undefined, 0.2795, 0.4895],
  ['O+I', undefined, 0.3845, 0.3845],
  ['O', 0, 0, 0.279],
  ['I', 0, 0.279, 0.489],
  ['O+I', 0, 0.279, 0.279],
  ['O', 1, 0, 0.58],
  ['I', 1, 0.28, 0.49],
  ['O+I', 1, 0.49, 0.49],
] as const)('the published table, %s, gender %s: inside [%f, %f]', async (data, gender, low, high) => {
  const programme = tableOne(studies[data], gender);
  const outcome = await run(programme, { runs: 30 });
  audit(programme, outcome);
  const { report, partial } = outcome;
  expect(partial).toBe(false);
  expect(report).toMatchObject({ runs: 30, converged: 30 });
  expect(report.worstCertificate).toBeLessThanOrEqual(1e-6);
  expect(report.widened?.[0]).toBeGreaterThan(low - 2e-4);
  expect(report.widened?.[1]).toBeLessThan(high + 2e-4);
  // Without a trial every freedom of the question is inside the classes: the whole width. A point is a point.
  if (data === 'I') expect(report.interval[1] - report.interval[0]).toBeGreaterThan(0.03);
  else {
    expect(report.widened?.[0]).toBeCloseTo(low, data === 'O' ? 9 : 3);
    expect(report.widened?.[1]).toBeCloseTo(high, data === 'O' ? 9 : 3);
  }
  expect(report.credible === undefined).toBe(data === 'O+I');
});

test('uniform starts reach about a third to a half of the width, sparse starts nearly all; the widened interval does not depend on it', async () => {
  const programme = tableOne(studies.O);
  const width = async (options: EmccOptions): Promise<number> => {
    const { report } = await run(programme, { runs: 100, ...options });
    expect(report.widened?.[0]).toBeCloseTo(0, 12);
    expect(report.widened?.[1]).toBeCloseTo(0.4295, 12);
    return (report.interval[1] - report.interval[0]) / 0.4295;
  };
  const uniform = await width({});
  expect(uniform).toBeGreaterThan(0.25);
  expect(uniform).toBeLessThan(0.5);
  const dirichlet = await width({ start: 'dirichlet' });
  expect(dirichlet).toBeGreaterThan(0.35);
  expect(dirichlet).toBeLessThan(0.65);
  expect(await width({ start: 'dirichlet', concentration: 0.1 })).toBeGreaterThan(0.75);
  expect(await width({ start: 'dirichlet', concentration: 0.02 })).toBeGreaterThan(0.95);
});

test('SQUAREM needs a tenth of the steps of EM at the edge of compatibility, and both reach the certificate', async () => {
  const programme = tableOne(published);
  const fast = await run(programme, { runs: 10, tolerance: 1e-3 });
  const slow = await run(programme, { runs: 10, tolerance: 1e-3, accelerate: false });
  const steps = ({ runs }: EmccOutcome): number => runs.reduce((total, one) => total + one.evaluations, 0);
  expect(steps(fast)).toBeLessThan(steps(slow) / 10);
  expect(fast.report.converged + slow.report.converged).toBe(20);
  expect(slow.report.worstCertificate).toBeLessThanOrEqual(1e-3);
});

test('runs that did not converge do not count', async () => {
  const programme = tableOne(published);
  const none = await emccBounds(programme, { runs: 5, iterations: 20 });
  expect(none).toMatchObject({ refused: expect.stringMatching(/none of 5 runs/), partial: false });
  const some = await run(programme, { runs: 30, iterations: 1200, seed: 3 });
  expect(some.report.converged).toBeGreaterThan(0);
  expect(some.report.converged).toBeLessThan(30);
  expect(some.values).toHaveLength(some.report.converged);
  expect(some.runs.filter((one) => !one.converged).every((one) => one.certificate > 1e-6)).toBe(true);
});

const xyTargets = {
  PNS: { numerator: [sum(0, pnsEvents)] },
  PN: {
    numerator: [sum(0, [[{ digit: 0, value: 1 }, ...pnsEvents[0]]])],
    denominator: [
      sum(0, [
        [
          { digit: 0, value: 1 },
          { digit: 2, value: 1 },
        ],
      ]),
    ],
  },
  PS: {
    numerator: [sum(0, [[{ digit: 0, value: 0 }, ...pnsEvents[0]]])],
    denominator: [
      sum(0, [
        [
          { digit: 0, value: 0 },
          { digit: 1, value: 0 },
        ],
      ]),
    ],
  },
} satisfies Record<string, Target>;
type Query = keyof typeof xyTargets;

/** Tian and Pearl's bounds from P(x, y) and P(y | do(x)). */
function tianPearl(query: Query, p: readonly number[] | undefined, y: readonly number[] | undefined): readonly [number, number] {
  if (p === undefined) return [Math.max(0, (y?.[1] as number) - (y?.[0] as number)), Math.min(y?.[1] as number, 1 - (y?.[0] as number))];
  const [p00, p01, p10, p11] = p as [number, number, number, number];
  const free = { y0: [p01, p01 + p10 + p11], y1: [p11, p11 + p00 + p01] } as const;
  const py = p01 + p11;
  if (y === undefined) return query === 'PNS' ? [0, p11 + p00] : [0, 1];
  const [y0, y1] = y as [number, number];
  expect(y0).toBeGreaterThanOrEqual(free.y0[0] - 1e-9);
  expect(y1).toBeGreaterThanOrEqual(free.y1[0] - 1e-9);
  if (query === 'PNS') return [Math.max(0, y1 - y0, py - y0, y1 - py), Math.min(y1, 1 - y0, p11 + p00, y1 - y0 + p10 + p01)];
  if (query === 'PN') return [Math.max(0, (py - y0) / p11), Math.min(1, (1 - y0 - p00) / p11)];
  return [Math.max(0, (y1 - py) / p00), Math.min(1, (y1 - p11) / p00)];
}

/** Counts of X -> Y sampled from (or, with exact shares, equal to those of) a random model. */
function sampled(seed: number): { readonly both: XY } {
  const draw = new Random(seed, 'xy');
  const theta = draw.dirichlet(new Float64Array(8).fill(0.4));
  const observed = [0, 0, 0, 0];
  const trial = [
    [0, 0],
    [0, 0],
  ];
  for (let state = 0; state < 8; state++) {
    const [x, y0, y1] = [state >> 2, (state >> 1) & 1, state & 1];
    const at = 2 * x + (x === 1 ? y1 : y0);
    observed[at] = (observed[at] as number) + (theta[state] as number);
    for (const [arm, y] of [y0, y1].entries())
      (trial[arm] as number[])[y] = ((trial[arm] as number[])[y] as number) + (theta[state] as number);
  }
  const drawn = (n: number, weights: readonly number[]): number[] => [...draw.multinomial(n, weights)];
  const cells = drawn(1200, observed);
  return {
    both: { observed: [cells.slice(0, 2), cells.slice(2)], trial: [drawn(400, trial[0] as number[]), drawn(600, trial[1] as number[])] },
  };
}

test('random studies of X -> Y: every value lies in the closed-form bounds at the run own fit; watching alone gives all of them', async () => {
  let compared = 0;
  for (let seed = 0; seed < 25; seed++) {
    const { both } = sampled(seed);
    for (const data of [{ ...both, trial: null }, { ...both, observed: null }, both]) {
      for (const query of ['PNS', 'PN', 'PS'] as const) {
        if (data.observed === null && query !== 'PNS') continue;
        const programme = xy(data, xyTargets[query]);
        const outcome = await run(programme, { runs: 8, seed });
        audit(programme, outcome);
        const fits = outcome.points.map((point) => programme.cells.map((_, j) => row(programme, j, point)));
        for (const [i, fit] of fits.entries()) {
          const p = data.observed === null ? undefined : fit.slice(0, 4);
          const arms = data.trial === null ? undefined : fit.slice(-4);
          const wide = outcome.runs.filter((one) => one.converged)[i]?.widened as readonly [number, number];
          // A quotient needs a denominator.
          if (p !== undefined && (p[0] as number) * (p[3] as number) < 1e-6) continue;
          const [low, high] = tianPearl(query, p, arms === undefined ? undefined : [arms[1] as number, arms[3] as number]);
          expect(wide[0]).toBeGreaterThan(low - 1e-8);
          expect(wide[1]).toBeLessThan(high + 1e-8);
          if (data.trial === null) {
            expect(wide[0]).toBeCloseTo(low, 9);
            expect(wide[1]).toBeCloseTo(high, 9);
          }
          compared += 1;
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(900);
});

test('studies in conflict: the certificate against enumeration of all states, and the same fit from every start', async () => {
  const programme = xy(
    {
      observed: [
        [10, 10],
        [10, 170],
      ],
      trial: [
        [50, 50],
        [90, 10],
      ],
    },
    xyTargets.PNS,
  );
  const outcome = await run(programme, { runs: 12 });
  audit(programme, outcome);
  const records = programme.cells.reduce((total, { count }) => total + count, 0);
  const fits = outcome.points.map((point) => programme.cells.map((_, j) => row(programme, j, point)));
  for (const [i, fit] of fits.entries()) {
    let most = 0;
    for (let state = 0; state < 8; state++) {
      const values = [state >> 2, (state >> 1) & 1, state & 1];
      const slope = programme.cells.reduce(
        (total, { count, form }, j) =>
          total + (form[0]?.literals.every(({ digit, value }) => values[digit] === value) === true ? count / (fit[j] as number) : 0),
        0,
      );
      most = Math.max(most, slope);
    }
    expect(most - records).toBeGreaterThanOrEqual((outcome.runs[i]?.certificate as number) - 1e-9);
    for (const [j, probability] of fit.entries()) expect(probability).toBeCloseTo(fits[0]?.[j] as number, 4);
  }
  // P(x = 1, y = 1) = 0.85 cannot exceed P(y = 1 | do(x = 1)) = 0.1: far below the sum of the single maxima.
  const single = programme.cells.reduce((total, { count, target }) => total + (count > 0 ? count * Math.log(target) : 0), 0);
  expect(single - (outcome.runs[0]?.logLikelihood as number)).toBeGreaterThan(50);
});

test('exact probabilities weigh as one record and are fitted as closely', async () => {
  const { blocks, cells, strata, restrictions, target } = tableOne(published);
  const programme = {
    blocks,
    restrictions,
    target,
    strata: strata.map((stratum) => ({ ...stratum, exact: true })),
    cells: cells.map((one) => ({ ...one, count: one.target })),
  };
  const { points } = await run(programme, { runs: 5 });
  for (const point of points)
    for (const [j, { target: share }] of programme.cells.entries()) expect(Math.abs(row(programme, j, point) - share)).toBeLessThan(1e-4);
});

test('monotonicity: no unit is harmed, and a trial makes PNS a point', async () => {
  const plain = xy(
    {
      observed: null,
      trial: [
        [70, 30],
        [40, 60],
      ],
    },
    xyTargets.PNS,
  );
  const block = plain.blocks[0] as Block;
  const harmed = [
    { digit: 1, value: 1 },
    { digit: 2, value: 0 },
  ];
  const programme = { ...plain, blocks: [{ ...block, forbidden: [harmed] }] };
  const { report, points } = await run(programme, { runs: 10 });
  expect(report.interval[0]).toBeCloseTo(0.3, 3);
  expect(report.interval[1]).toBeCloseTo(0.3, 3);
  for (const point of points) expect(probability(harmed, point[0] as BlockPoint)).toBe(0);
});

/** X -> M -> Y with X and Y confounded: blocks {X, Y} and {M}. PNS needs both. */
function frontDoor(seed: number): Programme {
  const draw = new Random(seed, 'front door');
  const binary = ['0', '1'];
  const outer: Block = {
    name: 'X, Y',
    children: ['X', 'Y'],
    digits: [
      { variable: 'X', parents: [], context: [], levels: binary },
      { variable: 'Y', parents: ['M'], context: ['0'], levels: binary },
      { variable: 'Y', parents: ['M'], context: ['1'], levels: binary },
    ],
    forbidden: [],
    independences: [],
    complete: true,
  };
  const inner: Block = {
    ...outer,
    name: 'M',
    children: ['M'],
    digits: [
      { variable: 'M', parents: ['X'], context: ['0'], levels: binary },
      { variable: 'M', parents: ['X'], context: ['1'], levels: binary },
    ],
  };
  const each = [0, 1];
  const strata = [
    { block: 0, study: 'o', says: 'M=0', exact: false },
    { block: 0, study: 'o', says: 'M=1', exact: false },
    { block: 1, study: 'o', says: 'X=0', exact: false },
    { block: 1, study: 'o', says: 'X=1', exact: false },
  ];
  const joint = each.map(() => each.map(() => each.map(() => 20 + draw.integer(200))));
  const n = (x?: number, m?: number, y?: number): number =>
    each.reduce(
      (total, a) =>
        total +
        each.reduce(
          (part, b) =>
            part +
            each.reduce((some, c) => some + ((x ?? a) === a && (m ?? b) === b && (y ?? c) === c ? (joint[a]?.[b]?.[c] as number) : 0), 0),
          0,
        ),
      0,
    );
  const cells = [
    ...each.flatMap((m) =>
      each.flatMap((x) =>
        each.map((y) => ({
          ...cell(m, n(x, m, y), 1, [
            { digit: 0, value: x },
            { digit: 1 + m, value: y },
          ]),
          target: (n(x) / n()) * (n(x, m, y) / n(x, m)),
        })),
      ),
    ),
    ...each.flatMap((x) => each.map((m) => cell(2 + x, n(x, m), n(x), [{ digit: x, value: m }]))),
  ];
  const pairs = each.flatMap((a) => each.map((b) => [a, b] as const));
  const outcomes: LocalTable = {
    block: 0,
    axes: ['m0', 'm1'],
    sizes: [2, 2],
    cells: pairs.map(([a, b]) =>
      a === b
        ? null
        : [
            { digit: 1 + a, value: 0 },
            { digit: 1 + b, value: 1 },
          ],
    ),
  };
  const mediators: LocalTable = {
    block: 1,
    axes: ['m0', 'm1'],
    sizes: [2, 2],
    cells: pairs.map(([a, b]) => [
      { digit: 0, value: a },
      { digit: 1, value: b },
    ]),
  };
  return { blocks: [outer, inner], strata, cells, restrictions: [], target: { numerator: [{ weight: 1, tables: [outcomes, mediators] }] } };
}

test('two components: one likelihood each, every value attained, the maximum known', async () => {
  for (let seed = 0; seed < 5; seed++) {
    const programme = frontDoor(seed);
    const outcome = await run(programme, { runs: 20, seed });
    audit(programme, outcome);
    const { report } = outcome;
    expect(report.worstCertificate).toBeLessThanOrEqual(1e-6);
    expect(report.local).toBeUndefined();
    // Components of different runs make models that no single run found.
    expect((report.widened?.[1] as number) - (report.widened?.[0] as number)).toBeGreaterThan(report.interval[1] - report.interval[0]);
    // The empirical network is attained: the certificate knows the maximum.
    const maximum = programme.cells.reduce((total, { count, target }) => total + count * Math.log(target), 0);
    for (const { logLikelihood: reached } of outcome.runs) expect(maximum - reached).toBeLessThanOrEqual(1.1e-6);
  }
});

/** Equations of two exogenous variables: X = U, Y = W where U = 0, else [W > 0]; W has three states. `counts` [x][y], y in 0..2. */
function equations(counts: readonly (readonly number[])[]): Programme {
  const block: Block = {
    name: 'X, Y',
    children: ['X', 'Y'],
    digits: [
      { variable: 'U', parents: [], context: [], levels: ['0', '1'] },
      { variable: 'W', parents: [], context: [], levels: ['0', '1', '2'] },
    ],
    forbidden: [],
    groups: [[0], [1]],
    independences: [],
    complete: true,
  };
  const given = (u: number, ws: readonly number[]) =>
    ws.map((w) => ({
      coefficient: 1,
      literals: [
        { digit: 0, value: u },
        { digit: 1, value: w },
      ],
    }));
  const forms = [given(0, [0]), given(0, [1]), given(0, [2]), given(1, [0]), given(1, [1, 2])];
  const flat = [...(counts[0] as number[]), ...(counts[1] as number[])];
  const all = flat.reduce((a, b) => a + b, 0);
  return {
    blocks: [block],
    strata: [{ block: 0, study: 'o', says: '', exact: false }],
    cells: forms.map((form, j) => ({ stratum: 0, form, says: `cell ${j}`, count: flat[j] as number, target: (flat[j] as number) / all })),
    restrictions: [],
    target: {
      numerator: [
        sum(0, [
          [
            { digit: 0, value: 1 },
            { digit: 1, value: 2 },
          ],
        ]),
      ],
    },
  };
}

test('two exogenous variables: the exact posterior of each, a fit that is certified where the studies allow it', async () => {
  const compatible = equations([
    [120, 180, 300],
    [80, 320],
  ]);
  const outcome = await run(compatible, { runs: 10 });
  audit(compatible, outcome);
  expect(outcome.report.local).toBeUndefined();
  expect(outcome.report.worstCertificate).toBeLessThanOrEqual(1e-6);
  expect(outcome.report.interval[0]).toBeCloseTo(0.4 * 0.5, 4);

  // P(W = 0) is 0.2 where X = 0 and 0.5 where X = 1: no model reproduces it, so nothing certifies the maximum.
  const incompatible = equations([
    [120, 180, 300],
    [200, 200],
  ]);
  const local = await run(incompatible, { runs: 10 });
  audit(incompatible, local);
  expect(local.report.local).toBe(true);
  // By hand: W has multinomial counts (320, 180 + 200 a, 300 + 200 b) with a : b = 180 : 300 at the maximum.
  expect(local.report.interval[1]).toBeCloseTo(0.4 * 0.68 * (300 / 480), 4);
});

test('equations are worked through group by group when the question is widened', async () => {
  const programme = equations([
    [0, 0, 0],
    [80, 320],
  ]);
  const { report, lowerPoint, upperPoint } = await run(programme, { runs: 5 });
  expect(report.widened?.[0]).toBeCloseTo(0, 9);
  expect(report.widened?.[1]).toBeCloseTo(0.8, 4);
  expect(valueIn(programme.target, upperPoint)).toBeCloseTo(0.8, 4);
  expect(valueIn(programme.target, lowerPoint)).toBeCloseTo(0, 9);
});

test('the same digits in any order, other digits for another seed, a prefix for fewer runs', async () => {
  const programme = tableOne(studies.I);
  const first = await run(programme, { runs: 12, seed: 5 });
  const again = await run(programme, { runs: 12, seed: 5 });
  const fewer = await run(programme, { runs: 4, seed: 5 });
  const other = await run(programme, { runs: 12, seed: 6 });
  expect(again.values).toEqual(first.values);
  expect(fewer.values).toEqual(first.values.slice(0, 4));
  expect(other.values).not.toEqual(first.values);
});

test('cancelled midway: the finished runs stand, marked partial', async () => {
  const programme = tableOne(studies.I);
  const whole = await run(programme, { runs: 20 });
  const signal = { aborted: false };
  const seen: number[] = [];
  const part = await run(programme, {
    runs: 20,
    signal,
    onProgress: ({ done }) => {
      seen.push(done);
      if (done === 7) signal.aborted = true;
    },
  });
  expect(part.partial).toBe(true);
  expect(part.report.runs).toBe(7);
  expect(part.values).toEqual(whole.values.slice(0, 7));
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(await emccBounds(programme, { signal: { aborted: true } })).toMatchObject({ partial: true, refused: expect.any(String) });
});

test('cancelling reaches a run that is under way', async () => {
  const signal = { aborted: false };
  let pauses = 0;
  const outcome = await emccBounds(tableOne(published), {
    runs: 3,
    tolerance: 0,
    iterations: Number.POSITIVE_INFINITY,
    signal,
    pause: async () => {
      pauses += 1;
      if (pauses === 3) signal.aborted = true;
    },
  });
  expect(outcome).toMatchObject({ partial: true, refused: expect.any(String) });
});

test('what EMCC cannot do is refused with a reason', async () => {
  const programme = tableOne(published);
  const block = programme.blocks[0] as Block;
  const refusal = async (changed: Partial<Programme>, options: EmccOptions = {}): Promise<string> => {
    const outcome = await emccBounds({ ...programme, ...changed }, { runs: 2, ...options });
    return 'refused' in outcome ? outcome.refused : 'answered';
  };
  expect(await refusal({})).toBe('answered');
  expect(await refusal({ blocks: [{ ...block, independences: [{ a: [0], b: [1] }], complete: false }] })).toMatch(
    /equations of the exogenous/,
  );
  expect(await refusal({ restrictions: [{ block: 0, form: [], relation: '<=', target: 1, says: '' }] })).toMatch(/linear assumptions/);
  expect(await refusal({}, { limit: 63 })).toMatch(/64 states/);
  expect(await refusal({ blocks: [{ ...block, forbidden: [[{ digit: 0, value: 1 }]] }] })).toMatch(/no model of the graph/);
  expect(await refusal({ target: { ...programme.target, denominator: [{ weight: 0, tables: [] }] } })).toMatch(/probability 0/);
});

test('no study at all: the starts are the models, the widened interval is everything', async () => {
  const { report } = await run(xy({ observed: null, trial: null }, xyTargets.PNS), { runs: 10 });
  expect(report.widened).toEqual([0, 1]);
  expect(report.worstCertificate).toBe(0);
});

test('digits that nothing links are independent and small: 2^20 states never listed', async () => {
  const contexts = Array.from({ length: 10 }, (_, w) => w);
  const levels = ['0', '1'];
  const programme: Programme = {
    blocks: [
      {
        name: 'Y',
        children: ['Y'],
        digits: contexts.flatMap((w) => ['0', '1'].map((x) => ({ variable: 'Y', parents: ['W', 'X'], context: [String(w), x], levels }))),
        forbidden: [],
        independences: [],
        complete: true,
      },
    ],
    strata: contexts.flatMap((w) => [0, 1].map((x) => ({ block: 0, study: 's', says: `W=${w}, do(X=${x})`, exact: false }))),
    cells: contexts.flatMap((w) =>
      [0, 1].flatMap((x) => [0, 1].map((y) => cell(2 * w + x, y === x ? 60 + w : 40 - w, 100, [{ digit: 2 * w + x, value: y }]))),
    ),
    restrictions: [],
    target: {
      numerator: contexts.map((w) => ({
        ...sum(0, [
          [
            { digit: 2 * w, value: 0 },
            { digit: 2 * w + 1, value: 1 },
          ],
        ]),
        weight: 0.1,
      })),
    },
  };
  const outcome = await run(programme, { runs: 5, start: 'dirichlet', concentration: 0.1 });
  audit(programme, outcome);
  const margins = contexts.map((w) => (60 + w) / 100);
  const low = margins.reduce((total, p) => total + Math.max(0, 2 * p - 1) / 10, 0);
  const high = margins.reduce((total, p) => total + p / 10, 0);
  const [reachedLow, reachedHigh] = outcome.report.widened as readonly [number, number];
  expect(reachedLow).toBeGreaterThan(low - 1e-3);
  expect(reachedHigh).toBeLessThan(high + 1e-3);
  expect(reachedHigh - reachedLow).toBeGreaterThan(0.7 * (high - low));
});

test('sampled starts: any seed and run number gives a model that fits', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 1e9 }),
      fc.constantFrom('uniform', 'dirichlet') as fc.Arbitrary<'uniform' | 'dirichlet'>,
      async (seed, start) => {
        const programme = tableOne(studies.O);
        const { points } = await run(programme, { runs: 2, seed, start, concentration: 0.003 });
        for (const point of points)
          for (const [j, { target }] of programme.cells.entries()) expect(row(programme, j, point)).toBeCloseTo(target, 6);
      },
    ),
    { numRuns: 25, seed: 1 },
  );
});
