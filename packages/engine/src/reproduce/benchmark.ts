import { credible } from '../bounds/credible.ts';
import { emccBounds } from '../bounds/emcc.ts';
import { loadSolver, type Solver } from '../bounds/highs.ts';
import { linearBounds } from '../bounds/linear-bounds.ts';
import { multilinearBounds } from '../bounds/multilinear.ts';
import { prepare } from '../bounds/prepare.ts';
import type { Programme } from '../bounds/programme.ts';
import { Random } from '../math/random.ts';
import { compileQuestion } from '../query/bind.ts';
import type { TaskOptions } from '../run/pool.ts';
import { Interrupted, type RunOptions } from '../run/progress.ts';
import { ofStudy, projected, tableLikelihood } from './projected.ts';
import { type RandomScm, randomScm } from './random-scm.ts';
import { endsOf, equationsOf, graphOfScm, sampleScm, truePns } from './scm-data.ts';
import type { BenchmarkCase, BenchmarkModel, EmccAt, Interval, Sides } from './summary.ts';

export interface BenchmarkSettings {
  readonly seed: number;
  /** EM restarts for each kind of data, r in the paper (at most 100 there). */
  readonly runs: number;
}

/** 5 to 15 nodes, in turn. */
const sizes = Array.from({ length: 11 }, (_, i) => 5 + i);
/** Observed and randomised records: 1000 and twice as many, larger in proportion if the data are not compatible, never above 5500 in all. */
const samples: readonly (readonly [number, number])[] = [
  [1000, 2000],
  [1350, 2700],
  [1830, 3660],
];
/** Compatible enough: the joint fit keeps this share of the log-likelihood of the tables (they are never compatible to the last digit). */
const kept = 0.995;
/** A query counts as not identified if its exact interval is wider than this. */
const open = 1e-3;
/** Convergence of EM in nats, and its steps in one component. */
const convergence = { tolerance: 1e-4, iterations: 5000 };
/** What branching may spend: linear programmes on each side, descents, columns of a relaxation. */
const branching = { work: 60, starts: 6, columns: 3000 };

/**
 * One model of the benchmark of Zaffalon et al. 2023, section 6.2, from the seed and its number alone: models are drawn until one has
 * compatible data and a query that both studies together leave open. A task for a pool. Throws {@link Interrupted}.
 */
export async function benchmarkTask(settings: BenchmarkSettings, index: number, options: TaskOptions): Promise<BenchmarkModel> {
  const solver = await loadSolver();
  const passed = { incompatible: 0, identified: 0, tooLarge: 0 };
  for (let attempt = 0; ; attempt++) {
    const random = new Random(settings.seed, 'benchmark', index, attempt);
    const scm = randomScm(random.split('model'), sizes[index % sizes.length] as number);
    const found = await evaluate(solver, scm, random, settings, options);
    if (typeof found !== 'string') return { index, ...found, passed };
    passed[found] += 1;
    if (options.signal?.aborted === true) throw new Interrupted();
  }
}

type Evaluated = Omit<BenchmarkModel, 'index' | 'passed'>;
type Passed = keyof BenchmarkModel['passed'];

async function evaluate(
  solver: Solver,
  scm: RandomScm,
  random: Random,
  { runs, seed }: BenchmarkSettings,
  options: TaskOptions,
): Promise<Evaluated | Passed> {
  const truth = truePns(scm);
  if (truth === undefined) return 'tooLarge';
  const reach = (own: Programme): Promise<Reached | undefined> => restarts(own, runs, seed, options);
  const made = await compatibleData(scm, random, reach, options);
  if (typeof made === 'string') return made;
  const { programme, joint, records } = made;
  const jointSides = joint === undefined ? undefined : await sidesOf(solver, joint, options);
  if (joint !== undefined && jointSides === undefined) return 'tooLarge';
  if (jointSides !== undefined && !(width(jointSides.inner) > open)) return 'identified';
  const both = made.reached ?? (await reach(programme));
  if (both === undefined) return 'tooLarge';
  if (jointSides === undefined && !(width(both.inner) > open)) return 'identified';
  const alone = async (study: 'observational' | 'trial'): Promise<BenchmarkCase | undefined> => {
    const own = ofStudy(programme, study);
    const reached = await reach(own);
    if (reached === undefined) return undefined;
    if (joint === undefined) return { emcc: reached.at };
    const exact = await sidesOf(solver, projected(own).programme, options);
    const atJointFit = await sidesOf(solver, ofStudy(joint, study), options);
    return exact === undefined || atJointFit === undefined ? undefined : { exact, atJointFit, emcc: reached.at };
  };
  const O = await alone('observational');
  const I = O && (await alone('trial'));
  if (O === undefined || I === undefined) return 'tooLarge';
  const fits = jointSides === undefined ? {} : { exact: jointSides, atJointFit: jointSides };
  return {
    nodes: scm.nodes,
    variables: scm.equations.length,
    causes: scm.causes.length,
    single: joint !== undefined,
    records,
    truth,
    gap: made.gap,
    cases: { O, I, 'O+I': { ...fits, emcc: both.at } },
  };
}

