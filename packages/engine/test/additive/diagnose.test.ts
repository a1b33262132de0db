import { describe, expect, it } from 'vitest';
import { diagnoseAdditive } from '../../src/additive/diagnose.ts';
import { fitAdditive } from '../../src/additive/fit.ts';
import { settingOf } from '../../src/additive/gather.ts';
import { interactionTest } from '../../src/additive/interaction.ts';
import { orderTest } from '../../src/additive/order.ts';
import { overIdentifiedTest } from '../../src/additive/over-identified.ts';
import type { AdditivePlan } from '../../src/additive/terms.ts';
import { type TestingFit, testingFit } from '../../src/additive/testing.ts';
import type { Study } from '../../src/data/study.ts';
import type { Diagnostic } from '../../src/interpret/answer.ts';
import { Random } from '../../src/math/random.ts';
import { betaQuantile } from '../../src/math/special.ts';
import { type QuadraticOptions, quadraticStudies } from './diagnose-support.ts';
import { planOf, point, singles, studyOf, unwrap } from './fit-support.ts';

const runs = Number(process.env.ADDITIVE_RUNS ?? 30);
const names = ['A1', 'A2'];
const free = planOf(names, singles(2), names);
const ordered = planOf(names, singles(2), names, { ordered: true });
const doubled: AdditivePlan = {
  ...planOf(names, [...singles(2), { set: names, studies: ['do A1 A2'] }], names),
  spare: 1,
};

async function apart(plan: AdditivePlan, studies: readonly Study[]): Promise<TestingFit> {
  const fit = await testingFit(unwrap(await settingOf([plan], studies)), undefined, {});
  if (fit === undefined) throw new Error('no fit');
  return fit;
}

/** How often a test rejects at 5 %. */
async function rejections(
  count: number,
  n: number,
  options: QuadraticOptions,
  test: (studies: readonly Study[]) => Promise<Diagnostic | undefined>,
  sets?: readonly (readonly string[])[],
): Promise<number> {
  let found = 0;
  for (let run = 0; run < count; run++) {
    const one = await test(quadraticStudies(new Random(run, 'rejections', n), n, options, sets));
    if (one === undefined || one.level !== 'ok') found += 1;
  }
  return found;
}

/** The true rate of rejection may lie between these (limits of Clopper and Pearson at 1e-4 on each side). */
function expectRate(found: number, of: number, least: number, most: number): void {
  expect(found === of ? 1 : betaQuantile(1 - 1e-4, found + 1, of - found)).toBeGreaterThanOrEqual(least);
  expect(found === 0 ? 0 : betaQuantile(1e-4, found, of - found + 1)).toBeLessThanOrEqual(most);
}

// By hand, 2000 runs at n = 2000 and 1000 at n = 10,000: interaction .054 and .065, order .062 and .054; kappa = .1 at n = 10,000: .995 of 200.
describe('interaction test', () => {
  it('holds its size at n = 2000, though hidden causes multiply actions, and so does the order test', async () => {
    let order = 0;
    const found = await rejections(runs, 2000, {}, async (studies) => {
      const fit = await apart(free, studies);
      if (orderTest(fit, ordered)?.level !== 'ok') order += 1;
      return interactionTest(fit, free);
    });
    expectRate(found, runs, 0.04, 0.08);
    expectRate(order, runs, 0.04, 0.08);
  });

  it('sees kappa = .1 at n = 10,000', async () => {
    const few = Math.ceil(runs / 5);
    const found = await rejections(few, 10_000, { kappa: 0.1 }, async (studies) => interactionTest(await apart(free, studies), free));
    expectRate(found, few, 0.95, 1);
    expect(found).toBeGreaterThanOrEqual(0.8 * few);
  });

  it('names the pair and the size of the interaction', async () => {
    const studies = quadraticStudies(new Random(1, 'pair'), 8000, { kappa: 0.5 });
    const found = interactionTest(await apart(free, studies), free);
    expect(found).toMatchObject({ name: 'interaction', level: 'fail' });
    expect(found?.figure).toBeLessThan(1e-6);
    // Standard deviation of .5 A1 A2 over the three regimes, main effects of the centred product aside.
    const size = Number(/about ([\d.]+), where/u.exec(found?.says ?? '')?.[1]);
    expect(size).toBeGreaterThan(0.8);
    expect(size).toBeLessThan(1.8);
    expect(found?.says).toContain('of A1 and A2');
  });

  it('levels only: the interaction of cell means', async () => {
    const cell = (a: number, b: number, effect: number, seed: number): number[][] =>
      Array.from({ length: 50 }, (_, i) => [a, b, 2 * a + b + effect * a * b + new Random(seed, a, b, i).normal()]);
    const data = (effect: number, seed: number): number[][] => [0, 1].flatMap((a) => [0, 1, 2].flatMap((b) => cell(a, b, effect, seed)));
    const study = (rows: number[][]): Study =>
      studyOf(
        'trial',
        names,
        { A1: rows.map(([a]) => a as number), A2: rows.map(([, b]) => b as number), Y: rows.map(([, , y]) => y as number) },
        { levels: { A1: ['0', '1'], A2: ['0', '1', '2'] } },
      );
    const plan = planOf(names, [{ set: names, studies: ['trial'] }], names);
    const clear = interactionTest(await apart(plan, [study(data(0.8, 1))]), plan);
    expect(clear?.figure).toBeLessThan(1e-3);
    expect(clear?.says).toContain('2 products');
    expect(clear?.says).not.toContain('bent');
    expect(interactionTest(await apart(plan, [study(data(0, 2))]), plan)?.level).toBe('ok');
  });
});

