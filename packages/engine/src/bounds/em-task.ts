import { Random } from '../math/random.ts';
import type { TaskOptions } from '../run/pool.ts';
import { Interrupted } from '../run/progress.ts';
import { Climb, type ClimbSettings, type Likelihood, normalise } from './em.ts';

/** What every run shares, as plain data. */
export interface EmccShared {
  readonly seed: number;
  readonly start: 'uniform' | 'dirichlet';
  /** Of the Dirichlet distribution, for each state. */
  readonly concentration: number;
  readonly units: readonly EmccUnit[];
}

export interface EmccUnit extends ClimbSettings {
  readonly likelihood: Likelihood;
  readonly slots: readonly {
    readonly atomOf: Int32Array;
    readonly classOf: Int32Array;
    readonly classes: number;
    readonly sizes: Float64Array;
  }[];
}

/** Where one run ended in one unit. */
export interface EmccEnd {
  /** Probabilities of the atoms of every slot. */
  readonly weights: readonly Float64Array[];
  /** Measured from the reference of the likelihood. */
  readonly logLikelihood: number;
  /** N (max D - 1). */
  readonly slope: number;
  readonly evaluations: number;
}

/** Expectation steps between two looks at the signal. */
const stride = 256;
/** Least mass of a class at the start, beside an even share: the data decide about classes, the start about what is inside. */
const seedling = 1e-6;

/** One run of EMCC: lines 2-18 of Algorithm 1, unit after unit. `run` numbers it: with the seed it decides every digit. */
export async function emccTask(shared: EmccShared, run: number, { signal, pause }: TaskOptions): Promise<readonly EmccEnd[]> {
  const ends: EmccEnd[] = [];
  for (const [number, unit] of shared.units.entries()) {
    const { likelihood, slots } = unit;
    // Line 2: the climb counts its steps. Line 3: a random start over states, held as one per class and the shares inside.
    const starts = slots.map((slot, s) => startOf(shared, slot, new Random(shared.seed, 'emcc', run, number, s)));
    const theta = new Float64Array(likelihood.groups.at(-1) ?? 0);
    for (const [s, { masses }] of starts.entries()) theta.set(masses, likelihood.groups[s] as number);
    normalise(likelihood, theta);
    const climb = new Climb(likelihood, theta, unit);
    while (!climb.done) {
      climb.advance(stride);
      if (climb.done) break;
      if (signal?.aborted === true) throw new Interrupted();
      await pause?.();
    }
    const weights = slots.map((slot, s) => {
      const first = likelihood.groups[s] as number;
      const { shares } = starts[s] as { shares: Float64Array };
      return shares.map((share, atom) => share * (climb.theta[first + (slot.classOf[atom] as number)] as number));
    });
    ends.push({ weights, logLikelihood: climb.logLikelihood, slope: climb.slope, evaluations: climb.evaluations });
  }
  return ends;
}

/** Masses of the classes and, within each, the shares of its atoms, which EM never changes. */
function startOf(
  { start, concentration }: EmccShared,
  { atomOf, classOf, classes, sizes }: EmccUnit['slots'][number],
  random: Random,
): { readonly masses: Float64Array; readonly shares: Float64Array } {
  // The sum of the Dirichlet masses of several states has their summed concentration.
  const shares = start === 'dirichlet' ? random.dirichlet(sizes.map((size) => size * concentration)) : new Float64Array(sizes.length);
  if (start === 'uniform') for (const atom of atomOf) shares[atom] = (shares[atom] as number) + random.open();
  const masses = new Float64Array(classes);
  const total = shares.reduce((sum, share) => sum + share, 0);
  for (let atom = 0; atom < shares.length; atom++) {
    const c = classOf[atom] as number;
    masses[c] = (masses[c] as number) + (shares[atom] as number) / total;
  }
  for (let atom = 0; atom < shares.length; atom++)
    shares[atom] = (shares[atom] as number) / total / (masses[classOf[atom] as number] as number);
  for (let c = 0; c < classes; c++) {
    if ((masses[c] as number) > 0) continue;
    // A sparse start left nothing for this class: within it, the limit of a Dirichlet distribution is all on one state.
    const chosen = random.categorical(sizes.map((size, atom) => (classOf[atom] === c ? size : 0)));
    for (let atom = 0; atom < shares.length; atom++) if (classOf[atom] === c) shares[atom] = atom === chosen ? 1 : 0;
  }
  for (let c = 0; c < classes; c++) masses[c] = Math.max(masses[c] as number, seedling / classes);
  return { masses, shares };
}
