import type { ColumnRange, Feature, MomentQuery, Moments } from '../data/moments.ts';
import { noMoments } from '../data/moments.ts';
import type { Study } from '../data/study.ts';
import type { Domain, Name } from '../graph/variable.ts';
import { log } from '../math/elementary.ts';
import { failure, type Result, success } from '../run/issue.ts';
import type { RunOptions } from '../run/progress.ts';
import { type Predictor, poolRanges, predictorsOf, scalesOf } from './basis.ts';
import { type RegimeTable, regimeKey } from './design.ts';
import type { AdditivePlan } from './terms.ts';

/** Whose records a fit uses and which variables it reads. */
export interface Setting extends RegimeTable {
  readonly actions: readonly Name[];
  readonly covariates: readonly Name[];
  readonly outcome: Name;
  readonly log: boolean;
  readonly predictors: readonly Predictor[];
  readonly domains: ReadonlyMap<Name, Domain>;
  readonly scales: MomentQuery['scales'];
  /** By regime. */
  readonly studies: readonly (readonly Study[])[];
  /** By regime: rows of data. */
  readonly rows: readonly number[];
  /** By regime: least and greatest value of real variables. */
  readonly ranges: readonly ReadonlyMap<Name, ColumnRange>[];
}

/** Sums over the records of a regime, of features f and the scaled outcome y. */
export interface Sums {
  /** Sum of weights u. */
  readonly weight: number;
  /** Sum of u f f', row-major. */
  readonly square: Float64Array;
  /** Sum of u f y. */
  readonly cross: Float64Array;
  /** Sum of u y y. */
  readonly outcome: number;
}

export interface StudyPart {
  readonly study: Study;
  /** What the weights of its records are multiplied by, so that they sum to the effective number of records. */
  readonly unit: number;
  /** `each`: a weight is that of one record; `repeats`: it counts equal records; `exact`: a probability without sampling error. */
  readonly weights: 'each' | 'repeats' | 'exact';
}

export interface RegimeSums extends Sums {
  readonly set: readonly Name[];
  readonly parts: readonly StudyPart[];
  /** Rows. */
  readonly rows: number;
  /** Number of records; `Infinity` where all of its studies are exact. */
  readonly records: number;
  readonly exact: boolean;
  readonly groups: readonly Sums[];
}

/** Finds studies, variables, scales. Issues: `no-study`, `two-fits`, `not-a-number`, `not-measured`, `log-of-nonpositive`, `no-predictor`. */
export async function settingOf(plans: readonly AdditivePlan[], studies: readonly Study[]): Promise<Result<Setting>> {
  const [first] = plans;
  if (first === undefined) return failure({ code: 'no-plan', message: 'Nothing was asked for.' });
  const { actions, covariates, assumption } = first;
  const shape = (plan: AdditivePlan): string => JSON.stringify([plan.assumption, plan.actions, plan.covariates]);
  if (plans.some((plan) => shape(plan) !== shape(first)))
    return failure({
      code: 'two-fits',
      message: 'These means rest on different assumptions, actions or covariates; they cannot share one fit.',
    });
  const { outcome } = assumption;
  const sets = new Map<string, Set<Name>>();
  for (const { regimes } of plans)
    for (const regime of regimes) {
      const key = regimeKey(regime.set);
      const names = sets.get(key) ?? new Set();
      for (const name of regime.studies) names.add(name);
      sets.set(key, names);
    }
  const keys = [...sets.keys()];
  const used = keys.map((key) => [...(sets.get(key) as Set<Name>)].flatMap((name) => studies.filter((study) => study.name === name)));
  const missing = keys.findIndex((key, i) => (used[i] as Study[]).length < (sets.get(key) as Set<Name>).size);
  if (missing >= 0)
    return failure({
      code: 'no-study',
      message: `A study of ${[...(sets.get(keys[missing] as string) as Set<Name>)].join(', ')} was not given.`,
    });
  const names = [...actions, ...covariates];
  const all = used.flat();
  const domains = new Map<Name, Domain>();
  for (const study of all) {
    const unmeasured = [...names, outcome].find((name) => !study.measured.includes(name));
    if (unmeasured !== undefined) return failure({ code: 'not-measured', message: `Study ${study.name} does not measure ${unmeasured}.` });
    for (const name of [...names, outcome]) domains.set(name, study.domains.get(name) as Domain);
  }
  const numeric = [...names.filter((name) => domains.get(name)?.kind === 'real'), outcome];
  const domain = domains.get(outcome);
  if (domain?.kind === 'tensor' || (domain?.kind === 'finite' && domain.levels.some((level) => Number.isNaN(Number(level)))))
    return failure({ code: 'not-a-number', message: `${outcome} has no mean: its levels are not numbers.` });
  const found = await Promise.all(all.map((study) => study.ranges(numeric)));
  const ranges = new Map(numeric.map((name) => [name, poolRanges(found.flatMap((part) => part.get(name) ?? []))]));
  if (assumption.log) {
    const at = found.findIndex((part) => !((part.get(outcome)?.least ?? 0) > 0));
    if (at >= 0)
      return failure({
        code: 'log-of-nonpositive',
        message: `Study ${all[at]?.name}: ${outcome} is not positive in all records, so it has no logarithm.`,
        hint: `Assume additive(${outcome}; ...) on its own scale.`,
      });
  }
  const predictors = predictorsOf(names, domains, ranges);
  if (predictors === undefined) {
    const odd = names.find((name) => domains.get(name)?.kind === 'tensor');
    return failure({ code: 'no-predictor', message: `${odd} is neither a number nor one of finitely many levels.` });
  }
  const scales = new Map(scalesOf(ranges));
  if (assumption.log) scales.set(outcome, { center: log(ranges.get(outcome)?.mean ?? 1), scale: 1 });
  return success({
    keys,
    plans,
    actions,
    covariates,
    outcome,
    log: assumption.log,
    predictors,
    domains,
    scales,
    studies: used,
    rows: used.map((list) => list.reduce((total, study) => total + (found[all.indexOf(study)]?.get(outcome)?.count ?? 0), 0)),
    ranges: used.map(
      (list) =>
        new Map(numeric.map((name) => [name, poolRanges(list.map((study) => found[all.indexOf(study)]?.get(name) as ColumnRange))])),
    ),
  });
}

