import {
  addHashes,
  type Counts,
  codeReader,
  fixedRegime,
  hashText,
  hexOf,
  marginal,
  readingOf,
  type Schema,
  type Study,
  shiftOf,
  tally,
} from '@doable/engine/adapter';
import type { SqlVariable } from './columns.ts';
import type { Prepared } from './duckdb-source.ts';
import { groupSql, jointLimit, type Measure, type RawColumn, rawColumns } from './joint.ts';
import { fixedSum } from './sql.ts';

/** Joint tables up to this many cells are kept with the moments of an outcome too. */
const momentCells = 200_000;

interface RealRange {
  readonly variable: SqlVariable;
  readonly shift: number;
  /** The largest |value - shift|. */
  readonly bound: number;
}

/** The study over a prepared view: one joint table where that is small, else one GROUP BY per question. */
export async function openStudy(prepared: Prepared, schema: Schema): Promise<Study> {
  const { database, spec, plan, variables, measure, weight, complete, joint, divide } = prepared;
  const { regime, constants } = fixedRegime(spec.regime, schema);
  const exact = spec.probability !== undefined && spec.size === undefined;
  const factor = (spec.probability !== undefined ? (spec.size ?? 1) : 1) / divide;
  const known = variables.filter(({ name }) => schema.domains.has(name));
  const measured = [...known.map(({ name }) => name), ...plan.constants];
  const domains = new Map([...schema.domains].filter(([name]) => measured.includes(name)));
  const levelsOf = (name: string): readonly string[] => {
    const domain = domains.get(name);
    if (domain?.kind !== 'finite') throw new RangeError(`study ${spec.name} has no finite variable ${name}`);
    return domain.levels;
  };
  const finite = known.filter(({ name }) => domains.get(name)?.kind === 'finite');
  const byName = new Map(finite.map((variable) => [variable.name, variable]));
  const constantCode = (name: string): number => levelsOf(name).indexOf(constants.get(name) as string);
  const codesOf = (column: RawColumn): readonly number[] => {
    const { variable, texts } = column;
    if (variable.role === 'interval') return texts.map((text) => (text === null ? -1 : Number(text)));
    const read = codeReader(levelsOf(variable.name), schema.cuts.get(variable.name));
    return texts.map((text, code) => (text === null || column.missing[code] ? -1 : read(text)));
  };
  const ranges = await realRanges(
    prepared,
    known.filter(({ name }) => domains.get(name)?.kind === 'real'),
  );
  const condition =
    [complete, weight && weight.least <= 0 ? `${weight.sql} > 0` : undefined].filter((part) => part !== undefined).join(' AND ') ||
    undefined;

  /** One scan. */
  const scan = async (of: readonly string[], outcome: string | undefined): Promise<Counts> => {
    const by = of.flatMap((name) => byName.get(name) ?? []);
    const range = outcome === undefined ? undefined : realOf(outcome);
    const measures: Measure[] = spec.weight !== undefined ? [measure, { sql: 'count(*)', unit: 1 }] : [measure];
    const moments = range ? momentMeasures(range, weight) : [];
    const { sql, fetch } = groupSql(by, [...measures, ...moments], condition);
    const cells = await database.cells(sql, fetch, Number.POSITIVE_INFINITY);
    const columns = rawColumns(by, cells);
    const number = (i: number, unit: number): Float64Array => (cells.numbers[i] as Float64Array).map((value) => value * unit);
    const at = measures.length;
    return tally({
      axes: of,
      levels: of.map(levelsOf),
      codes: axisCodes(of, columns, cells.length),
      length: cells.length,
      weight: number(0, measure.unit * factor),
      ...(spec.weight !== undefined && { rows: cells.numbers[1] as Float64Array }),
      exact,
      ...(range &&
        outcome !== undefined && {
          outcome: {
            name: outcome,
            shift: range.shift,
            sum: number(at, (moments[0] as Measure).unit * factor),
            squares: number(at + 1, (moments[1] as Measure).unit * factor),
          },
        }),
    });
  };
  const axisCodes = (of: readonly string[], columns: readonly RawColumn[], length: number): Int32Array[] =>
    of.map((name) => {
      const column = columns.find(({ variable }) => variable.name === name);
      if (column === undefined) return new Int32Array(length).fill(constantCode(name));
      const codes = codesOf(column);
      return column.codes.map((code) => codes[code] as number);
    });
  const realOf = (name: string): RealRange => {
    const range = ranges.get(name);
    if (range === undefined) throw new RangeError(`study ${spec.name} has no real variable ${name}`);
    return range;
  };

  const all = [...finite.map(({ name }) => name), ...plan.constants.filter((name) => domains.get(name)?.kind === 'finite')];
  const table = fromJoint();
  function fromJoint(): Counts | undefined {
    if (joint === undefined || spec.weight !== undefined) return undefined;
    if (!finite.every((variable) => joint.columns.some((column) => column.variable.name === variable.name))) return undefined;
    const codes = axisCodes(all, joint.columns, joint.length);
    return tally({
      axes: all,
      levels: all.map(levelsOf),
      codes,
      length: joint.length,
      weight: joint.weight.map((value, cell) => (joint.incomplete[cell] === 1 ? 0 : value * factor)),
      exact,
    });
  }
  const kept = new Map<string | undefined, Promise<Counts | undefined>>([[undefined, Promise.resolve(table)]]);
  const small = table === undefined ? joint !== undefined && joint.length <= jointLimit : table.weight.length <= momentCells;
  const wide = (outcome: string | undefined): Promise<Counts | undefined> => {
    const had = kept.get(outcome);
    if (had !== undefined && (outcome !== undefined || table !== undefined)) return had;
    const made =
      small && (outcome === undefined || joint === undefined || joint.length <= momentCells)
        ? scan(all, outcome)
        : Promise.resolve(undefined);
    kept.set(outcome, made);
    return outcome === undefined && !small ? Promise.resolve(undefined) : made;
  };
  const counts = async (of: readonly string[], outcome?: string): Promise<Counts> => {
    of.forEach(levelsOf);
    const full = await wide(outcome);
    return full ? marginal(full, of) : scan(of, outcome);
  };
  const size = table ? table.total : (await scan([], undefined)).total;
  const sized = spec.weight === undefined ? undefined : await kish(prepared, condition);
  return {
    name: spec.name,
    regime,
    measured,
    domains,
    size: exact ? Number.POSITIVE_INFINITY : (sized?.rows ?? size),
    effectiveSize: exact ? Number.POSITIVE_INFINITY : (sized?.effective ?? size),
    fingerprint: await fingerprint(prepared, schema, measured, table),
    counts,
  };
}

