import type { Columns } from '../data/features.ts';
import type { Name } from '../graph/variable.ts';
import { exp } from '../math/elementary.ts';
import type { RunOptions } from '../run/progress.ts';
import { type Cell, cellsOf, controlOf } from './cells.ts';
import type { Entries } from './design.ts';
import { type RegimeSums, type Setting, setOf, settingOf } from './gather.ts';
import type { AdditiveModel } from './model.ts';
import { addFunctional, openComponents } from './pooled.ts';
import { dot } from './predict.ts';
import { weigh } from './regimes.ts';
import { sampleOf } from './sample.ts';
import { pointReader } from './targets.ts';
import type { AdditivePlan } from './terms.ts';
import { type TestingFit, testingFit } from './testing.ts';
import { type Wald, waldFrom, waldOf } from './wald.ts';

/** How well measured combinations are predicted from the rest. In units of the outcome on both scales. */
export interface Score {
  /** Root mean square of prediction minus measured mean. */
  readonly rmse: number;
  /** Mean of prediction minus measured mean. */
  readonly deviation: number;
  /** Of `rmse` squared, what sampling error accounts for. */
  readonly noise: number;
  /** Root mean square of measured mean minus the mean without treatment (or of the other regimes): what there was to predict. */
  readonly effect: number;
  /** That predictions and measured means agree, at all points and on average (on the scale where effects add up). */
  readonly tests: readonly Wald[];
}

export interface HoldOut {
  /** What was predicted, in words. */
  readonly what: string;
  readonly points: number;
  /** Cell by cell of a trial that sets all actions. */
  readonly cells: boolean;
  readonly raw?: Score;
  readonly log?: Score;
}

/** Predicts every measured combination from the rest: regimes that set several blocks, and combinations in trials that set all actions. */
export async function holdOuts(setting: Setting, plan: AdditivePlan, fit: TestingFit | undefined, options: RunOptions): Promise<HoldOut[]> {
  const made: HoldOut[] = [];
  for (const [r, key] of setting.keys.entries()) {
    const set = setOf(setting, r);
    if (blocksOf(plan, set).length < 2) continue;
    if (set.length === setting.actions.length && setting.covariates.length === 0) {
      const cells = await cellsOf(setting, r, options);
      const found = cells && holdOutCells(setting, plan, cells);
      if (found !== undefined) made.push(found);
    }
    const found = fit && (await holdOutRegime(setting, plan, fit, key, r, options));
    if (found !== undefined) made.push(found);
  }
  return made;
}

const blocksOf = ({ assumption: { blocks } }: AdditivePlan, set: readonly Name[]): number[] =>
  blocks.flatMap((block, b) => (block.some((name) => set.includes(name)) ? [b] : []));

interface Predicted {
  /** Measured combination, single treatments, control: places of cells, with what the prediction minus the measured mean counts them. */
  readonly parts: readonly { readonly cell: number; readonly weight: number }[];
  readonly cell: number;
}

/** Control plus the effects of single treatments, against the cells where several blocks are treated. */
function holdOutCells(setting: Setting, plan: AdditivePlan, cells: readonly Cell[]): HoldOut | undefined {
  const { actions } = setting;
  const control = controlOf(setting, cells);
  const places = new Map(cells.map(({ values }, i) => [JSON.stringify(values), i]));
  const none = places.get(JSON.stringify(control));
  if (none === undefined) return undefined;
  const predicted = cells.flatMap(({ values }, cell): Predicted[] => {
    const treated = plan.assumption.blocks.filter((block) => block.some((name) => differs(actions.indexOf(name))));
    function differs(k: number): boolean {
      return values[k] !== control[k];
    }
    if (treated.length < 2) return [];
    const singles = treated.map((block) =>
      places.get(JSON.stringify(values.map((value, k) => (block.includes(actions[k] as Name) ? value : control[k])))),
    );
    if (singles.includes(undefined)) return [];
    return [
      {
        cell,
        parts: [
          { cell, weight: -1 },
          { cell: none, weight: 1 - treated.length },
          ...singles.map((single) => ({ cell: single as number, weight: 1 })),
        ],
      },
    ];
  });
  if (predicted.length === 0) return undefined;
  const score = (scale: 'raw' | 'log'): Score | undefined => {
    const tallies = cells.map((cell) => cell[scale]);
    if (tallies.some(({ mean }) => Number.isNaN(mean))) return undefined;
    const exact = setting.studies.flat().every(({ size }) => !Number.isFinite(size));
    const degrees = tallies.reduce((sum, { records }) => sum + records - 1, 0);
    const variance = exact ? 0 : degrees > 0.5 ? tallies.reduce((sum, { squares }) => sum + squares, 0) / degrees : Number.NaN;
    const size = predicted.length;
    const covariance = new Float64Array(size * size);
    for (const [i, { parts }] of predicted.entries())
      for (const [j, other] of predicted.entries())
        for (const one of parts)
          for (const two of other.parts)
            if (one.cell === two.cell)
              covariance[i * size + j] =
                (covariance[i * size + j] as number) + (one.weight * two.weight * variance) / (tallies[one.cell]?.records as number);
    const gaps = Float64Array.from(predicted, ({ parts }) =>
      parts.reduce((sum, { cell, weight }) => sum + weight * (tallies[cell]?.mean as number), 0),
    );
    const back = scale === 'log' ? exp : (value: number): number => value;
    const own = predicted.map(({ cell }) => tallies[cell]?.mean as number);
    const all = waldFrom(gaps, [covariance], [degrees], true);
    const average = waldFrom(Float64Array.of(mean(gaps)), [Float64Array.of(mean(covariance))], [degrees], true);
    return {
      ...compare(
        own.map((value, i) => back(value + (gaps[i] as number))),
        own.map(back),
        back(tallies[none]?.mean as number),
      ),
      noise: Number.isNaN(variance)
        ? 0
        : mean(own.map((value, i) => (covariance[i * size + i] as number) * (scale === 'log' ? exp(value) ** 2 : 1))),
      tests: [all, average].flatMap((test) => test ?? []),
    };
  };
  return finish('combinations of treatments, from control and single treatments', predicted.length, true, score('raw'), score('log'));
}

