import type { Literal, LocalTable, Network, Target } from './programme.ts';

/** The probability of one conjunction of digits of a block. */
export interface BlockNumber {
  readonly block: number;
  /** By digit, ascending. */
  readonly literals: readonly Literal[];
}

/** `coefficient` times the product of numbers (indices, ascending; no two of one block). */
export interface Monomial {
  readonly coefficient: number;
  readonly factors: readonly number[];
}

export type Polynomial = readonly Monomial[];

/** A target written out: multilinear in the numbers of its blocks. */
export interface TargetPolynomial {
  readonly numbers: readonly BlockNumber[];
  readonly numerator: Polynomial;
  readonly denominator?: Polynomial;
}

/** Keyed by the factors, comma separated. */
type Entry = ReadonlyMap<string, number>;

interface Factor {
  readonly axes: readonly string[];
  readonly sizes: readonly number[];
  readonly entries: readonly Entry[];
}

const one: Entry = new Map([['', 1]]);

/** Sums out the axes of every network; undefined: more than `limit` terms at some point. */
export function polynomialsOf(target: Target, limit = 100_000): TargetPolynomial | undefined {
  const numbers: BlockNumber[] = [];
  const known = new Map<string, number>();
  const numberOf = (block: number, literals: readonly Literal[]): number => {
    const sorted = [...literals].sort((x, y) => x.digit - y.digit);
    const key = `${block}:${sorted.map(({ digit, value }) => `${digit}=${value}`).join()}`;
    const id = known.get(key) ?? numbers.push({ block, literals: sorted }) - 1;
    known.set(key, id);
    return id;
  };
  const sum = (networks: readonly Network[]): Polynomial | undefined => {
    const total = new Map<string, number>();
    for (const network of networks) {
      const entry = summedOut(network, numberOf, limit);
      if (entry === undefined) return undefined;
      for (const [key, coefficient] of entry) total.set(key, (total.get(key) ?? 0) + network.weight * coefficient);
    }
    return [...total]
      .filter(([, coefficient]) => coefficient !== 0)
      .map(([key, coefficient]) => ({ coefficient, factors: factorsOf(key) }))
      .sort((x, y) => compare(x.factors, y.factors));
  };
  const numerator = sum(target.numerator);
  const denominator = target.denominator === undefined ? undefined : sum(target.denominator);
  if (numerator === undefined || (target.denominator !== undefined && denominator === undefined)) return undefined;
  return { numbers, numerator, ...(denominator === undefined ? {} : { denominator }) };
}

/** The polynomial with numbers replaced by constants where `constants` has a number that is not NaN. */
export function substituted(polynomial: Polynomial, constants: ArrayLike<number>): Polynomial {
  const total = new Map<string, Monomial>();
  for (const { coefficient, factors } of polynomial) {
    let weight = coefficient;
    const left: number[] = [];
    for (const factor of factors) {
      const constant = constants[factor] as number;
      if (Number.isNaN(constant)) left.push(factor);
      else weight *= constant;
    }
    const key = left.join();
    total.set(key, { coefficient: weight + (total.get(key)?.coefficient ?? 0), factors: left });
  }
  return [...total.values()].filter(({ coefficient }) => coefficient !== 0);
}

/** Its value at the given numbers. */
export function evaluate(polynomial: Polynomial, numbers: ArrayLike<number>): number {
  let sum = 0;
  for (const { coefficient, factors } of polynomial) {
    let product = coefficient;
    for (const factor of factors) product *= numbers[factor] as number;
    sum += product;
  }
  return sum;
}

/** `numerator - lambda denominator`; without a denominator the numerator itself. */
export function minus(numerator: Polynomial, lambda: number, denominator?: Polynomial): Polynomial {
  if (denominator === undefined) return numerator;
  return [...numerator, ...denominator.map(({ coefficient, factors }) => ({ coefficient: -lambda * coefficient, factors }))];
}

export const negated = (polynomial: Polynomial): Polynomial =>
  polynomial.map(({ coefficient, factors }) => ({ coefficient: -coefficient, factors }));

const factorsOf = (key: string): number[] => (key === '' ? [] : key.split(',').map(Number));

