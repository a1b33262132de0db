import type { Columns } from '../data/features.ts';
import { canonical } from '../data/level.ts';
import type { Feature } from '../data/moments.ts';
import type { Study } from '../data/study.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Diagnostic } from '../interpret/answer.ts';
import type { RunOptions } from '../run/progress.ts';
import { namesIn, poolRanges } from './basis.ts';
import { regimeKey } from './design.ts';
import { list, number, percent } from './figures.ts';
import { type RegimeSums, type Setting, setOf } from './gather.ts';
import { hullOf, inHull } from './hull.ts';
import { coordinatesOf, factorNormal, solveNormal } from './normal.ts';
import { writeRegime } from './over-identified.ts';
import type { Penalty } from './pooled.ts';
import { sampleOf } from './sample.ts';
import { columnsOfPoints, pointReader, type TargetPoint } from './targets.ts';
import type { AdditivePlan } from './terms.ts';

/** What a fit used, as far as support depends on it. */
export interface SupportBasis {
  readonly features: readonly Feature[];
  readonly regimes: readonly Pick<RegimeSums, 'square' | 'weight' | 'exact'>[];
  readonly penalties: readonly Penalty[];
}

export interface Support {
  /** Per combination: every study that it rests on has records near all of its points. */
  readonly supported: readonly boolean[];
  readonly diagnostic: Diagnostic;
}

type Values = ReadonlyMap<Name, number | Value>;

/** Records of a regime that hulls are drawn around. */
const enough = 5000;
/** Fewer records of a combination of levels are thin. */
const thin = 5;

/**
 * Assumption 2 of Kekić et al. (2025): every mean that is combined must have been measured at the queried actions. Per regime, and where
 * functions are shared per set of actions that one of them depends on: range of each number, convex hull of each pair, leverage (at most
 * three times its average), records of each combination of levels. `shared`: functions depend on their arguments only.
 */
export async function supportOf(
  setting: Setting,
  basis: SupportBasis | undefined,
  combinations: readonly (readonly TargetPoint[])[],
  shared: boolean,
  options: RunOptions,
): Promise<Support> {
  const faults: Fault[][] = combinations.map(() => []);
  const nameOf = new Map(setting.keys.map((key, r) => [key, writeRegime(setOf(setting, r))]));
  const thinOnes = new Map<string, string>();
  const plans = [...new Set(combinations.flatMap((combination) => combination.map(({ plan }) => plan)))];
  for (const [r, key] of setting.keys.entries()) {
    const needed = plans.filter((plan) => weightOf(plan, key, shared) !== 0);
    if (needed.length === 0) continue;
    const looks = new Map<string, Look>();
    const looksOf = new Map<AdditivePlan, readonly Look[]>();
    const sample = await sampleOf(setting, r, enough, options);
    for (const plan of needed) {
      const own: Look[] = [];
      for (const names of argumentSets(plan, key, setting, shared)) {
        const id = regimeKey(names);
        const look = looks.get(id) ?? (await lookAt(setting, r, names, basis, sample));
        looks.set(id, look);
        own.push(look);
      }
      looksOf.set(plan, own);
    }
    for (const [i, combination] of combinations.entries())
      for (const { plan, at } of combination)
        for (const look of looksOf.get(plan) ?? []) {
          const { why, few } = look(at);
          if (why !== undefined) faults[i]?.push({ regime: nameOf.get(key) as string, why });
          if (few !== undefined) thinOnes.set(`${key}\n${few}`, `${few} under ${nameOf.get(key)}`);
        }
  }
  return { supported: faults.map(({ length }) => length === 0), diagnostic: describe(faults, [...thinOnes.values()]) };
}

interface Fault {
  /** As it is called. */
  readonly regime: string;
  readonly why: string;
}

