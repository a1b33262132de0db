import { atOnce, type Steps } from '../run/steps.ts';
import { type Goal, leastFloor } from './alternate.ts';
import { type BranchTree, provenBound } from './branch.ts';
import { type Partition, partsOf } from './parts.ts';
import { type Monomial, negated, type Polynomial, polynomialsOf, substituted, type TargetPolynomial } from './polynomial.ts';
import type { Programme } from './programme.ts';
import { type Relaxation, relaxationOf } from './relax.ts';
import { indicatorOf, roundedTo } from './relax-programme.ts';
import { type RelaxedRows, rowsOf } from './relax-rows.ts';

/** Multipliers of the rows of a part (the total mass first, then its rows) that prove both ends of the range of a number. */
export interface NumberProof {
  readonly number: number;
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/**
 * A proof of outer bounds by boxes and multipliers, that plain arithmetic checks: numbers that the data pin (replaced by constants),
 * the least value of the condition, and per side one tree of boxes for each part of the question that shares no block with the
 * others (null: none was made; the crudest bound stands).
 */
export interface BranchesProof {
  readonly kind: 'branches';
  /** How the programme is cut into parts and relaxed. */
  readonly limits: { readonly states: number; readonly slack: number; readonly columns: number };
  readonly pins: readonly NumberProof[];
  readonly floor: BranchTree | null;
  readonly lower: readonly (BranchTree | null)[];
  readonly upper: readonly (BranchTree | null)[];
}

/** The question with pinned numbers replaced, in pieces that share no part. */
export interface Pieces {
  readonly goals: readonly Goal[];
  readonly constant: number;
  /** Replacing numbers changed numerator and denominator by no more than this. */
  readonly errors: { readonly numerator: number; readonly denominator: number };
  /** A condition whose probability is pinned (or 1): the goals are divided by it already. */
  readonly divided: number;
}

export type Proven = { readonly outer: readonly [number, number]; readonly floor: number; readonly floorAssumed: boolean };

/** Larger programmes than these are made by nobody, and would keep a checker busy. */
const most = { states: 1_000_000, columns: 1_000_000, slack: 1e-6 };

/**
 * The bounds that a proof establishes, whatever it claims, for all data within `accuracy` of what the programme states; a sentence
 * where it does not fit the programme.
 */
export function provenByBranches(programme: Programme, proof: BranchesProof, accuracy = roundedTo): Proven | string {
  const { states, slack, columns } = proof.limits;
  if (!(states <= most.states && columns <= most.columns && slack >= 0 && slack <= most.slack)) return 'The limits are out of range.';
  const target = polynomialsOf(programme.target);
  if (target === undefined) return 'The question is too large.';
  const partition = atOnce(partsOf(programme, target.numbers, { limit: states, slack }));
  if ('states' in partition) return 'A block has too many states.';
  const pieces = piecesOf(partition, target, proof.pins, accuracy);
  if (proof.lower.length !== pieces.goals.length || proof.upper.length !== pieces.goals.length)
    return 'The proof has not one tree for each piece of the question.';
  return atOnce(provenIn(programme, partition, pieces, relaxedPieces(partition, pieces, columns), proof, accuracy));
}

/** The relaxation of a piece and its rows, made when first asked for; undefined: too large. */
export type RelaxedPieces = (piece: number) => { readonly relaxation: Relaxation; readonly rows: RelaxedRows } | undefined;

export function relaxedPieces(partition: Partition, { goals }: Pieces, columns: number): RelaxedPieces {
  const made = new Map<number, ReturnType<RelaxedPieces>>();
  return (piece) => {
    if (made.has(piece)) return made.get(piece);
    const goal = goals[piece];
    const relaxation = goal === undefined ? undefined : relaxationOf(partition, polynomialsIn(goal), columns);
    const found = relaxation === undefined ? undefined : { relaxation, rows: rowsOf(partition, relaxation) };
    made.set(piece, found);
    return found;
  };
}

/** As {@link provenByBranches}, of a proof in parts and pieces that are known. */
export function* provenIn(
  programme: Programme,
  partition: Partition,
  pieces: Pieces,
  relaxed: RelaxedPieces,
  proof: Pick<BranchesProof, 'floor' | 'lower' | 'upper'>,
  accuracy = roundedTo,
): Steps<Proven> {
  const { goals, constant, errors } = pieces;
  const { floor, floorAssumed } = yield* provenFloor(partition, pieces, relaxed, proof.floor, accuracy);
  function* least(trees: readonly (BranchTree | null)[], sign: 1 | -1): Steps<number> {
    let sum = 0;
    for (const [i, goal] of goals.entries()) {
      const directed = sign === 1 ? goal : { ...goal, numerator: negated(goal.numerator) };
      const tree = trees[i] ?? null;
      const crude = crudest(directed, floor);
      const found = tree === null ? undefined : relaxed(i);
      if (tree === null || found === undefined) sum += crude;
      else sum += Math.max(crude, yield* provenBound(partition, found.relaxation, found.rows, directed, tree, floor, accuracy));
    }
    return sum;
  }
  const [low, high] = extremes(programme);
  const spread = (value: number): number => (errors.numerator + Math.abs(value) * errors.denominator) / floor;
  const [below, above] = [yield* least(proof.lower, 1), -(yield* least(proof.upper, -1))];
  return {
    outer: [Math.max(low, constant + below - spread(below)), Math.min(high, constant + above + spread(above))],
    floor,
    floorAssumed,
  };
}

/** The least value of the condition (1 without one), proven by `tree` where it can be. */
export function* provenFloor(
  partition: Partition,
  { goals, errors, divided }: Pieces,
  relaxed: RelaxedPieces,
  tree: BranchTree | null,
  accuracy = roundedTo,
): Steps<{ floor: number; floorAssumed: boolean }> {
  const settled = (least: number): { floor: number; floorAssumed: boolean } =>
    least >= leastFloor ? { floor: least, floorAssumed: false } : { floor: leastFloor, floorAssumed: true };
  const denominator = goals[0]?.denominator;
  if (denominator === undefined) return settled(divided - errors.denominator);
  const found = tree === null ? undefined : relaxed(0);
  if (tree === null || found === undefined) return settled(0);
  const proven = yield* provenBound(partition, found.relaxation, found.rows, { numerator: denominator }, tree, 1, accuracy);
  return settled(proven - errors.denominator);
}

export const polynomialsIn = ({ numerator, denominator = [] }: Goal): Polynomial[] => [numerator, denominator];

export function piecesOf(partition: Partition, target: TargetPolynomial, pins: readonly NumberProof[], accuracy = roundedTo): Pieces {
  const constants = new Float64Array(partition.numbers.length).fill(Number.NaN);
  const widths = new Float64Array(partition.numbers.length);
  for (const { number, lower, upper } of pins) {
    const [low, high] = provenRange(partition, number, lower, upper, accuracy);
    if (!(low <= high)) continue;
    constants[number] = (low + high) / 2;
    widths[number] = (high - low) / 2 + 2 ** -53;
  }
  const error = (polynomial: Polynomial): number => {
    let sum = 0;
    for (const { coefficient, factors } of polynomial) for (const id of factors) sum += Math.abs(coefficient) * (widths[id] as number);
    return sum;
  };
  const numerator = substituted(target.numerator, constants);
  const errors = { numerator: error(target.numerator), denominator: error(target.denominator ?? []) };
  const denominator = substituted(target.denominator ?? [{ coefficient: 1, factors: [] }], constants);
  const divided = denominator.every(({ factors }) => factors.length === 0) ? (denominator[0]?.coefficient ?? 0) : 0;
  if (divided < leastFloor) return { goals: [{ numerator, denominator }], constant: 0, errors, divided: 1 };
  const goals = apart(
    partition,
    numerator.map(({ coefficient, factors }) => ({ coefficient: coefficient / divided, factors })),
  );
  const constant = numerator.reduce((sum, { coefficient, factors }) => (factors.length === 0 ? sum + coefficient : sum), 0) / divided;
  return { goals, constant, errors, divided };
}

/** The ends of a number's range that multipliers prove, within 0 and 1; for rows that are off by up to `accuracy`. */
export function provenRange(
  partition: Partition,
  number: number,
  lower: readonly number[],
  upper: readonly number[],
  accuracy = roundedTo,
): readonly [number, number] {
  const part = partition.parts[partition.partOf[number] as number] as Partition['parts'][number];
  const indicator = indicatorOf(partition, number);
  const least = (sign: number, multipliers: readonly number[]): number => {
    const mass = multipliers[0] ?? 0;
    const reduced = indicator.map((value) => sign * value - mass);
    let bound = mass;
    let total = Math.abs(mass);
    let size = Math.abs(mass);
    for (const [i, row] of part.rows.entries()) {
      const y = multipliers[i + 1] ?? 0;
      const limit = y > 0 ? row.lower : row.upper;
      if (y === 0 || !Number.isFinite(limit)) continue;
      bound += y * limit;
      total += Math.abs(y);
      let largest = Math.abs(limit);
      for (let r = 0; r < reduced.length; r++) {
        const entry = row.coefficients[r] as number;
        reduced[r] = (reduced[r] as number) - y * entry;
        largest = Math.max(largest, Math.abs(entry));
      }
      size += Math.abs(y) * largest;
    }
    const rest = reduced.reduce((smallest, value) => Math.min(smallest, value), Number.POSITIVE_INFINITY);
    return bound + rest - 2 * (1 + size) * (part.rows.length + 2) * 2 ** -52 - total * accuracy;
  };
  return [Math.max(0, least(1, lower)), Math.min(1, -least(-1, upper))];
}

/** Monomials that share no part, directly or through others, in separate goals. */
function apart({ partOf, parts }: Partition, polynomial: Polynomial): Goal[] {
  const leader = parts.map((_, p) => p);
  const find = (p: number): number => (leader[p] === p ? p : find(leader[p] as number));
  for (const { factors } of polynomial)
    for (const id of factors) leader[find(partOf[id] as number)] = find(partOf[factors[0] as number] as number);
  const goals = new Map<number, Monomial[]>();
  for (const monomial of polynomial) {
    if (monomial.factors.length === 0) continue;
    const key = find(partOf[monomial.factors[0] as number] as number);
    goals.set(key, [...(goals.get(key) ?? []), monomial]);
  }
  return [...goals.values()].map((numerator) => ({ numerator }));
}

/** Every number anywhere in [0, 1]. */
function crudest({ numerator, denominator }: Goal, floor: number): number {
  const below = numerator.reduce((sum, { coefficient }) => sum + Math.min(0, coefficient), 0);
  return denominator === undefined ? below : below / floor;
}

/** What a weighted sum of probabilities, or of probabilities given the condition, can be at all. */
function extremes({ target }: Programme): readonly [number, number] {
  return [
    target.numerator.reduce((sum, { weight }) => sum + Math.min(0, weight), 0),
    target.numerator.reduce((sum, { weight }) => sum + Math.max(0, weight), 0),
  ];
}
