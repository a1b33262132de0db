import type { FeatureFactor, MomentQuery } from '@doable/engine/adapter';
import { numberLiteral } from './sql.ts';

/** Features up to this many are summed in SQL; more are faster from the stream. */
export const summedFeatures = 30;

/** SQL over the view `study`: the value of a number, and the condition that a variable has a level. */
export interface FactorSql {
  number(name: string): string;
  level(name: string, level: string): string;
}

/**
 * One SELECT with the sum of weights (or rows) and the products of all pairs of features, i <= j, as sums of doubles: these
 * stand after `first`. undefined: splines, groups or too many features.
 */
export function sumsSql(
  query: MomentQuery,
  sql: FactorSql,
  first: readonly string[],
  weight: string | undefined,
  where: string,
): string | undefined {
  const { features, scales, groups, log = [] } = query;
  if (groups !== undefined || features.length > summedFeatures || features.flat().some((factor) => 'knots' in factor)) return undefined;
  const columns = new Map<string, string>();
  const column = (expression: string): string => {
    const known = columns.get(expression);
    if (known !== undefined) return known;
    const name = `x${columns.size}`;
    columns.set(expression, name);
    return name;
  };
  const factor = (one: FeatureFactor): string[] => {
    if ('level' in one) return [column(`(CASE WHEN ${sql.level(one.of, one.level)} THEN 1 ELSE 0 END)::DOUBLE`)];
    if ('knots' in one) return [];
    const { center, scale } = scales.get(one.of) ?? { center: 0, scale: 1 };
    const plain = sql.number(one.of);
    const value = log.includes(one.of) ? `(CASE WHEN ${plain} > 0 THEN ln(${plain}) ELSE CAST('NaN' AS DOUBLE) END)` : plain;
    const name = column(`((${value}) - ${numberLiteral(center)}) * ${numberLiteral(1 / scale)}`);
    return Array.from({ length: one.power }, () => name);
  };
  const products = features.map((feature) => feature.flatMap(factor));
  const middle = products.map((list, i) => `${list.length === 0 ? numberLiteral(1) : list.join(' * ')} AS f${i}`);
  const times = weight === undefined ? '' : 'w * ';
  const sums = products.flatMap((_, i) => products.slice(i).map((__, k) => `sum(${times}f${i} * f${i + k})`));
  const inner = [...[...columns].map(([expression, name]) => `${expression} AS ${name}`), `${weight ?? '1'}::DOUBLE AS w`];
  return `SELECT ${[...first, ...sums].join(', ')} FROM (SELECT w, ${middle.join(', ')} FROM (SELECT ${inner.join(', ')} FROM study${where}))`;
}

/** The upper triangle, row after row, as a full symmetric matrix. */
export function symmetric(sums: readonly number[], size: number): Float64Array {
  const full = new Float64Array(size * size);
  let at = 0;
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++, at++) {
      full[i * size + j] = sums[at] as number;
      full[j * size + i] = sums[at] as number;
    }
  return full;
}
