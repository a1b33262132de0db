import { describe, expect, it } from 'vitest';
import type { Estimand } from '../../src/estimand/estimand.ts';
import { emptyCells, evaluate } from '../../src/interpret/number.ts';
import { compile } from '../../src/interpret/plan.ts';
import { align, type Factor, restrict } from '../../src/math/factor.ts';
import { exactDistribution } from '../../src/model/exact.ts';
import type { DiscreteModel } from '../../src/model/scm.ts';
import { because, domainsOf, exactTables, graphOf, modelOf, planOf, table, textbook, unwrap } from './support.ts';

const exact = (model: DiscreteModel, of: string[], set: string[], given: string[] = []): Factor =>
  table(exactDistribution(model, { of, set, given }));

const levels = new Map([
  ['X', ['0', '1', '2']],
  ['Z', ['a', 'b', 'c']],
  ['W', ['0', '1']],
]);

function agree(estimand: Estimand, model: DiscreteModel, truth: Factor): void {
  const plan = planOf(estimand, model, truth.axes);
  const result = evaluate(plan, exactTables(plan, model));
  expect(result.axes).toEqual(truth.axes);
  truth.values.forEach((value, i) => {
    expect(Math.abs((result.values[i] as number) - value)).toBeLessThan(1e-12);
  });
  for (const spread of result.spread ?? []) expect(spread).toBeLessThan(1e-12);
}

