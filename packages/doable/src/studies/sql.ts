/** A name for SQL: in double quotes, quotes inside doubled. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A text for SQL: in single quotes, quotes inside doubled (there is no backslash escape). */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A double, exactly. */
export const numberLiteral = (value: number): string => `CAST('${value}' AS DOUBLE)`;

/** How a column's values behave: DuckDB has many types, here there are five kinds. */
export type Kind = 'integer' | 'float' | 'decimal' | 'boolean' | 'text' | 'other-text' | 'nested';

export function kindOf(type: string): Kind {
  if (/^U?(TINY|SMALL|BIG|HUGE)INT$|^U?INTEGER$/u.test(type)) return 'integer';
  if (/^(FLOAT|DOUBLE)$/u.test(type)) return 'float';
  if (/^DECIMAL\([^)]*\)$/u.test(type)) return 'decimal';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'VARCHAR' || type === 'JSON') return 'text';
  if (/\]$|^(STRUCT|MAP|UNION|BLOB|GEOMETRY|VARIANT)/u.test(type)) return 'nested';
  return 'other-text';
}

/**
 * The number in a column, or NULL. Texts are numbers where the engine's own reader says so: decimal notation, finite, no
 * digit separators.
 */
export function numberSql(column: string, kind: Kind): string {
  if (kind !== 'text') return `${column}::DOUBLE`;
  return `(CASE WHEN contains(${column}, '_') THEN NULL ELSE TRY_CAST(${column} AS DOUBLE) END)`;
}

/** Is the cell missing? `tokens` are the texts that read as missing. */
export function missingSql(column: string, kind: Kind, tokens: readonly string[]): string {
  if (kind === 'float') return `(${column} IS NULL OR isnan(${column}))`;
  if (kind === 'text' && tokens.length > 0)
    return `(${column} IS NULL OR trim(${column}, E' \\t\\r\\n') IN (${tokens.map(quoteText).join(', ')}))`;
  return `(${column} IS NULL)`;
}

/** The interval that a number falls in, as an integer code. */
export function intervalSql(number: string, cuts: readonly number[]): string {
  const arms = cuts.map((cut, code) => `WHEN ${number} < ${numberLiteral(cut)} THEN ${code}`);
  return `(CASE WHEN ${number} IS NULL OR isnan(${number}) THEN NULL ${arms.join(' ')} ELSE ${cuts.length} END)`;
}

/**
 * A sum of doubles with |value| <= bound in fixed point, so that it does not depend on the order in which threads add:
 * multiply the result by `unit`. The quantum is below bound * 2^-60.
 */
export function fixedSum(value: string, bound: number): { readonly sql: string; readonly unit: number } {
  if (!(bound > 0)) return { sql: '0::DOUBLE', unit: 1 };
  const bits = Math.max(-1000, Math.min(1000, 60 - Math.ceil(Math.log2(bound))));
  return { sql: `sum(CAST((${value}) * ${numberLiteral(2 ** bits)} AS BIGINT))::DOUBLE`, unit: 2 ** -bits };
}
