import { type Estimator, estimators, type FigureModel, type FigureSettings } from './additive-figure.ts';
import type { ArrowReading, NoiseReading } from './additive-scm.ts';

/** Mean over models and its standard error. */
export interface Average {
  readonly mean: number;
  readonly standardError: number;
}

export interface EstimatorSummary {
  readonly noisy: Average;
  readonly truth: Average;
  readonly slopes?: { readonly rms: Average; readonly most: Average };
}

/** What an experiment must show: a ratio of two mean errors. */
export interface FigureCheck {
  readonly what:
    | 'direct to topline, noisy'
    | 'direct to observational, truth'
    | 'restricted to observational, truth'
    | 'restricted to direct, truth'
    | 'restricted to direct, slopes';
  readonly ratio: number;
  readonly most: number;
  readonly met: boolean;
}

export interface FigureSummary {
  readonly models: number;
  readonly noise: Average;
  readonly estimators: Readonly<Record<Estimator, EstimatorSummary>>;
  readonly checks: readonly FigureCheck[];
}

export function average(values: readonly number[]): Average {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares / (values.length - 1) / values.length) };
}

/** Averages over the models of one setting, and how they stand to the published claim: NaN where there are too few. */
export function summariseFigure(models: readonly FigureModel[]): FigureSummary {
  const over = (of: (model: FigureModel) => number | undefined): Average => average(models.flatMap((model) => of(model) ?? []));
  const linear = models.some(({ errors }) => errors.direct.slopes !== undefined);
  const summaries = Object.fromEntries(
    estimators.map((name): [Estimator, EstimatorSummary] => [
      name,
      {
        noisy: over(({ errors }) => errors[name].noisy),
        truth: over(({ errors }) => errors[name].truth),
        ...(linear && {
          slopes: { rms: over(({ errors }) => errors[name].slopes?.rms), most: over(({ errors }) => errors[name].slopes?.most) },
        }),
      },
    ]),
  ) as Record<Estimator, EstimatorSummary>;
  const { direct, restricted, topline, observational } = summaries;
  const check = (what: FigureCheck['what'], one: Average, other: Average, most: number): FigureCheck => {
    const ratio = one.mean / other.mean;
    return { what, ratio, most, met: ratio <= most };
  };
  return {
    models: models.length,
    noise: over(({ noise }) => noise),
    estimators: summaries,
    checks: [
      check('direct to topline, noisy', direct.noisy, topline.noisy, 1.02),
      check('direct to observational, truth', direct.truth, observational.truth, 0.15),
      check('restricted to observational, truth', restricted.truth, observational.truth, 0.15),
      check('restricted to direct, truth', restricted.truth, direct.truth, 0.6),
      ...(direct.slopes !== undefined && restricted.slopes !== undefined
        ? [check('restricted to direct, slopes', restricted.slopes.rms, direct.slopes.rms, 0.6)]
        : []),
    ],
  };
}

/** The readings of "lognormal with zero mean and standard deviation sigma", by the two of the arrows between actions. */
export const readings: readonly { readonly noise: NoiseReading; readonly arrows: ArrowReading }[] = (
  ['log-scale', 'centred', 'standardised'] as const
).flatMap((noise) => (['code', 'text'] as const).map((arrows) => ({ noise, arrows })));

/** Equal records of each regime. */
export const figureSettings = (seed: number, models: FigureSettings['models'], records: number): FigureSettings => ({
  seed,
  models,
  records: { observational: records, single: records, joint: records },
});

/** `total` records spread evenly over the watched and the single regimes, and as many of joint interventions for the topline. */
export function convergenceSettings(seed: number, total: number, actions = 5): FigureSettings {
  const single = Math.floor(total / (actions + 1));
  return { seed, models: 'polynomial', records: { observational: total - actions * single, single, joint: total } };
}

/** `ratio` records of each single regime to one watched, `each` a regime on average. */
export function ratioSettings(seed: number, ratio: number, each: number, actions = 5): FigureSettings {
  const observational = Math.floor(((actions + 1) * each) / (actions * ratio + 1));
  return { seed, models: 'polynomial', records: { observational, single: Math.floor(ratio * observational), joint: each } };
}

/** One setting of the reproduction: a reading of the figure, the polynomial models, or a point of a study on them. */
export interface FigurePart {
  readonly study: 'figure' | 'polynomial' | 'convergence' | 'ratio';
  /** Records in all (convergence), single to watched (ratio). */
  readonly at?: number;
  readonly models: number;
  readonly settings: FigureSettings;
}

/** Figure 2 of the paper: models, records of each regime; of the polynomial models: records of each regime. */
const whole = { models: 100, records: 100_000, each: 10_000, totals: [1000, 10_000, 100_000, 1_000_000] };
const look = { models: 8, records: 20_000, each: 10_000, totals: [1000, 10_000, 100_000] };
const ratios = { whole: [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 2, 5, 10], look: [0.1, 0.5, 1, 5] };

/** All of it: 100 models and 100,000 records of each regime, or a first look. The later version's largest total, 10^7, is left out. */
export function figureParts(seed: number, full: boolean, models = (full ? whole : look).models): FigurePart[] {
  const size = full ? whole : look;
  return [
    ...readings.map((reading): FigurePart => ({ study: 'figure', models, settings: figureSettings(seed, reading, size.records) })),
    { study: 'polynomial', models, settings: figureSettings(seed, 'polynomial', size.each) },
    ...size.totals.map((at): FigurePart => ({ study: 'convergence', at, models, settings: convergenceSettings(seed, at) })),
    ...ratios[full ? 'whole' : 'look'].map(
      (at): FigurePart => ({ study: 'ratio', at, models, settings: ratioSettings(seed, at, size.each) }),
    ),
  ];
}
