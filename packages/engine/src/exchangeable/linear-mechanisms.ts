import type { Name } from '../graph/variable.ts';
import type { Random } from '../math/random.ts';
import { failure, type Result, success } from '../run/issue.ts';
import { fitDirichlet } from './dirichlet-fit.ts';
import type { Environments } from './environments.ts';
import { type FamilyCounts, familyCounts, timesOf } from './family-counts.ts';
import type { LinearStatistics } from './linear-criterion.ts';
import { designLinear, type LinearDesign, type LinearTask } from './linear-design.ts';
import { coefficientsOf, fitLinear, heldOutLikelihood, type LinearFit, type LinearKind, linearKinds } from './linear-fit.ts';
import { dividedBy, type NoiseSpread, noiseSpread } from './linear-noise.ts';
import type { LinearMechanism, MixedMechanism, MixedMechanisms, RowMechanism } from './linear-terms.ts';
import type { MixedColumn, MixedEnvironments } from './mixed-environments.ts';

export interface KindScore {
  readonly kind: LinearKind;
  /** Log density of environments that were held out, summed. */
  readonly held: number;
}

/** Of a test that noise is alike in all environments. */
const odd = 0.01;
/** Log density that chance gives or takes. */
const asGood = 0.1;

/**
 * The ways in which coefficients may vary, by how well each predicts environments that it was not fitted to (folds of environments, at
 * most five); best first, the simplest of those that come within a tenth of a nat of it. Kinds with too few environments for their numbers are left out.
 */
export function scoreLinearKinds(statistics: LinearStatistics, random: Random, kinds: readonly LinearKind[] = linearKinds): KindScore[] {
  const { size, records } = statistics;
  const groups = records.length;
  const folds = Math.min(5, groups);
  const order = random.split('folds').shuffle(Array.from(records.keys()));
  const possible = kinds.filter((kind) =>
    kind === 'full' ? size > 1 && groups > size + 2 : kind === 'diagonal' ? size > 1 && groups > 3 : true,
  );
  const scores = possible.map((kind): KindScore => {
    let held = 0;
    let from: Float64Array | undefined;
    for (let f = 0; f < folds; f++) {
      const counts = new Float64Array(groups).fill(1);
      const out = order.filter((_, i) => i % folds === f);
      for (const e of out) counts[e] = 0;
      const fit = fitLinear(statistics, { kind, counts, ...(from && { from }) });
      if (!fit.ok) return { kind, held: Number.NEGATIVE_INFINITY };
      from = fit.value.factor;
      for (const e of out) held += heldOutLikelihood(fit.value, statistics, e);
    }
    return { kind, held };
  });
  const best = Math.max(...scores.map(({ held }) => held));
  const chosen = scores.find(({ held }) => held >= best - asGood);
  return [...scores].sort((one, other) => (other === chosen ? 1 : one === chosen ? -1 : other.held - one.held));
}

/** The distribution of one mechanism over environments, as fitted. */
export type FittedMechanism =
  | {
      readonly kind: 'linear';
      readonly variable: Name;
      readonly parents: readonly Name[];
      readonly task: LinearTask;
      readonly fit: LinearFit;
      readonly scores: readonly KindScore[];
      /** Of noise; the statistics of the task are divided by its ratios where they are not all 1. */
      readonly noise: NoiseSpread;
    }
  | {
      readonly kind: 'rows';
      readonly variable: Name;
      readonly parents: readonly Name[];
      /** The variable, then its parents. */
      readonly records: Environments;
      readonly counts: FamilyCounts;
      readonly weights: RowMechanism;
    };

/**
 * Each variable's mechanism by empirical Bayes: linear with coefficients of each environment where it is real, Dirichlet rows where it and
 * its parents are finite; Issues: `real-cause` (a finite variable with a real parent), those of {@link designLinear} and {@link fitLinear}.
 */
export function fitMechanisms(
  environments: MixedEnvironments,
  parentsOf: ReadonlyMap<Name, readonly Name[]>,
  random: Random,
  kinds?: readonly LinearKind[],
): Result<FittedMechanism[]> {
  const fitted: FittedMechanism[] = [];
  const column = (name: Name): MixedColumn => environments.columns[environments.names.indexOf(name)] as MixedColumn;
  for (const [variable, parents] of parentsOf) {
    const own = column(variable);
    if (own.kind === 'real') {
      const task = designLinear(environments, variable, parents);
      if (!task.ok) return task;
      const linear = fitOne(task.value, random.split(variable), kinds);
      if (!linear.ok) return linear;
      fitted.push({ kind: 'linear', variable, parents, ...linear.value });
      continue;
    }
    const family = [variable, ...parents].map((name) => ({ name, column: column(name) }));
    const finite = family.flatMap(({ column }) => (column.kind === 'finite' ? [column] : []));
    if (finite.length < family.length) {
      const cause = parents.find((name) => column(name).kind === 'real');
      return failure({
        code: 'real-cause',
        message: `${variable} is finite and has the real cause ${cause}; how it depends on it is not linear.`,
        hint: `Cut ${cause} into levels ("cut" under "variables").`,
      });
    }
    const records: Environments = {
      names: family.map(({ name }) => name),
      labels: environments.labels,
      starts: environments.starts,
      levels: finite.map(({ levels }) => levels),
      columns: finite.map(({ values }) => values),
      ...(environments.counts && { counts: environments.counts }),
    };
    const counts = familyCounts(
      records,
      0,
      parents.map((_, i) => i + 1),
    );
    const sizes = finite.slice(1).map(({ levels }) => levels.length);
    const empty: RowMechanism = { kind: 'rows', variable, parents, levels: own.levels, sizes, rows: [] };
    fitted.push({ kind: 'rows', variable, parents, records, counts, weights: { ...empty, rows: fitRows(counts, timesOf(counts)) } });
  }
  return success(fitted);
}

