import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memoryStudy } from '../../src/data/memory.ts';
import type { Study } from '../../src/data/study.ts';
import type { Estimand } from '../../src/estimand/estimand.ts';
import { fillTables, freeWeightsOf } from '../../src/interpret/fill.ts';
import { deltaErrors, influences } from '../../src/interpret/influence.ts';
import { evaluate } from '../../src/interpret/number.ts';
import type { Plan } from '../../src/interpret/plan.ts';
import type { LeafTables } from '../../src/interpret/tables.ts';
import { type Uncertainty, uncertaintyOf } from '../../src/interpret/uncertainty.ts';
import { Random } from '../../src/math/random.ts';
import { betaQuantile } from '../../src/math/special.ts';
import { Interrupted } from '../../src/run/progress.ts';
import { coverage } from './coverage.ts';
import { measure, type Row, studyOf } from './studies.ts';
import { because, textbook, unwrap } from './support.ts';

const { b, p, backdoor, frontdoor, napkin } = textbook();
const at = (estimand: Estimand, values: Record<string, string>): Estimand =>
  b.place(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])), estimand);
const errors = (plan: Plan, tables: LeafTables): Float64Array => {
  const found = deltaErrors(plan, tables);
  if ('tooLarge' in found) throw new Error('too large');
  return found;
};
const some = (found: Uncertainty | { readonly none: string }): Uncertainty => {
  if ('none' in found) throw new Error(found.none);
  return found;
};

describe('delta method against closed forms', () => {
  it('binomial, ratio and difference of two proportions', async () => {
    const rows = [
      { X: '0', Y: '0', n: 61 },
      { X: '0', Y: '1', n: 29 },
      { X: '1', Y: '0', n: 33 },
      { X: '1', Y: '1', n: 77 },
    ];
    const study = await studyOf(rows, { count: 'n' });
    const one = async (estimand: Estimand): Promise<number> => {
      const { plan, tables } = await measure(estimand, [study]);
      return errors(plan, tables)[0] as number;
    };
    expect(await one(at(p('Y'), { Y: '1' }))).toBeCloseTo(Math.sqrt((0.53 * 0.47) / 200), 12);
    expect(await one(at(p('Y', 'X'), { Y: '1', X: '1' }))).toBeCloseTo(Math.sqrt((0.7 * 0.3) / 110), 12);
    const [q, r] = [29 / 90, 77 / 110];
    const contrast = b.combine(['1', '0'].map((x, i) => ({ weight: i === 0 ? 1 : -1, of: at(p('Y', 'X'), { Y: '1', X: x }) })));
    expect(await one(contrast)).toBeCloseTo(Math.sqrt((r * (1 - r)) / 110 + (q * (1 - q)) / 90), 12);
    // P(Y, X) / P(Y) as a quotient step is the same ratio.
    const quotient = at(b.quotient(p('X Y'), p('Y'), because), { X: '1', Y: '1' });
    const share = 77 / 106;
    expect(await one(quotient)).toBeCloseTo(Math.sqrt((share * (1 - share)) / 106), 12);
  });

  it('stratified adjustment: the known variance of the standardised proportion', async () => {
    // Var = sum_z w_z^2 p_z (1 - p_z) / n_xz + Var_z(p_z) / N for sum_z P(Y=1 | x, z) P(z).
    const rows: Row[] = [];
    for (const [Z, X, Y, n] of [
      ['0', '0', '0', 40],
      ['0', '0', '1', 20],
      ['0', '1', '0', 11],
      ['0', '1', '1', 19],
      ['1', '0', '0', 9],
      ['1', '0', '1', 31],
      ['1', '1', '0', 13],
      ['1', '1', '1', 57],
    ] as const)
      rows.push({ Z, X, Y, n });
    const { plan, tables } = await measure(at(backdoor, { X: '1', Y: '1' }), [await studyOf(rows, { count: 'n' })]);
    const [w0, w1, p0, p1] = [90 / 200, 110 / 200, 19 / 30, 57 / 70];
    const within = (w0 ** 2 * p0 * (1 - p0)) / 30 + (w1 ** 2 * p1 * (1 - p1)) / 70;
    const middle = w0 * p0 + w1 * p1;
    const between = (w0 * (p0 - middle) ** 2 + w1 * (p1 - middle) ** 2) / 200;
    expect(errors(plan, tables)[0]).toBeCloseTo(Math.sqrt(within + between), 12);
  });

  it('NSW: the contrast of means and Welch standard error, as published', async () => {
    for (const [file, effect, welch, digits] of [
      ['nsw-dehejia-wahba', 1794.34, 671.0, 1],
      ['nsw-lalonde', 886.3, 488.2, 1],
    ] as const) {
      const csv = readFileSync(new URL(`./data/${file}.csv`, import.meta.url), 'utf8');
      const study = unwrap(await memoryStudy({ name: 'nsw', regime: { set: ['treat'] } }, { csv }, new Map([['re78', { real: true }]])));
      const arm = (treat: string): Estimand =>
        b.mean('re78', at(b.measured({ of: ['re78'], given: [], regime: { set: ['treat'] }, studies: ['nsw'], because }), { treat }));
      const contrast = b.combine([
        { weight: 1, of: arm('1') },
        { weight: -1, of: arm('0') },
      ]);
      const { plan, tables } = await measure(contrast, [study]);
      expect(evaluate(plan, fillTables(tables)).values[0]).toBeCloseTo(effect, 1);
      expect(errors(plan, tables)[0]).toBeCloseTo(welch, digits);
      const rows = csv
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').map(Number) as [number, number, number]);
      const [one, none] = ['1', '0'].map((treat) => {
        const y = rows.filter((row) => String(row[0]) === treat).map((row) => row[2]);
        const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
        return y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (y.length - 1) / y.length;
      });
      expect(errors(plan, tables)[0]).toBeCloseTo(Math.sqrt((one as number) + (none as number)), 8);
      const boot = some(await uncertaintyOf(plan, tables, { draws: 4000 }));
      const spread = deviation(boot.draws as Float64Array);
      expect(spread / welch).toBeGreaterThan(0.96);
      expect(spread / welch).toBeLessThan(1.04);
    }
  });
});