/** The actions that regime r sets. */
export const setOf = ({ actions, keys }: Setting, r: number): Name[] =>
  actions.filter((name) => (keys[r] as string).split('\n').includes(name));

export const outcomeFeature = ({ outcome }: Setting): Feature => [{ of: outcome, power: 1 }];

export const queryOf = (setting: Setting, features: readonly Feature[], groups?: number): MomentQuery => ({
  features: [...features, outcomeFeature(setting)],
  scales: setting.scales,
  ...(setting.log && { log: [setting.outcome] }),
  ...(groups !== undefined && { groups }),
});

/** One pass over the records of every regime, in groups. Issue: `no-records`. */
export async function gatherSums(
  setting: Setting,
  features: readonly Feature[],
  groupsOf: (rows: number) => number,
  options: RunOptions = {},
): Promise<Result<readonly RegimeSums[]>> {
  const sampled = setting.studies.flat().reduce((total, { size, effectiveSize }) => total + (Number.isFinite(size) ? effectiveSize : 0), 0);
  // A study without sampling error outweighs those with, short of what doubles can hold.
  const certain = 1e4 * Math.max(1, sampled);
  const made: RegimeSums[] = [];
  for (const [r, studies] of setting.studies.entries()) {
    const query = queryOf(setting, features, groupsOf(setting.rows[r] as number));
    const found: { readonly part: StudyPart; readonly moments: Moments }[] = [];
    for (const study of studies) {
      const moments = await study.moments(query, options);
      if (moments.records > 0) found.push({ part: partOf(study, moments, certain), moments });
    }
    if (found.length === 0)
      return failure({ code: 'no-records', message: `${studies.map(({ name }) => name).join(', ')}: no records to fit a mean to.` });
    const groups = Array.from({ length: query.groups as number }, (_, g) =>
      addSums(
        found.map(({ part, moments }) => sumsOf(moments.groups?.[g] ?? noMoments(features.length + 1), part.unit)),
        features.length,
      ),
    );
    made.push({
      ...addSums(
        found.map(({ part, moments }) => sumsOf(moments, part.unit)),
        features.length,
      ),
      set: setOf(setting, r),
      parts: found.map(({ part }) => part),
      rows: found.reduce((total, { moments }) => total + moments.records, 0),
      records: found.reduce((total, { part }) => total + part.study.size, 0),
      exact: found.every(({ part }) => part.weights === 'exact'),
      groups,
    });
  }
  return success(made);
}

function partOf(study: Study, { weight, records }: Moments, certain: number): StudyPart {
  if (!Number.isFinite(study.size)) return { study, unit: certain / weight, weights: 'exact' };
  if (Math.abs(weight - study.size) <= 1e-9 * weight && records < study.size) return { study, unit: 1, weights: 'repeats' };
  return { study, unit: study.effectiveSize / weight, weights: 'each' };
}

function sumsOf({ weight, size, products }: Moments, unit: number): Sums {
  const features = size - 1;
  const square = new Float64Array(features * features);
  const cross = new Float64Array(features);
  for (let i = 0; i < features; i++) {
    for (let j = 0; j < features; j++) square[i * features + j] = unit * (products[i * size + j] as number);
    cross[i] = unit * (products[i * size + features] as number);
  }
  return { weight: unit * weight, square, cross, outcome: unit * (products[size * size - 1] as number) };
}

/** Sums of several parts, each with a factor. */
export function addSums(parts: readonly Sums[], features: number, factors?: ArrayLike<number>): Sums {
  const square = new Float64Array(features * features);
  const cross = new Float64Array(features);
  let [weight, outcome] = [0, 0];
  for (const [k, part] of parts.entries()) {
    const factor = factors ? (factors[k] as number) : 1;
    if (factor === 0) continue;
    for (let i = 0; i < square.length; i++) square[i] = (square[i] as number) + factor * (part.square[i] as number);
    for (let i = 0; i < features; i++) cross[i] = (cross[i] as number) + factor * (part.cross[i] as number);
    weight += factor * part.weight;
    outcome += factor * part.outcome;
  }
  return { weight, square, cross, outcome };
}

/** Sums of some of the features. */
export function pickSums({ weight, square, cross, outcome }: Sums, places: Int32Array): Sums {
  const all = cross.length;
  const own = places.length;
  const picked = new Float64Array(own * own);
  for (let i = 0; i < own; i++)
    for (let j = 0; j < own; j++) picked[i * own + j] = square[(places[i] as number) * all + (places[j] as number)] as number;
  return { weight, square: picked, cross: Float64Array.from(places, (at) => cross[at] as number), outcome };
}

/** Sum of u (y - f' b)^2. */
export function squaredError({ square, cross, outcome }: Sums, coefficients: Float64Array): number {
  const size = cross.length;
  let total = outcome;
  for (let i = 0; i < size; i++) {
    let row = -2 * (cross[i] as number);
    for (let j = 0; j < size; j++) row += (square[i * size + j] as number) * (coefficients[j] as number);
    total += row * (coefficients[i] as number);
  }
  return Math.max(0, total);
}
