import type { Name } from '../graph/variable.ts';
import type { Diagnostic } from '../interpret/answer.ts';
import { list, number, probability } from './figures.ts';
import { type Assumed, functionalOfRestriction, type Restriction, restrictionsOf } from './restrictions.ts';
import type { AdditivePlan } from './terms.ts';
import type { TestingFit } from './testing.ts';
import { type Wald, waldOf } from './wald.ts';

/** A test of some of what the assumption says. */
export interface AssumptionTest {
  readonly test: Wald | undefined;
  readonly restrictions: readonly Restriction[];
}

export function testAssumption({ model, actionsOf }: TestingFit, plan: AdditivePlan, assumed: Assumed, before?: Assumed): AssumptionTest {
  const restrictions = restrictionsOf(plan, model.setting.keys, actionsOf, assumed, before);
  return {
    restrictions,
    test: waldOf(
      model,
      restrictions.map((restriction) => functionalOfRestriction(model, restriction)),
    ),
  };
}

/**
 * The interaction test: the means of the regimes, put together, must be a sum of functions of one block each. Wald test on the coefficients
 * of products across blocks, from fits of the regimes apart, with HC3 covariance.
 */
export function interactionTest(fit: TestingFit, plan: AdditivePlan): Diagnostic | undefined {
  if (plan.assumption.blocks.length < 2) return undefined;
  const { test, restrictions } = testAssumption(fit, plan, 'additive', 'regimes');
  const name = 'interaction';
  const who = list(plan.assumption.blocks.map((block) => list(block)));
  if (test === undefined)
    return {
      name,
      level: 'warn',
      says: `Nothing in these records can speak against additivity: no records show ${who} varying together as an interaction test needs them, or they are too few.`,
    };
  const { p } = test;
  const how = `Wald test of ${test.restrictions} ${test.restrictions === 1 ? 'product' : 'products'} across actions, ${fit.model.basis.name}`;
  if (p >= 0.05)
    return {
      name,
      level: 'ok',
      figure: p,
      says: `Put together, the means show no interaction of ${who} (${probability(p)}; ${how}), as additivity wants it.`,
    };
  const pair = strongest(fit, restrictions);
  const size = sizeOf(fit, plan);
  const far = size !== undefined && size.part > 0.3 * size.whole;
  return {
    name,
    level: p < 0.001 && far && !fit.rough ? 'fail' : 'warn',
    figure: p,
    says: `Put together, the means show an interaction${pair === undefined ? '' : ` of ${list(pair)}`} that additivity rules out (${probability(p)}; ${how}).${
      size === undefined
        ? ''
        : ` It moves the combined mean by about ${number(size.part)}, where the actions move it by about ${number(size.whole)} in all (standard deviations over the records).`
    } Where they do interact, put them in one block ({A, B}), which some study then has to set together.${fit.doubt}`,
  };
}

/** The actions whose product stands out most. */
function strongest({ model, actionsOf }: TestingFit, restrictions: readonly Restriction[]): readonly Name[] | undefined {
  const groups = new Map<string, Restriction[]>();
  for (const restriction of restrictions) {
    const key = JSON.stringify(actionsOf[restriction.feature]);
    groups.set(key, [...(groups.get(key) ?? []), restriction]);
  }
  let best: { readonly p: number; readonly key: string; readonly statistic: number } | undefined;
  for (const [key, own] of groups) {
    const test = waldOf(
      model,
      own.map((restriction) => functionalOfRestriction(model, restriction)),
    );
    if (test && (best === undefined || test.p < best.p || (test.p === best.p && test.statistic > best.statistic)))
      best = { p: test.p, key, statistic: test.statistic };
  }
  return best === undefined ? undefined : (JSON.parse(best.key) as Name[]);
}

/** Standard deviations, over all records, of the interacting part of the combined mean and of all of it; undefined where the question does not set all blocks. */
function sizeOf({ model, actionsOf }: TestingFit, plan: AdditivePlan): { readonly part: number; readonly whole: number } | undefined {
  const set = plan.columns.filter((_, c) => plan.vector[c + 1] === 1);
  if (set.length < plan.assumption.blocks.length) return undefined;
  const { design, solution, regimes, features, scale } = model;
  const target = design.target(plan);
  if (target === undefined) return undefined;
  const all = new Float64Array(features.length);
  target.feature.forEach((f, a) => {
    all[f] = (all[f] as number) + (target.value[a] as number) * (solution.theta[target.parameter[a] as number] as number);
  });
  const across = all.map((value, f) =>
    set.some((column) => (actionsOf[f] as readonly Name[]).every((action) => column.arguments.includes(action))) ? 0 : value,
  );
  const weight = regimes.reduce((sum, regime) => sum + regime.weight, 0);
  const deviation = (coefficients: Float64Array): number => {
    let [mean, square] = [0, 0];
    for (let i = 0; i < coefficients.length; i++) {
      const own = coefficients[i] as number;
      if (own === 0) continue;
      for (const regime of regimes) {
        mean += (own * (regime.square[i] as number)) / weight;
        for (let j = 0; j < coefficients.length; j++)
          square += (own * (coefficients[j] as number) * (regime.square[i * coefficients.length + j] as number)) / weight;
      }
    }
    return scale * Math.sqrt(Math.max(0, square - mean * mean));
  };
  const [part, whole] = [deviation(across), deviation(all)];
  return Number.isFinite(part) && Number.isFinite(whole) ? { part, whole } : undefined;
}
