import {
  addHashes,
  type Counts,
  chain,
  codeReader,
  fixedRegime,
  type Hash,
  hashText,
  hexOf,
  marginal,
  readingOf,
  type Schema,
  type Study,
  tally,
  tensorHash,
} from '@doable/engine/adapter';
import type { SqlVariable } from './columns.ts';
import { studyRecords } from './duckdb-records.ts';
import { groupSql, type Measure, type RawColumn, rawColumns } from './joint.ts';
import { momentMeasures, type RealRange, rangeOf } from './numbers.ts';
import { fixedSum } from './sql.ts';
import { oneHash, type Prepared, rowHash } from './summary.ts';

/** Joint tables up to this many cells are kept with the moments of an outcome too. */
const momentCells = 200_000;

/** The study over a prepared view: one joint table where that is small, else one GROUP BY per question. */
export async function openStudy(prepared: Prepared, schema: Schema): Promise<Study> {
  const { database, spec, plan, variables, measure, weight, complete, joint, divide } = prepared;
  const { regime, constants } = fixedRegime(spec.regime, schema);
  const exact = spec.probability !== undefined && spec.size === undefined;
  const factor = (spec.probability !== undefined ? (spec.size ?? 1) : 1) / divide;
  const known = variables.filter(({ name }) => schema.domains.has(name));
  const measured = [...known.map(({ name }) => name), ...plan.constants];
  const unread = known.flatMap(({ name }) => (prepared.tensors.get(name)?.unread ? [name] : []));
  const domains = new Map([...schema.domains].filter(([name]) => measured.includes(name)));
  const levelsOf = (name: string): readonly string[] => {
    const domain = domains.get(name);
    if (domain?.kind !== 'finite') throw new RangeError(`study ${spec.name} has no finite variable ${name}`);
    return domain.levels;
  };
  const finite = known.filter(({ name }) => domains.get(name)?.kind === 'finite');
  const byName = new Map(finite.map((variable) => [variable.name, variable]));
  const constantCode = (name: string): number => levelsOf(name).indexOf(constants.get(name) as string);
  const codesOf = (column: Omit<RawColumn, 'codes'>): readonly number[] => {
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
  /** The joint table as levels; undefined where it lacks a variable that turned out finite. */
  const fromJoint = (outcome?: Counts['outcome']): Counts | undefined => {
    if (joint === undefined || !finite.every(({ name }) => joint.columns.some((column) => column.variable.name === name))) return undefined;
    const times = (values: Float64Array): Float64Array => (factor === 1 ? values : values.map((value) => value * factor));
    const { positive } = joint;
    return tally({
      axes: all,
      levels: all.map(levelsOf),
      codes: axisCodes(all, joint.columns, joint.length),
      length: joint.length,
      weight: joint.weight.map((value, cell) => (joint.incomplete[cell] === 1 ? 0 : value * factor)),
      ...(positive && { rows: positive }),
      exact,
      ...(outcome && { outcome: { ...outcome, sum: times(outcome.sum), squares: times(outcome.squares) } }),
    });
  };
  const table = fromJoint();
  const kept = new Map<string, Promise<Counts | undefined>>();
  /** The joint table with the moments of an outcome, where it is small enough to keep. */
  const withMoments = (outcome: string): Promise<Counts | undefined> => {
    const had = kept.get(outcome);
    if (had) return had;
    const at = joint?.moments.get(outcome);
    const small = table !== undefined && table.weight.length <= momentCells;
    const made = at ? Promise.resolve(fromJoint(at)) : small ? scan(all, outcome) : Promise.resolve(undefined);
    kept.set(outcome, made);
    return made;
  };
  const counts = async (of: readonly string[], outcome?: string): Promise<Counts> => {
    of.forEach(levelsOf);
    if (outcome !== undefined) realOf(outcome);
    const full = outcome === undefined ? table : await withMoments(outcome);
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
    ...(unread.length > 0 && { unread }),
    counts,
    ...studyRecords({ prepared, variables: known, domains, constants, condition, factor, codesOf, counts }),
  };
}

/** Ranges as the summary found them; asked for where a key turned out to be real. */
async function realRanges({ database, ranges, complete }: Prepared, reals: readonly SqlVariable[]): Promise<Map<string, RealRange>> {
  const known = new Map([...ranges].filter(([name]) => reals.some((variable) => variable.name === name)));
  const unknown = reals.filter(({ name }) => !known.has(name));
  if (unknown.length === 0) return known;
  const select = unknown.map(({ number }) => `min(${number})::DOUBLE, max(${number})::DOUBLE, avg(${number})::DOUBLE`).join(', ');
  const [row = []] = await database.rows(`SELECT ${select} FROM study${complete === undefined ? '' : ` WHERE ${complete}`}`);
  unknown.forEach((variable, i) => {
    const [least, most, mean] = [0, 1, 2].map((k) => Number(row[3 * i + k] ?? 0)) as [number, number, number];
    known.set(variable.name, rangeOf(variable, least, most, mean));
  });
  return known;
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

/** Over the joint table where it says everything, else over DuckDB's hashes of all rows (which may differ between its versions), each with its tensors. */
async function fingerprint(
  { database, spec, plan, variables, summary, joint, tensors }: Prepared,
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
  if (tensors.size > 0) {
    let row = 0;
    const halves = `SELECT (h >> 32)::DOUBLE AS c0, (h & 4294967295)::DOUBLE AS c1 FROM (SELECT ${oneHash(variables, plan)} AS h FROM study)`;
    for await (const { length, vectors } of database.stream(halves))
      for (let i = 0; i < length; i++, row++) {
        let record: Hash = { high: vectors[0]?.[i] as number, low: vectors[1]?.[i] as number };
        for (const own of tensors.values()) record = chain(record, tensorHash(own, row));
        hash = addHashes(hash, record);
      }
    return hexOf(hash);
  }
  const rows = joint?.hash ?? BigInt((await database.rows(`SELECT ${rowHash(variables, plan)}::VARCHAR FROM study`))[0]?.[0] ?? 0);
  return hexOf(addHashes(hash, hashText(String(rows % 9007199254740881n))));
}
