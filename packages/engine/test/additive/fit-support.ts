import type { AdditiveFit } from '../../src/additive/fit.ts';
import type { TargetPoint } from '../../src/additive/targets.ts';
import type { AdditivePlan } from '../../src/additive/terms.ts';
import { recordsStudy } from '../../src/data/records.ts';
import type { Study } from '../../src/data/study.ts';
import type { Domain, Name, Value } from '../../src/graph/variable.ts';
import { leastSquares, matrix } from '../../src/math/linear.ts';
import type { Random } from '../../src/math/random.ts';
import type { Result } from '../../src/run/issue.ts';

export const unwrap = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join(' '));
  return result.value;
};

/** A study of numbers; `levels` makes variables finite (their numbers are codes). */
export function studyOf(
  name: Name,
  set: readonly Name[],
  columns: Readonly<Record<Name, ArrayLike<number>>>,
  {
    levels = {},
    weights,
    kind = 'rows',
  }: { levels?: Readonly<Record<Name, readonly Value[]>>; weights?: Float64Array; kind?: 'rows' | 'count' | 'weight' | 'probability' } = {},
): Study {
  const measured = Object.keys(columns);
  const finite = measured.filter((variable) => variable in levels);
  return recordsStudy({
    name,
    regime: { set },
    measured,
    domains: new Map(
      measured.map((variable): [Name, Domain] => [
        variable,
        variable in levels ? { kind: 'finite', levels: levels[variable] as readonly Value[] } : { kind: 'real' },
      ]),
    ),
    finite: new Map(finite.map((variable) => [variable, Int32Array.from(columns[variable] as ArrayLike<number>)])),
    real: new Map(
      measured
        .filter((variable) => !finite.includes(variable))
        .map((variable) => [variable, Float64Array.from(columns[variable] as ArrayLike<number>)]),
    ),
    length: (columns[measured[0] as Name] as ArrayLike<number>).length,
    ...(weights && { weights }),
    kind,
    exact: kind === 'probability',
    fingerprint: name,
  });
}

/** A plan with blocks of one action each, regimes by their do-sets, functions as an order (or nothing) allows. */
export function planOf(
  actions: readonly Name[],
  regimes: readonly { readonly set: readonly Name[]; readonly studies: readonly Name[] }[],
  target: readonly Name[],
  {
    ordered = false,
    covariates = [],
    outcome = 'Y',
    log = false,
  }: { ordered?: boolean; covariates?: readonly Name[]; outcome?: Name; log?: boolean } = {},
): AdditivePlan {
  const vector = (set: readonly Name[]): number[] => [1, ...actions.map((action) => (set.includes(action) ? 1 : 0))];
  const vectors = regimes.map(({ set }) => vector(set));
  // The least sum of squares: w = V (V'V)^- t by least squares on the rows, then projected.
  const design = matrix(
    actions.length + 1,
    regimes.length,
    Array.from({ length: actions.length + 1 }, (_, i) => vectors.map((own) => own[i] as number)).flat(),
  );
  const inner = matrix(
    actions.length + 1,
    actions.length + 1,
    Array.from({ length: (actions.length + 1) ** 2 }, (_, at) =>
      vectors.reduce(
        (sum, own) => sum + (own[Math.floor(at / (actions.length + 1))] as number) * (own[at % (actions.length + 1)] as number),
        0,
      ),
    ),
  );
  const { solution } = leastSquares(inner, vector(target));
  const weights = regimes.map((_, r) =>
    Array.from(solution).reduce((sum, value, i) => sum + value * (design.values[i * regimes.length + r] as number), 0),
  );
  return {
    assumption: { text: '', outcome, log, blocks: actions.map((action) => [action]), ordered },
    actions,
    covariates,
    columns: actions.map((action, block) => ({ block, set: [action], arguments: [action] })),
    regimes: regimes.map((regime, r) => ({ ...regime, vector: vectors[r] as number[] })),
    target,
    vector: vector(target),
    weights: weights.map((weight) => Math.round(weight * 5040) / 5040 + 0),
    fewest: weights,
    spare: 0,
    arguments: actions.map((_, k) => (ordered ? actions.slice(0, k + 1) : actions)),
    structured: ordered ? 'order' : 'none',
    notes: [],
  };
}

