import { Bulk, exponentials } from '../math/bulk.ts';
import { exp } from '../math/elementary.ts';
import type { Random } from '../math/random.ts';

/** shift + scale * base, where the base is e^(spread z) with z standard normal, or has mean 0 and variance 1. */
export interface NoiseLaw {
  readonly family: 'lognormal' | 'normal' | 'uniform' | 'logistic';
  readonly shift: number;
  readonly scale: number;
  /** Only of lognormals. */
  readonly spread?: number;
}

/** coefficient * the product of at most two inputs (by number). */
export interface QuadraticTerm {
  readonly coefficient: number;
  readonly of: readonly number[];
}

/**
 * Y = sum_k f_k(A_k, C_k) + U, A_k = g_k(A_1, ..., A_{k-1}, C_k, V_k), C_k = W_k, all noises independent; f and g are polynomials of order
 * at most two. A regime draws the actions that it sets from `set`.
 */
export interface AdditiveScm {
  readonly actions: number;
  readonly causes: readonly NoiseLaw[];
  readonly noises: readonly NoiseLaw[];
  readonly outcomeNoise: NoiseLaw;
  readonly set: readonly NoiseLaw[];
  /** Of each g_k; its inputs are A_1, ..., A_K, then C_k, then V_k. */
  readonly actionTerms: readonly (readonly QuadraticTerm[])[];
  /** Of each f_k; its inputs are A_k and C_k. */
  readonly outcomeTerms: readonly (readonly QuadraticTerm[])[];
}

/**
 * What "lognormal with zero mean and standard deviation sigma" may mean (no lognormal has mean zero): e^(sigma z) (the public code); the same
 * less its mean; the standard lognormal moved and scaled to mean 0 and standard deviation sigma. `normal`: sigma z.
 */
export type NoiseReading = 'log-scale' | 'centred' | 'standardised' | 'normal';
/** Coefficients delta between actions: Uniform(-0.5, 0.5) in the public code, Uniform(0.5, 1.5) in the paper's text. */
export type ArrowReading = 'code' | 'text';

export interface LinearOptions {
  readonly noise: NoiseReading;
  readonly arrows: ArrowReading;
  /** Default 5. */
  readonly actions?: number;
}

/** Chances of an arrow between two actions. */
const linearEdge = 0.5;
const polynomialEdge = 0.3;

export function meanOf({ family, shift, scale, spread = 0 }: NoiseLaw): number {
  return family === 'lognormal' ? shift + scale * exp((spread * spread) / 2) : shift;
}

export function varianceOf({ family, scale, spread = 0 }: NoiseLaw): number {
  const square = spread * spread;
  return scale * scale * (family === 'lognormal' ? exp(square) * (exp(square) - 1) : 1);
}

export function lawOf(reading: NoiseReading, sigma: number): NoiseLaw {
  switch (reading) {
    case 'log-scale':
      return { family: 'lognormal', shift: 0, scale: 1, spread: sigma };
    case 'centred':
      return { family: 'lognormal', shift: -exp((sigma * sigma) / 2), scale: 1, spread: sigma };
    case 'standardised': {
      const scale = sigma / Math.sqrt(exp(1) * (exp(1) - 1));
      return { family: 'lognormal', shift: -scale * exp(0.5), scale, spread: 1 };
    }
    case 'normal':
      return { family: 'normal', shift: 0, scale: sigma };
  }
}

/**
 * A model of the linear experiment of "Learning joint interventional effects from single-variable interventions in additive models"
 * (appendix E): alpha, beta, gamma and all sigma from Uniform(0.5, 1.5); arrows between actions with chance 0.5. Left open there and taken
 * from the public code: the law of beta, and interventions of the same family as the noises with one sigma for all actions.
 */
