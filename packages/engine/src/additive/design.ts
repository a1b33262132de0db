import type { Name } from '../graph/variable.ts';
import { leastSquares, matrix } from '../math/linear.ts';
import type { AdditivePlan } from './terms.ts';

/** Entries of a sparse matrix by feature and parameter. */
export interface Entries {
  readonly feature: Int32Array;
  readonly parameter: Int32Array;
  readonly value: Float64Array;
}

/**
 * How the regimes share parameters. The mean of regime r is a sum over features f of b_rf f(a), and b_r = E_r theta: parameter k of
 * feature f is the coefficient of f in the mean of one regime, and those of the other regimes are combinations of such parameters.
 */
export interface Design {
  readonly features: number;
  readonly parameters: number;
  /** Per regime E_r, features x parameters. */
  readonly regimes: readonly Entries[];
  /** The same of the mean that a plan asks for; undefined where the regimes do not determine it whatever the data. */
  readonly target: (plan: AdditivePlan) => Entries | undefined;
}

/** What the regimes of one or several plans of one assumption did, by key. */
export interface RegimeTable {
  /** Sorted do-sets. */
  readonly keys: readonly string[];
  readonly plans: readonly AdditivePlan[];
}

export const regimeKey = (set: readonly Name[]): string => [...set].sort().join('\n');
const columnKey = (column: AdditivePlan['columns'][number]): string => `${column.block}\n${regimeKey(column.set)}`;

/** Every regime has its own coefficients; the answer is the plan's weighting of the regimes. */
export function separateDesign({ keys }: RegimeTable, features: number): Design {
  const entriesOf = (weights: readonly number[]): Entries => {
    const used = keys.map((_, r) => r).filter((r) => weights[r] !== 0);
    const feature = Int32Array.from({ length: used.length * features }, (_, i) => i % features);
    return {
      feature,
      parameter: feature.map((f, i) => f * keys.length + (used[Math.floor(i / features)] as number)),
      value: Float64Array.from(feature, (_, i) => weights[used[Math.floor(i / features)] as number] as number),
    };
  };
  return {
    features,
    parameters: features * keys.length,
    regimes: keys.map((_, r) => entriesOf(keys.map((__, other) => (other === r ? 1 : 0)))),
    target: (plan) => {
      const own = plan.regimes.map(({ set }) => regimeKey(set));
      return entriesOf(keys.map((key) => plan.weights[own.indexOf(key)] ?? 0));
    },
  };
}

/**
 * Regimes share what additivity says is the same function in all of them: the mean of f_b depends on what was done to block b only, and,
 * where `restrict`, on no other actions than its arguments.
 */
export function pooledDesign({ keys, plans }: RegimeTable, actionsOf: readonly (readonly Name[])[], restrict: boolean): Design {
  const columns = new Map<string, AdditivePlan['columns'][number]>();
  for (const plan of plans) for (const column of plan.columns) columns.set(columnKey(column), column);
  const kinds = [...columns.values()];
  const watched = (plans[0] as AdditivePlan).arguments;
  /** Per block which column stands for it (index into `kinds`, or -1: watched). */
  const stateOf = (plan: AdditivePlan, vector: readonly number[]): number[] =>
    watched.map((_, block) => {
      const at = plan.columns.findIndex((column, i) => column.block === block && vector[i + 1] === 1);
      const found = plan.columns[at];
      return found === undefined ? -1 : kinds.findIndex((column) => columnKey(column) === columnKey(found));
    });
  const states = keys.map((key) => {
    for (const plan of plans) {
      const regime = plan.regimes.find(({ set }) => regimeKey(set) === key);
      if (regime) return stateOf(plan, regime.vector);
    }
    throw new Error(`no regime ${key}`);
  });
  const spans = new Map<string, Span>();
  const spanOf = (actions: readonly Name[]): Span => {
    const known = spans.get(regimeKey(actions));
    if (known) return known;
    const within = (list: readonly Name[]): boolean => !restrict || actions.every((name) => list.includes(name));
    const allowed = kinds.flatMap((column, i) => (within(column.arguments) ? [i] : []));
    const free = watched.flatMap((list, block) => (within(list) ? [block] : []));
    const rowOf = (state: readonly number[]): number[] => [
      ...allowed.map((column) => (state.includes(column) ? 1 : 0)),
      ...free.map((block) => (state[block] === -1 ? 1 : 0)),
    ];
    const made = spanOfRows(states.map(rowOf), rowOf);
    spans.set(regimeKey(actions), made);
    return made;
  };
  const own = actionsOf.map(spanOf);
  const offsets: number[] = [];
  let parameters = 0;
  for (const span of own) {
    offsets.push(parameters);
    parameters += span.rank;
  }
  const entriesOf = (pick: (span: Span) => readonly number[] | undefined): Entries | undefined => {
    const [feature, parameter, value]: [number[], number[], number[]] = [[], [], []];
    for (const [f, span] of own.entries()) {
      const weights = pick(span);
      if (weights === undefined) return undefined;
      weights.forEach((weight, k) => {
        if (weight === 0) return;
        feature.push(f);
        parameter.push((offsets[f] as number) + k);
        value.push(weight);
      });
    }
    return { feature: Int32Array.from(feature), parameter: Int32Array.from(parameter), value: Float64Array.from(value) };
  };
  return {
    features: actionsOf.length,
    parameters,
    regimes: keys.map((_, r) => entriesOf((span) => span.rows[r]) as Entries),
    target: (plan) => entriesOf((span) => span.express(stateOf(plan, plan.vector))),
  };
}

interface Span {
  readonly rank: number;
  /** Each regime in terms of the regimes that were chosen as basis. */
  readonly rows: readonly (readonly number[])[];
  readonly express: (state: readonly number[]) => readonly number[] | undefined;
}

/** A basis of the row space among the rows, the first independent ones, and every row in terms of it. */
function spanOfRows(rows: readonly (readonly number[])[], rowOf: (state: readonly number[]) => number[]): Span {
  const basis: (readonly number[])[] = [];
  for (const row of rows) if (inTermsOf(basis, row) === undefined) basis.push(row);
  return {
    rank: basis.length,
    rows: rows.map((row) => inTermsOf(basis, row) as number[]),
    express: (state) => inTermsOf(basis, rowOf(state)),
  };
}

function inTermsOf(basis: readonly (readonly number[])[], row: readonly number[]): number[] | undefined {
  const design = matrix(
    row.length,
    basis.length,
    row.flatMap((_, i) => basis.map((vector) => vector[i] as number)),
  );
  const { solution, residual } = leastSquares(design, row);
  return residual > 1e-9 ? undefined : Array.from(solution, small);
}

/** The small fraction that rounding has blurred. */
function small(value: number): number {
  const near = Math.round(value * 5040) / 5040;
  return Math.abs(near - value) < 1e-10 ? near + 0 : value;
}
