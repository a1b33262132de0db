import { chiSquareSurvival, studentCdf } from '../math/special.ts';
import { featureNames } from './linear-design.ts';
import { coefficientsOf, fitLinear } from './linear-fit.ts';
import type { FittedMechanism } from './linear-mechanisms.ts';
import { variationOf } from './variation.ts';

/** Whether a mechanism varies between environments at all. */
export interface MechanismVariation {
  readonly variable: string;
  /** Twice the log ratio of the restricted likelihoods, where the mechanism is linear. */
  readonly ratio?: number;
  readonly p: number;
}

/**
 * Linear mechanisms: the restricted likelihood ratio of coefficients that vary independently against none that do. Under none, about half
 * of the variances are estimated as zero, so that the ratio is a mixture of chi-squares with binomial weights (Self and Liang 1987, case 9,
 * with information that is diagonal). Finite ones: `variationOf`.
 */
export function mechanismVariation(fitted: FittedMechanism): MechanismVariation {
  const { variable } = fitted;
  if (fitted.kind === 'rows') {
    const { p } = variationOf(
      fitted.records,
      0,
      fitted.parents.map((_, i) => i + 1),
    );
    return { variable, p };
  }
  const { statistics } = fitted.task;
  const { size } = statistics;
  const [still, free] = (['fixed', size === 1 ? 'shift' : 'diagonal'] as const).map((kind) => fitLinear(statistics, { kind }));
  if (still?.ok !== true || free?.ok !== true) return { variable, p: 1 };
  const ratio = Math.max(0, 2 * (free.value.logRestricted - still.value.logRestricted));
  let p = 0;
  let ways = 1;
  for (let k = 0; k <= size; k++) {
    p += (ways / 2 ** size) * (k === 0 ? (ratio > 0 ? 0 : 1) : chiSquareSurvival(ratio, k));
    ways = (ways * (size - k)) / (k + 1);
  }
  return { variable, ratio, p: Math.min(1, p) };
}

/** Two numbers of different mechanisms that each environment has its own of, and how they go together. */
export interface TogetherPair {
  readonly first: string;
  readonly second: string;
  /** Whose mechanisms they belong to. */
  readonly variables: readonly [string, string];
  readonly correlation: number;
  /** Of the pair alone. */
  readonly p: number;
  /** After Holm's correction for all pairs. */
  readonly adjusted: number;
}

/**
 * Correlations over environments of what is known of one mechanism there (coefficients, or rates, each given the records) with what is
 * known of another: independent mechanisms have none. Most correlated first; fewer than four environments tell nothing.
 */
export function mechanismsTogether(fitted: readonly FittedMechanism[], environments: number): TogetherPair[] {
  if (environments < 4) return [];
  const series = fitted.map((one) => seriesOf(one, environments));
  const owner = (place: number): string => (fitted[place] as FittedMechanism).variable;
  const pairs: Omit<TogetherPair, 'adjusted'>[] = [];
  for (const [a, own] of series.entries())
    for (const [b, other] of series.entries()) {
      if (b <= a) continue;
      for (const one of own)
        for (const two of other) {
          const correlation = correlate(one.values, two.values);
          if (correlation === undefined) continue;
          const t = Math.abs(correlation) * Math.sqrt((environments - 2) / Math.max(1e-300, 1 - correlation ** 2));
          const variables = [owner(a), owner(b)] as const;
          pairs.push({ first: one.name, second: two.name, variables, correlation, p: 2 * studentCdf(-t, environments - 2) });
        }
    }
  pairs.sort((one, other) => one.p - other.p);
  let most = 0;
  return pairs.map((pair, i) => {
    most = Math.max(most, Math.min(1, pair.p * (pairs.length - i)));
    return { ...pair, adjusted: most };
  });
}

interface Series {
  readonly name: string;
  readonly values: Float64Array;
}

function seriesOf(fitted: FittedMechanism, environments: number): Series[] {
  if (fitted.kind === 'linear') {
    const { task, fit, variable } = fitted;
    const names = featureNames(task.design);
    const all = Array.from({ length: environments }, (_, e) => coefficientsOf(fit, task.statistics, e).mean);
    return names.flatMap((name, f) =>
      (fit.spread[f * fit.size + f] as number) > 0
        ? [
            {
              name: f === 0 ? `the level of ${variable}` : `the effect of ${name} on ${variable}`,
              values: Float64Array.from(all, (mean) => mean[f] as number),
            },
          ]
        : [],
    );
  }
  const { counts, weights, variable } = fitted;
  return weights.rows.flatMap((row, c) =>
    weights.levels.slice(1).map((level, l): Series => {
      const total = row.reduce((sum, one) => sum + one, 0);
      return {
        name: `P(${variable}=${level}${weights.rows.length > 1 ? ` | ${writeRow(fitted, c)}` : ''})`,
        values: Float64Array.from({ length: environments }, (_, e) => {
          const table = counts.tables[counts.tableOf[e] as number] as Float64Array;
          const own = table.subarray(c * counts.levels, (c + 1) * counts.levels);
          const seen = own.reduce((sum, one) => sum + one, 0);
          return ((row[l + 1] as number) + (own[l + 1] as number)) / (total + seen);
        }),
      };
    }),
  );
}

function writeRow({ records, parents }: Extract<FittedMechanism, { kind: 'rows' }>, row: number): string {
  const parts: string[] = [];
  let rest = row;
  for (let i = parents.length - 1; i >= 0; i--) {
    const levels = records.levels[i + 1] ?? [];
    parts.unshift(`${parents[i]}=${levels[rest % levels.length]}`);
    rest = Math.floor(rest / levels.length);
  }
  return parts.join(', ');
}

/** Undefined where one of them is the same everywhere. */
function correlate(a: Float64Array, b: Float64Array): number | undefined {
  const n = a.length;
  const mean = (x: Float64Array): number => x.reduce((sum, one) => sum + one, 0) / n;
  const [ma, mb] = [mean(a), mean(b)];
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [x, y] = [(a[i] as number) - ma, (b[i] as number) - mb];
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  const tiny = 1e-18 * n;
  return aa > tiny * ma * ma && bb > tiny * mb * mb && aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : undefined;
}
