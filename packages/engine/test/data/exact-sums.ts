import type { Columns, FeatureFactor, MomentQuery } from '../../src/data/moments.ts';
import type { Domain, Name } from '../../src/graph/variable.ts';

/** Numbers to 2^-320: a whole number of that unit. Sums and differences are exact, products and quotients cut off there. */
export type Fixed = bigint;
const bits = 320n;
const one = 1n << bits;

/** A double, exactly where it is a multiple of the unit. */
export function fixed(value: number): Fixed {
  let [whole, shift] = [value, bits];
  while (!Number.isInteger(whole) && shift > 0n) {
    whole *= 2;
    shift--;
  }
  return BigInt(Math.trunc(whole)) << shift;
}

const times = (a: Fixed, b: Fixed): Fixed => (a * b) >> bits;
const over = (a: Fixed, b: Fixed): Fixed => (a << bits) / b;
export const absolute = (a: Fixed): Fixed => (a < 0n ? -a : a);

export function double(value: Fixed): number {
  const length = absolute(value).toString(2).length;
  const drop = BigInt(Math.max(0, length - 64));
  return Number(value >> drop) * 2 ** Number(drop - bits);
}

/** A B-spline by its recursive definition (de Boor 1978, chapter IX, equations 14 and 15); empty intervals count 0, the last knot belongs to the interval before it. */
function spline(x: Fixed, knots: readonly number[], degree: number, index: number): Fixed {
  const [low, high] = [fixed(knots[index] as number), fixed(knots[index + 1] as number)];
  if (degree === 0) {
    const last = fixed(Math.max(...knots));
    return (low <= x && x < high) || (high === last && low < last && x === high) ? one : 0n;
  }
  const [from, to] = [fixed(knots[index + degree] as number), fixed(knots[index + degree + 1] as number)];
  const left = from === low ? 0n : over(x - low, from - low);
  const right = to === high ? 0n : over(to - x, to - high);
  return times(left, spline(x, knots, degree - 1, index)) + times(right, spline(x, knots, degree - 1, index + 1));
}

/** Value of one factor at one record. Logarithms alone are doubles first. */
export function factorAt(
  factor: FeatureFactor,
  { scales, log = [] }: MomentQuery,
  columns: Columns,
  domains: ReadonlyMap<Name, Domain>,
  record: number,
): Fixed {
  const domain = domains.get(factor.of);
  const code = columns.codes.get(factor.of)?.[record];
  const level = domain?.kind === 'finite' && code !== undefined ? domain.levels[code] : undefined;
  if ('level' in factor) return level === factor.level ? one : 0n;
  const plain = level === undefined ? (columns.numbers.get(factor.of)?.[record] as number) : Number(level);
  const value = log.includes(factor.of) ? Math.log(plain) : plain;
  const { center, scale } = scales.get(factor.of) ?? { center: 0, scale: 1 };
  const x = over(fixed(value) - fixed(center), fixed(scale));
  if ('knots' in factor) return spline(x, factor.knots, factor.degree, factor.index);
  let product = one;
  for (let k = 0; k < factor.power; k++) product = times(product, x);
  return product;
}

export interface ExactMoments {
  readonly weight: Fixed;
  /** Per pair of features, row-major: the sum, and the sum of absolute values. */
  readonly sums: readonly Fixed[];
  readonly sizes: readonly Fixed[];
}

/** Moments of some records, to 2^-320. */
export function exactMoments(
  query: MomentQuery,
  columns: Columns,
  domains: ReadonlyMap<Name, Domain>,
  records: readonly number[],
): ExactMoments {
  const size = query.features.length;
  let weight = 0n;
  const sums = new Array<Fixed>(size * size).fill(0n);
  const sizes = new Array<Fixed>(size * size).fill(0n);
  for (const record of records) {
    const own = fixed(columns.weights?.[record] ?? 1);
    weight += own;
    const row = query.features.map((feature) =>
      feature.reduce((product, factor) => times(product, factorAt(factor, query, columns, domains, record)), one),
    );
    for (let i = 0; i < size; i++) {
      const left = times(own, row[i] as Fixed);
      if (left === 0n) continue;
      for (let j = 0; j < size; j++) {
        const value = times(left, row[j] as Fixed);
        sums[i * size + j] = (sums[i * size + j] as Fixed) + value;
        sizes[i * size + j] = (sizes[i * size + j] as Fixed) + absolute(value);
      }
    }
  }
  return { weight, sums, sizes };
}
