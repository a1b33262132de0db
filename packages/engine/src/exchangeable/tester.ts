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
  /** A at one position against all of `group` together at another; undefined where that has too many degrees of freedom. */
  acrossGroup?(a: number, group: readonly number[], given: readonly number[]): ClusteredTest | undefined;
}

const environmentsPerDegree = 5;

/** With one more column: the values of `group` together, as far as they occur. */
function joint(environments: Environments, group: readonly number[]): Environments {
  const { codes, count } = strataOf(environments, group);
  return {
    ...environments,
    names: [...environments.names, group.map((v) => environments.names[v]).join()],
    levels: [...environments.levels, Array.from({ length: count }, (_, level) => String(level))],
    columns: [...environments.columns, codes],
  };
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
    acrossGroup: (a, group, given) => {
      const [own, joined] = [strata(given), joint(environments, group)];
      const width = joined.levels.at(-1)?.length as number;
      const degrees = own.count * ((environments.levels[a]?.length as number) - 1) * (width - 1);
      if (degrees * environmentsPerDegree > environments.labels.length) return undefined;
      return crossTest(joined, a, joined.columns.length - 1, own);
    },
    across: (a, b, given) => ({ ...crossTest(environments, a, b, strata(given)), a, b, given, across: true }),
    within: (a, b, given) => ({ ...withinTest(environments, a, b, strata(given)), a, b, given, across: false }),
  };
}
