import type { Name } from '../graph/variable.ts';
import { Random } from '../math/random.ts';
import { Sum } from '../math/sum.ts';
import type { Steps } from '../run/steps.ts';
import { Descent } from './descend.ts';
import type { Session, Solver } from './highs.ts';
import { mostWork, priceOf } from './island.ts';
import { leastSum, type Weighted } from './least.ts';
import type { Programme } from './programme.ts';
import { cellsOfBlock, classesOf, columnOf, type Group, type Island, type Row, restrictionsOfBlock } from './states.ts';

/** A proof that no model of a block gives its cells: an inequality that every model obeys and the targets violate. */
export interface Farkas {
  readonly block: number;
  /** The inequality says left <= right; the targets have left > right. `says`: with the terms and both numbers in words. */
  readonly violated: { readonly says: string; readonly left: number; readonly right: number };
  readonly studies: readonly Name[];
  /** For each cell of the block, then for each restriction on it: sum of multiplier x target > what any model can reach. */
  readonly multipliers: readonly number[];
}

interface State {
  readonly value: number;
  readonly assignment: ArrayLike<number>;
}

/** Both sides of an inequality, and what any model adds. */
interface Reach {
  readonly left: number;
  readonly right: number;
  readonly violation: number;
  readonly constant: number;
}

/** Favours `P(a) <= P(b)` over its equal `P(a) + P(not b) <= 1`. */
const constantCost = 1 / 64;
const roomy = 2000;
/** States looked for from random ones before the best one is, where that is dear; cells of tables that count as dear. */
const wanderers = 24;
const dear = 1 << 14;
/** More terms are not spelled out. */
const mostSpelled = 40;

/**
 * The violated inequality of an island that its rows make infeasible, of the least sum of absolute multipliers for its violation
 * (a sparse facet of what models can do); its constraints are added as they are needed. Undefined: none was found. `known`: multipliers of the island's rows that
 * prove the contradiction, which stand where the search for fewer of them is too long.
 */
