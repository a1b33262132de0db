import { log } from '../math/elementary.ts';
import type { Steps } from '../run/steps.ts';
import { Descent } from './descend.ts';
import { type IslandRow, type Matrix, matrixOf, pricesOf, type State, withoutImpossible } from './fit-columns.ts';
import { fitMixture, type Mixture, type MixtureFit } from './interior.ts';
import { type Cut, type GroupPoint, mostWork, priceOf, tooEntangled } from './island.ts';
import { leastSum } from './least.ts';
import type { Block } from './programme.ts';
import { classesOf, columnOf, type Group, type Island, levelsOf } from './states.ts';

interface IslandOptions {
  readonly counts: readonly number[];
  readonly prices?: ArrayLike<number> | undefined;
  readonly limits?: ArrayLike<number> | undefined;
  readonly centre?: readonly number[];
  readonly factor?: number;
  readonly until?: (logLikelihood: number, gap: number) => boolean;
}

export interface IslandResult {
  readonly logLikelihood: number;
  readonly gap: number;
  readonly converged: boolean;
  /** States are missing: the search for them ended early. */
  readonly cut?: Cut;
  /** Row and value. */
  readonly values: readonly (readonly [number, number])[];
  readonly multipliers: readonly (readonly [number, number])[];
  readonly groups: () => readonly GroupPoint[];
}

const mostRounds = 400;
/** Cells of tables that make the price of a state dear. */
const dear = 1 << 14;

/** Groups of digits that cells link: one mixture problem, each group a simplex of states. */
export class IslandFit {
  private readonly block: Block;
  private readonly island: Island;
  private readonly rows: readonly IslandRow[];
  private readonly levels: readonly number[];
  private states: State[] = [];
  /** Columns of some group are generated. */
  private readonly open: boolean;
  private readonly known = new Set<string>();
  /** Cells of tables to find the best state of each group, where it is dear. */
  private readonly prices: readonly number[];
  private matrix: (Matrix & { readonly key: string }) | undefined;

  constructor(block: Block, island: Island, rows: readonly IslandRow[], limit: number) {
    this.block = block;
    this.island = island;
    this.rows = rows;
    this.levels = levelsOf(block);
    let open = false;
    for (const [number, group] of island.groups.entries()) {
      const classes = classesOf(group, this.levels, limit);
      if (classes === undefined) {
        open = true;
        this.startGroup(number, group);
      } else
        for (const [i, column] of classes.columns.entries())
          this.states.push({ group: number, column, leaf: (classes.leaves[i] as readonly Int16Array[])[0] as Int16Array });
    }
    this.open = open;
    this.prices = island.groups.map((group) => {
      const price = open ? priceOf(group, this.levels) : 0;
      return price > dear ? price : 0;
    });
    if (!open) this.states = withoutImpossible(this.states, island, rows);
  }

  get work(): number {
    const size = this.island.rows.length + this.island.groups.length;
    const entries = this.states.reduce((sum, { column }) => sum + (column.rows.length + 1) ** 2 + 8, 0);
    const priced = this.prices.reduce((sum, price) => sum + price, 0);
    return (this.open ? mostRounds / 4 : 1) * (15 * (size ** 3 / 6 + entries) + 4 * priced);
  }

  *fit(options: IslandOptions): Steps<IslandResult> {
    let cut: Cut | undefined;
    let work = 0;
    let result = this.solve(options);
    // A gap of the columns at hand says nothing of those that were not made.
    for (let round = 0; this.open && round < mostRounds; round++) {
      if (this.prices.some((price) => price > 0)) {
        if (yield { task: 'the model that fits best', done: round }) cut = 'stopped';
        else if (work > mostWork) cut = 'work';
        work += this.prices.reduce((sum, price) => sum + price, 0) + this.states.length * this.island.rows.length;
        if (cut !== undefined) break;
      }
      const missing = this.generate(options, result.prices);
      const gap = result.fit.gap + missing;
      result = { ...result, fit: { ...result.fit, gap } };
      if (missing <= 1e-10 * Math.max(1, result.total)) break;
      result = this.solve(options);
    }
    const { fit, states, cost, total } = result;
    const possible = result.possible && fit.residual < 1e-6;
    return {
      logLikelihood: possible ? fit.value + cost : Number.NEGATIVE_INFINITY,
      gap: possible ? fit.gap : 0,
      converged: possible && fit.residual < 1e-8 && Math.abs(fit.gap) <= 1e-8 * Math.max(1, total),
      ...(cut === undefined ? {} : { cut }),
      values: this.valuesAt(states, fit.x),
      multipliers: result.multipliers,
      groups: () => this.groupsAt(states, fit.x),
    };
  }

