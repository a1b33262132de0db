import type { EmccReport } from '../interpret/answer.ts';
import { inlinePool, type Pool } from '../run/pool.ts';
import type { RunOptions } from '../run/progress.ts';
import { credible } from './credible.ts';
import { likelihoodOf, referenceLogLikelihood } from './em-likelihood.ts';
import { pointOf, Question, type Weights } from './em-query.ts';
import { type Space, spaceOf } from './em-space.ts';
import { type EmccEnd, type EmccShared, type EmccUnit, emccTask } from './em-task.ts';
import { combine, widen } from './em-widen.ts';
import type { ModelPoint, Programme } from './programme.ts';

export interface EmccOptions extends RunOptions {
  /** Random starts, r in the paper (100). */
  readonly runs?: number;
  readonly seed?: number;
  /** Most expectation steps of a run in one component (50,000). */
  readonly iterations?: number;
  /**
   * A run has converged when no distribution is more likely by more than this (1e-6 nats, shared out among the components). Below
   * 1000 records of a component it shrinks in proportion, above 100,000 it grows: probabilities are then within about 5e-5, and 5e-6,
   * of the best fitting ones. Exact probabilities weigh as one record.
   */
  readonly tolerance?: number;
  /** Masses of the states at the start: uniform numbers over their sum (default), or Dirichlet. */
  readonly start?: 'uniform' | 'dirichlet';
  /** Of the Dirichlet distribution, for each state (1). Small ones give sparse starts, which reach further. */
  readonly concentration?: number;
  /** SQUAREM (default true). */
  readonly accelerate?: boolean;
  /** Most states of one exogenous variable. */
  readonly limit?: number;
  /** Least and greatest conceivable value, the walls of the credible interval. Default: by the weights of the question. */
  readonly walls?: readonly [number, number];
  /** Runs the starts; its kinds must have `taskKinds` of tasks.ts. Default: this thread. */
  readonly pool?: Pool;
}

export interface EmccRun {
  /** NaN: the condition of the question has probability 0 in this model. */
  readonly value: number;
  /** After moving mass inside classes. */
  readonly widened?: readonly [number, number];
  /** Nats. */
  readonly logLikelihood: number;
  /** The maximum exceeds `logLikelihood` by at most this. */
  readonly certificate: number;
  readonly converged: boolean;
  /** Expectation steps over all components. */
  readonly evaluations: number;
}

export interface EmccOutcome {
  readonly report: EmccReport;
  /** Every finished run, in order. */
  readonly runs: readonly EmccRun[];
  /** Models of the converged runs, in order (made when they are asked for), and the value of the question in each. */
  readonly points: readonly ModelPoint[];
  readonly values: readonly number[];
  /** Models that attain the ends of `report.widened`. */
  readonly lowerPoint: ModelPoint;
  readonly upperPoint: ModelPoint;
  /** True: cancelled; the report is of the runs that were finished. */
  readonly partial: boolean;
}

/**
 * EMCC (Zaffalon, Antonucci, Huber and Cabanas 2023, Algorithm 1): the maximum of the likelihood of all studies from many random
 * starts, and the least and greatest answer among the models found: an inner interval. One likelihood per component, equal
 * records and equal states counted once. A run counts if a certificate says that it has reached the maximum; with several exogenous
 * variables in a component the likelihood may have local maxima, and a run may instead count because it is stationary and no other
 * run is better (`local` in the report). Refused: linear assumptions, exogenous variables without equations that share a child, too
 * many states.
 */
