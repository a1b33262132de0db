import { type Columns, featureWriter } from '../data/features.ts';
import { canonical } from '../data/level.ts';
import type { Feature } from '../data/moments.ts';
import type { Name, Value } from '../graph/variable.ts';
import type { Issue } from '../run/issue.ts';
import type { Predictor } from './basis.ts';
import { type Design, type Entries, regimeKey } from './design.ts';
import type { Setting } from './gather.ts';
import { addFunctional, openComponents, type Solution } from './pooled.ts';
import type { AdditivePlan } from './terms.ts';

/** A mean at one point, times a weight. `at`: a value for every action and covariate. */
export interface TargetPoint {
  readonly weight: number;
  readonly plan: AdditivePlan;
  readonly at: ReadonlyMap<Name, number | Value>;
}

export type Points = readonly ReadonlyMap<Name, number | Value>[];

/** Points as a batch of records; issues `no-value`, `unknown-level`, `outside-range` (the last only where `inside` is asked for). */
export function columnsOfPoints(
  setting: Setting,
  points: Points,
  inside: boolean,
): { readonly columns: Columns } | { readonly issue: Issue } {
  const numbers = new Map<Name, Float64Array>();
  const codes = new Map<Name, Int32Array>();
  for (const predictor of setting.predictors) {
    const { name } = predictor;
    const values = points.map((point) => point.get(name));
    if (values.includes(undefined)) return { issue: { code: 'no-value', message: `The question gives no value for ${name}.` } };
    if (predictor.kind === 'finite') {
      const own = values.map((value) => predictor.levels.indexOf(canonical(String(value))));
      const odd = own.findIndex((code) => code < 0);
      if (odd >= 0)
        return {
          issue: {
            code: 'unknown-level',
            message: `${name} is never ${values[odd]} in the studies.`,
            hint: `Its levels are ${predictor.levels.join(', ')}.`,
          },
        };
      codes.set(name, Int32Array.from(own));
      continue;
    }
    const own = Float64Array.from(values, Number);
    const { least, most } = predictor.range;
    const odd = own.findIndex((value) => !Number.isFinite(value) || (inside && !(value >= least && value <= most)));
    if (odd >= 0)
      return {
        issue: {
          code: Number.isFinite(own[odd]) ? 'outside-range' : 'no-value',
          message: Number.isFinite(own[odd])
            ? `${name} = ${own[odd]} lies outside what was measured, ${least} to ${most}; splines say nothing there.`
            : `“${values[odd]}” is no value of ${name}, which is a number.`,
          ...(Number.isFinite(own[odd]) && { hint: 'Ask within the range, or choose polynomials, which extrapolate at your risk.' }),
        },
      };
    numbers.set(name, own);
  }
  return { columns: { length: points.length, numbers, codes } };
}

/** Reads features at points, row-major. */
export function pointReader({ scales, domains }: Setting, features: readonly Feature[]): (columns: Columns) => Float64Array {
  const write = featureWriter({ features, scales }, domains);
  return (columns) => {
    const out = new Float64Array(columns.length * features.length);
    write(columns, out, 1, features.length);
    return out;
  };
}

export interface Fitted {
  readonly setting: Setting;
  readonly features: readonly Feature[];
  readonly read: (columns: Columns) => Float64Array;
  readonly design: Design;
  readonly solution: Solution;
  /** Points outside the measured range are refused. */
  readonly inside: boolean;
}

/** A combination of points as a functional of the parameters; the answer is `scale` (c' theta) + `shift` of the outcome's scale. */
export interface Functional {
  readonly c: Float64Array;
  /** Sum of the weights of the points. */
  readonly total: number;
}

/** Issues: those of {@link columnsOfPoints}, `not-identified`, `not-estimable`. */
export function functionalOf(fitted: Fitted, combination: readonly TargetPoint[]): Functional | { readonly issue: Issue } {
  const made = rawFunctional(fitted, combination);
  if ('issue' in made) return made;
  const open = openComponents(fitted.solution, made.c);
  return open.length === 0
    ? made
    : {
        issue: explainOpen(
          fitted,
          combination,
          open.flatMap(({ regimes }) => regimes),
        ),
      };
}

