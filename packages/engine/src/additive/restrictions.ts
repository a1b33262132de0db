import type { Name } from '../graph/variable.ts';
import { matrix, symmetricEigen } from '../math/linear.ts';
import { regimeKey } from './design.ts';
import type { AdditiveModel } from './model.ts';
import { addFunctional } from './pooled.ts';
import type { AdditivePlan } from './terms.ts';

/**
 * What is assumed, each with what stands before it. `regimes`: regimes that do the same to a block share its part of the mean, whatever
 * that part depends on. `additive`: the part of a block that is wholly set depends on its arguments only. `structure`: every part does.
 */
export type Assumed = 'regimes' | 'additive' | 'structure';

/** A sum over regimes of weights x the coefficient of a feature that is 0 where the assumption holds. */
export interface Restriction {
  readonly feature: number;
  /** By regime. */
  readonly weights: readonly number[];
}

/** What `assumed` says of the coefficients of features in fits of the regimes apart, beyond what `before` says; weights are orthonormal. */
export function restrictionsOf(
  plan: AdditivePlan,
  keys: readonly string[],
  actionsOf: readonly (readonly Name[])[],
  assumed: Assumed,
  before?: Assumed,
): Restriction[] {
  const known = new Map<string, readonly (readonly number[])[]>();
  return actionsOf.flatMap((actions, feature) => {
    const key = regimeKey(actions);
    const found = known.get(key) ?? freeOf(plan, keys, actions, assumed, before);
    known.set(key, found);
    return found.map((weights) => ({ feature, weights }));
  });
}

/** As a functional of the parameters of fits of the regimes apart. */
export function functionalOfRestriction({ design }: AdditiveModel, { feature, weights }: Restriction): Float64Array {
  const functional = new Float64Array(design.parameters);
  const unit = new Float64Array(design.features);
  unit[feature] = 1;
  for (const [r, weight] of weights.entries())
    if (weight !== 0) addFunctional(design.regimes[r] as AdditiveModel['design']['regimes'][number], unit, weight, functional);
  return functional;
}

function freeOf(
  plan: AdditivePlan,
  keys: readonly string[],
  actions: readonly Name[],
  assumed: Assumed,
  before: Assumed | undefined,
): number[][] {
  const own = unseen(partsOf(plan, keys, actions, assumed), keys.length);
  if (before === undefined) return own;
  const earlier = unseen(partsOf(plan, keys, actions, before), keys.length);
  const size = keys.length;
  const gap = new Float64Array(size * size);
  for (const [sign, vectors] of [[1, own] as const, [-1, earlier] as const])
    for (const vector of vectors)
      for (let i = 0; i < size; i++)
        for (let j = 0; j < size; j++)
          gap[i * size + j] = (gap[i * size + j] as number) + sign * (vector[i] as number) * (vector[j] as number);
  const { values, vectors } = symmetricEigen(matrix(size, size, gap));
  return rowsWhere(values, vectors.values, (value) => value > 0.5);
}

/** Regimes x parts: which parts, among those that may depend on these actions, are in the mean of a regime. */
function partsOf(plan: AdditivePlan, keys: readonly string[], actions: readonly Name[], assumed: Assumed): number[][] {
  const within = (list: readonly Name[]): boolean => actions.every((name) => list.includes(name));
  const columns = plan.columns.map(({ block, set, arguments: list }) => {
    const whole = (plan.assumption.blocks[block] as readonly Name[]).every((name) => set.includes(name));
    return assumed === 'regimes' || (assumed === 'additive' && !whole) || within(list);
  });
  const watched = plan.arguments.map((list) => assumed !== 'structure' || within(list));
  return keys.map((key) => {
    const vector = plan.regimes.find(({ set }) => regimeKey(set) === key)?.vector ?? [];
    return [
      ...columns.map((allowed, c) => (allowed && vector[c + 1] === 1 ? 1 : 0)),
      ...watched.map((allowed, block) =>
        allowed && !plan.columns.some((column, c) => column.block === block && vector[c + 1] === 1) ? 1 : 0,
      ),
    ];
  });
}

/** An orthonormal basis of the weightings of rows that sum to 0. */
function unseen(rows: readonly (readonly number[])[], size: number): number[][] {
  const square = rows.flatMap((row) => rows.map((other) => row.reduce((sum, entry, i) => sum + entry * (other[i] as number), 0)));
  const { values, vectors } = symmetricEigen(matrix(size, size, square));
  return rowsWhere(values, vectors.values, (value) => value < 1e-9);
}

const rowsWhere = (values: Float64Array, vectors: Float64Array, chosen: (value: number) => boolean): number[][] =>
  Array.from(values, (value, k) => ({ value, k }))
    .filter(({ value }) => chosen(value))
    .map(({ k }) => Array.from(vectors.subarray(k * values.length, (k + 1) * values.length)));
