import type { Domain, Name, Value } from '../graph/variable.ts';
import { log } from '../math/elementary.ts';
import { numberOf } from './level.ts';
import type { TensorValues } from './tensors.ts';

/** Records column by column: real variables as numbers, finite ones as codes of their levels, tensors as their numbers. */
export interface Columns {
  readonly length: number;
  readonly numbers: ReadonlyMap<Name, Float64Array>;
  readonly codes: ReadonlyMap<Name, Int32Array>;
  readonly tensors?: ReadonlyMap<Name, TensorValues>;
  /** Count, weight or probability of each record (> 0); absent: 1. */
  readonly weights?: Float64Array;
}

/** A function of one variable. A finite variable whose levels are all numbers can stand where a real one is asked for. */
export type FeatureFactor =
  /** ((x - center) / scale) ** power of a real variable; `power` is a whole number >= 0. */
  | { readonly of: Name; readonly power: number }
  /** 1 where a finite variable has this level, else 0. */
  | { readonly of: Name; readonly level: Value }
  /**
   * The B-spline of this degree on `knots[index], ..., knots[index + degree + 1]` (ascending; ends repeated as the basis wants
   * them), at (x - center) / scale. 0 outside the knots; the last knot belongs to the interval before it.
   */
  | { readonly of: Name; readonly knots: readonly number[]; readonly degree: number; readonly index: number };

/** The product of its factors; empty: 1. */
export type Feature = readonly FeatureFactor[];

export interface MomentQuery {
  readonly features: readonly Feature[];
  /** Absent names: center 0, scale 1. */
  readonly scales: ReadonlyMap<Name, { readonly center: number; readonly scale: number }>;
  /** Read as natural logarithms, before center and scale; NaN where not positive. */
  readonly log?: readonly Name[];
  /** Records are dealt into this many groups by their number in storage order modulo it. */
  readonly groups?: number;
  /**
   * `any`: sums may be added in any order, on all threads of a data engine, and their last digits may differ from run to run;
   * absent: in storage order, always with the same digits.
   */
  readonly order?: 'any';
}

/** The variables of a query, each once. */
export const namesOf = ({ features }: Pick<MomentQuery, 'features'>): Name[] => [
  ...new Set(features.flatMap((feature) => feature.map(({ of }) => of))),
];

/** The numbers that the levels of a finite variable spell; undefined where one does not. */
export function levelNumbers(domain: Domain | undefined): Float64Array | undefined {
  if (domain?.kind !== 'finite') return undefined;
  const numbers = Float64Array.from(domain.levels, numberOf);
  return numbers.some(Number.isNaN) ? undefined : numbers;
}

/** Checks what a feature asks of its variables; a fault of the caller's is thrown. */
export function checkFeatures({ features, groups }: MomentQuery, domains: ReadonlyMap<Name, Domain>): void {
  if (groups !== undefined && !(Number.isInteger(groups) && groups > 0)) throw new RangeError(`moments in ${groups} groups`);
  for (const factor of features.flat()) {
    const domain = domains.get(factor.of);
    if (domain === undefined) throw new RangeError(`no variable ${factor.of} for a feature`);
    if ('level' in factor) {
      if (domain.kind !== 'finite' || !domain.levels.includes(factor.level))
        throw new RangeError(`${factor.of} has no level ${factor.level}`);
      continue;
    }
    if (domain.kind !== 'real' && levelNumbers(domain) === undefined) throw new RangeError(`${factor.of} is not a number`);
    if ('power' in factor ? !(Number.isInteger(factor.power) && factor.power >= 0) : !isSpline(factor))
      throw new RangeError(`no such feature: ${JSON.stringify(factor)}`);
  }
}

function isSpline({
  knots,
  degree,
  index,
}: {
  readonly knots: readonly number[];
  readonly degree: number;
  readonly index: number;
}): boolean {
  const whole = Number.isInteger(degree) && degree >= 0 && Number.isInteger(index) && index >= 0;
  return whole && index + degree + 1 < knots.length && knots.every((knot, i) => i === 0 || knot >= (knots[i - 1] as number));
}

