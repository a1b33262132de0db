import {
  type ColumnRange,
  type Columns,
  cellTable,
  levelNumbers,
  type MomentQuery,
  type Moments,
  momentsOfCells,
  momentsOfColumns,
  namesOf,
  numberOf,
  type Study,
  type TensorValues,
  tensorSize,
} from '@doable/engine/adapter';
import type { SqlVariable } from './columns.ts';
import { groupSql, type RawColumn, rawColumns } from './joint.ts';
import { sumsSql, symmetric } from './moment-sums.ts';
import { momentMeasures, rangeOf } from './numbers.ts';
import { fixedSum, numberLiteral, quoteText } from './sql.ts';
import type { Prepared } from './summary.ts';

/** An open study, as far as its records are read. */
export interface OpenRecords {
  readonly prepared: Prepared;
  readonly variables: readonly SqlVariable[];
  readonly domains: Study['domains'];
  readonly constants: ReadonlyMap<string, string>;
  /** On rows that are records: complete, of positive weight. */
  readonly condition: string | undefined;
  /** What weights are multiplied by. */
  readonly factor: number;
  /** Level codes of a column's texts. */
  readonly codesOf: (column: Omit<RawColumn, 'codes'>) => readonly number[];
  readonly counts: Study['counts'];
}

/** A finite column on its way out of DuckDB: an integer, and what code each integer stands for. */
interface Coded {
  readonly sql: string;
  readonly least: number;
  readonly codes: Int32Array;
}

/**
 * What a study gives record by record: streamed in storage order, in flat memory. Moments over finite variables and one real
 * one come from a table that DuckDB makes; others from the stream, since sums of doubles that threads add in any order would
 * not have the same digits twice, unless the query leaves the order free.
 */
