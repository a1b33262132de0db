import { numberOf } from './data/level.ts';
import { variableOf } from './estimand/estimand.ts';
import { columnOf, type TrainingData } from './generative/batch.ts';
import type { Batch } from './generative/terms.ts';
import type { Name, Value } from './graph/variable.ts';
import type { Random } from './math/random.ts';
import type { Query } from './query/terms.ts';
import type { SamplePlan } from './sampling.ts';

/** What is computed from the draws of one network. */
export type Statistic =
  | { readonly kind: 'mean'; readonly column: Name; readonly numbers?: readonly number[] }
  /** How often each combination of open levels comes up together with the events. */
  | {
      readonly kind: 'cells';
      readonly events: readonly { readonly column: Name; readonly code: number }[];
      readonly open: readonly { readonly column: Name; readonly levels: readonly Value[] }[];
    }
  /** Mean, deviation and quantiles of real columns. */
  | { readonly kind: 'summary'; readonly columns: readonly Name[] };

export const quantiles = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
const mostCells = 4096;
const batchCount = 20;

/** The statistic that answers a query, or why there is none. */
export function statisticOf(query: Query, { plan, types }: SamplePlan): Statistic | string {
  const typeOf = (column: Name) => types.get(variableOf(column));
  const outputs = plan.outputs.map(({ name }) => name);
  if (query.take === 'mean') {
    const column = outputs.find((name) => variableOf(name) === query.of[0]?.variable);
    const type = column === undefined ? undefined : typeOf(column);
    if (column === undefined || type === undefined || type.kind === 'tensor') return 'There is no number to take the mean of.';
    if (type.kind === 'real') return { kind: 'mean', column };
    const numbers = type.levels.map(numberOf);
    return numbers.some(Number.isNaN) ? `The levels of ${column} are no numbers.` : { kind: 'mean', column, numbers };
  }
  const events: { readonly column: Name; readonly code: number }[] = [];
  const open: { readonly column: Name; readonly levels: readonly Value[] }[] = [];
  const real: Name[] = [];
  for (const column of outputs) {
    const type = typeOf(column);
    const value = plan.events[column];
    if (type?.kind === 'finite') {
      if (value === undefined) open.push({ column, levels: type.levels });
      else events.push({ column, code: type.levels.indexOf(value) });
    } else if (value !== undefined) return `The probability of one exact value of ${column} is 0.`;
    else if (type?.kind === 'real') real.push(column);
    else return `${column} is a tensor: draw from it with doable sample.`;
  }
  if (real.length > 0)
    return events.length + open.length === 0
      ? { kind: 'summary', columns: real }
      : 'Real and finite outcomes together have no short answer: draw from them with doable sample.';
  const cells = open.reduce((product, { levels }) => product * levels.length, 1);
  return cells <= mostCells ? { kind: 'cells', events, open } : `${cells} combinations of levels are too many to list.`;
}

/** Figures of all draws, and of each of 20 batches of them. */
export interface Figures {
  readonly values: Float64Array;
  readonly batches: readonly Float64Array[];
}

export function figuresOf(statistic: Statistic, draws: Batch): Figures {
  const size = Math.floor(draws.rows / batchCount);
  return {
    values: computed(statistic, draws, 0, draws.rows),
    batches: Array.from({ length: batchCount }, (_, i) => computed(statistic, draws, i * size, (i + 1) * size)),
  };
}

function computed(statistic: Statistic, draws: Batch, from: number, to: number): Float64Array {
  const rows = to - from;
  if (statistic.kind === 'mean') {
    const { values } = columnOf(draws, statistic.column);
    const { numbers } = statistic;
    let sum = 0;
    for (let row = from; row < to; row++)
      sum += numbers === undefined ? (values[row] as number) : (numbers[values[row] as number] as number);
    return Float64Array.of(sum / rows);
  }
  if (statistic.kind === 'cells') {
    const { events, open } = statistic;
    const shares = new Float64Array(open.reduce((product, { levels }) => product * levels.length, 1));
    const wanted = events.map(({ column, code }) => ({ values: columnOf(draws, column).values, code }));
    const shown = open.map(({ column, levels }) => ({ values: columnOf(draws, column).values, size: levels.length }));
    for (let row = from; row < to; row++) {
      if (wanted.some(({ values, code }) => values[row] !== code)) continue;
      const cell = shown.reduce((index, { values, size }) => index * size + (values[row] as number), 0);
      shares[cell] = (shares[cell] as number) + 1 / rows;
    }
    return shares;
  }
  return Float64Array.from(
    statistic.columns.flatMap((column) => {
      const sorted = Float64Array.from(columnOf(draws, column).values.subarray(from, to)).sort();
      const mean = sorted.reduce((sum, value) => sum + value, 0) / rows;
      const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, rows - 1);
      return [mean, Math.sqrt(variance), ...quantiles.map((at) => sorted[Math.min(rows - 1, Math.floor(at * rows))] as number)];
    }),
  );
}

/** Standard deviation of the mean of the batches. */
export function monteCarloErrors({ values, batches }: Figures): Float64Array {
  return values.map((_, i) => {
    const own = batches.map((batch) => batch[i] as number);
    return deviationOf(own) / Math.sqrt(own.length);
  });
}

export function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
}

/** The Bayesian bootstrap: a gamma variate around the count of every row, so that the mean weight stays what it was. Exact laws do not vary. */
export function resampledRows(data: TrainingData, random: Random): TrainingData {
  const { batch, weights, exact } = data;
  if (exact === true) return data;
  return {
    batch,
    weights: Float64Array.from({ length: batch.rows }, (_, row) => {
      const weight = weights === undefined ? 1 : (weights[row] as number);
      return weight > 0 ? random.gamma(weight) : 0;
    }),
  };
}
