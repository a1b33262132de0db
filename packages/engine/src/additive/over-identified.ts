import type { Name } from '../graph/variable.ts';
import type { Diagnostic } from '../interpret/answer.ts';
import { probability } from './figures.ts';
import { setOf } from './gather.ts';
import { testAssumption } from './interaction.ts';
import { functionalOfRestriction, restrictionsOf } from './restrictions.ts';
import type { AdditivePlan } from './terms.ts';
import type { TestingFit } from './testing.ts';
import { waldOf } from './wald.ts';

/** Where more regimes were measured than needed: do they give the same answer? Wald test of the restrictions on their means, regime by regime. */
export function overIdentifiedTest(fit: TestingFit, plan: AdditivePlan): Diagnostic | undefined {
  if (plan.spare < 1) return undefined;
  const { test } = testAssumption(fit, plan, 'regimes');
  const name = 'over-identification';
  const { setting } = fit.model;
  if (test === undefined)
    return {
      name,
      level: 'warn',
      says: 'More regimes were measured than the answer needs, but too few records to tell whether they agree.',
    };
  const { p, restrictions } = test;
  const how = `Wald test of ${restrictions} ${restrictions === 1 ? 'restriction' : 'restrictions'}`;
  if (p >= 0.05)
    return {
      name,
      level: 'ok',
      figure: p,
      says: `${plan.spare === 1 ? 'One regime more' : `${plan.spare} regimes more`} than needed, and all agree (${probability(p)}; ${how}).`,
    };
  const blame = plan.spare < 2 ? undefined : oddOne(fit, plan);
  return {
    name,
    level: p < 0.001 ? 'fail' : 'warn',
    figure: p,
    says: `The regimes contradict each other (${probability(p)}; ${how}): additivity, or what is said of a study, is wrong.${
      blame === undefined ? '' : ` Without ${writeRegime(setOf(setting, blame))} the others agree.`
    }`,
  };
}

export const writeRegime = (set: readonly Name[]): string => (set.length === 0 ? 'watching' : `do(${set.join(', ')})`);

/** The one regime without which no contradiction is left. */
function oddOne(fit: TestingFit, plan: AdditivePlan): number | undefined {
  const { model, actionsOf } = fit;
  const { keys } = model.setting;
  const agree = keys.map((_, odd) => {
    const rest = keys.filter((__, r) => r !== odd);
    const own = restrictionsOf(plan, rest, actionsOf, 'regimes').map(({ feature, weights }) => ({
      feature,
      weights: keys.map((__, r) => (r === odd ? 0 : (weights[r < odd ? r : r - 1] as number))),
    }));
    const test = waldOf(
      model,
      own.map((restriction) => functionalOfRestriction(model, restriction)),
    );
    return test !== undefined && test.p >= 0.05;
  });
  return agree.filter(Boolean).length === 1 ? agree.indexOf(true) : undefined;
}
