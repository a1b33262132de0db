import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../src/additive/agreement.ts';
import { fitAdditive } from '../../src/additive/fit.ts';
import type { AdditiveModel } from '../../src/additive/model.ts';
import { roundValues } from '../../src/additive-answer.ts';
import { ask } from '../../src/ask.ts';
import type { Study } from '../../src/data/study.ts';
import { Random } from '../../src/math/random.ts';
import { loadProblem } from '../../src/problem.ts';
import { planOf, point, studyOf, unwrap } from './fit-support.ts';

const actions = ['A1', 'A2'];
const regimes = [
  { set: [], studies: ['obs'] },
  { set: ['A1'], studies: ['do A1'] },
  { set: ['A2'], studies: ['do A2'] },
];
const both = planOf(actions, regimes, actions);

type Outcome = (a1: number, a2: number, noise: number) => number;

/** A1 causes A2; what is set is drawn anew, or is the number given. */
function drawn(random: Random, name: string, set: readonly string[], n: number, outcome: Outcome, at?: number): Study {
  const columns = { A1: new Float64Array(n), A2: new Float64Array(n), Y: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    const cause = random.normal();
    const a1 = set.includes('A1') ? (at ?? random.normal()) : cause + random.normal();
    const a2 = set.includes('A2') ? (at ?? random.normal()) : 0.5 * a1 + random.normal();
    columns.A1[i] = a1;
    columns.A2[i] = a2;
    columns.Y[i] = outcome(a1, a2, cause + random.normal());
  }
  return studyOf(name, set, columns);
}
const three = (random: Random, n: number, outcome: Outcome): Study[] => [
  drawn(random, 'obs', [], n, outcome),
  drawn(random, 'do A1', ['A1'], n, outcome),
  drawn(random, 'do A2', ['A2'], n, outcome),
];
const effect = [
  { weight: 1, plan: both, at: point(both, [1, 1])[0]?.at ?? new Map() },
  { weight: -1, plan: both, at: point(both, [0, 0])[0]?.at ?? new Map() },
];

describe('outcomes without noise', () => {
  it('what never varies has no effect, exactly', async () => {
    const fit = unwrap(
      await fitAdditive(
        [both],
        three(new Random(1, 'constant'), 200, () => 3.1),
      ),
    );
    expect(fit.predict([effect, point(both, [1, 1])])).toMatchObject([
      { value: 0, standardError: 0 },
      { value: 3.1, standardError: 0 },
    ]);
  });

  it('of bases that are all exact the simplest is taken', async () => {
    for (let seed = 0; seed < 6; seed++) {
      const fit = unwrap(
        await fitAdditive(
          [both],
          three(new Random(seed, 'exact'), 200, (a, b) => 2 * a + 3 * b + 7),
        ),
      );
      expect(fit.basis).toBe('linear');
      expect(fit.predict([effect])[0]?.value).toBeCloseTo(5, 12);
    }
  });
});

describe('few records', () => {
  const linear: Outcome = (a, b, noise) => 2 * a + 3 * b + noise;

  it('as many as coefficients: no error is made up, by no method', async () => {
    const studies = three(new Random(3, 'few'), 3, linear);
    for (const errors of ['sandwich', 'bootstrap'] as const) {
      const fit = unwrap(await fitAdditive([both], studies, { basis: 'linear', errors }));
      const [found] = fit.predict([point(both, [1, 1])]);
      expect(found?.standardError).toBeNaN();
      expect(found?.interval).toBeUndefined();
      expect(fit.warnings.at(-1)?.message).toContain('nothing is left over to tell a standard error');
    }
  });

  it('too few for a bootstrap: the sandwich, and a word', async () => {
    const studies = three(new Random(3, 'few'), 6, linear);
    const asked = unwrap(await fitAdditive([both], studies, { basis: 'linear', errors: 'bootstrap' }));
    const sandwich = unwrap(await fitAdditive([both], studies, { basis: 'linear' }));
    expect(asked.errors).toBe('sandwich');
    expect(asked.warnings).toMatchObject([{ code: 'no-bootstrap', message: expect.stringContaining('6 records are too few') }]);
    expect(asked.predict([effect])).toEqual(sandwich.predict([effect]));
    const enough = unwrap(
      await fitAdditive([both], three(new Random(3, 'few'), 12, linear), { basis: 'linear', errors: 'bootstrap', draws: 50 }),
    );
    expect(enough.errors).toBe('bootstrap');
  });
});

it('an action that studies set to one number: which study, which number', async () => {
  const random = new Random(4, 'held');
  const outcome: Outcome = (a, b, noise) => 2 * a + 3 * b + noise;
  const held = [
    drawn(random, 'obs', [], 300, outcome),
    drawn(random, 'do A1', ['A1'], 200, outcome, 1),
    drawn(random, 'do A2', ['A2'], 200, outcome, 2),
  ];
  const fit = unwrap(await fitAdditive([both], held, { basis: 'polynomial', degree: 2 }));
  const [good, one, two] = fit.predict([point(both, [1, 2]), point(both, [0, 2]), point(both, [0, 5])]);
  expect(good?.issue).toBeUndefined();
  expect(Math.abs((good?.value ?? 0) - 8)).toBeLessThan(4 * (good?.standardError ?? 0));
  expect(one?.issue?.message).toContain('do A1 set A1 = 1, and A1 = 0 is asked');
  expect(one?.issue?.message).not.toContain('A2 =');
  expect(two?.issue?.message).toContain('do A2 set A2 = 2, and A2 = 5 is asked');
});