  private solve(options: IslandOptions) {
    const { counts, prices, limits, centre, factor = 1 } = options;
    const { rows } = this.island;
    const sampled: number[] = [];
    const equal: number[] = [];
    const atMost: number[] = [];
    for (const row of rows) {
      const { kind, cell, extra, unread } = this.rows[row] as IslandRow;
      if (kind === 'sampled' && unread !== true && (counts[cell as number] as number) > 0) sampled.push(row);
      if (kind === 'equal') equal.push(row);
      if (kind === 'atMost' || (kind === 'extra' && Number.isFinite(limits?.[extra as number] ?? Number.POSITIVE_INFINITY)))
        atMost.push(row);
    }
    const order = [...sampled, ...equal, ...atMost];
    const { columns, simplex } = this.matrixOver(order);
    const priced = prices === undefined ? undefined : pricesOf(this.states, this.rows, prices);
    const right = (row: number): number => {
      const { target, extra } = this.rows[row] as IslandRow;
      return extra === undefined ? target : (limits?.[extra] as number);
    };
    const cellOf = (row: number): number => (this.rows[row] as IslandRow).cell as number;
    const problem: Mixture = {
      columns,
      weights: Float64Array.from(sampled, (row) => counts[cellOf(row)] as number),
      equal: Float64Array.from(equal, right),
      atMost: Float64Array.from(atMost, right),
      simplex,
      ...(centre && { offset: Float64Array.from(sampled, (row) => (factor - 1) * Math.max(0, centre[cellOf(row)] as number)) }),
      ...(priced && { cost: priced }),
    };
    const total = problem.weights.reduce((sum, weight) => sum + weight, 0);
    const possible = this.allReached(problem) && this.island.groups.every((_, group) => this.states.some((state) => state.group === group));
    const fit: MixtureFit = possible
      ? fitMixture(problem, options.until && !this.open ? { until: this.shifted(options.until, problem, factor) } : {})
      : nothing(problem);
    let cost = total === 0 ? 0 : -total * log(factor);
    priced?.forEach((price, r) => {
      cost += price * (fit.x[r] as number);
    });
    const multipliers = order.map((row, at): readonly [number, number] => [row, fit.multipliers[at] as number]);
    const signed = new Map(multipliers.map(([row, value], i) => [row, i < sampled.length ? value : -value]));
    if (prices !== undefined)
      for (const row of rows) {
        const { extra } = this.rows[row] as IslandRow;
        if (extra !== undefined) signed.set(row, (signed.get(row) ?? 0) - (prices[extra] as number));
      }
    return { fit, cost, total, possible, states: this.states, multipliers, prices: signed };
  }

  /** The states' columns over these rows; kept for the next counts with the same rows. */
  private matrixOver(order: readonly number[]): Matrix {
    const key = `${this.states.length}:${order.join()}`;
    if (this.matrix?.key !== key) this.matrix = { key, ...matrixOf(this.states, order) };
    return this.matrix;
  }

  private shifted(
    until: (value: number, gap: number) => boolean,
    { weights }: Mixture,
    factor: number,
  ): (value: number, gap: number) => boolean {
    const shift = factor === 1 ? 0 : weights.reduce((sum, weight) => sum + weight, 0) * log(factor);
    return (value, gap) => until(value - shift, gap);
  }

  /** Some state gives each record a positive probability. */
  private allReached({ weights, columns, offset }: Mixture): boolean {
    const reached = Uint8Array.from(weights, (_, j) => ((offset?.[j] ?? 0) > 0 ? 1 : 0));
    for (let k = 0; k < columns.indices.length; k++) {
      const row = columns.indices[k] as number;
      if (row < weights.length && (columns.values[k] as number) > 0) reached[row] = 1;
    }
    return reached.every((one) => one === 1);
  }

  private valuesAt(states: readonly State[], x: Float64Array): [number, number][] {
    const sums = new Map(this.island.rows.map((row) => [row, 0]));
    for (const [i, { column }] of states.entries())
      for (const [k, row] of column.rows.entries())
        sums.set(row, (sums.get(row) as number) + (column.values[k] as number) * (x[i] as number));
    return [...sums];
  }