function describe(faults: readonly (readonly Fault[])[], thinOnes: readonly string[]): Diagnostic {
  const name = 'support';
  const out = faults.filter(({ length }) => length > 0);
  const one = faults.length === 1;
  if (out.length === 0 && thinOnes.length === 0)
    return {
      name,
      level: 'ok',
      figure: 0,
      says: `Every study that is used has records near ${one ? 'the queried point' : 'all queried points'}.`,
    };
  if (out.length === 0)
    return {
      name,
      level: 'warn',
      figure: 0,
      says: `Few records stand behind ${one ? 'this point' : 'some points'}: ${thinOnes.slice(0, 3).join('; ')}.`,
    };
  const byRegime = new Map<string, Fault[]>();
  for (const all of out)
    for (const regime of new Set(all.map((fault) => fault.regime)))
      byRegime.set(regime, [...(byRegime.get(regime) ?? []), all.find((fault) => fault.regime === regime) as Fault]);
  const worst = [...byRegime].sort(([, a], [, b]) => b.length - a.length);
  const share = out.length / faults.length;
  const where = worst.map(([regime, all]) => `${regime}${one ? '' : ` (${percent(all.length / faults.length)})`}: ${all[0]?.why}`);
  return {
    name,
    level: share > 0.5 ? 'fail' : 'warn',
    figure: share,
    says: `${one ? 'The queried point lies' : `${percent(share)} of the queried points lie`} outside what was measured, so the figures there are extrapolations. At fault: ${where.slice(0, 4).join('; ')}.`,
  };
}

/** Zero: the answer does not rest on the regime. */
function weightOf(plan: AdditivePlan, key: string, shared: boolean): number {
  const at = plan.regimes.findIndex(({ set }) => regimeKey(set) === key);
  return (shared ? plan.fewest : plan.weights)[at] ?? 0;
}

/** The largest sets of actions that a function in the mean of the regime depends on; all actions where functions are not shared. */
function argumentSets(plan: AdditivePlan, key: string, { actions }: Setting, shared: boolean): (readonly Name[])[] {
  if (!shared) return [actions];
  const vector = plan.regimes.find(({ set }) => regimeKey(set) === key)?.vector ?? [];
  const sets = plan.assumption.blocks.map((_, block): readonly Name[] => {
    const at = plan.columns.findIndex((column, c) => column.block === block && vector[c + 1] === 1);
    return plan.columns[at]?.arguments ?? (plan.arguments[block] as readonly Name[]);
  });
  const within = (a: readonly Name[], b: readonly Name[]): boolean => a.every((name) => b.includes(name));
  return sets.filter((set, i) => !sets.some((other, j) => j !== i && within(set, other) && (other.length > set.length || j < i)));
}

/** Why a point is not supported, or which of its combinations of levels are rare. */
type Look = (at: Values) => { readonly why?: string; readonly few?: string };

async function lookAt(
  setting: Setting,
  r: number,
  actions: readonly Name[],
  basis: SupportBasis | undefined,
  sample: Columns,
): Promise<Look> {
  const names = [...actions, ...setting.covariates];
  const studies = setting.studies[r] as readonly Study[];
  const finite = names.filter((name) => setting.domains.get(name)?.kind === 'finite');
  const real = names.filter((name) => !finite.includes(name));
  const found = await Promise.all(studies.map((study) => study.ranges(real)));
  const ranges = new Map(real.map((name) => [name, poolRanges(found.flatMap((part) => part.get(name) ?? []))]));
  const counts = finite.length === 0 ? undefined : await levelCounts(studies, finite);
  /** In units of the standard deviation over all studies. */
  const scaled = (name: Name, value: number): number => value / (setting.scales.get(name)?.scale ?? 1);
  const drawn = new Map(real.map((name) => [name, (sample.numbers.get(name) ?? new Float64Array(0)).map((value) => scaled(name, value))]));
  const pairs = real.flatMap((one, i) =>
    real.slice(i + 1).map((other) => ({
      one,
      other,
      corners: hullOf(drawn.get(one) as Float64Array, drawn.get(other) as Float64Array),
    })),
  );
  // Hulls of a part of the records are a little small.
  const slack = sample.length < (setting.rows[r] as number) ? 0.01 : 1e-9;
  const leverage = basis && leverageOf(setting, r, names, basis);
  /** A dose of a design, however far from the others, is measured. */
  const seen = (at: Values): boolean => {
    const columns = real.map((name) => ({ column: sample.numbers.get(name) ?? new Float64Array(0), value: Number(at.get(name)) }));
    for (let record = 0; record < sample.length; record++) if (columns.every(({ column, value }) => column[record] === value)) return true;
    return false;
  };
  return (at) => {
    for (const name of real) {
      const { least, most } = ranges.get(name) as { least: number; most: number };
      const value = Number(at.get(name));
      const room = 1e-9 * (most - least) + 1e-12 * Math.abs(most);
      if (!(value >= least - room && value <= most + room))
        return { why: `${name} = ${number(value)} was never seen there (${number(least)} to ${number(most)})` };
    }
    for (const { one, other, corners } of pairs) {
      const [x, y] = [Number(at.get(one)), Number(at.get(other))];
      if (!inHull(corners, [scaled(one, x), scaled(other, y)], slack))
        return { why: `${one} = ${number(x)} never went with ${other} = ${number(y)} there` };
    }
    const records = counts?.(finite.map((name) => canonical(String(at.get(name)))));
    const cell = list(finite.map((name) => `${name} = ${at.get(name)}`));
    if (records === 0) return { why: `no record has ${cell}` };
    const far = leverage?.(at);
    if (far !== undefined && !(far <= 3) && !seen(at))
      return {
        why: Number.isFinite(far)
          ? `the point lies far from the records (leverage ${number(far)} times the average)`
          : 'its records do not determine the mean there',
      };
    return records !== undefined && records < thin ? { few: `${number(records)} records with ${cell}` } : {};
  };
}

