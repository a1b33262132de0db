import type { Name } from '../graph/variable.ts';
import { type Fraction, isZero, negative, over, plus, times, wholeFraction } from '../math/fraction.ts';

/** Weights with sum of weights x vectors = target, or a direction that no vector sees and the target does. */
export type Weighing =
  | {
      readonly found: true;
      readonly rank: number;
      /** Of all weightings the one with the least sum of squares. */
      readonly least: readonly Fraction[];
      /** A weighting of few vectors: the one that is the target, or else some of which none can be left out. Later vectors are left out first. */
      readonly fewest: readonly Fraction[];
    }
  | {
      readonly found: false;
      readonly rank: number;
      /** By column: its product with every vector is 0, with the target 1. */
      readonly unseen: readonly Fraction[];
    };

/** Is the target in the row span of the vectors? Exact, over the rational numbers; vectors are of whole numbers. */
export function weigh(vectors: readonly (readonly number[])[], target: readonly number[]): Weighing {
  const span = createSpan(target.length);
  for (const vector of vectors) span.add(whole(vector));
  const rest = span.rest(whole(target));
  if (rest.some((entry) => !isZero(entry))) return { found: false, rank: span.rank, unseen: span.unseen(rest) };
  const alone = vectors.findIndex((vector) => vector.every((entry, i) => entry === target[i]));
  const kept = alone < 0 ? vectors.map((_, i) => i) : [alone];
  for (let i = alone < 0 ? vectors.length - 1 : -1; i >= 0; i--) {
    const without = kept.filter((other) => other !== i);
    if (
      spans(
        without.map((other) => vectors[other] as readonly number[]),
        target,
      )
    )
      kept.splice(kept.indexOf(i), 1);
  }
  const few = leastSquares(
    kept.map((i) => vectors[i] as readonly number[]),
    target,
  );
  return {
    found: true,
    rank: span.rank,
    least: leastSquares(vectors, target),
    fewest: vectors.map((_, i) => (kept.includes(i) ? (few[kept.indexOf(i)] as Fraction) : zero)),
  };
}

export interface Candidate {
  readonly set: readonly Name[];
  readonly vector: readonly number[];
}

/**
 * The candidates that would each bring the target into the span, and the pairs of others that would together. Cheapest first: fewer actions
 * set in all, then smaller sets.
 */
export function whatIsMissing(
  vectors: readonly (readonly number[])[],
  target: readonly number[],
  candidates: readonly Candidate[],
): (readonly Candidate[])[] {
  const span = createSpan(target.length);
  for (const vector of vectors) span.add(whole(vector));
  const goal = span.rest(whole(target));
  if (goal.every(isZero)) return [[]];
  const found: (readonly Candidate[])[] = [];
  const others: { readonly candidate: Candidate; readonly rest: readonly Fraction[] }[] = [];
  for (const candidate of candidates) {
    const rest = span.rest(whole(candidate.vector));
    if (rest.every(isZero)) continue;
    if (parallel(rest, goal)) found.push([candidate]);
    else others.push({ candidate, rest });
  }
  for (const [i, { candidate, rest }] of others.entries()) {
    const left = createSpan(target.length);
    left.add(rest);
    const open = left.rest(goal);
    for (const other of others.slice(i + 1)) if (parallel(left.rest(other.rest), open)) found.push([candidate, other.candidate]);
  }
  const size = (all: readonly Candidate[]): number => all.reduce((sum, { set }) => sum + set.length, 0);
  const largest = (all: readonly Candidate[]): number => Math.max(...all.map(({ set }) => set.length));
  return found.sort((a, b) => size(a) - size(b) || largest(a) - largest(b) || a.length - b.length);
}

const zero = wholeFraction(0);
const whole = (vector: readonly number[]): Fraction[] => vector.map(wholeFraction);
const minus = (a: Fraction, b: Fraction): Fraction => plus(a, negative(b));
/** row - factor x other */
const cleared = (row: readonly Fraction[], factor: Fraction, other: readonly Fraction[]): Fraction[] =>
  row.map((entry, i) => (isZero(other[i] as Fraction) ? entry : minus(entry, times(factor, other[i] as Fraction))));
