import { type ColumnPlan, type Declared, missingTexts, numberOf, type StudySpec, type Wanted } from '@doable/engine/adapter';
import type { Duckdb } from './duckdb.ts';
import { intervalSql, type Kind, kindOf, missingSql, numberSql } from './sql.ts';

/**
 * How a variable is read. `key`: grouped by; `interval`: a real column grouped by its cuts; `real`: summed; `label`: too many
 * texts to be a variable; `tensor`: lists, paths or numbered columns, read apart.
 */
export type Role = 'key' | 'interval' | 'real' | 'label' | 'tensor';

/** One variable as a column `v0`, `v1`, ... of the view `study`. */
export interface SqlVariable {
  readonly name: string;
  /** Its column in the data. */
  readonly column: string;
  readonly sql: string;
  readonly kind: Kind;
  /** As DuckDB names it. */
  readonly type: string;
  /** The columns that a tensor is numbered over. */
  readonly parts?: readonly string[];
  readonly role: Role;
  readonly declared: Declared;
  /** The number in the cell, or NULL. */
  readonly number: string;
  /** A condition: the cell is missing. */
  readonly missing: string;
  /** What to group by. */
  readonly key: string;
  /** Of integer columns: do all values fit 32 bits? */
  readonly small: boolean;
}

/** Rows looked at to guess which columns have few different values. */
const prefixRows = 5000;
/** Integers over a narrower range than this are grouped without looking. */
const narrow = 1024;
const integerLevels = 20;

/**
 * Decides how every variable is to be read, from its declaration, its type, the range of integers and a first look at some
 * rows. A guess here never changes an answer, only the work: keys may turn out to be real, and a real column is only
 * guessed where more than 20 numbers were seen.
 */
export async function planRoles(
  database: Duckdb,
  spec: StudySpec,
  plan: ColumnPlan,
  wanted: Wanted,
  types: ReadonlyMap<string, string>,
): Promise<SqlVariable[]> {
  const drafts = plan.variables.map(({ name, column, parts }, i) => ({
    name,
    column,
    ...(parts && { parts }),
    sql: `v${i}`,
    kind: kindOf(types.get(column) as string),
    type: types.get(column) as string,
    declared: wanted.declared.get(name) ?? {},
  }));
  const integers = drafts.filter(({ kind }) => kind === 'integer');
  const ranges = new Map<string, { least: number; most: number }>();
  if (integers.length > 0) {
    const [row = []] = await database.rows(
      `SELECT ${integers.map(({ sql }) => `min(${sql})::DOUBLE, max(${sql})::DOUBLE`).join(', ')} FROM study`,
    );
    integers.forEach(({ sql }, i) => {
      ranges.set(sql, { least: Number(row[2 * i] ?? 0), most: Number(row[2 * i + 1] ?? 0) });
    });
  }
  const span = (sql: string): number => {
    const range = ranges.get(sql);
    return range ? range.most - range.least : 0;
  };
  const settled = ({ kind, sql, declared }: (typeof drafts)[number]): boolean =>
    isDeclared(declared) || kind === 'boolean' || kind === 'nested' || (kind === 'integer' && span(sql) < narrow);
  const open = drafts.filter((draft) => !settled(draft) && draft.name !== spec.regime.environment);
  const seen = new Map<string, string[]>();
  let looked = 0;
  if (open.length > 0) {
    const rows = await database.rows(`SELECT ${open.map(({ sql }) => `${sql}::VARCHAR`).join(', ')} FROM study LIMIT ${prefixRows}`);
    looked = rows.length;
    open.forEach(({ sql, kind }, i) => {
      const texts = new Set(
        rows.map((row) => (row[i] ?? '').trim()).filter((text) => !missingTexts.includes(text) && !(kind === 'float' && text === 'nan')),
      );
      seen.set(sql, [...texts]);
    });
  }
  return drafts.map((draft) => {
    const { name, kind, sql, declared } = draft;
    const range = ranges.get(sql);
    const huge = range !== undefined && Math.max(Math.abs(range.least), Math.abs(range.most)) > Number.MAX_SAFE_INTEGER;
    const role = roleOf(kind, declared, name === spec.regime.environment, seen.get(sql), looked === prefixRows, huge);
    const tokens = missingTexts.filter((text) => !declared.levels?.includes(text));
    const number = numberSql(sql, kind);
    const numeric = role === 'real' || role === 'interval';
    const key =
      role === 'interval'
        ? intervalSql(number, declared.cut ?? [])
        : kind === 'float'
          ? `(CASE WHEN isnan(${sql}) THEN NULL ELSE ${sql} END)`
          : sql;
    const missing = missingSql(sql, kind, numeric ? missingTexts : tokens);
    const small = role === 'interval' || (range !== undefined && range.least >= -(2 ** 31) && range.most < 2 ** 31);
    return { ...draft, role, number, missing, key, small };
  });
}

const isDeclared = (declared: Declared): boolean =>
  declared.levels !== undefined || declared.real === true || declared.cut !== undefined || declared.tensor !== undefined;

function roleOf(
  kind: Kind,
  declared: Declared,
  environment: boolean,
  seen: readonly string[] | undefined,
  full: boolean,
  huge: boolean,
): Role {
  if (declared.tensor) return 'tensor';
  if (declared.cut) return 'interval';
  if (declared.levels || environment) return 'key';
  if (declared.real) return 'real';
  if (seen === undefined || huge) return 'key';
  const numeric = kind === 'float' || seen.every((text) => !Number.isNaN(numberOf(text)));
  if (kind === 'integer') return seen.length > integerLevels ? 'real' : 'key';
  if (numeric && seen.length > integerLevels) return 'real';
  if (numeric && seen.some((text) => !Number.isInteger(numberOf(text)))) return 'real';
  return full && seen.length > 0.9 * prefixRows ? 'label' : 'key';
}
