import type { Columns } from '../data/features.ts';
import { type ColumnRange, type MomentQuery, type Moments, momentsOfColumns } from '../data/moments.ts';
import type { Study } from '../data/study.ts';
import type { Domain, Name } from '../graph/variable.ts';
import { Bulk } from '../math/bulk.ts';
import type { Random } from '../math/random.ts';
import type { RunOptions } from '../run/progress.ts';
import { type AdditiveScm, draw } from './additive-scm.ts';

/** A regime of a simulated model: which actions it sets (numbers from 0), how many records, and from which stream. */
export interface SimulatedRegime {
  readonly name: Name;
  readonly set: readonly number[];
  readonly records: number;
  readonly random: Random;
}

export interface SimulatedStudy extends Study {
  /** Of (1, A1, ..., AK, Y) as they are. */
  readonly plain: Moments;
}

/** Variables of a simulated model: A1, ..., AK, Y. */
export const namesOf = (scm: AdditiveScm): Name[] => [...scm.causes.map((_, k) => `A${k + 1}`), 'Y'];

/**
 * A study whose records are drawn again whenever they are read and never held. What is linear in the variables is answered from one pass,
 * made here. Throws `Interrupted`.
 */
export async function simulatedStudy(scm: AdditiveScm, regime: SimulatedRegime, options: RunOptions): Promise<SimulatedStudy> {
  const { name, set, records, random } = regime;
  const names = namesOf(scm);
  const domains = new Map(names.map((one): [Name, Domain] => [one, { kind: 'real' }]));
  const ends = names.map((): [number, number] => [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  async function* batches(note = false): AsyncGenerator<Columns> {
    for (const { length, columns } of draw(scm, set, records, new Bulk(random.split('records')))) {
      if (note) for (const [i, end] of ends.entries()) widen(end, columns[i] as Float64Array, length);
      yield { length, numbers: new Map(names.map((one, i) => [one, columns[i] as Float64Array])), codes: new Map() };
    }
  }
  const linear = [[], ...names.map((of) => [{ of, power: 1 }])];
  const plain = await momentsOfColumns(batches(true), { features: linear, scales: new Map() }, domains, options);
  return {
    name,
    regime: { set: set.map((k) => names[k] as Name) },
    measured: names,
    domains,
    size: records,
    effectiveSize: records,
    fingerprint: name,
    plain,
    counts: () => Promise.reject(new Error('A simulated study has no finite variables to count.')),
    columns: () => batches(),
    async moments(query, more = options) {
      return shifted(plain, names, query) ?? momentsOfColumns(batches(), query, domains, more);
    },
    async ranges(of) {
      return new Map(of.map((one): [Name, ColumnRange] => [one, rangeOf(plain, names.indexOf(one), ends)]));
    },
  };
}

function widen(end: [number, number], column: Float64Array, length: number): void {
  let [least, most] = end;
  for (let i = 0; i < length; i++) {
    const value = column[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  end[0] = least;
  end[1] = most;
}

function rangeOf({ products, size, weight }: Moments, i: number, ends: readonly (readonly [number, number])[]): ColumnRange {
  const mean = (products[i + 1] as number) / weight;
  const square = (products[(i + 1) * size + i + 1] as number) / weight;
  const [least, most] = ends[i] as readonly [number, number];
  return { count: weight, mean, sd: Math.sqrt(Math.max(0, square - mean * mean)), least, most };
}

/** The moments that a query asks for, where its features are constants and single variables; else undefined. */
function shifted(plain: Moments, names: readonly Name[], { features, scales, log = [], groups = 1 }: MomentQuery): Moments | undefined {
  if (log.length > 0 || groups !== 1) return undefined;
  /** Each feature is constant + factor * variable. */
  const lines: { readonly constant: number; readonly factor: number; readonly at: number }[] = [];
  for (const [factor, ...others] of features) {
    if (factor === undefined) lines.push({ constant: 1, factor: 0, at: 0 });
    else if (others.length > 0 || !('power' in factor) || factor.power !== 1) return undefined;
    else {
      const { center, scale } = scales.get(factor.of) ?? { center: 0, scale: 1 };
      lines.push({ constant: -center / scale, factor: 1 / scale, at: names.indexOf(factor.of) + 1 });
    }
  }
  const size = features.length;
  const sum = (i: number, j: number): number => plain.products[i * plain.size + j] as number;
  const products = new Float64Array(size * size);
  for (const [i, a] of lines.entries())
    for (const [j, b] of lines.entries())
      products[i * size + j] =
        a.constant * b.constant * plain.weight +
        a.constant * b.factor * sum(0, b.at) +
        b.constant * a.factor * sum(0, a.at) +
        a.factor * b.factor * sum(a.at, b.at);
  const made = { records: plain.records, weight: plain.weight, size, products };
  return { ...made, groups: [made] };
}
