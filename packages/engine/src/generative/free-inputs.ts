import { variableOf } from '../estimand/estimand.ts';
import type { Name } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { columnOf, drawnRows, type TrainingData, taken } from './batch.ts';
import { type NetworkPlan, teachersOf } from './network.ts';
import type { Batch, ColumnValues } from './terms.ts';

/** Most rows of data kept for drawing free inputs. */
const poolRows = 4096;
/** Of a value of the set variables at least so many rows are kept, else all values share the rows as the data do. */
const fewestOfValue = 32;

/**
 * Rows from which free inputs are drawn: for each the first study that has it, together with the others that it has; first comes what
 * factors that take it were learnt from, since other studies may show values that those never do. Beside them stand the columns of the study that
 * the question sets or conditions on (tensors left out), so that values can be fed which were seen together with what is set.
 */
export function freeInputs(plan: NetworkPlan, data: ReadonlyMap<Name, TrainingData>, random: Random): Result<readonly Batch[]> {
  const free = plan.inputs.filter((input) => input.role === 'free').map((input) => input.name);
  const left = new Set(free);
  const teachers = new Map(free.map((name) => [name, teachersOf(name, plan, plan.factors)]));
  const pools: Batch[] = [];
  for (const [teaching, [study, part]] of [true, false].flatMap((own) => [...data].map((entry) => [own, entry] as const))) {
    const own = [...left].filter(
      (name) => part.batch.columns.has(variableOf(name)) && (!teaching || teachers.get(name)?.has(study) === true),
    );
    if (own.length === 0 || part.batch.rows === 0) continue;
    for (const name of own) left.delete(name);
    const beside = plan.inputs.filter(({ role, variable }) => {
      const column = part.batch.columns.get(variable);
      return (role === 'set' || role === 'given') && column !== undefined && column.kind !== 'tensor';
    });
    const columns = new Map(
      [...own, ...beside.map(({ name }) => name)].map((name): [Name, ColumnValues] => [name, columnOf(part.batch, variableOf(name))]),
    );
    const said = beside.map(({ variable }) => columnOf(part.batch, variable));
    pools.push(taken({ rows: part.batch.rows, columns }, poolOf(part, said, random.split(study))));
  }
  const [missing] = left;
  if (missing === undefined) return success(pools);
  return failure({ code: 'no-column', message: `No study has ${missing}, whose supported values the network needs.` });
}

/** Rows to keep, drawn with replacement: as many of every combination of the finite columns `said`, so that none that is rare is lost. */
function poolOf(part: TrainingData, said: readonly ColumnValues[], random: Random): Int32Array {
  const { batch, weights } = part;
  const count = Math.min(poolRows, Math.max(1024, batch.rows));
  const finite = said.filter(({ kind }) => kind === 'finite');
  const groups = new Map<string, number[]>();
  for (let row = 0; row < batch.rows && groups.size * fewestOfValue <= count; row++) {
    if (weights !== undefined && (weights[row] as number) <= 0) continue;
    const key = finite.map(({ values }) => values[row]).join();
    const own = groups.get(key);
    if (own === undefined) groups.set(key, [row]);
    else own.push(row);
  }
  const each = Math.floor(count / Math.max(1, groups.size));
  if (groups.size < 2 || each < fewestOfValue) return drawnRows(part, count, random);
  const rows: number[] = [];
  for (const [key, own] of groups) {
    const among: TrainingData = {
      batch: { rows: own.length, columns: new Map() },
      ...(weights && { weights: Float64Array.from(own, (row) => weights[row] as number) }),
    };
    for (const i of drawnRows(among, each, random.split(key))) rows.push(own[i] as number);
  }
  return Int32Array.from(rows);
}

/** Of so many rows drawn the nearest in real columns is taken. */
const rivals = 16;

/** What of a pool is to be drawn beside some inputs, and how. */
export interface FreeRows {
  /** Its columns that the inputs do not hold. */
  readonly free: Batch;
  /** The number of a row of the pool that goes with a row of the inputs. */
  draw(row: number, random: Random): number;
}

/**
 * Rows of a pool that go with inputs, by the columns that both hold: with the same level of finite ones, in turn, where some row has it (else
 * that column says nothing); of some such rows the nearest in real columns, in standard deviations. Tensors say nothing.
 */
export function freeRows(pool: Batch, inputs: Batch): FreeRows {
  const shared = [...pool.columns].flatMap(([name, column]) => {
    const said = inputs.columns.get(name);
    return said === undefined || said.kind !== column.kind ? [] : [{ column: column.values, said: said.values, kind: column.kind }];
  });
  const finite = shared.filter(({ kind }) => kind === 'finite');
  const reals = shared.flatMap(({ kind, column, said }) => (kind === 'real' ? [{ column, said, scale: spreadOf(column) || 1 }] : []));
  const all = Int32Array.from({ length: pool.rows }, (_, i) => i);
  const found = new Map<string, Int32Array>();
  const like = (row: number): Int32Array => {
    const key = finite.map(({ said }) => said[row]).join();
    const had = found.get(key);
    if (had !== undefined) return had;
    let rows = all;
    for (const { column, said } of finite) {
      const same = rows.filter((i) => column[i] === said[row]);
      if (same.length > 0) rows = same;
    }
    found.set(key, rows);
    return rows;
  };
  const same = inputs.rows === 1 ? like(0) : undefined;
  return {
    free: { rows: pool.rows, columns: new Map([...pool.columns].filter(([name]) => !inputs.columns.has(name))) },
    draw(row, random) {
      const at = same === undefined ? row : 0;
      const rows = same ?? like(row);
      let [best, least] = [0, Number.POSITIVE_INFINITY];
      for (let rival = 0; rival < (reals.length === 0 ? 1 : rivals); rival++) {
        const i = rows[random.integer(rows.length)] as number;
        let distance = 0;
        for (const { column, said, scale } of reals) distance += (((column[i] as number) - (said[at] as number)) / scale) ** 2;
        if (distance < least) [best, least] = [i, distance];
      }
      return best;
    },
  };
}

function spreadOf(values: ArrayLike<number>): number {
  let [sum, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) squares += ((values[i] as number) - mean) ** 2;
  return Math.sqrt(squares / values.length);
}
