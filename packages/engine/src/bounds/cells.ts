import type { Name, Value } from '../graph/variable.ts';
import { writeName } from '../query/lex.ts';
import { printValue } from '../query/print.ts';
import type { Child } from './canonical.ts';
import { conjunctionsOf, contextOf, gather } from './facts.ts';
import { type Piece, piecesOf } from './layout.ts';
import { Margins } from './margins.ts';
import { needsOf, planPlugIns, type Supply } from './plug-in.ts';
import type { Block, Cell, Form, Stratum, Term } from './programme.ts';
import type { Structure } from './specification.ts';
import type { StudyTable } from './studies.ts';
import { type Counted, countPiece } from './tian.ts';

export interface StudyCells {
  /** `block` counts in the structure's blocks. */
  readonly strata: readonly Stratum[];
  readonly cells: readonly Cell[];
  /** Where every stratum comes from. */
  readonly origins: readonly Origin[];
  /** The pieces of every table. */
  readonly pieces: readonly (readonly Piece[])[];
  /** What the studies show and no cell says, in words: bounds without it are valid but may be wider than need be. */
  readonly leftOut: readonly string[];
  /** The pieces behind `leftOut`, one each: blocks that they tie together. */
  readonly coupled: readonly Piece[];
}

/** The stratum of one piece at one value of its external variables; its cells are row-major over `piece.own`. */
export interface Origin {
  readonly table: number;
  readonly piece: Piece;
  readonly external: readonly number[];
  readonly first: number;
}

/**
 * What the studies say of each block: one stratum per study, c-component of its regime and value of the external parents, with
 * all configurations as cells. Targets are Tian's products of empirical conditionals on Markov pillows; a configuration that
 * never occurred has target 0 where the conditional is defined, NaN where no record speaks. Where hidden variables couple
 * several blocks, the row is linear in one of them with the others' numbers from studies that measured them, or is left out.
 *
 * Which strata and cells there are, and their order, depends on regimes and measured variables alone, never on weights.
 * `like`: the cells of other tables of the same studies, whose forms are used again. A stratum whose plugged-in numbers are
 * undefined keeps its place with empty forms, no counts and unknown targets.
 */
export function cellsOf(structure: Structure, tables: readonly StudyTable[], blocks?: ReadonlySet<number>, like?: StudyCells): StudyCells {
  const pieces = like?.pieces ?? tables.map((table) => table.pieces ?? piecesOf(structure, table.regime, table.measured));
  const counted = tables.flatMap((table, number): Counted[] => {
    const margins = new Margins(table);
    const read = new Set(table.axes);
    return (pieces[number] as readonly Piece[])
      .filter(({ own, external }) => [...own, ...external.map(({ name }) => name)].every((name) => read.has(name)))
      .map((piece) => countPiece(number, table, margins, piece));
  });
  const strata: Stratum[] = [];
  const cells: Cell[] = [];
  const origins: Origin[] = [];
  const leftOut: string[] = [];
  const coupled: Piece[] = [];
  const wanted = (block: number): boolean => blocks === undefined || blocks.has(block);
  const begin = (one: Counted, external: readonly number[], block: number): Stratum => {
    const table = tables[one.table] as StudyTable;
    const stratum = like?.strata[strata.length] ?? {
      block,
      study: table.name,
      says: spellContext(structure, one.piece, external),
      exact: table.exact,
    };
    strata.push(stratum);
    origins.push({ table: one.table, piece: one.piece, external, first: cells.length });
    return stratum;
  };
  const says = (one: Counted, own: readonly number[], context: string): string =>
    like?.cells[cells.length]?.says ??
    `P(${one.piece.own.map((name, i) => spell(structure, name, own[i] as number)).join(', ')}${context === '' ? '' : ` | ${context}`})`;

  for (const one of counted) {
    const [block, another] = one.piece.blocks;
    if (block === undefined || another !== undefined || !wanted(block)) continue;
    const formAt = formsOf(structure, one.piece, block);
    for (const external of contextsOf(structure, one.piece)) {
      const context = begin(one, external, block).says;
      for (const own of configurations(structure, one.piece.own)) {
        const values = [...own, ...external];
        const form = like?.cells[cells.length]?.form ?? formAt(own, external);
        cells.push({
          stratum: strata.length - 1,
          form,
          says: says(one, own, context),
          count: one.countAt(values),
          ...one.targetAt(values),
        });
      }
    }
  }

  const supplies = counted
    .filter(({ piece }) => piece.blocks.length === 1 && piece.hidden.length === 0)
    .map(({ table, piece, targetAt }): Supply => {
      const { exact, size } = tables[table] as StudyTable;
      return { piece, exact, size, numberAt: (own, external) => targetAt([...own, ...external]).target };
    });
  for (const one of counted) {
    if (one.piece.blocks.length < 2 || !one.piece.blocks.some(wanted)) continue;
    const plan = planPlugIns(structure, one.piece, supplies);
    const shown = `What study ${tables[one.table]?.name} shows of ${one.piece.own.map(writeName).join(', ')} without ${one.piece.hidden.map(writeName).join(', ')}`;
    if (plan === undefined) {
      coupled.push(one.piece);
      leftOut.push(`${shown} is not used: it depends on several unknown parts of the model at once.`);
      continue;
    }
    let missing = false;
    for (const external of contextsOf(structure, one.piece)) {
      const all = [...configurations(structure, one.piece.own)];
      if (!all.every((own) => plan.covers(own, external))) {
        missing = true;
        continue;
      }
      // With all other factors known it says nothing of them.
      if (!wanted(plan.block)) continue;
      const context = begin(one, external, plan.block).says;
      const forms = all.map((own) => plan.formAt(own, external));
      const known = forms.every((form) => form !== undefined);
      missing ||= !known;
      for (const [i, own] of all.entries()) {
        const values = [...own, ...external];
        const numbers = known
          ? { form: forms[i] as Form, count: one.countAt(values), ...one.targetAt(values) }
          : { form: [], count: 0, target: Number.NaN };
        cells.push({ stratum: strata.length - 1, says: says(one, own, context), ...numbers });
      }
    }
    if (missing) {
      coupled.push(one.piece);
      leftOut.push(`${shown} is used in part: no study gives the other factors everywhere.`);
    }
  }
  return { strata, cells, origins, pieces, leftOut, coupled };
}