/** Points at which a regime is compared with the others. */
const enough = 300;

/** The mean of a regime that sets several blocks, from the means of the others, at its own records. */
async function holdOutRegime(
  setting: Setting,
  plan: AdditivePlan,
  fit: TestingFit,
  key: string,
  r: number,
  options: RunOptions,
): Promise<HoldOut | undefined> {
  const rest = plan.regimes.filter(({ set }) => [...set].sort().join('\n') !== key);
  const own = plan.regimes.find(({ set }) => [...set].sort().join('\n') === key);
  const found = weigh(
    rest.map(({ vector }) => vector),
    own?.vector ?? [],
  );
  if (own === undefined || !found.found) return undefined;
  const weights = plan.regimes.map((regime) => {
    const at = rest.indexOf(regime);
    const weight = found.least[at];
    return weight === undefined ? 0 : Number(weight.above) / Number(weight.below);
  });
  const sample = await sampleOf(setting, r, enough, options);
  const other = await otherScale(setting, options);
  const score = (one: TestingFit): Score | undefined => scoreRegime(one.model, { ...plan, weights }, r, sample);
  const [here, there] = [score(fit), other && score(other)];
  const [raw, log] = setting.log ? [there, here] : [here, there];
  return finish(`the mean under do(${own.set.join(', ')}), from the other regimes`, sample.length, false, raw, log);
}

async function otherScale(setting: Setting, options: RunOptions): Promise<TestingFit | undefined> {
  const plans = setting.plans.map((plan) => ({ ...plan, assumption: { ...plan.assumption, log: !setting.log } }));
  const read = await settingOf(plans, setting.studies.flat());
  return read.ok ? testingFit(read.value, undefined, options) : undefined;
}

function scoreRegime(model: AdditiveModel, plan: AdditivePlan, r: number, sample: Columns): Score | undefined {
  const { design, solution, features, regimes, scale, center, setting } = model;
  const others = design.target(plan);
  const own = design.regimes[r] as Entries;
  const size = features.length;
  if (others === undefined) return undefined;
  const gapOf = (values: ArrayLike<number>): Float64Array => {
    const functional = new Float64Array(design.parameters);
    addFunctional(others, values, 1, functional);
    addFunctional(own, values, -1, functional);
    return functional;
  };
  const all = pointReader(setting, features)(sample);
  const points = Array.from({ length: sample.length }, (_, i) => all.subarray(i * size, (i + 1) * size)).filter(
    (values) => openComponents(solution, gapOf(values)).length === 0,
  );
  if (points.length === 0) return undefined;
  const back = (value: number): number => (setting.log ? exp(center + scale * value) : center + scale * value);
  const ownAt = (values: ArrayLike<number>): number => {
    const functional = new Float64Array(design.parameters);
    addFunctional(own, values, 1, functional);
    return dot(functional, solution.theta);
  };
  const measured = points.map(ownAt);
  const predicted = points.map((values, i) => (measured[i] as number) + dot(gapOf(values), solution.theta));
  const rest = regimes.filter((_, other) => other !== r);
  const reference = sumOf(rest, ({ cross }) => cross[0] as number) / sumOf(rest, ({ weight }) => weight);
  const { square, weight } = regimes[r] as RegimeSums;
  const units = Array.from({ length: size }, (_, f) => Float64Array.from({ length: size }, (__, g) => (f === g ? 1 : 0)));
  const coefficients = waldOf(model, units.map(gapOf));
  const average = waldOf(model, [gapOf(square.subarray(0, size).map((entry) => entry / weight))]);
  return {
    ...compare(predicted.map(back), measured.map(back), back(reference)),
    noise: 0,
    tests: [coefficients, average].flatMap((test) => test ?? []),
  };
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const sumOf = <T>(list: readonly T[], of: (one: T) => number): number => list.reduce((sum, one) => sum + of(one), 0);

function compare(
  predicted: readonly number[],
  measured: readonly number[],
  reference: number,
): Pick<Score, 'rmse' | 'deviation' | 'effect'> {
  return {
    rmse: Math.sqrt(mean(predicted.map((value, i) => (value - (measured[i] as number)) ** 2))),
    deviation: mean(predicted.map((value, i) => value - (measured[i] as number))),
    effect: Math.sqrt(mean(measured.map((value) => (value - reference) ** 2))),
  };
}

const finish = (what: string, points: number, cells: boolean, raw: Score | undefined, log: Score | undefined): HoldOut => ({
  what,
  points,
  cells,
  ...(raw && { raw }),
  ...(log && { log }),
});
