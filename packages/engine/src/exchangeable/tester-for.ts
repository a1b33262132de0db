import type { Environments } from './environments.ts';
import { finiteOf, isMixed, type MixedEnvironments, mixedOf } from './mixed-environments.ts';
import { residualTester } from './residual-tester.ts';
import { type Tester, testerOf } from './tester.ts';

/** Conditions with more configurations than this are tested by residuals. */
const mostStrata = 4;

/**
 * The tests that suit the variables: by strata where all are finite and the condition has few configurations, else by residuals. For
 * finite variables in few configurations the strata need no model; beyond, each would be a degree of freedom and power is lost.
 */
export function testerFor(environments: Environments | MixedEnvironments): Tester {
  const residual = residualTester(isMixed(environments) ? environments : mixedOf(environments));
  const finite = isMixed(environments) ? finiteOf(environments) : environments;
  if (finite === undefined) return residual;
  const strata = testerOf(finite);
  const few = (given: readonly number[]): boolean =>
    given.reduce((product, v) => product * (finite.levels[v]?.length as number), 1) <= mostStrata;
  return {
    across: (a, b, given) => (few(given) ? strata : residual).across(a, b, given),
    within: (a, b, given) => (few(given) ? strata : residual).within(a, b, given),
  };
}
