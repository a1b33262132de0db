import type { Study } from '../data/study.ts';
import { writeName } from '../query/lex.ts';
import { type Piece, piecesOf } from './layout.ts';
import type { Block, Literal, Programme } from './programme.ts';
import type { Structure } from './specification.ts';

/** The blocks, with those that studies tie to them: what a study shows without a variable it lacks may depend on several. */
export function tiedBlocks(structure: Structure, studies: readonly Study[], blocks: readonly number[]): ReadonlySet<number> {
  const ties = studies.flatMap(({ regime, measured }) =>
    piecesOf(
      structure,
      regime,
      structure.order.filter((name) => measured.includes(name) || regime.set.includes(name)),
    ).flatMap((piece) => (piece.blocks.length > 1 ? [piece.blocks] : [])),
  );
  const tied = new Set(blocks);
  for (let size = 0; size < tied.size; ) {
    size = tied.size;
    for (const tie of ties) if (tie.some((block) => tied.has(block))) for (const block of tie) tied.add(block);
  }
  return tied;
}

/** What is said of a piece whose blocks were merged. */
export const tieWords = ({ own, hidden }: Piece, { components = [] }: Block): string =>
  `What a study shows of ${own.map(writeName).join(', ')} without ${hidden.map(writeName).join(', ')} ties ${components.map((name) => `{${name}}`).join(' and ')} together: they are described as one, and are independent in it.`;

/** The largest number of joint states among the digits of a block that something ties together. */
export function jointStates({ blocks, strata, cells, restrictions, target }: Programme, number: number): number {
  const block = blocks[number] as Block;
  const leader = block.digits.map((_, digit) => digit);
  const find = (digit: number): number => {
    let top = digit;
    while (leader[top] !== top) top = leader[top] as number;
    leader[digit] = top;
    return top;
  };
  const seen = new Set<number>();
  const link = (literals: readonly Literal[], first = literals[0]?.digit): void => {
    for (const { digit } of literals) {
      seen.add(digit);
      leader[find(digit)] = find(first as number);
    }
  };
  const linkForm = (form: readonly { readonly literals: readonly Literal[] }[]): void => link(form.flatMap(({ literals }) => literals));
  for (const { stratum, form } of cells) if (strata[stratum]?.block === number) linkForm(form);
  for (const restriction of restrictions) if (restriction.block === number) linkForm(restriction.form);
  for (const conjunction of block.forbidden) link(conjunction);
  for (const { tables } of [...target.numerator, ...(target.denominator ?? [])])
    for (const table of tables) if (table.block === number) for (const literals of table.cells) link(literals ?? []);
  const states = new Map<number, number>();
  for (const digit of seen)
    states.set(find(digit), (states.get(find(digit)) ?? 1) * (block.digits[digit] as Block['digits'][number]).levels.length);
  return Math.max(1, ...states.values());
}
