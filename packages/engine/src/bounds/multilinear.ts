import { Random } from '../math/random.ts';
import type { RunOptions } from '../run/progress.ts';
import { alternate, alternateFrom, coarse, type Found, type Goal, touchedParts, valueAt } from './alternate.ts';
import { type BranchOptions, type BranchTree, branch } from './branch.ts';
import {
  type BranchesProof,
  type NumberProof,
  piecesOf,
  polynomialsIn,
  provenByBranches,
  provenFloor,
  provenRange,
} from './branch-proof.ts';
import type { Solver } from './highs.ts';
import { type Partition, partsOf, pointOf } from './parts.ts';
import { negated, polynomialsOf, type TargetPolynomial } from './polynomial.ts';
import type { ModelPoint, Programme } from './programme.ts';
import { relaxationOf } from './relax.ts';
import { openPart, type PartSpace } from './several.ts';
import { leastByVertices } from './vertices.ts';

export interface MultilinearOptions extends RunOptions {
  /** Inner and outer bound may differ by this much; 1e-6. */
  readonly gap?: number;
  /** What branching may spend on each side of each piece, in linear programmes of 2000 entries; 1000. */
  readonly work?: number;
  /** Descents from random vertices; 12. */
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
      /** What the branching spent. */
      readonly work: number;
    }
  | { readonly status: 'infeasible'; readonly block: number }
  | { readonly status: 'too-large'; readonly says: string };

/** What the studies say may be missed by this much, the least that leaves a model. */
const slacks = [0, 1e-9, 1e-7];
const defaults = { gap: 1e-6, work: 1000, starts: 12, seed: 0, vertices: 600, columns: 20_000, states: 40_000 };

