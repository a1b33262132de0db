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
import { ofStudy, type Projected, projected } from './projected.ts';
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
const convergence = { tolerance: 1e-4, iterations: 20_000 };
/** What branching may spend: linear programmes on each side, descents, columns of a relaxation. */
const branching = { work: 200, starts: 6, columns: 3000 };

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

async function evaluate(
  solver: Solver,
  scm: RandomScm,
  random: Random,
  { runs, seed }: BenchmarkSettings,
  options: TaskOptions,
): Promise<Evaluated | keyof BenchmarkModel['passed']> {
  const truth = truePns(scm);
  if (truth === undefined) return 'tooLarge';
  const made = await compatibleData(scm, random, seed, options);
  if (typeof made === 'string') return made;
  const { programme, joint, records } = made;
  const single = programme.blocks.every(({ groups = [] }) => groups.length < 2);
  const reach = async (own: Programme): Promise<Reached | undefined> => restarts(own, runs, seed, options);
  const sides = (fit: Programme, reached: Reached | undefined): Promise<Sides | undefined> =>
    sidesOf(solver, fit, single ? undefined : reached?.inner, options);
  const early = single ? undefined : await reach(programme);
  const both = await sides(joint.programme, early);
  if (both === undefined) return 'tooLarge';
  if (!(both.inner[1] - both.inner[0] > open)) return 'identified';
  const last = early ?? (await reach(programme));
  const alone = async (study: 'observational' | 'trial'): Promise<BenchmarkCase | undefined> => {
    const own = ofStudy(programme, study);
    const reached = await reach(own);
    const fit = await projected(own, { ...options, seed });
    const found = fit && (await sides(fit.programme, reached));
    // Whatever fits both studies fits each of them.
    const atJointFit = await sides(ofStudy(joint.programme, study), early);
    return found === undefined || atJointFit === undefined || reached === undefined
      ? undefined
      : { ...found, atJointFit, emcc: reached.at };
  };
  const cases = { O: await alone('observational'), I: await alone('trial') };
  if (cases.O === undefined || cases.I === undefined || last === undefined) return 'tooLarge';
  return {
    nodes: scm.nodes,
    variables: scm.equations.length,
    causes: scm.causes.length,
    single,
    records,
    truth,
    gap: joint.gap,
    cases: { O: cases.O, I: cases.I, 'O+I': { ...both, atJointFit: both, emcc: last.at } },
  };
}

interface Compatible {
  readonly programme: Programme;
  readonly joint: Projected;
  readonly records: readonly [number, number];
}

async function compatibleData(
  scm: RandomScm,
  random: Random,
  seed: number,
  options: TaskOptions,
): Promise<Compatible | 'incompatible' | 'tooLarge'> {
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
    const joint = await projected(programme, { ...options, seed });
    if (joint !== undefined && joint.table <= kept * (joint.table - joint.gap)) return { programme, joint, records };
  }
  return 'incompatible';
}

/**
 * Exact where every component has one exogenous variable and the programmes close. Where some have several, `reached` (what EMCC attained)
 * is the inner side, and the outer one is that of a model in which they are one variable: nothing lies outside it.
 */
async function sidesOf(
  solver: Solver,
  programme: Programme,
  reached: Interval | undefined,
  options: RunOptions,
): Promise<Sides | undefined> {
  const merged = { ...programme, blocks: programme.blocks.map(({ groups: _groups, ...block }) => block) };
  const several = programme.blocks.some(({ groups = [] }) => groups.length > 1);
  const stop = (): void => {
    if (options.signal?.aborted === true) throw new Interrupted();
  };
  const linear = await linearBounds(solver, merged, options);
  stop();
  if (linear.kind === 'bounds') {
    const { lower, upper } = linear;
    return sidesFrom([lower.inner, upper.inner], [lower.outer, upper.outer], several ? reached : undefined);
  }
  if (linear.kind !== 'multilinear') return undefined;
  const found = await multilinearBounds(solver, merged, { ...options, ...(several ? { ...branching, work: 0 } : branching) });
  stop();
  if (found.status !== 'bounds' || found.inner === undefined) return undefined;
  return sidesFrom(found.inner, found.outer, several ? reached : undefined);
}

/** Numbers that rounding put on the wrong side of each other meet. */
const sidesFrom = (inner: Interval, outer: Interval, reached: Interval | undefined): Sides => {
  const own = reached ?? inner;
  return { inner: own, outer: [Math.min(own[0], outer[0]), Math.max(own[1], outer[1])] };
};

interface Reached {
  readonly at: readonly EmccAt[];
  /** All that any run attained, class extremes included. */
  readonly inner: Interval;
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
  return last === undefined ? undefined : { at, inner: last.widened ?? last.interval };
}