function rawFunctional(
  { setting, features, read, design, inside }: Fitted,
  combination: readonly TargetPoint[],
): Functional | { readonly issue: Issue } {
  const found = columnsOfPoints(
    setting,
    combination.map(({ at }) => at),
    inside,
  );
  if ('issue' in found) return found;
  const values = read(found.columns);
  const c = new Float64Array(design.parameters);
  const rows = new Map<string, Entries | undefined>();
  let total = 0;
  for (const [i, { weight, plan }] of combination.entries()) {
    const key = JSON.stringify([regimeKey(plan.target), plan.weights]);
    if (!rows.has(key)) rows.set(key, design.target(plan));
    const entries = rows.get(key);
    if (entries === undefined)
      return {
        issue: { code: 'not-identified', message: `The regimes measured do not determine the mean under do(${plan.target.join(', ')}).` },
      };
    addFunctional(entries, values.subarray(i * features.length, (i + 1) * features.length), weight, c);
    total += weight;
  }
  return { c, total };
}

/** Which value of which variable no record supports: another value in its place makes the mean estimable. */
function explainOpen(fitted: Fitted, combination: readonly TargetPoint[], regimes: readonly number[]): Issue {
  const { setting, solution, design } = fitted;
  const estimable = (points: readonly TargetPoint[]): boolean => {
    const made = rawFunctional(fitted, points);
    return !('issue' in made) && openComponents(solution, made.c).length === 0;
  };
  const odd: string[] = [];
  const stuck = new Set<string>();
  let apart = false;
  for (const point of combination) {
    if (estimable([point])) continue;
    const before = odd.length;
    for (const predictor of setting.predictors) {
      const own = point.at.get(predictor.name);
      if (othersOf(setting, predictor, own).some((other) => estimable([{ ...point, at: new Map([...point.at, [predictor.name, other]]) }])))
        odd.push(`${predictor.name} = ${own}`);
    }
    apart ||= odd.length > before + 1;
    for (const one of onlyOnes(setting, point)) stuck.add(one);
  }
  const unsupported = [...new Set(odd)];
  const some = regimes.length < design.regimes.length;
  const named = regimes.map((r) => (setting.keys[r] === '' ? 'observation' : `do(${(setting.keys[r] as string).split('\n').join(', ')})`));
  const where = some ? `under ${named.join(' and ')}` : 'in any regime';
  return {
    code: 'not-estimable',
    message:
      stuck.size > 0
        ? `The studies show one value only: ${[...stuck].join('; ')}.`
        : apart
          ? `The records ${where} do not link ${unsupported.join(' with ')}: each was seen, and no records tell the one's effect from the other's.`
          : unsupported.length > 0
            ? `No records ${where} support ${unsupported.join(' or ')} as the question needs it.`
            : `The records do not determine the mean at this point: its values do not occur together ${where}.`,
    hint:
      stuck.size > 0
        ? 'Ask at these values, or add studies that set others.'
        : apart
          ? 'Add records that share values with both, such as those of a control.'
          : `Ask at values that ${some ? 'this regime contains' : 'the studies contain'}, or use a simpler basis.`,
  };
}

/** Values that may do where that of the question does not. */
function othersOf({ ranges }: Setting, predictor: Predictor, own: number | Value | undefined): readonly (number | Value)[] {
  if (predictor.kind === 'finite') return predictor.levels.filter((level) => level !== canonical(String(own))).slice(0, 12);
  const ends = ranges.flatMap((range) => {
    const { least, most } = range.get(predictor.name) ?? predictor.range;
    return [least, most];
  });
  return [...new Set([predictor.range.mean, predictor.range.least, ...ends])];
}

/** Actions that a regime of the plan set to one number, where the question has another. */
function onlyOnes({ keys, ranges, predictors }: Setting, { plan, at }: TargetPoint): string[] {
  return plan.regimes.flatMap(({ set, studies }, i) => {
    const range = ranges[keys.indexOf(regimeKey(set))];
    if (range === undefined || plan.fewest[i] === 0) return [];
    return predictors.flatMap((predictor) => {
      const { least, most } = range.get(predictor.name) ?? { least: 0, most: 1 };
      return predictor.kind === 'real' && least === most && Number(at.get(predictor.name)) !== least
        ? [
            `${studies.join(', ')} ${set.includes(predictor.name) ? 'set' : 'saw'} ${predictor.name} = ${least}, and ${predictor.name} = ${at.get(predictor.name)} is asked`,
          ]
        : [];
    });
  });
}
