import type { Name } from '../../graph/variable.ts';
import type { Random } from '../../math/random.ts';
import { columnOf, drawnRows, selected, type TrainingData, taken } from '../batch.ts';
import type { Batch, ColumnType, ColumnValues } from '../terms.ts';
import type { Manifest, ManifestColumn } from './manifest.ts';
import type { Match } from './match.ts';
import type { IdleValues } from './model.ts';

/** The type of a column as its manifest says it. */
export function typeOfColumn(column: ManifestColumn): ColumnType {
  if (column.levels !== undefined) return { kind: 'finite', levels: column.levels };
  if (column.tensor !== undefined) return { kind: 'tensor', shape: column.tensor, range: column.range ?? [0, 1] };
  return { kind: 'real' };
}

/**
 * Rows inside the support that the manifest claims, without data: levels and ranges at even odds; where it claims none, all levels,
 * standard normals (at the model's own mean and deviation), the whole range of a tensor. `names`: variable and column of each.
 */
export function likeSupport(
  { claims, given }: Manifest,
  names: readonly (readonly [Name, Name])[],
  types: ReadonlyMap<Name, ColumnType>,
  rows: number,
  random: Random,
): Batch {
  const columns = new Map<Name, ColumnValues>();
  for (const [variable, name] of names) {
    const type = types.get(variable) as ColumnType;
    const support = claims.support?.[variable];
    const stream = random.split(variable);
    const { mean = 0, deviation = 1 } = given.find((column) => column.name === variable) ?? {};
    if (type.kind === 'finite') {
      const levels = type.levels.flatMap((level, i) => (support === undefined || support.map(String).includes(level) ? [i] : []));
      columns.set(name, {
        kind: 'finite',
        values: Int32Array.from({ length: rows }, () => levels[stream.integer(levels.length)] as number),
      });
      continue;
    }
    const [low, high] = support?.map(Number) ?? (type.kind === 'tensor' ? type.range : []);
    const one = (): number =>
      low === undefined || high === undefined ? mean + deviation * stream.normal() : low + (high - low) * stream.next();
    if (type.kind === 'real') columns.set(name, { kind: 'real', values: Float64Array.from({ length: rows }, one) });
    else {
      const size = type.shape.reduce((product, each) => product * each, 1);
      columns.set(name, { kind: 'tensor', shape: type.shape, values: Float32Array.from({ length: rows * size }, one) });
    }
  }
  return { rows, columns };
}

/** Most rows of data kept to draw idle conditions from. */
const poolRows = 4096;

/**
 * Values of the surplus conditions of a model, from rows of data that agree with the finite conditions at hand (any row where none
 * does), so that the model is asked where it was trained; from the claimed support where no study has them all. The target does
 * not depend on them, whatever they are: only the file's quality away from its training does.
 */
export function idleFrom(
  manifest: Manifest,
  match: Match,
  types: ReadonlyMap<Name, ColumnType>,
  data: ReadonlyMap<Name, TrainingData>,
  random: Random,
): { readonly idle: IdleValues; readonly from: 'data' | 'support' } {
  const kept = [...match.columns].filter(([variable]) => manifest.given.some(({ name }) => name === variable));
  const finite = kept.filter(([variable]) => types.get(variable)?.kind === 'finite');
  const has = (names: readonly Name[]): TrainingData | undefined =>
    [...data.values()].find(({ batch }) => batch.rows > 0 && names.every((name) => batch.columns.has(name)));
  const known = finite.map(([variable]) => variable);
  const source = has([...match.surplus, ...known]) ?? has(match.surplus);
  if (source === undefined) {
    const names = match.surplus.map((name) => [name, name] as const);
    return { from: 'support', idle: ({ rows }, stream) => likeSupport(manifest, names, types, rows, stream).columns };
  }
  const together = known.every((name) => source.batch.columns.has(name));
  const shared = together ? finite : [];
  const pool = taken(
    selected(source.batch, [...match.surplus, ...shared.map(([variable]) => variable)]),
    drawnRows(source, Math.min(poolRows, Math.max(1024, source.batch.rows)), random),
  );
  const keyOf = (batch: Batch, names: readonly Name[]): ((row: number) => string) => {
    const columns = names.map((name) => columnOf(batch, name).values);
    return (row) => columns.map((values) => values[row]).join(' ');
  };
  const groups = new Map<string, number[]>();
  const poolKey = keyOf(
    pool,
    shared.map(([variable]) => variable),
  );
  for (let row = 0; row < pool.rows; row++) {
    const group = groups.get(poolKey(row));
    if (group === undefined) groups.set(poolKey(row), [row]);
    else group.push(row);
  }
  return {
    from: 'data',
    idle(given, stream) {
      const key = keyOf(
        given,
        shared.map(([, column]) => column),
      );
      const rows = Int32Array.from({ length: given.rows }, (_, row) => {
        const group = groups.get(key(row));
        return group === undefined ? stream.integer(pool.rows) : (group[stream.integer(group.length)] as number);
      });
      return taken(selected(pool, match.surplus), rows).columns;
    },
  };
}
