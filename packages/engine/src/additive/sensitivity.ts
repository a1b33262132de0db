import { regimeKey } from './design.ts';
import type { TargetPoint } from './targets.ts';
import type { AdditivePlan } from './terms.ts';

/**
 * By how much an answer may be off where additivity fails: Y = sum of f_b + sum over pairs of blocks of f_bc(A_b, C_b, A_c, C_c), and no pair
 * adds more than `size` to an interaction: |f(x, y) - f(x', y) - f(x, y') + f(x', y')| <= size over the range. The error of a pair is its
 * interaction averaged over what the regimes do to the two blocks, so it is at most `size` times the {@link pairWeights}.
 */
export function interactionBound(combination: readonly TargetPoint[], size: number, shared: boolean): number {
  return combination.reduce(
    (sum, { weight, plan }) => sum + Math.abs(weight) * pairWeights(plan, shared).reduce((total, pair) => total + pair, 0) * size,
    0,
  );
}

/**
 * Per pair of blocks how often its interaction enters the error of the weighted regimes. What was done to the two blocks in the question
 * minus the same, weighted, in the regimes is a table whose margins are 0; of two states each it is one difference of differences.
 * `shared`: regimes share functions of single actions, so that values that are set together in the question may come from different
 * records of a regime, whatever it sets.
 */
export function pairWeights(plan: AdditivePlan, shared: boolean): number[] {
  const { assumption, columns, regimes, vector, weights, target } = plan;
  const stateOf = (own: readonly number[], block: number): string => {
    const at = columns.findIndex((column, c) => column.block === block && own[c + 1] === 1);
    return at < 0 ? '' : regimeKey(columns[at]?.set ?? []);
  };
  const made: number[] = [];
  for (let b = 0; b < assumption.blocks.length; b++)
    for (let c = b + 1; c < assumption.blocks.length; c++) {
      const table = new Map<string, number>();
      const add = (own: readonly number[], weight: number): void => {
        const key = JSON.stringify([stateOf(own, b), stateOf(own, c)]);
        table.set(key, (table.get(key) ?? 0) + weight);
      };
      add(vector, 1);
      for (const [r, regime] of regimes.entries()) add(regime.vector, -(weights[r] as number));
      const states = new Set([...table.keys()].map((key) => (JSON.parse(key) as string[])[0]));
      const others = new Set([...table.keys()].map((key) => (JSON.parse(key) as string[])[1]));
      const length = [...table.values()].reduce((sum, entry) => sum + Math.abs(entry), 0);
      const square = states.size <= 2 && others.size <= 2;
      const apart = length < 1e-9 ? 0 : square ? length / 4 : length / 2;
      const both = [b, c].every((block) => (assumption.blocks[block] ?? []).some((name) => target.includes(name)));
      made.push(shared && both ? Math.max(1, apart) : apart);
    }
  return made;
}
