import { type ClusteredTest, crossTest, withinTest } from './clustered.ts';
import type { Environments } from './environments.ts';
import { type Strata, strataOf } from './strata.ts';

/** What a test asked: columns by number. `across`: A at one position, B at another, `given` at A's; else all at one position. */
export interface AskedTest extends ClusteredTest {
  readonly a: number;
  readonly b: number;
  readonly given: readonly number[];
  readonly across: boolean;
}

export interface Tester {
  across(a: number, b: number, given: readonly number[]): AskedTest;
  within(a: number, b: number, given: readonly number[]): AskedTest;
}

/** Tests on the same records; the strata of the latest condition are kept. */
export function testerOf(environments: Environments): Tester {
  let kept: { readonly key: string; readonly strata: Strata } | undefined;
  const strata = (given: readonly number[]): Strata => {
    const key = given.join();
    if (kept?.key !== key) kept = { key, strata: strataOf(environments, given) };
    return kept.strata;
  };
  return {
    across: (a, b, given) => ({ ...crossTest(environments, a, b, strata(given)), a, b, given, across: true }),
    within: (a, b, given) => ({ ...withinTest(environments, a, b, strata(given)), a, b, given, across: false }),
  };
}
