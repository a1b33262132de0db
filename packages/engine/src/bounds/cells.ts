import type { Name, Value } from '../graph/variable.ts';
import { writeName } from '../query/lex.ts';
import { printValue } from '../query/print.ts';

import { conjunctionsOf, gather } from './facts.ts';
import { type Piece, piecesOf } from './layout.ts';
import { Margins } from './margins.ts';
import { needsOf, planPlugIns, type Supply } from './plug-in.ts';
import type { Block, Cell, Stratum, Term } from './programme.ts';
import type { Structure } from './specification.ts';
import type { StudyTable } from './studies.ts';

export interface StudyCells {
  /** `block` counts in the structure's blocks. */
  readonly strata: readonly Stratum[];
  readonly cells: readonly Cell[];
  /** Where every stratum comes from. */
  readonly origins: readonly Origin[];
  /** What the studies show and no cell says, in words: bounds without it are valid but may be wider than need be. */
  readonly leftOut: readonly string[];
}

/** The stratum of one piece at one value of its external variables; its cells are row-major over `piece.own`. */
export interface Origin {
  readonly table: number;
  readonly piece: Piece;
  readonly external: readonly number[];
  readonly first: number;
}

/** A piece of a study, with what is needed to count it. */
export interface Counted {
  readonly table: number;
  readonly piece: Piece;
  readonly margins: Margins;
}

/**
 * What the studies say of each block: one stratum per study, c-component of its regime and value of the external parents, with
 * all configurations as cells. Targets are Tian's products of empirical conditionals on Markov pillows; a configuration that
 * never occurred has target 0 where the conditional is defined, NaN where no record speaks. Where hidden variables couple
 * several blocks, the row is linear in one of them with the others' numbers from studies that measured them, or is left out.
 *
 * Which strata and cells there are, and their order, depends on regimes and measured variables alone, never on weights.
 */
export function cellsOf(structure: Structure, tables: readonly StudyTable[], blocks?: ReadonlySet<number>): StudyCells {
  const counted = tables.flatMap((table, number): Counted[] => {
    const margins = new Margins(table);
    const read = new Set(table.axes);
    return piecesOf(structure, table.regime, table.measured)
      .filter(({ own, external }) => [...own, ...external.map(({ name }) => name)].every((name) => read.has(name)))
      .map((piece) => ({ table: number, piece, margins }));
  });
  const strata: Stratum[] = [];
  const cells: Cell[] = [];
  const origins: Origin[] = [];
  const leftOut: string[] = [];
  const wanted = (block: number): boolean => blocks === undefined || blocks.has(block);
  const add = (one: Counted, external: readonly number[], block: number, formAt: (own: readonly number[]) => Term[] | undefined): void => {
    const table = tables[one.table] as StudyTable;
    const says = spellingOf(structure, one.piece, external);
    const stratum = strata.length;
    strata.push({ block, study: table.name, says: says.context, exact: table.exact });
    origins.push({ table: one.table, piece: one.piece, external, first: cells.length });
    for (const own of configurations(structure, one.piece.own)) {
      const form = formAt(own);
      const known = form === undefined ? { target: Number.NaN } : targetAt(one, table, own, external);
      cells.push({ stratum, form: form ?? [], says: says.cell(own), count: countAt(one, own, external), ...known });
    }
  };
  for (const one of counted) {
    const [block, another] = one.piece.blocks;
    if (block === undefined || another !== undefined || !wanted(block)) continue;
    for (const external of contextsOf(structure, one.piece))
      add(one, external, block, (own) => {
        const terms: Term[] = [];
        for (const facts of needsOf(structure, one.piece, own, external))
          for (const literals of conjunctionsOf(structure.blocks[block] as Block, facts.get(block) ?? []))
            terms.push({ coefficient: 1, literals });
        return gather(terms);
      });
  }
  const supplies = counted
    .filter(({ piece }) => piece.blocks.length === 1 && piece.hidden.length === 0)
    .map(
      (one): Supply => ({
        piece: one.piece,
        exact: tables[one.table]?.exact === true,
        size: tables[one.table]?.size ?? 0,
        numberAt: (own, external) => targetAt(one, tables[one.table] as StudyTable, own, external).target,
      }),
    );
  for (const one of counted) {
    if (one.piece.blocks.length < 2 || !one.piece.blocks.some(wanted)) continue;
    const plan = planPlugIns(structure, one.piece, supplies);
    const study = tables[one.table]?.name;
    const hidden = one.piece.hidden.map(writeName).join(', ');
    const shown = one.piece.own.map(writeName).join(', ');
    if (plan === undefined) {
      leftOut.push(
        `What study ${study} shows of ${shown} without ${hidden} is not used: it depends on several unknown parts of the model at once.`,
      );
      continue;
    }
    if (!wanted(plan.block)) continue;
    let missing = 0;
    for (const external of contextsOf(structure, one.piece)) {
      if (!plan.covers(external)) missing += 1;
      else add(one, external, plan.block, (own) => plan.formAt(own, external));
    }
    if (missing > 0)
      leftOut.push(`Part of what study ${study} shows of ${shown} without ${hidden} is not used: no study gives the other factors there.`);
  }
  return { strata, cells, origins, leftOut };
}

