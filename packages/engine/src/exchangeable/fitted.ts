import type { Random } from '../math/random.ts';
import type { Steps } from '../run/steps.ts';
import type { Environments } from './environments.ts';
import { type FamilyCounts, familyCounts, timesOf } from './family-counts.ts';
import { answerKinds, type FamilyKind, type FamilyScore, type Fitted, fitFamily, scoreFamilies } from './fit-mechanism.ts';
import type { FrequencyData } from './frequencies.ts';
import type { Tables } from './posterior.ts';
import type { ExchangeableModel, Mechanism } from './terms.ts';

/** How one mechanism was found to vary between environments. */
export interface FittedMechanism {
  readonly variable: string;
  readonly parents: readonly string[];
  readonly kind: FamilyKind;
  readonly mechanism: Mechanism;
  /** Log probability of held-out environments above that of a mechanism that does not vary, in nats. */
  readonly gain: number;
}

/** The mechanisms of a graph, fitted to environments. */
export interface FittedProcess extends FrequencyData {
  readonly model: ExchangeableModel;
  readonly mechanisms: readonly FittedMechanism[];
  /** -1: there is none of this label. */
  environmentNumber(label: string): number;
  /** Counts of the records of one environment. */
  tablesOf(environment: number): Tables;
  /** Fitted anew to these environments (numbers, which may repeat), each mechanism of the same kind as before. */
  refit(which: ArrayLike<number>, random: Random): ExchangeableModel;
  /** What would be known of the mechanisms if all environments were one, of the fitted mean rates and all records: Dirichlet rows. */
  readonly alike: ExchangeableModel;
  /** The same environments as weights of the distinct tables. */
  resampled(which: ArrayLike<number>): FrequencyData;
}

/**
 * The de Finetti measure of every mechanism of `shape` (a model whose numbers do not matter) by empirical Bayes: Dirichlet rows, unless
 * another kind predicts held-out environments better by more than chance, or `still` says that the mechanism does not vary. Undefined if
 * interrupted. Pauses after each mechanism.
 */
export function* fitSteps(
  environments: Environments,
  shape: ExchangeableModel,
  random: Random,
  still: (mechanism: number) => boolean = () => false,
): Steps<FittedProcess | undefined> {
  const number = (name: string): number => environments.names.indexOf(name);
  const families: FamilyCounts[] = [];
  const mechanisms: FittedMechanism[] = [];
  for (const [i, { variable, parents }] of shape.mechanisms.entries()) {
    if (yield { task: 'mechanisms', done: i, total: shape.mechanisms.length }) return undefined;
    const [own, above] = [number(variable), parents.map(number)];
    const stream = random.split(variable);
    const counts = familyCounts(environments, own, above);
    const kinds = still(i) ? (['mixture 1'] as const) : answerKinds.filter((kind) => environments.labels.length >= fewest(kind));
    const { kind, gain } = chosen(scoreFamilies(environments, own, above, stream, { kinds, even: true }));
    const { mechanism } = fitFamily(kind, counts, timesOf(counts), stream.split(kind), { even: true }) as Fitted;
    families.push(counts);
    mechanisms.push({ variable, parents, kind, mechanism: mechanism(variable, parents), gain });
  }
  const { levels } = shape;
  const timesFor = (which?: ArrayLike<number>): Float64Array[] =>
    families.map((counts) => timesOf(counts, which === undefined ? undefined : Array.from(which)));
  const whole: FrequencyData = { shape, families, times: timesFor() };
  return {
    ...whole,
    model: { levels, mechanisms: mechanisms.map(({ mechanism }) => mechanism) },
    mechanisms,
    alike: {
      levels,
      mechanisms: mechanisms.map(({ mechanism }, i) => alike(mechanism, families[i] as FamilyCounts, whole.times[i] as Float64Array)),
    },
    environmentNumber: (label) => environments.labels.indexOf(label),
    tablesOf: (environment) =>
      new Map(
        mechanisms.map(({ variable }, i) => {
          const { tables, tableOf } = families[i] as FamilyCounts;
          return [variable, tables[tableOf[environment] as number] as Float64Array];
        }),
      ),
    refit: (which, again) => {
      const times = timesFor(which);
      return {
        levels,
        mechanisms: mechanisms.map(({ variable, parents, kind, mechanism }, i) => {
          const options = { even: true, near: mechanism };
          const fitted = fitFamily(kind, families[i] as FamilyCounts, times[i] as Float64Array, again.split(variable), options) as Fitted;
          return fitted.mechanism(variable, parents);
        }),
      };
    },
    resampled: (which) => ({ ...whole, times: timesFor(which) }),
  };
}

/** Environments below which a kind is not thought of: twenty for each component. */
const fewest = (kind: FamilyKind): number => (kind.startsWith('dirichlets') ? 20 * Number(kind.slice(11)) : 0);

/** The best kind that beats Dirichlet rows by more than two nats and more than the standard error of the difference; otherwise those. */
function chosen(scores: readonly FamilyScore[]): { readonly kind: FamilyKind; readonly gain: number } {
  const [best] = scores as [FamilyScore];
  const usual = scores.find(({ kind }) => kind === 'dirichlet') ?? best;
  const constant = scores.find(({ kind }) => kind === 'mixture 1') ?? best;
  const better = scores.find((score) => {
    if (score === constant && score !== usual) return false;
    const gaps = score.held.map((one, e) => one - (usual.held[e] as number));
    const gap = score.total - usual.total;
    const variance = gaps.reduce((sum, one) => sum + (one - gap / gaps.length) ** 2, 0);
    return gap > Math.max(2, Math.sqrt(variance));
  });
  const { kind, total } = better ?? usual;
  return { kind, gain: total - constant.total };
}

/** Rows of the mean rates, each weighing as much as all records of its configuration, and one more of each level. */
function alike(
  { variable, parents, ...mechanism }: Mechanism,
  { tables, configurations, levels }: FamilyCounts,
  times: Float64Array,
): Mechanism {
  const mean = (c: number): number[] => {
    if (mechanism.kind === 'dirichlet') return shares(mechanism.rows[c] as readonly number[]);
    if (mechanism.kind === 'xor') {
      const [one, zero] = mechanism.beta;
      return shares(configurations > 1 && c === configurations - 1 ? [one, zero] : [zero, one]);
    }
    const { weights, rows } = mechanism;
    return Array.from({ length: levels }, (_, k) =>
      weights.reduce((sum, weight, part) => sum + weight * (shares(rows[part]?.[c] as readonly number[])[k] as number), 0),
    );
  };
  const rows = Array.from({ length: configurations }, (_, c) => {
    let records = 0;
    for (const [t, table] of tables.entries())
      for (let k = 0; k < levels; k++) records += (times[t] as number) * (table[c * levels + k] as number);
    return mean(c).map((share) => records * share + 1);
  });
  return { kind: 'dirichlet', variable, parents, rows };
}

function shares(weights: readonly number[]): number[] {
  const sum = weights.reduce((whole, one) => whole + one, 0);
  return weights.map((one) => one / sum);
}
