import { Random } from '../math/random.ts';
import type { Steps } from '../run/steps.ts';
import { Descent } from './descend.ts';
import type { Columns, LinearSolution, Session, Solver } from './highs.ts';
import { leastSum, leastWork, type Weighted } from './least.ts';
import type { Form } from './programme.ts';
import { feasible, type PoolColumn, type Settled, settle } from './settled.ts';
import { type Classes, classesOf, columnOf, type Group, type Island, type Row, within } from './states.ts';

/** Where the mass of a group lies: full assignments by digit of the block (digits of other groups: 0). */
export interface GroupPoint {
  readonly digits: readonly number[];
  readonly support: readonly { readonly weight: number; readonly values: readonly number[] }[];
}

/** Why a search for states ended early: it had done its work, or was told to stop. */
export type Cut = 'work' | 'stopped';

export type IslandResult =
  /** With `cut`: the groups are a model, but perhaps not the best one, and the multipliers prove what they prove. */
  | {
      readonly status: 'optimal';
      readonly multipliers: ReadonlyMap<number, number>;
      readonly groups: readonly GroupPoint[];
      readonly cut?: Cut;
    }
  /** Whether there is a model is not known. */
  | { readonly status: 'open'; readonly multipliers: ReadonlyMap<number, number>; readonly cut: Cut }
  | { readonly status: 'infeasible'; readonly multipliers?: Float64Array }
  | { readonly status: 'failed'; readonly says: string };

/** A column enters when its reduced cost is below minus this. */
const entering = 1e-11;
/** Phase 1: a proven violation of more than this is one. */
const hopeless = 1e-9;
/** Numbers that one search may read, and cells of the tables of one price: a price cannot be paused. */
export const mostWork = 1 << 26;
export const dearestPrice = 1 << 22;
/** Descents from random states each round, columns that are taken of all that were found, rounds from price to price. */
const wanderers = 8;
const mostTaken = 16;
const rounds = 10;

/** Cells of tables that it takes to find the best state of a group. */
export const priceOf = (group: Group, levels: ArrayLike<number>, form: Form = []): number =>
  leastWork(levels, [...[...group.terms, ...form].map(({ literals }) => literals), ...group.forbidden]);

interface Generated {
  readonly solution: LinearSolution;
  readonly cut?: Cut;
}

/** Why the states of a group cannot be priced. */
export function tooEntangled(group: Group, levels: ArrayLike<number>, form: Form = []): string | undefined {
  const cells = priceOf(group, levels, form);
  if (cells <= dearestPrice) return undefined;
  const written = cells < 1e15 ? Math.round(cells).toLocaleString('en-US') : cells.toExponential(1);
  return `the ${group.digits.length} responses of one component are too entangled: to find the best of their states takes tables of ${written} cells (limit ${dearestPrice.toLocaleString('en-US')})`;
}

/**
 * One island as a linear programme over classes of states, solved for one cost after another. Groups with more than `limit`
 * leaves are not enumerated: their columns are generated, priced by the least value over all assignments.
 */
export class IslandProgramme {
  readonly island: Island;
  readonly #levels: readonly number[];
  readonly #classes: readonly (Classes | undefined)[];
  readonly #rowAt: ReadonlyMap<number, number>;
  readonly #own: readonly Row[];
  readonly #solver: Solver;
  /** Opened only where the rows do not say the mass of every class by themselves. */
  #session: Session | undefined;
  readonly #settled: Settled | undefined;
  readonly #pool: PoolColumn[] = [];
  readonly #known = new Set<string>();
  readonly #slacks: number;
  readonly #random = new Random(0, 'states');
  #feasible: boolean | string | undefined;
  /** How phase 1 ended early; the multipliers that show that there is no model. */
  #cut: Cut | undefined;
  #against: Float64Array | undefined;

