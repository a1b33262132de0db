import load, { type Highs } from 'highs';

type Numbers = readonly number[] | Float64Array;
type Indices = readonly number[] | Int32Array;

/** Columns of a sparse matrix: column j has the entries `starts[j]` to `starts[j + 1]` (exclusive), rows strictly increasing. */
export interface Columns {
  readonly count: number;
  readonly cost: Numbers;
  /** Absent: 0 and infinity for every column. */
  readonly lower?: Numbers;
  readonly upper?: Numbers;
  readonly starts: Indices;
  readonly indices: Indices;
  readonly values: Numbers;
}

/** Rows between `rowLower` and `rowUpper` (equal: an equation; -Infinity and Infinity are allowed). */
export interface LinearProgramme extends Columns {
  readonly rows: number;
  readonly rowLower: Numbers;
  readonly rowUpper: Numbers;
}

/** `residual`: the largest violation of a row or of a column's bound, of the sign of a reduced cost, and the gap of the two objectives. */
export type LinearSolution =
  | {
      readonly status: 'optimal';
      readonly value: number;
      readonly columns: Float64Array;
      /** One multiplier a row: cost - multipliers A is >= 0 where a minimum's column is at its lower bound. */
      readonly multipliers: Float64Array;
      readonly residual: number;
    }
  /** One number y a row: the largest y A x over the columns' bounds is less than the least y b over the rows' bounds. */
  | { readonly status: 'infeasible'; readonly ray: Float64Array }
  | { readonly status: 'unbounded' }
  | { readonly status: 'failed'; readonly says: string };

/** One linear programme in the solver's memory, solved again and again from where the last solve ended. Must be closed. */
export interface Session {
  /** `cost`: a new cost for every column; absent: the last one. */
  minimise(cost?: Numbers): LinearSolution;
  maximise(cost?: Numbers): LinearSolution;
  changeRows(rows: Indices, lower: Numbers, upper: Numbers): void;
  changeColumns(columns: Indices, lower: Numbers, upper: Numbers): void;
  addColumns(columns: Columns): void;
  /** A row over the present columns. */
  addRow(lower: number, upper: number, indices: Indices, values: Numbers): void;
  close(): void;
}

export interface Solver {
  open(programme: LinearProgramme): Session;
}

type Model = ReturnType<Highs['createModel']>;

/** Largest residual that is taken as it is; above it other settings are tried, and the best result stands. */
const accepted = 1e-10;
const settings: readonly Readonly<Record<string, string | number | boolean>>[] = [
  { presolve: 'off', simplex_strategy: 1, simplex_scale_strategy: 0 },
  { presolve: 'off', simplex_strategy: 4, simplex_scale_strategy: 0 },
  { presolve: 'on', simplex_strategy: 1, simplex_scale_strategy: 2 },
  { presolve: 'off', simplex_strategy: 1, simplex_scale_strategy: 4 },
];

/** Closed sessions leave their model to the next one: making a model and setting its options costs more than a small solve. */
const spares = 16;

/** HiGHS (Huangfu and Hall 2018) as WebAssembly; about 50 ms to load. Solves block. */
export async function loadSolver(): Promise<Solver> {
  // Its types describe a CommonJS module; what is imported is the ES module, whose default is the loader itself.
  const native = await (load as unknown as typeof load.default)();
  const spare: Model[] = [];
  const take = (): Model => {
    const model = spare.pop();
    if (model !== undefined) return model;
    const made = native.createModel();
    made.options.set({
      output_flag: false,
      primal_feasibility_tolerance: 1e-10,
      dual_feasibility_tolerance: 1e-10,
      random_seed: 0,
      ...settings[0],
    });
    return made;
  };
  const give = (model: Model): void => {
    if (spare.length < spares) spare.push(model);
    else model.dispose();
  };
  return { open: (programme) => new OpenSession(native, take(), give, programme) };
}

class OpenSession implements Session {
  readonly #native: Highs;
  readonly #model: Model;
  readonly #give: (model: Model) => void;
  readonly #cost: number[] = [];
  readonly #lower: number[] = [];
  readonly #upper: number[] = [];
  readonly #rowLower: number[];
  readonly #rowUpper: number[];
  /** Entries of the matrix as given, for the check of every solution. */
  readonly #column: number[] = [];
  readonly #row: number[] = [];
  readonly #value: number[] = [];
  #setting = 0;
  #closed = false;

