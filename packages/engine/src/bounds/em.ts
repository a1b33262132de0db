import { log } from '../math/elementary.ts';

/**
 * The likelihood of one or several independent exogenous variables (*groups*), their states merged into classes that no row tells
 * apart, as plain data. A distribution is one vector over the classes of all groups, group after group. A *part* is a
 * non-negative function on the classes of one group. The probability of a row is the sum over its terms of the product of the
 * expectations of the term's parts, one part per group.
 */
export interface Likelihood {
  /** First class of each group, and the number of classes at the end. */
  readonly groups: Int32Array;
  /** First entry of each part in `classes` and `values`, and their length at the end. */
  readonly parts: Int32Array;
  readonly classes: Int32Array;
  readonly values: Float64Array;
  /** First term of each row, and the number of terms at the end. */
  readonly rows: Int32Array;
  /** Part numbers, one per group for each term. */
  readonly terms: Int32Array;
  /** Records of each row, all positive. */
  readonly counts: Float64Array;
  /** Positive numbers, one per row, that log-likelihoods are measured from: the sum of count times log(probability / reference). */
  readonly reference: Float64Array;
  /** No distribution has a log-likelihood, measured from the reference, above this (nats). */
  readonly atMost: number;
}

/** Scratch space of {@link expect}: what one expectation step finds. */
export interface Expectation {
  readonly masses: Float64Array;
  readonly slopes: Float64Array;
  /** Probability of each row. */
  readonly probabilities: Float64Array;
  /** For each class the expected count divided by (records times its probability): the factor of the EM step. */
  readonly factors: Float64Array;
  /** Measured from the reference, nats. */
  logLikelihood: number;
  /** N (max D - 1), largest over the groups: with one group no distribution is better by more than this. */
  slope: number;
}

export function expectation(likelihood: Likelihood): Expectation {
  const parts = likelihood.parts.length - 1;
  return {
    masses: new Float64Array(parts),
    slopes: new Float64Array(parts),
    probabilities: new Float64Array(likelihood.counts.length),
    factors: new Float64Array(likelihood.groups.at(-1) ?? 0),
    logLikelihood: 0,
    slope: 0,
  };
}

/**
 * The expectation step at `theta`: lines 6-12 of Algorithm 1 with equal records counted once. The posterior of each group sums the
 * others out exactly, term by term.
 */
export function expect(likelihood: Likelihood, theta: Float64Array, into: Expectation): void {
  const { groups, parts, classes, values, rows, terms, counts, reference } = likelihood;
  const { masses, slopes, probabilities, factors } = into;
  const width = groups.length - 1;
  for (let part = 0; part < masses.length; part++) {
    let mass = 0;
    for (let i = parts[part] as number; i < (parts[part + 1] as number); i++)
      mass += (values[i] as number) * (theta[classes[i] as number] as number);
    masses[part] = mass;
    slopes[part] = 0;
  }
  let logLikelihood = 0;
  let records = 0;
  for (let row = 0; row < counts.length; row++) {
    const first = rows[row] as number;
    const end = rows[row + 1] as number;
    let probability = 0;
    for (let term = first; term < end; term++) {
      let product = 1;
      for (let g = 0; g < width; g++) product *= masses[terms[term * width + g] as number] as number;
      probability += product;
    }
    probabilities[row] = probability;
    const count = counts[row] as number;
    records += count;
    logLikelihood += count * log(probability / (reference[row] as number));
    const weight = count / probability;
    for (let term = first; term < end; term++) {
      for (let g = 0; g < width; g++) {
        let others = weight;
        for (let h = 0; h < width; h++) if (h !== g) others *= masses[terms[term * width + h] as number] as number;
        const part = terms[term * width + g] as number;
        slopes[part] = (slopes[part] as number) + others;
      }
    }
  }
  factors.fill(0);
  for (let part = 0; part < slopes.length; part++) {
    const slope = slopes[part] as number;
    for (let i = parts[part] as number; i < (parts[part + 1] as number); i++)
      factors[classes[i] as number] = (factors[classes[i] as number] as number) + slope * (values[i] as number);
  }
  let steepest = 0;
  for (let i = 0; i < factors.length; i++) {
    steepest = Math.max(steepest, (factors[i] as number) - records);
    factors[i] = records === 0 ? 1 : (factors[i] as number) / records;
  }
  into.logLikelihood = logLikelihood;
  into.slope = steepest;
}

