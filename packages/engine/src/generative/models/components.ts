import type { Name } from '../../graph/variable.ts';
import { Random } from '../../math/random.ts';
import { success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { codesOf, columnOf } from '../batch.ts';
import { type Components, fromScores, principalComponents, scoresOf } from '../principal-components.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../terms.ts';

export interface ComponentsOptions {
  /** Of each picture, at most. */
  readonly components: number;
  /** The finite condition by whose levels a tensor to draw has components of its own; levels of few rows share those of all. */
  readonly by?: (name: Name) => Name | undefined;
  /** Told what share of the variance of a drawn tensor the components hold. */
  readonly onComponents?: (name: Name, components: number, share: number) => void;
}

/** The components of one tensor: of all rows, and of the rows of some levels of a finite column. */
interface Basis {
  readonly pooled: Components;
  readonly by: Name | undefined;
  readonly own: ReadonlyMap<number, Components>;
  readonly size: number;
  readonly width: number;
}

/** Rows per component that a level needs for components of its own. */
const rowsPerComponent = 4;

function basisOf(data: Batch, name: Name, by: Name | undefined, count: number, seed: number): Basis {
  const column = columnOf(data, name);
  if (column.kind !== 'tensor') throw new Error(`The column ${name} is no tensor.`);
  const size = column.shape.reduce((product, length) => product * length, 1);
  const random = new Random(seed, `components ${name}`);
  const pooled = principalComponents(column.values, data.rows, size, count, random.split('all'));
  const own = new Map<number, Components>();
  for (const [level, rows] of by === undefined ? [] : rowsByLevel(codesOf(data, by))) {
    if (rows.length < rowsPerComponent * count) continue;
    const values = new Float32Array(rows.length * size);
    for (const [i, row] of rows.entries()) values.set(column.values.subarray(row * size, (row + 1) * size), i * size);
    own.set(level, principalComponents(values, rows.length, size, count, random.split(level)));
  }
  return { pooled, by, own, size, width: pooled.deviations.length };
}

function rowsByLevel(codes: ArrayLike<number>): Map<number, number[]> {
  const rows = new Map<number, number[]>();
  for (let row = 0; row < codes.length; row++) {
    const level = codes[row] as number;
    const own = rows.get(level);
    if (own === undefined) rows.set(level, [row]);
    else own.push(row);
  }
  return rows;
}

/** The components that each row is written in. */
function componentsByRow({ pooled, by, own }: Basis, batch: Batch): (row: number) => Components {
  if (by === undefined || own.size === 0) return () => pooled;
  const codes = codesOf(batch, by);
  return (row) => own.get(codes[row] as number) ?? pooled;
}

/** rows x width; 0 where a row's own components are fewer. */
function scoresIn(basis: Basis, batch: Batch, values: ArrayLike<number>): Float64Array {
  const of = componentsByRow(basis, batch);
  const out = new Float64Array(batch.rows * basis.width);
  const row = new Float64Array(basis.size);
  for (let r = 0; r < batch.rows; r++) {
    for (let i = 0; i < basis.size; i++) row[i] = values[r * basis.size + i] as number;
    out.set(scoresOf(of(r), row, 1).subarray(0, basis.width), r * basis.width);
  }
  return out;
}

/**
 * A fitter that sees tensors through their principal components: a tensor to draw is that many real columns, a tensor among the conditions a
 * vector. Networks over a few dozen numbers train many times faster than networks over pixels. What lies outside the components is left
 * out of what is drawn, and of what is conditioned on.
 */
export function componentsFitter(inner: Fitter, { components, by, onComponents }: ComponentsOptions): Fitter {
  return {
    kind: inner.kind,
    async fit(task, data, options) {
      const bases = new Map<Name, { readonly basis: Basis; readonly columns: readonly Name[]; readonly drawn: boolean }>();
      for (const name of [...task.of, ...task.given]) {
        const type = task.types.get(name);
        const drawn = task.of.includes(name);
        if (type?.kind !== 'tensor' || (!drawn && type.shape.reduce((product, length) => product * length, 1) <= components)) continue;
        const basis = basisOf(data, name, drawn ? by?.(name) : undefined, components, options.seed);
        bases.set(name, { basis, columns: Array.from({ length: basis.width }, (_, k) => `${name} component ${k + 1}`), drawn });
        if (drawn) onComponents?.(name, basis.width, basis.pooled.share);
      }
      if (bases.size === 0) return inner.fit(task, data, options);
      const types = new Map<Name, ColumnType>(task.types);
      for (const [name, { basis, columns, drawn }] of bases)
        if (drawn) for (const column of columns) types.set(column, { kind: 'real' });
        else types.set(name, { kind: 'tensor', shape: [basis.width], range: [-1, 1] });
      const seen = (batch: Batch, learning: boolean): Batch => {
        const columns = new Map<Name, ColumnValues>(batch.columns);
        for (const [name, { basis, columns: names, drawn }] of bases) {
          if (drawn && !learning) continue;
          const scores = scoresIn(basis, batch, columnOf(batch, name).values);
          if (!drawn) columns.set(name, { kind: 'tensor', shape: [basis.width], values: Float32Array.from(scores) });
          else
            for (const [k, column] of names.entries())
              columns.set(column, {
                kind: 'real',
                values: Float64Array.from({ length: batch.rows }, (_, r) => scores[r * basis.width + k] as number),
              });
        }
        return { rows: batch.rows, columns };
      };
      const small: ConditionalTask = { of: task.of.flatMap((name) => bases.get(name)?.columns ?? [name]), given: task.given, types };
      const fitted = await inner.fit(small, seen(data, true), options);
      if (!fitted.ok) return fitted;
      const inside: ConditionalModel & { dispose?(): Promise<void> } = fitted.value;
      const model: ConditionalModel & { dispose(): Promise<void> } = {
        kind: inside.kind,
        task,
        async sample(given: Batch, random: Random, run?: RunOptions) {
          const drawn = await inside.sample(seen(given, false), random, run);
          const columns = task.of.map((name): [Name, ColumnValues] => {
            const part = bases.get(name);
            const type = task.types.get(name);
            if (part === undefined || type?.kind !== 'tensor') return [name, columnOf(drawn, name)];
            const { basis } = part;
            const scores = part.columns.map((column) => columnOf(drawn, column).values);
            const of = componentsByRow(basis, given);
            const values = new Float32Array(given.rows * basis.size);
            for (let r = 0; r < given.rows; r++)
              values.set(
                fromScores(of(r), (_, k) => scores[k]?.[r] ?? 0, 1, type.range),
                r * basis.size,
              );
            return [name, { kind: 'tensor', shape: type.shape, values }];
          });
          return { rows: given.rows, columns: new Map(columns) };
        },
        dispose: async () => inside.dispose?.(),
      };
      return success(model, fitted.warnings ?? []);
    },
  };
}
