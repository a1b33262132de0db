import { Random } from '../math/random.ts';
import type { RunOptions } from '../run/progress.ts';
import { inSteps, type Steps } from '../run/steps.ts';
import { alternate, alternateFrom, coarse, type Found, type Goal, gradient, spentOn, touchedParts, valueAt } from './alternate.ts';
import { type BranchOptions, type BranchTree, branch, type Prepared } from './branch.ts';
import {
  type BranchesProof,
  type NumberProof,
  type Pieces,
  piecesOf,
  provenFloor,
  provenIn,
  provenRange,
  type RelaxedPieces,
  relaxedPieces,
} from './branch-proof.ts';
import type { Solver } from './highs.ts';
import { type Partition, partsOf, pointOf } from './parts.ts';
import { negated, polynomialsOf, type TargetPolynomial } from './polynomial.ts';
import type { ModelPoint, Programme } from './programme.ts';
import { ownRows } from './relax-rows.ts';
import { openPart, type PartSpace } from './several.ts';
import { leastByVertices } from './vertices.ts';

export interface MultilinearOptions extends RunOptions {
  /** Inner and outer bound may differ by this much; 1e-6. */
  readonly gap?: number;
  /** What branching may spend on each side of each piece, in linear programmes of 2000 entries; 400. */
  readonly work?: number;
  /** Most descents from random vertices; 12. Together they may spend a quarter of `work`. */
  readonly starts?: number;
  readonly seed?: number;
  /** Vertices, and products of vertices, up to which these are enumerated; 600. 0: never. */
  readonly vertices?: number;
  /** Columns of the relaxation of one product; 20 000. */
  readonly columns?: number;
  /** Joint states of one part; 40 000. */
  readonly states?: number;
}

export type MultilinearBounds =
  | {
      readonly status: 'bounds';
      /** Models attain both ends. Absent: none was found, or a block is only a relaxation of several exogenous variables. */
      readonly inner?: readonly [number, number];
      readonly lowerPoint?: ModelPoint;
      readonly upperPoint?: ModelPoint;
      /** Nothing lies outside (where the condition has at least the probability `floor`). */
      readonly outer: readonly [number, number];
      readonly proof: BranchesProof;
      /** inner and outer meet within the gap. */
      readonly closed: boolean;
      /** False: a block stands for several exogenous variables and its independences do not say everything. */
      readonly complete: boolean;
      /** The proven, or where `floorAssumed` the assumed, least probability of the condition. */
      readonly floor: number;
      readonly floorAssumed: boolean;
      /** What was spent, in linear programmes of 2000 entries. */
      readonly work: number;
      /** It was told to end before the two met. */
      readonly stopped: boolean;
    }
  | { readonly status: 'infeasible'; readonly block: number }
  | { readonly status: 'too-large'; readonly says: string };

/** What the studies say may be missed by this much, the least that leaves a model. */
const slacks = [0, 1e-9, 1e-7];
const defaults = { gap: 1e-6, work: 400, starts: 12, seed: 0, vertices: 600, columns: 20_000, states: 40_000 };
/** A condition at least so probable is far enough from one that never happens. */
const ample = 0.05;

type Settings = Pick<MultilinearOptions, keyof typeof defaults> & typeof defaults;

/**
 * Bounds of a target that is multilinear in its blocks, or whose blocks keep independences: inner by products of vertices or
 * block-coordinate descent, outer by branch and bound on a reformulation-linearisation (see relax.ts). Anytime: where it stops
 * early (at its work, or at a signal) both sides hold all the same.
 */
export async function multilinearBounds(
  solver: Solver,
  programme: Programme,
  options: MultilinearOptions = {},
): Promise<MultilinearBounds> {
  const found = await inSteps(bounds(solver, programme, { ...defaults, ...options }), options);
  return found.status === 'bounds' && !found.closed && options.signal?.aborted === true ? { ...found, stopped: true } : found;
}

