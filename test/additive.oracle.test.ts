import { describe, expect, test } from 'vitest';
import { parseAdditive } from '../packages/engine/src/additive/assumption.ts';
import { additivePlan } from '../packages/engine/src/additive/rule.ts';
import { type AdditivePlan, isPlan } from '../packages/engine/src/additive/terms.ts';
import { Random } from '../packages/engine/src/math/random.ts';
import { compileQuestion } from '../packages/engine/src/query/bind.ts';
import { jointEffect, polynomialScm } from '../packages/engine/src/reproduce/additive-scm.ts';
import { adaptive, gaussLegendre, logistic, normal, panelled, uniform } from './oracle/additive/densities.ts';
import { blocked, interleaved, type Model, meanByAdaptive, meanBySimulation, meanByTensor, pairwise } from './oracle/additive/models.ts';

const nameOf = (action: number): string => `A${action + 1}`;
const subsets = (count: number): number[][] =>
  Array.from({ length: 2 ** count }, (_, marks) => Array.from({ length: count }, (__, j) => j).filter((j) => (marks >> j) & 1));

/** The plan for a target from regimes, each the set of actions that it sets; undefined where it is refused. */
function planFor(model: Model, regimes: readonly (readonly number[])[], target: readonly number[]): AdditivePlan | undefined {
  const blocks = model.blocks.map(({ actions }) =>
    actions.length === 1 ? nameOf(actions[0] as number) : `{${actions.map(nameOf).join(', ')}}`,
  );
  const assumption = parseAdditive(`additive(Y; ${blocks.join(', ')})`);
  if (assumption?.ok !== true) throw new Error(JSON.stringify(assumption));
  const watched = model.actions.map((_, j) => j).filter((j) => !target.includes(j));
  const given = [...(target.length > 0 ? [`do(${target.map(nameOf).join(', ')})`] : []), ...watched.map(nameOf)];
  const question = compileQuestion(`E[Y | ${given.join(', ')}]`, { domains: new Map() });
  if (!question.ok) throw new Error(JSON.stringify(question.issues));
  const [part] = question.value.parts;
  if (part === undefined) throw new Error('no question');
  const plan = additivePlan(part.query, assumption.value, undefined, {
    offers: regimes.map((set) => ({ regime: { set: set.map(nameOf) }, studies: [`do ${set.join(' ')}`], size: 1 })),
  });
  return isPlan(plan) ? plan : undefined;
}

/** Means of all regimes at some points, by one sum over all hidden causes. */
function surface(model: Model, points: readonly (readonly number[])[], count: number): (set: readonly number[]) => readonly number[] {
  const found = new Map<string, readonly number[]>();
  return (set) => {
    const key = set.join();
    const known = found.get(key);
    if (known !== undefined) return known;
    const values = points.map((point) => meanByTensor(model, set, point, 6, count));
    found.set(key, values);
    return values;
  };
}

const pointsOf = (model: Model, count: number): number[][] => {
  const random = new Random(3, model.name);
  return Array.from({ length: count }, () => model.actions.map(() => 3 * random.next() - 1.5));
};

describe('the integrators', () => {
  test('Gauss-Legendre is exact for polynomials up to order 2n - 1; both give masses and variances of the densities', () => {
    const { nodes, weights } = gaussLegendre(12);
    for (let power = 0; power <= 23; power++) {
      const sum = nodes.reduce((total, x, i) => total + (weights[i] as number) * x ** power, 0);
      expect(sum).toBeCloseTo(power % 2 === 0 ? 2 / (power + 1) : 0, 13);
    }
    for (const law of [normal, uniform, logistic]) {
      const rule = panelled(law.range, 16, 16);
      for (const [power, moment] of [
        [0, 1],
        [1, 0],
        [2, 1],
      ] as const) {
        const integrand = (z: number): number => law.at(z) * z ** power;
        expect(rule.nodes.reduce((sum, z, i) => sum + (rule.weights[i] as number) * integrand(z), 0)).toBeCloseTo(moment, 11);
        expect(adaptive(integrand, ...law.range, 1e-12)).toBeCloseTo(moment, 9);
      }
    }
  });

  const [two, three] = pairwise as readonly [Model, Model];
  test.each([
    { model: two, name: two.name, width: 2, tolerance: 1e-12, apart: 1e-9 },
    { model: three, name: three.name, width: 2, tolerance: 1e-12, apart: 1e-9 },
    { model: interleaved, name: interleaved.name, width: 0.5, tolerance: 1e-13, apart: 1e-9 },
    // Two integrals inside one another: dear.
    { model: blocked, name: blocked.name, width: 2, tolerance: 1e-8, apart: 1e-6 },
  ])('one sum over all causes and adaptive integration part by part agree: $name', ({ model, width, tolerance, apart }) => {
    for (const point of pointsOf(model, model === blocked ? 1 : 2))
      for (const set of subsets(model.actions.length)) {
        const tensor = meanByTensor(model, set, point, width, 10);
        expect(Math.abs(meanByAdaptive(model, set, point, tolerance) - tensor)).toBeLessThan(apart);
      }
  });

  test('weighted simulation agrees within five standard errors', () => {
    const random = new Random(11, 'simulation');
    const [point] = pointsOf(two, 1) as [number[]];
    for (const set of subsets(2)) {
      const { mean, standardError } = meanBySimulation(two, set, point, 40_000, () => random.next());
      expect(Math.abs(mean - meanByTensor(two, set, point, 2, 10))).toBeLessThan(5 * standardError);
      expect(standardError).toBeLessThan(0.05);
    }
  });
});

