import type { Steps } from '../run/steps.ts';
import { alternate, type Effort, type Found, type Goal, gradient, spentOn, touchedParts, valueAt } from './alternate.ts';
import { dot, type Part, type Partition } from './parts.ts';
import type { PartSpace } from './several.ts';

const zero = 1e-9;
const task = 'models at the ends';

/**
 * The least value of `goal` by products of vertices: it lies at a vertex of every part. All parts but the one with most vertices
 * are put at each of theirs, the last one by a linear programme; until `enough` is reached, or `work` is spent. undefined:
 * independences, or more than `limit` of anything.
 */
export function* leastByVertices(
  partition: Partition,
  spaces: readonly PartSpace[],
  goal: Goal,
  rest: readonly Float64Array[],
  limit: number,
  { enough, work }: Omit<Effort, 'starts'>,
): Steps<Found | undefined> {
  const touched = touchedParts(partition, goal);
  const listed = new Map<number, Float64Array[]>();
  for (const p of touched) {
    const part = partition.parts[p] as Part;
    if (part.independences.length > 0) return undefined;
    const asked = [...goal.numerator, ...(goal.denominator ?? [])].flatMap(({ factors }) => factors);
    const own = [...part.indicators].filter(([id]) => asked.includes(id)).map(([, indicator]) => indicator);
    const found = yield* verticesOf(part, rest[p] as Float64Array, limit);
    if (found === undefined) {
      if (listed.has(-1)) return undefined;
      listed.set(-1, []);
      continue;
    }
    listed.set(p, [...new Map(found.map((mass) => [own.map((row) => Math.round(dot(row, mass) / zero)).join(), mass])).values()]);
  }
  const known = touched.filter((p) => listed.has(p));
  const largest = known.reduce((most, p) => ((listed.get(p)?.length ?? 0) > (listed.get(most)?.length ?? 0) ? p : most), known[0] ?? -1);
  const free = listed.has(-1) ? (touched.find((p) => !listed.has(p)) as number) : largest;
  const fixed = known.filter((p) => p !== free);
  const count = fixed.reduce((product, p) => product * (listed.get(p) as Float64Array[]).length, 1);
  if (free === undefined || count > limit) return undefined;
  let best: Found | undefined;
  const most = work + spentOn(spaces);
  for (let at = 0; at < count && !(best !== undefined && best.value <= enough); at++) {
    if ((yield { task, done: at, total: count }) || spentOn(spaces) >= most) break;
    const masses = [...rest];
    let left = at;
    for (const p of fixed) {
      const own = listed.get(p) as Float64Array[];
      masses[p] = own[left % own.length] as Float64Array;
      left = Math.floor(left / own.length);
    }
    const found = yield* inOnePart(partition, spaces, goal, masses, free);
    if (best === undefined || found.value < best.value) best = found;
  }
  return best === undefined ? undefined : yield* alternate(partition, spaces, goal, best.masses);
}

/** The least value with all parts but one fixed; Dinkelbach's iteration for a quotient. */
function* inOnePart(partition: Partition, spaces: readonly PartSpace[], goal: Goal, masses: Float64Array[], p: number): Steps<Found> {
  let value = valueAt(partition, goal, masses);
  for (let step = 0; step < 30; step++) {
    const current = masses[p] as Float64Array;
    const next = yield* (spaces[p] as PartSpace).improve(gradient(partition, goal, masses, p, value), current);
    masses[p] = next;
    const reached = valueAt(partition, goal, masses);
    if (!(reached < value)) {
      masses[p] = current;
      break;
    }
    const enough = goal.denominator === undefined || reached > value - 1e-12;
    value = reached;
    if (enough) break;
  }
  return { value, masses };
}

/**
 * The vertices of {theta >= 0, sum 1, rows}, slacks not told apart, by a walk along all bases of the polytope with a slightly moved
 * right side (no basis is degenerate there). `inside`: any point. undefined: more than `limit` bases, or told to end.
 */
