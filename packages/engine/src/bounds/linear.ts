import type { Steps } from '../run/steps.ts';
import { combined, expectation } from './contract.ts';
import { couple } from './couple.ts';
import { conflictIn, type Farkas } from './farkas.ts';
import type { Solver } from './highs.ts';
import { type Cut, type GroupPoint, IslandProgramme, type IslandResult } from './island.ts';
import type { BlockPoint, Form, Programme } from './programme.ts';
import { safeBound } from './safe.ts';
import { cellsOfBlock, type Island, islandsOf, levelsOf, restrictionsOfBlock, rowsOf } from './states.ts';

/** One end of the range of a form over all models of a block. */
export interface Extreme {
  /** Proven by the multipliers in plain arithmetic: nothing lies beyond. */
  readonly bound: number;
  /** What the point attains. */
  readonly attained: number;
  readonly point: BlockPoint;
  /** One a cell of the block (0 where its target is unknown), then one a restriction on it; see {@link safeBound}. */
  readonly multipliers: readonly number[];
  /** The search ended early: the point is a model, but another one may go further. */
  readonly cut?: Cut;
}

/** `lower` and `upper` are proven outer bounds; the points attain `attained`. */
export interface FormRange {
  readonly lower: number;
  readonly upper: number;
  readonly attained: readonly [number, number];
  readonly lowerPoint: BlockPoint;
  readonly upperPoint: BlockPoint;
  readonly lowerMultipliers: readonly number[];
  readonly upperMultipliers: readonly number[];
  readonly cut?: Cut;
}

/** The range of a quotient over the models in which its denominator is positive. */
export interface RatioRange extends FormRange {
  /** Some model gives the denominator 0 (below 1e-12). */
  readonly denominatorCanVanish: boolean;
  /** Proven: the denominator is at least this; the multipliers that show it. */
  readonly leastDenominator: number;
  readonly denominatorMultipliers: readonly number[];
}

/** The search ended before a model was found: `bound` is proven, but perhaps there is no model, and nothing is known to attain it. */
export interface OpenExtreme {
  readonly cut: Cut;
  readonly bound: number;
  readonly multipliers: readonly number[];
}

/** A range of which only the proven side is known. */
export interface OpenRange extends Pick<FormRange, 'lower' | 'upper' | 'lowerMultipliers' | 'upperMultipliers'> {
  readonly cut: Cut;
  /** Of a quotient. */
  readonly denominatorMultipliers?: readonly number[];
}

/** The solver gave up (never seen; says why), or the state space is too entangled to be priced. */
export interface Unsolved {
  readonly failed: string;
}

export interface LinearBlock {
  readonly block: number;
  /** No model gives the cells of this block. */
  readonly conflict: Farkas | undefined;
  /** Some model of the block; undefined where there is a conflict. */
  readonly point: BlockPoint | undefined;
  /** Whether there is a model is not known: the search was too long (`failed` says why it was not begun), or was told to stop. */
  readonly undecided: { readonly cut: Cut } | Unsolved | undefined;
  /** Too many states to list: they are found as they are needed. */
  readonly generated: boolean;
  /** Columns in memory over all programmes so far. */
  readonly columns: number;
  least(form: Form): Steps<Least>;
  range(form: Form): Steps<FormRange | OpenRange | { readonly infeasible: Farkas } | Unsolved>;
  /** The denominator must be nonnegative in every state, and the numerator 0 in a model where it is 0. */
  ratio(numerator: Form, denominator: Form): Steps<RatioRange | OpenRange | 'undefined' | { readonly infeasible: Farkas } | Unsolved>;
  close(): void;
}

type Least = Extreme | OpenExtreme | { readonly infeasible: Farkas } | Unsolved;

const isExtreme = (found: Least): found is Extreme => 'point' in found;

export interface BlockOptions {
  /** Groups with more leaves than this are solved by column generation; default 20,000. */
  readonly enumerate?: number;
}

/** A denominator below this counts as 0. */
const vanishing = 1e-12;
const smallGap = 1e-14;

/**
 * All distributions over the digits of one block that give its cells and keep its restrictions, as linear programmes (one for
 * each set of digits that the rows tie together). `independences` and several `groups` of a block are not kept: its ranges are then outer
 * bounds and its points may break them. Must be closed. Pauses only where states are generated; told to stop it goes on with what is
 * proven then.
 */
