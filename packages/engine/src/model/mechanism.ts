import type { Name, Value } from '../graph/variable.ts';
import type { Factor } from '../math/factor.ts';

/**
 * How one variable (or latent) gets its value: `table` is P(variable | inputs), axes `[...inputs, variable]`. The response
 * form, where it is known, says what the variable would be for *every* value of the inputs at once, which is what
 * counterfactuals across worlds need: function k has probability `weights[k]` and gives level `outputs[k * cells + c]` at
 * input cell c (row-major over `inputs`).
 */
export interface Mechanism {
  readonly variable: Name;
  readonly inputs: readonly Name[];
  readonly table: Factor;
  readonly response?: ResponseFunctions;
}

export interface ResponseFunctions {
  readonly weights: Float64Array;
  readonly outputs: Uint16Array;
}

/** A fully known structural model over finite variables; every exogenous variable is a mechanism without inputs. */
export interface DiscreteModel {
  /** In an order in which inputs come first; latents included. */
  readonly mechanisms: ReadonlyMap<Name, Mechanism>;
  /** The levels of every variable and latent. */
  readonly levels: ReadonlyMap<Name, readonly Value[]>;
  /** Variables that a study could measure, in the order in which the graph declares them. */
  readonly observed: readonly Name[];
}

/** The name of the hidden cause behind an arc. */
export const arcLatent = (a: Name, b: Name): Name => (a < b ? `${a} <-> ${b}` : `${b} <-> ${a}`);

export const numberedLevels = (count: number): Value[] => Array.from({ length: count }, (_, i) => String(i));

/** Number of levels of a variable or latent of the model. */
export const cardinality = (model: DiscreteModel, name: Name): number => levelsOf(model, name).length;

export function levelsOf(model: DiscreteModel, name: Name): readonly Value[] {
  const levels = model.levels.get(name);
  if (levels === undefined) throw new Error(`The model has no variable ${name}.`);
  return levels;
}

/** The index of a level; throws for a level that the variable does not have (bind questions first). */
export function levelIndex(model: DiscreteModel, name: Name, value: Value): number {
  const index = levelsOf(model, name).indexOf(value);
  if (index < 0) throw new Error(`${name} has no level ${value}.`);
  return index;
}

export function mechanismOf(model: DiscreteModel, name: Name): Mechanism {
  const mechanism = model.mechanisms.get(name);
  if (mechanism === undefined) throw new Error(`The model has no variable ${name}.`);
  return mechanism;
}

/** The mechanism with the conditional table that its response functions imply. */
export function mechanismFrom(
  variable: Name,
  size: number,
  inputs: readonly Name[],
  sizes: readonly number[],
  response: ResponseFunctions,
): Mechanism {
  const cells = sizes.reduce((product, next) => product * next, 1);
  const values = new Float64Array(cells * size);
  response.weights.forEach((weight, k) => {
    for (let cell = 0; cell < cells; cell++) {
      const at = cell * size + (response.outputs[k * cells + cell] as number);
      values[at] = (values[at] as number) + weight;
    }
  });
  return { variable, inputs, table: { axes: [...inputs, variable], sizes: [...sizes, size], values }, response };
}
