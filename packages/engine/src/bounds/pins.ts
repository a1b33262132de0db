import type { Steps } from '../run/steps.ts';
import { type Pin, sparse } from './certificate.ts';
import { blocksOf, combined, conjunctionKey, networksForm, type TableNumbers } from './contract.ts';
import type { Farkas } from './farkas.ts';
import type { Cut } from './island.ts';
import type { LinearBlock, Unsolved } from './linear.ts';
import type { Form, LocalTable, Network, Programme, Target } from './programme.ts';
import { cellsOfBlock } from './states.ts';

/** What all models of a block say of the conjunctions in the target's tables: from, to, and the multipliers that show it. */
export interface Numbers {
  readonly pins: readonly Pin[];
  readonly low: TableNumbers;
  readonly high: TableNumbers;
  /** Some search ended early. */
  readonly cut?: Cut;
}

/** Largest effect on the target that a number known only up to a range may have if its block is to count as pinned. */
const pinnedTo = 1e-11;

const tablesOf = (target: Target, block: number): LocalTable[] =>
  [...target.numerator, ...(target.denominator ?? [])].flatMap(({ tables }) => tables.filter((table) => table.block === block));

/** The ranges of all conjunctions that the target reads of one block: cells as they are, two programmes for each of the others. */
export function* numbersOf(programme: Programme, open: LinearBlock): Steps<Numbers | { readonly infeasible: Farkas } | Unsolved> {
  let cut: Cut | undefined;
  const { block } = open;
  const cells = cellsOfBlock(programme, block);
  const single = new Map<string, number>();
  for (const [i, { form, target }] of cells.entries()) {
    const [term] = form;
    if (form.length === 1 && term?.coefficient === 1 && Number.isFinite(target)) single.set(conjunctionKey(term.literals), i);
  }
  const pins = new Map<string, Pin>();
  const ranges = new Map<string, readonly [number, number]>();
  for (const literals of tablesOf(programme.target, block).flatMap(({ cells: list }) => list)) {
    if (literals === null || literals.length === 0) continue;
    const key = conjunctionKey(literals);
    if (ranges.has(key)) continue;
    const cell = single.get(key);
    if (cell !== undefined) {
      const multipliers = sparse(
        programme,
        block,
        cells.map((_, i) => (i === cell ? 1 : 0)),
      );
      const { target } = cells[cell] as (typeof cells)[number];
      ranges.set(key, [target, target]);
      pins.set(key, { block, literals, lower: multipliers, upper: multipliers });
      continue;
    }
    const found = yield* open.range([{ coefficient: 1, literals }]);
    if (!('lower' in found)) return found;
    cut = found.cut ?? cut;
    ranges.set(key, [Math.max(0, found.lower), Math.min(1, found.upper)]);
    pins.set(key, {
      block,
      literals,
      lower: sparse(programme, block, found.lowerMultipliers),
      upper: sparse(programme, block, found.upperMultipliers),
    });
  }
  const numbers =
    (end: 0 | 1): TableNumbers =>
    (table) =>
      table.cells.map((literals) => {
        if (literals === null) return 0;
        return literals.length === 0 ? 1 : ((ranges.get(conjunctionKey(literals)) as readonly [number, number])[end] as number);
      });
  return { pins: [...pins.values()], low: numbers(0), high: numbers(1), ...(cut === undefined ? {} : { cut }) };
}

/** Numbers of all blocks from one of each; blocks without: 0 (low) or 1 (high). */
export const everyNumber =
  (numbers: ReadonlyMap<number, Numbers>, end: 'low' | 'high'): TableNumbers =>
  (table) => {
    const known = numbers.get(table.block);
    return known === undefined ? table.cells.map((cell) => (cell === null || end === 'low' ? 0 : 1)) : known[end](table);
  };

/** Whether what is not known of a block's numbers can move the target, given what is known of the other blocks. */
export function isPinned(target: Target, block: number, numbers: ReadonlyMap<number, Numbers>): boolean {
  const own = numbers.get(block);
  if (own === undefined) return !blocksOf(target).includes(block);
  const absolute = [...target.numerator, ...(target.denominator ?? [])].map(
    (network): Network => ({ ...network, weight: Math.abs(network.weight) }),
  );
  const high = everyNumber(numbers, 'high');
  const low = everyNumber(numbers, 'low');
  let effect = 0;
  const widths = new Map<string, number>();
  for (const table of tablesOf(target, block)) {
    const [from, to] = [low(table), high(table)];
    for (const [i, literals] of table.cells.entries())
      if (literals !== null) widths.set(conjunctionKey(literals), (to[i] as number) - (from[i] as number));
  }
  for (const { coefficient, literals } of networksForm(absolute, block, high)) {
    if (literals.length > 0) effect += coefficient * Math.max(0, widths.get(conjunctionKey(literals)) ?? 0);
  }
  return effect <= pinnedTo;
}

/** A sum of networks as two forms of one block between which it lies, the other blocks between their numbers. */
export function formsBetween(
  networks: readonly Network[],
  block: number,
  numbers: ReadonlyMap<number, Numbers>,
): { readonly low: Form; readonly high: Form } {
  const positive = networks.filter(({ weight }) => weight >= 0);
  const negative = networks.filter(({ weight }) => weight < 0);
  const [from, to] = [everyNumber(numbers, 'low'), everyNumber(numbers, 'high')];
  return {
    low: combined(networksForm(positive, block, from), 1, networksForm(negative, block, to)),
    high: combined(networksForm(positive, block, to), 1, networksForm(negative, block, from)),
  };
}
