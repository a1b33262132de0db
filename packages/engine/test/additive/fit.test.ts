import { describe, expect, it } from 'vitest';
import { type AdditiveFit, fitAdditive } from '../../src/additive/fit.ts';
import { solvePooled } from '../../src/additive/pooled.ts';
import type { AdditivePlan } from '../../src/additive/terms.ts';
import { sliceColumns } from '../../src/additive/variance.ts';
import { type Columns, namesOf } from '../../src/data/features.ts';
import { momentsOfColumns } from '../../src/data/moments.ts';
import type { Study } from '../../src/data/study.ts';
import type { Name } from '../../src/graph/variable.ts';
import { Random } from '../../src/math/random.ts';
import { dot, hc3, ols, quadraticForm } from './fit-naive.ts';
import { actionNames, drawSingles, linearModel, planOf, point, singles, studyOf, unwrap } from './fit-support.ts';

/** Columns of a study as rows of its actions and the outcome. */
async function recordsOf(study: Study, names: readonly Name[]): Promise<number[][]> {
  const rows: number[][] = [];
  for await (const { length, numbers } of study.columns(names))
    for (let i = 0; i < length; i++) rows.push(names.map((name) => numbers.get(name)?.[i] as number));
  return rows;
}

const k = 3;
const names = actionNames(k);
const random = new Random(4, 'fit');
const model = linearModel(random, k);
const studies = drawSingles(model, random, k, 120);
const plan = planOf(names, singles(k), names);
const query = [0.4, -1.2, 2.1];
/** Monomials of total degree at most 2 of three numbers. */
const quadratic = (a: readonly number[]): number[] => [1, ...a, ...a.flatMap((left, i) => a.slice(i).map((right) => left * right))];

describe('regimes on their own', () => {
  it.each(['direct', 'pooled'] as const)('%s without restrictions: least squares per regime, errors as HC3 written out', async (method) => {
    const fit = unwrap(await fitAdditive([plan], studies, { basis: 'polynomial', degree: 2, method, restrict: false }));
    let value = 0;
    let variance = 0;
    const target = quadratic(query);
    for (const [r, study] of studies.entries()) {
      const records = await recordsOf(study, [...names, 'Y']);
      const x = records.map((row) => quadratic(row.slice(0, k)));
      const own = hc3(
        x,
        records.map((row) => row[k] as number),
        records.map(() => 1),
      );
      const weight = r === 0 ? 1 - k : 1;
      value += weight * dot(own.coefficients, target);
      variance += weight ** 2 * quadraticForm(target, own.covariance);
    }
    const [found] = fit.predict([point(plan, query)]);
    expect(found?.value).toBeCloseTo(value, 8);
    expect(found?.standardError).toBeCloseTo(Math.sqrt(variance), 8);
    expect(found?.interval?.[1]).toBeCloseTo(value + 1.98 * Math.sqrt(variance), 1);
  });

  it('any positive weights give the same where every regime has its own coefficients', async () => {
    const fit = unwrap(await fitAdditive([plan], studies, { basis: 'linear', restrict: false, errors: 'none' }));
    const inner = fit.model;
    if (inner === undefined) throw new Error('no model');
    const other = solvePooled(inner.design, inner.regimes, [0.01, 3, 70, 1], inner.penalties);
    inner.solution.theta.forEach((value, i) => {
      expect(other.theta[i]).toBeCloseTo(value, 10);
    });
  });

  it('a mixed target takes its own regimes', async () => {
    const mixed = planOf(names, singles(k), ['A1', 'A3']);
    const fit = unwrap(await fitAdditive([mixed], studies, { basis: 'linear', errors: 'none', restrict: false }));
    let value = 0;
    for (const [r, study] of studies.entries()) {
      const records = await recordsOf(study, [...names, 'Y']);
      const own = ols(
        records.map((row) => [1, ...row.slice(0, k)]),
        records.map((row) => row[k] as number),
      );
      value += ([-1, 1, 0, 1][r] as number) * dot(own, [1, ...query]);
    }
    expect(fit.predict([point(mixed, query)])[0]?.value).toBeCloseTo(value, 9);
  });
});

