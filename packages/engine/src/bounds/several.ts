import type { Random } from '../math/random.ts';
import type { Steps } from '../run/steps.ts';
import type { LinearSolution, Session, Solver } from './highs.ts';
import { dot, type Part } from './parts.ts';
import type { PartRow, Side } from './sides.ts';

/** The distributions that one part may have, as something to optimise over. What is told to end early gives what it has. */
export interface PartSpace {
  readonly part: Part;
  /** Least and largest value of a linear function of the classes over the rows alone (independences are left out). */
  minimise(cost: Float64Array): LinearSolution;
  /** Some distribution that obeys everything, at random or from masses that nearly do; undefined: none was found. */
  start(random: Random, near?: Float64Array): Steps<Float64Array | undefined>;
  /** One that costs less than `masses` (or the same), reached by linear programmes that each keep one side of every independence. */
  improve(cost: Float64Array, masses: Float64Array): Steps<Float64Array>;
  /** What its linear programmes have cost so far: one for every 2000 entries of their matrices, and 0.01 each. */
  spent(): number;
  close(): void;
}

/** Independence rows may be missed by this much, so that the marginal found by one programme suits the next one. */
const slack = 1e-11;
const accepted = 1e-9;
const tries = 6;
const rounds = 40;
const task = 'models that fit the studies';

export function openPart(solver: Solver, part: Part): PartSpace {
  const session = openRows(solver, part.classes, part.rows, new Float64Array(part.classes));
  const price = 0.01 + entriesOf(part.rows) / 2000;
  let spent = 0;
  const minimise = (cost: Float64Array): LinearSolution => {
    spent += price;
    return session.minimise(cost);
  };
  const vertex = (cost: Float64Array): Float64Array | undefined => {
    const found = minimise(cost);
    return found.status === 'optimal' ? normal(found.columns) : undefined;
  };
  const noise = (random: Random): Float64Array => Float64Array.from({ length: part.classes }, () => random.next() - 0.5);
  const shared = { part, minimise, spent: () => spent, close: () => session.close() };
  if (part.independences.length === 0)
    return {
      ...shared,
      *start(random, near) {
        yield { task, done: 0 };
        return near ?? vertex(noise(random));
      },
      *improve(cost, masses) {
        return (yield { task, done: 0 }) ? masses : (vertex(cost) ?? masses);
      },
    };
  const patterns = heldSides(part);
  const sliced = (masses: Float64Array, held: readonly Side[]): PartRow[] => {
    const rows = part.independences.flatMap((independence, e) => independenceRows(independence, held[e] as Side, masses));
    spent += price + entriesOf(rows) / 2000;
    return rows;
  };
  const slice = (cost: Float64Array, masses: Float64Array, held: readonly Side[]): Float64Array | undefined => {
    const inner = openRows(solver, part.classes, [...part.rows, ...sliced(masses, held)], cost);
    const found = inner.minimise();
    inner.close();
    return found.status === 'optimal' ? normal(found.columns) : undefined;
  };
  /** Alternately keeps the marginals of sides and lessens the sum of what the independences miss. */
  function* repaired(first: Float64Array): Steps<Float64Array | undefined> {
    let masses = first;
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      if (residual(part, masses) <= slack) return masses;
      if (yield { task, done: round }) return undefined;
      const rows = sliced(masses, patterns[round % patterns.length] as readonly Side[]).map((row) => ({ ...row, lower: 0, upper: 0 }));
      const inner = openRows(solver, part.classes, [...part.rows, ...rows], new Float64Array(part.classes), rows.length);
      const found = inner.minimise();
      inner.close();
      if (found.status !== 'optimal') return undefined;
      masses = normal(found.columns.slice(0, part.classes));
      const missed = residual(part, masses);
      if (round >= 2 * patterns.length && round % patterns.length === 0) {
        if (missed > 0.999 * least && missed > accepted) return undefined;
        least = missed;
      }
    }
    return residual(part, masses) <= accepted ? masses : undefined;
  }
  return {
    ...shared,
    *start(random, near) {
      if (near !== undefined) return yield* repaired(near);
      for (let attempt = 0; attempt < tries; attempt++) {
        if (yield { task, done: attempt }) return undefined;
        const first = vertex(noise(random));
        const found = first === undefined ? undefined : yield* repaired(first);
        if (found !== undefined) return slice(noise(random), found, patterns[0] as Side[]) ?? found;
      }
      return undefined;
    },
    *improve(cost, masses) {
      let best = masses;
      for (const [h, held] of patterns.entries()) {
        if (yield { task, done: h }) break;
        const next = slice(cost, best, held);
        if (next !== undefined && dot(cost, next) < dot(cost, best) && residual(part, next) <= accepted) best = next;
      }
      return best;
    },
  };
}