const product = (a: readonly Fraction[], b: readonly Fraction[]): Fraction =>
  a.reduce((sum, entry, i) => (isZero(entry) || isZero(b[i] as Fraction) ? sum : plus(sum, times(entry, b[i] as Fraction))), zero);

function spans(vectors: readonly (readonly number[])[], target: readonly number[]): boolean {
  const span = createSpan(target.length);
  for (const vector of vectors) span.add(whole(vector));
  return span.rest(whole(target)).every(isZero);
}

/** Both are not zero, and one is a multiple of the other. */
function parallel(a: readonly Fraction[], b: readonly Fraction[]): boolean {
  const at = a.findIndex((entry) => !isZero(entry));
  if (at < 0 || isZero(b[at] as Fraction)) return false;
  const ratio = over(b[at] as Fraction, a[at] as Fraction);
  return a.every((entry, i) => isZero(minus(times(entry, ratio), b[i] as Fraction)));
}

interface RowSpan {
  readonly rank: number;
  add(vector: readonly Fraction[]): void;
  /** The vector with every pivot of the span cleared: zero exactly for members of the span. */
  rest(vector: readonly Fraction[]): Fraction[];
  /** For a rest that is not zero: the direction with the fewest entries that is orthogonal to the span and has product 1 with the rest. */
  unseen(rest: readonly Fraction[]): Fraction[];
}

/** Reduced row echelon form, grown row by row. */
function createSpan(columns: number): RowSpan {
  const rows: { readonly pivot: number; entries: Fraction[] }[] = [];
  const rest: RowSpan['rest'] = (vector) => {
    let left = [...vector];
    for (const { pivot, entries } of rows) {
      const factor = left[pivot] as Fraction;
      if (!isZero(factor)) left = cleared(left, factor, entries);
    }
    return left;
  };
  return {
    get rank() {
      return rows.length;
    },
    rest,
    add(vector) {
      const left = rest(vector);
      const pivot = left.findIndex((entry) => !isZero(entry));
      if (pivot < 0) return;
      const entries = left.map((entry) => over(entry, left[pivot] as Fraction));
      for (const row of rows) {
        const factor = row.entries[pivot] as Fraction;
        if (!isZero(factor)) row.entries = cleared(row.entries, factor, entries);
      }
      rows.push({ pivot, entries });
    },
    unseen(left) {
      let best: Fraction[] | undefined;
      for (const [free, entry] of left.entries()) {
        if (isZero(entry)) continue;
        const direction = Array.from({ length: columns }, () => zero);
        const size = over(wholeFraction(1), entry);
        direction[free] = size;
        for (const { pivot, entries } of rows) direction[pivot] = negative(times(entries[free] as Fraction, size));
        const entriesIn = (one: readonly Fraction[]): number => one.filter((part) => !isZero(part)).length;
        if (best === undefined || entriesIn(direction) < entriesIn(best)) best = direction;
      }
      return best ?? [];
    },
  };
}

/** The solution w of V'w = t with the least sum of squares: w = R'(R R')^-1 t over independent rows R of V'. */
function leastSquares(vectors: readonly (readonly number[])[], target: readonly number[]): Fraction[] {
  const equations = target.map((_, column) => vectors.map((vector) => wholeFraction(vector[column] as number)));
  const span = createSpan(vectors.length);
  const kept: number[] = [];
  for (const [i, equation] of equations.entries()) {
    const before = span.rank;
    span.add(equation);
    if (span.rank > before) kept.push(i);
  }
  const rows = kept.map((i) => equations[i] as Fraction[]);
  const system = rows.map((row, i) => [...rows.map((other) => product(row, other)), wholeFraction(target[kept[i] as number] as number)]);
  const solved = createSpan(kept.length + 1);
  for (const row of system) solved.add(row);
  const multipliers = kept.map((_, i) => {
    const unit = Array.from({ length: kept.length + 1 }, (__, j) => wholeFraction(j === i ? 1 : 0));
    return negative(solved.rest(unit)[kept.length] as Fraction);
  });
  return vectors.map((_, i) =>
    product(
      multipliers,
      rows.map((row) => row[i] as Fraction),
    ),
  );
}