const deviation = (values: Float64Array): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

/** Random rows over W, Z, M, X, Y with every cell seen. */
async function denseStudy(seed: number, real: boolean): Promise<Study> {
  const random = new Random(seed);
  const rows: Row[] = [];
  for (let i = 0; i < 3000; i++) {
    const bits = Array.from({ length: 4 }, () => (random.next() < 0.5 ? 1 : 0));
    const score = bits.reduce<number>((sum, bit, k) => sum + bit * (k - 1), 0);
    const Y = real ? 5 + score + random.normal() : random.next() < 0.5 + 0.1 * score ? 1 : 0;
    const [W, Z, M, X] = bits;
    rows.push({ W: String(W), Z: String(Z), M: String(M), X: String(X), Y });
  }
  return studyOf(rows, {}, { Y: real ? { real: true } : { levels: ['0', '1'] } });
}

describe('influence by reverse mode against finite differences', () => {
  const twice = b.place(
    { Y: { value: '1' } },
    b.quotient(b.product([frontdoor, p('Z')], because), b.sum(['Z'], b.product([p('X', 'Z'), p('Z')], because), because), because),
  );
  const diagonal = at(
    b.product([b.place({ M: { symbol: 'Z' } }, p('Y M', 'Z X')), b.place({ X: { symbol: 'Z' } }, p('X', 'Z'))], because),
    { Y: '1' },
  );
  const finite: [string, Estimand][] = [
    ['back-door', at(backdoor, { Y: '1' })],
    ['front-door', at(frontdoor, { Y: '1' })],
    ['napkin', at(napkin, { Y: '1' })],
    ['a quotient of sums', twice],
    ['a diagonal', diagonal],
    [
      'a mean of a contrast',
      b.combine([
        { weight: 1.5, of: b.mean('Y', at(napkin, { X: '1' })) },
        { weight: -1, of: b.mean('Y', at(backdoor, { X: '0' })) },
      ]),
    ],
  ];
  const cases: [string, Estimand, boolean][] = [
    ...finite.map(([name, estimand]): [string, Estimand, boolean] => [name, estimand, false]),
    ['a real back-door', b.mean('Y', backdoor), true],
    ['a real napkin', b.mean('Y', napkin), true],
    [
      'a real condition of several',
      b.mean('Y', b.condition(['Y', 'W'], ['X'], b.product([p('Z'), p('Y W X', 'Z')], because), because)),
      true,
    ],
  ];
  for (const [name, estimand, real] of cases)
    it(name, async () => {
      const { plan, tables, domains } = await measure(estimand, [await denseStudy(1, real)], { open: ['X'] });
      const weights = freeWeightsOf(plan, tables, domains);
      const factors = fillTables(tables);
      const source = tables.sources[0] as LeafTables['sources'][number];
      const cells = evaluate(plan, factors, weights).values.length;
      for (let cell = 0; cell < cells; cell++) {
        const found = influences(plan, tables, factors, cell, weights);
        if ('tooLarge' in found) throw new Error('too large');
        const own = found[0];
        let total = 0;
        for (let i = 0; i < source.size.length; i++) {
          const mean = source.mean?.[i] ?? 0;
          // One more record at the cell mean, and one more unit of outcome.
          const h = 1e-3 * (source.size[i] as number);
          const value = (records: number, shift: number): number => {
            const sizes = [source.size.with(i, (source.size[i] as number) + records)];
            const means = [source.mean?.with(i, mean + shift)];
            return evaluate(plan, fillTables(tables, sizes, means), weights).values[cell] as number;
          };
          const numeric = (value(h, 0) - value(-h, 0)) / (2 * h);
          const exact = (own?.constant[i] as number) + (own?.slope[i] as number) * mean;
          expect(Math.abs(exact - numeric)).toBeLessThan(1e-6 * (Math.abs(numeric) + 1e-4));
          if (real) {
            const slope = (value(0, 1e-3) - value(0, -1e-3)) / 2e-3 / (source.size[i] as number);
            expect(Math.abs((own?.slope[i] as number) - slope)).toBeLessThan(1e-6 * (Math.abs(slope) + 1e-4));
          }
          total += (source.size[i] as number) * exact;
        }
        // Doubling every count changes nothing.
        expect(Math.abs(total)).toBeLessThan(1e-9);
      }
    });
});