export function* conflictIn(
  solver: Solver,
  programme: Programme,
  block: number,
  levels: readonly number[],
  rows: readonly Row[],
  island: Island,
  known?: ArrayLike<number>,
): Steps<Farkas | undefined> {
  const dearly = island.groups.map((group) => priceOf(group, levels) > dear);
  const own = island.rows.map((row) => rows[row] as Row);
  const { length: count } = own;
  const groups = island.groups.length;
  // Columns: y+ and y- of each row, then the largest value z+ - z- of each group; the first row asks for a violation of 1.
  const at = (row: number): number => island.rows.indexOf(row);
  const session = solver.open({
    count: 2 * (count + groups),
    rows: 1,
    cost: Array.from({ length: 2 * (count + groups) }, (_, j) => (j < 2 * count ? 1 : constantCost)),
    // A '<=' row can only be used against models from above, a '>=' row from below.
    upper: Array.from({ length: 2 * (count + groups) }, (_, j) => {
      const relation = j < 2 * count ? own[j >> 1]?.relation : '=';
      return (relation === '<=' && j % 2 === 0) || (relation === '>=' && j % 2 === 1) ? 0 : Infinity;
    }),
    rowLower: [1],
    rowUpper: [Infinity],
    starts: Array.from({ length: 2 * (count + groups) + 1 }, (_, j) => j),
    indices: new Array<number>(2 * (count + groups)).fill(0),
    values: Array.from({ length: 2 * (count + groups) }, (_, j) => {
      const sign = j % 2 === 0 ? 1 : -1;
      return j < 2 * count ? sign * (own[j >> 1]?.target ?? 0) : -sign;
    }),
  });
  try {
    return (yield* search(session)) ?? (known === undefined ? undefined : yield* inWords(Array.from(known)));
  } finally {
    session.close();
  }

  function* search(open: Session): Steps<Farkas | undefined> {
    const random = new Random(0, 'conflict');
    let work = 0;
    for (const [g, group] of island.groups.entries())
      for (const column of classesOf(group, levels, roomy)?.columns ?? []) addState(open, g, column);
    for (let round = 0; round < 10_000; round++) {
      const solution = open.minimise();
      if (solution.status !== 'optimal') return undefined;
      const y = own.map((_, i) => (solution.columns[2 * i] as number) - (solution.columns[2 * i + 1] as number));
      let grew = false;
      for (const [g, group] of island.groups.entries()) {
        const z = (solution.columns[2 * (count + g)] as number) - (solution.columns[2 * (count + g) + 1] as number);
        if (dearly[g] === true) {
          if (yield { task: 'what the studies contradict', done: round }) return undefined;
          const near = nearby(group, y, random.split(round).split(g)).filter(({ value }) => value > z + 1e-9);
          for (const { assignment } of near) addState(open, g, columnOf(group, assignment));
          if (near.length > 0) {
            grew = true;
            continue;
          }
          work += priceOf(group, levels);
          if (known !== undefined && work > mostWork) return undefined;
        }
        const found = most(group, y);
        if (found === undefined || found.value <= z + 1e-9) continue;
        addState(open, g, columnOf(group, found.assignment));
        grew = true;
      }
      if (!grew) return yield* inWords(y);
    }
    return undefined;
  }

  function addState(
    open: Session,
    g: number,
    { rows: entries, values }: { readonly rows: readonly number[]; readonly values: readonly number[] },
  ): void {
    const pairs = entries.flatMap((row, k): [number, number][] => {
      const a = values[k] as number;
      return [
        [2 * at(row), -a],
        [2 * at(row) + 1, a],
      ];
    });
    pairs.push([2 * (count + g), 1], [2 * (count + g) + 1, -1]);
    open.addRow(
      0,
      Infinity,
      pairs.map(([j]) => j),
      pairs.map(([, a]) => a),
    );
  }

  function priced(group: Group, y: readonly number[]): Weighted<number>[] {
    return group.terms
      .map(({ row, coefficient, literals }) => ({ coefficient: -coefficient * (y[at(row)] as number), literals }))
      .filter(({ coefficient }) => coefficient !== 0);
  }

  /** Different states of large y A, by descent from random ones. */
  function nearby(group: Group, y: readonly number[], random: Random): readonly State[] {
    const descent = new Descent(levels, group.digits, priced(group, y), group.forbidden);
    const start = new Int32Array(levels.length);
    const found = Array.from({ length: wanderers }, (_, i) => descent.somewhere(random.split(i), start));
    return [...new Map(found.map(({ value, assignment }) => [assignment.join(), { value: -value, assignment }])).values()];
  }

  /** The largest y A over the states of a group. */
  function most(group: Group, y: readonly number[]): State | undefined {
    const found = leastSum(levels, priced(group, y), group.forbidden);
    return typeof found === 'string' ? undefined : { value: -found.value, assignment: found.assignment };
  }

  function* inWords(raw: readonly number[]): Steps<Farkas | undefined> {
    const exact = yield* reach(raw);
    if (exact === undefined) return undefined;
    const simple = yield* simplified(raw, function* (y) {
      return ((yield* reach(y))?.violation ?? 0) > 0;
    });
    const { left, right, constant } = (yield* reach(simple)) ?? exact;
    if (!(left > right)) return undefined;
    const used = own.map((row, i) => ({ row, multiplier: simple[i] as number })).filter(({ multiplier }) => multiplier !== 0);
    const over = used.filter(({ multiplier }) => multiplier > 0);
    const under = used.filter(({ multiplier }) => multiplier < 0);
    const digits = [4, 6, 8, 10, 12].find((places) => left.toFixed(places) !== right.toFixed(places)) ?? 15;
    const write = (x: number): string => short(x, digits);
    const side = (terms: typeof used, extra: number): string => {
      const parts = terms.map(({ row, multiplier }) => spelled(row, Math.abs(multiplier), write));
      if (extra !== 0) parts.push(short(extra, 6));
      if (parts.length > mostSpelled) return `a weighted sum of ${parts.length} probabilities`;
      return parts.length === 0 ? '0' : parts.join(' + ');
    };
    const [lefts, rights] = [side(over, Math.max(0, -constant)), side(under, Math.max(0, constant))];
    const sideText = (text: string, value: number): string => (text === write(value) ? text : `${text} = ${write(value)}`);
    const assumed = (yield* needsAssumptions(simple)) ? ', under the assumptions made' : '';
    const cells = cellsOfBlock(programme, block);
    const restrictions = restrictionsOfBlock(programme, block);
    const multipliers = new Array<number>(cells.length + restrictions.length).fill(0);
    const studyOf = (cell: number): Name | undefined => programme.strata[programme.cells[cell]?.stratum ?? -1]?.study;
    const studies = new Set<Name>();
    for (const { row, multiplier } of used) {
      if ('cell' in row.source) {
        const cell = programme.cells[row.source.cell];
        if (cell === undefined) continue;
        multipliers[cells.indexOf(cell)] = multiplier;
        const study = studyOf(row.source.cell);
        if (study !== undefined) studies.add(study);
      } else {
        const restriction = programme.restrictions[row.source.restriction];
        if (restriction !== undefined) multipliers[cells.length + restrictions.indexOf(restriction)] = multiplier;
      }
    }
    const from = (side: typeof used): string => {
      const names = new Set(side.flatMap(({ row: { source } }) => ('cell' in source ? [studyOf(source.cell)] : [undefined])));
      const [name] = names;
      return studies.size > 1 && names.size === 1 && name !== undefined ? ` in ${name}` : '';
    };
    const [more, less] = [sideText(lefts, left) + from(over), sideText(rights, right) + from(under)];
    return {
      block,
      violated: { says: `${more} exceeds ${less}${assumed}`, left, right },
      studies: [...studies],
      multipliers,
    };
  }

  /** Both sides with the multipliers y: left = y+ b (+ what all models lose), right = y- b (+ what some model gains). */
  function* reach(y: readonly number[], bare = false): Steps<Reach | undefined> {
    const [left, right, constant] = [new Sum(), new Sum(), new Sum()];
    for (const [i, { target }] of own.entries()) {
      const multiplier = y[i] as number;
      if (multiplier > 0) left.add(multiplier * target);
      else right.add(-multiplier * target);
    }
    for (const [g, group] of island.groups.entries()) {
      if (dearly[g] === true) yield { task: 'what the studies contradict', done: 0 };
      const found = most(bare ? { ...group, forbidden: [] } : group, y);
      if (found === undefined) return undefined;
      constant.add(found.value);
    }
    if (constant.value > 0) right.add(constant.value);
    else left.add(-constant.value);
    return { left: left.value, right: right.value, violation: left.value - right.value, constant: constant.value };
  }

  function* needsAssumptions(y: readonly number[]): Steps<boolean> {
    return island.groups.some(({ forbidden }) => forbidden.length > 0) && ((yield* reach(y, true))?.violation ?? 0) <= 0;
  }
}