describe('textbook estimands in random models', () => {
  const { b, p, times, sum, backdoor, frontdoor, napkin } = textbook();
  const cases: [string, string, Estimand, string[], string[], string[]][] = [
    ['back-door', 'Z -> X; Z -> Y; X -> Y', backdoor, ['Y'], ['X'], []],
    ['front-door', 'X -> M; M -> Y; X <-> Y', frontdoor, ['Y'], ['X'], []],
    ['napkin', 'W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y', napkin, ['Y'], ['X'], []],
    [
      'front-door given the mediator, as a quotient of sums',
      'X -> M; M -> Y; X <-> Y; M -> V',
      b.condition(['Y'], ['V'], sum('M', times(p('M', 'X'), p('V', 'M'), sum('X', times(p('Y', 'M X'), p('X'))))), because),
      ['Y'],
      ['X'],
      ['V'],
    ],
    [
      'a surrogate experiment',
      'X -> Y; Z -> X; X <-> Y; Z <-> Y; Z -> Y',
      b.sum(
        ['W'],
        b.product([b.measured({ of: ['Y'], given: ['W'], regime: { set: ['X'] }, studies: ['t'], because }), p('W')], because),
        because,
      ),
      ['Y'],
      ['X'],
      [],
    ],
  ];
  for (const [name, text, estimand, of, set, given] of cases.slice(0, 4))
    for (const seed of [1, 2, 3])
      it(`${name}, seed ${seed}`, () => {
        const model = modelOf(graphOf(text), seed, levels);
        agree(estimand, model, exact(model, of, set, given));
      });

  it('a surrogate experiment, its variable summed', () => {
    const model = modelOf(graphOf('W -> X; W -> Y; X -> Y; X <-> Y'), 4, levels);
    agree((cases[4] as (typeof cases)[4])[2], model, exact(model, ['Y'], ['X']));
  });

  it('states values, of the outcome too, wherever they are stated', () => {
    const model = modelOf(graphOf('W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y'), 5, levels);
    const truth = exact(model, ['Y'], ['X']);
    for (const [x, name] of ['0', '1', '2'].entries()) {
      const placed = b.place({ X: { value: name }, Y: { value: '1' } }, napkin);
      const plan = planOf(placed, model, []);
      const { values, spread } = evaluate(plan, exactTables(plan, model));
      expect(values[0]).toBeCloseTo(truth.values[3 * 1 + x] as number, 12);
      expect(spread?.[0]).toBeLessThan(1e-12);
    }
    const contrast = b.combine(['2', '0'].map((value, i) => ({ weight: i === 0 ? 1 : -1, of: b.place({ X: { value } }, napkin) })));
    const plan = planOf(contrast, model, ['Y']);
    const { values } = evaluate(plan, exactTables(plan, model));
    expect(values[1]).toBeCloseTo((truth.values[3 + 2] as number) - (truth.values[3] as number), 12);
  });

  it('takes a diagonal: ETT of the back-door graph, P(Y[x], X = x)', () => {
    // sum_z P(y | x, z) P(x', z) at x' = x is P(y, x).
    const model = modelOf(graphOf('Z -> X; Z -> Y; X -> Y'), 6, levels);
    const joint = sum('Z', times(p('Y', 'X Z'), b.place({ X: { symbol: "X'" } }, p('X Z'))));
    agree(b.place({ "X'": { symbol: 'X' } }, joint), model, exact(model, ['Y', 'X'], []));
  });

  it('keeps the names of shared sums apart: (sum_x f(x))^2 is no sum of squares', () => {
    const model = modelOf(graphOf('Z -> X; Z -> Y; X -> Y'), 7, levels);
    const half = sum('X', times(p('X', 'Z'), p('Y', 'X Z')));
    const squared = times(half, half, b.place({ Y: { symbol: "Y'" } }, half));
    const plan = planOf(squared, model, ['Y', 'Z', "Y'"]);
    const { values } = evaluate(plan, exactTables(plan, model));
    const yz = exact(model, ['Y'], [], ['Z']);
    values.forEach((value, i) => {
      const [y, z, other] = [Math.floor(i / 6), Math.floor(i / 2) % 3, i % 2];
      const at = (k: number): number => yz.values[k * 3 + z] as number;
      expect(value).toBeCloseTo(at(y) ** 2 * at(other), 12);
    });
  });

  it('divides: a quotient step is the conditional, undefined where its denominator is 0', () => {
    const model = modelOf(graphOf('Z -> X; Z -> Y; X -> Y'), 8, levels);
    const quotient = b.quotient(p('X Y'), p('X'), because);
    agree(quotient, model, align(exact(model, ['Y'], [], ['X']), ['X', 'Y']));
    const zero = b.quotient(p('X Y'), b.constant(0, because), because);
    const plan = planOf(zero, model);
    expect([...evaluate(plan, exactTables(plan, model)).values].every(Number.isNaN)).toBe(true);
  });

  it('means of numeric levels; levels that are no numbers are refused', () => {
    const model = modelOf(
      graphOf('Z -> X; Z -> Y; X -> Y'),
      9,
      new Map([
        ['Y', ['-1.5', '2', '10']],
        ['Z', ['a', 'b']],
      ]),
    );
    const truth = exact(model, ['Y'], ['X']);
    const plan = planOf(b.mean('Y', backdoor), model, ['X']);
    const { values } = evaluate(plan, exactTables(plan, model));
    for (const x of [0, 1]) {
      const want = [-1.5, 2, 10].reduce((total, y, k) => total + y * (restrict(truth, 'X', x).values[k] as number), 0);
      expect(values[x]).toBeCloseTo(want, 12);
    }
    const refused = compile(b.mean('Z', p('Z')), domainsOf(model));
    expect(refused).toMatchObject({ ok: false, issues: [{ code: 'not-a-number' }] });
  });
});

