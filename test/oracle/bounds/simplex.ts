/** A dense two-phase simplex (Bland's rule) and the vertices of {x >= 0, A x = b}: slow, simple, for tests only. */
const tiny = 1e-10;

/** Rows of the tableau end with the right-hand side; `basis[i]` is the column of row i. */
interface Tableau {
  readonly rows: number[][];
  readonly basis: number[];
}

function pivot(tableau: Tableau, row: number, column: number): void {
  const pivotRow = tableau.rows[row] as number[];
  const by = pivotRow[column] as number;
  for (let j = 0; j < pivotRow.length; j++) pivotRow[j] = (pivotRow[j] as number) / by;
  for (const [i, other] of tableau.rows.entries()) {
    const factor = other[column] as number;
    if (i === row || factor === 0) continue;
    for (let j = 0; j < other.length; j++) other[j] = (other[j] as number) - factor * (pivotRow[j] as number);
  }
  tableau.basis[row] = column;
}

/** Minimises over the columns below `columns`; false: unbounded. */
function descend(tableau: Tableau, cost: readonly number[], columns: number): boolean {
  for (;;) {
    const enters = Array.from({ length: columns }, (_, j) => j).find((j) => {
      let reduced = cost[j] ?? 0;
      for (const [i, row] of tableau.rows.entries()) reduced -= (cost[tableau.basis[i] as number] ?? 0) * (row[j] as number);
      return reduced < -tiny;
    });
    if (enters === undefined) return true;
    let leaves = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const [i, row] of tableau.rows.entries()) {
      const slope = row[enters] as number;
      if (slope <= 1e-9) continue;
      const ratio = (row.at(-1) as number) / slope;
      const before = leaves >= 0 && (tableau.basis[i] as number) < (tableau.basis[leaves] as number);
      if (ratio < least - 1e-13 || (ratio <= least + 1e-13 && before)) {
        least = Math.min(ratio, least);
        leaves = i;
      }
    }
    if (leaves < 0) return false;
    pivot(tableau, leaves, enters);
  }
}

/** A feasible basis without redundant rows; undefined: infeasible by more than `tolerance`. */
function feasible(matrix: readonly (readonly number[])[], right: readonly number[], tolerance: number): Tableau | undefined {
  const columns = matrix[0]?.length ?? 0;
  const rows = matrix.map((row, i) => {
    const sign = (right[i] as number) < 0 ? -1 : 1;
    return [...row.map((value) => sign * value), ...right.map((_, k) => (k === i ? 1 : 0)), sign * (right[i] as number)];
  });
  const tableau = { rows, basis: right.map((_, i) => columns + i) };
  const cost = [...Array<number>(columns).fill(0), ...right.map(() => 1)];
  descend(tableau, cost, columns);
  const left = tableau.basis.reduce((sum, j, i) => sum + (j >= columns ? (tableau.rows[i]?.at(-1) as number) : 0), 0);
  if (left > tolerance) return undefined;
  for (let i = tableau.rows.length - 1; i >= 0; i--) {
    if ((tableau.basis[i] as number) < columns) continue;
    const row = tableau.rows[i] as number[];
    let best = -1;
    for (let j = 0; j < columns; j++) if (Math.abs(row[j] as number) > Math.max(1e-9, Math.abs(row[best] ?? 0))) best = j;
    if (best >= 0) pivot(tableau, i, best);
    else {
      tableau.rows.splice(i, 1);
      tableau.basis.splice(i, 1);
    }
  }
  return { rows: tableau.rows.map((row) => [...row.slice(0, columns), row.at(-1) as number]), basis: tableau.basis };
}

const solutionOf = ({ rows, basis }: Tableau, columns: number): number[] => {
  const solution = Array<number>(columns).fill(0);
  for (const [i, j] of basis.entries()) solution[j] = Math.max(0, rows[i]?.at(-1) as number);
  return solution;
};

export type Optimum =
  | { readonly status: 'optimal'; readonly value: number; readonly point: readonly number[] }
  | { readonly status: 'infeasible' | 'unbounded' };

