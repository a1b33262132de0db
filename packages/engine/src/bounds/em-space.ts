import { conjunctionKey } from './contract.ts';
import type { Block, Form, Literal, Programme } from './programme.ts';

/** Most states of one exogenous variable that are enumerated. */
export const defaultStateLimit = 65_536;

/**
 * Digits of one exogenous variable that rows or the question link, their joint states merged into *atoms*: states that no row and
 * no event of the question tells apart. Atoms that no row tells apart form a *class*.
 */
export interface Slot {
  readonly block: number;
  readonly digits: readonly number[];
  readonly states: number;
  readonly atomOf: Int32Array;
  readonly classOf: Int32Array;
  readonly classes: number;
  /** States of each atom. */
  readonly sizes: Float64Array;
  /** Of each atom one state: values of `digits`. */
  readonly values: readonly (readonly number[])[];
}

/** Slots of one block whose digits rows or the question link: one in a canonical block, else one per exogenous variable. */
export interface Unit {
  readonly block: number;
  readonly slots: readonly Slot[];
  /** Cells of the programme. */
  readonly rows: readonly number[];
  /** For every row and term one vector over the classes of each slot; with one slot the terms are added up. */
  readonly terms: readonly (readonly (readonly Float64Array[])[])[];
}

/** A conjunction of digits: it holds where every listed slot of the unit is in one of the listed atoms. */
export interface Occurrence {
  readonly unit: number;
  readonly parts: readonly { readonly slot: number; readonly atoms: Int32Array }[];
}

export interface Space {
  readonly units: readonly Unit[];
  /** Of a conjunction in a block, for those of the target. No literals: undefined (certain). */
  occurrence(block: number, literals: readonly Literal[]): Occurrence | undefined;
}

/**
 * The joint states that EM runs over. Digits that neither a row with records nor the question touches do not appear; digits that
 * nothing links are independent (any coupling has the same rows and the same answer).
 */
export function spaceOf(programme: Programme, limit: number = defaultStateLimit): Space | { readonly refused: string } {
  const units: Unit[] = [];
  const occurrences = programme.blocks.map(() => new Map<string, Occurrence>());
  for (const [number, block] of programme.blocks.entries()) {
    const failed = addBlock(programme, number, block, limit, units, occurrences[number] as Map<string, Occurrence>);
    if (failed !== undefined) return { refused: failed };
  }
  return {
    units,
    occurrence: (block, literals) => (literals.length === 0 ? undefined : occurrences[block]?.get(conjunctionKey(literals))),
  };
}

