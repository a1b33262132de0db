import { describe, expect, it } from 'vitest';
import type { Estimand } from '../../src/estimand/estimand.ts';
import { leafReports } from '../../src/interpret/explain.ts';
import { fillTables, freeWeightsOf } from '../../src/interpret/fill.ts';
import { evaluate } from '../../src/interpret/number.ts';
import { compile } from '../../src/interpret/plan.ts';
import { countTables } from '../../src/interpret/tables.ts';
import { Random } from '../../src/math/random.ts';
import { measure, type Row, studyOf } from './studies.ts';
import { because, textbook } from './support.ts';

const { b, p, times, sum, backdoor, napkin } = textbook();
const at = (estimand: Estimand, values: Record<string, string>): Estimand =>
  b.place(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])), estimand);

/** Rows of Z -> X -> Y with a real outcome, tie-free. */
function rowsOf(count: number, seed: number): { Z: string; X: string; Y: number }[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const z = random.integer(3);
    const x = random.next() < 0.3 + 0.2 * z ? 1 : 0;
    return { Z: 'abc'[z] as string, X: String(x), Y: 1000 + 2 * x - z + (1 + z) * random.normal() };
  });
}
const real = { X: { levels: ['0', '1'] }, Z: { levels: ['a', 'b', 'c'] }, Y: { real: true } };
const average = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;

async function value(estimand: Estimand, rows: readonly Row[], options = {}): Promise<number[]> {
  const { plan, tables } = await measure(estimand, [await studyOf(rows, {}, real)], options);
  return [...evaluate(plan, fillTables(tables)).values];
}

describe('the moment axis of a real outcome', () => {
  const rows = rowsOf(400, 1);
  const meanWhere = (x: string, z?: string): number =>
    average(rows.filter((row) => row.X === x && (z === undefined || row.Z === z)).map((row) => row.Y));
  const share = (z: string): number => rows.filter((row) => row.Z === z).length / rows.length;

  it('adjusts as the loop over rows does', async () => {
    const found = await value(b.mean('Y', backdoor), rows, { open: ['X'] });
    for (const x of [0, 1]) {
      const want = ['a', 'b', 'c'].reduce((total, z) => total + share(z) * meanWhere(String(x), z), 0);
      expect(found[x]).toBeCloseTo(want, 9);
    }
  });

  it('sums, conditions and restricts around it', async () => {
    expect((await value(b.mean('Y', p('Y')), rows))[0]).toBeCloseTo(average(rows.map((row) => row.Y)), 9);
    const joint = p('Y X Z');
    expect((await value(b.mean('Y', b.condition(['Y'], ['X'], joint, because)), rows))[1]).toBeCloseTo(meanWhere('1'), 9);
    expect((await value(at(b.mean('Y', b.condition(['Y'], ['X', 'Z'], joint, because)), { X: '0', Z: 'b' }), rows))[0]).toBeCloseTo(
      meanWhere('0', 'b'),
      9,
    );
    const both = await value(b.mean('Y', b.condition(['Y', 'Z'], ['X'], joint, because)), rows, { open: ['X', 'Z'] });
    const one = rows.filter((row) => row.X === '1');
    expect(both[4]).toBeCloseTo(one.filter((row) => row.Z === 'b').reduce((total, row) => total + row.Y, 0) / one.length, 9);
    // Summing the outcome away leaves plain probabilities.
    expect((await value(sum('Y', times(p('Y', 'X'), p('Z', 'X'))), rows, { open: ['X', 'Z'] }))[1]).toBeCloseTo(
      rows.filter((row) => row.X === '0' && row.Z === 'b').length / rows.filter((row) => row.X === '0').length,
      12,
    );
    const contrast = b.combine(['1', '0'].map((x, i) => ({ weight: i === 0 ? 1 : -1, of: b.mean('Y', at(backdoor, { X: x })) })));
    const [low, high] = await value(b.mean('Y', backdoor), rows, { open: ['X'] });
    expect((await value(contrast, rows))[0]).toBeCloseTo((high as number) - (low as number), 9);
  });

  it('refuses what needs more than a mean, and says which variable to cut', async () => {
    const { domains } = await measure(p('X'), [await studyOf(rows, {}, real)]);
    const codes = (estimand: Estimand): string | undefined => {
      const made = compile(estimand, domains);
      return made.ok
        ? undefined
        : `${made.issues[0]?.code} ${/"Y": \{ "cut"/u.test(made.issues[0]?.hint ?? '') || /cut Y/u.test(made.issues[0]?.hint ?? '')}`;
    };
    expect(codes(sum('Y', times(p('X', 'Y'), p('Y'))))).toBe('real-condition true');
    expect(codes(b.mean('Y', times(p('Y', 'X'), p('Y', 'Z'))))).toBe('real-condition true');
    expect(codes(sum('Y', times(b.condition(['X'], ['Y'], p('X Y'), because), p('Y'))))).toBe('real-condition true');
    expect(codes(p('Y', 'X'))).toBe('real-open true');
    expect(codes(at(p('Y', 'X'), { Y: '3' }))).toBe('real-condition true');
    expect(codes(b.mean('Y', p('Y', 'X')))).toBeUndefined();
  });
});