describe('shared functions', () => {
  /** The design of the ordered linear model written out: slopes of set actions, slopes of watched parts on what comes before them. */
  const restricted = (set: readonly number[], a: readonly number[]): number[] => {
    const row = [1, ...names.map((_, r) => (set.includes(r) ? 1 : 0))];
    for (let b = 0; b < k; b++) {
      row.push(set.includes(b) ? (a[b] as number) : 0);
      for (let j = 0; j <= b; j++) row.push(set.includes(b) ? 0 : (a[j] as number));
    }
    return row;
  };

  it('weighted least squares with HC3 errors on the stacked records, written out', async () => {
    const ordered = planOf(names, singles(k), names, { ordered: true });
    const fit = unwrap(await fitAdditive([ordered], studies, { basis: 'linear' }));
    const [x, y, weights]: [number[][], number[], number[]] = [[], [], []];
    for (const [r, study] of studies.entries())
      for (const row of await recordsOf(study, [...names, 'Y'])) {
        x.push(restricted(r === 0 ? [] : [r - 1], row.slice(0, k)));
        y.push(row[k] as number);
        weights.push(fit.model?.weights[r] as number);
      }
    const own = ols(
      x.map((row, i) => row.map((value) => value * Math.sqrt(weights[i] as number))),
      y.map((value, i) => value * Math.sqrt(weights[i] as number)),
    );
    const target = restricted([0, 1, 2], query);
    // The columns of this redundant design depend on each other; the ones that least squares kept make a design of full rank.
    const kept = own.flatMap((value, i) => (value === 0 ? [] : [i]));
    const full = hc3(
      x.map((row) => kept.map((i) => row[i] as number)),
      y,
      weights,
    );
    const [found] = fit.predict([point(ordered, query)]);
    expect(found?.value).toBeCloseTo(dot(own, target), 8);
    const error = Math.sqrt(
      quadraticForm(
        kept.map((i) => target[i] as number),
        full.covariance,
      ),
    );
    expect(found?.standardError).toBeCloseTo(error, 8);
  });
});

/** The same records in batches of another length. */
function rebatched(study: Study, length: number): Study {
  async function* columns(of: readonly Name[]): AsyncIterable<Columns> {
    for await (const batch of study.columns(of))
      for (let from = 0; from < batch.length; from += length) yield sliceColumns(batch, from, Math.min(batch.length, from + length));
  }
  return { ...study, columns, moments: (query, options) => momentsOfColumns(columns(namesOf(query)), query, study.domains, options) };
}

