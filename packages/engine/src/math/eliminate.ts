import { contract } from './contract.ts';
import { type AxisSizes, defaultCellLimit, type Factor, sizesOf, type TooLarge } from './factor.ts';

/** An elimination order worked out once and run on any factors of the same scopes. */
export interface Plan {
  readonly keep: readonly string[];
  readonly sizes: AxisSizes;
  readonly steps: readonly PlanStep[];
  /** Slots multiplied into the result. */
  readonly last: readonly number[];
  /** Multiplications that the steps will make, and cells of the largest table. */
  readonly work: number;
  readonly largest: number;
}

/** The tables in `slots` are multiplied, `over` is summed out, and the result (over `out`) gets the next free slot. */
interface PlanStep {
  readonly slots: readonly number[];
  readonly over: string;
  readonly out: readonly string[];
}

/**
 * A greedy elimination order for the sum, over all axes outside `keep`, of a product of factors with these scopes: the order of
 * least work among smallest-table-first and least-fill-first, ties by order of appearance. Refuses, before any arithmetic, when
 * a table of more than `limit` cells would be needed.
 */
export function planElimination(
  scopes: readonly (readonly string[])[],
  keep: readonly string[],
  sizes: AxisSizes,
  limit: number = defaultCellLimit,
): Plan | TooLarge {
  const smallest = greedy(scopes, keep, sizes, limit, 'cells');
  if (!('tooLarge' in smallest) && smallest.work <= 4096) return smallest;
  const filled = greedy(scopes, keep, sizes, limit, 'fill');
  if ('tooLarge' in filled) return smallest;
  return 'tooLarge' in smallest || filled.work < smallest.work ? filled : smallest;
}

/** Runs a plan on factors with the scopes it was made for; the result has the axes `keep`, in that order. */
export function runPlan(plan: Plan, factors: readonly Factor[]): Factor {
  const tables: (Factor | undefined)[] = [...factors];
  for (const step of plan.steps) {
    const used = step.slots.map((slot) => tables[slot] as Factor);
    tables.push(contract(absorb(used, plan.sizes), step.out, [step.over], plan.sizes));
    for (const slot of step.slots) tables[slot] = undefined;
  }
  const rest = plan.last.map((slot) => tables[slot] as Factor);
  return contract(absorb(rest, plan.sizes), plan.keep, [], plan.sizes);
}

/**
 * The sum, over every axis that is not kept, of the product of the factors, by variable elimination: never the full joint
 * unless the structure forces it. The result has exactly the axes `keep`, in that order (a kept axis that no factor has is a
 * constant direction and needs a size in `sizes`). `tooLarge` when a table of more than `limit` cells would be needed.
 */
export function sumProduct(
  factors: readonly Factor[],
  keep: readonly string[],
  sizes: AxisSizes = new Map(),
  options: { readonly limit?: number } = {},
): Factor | TooLarge {
  const all = new Map([...sizes, ...sizesOf(factors)]);
  const plan = planElimination(
    factors.map((factor) => factor.axes),
    keep,
    all,
    options.limit,
  );
  return 'tooLarge' in plan ? plan : runPlan(plan, factors);
}

/** Multiplies each factor into one whose axes contain its own, largest tables last: fewer tables in the inner loop, no new cells. */
function absorb(factors: readonly Factor[], sizes: AxisSizes): Factor[] {
  if (factors.length < 3) return [...factors];
  const left = [...factors].sort((a, b) => a.values.length - b.values.length);
  const kept: Factor[] = [];
  while (left.length > 0) {
    const small = left.shift() as Factor;
    const host = left.findIndex((big) => small.axes.every((axis) => big.axes.includes(axis)));
    if (host < 0 || left.length + kept.length < 2) kept.push(small);
    else {
      const big = left[host] as Factor;
      left[host] = contract([big, small], big.axes, [], sizes);
    }
  }
  return kept;
}

type Score = 'cells' | 'fill';

function greedy(
  scopes: readonly (readonly string[])[],
  keep: readonly string[],
  sizes: AxisSizes,
  limit: number,
  score: Score,
): Plan | TooLarge {
  const size = (axis: string): number => {
    const known = sizes.get(axis);
    if (known === undefined) throw new Error(`No size is known for axis ${axis}.`);
    return known;
  };
  const cellsOf = (axes: Iterable<string>): number => {
    let cells = 1;
    for (const axis of axes) cells *= size(axis);
    return cells;
  };
  const tooLarge = (axes: Iterable<string>): TooLarge => ({ tooLarge: cellsOf(axes), axes: [...axes] });
  if (cellsOf(keep) > limit) return tooLarge(keep);

  const slots: (readonly string[] | undefined)[] = [...scopes];
  const near = new Map<string, Set<string>>();
  const holders = new Map<string, Set<number>>();
  slots.forEach((axes, slot) => {
    for (const axis of axes as readonly string[]) {
      const others = near.get(axis) ?? new Set<string>();
      for (const other of axes as readonly string[]) if (other !== axis) others.add(other);
      near.set(axis, others);
      holders.set(axis, (holders.get(axis) ?? new Set<number>()).add(slot));
    }
  });
  const kept = new Set(keep);
  const waiting = [...near.keys()].filter((axis) => !kept.has(axis));
  const costs = new Map<string, readonly [number, number]>();
  const costOf = (axis: string): readonly [number, number] => {
    const others = [...(near.get(axis) as Set<string>)];
    const cells = cellsOf(others);
    let fill = 0;
    for (let i = 0; i < others.length; i++) {
      const linked = near.get(others[i] as string) as Set<string>;
      for (let j = i + 1; j < others.length; j++)
        if (!linked.has(others[j] as string)) fill += size(others[i] as string) * size(others[j] as string);
    }
    return score === 'cells' ? [cells, fill] : [fill, cells];
  };
  const steps: PlanStep[] = [];
  let work = 0;
  let largest = 1;
  while (waiting.length > 0) {
    let best = 0;
    let bestCost: readonly [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let i = 0; i < waiting.length; i++) {
      const axis = waiting[i] as string;
      let cost = costs.get(axis);
      if (cost === undefined) {
        cost = costOf(axis);
        costs.set(axis, cost);
      }
      if (cost[0] < bestCost[0] || (cost[0] === bestCost[0] && cost[1] < bestCost[1])) {
        best = i;
        bestCost = cost;
      }
    }
    const over = waiting.splice(best, 1)[0] as string;
    const used = [...(holders.get(over) as Set<number>)];
    const out = [...(near.get(over) as Set<string>)];
    const cells = cellsOf(out);
    if (cells > limit) return tooLarge(out);
    largest = Math.max(largest, cells);
    work += cells * size(over) * used.length;
    const slot = slots.length;
    slots.push(out);
    steps.push({ slots: used, over, out });
    for (const from of used) {
      for (const axis of slots[from] as readonly string[]) (holders.get(axis) as Set<number>).delete(from);
      slots[from] = undefined;
    }
    const touched = new Set<string>();
    for (const axis of out) {
      (holders.get(axis) as Set<number>).add(slot);
      const linked = near.get(axis) as Set<string>;
      linked.delete(over);
      const before = linked.size;
      for (const other of out) if (other !== axis) linked.add(other);
      touched.add(axis);
      if (linked.size > before) for (const other of linked) touched.add(other);
    }
    for (const axis of touched) costs.delete(axis);
    near.delete(over);
  }
  const last = slots.flatMap((axes, slot) => (axes === undefined ? [] : [slot]));
  work += cellsOf(keep) * Math.max(1, last.length);
  return { keep, sizes, steps, last, work, largest: Math.max(largest, cellsOf(keep)) };
}
