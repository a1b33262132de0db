import type { Name, Value } from '../graph/variable.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { type Environments, sizesOf } from './environments.ts';
import type { CellQuery, ValuedCell } from './terms.ts';

/** Frequencies of two records of one environment, the same in either order. */
export interface PairTable {
  readonly names: readonly Name[];
  readonly levels: readonly (readonly Value[])[];
  /** Cells of one record: all variables, the last fastest. */
  readonly cells: number;
  /** cells x cells: the record at position 1, at position 2. Sums to 1. */
  readonly joint: Float64Array;
  /** Environments of two or more records. */
  readonly environments: number;
}

/** A variable (by number) set at a position. */
export interface SetCell {
  readonly variable: number;
  readonly position: 1 | 2;
  readonly value: number;
}

/** Parents of each variable, by number. */
export type Parents = readonly (readonly number[])[];

const mostCells = 2048;

/**
 * Averaged over environments with equal weight, within an environment over all ordered pairs of records. Issues: `too-many-cells`,
 * `no-pairs`.
 */
export function pairTable(environments: Environments): Result<PairTable> {
  const { names, levels, starts, counts, labels } = environments;
  const cells = levels.reduce((product, { length }) => product * length, 1);
  if (cells > mostCells)
    return failure({
      code: 'too-many-cells',
      message: `The variables have ${cells} combinations of levels; frequencies of pairs need at most ${mostCells}.`,
      hint: 'Ask with fewer variables, or coarser levels.',
    });
  const codes = cellsOf(environments);
  const joint = new Float64Array(cells * cells);
  const sizes = sizesOf(environments);
  const own = new Float64Array(cells);
  let used = 0;
  for (let e = 0; e < labels.length; e++) {
    const size = sizes[e] as number;
    if (size < 2) continue;
    used += 1;
    const seen = new Set<number>();
    for (let r = starts[e] as number; r < (starts[e + 1] as number); r++) {
      const cell = codes[r] as number;
      own[cell] = (own[cell] as number) + (counts ? (counts[r] as number) : 1);
      seen.add(cell);
    }
    const pairs = size * (size - 1);
    for (const a of seen)
      for (const b of seen) {
        const at = a * cells + b;
        joint[at] = (joint[at] as number) + ((own[a] as number) * ((own[b] as number) - (a === b ? 1 : 0))) / pairs;
      }
    for (const cell of seen) own[cell] = 0;
  }
  if (used === 0) return failure({ code: 'no-pairs', message: 'No environment has two records.' });
  for (let i = 0; i < joint.length; i++) joint[i] = (joint[i] as number) / used;
  return success({ names, levels, cells, joint, environments: used });
}

/** The cell of each record. */
function cellsOf({ columns, levels }: Environments): Int32Array {
  const codes = new Int32Array(columns[0]?.length ?? 0);
  for (const [v, column] of columns.entries()) {
    const width = levels[v]?.length as number;
    for (let r = 0; r < codes.length; r++) codes[r] = (codes[r] as number) * width + (column[r] as number);
  }
  return codes;
}

/**
 * The joint distribution of two records after setting cells: Theorem 1 of "Do Finetti" (Guo and others 2024) with the frequencies of
 * pairs. Each variable gives P(it at the positions where it was not set | its parents there), positions together. cells x cells; NaN where
 * a factor conditions on what was never seen.
 */
export function truncatedPair(table: PairTable, parents: Parents, set: readonly SetCell[]): Float64Array {
  return truncated(table, parents, set, (variable) => {
    const free = ([1, 2] as const).filter((position) => !set.some((cell) => cell.variable === variable && cell.position === position));
    return free.length === 0 ? [] : [free];
  });
}

/** The same by the ordinary truncated factorisation, which takes the two records to be independent (their Eq. 10). */
export function independentPair(table: PairTable, parents: Parents, set: readonly SetCell[]): Float64Array {
  return truncated(table, parents, set, (variable) =>
    ([1, 2] as const)
      .filter((position) => !set.some((cell) => cell.variable === variable && cell.position === position))
      .map((position) => [position]),
  );
}

type Positions = readonly (1 | 2)[];