export function studyRecords(study: OpenRecords): Pick<Study, 'columns' | 'moments' | 'ranges'> {
  const { prepared, variables, domains, constants, condition, factor } = study;
  const { database, spec, weight, tensors: pictured } = prepared;
  const where = condition === undefined ? '' : ` WHERE ${condition}`;
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const kindOf = (name: string): 'real' | 'finite' => {
    const kind = domains.get(name)?.kind;
    if (kind !== 'real' && kind !== 'finite') throw new RangeError(`study ${spec.name} has no variable ${name}`);
    return kind;
  };
  const coded = new Map<string, Promise<Coded>>();
  const codedOf = (variable: SqlVariable): Promise<Coded> => {
    const made = coded.get(variable.name) ?? codedColumn(variable, study);
    coded.set(variable.name, made);
    return made;
  };
  let rows: Promise<number> | undefined;
  const countRows = async (): Promise<number> => Number((await database.rows(`SELECT count(*) FROM study${where}`))[0]?.[0] ?? 0);
  const constantOf = (name: string): number => {
    const value = constants.get(name) as string;
    const domain = domains.get(name);
    return domain?.kind === 'finite' ? domain.levels.indexOf(value) : numberOf(value);
  };

  let kept: Promise<Int32Array | undefined> | undefined;
  /** The stored tensors that are of records, by number; undefined: all. */
  const keptRows = async (): Promise<Int32Array | undefined> => {
    if (condition === undefined) return undefined;
    const numbers: number[] = [];
    let at = 0;
    for await (const { length, vectors } of database.stream(`SELECT coalesce((${condition})::INTEGER, 0) AS c0 FROM study`))
      for (let i = 0; i < length; i++, at++) if (vectors[0]?.[i] === 1) numbers.push(at);
    return Int32Array.from(numbers);
  };

  /** `own`: batches stay valid; else only until the next one. */
  async function* batches(of: readonly string[], own: boolean): AsyncIterable<Columns> {
    const pictures = [...new Set(of)].filter((name) => pictured.has(name));
    const names = [...new Set(of)].filter((name) => !pictured.has(name));
    const unread = pictures.find((name) => pictured.get(name)?.unread);
    if (unread !== undefined) throw new RangeError(`of study ${spec.name} the pictures of ${unread} were not read`);
    if (pictures.length > 0) kept ??= keptRows();
    const records = await kept;
    let record = 0;
    const kinds = names.map(kindOf);
    const select: string[] = [];
    const finite = new Map<string, Coded>();
    for (const [i, name] of names.entries()) {
      const variable = byName.get(name);
      if (variable === undefined) continue;
      if (kinds[i] === 'finite') finite.set(name, await codedOf(variable));
      select.push(finite.get(name)?.sql ?? variable.number);
    }
    if (weight) select.push(`(${weight.sql})::DOUBLE`);
    const list = select.length > 0 ? select.map((sql, i) => `${sql} AS c${i}`).join(', ') : '1::INTEGER AS c0';
    for await (const { length, vectors } of database.stream(`SELECT ${list} FROM study${where}`)) {
      const numbers = new Map<string, Float64Array>();
      const codes = new Map<string, Int32Array>();
      let at = 0;
      for (const [i, name] of names.entries()) {
        const stored = byName.has(name) ? vectors[at++] : undefined;
        if (kinds[i] === 'real') {
          if (stored === undefined) numbers.set(name, new Float64Array(length).fill(constantOf(name)));
          else numbers.set(name, own || !(stored instanceof Float64Array) ? Float64Array.from(stored) : stored);
          continue;
        }
        const column = new Int32Array(length);
        const known = finite.get(name);
        if (stored === undefined || known === undefined) column.fill(constantOf(name));
        else for (let r = 0; r < length; r++) column[r] = known.codes[(stored[r] as number) - known.least] as number;
        codes.set(name, column);
      }
      const stored = weight && vectors[at];
      const weights = stored && (own || factor !== 1 ? Float64Array.from(stored, (value) => value * factor) : (stored as Float64Array));
      const tensors = new Map(pictures.map((name) => [name, tensorsAt(pictured.get(name) as TensorValues, records, record, length)]));
      record += length;
      yield { length, numbers, codes, ...(pictures.length > 0 && { tensors }), ...(weights && { weights }) };
    }
  }

  /** Moments by SQL, where the order of additions is free. */
  const summed = async (query: MomentQuery): Promise<Moments | undefined> => {
    if (query.order !== 'any') return undefined;
    const coding = new Map<string, Coded>();
    for (const name of namesOf(query)) {
      const variable = byName.get(name);
      if (variable && kindOf(name) === 'finite') coding.set(name, await codedOf(variable));
    }
    const levelSql = (name: string, level: string): string => {
      const domain = domains.get(name);
      const code = domain?.kind === 'finite' ? domain.levels.indexOf(level) : -1;
      const known = coding.get(name);
      if (known === undefined) return constantOf(name) === code ? 'true' : 'false';
      const own = [...known.codes.keys()].filter((i) => known.codes[i] === code).map((i) => i + known.least);
      return own.length === 0 ? 'false' : `${known.sql} IN (${own.join(', ')})`;
    };
    const numberOfConstant = (name: string): string => {
      const domain = domains.get(name);
      return numberLiteral(domain?.kind === 'finite' ? Number(domain.levels[constantOf(name)]) : constantOf(name));
    };
    const number = (name: string): string => byName.get(name)?.number ?? numberOfConstant(name);
    const total = weight ? fixedSum('w', weight.most) : { sql: 'count(*)', unit: 1 };
    const sql = sumsSql(query, { number, level: levelSql }, ['count(*)', total.sql], weight?.sql, where);
    if (sql === undefined) return undefined;
    const [[records, all, ...sums] = []] = (await database.rows(sql)).map((row) => row.map(Number));
    const size = query.features.length;
    return {
      records: records ?? 0,
      weight: (all ?? 0) * total.unit * factor,
      size,
      products: symmetric(
        sums.map((value) => value * factor),
        size,
      ),
    };
  };

  return {
    columns: (of) => batches(of, true),
    async moments(query, options) {
      const names = namesOf(query);
      names.forEach(kindOf);
      const table = cellTable(query, domains);
      if (table === undefined || (table.outcome !== undefined && !byName.has(table.outcome)))
        return (await summed(query)) ?? momentsOfColumns(batches(names, false), query, domains, options);
      const counts = await study.counts(table.of, table.outcome);
      rows ??= weight === undefined ? Promise.resolve(counts.total) : countRows();
      return momentsOfCells(counts, await rows, query, domains);
    },
    async ranges(of) {
      const names = [...new Set(of)];
      const read = names.flatMap((name) => {
        if (kindOf(name) === 'finite' && levelNumbers(domains.get(name)) === undefined) throw new RangeError(`${name} is not a number`);
        return byName.get(name) ?? [];
      });
      const first = read.map(({ number }) => `min(${number})::DOUBLE, max(${number})::DOUBLE, avg(${number})::DOUBLE`);
      const [found = []] = await database.rows(`SELECT ${['count(*)::DOUBLE', ...first].join(', ')} FROM study${where}`);
      const count = Number(found[0]);
      const shifted = read.map((variable, i) => {
        const [least, most, mean] = [1, 2, 3].map((k) => Number(found[3 * i + k])) as [number, number, number];
        return { least, most, range: rangeOf(variable, least, most, mean) };
      });
      const total = weight ? fixedSum(weight.sql, weight.most) : { sql: 'count(*)', unit: 1 };
      const sums = [total, ...shifted.flatMap(({ range }) => momentMeasures(range, weight))];
      const [summed = []] = await database.rows(`SELECT ${sums.map(({ sql }) => `(${sql})::DOUBLE`).join(', ')} FROM study${where}`);
      const figure = (i: number): number => Number(summed[i]) * (sums[i] as { unit: number }).unit;
      const ranges = new Map<string, ColumnRange>();
      for (const name of names) {
        const i = read.findIndex((variable) => variable.name === name);
        const value = i < 0 ? constantOf(name) : 0;
        const domain = domains.get(name);
        const spelled = domain?.kind === 'finite' ? Number(domain.levels[value]) : value;
        if (i < 0) {
          ranges.set(name, { count, mean: spelled, sd: 0, least: spelled, most: spelled });
          continue;
        }
        const { least, most, range } = shifted[i] as (typeof shifted)[number];
        const away = figure(2 * i + 1) / figure(0);
        const mean = Math.min(most, Math.max(least, range.shift + away));
        ranges.set(name, { count, mean, sd: Math.sqrt(Math.max(0, figure(2 * i + 2) / figure(0) - away * away)), least, most });
      }
      return ranges;
    },
  };
}

