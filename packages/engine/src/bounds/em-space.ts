import { conjunctionKey } from './contract.ts';
import { type Box, boxOf, matches, Partition, termsOf } from './em-box.ts';
import { components } from './least.ts';
import type { Block, Literal, Programme } from './programme.ts';

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
  const across = ({ literals }: { readonly literals: readonly Literal[] }): boolean =>
    new Set(literals.map(({ digit }) => group[digit])).size > 1;
  const forbidden = block.forbidden.map((literals) => ({ literals }));
  if (forbidden.some(across)) return `an assumption on ${block.name} ties exogenous variables that are independent`;
  const rows = programme.cells.flatMap(({ stratum, count, form }, row) =>
    programme.strata[stratum]?.block === number && count > 0 ? [{ row, literals: form.flatMap((term) => term.literals) }] : [],
  );
  const networks = [...programme.target.numerator, ...(programme.target.denominator ?? [])];
  const cells = networks.flatMap(({ tables }) => tables.flatMap((table) => (table.block === number ? table.cells : [])));
  const events = new Map(cells.flatMap((event) => (event === null ? [] : [[conjunctionKey(event), event] as const])));
  const entries: Entry[] = [...rows, ...[...events.values()].map((event) => ({ event, literals: event })), ...forbidden];
  const linked = components(
    block.digits.length,
    entries.filter(({ literals }) => literals.length > 0),
  );
  for (const component of linked) {
    if (component.every(({ row, event }) => row === undefined && event === undefined)) continue;
    const digits = [...new Set(component.flatMap(({ literals }) => literals.map(({ digit }) => digit)))].sort((a, b) => a - b);
    const groups = [...new Set(digits.map((digit) => group[digit] as number))].sort((a, b) => a - b);
    const boxes: Box[] = [];
    for (const g of groups) {
      const own = digits.filter((digit) => group[digit] === g);
      const count = own.reduce((product, digit) => product * (block.digits[digit]?.levels.length ?? 1), 1);
      if (!(count <= limit)) return `EMCC would have to hold ${count} states of one exogenous variable of ${block.name} (limit ${limit})`;
      boxes.push(boxOf(block, own));
    }
    const made = unitOf(programme, number, boxes, component);
    if ('refused' in made) return made.refused;
    for (const [key, parts] of made.parts) occurrences.set(key, { unit: units.length, parts });
    units.push(made.unit);
  }
  return undefined;
}

interface Entry {
  readonly literals: readonly Literal[];
  /** The literals are those of this cell. */
  readonly row?: number;
  /** They are this event of the question. */
  readonly event?: readonly Literal[];
}

function unitOf(
  programme: Programme,
  block: number,
  boxes: readonly Box[],
  component: readonly Entry[],
): { readonly unit: Unit; readonly parts: ReadonlyMap<string, Occurrence['parts']> } | { readonly refused: string } {
  const rows = component.flatMap(({ row }) => (row === undefined ? [] : [row]));
  const terms: (readonly (readonly Float64Array[])[])[] = [];
  for (const row of rows) {
    const cell = programme.cells[row];
    const made = termsOf(cell?.form ?? [], boxes);
    if (made === undefined) return { refused: `the programme has a negative coefficient in ${cell?.says}` };
    if (made.every((factors) => factors.some((factor) => factor.every((value) => value === 0))))
      return { refused: `no model of the graph and its assumptions allows ${cell?.says}, which was seen` };
    terms.push(made);
  }
  const classes = boxes.map((box, i) => {
    const partition = new Partition(box.count);
    for (const row of terms) for (const factors of row) partition.refine(factors[i] as Float64Array);
    return partition;
  });
  const events = component.flatMap(({ event }) => (event === undefined ? [] : [event]));
  const holds = events.map((literals) => boxes.map((box) => matches(box, literals)));
  const atoms = classes.map((partition, i) => {
    const finer = partition.copy();
    for (const factors of holds) {
      const factor = factors[i];
      if (factor !== undefined) finer.refine(factor);
    }
    return finer;
  });
  const slots = boxes.map((box, i) => slotOf(block, box, atoms[i] as Partition, classes[i] as Partition));
  const parts = new Map(
    events.map((literals, e) => [
      conjunctionKey(literals),
      slots.flatMap((slot, i) => {
        const factor = holds[e]?.[i];
        return factor === undefined ? [] : [{ slot: i, atoms: atomsOf(factor, slot) }];
      }),
    ]),
  );
  const perClass = terms.map((row) => row.map((factors) => factors.map((factor, i) => (classes[i] as Partition).compress(factor))));
  return { unit: { block, slots, rows, terms: perClass }, parts };
}

function slotOf(block: number, box: Box, atoms: Partition, classes: Partition): Slot {
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
