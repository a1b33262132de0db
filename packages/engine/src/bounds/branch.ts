import type { ProgressEvent } from '../run/progress.ts';
import type { Steps } from '../run/steps.ts';
import type { Found, Goal } from './alternate.ts';
import type { LinearSolution, Solver } from './highs.ts';
import { dot, numbersAt, type Part, type Partition } from './parts.ts';
import { evaluate, minus, type Polynomial } from './polynomial.ts';
import type { Relaxation } from './relax.ts';
import { costOf, programmeOfRows, safeBound, softened } from './relax-programme.ts';
import { boxRows, type Cut, joined, type RelaxedRows } from './relax-rows.ts';

/**
 * Boxes that cover everything: a fork keeps a number (of the partition) at most `at` below and at least `at` above. A leaf has
 * multipliers for the rows of the relaxation in its box, as [row, multiplier] pairs: they prove that numerator - lambda denominator
 * is nowhere negative there, or (`empty`) that nothing is there.
 */
export type BranchTree =
  | { readonly number: number; readonly at: number; readonly below: BranchTree; readonly above: BranchTree }
  | { readonly lambda: number; readonly multipliers: readonly (readonly [number, number])[]; readonly empty?: true };

export interface Branched {
  /** No model is below it. */
  readonly bound: number;
  readonly best: Found | undefined;
  readonly tree: BranchTree;
  /** The two are within the gap asked for. */
  readonly closed: boolean;
  /** What it spent. */
  readonly work: number;
}

export interface BranchOptions {
  readonly gap: number;
  /** What it may spend: a linear programme costs 1 for every 2000 entries of its matrix, and at least 1. */
  readonly work: number;
  /** The denominator is at least this, proven or assumed. */
  readonly floor: number;
  /** What the steps are called. */
  readonly task: string;
  /** A bound that will do. */
  readonly enough?: number;
  /** A model near the masses of a relaxed solution whose value is at least `bound`. */
  readonly model: (near: readonly Float64Array[], best: Found | undefined, bound: number) => Steps<Found | undefined>;
  /** Asked for once, where the whole is not settled without a fork: a model, and ranges of the numbers that may be cut. */
  readonly prepare: (numbers: readonly number[], bound: number) => Steps<Prepared>;
}

export interface Prepared {
  readonly best: Found | undefined;
  /** Ranges of numbers over the rows alone; one that is not in it may be anything from 0 to 1. */
  readonly ranges: ReadonlyMap<number, readonly [number, number]>;
}

interface Leaf {
  readonly cuts: readonly Cut[];
  bound: number;
  lambda: number;
  multipliers: Float64Array;
  empty: boolean;
  /** The relaxed solution. */
  columns: Float64Array | undefined;
  fork?: { readonly number: number; readonly at: number; readonly below: Leaf; readonly above: Leaf };
}

const narrow = 1e-9;
const rounding = 1e-9;
/** A box is empty where its rows contradict one another by more than this. */
const contradicted = 1e-9;

/**
 * Best-first branch and bound for the least value of `goal` over the `base` rows of its relaxation; ends at the gap, at the limit of
 * its work or when it is told to. The whole is always looked at.
 */
