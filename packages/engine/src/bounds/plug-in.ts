import type { Name } from '../graph/variable.ts';
import type { Child } from './canonical.ts';
import { conjunctionsOf, contextOf, type Fact, gather } from './facts.ts';
import type { Piece } from './layout.ts';
import type { Block, Term } from './programme.ts';
import type { Structure } from './specification.ts';

/** A factor that some study shows in full. */
export interface Supply {
  readonly piece: Piece;
  readonly exact: boolean;
  readonly size: number;
  numberAt(own: readonly number[], external: readonly number[]): number;
}

export interface PlugIn {
  /** The block in which the rows are linear. */
  readonly block: number;
  /** Whether studies show the other factors of this configuration (their numbers may still be undefined). */
  covers(own: readonly number[], external: readonly number[]): boolean;
  /** Undefined: one of the other numbers is undefined. */
  formAt(own: readonly number[], external: readonly number[]): Term[] | undefined;
}

/** For every value of the hidden variables of a piece: by block, what its children must do for the configuration to occur. */
export function* needsOf(
  structure: Structure,
  piece: Piece,
  own: readonly number[],
  external: readonly number[],
): Generator<ReadonlyMap<number, readonly Fact[]>> {
  const values = new Map<Name, number>();
  for (const [i, name] of piece.own.entries()) values.set(name, own[i] as number);
  for (const [i, { name }] of piece.external.entries()) values.set(name, external[i] as number);
  const children = [...piece.hidden, ...piece.own].map((name) => structure.children.get(name) as Child);
  const sizes = piece.hidden.map((name) => structure.levels.get(name)?.length ?? 1);
  const count = sizes.reduce((product, size) => product * size, 1);
  for (let number = 0; number < count; number++) {
    let rest = number;
    for (const [i, name] of piece.hidden.entries()) {
      values.set(name, rest % (sizes[i] as number));
      rest = Math.floor(rest / (sizes[i] as number));
    }
    const facts = new Map<number, Fact[]>();
    for (const child of children) {
      const context = contextOf(
        child,
        child.parents.map((parent) => values.get(parent) as number),
      );
      const list = facts.get(child.block) ?? [];
      facts.set(child.block, list);
      list.push({ child, context, value: values.get(child.variable) as number });
    }
    yield facts;
  }
}

/**
 * A piece whose hidden variables couple several blocks is a sum of products. Where all factors but one block's are shown by
 * studies that measured those variables, it is linear in that block, with their empirical numbers as coefficients (plug-in).
 */
export function planPlugIns(structure: Structure, piece: Piece, supplies: readonly Supply[]): PlugIn | undefined {
  const ranked = [...supplies].sort((a, b) => Number(b.exact) - Number(a.exact) || b.size - a.size);
  const members = [...piece.hidden, ...piece.own].map((name) => structure.children.get(name) as Child);
  const suppliersOf = new Map(
    piece.blocks.map((block) => {
      const inside = members.filter((child) => child.block === block);
      return [block, ranked.filter((supply) => offers(supply, inside))] as const;
    }),
  );
  const unsupplied = piece.blocks.filter((block) => suppliersOf.get(block)?.length === 0);
  const last = structure.children.get(piece.own.at(-1) as Name)?.block as number;
  const [block = last, another] = unsupplied;
  if (another !== undefined) return undefined;
  const others = piece.blocks.filter((one) => one !== block);
  const numberOf = (one: number, facts: readonly Fact[]): number => {
    for (const supply of suppliersOf.get(one) ?? []) {
      if (!fits(supply, facts)) continue;
      const number = valueAt(structure, supply, facts);
      if (!Number.isNaN(number)) return number;
    }
    return Number.NaN;
  };
  return {
    block,
    covers: (own, external) => {
      for (const needs of needsOf(structure, piece, own, external))
        if (!others.every((one) => suppliersOf.get(one)?.some((supply) => fits(supply, needs.get(one) ?? [])))) return false;
      return true;
    },
    formAt: (own, external) => {
      const terms: Term[] = [];
      for (const needs of needsOf(structure, piece, own, external)) {
        let coefficient = 1;
        for (const one of others) {
          const number = coefficient === 0 ? 0 : numberOf(one, needs.get(one) ?? []);
          coefficient = number === 0 ? 0 : coefficient * number;
        }
        if (Number.isNaN(coefficient)) return undefined;
        for (const literals of conjunctionsOf(structure.blocks[block] as Block, needs.get(block) ?? []))
          terms.push({ coefficient, literals });
      }
      return gather(terms);
    },
  };
}

/** Whether a study's piece has these children, free of what else it has: a margin of it is then their joint response. */
function offers({ piece }: Supply, inside: readonly Child[]): boolean {
  const names = new Set(inside.map(({ variable }) => variable));
  const others = new Set(piece.own.filter((name) => !names.has(name)));
  return inside.every(({ variable, parents }) => piece.own.includes(variable) && !parents.some((parent) => others.has(parent)));
}

/** Whether the supplier's fixed settings are those that the facts ask for. */
function fits({ piece }: Supply, facts: readonly Fact[]): boolean {
  const asked = askedOf(facts);
  return piece.external.every(({ name, fixed }) => fixed === undefined || (asked.get(name) ?? fixed) === fixed);
}

/** The values that the facts give to their children and to the children's parents. */
function askedOf(facts: readonly Fact[]): Map<Name, number> {
  const values = new Map<Name, number>();
  for (const { child, context } of facts) {
    let rest = context;
    for (let i = child.parents.length - 1; i >= 0; i--) {
      values.set(child.parents[i] as Name, rest % (child.sizes[i] as number));
      rest = Math.floor(rest / (child.sizes[i] as number));
    }
  }
  for (const { child, value } of facts) values.set(child.variable, value);
  return values;
}

/** The sum of the supplier's cells in which the facts hold, at the first value of unrelated external variables where it is defined. */
function valueAt(structure: Structure, { piece, numberAt }: Supply, facts: readonly Fact[]): number {
  const asked = askedOf(facts);
  const range = (name: Name, fixed?: number): readonly number[] => {
    const known = fixed ?? asked.get(name);
    return known === undefined ? Array.from({ length: structure.levels.get(name)?.length ?? 1 }, (_, i) => i) : [known];
  };
  const product = (ranges: readonly (readonly number[])[]): number[][] =>
    ranges.reduce<number[][]>((all, values) => all.flatMap((some) => values.map((value) => [...some, value])), [[]]);
  const own = product(piece.own.map((name) => range(name)));
  for (const external of product(piece.external.map(({ name, fixed }) => range(name, fixed)))) {
    const sum = own.reduce((total, values) => total + numberAt(values, external), 0);
    if (!Number.isNaN(sum)) return sum;
  }
  return Number.NaN;
}
