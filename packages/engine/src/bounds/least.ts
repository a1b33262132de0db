import type { Literal } from './programme.ts';

/** Numbers that can be added and compared: doubles, or whole numbers of any size. `blocked` stands above every sum of terms. */
export interface Ordered<T> {
  readonly zero: T;
  readonly blocked: T;
  readonly add: (a: T, b: T) => T;
  readonly less: (a: T, b: T) => boolean;
  readonly isBlocked: (a: T) => boolean;
}

export interface Weighted<T> {
  readonly coefficient: T;
  readonly literals: readonly Literal[];
}

export type Conjunction = readonly Literal[];

/** An allowed assignment of least value (digits that no term or forbidden conjunction has: 0). */
export interface Least<T> {
  readonly value: T;
  readonly assignment: Int32Array;
}

/** `impossible`: every assignment is forbidden. `too large`: more than about 2^26 additions would be needed. */
export type LeastResult<T> = Least<T> | 'impossible' | 'too large';

export const doubles: Ordered<number> = {
  zero: 0,
  blocked: Infinity,
  add: (a, b) => a + b,
  less: (a, b) => a < b,
  isBlocked: (a) => a === Infinity,
};

/** Whole numbers for a sum of these terms. */
export function wholeNumbers(terms: readonly Weighted<bigint>[]): Ordered<bigint> {
  let sum = 1n;
  for (const { coefficient } of terms) sum += coefficient < 0n ? -coefficient : coefficient;
  return { zero: 0n, blocked: 4n * sum, add: (a, b) => a + b, less: (a, b) => a < b, isBlocked: (a) => a > 2n * sum };
}

/** A dense table over some digits (row-major). */
interface Table<T> {
  readonly digits: readonly number[];
  readonly values: T[];
}

const largestTable = 1 << 16;
/** Cells of tables that {@link least} may make. */
export const mostWork = 1 << 26;

/**
 * The least value of a sum of conjunctions over all assignments of digits (min-sum variable elimination, Dechter 1999; where a
 * table would be large, one digit is conditioned on first). Digit d has values 0 to `levels[d]` - 1; `fixed[d]` >= 0 fixes it.
 */
export function least<T>(
  levels: ArrayLike<number>,
  terms: readonly Weighted<T>[],
  forbidden: readonly Conjunction[],
  ring: Ordered<T>,
  fixed?: ArrayLike<number>,
): LeastResult<T> {
  const assignment = new Int32Array(levels.length);
  const search = { levels, ring, assignment, work: 0 };
  let reducedTerms = terms;
  let reducedForbidden = forbidden;
  if (fixed !== undefined) {
    for (let digit = 0; digit < levels.length; digit++) if ((fixed[digit] as number) >= 0) assignment[digit] = fixed[digit] as number;
    const holds = ({ digit, value }: Literal): boolean => (fixed[digit] as number) === value;
    const open = (literals: Conjunction): Conjunction | undefined => {
      for (const literal of literals) if ((fixed[literal.digit] as number) >= 0 && !holds(literal)) return undefined;
      return literals.filter((literal) => !holds(literal));
    };
    reducedTerms = terms.flatMap(({ coefficient, literals }) => {
      const rest = open(literals);
      return rest === undefined ? [] : [{ coefficient, literals: rest }];
    });
    reducedForbidden = forbidden.flatMap((literals) => {
      const rest = open(literals);
      return rest === undefined ? [] : [rest];
    });
  }
  const value = minimum(search, reducedTerms, reducedForbidden);
  return value === undefined ? 'too large' : ring.isBlocked(value) ? 'impossible' : { value, assignment };
}

/** The same for doubles. */
export const leastSum = (
  levels: ArrayLike<number>,
  terms: readonly Weighted<number>[],
  forbidden: readonly Conjunction[],
  fixed?: ArrayLike<number>,
): LeastResult<number> => least(levels, terms, forbidden, doubles, fixed);

/**
 * About how many numbers {@link least} reads for terms over these conjunctions; above {@link mostWork} it may say `too large`.
 * An estimate from above where some of them are not priced.
 */
export function leastWork(levels: ArrayLike<number>, conjunctions: readonly Conjunction[]): number {
  const entries = conjunctions.filter((literals) => literals.length > 0).map((literals) => ({ literals }));
  return components(levels.length, entries).reduce((sum, component) => {
    const order = eliminationOrder(levels, component);
    if (order !== undefined) return sum + order.work;
    const digit = mostUsed(component);
    const rest = component.map(({ literals }) => literals.filter((literal) => literal.digit !== digit));
    return sum + (levels[digit] as number) * (component.length + leastWork(levels, rest));
  }, 0);
}