describe('the bootstrap', () => {
  const rows = [
    { X: '0', Y: '0', n: 61 },
    { X: '0', Y: '1', n: 29 },
    { X: '1', Y: '0', n: 33 },
    { X: '1', Y: '1', n: 77 },
  ];
  it('has the spread of the binomial and of a ratio, and the same digits for the same seed', async () => {
    const study = await studyOf(rows, { count: 'n' });
    const { plan, tables } = await measure(at(p('Y', 'X'), { Y: '1' }), [study]);
    const made = some(await uncertaintyOf(plan, tables, { seed: 5, draws: 4000 }));
    made.intervals.forEach((interval, x) => {
      // The weights of a ratio of cells are those of a Beta distribution.
      const [yes, no] = (x === 0 ? [29, 61] : [77, 33]) as [number, number];
      const n = yes + no;
      const share = yes / n;
      expect(Math.abs((interval?.[0] as number) - betaQuantile(0.025, yes, no))).toBeLessThan(0.006);
      expect(Math.abs((interval?.[1] as number) - betaQuantile(0.975, yes, no))).toBeLessThan(0.006);
      expect(made.standardErrors[x]).toBeCloseTo(Math.sqrt((share * (1 - share)) / n), 12);
    });
    const again = some(await uncertaintyOf(plan, tables, { seed: 5, draws: 4000 }));
    expect(again).toEqual(made);
    expect(some(await uncertaintyOf(plan, tables, { seed: 6, draws: 4000 })).intervals).not.toEqual(made.intervals);
  });

  it('of a combination is not that of its parts', async () => {
    const study = await studyOf(rows, { count: 'n' });
    const same = b.combine([
      { weight: 1, of: at(p('Y'), { Y: '1' }) },
      { weight: 1, of: at(p('Y'), { Y: '0' }) },
    ]);
    const { plan, tables } = await measure(same, [study]);
    const made = some(await uncertaintyOf(plan, tables));
    expect(made.intervals[0]?.[0]).toBeCloseTo(1, 12);
    expect(made.intervals[0]?.[1]).toBeCloseTo(1, 12);
    expect(made.standardErrors[0]).toBeLessThan(1e-8);
  });

  it('exact studies carry none; weights count by their effective size', async () => {
    const leaf = at(p('Y'), { Y: '1' });
    const exact = await measure(leaf, [
      await studyOf(
        [
          { Y: '0', p: 0.4 },
          { Y: '1', p: 0.6 },
        ],
        { probability: 'p' },
      ),
    ]);
    expect(await uncertaintyOf(exact.plan, exact.tables)).toHaveProperty('none');
    const weighted: Row[] = Array.from({ length: 100 }, (_, i) => ({ Y: String(i % 2), w: i < 50 ? 1 : 3 }));
    const { plan, tables } = await measure(leaf, [await studyOf(weighted, { weight: 'w' })]);
    // Kish: (50 + 150)^2 / (50 + 450) = 80.
    expect(errors(plan, tables)[0]).toBeCloseTo(Math.sqrt(0.25 / 80), 12);
    // One exact and one counted study: only the counted one varies.
    const both = b.product(
      [at(p('Y'), { Y: '1' }), b.measured({ of: ['X'], given: [], regime: { set: [] }, studies: ['sample'], because })],
      because,
    );
    const mixed = await measure(at(both, { X: '1' }), [
      await studyOf(
        [
          { Y: '0', p: 0.4 },
          { Y: '1', p: 0.6 },
        ],
        { probability: 'p' },
      ),
      await studyOf(
        [
          { X: '0', n: 50 },
          { X: '1', n: 50 },
        ],
        { name: 'sample', count: 'n' },
      ),
    ]);
    expect(errors(mixed.plan, mixed.tables)[0]).toBeCloseTo(0.6 * Math.sqrt(0.25 / 100), 12);
  });

  it('leaves undefined values undefined and gives the others their interval', async () => {
    const { plan, tables } = await measure(at(p('Y', 'X'), { Y: '1' }), [
      await studyOf(rows.slice(0, 2), { count: 'n' }, { X: { levels: ['0', '1'] } }),
    ]);
    const made = some(await uncertaintyOf(plan, tables, { draws: 200 }));
    expect(made.intervals[0]).toBeDefined();
    expect(made.intervals[1]).toBeUndefined();
    expect(made.standardErrors[1]).toBeUndefined();
  });

  it('stops when told to, and says how far it is', async () => {
    const { plan, tables } = await measure(p('Y'), [await studyOf(rows, { count: 'n' })]);
    const signal = { aborted: false };
    const seen: number[] = [];
    const run = uncertaintyOf(plan, tables, {
      signal,
      onProgress: ({ done }) => {
        seen.push(done);
        if (done >= 320) signal.aborted = true;
      },
    });
    await expect(run).rejects.toThrow(Interrupted);
    expect(seen.at(-1)).toBe(320);
  });

  it('answers by the delta method when asked, with the normal interval', async () => {
    const { plan, tables } = await measure(at(p('Y'), { Y: '1' }), [await studyOf(rows, { count: 'n' })]);
    const made = some(await uncertaintyOf(plan, tables, { method: 'delta', level: 0.9 }));
    const error = Math.sqrt((0.53 * 0.47) / 200);
    expect(made.intervals[0]?.[1]).toBeCloseTo(0.53 + 1.6448536 * error, 6);
  });
});

describe('coverage of 95 % intervals, 300 simulated studies each', () => {
  for (const name of ['back-door', 'front-door', 'napkin'] as const)
    it(name, async () => {
      const { covered, coveredByDelta } = await coverage(name, { simulations: 300, rows: 600, draws: 300 });
      for (const share of [covered, coveredByDelta]) {
        expect(share).toBeGreaterThan(0.91);
        expect(share).toBeLessThan(0.985);
      }
    });
});
