import type { Name } from '../graph/variable.ts';
import { type Plan as EliminationPlan, planElimination, runPlan } from '../math/eliminate.ts';
import { align, divide, type Factor, rename, restrict, scalar, sumOut, type TooLarge } from '../math/factor.ts';

/** The result of an earlier operation, its axes renamed in order; one name twice is the diagonal. */
export interface Input {
  readonly slot: number;
  readonly names: readonly Name[];
}

/** One step of a plan: how to compute its table from earlier ones, and how a small change of it comes back to them. */
export interface Operation {
  readonly axes: readonly Name[];
  readonly sizes: readonly number[];
  run(slots: readonly Factor[], tables: readonly Factor[]): Factor;
  /** `adjoint`: derivative of the answer with respect to each cell of this table; adds to those of its inputs. */
  pull(adjoint: Factor, slots: readonly Factor[], add: (slot: number, change: Factor) => void): TooLarge | undefined;
}

const cellsOf = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);
const sizeMap = (axes: readonly Name[], sizes: readonly number[]): Map<Name, number> =>
  new Map(axes.map((axis, i) => [axis, sizes[i] as number]));
/** In a derivative a cell that is undefined stands beside a cell without mass, which no data can move: it counts for nothing. */
const settled = (factor: Factor): Factor => ({ ...factor, values: factor.values.map((value) => (Number.isNaN(value) ? 0 : value)) });

const applied = (input: Input, table: Factor): Factor =>
  input.names.every((name, i) => name === table.axes[i])
    ? table
    : rename(table, Object.fromEntries(table.axes.map((axis, i) => [axis, input.names[i] as Name])));

/** A change of `applied(input, table)` as a change of the table itself: zero off the diagonal. */
function unapplied(input: Input, change: Factor, table: Factor): Factor {
  const aligned = align(change, [...new Set(input.names)], sizeMap(change.axes, change.sizes));
  if (aligned.axes.length === input.names.length) return { axes: table.axes, sizes: table.sizes, values: aligned.values };
  const values = new Float64Array(table.values.length);
  const strideOf = new Map<Name, number>();
  let stride = 1;
  for (let i = table.axes.length - 1; i >= 0; i--) {
    const name = input.names[i] as Name;
    strideOf.set(name, (strideOf.get(name) ?? 0) + stride);
    stride *= table.sizes[i] as number;
  }
  for (let cell = 0; cell < aligned.values.length; cell++) {
    let rest = cell;
    let at = 0;
    for (let i = aligned.axes.length - 1; i >= 0; i--) {
      const size = aligned.sizes[i] as number;
      at += (rest % size) * (strideOf.get(aligned.axes[i] as Name) as number);
      rest = Math.floor(rest / size);
    }
    values[at] = aligned.values[cell] as number;
  }
  return { axes: table.axes, sizes: table.sizes, values };
}

/** The sum over all axes outside `keep` of the product of the inputs. */
export function productOperation(
  inputs: readonly Input[],
  keep: readonly Name[],
  sizes: ReadonlyMap<Name, number>,
  limit: number,
): (Operation & { readonly largest: number }) | TooLarge {
  const scopes = inputs.map((input) => [...new Set(input.names)]);
  const plan = planElimination(scopes, keep, sizes, limit);
  if ('tooLarge' in plan) return plan;
  const backward: (EliminationPlan | TooLarge | undefined)[] = [];
  return {
    axes: keep,
    sizes: keep.map((axis) => sizes.get(axis) as number),
    largest: plan.largest,
    run: (slots) =>
      runPlan(
        plan,
        inputs.map((input) => applied(input, slots[input.slot] as Factor)),
      ),
    pull: (adjoint, slots, add) => {
      const tables = inputs.map((input) => applied(input, slots[input.slot] as Factor));
      for (const [i, input] of inputs.entries()) {
        const others = tables.toSpliced(i, 1);
        backward[i] ??= planElimination([keep, ...scopes.toSpliced(i, 1)], scopes[i] as Name[], sizes, limit);
        const back = backward[i];
        if ('tooLarge' in back) return back;
        add(input.slot, unapplied(input, settled(runPlan(back, [adjoint, ...others])), slots[input.slot] as Factor));
      }
      return undefined;
    },
  };
}

/** A slice; with `guard` a cell is undefined where that other slice is (moment 1 of a distribution that is undefined). */
export function sliceOperation(slot: number, of: Operation, axis: Name, index: number, guard?: number): Operation {
  const at = of.axes.indexOf(axis);
  const size = of.sizes[at] as number;
  const inner = cellsOf(of.sizes.slice(at + 1));
  return {
    axes: of.axes.toSpliced(at, 1),
    sizes: of.sizes.toSpliced(at, 1),
    run: (slots) => {
      const slice = restrict(slots[slot] as Factor, axis, index);
      if (guard === undefined) return slice;
      const other = restrict(slots[slot] as Factor, axis, guard).values;
      return { ...slice, values: slice.values.map((value, i) => (Number.isNaN(other[i]) ? Number.NaN : value)) };
    },
    pull: (adjoint, _, add) => {
      const values = new Float64Array(cellsOf(of.sizes));
      for (let cell = 0; cell < adjoint.values.length; cell++)
        values[Math.floor(cell / inner) * size * inner + index * inner + (cell % inner)] = adjoint.values[cell] as number;
      add(slot, { axes: of.axes, sizes: of.sizes, values });
      return undefined;
    },
  };
}