interface Search<T> {
  readonly levels: ArrayLike<number>;
  readonly ring: Ordered<T>;
  readonly assignment: Int32Array;
  work: number;
}

function minimum<T>(search: Search<T>, terms: readonly Weighted<T>[], forbidden: readonly Conjunction[]): T | undefined {
  const { ring } = search;
  let value = ring.zero;
  const open: Weighted<T>[] = [];
  for (const term of terms) {
    if (term.literals.length === 0) value = ring.add(value, term.coefficient);
    else open.push(term);
  }
  for (const literals of forbidden) {
    if (literals.length === 0) return ring.blocked;
    open.push({ coefficient: ring.blocked, literals });
  }
  if (open.length === 0) return value;
  for (const component of components(search.levels.length, open)) {
    const part = componentMinimum(search, component);
    if (part === undefined) return undefined;
    if (ring.isBlocked(part)) return ring.blocked;
    value = ring.add(value, part);
  }
  return value;
}

/** Terms by connected component of the graph in which the digits of one conjunction are joined. */
export function components<Entry extends { readonly literals: Conjunction }>(count: number, entries: readonly Entry[]): Entry[][] {
  const parent = Int32Array.from({ length: count }, (_, i) => i);
  const root = (start: number): number => {
    let i = start;
    while (parent[i] !== i) {
      parent[i] = parent[parent[i] as number] as number;
      i = parent[i] as number;
    }
    return i;
  };
  for (const { literals } of entries) {
    const first = root((literals[0] as Literal).digit);
    for (const { digit } of literals) parent[root(digit)] = first;
  }
  const found = new Map<number, Entry[]>();
  for (const entry of entries) {
    const at = root((entry.literals[0] as Literal).digit);
    const list = found.get(at);
    if (list === undefined) found.set(at, [entry]);
    else list.push(entry);
  }
  return [...found.values()];
}

function componentMinimum<T>(search: Search<T>, terms: readonly Weighted<T>[]): T | undefined {
  const order = eliminationOrder(search.levels, terms);
  if (order !== undefined) {
    search.work += order.work;
    return search.work > mostWork ? undefined : eliminate(search, terms, order.digits);
  }
  return condition(search, terms);
}

/** Greedy: next the digit whose elimination makes the smallest table. Undefined: some table would be too large. */
function eliminationOrder(
  levels: ArrayLike<number>,
  terms: readonly { readonly literals: Conjunction }[],
): { readonly digits: readonly number[]; readonly work: number } | undefined {
  const neighbours = new Map<number, Set<number>>();
  for (const { literals } of terms)
    for (const a of literals) {
      const set = neighbours.get(a.digit) ?? new Set();
      for (const b of literals) set.add(b.digit);
      neighbours.set(a.digit, set);
    }
  const cells = (set: ReadonlySet<number>): number => {
    let size = 1;
    for (const digit of set) size *= levels[digit] as number;
    return size;
  };
  const digits: number[] = [];
  let work = 0;
  while (neighbours.size > 0) {
    let best = -1;
    let smallest = Infinity;
    for (const [digit, set] of neighbours) {
      const size = cells(set);
      if (size < smallest) [best, smallest] = [digit, size];
    }
    if (smallest > largestTable) return undefined;
    work += smallest;
    digits.push(best);
    const gone = neighbours.get(best) as Set<number>;
    neighbours.delete(best);
    for (const a of gone) {
      const set = neighbours.get(a);
      if (set === undefined) continue;
      for (const b of gone) set.add(b);
      set.delete(best);
    }
  }
  return { digits, work };
}

