/** Which data a case of the benchmark uses: observational, interventional (the randomised trial), or both. */
export type Data = 'O' | 'I' | 'O+I';
export const allData: readonly Data[] = ['O', 'I', 'O+I'];

export type Interval = readonly [number, number];

/** Values that models attain, and values outside which nothing lies; closed to 1e-6 the interval is exact. */
export interface Sides {
  readonly inner: Interval;
  readonly outer: Interval;
}

export interface EmccAt {
  /** Restarts that counted (converged), of the first `runs`. */
  readonly runs: number;
  readonly converged: number;
  readonly interval: Interval;
  /** After class-extreme evaluation. */
  readonly widened?: Interval;
  /** P_0.1 as the paper's formula claims it. */
  readonly claimed?: number;
}

export interface BenchmarkCase {
  /** At the fit of these data alone. Absent, as `atJointFit`, where a component has several exogenous variables. */
  readonly exact?: Sides;
  /** The same query where both studies are taken at their joint fit: compatible to the last digit. */
  readonly atJointFit?: Sides;
  /** For 10, 20, ... restarts. */
  readonly emcc: readonly EmccAt[];
}

/** One model of the benchmark of section 6.2, as plain data. */
export interface BenchmarkModel {
  readonly index: number;
  /** Of the random graph; endogenous variables; exogenous variables. */
  readonly nodes: number;
  readonly variables: number;
  readonly causes: number;
  /** Every component that the query uses has one exogenous variable. */
  readonly single: boolean;
  /** Observed and randomised records. */
  readonly records: readonly [number, number];
  /** Models drawn for this place and passed over, by reason. */
  readonly passed: { readonly incompatible: number; readonly identified: number; readonly tooLarge: number };
  /** PNS(V1 -> Vn) of the model that made the data. */
  readonly truth: number;
  /** Log-likelihood that the joint fit of both studies loses against their separate tables, in nats. */
  readonly gap: number;
  readonly cases: Readonly<Record<Data, BenchmarkCase>>;
}

/** 1 - L(O+I) / L(I): what observational data add (the paper: 13 %); 1 - L(O+I) / L(O): what the trial adds (the paper: 18 %). */
export interface Shrunk {
  readonly byObserving: number;
  readonly byRandomising: number;
}

export interface Shrink {
  readonly models: number;
  readonly mean: Shrunk;
  readonly median: Shrunk;
}

export interface Containment {
  /** O+I intervals inside the interval of O and of I, to 1e-6. */
  readonly contained: number;
  readonly of: number;
  /** Largest part that sticks out. */
  readonly worst: number;
}

/** What `runs` restarts reached, over all three kinds of data and all models whose exact interval is known. */
export interface EmccQuality {
  readonly runs: number;
  readonly intervals: number;
  /** Mean of reached over exact width. */
  readonly width: number;
  /** The same after class-extreme evaluation. */
  readonly widened: number;
  /** Mean of P_0.1 as claimed. */
  readonly claimed: number;
  /** Share of exact intervals inside the reached one, widened by 10 % of its length at each end. */
  readonly covered: number;
}

export interface BenchmarkSummary {
  readonly models: number;
  /** Models with one exogenous variable in every component that the query uses. */
  readonly single: number;
  /** Of these, models whose intervals are closed to 1e-6 for all three kinds of data. */
  readonly exact: number;
  readonly shrink: { readonly atJointFit: Shrink; readonly atOwnFit: Shrink; readonly emcc: Shrink };
  readonly containment: { readonly atJointFit: Containment; readonly atOwnFit: Containment; readonly emcc: Containment };
  /** Models whose own value lies in the O+I interval (outer side; the fit carries sampling error), of the single ones. */
  readonly truthInside: number;
  readonly emcc: readonly EmccQuality[];
  /** Models whose data were enlarged until they were compatible. */
  readonly grown: number;
  readonly passed: BenchmarkModel['passed'];
}

const closed = 1e-6;
const width = ([low, high]: Interval): number => high - low;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] as number) : ((sorted[half - 1] ?? Number.NaN) + (sorted[half] ?? Number.NaN)) / 2;
}

export const isExact = (sides: Sides | undefined): sides is Sides =>
  sides !== undefined && sides.inner[0] - sides.outer[0] <= closed && sides.outer[1] - sides.inner[1] <= closed;