/** The table divided by its sum over `over`; a moment axis is summed by taking its slice 0. */
export function conditionOperation(slot: number, of: Operation, over: readonly Name[], moment: Name | undefined): Operation {
  const { axes, sizes } = of;
  const all = sizeMap(axes, sizes);
  const denominator = (table: Factor): Factor => sumOut(moment === undefined ? table : restrict(table, moment, 0), over);
  return {
    axes,
    sizes,
    run: (slots) => {
      const table = slots[slot] as Factor;
      return align(divide(table, denominator(table)), axes);
    },
    pull: (adjoint, slots, add) => {
      const table = slots[slot] as Factor;
      const bottom = align(denominator(table), axes, all).values;
      const change = adjoint.values.map((value, i) => (value === 0 ? 0 : value / (bottom[i] as number)));
      const weighted = change.map((value, i) => (value === 0 ? 0 : (value * (table.values[i] as number)) / (bottom[i] as number)));
      const gone = moment === undefined ? over : [...over, moment];
      const lost = align(sumOut({ axes, sizes, values: weighted }, gone), axes, all).values;
      const first = moment === undefined ? undefined : momentMark(axes, sizes, moment);
      const values = change.map((value, i) => value - (first === undefined || first[i] === 0 ? (lost[i] as number) : 0));
      add(slot, settled({ axes, sizes, values }));
      return undefined;
    },
  };
}

/** For every cell its index on the moment axis. */
function momentMark(axes: readonly Name[], sizes: readonly number[], moment: Name): Float64Array {
  return align({ axes: [moment], sizes: [2], values: Float64Array.of(0, 1) }, axes, sizeMap(axes, sizes)).values;
}

export function quotientOperation(top: Input, bottom: Input, sizes: ReadonlyMap<Name, number>): Operation {
  const axes = [...new Set([...top.names, ...bottom.names])];
  const shape = axes.map((axis) => sizes.get(axis) as number);
  const all = sizeMap(axes, shape);
  return {
    axes,
    sizes: shape,
    run: (slots) => align(divide(applied(top, slots[top.slot] as Factor), applied(bottom, slots[bottom.slot] as Factor)), axes, all),
    pull: (adjoint, slots, add) => {
      const over = align(applied(bottom, slots[bottom.slot] as Factor), axes, all).values;
      const above = align(applied(top, slots[top.slot] as Factor), axes, all).values;
      const change = adjoint.values.map((value, i) => (value === 0 ? 0 : value / (over[i] as number)));
      const lost = change.map((value, i) => (value === 0 ? 0 : (-value * (above[i] as number)) / (over[i] as number)));
      for (const [input, values] of [
        [top, change],
        [bottom, lost],
      ] as const) {
        const gone = axes.filter((axis) => !input.names.includes(axis));
        add(input.slot, unapplied(input, sumOut(settled({ axes, sizes: shape, values }), gone), slots[input.slot] as Factor));
      }
      return undefined;
    },
  };
}

/** The sum over one axis of the cells weighted by `values`. Any undefined cell makes the result undefined. */
export function meanOperation(slot: number, of: Operation, axis: Name, values: Float64Array): Operation {
  const at = of.axes.indexOf(axis);
  const size = of.sizes[at] as number;
  const inner = cellsOf(of.sizes.slice(at + 1));
  const axes = of.axes.toSpliced(at, 1);
  const sizes = of.sizes.toSpliced(at, 1);
  const each = (visit: (cell: number, from: number, value: number) => void): void => {
    for (let cell = 0; cell < cellsOf(sizes); cell++) {
      const start = Math.floor(cell / inner) * size * inner + (cell % inner);
      for (let k = 0; k < size; k++) visit(cell, start + k * inner, values[k] as number);
    }
  };
  return {
    axes,
    sizes,
    run: (slots) => {
      const table = slots[slot] as Factor;
      const out = new Float64Array(cellsOf(sizes));
      each((cell, from, value) => {
        out[cell] = (out[cell] as number) + value * (table.values[from] as number);
      });
      return { axes, sizes, values: out };
    },
    pull: (adjoint, _, add) => {
      const out = new Float64Array(cellsOf(of.sizes));
      each((cell, from, value) => {
        out[from] = value * (adjoint.values[cell] as number);
      });
      add(slot, { axes: of.axes, sizes: of.sizes, values: out });
      return undefined;
    },
  };
}

export function combineOperation(
  terms: readonly { readonly weight: number; readonly of: Input }[],
  sizes: ReadonlyMap<Name, number>,
): Operation {
  const axes = [...new Set(terms.flatMap((term) => term.of.names))];
  const shape = axes.map((axis) => sizes.get(axis) as number);
  const all = sizeMap(axes, shape);
  return {
    axes,
    sizes: shape,
    run: (slots) => {
      const values = new Float64Array(cellsOf(shape));
      for (const { weight, of } of terms) {
        const table = align(applied(of, slots[of.slot] as Factor), axes, all).values;
        for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + weight * (table[i] as number);
      }
      return { axes, sizes: shape, values };
    },
    pull: (adjoint, slots, add) => {
      for (const { weight, of } of terms) {
        const gone = axes.filter((axis) => !of.names.includes(axis));
        const change = sumOut({ ...adjoint, values: adjoint.values.map((value) => weight * value) }, gone);
        add(of.slot, unapplied(of, change, slots[of.slot] as Factor));
      }
      return undefined;
    },
  };
}

export const constantOperation = (value: number): Operation => ({ axes: [], sizes: [], run: () => scalar(value), pull: () => undefined });

/** A table that comes from outside; its change is read from the adjoints. */
export const tableOperation = (axes: readonly Name[], sizes: readonly number[], number: number): Operation => ({
  axes,
  sizes,
  run: (_, tables) => tables[number] as Factor,
  pull: () => undefined,
});