/** Writes the features of a batch into `out`; feature f of record r stands at `f * featureStride + r * recordStride`. */
export type FeatureWriter = (batch: Columns, out: Float64Array, featureStride: number, recordStride: number) => void;

/**
 * The design matrix of a batch: fills `out`, row-major batch.length x features.
 * Throws a RangeError where a feature asks for what its variable is not.
 */
export function featureReader(query: MomentQuery, domains: ReadonlyMap<Name, Domain>): (batch: Columns, out: Float64Array) => void {
  const write = featureWriter(query, domains);
  return (batch, out) => write(batch, out, 1, query.features.length);
}

interface Splines {
  readonly source: number;
  readonly knots: Float64Array;
  readonly degree: number;
  /** Factor number of each basis function that is asked for, else -1. */
  readonly places: Int32Array;
}

export function featureWriter(query: MomentQuery, domains: ReadonlyMap<Name, Domain>): FeatureWriter {
  checkFeatures(query, domains);
  const sources: { readonly name: Name; readonly read: (batch: Columns, into: Float64Array) => void }[] = [];
  const sourceOf = (name: Name): number => {
    const at = sources.findIndex((source) => source.name === name);
    return at >= 0 ? at : sources.push({ name, read: numberReader(name, query, domains) }) - 1;
  };
  /** `same`: a number itself; `fill` absent: filled with the other splines on its knots. */
  const factors: { readonly same?: number; readonly fill?: (batch: Columns, into: Float64Array) => void }[] = [];
  const numbers = new Map<string, number>();
  const splines = new Map<string, Splines>();
  const factorOf = (factor: FeatureFactor): number => {
    const key = JSON.stringify(factor);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = factors.length;
    numbers.set(key, number);
    if ('level' in factor) factors.push({ fill: levelReader(factor.of, factor.level, domains) });
    else if ('power' in factor) {
      const { power } = factor;
      const source = sourceOf(factor.of);
      factors.push(power === 1 ? { same: source } : { fill: (_, into) => fillPower(scaled[source] as Float64Array, power, into) });
    } else {
      factors.push({});
      const { of, knots, degree, index } = factor;
      const group = JSON.stringify([of, knots, degree]);
      const own = splines.get(group) ?? {
        source: sourceOf(of),
        knots: Float64Array.from(knots),
        degree,
        places: new Int32Array(knots.length - degree - 1).fill(-1),
      };
      splines.set(group, own);
      own.places[index] = number;
    }
    return number;
  };
  const products = query.features.map((feature) => Int32Array.from(feature, factorOf));
  let scaled: Float64Array[] = [];
  let values: Float64Array[] = [];
  let capacity = -1;
  return (batch, out, featureStride, recordStride) => {
    const { length } = batch;
    if (length > capacity) {
      capacity = length;
      scaled = sources.map(() => new Float64Array(capacity));
      values = factors.map(({ same }) => (same === undefined ? new Float64Array(capacity) : (scaled[same] as Float64Array)));
    }
    sources.forEach(({ read }, i) => {
      read(batch, scaled[i] as Float64Array);
    });
    factors.forEach(({ fill }, i) => {
      fill?.(batch, (values[i] as Float64Array).subarray(0, length));
    });
    for (const group of splines.values()) fillSplines(group, scaled[group.source] as Float64Array, length, values);
    products.forEach((list, f) => {
      const start = f * featureStride;
      const first = list.length === 0 ? undefined : values[list[0] as number];
      if (recordStride === 1) {
        if (first) out.set(first.subarray(0, length), start);
        else out.fill(1, start, start + length);
      } else for (let r = 0, at = start; r < length; r++, at += recordStride) out[at] = first ? (first[r] as number) : 1;
      for (let k = 1; k < list.length; k++) {
        const more = values[list[k] as number] as Float64Array;
        for (let r = 0, at = start; r < length; r++, at += recordStride) out[at] = (out[at] as number) * (more[r] as number);
      }
    });
  };
}

