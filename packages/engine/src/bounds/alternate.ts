import type { Random } from '../math/random.ts';
import type { Steps } from '../run/steps.ts';
import { dot, numbersAt, type Partition } from './parts.ts';
import { evaluate, type Polynomial } from './polynomial.ts';
import type { PartSpace } from './several.ts';

/** A model by the masses of the classes of its parts, and the target there. */
export interface Found {
  readonly value: number;
  readonly masses: readonly Float64Array[];
}

/** What is made small: `numerator / denominator` (absent: 1), in numbers that are not pinned. */
export interface Goal {
  readonly numerator: Polynomial;
  readonly denominator?: Polynomial;
}

const rounds = 200;
const fine = 1e-11;
const task = 'models at the ends';
/** Enough for a descent that others are compared with. */
export const coarse = 1e-5;

/** Below this a condition is taken not to happen where nothing better is proven. */
export const leastFloor = 1e-6;

/** The target at a model; infinite where its denominator is less than {@link leastFloor}. */
export function valueAt(partition: Partition, { numerator, denominator }: Goal, masses: readonly Float64Array[]): number {
  const numbers = numbersAt(partition, masses);
  const below = denominator === undefined ? 1 : evaluate(denominator, numbers);
  return below >= leastFloor ? evaluate(numerator, numbers) / below : Number.POSITIVE_INFINITY;
}

/**
 * Block-coordinate descent: one part after another is put where the target is least given the others (a linear programme; for a
 * quotient on `numerator - value * denominator`), until a round improves it by no more than `improvement`. Never worse than
 * `start`; a local minimum only.
 */
export function* alternate(
  partition: Partition,
  spaces: readonly PartSpace[],
  goal: Goal,
  start: readonly Float64Array[],
  improvement = fine,
): Steps<Found> {
  const masses = [...start];
  let value = valueAt(partition, goal, masses);
  const touched = touchedParts(partition, goal);
  for (let round = 0; round < rounds; round++) {
    const before = value;
    for (const p of touched) {
      const cost = gradient(partition, goal, masses, p, value);
      const space = spaces[p] as PartSpace;
      if (yield { task, done: round }) return { value, masses };
      const next = yield* space.improve(cost, masses[p] as Float64Array);
      if (dot(cost, next) >= dot(cost, masses[p] as Float64Array)) continue;
      const previous = masses[p] as Float64Array;
      masses[p] = next;
      const reached = valueAt(partition, goal, masses);
      if (reached < value) value = reached;
      else masses[p] = previous;
    }
    if (!(value < before - improvement)) break;
  }
  return { value, masses };
}

/** What a search for models may do. */
export interface Effort {
  /** Descents from random vertices. */
  readonly starts: number;
  /** A value that is not bettered by what counts. */
  readonly enough: number;
  /** What its linear programmes may cost, as {@link PartSpace.spent}. */
  readonly work: number;
}

/** The best of some descents from random vertices of the parts that matter, the others as in `any`. */
export function* alternateFrom(
  partition: Partition,
  spaces: readonly PartSpace[],
  goal: Goal,
  any: readonly Float64Array[],
  random: Random,
  { starts, enough, work }: Effort,
): Steps<Found> {
  let best: Found = { value: valueAt(partition, goal, any), masses: any };
  const touched = touchedParts(partition, goal);
  const limit = work + spentOn(spaces);
  for (let s = 0; s < starts && best.value > enough && spentOn(spaces) < limit; s++) {
    if (yield { task, done: s, total: starts }) return best;
    const stream = random.split(s);
    const first = [...any];
    for (const p of touched) first[p] = (yield* (spaces[p] as PartSpace).start(stream)) ?? (any[p] as Float64Array);
    const found = yield* alternate(partition, spaces, goal, first, coarse);
    if (found.value < best.value) best = found;
  }
  return yield* alternate(partition, spaces, goal, best.masses);
}

export const spentOn = (spaces: readonly PartSpace[]): number => spaces.reduce((sum, space) => sum + space.spent(), 0);

/** Cost of the classes of part `p` with all other parts fixed: the gradient of numerator - value * denominator. */
export function gradient(
  partition: Partition,
  { numerator, denominator = [] }: Goal,
  masses: readonly Float64Array[],
  p: number,
  value: number,
): Float64Array {
  const numbers = numbersAt(partition, masses);
  const part = partition.parts[p] as PartSpace['part'];
  const cost = new Float64Array(part.classes);
  const add = (polynomial: Polynomial, scale: number): void => {
    for (const { coefficient, factors } of polynomial) {
      const own = factors.find((id) => partition.partOf[id] === p);
      if (own === undefined) continue;
      let weight = scale * coefficient;
      for (const id of factors) if (id !== own) weight *= numbers[id] as number;
      if (weight === 0) continue;
      const indicator = part.indicators.get(own) as Float64Array;
      for (let r = 0; r < cost.length; r++) cost[r] = (cost[r] as number) + weight * (indicator[r] as number);
    }
  };
  add(numerator, 1);
  if (denominator.length > 0) add(denominator, Number.isFinite(value) ? -value : -1);
  return cost;
}

/** The parts that a goal depends on. */
export function touchedParts(partition: Partition, { numerator, denominator = [] }: Goal): number[] {
  const ids = [...numerator, ...denominator].flatMap(({ factors }) => factors);
  return [...new Set(ids.map((id) => partition.partOf[id] as number))].sort((x, y) => x - y);
}