describe('order test', () => {
  it('names the action that breaks a wrong order', async () => {
    const wrong: AdditivePlan = { ...ordered, arguments: [names, ['A2']] };
    const found = orderTest(await apart(wrong, quadraticStudies(new Random(2, 'order'), 4000)), wrong);
    expect(found?.level).toBe('warn');
    expect(found?.figure).toBeLessThan(1e-6);
    expect(found?.says).toContain('What setting A2 changes depends on A1');
  });

  it('without an order: hidden causes in common leave no order that fits', async () => {
    const common = orderTest(await apart(free, quadraticStudies(new Random(3, 'common'), 10_000, { common: 0.6 })), free);
    expect(common).toMatchObject({ level: 'warn' });
    expect(common?.says).toContain('No causal order');
    const apartOnes = orderTest(await apart(free, quadraticStudies(new Random(3, 'apart'), 10_000)), free);
    expect(apartOnes).toMatchObject({ level: 'ok' });
    expect(apartOnes?.figure).toBeGreaterThan(0.05);
  });
});

describe('over-identification', () => {
  const sets = [[], ['A1'], ['A2'], names];

  it('holds its size, and sees hidden causes in common', async () => {
    const few = Math.ceil(runs / 2);
    const test = async (studies: readonly Study[]): Promise<Diagnostic | undefined> =>
      overIdentifiedTest(await apart(doubled, studies), doubled);
    expectRate(await rejections(few, 2000, {}, test, sets), few, 0.03, 0.09);
    const found = await test(quadraticStudies(new Random(4, 'spare'), 8000, { common: 0.6 }, sets));
    expect(found?.level).toBe('fail');
  });

  it('is silent where no regime is to spare', async () => {
    expect(overIdentifiedTest(await apart(free, quadraticStudies(new Random(5, 'none'), 200)), free)).toBeUndefined();
  });
});

describe('all diagnostics in one call', () => {
  it('a well-behaved problem: nothing to warn of, and the split of records', async () => {
    const studies = quadraticStudies(new Random(11, 'whole'), 3000);
    const fit = unwrap(await fitAdditive([free], studies, {}));
    const found = await diagnoseAdditive(fit, [free], studies, [point(free, [0.5, 1])], { interaction: 0.2 });
    expect(found.diagnostics.map(({ name, level }) => `${name} ${level}`)).toEqual([
      'interaction ok',
      'order ok',
      'support ok',
      'sensitivity ok',
      'allocation ok',
    ]);
    expect(found.supported).toEqual([true]);
    expect(found.refusal).toBeUndefined();
    // Watching enters with weight -1 as the others with 1, and two actions make one pair.
    const [{ interval } = { interval: undefined }] = fit.predict([point(free, [0.5, 1])]);
    expect(found.sensitivity?.size).toBe(0.2);
    expect(found.sensitivity?.interval[0]).toBeCloseTo((interval?.[0] as number) - 0.2, 9);
    expect(found.sensitivity?.interval[1]).toBeCloseTo((interval?.[1] as number) + 0.2, 9);
    const { allocation } = found;
    expect(allocation?.shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(allocation?.standardError).toBeLessThanOrEqual(fit.predict([point(free, [0.5, 1])])[0]?.standardError as number);
  });

  it('combinations held out of a joint trial agree with the rest, on the scale that was assumed', async () => {
    const studies = quadraticStudies(new Random(7, 'joint'), 4000, {}, [[], ['A1'], ['A2'], names]);
    const fit = unwrap(await fitAdditive([doubled], studies, { errors: 'none' }));
    const found = await diagnoseAdditive(fit, [doubled], studies, [point(doubled, [0.5, 1])]);
    expect(found.diagnostics.find(({ name }) => name === 'hold-out')).toMatchObject({ level: 'ok' });
    expect(found.refusal).toBeUndefined();
    expect(found.allocation).toBeUndefined();
  });

  it('a learner has support and tests, too', async () => {
    const studies = quadraticStudies(new Random(8, 'learner'), 500);
    const zero = { name: 'nothing', fit: () => ({ predict: (x: Float64Array) => new Float64Array(x.length / 2) }) };
    const fit = unwrap(await fitAdditive([free], studies, { learner: zero, draws: 2 }));
    const found = await diagnoseAdditive(fit, [free], studies, [point(free, [0, 0]), point(free, [50, 0])]);
    expect(found.supported).toEqual([true, false]);
    expect(found.diagnostics.map(({ name }) => name)).toEqual(['interaction', 'order', 'support']);
  });
});