function* bounds(solver: Solver, programme: Programme, settings: Settings): Steps<MultilinearBounds> {
  const target = polynomialsOf(programme.target);
  if (target === undefined) return { status: 'too-large', says: 'The question is a sum of more than 100000 products.' };
  let empty = 0;
  for (const slack of slacks) {
    const partition = yield* partsOf(programme, target.numbers, { limit: settings.states, slack });
    if ('states' in partition) {
      const name = programme.blocks[partition.block]?.name ?? '';
      return { status: 'too-large', says: `Block ${name} has ${partition.states} joint states that the question or a study tells apart.` };
    }
    const spaces = partition.parts.map((part) => openPart(solver, part));
    try {
      let none: PartSpace | undefined;
      for (const [done, space] of spaces.entries()) {
        yield { task: 'models that fit the studies', done, total: spaces.length };
        if (space.minimise(new Float64Array(space.part.classes)).status !== 'optimal') none ??= space;
      }
      if (none === undefined) return yield* new Search(solver, programme, target, partition, spaces, settings, slack).bounds();
      empty = none.part.block;
    } finally {
      for (const space of spaces) space.close();
    }
  }
  return { status: 'infeasible', block: empty };
}

interface Least {
  readonly found: Found | undefined;
  readonly tree: BranchTree | null;
}

class Search {
  readonly #solver: Solver;
  readonly #programme: Programme;
  readonly #target: TargetPolynomial;
  readonly #partition: Partition;
  readonly #spaces: readonly PartSpace[];
  readonly #settings: Settings;
  readonly #slack: number;
  readonly #random: Random;
  readonly #ranges = new Map<number, readonly [number, number]>();
  readonly #pins: NumberProof[] = [];
  /** Some distribution of each part that was looked for; undefined: none was found that keeps the independences. */
  readonly #any = new Map<number, Float64Array | undefined>();
  #work = 0;

  constructor(
    solver: Solver,
    programme: Programme,
    target: TargetPolynomial,
    partition: Partition,
    spaces: readonly PartSpace[],
    settings: Settings,
    slack: number,
  ) {
    this.#solver = solver;
    this.#programme = programme;
    this.#target = target;
    this.#partition = partition;
    this.#spaces = spaces;
    this.#settings = settings;
    this.#slack = slack;
    this.#random = new Random(settings.seed, 'multilinear');
  }