/** The form of a configuration that one block decides. */
function formsOf(structure: Structure, piece: Piece, number: number): (own: readonly number[], external: readonly number[]) => Form {
  const block = structure.blocks[number] as Block;
  if (piece.hidden.length > 0)
    return (own, external) => {
      const terms: Term[] = [];
      for (const facts of needsOf(structure, piece, own, external))
        for (const literals of conjunctionsOf(block, facts.get(number) ?? [])) terms.push({ coefficient: 1, literals });
      return gather(terms);
    };
  const all: readonly Name[] = [...piece.own, ...piece.external.map(({ name }) => name)];
  const members = piece.own.map((name) => {
    const child = structure.children.get(name) as Child;
    return { child, places: child.parents.map((parent) => all.indexOf(parent)) };
  });
  return (own, external) => {
    const at = (place: number): number => (place < own.length ? own[place] : external[place - own.length]) as number;
    const facts = members.map(({ child, places }, i) => ({ child, context: contextOf(child, places.map(at)), value: own[i] as number }));
    return gather(conjunctionsOf(block, facts).map((literals) => ({ coefficient: 1, literals })));
  };
}

/** Level indices of every configuration of the variables, row-major; those in `fixed` stay. */
export function* configurations(
  structure: Pick<Structure, 'levels'>,
  names: readonly Name[],
  fixed: readonly (number | undefined)[] = [],
): Generator<number[]> {
  const sizes = names.map((name) => structure.levels.get(name)?.length ?? 1);
  const at = names.map((_, i) => fixed[i] ?? 0);
  for (;;) {
    yield [...at];
    let i = names.length - 1;
    for (; i >= 0; i--) {
      if (fixed[i] !== undefined) continue;
      at[i] = (at[i] as number) + 1;
      if ((at[i] as number) < (sizes[i] as number)) break;
      at[i] = 0;
    }
    if (i < 0) return;
  }
}

const contextsOf = (structure: Pick<Structure, 'levels'>, { external }: Piece): Generator<number[]> =>
  configurations(
    structure,
    external.map(({ name }) => name),
    external.map(({ fixed }) => fixed),
  );

const spell = (structure: Structure, name: Name, value: number): string =>
  `${writeName(name)}=${printValue((structure.levels.get(name) as readonly Value[])[value] as Value)}`;

/** What was set, and values that the piece itself affects, stand in do(). */
function spellContext(structure: Structure, piece: Piece, external: readonly number[]): string {
  const parts = piece.external.map(({ name, set }, i) => ({
    set: set || piece.downstream.has(name),
    says: spell(structure, name, external[i] as number),
  }));
  const done = parts.filter(({ set }) => set).map(({ says }) => says);
  return [...(done.length > 0 ? [`do(${done.join(', ')})`] : []), ...parts.filter(({ set }) => !set).map(({ says }) => says)].join(', ');
}
