import { parseAdditive } from '../additive/assumption.ts';
import { fitAdditive } from '../additive/fit.ts';
import { additivePlan } from '../additive/rule.ts';
import type { TargetPoint } from '../additive/targets.ts';
import { isPlan } from '../additive/terms.ts';
import type { Columns } from '../data/features.ts';
import { type Moments, mergeMoments, momentsOfColumns } from '../data/moments.ts';
import type { Study } from '../data/study.ts';
import type { Domain, Name } from '../graph/variable.ts';
import { Bulk } from '../math/bulk.ts';
import { Random } from '../math/random.ts';
import { compileQuestion } from '../query/bind.ts';
import type { TaskOptions } from '../run/pool.ts';
import {
  crossValidated,
  direct,
  featuresOf,
  type Monomials,
  meanSquare,
  meanSquareBetween,
  monomials,
  restricted,
  ridge,
} from './additive-fits.ts';
import { type AdditiveScm, draw, jointEffect, type LinearOptions, linearScm, meanOf, polynomialScm, varianceOf } from './additive-scm.ts';
import { namesOf, type SimulatedStudy, simulatedStudy } from './simulated-study.ts';

/** How the joint effect is estimated; `restricted` is the direct one with the order of the actions imposed. */
export type Estimator = 'direct' | 'restricted' | 'topline' | 'pooled' | 'observational';
export const estimators: readonly Estimator[] = ['direct', 'restricted', 'topline', 'pooled', 'observational'];

/** One setting of an experiment: random models of a kind, and records of each regime, of which a fifth is held out. */
export interface FigureSettings {
  readonly seed: number;
  /** Linear models with a reading of their noise and arrows, or the polynomial ones. */
  readonly models: LinearOptions | 'polynomial';
  readonly records: { readonly observational: number; readonly single: number; readonly joint: number };
}

/** Root mean square errors over the held-out joint interventions: against the noisy outcome, and against E[Y | do(a)]. */
export interface Errors {
  readonly noisy: number;
  readonly truth: number;
  /** Of the slopes, root mean square and largest over the actions; linear models only. */
  readonly slopes?: { readonly rms: number; readonly most: number };
}

export interface FigureModel {
  readonly index: number;
  readonly errors: Readonly<Record<Estimator, Errors>>;
  /** Standard deviation of Y around E[Y | do(a)], averaged over the held-out joint interventions. */
  readonly noise: number;
  /** Error of each regime's own fit on its own held-out part: watched, then A1, ..., AK set, then all. */
  readonly own: readonly number[];
}

const degree = 3;
const folds = 3;

/**
 * One random model and all estimators on it; only moments are kept of its records. A task for a pool: nothing but settings and index decide
 * the digits. The linear models are answered by the engine's own rule and fit with a linear basis; the polynomial ones by all products up to order three with a ridge
 * penalty chosen within each regime by three-fold cross-validation (the restricted fit has no penalty). Throws `Interrupted`.
 */
export async function additiveFigureTask(settings: FigureSettings, index: number, options: TaskOptions): Promise<FigureModel> {
  const random = new Random(settings.seed, 'joint', index);
  const linear = settings.models !== 'polynomial';
  const model = random.split('model');
  const scm = settings.models === 'polynomial' ? polynomialScm(model) : linearScm(model, settings.models);
  const products = monomials(scm.actions, linear ? 1 : degree);
  const everything = scm.causes.map((_, k) => k);
  const regimes = [[], ...everything.map((k) => [k]), everything];
  const studies: SimulatedStudy[] = [];
  const train: Moments[] = [];
  const test: Moments[] = [];
  for (const [number, set] of regimes.entries()) {
    const { observational, single, joint } = settings.records;
    const records = number === 0 ? observational : number < regimes.length - 1 ? single : joint;
    const held = Math.floor(records / 5);
    const own = random.split('records').split(number);
    const ask = { scm, set, products, options };
    if (linear) {
      const study = await simulatedStudy(
        scm,
        { name: `regime ${number}`, set, records: records - held, random: own.split('train') },
        options,
      );
      studies.push(study);
      train.push(study.plain);
    } else train.push(await momentsOf({ ...ask, records: records - held, random: own.split('train'), groups: folds }));
    test.push(await momentsOf({ ...ask, records: held, random: own.split('test') }));
  }
  const fits = train.map(crossValidated);
  const single = train.slice(0, -1);
  const found: Record<Estimator, Float64Array> = {
    direct: linear ? await fitted(studies.slice(0, -1), 'direct', options) : direct(fits.slice(0, -1)),
    restricted: linear
      ? await fitted(studies.slice(0, -1), 'pooled', options)
      : restricted(
          products,
          single,
          single.map((moments, i) => 1 / meanSquare(moments, fits[i] as Float64Array)),
        ),
    topline: fits.at(-1) as Float64Array,
    pooled: linear ? ridge(single.reduce(mergeMoments), 0) : crossValidated(single.reduce(mergeMoments)),
    observational: fits[0] as Float64Array,
  };
  const joint = test.at(-1) as Moments;
  const truth = coefficientsOf(scm, products);
  const errorsOf = (b: Float64Array): Errors => {
    const errors = { noisy: Math.sqrt(meanSquare(joint, b)), truth: Math.sqrt(meanSquareBetween(joint, b, truth)) };
    if (!linear) return errors;
    const off = everything.map((k) => Math.abs((b[k + 1] as number) - (truth[k + 1] as number)));
    return { ...errors, slopes: { rms: Math.sqrt(off.reduce((sum, one) => sum + one * one, 0) / off.length), most: Math.max(...off) } };
  };
  return {
    index,
    errors: Object.fromEntries(estimators.map((name) => [name, errorsOf(found[name])])) as Record<Estimator, Errors>,
    noise: noiseOf(scm, joint, products),
    own: test.map((moments, i) => Math.sqrt(meanSquare(moments, fits[i] as Float64Array))),
  };
}

