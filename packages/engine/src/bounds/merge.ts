import type { Name } from '../graph/variable.ts';
import type { Child } from './canonical.ts';
import type { Block, Literal, LocalTable, Network, Restriction, Target } from './programme.ts';
import type { Structure } from './specification.ts';

/** Where the digits of a block went: behind `first` others of `block`. */
export interface Place {
  readonly block: number;
  readonly first: number;
}

export interface Merged {
  readonly structure: Structure;
  /** By block of the structure before. */
  readonly places: readonly Place[];
}

/**
 * The same model with the blocks of every set described as one, by a joint distribution whose parts are independent (`groups`), so
 * that what shows several of them at once is linear in it. Where a block has independences of its own, theirs and those between the
 * blocks are kept as such, for blocks without `groups`.
 */
export function mergeBlocks(structure: Structure, sets: readonly (readonly number[])[]): Merged {
  const leader = structure.blocks.map((_, block) => block);
  for (const set of sets) {
    const all = new Set(set.map((block) => leader[block]));
    const least = Math.min(...set.map((block) => leader[block] as number));
    for (const [block, own] of leader.entries()) if (all.has(own)) leader[block] = least;
  }
  const kept = [...new Set(leader)].sort((a, b) => a - b);
  const filled = kept.map(() => 0);
  const places = structure.blocks.map(({ digits }, block): Place => {
    const to = kept.indexOf(leader[block] as number);
    const first = filled[to] as number;
    filled[to] = first + digits.length;
    return { block: to, first };
  });
  const blocks = kept.map((one): Block => {
    const members = structure.blocks.flatMap((block, number) =>
      leader[number] === one ? [{ block, place: places[number] as Place }] : [],
    );
    return members.length === 1 ? (structure.blocks[one] as Block) : joined(structure, members);
  });
  const children = new Map(
    [...structure.children].map(([name, child]): [Name, Child] => {
      const { block, first } = places[child.block] as Place;
      const { digits, equation } = child;
      return [
        name,
        {
          ...child,
          block,
          ...(digits !== undefined && { digits: digits.map((digit) => digit + first) }),
          ...(equation !== undefined && { equation: { ...equation, states: equation.states.map((digit) => digit + first) } }),
        },
      ];
    }),
  );
  const restrictions = structure.restrictions.map((one): Restriction => {
    const { block, first } = places[one.block] as Place;
    return { ...one, block, form: one.form.map((term) => ({ ...term, literals: moved(term.literals, first) })) };
  });
  return { structure: { ...structure, blocks, children, restrictions }, places };
}

const moved = (literals: readonly Literal[], first: number): readonly Literal[] =>
  first === 0 ? literals : literals.map(({ digit, value }) => ({ digit: digit + first, value }));

function joined({ order }: Structure, members: readonly { readonly block: Block; readonly place: Place }[]): Block {
  const all = members.map(({ block, place: { first } }) => {
    const shifted = (digits: readonly number[]): number[] => digits.map((digit) => digit + first);
    const whole = shifted([...block.digits.keys()]);
    return {
      whole,
      groups: block.groups?.map(shifted) ?? [whole],
      independences: block.independences.map(({ a, b }) => ({ a: shifted(a), b: shifted(b) })),
      forbidden: block.forbidden.map((conjunction) => moved(conjunction, first)),
    };
  });
  const grouped = members.every(({ block }) => block.independences.length === 0);
  const between = all.slice(0, -1).map(({ whole }, i) => ({ a: whole, b: all.slice(i + 1).flatMap((other) => other.whole) }));
  const inside = new Set(members.flatMap(({ block }) => block.children));
  return {
    name: members.map(({ block }) => block.name).join(', '),
    components: members.flatMap(({ block }) => block.components ?? [block.name]),
    children: order.filter((name) => inside.has(name)),
    digits: members.flatMap(({ block }) => block.digits),
    forbidden: all.flatMap(({ forbidden }) => forbidden),
    ...(grouped && { groups: all.flatMap(({ groups }) => groups) }),
    independences: grouped ? [] : [...between, ...all.flatMap(({ independences }) => independences)],
    complete: members.every(({ block }) => block.complete),
  };
}

/** A target over the merged blocks; undefined: a table of it would have more than `limit` cells. */
export function mergeTarget(target: Target, places: readonly Place[], limit: number): Target | undefined {
  let fits = true;
  const network = ({ weight, tables }: Network): Network => {
    const found = new Map<number, LocalTable>();
    for (const table of tables) {
      const { block, first } = places[table.block] as Place;
      const own = { ...table, block, cells: table.cells.map((cell) => (cell === null ? null : moved(cell, first))) };
      const other = found.get(block);
      const both = other === undefined ? own : product(other, own, limit);
      fits &&= both !== undefined;
      found.set(block, both ?? own);
    }
    return { weight, tables: [...found.values()] };
  };
  const { numerator, denominator } = target;
  const made = { numerator: numerator.map(network), ...(denominator !== undefined && { denominator: denominator.map(network) }) };
  return fits ? made : undefined;
}

/** One table for two over disjoint digits of one block. */
function product(a: LocalTable, b: LocalTable, limit: number): LocalTable | undefined {
  const axes = [...new Set([...a.axes, ...b.axes])];
  const sizes = axes.map((axis) => a.sizes[a.axes.indexOf(axis)] ?? (b.sizes[b.axes.indexOf(axis)] as number));
  const count = sizes.reduce((cells, size) => cells * size, 1);
  if (count > limit) return undefined;
  const at = new Array<number>(axes.length).fill(0);
  const cellOf = (table: LocalTable): readonly Literal[] | null =>
    table.cells[table.axes.reduce((place, axis, i) => place * (table.sizes[i] as number) + (at[axes.indexOf(axis)] as number), 0)] as
      | readonly Literal[]
      | null;
  const cells = Array.from({ length: count }, (_, cell) => {
    let rest = cell;
    for (let i = axes.length - 1; i >= 0; i--) {
      at[i] = rest % (sizes[i] as number);
      rest = Math.floor(rest / (sizes[i] as number));
    }
    const [left, right] = [cellOf(a), cellOf(b)];
    return left === null || right === null ? null : [...left, ...right].sort((x, y) => x.digit - y.digit);
  });
  return { block: a.block, axes, sizes, cells };
}
