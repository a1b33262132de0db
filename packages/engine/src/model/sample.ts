import type { Name, Value } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { cardinality, type DiscreteModel, levelIndex, levelsOf } from './mechanism.ts';

/** Which variables are set, and to what: `fixed` to one value, the rest drawn uniformly from their levels. Empty: observation. */
export interface SampleRegime {
  readonly set: readonly Name[];
  readonly fixed?: Readonly<Record<Name, Value>>;
}

export interface SampleOptions {
  readonly rows: number;
  readonly random: Random;
  readonly regime?: SampleRegime;
  /** Columns to return (default: all observed variables, in the order of the graph). */
  readonly columns?: readonly Name[];
  /** Rows per batch (default 8192). The digits do not depend on it. */
  readonly batch?: number;
}

/** Level indices, one array per column, all of length `rows`. */
export interface Batch {
  readonly rows: number;
  readonly columns: ReadonlyMap<Name, Int32Array>;
}

/** Rows of a model under a regime, as a stream of batches. Every variable draws from a stream of its own, row after row. */
export function* sample(model: DiscreteModel, options: SampleOptions): Generator<Batch, void, undefined> {
  const { random, regime = { set: [] } } = options;
  const columns = options.columns ?? model.observed;
  for (const name of [...columns, ...regime.set]) levelsOf(model, name);
  const steps = [...model.mechanisms.values()].map((mechanism) => ({
    mechanism,
    size: cardinality(model, mechanism.variable),
    draws: random.split(mechanism.variable),
    set: regime.set.includes(mechanism.variable),
    fixed: fixedLevel(model, regime, mechanism.variable),
  }));
  const batchRows = Math.max(1, Math.min(options.batch ?? 8192, options.rows));
  for (let done = 0; done < options.rows; done += batchRows) {
    const rows = Math.min(batchRows, options.rows - done);
    const values = new Map<Name, Int32Array>();
    for (const { mechanism, size, draws, set, fixed } of steps) {
      const column = new Int32Array(rows);
      values.set(mechanism.variable, column);
      if (fixed !== undefined) column.fill(fixed);
      else if (set) for (let row = 0; row < rows; row++) column[row] = draws.integer(size);
      else {
        const inputs = mechanism.inputs.map((input) => values.get(input) as Int32Array);
        const { sizes, values: table } = mechanism.table;
        for (let row = 0; row < rows; row++) {
          let cell = 0;
          for (let i = 0; i < inputs.length; i++) cell = cell * (sizes[i] as number) + ((inputs[i] as Int32Array)[row] as number);
          let left = draws.next();
          let level = 0;
          while (level < size - 1 && left >= (table[cell * size + level] as number)) {
            left -= table[cell * size + level] as number;
            level++;
          }
          // Rounding may step past the last possible level.
          while (level > 0 && table[cell * size + level] === 0) level--;
          column[row] = level;
        }
      }
    }
    yield { rows, columns: new Map(columns.map((name) => [name, values.get(name) as Int32Array])) };
  }
}

function fixedLevel(model: DiscreteModel, regime: SampleRegime, name: Name): number | undefined {
  const value = regime.fixed?.[name];
  if (value === undefined || !regime.set.includes(name)) return undefined;
  return levelIndex(model, name, value);
}