/** Level indices of every configuration of the variables, row-major. */
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

export const contextsOf = (structure: Pick<Structure, 'levels'>, { external }: Piece): Generator<number[]> =>
  configurations(
    structure,
    external.map(({ name }) => name),
    external.map(({ fixed }) => fixed),
  );

const valuesAt = (piece: Piece, own: readonly number[], external: readonly number[]): Map<Name, number> =>
  new Map([
    ...piece.own.map((name, i) => [name, own[i] as number] as const),
    ...piece.external.map(({ name }, i) => [name, external[i] as number] as const),
  ]);

function countAt({ piece, margins }: Counted, own: readonly number[], external: readonly number[]): number {
  return margins.at([...piece.own, ...piece.external.map(({ name }) => name)], valuesAt(piece, own, external));
}

/** Tian's product of conditionals; equal numerators and denominators cancel. */
function targetAt(
  { piece, margins }: Counted,
  table: StudyTable,
  own: readonly number[],
  external: readonly number[],
): Pick<Cell, 'target' | 'ratios'> {
  const values = valuesAt(piece, own, external);
  const above: number[] = [];
  const below: number[] = [];
  for (const [i, name] of piece.own.entries()) {
    const pillow = piece.pillows[i] as readonly Name[];
    const all = margins.at(pillow, values);
    const part = margins.at([...pillow, name], values);
    if (all === 0) return { target: Number.NaN };
    if (part === 0) return { target: 0, ...(table.whole && { ratios: [[0, 1]] }) };
    const cancels = below.indexOf(part);
    if (cancels < 0) above.push(part);
    else below.splice(cancels, 1);
    const other = above.indexOf(all);
    if (other < 0) below.push(all);
    else above.splice(other, 1);
  }
  above.sort((a, b) => a - b);
  below.sort((a, b) => a - b);
  const ratios = above.map((part, i): readonly [number, number] => [part, below[i] as number]);
  const target = ratios.reduce((product, [part, all]) => product * (part / all), 1);
  return { target, ...(table.whole && { ratios: ratios.length === 0 ? [[1, 1]] : ratios }) };
}

function spellingOf(
  structure: Structure,
  piece: Piece,
  external: readonly number[],
): { context: string; cell: (own: readonly number[]) => string } {
  const spell = (name: Name, value: number): string =>
    `${writeName(name)}=${printValue((structure.levels.get(name) as readonly Value[])[value] as Value)}`;
  const parts = piece.external.map(({ name, set }, i) => ({
    set: set || piece.downstream.has(name),
    says: spell(name, external[i] as number),
  }));
  const done = parts.filter(({ set }) => set).map(({ says }) => says);
  const seen = parts.filter(({ set }) => !set).map(({ says }) => says);
  const context = [...(done.length > 0 ? [`do(${done.join(', ')})`] : []), ...seen].join(', ');
  return {
    context,
    cell: (own) => `P(${piece.own.map((name, i) => spell(name, own[i] as number)).join(', ')}${context === '' ? '' : ` | ${context}`})`,
  };
}
