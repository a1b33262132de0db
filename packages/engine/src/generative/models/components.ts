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
  /** The components of a tensor to draw, by the levels of finite conditions; without, they are learnt from all rows. */
  readonly basesOf?: (name: Name) => Bases | undefined;
  /** Told what share of the variance of a drawn tensor the components hold. */
  readonly onComponents?: (name: Name, components: number, share: number) => void;
}

/** Components for all rows, and others for those with some combination of levels. */
export interface Bases {
  readonly pooled: Components;
  /** The finite conditions that `own` goes by. */
  readonly by: readonly Name[];
  /** By the levels of `by` with a space between. */
  readonly own: ReadonlyMap<string, Components>;
}

interface Basis extends Bases {
  readonly size: number;
  readonly width: number;
}

function basisOf(data: Batch, name: Name, bases: Bases | undefined, count: number, seed: number): Basis {
  const column = columnOf(data, name);
  if (column.kind !== 'tensor') throw new Error(`The column ${name} is no tensor.`);
  const size = column.shape.reduce((product, length) => product * length, 1);
  if (bases !== undefined) return { ...bases, size, width: bases.pooled.deviations.length };
  const pooled = principalComponents(column.values, data.rows, size, count, new Random(seed, `components ${name}`).split('all'));
  return { pooled, by: [], own: new Map(), size, width: pooled.deviations.length };
}

/** The components that each row is written in. */
function componentsByRow({ pooled, by, own }: Basis, batch: Batch): (row: number) => Components {
  if (own.size === 0) return () => pooled;
  const columns = by.map((name) => codesOf(batch, name));
  return (row) => own.get(columns.map((codes) => codes[row]).join(' ')) ?? pooled;
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
export function componentsFitter(inner: Fitter, { components, basesOf, onComponents }: ComponentsOptions): Fitter {
  return {
    kind: inner.kind,
    async fit(task, data, options) {
      const bases = new Map<Name, Part>();
      for (const name of [...task.of, ...task.given]) {
        const type = task.types.get(name);
        const drawn = task.of.includes(name);
        if (type?.kind !== 'tensor' || (!drawn && type.shape.reduce((product, length) => product * length, 1) <= components)) continue;
        const basis = basisOf(data, name, drawn ? basesOf?.(name) : undefined, components, options.seed);
        bases.set(name, { basis, columns: componentColumns(name, basis.width), drawn });
        if (drawn) onComponents?.(name, basis.width, basis.pooled.share);
      }
      if (bases.size === 0) return inner.fit(task, data, options);
      const types = new Map<Name, ColumnType>(task.types);
      for (const [name, { basis, columns, drawn }] of bases)
        if (drawn) for (const column of columns) types.set(column, { kind: 'real' });
        else types.set(name, { kind: 'tensor', shape: [basis.width], range: [-1, 1] });
      const small: ConditionalTask = { of: task.of.flatMap((name) => bases.get(name)?.columns ?? [name]), given: task.given, types };
      const fitted = await inner.fit(small, seen(bases, data, true), options);
      if (!fitted.ok) return fitted;
      return success(modelOf(task, fitted.value, bases), fitted.warnings ?? []);
    },
  };
}

/** How a tensor is written: as columns of its components where it is drawn, else as a vector. */
interface Part {
  readonly basis: Basis;
  readonly columns: readonly Name[];
  readonly drawn: boolean;
}

/** The columns of the components of a tensor that is drawn. */
export const componentColumns = (name: Name, count: number): readonly Name[] =>
  Array.from({ length: count }, (_, k) => `${name} component ${k + 1}`);

/** A tensor, drawn as its components in these bases by `inside`. */
export function componentsModel(
  task: ConditionalTask,
  inside: ConditionalModel,
  bases: Bases,
): ConditionalModel & { dispose(): Promise<void> } {
  const parts = task.of.map((name): [Name, Part] => {
    const width = bases.pooled.deviations.length;
    return [name, { basis: { ...bases, size: bases.pooled.size, width }, columns: componentColumns(name, width), drawn: true }];
  });
  return modelOf(task, inside, new Map(parts));
}

function seen(bases: ReadonlyMap<Name, Part>, batch: Batch, learning: boolean): Batch {
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
}

function modelOf(
  task: ConditionalTask,
  inside: ConditionalModel & { dispose?(): Promise<void> },
  bases: ReadonlyMap<Name, Part>,
): ConditionalModel & { dispose(): Promise<void> } {
  return {
    kind: inside.kind,
    task,
    async sample(given: Batch, random: Random, run?: RunOptions) {
      const drawn = await inside.sample(seen(bases, given, false), random, run);
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
}