describe('how records arrive', () => {
  it('batches of any length give the same numbers', async () => {
    const ordered = planOf(names, singles(k), names, { ordered: true });
    const runs: AdditiveFit[] = [];
    for (const length of [1, 37, 100000])
      runs.push(
        unwrap(
          await fitAdditive(
            [ordered],
            studies.map((study) => rebatched(study, length)),
            { basis: 'auto' },
          ),
        ),
      );
    const [first, ...others] = runs.map((fit) => fit.predict([point(ordered, query)])[0]);
    for (const other of others) {
      expect(other?.value).toBeCloseTo(first?.value as number, 10);
      expect(other?.standardError).toBeCloseTo(first?.standardError as number, 10);
    }
    expect(new Set(runs.map(({ basis }) => basis)).size).toBe(1);
  });

  it('shards of a regime are one study', async () => {
    const shards: Study[] = [];
    const regimes = singles(k).map((regime, r) => ({ ...regime, studies: [`${r} a`, `${r} b`] }));
    for (const [r, study] of studies.entries()) {
      const rows = await recordsOf(study, [...names, 'Y']);
      for (const [part, own] of [rows.slice(0, 31), rows.slice(31)].entries())
        shards.push(
          studyOf(
            `${r} ${'ab'[part]}`,
            study.regime.set,
            Object.fromEntries([...names, 'Y'].map((name, i) => [name, own.map((row) => row[i] as number)])),
          ),
        );
    }
    const split = planOf(names, regimes, names, { ordered: true });
    const whole = planOf(names, singles(k), names, { ordered: true });
    const options = { basis: 'polynomial', degree: 2 } as const;
    const [merged] = unwrap(await fitAdditive([split], shards, options)).predict([point(split, query)]);
    const [once] = unwrap(await fitAdditive([whole], studies, options)).predict([point(whole, query)]);
    expect(merged?.value).toBeCloseTo(once?.value as number, 9);
    expect(merged?.standardError).toBeCloseTo(once?.standardError as number, 9);
  });

  it('rows that count equal records are as many rows', async () => {
    const count = Float64Array.from({ length: 60 }, (_, i) => 1 + (i % 3));
    const columns = { A1: count.map(() => random.normal()), Y: count.map(() => random.normal()) };
    const long = Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [
        name,
        Array.from(column).flatMap((value, i) => new Array<number>(count[i] as number).fill(value)),
      ]),
    );
    const single = planOf(['A1'], [{ set: ['A1'], studies: ['trial'] }], ['A1']);
    const short = unwrap(
      await fitAdditive([single], [studyOf('trial', ['A1'], columns, { weights: count, kind: 'count' })], { basis: 'linear' }),
    );
    const full = unwrap(await fitAdditive([single], [studyOf('trial', ['A1'], long)], { basis: 'linear' }));
    const [a, b] = [short, full].map((fit) => fit.predict([point(single, [0.7])])[0]);
    expect(a?.value).toBeCloseTo(b?.value as number, 12);
    expect(a?.standardError).toBeCloseTo(b?.standardError as number, 12);
  });

  it('sampling weights: weighted least squares, whatever their scale', async () => {
    const weights = Float64Array.from({ length: 80 }, (_, i) => 0.2 + (i % 7));
    const a = Array.from(weights, () => random.normal());
    const y = a.map((value) => value * value + random.normal());
    const single = planOf(['A1'], [{ set: ['A1'], studies: ['trial'] }], ['A1']);
    const truth = hc3(
      a.map((value) => [1, value]),
      y,
      Array.from(weights),
    );
    for (const scale of [1, 1000]) {
      const study = studyOf('trial', ['A1'], { A1: a, Y: y }, { weights: weights.map((weight) => weight * scale), kind: 'weight' });
      const fit = unwrap(await fitAdditive([single], [study], { basis: 'linear' }));
      const [found] = fit.predict([point(single, [0.7])]);
      expect(found?.value).toBeCloseTo(dot(truth.coefficients, [1, 0.7]), 10);
      expect(found?.standardError).toBeCloseTo(Math.sqrt(quadraticForm([1, 0.7], truth.covariance)), 3);
    }
  });

  it('exact probabilities leave no error', async () => {
    const study = studyOf(
      'table',
      [],
      { A1: [0, 0, 1, 1], Y: [0, 1, 0, 1] },
      { levels: { A1: ['0', '1'], Y: ['0', '1'] }, weights: Float64Array.of(0.1, 0.3, 0.45, 0.15), kind: 'probability' },
    );
    const single = planOf(['A1'], [{ set: [], studies: ['table'] }], []);
    const [found] = unwrap(await fitAdditive([single], [study])).predict([point(single, ['1'])]);
    expect(found?.value).toBeCloseTo(0.25, 12);
    expect(found?.standardError).toBe(0);
  });
});