export function linearScm(random: Random, { noise, arrows, actions = 5 }: LinearOptions): AdditiveScm {
  const uniform = (low: number, high: number): number => low + (high - low) * random.next();
  const coefficient = (): number => uniform(0.5, 1.5);
  const laws = (): NoiseLaw[] => Array.from({ length: actions }, () => lawOf(noise, coefficient()));
  const [alpha, beta, gamma] = [0, 1, 2].map(() => Array.from({ length: actions }, coefficient)) as [number[], number[], number[]];
  const [causes, noises] = [laws(), laws()];
  const outcomeNoise = lawOf(noise, coefficient());
  const law = lawOf(noise, coefficient());
  const actionTerms = gamma.map((own, k): QuadraticTerm[] => {
    const terms: QuadraticTerm[] = [
      { coefficient: own, of: [actions] },
      { coefficient: 1, of: [actions + 1] },
    ];
    for (let j = 0; j < k; j++) {
      const delta = arrows === 'code' ? uniform(-0.5, 0.5) : coefficient();
      if (random.next() < linearEdge) terms.push({ coefficient: delta, of: [j] });
    }
    return terms;
  });
  const outcomeTerms = alpha.map((own, k): QuadraticTerm[] => [
    { coefficient: own, of: [0] },
    { coefficient: beta[k] as number, of: [1] },
  ]);
  return { actions, causes, noises, outcomeNoise, set: causes.map(() => law), actionTerms, outcomeTerms };
}

/** Records of the watched model from which the law of an intervention takes its mean and standard deviation. */
const watched = 20_000;

/**
 * A model of the nonlinear experiment of the same paper's later version (ICML 2025): every f_k and g_k a random polynomial of order two,
 * coefficients normal and divided by the sum of their sizes; noises normal, uniform or logistic with mean 0, standard deviation 0.5 of the
 * confounders and 0.1 of the others; arrows between actions with chance 0.3; interventions normal with the watched mean and standard
 * deviation of their action (here: of 20,000 records of their own).
 */
export function polynomialScm(random: Random, actions: number = 5): AdditiveScm {
  const families = ['normal', 'uniform', 'logistic'] as const;
  const laws = (scale: number): NoiseLaw[] =>
    Array.from({ length: actions }, () => ({ family: families[random.integer(3)] as 'normal', shift: 0, scale }));
  const [causes, noises] = [laws(0.5), laws(0.1)];
  const [outcomeNoise] = laws(0.1) as [NoiseLaw];
  const polynomial = (inputs: readonly number[]): QuadraticTerm[] => {
    const products: number[][] = [[], ...inputs.map((i) => [i]), ...inputs.flatMap((i, at) => inputs.slice(at).map((j) => [i, j]))];
    const drawn = products.map(() => random.normal());
    const size = drawn.reduce((sum, one) => sum + Math.abs(one), 0);
    return products.map((of, i) => ({ coefficient: (drawn[i] as number) / size, of }));
  };
  const actionTerms = causes.map((_, k) => {
    const parents = Array.from({ length: k }, (_, j) => j).filter(() => random.next() < polynomialEdge);
    return polynomial([...parents, actions, actions + 1]);
  });
  const outcomeTerms = causes.map(() => polynomial([0, 1]));
  const unset = causes.map((law) => ({ ...law, family: 'normal' as const }));
  const scm: AdditiveScm = { actions, causes, noises, outcomeNoise, set: unset, actionTerms, outcomeTerms };
  const sums = causes.map(() => [0, 0] as [number, number]);
  for (const { length, columns } of draw(scm, [], watched, new Bulk(random.split('watched')))) {
    sums.forEach((sum, k) => {
      const column = columns[k] as Float64Array;
      for (let i = 0; i < length; i++) {
        sum[0] += column[i] as number;
        sum[1] += (column[i] as number) ** 2;
      }
    });
  }
  const set = sums.map(([sum, square]): NoiseLaw => {
    const mean = sum / watched;
    return { family: 'normal', shift: mean, scale: Math.sqrt(square / watched - mean * mean) };
  });
  return { ...scm, set };
}

