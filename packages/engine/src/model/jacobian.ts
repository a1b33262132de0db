import type { Name } from '../graph/variable.ts';
import type { DiscreteModel, Mechanism } from './mechanism.ts';

/** A distribution at hand: P(measured \ set | do(set)), for every value of `set` that is not fixed. Offers of a catalogue have this shape. */
export interface RankOffer {
  readonly regime: { readonly set: readonly Name[]; readonly fixed?: Readonly<Record<Name, string>> };
  /** Absent: every variable that is not latent. */
  readonly measured?: readonly Name[];
}

/** Free parameters, and how the derivatives with respect to cells of conditional tables turn into those with respect to them. */
export interface Parameters {
  readonly count: number;
  /** Where the cells of a variable's table begin in a vector over all table cells. */
  readonly offsets: ReadonlyMap<Name, number>;
  readonly tableCells: number;
  /** From derivatives by table cells (length `tableCells`) to derivatives by free parameters, appended at `to`. */
  reduce(derivative: Float64Array, from: number, out: Float64Array, to: number): void;
}

/**
 * Parameters of a model: the cells of each conditional table, one level fewer than there are per row; for variables in
 * `byResponse` the weights of their response functions, one fewer than there are.
 */
export function parametersOf(model: DiscreteModel, byResponse: ReadonlySet<Name>): Parameters {
  const offsets = new Map<Name, number>();
  let tableCells = 0;
  let count = 0;
  const blocks: { readonly mechanism: Mechanism; readonly start: number; readonly size: number; readonly responses: boolean }[] = [];
  for (const mechanism of model.mechanisms.values()) {
    const size = mechanism.table.sizes.at(-1) as number;
    const cells = mechanism.table.values.length;
    const responses = byResponse.has(mechanism.variable) && mechanism.response !== undefined;
    offsets.set(mechanism.variable, tableCells);
    blocks.push({ mechanism, start: tableCells, size, responses });
    tableCells += cells;
    count += responses ? (mechanism.response?.weights.length ?? 1) - 1 : cells - cells / size;
  }
  const reduce: Parameters['reduce'] = (derivative, from, out, to) => {
    let next = to;
    for (const { mechanism, start, size, responses } of blocks) {
      const { values } = mechanism.table;
      if (responses && mechanism.response !== undefined) {
        const { weights, outputs } = mechanism.response;
        const rows = values.length / size;
        const along = (k: number): number => {
          let total = 0;
          for (let row = 0; row < rows; row++)
            total += derivative[from + start + row * size + (outputs[k * rows + row] as number)] as number;
          return total;
        };
        const last = along(weights.length - 1);
        for (let k = 0; k < weights.length - 1; k++) out[next++] = along(k) - last;
        continue;
      }
      for (let row = 0; row < values.length; row += size) {
        const last = derivative[from + start + row + size - 1] as number;
        for (let level = 0; level < size - 1; level++) out[next++] = (derivative[from + start + row + level] as number) - last;
      }
    }
  };
  return { count, offsets, tableCells, reduce };
}

/**
 * The derivatives of every cell of an offered distribution with respect to every cell of every conditional table, cell-major:
 * `cells` rows of `parameters.tableCells`. One pass over the joint states: the derivative of a product by one of its
 * (positive) factors is the product divided by that factor.
 */
export function offerJacobian(
  model: DiscreteModel,
  offer: RankOffer,
  parameters: Parameters,
): { readonly cells: number; readonly rows: Float64Array } {
  const names = [...model.mechanisms.keys()];
  const place = new Map(names.map((name, i) => [name, i]));
  const sizes = names.map((name) => model.levels.get(name)?.length ?? 0);
  const { set, fixed = {} } = offer.regime;
  const pinned = names.map((name) =>
    set.includes(name) && fixed[name] !== undefined ? (model.levels.get(name)?.indexOf(fixed[name]) ?? -1) : -1,
  );
  const shown = new Set((offer.measured ?? model.observed).filter((name) => model.observed.includes(name)).concat(set));
  const count = names.length;
  const digits = Int32Array.from(pinned, (level) => Math.max(0, level));

  // Moving variable i one level up moves the table cell of factor j by `step[i][j]`, and the shown cell by `shownStep[i]`.
  const acting = names.flatMap((name, i) => (set.includes(name) ? [] : [i]));
  const tables = acting.map((i) => (model.mechanisms.get(names[i] as Name) as Mechanism).table);
  const moves: { readonly j: number; readonly by: number }[][] = names.map(() => []);
  tables.forEach((table, j) => {
    let stride = 1;
    for (let a = table.axes.length - 1; a >= 0; a--) {
      moves[place.get(table.axes[a] as string) as number]?.push({ j, by: stride });
      stride *= table.sizes[a] as number;
    }
  });
  const shownStep = new Float64Array(count);
  let cells = 1;
  for (let i = count - 1; i >= 0; i--) {
    if (!shown.has(names[i] as Name) || (pinned[i] as number) >= 0) continue;
    shownStep[i] = cells;
    cells *= sizes[i] as number;
  }
  const at = new Int32Array(acting.length);
  for (let i = 0; i < count; i++)
    for (const { j, by } of moves[i] as { j: number; by: number }[]) at[j] = (at[j] as number) + by * (digits[i] as number);
  const starts = Int32Array.from(acting, (i) => parameters.offsets.get(names[i] as Name) as number);
  const { tableCells } = parameters;
  const rows = new Float64Array(cells * tableCells);
  const values = tables.map((table) => table.values);
  const chances = new Float64Array(acting.length);
  let row = 0;
  for (;;) {
    let product = 1;
    for (let j = 0; j < at.length; j++) {
      const chance = (values[j] as Float64Array)[at[j] as number] as number;
      chances[j] = chance;
      product *= chance;
    }
    const base = row * tableCells;
    for (let j = 0; j < at.length; j++) {
      const cell = base + (starts[j] as number) + (at[j] as number);
      rows[cell] = (rows[cell] as number) + product / (chances[j] as number);
    }
    let i = count - 1;
    for (; i >= 0; i--) {
      if ((pinned[i] as number) >= 0) continue;
      const wrapped = digits[i] === (sizes[i] as number) - 1;
      const by = wrapped ? -(digits[i] as number) : 1;
      digits[i] = (digits[i] as number) + by;
      row += by * (shownStep[i] as number);
      for (const move of moves[i] as { j: number; by: number }[]) at[move.j] = (at[move.j] as number) + by * move.by;
      if (!wrapped) break;
    }
    if (i < 0) return { cells, rows };
  }
}
