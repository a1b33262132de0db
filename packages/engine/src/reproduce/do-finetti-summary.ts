import { type Average, average } from './additive-summary.ts';
import { type DoFinettiRun, type DoFinettiSettings, type FigureSeries, figureSeries, type GraphSeries, graphSeries } from './do-finetti.ts';

/** One point of an experiment and how often it is repeated. */
export interface DoFinettiPart extends DoFinettiSettings {
  readonly repetitions: number;
}

/**
 * Figures of the same experiments by another programme (numpy, other random numbers): 300 repetitions of the figure, 400 of the rule's
 * accuracy, 100 of the graphs, 1,000 of the size. The values plotted in the paper's Figure 4 are not published as numbers.
 */
export interface Earlier {
  readonly errors?: Readonly<Partial<Record<FigureSeries, number>>>;
  readonly exact?: Readonly<Partial<Record<GraphSeries, number>>>;
  readonly distance?: Readonly<Partial<Record<GraphSeries, number>>>;
  readonly clustered?: number;
  readonly pooled?: number;
}

/** Averages of one point. */
export interface DoFinettiPoint extends DoFinettiPart {
  /** Repetitions that were finished. */
  readonly done: number;
  readonly errors?: Readonly<Record<FigureSeries, Average>>;
  readonly exact?: Readonly<Record<GraphSeries, Average>>;
  readonly distance?: Readonly<Record<GraphSeries, Average>>;
  /** Share of true nulls rejected at .05. */
  readonly clustered?: Average;
  readonly pooled?: Average;
  readonly earlier: Earlier;
}

/** What an experiment must show: the error with the true graph, graphs found by all pairs, sizes at .05. `chance`: it is missed by no more than two standard errors. */
export interface DoFinettiCheck {
  readonly what: string;
  readonly value: number;
  readonly standardError: number;
  readonly least?: number;
  readonly most?: number;
  readonly state: 'met' | 'chance' | 'missed';
}

const sizes: readonly (readonly [environments: number, positions: number])[] = [2, 5, 10, 20].map((positions) => [300, positions]);
const grids: Readonly<Record<DoFinettiSettings['study'], readonly (readonly [environments: number, positions: number])[]>> = {
  figure: [100, 200, 500, 1000, 2000, 5000, 10000].map((environments) => [environments, 2]),
  graphs: [
    ...[500, 2000, 4000, 8000, 10000].map((environments) => [environments, 2] as const),
    ...[500, 1000].map((environments) => [environments, 5] as const),
    ...[100, 300, 1000].map((environments) => [environments, 10] as const),
    ...[100, 300].map((environments) => [environments, 20] as const),
  ],
  size: sizes,
};

/** The paper repeats its figure 100 times. */
const whole = 100;
const look = 20;

/** All points; graphs are repeated twice as often as the figure, and tests of size twenty times. */
export function doFinettiParts(seed: number, full: boolean, repetitions: number = full ? whole : look): DoFinettiPart[] {
  const times = { figure: 1, graphs: 2, size: 20 } as const;
  return (['figure', 'graphs', 'size'] as const).flatMap((study) =>
    grids[study].map(
      ([environments, positions]): DoFinettiPart => ({ study, seed, environments, positions, repetitions: repetitions * times[study] }),
    ),
  );
}

/** Averages over repetitions; standard errors are NaN where there are fewer than two. */
export function summariseDoFinetti(part: DoFinettiPart, runs: readonly DoFinettiRun[]): DoFinettiPoint {
  const over = <K extends string>(keys: readonly K[], of: (run: DoFinettiRun, key: K) => number | undefined): Record<K, Average> =>
    Object.fromEntries(keys.map((key) => [key, average(runs.flatMap((run) => of(run, key) ?? []))])) as Record<K, Average>;
  const rejected = (p: number | undefined): number => ((p as number) < 0.05 ? 1 : 0);
  return {
    ...part,
    done: runs.length,
    ...(part.study === 'figure' && { errors: over(figureSeries, ({ errors }, key) => errors?.[key]) }),
    ...(part.study !== 'size' && {
      exact: over(graphSeries, ({ exact }, key) => (exact?.[key] === true ? 1 : 0)),
      distance: over(graphSeries, ({ distance }, key) => distance?.[key]),
    }),
    ...(part.study === 'size' && {
      clustered: average(runs.map(({ clustered }) => rejected(clustered))),
      pooled: average(runs.map(({ pooled }) => rejected(pooled))),
    }),
    earlier: earlierOf(part),
  };
}

