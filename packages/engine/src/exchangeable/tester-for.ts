import type { Environments } from './environments.ts';
import { finiteOf, isMixed, type MixedEnvironments, mixedOf } from './mixed-environments.ts';
import { residualTester } from './residual-tester.ts';
import { type Tester, testerOf } from './tester.ts';

/** Conditions are tested by strata up to so many configurations, and so many environments for each. */
const fewStrata = 4;
const environmentsPerStratum = 15;

/**
 * The tests that suit the variables: by strata where all are finite and the condition has few configurations for its
 * environments, else by residuals. Strata need no model and see every interaction, but each is a degree of freedom.
 */
export function testerFor(environments: Environments | MixedEnvironments): Tester {
  let kept: Tester | undefined;
  const residual = (): Tester => {
    kept ??= residualTester(isMixed(environments) ? environments : mixedOf(environments));
    return kept;
  };
  const finite = isMixed(environments) ? finiteOf(environments) : environments;
  if (finite === undefined) return residual();
  const strata = testerOf(finite);
  const most = Math.max(fewStrata, finite.labels.length / environmentsPerStratum);
  const few = (given: readonly number[]): boolean =>
    given.reduce((product, v) => product * (finite.levels[v]?.length as number), 1) <= most;
  return {
    across: (a, b, given) => (few(given) ? strata : residual()).across(a, b, given),
    acrossGroup: (a, group, given) => (few(given) ? strata.acrossGroup?.(a, group, given) : undefined),
    within: (a, b, given) => (few(given) ? strata : residual()).within(a, b, given),
  };
}