/** Reads (x - center) / scale of a variable. */
function numberReader(
  name: Name,
  { scales, log: logs = [] }: MomentQuery,
  domains: ReadonlyMap<Name, Domain>,
): (batch: Columns, into: Float64Array) => void {
  const { center, scale } = scales.get(name) ?? { center: 0, scale: 1 };
  const levels = levelNumbers(domains.get(name));
  const take = logs.includes(name) ? (x: number): number => (x > 0 ? log(x) : Number.NaN) : undefined;
  const per = 1 / scale;
  const spelled = levels?.map((x) => ((take ? take(x) : x) - center) * per);
  return (batch, into) => {
    if (spelled) {
      const codes = columnOf(batch.codes, name);
      for (let r = 0; r < batch.length; r++) into[r] = spelled[codes[r] as number] as number;
      return;
    }
    const column = columnOf(batch.numbers, name);
    if (take) for (let r = 0; r < batch.length; r++) into[r] = (take(column[r] as number) - center) * per;
    else for (let r = 0; r < batch.length; r++) into[r] = ((column[r] as number) - center) * per;
  };
}

function levelReader(name: Name, level: Value, domains: ReadonlyMap<Name, Domain>): (batch: Columns, into: Float64Array) => void {
  const domain = domains.get(name);
  const code = domain?.kind === 'finite' ? domain.levels.indexOf(level) : -1;
  return (batch, into) => {
    const codes = columnOf(batch.codes, name);
    for (let r = 0; r < into.length; r++) into[r] = codes[r] === code ? 1 : 0;
  };
}

function columnOf<T>(columns: ReadonlyMap<Name, T>, name: Name): T {
  const column = columns.get(name);
  if (column === undefined) throw new RangeError(`no column ${name} in a batch of records`);
  return column;
}

/** x ** power by repeated multiplication from the left, as SQL does it too. */
function fillPower(x: Float64Array, power: number, into: Float64Array): void {
  for (let r = 0; r < into.length; r++) {
    let value = power === 0 ? 1 : (x[r] as number);
    for (let k = 1; k < power; k++) value *= x[r] as number;
    into[r] = value;
  }
}

/** The degree + 1 B-splines that are not 0 at each record, by the recursion of Cox and de Boor (de Boor 1978, chapter X, BSPLVB). */
function fillSplines({ knots, degree, places }: Splines, x: Float64Array, length: number, values: readonly Float64Array[]): void {
  for (const place of places) if (place >= 0) (values[place] as Float64Array).fill(0, 0, length);
  const own = new Float64Array(degree + 1);
  const [least, most] = [knots[0] as number, knots[knots.length - 1] as number];
  for (let r = 0; r < length; r++) {
    const at = x[r] as number;
    if (!(at >= least && at <= most)) {
      if (Number.isNaN(at)) for (const place of places) if (place >= 0) (values[place] as Float64Array)[r] = Number.NaN;
      continue;
    }
    let span = spanOf(knots, at);
    if (span < 0) continue;
    own[0] = 1;
    for (let k = 1; k <= degree; k++) {
      let saved = 0;
      for (let j = 0; j < k; j++) {
        const [right, left] = [span + 1 + j, span + 1 + j - k];
        const [above, below] = [knots[Math.min(right, knots.length - 1)] as number, knots[Math.max(left, 0)] as number];
        const share = above > below ? (own[j] as number) / (above - below) : 0;
        own[j] = saved + (above - at) * share;
        saved = (at - below) * share;
      }
      own[k] = saved;
    }
    span -= degree;
    for (let k = 0; k <= degree; k++) {
      const place = places[span + k];
      if (place !== undefined && place >= 0) (values[place] as Float64Array)[r] = own[k] as number;
    }
  }
}

/** The last i with knots[i] <= x < knots[i + 1]; at the last knot, the last interval that is not empty. */
function spanOf(knots: Float64Array, x: number): number {
  let [low, high] = [0, knots.length - 1];
  const last = knots[high] as number;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const knot = knots[middle] as number;
    if (x < last ? knot <= x : knot < last) low = middle;
    else high = middle - 1;
  }
  return (knots[low] as number) < last ? low : -1;
}