type Settings = MultilinearOptions & typeof defaults;

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
  const settings: Settings = { ...defaults, ...options };
  const target = polynomialsOf(programme.target);
  if (target === undefined) return { status: 'too-large', says: 'The question is a sum of more than 100000 products.' };
  let empty = 0;
  for (const slack of slacks) {
    const partition = partsOf(programme, target.numbers, { limit: settings.states, slack });
    if ('states' in partition) {
      const name = programme.blocks[partition.block]?.name ?? '';
      return { status: 'too-large', says: `Block ${name} has ${partition.states} joint states that the question or a study tells apart.` };
    }
    const spaces = partition.parts.map((part) => openPart(solver, part));
    try {
      const none = spaces.find(({ part, minimise }) => minimise(new Float64Array(part.classes)).status !== 'optimal');
      if (none === undefined) return await new Search(solver, programme, target, partition, spaces, settings, slack).bounds();
      empty = none.part.block;
    } finally {
      for (const space of spaces) space.close();
    }
  }
  return { status: 'infeasible', block: empty };
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
  readonly #ranges: (readonly [number, number])[] = [];
  readonly #pins: NumberProof[] = [];
  /** Some model; undefined: none was found that keeps the independences. */
  readonly #any: readonly Float64Array[] | undefined;
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
    this.#rangeNumbers();
    const any = spaces.map((space, p) => space.start(this.#random.split('any').split(p)));
    this.#any = any.every((masses) => masses !== undefined) ? (any as Float64Array[]) : undefined;
  }

  async bounds(): Promise<MultilinearBounds> {
    const { columns, gap, states } = this.#settings;
    const pieces = piecesOf(this.#partition, this.#target, this.#pins);
    const floorTree = await this.#floorTree(pieces.goals[0]);
    const { floor } = provenFloor(this.#partition, pieces, floorTree, columns);
    const trees = { lower: [] as (BranchTree | null)[], upper: [] as (BranchTree | null)[] };
    const points: Record<'lower' | 'upper', Float64Array[] | undefined> = {
      lower: this.#any === undefined ? undefined : [...this.#any],
      upper: this.#any === undefined ? undefined : [...this.#any],
    };
    for (const side of ['lower', 'upper'] as const)
      for (const [i, goal] of pieces.goals.entries()) {
        const directed = side === 'lower' ? goal : { ...goal, numerator: negated(goal.numerator) };
        const { found, tree } = await this.#least(directed, floor, gap / pieces.goals.length, this.#random.split(side).split(i));
        trees[side].push(tree);
        const masses = points[side];
        if (found === undefined) points[side] = undefined;
        else if (masses !== undefined) for (const p of touchedParts(this.#partition, goal)) masses[p] = found.masses[p] as Float64Array;
      }
    const proof: BranchesProof = {
      kind: 'branches',
      limits: { states, slack: this.#slack, columns },
      pins: this.#pins,
      floor: floorTree,
      ...trees,
    };
    return this.#result(proof, points.lower, points.upper);
  }

  #result(proof: BranchesProof, lower: Float64Array[] | undefined, upper: Float64Array[] | undefined): MultilinearBounds {
    const proven = provenByBranches(this.#programme, proof);
    if (typeof proven === 'string') throw new Error(proven);
    if (proven.outer[0] > proven.outer[1] + 1e-6) {
      const contradicted = this.#partition.parts.find(({ independences }) => independences.length > 0);
      return { status: 'infeasible', block: contradicted?.block ?? 0 };
    }
    const complete = this.#partition.parts.every(({ block }) => this.#programme.blocks[block]?.complete !== false);
    const outside = { proof, complete, floor: proven.floor, floorAssumed: proven.floorAssumed, work: this.#work };
    if (lower === undefined || upper === undefined || !complete)
      return { status: 'bounds', outer: proven.outer, closed: false, ...outside };
    const goal: Goal = this.#target;
    const inner = [valueAt(this.#partition, goal, lower), valueAt(this.#partition, goal, upper)] as const;
    const [low, high] = [Math.min(proven.outer[0], inner[0]), Math.max(proven.outer[1], inner[1])];
    const closed = Math.max(inner[0] - low, high - inner[1]) <= this.#settings.gap * 1.01;
    const witnesses = {
      lowerPoint: pointOf(this.#programme, this.#partition, lower),
      upperPoint: pointOf(this.#programme, this.#partition, upper),
    };
    return { status: 'bounds', inner, ...witnesses, outer: [low, high], closed, ...outside };
  }

  #rangeNumbers(): void {
    for (const number of this.#partition.numbers.keys()) {
      const p = this.#partition.partOf[number] as number;
      const { part, minimise } = this.#spaces[p] as PartSpace;
      const indicator = part.indicators.get(number) as Float64Array;
      const ends = [minimise(indicator), minimise(indicator.map((value) => -value))];
      const [lower, upper] = ends.map((end) => (end.status === 'optimal' ? [...end.multipliers] : [])) as [number[], number[]];
      const range = provenRange(this.#partition, number, lower, upper);
      this.#ranges.push(range);
      if (range[1] - range[0] <= 1e-9 && number < this.#target.numbers.length) this.#pins.push({ number, lower, upper });
    }
  }

  async #floorTree(goal: Goal | undefined): Promise<BranchTree | null> {
    if (goal?.denominator === undefined) return null;
    const relaxation = relaxationOf(this.#partition, polynomialsIn(goal), this.#settings.columns);
    if (relaxation === undefined) return null;
    const options = { ...this.#settings, gap: 1e-3, work: 40, ranges: this.#ranges, floor: 1, best: undefined, model: () => undefined };
    const { tree, work } = await branch(this.#solver, this.#partition, relaxation, { numerator: goal.denominator }, options);
    this.#work += work;
    return tree;
  }

  async #least(goal: Goal, floor: number, gap: number, random: Random): Promise<{ found: Found | undefined; tree: BranchTree | null }> {
    const relaxation = relaxationOf(this.#partition, polynomialsIn(goal), this.#settings.columns);
    if (relaxation === undefined) return { found: this.#inner(goal, random), tree: null };
    const options = { ...this.#settings, gap, ranges: this.#ranges, floor, model: this.#modelNear(goal, gap, random) };
    // More often than not the relaxation is exact, and its solution a model.
    const root = await branch(this.#solver, this.#partition, relaxation, goal, { ...options, work: 1, best: undefined });
    this.#work += root.work;
    if (root.closed || this.#settings.signal?.aborted === true) return { found: root.best ?? this.#inner(goal, random), tree: root.tree };
    const best = better(root.best, this.#inner(goal, random));
    const whole = await branch(this.#solver, this.#partition, relaxation, goal, { ...options, best });
    this.#work += whole.work;
    const last = whole.best;
    const found = whole.closed || last === undefined ? last : alternate(this.#partition, this.#spaces, goal, last.masses);
    return { found, tree: whole.tree };
  }

  #inner(goal: Goal, random: Random): Found | undefined {
    if (this.#any === undefined) return undefined;
    const { vertices, starts } = this.#settings;
    const exact = vertices > 0 ? leastByVertices(this.#partition, this.#spaces, goal, this.#any, vertices) : undefined;
    return exact ?? alternateFrom(this.#partition, this.#spaces, goal, this.#any, random, starts);
  }

  /** Turns relaxed solutions into models: descents from the first ones, later only from those that are better as they are. */
  #modelNear(goal: Goal, gap: number, random: Random): BranchOptions['model'] {
    const touched = touchedParts(this.#partition, goal);
    let tries = 0;
    return (near, best, bound) => {
      tries += 1;
      const masses = [...(this.#any ?? near)];
      for (const p of touched) {
        const space = this.#spaces[p] as PartSpace;
        if (space.part.independences.length > 0 && tries > 30) return undefined;
        const own = space.start(random.split('near').split(tries), near[p]);
        if (own === undefined) return undefined;
        masses[p] = own;
      }
      const value = valueAt(this.#partition, goal, masses);
      if (value <= bound + gap) return { value, masses };
      if (tries > 10 && best !== undefined && !(value < best.value)) return undefined;
      return alternate(this.#partition, this.#spaces, goal, masses, coarse);
    };
  }
}

const better = (a: Found | undefined, b: Found | undefined): Found | undefined =>
  a !== undefined && (b === undefined || a.value <= b.value) ? a : b;
