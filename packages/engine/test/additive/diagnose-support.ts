import type { AdditivePlan } from '../../src/additive/terms.ts';
import type { Study } from '../../src/data/study.ts';
import type { Name, Value } from '../../src/graph/variable.ts';
import type { Random } from '../../src/math/random.ts';
import { planOf, studyOf } from './fit-support.ts';

export interface QuadraticOptions {
  /** Coefficient of A1 A2 in the outcome. */
  readonly kappa?: number;
  /** Share of the variance of the two hidden causes that they have in common. */
  readonly common?: number;
}

/**
 * Two actions whose hidden causes multiply them: A1 = C1 + V1, A2 = A1 / 2 + C2 + V2, Y = A1 + A1 C1 / 2 + C1 - A2 / 2 + .3 A2^2 + .7 A2 C2 + C2
 * + kappa A1 A2 + U, all normal: every mean of Y given actions is a polynomial of degree 2, and the residual variances depend on them.
 */
export function quadraticStudy(random: Random, set: readonly Name[], n: number, { kappa = 0, common = 0 }: QuadraticOptions = {}): Study {
  const [A1, A2, Y] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    const both = random.normal();
    const [c1, c2] = [0, 1].map(() => Math.sqrt(1 - common) * random.normal() + Math.sqrt(common) * both) as [number, number];
    const a1 = set.includes('A1') ? 1.4 * random.normal() : c1 + random.normal();
    const a2 = set.includes('A2') ? 1.5 * random.normal() : 0.5 * a1 + c2 + random.normal();
    A1[i] = a1;
    A2[i] = a2;
    Y[i] = a1 + 0.5 * a1 * c1 + c1 - 0.5 * a2 + 0.3 * a2 * a2 + 0.7 * a2 * c2 + c2 + kappa * a1 * a2 + random.normal();
  }
  return studyOf(set.length === 0 ? 'obs' : `do ${set.join(' ')}`, set, { A1, A2, Y });
}

export const quadraticStudies = (
  random: Random,
  n: number,
  options: QuadraticOptions = {},
  sets: readonly (readonly Name[])[] = [[], ['A1'], ['A2']],
): Study[] => sets.map((set) => quadraticStudy(random.split(set.join(' ')), set, n, options));

/** A trial that sets all actions, record by record. */
export function trial(
  actions: readonly Name[],
  records: readonly (readonly [...number[], number])[],
  { levels = {}, log = false }: { readonly levels?: Readonly<Record<Name, readonly Value[]>>; readonly log?: boolean } = {},
): { readonly study: Study; readonly plan: AdditivePlan } {
  const columns = Object.fromEntries([...actions, 'Y'].map((name, k) => [name, records.map((record) => record[k] as number)]));
  const plan = planOf(actions, [{ set: actions, studies: ['trial'] }], actions, { log });
  const text = `additive(${log ? 'log ' : ''}Y; ${actions.join(', ')})`;
  return { study: studyOf('trial', actions, columns, { levels }), plan: { ...plan, assumption: { ...plan.assumption, text } } };
}