/** The linear model of Kekic et al., appendix E: A_k = sum over j < k of delta_kj A_j + beta_k C_k + V_k, Y = sum alpha_k A_k + gamma_k C_k + U. */
export interface LinearModel {
  readonly alpha: readonly number[];
  readonly draw: (random: Random, set: readonly number[], n: number) => Record<Name, Float64Array>;
}

export const actionNames = (k: number): Name[] => Array.from({ length: k }, (_, i) => `A${i + 1}`);

export function linearModel(random: Random, k: number, noise: (random: Random) => number = (stream) => stream.normal()): LinearModel {
  const uniform = (from: number, to: number): number => from + (to - from) * random.next();
  const each = (make: () => number): number[] => Array.from({ length: k }, make);
  const [alpha, beta, gamma] = [each(() => uniform(0.5, 1.5)), each(() => uniform(0.5, 1.5)), each(() => uniform(0.5, 1.5))];
  const delta = Array.from({ length: k }, () => each(() => (random.next() < 0.5 ? uniform(-0.5, 0.5) : 0)));
  const [sigmaC, sigmaV] = [each(() => uniform(0.5, 1.5)), each(() => uniform(0.5, 1.5))];
  const [sigmaU, sigmaSet] = [uniform(0.5, 1.5), uniform(0.5, 1.5)];
  return {
    alpha,
    draw(stream, set, n) {
      const columns: Record<Name, Float64Array> = {};
      const actions = alpha.map(() => new Float64Array(n));
      const outcome = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        let y = sigmaU * noise(stream);
        for (let a = 0; a < k; a++) {
          const c = (sigmaC[a] as number) * noise(stream);
          let value = (sigmaV[a] as number) * noise(stream) + (beta[a] as number) * c;
          for (let j = 0; j < a; j++) value += ((delta[a] as number[])[j] as number) * ((actions[j] as Float64Array)[i] as number);
          if (set.includes(a)) value = sigmaSet * noise(stream);
          (actions[a] as Float64Array)[i] = value;
          y += (alpha[a] as number) * value + (gamma[a] as number) * c;
        }
        outcome[i] = y;
      }
      actions.forEach((column, a) => {
        columns[`A${a + 1}`] = column;
      });
      columns.Y = outcome;
      return columns;
    },
  };
}

/** Observation and every single intervention. */
export function singles(k: number): { readonly set: readonly Name[]; readonly studies: readonly Name[] }[] {
  return [{ set: [], studies: ['obs'] }, ...actionNames(k).map((action) => ({ set: [action], studies: [`do ${action}`] }))];
}

export function drawSingles(model: LinearModel, random: Random, k: number, n: number): Study[] {
  return [
    studyOf('obs', [], model.draw(random.split('obs'), [], n)),
    ...actionNames(k).map((action, a) => studyOf(`do ${action}`, [action], model.draw(random.split(action), [a], n))),
  ];
}

export const at = (names: readonly Name[], values: readonly (number | Value)[]): Map<Name, number | Value> =>
  new Map(names.map((name, i) => [name, values[i] as number | Value]));

/** Joint effect at a point. */
export const point = (plan: AdditivePlan, values: readonly (number | Value)[]): TargetPoint[] => [
  { weight: 1, plan, at: at([...plan.actions, ...plan.covariates], values) },
];

/** Slopes of the joint effect. */
export function slopes(fit: AdditiveFit, plan: AdditivePlan): number[] {
  const { actions } = plan;
  const zero = actions.map(() => 0);
  return fit
    .predict(
      actions.map((_, k) => [
        { weight: 1, plan, at: at(actions, zero.with(k, 1)) },
        { weight: -1, plan, at: at(actions, zero) },
      ]),
    )
    .map(({ value }) => value);
}