export function* branch(
  solver: Solver,
  partition: Partition,
  relaxation: Relaxation,
  base: RelaxedRows,
  goal: Goal,
  options: BranchOptions,
): Steps<Branched> {
  const { gap, task, enough = Number.POSITIVE_INFINITY } = options;
  let best: Found | undefined;
  let work = 0;
  let stopped = false;
  const upper = (): number => best?.value ?? Number.POSITIVE_INFINITY;
  const keep = (found: Found | undefined): void => {
    if (found !== undefined && found.value < upper()) best = found;
  };
  function* settle(cuts: readonly Cut[], lambda: number): Steps<Leaf> {
    const leaf: Leaf = {
      cuts,
      bound: Number.NEGATIVE_INFINITY,
      lambda,
      multipliers: new Float64Array(0),
      empty: false,
      columns: undefined,
    };
    work += yield* relaxed(solver, partition, relaxation, base, goal, leaf, upper() - gap, options.floor, {
      task,
      done: work,
      total: options.work,
    });
    stopped = yield { task, done: work, total: options.work };
    if (leaf.columns !== undefined && leaf.bound < upper() - gap && !stopped)
      keep(yield* options.model(massesIn(partition, relaxation, leaf.columns), best, leaf.bound));
    return leaf;
  }
  const root = yield* settle([], 0);
  const open: Leaf[] = [root];
  let finished = Number.POSITIVE_INFINITY;
  let choices: ReadonlySet<number> | undefined;
  let ranges: Prepared['ranges'] = new Map();
  while (open.length > 0) {
    const at = open.reduce((least, leaf, i) => (leaf.bound < (open[least] as Leaf).bound ? i : least), 0);
    const leaf = open[at] as Leaf;
    if (leaf.bound >= Math.min(upper() - gap, enough) || stopped) break;
    if (choices === undefined) {
      choices = branchable(partition, relaxation, goal);
      const prepared = yield* options.prepare([...choices], root.bound);
      keep(prepared.best);
      ranges = prepared.ranges;
      continue;
    }
    if (work >= options.work) break;
    open.splice(at, 1);
    const fork = leaf.columns === undefined ? undefined : chosen(partition, relaxation, goal, leaf, choices, ranges);
    if (fork === undefined) {
      finished = Math.min(finished, leaf.bound);
      continue;
    }
    const { number, at: middle } = fork;
    const [lower, higher] = limitsOf(leaf.cuts, number);
    const below = yield* settle(narrowed(leaf.cuts, { number, lower, upper: middle }), leaf.lambda);
    const above = stopped ? undefined : yield* settle(narrowed(leaf.cuts, { number, lower: middle, upper: higher }), leaf.lambda);
    // Half a box has no lower bound than the whole, whatever a solver makes of it.
    if (above === undefined || Math.min(below.bound, above.bound) < leaf.bound - rounding) {
      finished = Math.min(finished, leaf.bound);
      continue;
    }
    leaf.fork = { ...fork, below, above };
    leaf.columns = undefined;
    leaf.multipliers = new Float64Array(0);
    open.push(...[below, above].filter(({ empty }) => !empty));
  }
  const bound = open.reduce((least, leaf) => Math.min(least, leaf.bound), finished);
  const reached = Math.min(bound, upper());
  return { bound: reached, best, tree: treeOf(root), closed: upper() - reached <= gap * (1 + 1e-9), work };
}

/** The classes' masses in the columns of a relaxed solution. */
const massesIn = (partition: Partition, { starts }: Relaxation, columns: Float64Array): Float64Array[] =>
  partition.parts.map(({ classes }, p) => {
    const start = starts.get(p);
    return start === undefined ? new Float64Array(classes) : columns.slice(start, start + classes);
  });

/** What a tree proves: no model has numerator / denominator below the result. The denominator is at least `floor`. To the end, whatever it is told. */
export function* provenBound(
  partition: Partition,
  relaxation: Relaxation,
  base: RelaxedRows,
  goal: Goal,
  tree: BranchTree,
  floor: number,
  accuracy?: number,
): Steps<number> {
  let done = 0;
  function* walk(node: BranchTree, cuts: readonly Cut[]): Steps<number> {
    if ('at' in node) {
      const { number, at } = node;
      const [lower, upper] = limitsOf(cuts, number);
      const below = yield* walk(node.below, narrowed(cuts, { number, lower, upper: at }));
      return Math.min(below, yield* walk(node.above, narrowed(cuts, { number, lower: at, upper })));
    }
    done += 1;
    yield { task: 'checking the proof', done };
    const rows = joined(base, boxRows(partition, relaxation, cuts));
    const multipliers = new Float64Array(rows.lower.length);
    for (const [row, y] of node.multipliers) if (row >= 0 && row < multipliers.length) multipliers[row] = y;
    if (node.empty === true) {
      const proven = safeBound(rows, relaxation, new Float64Array(relaxation.columns), multipliers, accuracy);
      return proven > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    }
    const { cost, constant } = costOf(partition, relaxation, minus(goal.numerator, node.lambda, goal.denominator));
    return fromProof(goal, node.lambda, constant + safeBound(rows, relaxation, cost, multipliers, accuracy), floor);
  }
  return yield* walk(tree, []);
}