/** Noise variances that differ more than chance would have it are fitted first, in two rounds; then the kind is chosen. */
function fitOne(
  { design, statistics }: LinearTask,
  random: Random,
  kinds?: readonly LinearKind[],
): Result<Pick<Extract<FittedMechanism, { kind: 'linear' }>, 'task' | 'fit' | 'scores' | 'noise'>> {
  let own = statistics;
  let noise: NoiseSpread = { ratios: new Float64Array(statistics.records.length).fill(1), p: 1, deviation: 0 };
  for (let round = 0; round < 2; round++) {
    const rough = fitLinear(own, { kind: design.centers.length > 1 && statistics.records.length > 3 ? 'diagonal' : 'shift' });
    if (!rough.ok) return rough;
    const found = noiseSpread(own, rough.value, noise.ratios);
    if (round === 0 && !(found.p < odd)) {
      noise = { ...noise, p: found.p };
      break;
    }
    noise = { ...found, p: round === 0 ? found.p : noise.p };
    own = dividedBy(statistics, noise.ratios);
  }
  const scores = scoreLinearKinds(own, random, kinds);
  const fit = fitLinear(own, { kind: scores[0]?.kind ?? 'fixed' });
  return fit.ok ? success({ task: { design, statistics: own }, fit: fit.value, scores, noise }) : fit;
}

function fitRows(counts: FamilyCounts, times: Float64Array): number[][] {
  return Array.from({ length: counts.configurations }, (_, c) =>
    fitDirichlet(
      counts.tables.map((table) => table.subarray(c * counts.levels, (c + 1) * counts.levels)),
      times,
      counts.levels,
    ),
  );
}

/** The same mechanisms fitted again with each environment counted so often; kinds stay. */
export function refitMechanisms(fitted: readonly FittedMechanism[], counts: ArrayLike<number>): Result<FittedMechanism[]> {
  const again: FittedMechanism[] = [];
  for (const one of fitted) {
    if (one.kind === 'linear') {
      const fit = fitLinear(one.task.statistics, { kind: one.fit.kind, counts, from: one.fit.factor });
      if (!fit.ok) return fit;
      again.push({ ...one, fit: fit.value });
      continue;
    }
    const times = new Float64Array(one.counts.tables.length);
    for (const [e, table] of one.counts.tableOf.entries()) times[table] = (times[table] as number) + (counts[e] as number);
    again.push({ ...one, weights: { ...one.weights, rows: fitRows(one.counts, times) } });
  }
  return success(again);
}

/** What is known of the mechanisms of a new environment; of environment number e after all its records, where e is given. */
export function mechanismsOf(fitted: readonly FittedMechanism[], environment?: number): MixedMechanisms {
  return new Map(fitted.map((one) => [one.variable, mechanismOf(one, environment)]));
}

function mechanismOf(one: FittedMechanism, environment: number | undefined): MixedMechanism {
  if (one.kind === 'linear') {
    const { variable, parents, task, fit } = one;
    const known =
      environment === undefined ? { mean: fit.mean, covariance: fit.spread } : coefficientsOf(fit, task.statistics, environment);
    const { ratios } = one.noise;
    const typical = ratios.reduce((sum, ratio) => sum + ratio * ratio, 0) / ratios.length;
    const noise = fit.noise * (environment === undefined ? typical : (ratios[environment] as number) ** 2);
    return inUnits({ kind: 'linear', variable, parents, design: task.design, ...known, noise }, task.design);
  }
  if (environment === undefined) return one.weights;
  const { counts, weights } = one;
  const table = counts.tables[counts.tableOf[environment] as number] as Float64Array;
  return { ...weights, rows: weights.rows.map((row, c) => row.map((weight, l) => weight + (table[c * counts.levels + l] as number))) };
}

/** Sums count the variable from its mean; what is known of the mechanism counts it from zero. */
function inUnits({ kind, variable, parents, design, mean, covariance, noise }: LinearMechanism, { level }: LinearDesign): LinearMechanism {
  return { kind, variable, parents, design, mean: mean.map((one, i) => (i === 0 ? one + level : one)), covariance, noise };
}