describe('leaf tables', () => {
  it('pools studies that offer the same distribution, and takes arms for what they are', async () => {
    const trial = (set: Row[], name: string, fixed?: string) =>
      studyOf(
        set,
        { name, regime: { set: ['X'], ...(fixed !== undefined && { fixed: { X: fixed } }) } },
        { X: { levels: ['0', '1'] }, Y: { levels: ['0', '1'] } },
      );
    const rows = (x: string | undefined, zeros: number, ones: number): Row[] =>
      Array.from({ length: zeros + ones }, (_, i) => ({ ...(x !== undefined && { X: x }), Y: i < zeros ? '0' : '1' }));
    const arms = [
      await trial(rows(undefined, 6, 2), 'arm0', '0'),
      await trial(rows(undefined, 1, 3), 'arm1', '1'),
      await trial([...rows('0', 4, 4), ...rows('1', 2, 0)], 'random'),
    ];
    const leaf = (studies: string[], fixed?: string): Estimand =>
      b.measured({ of: ['Y'], given: [], regime: { set: ['X'], ...(fixed !== undefined && { fixed: { X: fixed } }) }, studies, because });
    const shares = async (studies: string[], fixed?: string): Promise<number[]> => {
      const { plan, tables } = await measure(leaf(studies, fixed), arms, fixed === undefined ? { open: ['X', 'Y'] } : {});
      return [...evaluate(plan, fillTables(tables)).values];
    };
    expect(await shares(['arm0', 'arm1'])).toEqual([6 / 8, 2 / 8, 1 / 4, 3 / 4]);
    expect(await shares(['random'])).toEqual([0.5, 0.5, 1, 0]);
    expect(await shares(['arm0', 'arm1', 'random'])).toEqual([10 / 16, 6 / 16, 3 / 6, 3 / 6]);
    expect(await shares(['random'], '1')).toEqual([1, 0]);
    expect(await shares(['arm0'])).toEqual([6 / 8, 2 / 8, Number.NaN, Number.NaN]);
    const { plan } = await measure(leaf(['random']), arms);
    expect(
      await countTables(
        { requests: plan.requests.map((request) => ({ ...request, leaf: { ...request.leaf, studies: ['gone'] } })) },
        arms,
        new Map(),
      ),
    ).toMatchObject({
      ok: false,
      issues: [{ code: 'no-study' }],
    });
  });

  it('weights by effective size, exact studies first, smoothing only when asked', async () => {
    const levels = { Y: { levels: ['0', '1', '2'] } };
    const counted = await studyOf(
      [
        { Y: '0', n: 3 },
        { Y: '1', n: 1 },
      ],
      { name: 'counted', count: 'n' },
      levels,
    );
    const weighted = await studyOf(
      [
        { Y: '0', w: 10 },
        { Y: '1', w: 30 },
      ],
      { name: 'weighted', weight: 'w' },
      levels,
    );
    const exact = await studyOf(
      [
        { Y: '0', p: 0.2 },
        { Y: '1', p: 0.8 },
      ],
      { name: 'exact', probability: 'p' },
      levels,
    );
    const leaf = (...studies: string[]): Estimand => b.measured({ of: ['Y'], given: [], regime: { set: [] }, studies, because });
    const shares = async (estimand: Estimand, options = {}): Promise<number[]> => {
      const { plan, tables } = await measure(estimand, [counted, weighted, exact], options);
      return [...evaluate(plan, fillTables(tables)).values];
    };
    expect(await shares(leaf('counted'))).toEqual([0.75, 0.25, 0]);
    expect(await shares(leaf('counted'), { smoothing: 1 })).toEqual([4 / 7, 2 / 7, 1 / 7]);
    expect(await shares(at(leaf('counted'), { Y: '1' }), { smoothing: 1 })).toEqual([2 / 7]);
    expect(await shares(leaf('exact', 'counted'))).toEqual([0.2, 0.8, 0]);
    // Kish: (10 + 30)^2 / (10^2 + 30^2) = 1.6 effective records beside 4 counted ones.
    const pooled = await shares(leaf('counted', 'weighted'));
    expect(pooled[0]).toBeCloseTo((3 + 0.4) / 5.6, 12);
  });

  it('reports every leaf: study, columns, rows, cells', async () => {
    const study = await studyOf(rowsOf(50, 2), {}, real);
    const estimand = b.mean('Y', at(backdoor, { X: '1' }));
    const { tables } = await measure(estimand, [study]);
    const reports = leafReports(estimand, tables);
    expect(reports.map((report) => [report.text, report.columns, report.rows])).toEqual([
      ['P(Y | X, Z)', ['Y', 'X', 'Z'], 50],
      ['P(Z)', ['Z'], 50],
    ]);
    expect(leafReports(estimand)[0]).not.toHaveProperty('rows');
  });

  it('leans on the free values about which there is data', async () => {
    const random = new Random(3);
    const rows = Array.from({ length: 500 }, () => {
      const w = random.integer(2);
      const z = random.next() < 0.02 ? 1 : 0;
      const x = random.next() < 0.3 + 0.4 * z ? 1 : 0;
      return { W: String(w), Z: String(z), X: String(x), Y: String(random.next() < 0.2 + 0.5 * x ? 1 : 0) };
    });
    const estimand = at(napkin, { X: '1', Y: '1' });
    const { plan, tables, domains } = await measure(estimand, [await studyOf(rows)], { open: [] });
    const weights = freeWeightsOf(plan, tables, domains);
    const ones = rows.filter((row) => row.Z === '1').length;
    expect([...(weights?.values ?? [])]).toEqual([500 - ones, ones]);
    const each = plan.run(fillTables(tables)).values;
    const { values, spread } = evaluate(plan, fillTables(tables), weights);
    expect(values[0]).toBeCloseTo(((each[0] as number) * (500 - ones) + (each[1] as number) * ones) / 500, 12);
    expect(spread?.[0]).toBeCloseTo(Math.abs((each[0] as number) - (each[1] as number)), 12);
  });
});