describe('sum of weights x regime means = mean of the target, to 1e-9', () => {
  // Coarse rules are models too, of finite causes: the identity must hold on them as well.
  const nodes = new Map([
    [2, 16],
    [3, 10],
    [4, 6],
    [5, 4],
  ]);
  const models = [
    ...pairwise.map((model) => ({ model, name: model.name, count: nodes.get(model.actions.length) as number })),
    { model: blocked, name: blocked.name, count: 6 },
    { model: interleaved, name: interleaved.name, count: 16 },
  ];

  test.each(models)('$name', ({ model, count }) => {
    const everything = subsets(model.actions.length);
    const points = pointsOf(model, 3);
    const mean = surface(model, points, count);
    const random = new Random(5, model.name);
    const holds = (regimes: readonly (readonly number[])[], target: readonly number[]): boolean => {
      const plan = planFor(model, regimes, target);
      if (plan === undefined) return false;
      for (const weights of [plan.weights, plan.fewest])
        points.forEach((_, i) => {
          const sum = plan.regimes.reduce((total, { set }, r) => {
            const numbers = everything.find((one) => one.length === set.length && one.every((j) => set.includes(nameOf(j)))) as number[];
            return total + (weights[r] as number) * (mean(numbers)[i] as number);
          }, 0);
          expect(Math.abs(sum - (mean(target)[i] as number)), `${JSON.stringify(regimes)} -> ${target}`).toBeLessThan(1e-9);
        });
      return true;
    };
    // Theorem 1, proposition 1 and corollary 1: watching and every block by itself give every union of blocks.
    const blocks = model.blocks.map(({ actions }) => [...actions]);
    for (const chosen of subsets(blocks.length))
      expect(
        holds(
          [[], ...blocks],
          chosen.flatMap((b) => blocks[b] as number[]).sort((a, b) => a - b),
        ),
      ).toBe(true);
    // Any regimes, any target.
    let answered = 0;
    for (let round = 0; round < 60; round++) {
      const regimes = everything.filter(() => random.next() < 0.5);
      const target = everything[random.integer(everything.length)] as number[];
      if (regimes.length > 0 && !regimes.some((set) => set.join() === target.join()) && holds(regimes, target)) answered += 1;
    }
    expect(answered).toBeGreaterThan(model.actions.length === 2 ? 1 : 3);
  });

  test('the identity is of the assumption: an interaction breaks it, and so does a cause that two parts share', () => {
    const [two] = pairwise as readonly [Model];
    const [first, second] = two.blocks as readonly [Model['blocks'][0], Model['blocks'][0]];
    const whole = (f: (a: readonly number[], c: readonly number[]) => number, causes: Model['blocks'][0]['causes']): Model => ({
      ...two,
      blocks: [{ actions: [0, 1], causes, f }],
    });
    const split = (a: readonly number[], c: readonly number[], shared: boolean): number =>
      first.f([a[0] as number], [c[0] as number]) + second.f([a[1] as number], [c[shared ? 0 : 1] as number]);
    const [cause] = first.causes;
    if (cause === undefined) throw new Error('no cause');
    const interaction = whole((a, c) => split(a, c, true) + 0.5 * (a[0] as number) * (a[1] as number), [cause]);
    const shared = whole((a, c) => split(a, c, true), [cause]);
    for (const model of [interaction, shared]) {
      const point = [0.8, -0.6];
      const [watched, one, other, both] = [[], [0], [1], [0, 1]].map((set) => meanByTensor(model, set, point, 2, 10)) as [
        number,
        number,
        number,
        number,
      ];
      expect(Math.abs(one + other - watched - both)).toBeGreaterThan(0.02);
    }
  });

  test('the observational mean misses the joint effect by more than half of it somewhere', () => {
    const [two] = pairwise as readonly [Model];
    const misses = pointsOf(two, 40).map((point) => {
      const [watched, both] = [[], [0, 1]].map((set) => meanByTensor(two, set, point, 2, 10)) as [number, number];
      return Math.abs(watched - both) / Math.abs(both);
    });
    expect(Math.max(...misses)).toBeGreaterThan(0.5);
  });
});

test('the joint effect of the random polynomial models is that of quadrature over each cause', () => {
  const laws = { normal, uniform, logistic };
  for (const seed of [1, 2, 3, 4]) {
    const scm = polynomialScm(new Random(seed, 'oracle'));
    const { constant, linear, square } = jointEffect(scm);
    const random = new Random(seed, 'points');
    for (let trial = 0; trial < 3; trial++) {
      const point = scm.causes.map(() => 2 * random.next() - 1);
      const truth = scm.causes.reduce((sum, { family, shift, scale }, k) => {
        const law = laws[family as keyof typeof laws];
        const f = (c: number): number =>
          (scm.outcomeTerms[k] ?? []).reduce(
            (total, { coefficient, of }) =>
              total + of.reduce((product, input) => product * (input === 0 ? (point[k] as number) : c), coefficient),
            0,
          );
        return sum + adaptive((z) => law.at(z) * f(shift + scale * z), ...law.range, 1e-12);
      }, 0);
      const claimed = point.reduce((sum, a, k) => sum + (linear[k] as number) * a + (square[k] as number) * a * a, constant);
      expect(claimed).toBeCloseTo(truth, 9);
    }
  }
});