export async function emccBounds(
  programme: Programme,
  options: EmccOptions = {},
): Promise<EmccOutcome | { readonly refused: string; readonly partial: boolean }> {
  const refused = (why: string, partial = false) => ({ refused: why, partial });
  if (programme.restrictions.length > 0) return refused('EMCC takes no linear assumptions; exact programmes do');
  const merged = programme.blocks.find((block) => block.groups === undefined && (block.independences.length > 0 || !block.complete));
  if (merged !== undefined)
    return refused(`EMCC needs the equations of the exogenous variables of ${merged.name}: merged into one they would be too free`);
  const space = spaceOf(programme, options.limit);
  if ('refused' in space) return refused(space.refused);
  const { runs = 100, seed = 0, iterations = 50_000, tolerance = 1e-6, start = 'uniform', concentration = 1, accelerate = true } = options;
  const units = space.units.map((unit): EmccUnit => {
    const likelihood = likelihoodOf(programme, unit);
    const records = likelihood.counts.reduce((sum, count) => sum + count, 0);
    const own = (tolerance / space.units.length) * Math.max(Math.min(1, records / 1000), records / 100_000);
    return { likelihood, slots: unit.slots, tolerance: own, iterations, accelerate };
  });

  // Lines 1 and 19: the runs are tasks.
  const shared: EmccShared = { seed, start, concentration, units: units.map((unit) => ({ ...unit, slots: unit.slots.map(plainSlot) })) };
  const pool = options.pool ?? inlinePool({ emcc: emccTask });
  const numbers = Array.from({ length: runs }, (_, run) => run);
  const ends = await pool.map<EmccShared, number, readonly EmccEnd[]>('emcc', shared, numbers, { ...options, task: 'EMCC starts' });
  const finished = ends.filter((end) => end !== undefined);
  const partial = finished.length < runs;
  if (finished.length === 0)
    return refused(partial ? 'interrupted before the first run of EMCC was done' : 'no runs were asked for', partial);

  const judged = judge(units, finished);
  const question = new Question(programme, space);
  const all = finished.map((end, i): { readonly run: EmccRun; readonly weights: Weights; readonly ends?: Ends } => {
    const weights = end.map((unit) => unit.weights);
    const { certificate, converged, logLikelihood } = judged[i] as Verdict;
    const run = {
      value: question.valueAt(weights),
      logLikelihood,
      certificate,
      converged,
      evaluations: end.reduce((sum, unit) => sum + unit.evaluations, 0),
    };
    const wide = converged ? endsOf(question, space, weights) : undefined;
    return wide === undefined ? { run, weights } : { run: { ...run, widened: [wide[0].value, wide[1].value] }, weights, ends: wide };
  });
  const good = all.filter(({ run, ends: wide }) => run.converged && wide !== undefined && !Number.isNaN(run.value));
  if (good.length === 0) {
    return refused(
      judged.some(({ converged }) => converged)
        ? 'the condition has probability 0 in every model that EMCC found'
        : `none of ${finished.length} runs of EMCC converged within ${iterations} steps`,
      partial,
    );
  }

  const values = good.map(({ run }) => run.value);
  const interval = [Math.min(...values), Math.max(...values)] as const;
  const reach = (sign: 1 | -1): NonNullable<ReturnType<typeof widen>> => {
    const side = good.map(({ ends: wide }) => (wide as Ends)[sign < 0 ? 0 : 1]);
    const best = side.reduce((a, b) => (sign * b.value > sign * a.value ? b : a));
    const combined = combine(
      question,
      best.weights,
      side.map((end) => end.weights),
      sign,
    );
    const further = widen(question, space, combined, sign);
    return further !== undefined && sign * further.value > sign * best.value ? further : best;
  };
  const [lower, upper] = [reach(-1), reach(1)];
  const worst = units.reduce(
    (sum, _, u) => sum + Math.max(...judged.map(({ units: own }, i) => (all[i]?.run.converged ? (own[u] as number) : 0))),
    0,
  );
  const believed = beyondNoise(interval, units, worst)
    ? credible(good.length, interval, { walls: options.walls ?? wallsOf(programme) })
    : undefined;
  const local = judged.some((verdict, i) => verdict.local && all[i]?.run.converged === true);
  return {
    report: {
      runs: finished.length,
      converged: good.length,
      worstCertificate: worst,
      interval,
      widened: [lower.value, upper.value],
      ...(believed === undefined ? {} : { credible: believed }),
      ...(local ? { local } : {}),
    },
    runs: all.map(({ run }) => run),
    get points() {
      return good.map(({ weights }) => pointOf(programme, space, weights));
    },
    values,
    lowerPoint: pointOf(programme, space, lower.weights),
    upperPoint: pointOf(programme, space, upper.weights),
    partial,
  };
}