/** The tensors of `length` records from the record `from` on. */
function tensorsAt({ shape, values }: TensorValues, records: Int32Array | undefined, from: number, length: number): TensorValues {
  const size = tensorSize(shape);
  if (records === undefined) return { shape, values: values.subarray(from * size, (from + length) * size) };
  const own = new Float32Array(length * size);
  for (let i = 0; i < length; i++) {
    const at = (records[from + i] as number) * size;
    own.set(values.subarray(at, at + size), i * size);
  }
  return { shape, values: own };
}

async function codedColumn(variable: SqlVariable, { prepared, codesOf }: OpenRecords): Promise<Coded> {
  const { database, joint } = prepared;
  if (variable.role === 'interval') {
    const codes = Int32Array.from({ length: (variable.declared.cut ?? []).length + 1 }, (_, code) => code);
    return { sql: `${variable.key}::INTEGER`, least: 0, codes };
  }
  const had = joint?.columns.find((column) => column.variable.name === variable.name);
  const { sql, fetch } = groupSql([variable], [], undefined);
  const column = had ?? (rawColumns([variable], await database.cells(sql, fetch, Number.POSITIVE_INFINITY))[0] as RawColumn);
  const read = codesOf(column);
  const texts = column.raw.flatMap((text, i) => (text === null || (read[i] as number) < 0 ? [] : [{ text, code: read[i] as number }]));
  const integers = texts.map(({ text }) => Number(text));
  const least = integers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const span = integers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - least + 1;
  if (variable.small && span <= 65536) {
    const codes = new Int32Array(span).fill(-1);
    texts.forEach(({ code }, i) => {
      codes[(integers[i] as number) - least] = code;
    });
    return { sql: `${variable.key}::INTEGER`, least, codes };
  }
  const list = texts.map(({ text }) => quoteText(text)).join(', ');
  return {
    sql: `enum_code((${variable.key})::VARCHAR::ENUM(${list}))::INTEGER`,
    least: 0,
    codes: Int32Array.from(texts, ({ code }) => code),
  };
}
