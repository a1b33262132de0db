import type { Domain, Name, Value } from '../graph/variable.ts';
import { effectiveSize, marginal, tally } from './accumulate.ts';
import type { ColumnPlan } from './columns.ts';
import type { Counts } from './counts.ts';
import { namesOf } from './features.ts';
import { addHashes, hashText, hexOf } from './fingerprint.ts';
import { type Columns, heldColumns, momentsOfColumns, rangesOf } from './moments.ts';
import type { Regime } from './regime.ts';
import type { Study } from './study.ts';
import type { TensorValues } from './tensors.ts';

export interface StudyRecords {
  readonly name: Name;
  readonly regime: Regime;
  readonly measured: readonly Name[];
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly finite: ReadonlyMap<Name, Int32Array>;
  readonly real: ReadonlyMap<Name, Float64Array>;
  readonly tensors?: ReadonlyMap<Name, TensorValues>;
  /** As in {@link Study}. */
  readonly unread?: readonly Name[];
  readonly length: number;
  readonly weights?: Float64Array;
  readonly kind: ColumnPlan['measure']['kind'];
  readonly exact: boolean;
  readonly fingerprint: string;
}

/** A study that holds its records as codes and numbers. */
export function recordsStudy(records: StudyRecords): Study {
  const { name, regime, measured, domains, finite, real, tensors, unread, length, weights, kind, exact, fingerprint } = records;
  const sum = weights ? weights.reduce((total, weight) => total + weight, 0) : length;
  const size = exact ? Number.POSITIVE_INFINITY : kind === 'weight' ? length : sum;
  const levelsOf = (axis: Name): readonly Value[] => {
    const domain = domains.get(axis);
    if (domain?.kind !== 'finite') throw new RangeError(`study ${name} has no finite variable ${axis}`);
    return domain.levels;
  };
  const compute = (of: readonly Name[], outcome: Name | undefined): Counts =>
    tally({
      axes: of,
      levels: of.map(levelsOf),
      codes: of.map((axis) => finite.get(axis) as Int32Array),
      length,
      ...(weights && { weight: weights }),
      ...(kind === 'weight' && { rows: 'each' as const }),
      exact,
      ...(outcome !== undefined && { outcome: moments(outcome, real, weights) }),
    });
  const counts = cachedCounts(
    [...finite.keys()].filter((axis) => axis !== regime.environment),
    length,
    compute,
  );
  return {
    name,
    regime,
    measured,
    domains,
    size,
    effectiveSize: kind === 'weight' && weights ? effectiveSize(weights) : size,
    fingerprint,
    ...(unread && { unread }),
    counts: async (of, outcome) => counts(of, outcome),
    ...held({ name, domains, length, finite, real, ...(tensors && { tensors }), ...(weights && { weights }) }),
  };
}

/** What a study gives record by record, from columns in memory. */
function held({
  name,
  domains,
  finite,
  real,
  tensors = new Map(),
  length,
  weights,
}: Pick<StudyRecords, 'name' | 'domains' | 'finite' | 'real' | 'tensors' | 'length' | 'weights'>): Pick<
  Study,
  'columns' | 'moments' | 'ranges'
> {
  const pick = (of: readonly Name[]): Columns => {
    const unknown = of.find((one) => !finite.has(one) && !real.has(one) && !tensors.has(one));
    if (unknown !== undefined) throw new RangeError(`study ${name} has no variable ${unknown}`);
    const own = of.flatMap((one) => (tensors.has(one) ? [[one, tensors.get(one) as TensorValues] as const] : []));
    return {
      length,
      numbers: new Map(of.flatMap((one) => (real.has(one) ? [[one, real.get(one) as Float64Array] as const] : []))),
      codes: new Map(of.flatMap((one) => (finite.has(one) ? [[one, finite.get(one) as Int32Array] as const] : []))),
      ...(own.length > 0 && { tensors: new Map(own) }),
      ...(weights && { weights }),
    };
  };
  return {
    async *columns(of) {
      yield* heldColumns(pick(of));
    },
    moments: async (query, options) => momentsOfColumns(heldColumns(pick(namesOf(query))), query, domains, options),
    ranges: async (of) => rangesOf(pick(of), domains),
  };
}

function moments(
  name: Name,
  real: ReadonlyMap<Name, Float64Array>,
  weights: Float64Array | undefined,
): { name: Name; shift: number; sum: Float64Array; squares: Float64Array } {
  const values = real.get(name);
  if (values === undefined) throw new RangeError(`no real variable ${name}`);
  const shift = roundShift(values);
  const weightOf = (i: number): number => (weights ? (weights[i] as number) : 1);
  return {
    name,
    shift,
    sum: values.map((value, i) => weightOf(i) * (value - shift)),
    squares: values.map((value, i) => weightOf(i) * (value - shift) ** 2),
  };
}

function roundShift(values: Float64Array): number {
  let [least, most, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value / values.length;
  }
  return shiftOf(least, most, sum);
}

/** A round number near the mean to shift moments by: a multiple of a power of two of about 1/64 of the range. */
export function shiftOf(least: number, most: number, mean: number): number {
  const range = most - least;
  if (!(range > 0) || !Number.isFinite(range)) return Number.isFinite(least) ? least : 0;
  const step = 2 ** Math.floor(Math.log2(range / 64));
  return Math.round(mean / step) * step;
}

/** Counts from records, or from the joint table of all finite variables once that has turned out to be much smaller. */
function cachedCounts(
  all: readonly Name[],
  length: number,
  compute: (of: readonly Name[], outcome: Name | undefined) => Counts,
): (of: readonly Name[], outcome?: Name) => Counts {
  const joints = new Map<Name | undefined, Counts | undefined>();
  const inAll = new Set(all);
  return (of, outcome) => {
    if (length < 4096 || !of.every((axis) => inAll.has(axis))) return compute(of, outcome);
    if (!joints.has(outcome)) {
      const joint = compute(all, outcome);
      joints.set(outcome, joint.weight.length <= length / 4 ? joint : undefined);
    }
    const joint = joints.get(outcome);
    return joint ? marginal(joint, of) : compute(of, outcome);
  };
}

/** A study over finite variables that is given by its joint table. */
export function countsStudy(name: Name, counts: Counts, regime: Regime = { set: [] }): Study {
  const domains = new Map(counts.axes.map((axis, i) => [axis, { kind: 'finite', levels: counts.levels[i] as readonly Value[] } as const]));
  const reading = hashText(JSON.stringify([regime, counts.axes, counts.levels, counts.exact]));
  let bag = reading;
  counts.weight.forEach((weight, cell) => {
    const code = counts.codes.slice(cell * counts.axes.length, (cell + 1) * counts.axes.length).join();
    bag = addHashes(bag, hashText(`${code}:${weight}`));
  });
  const size = counts.exact ? Number.POSITIVE_INFINITY : counts.total;
  const width = counts.axes.length;
  const finite = new Map(
    counts.axes.map((axis, i) => [axis, Int32Array.from(counts.weight, (_, cell) => counts.codes[cell * width + i] as number)]),
  );
  return {
    name,
    regime,
    measured: counts.axes,
    domains,
    size,
    effectiveSize: size,
    fingerprint: hexOf(bag),
    async counts(of, outcome) {
      if (outcome !== undefined && counts.outcome?.name !== outcome) throw new RangeError(`study ${name} has no real variable ${outcome}`);
      if (outcome !== undefined) return marginal(counts, of);
      const { outcome: _, ...plain } = counts;
      return marginal(plain, of);
    },
    ...held({ name, domains, finite, real: new Map(), length: counts.weight.length, weights: counts.weight }),
  };
}