describe('finite actions', () => {
  const levels = { A1: ['low', 'mid', 'high'], A2: ['0', '1'] };
  const pair = ['A1', 'A2'];
  const cells = (set: readonly Name[], n: number, tag: string): Study =>
    studyOf(
      tag,
      set,
      {
        A1: Array.from({ length: n }, (_, i) => i % 3),
        A2: Array.from({ length: n }, (_, i) => (i >> 2) % 2),
        Y: Array.from({ length: n }, () => random.normal()),
      },
      { levels },
    );

  it('one mean per combination of levels, and its own standard error', async () => {
    const own = [cells([], 90, 'obs'), cells(['A1'], 70, 'do A1'), cells(['A2'], 50, 'do A2')];
    const both = planOf(
      pair,
      [
        { set: [], studies: ['obs'] },
        { set: ['A1'], studies: ['do A1'] },
        { set: ['A2'], studies: ['do A2'] },
      ],
      pair,
    );
    const fit = unwrap(await fitAdditive([both], own, { method: 'direct' }));
    expect(fit.basis).toBe('one mean per combination of levels');
    for (const [a, b] of [
      [0, 0],
      [2, 1],
      [1, 1],
    ] as const) {
      let value = 0;
      let variance = 0;
      for (const [r, study] of own.entries()) {
        const y: number[] = [];
        for await (const { length, codes, numbers } of study.columns([...pair, 'Y']))
          for (let i = 0; i < length; i++)
            if (codes.get('A1')?.[i] === a && codes.get('A2')?.[i] === b) y.push(numbers.get('Y')?.[i] as number);
        const mean = y.reduce((sum, one) => sum + one, 0) / y.length;
        const weight = r === 0 ? -1 : 1;
        value += weight * mean;
        // HC3 of a cell of n records: sum e^2 / (n - 1)^2.
        variance += y.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (y.length - 1) ** 2;
      }
      const [found] = fit.predict([point(both, [levels.A1[a] as string, levels.A2[b] as string])]);
      expect(found?.value).toBeCloseTo(value, 10);
      expect(found?.standardError).toBeCloseTo(Math.sqrt(variance), 10);
    }
  });

  it('says which level no regime supports', async () => {
    const own = [cells([], 90, 'obs'), cells(['A1'], 70, 'do A1')];
    const narrow = studyOf(
      'do A2',
      ['A2'],
      { A1: [0, 0, 0, 0, 1, 1, 1, 1], A2: [0, 1, 0, 1, 0, 1, 0, 1], Y: [1, 2, 3, 4, 1, 2, 3, 4] },
      { levels },
    );
    const both = planOf(
      pair,
      [
        { set: [], studies: ['obs'] },
        { set: ['A1'], studies: ['do A1'] },
        { set: ['A2'], studies: ['do A2'] },
      ],
      pair,
    );
    const fit = unwrap(await fitAdditive([both], [...own, narrow], { method: 'direct' }));
    const [bad, good] = fit.predict([point(both, ['high', '1']), point(both, ['mid', '1'])]);
    expect(bad?.issue).toMatchObject({ code: 'not-estimable', message: expect.stringContaining('do(A2) support A1 = high') });
    expect(bad?.value).toBeNaN();
    expect(good?.issue).toBeUndefined();
    expect(fit.predict([point(both, ['tall', '1'])])[0]?.issue?.code).toBe('unknown-level');
  });

  it('a trial of control and single doses: sum of singles minus control', async () => {
    const three = actionNames(3);
    const arms = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const binary = Object.fromEntries(three.map((name) => [name, ['0', '1']]));
    const sizes = [3, 5, 2, 4];
    const rows = arms.flatMap((arm, i) => Array.from({ length: sizes[i] as number }, () => ({ arm, i, y: 10 + random.normal() })));
    const study = studyOf(
      'trial',
      three,
      { ...Object.fromEntries(three.map((name, j) => [name, rows.map(({ arm }) => arm[j] as number)])), Y: rows.map(({ y }) => y) },
      { levels: binary },
    );
    const trial = planOf(three, [{ set: three, studies: ['trial'] }], three);
    const fit = unwrap(await fitAdditive([trial], [study]));
    const means = arms.map((_, i) => rows.filter((row) => row.i === i).reduce((sum, { y }) => sum + y, 0) / (sizes[i] as number));
    const [both, all] = fit.predict([point(trial, ['1', '1', '0']), point(trial, ['1', '1', '1'])]);
    expect(both?.value).toBeCloseTo((means[1] as number) + (means[2] as number) - (means[0] as number), 11);
    expect(all?.value).toBeCloseTo((means[1] as number) + (means[2] as number) + (means[3] as number) - 2 * (means[0] as number), 11);
    const squares = arms.map(
      (_, i) =>
        rows.filter((row) => row.i === i).reduce((sum, { y }) => sum + (y - (means[i] as number)) ** 2, 0) /
        ((sizes[i] as number) - 1) ** 2,
    );
    expect(all?.standardError).toBeCloseTo(
      Math.sqrt((squares[1] as number) + (squares[2] as number) + (squares[3] as number) + 4 * (squares[0] as number)),
      10,
    );
    // One arm alone never shows what a second dose does.
    const half = unwrap(
      await fitAdditive(
        [trial],
        [studyOf('trial', three, { A1: [0, 1, 0, 1], A2: [0, 0, 0, 0], A3: [0, 0, 0, 0], Y: [1, 2, 3, 5] }, { levels: binary })],
      ),
    );
    expect(half.predict([point(trial, ['1', '1', '0'])])[0]?.issue?.message).toContain('A2 = 1');
    expect(half.predict([point(trial, ['1', '0', '0'])])[0]?.value).toBeCloseTo(3.5, 11);
  });

  it('one record per arm has no residual: the error is unknown, not zero', async () => {
    const trial = planOf(pair, [{ set: pair, studies: ['trial'] }], pair);
    const study = studyOf('trial', pair, { A1: [0, 1, 0], A2: [0, 0, 1], Y: [1, 2, 4] }, { levels: { A1: ['0', '1'], A2: ['0', '1'] } });
    const [found] = unwrap(await fitAdditive([trial], [study])).predict([point(trial, ['1', '1'])]);
    expect(found?.value).toBeCloseTo(5, 12);
    expect(found?.standardError).toBeNaN();
    expect(found?.interval).toBeUndefined();
  });
});