/** Weighted sums of (y - shift) and (y - shift)^2. */
function momentMeasures({ variable, shift, bound }: RealRange, weight: Prepared['weight']): Measure[] {
  const away = `(${variable.number} - CAST('${shift}' AS DOUBLE))`;
  const most = weight?.most ?? 1;
  const times = weight ? `${weight.sql} * ` : '';
  return [fixedSum(`${times}${away}`, most * bound), fixedSum(`${times}${away} * ${away}`, most * bound * bound)];
}

async function realRanges({ database, complete }: Prepared, reals: readonly SqlVariable[]): Promise<Map<string, RealRange>> {
  if (reals.length === 0) return new Map();
  const select = reals.map(({ number }) => `min(${number})::DOUBLE, max(${number})::DOUBLE, avg(${number})::DOUBLE`).join(', ');
  const [row = []] = await database.rows(`SELECT ${select} FROM study${complete === undefined ? '' : ` WHERE ${complete}`}`);
  return new Map(
    reals.map((variable, i) => {
      const [least, most, mean] = [0, 1, 2].map((k) => Number(row[3 * i + k] ?? 0)) as [number, number, number];
      const shift = shiftOf(least, most, mean);
      return [variable.name, { variable, shift, bound: Math.max(most - shift, shift - least) }];
    }),
  );
}

/** Records with a positive weight, and Kish's effective size. */
async function kish({ database, weight }: Prepared, condition: string | undefined): Promise<{ rows: number; effective: number }> {
  if (weight === undefined) return { rows: 0, effective: 0 };
  const [first, second] = [fixedSum(weight.sql, weight.most), fixedSum(`${weight.sql} * ${weight.sql}`, weight.most ** 2)];
  const [row = []] = await database.rows(
    `SELECT count(*)::DOUBLE, ${first.sql}, ${second.sql} FROM study${condition === undefined ? '' : ` WHERE ${condition}`}`,
  );
  const [rows, sum, squares] = [Number(row[0]), Number(row[1]) * first.unit, Number(row[2]) * second.unit];
  return { rows, effective: squares > 0 ? (sum * sum) / squares : 0 };
}

/** Over the joint table where it says everything, else over DuckDB's hashes of all rows (which may differ between its versions). */
async function fingerprint(
  { database, spec, plan, variables, summary }: Prepared,
  schema: Schema,
  measured: readonly string[],
  table: Counts | undefined,
): Promise<string> {
  let hash = hashText(`${readingOf(spec, schema, measured)} ${summary.rows} ${summary.dropped}`);
  const told = variables.every(({ name }) => schema.domains.get(name)?.kind === 'finite');
  if (table && told) {
    const width = table.axes.length;
    for (let cell = 0; cell < table.weight.length; cell++)
      hash = addHashes(hash, hashText(`${table.codes.subarray(cell * width, (cell + 1) * width).join()}:${table.weight[cell]}`));
    return hexOf(hash);
  }
  const columns = [...variables.map(({ sql }) => sql), ...(plan.measure.kind === 'rows' ? [] : ['w'])];
  const [row] = await database.rows(`SELECT sum((hash(${columns.join(', ')}) >> 1)::BIGINT)::VARCHAR FROM study`);
  return hexOf(addHashes(hash, hashText(row?.[0] ?? '')));
}