/** Multiples of the smallest multiplier, or of another one, if they are small whole numbers that still prove the conflict; else as they are. */
function* simplified(y: readonly number[], proves: (y: readonly number[]) => Steps<boolean>): Steps<readonly number[]> {
  const largest = Math.max(...y.map(Math.abs), 0);
  const clean = y.map((x) => (Math.abs(x) <= 1e-9 * largest ? 0 : x));
  for (let divisor = 1; divisor <= 24; divisor++) {
    const scaled = clean.map((x) => (x / largest) * divisor);
    const whole = scaled.map((x) => Math.round(x));
    if (scaled.every((x, i) => Math.abs(x - (whole[i] as number)) <= 1e-6) && (yield* proves(whole))) return whole;
  }
  const smallest = clean.reduce((least, x) => (x === 0 ? least : Math.min(least, Math.abs(x))), Infinity);
  const scaled = clean.map((x) => x / smallest);
  return (yield* proves(scaled)) ? scaled : y;
}

function spelled({ source, says, target }: Row, multiplier: number, write: (x: number) => string): string {
  const name = 'cell' in source ? says : `${write(target)} (assumed: ${says})`;
  return Math.abs(multiplier - 1) < 1e-12 ? name : `${short(multiplier, 4)} ${name}`;
}

function short(x: number, places: number): string {
  const fixed = x.toFixed(places);
  return fixed.includes('.') ? fixed.replace(/\.?0+$/u, '') : fixed;
}
