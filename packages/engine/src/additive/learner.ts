import type { Columns } from '../data/features.ts';
import { numberOf } from '../data/level.ts';
import { log } from '../math/elementary.ts';
import { Random } from '../math/random.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { drawsPredictor } from './bootstrap.ts';
import { regimeKey } from './design.ts';
import type { Setting } from './gather.ts';
import type { Learner, Trained } from './model.ts';
import type { Prediction, Predictor } from './predict.ts';
import { columnsOfPoints, type TargetPoint } from './targets.ts';

interface Records {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly weights?: Float64Array;
}

export interface LearnerFit {
  readonly predictor: Predictor;
  /** Per regime: records and mean squared error on the fifth of the records that each of five fits left out. */
  readonly regimes: readonly { readonly records: number; readonly predictionError: number }[];
}

const folds = 5;

/**
 * One regression per regime, combined by the weights of the plan; errors by refits to records drawn with replacement within each regime.
 * Issues: `exact-records` (probabilities are no records).
 */
export async function fitLearner(
  setting: Setting,
  learner: Learner,
  {
    draws = 50,
    seed = 0,
    level = 0.95,
    errors = true,
    ...run
  }: { readonly draws?: number; readonly seed?: number; readonly level?: number; readonly errors?: boolean } & RunOptions,
): Promise<Result<LearnerFit>> {
  const exact = setting.studies.flat().find(({ size }) => !Number.isFinite(size));
  if (exact)
    return failure({
      code: 'exact-records',
      message: `Study ${exact.name} has probabilities in place of records; ${learner.name} needs records.`,
    });
  const records: Records[] = [];
  for (let r = 0; r < setting.keys.length; r++) records.push(await recordsOf(setting, r));
  const width = setting.predictors.length;
  const step = async (done: number, total: number): Promise<void> => {
    run.onProgress?.({ task: learner.name, done, total });
    await run.pause?.();
    if (run.signal?.aborted) throw new Interrupted();
  };
  const fits = records.length * (1 + folds) + (errors ? draws * records.length : 0);
  let done = 0;
  const trainOn = async (own: Records, rows: readonly number[] | Int32Array): Promise<Trained> => {
    const some = pick(own, rows, width);
    const trained = await learner.fit(some.x, some.y, some.weights);
    done += 1;
    await step(done, fits);
    return trained;
  };
  const trained: Trained[] = [];
  const regimes: LearnerFit['regimes'][number][] = [];
  for (const own of records) {
    const all = Int32Array.from({ length: own.y.length }, (_, i) => i);
    trained.push(await trainOn(own, all));
    let squares = 0;
    for (let fold = 0; fold < folds && all.length >= 2 * folds; fold++) {
      const fitted = await trainOn(
        own,
        all.filter((i) => i % folds !== fold),
      );
      const held = pick(
        own,
        all.filter((i) => i % folds === fold),
        width,
      );
      const predicted = fitted.predict(held.x);
      for (let i = 0; i < predicted.length; i++) squares += ((held.y[i] as number) - (predicted[i] as number)) ** 2;
    }
    regimes.push({ records: all.length, predictionError: all.length >= 2 * folds ? squares / all.length : Number.NaN });
  }
  const drawn: Trained[][] = [];
  for (let draw = 0; errors && draw < draws; draw++) {
    const row: Trained[] = [];
    for (const [r, own] of records.entries()) {
      const random = new Random(seed, 'learner', draw, r);
      row.push(
        await trainOn(
          own,
          Int32Array.from(own.y, () => random.integer(own.y.length)),
        ),
      );
    }
    drawn.push(row);
  }
  const answerOf = (models: readonly Trained[], combination: readonly TargetPoint[]): Prediction => {
    const read = columnsOfPoints(
      setting,
      combination.map(({ at }) => at),
      false,
    );
    if ('issue' in read) return { value: Number.NaN, standardError: Number.NaN, issue: read.issue };
    const x = rowsOf(setting, read.columns);
    let value = 0;
    const predicted = models.map((model) => model.predict(x));
    for (const [i, { weight, plan }] of combination.entries())
      for (const [k, { set }] of plan.regimes.entries()) {
        const share = plan.weights[k] as number;
        if (share !== 0) value += weight * share * ((predicted[setting.keys.indexOf(regimeKey(set))] as Float64Array)[i] as number);
      }
    return { value, standardError: Number.NaN };
  };
  const centre: Predictor['predict'] = (combinations) => combinations.map((combination) => answerOf(trained, combination));
  const predictor = drawsPredictor(
    centre,
    (combinations) =>
      combinations.map((combination) =>
        drawn.length < 2 ? undefined : Float64Array.from(drawn, (models) => answerOf(models, combination).value),
      ),
    level,
  );
  return success({ predictor, regimes });
}

/** All records of a regime, its studies one after another. */
async function recordsOf(setting: Setting, regime: number): Promise<Records> {
  const parts: { readonly x: Float64Array; readonly y: Float64Array; readonly weights: Float64Array | undefined }[] = [];
  const names = [...setting.actions, ...setting.covariates, setting.outcome];
  for (const study of setting.studies[regime] ?? [])
    for await (const batch of study.columns(names)) {
      const outcome = numbersOf(setting, setting.outcome, batch);
      parts.push({
        x: rowsOf(setting, batch),
        y: setting.log ? outcome.map(log) : outcome,
        weights: batch.weights?.map((weight) => weight),
      });
    }
  const weighted = parts.some(({ weights }) => weights);
  const all: Records = {
    x: joined(parts.map(({ x }) => x)),
    y: joined(parts.map(({ y }) => y)),
    ...(weighted && { weights: joined(parts.map(({ weights, y }) => weights ?? new Float64Array(y.length).fill(1))) }),
  };
  const size = (setting.studies[regime] ?? []).reduce((total, study) => total + study.size, 0);
  if (!all.weights || size <= all.y.length) return all;
  // Counts of equal records: each gets a row of its own.
  const rows = Array.from(all.weights).flatMap((count, row) => new Array<number>(Math.round(count)).fill(row));
  return pick({ x: all.x, y: all.y }, rows, setting.predictors.length);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function pick({ x, y, weights }: Records, rows: ArrayLike<number>, width: number): Records {
  const own = new Float64Array(rows.length * width);
  const outcome = new Float64Array(rows.length);
  const kept = weights && new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i] as number;
    own.set(x.subarray(from * width, (from + 1) * width), i * width);
    outcome[i] = y[from] as number;
    if (kept && weights) kept[i] = weights[from] as number;
  }
  return { x: own, y: outcome, ...(kept && { weights: kept }) };
}

function numbersOf(setting: Setting, name: string, { numbers, codes }: Columns): Float64Array {
  const column = numbers.get(name);
  if (column) return column.slice();
  const domain = setting.domains.get(name);
  const spelled = domain?.kind === 'finite' ? domain.levels.map(numberOf) : [];
  const coded = spelled.some(Number.isNaN);
  return Float64Array.from(codes.get(name) as Int32Array, (code) => (coded ? code : (spelled[code] as number)));
}

function rowsOf(setting: Setting, batch: Columns): Float64Array {
  const width = setting.predictors.length;
  const out = new Float64Array(batch.length * width);
  for (const [k, { name }] of setting.predictors.entries()) {
    const column = numbersOf(setting, name, batch);
    for (let i = 0; i < batch.length; i++) out[i * width + k] = column[i] as number;
  }
  return out;
}