  private groupsAt(states: readonly State[], x: Float64Array): GroupPoint[] {
    return this.island.groups.map(({ digits, forbidden }, group) => {
      const support: { weight: number; values: readonly number[] }[] = [];
      for (const [i, state] of states.entries()) {
        if (state.group !== group || !((x[i] as number) > 0)) continue;
        const fixed = new Int32Array(this.levels.length).fill(-1);
        for (const [k, digit] of digits.entries()) fixed[digit] = state.leaf[k] as number;
        const whole = leastSum(this.levels, [], forbidden, fixed);
        if (typeof whole === 'string') throw new Error(`A state of block ${this.block.name} is ${whole}.`);
        support.push({ weight: x[i] as number, values: [...whole.assignment] });
      }
      return { digits, support };
    });
  }

  private add(number: number, group: Group, assignment: ArrayLike<number>): boolean {
    const column = columnOf(group, assignment);
    const key = `${number}:${column.rows.join()}:${column.values.join()}`;
    if (this.known.has(key)) return false;
    this.known.add(key);
    this.states.push({ group: number, column, leaf: Int32Array.from(group.digits, (digit) => assignment[digit] as number) });
    return true;
  }

  /** First columns: for every term of a row a state in which it holds. */
  private startGroup(number: number, group: Group): void {
    for (const { literals } of [{ literals: [] }, ...group.terms]) {
      const state = leastSum(this.levels, [], group.forbidden, this.fixing(literals));
      if (typeof state !== 'string') this.add(number, group, state.assignment);
    }
  }

  private fixing(literals: readonly { readonly digit: number; readonly value: number }[]): Int32Array {
    const fixed = new Int32Array(this.levels.length).fill(-1);
    for (const { digit, value } of literals) fixed[digit] = value;
    return fixed;
  }

  private holding(assignment: ArrayLike<number>, literals: readonly { readonly digit: number; readonly value: number }[]): Int32Array {
    const held = Int32Array.from(assignment);
    for (const { digit, value } of literals) held[digit] = value;
    return held;
  }

  /** Adds states of better price than all present ones; returns by how much the present ones fall short (0: by nothing). */
  private generate({ counts }: IslandOptions, prices: ReadonlyMap<number, number>): number {
    let missing = 0;
    for (const [number, group] of this.island.groups.entries()) {
      const best = this.states.reduce((most, { group: of, column }) => {
        if (of !== number) return most;
        return Math.max(
          most,
          column.rows.reduce((sum, row, k) => sum + (prices.get(row) ?? 0) * (column.values[k] as number), 0),
        );
      }, Number.NEGATIVE_INFINITY);
      const terms = group.terms.flatMap(({ row, coefficient, literals }) => {
        const price = prices.get(row) ?? 0;
        return price === 0 ? [] : [{ coefficient: -price * coefficient, literals }];
      });
      const isDear = (this.prices[number] ?? 0) > 0;
      if (isDear && tooEntangled(group, this.levels) !== undefined) return Number.POSITIVE_INFINITY;
      const descent = isDear ? new Descent(this.levels, group.digits, terms, group.forbidden) : undefined;
      const state = leastSum(this.levels, terms, group.forbidden);
      if (state === 'too large') return Number.POSITIVE_INFINITY;
      if (state === 'impossible') continue;
      const excess = -state.value - best;
      if (!(excess > 0)) continue;
      missing += excess;
      this.add(number, group, state.assignment);
      let tries = 0;
      for (const { row, literals } of group.terms) {
        const { cell } = this.rows[row] as IslandRow;
        if (cell === undefined || !((counts[cell] as number) > 0) || tries++ >= 60) continue;
        const other =
          descent?.from(this.holding(state.assignment, literals)) ?? leastSum(this.levels, terms, group.forbidden, this.fixing(literals));
        if (typeof other !== 'string' && -other.value > best) this.add(number, group, other.assignment);
      }
    }
    return missing;
  }
}

function nothing({ columns, weights }: Mixture): MixtureFit {
  return {
    x: new Float64Array(columns.count),
    fitted: new Float64Array(columns.rows),
    value: Number.NEGATIVE_INFINITY,
    gap: 0,
    multipliers: new Float64Array(columns.rows).map((_, i) => (i < weights.length ? (weights[i] as number) : 0)),
    residual: Number.POSITIVE_INFINITY,
    iterations: 0,
  };
}
