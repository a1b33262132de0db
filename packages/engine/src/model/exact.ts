import type { Name } from '../graph/variable.ts';
import { sumProduct } from '../math/eliminate.ts';
import { align, divide, type Factor, isTooLarge, sumOut, type TooLarge } from '../math/factor.ts';
import { cardinality, type DiscreteModel, mechanismOf } from './mechanism.ts';

export interface ExactOptions {
  /** Largest table, in cells (default 2^24). */
  readonly limit?: number;
}

/**
 * The exact P(of | given; do(set)) of a model for every value of every variable named: axes `[...of, ...given, ...set]`, NaN
 * where the condition has probability 0. `of`, `given` and `set` must be disjoint; latents may be named too. Computed by
 * variable elimination over the ancestors that matter; `tooLarge` where a table would exceed the limit.
 */
export function exactDistribution(
  model: DiscreteModel,
  wanted: { readonly of: readonly Name[]; readonly given?: readonly Name[]; readonly set?: readonly Name[] },
  options: ExactOptions = {},
): Factor | TooLarge {
  const given = wanted.given ?? [];
  const set = wanted.set ?? [];
  const axes = [...wanted.of, ...given, ...set];
  if (new Set(axes).size < axes.length) throw new Error(`P(${wanted.of} | ${given}; do(${set})): a variable is named twice.`);
  const sizes = new Map(axes.map((axis) => [axis, cardinality(model, axis)]));
  const joint = sumProduct(
    ancestors(model, [...wanted.of, ...given], new Set(set)).map((name) => mechanismOf(model, name).table),
    axes,
    sizes,
    options,
  );
  if (isTooLarge(joint) || given.length === 0) return joint;
  return align(divide(joint, sumOut(joint, wanted.of)), axes);
}

/** The variables and latents whose mechanisms bear on `of` once the variables in `cut` are set by hand. */
export function ancestors(model: DiscreteModel, of: readonly Name[], cut: ReadonlySet<Name>): Name[] {
  const found = new Set<Name>();
  const open = [...of];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || cut.has(name)) continue;
    found.add(name);
    open.push(...(model.mechanisms.get(name)?.inputs ?? []));
  }
  return [...model.mechanisms.keys()].filter((name) => found.has(name));
}
