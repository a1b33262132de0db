import type { Domain, Name, Value } from '../graph/variable.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { readingOf } from './checks.ts';
import { type CsvOptions, csvTable } from './csv.ts';
import { codeReader, fixedRegime } from './encode.ts';
import { addHashes, chain, type Hash, hashText, hexOf, start } from './fingerprint.ts';
import { inferSchema } from './infer.ts';
import { numberOf } from './level.ts';
import { type Reading, readTable, readTensors, rowsTable } from './reading.ts';
import { recordsStudy } from './records.ts';
import type { Declared, Schema, StudySource, StudySpec } from './source.ts';
import type { Study } from './study.ts';
import { type Column, cellText } from './table.ts';
import { type ReadPicture, type ReadTensors, type TensorValues, tensorHash, tensorSize, unreadNote } from './tensors.ts';

/** A cell of an inline row; a list for a tensor, flat or nested. */
export type Cell = string | number | boolean | bigint | null | undefined | readonly unknown[];

/** Where an in-memory study's records come from: inline rows, or CSV text whole or in chunks. `pictures` reads the files that cells of tensors name. */
export type MemoryData = { readonly pictures?: ReadPicture } & (
  | { readonly rows: readonly Readonly<Record<string, Cell>>[] }
  | { readonly csv: string | Iterable<string>; readonly options?: CsvOptions }
);

/** A study held in memory, in two steps; see {@link StudySource}. */
export function memorySource(spec: StudySpec, data: MemoryData): StudySource {
  let read: (Reading & { readonly tensors: ReadonlyMap<Name, ReadTensors> }) | undefined;
  return {
    spec,
    async summary(wanted) {
      if (spec.where !== undefined)
        return failure({
          code: 'no-where',
          message: `Study ${spec.name}: "where" needs a file; rows in memory have no SQL.`,
          hint: 'Leave out the rows you do not want.',
        });
      const lists = new Set([...wanted.declared].flatMap(([name, { tensor }]) => (tensor ? [spec.columns?.[name] ?? name] : [])));
      const table = 'rows' in data ? rowsTable(data.rows, spec.name, lists) : csvTable(data.csv, data.options);
      if (!table.ok) return table;
      const file = 'csv' in data ? data.options?.file : undefined;
      const made = readTable(spec, wanted, table.value, file);
      if (!made.ok) return made;
      const tensors = await readTensors(spec, wanted, made.value, file, data.pictures);
      if (!tensors.ok) return tensors;
      read = { ...made.value, tensors: tensors.value };
      const columns = made.value.summary.columns.map((column) => {
        const extent = tensors.value.get(column.name)?.extent;
        return extent === undefined ? column : { ...column, extent };
      });
      return success({ ...made.value.summary, columns, notes: [...made.value.summary.notes, ...unreadNote(tensors.value)] });
    },
    async open(schema) {
      if (read === undefined) throw new Error('open() before a good summary()');
      return success(openTable(spec, schema, read));
    },
  };
}

/** Summary, inference and opening of one study on its own. */
export async function memoryStudy(
  spec: StudySpec,
  data: MemoryData,
  declared: ReadonlyMap<Name, Declared> = new Map(),
): Promise<Result<Study>> {
  const source = memorySource(spec, data);
  const summary = await source.summary({ declared });
  if (!summary.ok) return summary;
  const schema = inferSchema(declared, [{ spec, summary: summary.value }]);
  return schema.ok ? source.open(schema.value) : schema;
}

function openTable(
  spec: StudySpec,
  schema: Schema,
  { table, plan, summary, incomplete, weight, tensors }: Reading & { readonly tensors: ReadonlyMap<Name, ReadTensors> },
): Study {
  const known = plan.variables.filter(({ name }) => schema.domains.has(name));
  const kept: number[] = [];
  const columnOf = (column: string): Column => table.columns[table.header.indexOf(column)] as Column;
  for (let row = 0; row < table.rows.length; row++)
    if (incomplete[row] === 0 && (weight === undefined || (weight[row] as number) > 0)) kept.push(row);
  const finite = new Map<Name, Int32Array>();
  const real = new Map<Name, Float64Array>();
  const pictures = new Map<Name, TensorValues>();
  const bags: Hash[] = kept.map(() => start);
  const mix = (hashOf: (record: number) => Hash): void => {
    for (let record = 0; record < kept.length; record++) bags[record] = chain(bags[record] as Hash, hashOf(record));
  };
  for (const { name, column } of known) {
    const domain = schema.domains.get(name) as Domain;
    const own = tensors.get(name);
    if (own !== undefined) {
      if (own.unread !== true) pictures.set(name, { shape: own.shape, values: keptTensors(own, kept) });
      mix((record) => tensorHash(own, kept[record] as number));
      continue;
    }
    const cells = columnOf(column);
    if (domain.kind === 'finite') {
      const codes = encode(cells, kept, domain.levels, schema.cuts.get(name));
      const hashes = domain.levels.map((level) => hashText(level));
      finite.set(name, codes);
      mix((record) => hashes[codes[record] as number] as Hash);
    } else if (domain.kind === 'real') {
      const values = Float64Array.from(kept, (row) =>
        cells.kind === 'numbers' ? (cells.values[row] as number) : numberOf(cellText(cells, row)),
      );
      real.set(name, values);
      mix((record) => hashText(String(values[record])));
    } else mix((record) => hashText(cellText(cells, kept[record] as number)));
  }
  const { regime, constants } = fixedRegime(spec.regime, schema);
  for (const name of plan.constants) {
    const domain = schema.domains.get(name);
    if (domain?.kind === 'finite') finite.set(name, new Int32Array(kept.length).fill(domain.levels.indexOf(constants.get(name) as Value)));
    if (domain?.kind === 'real') real.set(name, new Float64Array(kept.length).fill(numberOf(constants.get(name) as Value)));
  }
  const weights = weight && Float64Array.from(kept, (row) => weight[row] as number);
  if (weights) mix((record) => hashText(String(weights[record])));
  const measured = [...known.map(({ name }) => name), ...plan.constants];
  const unread = known.flatMap(({ name }) => (tensors.get(name)?.unread ? [name] : []));
  const bag = bags.reduce(addHashes, hashText(readingOf(spec, schema, measured)));
  return recordsStudy({
    name: spec.name,
    regime,
    measured,
    domains: new Map(measured.flatMap((name) => (schema.domains.has(name) ? [[name, schema.domains.get(name) as Domain] as const] : []))),
    finite,
    real,
    ...(pictures.size > 0 && { tensors: pictures }),
    ...(unread.length > 0 && { unread }),
    length: kept.length,
    ...(weights && { weights }),
    kind: plan.measure.kind,
    exact: plan.measure.kind === 'probability' && spec.size === undefined,
    fingerprint: hexOf(addHashes(bag, hashText(String(summary.dropped)))),
  });
}

function keptTensors({ shape, values }: TensorValues, kept: readonly number[]): Float32Array {
  const size = tensorSize(shape);
  if (kept.length * size === values.length) return values;
  const own = new Float32Array(kept.length * size);
  kept.forEach((row, i) => {
    own.set(values.subarray(row * size, (row + 1) * size), i * size);
  });
  return own;
}

function encode(cells: Column, kept: readonly number[], levels: readonly Value[], cuts: readonly number[] | undefined): Int32Array {
  const code = codeReader(levels, cuts);
  if (cells.kind === 'numbers') return Int32Array.from(kept, (row) => code(String(cells.values[row])));
  const ofText = cells.texts.map(code);
  return Int32Array.from(kept, (row) => ofText[cells.codes[row] as number] as number);
}