  constructor(solver: Solver, levels: readonly number[], rows: readonly Row[], island: Island, limit: number) {
    this.island = island;
    this.#levels = levels;
    this.#rowAt = new Map(island.rows.map((row, i) => [row, i]));
    this.#classes = island.groups.map((group) => classesOf(group, levels, limit));
    for (const [group, classes] of this.#classes.entries())
      for (const [i, column] of (classes?.columns ?? []).entries())
        this.#pool.push({ group, column, leaves: (classes?.leaves[i] as readonly Int16Array[]) ?? [] });
    for (const [g, group] of island.groups.entries()) {
      if (this.#classes[g] !== undefined) continue;
      const entangled = tooEntangled(group, levels);
      const seed = entangled ?? leastSum(levels, [], group.forbidden);
      if (typeof seed === 'string') this.#feasible = seed === 'impossible' ? false : seed;
      else this.#pool.push(this.#generated(g, seed.assignment) as PoolColumn);
    }
    this.#own = island.rows.map((row) => rows[row] as Row);
    this.#slacks = this.enumerated ? 0 : 2 * this.#own.length;
    this.#solver = solver;
    this.#settled = this.enumerated ? settle(this.#own, this.#pool, island.groups.length, this.#rowAt) : undefined;
  }

  #opened(): Session {
    if (this.#session !== undefined) return this.#session;
    const [own, ones] = [this.#own, this.island.groups.map(() => 1)];
    this.#session = this.#solver.open({
      ...this.#sparse(this.#pool, this.#slacks),
      rows: own.length + ones.length,
      rowLower: [...own.map(({ relation, target }) => (relation === '<=' ? -Infinity : target)), ...ones],
      rowUpper: [...own.map(({ relation, target }) => (relation === '>=' ? Infinity : target)), ...ones],
    });
    return this.#session;
  }

  /** Number of columns so far: classes of enumerated groups and generated states. */
  get columns(): number {
    return this.#pool.length;
  }

  /** Every group was enumerated. */
  get enumerated(): boolean {
    return !this.#classes.includes(undefined);
  }

  get classes(): readonly (Classes | undefined)[] {
    return this.#classes;
  }

  close(): void {
    this.#session?.close();
  }

  /** The least expectation of a form (only its terms inside the island count). */
  *minimise(form: Form): Steps<IslandResult> {
    if (this.#feasible === undefined && !this.enumerated && this.#cut === undefined) yield* this.#firstPhase();
    if (this.#feasible === false) return { status: 'infeasible', ...(this.#against === undefined ? {} : { multipliers: this.#against }) };
    if (typeof this.#feasible === 'string') return { status: 'failed', says: this.#feasible };
    const terms = this.island.groups.map((group) => within(group, form));
    const byRow = (multipliers: Float64Array): ReadonlyMap<number, number> =>
      new Map(this.island.rows.map((row, i) => [row, multipliers[i] as number]));
    for (const [g, group] of this.island.groups.entries()) {
      const entangled = this.#classes[g] === undefined ? tooEntangled(group, this.#levels, terms[g]) : undefined;
      if (entangled !== undefined) return { status: 'failed', says: entangled };
    }
    if (this.#cut !== undefined) {
      // No model is known. Rows that may be missed at a price still give multipliers, and those prove what they prove.
      const price = 2 * Math.max(0, ...terms.flat().map(({ coefficient }) => Math.abs(coefficient)));
      const none = { solution: undefined };
      const { solution } = price === 0 || this.#cut === 'stopped' ? none : yield* this.#optimum(terms, price);
      const found = solution?.status === 'optimal' ? solution.multipliers : new Float64Array(this.#own.length);
      return { status: 'open', multipliers: byRow(found), cut: this.#cut };
    }
    const { solution, cut }: Generated =
      this.#settled === undefined ? yield* this.#optimum(terms, 0) : { solution: this.#only(this.#settled, terms) };
    if (solution.status === 'unbounded') return { status: 'failed', says: 'the programme has no minimum' };
    if (solution.status === 'infeasible') this.#feasible = false;
    if (solution.status !== 'optimal') return solution.status === 'infeasible' ? { status: 'infeasible' } : solution;
    this.#feasible = true;
    return {
      status: 'optimal',
      multipliers: byRow(solution.multipliers),
      groups: this.island.groups.map((group, g) => ({ digits: group.digits, support: this.#support(g, terms[g] ?? [], solution.columns) })),
      ...(cut === undefined ? {} : { cut }),
    };
  }

  #sparse(pool: readonly PoolColumn[], slacks: number): Columns {
    const starts: number[] = [0];
    const indices: number[] = [];
    const values: number[] = [];
    for (let i = 0; i < slacks; i++) {
      indices.push(i >> 1);
      values.push(i % 2 === 0 ? 1 : -1);
      starts.push(indices.length);
    }
    for (const { group, column } of pool) {
      for (const [k, row] of column.rows.entries()) {
        indices.push(this.#rowAt.get(row) as number);
        values.push(column.values[k] as number);
      }
      indices.push(this.island.rows.length + group);
      values.push(1);
      starts.push(indices.length);
    }
    return { count: slacks + pool.length, cost: new Array<number>(slacks + pool.length).fill(0), starts, indices, values };
  }

  /** Finds columns that meet the rows, by driving artificial slacks out. */
  *#firstPhase(): Steps<void> {
    const { solution, cut } = yield* this.#optimum(
      this.island.groups.map(() => []),
      1,
      true,
    );
    if (solution.status !== 'optimal') this.#feasible = solution.status === 'failed' ? solution.says : solution.status;
    else if (cut !== undefined) this.#cut = cut;
    else if (solution.value > feasible) {
      this.#feasible = false;
      this.#against = solution.multipliers.slice(0, this.#own.length);
    } else {
      const slacks = Array.from({ length: this.#slacks }, (_, i) => i);
      const zero = slacks.map(() => 0);
      this.#opened().changeColumns(slacks, zero, zero);
      this.#feasible = true;
    }
  }

  /** There is one distribution over the classes: no programme to solve. */
  #only({ masses, rows, last }: Settled, terms: readonly Form[]): LinearSolution {
    const costs = this.#pool.map((column) => this.#cost(column, terms[column.group] ?? []));
    const multipliers = new Float64Array(this.#own.length);
    for (const [j, row] of rows.entries()) {
      if (row === undefined) continue;
      const rest = last[this.#pool[j]?.group ?? 0];
      multipliers[row.at] = ((costs[j] as number) - (rest === undefined ? 0 : (costs[rest] as number))) / row.entry;
    }
    const value = masses.reduce((sum, mass, j) => sum + mass * (costs[j] as number), 0);
    return { status: 'optimal', value, columns: Float64Array.from(masses), multipliers, residual: 0 };
  }

  /** `first`: phase 1, which ends as soon as it is known whether the slacks can be driven out. */
  *#optimum(terms: readonly Form[], slackCost: number, first = false): Steps<Generated> {
    const cost = new Array<number>(this.#slacks).fill(slackCost);
    for (const column of this.#pool) cost.push(this.#cost(column, terms[column.group] ?? []));
    const session = this.#opened();
    let best: { readonly bound: number; readonly multipliers: Float64Array } | undefined;
    let work = 0;
    for (let round = 1; ; round++) {
      const solution = session.minimise(cost);
      if (this.enumerated || solution.status !== 'optimal' || (first && solution.value <= feasible)) return { solution };
      const { multipliers } = solution;
      const task = first ? 'states that the studies need' : 'states at the end of the bounds';
      let stop = yield { task, done: round };
      work += this.#pool.length * this.#own.length;
      const priced = this.island.groups.map((group, g) => this.#priced(group, terms[g] ?? [], multipliers));
      const added = stop ? [] : this.#nearby(priced, solution, round);
      if (!stop && (added.length === 0 || round % rounds === 0)) {
        let bound = this.#own.reduce((sum, { target }, i) => sum + target * (multipliers[i] as number), 0);
        let improved = added.length > 0;
        for (const [g, group] of this.island.groups.entries()) {
          const offered = multipliers[this.#own.length + g] as number;
          const least = this.#classes[g] === undefined ? leastSum(this.#levels, priced[g] ?? [], group.forbidden) : 'impossible';
          if (least === 'too large') return { solution: { status: 'failed', says: 'a component is too entangled' } };
          const found = least === 'impossible' ? undefined : least;
          bound += Math.min(offered, found?.value ?? offered);
          if (found !== undefined) {
            stop = (yield { task, done: round }) || stop;
            work += priceOf(group, this.#levels, terms[g]);
          }
          const column = found !== undefined && found.value < offered - entering ? this.#generated(g, found.assignment) : undefined;
          if (column === undefined) continue;
          improved = true;
          added.push(column);
        }
        if (best === undefined || bound > best.bound) best = { bound, multipliers };
        if (!improved) return { solution };
        if (first && best.bound > hopeless) return { solution: { ...solution, multipliers: best.multipliers } };
      }
      if (stop || work > mostWork) {
        const known = best?.multipliers ?? new Float64Array(this.#own.length + this.island.groups.length);
        return { solution: { ...solution, multipliers: known }, cut: stop ? 'stopped' : 'work' };
      }
      const columns = this.#sparse(added, 0);
      for (const column of added) {
        cost.push(this.#cost(column, terms[column.group] ?? []));
        this.#pool.push(column);
      }
      session.addColumns(columns);
    }
  }

  /** What a state costs: the form less what the rows pay for it. */
  #priced(group: Group, form: Form, multipliers: Float64Array): readonly Weighted<number>[] {
    const paid = group.terms.map(({ row, coefficient, literals }) => ({
      coefficient: -coefficient * (multipliers[this.#rowAt.get(row) as number] as number),
      literals,
    }));
    return [...form, ...paid].filter(({ coefficient }) => coefficient !== 0);
  }

  /** New states of negative reduced cost near the present ones and near random ones, the best of each group. */
  #nearby(
    priced: readonly (readonly Weighted<number>[])[],
    { columns, multipliers }: Extract<LinearSolution, { status: 'optimal' }>,
    round: number,
  ): PoolColumn[] {
    return this.island.groups.flatMap((group, g): PoolColumn[] => {
      if (this.#classes[g] !== undefined) return [];
      const descent = new Descent(this.#levels, group.digits, priced[g] ?? [], group.forbidden);
      const own = this.#pool.flatMap(({ group: of, leaves }, j): { weight: number; leaf: Int16Array }[] =>
        of === g ? [{ weight: columns[this.#slacks + j] ?? 0, leaf: leaves[0] as Int16Array }] : [],
      );
      const heaviest = own.sort((a, b) => b.weight - a.weight).slice(0, mostTaken);
      const start = this.#fixed(group, heaviest[0]?.leaf as Int16Array);
      const random = this.#random.split(round).split(g);
      const found = [
        ...heaviest.map(({ leaf }) => descent.from(this.#fixed(group, leaf))),
        ...Array.from({ length: wanderers }, (_, i) => descent.somewhere(random.split(i), start)),
      ];
      const below = (multipliers[this.#own.length + g] as number) - hopeless;
      return found
        .filter(({ value }) => value < below)
        .sort((a, b) => a.value - b.value)
        .flatMap(({ assignment }) => this.#generated(g, assignment) ?? []);
    });
  }

  /** A new column of one state; undefined: it is there already. */
  #generated(g: number, assignment: ArrayLike<number>): PoolColumn | undefined {
    const group = this.island.groups[g] as Group;
    const leaf = Int16Array.from(group.digits, (digit) => assignment[digit] as number);
    const key = `${g}:${leaf.join(' ')}`;
    if (this.#known.has(key)) return undefined;
    this.#known.add(key);
    return { group: g, column: columnOf(group, assignment), leaves: [leaf] };
  }

  #fixed(group: Group, leaf: Int16Array): Int16Array {
    const fixed = new Int16Array(this.#levels.length).fill(-1);
    for (const [i, digit] of group.digits.entries()) fixed[digit] = leaf[i] as number;
    return fixed;
  }

  /** The least cost of the states of a class, and one that has it. */
  #best({ group: g, leaves }: PoolColumn, form: Form): { readonly value: number; readonly assignment: ArrayLike<number> } {
    const group = this.island.groups[g] as Group;
    let best: { value: number; assignment: ArrayLike<number> } | undefined;
    for (const leaf of leaves) {
      const found = leastSum(this.#levels, form, group.forbidden, this.#fixed(group, leaf));
      if (typeof found === 'string') continue;
      if (best === undefined || found.value < best.value) best = found;
    }
    if (best === undefined) throw new Error('A class of states without an allowed state.');
    return best;
  }

  #cost(column: PoolColumn, form: Form): number {
    return form.length === 0 ? 0 : this.#best(column, form).value;
  }

  #support(g: number, form: Form, columns: Float64Array): GroupPoint['support'] {
    const support: { weight: number; values: readonly number[] }[] = [];
    for (const [i, column] of this.#pool.entries()) {
      const weight = columns[this.#slacks + i] as number;
      if (column.group !== g || !(weight > 1e-15)) continue;
      support.push({ weight, values: Array.from(this.#best(column, form).assignment) });
    }
    const total = support.reduce((sum, { weight }) => sum + weight, 0);
    return support.map(({ weight, values }) => ({ weight: weight / total, values }));
  }
}