function compare(x: readonly number[], y: readonly number[]): number {
  for (let i = 0; i < x.length && i < y.length; i++) if (x[i] !== y[i]) return (x[i] as number) - (y[i] as number);
  return x.length - y.length;
}

function summedOut(
  { tables }: Network,
  numberOf: (block: number, literals: readonly Literal[]) => number,
  limit: number,
): Entry | undefined {
  let factors = tables.map((table) => symbols(table, numberOf));
  const axes = new Map(factors.flatMap((factor) => factor.axes.map((axis, i) => [axis, factor.sizes[i] as number] as const)));
  while (axes.size > 0) {
    const cost = (axis: string): number => {
      const beside = new Set(factors.filter((factor) => factor.axes.includes(axis)).flatMap((factor) => factor.axes));
      return [...beside].reduce((product, name) => product * (axes.get(name) ?? 1), 1);
    };
    const ranked = [...axes.keys()].map((axis) => [axis, cost(axis)] as const);
    const [axis] = ranked.reduce((least, next) => (next[1] < least[1] ? next : least));
    const inside = factors.filter((factor) => factor.axes.includes(axis));
    const product = without(inside, axis, axes, limit);
    if (product === undefined) return undefined;
    factors = [...factors.filter((factor) => !factor.axes.includes(axis)), product];
    axes.delete(axis);
  }
  let product = one;
  for (const factor of factors) product = times(product, factor.entries[0] ?? new Map());
  return product.size > limit ? undefined : product;
}

function symbols({ block, axes, sizes, cells }: LocalTable, numberOf: (block: number, literals: readonly Literal[]) => number): Factor {
  const entries = cells.map((cell): Entry => {
    if (cell === null) return new Map();
    return cell.length === 0 ? one : new Map([[String(numberOf(block, cell)), 1]]);
  });
  return { axes, sizes, entries };
}

/** The product of the factors, `axis` summed out. */
function without(factors: readonly Factor[], axis: string, sizes: ReadonlyMap<string, number>, limit: number): Factor | undefined {
  const axes = [...new Set(factors.flatMap((factor) => factor.axes))].filter((name) => name !== axis);
  const all = [...axes, axis];
  const extents = all.map((name) => sizes.get(name) as number);
  const count = extents.reduce((product, size) => product * size, 1);
  const inner = extents[extents.length - 1] as number;
  if (count > limit) return undefined;
  const strides = factors.map((factor) => {
    const own = new Map<string, number>();
    let stride = 1;
    for (let i = factor.axes.length - 1; i >= 0; i--) {
      own.set(factor.axes[i] as string, stride);
      stride *= factor.sizes[i] as number;
    }
    return all.map((name) => own.get(name) ?? 0);
  });
  const entries: Map<string, number>[] = Array.from({ length: count / inner }, () => new Map());
  let terms = 0;
  for (let at = 0; at < count; at++) {
    const offsets = factors.map(() => 0);
    for (let i = all.length - 1, rest = at; i >= 0; i--) {
      const digit = rest % (extents[i] as number);
      rest = (rest - digit) / (extents[i] as number);
      for (let f = 0; f < factors.length; f++) offsets[f] = (offsets[f] as number) + digit * ((strides[f] as number[])[i] as number);
    }
    let product = one;
    for (const [f, factor] of factors.entries()) product = times(product, factor.entries[offsets[f] as number] as Entry);
    const into = entries[(at - (at % inner)) / inner] as Map<string, number>;
    for (const [key, coefficient] of product) into.set(key, (into.get(key) ?? 0) + coefficient);
    terms += product.size;
    if (terms > limit) return undefined;
  }
  return { axes, sizes: extents.slice(0, -1), entries };
}

function times(a: Entry, b: Entry): Entry {
  if (a === one) return b;
  if (b === one) return a;
  const product = new Map<string, number>();
  for (const [left, x] of a)
    for (const [right, y] of b) {
      const key = [...factorsOf(left), ...factorsOf(right)].sort((i, j) => i - j).join();
      product.set(key, (product.get(key) ?? 0) + x * y);
    }
  return product;
}
