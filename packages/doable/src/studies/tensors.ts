import { dirname } from 'node:path';
import {
  channelsHint,
  failure,
  type Issue,
  type ReadTensors,
  type Result,
  success,
  tensorGatherer,
  tensorLimit,
} from '@doable/engine/adapter';
import type { SqlVariable } from './columns.ts';
import { type Context, recordPlace } from './numbers.ts';
import { pictureReader } from './pictures.ts';

/** Tensors of every record of the view `study`, in storage order; where the cell is missing, whatever. */
export interface StoredTensors extends ReadTensors {
  readonly missing: number;
}

/** Texts at a time whose pictures are read beside one another. */
const together = 32;

/** Reads and checks the tensors of a study. Issues: those of the gatherer, `too-large`, `tensor-column`, `missing-cells` are the caller's. */
export async function storedTensors(context: Context): Promise<Result<ReadonlyMap<string, StoredTensors>>> {
  const found = new Map<string, StoredTensors>();
  const issues: Issue[] = [];
  for (const variable of context.variables) {
    if (variable.role !== 'tensor') continue;
    const made = await tensorsOf(context, variable);
    if (made.ok) found.set(variable.name, made.value);
    else issues.push(...made.issues);
  }
  return issues.length > 0 ? failure(...issues) : success(found);
}

async function tensorsOf(context: Context, variable: SqlVariable): Promise<Result<StoredTensors>> {
  const { spec, database, relation, where } = context;
  const { name, column, kind, type, missing, sql, declared, parts } = variable;
  const shape = declared.tensor as readonly number[];
  if (kind !== 'text' && kind !== 'nested')
    return failure({
      code: 'tensor-column',
      message: `Study ${spec.name}: ${column} holds ${type}, neither lists of numbers nor paths of pictures.`,
      where: { ...where, column },
    });
  const present: number[] = [];
  let rows = 0;
  for await (const { length, vectors } of database.stream(`SELECT (${missing})::INTEGER AS c0 FROM study`)) {
    for (let i = 0; i < length; i++) if (vectors[0]?.[i] === 0) present.push(rows + i);
    rows += length;
  }
  const task = { study: spec.name, name, shape, rows };
  const large = tensorLimit(task);
  if (large !== undefined) return failure(large);
  const folders = [...new Set(relation.files.map((file) => dirname(file)))];
  const [folder] = folders;
  const gatherer = tensorGatherer({
    ...task,
    ...(declared.range && { range: declared.range }),
    ...(parts && { parts }),
    ...(folder !== undefined && folders.length === 1 && { pictures: pictureReader(folder, context.pixels) }),
  });
  if (kind === 'text') {
    const texts = await database.rows(`SELECT ${sql}::VARCHAR FROM study`);
    for (let from = 0; from < present.length; from += together)
      await Promise.all(present.slice(from, from + together).map((row) => gatherer.text(row, (texts[row]?.[0] ?? '').trim())));
  } else {
    const fault = await readLists(context, variable, shape, present, gatherer);
    if (fault !== undefined) return failure(fault);
  }
  const made = await gatherer.finish(async (row) => ({ ...where, ...(await recordPlace(context, row)) }));
  return made.ok ? success({ ...made.value, missing: rows - present.length }) : made;
}

/** Lists and arrays of numbers, flat or nested by shape, through streams of their lengths and then of their numbers. */
async function readLists(
  { spec, database, where }: Context,
  { name, column, sql, missing, type }: SqlVariable,
  shape: readonly number[],
  present: readonly number[],
  gatherer: ReturnType<typeof tensorGatherer>,
): Promise<Issue | undefined> {
  const [, base = '', brackets = ''] = /^(.*?)((?:\[\d*\])+)$/u.exec(type) ?? [];
  const depth = brackets.split('[').length - 1;
  const issue = (says: string): Issue => ({
    code: 'tensor-column',
    message: `Study ${spec.name}: ${column} holds ${type}, ${says}.`,
    where: { ...where, column },
  });
  if (!/^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)|VARCHAR|JSON)$/u.test(base))
    return issue('and no lists of numbers');
  if (depth !== 1 && depth !== shape.length) return issue(`nested ${depth} deep, and ${name} is declared with ${shape.length} axes`);
  const size = shape.reduce((product, each) => product * each, 1);
  const wanted = depth === 1 ? [size] : shape;
  let list = `${sql}::${base}${'[]'.repeat(depth)}`;
  let perRow = 1;
  for (const [level, length] of wanted.entries()) {
    const of =
      level === 0 ? `SELECT ${list} AS x FROM study WHERE NOT ${missing}` : `SELECT unnest(${list}) AS x FROM study WHERE NOT ${missing}`;
    let [at, faulty] = [0, false];
    for await (const chunk of database.stream(`SELECT coalesce(len(x), -1)::INTEGER AS c0 FROM (${of})`)) {
      for (let i = 0; i < chunk.length; i++, at++) {
        const found = chunk.vectors[0]?.[i];
        if (found === length) continue;
        faulty = true;
        const says =
          depth === 1
            ? `${name} has ${found} numbers, not ${size} (${shape.join(' x ')})`
            : `${name} holds a list of ${found} where ${length} belong (its shape is ${shape.join(' x ')})`;
        const hint = depth > 1 && level === 0 ? channelsHint(shape, found as number) : undefined;
        gatherer.wrong(present[Math.floor(at / perRow)] as number, 'tensor-shape', says, hint === undefined ? {} : { hint });
      }
    }
    if (faulty) return undefined;
    perRow *= length;
    if (level > 0) list = `flatten(${list})`;
  }
  const own = new Float64Array(size);
  let [row, at] = [0, 0];
  const numbers = `SELECT coalesce(TRY_CAST(x AS DOUBLE), 'nan'::DOUBLE) AS c0 FROM (SELECT unnest(${list}) AS x FROM study WHERE NOT ${missing})`;
  for await (const chunk of database.stream(numbers)) {
    const values = chunk.vectors[0] as ArrayLike<number>;
    for (let i = 0; i < chunk.length; i++) {
      own[at++] = values[i] as number;
      if (at < size) continue;
      gatherer.numbers(present[row++] as number, own);
      at = 0;
    }
  }
  return undefined;
}