/** E[Y | do(a)] = constant + sum_k (linear_k a_k + square_k a_k^2), exactly. */
export interface JointEffect {
  readonly constant: number;
  readonly linear: readonly number[];
  readonly square: readonly number[];
}

export function jointEffect(scm: AdditiveScm): JointEffect {
  let constant = meanOf(scm.outcomeNoise);
  const [linear, square] = [scm.causes.map(() => 0), scm.causes.map(() => 0)];
  for (const [k, terms] of scm.outcomeTerms.entries()) {
    const law = scm.causes[k] as NoiseLaw;
    const moments = [1, meanOf(law), varianceOf(law) + meanOf(law) ** 2];
    for (const { coefficient, of } of terms) {
      const ofAction = of.filter((input) => input === 0).length;
      const value = coefficient * (moments[of.length - ofAction] as number);
      if (ofAction === 0) constant += value;
      else if (ofAction === 1) linear[k] = (linear[k] as number) + value;
      else square[k] = (square[k] as number) + value;
    }
  }
  return { constant, linear, square };
}

/** Records of a simulation: `columns` holds A_1, ..., A_K and Y, of which the first `length` entries count. The arrays are used again. */
export interface Drawn {
  readonly length: number;
  readonly columns: readonly Float64Array[];
}

const batch = 4096;

/** Records of the regime that sets the actions in `set` (numbers from 0), in batches. Memory does not grow with their number. */
export function* draw(scm: AdditiveScm, set: readonly number[], records: number, bulk: Bulk): Generator<Drawn> {
  const { actions, causes, noises, outcomeNoise, actionTerms, outcomeTerms } = scm;
  const columns = Array.from({ length: actions + 1 }, () => new Float64Array(batch));
  const outcome = columns[actions] as Float64Array;
  const [cause, noise] = [new Float64Array(batch), new Float64Array(batch)];
  for (let done = 0; done < records; done += batch) {
    const length = Math.min(batch, records - done);
    fill(outcomeNoise, bulk, outcome, length);
    for (let k = 0; k < actions; k++) {
      const action = columns[k] as Float64Array;
      fill(causes[k] as NoiseLaw, bulk, cause, length);
      if (set.includes(k)) fill(scm.set[k] as NoiseLaw, bulk, action, length);
      else {
        fill(noises[k] as NoiseLaw, bulk, noise, length);
        action.fill(0);
        for (const { coefficient, of } of actionTerms[k] as readonly QuadraticTerm[]) {
          const inputs = of.map((input) => (input < actions ? columns[input] : input === actions ? cause : noise) as Float64Array);
          addProduct(action, coefficient, inputs, length);
        }
      }
      for (const { coefficient, of } of outcomeTerms[k] as readonly QuadraticTerm[]) {
        const inputs = of.map((input) => (input === 0 ? action : cause));
        addProduct(outcome, coefficient, inputs, length);
      }
    }
    yield { length, columns };
  }
}

function addProduct(out: Float64Array, coefficient: number, [first, second]: readonly Float64Array[], length: number): void {
  if (first === undefined) for (let i = 0; i < length; i++) out[i] = (out[i] as number) + coefficient;
  else if (second === undefined) for (let i = 0; i < length; i++) out[i] = (out[i] as number) + coefficient * (first[i] as number);
  else for (let i = 0; i < length; i++) out[i] = (out[i] as number) + coefficient * (first[i] as number) * (second[i] as number);
}

function fill({ family, shift, scale, spread = 0 }: NoiseLaw, bulk: Bulk, out: Float64Array, length: number): void {
  if (family === 'lognormal') {
    bulk.normals(out, length);
    exponentials(out, spread, length);
  } else if (family === 'normal') bulk.normals(out, length);
  else if (family === 'uniform') bulk.uniforms(out, length);
  else bulk.logistics(out, length);
  if (shift !== 0 || scale !== 1) for (let i = 0; i < length; i++) out[i] = shift + scale * (out[i] as number);
}