/** Averages of the benchmark; NaN where there is nothing to average. */
export function summarise(models: readonly BenchmarkModel[]): BenchmarkSummary {
  const single = models.filter((model) => model.single);
  const exact = single.filter(({ cases }) => allData.every((data) => isExact(cases[data].exact) && isExact(cases[data].atJointFit)));
  const last = (one: BenchmarkCase): Interval | undefined => one.emcc.at(-1)?.interval;
  const counts = new Set(models.flatMap(({ cases }) => allData.flatMap((data) => cases[data].emcc.map(({ runs }) => runs))));
  return {
    models: models.length,
    single: single.length,
    exact: exact.length,
    shrink: {
      atJointFit: shrinkOf(exact, ({ atJointFit }) => atJointFit?.inner),
      atOwnFit: shrinkOf(exact, (one) => one.exact?.inner),
      emcc: shrinkOf(models, last),
    },
    containment: {
      atJointFit: containmentOf(models, ({ atJointFit }) => [atJointFit?.inner, atJointFit?.outer]),
      atOwnFit: containmentOf(models, (one) => [one.exact?.inner, one.exact?.outer]),
      emcc: containmentOf(models, (one) => [last(one), last(one)]),
    },
    truthInside: single.filter(({ truth, cases }) => {
      const outer = cases['O+I'].exact?.outer;
      return outer !== undefined && stickingOut([truth, truth], outer) <= closed;
    }).length,
    emcc: [...counts].sort((a, b) => a - b).map((runs) => qualityAt(models, runs)),
    grown: models.filter(({ records }) => records[0] > 1000).length,
    passed: {
      incompatible: total(models, ({ passed }) => passed.incompatible),
      identified: total(models, ({ passed }) => passed.identified),
      tooLarge: total(models, ({ passed }) => passed.tooLarge),
    },
  };
}

const total = (models: readonly BenchmarkModel[], of: (model: BenchmarkModel) => number): number =>
  models.reduce((sum, model) => sum + of(model), 0);

/** Over the models whose interval has a width with every kind of data. */
function shrinkOf(models: readonly BenchmarkModel[], of: (one: BenchmarkCase) => Interval | undefined): Shrink {
  const shrunk = models.flatMap(({ cases }): Shrunk[] => {
    const [O, I, both] = [of(cases.O), of(cases.I), of(cases['O+I'])];
    if (O === undefined || I === undefined || both === undefined || !(width(O) > closed && width(I) > closed)) return [];
    return [{ byObserving: 1 - width(both) / width(I), byRandomising: 1 - width(both) / width(O) }];
  });
  const average = (by: (values: readonly number[]) => number): Shrunk => ({
    byObserving: by(shrunk.map(({ byObserving }) => byObserving)),
    byRandomising: by(shrunk.map(({ byRandomising }) => byRandomising)),
  });
  return { models: shrunk.length, mean: average(mean), median: average(median) };
}

/** Values that models attain with both studies against values outside which nothing lies with one of them. */
function containmentOf(
  models: readonly BenchmarkModel[],
  of: (one: BenchmarkCase) => readonly [inner: Interval | undefined, outer: Interval | undefined],
): Containment {
  let [contained, all, worst] = [0, 0, 0];
  for (const { cases } of models) {
    const [both] = of(cases['O+I']);
    const alone = [of(cases.O)[1], of(cases.I)[1]];
    if (both === undefined || alone.includes(undefined)) continue;
    const out = Math.max(...alone.map((one) => stickingOut(both, one as Interval)));
    all += 1;
    if (out <= closed) contained += 1;
    worst = Math.max(worst, out);
  }
  return { contained, of: all, worst };
}

const stickingOut = (inside: Interval, outside: Interval): number => Math.max(0, outside[0] - inside[0], inside[1] - outside[1]);

function qualityAt(models: readonly BenchmarkModel[], runs: number): EmccQuality {
  const found = models.flatMap(({ cases }) =>
    allData.flatMap((data) => {
      const { exact, emcc } = cases[data];
      const at = emcc.find((entry) => entry.runs === runs);
      // Values reached must not be held against an interval of no width.
      return at === undefined || !isExact(exact) || !(width(exact.inner) > closed) ? [] : [{ exact: exact.inner, at }];
    }),
  );
  return {
    runs,
    intervals: found.length,
    width: mean(found.map(({ exact, at }) => Math.min(1, width(at.interval) / width(exact)))),
    widened: mean(found.map(({ exact, at }) => Math.min(1, width(at.widened ?? at.interval) / width(exact)))),
    claimed: mean(found.flatMap(({ at }) => (at.claimed === undefined ? [] : [at.claimed]))),
    covered: mean(found.map(({ exact, at }) => (covers(at.interval, exact) ? 1 : 0))),
  };
}

/** The claim of P_0.1: the interval with 10 % of its length added at each end covers the exact one. */
export function covers([low, high]: Interval, exact: Interval): boolean {
  const room = 0.1 * (high - low) + closed;
  return low - room <= exact[0] && exact[1] <= high + room;
}