describe('what cannot be fitted', () => {
  it('is an issue, not an exception', async () => {
    const single = planOf(['A1'], [{ set: [], studies: ['obs'] }], []);
    const logged = planOf(['A1'], [{ set: [], studies: ['obs'] }], [], { log: true });
    const study = studyOf('obs', [], { A1: [1, 2, 3], Y: [1, 0, 2] });
    const codes = async (plans: readonly AdditivePlan[], given: readonly Study[]): Promise<string> => {
      const made = await fitAdditive(plans, given);
      return made.ok ? 'fine' : (made.issues[0]?.code as string);
    };
    expect(await codes([], [study])).toBe('no-plan');
    expect(await codes([single], [])).toBe('no-study');
    expect(await codes([single, logged], [study])).toBe('two-fits');
    expect(await codes([logged], [study])).toBe('log-of-nonpositive');
    expect(await codes([single], [studyOf('obs', [], { Y: [1, 2] })])).toBe('not-measured');
    expect(await codes([single], [studyOf('obs', [], { A1: [1, 2], Y: [0, 1] }, { levels: { Y: ['no', 'yes'] } })])).toBe('not-a-number');
    expect(await codes([single], [studyOf('obs', [], { A1: [], Y: [] })])).toBe('no-records');
    expect(await codes([single], [study])).toBe('fine');
  });

  it('a constant action is determined where it stood, and nowhere else', async () => {
    const single = planOf(['A1', 'A2'], [{ set: ['A1', 'A2'], studies: ['trial'] }], ['A1', 'A2']);
    const study = studyOf('trial', ['A1', 'A2'], { A1: [1, 2, 3, 4], A2: [5, 5, 5, 5], Y: [1, 2, 2, 4] });
    const fit = unwrap(await fitAdditive([single], [study], { basis: 'linear' }));
    const [good, bad] = fit.predict([point(single, [2, 5]), point(single, [2, 6])]);
    expect(good?.value).toBeCloseTo(
      dot(
        ols(
          [
            [1, 1],
            [1, 2],
            [1, 3],
            [1, 4],
          ],
          [1, 2, 2, 4],
        ),
        [1, 2],
      ),
      11,
    );
    expect(bad?.issue).toMatchObject({ code: 'not-estimable', message: expect.stringContaining('A2 = 6') });
  });
});

describe('the logarithm of the outcome', () => {
  it('is what is added', async () => {
    const logged = planOf(['A1'], [{ set: [], studies: ['obs'] }], [], { log: true });
    const a = Array.from({ length: 40 }, () => random.normal());
    const y = a.map((value) => Math.exp(1 + value + 0.1 * random.normal()));
    const fit = unwrap(await fitAdditive([logged], [studyOf('obs', [], { A1: a, Y: y })], { basis: 'linear' }));
    const own = ols(
      a.map((value) => [1, value]),
      y.map(Math.log),
    );
    expect(fit.predict([point(logged, [0.3])])[0]?.value).toBeCloseTo(dot(own, [1, 0.3]), 11);
  });
});