  *bounds(): Steps<MultilinearBounds> {
    const { columns, gap, states } = this.#settings;
    const asked = this.#target.numbers.map((_, number) => number);
    yield* this.#rangesOf(asked, true);
    const pieces = piecesOf(this.#partition, this.#target, this.#pins);
    const relaxed = relaxedPieces(this.#partition, pieces, columns);
    const floorTree = yield* this.#floorTree(pieces.goals[0], relaxed);
    const { floor } = yield* provenFloor(this.#partition, pieces, relaxed, floorTree);
    const trees = { lower: [] as (BranchTree | null)[], upper: [] as (BranchTree | null)[] };
    const ends = { lower: [] as (Found | undefined)[], upper: [] as (Found | undefined)[] };
    for (const side of ['lower', 'upper'] as const)
      for (const [i, goal] of pieces.goals.entries()) {
        const directed = side === 'lower' ? goal : { ...goal, numerator: negated(goal.numerator) };
        const random = this.#random.split(side).split(i);
        const { found, tree } = yield* this.#least(directed, relaxed(i), floor, gap / pieces.goals.length, random, taskOf(side));
        trees[side].push(tree);
        ends[side].push(found);
      }
    const limits = { states, slack: this.#slack, columns };
    const proof: BranchesProof = { kind: 'branches', limits, pins: this.#pins, floor: floorTree, ...trees };
    const complete = this.#partition.parts.every(({ block }) => this.#programme.blocks[block]?.complete !== false);
    const lower = complete ? yield* this.#whole(pieces, ends.lower) : undefined;
    const upper = lower === undefined ? undefined : yield* this.#whole(pieces, ends.upper);
    const proven = yield* provenIn(this.#programme, this.#partition, pieces, relaxed, proof);
    if (proven.outer[0] > proven.outer[1] + 1e-6) {
      const contradicted = this.#partition.parts.find(({ independences }) => independences.length > 0);
      return { status: 'infeasible', block: contradicted?.block ?? 0 };
    }
    const { floorAssumed } = proven;
    const outside = { proof, complete, floor: proven.floor, floorAssumed, work: this.#work + spentOn(this.#spaces), stopped: false };
    const without = { status: 'bounds', outer: proven.outer, closed: false, ...outside } as const;
    if (lower === undefined || upper === undefined) return without;
    const inner = [valueAt(this.#partition, this.#target, lower), valueAt(this.#partition, this.#target, upper)] as const;
    if (!inner.every(Number.isFinite)) return without;
    const [low, high] = [Math.min(proven.outer[0], inner[0]), Math.max(proven.outer[1], inner[1])];
    const closed = Math.max(inner[0] - low, high - inner[1]) <= gap * 1.01;
    const witnesses = {
      lowerPoint: pointOf(this.#programme, this.#partition, lower),
      upperPoint: pointOf(this.#programme, this.#partition, upper),
    };
    return { status: 'bounds', inner, ...witnesses, outer: [low, high], closed, ...outside };
  }

  /** The masses of all parts: what was found for those that a piece touches, anything for the others. */
  *#whole({ goals }: Pieces, found: readonly (Found | undefined)[]): Steps<readonly Float64Array[] | undefined> {
    if (found.some((one) => one === undefined || !Number.isFinite(one.value))) return undefined;
    const chosen = new Map<number, Float64Array>();
    for (const [i, goal] of goals.entries())
      for (const p of touchedParts(this.#partition, goal)) chosen.set(p, found[i]?.masses[p] as Float64Array);
    const masses: Float64Array[] = [];
    for (const p of this.#partition.parts.keys()) {
      const own = chosen.get(p) ?? (yield* this.#anyOf(p));
      if (own === undefined) return undefined;
      masses.push(own);
    }
    return masses;
  }

  *#anyOf(p: number): Steps<Float64Array | undefined> {
    if (!this.#any.has(p)) this.#any.set(p, yield* (this.#spaces[p] as PartSpace).start(this.#random.split('any').split(p)));
    return this.#any.get(p);
  }

  /** A distribution of every part that a goal touches, nothing for the others. */
  *#anyFor(goal: Goal): Steps<Float64Array[] | undefined> {
    const masses: Float64Array[] = this.#partition.parts.map(({ classes }) => new Float64Array(classes));
    for (const p of touchedParts(this.#partition, goal)) {
      const own = yield* this.#anyOf(p);
      if (own === undefined) return undefined;
      masses[p] = own;
    }
    return masses;
  }

  /** `pin`: numbers that can only be one thing are kept as such. */
  *#rangesOf(numbers: readonly number[], pin = false): Steps<void> {
    for (const [done, number] of numbers.entries()) {
      if (this.#ranges.has(number)) continue;
      if (yield { task: 'what the studies say of each factor', done, total: numbers.length }) return;
      const { part, minimise } = this.#spaces[this.#partition.partOf[number] as number] as PartSpace;
      const indicator = part.indicators.get(number) as Float64Array;
      const ends = [minimise(indicator), minimise(indicator.map((value) => -value))];
      const [lower, upper] = ends.map((end) => (end.status === 'optimal' ? [...end.multipliers] : [])) as [number[], number[]];
      const range = provenRange(this.#partition, number, lower, upper);
      this.#ranges.set(number, range);
      if (pin && range[1] - range[0] <= 1e-9) this.#pins.push({ number, lower, upper });
    }
  }

  *#floorTree(goal: Goal | undefined, relaxed: RelaxedPieces): Steps<BranchTree | null> {
    if (goal?.denominator === undefined) return null;
    const condition = { numerator: goal.denominator };
    if (yield { task: rareness, done: 0 }) return null;
    const found = relaxed(0);
    if (found === undefined) return null;
    const { tree, work } = yield* branch(this.#solver, this.#partition, found.relaxation, found.rows, condition, {
      gap: 1e-3,
      work: Math.min(40, this.#settings.work),
      floor: 1,
      task: rareness,
      enough: ample,
      model: this.#modelNear(condition, 1e-3, this.#random.split('condition')),
      prepare: this.#prepare(condition),
    });
    this.#work += work;
    return tree;
  }

  *#least(goal: Goal, relaxed: ReturnType<RelaxedPieces>, floor: number, gap: number, random: Random, task: string): Steps<Least> {
    if (relaxed === undefined) return { found: yield* this.#inner(goal, random, Number.NEGATIVE_INFINITY), tree: null };
    const { relaxation, rows } = relaxed;
    if (yield { task, done: 0, total: this.#settings.work }) return { found: undefined, tree: this.#crude(goal, relaxed) };
    // More often than not the relaxation is exact, and its solution a model: then nothing is prepared.
    const { best, closed, tree, work } = yield* branch(this.#solver, this.#partition, relaxation, rows, goal, {
      gap,
      work: this.#settings.work,
      floor,
      task,
      model: this.#modelNear(goal, gap, random),
      prepare: this.#prepare(goal, random, gap),
    });
    this.#work += work;
    if (best === undefined) return { found: yield* this.#inner(goal, random, Number.NEGATIVE_INFINITY), tree };
    return { found: closed ? best : yield* alternate(this.#partition, this.#spaces, goal, best.masses), tree };
  }

  /** `random` absent: no model is looked for. */
  #prepare(goal: Goal, random?: Random, gap = 0): BranchOptions['prepare'] {
    const [inner, rangesOf, ranges] = [this.#inner.bind(this), this.#rangesOf.bind(this), this.#ranges];
    return function* (numbers, bound): Steps<Prepared> {
      const best = random === undefined ? undefined : yield* inner(goal, random, bound + gap);
      yield* rangesOf(numbers);
      return { best, ranges };
    };
  }

  /** A model where the goal is small; none better than `enough` is looked for. */
  *#inner(goal: Goal, random: Random, enough: number): Steps<Found | undefined> {
    const any = yield* this.#anyFor(goal);
    if (any === undefined) return undefined;
    const { vertices, starts, work } = this.#settings;
    const effort = { starts, enough, work: work / 4 };
    const exact = vertices > 0 ? yield* leastByVertices(this.#partition, this.#spaces, goal, any, vertices, effort) : undefined;
    return exact ?? (yield* alternateFrom(this.#partition, this.#spaces, goal, any, random, effort));
  }

  /** Turns relaxed solutions into models: descents from the first ones, later only from those that are better as they are. */
  #modelNear(goal: Goal, gap: number, random: Random): BranchOptions['model'] {
    const [partition, spaces, limit] = [this.#partition, this.#spaces, this.#settings.work / 4];
    const touched = touchedParts(partition, goal);
    const hard = touched.some((p) => (spaces[p] as PartSpace).part.independences.length > 0);
    let tries = 0;
    let spent = 0;
    return function* (near, best, bound): Steps<Found | undefined> {
      tries += 1;
      if (hard && (tries > 30 || spent > limit)) return undefined;
      const before = spentOn(spaces);
      try {
        const masses = [...near];
        for (const p of touched) {
          const own = yield* (spaces[p] as PartSpace).start(random.split('near').split(tries), near[p]);
          if (own === undefined) return undefined;
          masses[p] = own;
        }
        const value = valueAt(partition, goal, masses);
        if (value <= bound + gap) return { value, masses };
        if (tries > 10 && best !== undefined && !(value < best.value)) return undefined;
        return yield* alternate(partition, spaces, goal, masses, coarse);
      } finally {
        spent += spentOn(spaces) - before;
      }
    };
  }

  /** What the rows alone prove at once: every part by itself, products anywhere between 0 and 1. */
  #crude(goal: Goal, { relaxation }: NonNullable<ReturnType<RelaxedPieces>>): BranchTree | null {
    if (goal.denominator !== undefined) return null;
    const single = { numerator: goal.numerator.filter(({ factors }) => factors.length === 1) };
    const nothing = this.#partition.parts.map(({ classes }) => new Float64Array(classes));
    const multipliers = relaxation.parts.flatMap((p, k) => {
      const found = (this.#spaces[p] as PartSpace).minimise(gradient(this.#partition, single, nothing, p, 0));
      if (found.status !== 'optimal') return [];
      const rows = [k, ...ownRows(this.#partition, relaxation, p)];
      return Array.from(found.multipliers, (y, row) => [rows[row] as number, y] as const).filter(([row, y]) => row >= 0 && y !== 0);
    });
    return { lambda: 0, multipliers };
  }
}

const rareness = 'how rare the condition may be';
const taskOf = (side: 'lower' | 'upper'): string => `${side} bound`;