type Ends = readonly [NonNullable<ReturnType<typeof widen>>, NonNullable<ReturnType<typeof widen>>];

function endsOf(question: Question, space: Space, weights: Weights): Ends | undefined {
  const low = widen(question, space, weights, -1);
  const high = widen(question, space, weights, 1);
  return low === undefined || high === undefined ? undefined : [low, high];
}

const plainSlot = ({ atomOf, classOf, classes, sizes }: EmccUnit['slots'][number]): EmccUnit['slots'][number] => ({
  atomOf,
  classOf,
  classes,
  sizes,
});

interface Verdict {
  readonly logLikelihood: number;
  readonly certificate: number;
  readonly converged: boolean;
  /** The certificate is one of stationarity in some component. */
  readonly local: boolean;
  /** Certificates of the components. */
  readonly units: readonly number[];
}

/**
 * Convergence of every run. One exogenous variable: every run bounds the maximum from above (its log-likelihood and N (max D - 1)),
 * and the least of these bounds certifies all. Several: only the reference bounds it; without that a run is stationary, and its
 * log-likelihood within ten tolerances of the best.
 */
function judge(units: readonly EmccUnit[], runs: readonly (readonly EmccEnd[])[]): Verdict[] {
  const perUnit = units.map(({ likelihood, tolerance }, u) => {
    const concave = likelihood.groups.length === 2;
    const ends = runs.map((run) => run[u] as EmccEnd);
    const best = ends.reduce((most, end) => Math.max(most, end.logLikelihood), Number.NEGATIVE_INFINITY);
    const above = ends.reduce((least, end) => (concave ? Math.min(least, end.logLikelihood + end.slope) : least), likelihood.atMost);
    const base = referenceLogLikelihood(likelihood);
    return ends.map(({ logLikelihood, slope }): Omit<Verdict, 'units'> => {
      const certificate = Math.max(0, above - logLikelihood);
      const certified = certificate <= tolerance;
      const stationary = !concave && slope <= tolerance && best - logLikelihood <= 10 * tolerance;
      return {
        logLikelihood: base + logLikelihood,
        certificate: !certified && stationary ? Math.max(slope, best - logLikelihood) : certificate,
        converged: certified || stationary,
        local: !certified && stationary,
      };
    });
  });
  return runs.map((_, i) => {
    const own = perUnit.map((verdicts) => verdicts[i] as Omit<Verdict, 'units'>);
    return {
      logLikelihood: own.reduce((sum, verdict) => sum + verdict.logLikelihood, 0),
      certificate: own.reduce((sum, verdict) => sum + verdict.certificate, 0),
      converged: own.every((verdict) => verdict.converged),
      local: own.some((verdict) => verdict.local),
      units: own.map((verdict) => verdict.certificate),
    };
  });
}

/**
 * Is the width well above what convergence left over? A gap of g nats in N records moves cell probabilities by sqrt(2 g / N) in all,
 * and the answer by that times the size of the multipliers.
 */
function beyondNoise([low, high]: readonly [number, number], units: readonly EmccUnit[], certificate: number): boolean {
  const records = units.map(({ likelihood }) => likelihood.counts.reduce((sum, count) => sum + count, 0)).filter((count) => count > 0);
  const noise = records.reduce((most, count) => Math.max(most, Math.sqrt((2 * certificate) / count)), 1e-12);
  return high - low > 10 * noise;
}

/** [0, 1] for a probability, [-1, 1] for a difference of two. */
function wallsOf({ target }: Programme): readonly [number, number] {
  const weights = target.numerator.map(({ weight }) => weight);
  return [Math.min(0, ...weights), Math.max(0, ...weights)];
}