export function* verticesOf(part: Part, inside: Float64Array, limit: number): Steps<Float64Array[] | undefined> {
  const system = standardForm(part);
  if (system === undefined) return undefined;
  const { rows, columns } = system;
  const slacks = system.slackOf(inside);
  const first = basisAt(rows, columns, [...inside, ...slacks]);
  if (first === undefined) return undefined;
  const { basis, table } = first;
  const height = basis.length;
  // Column `columns` is the right side, column `columns + 1` the right side moved by distinct amounts.
  for (const [i, row] of table.entries()) row.push((row[columns] as number) + 1e-7 * (1 + ((i * 0.6180339887498949) % 1)));
  const seen = new Set<string>();
  const found = new Map<string, Float64Array>();
  const stack: { basis: number[]; table: number[][] }[] = [{ basis, table }];
  seen.add([...basis].sort((x, y) => x - y).join());
  while (stack.length > 0) {
    if (yield { task, done: seen.size }) return undefined;
    const node = stack.pop() as { basis: number[]; table: number[][] };
    const vertex = new Float64Array(part.classes);
    let feasible = true;
    for (const [i, column] of node.basis.entries()) {
      const value = node.table[i]?.[columns] as number;
      if (value < -zero) feasible = false;
      if (column < part.classes) vertex[column] = Math.max(0, value);
    }
    if (feasible) {
      const key = Array.from(vertex, (value) => Math.round(value / zero)).join();
      if (!found.has(key)) found.set(key, vertex);
    }
    for (let column = 0; column < columns; column++) {
      if (node.basis.includes(column)) continue;
      let leaving = -1;
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < height; i++) {
        const entry = node.table[i]?.[column] as number;
        if (entry <= zero) continue;
        const ratio = (node.table[i]?.[columns + 1] as number) / entry;
        if (ratio < least) [least, leaving] = [ratio, i];
      }
      if (leaving < 0) continue;
      const basis = node.basis.map((other, i) => (i === leaving ? column : other));
      const key = [...basis].sort((x, y) => x - y).join();
      if (seen.has(key)) continue;
      if (seen.size >= limit) return undefined;
      seen.add(key);
      stack.push({ basis, table: pivoted(node.table, leaving, column) });
    }
  }
  return [...found.values()];
}

function standardForm(part: Part) {
  const unequal = part.rows.flatMap(({ coefficients, lower, upper }) =>
    lower === upper
      ? []
      : [
          ...(lower > Number.NEGATIVE_INFINITY ? [{ coefficients, target: lower, sign: -1 }] : []),
          ...(upper < Number.POSITIVE_INFINITY ? [{ coefficients, target: upper, sign: 1 }] : []),
        ],
  );
  const columns = part.classes + unequal.length;
  if (columns > 400) return undefined;
  const padded = (coefficients: Float64Array, slack: number, sign: number, target: number): number[] => {
    const row = [...coefficients, ...new Array<number>(unequal.length).fill(0), target];
    if (slack >= 0) row[part.classes + slack] = sign;
    return row;
  };
  const rows = [
    padded(new Float64Array(part.classes).fill(1), -1, 0, 1),
    ...part.rows.filter(({ lower, upper }) => lower === upper).map(({ coefficients, lower }) => padded(coefficients, -1, 0, lower)),
    ...unequal.map(({ coefficients, target, sign }, s) => padded(coefficients, s, sign, target)),
  ];
  const slackOf = (inside: Float64Array): number[] =>
    unequal.map(({ coefficients, target, sign }) => Math.max(0, sign * (target - dot(coefficients, inside))));
  return { rows, columns, slackOf };
}

/** A basis at or below the support of a point: columns by falling value, eliminated until the rows are spent; then made feasible by ratio tests. */
function basisAt(
  rows: readonly (readonly number[])[],
  columns: number,
  point: readonly number[],
): { basis: number[]; table: number[][] } | undefined {
  let table = rows.map((row) => [...row]);
  const basis = new Array<number>(table.length).fill(-1);
  const order = [...point.keys()].sort((x, y) => (point[y] as number) - (point[x] as number) || x - y);
  for (const column of order) {
    let best = -1;
    for (let i = 0; i < table.length; i++)
      if (
        basis[i] === -1 &&
        Math.abs(table[i]?.[column] as number) > 1e-7 &&
        (best < 0 || Math.abs(table[i]?.[column] as number) > Math.abs(table[best]?.[column] as number))
      )
        best = i;
    if (best < 0) continue;
    table = pivoted(table, best, column);
    basis[best] = column;
  }
  const kept = table.flatMap((row, i) => (basis[i] === -1 ? [] : [row]));
  const own = basis.filter((column) => column !== -1);
  if (kept.some((row) => (row[columns] as number) < -zero)) return undefined;
  for (const row of kept) row[columns] = Math.max(0, row[columns] as number);
  return { basis: own, table: kept };
}

function pivoted(table: readonly (readonly number[])[], row: number, column: number): number[][] {
  const pivot = table[row] as readonly number[];
  const scaled = pivot.map((value) => value / (pivot[column] as number));
  return table.map((other, i) => {
    if (i === row) return [...scaled];
    const factor = other[column] as number;
    return factor === 0 ? [...other] : other.map((value, j) => value - factor * (scaled[j] as number));
  });
}