function addBlock(
  programme: Programme,
  number: number,
  block: Block,
  limit: number,
  units: Unit[],
  occurrences: Map<string, Occurrence>,
): string | undefined {
  const group = new Int32Array(block.digits.length);
  for (const [g, digits] of (block.groups ?? []).entries()) for (const digit of digits) group[digit] = g;
  const several = (block.groups?.length ?? 1) > 1;
  const rows = programme.cells.flatMap((cell, i) => (programme.strata[cell.stratum]?.block === number && cell.count > 0 ? [i] : []));
  const events = new Map<string, readonly Literal[]>();
  for (const network of [...programme.target.numerator, ...(programme.target.denominator ?? [])])
    for (const table of network.tables)
      if (table.block === number)
        for (const literals of table.cells) if (literals !== null && literals.length > 0) events.set(conjunctionKey(literals), literals);

  const parent = Int32Array.from(block.digits, (_, i) => i);
  const root = (digit: number): number => {
    let at = digit;
    while (parent[at] !== at) at = parent[at] as number;
    return at;
  };
  const link = (literals: readonly Literal[]): void => {
    const first = literals[0];
    for (const { digit } of literals) if (first !== undefined) parent[root(digit)] = root(first.digit);
  };
  for (const row of rows) link((programme.cells[row]?.form ?? []).flatMap((term) => term.literals));
  for (const literals of events.values()) link(literals);
  for (const literals of block.forbidden) {
    if (several && new Set(literals.map(({ digit }) => group[digit])).size > 1)
      return `an assumption on ${block.name} ties exogenous variables that are independent`;
    link(literals);
  }

  const used = new Set<number>();
  for (const row of rows) for (const term of programme.cells[row]?.form ?? []) for (const { digit } of term.literals) used.add(root(digit));
  for (const literals of events.values()) used.add(root((literals[0] as Literal).digit));
  for (const component of [...used].sort((a, b) => a - b)) {
    const digits = block.digits.flatMap((_, digit) => (root(digit) === component ? [digit] : []));
    const groups = [...new Set(digits.map((digit) => group[digit] as number))].sort((a, b) => a - b);
    const boxes: Box[] = [];
    for (const g of groups) {
      const own = digits.filter((digit) => group[digit] === g);
      const count = own.reduce((product, digit) => product * (block.digits[digit]?.levels.length ?? 1), 1);
      if (!(count <= limit)) return `EMCC would have to hold ${count} states of one exogenous variable of ${block.name} (limit ${limit})`;
      boxes.push(boxOf(block, own));
    }
    const mine = rows.filter((row) =>
      (programme.cells[row]?.form ?? []).some((term) => term.literals.some((l) => root(l.digit) === component)),
    );
    const terms: (readonly (readonly Float64Array[])[])[] = [];
    for (const row of mine) {
      const cell = programme.cells[row];
      const made = termsOf(cell?.form ?? [], boxes);
      if (made === undefined) return `the programme has a negative coefficient in ${cell?.says}`;
      if (made.every((factors) => factors.some((factor) => factor.every((value) => value === 0))))
        return `no model of the graph and its assumptions allows ${cell?.says}, which was seen`;
      terms.push(made);
    }
    const partitions = boxes.map((box) => new Partition(box.count));
    for (const row of terms) for (const factors of row) for (const [i, factor] of factors.entries()) partitions[i]?.refine(factor);
    const classes = partitions.map((partition) => ({ of: partition.of.slice(), count: partition.count }));
    const here = [...events].filter(([, literals]) => root((literals[0] as Literal).digit) === component);
    const holds = here.map(([, literals]) => boxes.map((box) => matches(box, literals)));
    for (const factors of holds) for (const [i, factor] of factors.entries()) if (factor !== undefined) partitions[i]?.refine(factor);

    const unit = units.length;
    const slots = boxes.map((box, i) => slotOf(number, box, partitions[i] as Partition, classes[i] as { of: Int32Array; count: number }));
    for (const [e, [key]] of here.entries())
      occurrences.set(key, {
        unit,
        parts: boxes.flatMap((_, slot) => {
          const factor = holds[e]?.[slot];
          return factor === undefined ? [] : [{ slot, atoms: atomsOf(factor, slots[slot] as Slot) }];
        }),
      });
    const compress = (factor: Float64Array, slot: number): Float64Array => {
      const of = classes[slot] as { of: Int32Array; count: number };
      const result = new Float64Array(of.count);
      for (let s = 0; s < factor.length; s++) result[of.of[s] as number] = factor[s] as number;
      return result;
    };
    units.push({ block: number, slots, rows: mine, terms: terms.map((row) => row.map((factors) => factors.map(compress))) });
  }
  return undefined;
}

/** All allowed states of some digits: `values` state after state. */
interface Box {
  readonly digits: readonly number[];
  readonly values: Uint32Array;
  readonly count: number;
}

function boxOf(block: Block, digits: readonly number[]): Box {
  const sizes = digits.map((digit) => block.digits[digit]?.levels.length ?? 1);
  const total = sizes.reduce((product, size) => product * size, 1);
  const place = new Map(digits.map((digit, i) => [digit, i]));
  const forbidden = block.forbidden.filter((literals) => literals.every(({ digit }) => place.has(digit)));
  const state = new Uint32Array(digits.length);
  const values: number[] = [];
  for (let s = 0; s < total; s++) {
    const dropped = forbidden.some((literals) => literals.every(({ digit, value }) => state[place.get(digit) as number] === value));
    if (!dropped) for (const value of state) values.push(value);
    for (let i = digits.length - 1; i >= 0; i--) {
      state[i] = (state[i] as number) + 1;
      if ((state[i] as number) < (sizes[i] as number)) break;
      state[i] = 0;
    }
  }
  return { digits, values: Uint32Array.from(values), count: values.length / digits.length };
}