/** The product over variables of P(variable | parents) at each of its groups of positions, where the set cells have their values. */
function truncated(
  { cells, joint, levels }: PairTable,
  parents: Parents,
  set: readonly SetCell[],
  groups: (variable: number) => readonly Positions[],
): Float64Array {
  const strides = stridesOf(levels);
  const level = (cell: number, variable: number): number =>
    Math.floor(cell / (strides[variable] as number)) % (levels[variable]?.length as number);
  /** The marginal of some variables at some positions, and where each joint cell lies in it. */
  const project = (variables: readonly number[], positions: Positions): { readonly of: Int32Array; readonly mass: Float64Array } => {
    const of = new Int32Array(cells * cells);
    const mass = new Float64Array(variables.reduce((product, v) => product * (levels[v]?.length as number), 1) ** positions.length);
    for (let at = 0; at < of.length; at++) {
      let code = 0;
      for (const position of positions) {
        const cell = position === 1 ? Math.floor(at / cells) : at % cells;
        for (const v of variables) code = code * (levels[v]?.length as number) + level(cell, v);
      }
      of[at] = code;
      mass[code] = (mass[code] as number) + (joint[at] as number);
    }
    return { of, mass };
  };
  const out = new Float64Array(cells * cells);
  for (let at = 0; at < out.length; at++) {
    const [one, two] = [Math.floor(at / cells), at % cells];
    if (set.every(({ variable, position, value }) => level(position === 1 ? one : two, variable) === value)) out[at] = 1;
  }
  for (const variable of levels.keys())
    for (const positions of groups(variable)) {
      const own = parents[variable] ?? [];
      const whole = project([variable, ...own], positions);
      const given = project(own, positions);
      for (let at = 0; at < out.length; at++) {
        if (out[at] === 0) continue;
        const over = given.mass[given.of[at] as number] as number;
        const share = whole.mass[whole.of[at] as number] as number;
        out[at] = share === 0 && over > 0 ? 0 : ((out[at] as number) * share) / over;
      }
    }
  return out;
}

function stridesOf(levels: readonly (readonly Value[])[]): number[] {
  const strides = levels.map(() => 1);
  for (let v = levels.length - 2; v >= 0; v--) strides[v] = (strides[v + 1] as number) * (levels[v + 1]?.length as number);
  return strides;
}

/**
 * A query over positions 1 and 2 by {@link truncatedPair}. Issues: `too-many-positions`, `unknown-variable`, `unseen` (it rests on a
 * combination that no pair of records shows), `never` (its condition has probability 0).
 */
export function pairAnswer(table: PairTable, parents: Parents, query: CellQuery): Result<number> {
  const all = [...query.target, ...query.given, ...query.set];
  const far = all.find(({ position }) => position !== 1 && position !== 2);
  if (far !== undefined)
    return failure({
      code: 'too-many-positions',
      message: `${far.variable}@${far.position}: frequencies of pairs answer questions about positions 1 and 2.`,
    });
  const unknown = all.find(({ variable }) => !table.names.includes(variable));
  if (unknown !== undefined) return failure({ code: 'unknown-variable', message: `The records have no variable ${unknown.variable}.` });
  const cellOf = ({ variable, position, value }: ValuedCell): SetCell => ({
    variable: table.names.indexOf(variable),
    position: position === 1 ? 1 : 2,
    value,
  });
  const after = truncatedPair(table, parents, query.set.map(cellOf));
  const strides = stridesOf(table.levels);
  const agrees = (at: number, { variable, position, value }: SetCell): boolean =>
    Math.floor((position === 1 ? Math.floor(at / table.cells) : at % table.cells) / (strides[variable] as number)) %
      (table.levels[variable]?.length as number) ===
    value;
  const [given, target] = [query.given.map(cellOf), query.target.map(cellOf)];
  let [over, share] = [0, 0];
  for (let at = 0; at < after.length; at++) {
    if (!given.every((cell) => agrees(at, cell))) continue;
    over += after[at] as number;
    if (target.every((cell) => agrees(at, cell))) share += after[at] as number;
  }
  if (Number.isNaN(over))
    return failure({ code: 'unseen', message: 'The answer rests on a combination of values that no pair of records shows.' });
  if (over === 0) return failure({ code: 'never', message: 'What the question conditions on was never seen.' });
  return success(share / over);
}
