import { exp, log } from '../math/elementary.ts';
import { logGamma } from '../math/special.ts';

/** Sum over j < count of log(start + j): the logarithm of a rising factorial. */
export function logRising(start: number, count: number): number {
  return logRun(start, { from: 0, to: count });
}

const [leastLog, mostLog] = [-6, 12];

/**
 * Dirichlet weights of largest marginal likelihood for counts by level (`rows`, one per environment or per distinct row, `times` how often
 * it occurs): the mean by Minka's fixed point, the total by golden section, in turn. The total stays within e^-6 and e^12: beyond, nothing
 * varies. `even`: of largest posterior density where the correlation of two records of one environment, 1 / (1 + total), is as likely to be
 * one number as another before anything is seen; so few environments cannot show that they do not differ.
 */
export function fitDirichlet(rows: readonly ArrayLike<number>[], times: ArrayLike<number>, levels: number, even = false): number[] {
  // Per level, and last for the whole: how many environments have which count.
  const tallies = Array.from({ length: levels + 1 }, () => new Map<number, number>());
  const note = (k: number, count: number, weight: number): void => {
    const tally = tallies[k] as Map<number, number>;
    tally.set(count, (tally.get(count) ?? 0) + weight);
  };
  const seen = new Float64Array(levels);
  for (const [r, row] of rows.entries()) {
    const weight = times[r] as number;
    if (weight === 0) continue;
    let total = 0;
    for (let k = 0; k < levels; k++) {
      const count = row[k] as number;
      note(k, count, weight);
      seen[k] = (seen[k] as number) + count * weight;
      total += count;
    }
    note(levels, total, weight);
  }
  const all = seen.reduce((sum, one) => sum + one, 0);
  if (all === 0) return Array.from({ length: levels }, () => 1);
  // Half a record, so that no level is impossible.
  let mean = Array.from(seen, (one) => (one + 0.5) / (all + 0.5 * levels));
  const runs = tallies.map(runsOf);
  const rising = (k: number, start: number): number => (runs[k] as Run[]).reduce((sum, run) => sum + run.times * logRun(start, run), 0);
  const slope = (k: number, start: number): number => (runs[k] as Run[]).reduce((sum, run) => sum + run.times * slopeRun(start, run), 0);
  const prior = (total: number): number => (even ? log(total) - 2 * log(1 + total) : 0);
  const likelihood = (total: number): number =>
    mean.reduce((sum, share, k) => sum + rising(k, total * share), prior(total) - rising(levels, total));
  let total = 1;
  for (let round = 0; round < 12; round++) {
    const next = exp(golden((x) => likelihood(exp(x)), leastLog, mostLog));
    const moved = Math.abs(log(next / total));
    total = next;
    if (round > 0 && moved < 1e-4) break;
    for (let step = 0; step < 5; step++) {
      const raw = mean.map((share, k) => Math.max(1e-9, share * slope(k, total * share)));
      const sum = raw.reduce((whole, one) => whole + one, 0);
      mean = raw.map((one) => one / sum);
    }
    // A level never seen keeps the chance of half a record.
    const floor = 0.5 / (all + 0.5 * levels);
    const lifted = mean.map((share) => Math.max(share, floor));
    const whole = lifted.reduce((sum, one) => sum + one, 0);
    mean = lifted.map((share) => share / whole);
  }
  return mean.map((share) => total * share);
}

/** j from `from` to `to` - 1, each with the same weight. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly times: number;
}

/** `times` of a j: environments whose count is more than j. */
function runsOf(tally: ReadonlyMap<number, number>): Run[] {
  const counts = [...tally.keys()].filter((count) => count > 0).sort((a, b) => b - a);
  const runs: Run[] = [];
  let times = 0;
  for (const [i, to] of counts.entries()) {
    times += tally.get(to) as number;
    runs.push({ from: counts[i + 1] ?? 0, to, times });
  }
  return runs.reverse();
}

/** Runs longer than this are summed by the log-gamma function and its derivative. */
const long = 12;

/** Sum of log(start + j) over a run. */
function logRun(start: number, { from, to }: Pick<Run, 'from' | 'to'>): number {
  if (to - from > long) return logGamma(start + to) - logGamma(start + from);
  let sum = 0;
  for (let j = from; j < to; j++) sum += log(start + j);
  return sum;
}

/** Sum of 1 / (start + j) over a run. */
function slopeRun(start: number, { from, to }: Run): number {
  if (to - from > long) return digamma(start + to) - digamma(start + from);
  let sum = 0;
  for (let j = from; j < to; j++) sum += 1 / (start + j);
  return sum;
}

/** Derivative of log gamma for x > 0: its recurrence up to 8, then the asymptotic series (error below 1e-13). */
function digamma(x: number): number {
  let [shift, at] = [0, x];
  for (; at < 8; at++) shift -= 1 / at;
  const square = 1 / (at * at);
  const series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square * (1 / 132)))));
  return shift + log(at) - 0.5 / at - series;
}

/** The place of the largest value of a function with one peak. */
function golden(f: (x: number) => number, from: number, to: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [from, to];
  let [x, y] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [fx, fy] = [f(x), f(y)];
  while (b - a > 1e-4) {
    if (fx >= fy) {
      [b, y, fy] = [y, x, fx];
      x = b - ratio * (b - a);
      fx = f(x);
    } else {
      [a, x, fx] = [x, y, fy];
      y = a + ratio * (b - a);
      fy = f(y);
    }
  }
  return (a + b) / 2;
}

/** Log probability of a sequence of records with these counts, in any one order, under Dirichlet weights. */
export function dirichletLikelihood(weights: readonly number[], counts: ArrayLike<number>): number {
  let [sum, total, records] = [0, 0, 0];
  for (const [k, weight] of weights.entries()) {
    sum += logRising(weight, counts[k] as number);
    total += weight;
    records += counts[k] as number;
  }
  return sum - logRising(total, records);
}