/** Rows: environments, then errors (do-Finetti, with the true graph, independent with the true graph, independent). */
const earlierErrors: readonly (readonly number[])[] = [
  [100, 3.3e-3, 8.5e-4, 8.9e-4, 3.1e-3],
  [500, 9.8e-4, 1.5e-4, 5.4e-4, 2.5e-3],
  [1000, 6.1e-4, 7.5e-5, 5.0e-4, 2.8e-3],
  [2000, 2.4e-4, 3.6e-5, 4.6e-4, 2.6e-3],
  [5000, 1.6e-5, 1.5e-5, 4.4e-4, 2.6e-3],
  [10000, 8.7e-6, 8.7e-6, 4.4e-4, 2.5e-3],
];
/** Environments, then accuracy of the paper's rule for X -> Y, Y -> X and no edge. */
const earlierRule: readonly (readonly number[])[] = [
  [100, 0.58, 0.57, 0.91],
  [200, 0.65, 0.65, 0.91],
  [500, 0.79, 0.76, 0.91],
  [1000, 0.91, 0.9, 0.92],
  [2000, 0.98, 0.97, 0.9],
  [5000, 1, 1, 0.89],
  [10000, 1, 1, 0.9],
];
/** Environments, positions, then distance and share of exact graphs. */
const earlierPeeled: readonly (readonly number[])[] = [
  [500, 2, 0.71, 0.12],
  [2000, 2, 0.33, 0.43],
  [4000, 2, 0.21, 0.66],
  [8000, 2, 0.09, 0.87],
  [10000, 2, 0.12, 0.85],
];
const earlierAllPairs: readonly (readonly number[])[] = [
  [500, 2, 0.3, 0.52],
  [2000, 2, 0.04, 0.93],
  [4000, 2, 0.002, 0.99],
  [8000, 2, 0, 1],
  [10000, 2, 0, 1],
  [500, 5, 0.03, 0.94],
  [1000, 5, 0, 1],
  [100, 10, 0.07, 0.88],
  [300, 10, 0.003, 0.99],
  [1000, 10, 0, 1],
  [100, 20, 0.03, 0.95],
  [300, 20, 0, 1],
];
/** Positions, then size of the clustered and of the pooled test, at 300 environments. */
const earlierSize: readonly (readonly number[])[] = [
  [2, 0.057, 0.067],
  [5, 0.041, 0.222],
  [10, 0.054, 0.543],
  [20, 0.045, 0.781],
];

function earlierOf({ study, environments, positions }: DoFinettiPart): Earlier {
  if (study === 'size') {
    const [, clustered, pooled] = earlierSize.find(([n]) => n === positions) ?? [];
    return { ...(clustered !== undefined && { clustered }), ...(pooled !== undefined && { pooled }) };
  }
  if (study === 'graphs') {
    const at = (rows: readonly (readonly number[])[]): readonly number[] =>
      rows.find(([e, n]) => e === environments && n === positions) ?? [];
    const [, , paperDistance, paperExact] = at(earlierPeeled);
    const [, , distance, exact] = at(earlierAllPairs);
    return {
      exact: { ...(paperExact !== undefined && { doFinetti: paperExact }), ...(exact !== undefined && { allPairs: exact }) },
      distance: { ...(paperDistance !== undefined && { doFinetti: paperDistance }), ...(distance !== undefined && { allPairs: distance }) },
    };
  }
  const errors = earlierErrors.find(([e]) => e === environments);
  const rule = earlierRule.find(([e]) => e === environments)?.slice(1);
  return {
    ...(errors !== undefined && {
      errors: {
        doFinetti: errors[1] as number,
        doFinettiTrue: errors[2] as number,
        independentTrue: errors[3] as number,
        independent: errors[4] as number,
      },
    }),
    ...(rule !== undefined && { exact: { doFinetti: rule.reduce((sum, one) => sum + one, 0) / rule.length } }),
  };
}

/** What the figures must show; of points that have two repetitions or more. */
export function doFinettiChecks(points: readonly DoFinettiPoint[]): DoFinettiCheck[] {
  const at = (study: DoFinettiSettings['study'], environments: number, positions: number): DoFinettiPoint | undefined =>
    points.find((one) => one.study === study && one.environments === environments && one.positions === positions && one.done > 1);
  const checks: DoFinettiCheck[] = [];
  const check = (what: string, found: Average | undefined, least: number | undefined, most?: number): void => {
    if (found === undefined) return;
    const { mean: value, standardError } = found;
    const short = Math.max(least === undefined ? 0 : least - value, most === undefined ? 0 : value - most);
    const state = short <= 0 ? 'met' : short <= 2 * standardError ? 'chance' : 'missed';
    checks.push({ what, value, standardError, ...(least !== undefined && { least }), ...(most !== undefined && { most }), state });
  };
  const last = at('figure', 10000, 2)?.errors;
  check('error, 10,000 environments', last?.doFinettiTrue, undefined, 9.5e-6);
  check('the same, i.i.d.', last?.independentTrue, 4e-4, 4.9e-4);
  for (const [environments, positions, least] of [
    [2000, 2, 0.9],
    [4000, 2, 0.99],
    [300, 10, 0.95],
  ] as const)
    check(`graphs, ${environments} environments of ${positions}`, at('graphs', environments, positions)?.exact?.allPairs, least);
  for (const [environments, positions] of sizes)
    check(`size, ${environments} environments of ${positions}`, at('size', environments, positions)?.clustered, 0.04, 0.06);
  return checks;
}