/** Records by combination of levels. */
async function levelCounts(studies: readonly Study[], names: readonly Name[]): Promise<(levels: readonly Value[]) => number> {
  const all = new Map<string, number>();
  for (const study of studies) {
    const { axes, levels, codes, weight, total } = await study.counts(names);
    const unit = Number.isFinite(study.size) ? study.effectiveSize / total : Number.POSITIVE_INFINITY;
    for (let cell = 0; cell < weight.length; cell++) {
      const own = names.map((name) => {
        const axis = axes.indexOf(name);
        return levels[axis]?.[codes[cell * axes.length + axis] as number] as Value;
      });
      const key = JSON.stringify(own);
      all.set(key, (all.get(key) ?? 0) + unit * (weight[cell] as number));
    }
  }
  return (wanted) => all.get(JSON.stringify(wanted)) ?? 0;
}

/** Leverage of a point in the regime, phi' S^- phi, over its average p / n; Infinity where its records do not determine the mean. */
function leverageOf(
  setting: Setting,
  r: number,
  names: readonly Name[],
  { features, regimes, penalties }: SupportBasis,
): ((at: Values) => number) | undefined {
  const { square, weight, exact } = regimes[r] as SupportBasis['regimes'][number];
  const everything = [...setting.actions, ...setting.covariates];
  const own = features.flatMap((feature, f) => (namesIn(feature, everything).every((name) => names.includes(name)) ? [f] : []));
  const size = own.length;
  if (size < 2 || exact) return undefined;
  const penalty = penalties[r];
  const plain = new Float64Array(size * size);
  const held = new Float64Array(size * size);
  for (const [i, f] of own.entries())
    for (const [j, g] of own.entries()) {
      const at = f * features.length + g;
      plain[i * size + j] = square[at] as number;
      held[i * size + j] = (square[at] as number) + (penalty ? (penalty[at] as number) : 0);
    }
  const factor = factorNormal(held, size);
  let spent = factor.rank;
  if (penalty) {
    // Average leverage of the records: trace of (S + P)^- S.
    spent = 0;
    for (let i = 0; i < size; i++) {
      const column = plain.subarray(i * size, (i + 1) * size);
      spent += solveNormal(factor, column)[i] as number;
    }
  }
  const read = pointReader(
    setting,
    own.map((f) => features[f] as Feature),
  );
  return (at) => {
    const found = columnsOfPoints(setting, [at], false);
    if ('issue' in found) return Number.POSITIVE_INFINITY;
    const z = coordinatesOf(factor, read(found.columns));
    if (z === undefined) return Number.POSITIVE_INFINITY;
    return (z.reduce((sum, entry) => sum + entry * entry, 0) * weight) / spent;
  };
}
