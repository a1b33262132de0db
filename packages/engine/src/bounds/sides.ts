/** `lower <= coefficients . theta <= upper`, theta the masses of the classes of a part. */
export interface PartRow {
  readonly coefficients: Float64Array;
  readonly lower: number;
  readonly upper: number;
}

/** A set of digits of a part, its joint states numbered as they occur. */
export interface Side {
  readonly states: number;
  /** State of each class. */
  readonly of: Int32Array;
  /** The probability of each state, as an index into Partition.numbers. */
  readonly numbers: readonly number[];
}

/** The function of the states that `coefficients` (by class) is; undefined where it is none. */
export function measurable(coefficients: Float64Array, of: Int32Array, states: number): Float64Array | undefined {
  const values = new Float64Array(states).fill(Number.NaN);
  for (const [r, value] of coefficients.entries()) {
    const state = of[r] as number;
    const seen = values[state] as number;
    if (Number.isNaN(seen)) values[state] = value;
    else if (seen !== value) return undefined;
  }
  return values;
}

/** Rows no wider than this are taken for equations. */
const pinned = 1e-6;
const tolerance = 1e-9;

/**
 * All that the equations say of the marginal of a side: the combinations of rows that are functions of its state. By elimination of
 * the differences between classes of one state.
 */
export function marginalRows(rows: readonly PartRow[], { states, of }: Side): PartRow[] {
  const equations = rows.filter(({ lower, upper }) => upper - lower <= pinned);
  const first = Array.from({ length: states }, (_, state) => of.indexOf(state));
  const others = Array.from(of.keys()).filter((r) => first[of[r] as number] !== r);
  let left = equations.map(({ coefficients, lower, upper }) => [
    ...others.map((r) => (coefficients[r] as number) - (coefficients[first[of[r] as number] as number] as number)),
    ...first.map((r) => coefficients[r] as number),
    (lower + upper) / 2,
    (upper - lower) / 2,
  ]);
  const error = others.length + states + 1;
  const found: number[][] = [];
  while (left.length > 0) {
    const row = left[0] as number[];
    left = left.slice(1);
    let at = -1;
    for (let k = 0; k < others.length; k++)
      if (Math.abs(row[k] as number) > tolerance && (at < 0 || Math.abs(row[k] as number) > Math.abs(row[at] as number))) at = k;
    if (at < 0) {
      found.push(row.slice(others.length));
      continue;
    }
    const pivot = row[at] as number;
    left = left.map((other) => {
      const factor = (other[at] as number) / pivot;
      if (factor === 0) return other;
      return other.map((value, k) => {
        if (k === error) return value + Math.abs(factor) * (row[k] as number);
        const rest = value - factor * (row[k] as number);
        return Math.abs(rest) < 1e-13 ? 0 : rest;
      });
    });
  }
  return found
    .filter((row) => row.slice(0, states).some((value) => Math.abs(value) > tolerance))
    .map((row) => ({
      coefficients: Float64Array.from(of, (state) => row[state] as number),
      lower: (row[states] as number) - (row[states + 1] as number),
      upper: (row[states] as number) + (row[states + 1] as number),
    }));
}

/** P(a, b) = P(a) P(b) as rows, where `known` (rows on the marginal of `a`) determines that marginal. */
export function linearRows(known: readonly PartRow[], a: Side, b: Side): PartRow[] | undefined {
  const first = Array.from({ length: a.states }, (_, state) => a.of.indexOf(state));
  const equations = known.map(({ coefficients, lower, upper }) => [
    ...first.map((r) => coefficients[r] as number),
    (lower + upper) / 2,
    (upper - lower) / 2,
  ]);
  const found = solved([[...first.map(() => 1), 1, 0], ...equations], a.states);
  if (found === undefined) return undefined;
  const { marginal, errors } = found;
  const linear: PartRow[] = [];
  for (let i = 0; i < a.states; i++)
    for (let j = 0; j < b.states; j++) {
      const coefficients = Float64Array.from(a.of, (state, r) => (b.of[r] === j ? (state === i ? 1 : 0) - (marginal[i] as number) : 0));
      linear.push({ coefficients, lower: 0 - (errors[i] as number), upper: errors[i] as number });
    }
  return linear;
}

/** The only solution of the equations (right sides and what they may be off by last); undefined where it is not the only one. */
function solved(equations: readonly number[][], unknowns: number): { marginal: Float64Array; errors: Float64Array } | undefined {
  const rows = equations.map((row) => [...row]);
  const error = unknowns + 1;
  for (let k = 0; k < unknowns; k++) {
    let best = k;
    for (let i = k; i < rows.length; i++) if (Math.abs(rows[i]?.[k] ?? 0) > Math.abs(rows[best]?.[k] ?? 0)) best = i;
    const pivot = rows[best];
    if (pivot === undefined || Math.abs(pivot[k] as number) < tolerance) return undefined;
    rows[best] = rows[k] as number[];
    rows[k] = pivot;
    for (const [i, row] of rows.entries()) {
      if (i === k || row[k] === 0) continue;
      const factor = (row[k] as number) / (pivot[k] as number);
      for (let j = k; j <= unknowns; j++) row[j] = (row[j] as number) - factor * (pivot[j] as number);
      row[error] = (row[error] as number) + Math.abs(factor) * (pivot[error] as number);
    }
  }
  const at = (k: number, j: number): number => (rows[k]?.[j] as number) / (rows[k]?.[k] as number);
  return {
    marginal: Float64Array.from({ length: unknowns }, (_, k) => Math.min(1, Math.max(0, at(k, unknowns)))),
    errors: Float64Array.from({ length: unknowns }, (_, k) => Math.abs(at(k, error))),
  };
}