/** `least` is a lower bound of numerator - lambda denominator. */
function fromProof(goal: Goal, lambda: number, least: number, floor: number): number {
  if (goal.denominator === undefined) return least;
  return least >= 0 ? lambda : lambda + least / floor;
}

/** Fills in what the relaxation of the leaf's box says; what that cost. */
function* relaxed(
  solver: Solver,
  partition: Partition,
  relaxation: Relaxation,
  base: RelaxedRows,
  goal: Goal,
  leaf: Leaf,
  enough: number,
  floor: number,
  event: ProgressEvent,
): Steps<number> {
  const rows = joined(base, boxRows(partition, relaxation, leaf.cuts));
  const denominator = goal.denominator === undefined ? undefined : costOf(partition, relaxation, goal.denominator);
  let lambda = goal.denominator === undefined ? 0 : Number.isFinite(enough) ? enough : 1;
  const nothing = new Float64Array(relaxation.columns);
  const costAt = (at: number) => costOf(partition, relaxation, minus(goal.numerator, at, goal.denominator));
  let session = solver.open(programmeOfRows(rows, costAt(lambda).cost));
  let soft = false;
  const price = Math.max(1, rows.indices.reduce((sum, row) => sum + row.length, 0) / 2000);
  let spent = 0;
  const take = (found: Extract<LinearSolution, { status: 'optimal' }>, at: number): void => {
    const { cost, constant } = costAt(at);
    const bound = fromProof(goal, at, constant + safeBound(rows, relaxation, cost, found.multipliers), floor);
    if (leaf.columns !== undefined && bound < leaf.bound) return;
    leaf.bound = bound;
    leaf.lambda = at;
    leaf.multipliers = found.multipliers;
    leaf.columns = found.columns.slice(0, relaxation.columns);
  };
  try {
    for (let step = 0; step < 30; step++) {
      if (step > 0 && (yield event)) break;
      const { cost, constant } = costAt(lambda);
      const found = session.minimise(soft ? softened(rows, cost) : cost);
      spent += price;
      if (found.status === 'infeasible' && safeBound(rows, relaxation, nothing, found.ray, contradicted) > 0) {
        leaf.bound = Number.POSITIVE_INFINITY;
        leaf.empty = true;
        leaf.multipliers = found.ray;
        break;
      }
      if (found.status !== 'optimal' && !soft) {
        // So nearly empty a box that neither a point nor a proof of emptiness is found: rows may be missed, at a price.
        session.close();
        session = solver.open(programmeOfRows(rows, cost, true));
        soft = true;
        continue;
      }
      if (found.status !== 'optimal') break;
      if (denominator === undefined) {
        take(found, 0);
        break;
      }
      const columns = found.columns.slice(0, relaxation.columns);
      const least = constant + dot(cost, columns);
      const below = denominator.constant + dot(denominator.cost, columns);
      if (least >= -1e-13 || below <= 0) {
        take(found, lambda);
        break;
      }
      take(found, lambda);
      lambda += least / below;
    }
  } finally {
    session.close();
  }
  if (leaf.columns === undefined && !leaf.empty) {
    const { cost, constant } = costAt(leaf.lambda);
    leaf.bound = fromProof(goal, leaf.lambda, constant + safeBound(rows, relaxation, cost, leaf.multipliers), floor);
  }
  return spent;
}

