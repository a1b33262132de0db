import type { Random } from '../math/random.ts';
import type { Question } from '../query/terms.ts';
import { type Issue, type Result, success } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';
import { cellsOf, type StudyCells } from './cells.ts';
import { drawTables } from './draw.ts';
import type { Block, Cell, Network, Programme, Restriction, Stratum, Target } from './programme.ts';
import { type BoundsProblem, type Structure, structureOf } from './structure.ts';
import { readStudies, type StudyTable } from './studies.ts';
import { namesOf, targetOf } from './target.ts';

/** A programme with what it was made from, so that tables can be drawn anew and witnesses turned into models. */
export interface Prepared {
  readonly programme: Programme;
  readonly structure: Structure;
  readonly tables: readonly StudyTable[];
  /** The cells of the programme, with blocks numbered as in the structure. */
  readonly cells: StudyCells;
  /** The structure's block behind each block of the programme, ascending. */
  readonly blocks: readonly number[];
  /** What was hidden, left out or not used, in words. */
  readonly notes: readonly string[];
  /** Some of what the studies show is not in the programme: its bounds are valid, perhaps wider than need be. */
  readonly partial: boolean;
}

/** The whole front half for one question. Issues: those of `structureOf`, `targetOf` and `readStudies`. */
export async function prepare(problem: BoundsProblem, question: Question, options: RunOptions = {}): Promise<Result<Prepared>> {
  const made = structureOf(problem, namesOf(question));
  if (!made.ok) return made;
  const structure = made.value;
  const target = targetOf(structure, question);
  return target.ok ? prepareTarget(problem, structure, target.value, options) : target;
}

/** {@link prepare} for a target over these blocks of the structure; a target without networks only asks whether the studies agree. */
export async function prepareTarget(
  problem: BoundsProblem,
  structure: Structure,
  { numerator, denominator, blocks }: Target & { readonly blocks: readonly number[] },
  options: RunOptions = {},
): Promise<Result<Prepared>> {
  const relevant = new Set(blocks);
  const read = await readStudies(structure, problem.studies, { ...options, blocks: relevant });
  if (!read.ok) return read;
  const tables = read.value;
  const shown = cellsOf(structure, tables, relevant);
  const { strata, cells, leftOut } = shown;
  const renumber = new Map(blocks.map((block, i) => [block, i]));
  const at = <T extends { readonly block: number }>(item: T): T => ({ ...item, block: renumber.get(item.block) as number });
  const network = ({ weight, tables: factors }: Network): Network => ({ weight, tables: factors.map(at) });
  const programme: Programme = {
    blocks: blocks.map((block) => structure.blocks[block] as Block),
    strata: strata.map((stratum): Stratum => at(stratum)),
    cells,
    restrictions: structure.restrictions.filter(({ block }) => relevant.has(block)).map((restriction): Restriction => at(restriction)),
    target: { numerator: numerator.map(network), ...(denominator && { denominator: denominator.map(network) }) },
  };
  const warnings: readonly Issue[] = read.warnings ?? [];
  const notes = [...structure.notes, ...warnings.map(({ message }) => message), ...leftOut];
  return success(
    { programme, structure, tables, cells: shown, blocks, notes, partial: warnings.length > 0 || leftOut.length > 0 },
    warnings,
  );
}

/** The programme of a question: {@link prepare} without what it came from. */
export async function programmeOf(problem: BoundsProblem, question: Question, options: RunOptions = {}): Promise<Result<Programme>> {
  const prepared = await prepare(problem, question, options);
  return prepared.ok ? success(prepared.value.programme, prepared.warnings) : prepared;
}

/**
 * One parametric bootstrap draw: the cells of the programme, in their order, from tables of the same sizes drawn at the cell
 * probabilities `fitted` (one per cell of the programme).
 */
export function drawCells({ structure, tables, cells, blocks }: Prepared, fitted: Float64Array, random: Random): readonly Cell[] {
  return cellsOf(structure, drawTables(structure, tables, cells, fitted, random), new Set(blocks), cells).cells;
}
