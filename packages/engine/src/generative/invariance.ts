import { variableOf } from '../estimand/estimand.ts';
import type { Name } from '../graph/variable.ts';
import { log } from '../math/elementary.ts';
import type { Random } from '../math/random.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { columnOf, selected, taken } from './batch.ts';
import { type DrawOptions, drawFromNetwork, type FittedNetwork } from './draw.ts';
import { freeRows } from './free-inputs.ts';
import type { Batch, ColumnValues } from './terms.ts';

export interface FreeInputSpread {
  readonly inputs: readonly Name[];
  readonly output: Name;
  /** Finite outputs: the largest total variation between the law at one value of the inputs and that at all; real ones: the largest shift of the mean, in standard deviations. */
  readonly spread: number;
  /** About what the draws made here show by chance in one case of a hundred. What a finite training set adds stands in its factor's report. */
  readonly floor: number;
  /** Values of the free inputs compared. */
  readonly values: number;
}

export interface InvarianceOptions extends DrawOptions {
  /** Draws at every value (default 4000) and most values (default 8). */
  readonly draws?: number;
  readonly values?: number;
}

/** Rows of the data that are looked at for every value that is to be compared. */
const tries = 32;

/**
 * What is drawn must not depend on the free inputs of a network (a Verma constraint, and a test of graph and models at no cost
 * of data). For every batch of free inputs values of it that go with the inputs are held one after the other and what comes out is compared.
 * Outputs that are tensors are left out. Issues: those of {@link drawFromNetwork}.
 */
export async function spreadOverFreeInputs(
  network: FittedNetwork,
  inputs: Batch,
  random: Random,
  options: InvarianceOptions = {},
): Promise<Result<readonly FreeInputSpread[]>> {
  const { draws = 4000, values: most = 8 } = options;
  if (inputs.rows !== 1)
    return failure({ code: 'one-row', message: `The spread over free inputs is taken at one row of inputs, not ${inputs.rows}.` });
  const found: FreeInputSpread[] = [];
  const roles = new Map(network.plan.inputs.map(({ name, role }) => [name, role]));
  for (const [i, whole] of network.free.entries()) {
    const names = [...whole.columns.keys()].filter((name) => roles.get(name) === 'free');
    const pool = selected(whole, names);
    const goes = freeRows(whole, inputs);
    const stream = random.split('rows').split(i);
    const near = Array.from({ length: tries * most }, () => goes.draw(0, stream));
    const seen = differentRows(pool, near, most);
    const rows = seen.length > 1 ? seen : differentRows(pool, Array(pool.rows).keys(), most);
    const batches: Batch[] = [];
    for (const row of rows) {
      const held = taken(pool, Int32Array.of(row));
      const stream = random.split(i).split(row);
      const drawn = await drawFromNetwork(
        network,
        { rows: 1, columns: new Map([...inputs.columns, ...held.columns]) },
        draws,
        stream,
        options,
      );
      if (!drawn.ok) return drawn;
      batches.push(drawn.value);
    }
    if (rows.length < 2) continue;
    for (const { name } of network.plan.outputs) {
      const compared = compare(
        batches.map((batch) => columnOf(batch, name)),
        network.types.get(variableOf(name))?.kind === 'finite',
      );
      if (compared !== undefined) found.push({ inputs: names, output: name, ...compared, values: rows.length });
    }
  }
  return success(found);
}

/** The first of some rows of a pool that are not alike. */
function differentRows(pool: Batch, rows: Iterable<number>, most: number): number[] {
  const seen = new Map<string, number>();
  for (const row of rows) {
    if (seen.size >= most) break;
    const key = [...pool.columns.keys()].map((name) => [...columnOf(taken(pool, Int32Array.of(row)), name).values].join(' ')).join(';');
    if (!seen.has(key)) seen.set(key, row);
  }
  return [...seen.values()];
}

function compare(columns: readonly ColumnValues[], finite: boolean): { spread: number; floor: number } | undefined {
  if (columns.some((column) => column.kind !== (finite ? 'finite' : 'real'))) return undefined;
  const values = columns.map((column) => Float64Array.from(column.values));
  const n = values[0]?.length ?? 0;
  // A maximum over many comparisons: the normal quantile grows with their logarithm.
  const reach = Math.sqrt(2.6 ** 2 + 2 * log(columns.length));
  const average = (of: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < of.length; i++) sum += of[i] as number;
    return sum / of.length;
  };
  if (finite) {
    const levels = values.reduce((top, own) => own.reduce((most, code) => Math.max(most, code + 1), top), 0);
    const shares = values.map((own) => {
      const counts = new Float64Array(levels);
      for (const code of own) counts[code] = (counts[code] as number) + 1 / n;
      return counts;
    });
    const mean = Float64Array.from({ length: levels }, (_, level) => average(shares.map((own) => own[level] as number)));
    const distances = shares.map((own) => own.reduce((sum, share, level) => sum + Math.abs(share - (mean[level] as number)) / 2, 0));
    const error = mean.reduce((sum, share) => sum + Math.sqrt((share * (1 - share)) / n) / 2, 0);
    return { spread: Math.max(...distances), floor: reach * error };
  }
  const means = values.map(average);
  const middle = average(means);
  const deviation = Math.sqrt(average(values.map((own, i) => average(own.map((value) => (value - (means[i] as number)) ** 2)))));
  const shift = Math.max(...means.map((mean) => Math.abs(mean - middle)));
  if (deviation === 0) return { spread: shift === 0 ? 0 : Number.POSITIVE_INFINITY, floor: 0 };
  return { spread: shift / deviation, floor: reach / Math.sqrt(n) };
}
