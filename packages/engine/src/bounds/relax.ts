import type { Part, Partition } from './parts.ts';
import type { Polynomial } from './polynomial.ts';

/** One factor of a product: the states of a part, of a coarser view of it, or of a side of an independence. */
export interface Slot {
  readonly part: number;
  readonly states: number;
  /** State of each class of the part. */
  readonly of: Int32Array;
}

/** A joint distribution of the states of several slots, row-major in columns from `start`. */
export interface Joint {
  readonly slots: readonly Slot[];
  readonly start: number;
  readonly count: number;
  /** The slots are one part and a side of it: which of its independences. */
  readonly independence?: number;
}

/**
 * A linear relaxation of a product of polytopes. Columns: the masses of the classes of every part, and for every set of parts that
 * occurs in a product a joint distribution of their states, in which each part, given the states of the others, obeys its own
 * rows (the reformulation-linearisation technique of Sherali and Adams, all products of one row with all states of the others).
 * An independence P(a, b) = P(a) P(b) becomes a joint distribution of a part with an independent copy of its side a.
 */
export interface Relaxation {
  readonly parts: readonly number[];
  readonly columns: number;
  /** Column groups of mass 1: first column, count. */
  readonly masses: readonly (readonly [number, number])[];
  readonly joints: readonly Joint[];
  /** First column of each part in `parts`. */
  readonly starts: ReadonlyMap<number, number>;
}

/** The columns for the products of `polynomials`; undefined: a product needs more than `limit` columns even with coarse views. */
export function relaxationOf(partition: Partition, polynomials: readonly Polynomial[], limit = 20_000): Relaxation | undefined {
  const supports = maximal(
    polynomials.flatMap((polynomial) =>
      polynomial.map(({ factors }) => [...new Set(factors.map((id) => partition.partOf[id] as number))].sort((x, y) => x - y)),
    ),
  );
  const used = [...new Set(supports.flat())].sort((x, y) => x - y);
  const starts = new Map<number, number>();
  const masses: [number, number][] = [];
  let columns = 0;
  const reserve = (count: number): number => {
    masses.push([columns, count]);
    columns += count;
    return columns - count;
  };
  for (const p of used) starts.set(p, reserve((partition.parts[p] as Part).classes));
  const joints: Joint[] = [];
  for (const support of supports) {
    if (support.length < 2) continue;
    const slots = fitting(partition, support, polynomials, limit);
    if (slots === undefined) return undefined;
    const count = slots.reduce((product, { states }) => product * states, 1);
    joints.push({ slots, start: reserve(count), count });
  }
  for (const p of used)
    for (const [e, { a }] of (partition.parts[p] as Part).independences.entries()) {
      const slots = [{ part: p, states: a.states, of: a.of }, whole(partition, p)];
      const count = a.states * (partition.parts[p] as Part).classes;
      if (count > limit) return undefined;
      joints.push({ slots, start: reserve(count), count, independence: e });
    }
  return { parts: used, columns, masses, joints, starts };
}

const whole = ({ parts }: Partition, p: number): Slot => {
  const { classes } = parts[p] as Part;
  return { part: p, states: classes, of: Int32Array.from({ length: classes }, (_, r) => r) };
};

/** Views of the parts small enough for their product; the largest ones become coarse first: states by the numbers asked of them. */
function fitting(partition: Partition, support: readonly number[], polynomials: readonly Polynomial[], limit: number): Slot[] | undefined {
  const slots = support.map((p) => whole(partition, p));
  const size = (): number => slots.reduce((product, { states }) => product * states, 1);
  const order = [...slots.keys()].sort((x, y) => (slots[y] as Slot).states - (slots[x] as Slot).states);
  for (const s of order) {
    if (size() <= limit) break;
    slots[s] = coarse(partition, support[s] as number, polynomials);
  }
  return size() <= limit ? slots : undefined;
}

function coarse(partition: Partition, p: number, polynomials: readonly Polynomial[]): Slot {
  const asked = new Set(polynomials.flatMap((polynomial) => polynomial.flatMap(({ factors }) => factors)));
  const { classes, indicators } = partition.parts[p] as Part;
  const own = [...indicators].filter(([id]) => asked.has(id)).map(([, indicator]) => indicator);
  const known = new Map<string, number>();
  const of = Int32Array.from({ length: classes }, (_, r) => {
    const key = own.map((indicator) => indicator[r]).join();
    const state = known.get(key) ?? known.size;
    known.set(key, state);
    return state;
  });
  return { part: p, states: known.size, of };
}

/** Sets that no other contains, each once. */
function maximal(sets: readonly (readonly number[])[]): number[][] {
  const unique = [...new Map(sets.map((set) => [set.join(), [...set]])).values()].filter((set) => set.length > 0);
  return unique.filter((set) => !unique.some((other) => other.length > set.length && set.every((x) => other.includes(x))));
}
