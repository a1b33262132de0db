import type { Columns, LinearSolution, Session, Solver } from './highs.ts';
import { leastSum } from './least.ts';
import type { Form } from './programme.ts';
import { type Classes, type Column, classesOf, columnOf, type Group, type Island, type Row, within } from './states.ts';

/** Where the mass of a group lies: full assignments by digit of the block (digits of other groups: 0). */
export interface GroupPoint {
  readonly digits: readonly number[];
  readonly support: readonly { readonly weight: number; readonly values: readonly number[] }[];
}

export type IslandResult =
  | { readonly status: 'optimal'; readonly multipliers: ReadonlyMap<number, number>; readonly groups: readonly GroupPoint[] }
  | { readonly status: 'infeasible' }
  | { readonly status: 'failed'; readonly says: string };

interface PoolColumn {
  readonly group: number;
  readonly column: Column;
  /** Partial assignments by position in the group; -1 is free. */
  readonly leaves: readonly Int16Array[];
}

/** A column enters when its reduced cost is below minus this. */
const entering = 1e-11;
/** Phase 1: total violation that counts as none. */
const feasible = 1e-10;

/** The one distribution over classes that rows allow: its masses, the row of each class alone, the class that takes what is left. */
interface Settled {
  readonly masses: readonly number[];
  readonly rows: readonly ({ readonly at: number; readonly entry: number } | undefined)[];
  readonly last: readonly (number | undefined)[];
}

/**
 * Where all classes of each group but one stand alone in an equation, the equations say all masses. Undefined where they do not, or
 * where the masses do not fit (which is left to the solver).
 */
function settle(own: readonly Row[], pool: readonly PoolColumn[], groups: number, rowAt: ReadonlyMap<number, number>): Settled | undefined {
  const users = own.map((): number[] => []);
  for (const [j, { column }] of pool.entries()) for (const row of column.rows) users[rowAt.get(row) as number]?.push(j);
  const rows: ({ at: number; entry: number } | undefined)[] = pool.map(() => undefined);
  for (const [at, list] of users.entries()) {
    const [j] = list;
    if (j === undefined || list.length > 1 || rows[j] !== undefined || own[at]?.relation !== '=') continue;
    const { column } = pool[j] as PoolColumn;
    rows[j] = { at, entry: column.values[column.rows.findIndex((row) => rowAt.get(row) === at)] as number };
  }
  const masses = rows.map((row) => (row === undefined ? 0 : (own[row.at]?.target ?? 0) / row.entry));
  const last: (number | undefined)[] = Array.from({ length: groups }, () => undefined);
  for (const [j, { group }] of pool.entries()) {
    if (rows[j] !== undefined) continue;
    if (last[group] !== undefined) return undefined;
    last[group] = j;
  }
  for (let g = 0; g < groups; g++) {
    const total = pool.reduce((sum, { group }, j) => (group === g ? sum + (masses[j] as number) : sum), 0);
    const rest = last[g];
    if (rest !== undefined) masses[rest] = 1 - total;
    else if (Math.abs(total - 1) > feasible) return undefined;
  }
  if (masses.some((mass) => mass < -feasible)) return undefined;
  const sums = new Float64Array(own.length);
  for (const [j, { column }] of pool.entries())
    for (const [k, row] of column.rows.entries()) {
      const at = rowAt.get(row) as number;
      sums[at] = (sums[at] as number) + (masses[j] as number) * (column.values[k] as number);
    }
  const fits = own.every(({ relation, target }, i) => {
    const over = (sums[i] as number) - target;
    return (relation === '>=' || over <= feasible) && (relation === '<=' || over >= -feasible);
  });
  return fits ? { masses: masses.map((mass) => Math.max(0, mass)), rows, last } : undefined;
}

const tooEntangled = (group: Group): string => `the ${group.digits.length} response digits of one component are too entangled`;

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
  #feasible: boolean | string | undefined;

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
      const seed = leastSum(levels, [], group.forbidden);
      if (typeof seed === 'string') this.#feasible = seed === 'impossible' ? false : tooEntangled(group);
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
  minimise(form: Form): IslandResult {
    if (this.#feasible === undefined && !this.enumerated) this.#feasible = this.#firstPhase();
    if (this.#feasible === false) return { status: 'infeasible' };
    if (typeof this.#feasible === 'string') return { status: 'failed', says: this.#feasible };
    const terms = this.island.groups.map((group) => within(group, form));
    const solution = this.#settled === undefined ? this.#optimum(terms, 0) : this.#only(this.#settled, terms);
    if (solution.status === 'unbounded') return { status: 'failed', says: 'the programme has no minimum' };
    if (solution.status === 'infeasible') this.#feasible = false;
    if (solution.status !== 'optimal') return solution;
    this.#feasible = true;
    return {
      status: 'optimal',
      multipliers: new Map(this.island.rows.map((row, i) => [row, solution.multipliers[i] as number])),
      groups: this.island.groups.map((group, g) => ({ digits: group.digits, support: this.#support(g, terms[g] ?? [], solution.columns) })),
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

  /** Finds columns that meet the rows, by driving artificial slacks out. False: there are none; a text: the solver failed. */
  #firstPhase(): boolean | string {
    const solution = this.#optimum(
      this.island.groups.map(() => []),
      1,
    );
    if (solution.status !== 'optimal') return solution.status === 'failed' ? solution.says : solution.status;
    if (solution.value > feasible) return false;
    const slacks = Array.from({ length: this.#slacks }, (_, i) => i);
    const zero = slacks.map(() => 0);
    this.#opened().changeColumns(slacks, zero, zero);
    return true;
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

  #optimum(terms: readonly Form[], slackCost: number): LinearSolution {
    const cost = new Array<number>(this.#slacks).fill(slackCost);
    for (const column of this.#pool) cost.push(this.#cost(column, terms[column.group] ?? []));
    const session = this.#opened();
    for (;;) {
      const solution = session.minimise(cost);
      if (this.enumerated) return solution;
      if (solution.status !== 'optimal') return solution;
      const added: PoolColumn[] = [];
      for (const [g, group] of this.island.groups.entries()) {
        if (this.#classes[g] !== undefined) continue;
        const found = this.#price(g, group, terms[g] ?? [], solution.multipliers);
        if (typeof found === 'string') return { status: 'failed', says: found };
        if (found !== undefined) added.push(found);
      }
      if (added.length === 0) return solution;
      const columns = this.#sparse(added, 0);
      for (const column of added) {
        cost.push(this.#cost(column, terms[column.group] ?? []));
        this.#pool.push(column);
      }
      session.addColumns(columns);
    }
  }

  /** The state of least reduced cost, if that is negative and the state is new. */
  #price(g: number, group: Group, form: Form, multipliers: Float64Array): PoolColumn | string | undefined {
    const priced = group.terms.map(({ row, coefficient, literals }) => ({
      coefficient: -coefficient * (multipliers[this.#rowAt.get(row) as number] as number),
      literals,
    }));
    const found = leastSum(
      this.#levels,
      [...form, ...priced].filter(({ coefficient }) => coefficient !== 0),
      group.forbidden,
    );
    if (found === 'too large') return tooEntangled(group);
    if (found === 'impossible' || found.value >= (multipliers[this.island.rows.length + g] as number) - entering) return undefined;
    return this.#generated(g, found.assignment);
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
