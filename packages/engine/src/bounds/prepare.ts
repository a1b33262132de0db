import type { Random } from '../math/random.ts';
import type { Question } from '../query/terms.ts';
import { type Issue, type Result, success } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';
import { cellsOf, type StudyCells } from './cells.ts';
import { drawTables } from './draw.ts';
import type { Piece } from './layout.ts';
import { mergeBlocks, mergeTarget, type Place } from './merge.ts';
import type { Block, Cell, Network, Programme, Restriction, Stratum, Target } from './programme.ts';
import { type BoundsProblem, type Structure, structureOf } from './structure.ts';
import { readStudies, type StudyTable } from './studies.ts';
import { namesOf, targetOf } from './target.ts';
import { jointStates, tiedBlocks, tieWords } from './ties.ts';

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
  /** Blocks are described as one where a study ties them together: the same with every block apart, which uses less of that study. */
  readonly apart?: Prepared;
}

type BlocksTarget = Target & { readonly blocks: readonly number[] };

/** The whole front half for one question. Issues: those of `structureOf`, `targetOf` and `readStudies`. */
export async function prepare(problem: BoundsProblem, question: Question, options: RunOptions = {}): Promise<Result<Prepared>> {
  const made = structureOf(problem, namesOf(question));
  if (!made.ok) return made;
  const structure = made.value;
  const target = targetOf(structure, question);
  return target.ok ? prepareTarget(problem, structure, target.value, options) : target;
}

/**
 * {@link prepare} for a target over these blocks of the structure; a target without networks only asks whether the studies agree.
 * Where a study ties several blocks together and no study shows all but one of their factors, the blocks are described as one, as
 * long as that stays small.
 */
export async function prepareTarget(
  problem: BoundsProblem,
  structure: Structure,
  target: BlocksTarget,
  options: RunOptions = {},
): Promise<Result<Prepared>> {
  const tied = tiedBlocks(structure, problem.studies, target.blocks);
  const more = await readStudies(structure, problem.studies, { ...options, blocks: tied });
  // What is read only for the sake of others may be too much.
  const read =
    more.ok || tied.size === target.blocks.length
      ? more
      : await readStudies(structure, problem.studies, { ...options, blocks: new Set(target.blocks) });
  if (!read.ok) return read;
  const warnings: readonly Issue[] = read.warnings ?? [];
  const notes = [...structure.notes, ...warnings.map(({ message }) => message)];
  const steps = stepsOf(structure, read.value, target, notes).map((one) => ({ ...one, partial: one.partial || warnings.length > 0 }));
  const [apart, last] = [steps[0] as Prepared, steps.at(-1) as Prepared];
  return success(steps.length === 1 ? apart : { ...last, apart }, warnings);
}

/** Most joint states of what is described as one. */
const mergedStates = 256;

/** The programme with every block apart, then with one tie after the other resolved. */
function stepsOf(structure: Structure, tables: readonly StudyTable[], target: BlocksTarget, notes: readonly string[]): Prepared[] {
  const steps = [assembled(structure, tables, target, notes)];
  const refused = new Set<string>();
  const keyOf = ({ own, hidden, external }: Piece): string => JSON.stringify([own, hidden, external]);
  let [now, asked, said] = [structure, target, notes];
  for (let current = steps[0] as Prepared; ; current = steps.at(-1) as Prepared) {
    const piece = current.cells.coupled.find((one) => !refused.has(keyOf(one)));
    if (piece === undefined) return steps;
    refused.add(keyOf(piece));
    const { structure: joint, places } = mergeBlocks(now, [piece.blocks]);
    const networks = mergeTarget(asked, places, mergedStates);
    if (networks === undefined) continue;
    const to = (blocks: readonly number[]): number[] =>
      [...new Set(blocks.map((block) => (places[block] as Place).block))].sort((a, b) => a - b);
    const moved = current.tables.map((table, number) => ({
      ...table,
      pieces: (current.cells.pieces[number] as readonly Piece[]).map((one) => ({ ...one, blocks: to(one.blocks) })),
    }));
    const merged = { ...networks, blocks: to(asked.blocks) };
    const words = [...said, tieWords(piece, joint.blocks[to(piece.blocks)[0] as number] as Block)];
    const next = assembled(joint, moved, merged, words);
    const tied = next.programme.blocks.flatMap(({ components }, block) => (components === undefined ? [] : [block]));
    if (tied.some((block) => jointStates(next.programme, block) > mergedStates)) continue;
    steps.push(next);
    [now, asked, said] = [joint, merged, words];
  }
}

function assembled(
  structure: Structure,
  tables: readonly StudyTable[],
  { numerator, denominator, blocks }: BlocksTarget,
  notes: readonly string[],
): Prepared {
  const relevant = new Set(blocks);
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
  return { programme, structure, tables, cells: shown, blocks, notes: [...notes, ...leftOut], partial: leftOut.length > 0 };
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
