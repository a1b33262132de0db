import { type Columns, featureWriter } from '../data/features.ts';
import { blockRecords, gram } from '../data/gram.ts';
import type { Feature } from '../data/moments.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import type { Design, Entries } from './design.ts';
import { queryOf, type RegimeSums, type Setting } from './gather.ts';
import { addFunctional, coefficientsOf, influenceOf, type Penalty, type Solution } from './pooled.ts';

/** What the records of one regime add to the sandwich. */
export interface RegimeMeat {
  /** Sum over records of (u e)^2 / (1 - h)^2 f f', features x features. */
  readonly square: Float64Array;
  /** Sum of leverages: how many parameters the regime pays for. */
  readonly leverage: number;
  /** Records that alone determine a parameter (leverage 1): the residual variance of the regime stands for their squared residual. */
  readonly alone: number;
}

const numericallyOne = 1e-8;

/**
 * One more pass over the records: squared residuals with leverages (HC3 of MacKinnon and White 1985). h = w u f' E A^- E' f.
 * `residualVariances`: per regime, for records of leverage 1 (NaN: unknown).
 */
export async function meatOf(
  setting: Setting,
  features: readonly Feature[],
  design: Design,
  solution: Solution,
  regimes: readonly RegimeSums[],
  weights: ArrayLike<number>,
  residualVariances: ArrayLike<number>,
  { signal, onProgress, pause }: RunOptions = {},
): Promise<RegimeMeat[]> {
  const size = features.length;
  const query = queryOf(setting, features);
  const names = [...setting.actions, ...setting.covariates, setting.outcome];
  const write = featureWriter(query, setting.domains);
  const total = regimes.reduce((sum, { rows, exact }) => sum + (exact ? 0 : rows), 0);
  let done = 0;
  const made: RegimeMeat[] = [];
  for (const [r, { parts, exact }] of regimes.entries()) {
    const entries = design.regimes[r] as Entries;
    const coefficients = coefficientsOf(entries, size, solution.theta);
    const hat = exact ? new Float64Array(size * size) : hatOf(design, solution, entries);
    const sums = gram(size + 1);
    const own = { leverage: 0, alone: 0 };
    const scores = new Float64Array(blockRecords);
    const h = new Float64Array(blockRecords);
    const turned = new Float64Array(blockRecords);
    for (const { study, unit, weights: kind } of parts) {
      if (kind === 'exact') continue;
      for await (const batch of study.columns(names)) {
        for (let from = 0; from < batch.length; from += blockRecords) {
          const part = sliceColumns(batch, from, Math.min(batch.length, from + blockRecords));
          const { length } = part;
          const f = sums.block;
          write(part, f, blockRecords, 1);
          leverages(f, hat, size, length, turned, h);
          const residuals = f.slice(size * blockRecords, size * blockRecords + length);
          for (let k = 0; k < size; k++) {
            const coefficient = coefficients[k] as number;
            if (coefficient === 0) continue;
            for (let i = 0, at = k * blockRecords; i < length; i++, at++)
              residuals[i] = (residuals[i] as number) - coefficient * (f[at] as number);
          }
          for (let i = 0; i < length; i++) {
            const e = residuals[i] as number;
            const given = part.weights ? (part.weights[i] as number) : 1;
            const u = kind === 'repeats' ? 1 : unit * given;
            const times = kind === 'repeats' ? given : 1;
            const leverage = (weights[r] as number) * u * (h[i] as number);
            own.leverage += times * leverage;
            const rest = 1 - leverage;
            if (rest > numericallyOne) scores[i] = times * ((u * e) / rest) ** 2;
            else {
              own.alone += times;
              scores[i] = times * u * (residualVariances[r] as number);
            }
          }
          sums.add(length, scores.subarray(0, length));
        }
        done += batch.length;
        onProgress?.({ task: 'standard errors', done, total });
        await pause?.();
        if (signal?.aborted) throw new Interrupted();
      }
    }
    made.push({ square: withoutLast(sums.products(), size), ...own });
  }
  return made;
}

/** E A^- E': the variance of the regime's coefficients if the weights were the inverse variances. */
export function hatOf({ features }: Design, solution: Solution, entries: Entries): Float64Array {
  const hat = new Float64Array(features * features);
  for (let f = 0; f < features; f++) {
    const functional = new Float64Array(solution.theta.length);
    const unit = new Float64Array(features);
    unit[f] = 1;
    addFunctional(entries, unit, 1, functional);
    hat.set(coefficientsOf(entries, features, influenceOf(solution, functional)), f * features);
  }
  return hat;
}

function leverages(f: Float64Array, hat: Float64Array, size: number, length: number, turned: Float64Array, h: Float64Array): void {
  h.fill(0);
  for (let i = 0; i < size; i++) {
    turned.fill(0);
    for (let j = 0; j < size; j++) {
      const entry = hat[i * size + j] as number;
      if (entry === 0) continue;
      for (let k = 0, at = j * blockRecords; k < length; k++, at++) turned[k] = (turned[k] as number) + entry * (f[at] as number);
    }
    for (let k = 0, at = i * blockRecords; k < length; k++, at++) h[k] = (h[k] as number) + (turned[k] as number) * (f[at] as number);
  }
}

function withoutLast(products: Float64Array, size: number): Float64Array {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++) out.set(products.subarray(i * (size + 1), i * (size + 1) + size), i * size);
  return out;
}

export function sliceColumns({ numbers, codes, weights }: Columns, from: number, to: number): Columns {
  return {
    length: to - from,
    numbers: new Map([...numbers].map(([name, column]) => [name, column.subarray(from, to)])),
    codes: new Map([...codes].map(([name, column]) => [name, column.subarray(from, to)])),
    ...(weights && { weights: weights.subarray(from, to) }),
  };
}

/** A functional of theta, ready for variances. */
export interface Influence {
  /** A^- c. */
  readonly u: Float64Array;
  /** Per regime w_r E_r u. */
  readonly regimes: readonly Float64Array[];
}

export function influence(design: Design, solution: Solution, weights: ArrayLike<number>, functional: Float64Array): Influence {
  const u = influenceOf(solution, functional);
  return {
    u,
    regimes: design.regimes.map((entries, r) => coefficientsOf(entries, design.features, u).map((value) => value * (weights[r] as number))),
  };
}

/**
 * Covariance of two functionals, regime by regime: sandwich of the scores. Penalties enter as prior information, so that bands of
 * penalised curves cover on average over the curve (Nychka 1988).
 */
export function covarianceParts(
  meats: readonly RegimeMeat[],
  weights: ArrayLike<number>,
  penalties: readonly Penalty[],
  a: Influence,
  b: Influence,
): number[] {
  return meats.map(({ square }, r) => {
    const left = a.regimes[r] as Float64Array;
    const right = b.regimes[r] as Float64Array;
    const penalty = penalties[r];
    const own = quadratic(square, left, right);
    return penalty ? own + quadratic(penalty, left, right) / (weights[r] as number) : own;
  });
}

export function quadratic(square: Float64Array, left: Float64Array, right: Float64Array): number {
  const size = left.length;
  let total = 0;
  for (let i = 0; i < size; i++) {
    const l = left[i] as number;
    if (l === 0) continue;
    let row = 0;
    for (let j = 0; j < size; j++) row += (square[i * size + j] as number) * (right[j] as number);
    total += l * row;
  }
  return total;
}