/** The engine's own answer to E[Y | do(A1, ..., AK)] under the order of the actions: constant and slopes of the linear surface. */
export async function fitted(studies: readonly Study[], method: 'direct' | 'pooled', options: TaskOptions): Promise<Float64Array> {
  const actions = (studies[0] as Study).measured.filter((name) => name !== 'Y');
  const assumption = parseAdditive(`additive(Y; ${actions.join(' < ')})`);
  const question = compileQuestion(`E[Y | do(${actions.join(', ')})]`, { domains: (studies[0] as Study).domains });
  const part = question.ok ? question.value.parts[0] : undefined;
  if (assumption?.ok !== true || part === undefined) throw new Error('the joint effect cannot be asked');
  const plan = additivePlan(part.query, assumption.value, undefined, {
    offers: studies.map(({ name, regime, size }) => ({ regime, studies: [name], size })),
  });
  if (!isPlan(plan)) throw new Error(plan.why);
  const fit = await fitAdditive([plan], studies, { ...options, basis: 'linear', method, errors: 'none' });
  if (!fit.ok) throw new Error(fit.issues[0]?.message);
  // The surface is linear: its values at 0 and at the unit vectors say it all.
  const ask = (at: number): TargetPoint[] => [{ weight: 1, plan, at: new Map(actions.map((name, k) => [name, k === at ? 1 : 0])) }];
  const values = fit.value.predict([ask(-1), ...actions.map((_, k) => ask(k))]).map(({ value }) => value);
  return Float64Array.from(values, (value, i) => (i === 0 ? value : value - (values[0] as number)));
}

interface Asked {
  readonly scm: AdditiveScm;
  readonly set: readonly number[];
  readonly records: number;
  readonly products: Monomials;
  readonly random: Random;
  readonly groups?: number;
  readonly options: TaskOptions;
}

/** Actions stand in units of their interventions: (a - mean) / standard deviation. */
const unitsOf = (scm: AdditiveScm): { readonly center: number; readonly scale: number }[] =>
  scm.set.map((law) => ({ center: meanOf(law), scale: Math.sqrt(varianceOf(law)) }));

function momentsOf({ scm, set, records, products, random, groups, options }: Asked): Promise<Moments> {
  const names = namesOf(scm);
  const domains = new Map(names.map((name): [Name, Domain] => [name, { kind: 'real' }]));
  const scales = new Map(products.length > scm.actions + 1 ? unitsOf(scm).map((unit, k) => [`A${k + 1}`, unit]) : []);
  async function* batches(): AsyncGenerator<Columns> {
    for (const { length, columns } of draw(scm, set, records, new Bulk(random)))
      yield { length, numbers: new Map(names.map((name, i) => [name, columns[i] as Float64Array])), codes: new Map() };
  }
  return momentsOfColumns(
    batches(),
    { features: featuresOf(products), scales, ...(groups === undefined ? {} : { groups }) },
    domains,
    options,
  );
}

/** E[Y | do(a)] in the units of the fit. */
function coefficientsOf(scm: AdditiveScm, products: Monomials): Float64Array {
  const { constant, linear, square } = jointEffect(scm);
  const plain = products.length === scm.actions + 1;
  const units = unitsOf(scm).map((unit) => (plain ? { center: 0, scale: 1 } : unit));
  const b = new Float64Array(products.length);
  const place = (k: number, power: number): number =>
    products.findIndex((powers) => powers.every((one, j) => one === (j === k ? power : 0)));
  b[0] = constant;
  units.forEach(({ center, scale }, k) => {
    const [one, two] = [linear[k] as number, square[k] as number];
    b[0] = (b[0] as number) + one * center + two * center * center;
    b[place(k, 1)] = scale * (one + 2 * two * center);
    if (two !== 0) b[place(k, 2)] = two * scale * scale;
  });
  return b;
}

/** The held-out outcomes around the truth. */
const noiseOf = (scm: AdditiveScm, joint: Moments, products: Monomials): number =>
  Math.sqrt(meanSquare(joint, coefficientsOf(scm, products)));