function treeOf(leaf: Leaf): BranchTree {
  if (leaf.fork !== undefined) {
    const { number, at, below, above } = leaf.fork;
    return { number, at, below: treeOf(below), above: treeOf(above) };
  }
  const multipliers = Array.from(leaf.multipliers, (y, row) => [row, y] as const).filter(([, y]) => y !== 0);
  return { lambda: leaf.lambda, multipliers, ...(leaf.empty ? { empty: true as const } : {}) };
}

function narrowed(cuts: readonly Cut[], cut: Cut): Cut[] {
  return cuts.some(({ number }) => number === cut.number)
    ? cuts.map((other) => (other.number === cut.number ? cut : other))
    : [...cuts, cut];
}

const unlimited = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

function limitsOf(cuts: readonly Cut[], number: number): readonly [number, number] {
  const cut = cuts.find((other) => other.number === number);
  return cut === undefined ? unlimited : [cut.lower, cut.upper];
}

/** In every product one part may stay free: the one with the most classes. */
function branchable(partition: Partition, relaxation: Relaxation, goal: Goal): ReadonlySet<number> {
  const choices = new Set<number>();
  const rank = (p: number): number => (partition.parts[p] as Part).classes + p / 1e6;
  for (const { factors } of products(goal)) {
    const free = factors.reduce((largest, id) => {
      const [p, q] = [partition.partOf[id] as number, partition.partOf[largest] as number];
      return rank(p) > rank(q) ? id : largest;
    });
    for (const id of factors) if (id !== free) choices.add(id);
  }
  for (const p of relaxation.parts)
    for (const { a } of (partition.parts[p] as Part).independences) for (const id of a.numbers) choices.add(id);
  return choices;
}

const products = ({ numerator, denominator = [] }: Goal): Polynomial =>
  [...numerator, ...denominator].filter(({ factors }) => factors.length > 1);

/** The number whose products the relaxed solution misses most, and where to cut it. */
function chosen(
  partition: Partition,
  relaxation: Relaxation,
  goal: Goal,
  leaf: Leaf,
  choices: ReadonlySet<number>,
  ranges: Prepared['ranges'],
): { number: number; at: number } | undefined {
  const columns = leaf.columns as Float64Array;
  const masses = massesIn(partition, relaxation, columns);
  const numbers = numbersAt(partition, masses);
  const missed = new Map([...choices].map((id) => [id, 0]));
  for (const monomial of products(goal)) {
    const { cost } = costOf(partition, relaxation, [monomial]);
    const error = Math.abs(dot(cost, columns) - evaluate([monomial], numbers));
    for (const id of monomial.factors) if (choices.has(id)) missed.set(id, (missed.get(id) ?? 0) + error);
  }
  for (const p of relaxation.parts)
    for (const { a, b } of (partition.parts[p] as Part).independences)
      for (const [i, id] of a.numbers.entries())
        for (const [j, other] of b.numbers.entries()) {
          let both = 0;
          for (const [r, mass] of (masses[p] as Float64Array).entries()) if (a.of[r] === i && b.of[r] === j) both += mass;
          missed.set(id, (missed.get(id) ?? 0) + Math.abs(both - (numbers[id] as number) * (numbers[other] as number)));
        }
  let choice: { number: number; at: number } | undefined;
  let most = -1;
  for (const [number, error] of missed) {
    const [least, greatest] = ranges.get(number) ?? [0, 1];
    const [low, high] = limitsOf(leaf.cuts, number);
    const [lower, upper] = [Math.max(low, least), Math.min(high, greatest)];
    const width = upper - lower;
    if (!(width > narrow)) continue;
    const score = error + 1e-9 * width;
    if (score <= most) continue;
    most = score;
    choice = { number, at: Math.min(Math.max(numbers[number] as number, lower + 0.2 * width), upper - 0.2 * width) };
  }
  return choice;
}