  constructor(native: Highs, model: Model, give: (model: Model) => void, programme: LinearProgramme) {
    this.#native = native;
    this.#model = model;
    this.#give = give;
    this.#rowLower = Array.from(programme.rowLower);
    this.#rowUpper = Array.from(programme.rowUpper);
    const { count, rows, starts, indices, values } = programme;
    this.#remember(programme);
    this.#model.passModel({
      numCols: count,
      numRows: rows,
      colCost: this.#cost,
      colLower: this.#bounds(this.#lower),
      colUpper: this.#bounds(this.#upper),
      rowLower: this.#bounds(this.#rowLower),
      rowUpper: this.#bounds(this.#rowUpper),
      matrix: { format: 'csc', numRows: rows, numCols: count, starts, indices, values },
    });
  }

  #bounds(numbers: Numbers): number[] {
    const { infinity } = this.#native;
    return Array.from(numbers, (x) => (x === Infinity ? infinity : x === -Infinity ? -infinity : x));
  }

  #remember({ count, cost, lower, upper, starts, indices, values }: Columns): void {
    const first = this.#cost.length;
    for (let j = 0; j < count; j++) {
      this.#cost.push(cost[j] as number);
      this.#lower.push(lower?.[j] ?? 0);
      this.#upper.push(upper?.[j] ?? Infinity);
      for (let k = starts[j] as number; k < (starts[j + 1] as number); k++) {
        this.#column.push(first + j);
        this.#row.push(indices[k] as number);
        this.#value.push(values[k] as number);
      }
    }
  }

  minimise(cost: Numbers = this.#cost): LinearSolution {
    for (let j = 0; j < this.#cost.length; j++) this.#cost[j] = cost[j] as number;
    if (this.#cost.length > 0) this.#model.changeColsCost({ kind: 'range', from: 0, to: this.#cost.length - 1 }, this.#cost);
    return this.#solve();
  }

  maximise(cost: Numbers = this.#cost): LinearSolution {
    const found = this.minimise(Array.from(cost, (c) => -c));
    for (let j = 0; j < this.#cost.length; j++) this.#cost[j] = -(this.#cost[j] as number);
    return found.status === 'optimal' ? { ...found, value: 0 - found.value, multipliers: found.multipliers.map((y) => 0 - y) } : found;
  }

  changeRows(rows: Indices, lower: Numbers, upper: Numbers): void {
    for (const [k, row] of rows.entries()) {
      this.#rowLower[row] = lower[k] as number;
      this.#rowUpper[row] = upper[k] as number;
      this.#model.changeRowBounds(row, this.#bounds([lower[k] as number])[0] as number, this.#bounds([upper[k] as number])[0] as number);
    }
  }

  changeColumns(columns: Indices, lower: Numbers, upper: Numbers): void {
    for (const [k, column] of columns.entries()) {
      this.#lower[column] = lower[k] as number;
      this.#upper[column] = upper[k] as number;
      this.#model.changeColBounds(column, this.#bounds([lower[k] as number])[0] as number, this.#bounds([upper[k] as number])[0] as number);
    }
  }

  addColumns(columns: Columns): void {
    const first = this.#cost.length;
    this.#remember(columns);
    const { count, starts, indices, values } = columns;
    this.#model.addCols({
      cost: Float64Array.from(columns.cost),
      lower: Float64Array.from(this.#bounds(this.#lower.slice(first))),
      upper: Float64Array.from(this.#bounds(this.#upper.slice(first))),
      matrix: {
        format: 'csc',
        numRows: this.#rowLower.length,
        numCols: count,
        starts: Int32Array.from(starts),
        indices: Int32Array.from(indices),
        values: Float64Array.from(values),
      },
    });
  }

  addRow(lower: number, upper: number, indices: Indices, values: Numbers): void {
    const row = this.#rowLower.length;
    this.#rowLower.push(lower);
    this.#rowUpper.push(upper);
    for (const [k, column] of indices.entries()) {
      this.#column.push(column);
      this.#row.push(row);
      this.#value.push(values[k] as number);
    }
    this.#model.addRow(this.#bounds([lower])[0] as number, this.#bounds([upper])[0] as number, { indices, values });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#give(this.#model);
  }

  #solve(): LinearSolution {
    let best: LinearSolution = { status: 'failed', says: 'the solver did not start' };
    for (let attempt = 0; attempt < settings.length; attempt++) {
      if (attempt > 0) {
        this.#setting = attempt;
        this.#model.clearSolver();
      }
      if (attempt > 0) this.#model.options.set(settings[attempt] ?? {});
      const found = this.#once();
      if (found.status === 'optimal' && (best.status !== 'optimal' || found.residual < best.residual)) best = found;
      else if (best.status === 'failed') best = found;
      if (found.status === 'unbounded' || found.status === 'infeasible' || (found.status === 'optimal' && found.residual <= accepted)) {
        best = found;
        break;
      }
    }
    if (this.#setting !== 0) {
      this.#setting = 0;
      this.#model.options.set(settings[0] ?? {});
    }
    return best;
  }

  #once(): LinearSolution {
    const model = this.#model;
    const status = this.#native.constants.modelStatus;
    let found: number;
    try {
      found = model.run().modelStatus;
    } catch (error) {
      return { status: 'failed', says: error instanceof Error ? error.message : String(error) };
    }
    if (found === status.infeasible || found === status.unboundedOrInfeasible) {
      const ray = model.getDualRay()?.values;
      if (ray !== undefined && this.#separates(ray)) return { status: 'infeasible', ray: Float64Array.from(ray) };
      return { status: 'failed', says: 'found infeasible, without a proof' };
    }
    if (found === status.unbounded) return { status: 'unbounded' };
    if (found !== status.optimal && found !== status.empty) return { status: 'failed', says: `solver status ${found}` };
    const { colValue, rowDual } = model.getSolution();
    return this.#checked(colValue, rowDual);
  }

  /** Rounds columns up to their bounds and measures what is left, in plain arithmetic on the matrix as it was given. */
  #checked(primal: Float64Array, multipliers: Float64Array): LinearSolution {
    const columns = primal.map((x, j) => Math.min(Math.max(x, this.#lower[j] as number), this.#upper[j] as number));
    const activity = new Float64Array(this.#rowLower.length);
    const reduced = Float64Array.from(this.#cost);
    for (let k = 0; k < this.#value.length; k++) {
      const [row, column, value] = [this.#row[k] as number, this.#column[k] as number, this.#value[k] as number];
      activity[row] = (activity[row] as number) + value * (columns[column] as number);
      reduced[column] = (reduced[column] as number) - value * (multipliers[row] as number);
    }
    let [residual, value, dual] = [0, 0, 0];
    for (const [i, x] of activity.entries()) {
      const [lower, upper, y] = [this.#rowLower[i] as number, this.#rowUpper[i] as number, multipliers[i] as number];
      residual = Math.max(residual, lower - x, x - upper);
      const bound = y > 0 ? lower : upper;
      if (Math.abs(y) > 0 && Number.isFinite(bound)) dual += y * bound;
      else residual = Math.max(residual, Math.abs(y));
    }
    for (const [j, x] of columns.entries()) {
      const [lower, upper, d] = [this.#lower[j] as number, this.#upper[j] as number, reduced[j] as number];
      value += (this.#cost[j] as number) * x;
      const bound = d > 0 ? lower : upper;
      if (Number.isFinite(bound)) dual += d * bound;
      else residual = Math.max(residual, Math.abs(d));
    }
    return { status: 'optimal', value, columns, multipliers, residual: Math.max(residual, Math.abs(value - dual)) };
  }

  #separates(ray: Float64Array): boolean {
    const combined = new Float64Array(this.#cost.length);
    for (let k = 0; k < this.#value.length; k++) {
      const column = this.#column[k] as number;
      combined[column] = (combined[column] as number) + (this.#value[k] as number) * (ray[this.#row[k] as number] as number);
    }
    const times = (a: number, b: number): number => (Math.abs(a) <= 1e-11 ? 0 : a * b);
    let difference = 0;
    for (const [i, y] of ray.entries()) difference += times(y, (y > 0 ? this.#rowLower[i] : this.#rowUpper[i]) as number);
    for (const [j, a] of combined.entries()) difference -= times(a, (a > 0 ? this.#upper[j] : this.#lower[j]) as number);
    return difference > 0;
  }
}
