import type { Name } from '../../graph/variable.ts';
import { matrix, symmetricEigen } from '../../math/linear.ts';
import { Random } from '../../math/random.ts';
import { success } from '../../run/issue.ts';
import type { RunOptions } from '../../run/progress.ts';
import { fillNormal } from '../../tensor/noise.ts';
import { codesOf, columnOf } from '../batch.ts';
import type { Batch, ColumnType, ColumnValues, ConditionalModel, ConditionalTask, Fitter } from '../terms.ts';

/** The directions in which rows vary most: row = mean + sum of scores x deviation x direction. */
export interface Components {
  readonly size: number;
  readonly mean: Float64Array;
  /** count x size, orthonormal rows, by falling variance. */
  readonly directions: Float64Array;
  /** Per direction; scores are divided by it. */
  readonly deviations: Float64Array;
  /** Share of the variance of the rows that lies along the directions. */
  readonly share: number;
}

/** Rows that directions are learnt from, rounds of subspace iteration, and directions beyond those asked for that it carries along. */
const [mostRows, rounds, spare] = [3000, 6, 8];

/**
 * The first `count` principal components of `rows` rows of `size` numbers, by subspace iteration (Halko, Martinsson and Tropp 2011,
 * algorithm 4.4) on at most 3,000 of them, evenly spaced. Fewer than `count` where rows vary in fewer directions.
 */
export function principalComponents(values: ArrayLike<number>, rows: number, size: number, count: number, random: Random): Components {
  const used = Math.min(rows, mostRows);
  const mean = new Float64Array(size);
  for (let r = 0; r < used; r++) {
    const from = Math.floor((r * rows) / used) * size;
    for (let i = 0; i < size; i++) mean[i] = (mean[i] as number) + (values[from + i] as number) / used;
  }
  const centred = new Float32Array(used * size);
  let total = 0;
  for (let r = 0; r < used; r++) {
    const from = Math.floor((r * rows) / used) * size;
    for (let i = 0; i < size; i++) {
      const value = (values[from + i] as number) - (mean[i] as number);
      centred[r * size + i] = value;
      total += value * value;
    }
  }
  const wide = Math.min(size, used, count + spare);
  const basis = new Float64Array(wide * size);
  fillNormal(random, basis);
  orthonormalise(basis, wide, size);
  for (let round = 0; round < rounds; round++) {
    basis.set(scatterTimes(centred, used, size, basis, wide));
    orthonormalise(basis, wide, size);
  }
  const image = scatterTimes(centred, used, size, basis, wide);
  const inner = matrix(wide, wide);
  for (let j = 0; j < wide; j++)
    for (let k = 0; k < wide; k++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (basis[j * size + i] as number) * (image[k * size + i] as number);
      inner.values[j * wide + k] = (inner.values[j * wide + k] as number) + sum / 2;
      inner.values[k * wide + j] = (inner.values[k * wide + j] as number) + sum / 2;
    }
  const { values: spread, vectors } = symmetricEigen(inner);
  const kept = Array.from({ length: Math.min(count, wide) }, (_, k) => k).filter(
    (k) => (spread[k] as number) > 1e-9 * (spread[0] as number),
  );
  const directions = new Float64Array(kept.length * size);
  let along = 0;
  for (const k of kept) {
    along += spread[k] as number;
    for (let j = 0; j < wide; j++) {
      const weight = vectors.values[k * wide + j] as number;
      for (let i = 0; i < size; i++)
        directions[k * size + i] = (directions[k * size + i] as number) + weight * (basis[j * size + i] as number);
    }
  }
  const deviations = Float64Array.from(kept, (k) => Math.sqrt((spread[k] as number) / used));
  return { size, mean, directions, deviations, share: total > 0 ? along / total : 1 };
}

/** basis (wide x size) times the scatter matrix of the centred rows. */
function scatterTimes(centred: Float32Array, rows: number, size: number, basis: Float64Array, wide: number): Float64Array {
  const out = new Float64Array(wide * size);
  for (let r = 0; r < rows; r++) {
    const row = centred.subarray(r * size, (r + 1) * size);
    for (let k = 0; k < wide; k++) {
      const at = k * size;
      let dot = 0;
      for (let i = 0; i < size; i++) dot += (row[i] as number) * (basis[at + i] as number);
      for (let i = 0; i < size; i++) out[at + i] = (out[at + i] as number) + dot * (row[i] as number);
    }
  }
  return out;
}

/** Gram and Schmidt, twice; a row that lies in the span of those before it becomes 0. */
function orthonormalise(rows: Float64Array, count: number, size: number): void {
  for (let k = 0; k < count; k++) {
    const own = rows.subarray(k * size, (k + 1) * size);
    const before = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < k; j++) {
        let dot = 0;
        for (let i = 0; i < size; i++) dot += (own[i] as number) * (rows[j * size + i] as number);
        for (let i = 0; i < size; i++) own[i] = (own[i] as number) - dot * (rows[j * size + i] as number);
      }
    const norm = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    const scale = norm > 1e-12 * before ? 1 / norm : 0;
    for (let i = 0; i < size; i++) own[i] = (own[i] as number) * scale;
  }
}

/** rows x count. */
export function scoresOf({ size, mean, directions, deviations }: Components, values: ArrayLike<number>, rows: number): Float64Array {
  const count = deviations.length;
  const scores = new Float64Array(rows * count);
  for (let r = 0; r < rows; r++)
    for (let k = 0; k < count; k++) {
      let dot = 0;
      for (let i = 0; i < size; i++) dot += ((values[r * size + i] as number) - (mean[i] as number)) * (directions[k * size + i] as number);
      scores[r * count + k] = dot / (deviations[k] as number);
    }
  return scores;
}

/** The inverse of {@link scoresOf} within the span; entries outside `range` are cut off at its ends. */
export function fromScores(
  { size, mean, directions, deviations }: Components,
  scoreAt: (row: number, component: number) => number,
  rows: number,
  [low, high]: readonly [number, number],
): Float32Array {
  const out = new Float32Array(rows * size);
  const own = new Float64Array(size);
  for (let r = 0; r < rows; r++) {
    own.set(mean);
    for (let k = 0; k < deviations.length; k++) {
      const score = scoreAt(r, k) * (deviations[k] as number);
      for (let i = 0; i < size; i++) own[i] = (own[i] as number) + score * (directions[k * size + i] as number);
    }
    for (let i = 0; i < size; i++) out[r * size + i] = Math.min(high, Math.max(low, own[i] as number));
  }
  return out;
}

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
