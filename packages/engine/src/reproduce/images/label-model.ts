import type { Name, Value } from '../../graph/variable.ts';
import type { Factor } from '../../math/factor.ts';
import { isTooLarge } from '../../math/factor.ts';
import type { Random } from '../../math/random.ts';
import { exactDistribution } from '../../model/exact.ts';
import type { DiscreteModel, Mechanism } from '../../model/mechanism.ts';
import { sample } from '../../model/sample.ts';

/** One variable of a process of labels: `law` gives the chances of its levels, given the level indices of its inputs. */
export interface LabelLaw {
  readonly name: Name;
  readonly levels: readonly Value[];
  readonly inputs: readonly Name[];
  readonly hidden?: boolean;
  readonly law: (...inputs: number[]) => ArrayLike<number>;
}

/** The finite structural model of the laws, inputs first. Throws where chances do not sum to one (a fault of ours). */
export function labelModel(laws: readonly LabelLaw[]): DiscreteModel {
  const levels = new Map<Name, readonly Value[]>();
  const mechanisms = new Map<Name, Mechanism>();
  for (const { name, levels: own, inputs, law } of laws) {
    const sizes = inputs.map((input) => (levels.get(input) as readonly Value[]).length);
    const cells = sizes.reduce((product, size) => product * size, 1);
    const values = new Float64Array(cells * own.length);
    const at = sizes.map(() => 0);
    for (let cell = 0; cell < cells; cell++) {
      for (let i = sizes.length - 1, rest = cell; i >= 0; i--) {
        at[i] = rest % (sizes[i] as number);
        rest = Math.floor(rest / (sizes[i] as number));
      }
      const chances = Float64Array.from(law(...at));
      const sum = chances.reduce((total, chance) => total + chance, 0);
      if (chances.length !== own.length || chances.some((chance) => chance < 0) || !(Math.abs(sum - 1) < 1e-12))
        throw new Error(`${name}: chances of ${at} sum to ${sum}.`);
      values.set(chances, cell * own.length);
    }
    levels.set(name, own);
    mechanisms.set(name, { variable: name, inputs, table: { axes: [...inputs, name], sizes: [...sizes, own.length], values } });
  }
  return { mechanisms, levels, observed: laws.filter(({ hidden }) => hidden !== true).map(({ name }) => name) };
}

/** A mixture of point masses and the uniform law: `parts` are pairs of a level and its share, the rest is spread evenly. */
export function mostly(size: number, ...parts: readonly (readonly [level: number, share: number])[]): Float64Array {
  const rest = parts.reduce((left, [, share]) => left - share, 1);
  // Shares such as 0.9 and 0.1 leave a rounding error instead of nothing.
  const law = new Float64Array(size).fill(Math.abs(rest) < 1e-12 ? 0 : rest / size);
  for (const [level, share] of parts) law[level] = (law[level] as number) + share;
  return law;
}

/** P(of | given; do(set)) with all of `of` fixed in order: a law over the combinations of levels, row-major (last of `of` fastest). */
export function exactLaw(
  model: DiscreteModel,
  of: readonly Name[],
  at: { readonly given?: Readonly<Record<Name, number>>; readonly set?: Readonly<Record<Name, number>> },
): Float64Array {
  const given = at.given ?? {};
  const set = at.set ?? {};
  const fixed = new Map([...Object.entries(given), ...Object.entries(set)]);
  // The levels asked for are pinned in the mechanisms, so that no table over all their values is ever made.
  const pinned: DiscreteModel = {
    ...model,
    mechanisms: new Map([...model.mechanisms].map(([name, mechanism]) => [name, pin(mechanism, fixed, name in set)])),
    levels: new Map([...model.levels].map(([name, levels]) => [name, fixed.has(name) ? ['pinned'] : levels])),
  };
  const found = exactDistribution(pinned, { of, given: Object.keys(given), set: Object.keys(set) });
  if (isTooLarge(found)) throw new Error(`P(${of}) needs a table of ${found.tooLarge} cells.`);
  return found.values;
}

/** The mechanism with the named axes cut to one level each. A pinned variable keeps the chance of its level (set ones are never read). */
function pin(mechanism: Mechanism, fixed: ReadonlyMap<Name, number>, isSet: boolean): Mechanism {
  const { table, variable, inputs } = mechanism;
  const sizes = table.axes.map((axis, i) => (fixed.has(axis) ? 1 : (table.sizes[i] as number)));
  const cells = sizes.reduce((product, size) => product * size, 1);
  const values = new Float64Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    let from = 0;
    let stride = 1;
    for (let i = sizes.length - 1, rest = cell; i >= 0; i--) {
      const size = sizes[i] as number;
      from += stride * (fixed.get(table.axes[i] as Name) ?? rest % size);
      rest = Math.floor(rest / size);
      stride *= table.sizes[i] as number;
    }
    values[cell] = isSet ? 1 : (table.values[from] as number);
  }
  const cut: Factor = { axes: table.axes, sizes, values };
  return { variable, inputs, table: cut };
}

/** Level indices of n rows, `set` fixed at level indices; the stream of every variable is its own. */
export function drawLabels(
  model: DiscreteModel,
  rows: number,
  random: Random,
  options: { readonly set?: Readonly<Record<Name, number>>; readonly columns?: readonly Name[] } = {},
): ReadonlyMap<Name, Int32Array> {
  const set = options.set ?? {};
  const fixed = Object.fromEntries(Object.entries(set).map(([name, level]) => [name, model.levels.get(name)?.[level] as Value]));
  const columns = options.columns ?? model.observed;
  for (const batch of sample(model, { rows, random, columns, batch: rows, regime: { set: Object.keys(set), fixed } })) return batch.columns;
  return new Map(columns.map((name) => [name, new Int32Array(0)]));
}

/** Rows of a law over combinations of levels: one column of level indices per size. */
export function drawCells(law: ArrayLike<number>, sizes: readonly number[], rows: number, random: Random): Int32Array[] {
  const columns = sizes.map(() => new Int32Array(rows));
  for (let row = 0; row < rows; row++) {
    let rest = random.categorical(law);
    for (let i = sizes.length - 1; i >= 0; i--) {
      (columns[i] as Int32Array)[row] = rest % (sizes[i] as number);
      rest = Math.floor(rest / (sizes[i] as number));
    }
  }
  return columns;
}