/** Below this a mass is kept where it is: a class that rounding made empty could never come back. */
const least = 1e-280;

/** Line 13 of Algorithm 1: expected counts divided by the number of records. */
function maximise(likelihood: Likelihood, theta: Float64Array, factors: Float64Array, into: Float64Array): void {
  for (let i = 0; i < theta.length; i++) into[i] = (theta[i] as number) * (factors[i] as number);
  normalise(likelihood, into);
}

/** Each group sums to 1 and is positive everywhere. */
export function normalise({ groups }: Likelihood, theta: Float64Array): void {
  for (let g = 0; g + 1 < groups.length; g++) {
    const first = groups[g] as number;
    const end = groups[g + 1] as number;
    let total = 0;
    for (let i = first; i < end; i++) total += theta[i] as number;
    for (let i = first; i < end; i++) theta[i] = Math.max(least, (theta[i] as number) / total);
  }
}

export interface ClimbSettings {
  /** Nats: the climb ends when no distribution can be better by more than this. */
  readonly tolerance: number;
  /** Most expectation steps. */
  readonly iterations: number;
  /** Extrapolate with SQUAREM (default true). */
  readonly accelerate?: boolean;
}

/**
 * EM from one start: lines 4-17 of Algorithm 1, stopped by the certificate instead of line 17 (an unchanged log-likelihood says
 * nothing at the edge of compatibility). Accelerated by SQUAREM with step length S3 (Varadhan and Roland 2008, Scandinavian Journal
 * of Statistics 35): two EM steps, then an extrapolation, taken only if the log-likelihood does not fall.
 */
export class Climb {
  readonly theta: Float64Array;
  evaluations = 0;
  done = false;
  private readonly likelihood: Likelihood;
  private readonly settings: ClimbSettings;
  private readonly now: Expectation;
  private readonly first: Float64Array;
  private readonly second: Float64Array;

  /** `start`: positive, each group sums to 1. */
  constructor(likelihood: Likelihood, start: Float64Array, settings: ClimbSettings) {
    this.likelihood = likelihood;
    this.settings = settings;
    this.theta = start.slice();
    this.now = expectation(likelihood);
    this.first = new Float64Array(start.length);
    this.second = new Float64Array(start.length);
    this.evaluate(this.theta);
  }

  /** Measured from the reference of the likelihood, nats. */
  get logLikelihood(): number {
    return this.now.logLikelihood;
  }

  /** N (max D - 1), nats. */
  get slope(): number {
    return this.now.slope;
  }

  /** Runs on for about so many expectation steps. */
  advance(steps: number): void {
    const stop = this.evaluations + steps;
    while (!this.done && this.evaluations < stop) this.cycle();
  }

  private evaluate(theta: Float64Array): void {
    const { now, likelihood, settings } = this;
    expect(likelihood, theta, now);
    this.evaluations += 1;
    const missing = Math.min(now.slope, likelihood.atMost - now.logLikelihood);
    this.done = !(missing > settings.tolerance) || this.evaluations >= settings.iterations;
  }

  private move(to: Float64Array): void {
    this.theta.set(to);
    this.evaluate(this.theta);
  }

  private cycle(): void {
    const { likelihood, theta, now, first, second } = this;
    maximise(likelihood, theta, now.factors, first);
    if (this.settings.accelerate === false) {
      this.move(first);
      return;
    }
    this.evaluate(first);
    if (this.done) {
      theta.set(first);
      return;
    }
    const before = now.logLikelihood;
    maximise(likelihood, first, now.factors, second);
    let step = 0;
    let bend = 0;
    for (let i = 0; i < theta.length; i++) {
      const r = (first[i] as number) - (theta[i] as number);
      const v = (second[i] as number) - (first[i] as number) - r;
      step += r * r;
      bend += v * v;
    }
    const length = bend === 0 ? 1 : Math.max(1, Math.sqrt(step / bend));
    if (length > 1) {
      for (let i = 0; i < theta.length; i++) {
        const start = theta[i] as number;
        const r = (first[i] as number) - start;
        const v = (second[i] as number) - (first[i] as number) - r;
        const far = start + 2 * length * r + length * length * v;
        theta[i] = Math.max(far, 0.01 * (second[i] as number));
      }
      normalise(likelihood, theta);
      this.evaluate(theta);
      if (now.logLikelihood >= before) return;
    }
    this.move(second);
  }
}