/** Minimises cost.x over {x >= 0, matrix x = right}. */
export function minimise(
  cost: readonly number[],
  matrix: readonly (readonly number[])[],
  right: readonly number[],
  tolerance = 1e-9,
): Optimum {
  const tableau = feasible(matrix, right, tolerance);
  if (tableau === undefined) return { status: 'infeasible' };
  if (!descend(tableau, cost, cost.length)) return { status: 'unbounded' };
  const point = solutionOf(tableau, cost.length);
  return { status: 'optimal', value: point.reduce((sum, x, j) => sum + x * (cost[j] as number), 0), point };
}

export const maximise = (...[cost, matrix, right, tolerance]: Parameters<typeof minimise>): Optimum => {
  const found = minimise(
    cost.map((one) => -one),
    matrix,
    right,
    tolerance,
  );
  return found.status === 'optimal' ? { ...found, value: -found.value } : found;
};

/** Every vertex, by walking from feasible basis to neighbouring feasible basis; undefined: more than `limit` bases. */
export function walkVertices(matrix: readonly (readonly number[])[], right: readonly number[], limit = 20_000): number[][] | undefined {
  const columns = matrix[0]?.length ?? 0;
  const first = feasible(matrix, right, 1e-9);
  if (first === undefined) return [];
  const seen = new Set<string>([key(first.basis)]);
  const queue = [first];
  const found = new Map<string, number[]>();
  for (let tableau = queue.pop(); tableau !== undefined; tableau = queue.pop()) {
    const point = solutionOf(tableau, columns);
    found.set(point.map((x) => Math.round(x * 1e9)).join(), point);
    for (let j = 0; j < columns; j++) {
      if (tableau.basis.includes(j)) continue;
      let least = Number.POSITIVE_INFINITY;
      for (const row of tableau.rows) if ((row[j] as number) > 1e-9) least = Math.min(least, (row.at(-1) as number) / (row[j] as number));
      for (const [i, row] of tableau.rows.entries()) {
        if ((row[j] as number) <= 1e-9 || (row.at(-1) as number) / (row[j] as number) > least + 1e-11) continue;
        const basis = tableau.basis.with(i, j);
        const name = key(basis);
        if (seen.has(name)) continue;
        seen.add(name);
        if (seen.size > limit) return undefined;
        const next = { rows: tableau.rows.map((one) => [...one]), basis: [...tableau.basis] };
        pivot(next, i, j);
        queue.push(next);
      }
    }
  }
  return [...found.values()];
}

const key = (basis: readonly number[]): string => [...basis].sort((a, b) => a - b).join();

/** Every vertex, by trying every set of columns; for tiny ones. */
export function tryVertices(matrix: readonly (readonly number[])[], right: readonly number[]): number[][] {
  const columns = matrix[0]?.length ?? 0;
  const rank = feasible(matrix, right, 1e-9)?.basis.length ?? 0;
  const found = new Map<string, number[]>();
  const choose = (chosen: readonly number[], from: number): void => {
    if (chosen.length === rank) {
      const point = solveOn(chosen, matrix, right, columns);
      if (point) found.set(point.map((x) => Math.round(x * 1e9)).join(), point);
      return;
    }
    for (let j = from; j < columns; j++) choose([...chosen, j], j + 1);
  };
  choose([], 0);
  return [...found.values()];
}

/** The only solution on these columns, if there is one and it is not negative. */
function solveOn(
  chosen: readonly number[],
  matrix: readonly (readonly number[])[],
  right: readonly number[],
  columns: number,
): number[] | undefined {
  const rows = matrix.map((row, i) => [...chosen.map((j) => row[j] as number), right[i] as number]);
  for (let j = 0; j < chosen.length; j++) {
    const best = rows.map((row, i) => ({ i, size: i < j ? -1 : Math.abs(row[j] as number) })).reduce((a, b) => (b.size > a.size ? b : a));
    if (best.size < 1e-9) return undefined;
    [rows[j], rows[best.i]] = [rows[best.i] as number[], rows[j] as number[]];
    pivot({ rows, basis: [...chosen] }, j, j);
  }
  if (rows.slice(chosen.length).some((row) => Math.abs(row.at(-1) as number) > 1e-8)) return undefined;
  const point = Array<number>(columns).fill(0);
  for (const [i, j] of chosen.entries()) point[j] = rows[i]?.at(-1) as number;
  return point.some((x) => x < -1e-10) ? undefined : point.map((x) => Math.max(0, x));
}