it('single doses without a control: nothing links the two', async () => {
  const together = planOf(actions, [{ set: actions, studies: ['trial'] }], actions);
  const levels = { A1: ['0', '1', '2'], A2: ['0', '1', '2'] };
  const doses = (more: readonly (readonly [number, number])[]): Study => {
    const rows = [...Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? [1 + (i % 4) / 2, 0] : [0, 1 + ((i - 1) % 4) / 2])), ...more];
    const random = new Random(5, 'doses');
    const [a1, a2] = [rows.map((row) => row[0] as number), rows.map((row) => row[1] as number)];
    return studyOf(
      'trial',
      actions,
      { A1: a1, A2: a2, Y: rows.map((_, i) => (a1[i] as number) + 2 * (a2[i] as number) + random.normal()) },
      { levels },
    );
  };
  const at = point(together, ['2', '2']);
  const [without] = unwrap(await fitAdditive([together], [doses([])])).predict([at]);
  expect(without?.issue?.message).toContain('do not link A1 = 2 with A2 = 2');
  expect(without?.issue?.hint).toContain('control');
  const [linked] = unwrap(await fitAdditive([together], [doses(Array.from({ length: 6 }, () => [0, 0] as const))])).predict([at]);
  expect(linked?.issue).toBeUndefined();
  expect(Math.abs((linked?.value ?? 0) - 6)).toBeLessThan(4 * (linked?.standardError ?? 0));
});

describe('studies of one regime', () => {
  const curved: Outcome = (a, b, noise) => a * a + b + a * noise;
  const twice = planOf(actions, [regimes[0], { set: ['A1'], studies: ['do A1', 'again'] }, regimes[2]] as typeof regimes, actions);
  const agreement = async (seed: number, shift: number, at?: readonly [number, number]) => {
    const random = new Random(seed, 'agree');
    const studies = [
      drawn(random, 'obs', [], 300, curved),
      drawn(random, 'do A1', ['A1'], 300, curved, at?.[0]),
      drawn(random, 'again', ['A1'], 200, (a, b, noise) => curved(a, b, noise) + shift, at?.[1]),
      drawn(random, 'do A2', ['A2'], 300, curved),
    ];
    const fit = unwrap(await fitAdditive([twice], studies, { basis: 'polynomial', degree: 2, errors: 'none' }));
    return agreementOf(fit.model as AdditiveModel);
  };

  it('that show different means are told, with the gap', async () => {
    const found = await agreement(0, 3);
    expect(found).toMatchObject({ name: 'agreement', level: 'warn' });
    expect(found?.says).toContain('do A1 and again (do(A1))');
    expect(Number(/up to ([\d.]+) apart/u.exec(found?.says ?? '')?.[1])).toBeCloseTo(3, 0);
  });

  it('that agree are left in peace, those of several doses too', async () => {
    const warned = { same: 0, doses: 0 };
    for (let seed = 0; seed < 60; seed++) {
      if ((await agreement(seed, 0))?.level === 'warn') warned.same++;
      if ((await agreement(seed, 0, [0, 1]))?.level === 'warn') warned.doses++;
    }
    // At 1 %: more than 4 of 60 has probability 4e-4.
    expect(warned.same).toBeLessThanOrEqual(4);
    expect(warned.doses).toBeLessThanOrEqual(4);
  });

  it('one study per regime: nothing to compare', async () => {
    const fit = unwrap(await fitAdditive([both], three(new Random(1, 'one'), 100, curved), { basis: 'linear' }));
    expect(await agreementOf(fit.model as AdditiveModel)).toBeUndefined();
  });
});

it('a mean beyond what the outcome can be is told: how often something happens does not add up past one', async () => {
  const rows = [0.1, 0.7, 0.7].flatMap((rate, arm) =>
    Array.from({ length: 100 }, (_, i) => ({ a: arm === 1 ? 1 : 0, b: arm === 2 ? 1 : 0, y: i < 100 * rate ? 1 : 0 })),
  );
  const problem = unwrap(await loadProblem({ studies: [{ name: 'trial', data: rows, set: ['a', 'b'] }], assume: ['additive(y; a, b)'] }));
  const asked = ['E[y | do(a=1, b=1)]', 'E[y | do(a, b)]', 'E[y | do(a=1, b=1)] - E[y | do(a=0, b=1)]'];
  const { answers } = unwrap(await ask(problem, asked));
  const told = answers.map(({ diagnostics }) => diagnostics.filter(({ name }) => name === 'range'));
  expect(answers[0]?.value).toBeCloseTo(1.3, 10);
  expect(told[0]).toMatchObject([{ level: 'fail', says: expect.stringContaining('1.3 lies beyond what y can be (0 to 1)') }]);
  expect(told[1]).toMatchObject([{ level: 'fail', figure: 1 }]);
  expect(told[2]).toEqual([]);
});

it('the grid of a function has about as many round values as asked for', () => {
  expect(roundValues(-2.7, 2.7, 11)).toEqual([-2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5]);
  expect(roundValues(0, 10, 11)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(roundValues(4, 4, 11)).toEqual([4]);
  const random = new Random(2, 'grid');
  for (let i = 0; i < 300; i++) {
    const least = random.normal() * 10 ** Math.round(3 * random.normal());
    const most = least + Math.abs(random.normal()) * 10 ** Math.round(3 * random.normal());
    for (const count of [11, 7, 5, 4]) {
      const values = roundValues(least, most, count);
      const slack = 1e-9 * (most - least) + 1e-15 * Math.max(Math.abs(least), Math.abs(most));
      expect(new Set(values).size).toBe(values.length);
      expect(values.length).toBeGreaterThanOrEqual(Math.ceil((2 * count) / 3) - 1);
      expect(values.length).toBeLessThanOrEqual(Math.ceil((4 * count) / 3) + 1);
      expect(values.every((value) => value >= least - slack && value <= most + slack)).toBe(true);
    }
  }
});