describe('undefined values', () => {
  const { b, backdoor, napkin } = textbook();
  it('names the conditions without records, and only those that matter', () => {
    const model = modelOf(graphOf('Z -> X; Z -> Y; X -> Y'), 1, levels);
    const plan = planOf(b.place({ X: { value: '1' } }, backdoor), model, ['Y']);
    const tables = exactTables(plan, model);
    const conditional = plan.requests.findIndex((request) => request.leaf.given.length > 0);
    const margin = plan.requests.findIndex((request) => request.leaf.of.includes('Z'));
    const gap = tables[conditional] as Factor;
    const z = gap.axes.indexOf('Z');
    const stride = z === gap.axes.length - 1 ? 1 : (gap.sizes[1] as number);
    const values = gap.values.map((value, i) => (Math.floor(i / stride) % 3 > 0 ? Number.NaN : value));
    // Z = b has no mass, so that its missing condition does not matter; that of Z = c does.
    const holed = tables
      .with(conditional, { ...gap, values })
      .with(margin, { axes: ['Z'], sizes: [3], values: Float64Array.of(0.4, 0, 0.6) });
    expect(evaluate(plan, holed).values.every(Number.isNaN)).toBe(true);
    const empty = emptyCells(plan, holed, (name) => model.levels.get(name) ?? []);
    expect(empty.complete).toBe(true);
    expect(empty.cells.map((cell) => cell.at)).toEqual([{ X: '1', Z: 'c' }]);
    const whole = tables.with(conditional, { ...gap, values }).with(margin, { axes: ['Z'], sizes: [3], values: Float64Array.of(1, 0, 0) });
    expect([...evaluate(plan, whole).values].some(Number.isNaN)).toBe(false);
  });

  it('averages free slices by weight and leaves undefined ones out', () => {
    const model = modelOf(graphOf('W -> Z; Z -> X; X -> Y; W <-> X; W <-> Y'), 2, levels);
    const plan = planOf(napkin, model, ['Y', 'X']);
    const tables = exactTables(plan, model);
    const last = plan.requests.findIndex((request) => request.leaf.of.includes('X'));
    const one = tables[last] as Factor;
    const z = one.axes.indexOf('Z');
    const stride = one.sizes.slice(z + 1).reduce((a, c) => a * c, 1);
    const values = one.values.map((value, i) => (Math.floor(i / stride) % 3 === 0 ? Number.NaN : value));
    const { values: found } = evaluate(plan, tables.with(last, { ...one, values }));
    const truth = exact(model, ['Y'], ['X']);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(truth.values[i] as number, 12);
    });
    const weighted = evaluate(plan, tables, { axes: ['Z'], sizes: [3], values: Float64Array.of(0, 0, 7) });
    expect(weighted.values[0]).toBeCloseTo(truth.values[0] as number, 12);
  });
});

describe('cost', () => {
  const { b } = textbook();
  const names = Array.from({ length: 20 }, (_, i) => `V${i}`);
  it('a chain of 20 binary variables never builds 2^20 cells', () => {
    const model = modelOf(
      graphOf(
        names
          .slice(1)
          .map((name, i) => `V${i} -> ${name}`)
          .join('; '),
      ),
      3,
    );
    const leaf = (of: string[], given: string[]): Estimand => b.measured({ of, given, regime: { set: [] }, studies: ['s'], because });
    // Nested as ID nests them: every inner sum would be a table of all that is outside.
    let body: Estimand = leaf(['V0'], []);
    const factors = names.slice(1).map((name, i) => leaf([name], [`V${i}`]));
    body = b.sum(names.slice(0, 19), b.product([body, ...factors], because), because);
    const plan = planOf(body, model, ['V19']);
    const tables = plan.requests.map((request) => table(exactDistribution(model, { of: request.leaf.of, given: request.leaf.given })));
    const { values } = evaluate(plan, tables);
    expect(plan.largest).toBeLessThanOrEqual(8);
    expect(values[1]).toBeCloseTo(exact(model, ['V19'], []).values[1] as number, 12);
  });

  it('refuses, before any work, what would be too large', () => {
    const model = modelOf(
      graphOf(
        names
          .slice(1)
          .map((name) => `V0 -> ${name}`)
          .join('; '),
      ),
      3,
    );
    const domains = domainsOf(model);
    const wide = b.measured({ of: names, given: [], regime: { set: [] }, studies: ['s'], because });
    const result = compile(b.sum(names.slice(1), wide, because), domains, { limit: 2 ** 16 });
    expect(result).toMatchObject({ ok: false, issues: [{ code: 'too-large' }] });
    expect(unwrap(compile(b.sum(names.slice(1), wide, because), domains)).largest).toBe(2 ** 20);
  });
});