/** 1 where the literals on digits of the box hold; undefined: there are none. */
function matches(box: Box, literals: readonly Literal[]): Float64Array | undefined {
  const own = literals.flatMap(({ digit, value }) => {
    const at = box.digits.indexOf(digit);
    return at < 0 ? [] : [{ at, value }];
  });
  if (own.length === 0) return undefined;
  const width = box.digits.length;
  const result = new Float64Array(box.count).fill(1);
  for (const { at, value } of own) for (let s = 0; s < box.count; s++) if (box.values[s * width + at] !== value) result[s] = 0;
  return result;
}

/**
 * A form as a sum of products of functions, one on each box (the coefficient in the first). Terms that differ in one box only are
 * added up, box after box: with one box a single function remains, with several as few as conjunctions of sets of states allow.
 */
function termsOf(form: Form, boxes: readonly Box[]): readonly (readonly Float64Array[])[] | undefined {
  let terms: (readonly Float64Array[])[] = [];
  for (const { coefficient, literals } of form) {
    if (coefficient === 0) continue;
    if (!(coefficient > 0)) return undefined;
    const factors = boxes.map((box) => matches(box, literals) ?? new Float64Array(box.count).fill(1));
    terms.push([(factors[0] as Float64Array).map((one) => one * coefficient), ...factors.slice(1)]);
  }
  for (let g = boxes.length - 1; g >= 0; g--) {
    const joined = new Map<string, Float64Array[]>();
    for (const factors of terms) {
      const key = factors.flatMap((factor, h) => (h === g ? [] : [factor.join()])).join(';');
      const before = joined.get(key);
      if (before === undefined) joined.set(key, [...factors]);
      else before[g] = (before[g] as Float64Array).map((value, state) => value + ((factors[g] as Float64Array)[state] as number));
    }
    terms = [...joined.values()];
  }
  return terms;
}

/** A partition of states, refined by functions on them; numbered in order of first appearance. */
class Partition {
  of: Int32Array;
  count: number;

  constructor(states: number) {
    this.of = new Int32Array(states);
    this.count = Math.min(1, states);
  }

  refine(by: Float64Array): void {
    const labels = new Map<number, Map<number, number>>();
    let next = 0;
    const refined = new Int32Array(by.length);
    for (let s = 0; s < by.length; s++) {
      const before = this.of[s] as number;
      const value = by[s] as number;
      let row = labels.get(before);
      if (row === undefined) {
        row = new Map();
        labels.set(before, row);
      }
      let label = row.get(value);
      if (label === undefined) {
        label = next;
        next += 1;
        row.set(value, label);
      }
      refined[s] = label;
    }
    this.of = refined;
    this.count = next;
  }
}

function slotOf(block: number, box: Box, atoms: Partition, classes: { readonly of: Int32Array; readonly count: number }): Slot {
  const sizes = new Float64Array(atoms.count);
  const classOf = new Int32Array(atoms.count);
  const values: number[][] = [];
  const width = box.digits.length;
  for (let s = 0; s < box.count; s++) {
    const atom = atoms.of[s] as number;
    sizes[atom] = (sizes[atom] as number) + 1;
    classOf[atom] = classes.of[s] as number;
    values[atom] ??= Array.from(box.values.subarray(s * width, (s + 1) * width));
  }
  return { block, digits: box.digits, states: box.count, atomOf: atoms.of, classOf, classes: classes.count, sizes, values };
}

function atomsOf(holds: Float64Array, slot: Slot): Int32Array {
  const found = new Set<number>();
  for (let s = 0; s < holds.length; s++) if (holds[s] === 1) found.add(slot.atomOf[s] as number);
  return Int32Array.from([...found].sort((a, b) => a - b));
}
