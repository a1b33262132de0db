import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Counts } from '../../src/data/counts.ts';
import { inferSchema } from '../../src/data/infer.ts';
import type { Declared, StudySource, StudySpec, StudySummary } from '../../src/data/source.ts';
import type { Study } from '../../src/data/study.ts';
import type { Issue, Result } from '../../src/run/issue.ts';

export type SuiteCell = string | number | boolean | null;
export interface SuiteTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly SuiteCell[])[];
}

/** What a kind of source cannot be asked; every skip shows up with its reason. */
export interface Abilities {
  /** `where` needs an SQL engine. */
  readonly where: boolean;
  /** Texts beside numbers in one column need a format without column types. */
  readonly mixed: boolean;
  /** Number of runs of the randomised comparison. */
  readonly runs: number;
}

export type Make = (spec: StudySpec, table: SuiteTable) => StudySource | Promise<StudySource>;

const observed = { set: [] };
const finite = (...levels: string[]): Declared => ({ levels });

/** Cells as `level,level` -> weight. */
export const cellsOf = (counts: Counts): Record<string, number> =>
  Object.fromEntries(
    Array.from(counts.weight, (weight, cell) => [
      counts.levels.map((levels, axis) => levels[counts.codes[cell * counts.axes.length + axis] as number]).join(),
      weight,
    ]),
  );

interface Opened {
  readonly study: Study;
  readonly summary: StudySummary;
}