export function* openBlock(
  solver: Solver,
  programme: Programme,
  block: number,
  { enumerate = 20_000 }: BlockOptions = {},
): Steps<LinearBlock> {
  const own = programme.blocks[block];
  if (own === undefined) throw new Error(`There is no block ${block}.`);
  const definition = own;
  const levels = levelsOf(definition);
  const rows = rowsOf(programme, block);
  const cells = cellsOfBlock(programme, block);
  const restrictions = restrictionsOfBlock(programme, block);
  const places = rows.map(({ source }) =>
    'cell' in source
      ? cells.indexOf(programme.cells[source.cell] as (typeof cells)[number])
      : cells.length + restrictions.indexOf(programme.restrictions[source.restriction] as (typeof restrictions)[number]),
  );
  const open = new Map<string, IslandProgramme>();
  const rest = new Map<string, IslandResult>();

  const keyOf = ({ groups }: Island): string => groups.map(({ digits }) => digits.join(' ')).join('/');
  const solverOf = (island: Island): IslandProgramme => {
    const key = keyOf(island);
    let found = open.get(key);
    if (found === undefined) {
      found = new IslandProgramme(solver, levels, rows, island, enumerate);
      open.set(key, found);
    }
    return found;
  };
  function* atRest(island: Island): Steps<IslandResult> {
    const key = keyOf(island);
    let found = rest.get(key);
    if (found === undefined) {
      found = yield* solverOf(island).minimise([]);
      rest.set(key, found);
    }
    return found;
  }
  const pointOf = (results: readonly IslandResult[]): BlockPoint =>
    couple(
      results.flatMap((result): readonly GroupPoint[] => (result.status === 'optimal' ? result.groups : [])),
      levels.length,
    );

  const base = islandsOf(definition, rows);
  const first: IslandResult[] = [];
  for (const island of base) first.push(yield* atRest(island));
  const failed = first.find((result) => result.status === 'failed');
  const unfinished = first.find((result) => result.status === 'open');
  const conflicts: Farkas[] = [];
  for (const [i, island] of base.entries()) {
    const result = first[i];
    if (result?.status !== 'infeasible') continue;
    const found = yield* conflictIn(solver, programme, block, levels, rows, island, result.multipliers);
    conflicts.push(
      found ?? { block, violated: { says: 'the rows contradict each other', left: 0, right: 0 }, studies: [], multipliers: [] },
    );
  }
  const widest = (a: Farkas, b: Farkas): Farkas => (b.violated.left - b.violated.right > a.violated.left - a.violated.right ? b : a);
  const conflict = conflicts.length === 0 ? undefined : conflicts.reduce(widest);

  function* least(form: Form): Steps<Least> {
    if (conflict !== undefined) return { infeasible: conflict };
    if (failed?.status === 'failed') return { failed: failed.says };
    const islands = islandsOf(
      definition,
      rows,
      form.map(({ literals }) => literals),
    );
    const touched = new Set(form.flatMap(({ literals }) => (literals[0] === undefined ? [] : [literals[0].digit])));
    const results: IslandResult[] = [];
    let cut: Cut | undefined;
    let open = false;
    const y = new Array<number>(rows.length).fill(0);
    for (const island of islands) {
      const used = island.groups.some(({ digits }) => digits.some((digit) => touched.has(digit)));
      const result = used ? yield* solverOf(island).minimise(form) : yield* atRest(island);
      if (result.status === 'failed') return { failed: result.says };
      if (result.status === 'infeasible') return { failed: 'a programme that has models was found infeasible' };
      if (result.status === 'open') open = true;
      cut = result.cut ?? cut;
      results.push(result);
      if (used) for (const [row, multiplier] of result.multipliers) y[row] = multiplier;
    }
    const point = open ? undefined : pointOf(results);
    const attained = point === undefined ? Infinity : expectation(form, point);
    const proof = polished(form, y, cut === undefined ? attained : Infinity);
    if (proof === undefined) return { failed: 'the response digits of one component are too entangled' };
    const { bound } = proof;
    const multipliers = new Array<number>(cells.length + restrictions.length).fill(0);
    for (const [row, place] of places.entries()) multipliers[place] = proof.multipliers[row] as number;
    if (point === undefined) return { cut: cut ?? 'work', bound, multipliers };
    return { bound, attained, point, multipliers, ...(cut === undefined ? {} : { cut }) };
  }

  /** Multipliers rounded to whole numbers or to fewer digits where that proves no less. */
  function polished(
    form: Form,
    raw: readonly number[],
    attained: number,
  ): { readonly bound: number; readonly multipliers: readonly number[] } | undefined {
    const signed = raw.map((y, row) => {
      const relation = rows[row]?.relation;
      return relation === '<=' ? Math.min(y, 0) : relation === '>=' ? Math.max(y, 0) : y;
    });
    const proven = (multipliers: readonly number[]): number | undefined => safeBound(levels, definition.forbidden, rows, form, multipliers);
    const whole = signed.map((y) => (Math.abs(y - Math.round(y)) < 1e-7 ? Math.round(y) : y));
    const tidy = proven(whole);
    if (tidy === undefined) return undefined;
    if (tidy >= attained - smallGap) return { bound: tidy, multipliers: whole };
    // Multipliers of a search that ended early may be worse than none.
    const none = attained === Infinity ? signed.map(() => 0) : undefined;
    const without = none === undefined ? undefined : proven(none);
    if (none !== undefined && without !== undefined && without >= tidy) return { bound: without, multipliers: none };
    const plain = proven(signed);
    return plain !== undefined && plain > tidy ? { bound: plain, multipliers: signed } : { bound: tidy, multipliers: whole };
  }

  function* range(form: Form): ReturnType<LinearBlock['range']> {
    const low = yield* least(form);
    if (!('bound' in low)) return low;
    const high = yield* least(combined([], -1, form));
    if (!('bound' in high)) return high;
    return isExtreme(low) && isExtreme(high) ? rangeOf(low, high) : openRange(low, high);
  }

  function* ratio(numerator: Form, denominator: Form): ReturnType<LinearBlock['ratio']> {
    const smallest = yield* least(denominator);
    if (!('bound' in smallest)) return smallest;
    const largest = yield* least(combined([], -1, denominator));
    if (!('bound' in largest)) return largest;
    if (!isExtreme(smallest) || !isExtreme(largest)) {
      const [low, high] = [certainly(numerator, denominator), certainly(combined([], -1, numerator), denominator)];
      if (low === undefined || high === undefined) return { failed: 'too little is known of the condition' };
      return { ...openRange(low, high), denominatorMultipliers: smallest.multipliers };
    }
    if (-largest.attained <= vanishing) return 'undefined';
    const low = yield* dinkelbach(numerator, denominator, largest.point, smallest.bound);
    if (!('bound' in low)) return low;
    const high = yield* dinkelbach(combined([], -1, numerator), denominator, largest.point, smallest.bound);
    if (!('bound' in high)) return high;
    if (!isExtreme(low) || !isExtreme(high)) return { ...openRange(low, high), denominatorMultipliers: smallest.multipliers };
    return {
      ...rangeOf(low, high),
      denominatorCanVanish: smallest.attained <= vanishing,
      leastDenominator: Math.max(0, smallest.bound),
      denominatorMultipliers: smallest.multipliers,
    };
  }

  /** A whole number that the quotient is not below in any state at all; it needs no multipliers. */
  function certainly(numerator: Form, denominator: Form): OpenExtreme | undefined {
    const multipliers = new Array<number>(cells.length + restrictions.length).fill(0);
    for (const bound of [0, -1]) {
      const slack = safeBound(levels, definition.forbidden, [], combined(numerator, -bound, denominator), []);
      if (slack !== undefined && slack >= 0) return { cut: 'work', bound, multipliers };
    }
    return undefined;
  }

  /**
   * The least quotient (Dinkelbach 1967): the root of the concave function min (numerator - lambda denominator), from above. The
   * multipliers prove numerator >= bound x denominator, up to rounding where the denominator can vanish.
   */
  function* dinkelbach(numerator: Form, denominator: Form, start: BlockPoint, leastDenominator: number): Steps<Least> {
    let point = start;
    let lambda = expectation(numerator, point) / expectation(denominator, point);
    for (let step = 0; step < 100; step++) {
      const found = yield* least(combined(numerator, -lambda, denominator));
      if (!isExtreme(found)) return found;
      const below = expectation(denominator, found.point);
      const next = below > vanishing ? expectation(numerator, found.point) / below : lambda;
      if (next < lambda - 1e-15 * Math.max(1, Math.abs(lambda)) && found.attained < -1e-16) {
        [lambda, point] = [next, found.point];
        continue;
      }
      const slack = Math.min(0, found.bound);
      if (leastDenominator <= vanishing && slack < -1e-9)
        return certainly(numerator, denominator) ?? { failed: 'too little is known of the condition' };
      const bound = leastDenominator > vanishing ? lambda + slack / leastDenominator : lambda;
      return { bound, attained: lambda, point, multipliers: found.multipliers, ...(found.cut === undefined ? {} : { cut: found.cut }) };
    }
    return { failed: 'the fractional programme did not settle' };
  }

  return {
    block,
    conflict,
    point: conflict === undefined && failed === undefined && unfinished === undefined ? pointOf(first) : undefined,
    undecided:
      conflict !== undefined
        ? undefined
        : failed?.status === 'failed'
          ? { failed: failed.says }
          : unfinished?.status === 'open'
            ? { cut: unfinished.cut }
            : undefined,
    get generated() {
      return [...open.values()].some((island) => !island.enumerated);
    },
    get columns() {
      return [...open.values()].reduce((sum, island) => sum + island.columns, 0);
    },
    least,
    range,
    ratio,
    close() {
      for (const island of open.values()) island.close();
      open.clear();
    },
  };
}

/** From the least values of a form and of its negative. */
const rangeOf = (low: Extreme, high: Extreme): FormRange => ({
  ...((low.cut ?? high.cut) === undefined ? {} : { cut: (low.cut ?? high.cut) as Cut }),
  lower: low.bound,
  upper: -high.bound,
  attained: [low.attained, -high.attained],
  lowerPoint: low.point,
  upperPoint: high.point,
  lowerMultipliers: low.multipliers,
  upperMultipliers: high.multipliers.map((y) => (y === 0 ? 0 : -y)),
});

const openRange = (low: Extreme | OpenExtreme, high: Extreme | OpenExtreme): OpenRange => ({
  cut: low.cut ?? high.cut ?? 'work',
  lower: low.bound,
  upper: -high.bound,
  lowerMultipliers: low.multipliers,
  upperMultipliers: high.multipliers.map((y) => (y === 0 ? 0 : -y)),
});