function eliminate<T>(search: Search<T>, terms: readonly Weighted<T>[], order: readonly number[]): T {
  const { levels, ring, assignment } = search;
  let tables = denseTables(search, terms);
  const choices: { readonly digit: number; readonly digits: readonly number[]; readonly choice: Int32Array }[] = [];
  let total = ring.zero;
  for (const digit of order) {
    const used = tables.filter((table) => table.digits.includes(digit));
    tables = tables.filter((table) => !table.digits.includes(digit));
    const digits = [...new Set(used.flatMap((table) => table.digits))].filter((other) => other !== digit);
    const sizes = digits.map((other) => levels[other] as number);
    const count = sizes.reduce((product, size) => product * size, 1);
    const values = new Array<T>(count);
    const choice = new Int32Array(count);
    const steps = used.map((table) => [...digits, digit].map((other) => strideOf(levels, table.digits, other)));
    const offsets = new Int32Array(used.length);
    const counter = new Int32Array(digits.length);
    const own = levels[digit] as number;
    for (let cell = 0; cell < count; cell++) {
      let best = ring.blocked;
      let at = 0;
      for (let value = 0; value < own; value++) {
        let sum = ring.zero;
        for (let t = 0; t < used.length; t++) {
          const stride = (steps[t] as number[])[digits.length] as number;
          sum = ring.add(sum, (used[t] as Table<T>).values[(offsets[t] as number) + value * stride] as T);
        }
        if (value === 0 || ring.less(sum, best)) [best, at] = [sum, value];
      }
      values[cell] = ring.isBlocked(best) ? ring.blocked : best;
      choice[cell] = at;
      for (let i = digits.length - 1; i >= 0; i--) {
        counter[i] = (counter[i] as number) + 1;
        const wraps = (counter[i] as number) === (sizes[i] as number);
        for (let t = 0; t < used.length; t++) {
          const stride = (steps[t] as number[])[i] as number;
          offsets[t] = (offsets[t] as number) + (wraps ? -((sizes[i] as number) - 1) * stride : stride);
        }
        if (!wraps) break;
        counter[i] = 0;
      }
    }
    choices.push({ digit, digits, choice });
    if (digits.length === 0) total = ring.add(total, values[0] as T);
    else tables.push({ digits, values });
  }
  for (const { digit, digits, choice } of choices.reverse()) {
    let cell = 0;
    for (const other of digits) cell = cell * (levels[other] as number) + (assignment[other] as number);
    assignment[digit] = choice[cell] as number;
  }
  return total;
}

/** One dense table for all terms over the same digits. */
function denseTables<T>({ levels, ring }: Search<T>, terms: readonly Weighted<T>[]): Table<T>[] {
  const tables = new Map<string, Table<T>>();
  for (const { coefficient, literals } of terms) {
    const sorted = [...literals].sort((a, b) => a.digit - b.digit);
    const key = sorted.map(({ digit }) => digit).join(' ');
    let table = tables.get(key);
    if (table === undefined) {
      const digits = sorted.map(({ digit }) => digit);
      const count = digits.reduce((product, digit) => product * (levels[digit] as number), 1);
      table = { digits, values: new Array<T>(count).fill(ring.zero) };
      tables.set(key, table);
    }
    let cell = 0;
    for (const { digit, value } of sorted) cell = cell * (levels[digit] as number) + value;
    table.values[cell] = ring.add(table.values[cell] as T, coefficient);
  }
  return [...tables.values()];
}

function strideOf(levels: ArrayLike<number>, digits: readonly number[], digit: number): number {
  const at = digits.indexOf(digit);
  if (at < 0) return 0;
  let stride = 1;
  for (let i = at + 1; i < digits.length; i++) stride *= levels[digits[i] as number] as number;
  return stride;
}

/** The digit that stands in most terms. */
export function mostUsed(terms: readonly { readonly literals: Conjunction }[]): number {
  const uses = new Map<number, number>();
  for (const { literals } of terms) for (const { digit } of literals) uses.set(digit, (uses.get(digit) ?? 0) + 1);
  let best = -1;
  for (const [digit, count] of uses) if (count > (uses.get(best) ?? 0)) best = digit;
  return best;
}

/** The least over the values of the digit that stands in most terms. */
function condition<T>(search: Search<T>, terms: readonly Weighted<T>[]): T | undefined {
  const { ring, levels, assignment } = search;
  const digit = mostUsed(terms);
  let best: { value: T; assignment: Int32Array } | undefined;
  for (let value = 0; value < (levels[digit] as number); value++) {
    search.work += terms.length;
    if (search.work > mostWork) return undefined;
    const rest = terms.flatMap((term) => {
      const literal = term.literals.find((other) => other.digit === digit);
      if (literal === undefined) return [term];
      return literal.value === value ? [{ coefficient: term.coefficient, literals: term.literals.filter((l) => l !== literal) }] : [];
    });
    assignment[digit] = value;
    const found = minimum(search, rest, []);
    if (found === undefined) return undefined;
    if (best === undefined || ring.less(found, best.value)) best = { value: found, assignment: assignment.slice() };
  }
  assignment.set((best as { assignment: Int32Array }).assignment);
  return (best as { value: T }).value;
}