const width = ([low, high]: Interval): number => high - low;

interface Compatible {
  readonly programme: Programme;
  /** At the maximum of the joint likelihood; absent: a component has several exogenous variables. */
  readonly joint?: Programme;
  /** Then found by the restarts. */
  readonly reached?: Reached;
  readonly gap: number;
  readonly records: readonly [number, number];
}

async function compatibleData(
  scm: RandomScm,
  random: Random,
  reach: (programme: Programme) => Promise<Reached | undefined>,
  options: TaskOptions,
): Promise<Compatible | Passed> {
  const { graph, domains } = graphOfScm(scm);
  const [cause, effect] = endsOf(scm);
  const question = compileQuestion(`PNS(${cause} -> ${effect})`, { graph, domains, positions: false });
  if (!question.ok) throw new Error(question.issues[0]?.message);
  for (const records of samples) {
    const { observational, trial } = sampleScm(scm, random.split('data'), ...records);
    const prepared = await prepare({ graph, domains, studies: [observational, trial], model: equationsOf(scm) }, question.value, options);
    if (!prepared.ok) {
      if (prepared.issues.some(({ code }) => code === 'too-large')) return 'tooLarge';
      throw new Error(prepared.issues[0]?.message);
    }
    const { programme } = prepared.value;
    // The equations alone say that it is 0.
    if (programme.target.numerator.length === 0) return 'identified';
    const table = tableLikelihood(programme);
    const compatible = (gap: number): boolean => table <= kept * (table - gap);
    if (programme.blocks.every(({ groups = [] }) => groups.length < 2)) {
      const joint = projected(programme);
      if (compatible(joint.gap)) return { programme, joint: joint.programme, gap: joint.gap, records };
    } else {
      const reached = await reach(programme);
      const gap = reached === undefined ? Number.POSITIVE_INFINITY : table - reached.logLikelihood;
      if (reached !== undefined && compatible(gap)) return { programme, reached, gap, records };
    }
  }
  return 'incompatible';
}

/** Exact where at most one component is open or branching closes them; undefined: neither applies. */
async function sidesOf(solver: Solver, programme: Programme, options: RunOptions): Promise<Sides | undefined> {
  const stop = (): void => {
    if (options.signal?.aborted === true) throw new Interrupted();
  };
  const linear = await linearBounds(solver, programme, options);
  stop();
  if (linear.kind === 'bounds') {
    const { lower, upper } = linear;
    if (lower.inner === undefined || upper.inner === undefined) return undefined;
    return { inner: [lower.inner, upper.inner], outer: [lower.outer, upper.outer] };
  }
  if (linear.kind !== 'multilinear') return undefined;
  const found = await multilinearBounds(solver, programme, { ...options, ...branching });
  stop();
  return found.status !== 'bounds' || found.inner === undefined ? undefined : { inner: found.inner, outer: found.outer };
}

interface Reached {
  readonly at: readonly EmccAt[];
  /** All that any run attained, class extremes included. */
  readonly inner: Interval;
  /** Of the most likely run that converged, in nats. */
  readonly logLikelihood: number;
}

/** What the first 10, 20, ... restarts reached. */
async function restarts(programme: Programme, runs: number, seed: number, options: RunOptions): Promise<Reached | undefined> {
  const found = await emccBounds(programme, { ...options, ...convergence, runs, seed });
  if (options.signal?.aborted === true) throw new Interrupted();
  if ('refused' in found) return undefined;
  const counts = Array.from({ length: Math.floor(runs / 10) }, (_, i) => 10 * (i + 1));
  const at = (counts.at(-1) === runs ? counts : [...counts, runs]).flatMap((count): EmccAt[] => {
    const good = found.runs.slice(0, count).filter(({ converged, value }) => converged && !Number.isNaN(value));
    if (good.length === 0) return [];
    const values = good.map(({ value }) => value);
    const wide = good.flatMap(({ widened }) => widened ?? []);
    const interval = [Math.min(...values), Math.max(...values)] as const;
    const claimed = credible(good.length, interval);
    return [
      {
        runs: count,
        converged: good.length,
        interval,
        ...(wide.length > 0 && { widened: [Math.min(...wide), Math.max(...wide)] as const }),
        ...(claimed !== undefined && { claimed }),
      },
    ];
  });
  const last = at.at(-1);
  if (last === undefined) return undefined;
  const logLikelihood = found.runs.reduce(
    (best, run) => (run.converged ? Math.max(best, run.logLikelihood) : best),
    Number.NEGATIVE_INFINITY,
  );
  return { at, inner: last.widened ?? last.interval, logLikelihood };
}
