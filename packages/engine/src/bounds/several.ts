import type { Random } from '../math/random.ts';
import type { LinearSolution, Session, Solver } from './highs.ts';
import { dot, type Part } from './parts.ts';
import type { PartRow, Side } from './sides.ts';

/** The distributions that one part may have, as something to optimise over. */
export interface PartSpace {
  readonly part: Part;
  /** Least and largest value of a linear function of the classes over the rows alone (independences are left out). */
  minimise(cost: Float64Array): LinearSolution;
  /** Some distribution that obeys everything, at random or from masses that nearly do; undefined: none was found. */
  start(random: Random, near?: Float64Array): Float64Array | undefined;
  /** One that costs less than `masses` (or the same), reached by linear programmes that each keep one side of every independence. */
  improve(cost: Float64Array, masses: Float64Array): Float64Array;
  close(): void;
}

/** Independence rows may be missed by this much, so that the marginal found by one programme suits the next one. */
const slack = 1e-11;
const accepted = 1e-9;
const tries = 6;
const rounds = 40;

export function openPart(solver: Solver, part: Part): PartSpace {
  const session = openRows(solver, part.classes, part.rows, new Float64Array(part.classes));
  const minimise = (cost: Float64Array): LinearSolution => session.minimise(cost);
  const vertex = (cost: Float64Array): Float64Array | undefined => {
    const found = minimise(cost);
    return found.status === 'optimal' ? normal(found.columns) : undefined;
  };
  const noise = (random: Random): Float64Array => Float64Array.from({ length: part.classes }, () => random.next() - 0.5);
  const close = (): void => session.close();
  if (part.independences.length === 0)
    return {
      part,
      minimise,
      close,
      start: (random, near) => near ?? vertex(noise(random)),
      improve: (cost, masses) => vertex(cost) ?? masses,
    };
  const patterns = heldSides(part);
  const slice = (cost: Float64Array, masses: Float64Array, held: readonly Side[]): Float64Array | undefined => {
    const rows = part.independences.flatMap((independence, e) => independenceRows(independence, held[e] as Side, masses));
    const inner = openRows(solver, part.classes, [...part.rows, ...rows], cost);
    const found = inner.minimise();
    inner.close();
    return found.status === 'optimal' ? normal(found.columns) : undefined;
  };
  return {
    part,
    minimise,
    close,
    start(random, near) {
      if (near !== undefined) return repaired(solver, part, patterns, near);
      for (let attempt = 0; attempt < tries; attempt++) {
        const first = vertex(noise(random));
        const found = first === undefined ? undefined : repaired(solver, part, patterns, first);
        if (found !== undefined) return slice(noise(random), found, patterns[0] as Side[]) ?? found;
      }
      return undefined;
    },
    improve(cost, masses) {
      let best = masses;
      for (const held of patterns) {
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

/** A session over distributions of the classes that obey the rows. */
export function openRows(solver: Solver, classes: number, rows: readonly PartRow[], cost: Float64Array): Session {
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let r = 0; r < classes; r++) {
    indices.push(0);
    values.push(1);
    for (const [i, { coefficients }] of rows.entries()) {
      if (coefficients[r] === 0) continue;
      indices.push(i + 1);
      values.push(coefficients[r] as number);
    }
    starts.push(indices.length);
  }
  return solver.open({
    count: classes,
    cost,
    starts,
    indices,
    values,
    rows: rows.length + 1,
    rowLower: [1, ...rows.map(({ lower }) => lower)],
    rowUpper: [1, ...rows.map(({ upper }) => upper)],
  });
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
      const coefficients = Float64Array.from(held.of, (state, r) => (other.of[r] === j ? (state === i ? 1 : 0) - (known[i] as number) : 0));
      rows.push({ coefficients, lower: -slack, upper: slack });
    }
  return rows;
}

/** Alternately keeps the marginals of sides and lessens the sum of what the independences miss. */
function repaired(solver: Solver, part: Part, patterns: readonly (readonly Side[])[], first: Float64Array): Float64Array | undefined {
  let masses = first;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    if (residual(part, masses) <= slack) return masses;
    const held = patterns[round % patterns.length] as readonly Side[];
    const rows = part.independences.flatMap((independence, e) => independenceRows(independence, held[e] as Side, masses));
    const count = part.classes + 2 * rows.length;
    const extended = (coefficients: Float64Array, at: number): Float64Array => {
      const wide = new Float64Array(count);
      wide.set(coefficients);
      if (at >= 0) [wide[part.classes + 2 * at], wide[part.classes + 2 * at + 1]] = [1, -1];
      return wide;
    };
    const mass = { coefficients: extended(new Float64Array(part.classes).fill(1), -1), lower: 1, upper: 1 };
    const all = [
      mass,
      ...part.rows.map((row) => ({ ...row, coefficients: extended(row.coefficients, -1) })),
      ...rows.map(({ coefficients }, at) => ({ coefficients: extended(coefficients, at), lower: 0, upper: 0 })),
    ];
    const found = elastic(solver, count, all, part.classes);
    if (found === undefined) return undefined;
    masses = normal(found.slice(0, part.classes));
    const missed = residual(part, masses);
    if (round >= 2 * patterns.length && round % patterns.length === 0) {
      if (missed > 0.999 * least && missed > accepted) return undefined;
      least = missed;
    }
  }
  return residual(part, masses) <= accepted ? masses : undefined;
}

function elastic(solver: Solver, count: number, rows: readonly PartRow[], free: number): Float64Array | undefined {
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  for (let c = 0; c < count; c++) {
    for (const [i, { coefficients }] of rows.entries()) {
      if (coefficients[c] === 0) continue;
      indices.push(i);
      values.push(coefficients[c] as number);
    }
    starts.push(indices.length);
  }
  const cost = Array.from({ length: count }, (_, c) => (c < free ? 0 : 1));
  const limits = { rowLower: rows.map(({ lower }) => lower), rowUpper: rows.map(({ upper }) => upper) };
  const session = solver.open({ count, cost, starts, indices, values, rows: rows.length, ...limits });
  const found = session.minimise();
  session.close();
  return found.status === 'optimal' ? found.columns : undefined;
}

/** Without the last digits that a solver leaves below zero, and with sum 1. */
function normal(masses: Float64Array): Float64Array {
  const positive = masses.map((mass) => Math.max(0, mass));
  const sum = positive.reduce((total, mass) => total + mass, 0);
  return positive.map((mass) => mass / sum);
}