/** One set of expectations for every implementation of {@link StudySource}. */
export function studySuite(label: string, make: Make, abilities: Abilities): void {
  const tryOpen = async (
    spec: StudySpec,
    table: SuiteTable,
    declared: Record<string, Declared> = {},
    names?: readonly string[],
  ): Promise<Result<Opened>> => {
    const source = await make(spec, table);
    const wanted = { declared: new Map(Object.entries(declared)), ...(names && { names }) };
    const summary = await source.summary(wanted);
    if (!summary.ok) return summary;
    const schema = inferSchema(wanted.declared, [{ spec, summary: summary.value }]);
    if (!schema.ok) return schema;
    const study = await source.open(schema.value);
    return study.ok ? { ok: true, value: { study: study.value, summary: summary.value } } : study;
  };
  const open = async (
    spec: Partial<StudySpec>,
    table: SuiteTable,
    declared: Record<string, Declared> = {},
    names?: readonly string[],
  ): Promise<Opened> => {
    const made = await tryOpen({ name: 's', regime: observed, ...spec }, table, declared, names);
    if (!made.ok) throw new Error(JSON.stringify(made.issues));
    return made.value;
  };
  const refuse = async (
    spec: Partial<StudySpec>,
    table: SuiteTable,
    declared: Record<string, Declared> = {},
    names?: readonly string[],
  ): Promise<readonly Issue[]> => {
    const made = await tryOpen({ name: 's', regime: observed, ...spec }, table, declared, names);
    return made.ok ? [] : made.issues;
  };
  const codes = (issues: readonly Issue[]): string[] => issues.map(({ code }) => code);

  describe(`${label}: counts`, () => {
    const table: SuiteTable = {
      header: ['X', 'Y', 'Z'],
      rows: [
        ['b', 1, true],
        ['a', 0, false],
        ['b', 1, true],
        ['a', 1, false],
        ['b', 0, true],
      ],
    };

    test('rows: every margin, in any order of axes', async () => {
      const { study, summary } = await open({}, table);
      expect(study.measured).toEqual(['X', 'Y', 'Z']);
      expect(study.domains.get('X')).toEqual({ kind: 'finite', levels: ['a', 'b'] });
      expect(study.domains.get('Y')).toEqual({ kind: 'finite', levels: ['0', '1'] });
      expect(study.domains.get('Z')).toEqual({ kind: 'finite', levels: ['false', 'true'] });
      expect([study.size, study.effectiveSize, summary.rows]).toEqual([5, 5, 5]);
      const joint = await study.counts(['X', 'Y']);
      expect(cellsOf(joint)).toEqual({ 'a,0': 1, 'a,1': 1, 'b,0': 1, 'b,1': 2 });
      expect([...joint.codes]).toEqual([0, 0, 0, 1, 1, 0, 1, 1]);
      expect(joint.exact).toBe(false);
      expect(joint.rows).toBeUndefined();
      expect(cellsOf(await study.counts(['Y', 'X']))).toEqual({ '0,a': 1, '0,b': 1, '1,a': 1, '1,b': 2 });
      expect(cellsOf(await study.counts(['Z']))).toEqual({ false: 2, true: 3 });
      expect(await study.counts([])).toMatchObject({ axes: [], total: 5, weight: Float64Array.of(5) });
    });

    test('a count column; cells of count 0 are not there; the same cell twice adds up', async () => {
      const counted: SuiteTable = {
        header: ['X', 'n', 'Y'],
        rows: [
          ['a', 3, 'p'],
          ['b', 0, 'p'],
          ['a', 4, 'q'],
          ['a', 5, 'p'],
        ],
      };
      const { study } = await open({ count: 'n' }, counted);
      expect(study.measured).toEqual(['X', 'Y']);
      expect(cellsOf(await study.counts(['X', 'Y']))).toEqual({ 'a,p': 8, 'a,q': 4 });
      expect([study.size, study.effectiveSize]).toEqual([12, 12]);
      expect(study.domains.get('X')).toEqual({ kind: 'finite', levels: ['a', 'b'] });
    });

    test('weights: records behind each cell, and Kish effective size', async () => {
      const weighted: SuiteTable = {
        header: ['X', 'w'],
        rows: [
          ['a', 0.5],
          ['a', 1.5],
          ['b', 2],
          ['b', 0],
        ],
      };
      const { study } = await open({ weight: 'w' }, weighted);
      const counts = await study.counts(['X']);
      expect(cellsOf(counts)).toEqual({ a: 2, b: 2 });
      expect([...(counts.rows ?? [])]).toEqual([2, 1]);
      expect(study.size).toBe(3);
      expect(study.effectiveSize).toBeCloseTo(16 / 6.5, 12);
    });

    test('only the variables of the problem are read', async () => {
      const { study, summary } = await open({}, table, {}, ['X', 'Q']);
      expect(study.measured).toEqual(['X']);
      expect(summary.ignored).toEqual(['Y', 'Z']);
    });

    test('declared order of levels; unused levels stay', async () => {
      const { study } = await open({}, table, { X: finite('c', 'b', 'a'), Y: finite('1', '0') });
      const counts = await study.counts(['X', 'Y']);
      expect(counts.levels).toEqual([
        ['c', 'b', 'a'],
        ['1', '0'],
      ]);
      expect(cellsOf(counts)).toEqual({ 'b,1': 2, 'b,0': 1, 'a,1': 1, 'a,0': 1 });
    });

    test('numbers written differently are one level', async () => {
      const decimal: SuiteTable = { header: ['X'], rows: [[1.0], [2], [10], [1]] };
      const { study } = await open({}, decimal, { X: finite('1', '2', '10') });
      expect(cellsOf(await study.counts(['X']))).toEqual({ 1: 2, 2: 1, 10: 1 });
    });

    test.skipIf(!abilities.mixed)(
      'texts that spell numbers differently are one level where all are numbers [else: columns are typed]',
      async () => {
        const spelled: SuiteTable = {
          header: ['X', 'T'],
          rows: [
            ['1.0', '1.0'],
            ['1', '1'],
            ['+2', 'x'],
            ['2e0', '1'],
          ],
        };
        const { study } = await open({}, spelled);
        expect(cellsOf(await study.counts(['X']))).toEqual({ 1: 2, 2: 2 });
        expect(cellsOf(await study.counts(['T']))).toEqual({ 1: 2, '1.0': 1, x: 1 });
      },
    );

    test('spaces at the ends of a text do not count', async () => {
      const spaced: SuiteTable = { header: ['X'], rows: [['no'], [' no'], ['no '], ['yes']] };
      const { study } = await open({}, spaced);
      expect(cellsOf(await study.counts(['X']))).toEqual({ no: 3, yes: 1 });
    });

    test('odd names and texts', async () => {
      const odd: SuiteTable = {
        header: ['the "dose"', "l'âge", '用量', 'a, b', 'select', 'v0'],
        rows: [
          ['it\'s "so"', 'é', '是', 'x,y', 'from', 'w'],
          ['--', "';DROP", '否', 'x\ny', 'from', 'k0'],
        ],
      };
      const { study } = await open({}, odd);
      expect(study.measured).toEqual(odd.header);
      for (const [i, name] of odd.header.entries()) {
        const expected: Record<string, number> = {};
        for (const row of odd.rows) expected[String(row[i])] = (expected[String(row[i])] ?? 0) + 1;
        expect(cellsOf(await study.counts([name]))).toEqual(expected);
      }
      expect((await study.counts(odd.header)).weight.length).toBe(2);
    });

    test('columns renamed', async () => {
      const { study, summary } = await open({ columns: { Outcome: 'Y', Y: 'X' } }, table);
      expect([...study.measured].sort()).toEqual(['Outcome', 'Y', 'Z']);
      expect(cellsOf(await study.counts(['Y', 'Outcome']))).toEqual({ 'a,0': 1, 'a,1': 1, 'b,0': 1, 'b,1': 2 });
      expect(summary.ignored).toEqual([]);
    });

    test.skipIf(!abilities.where)('where selects rows [else: no SQL in memory]', async () => {
      const { study, summary } = await open({ where: `"X" = 'b' -- only these` }, table);
      expect(summary.rows).toBe(3);
      expect(cellsOf(await study.counts(['Y']))).toEqual({ 0: 1, 1: 2 });
      expect(codes(await refuse({ where: "nowhere = 'b'" }, table))).toEqual(['where']);
      expect(codes(await refuse({ where: "X = 'b'; DROP VIEW study" }, table))).toEqual(['where']);
      expect(codes(await refuse({ where: "X = 'zzz'" }, table))).toEqual(['empty-study']);
    });

    test('an environment column stays finite however many numbers it holds', async () => {
      const many: SuiteTable = { header: ['site', 'X'], rows: Array.from({ length: 60 }, (_, i) => [i % 30, i % 2]) };
      const { study } = await open({ regime: { set: [], environment: 'site' } }, many, {}, ['X']);
      expect(study.measured).toEqual(['site', 'X']);
      expect((await study.counts(['site', 'X'])).weight.length).toBe(30);
      expect(study.regime.environment).toBe('site');
    });
  });

  describe(`${label}: regimes and probabilities`, () => {
    const joint: SuiteTable = {
      header: ['X', 'Y', 'p'],
      rows: [
        [0, 0, 0.1],
        [0, 1, 0.2],
        [1, 0, 0.3],
        [1, 1, 0.4],
      ],
    };
    const perArm: SuiteTable = {
      header: ['Z', 'Y', 'p'],
      rows: [
        [0, 0, 0.83],
        [0, 1, 0.17],
        [1, 0, 0.88],
        [1, 1, 0.12],
        [2, 0, 0.4],
        [2, 1, 0.6],
      ],
    };

    test('exact probabilities: an infinite sample', async () => {
      const { study } = await open({ probability: 'p' }, joint);
      const counts = await study.counts(['Y']);
      expect([study.size, study.effectiveSize, counts.exact]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, true]);
      expect(counts.weight[0]).toBeCloseTo(0.4, 12);
      expect(counts.weight[1]).toBeCloseTo(0.6, 12);
      expect(counts.total).toBeCloseTo(1, 12);
    });

    test('probabilities of a sample of known size', async () => {
      const { study } = await open({ probability: 'p', size: 50 }, joint);
      const counts = await study.counts(['Y']);
      expect(study.size).toBeCloseTo(50, 9);
      expect(counts.exact).toBe(false);
      expect(counts.weight[0]).toBeCloseTo(20, 9);
    });

    test('probabilities per arm: uniform over the arms, and noted', async () => {
      const { study, summary } = await open({ probability: 'p', regime: { set: ['Z'] } }, perArm);
      const cells = cellsOf(await study.counts(['Z', 'Y']));
      expect(cells['0,0']).toBeCloseTo(0.83 / 3, 12);
      expect(cells['2,1']).toBeCloseTo(0.2, 12);
      expect((await study.counts([])).total).toBeCloseTo(1, 12);
      expect(summary.notes.join()).toContain('3 arms');
    });

    test('probabilities that do not sum to 1', async () => {
      expect(codes(await refuse({ probability: 'p' }, perArm))).toEqual(['probability-sum']);
      const [issue] = await refuse({ probability: 'p', regime: { set: ['Y'] } }, perArm);
      expect(issue?.message).toContain('Y=0 sums to 2.11');
    });

    test('a fixed arm without a column has the variable on every axis', async () => {
      const arm: SuiteTable = {
        header: ['Y', 'n'],
        rows: [
          ['dead', 4],
          ['alive', 6],
        ],
      };
      const declared = { T: finite('none', 'drug') };
      const { study } = await open({ count: 'n', regime: { set: ['T'], fixed: { T: 'drug' } } }, arm, declared);
      expect(study.measured).toEqual(['Y', 'T']);
      expect(study.regime).toEqual({ set: ['T'], fixed: { T: 'drug' } });
      expect(cellsOf(await study.counts(['T', 'Y']))).toEqual({ 'drug,alive': 6, 'drug,dead': 4 });
      expect(cellsOf(await study.counts(['T']))).toEqual({ drug: 10 });
    });

    test('a fixed value is brought to its level, and data that disagrees is refused', async () => {
      const arm: SuiteTable = {
        header: ['T', 'Y'],
        rows: [
          [1, 0],
          [1, 1],
        ],
      };
      const { study } = await open({ regime: { set: ['T'], fixed: { T: '1.0' } } }, arm);
      expect(study.regime.fixed).toEqual({ T: '1' });
      const both: SuiteTable = {
        header: ['T', 'Y'],
        rows: [
          [1, 0],
          [0, 1],
        ],
      };
      expect(codes(await refuse({ regime: { set: ['T'], fixed: { T: '1' } } }, both))).toEqual(['fixed-value']);
    });

    test('a variable that was set must be in the data', async () => {
      const arm: SuiteTable = { header: ['Treated', 'Y'], rows: [[1, 0]] };
      const [issue] = await refuse({ regime: { set: ['Traeted'] } }, arm);
      expect(issue).toMatchObject({ code: 'unknown-column' });
      expect(issue?.hint).toContain('Treated');
    });
  });

  describe(`${label}: numbers`, () => {
    const values = Array.from({ length: 40 }, (_, i) => ((i * 37) % 41) * 1.25 - 7.5);
    const outcome: SuiteTable = { header: ['X', 'Y', 'n'], rows: values.map((value, i) => [i % 3, value, (i % 4) + 1]) };

    const expectMoments = (counts: Counts, groups: readonly { weights: number[]; values: number[] }[]): void => {
      const moments = counts.outcome;
      if (moments === undefined) throw new Error('no moments');
      groups.forEach((group, cell) => {
        const weight = group.weights.reduce((sum, one) => sum + one, 0);
        const base = group.values[0] as number;
        const mean = base + group.values.reduce((sum, value, i) => sum + (value - base) * (group.weights[i] as number), 0) / weight;
        const variance = group.values.reduce((sum, value, i) => sum + (group.weights[i] as number) * (value - mean) ** 2, 0) / weight;
        const away = (moments.sum[cell] as number) / weight;
        expect(counts.weight[cell]).toBeCloseTo(weight, 9);
        expect(moments.shift + away).toBeCloseTo(mean, Math.abs(mean) > 1e6 ? 6 : 9);
        expect(((moments.squares[cell] as number) / weight - away ** 2) / (variance || 1)).toBeCloseTo(variance === 0 ? 0 : 1, 6);
      });
    };
    const grouped = (weightOf: (i: number) => number, outcomeOf: (i: number) => number): { weights: number[]; values: number[] }[] =>
      [0, 1, 2].map((x) => {
        const own = values.map((_, i) => i).filter((i) => i % 3 === x);
        return { weights: own.map(weightOf), values: own.map(outcomeOf) };
      });

    test('a real outcome travels as count, shifted sum and squares', async () => {
      const { study } = await open({}, { ...outcome, header: ['X', 'Y', 'W'] });
      expect(study.domains.get('Y')).toEqual({ kind: 'real' });
      const counts = await study.counts(['X'], 'Y');
      expect(counts.outcome?.name).toBe('Y');
      expectMoments(
        counts,
        grouped(
          () => 1,
          (i) => values[i] as number,
        ),
      );
      expectMoments(await study.counts([], 'Y'), [{ weights: values.map(() => 1), values }]);
      expect((await study.counts(['X'])).outcome).toBeUndefined();
    });

    test('weighted outcomes', async () => {
      const { study } = await open({ count: 'n' }, outcome);
      expectMoments(
        await study.counts(['X'], 'Y'),
        grouped(
          (i) => (i % 4) + 1,
          (i) => values[i] as number,
        ),
      );
      const { study: weighted } = await open({ weight: 'n' }, outcome);
      const counts = await weighted.counts(['X'], 'Y');
      expectMoments(
        counts,
        grouped(
          (i) => (i % 4) + 1,
          (i) => values[i] as number,
        ),
      );
      expect(counts.rows?.reduce((sum, rows) => sum + rows, 0)).toBe(40);
    });

    test('a large mean does not drown the variance', async () => {
      const far: SuiteTable = { header: ['X', 'Y'], rows: values.map((value, i) => [i % 3, 1e9 + value / 1000]) };
      const { study } = await open({}, far, { Y: { real: true } });
      expectMoments(
        await study.counts(['X'], 'Y'),
        grouped(
          () => 1,
          (i) => 1e9 + (values[i] as number) / 1000,
        ),
      );
    });

    test('integers: 20 distinct values are finite, 21 are real; fractions are real', async () => {
      const ints = (size: number): SuiteTable => ({
        header: ['X', 'H'],
        rows: Array.from({ length: 63 }, (_, i) => [i % size, (i % 2) / 2]),
      });
      const twenty = (await open({}, ints(20))).study.domains;
      expect(twenty.get('X')).toEqual({ kind: 'finite', levels: Array.from({ length: 20 }, (_, i) => String(i)) });
      expect(twenty.get('H')).toEqual({ kind: 'real' });
      expect((await open({}, ints(21))).study.domains.get('X')).toEqual({ kind: 'real' });
      const { study } = await open({}, ints(21), { X: { real: true, unit: 'mg' } });
      expect(study.domains.get('X')).toEqual({ kind: 'real', unit: 'mg' });
    });

    test('cuts: an interval holds its lower end', async () => {
      const ages: SuiteTable = {
        header: ['Age', 'Y'],
        rows: [
          [29.9, 0],
          [30, 1],
          [44, 0],
          [45, 1],
          [60, 1],
          [99.5, 0],
        ],
      };
      const { study } = await open({}, ages, { Age: { cut: [30, 45, 60] } });
      expect(study.domains.get('Age')).toEqual({ kind: 'finite', levels: ['<30', '[30,45)', '[45,60)', '>=60'] });
      expect(cellsOf(await study.counts(['Age']))).toEqual({ '<30': 1, '[30,45)': 2, '[45,60)': 1, '>=60': 2 });
    });

    test('natural order: numbers by value, text by code point', async () => {
      const order: SuiteTable = {
        header: ['N', 'T'],
        rows: [
          [10, 'é'],
          [9, 'z'],
          [-1, 'Z'],
        ],
      };
      const { study } = await open({}, order);
      expect(study.domains.get('N')).toEqual({ kind: 'finite', levels: ['-1', '9', '10'] });
      expect(study.domains.get('T')).toEqual({ kind: 'finite', levels: ['Z', 'z', 'é'] });
    });
  });

  describe(`${label}: what is wrong`, () => {
    const holes: SuiteTable = {
      header: ['X', 'Y', 'R', 'note'],
      rows: [
        ['a', 0, 1.5, null],
        ['b', null, 2.5, 'q'],
        [null, 1, 3.5, null],
        ['a', 1, null, null],
        ['a', 1, 0.5, null],
      ],
    };

    test('missing cells are refused with their number, in variables only', async () => {
      const issues = await refuse({}, holes, {}, ['X', 'Y', 'R']);
      expect(codes(issues)).toEqual(['missing-cells', 'missing-cells', 'missing-cells']);
      expect(issues[0]?.message).toContain('1 missing cell in X');
      expect(issues[0]?.hint).toContain('drop');
    });

    test('missing cells are dropped by request, and counted', async () => {
      const { study, summary } = await open({ missing: 'drop' }, holes, {}, ['X', 'Y', 'R']);
      expect([summary.rows, summary.dropped, study.size]).toEqual([5, 3, 2]);
      expect(cellsOf(await study.counts(['X', 'Y']))).toEqual({ 'a,0': 1, 'a,1': 1 });
      expect(summary.notes.join()).toContain('3 of 5 rows dropped');
      const moments = await study.counts([], 'R');
      expect((moments.outcome?.shift as number) + (moments.outcome?.sum[0] as number) / 2).toBeCloseTo(1, 12);
    });

    test('NA and NaN read as missing unless they are declared levels', async () => {
      const na: SuiteTable = { header: ['X'], rows: [['NA'], ['b'], ['NaN']] };
      expect(codes(await refuse({}, na))).toEqual(['missing-cells']);
      const { study } = await open({}, na, { X: finite('NA', 'NaN', 'b') });
      expect(cellsOf(await study.counts(['X']))).toEqual({ NA: 1, NaN: 1, b: 1 });
    });

    test('counts, weights and probabilities must be fit for it; all listed together', async () => {
      const bad = (n: number, kind: 'count' | 'weight' | 'probability'): Promise<readonly Issue[]> =>
        refuse(
          { [kind]: 'n' },
          {
            header: ['X', 'n'],
            rows: [
              ['a', 2],
              ['b', n],
              ['a', n],
            ],
          },
        );
      const [negative] = await bad(-1, 'count');
      expect(negative).toMatchObject({ code: 'negative-count', where: { column: 'n' } });
      expect(negative?.message).toContain('1 more such cell');
      expect(codes(await bad(1.5, 'count'))).toEqual(['fractional-count']);
      expect(codes(await bad(-0.5, 'weight'))).toEqual(['negative-weight']);
      expect(codes(await bad(3, 'probability'))).toEqual(['probability-range']);
      const several: SuiteTable = {
        header: ['X', 'n'],
        rows: [
          ['a', -1],
          [null, 0.5],
          ['a', null],
        ],
      };
      expect(codes(await refuse({ count: 'n' }, several)).sort()).toEqual([
        'fractional-count',
        'missing-cells',
        'negative-count',
        'not-a-number',
      ]);
    });

    test('a study without rows, or with counts of 0 only', async () => {
      expect(codes(await refuse({}, { header: ['X', 'Y'], rows: [] }))).toEqual(['empty-study']);
      expect(
        codes(
          await refuse(
            { count: 'n' },
            {
              header: ['X', 'n'],
              rows: [
                ['a', 0],
                ['b', 0],
              ],
            },
          ),
        ),
      ).toEqual(['empty-study']);
      expect(
        codes(
          await refuse(
            { missing: 'drop' },
            {
              header: ['X', 'Y'],
              rows: [
                ['a', null],
                [null, 'b'],
              ],
            },
          ),
        ),
      ).toEqual(['empty-study']);
    });

    test('unknown levels, columns and double weights', async () => {
      const table: SuiteTable = {
        header: ['X', 'n'],
        rows: [
          ['yes', 1],
          ['no', 2],
          ['yse', 1],
        ],
      };
      const [level] = await refuse({ count: 'n' }, table, { X: finite('no', 'yes') });
      expect(level).toMatchObject({ code: 'unknown-level', where: { column: 'X' } });
      expect(level?.hint).toContain('yes');
      expect(codes(await refuse({ count: 'N', weight: 'n', columns: { Y: 'Z' } }, table))).toEqual([
        'unknown-column',
        'two-weights',
        'unknown-column',
      ]);
      expect(codes(await refuse({}, table, {}, ['A', 'B']))).toEqual(['no-variables']);
    });

    test.skipIf(!abilities.mixed)('a text in a column declared real is shown [else: columns are typed]', async () => {
      const table: SuiteTable = { header: ['Y'], rows: [['1.5'], ['2.5'], ['two'], ['1_000']] };
      const [issue] = await refuse({}, table, { Y: { real: true } });
      expect(issue).toMatchObject({ code: 'not-a-number', where: { column: 'Y' } });
      expect(issue?.message).toContain('two');
      expect(codes(await refuse({}, table, { Y: { cut: [2] } }))).toEqual(['not-a-number']);
    });

    test.skipIf(!abilities.mixed)('many numbers and one text are text, with a warning [else: columns are typed]', async () => {
      const rows = Array.from({ length: 50 }, (_, i): SuiteCell[] => [String(i), i % 2]);
      const { study } = await open({}, { header: ['Y', 'X'], rows: [...rows, ['oops', 1]] });
      const domain = study.domains.get('Y');
      expect(domain?.kind === 'finite' && domain.levels.length).toBe(51);
    });
  });

  describe(`${label}: against sums by hand`, () => {
    const letters = ['a', 'b', 'c'];
    const cases = fc.record({
      rows: fc.array(fc.tuple(fc.nat(2), fc.nat(1), fc.nat(3), fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 30 }),
      of: fc.shuffledSubarray(['A', 'B', 'C']),
      measure: fc.constantFrom('rows', 'count', 'weight'),
    });

    test('random tables, random margins, any measure', async () => {
      await fc.assert(
        fc.asyncProperty(cases, async ({ rows, of, measure }) => {
          const table: SuiteTable = {
            header: ['A', 'B', 'C', 'n'],
            rows: [[0, 0, 0, 1] as const, ...rows].map(([a, b, c, n]) => [
              letters[a] as string,
              b,
              c === 0 ? 0 : c * 10,
              measure === 'weight' ? n / 4 : n,
            ]),
          };
          const { study } = await open(measure === 'rows' ? {} : { [measure]: 'n' }, table, {}, ['A', 'B', 'C']);
          const expected = new Map<string, number>();
          for (const row of table.rows) {
            const key = of.map((name) => String(row[table.header.indexOf(name)])).join();
            const weight = measure === 'rows' ? 1 : (row[3] as number);
            if (weight > 0) expected.set(key, (expected.get(key) ?? 0) + weight);
          }
          expect(cellsOf(await study.counts(of))).toEqual(Object.fromEntries(expected));
        }),
        { numRuns: abilities.runs, seed: 7 },
      );
    });

    test('the fingerprint knows the data and the reading, not the order of rows', async () => {
      const rows: SuiteCell[][] = [
        ['a', 1, 0.5],
        ['b', 0, 1.5],
        ['a', 0, 2.5],
        ['b', 0, 2.5],
      ];
      const of = async (
        list: readonly (readonly SuiteCell[])[],
        declared: Record<string, Declared> = {},
        names?: string[],
      ): Promise<string> => (await open({}, { header: ['X', 'Y', 'R'], rows: list }, declared, names)).study.fingerprint;
      const own = await of(rows);
      expect(own).toMatch(/^[0-9a-f]{16}$/u);
      expect(await of(rows)).toBe(own);
      expect(await of([...rows].reverse())).toBe(own);
      const others = [
        await of([...rows, ['a', 1, 0.5]]),
        await of([['a', 0, 0.5], ['b', 1, 1.5], ...rows.slice(2)]),
        await of([['a', 1, 1.5], ['b', 0, 0.5], ...rows.slice(2)]),
        await of(rows, { X: finite('b', 'a') }),
        await of(rows, {}, ['X', 'Y']),
      ];
      expect(new Set([own, ...others]).size).toBe(6);
      const finiteOnly = await of(rows, {}, ['X', 'Y']);
      expect(await of([['a', 0, 9.5], ['b', 1, 1.5], ...rows.slice(2)], {}, ['X', 'Y'])).not.toBe(finiteOnly);
    });
  });
}