/** The largest difference between P(a, b) and P(a) P(b). */
export function residual({ independences }: Part, masses: Float64Array): number {
  let worst = 0;
  for (const { a, b } of independences) {
    const [left, right] = [marginal(a, masses), marginal(b, masses)];
    const both = new Float64Array(a.states * b.states);
    for (const [r, mass] of masses.entries()) {
      const at = (a.of[r] as number) * b.states + (b.of[r] as number);
      both[at] = (both[at] as number) + mass;
    }
    for (const [at, mass] of both.entries()) {
      const product = (left[Math.floor(at / b.states)] as number) * (right[at % b.states] as number);
      worst = Math.max(worst, Math.abs(mass - product));
    }
  }
  return worst;
}

/** A session over distributions of the classes that obey the rows; the last `soft` rows may be missed, by columns that cost 1. */
export function openRows(solver: Solver, classes: number, rows: readonly PartRow[], cost: Float64Array, soft = 0): Session {
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let r = 0; r < classes; r++) {
    indices.push(0);
    values.push(1);
    for (let i = 0; i < rows.length; i++) {
      const value = rows[i]?.coefficients[r] as number;
      if (value === 0) continue;
      indices.push(i + 1);
      values.push(value);
    }
    starts.push(indices.length);
  }
  for (let i = rows.length - soft; i < rows.length; i++)
    for (const value of [1, -1]) {
      indices.push(i + 1);
      values.push(value);
      starts.push(indices.length);
    }
  return solver.open({
    count: classes + 2 * soft,
    cost: soft === 0 ? cost : [...cost, ...new Array<number>(2 * soft).fill(1)],
    starts,
    indices,
    values,
    rows: rows.length + 1,
    rowLower: [1, ...rows.map(({ lower }) => lower)],
    rowUpper: [1, ...rows.map(({ upper }) => upper)],
  });
}

function entriesOf(rows: readonly PartRow[]): number {
  let count = 0;
  for (const { coefficients } of rows) for (let r = 0; r < coefficients.length; r++) if (coefficients[r] !== 0) count += 1;
  return count;
}

function marginal({ states, of }: Side, masses: Float64Array): Float64Array {
  const sums = new Float64Array(states);
  for (const [r, mass] of masses.entries()) sums[of[r] as number] = (sums[of[r] as number] as number) + mass;
  return sums;
}

/** Which side of every independence is kept: all smaller sides first, then with one of them turned, then all turned. */
function heldSides({ independences }: Part): Side[][] {
  const small = independences.map(({ a }) => a);
  const turned = independences.map(({ b }, e) => small.map((side, f) => (f === e ? b : side)));
  return [small, ...turned, ...(independences.length > 1 ? [independences.map(({ b }) => b)] : [])];
}

/** P(a, b) = P(a) P(b) with the marginal of the held side as it is in `masses`. */
function independenceRows({ a, b }: { readonly a: Side; readonly b: Side }, held: Side, masses: Float64Array): PartRow[] {
  const other = held === a ? b : a;
  const known = marginal(held, masses);
  const rows: PartRow[] = [];
  // The last state of the held side follows from the others.
  for (let i = 0; i + 1 < held.states; i++)
    for (let j = 0; j < other.states; j++) {
      const coefficients = new Float64Array(held.of.length);
      for (let r = 0; r < coefficients.length; r++)
        if (other.of[r] === j) coefficients[r] = (held.of[r] === i ? 1 : 0) - (known[i] as number);
      rows.push({ coefficients, lower: -slack, upper: slack });
    }
  return rows;
}

/** Without the last digits that a solver leaves below zero, and with sum 1. */
function normal(masses: Float64Array): Float64Array {
  const positive = masses.map((mass) => Math.max(0, mass));
  const sum = positive.reduce((total, mass) => total + mass, 0);
  return positive.map((mass) => mass / sum);
}
